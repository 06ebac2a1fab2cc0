"""Turn a table of wide plausibility ranges into the package's compact rails.

Usage: python tools/build_ranges.py RANGES_YAML OUTPUT_JSON

Kept are the sagittal joint angles and moments, hip adduction and the ground reaction force of the
block ``locohub_default_v3`` (task -> phases -> channel -> [low, high]). Left out, because sources
with opposite sign conventions were mixed in them: pelvis, trunk, thigh, shank and foot, and the
ankle in running.
"""

import json
import sys
from pathlib import Path

import yaml

KEPT = (
    "hip_flexion_angle",
    "knee_flexion_angle",
    "ankle_dorsiflexion_angle",
    "hip_adduction_angle",
    "hip_flexion_moment",
    "knee_flexion_moment",
    "ankle_dorsiflexion_moment",
    "grf_",
)
FEWEST_PHASES = 2


def task_rails(
    phases: dict[float, dict[str, list[float]]], task: str
) -> dict[str, list[list[float]]]:
    """Channel -> rows of (phase, low, high), phases in order."""
    found: dict[str, list[list[float]]] = {}
    for phase in sorted(phases):
        for channel, (low, high) in phases[phase].items():
            mixed = task == "run" and channel.startswith("ankle_dorsiflexion_angle")
            if channel.startswith(KEPT) and not mixed:
                found.setdefault(channel, []).append([float(phase), low, high])
    return {name: rows for name, rows in found.items() if len(rows) >= FEWEST_PHASES}


def main(source: Path, out: Path) -> None:
    """Write the rails."""
    block = yaml.safe_load(source.read_text())["locohub_default_v3"]
    rails = {task: task_rails(entry["phases"], task) for task, entry in block.items()}
    out.write_text(json.dumps(rails, separators=(",", ":")) + "\n")
    print(f"{out}: {sum(map(len, rails.values()))} channels, {out.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
