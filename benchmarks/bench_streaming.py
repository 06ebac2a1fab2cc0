"""Streaming extraction: against pyarrow's decoding, linear cost, flat memory, Dask.

``--write-docs`` writes the tables into docs/reference/benchmarks.md.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from measured_page import machine, write_part

from locomotion_analysis.simulation import simulate

N_CHANNELS = 24
SIZES = (5_000, 50_000, 200_000)
CORE = ("kinematic", "kinetic")
_MEASURE = """
import io, json, resource, sys, time
from pathlib import Path
import pyarrow.parquet as pq
from locomotion_analysis.features.spec import DEFAULT_AGGREGATIONS, CycleView
from locomotion_analysis.features.extraction import ExtractionRun, extract_features
from locomotion_analysis.features.streaming import extract_batch, look_at, plan_of, read_batch
from locomotion_analysis.standard import KEY
def _write_table(table):
    names = [name for name in table.column_names if name not in KEY]
    pq.write_table(table, io.BytesIO(), compression="zstd", use_dictionary=list(KEY), use_byte_stream_split=names)
source, out, engine, workers, groups, warm = sys.argv[1:]
options = dict(groups=groups.split(","), engine=engine, workers=int(workers))
if engine == "process" and workers == "1":
    extract_features(warm, out, **options)
seen = []
start = time.perf_counter()
extract_features(source, out, progress=lambda s, d, t: seen.append((time.perf_counter(), d)), **options)
end = time.perf_counter()
first = next(entry for entry in seen if entry[1])
stages = {}
if workers == "1":
    run = ExtractionRun(Path(source), Path(out), tuple(options["groups"]), DEFAULT_AGGREGATIONS, "1GB")
    tasks, recipe, _ = run.tasks(look_at(source)[0])
    batches = [batch for task in tasks for batch in task.part.batches][:24]
    n_cycles = sum(segment.stop - segment.start for batch in batches for segment in batch)
    def stage(name, work):
        begin = time.perf_counter()
        made = work()
        stages[name] = stages.get(name, 0.0) + (time.perf_counter() - begin) / n_cycles
        return made
    plan = plan_of(recipe)
    for batch in batches:
        data = stage("read", lambda: read_batch(batch, recipe))
        table = stage("extract", lambda: extract_batch(CycleView(data), plan))
        stage("write", lambda: _write_table(table))
    stages["features"] = len(plan.specs)
print(json.dumps({
    "seconds": end - start,
    "rate": (seen[-1][1] - first[1]) / max(seen[-1][0] - first[0], 1e-9),
    "stages": stages,
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
    parser.add_argument("--write-docs", action="store_true")
    wanted = parser.parse_args()
    sizes = [*(size for size in SIZES if size < wanted.largest), wanted.largest]
    with tempfile.TemporaryDirectory() as folder:
        files = {size: _make(Path(folder, f"{size}.parquet"), size) for size in sizes}
        warm = files[sizes[0]]
        decoding = {size: _decode_seconds(path) for size, path in files.items()}
        runs = {size: _run(path, warm, wanted.groups) for size, path in files.items()}
        engines = {"this process": runs[sizes[-1]]}
        for name, engine in (("2 worker processes", "process"), ("Dask, 2 workers", "dask")):
            engines[name] = _run(files[sizes[-1]], warm, wanted.groups, engine, 2)
    paragraphs = [
        f"{N_CHANNELS} channels, groups {wanted.groups}, {machine()}.",
        _sizes_table(runs, decoding),
        _stages_sentence(runs[sizes[-1]]["stages"], decoding[sizes[-1]] / sizes[-1]),
        _engines_table(engines),
    ]
    print("\n\n".join(paragraphs))
    if wanted.write_docs:
        write_part("streaming", paragraphs)


def _sizes_table(runs: dict[int, dict], decoding: dict[int, float]) -> str:
    lines = [
        "| cycles | s | µs a cycle | of pyarrow's decoding | peak memory | of the time of the row above |",
        "|---|---|---|---|---|---|",
    ]
    before = None
    for size, run in runs.items():
        growth = (
            ""
            if before is None
            else f"{run['seconds'] / runs[before]['seconds']:.2f} for {size / before:.0f} times the cycles"
        )
        lines.append(
            f"| {size:,} | {run['seconds']:.2f} | {1e6 * run['seconds'] / size:.1f} "
            f"| {run['seconds'] / decoding[size]:.2f} × | {run['peak_mb']:.0f} MB | {growth} |"
        )
        before = size
    return "\n".join(lines)


def _stages_sentence(stages: dict[str, float], decode: float) -> str:
    return (
        f"One after the other, in µs a cycle: decoding by pyarrow alone {1e6 * decode:.1f}; decoding "
        f"and laying the curves out {1e6 * stages['read']:.1f}; computing {stages['features']:,} "
        f"features {1e6 * stages['extract']:.1f}; compressing and writing them "
        f"{1e6 * stages['write']:.1f}. The aim of 1.3 times the decoding leaves "
        f"{0.3e6 * decode:.1f} for everything but decoding."
    )


def _engines_table(engines: dict[str, dict]) -> str:
    lines = ["| engine | cycles a second after the first part | of this process |", "|---|---|---|"]
    base = engines["this process"]["rate"]
    lines += [
        f"| {name} | {run['rate']:,.0f} | {run['rate'] / base if base else float('nan'):.2f} × |"
        for name, run in engines.items()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
