"""Leaderboards on the embedded datasets and, where they are, on real recordings.

    python benchmarks/leaderboards.py                # prints
    python benchmarks/leaderboards.py --write-docs   # and writes docs/reference/leaderboards.md

``--recordings FOLDER`` adds the real recordings hip_oa_phase.parquet and running_phase.parquet.
"""

import argparse
import logging
import os
import time
import warnings
from pathlib import Path

from joblib import cpu_count

from locomotion_analysis import LocomotionData, load_dataset
from locomotion_analysis.evaluation.leaderboard import leaderboard
from locomotion_analysis.evaluation.training_report import markdown_table
from locomotion_analysis.models.supervised import PROBLEMS

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "leaderboards.md"
# Half of the healthy curves were cut at the other foot's contact, and none of the affected: with
# them a model tells how the curves were cut (see "Evaluate honestly").
IN_PHASE = "affected or (pathology == 'healthy' and side == 'right')"

EMBEDDED = [
    ("classification", "pathology"),
    ("classification", "task"),
    ("timeseries", "pathology"),
    ("clustering", "pathology"),
    ("regression", "age"),
    ("regression", "bmi"),
    ("regression", "speed"),
]
RECORDED = [
    ("hip_oa_phase.parquet", "pathology", f"session == 'M0' and ({IN_PHASE})"),
    ("running_phase.parquet", "age", None),
]
HEAD = """# Leaderboards

Nested cross-validation over subjects, five folds; intervals are 95 % over subjects.
Made by `python benchmarks/leaderboards.py --write-docs`.
"""


def section(title, data, problem, jobs):
    asked = PROBLEMS[problem]
    started = time.perf_counter()
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        board = leaderboard(data, asked.target, problem=asked, n_jobs=jobs)
    seconds = time.perf_counter() - started
    table = board.table_of
    whose = "Simulated: no person was measured." if data.is_simulated else "Real recordings."
    lines = [
        f"## {title}: {asked.target}",
        (
            f"{whose} {len(table.X):,} cycles of {len(set(table.groups))} subjects, "
            f"{table.X.shape[1]:,} features."
        ),
        markdown_table(board.table),
        " ".join(board.verdict),
    ]
    lines += [f"- Caution: {each}" for each in board.cautions]
    print(f"{title} {problem}: {seconds:.0f} s on {jobs} processes", flush=True)
    text = "\n\n".join(lines)
    print(text, flush=True)
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write-docs", action="store_true")
    parser.add_argument("--jobs", type=int, default=cpu_count())
    parser.add_argument("--only", default="", help="run the sections whose title has this")
    parser.add_argument("--recordings", type=Path, help="folder of the real recordings")
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    parts = []
    for name, problem in EMBEDDED:
        if asked.only in name:
            parts.append(section(name, load_dataset(name), problem, asked.jobs))
    for name, problem, where in RECORDED:
        if asked.only in name and asked.recordings is not None:
            data = LocomotionData.from_parquet(asked.recordings / name)
            chosen = data if where is None else data.select(where=where)
            parts.append(section(name, chosen, problem, asked.jobs))
    if asked.write_docs:
        from locomotion_analysis.files import atomic_path

        with atomic_path(PAGE) as temporary:
            temporary.write_text("\n\n".join([HEAD.strip(), *parts]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
