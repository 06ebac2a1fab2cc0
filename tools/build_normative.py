"""Turn long tables of published mean gait curves into the package's compact table.

Usage: python tools/build_normative.py SOURCE_FOLDER OUTPUT_NPZ

SOURCE_FOLDER holds one CSV a task family (columns task, condition, speed_m_s, grade_deg, channel,
unit, phase_pct, mean, sd_between; phases 0, 2, ..., 100 %). The output holds one row a curve in
standard units: its task, condition, speed, incline, channel, and 51 means and standard
deviations between subjects.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

TABLES = (
    "level_walking_adult_recommended.csv",
    "incline_decline_walking.csv",
    "run_fukuchi2017_3speeds.csv",
    "stair_ascent_descent_reconstructed.csv",
    "sit_to_stand_stand_to_sit_reconstructed.csv",
)
UNITS = {
    "deg": ("rad", np.pi / 180),
    "Nm/kg": ("Nm_kg", 1.0),
    "W/kg": ("W_kg", 1.0),
    "BW": ("BW", 1.0),
}
DECIMALS = 4


def condition_rows(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """One row a curve, phases in order."""
    keys = ["task", "condition", "speed_m_s", "grade_deg", "channel", "unit"]
    ordered = table.sort_values([*keys, "phase_pct"])
    firsts = ordered.iloc[::51]
    phases = ordered["phase_pct"].to_numpy().reshape(-1, 51)
    if not (phases == np.linspace(0, 100, 51)).all():
        raise SystemExit("a curve does not have the phases 0, 2, ..., 100 %")
    suffix, factor = zip(*(UNITS[unit] for unit in firsts["unit"]), strict=True)
    scale = np.array(factor)[:, None]
    curves = {
        name: np.round(ordered[column].to_numpy().reshape(-1, 51) * scale, DECIMALS)
        for name, column in (("mean", "mean"), ("sd", "sd_between"))
    }
    names = [f"{name}_{unit}" for name, unit in zip(firsts["channel"], suffix, strict=True)]
    return {
        "task": firsts["task"].to_numpy(str),
        "condition": firsts["condition"].to_numpy(str),
        "speed_m_s": firsts["speed_m_s"].to_numpy(np.float32),
        "incline_deg": firsts["grade_deg"].to_numpy(np.float32),
        "channel": np.array(names),
        "mean": curves["mean"].astype(np.float32),
        "sd": curves["sd"].astype(np.float32),
    }


def main(source: Path, out: Path) -> None:
    """Write the table."""
    parts = [condition_rows(pd.read_csv(source / name)) for name in TABLES]
    joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    np.savez_compressed(out, **joined)
    print(f"{out}: {len(joined['task'])} curves, {out.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
