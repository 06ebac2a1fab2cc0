"""Ask the service about a file of gait cycles, and write one row a person. Needs no package of ours."""

import argparse
import csv
import json
import urllib.request
from pathlib import Path

COLUMNS = ("subject", "prediction", "probability", "set", "cycles", "outside")


def ask(url: str, file: Path, key: str | None) -> dict:
    """Return the answer to a Parquet file as it is."""
    headers = {"Content-Type": "application/vnd.apache.parquet"}
    if key:
        headers["X-API-Key"] = key
    request = urllib.request.Request(f"{url}/v1/predict", file.read_bytes(), headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def main() -> None:
    """Read the command line, ask, write the answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="gait cycles (Parquet)")
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--key", help="of a service that asks for one")
    parser.add_argument("--out", type=Path, default="answers.csv")
    given = parser.parse_args()

    with given.out.open("w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        rows.writeheader()
        for person in ask(given.url, given.data, given.key)["people"]:
            called = person["prediction"]
            person["probability"] = round(person["probabilities"][called], 3)
            person["set"] = " ".join(person["set"])
            rows.writerow(person)
            print(
                f"{person['subject']}: {called}, {person['outside']} cycles unlike the training's"
            )


if __name__ == "__main__":
    main()
