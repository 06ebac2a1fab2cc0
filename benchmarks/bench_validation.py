"""Validating 100,000 cycles x 24 channels, as a multiple of reading the same file once.

Each way runs in its own process, so that its peak memory is its own. With an argument, the number
of cycles: ``python benchmarks/bench_validation.py 20000``.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from timing import report

from locomotion_analysis import LocomotionData
from locomotion_analysis.simulation import simulate

N_CYCLES, N_STRIDES = 100_000, 20
SUBJECTS_AT_ONCE = 50
MOTIONS = {"hip": "flexion", "knee": "flexion", "ankle": "dorsiflexion"}
CHANNELS = [
    name
    for joint, motion in MOTIONS.items()
    for side in ("ipsi", "contra")
    for name in (
        f"{joint}_{motion}_angle_{side}_rad",
        f"{joint}_{motion}_velocity_{side}_rad_s",
        f"{joint}_{motion}_moment_{side}_Nm_kg",
        f"{joint}_power_{side}_W_kg",
    )
]


def _write(path: Path, n_cycles: int) -> None:
    """Write simulated cycles, some subjects at a time; the subjects of each lot are renamed."""
    from locomotion_analysis.quality.treatment import write_batches

    def parts():
        written, lot = 0, 0
        while written < n_cycles:
            data = simulate(SUBJECTS_AT_ONCE, N_STRIDES, seed=lot)
            cycles = data.cycles.head(n_cycles - written)
            block = data.array(CHANNELS)[: len(cycles)].transpose(2, 0, 1)
            cycles = cycles.assign(subject=f"L{lot:03d}_" + cycles["subject"])
            yield LocomotionData(cycles, block, CHANNELS)
            written, lot = written + len(cycles), lot + 1

    write_batches(path, parts(), ())


def _scan(path: str) -> None:
    for _ in LocomotionData.scan(path):
        pass


def _validate(path: str) -> None:
    from locomotion_analysis.quality import validate

    validate(path)


def _diagnose(path: str) -> None:
    from locomotion_analysis.quality import diagnose

    diagnose(path)


WAYS = {"scan": _scan, "validate": _validate, "diagnose": _diagnose}


def _child(way: str, path: str) -> None:
    """Run once, after a small run that compiles and imports; print seconds and peak MB."""
    small = simulate(2, 2)
    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder, "small.parquet")
        small.to_parquet(first)
        WAYS[way](str(first))
    start = time.perf_counter()
    WAYS[way](path)
    seconds = time.perf_counter() - start
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)


def _measure(way: str, path: Path) -> tuple[float, float]:
    command = [sys.executable, __file__, "--child", way, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, peak = done.stdout.split()
    return float(seconds), float(peak)


def main(n_cycles: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = {n: Path(folder, f"{n}.parquet") for n in (n_cycles // 4, n_cycles)}
        for n, path in paths.items():
            _write(path, n)
        for n, path in paths.items():
            found = {way: _measure(way, path) for way in WAYS}
            seconds = {way: value[0] for way, value in found.items()}
            report(f"{n:,} cycles x {len(CHANNELS)} channels", seconds, "scan")
            print("  peak memory, MB:", {way: round(value[1]) for way, value in found.items()})


if __name__ == "__main__":
    if "--child" in sys.argv:
        _child(*sys.argv[2:])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else N_CYCLES)
