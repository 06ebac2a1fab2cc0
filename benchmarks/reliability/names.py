"""Subjects' names in what is stolen: `python -m benchmarks.reliability.names`.

A store of predictions, a registry and a bundle are made of 24 people. A thief who has a list of
names tries all of them, with every text of the files that may be a key, and with the key file.
"""

import hashlib
import hmac
import os
import re
import tempfile
import time
import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from benchmarks.reliability.section import arguments, publish, section

from locomotion_analysis import LocomotionData
from locomotion_analysis.evaluation.training import train
from locomotion_analysis.production import pseudonyms
from locomotion_analysis.production.bundle import write_bundle
from locomotion_analysis.production.monitoring import PredictionStore
from locomotion_analysis.production.monitoring.store import RecordedBundle
from locomotion_analysis.production.registry import Registry
from locomotion_analysis.simulation import simulate

NAMES = [f"Patient{number:03d}" for number in range(1, 25)]
TRIED = [f"Patient{number:03d}" for number in range(1, 1000)]
CHANNELS = ["hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad"]


def made(folder: Path) -> None:
    """Train, bundle, register and serve a model of 24 people."""
    data = simulate(24, 2, ["level_walking"], ["healthy", "stroke"]).select(channels=CHANNELS)
    names = dict(zip(dict.fromkeys(data.groups), NAMES, strict=True))
    cycles = data.cycles.assign(subject=data.cycles["subject"].map(names))
    data = LocomotionData(cycles, data.block, data.channels)
    train(data, "pathology", folder / "run", recipes=["linear"], n_splits=3)
    for kind in ("summary", "cycles", "none"):
        (folder / kind).mkdir()
        bundle = write_bundle(folder / "run", folder / kind / "gait.bundle", reference=kind)
    Registry(folder / "registry").add(folder / "summary" / "gait.bundle", NAMES, "first")
    (folder / "store").mkdir()
    store = PredictionStore(folder / "store" / "watch.sqlite")
    RecordedBundle(bundle, store=store).predict_cycles(data, explain=False)
    store.close()


def contents(folder: Path) -> str:
    """Return all bytes of a folder, as text; what is packed in a zip is unpacked."""
    import zipfile

    found = []
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        found.append(path.read_bytes())
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                found += [archive.read(name) for name in archive.namelist()]
    return b"\n".join(found).decode("latin-1")


def recovered(text: str, keys: Iterable[str] = ()) -> tuple[int, float]:
    """Return how many of the people are found by trying names, and the seconds that it took.

    A name counts where it stands as it is, or as a hash keyed with any 64 digits of the files, which
    is how stores with their key inside were read, or hashed as the package does with stolen keys.
    """
    start = time.perf_counter()
    found = {name for name in TRIED if name in text}
    salts = set(re.findall(r"(?=([0-9a-f]{64}))", text))
    for salt in salts:
        for name in TRIED:
            for purpose in ("subject", "cycle"):
                told = hmac.new(bytes.fromhex(salt), f"{purpose}:{name}".encode(), hashlib.sha256)
                if pseudonyms.wrapped(told.hexdigest()[:24], tuple(keys)) in text:
                    found.add(name)
    return len(found & set(NAMES)), time.perf_counter() - start


def main() -> None:
    """Make everything, try all names, and print what was found."""
    asked = arguments(__doc__).parse_args()
    warnings.simplefilter("ignore")
    rows = ["| stolen | names recovered of 24 | with the key file too | s to try 999 names |",
            "|---|---:|---:|---:|"]  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        key = folder / "key" / "subjects.key"
        os.environ[pseudonyms.FILE_VARIABLE] = str(key)
        os.environ.pop(pseudonyms.KEY_VARIABLE, None)
        made(folder)
        stolen = pseudonyms.secret_keys()
        modes = {path.stat().st_mode & 0o777 for path in (folder / "store").iterdir()}
        for what, place in {
            "store of predictions": "store",
            "registry, with its bundle": "registry",
            "bundle, `--reference summary`": "summary",
            "bundle, `--reference cycles`": "cycles",
            "bundle, `--reference none`": "none",
            "key file alone": "key",
        }.items():
            text = contents(folder / place)
            without, seconds = recovered(text)
            both, _ = recovered(text, stolen)
            rows.append(f"| {what} | {without} | {both} | {seconds:.2f} |")
        control = pseudonyms.hidden("ab" * 32, NAMES, ())
        own, _ = recovered(" ".join(["ab" * 32, *control]))
    text = [
        (
            "24 people, named `Patient001` to `Patient024`; the thief tries `Patient001` to `Patient999` with "
            "every 64 hexadecimal digits that stand in what was stolen, packed parts included. The same trial "
            f"finds {own} of 24 names where the key lies beside the hashes, as it did before. Names are not all: "
            "the curves in a store or a bundle still tell who has other curves of a person whose they are."
        ),
        "\n".join(rows),
        (
            f"Modes of the store's files: {', '.join(sorted(f'{each:04o}' for each in modes))}; of the key file: "
            "0600."
        ),
    ]
    publish(section("Names of subjects", "names", text), asked.page)


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
