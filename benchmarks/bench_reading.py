"""Reading gait cycles into one block of curves: our two layouts beside plain pandas."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from timing import median_seconds, report

from locomotion_analysis import LocomotionData

N_SUBJECTS, N_STEPS = 50, 200
CHANNELS = [
    f"{joint}_{motion}_{measurement}_{side}_{unit}"
    for joint, motion in (("hip", "flexion"), ("knee", "flexion"), ("ankle", "dorsiflexion"))
    for measurement, unit in (("angle", "rad"), ("moment", "Nm_kg"))
    for side in ("ipsi", "contra")
]


def _make() -> LocomotionData:
    n_cycles = N_SUBJECTS * N_STEPS
    random = np.random.default_rng(0)
    curves = random.normal(size=(len(CHANNELS), n_cycles, 150)).astype(np.float32)
    cycles = pd.DataFrame(
        {
            "subject": np.repeat([f"S{i:03d}" for i in range(N_SUBJECTS)], N_STEPS),
            "task": "level_walking",
            "step": np.tile(np.arange(N_STEPS), N_SUBJECTS),
        }
    )
    return LocomotionData(cycles, curves.cumsum(axis=2), CHANNELS)


def _pandas(path: Path) -> np.ndarray:
    frame = pd.read_parquet(path)
    grouped = frame.groupby(["subject", "task", "step"], sort=False)[CHANNELS]
    return np.stack([group.to_numpy() for _, group in grouped])


def main() -> None:
    data = _make()
    with tempfile.TemporaryDirectory() as folder:
        long, cycle = Path(folder, "long.parquet"), Path(folder, "cycle.parquet")
        data.to_parquet(long, layout="long")
        data.to_parquet(cycle)
        plain = Path(folder, "plain.parquet")
        frame = data.dataframe
        frame.astype(dict.fromkeys(frame.select_dtypes("category").columns, "str")).to_parquet(
            plain
        )
        seconds = {
            "from_parquet, cycle layout": median_seconds(
                lambda: LocomotionData.from_parquet(cycle)
            ),
            "from_parquet, long layout": median_seconds(lambda: LocomotionData.from_parquet(long)),
            "from_parquet, long file of pandas": median_seconds(
                lambda: LocomotionData.from_parquet(plain)
            ),
            "pandas.read_parquet alone": median_seconds(lambda: pd.read_parquet(plain)),
            "pandas, groupby and stack": median_seconds(lambda: _pandas(plain), repeats=3),
        }
        sizes = {
            path.stem: path.stat().st_size / data.block.nbytes for path in (cycle, long, plain)
        }
    report(
        f"{len(data):,} cycles x {len(CHANNELS)} channels to arrays",
        seconds,
        "pandas.read_parquet alone",
    )
    print("  file size / raw float32:", {name: round(size, 2) for name, size in sizes.items()})


if __name__ == "__main__":
    main()
