"""A bundle's answers: how much they cost beside the bare model, and what ONNX saves.

    python benchmarks/bench_bundle.py [--write-docs]

One run, one core for the models, interleaved; only the ratios mean anything.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from interleaved import median_seconds_in_turns
from measured_page import recorded

from locomotion_analysis.evaluation.training import train
from locomotion_analysis.production.bundle import open_bundle, write_bundle
from locomotion_analysis.simulation import simulate

REPEATS = 30


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write-docs", action="store_true")
    with recorded("bundle", parser.parse_args().write_docs):
        run()


def run():
    warnings.simplefilter("ignore")
    data = simulate(40, 4, ["level_walking"], ["healthy", "stroke"])
    new = simulate(150, 4, ["level_walking"], ["healthy", "stroke"], seed=99)
    for name in ("linear", "extra_trees", "boosting"):
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            train(data, "pathology", place / "model", recipes=[name], n_splits=5)
            write_bundle(place / "model", place / "x.bundle", onnx=True)
            started = time.perf_counter()
            bundle = open_bundle(place / "x.bundle")
            opened = time.perf_counter() - started
            onnx = open_bundle(place / "x.bundle", runtime="onnx")
            size = (place / "x.bundle").stat().st_size
        print(f"{name}: {size / 1e6:.1f} MB, opened in {opened:.2f} s")
        print(f"  ONNX differs by {bundle.manifest.onnx.max_difference:.1g} at most")
        for rows in (1, 32):
            _ratios(bundle, onnx, rows)
        _coverage(bundle, new)


def _ratios(bundle, onnx, rows):
    X = bundle.reference.features.head(rows)
    ways = {
        "model.predict": lambda: bundle.route.model.predict(X),
        "bundle": lambda: bundle.predict_features(X),
        "onnx alone": lambda: onnx.route.answers(X),
        "onnx bundle": lambda: onnx.predict_features(X),
    }
    seconds = median_seconds_in_turns(ways, REPEATS)
    bare = seconds["model.predict"]
    told = ", ".join(f"{way} {each / bare:.3f}" for way, each in seconds.items())
    print(f"  {rows} rows, as a share of model.predict: {told}")


def _coverage(bundle, new):
    answers = bundle.predict_cycles(new)
    truth = new.cycles["pathology"].to_numpy()
    inside = [label in found for label, found in zip(truth, answers["set"], strict=True)]
    print(
        f"  150 new people: set holds the truth in {np.mean(inside):.1%} "
        f"({bundle.manifest.conformal.coverage:.0%} promised; mean size "
        f"{answers['set'].map(len).mean():.2f}), outside {answers['outside'].mean():.1%}, "
        f"right {np.mean(answers['prediction'] == truth):.1%}"
    )


if __name__ == "__main__":
    main()
