"""Streaming extraction: against pyarrow's decoding, linear cost, flat memory, Dask."""

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from locomotion_analysis.simulation import simulate

N_CHANNELS = 24
SIZES = (5_000, 50_000, 200_000)
CORE = ("kinematic", "kinetic")
_MEASURE = """
import json, resource, statistics, sys, time
from locomotion_analysis import LocomotionData
from locomotion_analysis.features import FeaturePlan, Schema
from locomotion_analysis.features.streaming.extraction import extract_features
from locomotion_analysis.features.streaming.batch import extract_batch
source, out, engine, workers, groups, warm = sys.argv[1:]
options = dict(groups=groups.split(","), engine=engine, workers=int(workers))
if engine == "process" and workers == "1":
    extract_features(warm, out, **options)
seen = []
start = time.perf_counter()
extract_features(source, out, progress=lambda s, d, t: seen.append((time.perf_counter(), d)), **options)
end = time.perf_counter()
first = next(entry for entry in seen if entry[1])
data = next(LocomotionData.scan(warm, 2048))
plan = FeaturePlan.of(Schema.of_data(data), options["groups"])
times = []
for _ in range(5 if workers == "1" else 0):
    begin = time.perf_counter()
    extract_batch(data, plan)
    times.append(time.perf_counter() - begin)
print(json.dumps({
    "seconds": end - start,
    "rate": (seen[-1][1] - first[1]) / max(seen[-1][0] - first[0], 1e-9),
    "extraction": statistics.median(times) / len(data) if times else None,
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def _make(path: Path, n_cycles: int) -> Path:
    """Write simulated cycles repeated under new subject names, one table at a time."""
    walkers = simulate(n_subjects=32, n_cycles=64, tasks=["level_walking"])
    block, channels = walkers.block[:N_CHANNELS], walkers.channels[:N_CHANNELS]
    writer = None
    for start in range(0, n_cycles, len(walkers)):
        rows = slice(0, min(len(walkers), n_cycles - start))
        cycles = walkers.cycles.iloc[rows]
        names = cycles["subject"].astype(str) + f"-{start}"
        table = pa.Table.from_pandas(cycles.assign(subject=names), preserve_index=False)
        for name, curves in zip(channels, block[:, rows], strict=True):
            noisy = curves + np.float32(1e-6 * start / len(walkers))
            values = pa.FixedSizeListArray.from_arrays(pa.array(noisy.reshape(-1)), 150)
            table = table.append_column(name, values)
        if writer is None:
            leaves = [f"{name}.list.element" for name in channels]
            texts = [f.name for f in table.schema if pa.types.is_large_string(f.type)]
            writer = pq.ParquetWriter(
                path, table.schema, compression="zstd", use_dictionary=texts,
                use_byte_stream_split=leaves,
            )  # fmt: skip
        writer.write_table(table)
    writer.close()
    return path


def _run(source: Path, warm: Path, groups: str, engine: str = "process", workers: int = 1) -> dict:
    out = source.with_name("features.parquet")
    words = [str(source), str(out), engine, str(workers), groups, str(warm)]
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, *words], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def _decode_seconds(path: Path) -> float:
    start = time.perf_counter()
    with pq.ParquetFile(path, pre_buffer=False) as file:
        for _ in file.iter_batches(2048):
            pass
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--largest", type=int, default=SIZES[-1])
    parser.add_argument("--groups", default=",".join(CORE))
    wanted = parser.parse_args()
    sizes = [*(size for size in SIZES if size < wanted.largest), wanted.largest]
    with tempfile.TemporaryDirectory() as folder:
        files = {size: _make(Path(folder, f"{size}.parquet"), size) for size in sizes}
        warm = files[sizes[0]]
        print(f"\nstreaming {N_CHANNELS} channels, groups {wanted.groups}")
        results = {}
        for size, path in files.items():
            decode = _decode_seconds(path)
            results[size] = found = _run(path, warm, wanted.groups)
            print(
                f"  {size:>9,} cycles {found['seconds']:8.2f} s {1e6 * found['seconds'] / size:7.1f} "
                f"us/cycle  {found['seconds'] / decode:5.2f} x pyarrow's decoding"
                f"  {found['seconds'] / (decode + size * found['extraction']):5.2f} x decoding and extraction"
                f"  peak {found['peak_mb']:5.0f} MB"
            )
        for small, large in itertools.pairwise(sizes):
            ratio = results[large]["seconds"] / results[small]["seconds"]
            print(f"  {large / small:.0f} x the cycles: {ratio:.2f} x the time")
        print("throughput after the first part, cycles/s")
        large = files[sizes[-1]]
        rates = {"this process": results[sizes[-1]]["rate"]}
        rates["2 worker processes"] = _run(large, warm, wanted.groups, "process", 2)["rate"]
        rates["Dask, 2 workers"] = _run(large, warm, wanted.groups, "dask", 2)["rate"]
        for name, rate in rates.items():
            print(f"  {name:<20} {rate:10,.0f}   {rate / rates['this process']:5.2f} x")


if __name__ == "__main__":
    main()
