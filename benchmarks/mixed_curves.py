"""`mixed` on curves: every phase of a channel at once, against fitting each phase by itself.

    python benchmarks/mixed_curves.py                # prints
    python benchmarks/mixed_curves.py --write-docs   # and writes its part of docs/reference/benchmarks.md

5,000 cycles of 100 people with 150 phases; people differ in their level, and in how speed changes
their curve. Beside it runs statsmodels, a phase at a time, where it is installed (it is no
dependency of the package).
"""

import argparse
import importlib
import warnings
from importlib.metadata import version
from time import perf_counter

import numpy as np
import pandas as pd
from measured_page import recorded

from locomotion_analysis.errors import LocomotionWarning
from locomotion_analysis.standard import N_PHASES
from locomotion_analysis.statistics import mixed

PEOPLE, STRIDES, COSINES = 100, 50, 8
BESIDE = range(0, N_PHASES, 10)
FIXED = "speed_m_s + group"
MODELS = {"level": "1", "level and slope": "speed_m_s"}
NAMES = {"Intercept": "Intercept", "speed_m_s": "speed_m_s", "group[T.b]": "group[b]"}


def smooth(rng, n):
    """Curves of a few half waves, of unit variance."""
    waves = np.cos(np.pi * np.outer(np.arange(COSINES), np.linspace(0, 1, N_PHASES)))
    return rng.normal(size=(n, COSINES)) @ waves / np.sqrt(COSINES / 2)


def cycles():
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(PEOPLE), STRIDES)
    speed = rng.normal(1.3, 0.2, PEOPLE)[person] + rng.normal(0, 0.1, len(person))
    phase = np.linspace(0, 1, N_PHASES)
    group = person % 2
    curves = np.sin(2 * np.pi * phase) + 0.1 * group[:, None] * phase
    curves += (speed - 1.3)[:, None] * (
        0.2 * np.cos(np.pi * phase) + 0.1 * smooth(rng, PEOPLE)[person]
    )
    curves += 0.1 * smooth(rng, PEOPLE)[person] + 0.05 * smooth(rng, len(person))
    curves += rng.normal(0, 0.01, curves.shape)
    table = {"subject": person, "group": np.array(["a", "b"])[group], "speed_m_s": speed}
    return pd.DataFrame(table), curves


def ours(name, frame, curves):
    """Print the seconds of a model of all phases; return them and the model."""
    formula = f"angle ~ {FIXED} + ({MODELS[name]} | subject)"
    times = []
    for _ in range(3):
        start = perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LocomotionWarning)
            model = mixed(formula, frame, curves)
        times.append(perf_counter() - start)
    print(f"people differ in {name}: {formula}")
    print(f"  mixed, {N_PHASES} phases with band                    {min(times):9.2f} s")
    return min(times), model


def beside(name, frame, curves, seconds, model):
    """Fit some phases by statsmodels, each by itself, and print its time and how far they differ."""
    try:
        mixedlm = importlib.import_module("statsmodels.formula.api").mixedlm
    except ImportError:
        print("  statsmodels is not installed here, and so is not beside it")
        return
    away = {"estimate": [], "se": [], "criterion": []}
    start = perf_counter()
    for phase in BESIDE:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            other = mixedlm(
                f"angle ~ {FIXED}", frame.assign(angle=curves[:, phase]), groups="subject",
                re_formula=f"~{MODELS[name]}",
            ).fit(reml=True)  # fmt: skip
        at = model.quality.index[phase]
        own = model.fixed.xs(at, level=1)
        for theirs, mine in NAMES.items():
            se = own.loc[mine, "se"]
            away["estimate"].append(abs(own.loc[mine, "estimate"] - other.fe_params[theirs]) / se)
            away["se"].append(abs(other.bse[theirs] / se - 1))
        away["criterion"].append(-2 * other.llf - model.quality.loc[at, "criterion"])
    each = (perf_counter() - start) / len(BESIDE)
    print(
        f"  statsmodels {version('statsmodels')}, a phase {each:6.2f} s, {N_PHASES} of them "
        f"{each * N_PHASES:9.2f} s   {each * N_PHASES / seconds:6.0f} x"
    )
    print(
        f"  largest difference at {len(BESIDE)} phases: estimates {max(away['estimate']):.3f} standard "
        f"errors, standard errors {max(away['se']):.2%};"
    )
    print(
        f"  -2 log likelihood of statsmodels less ours: {min(away['criterion']):+.4f} to "
        f"{max(away['criterion']):+.4f} (below 0: theirs is the better minimum)"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write-docs", action="store_true")
    asked = parser.parse_args()
    frame, curves = cycles()
    with recorded("mixed curves", asked.write_docs):
        print(f"{len(frame):,} cycles of {PEOPLE} people, {N_PHASES} phases, one thread")
        for name in MODELS:
            beside(name, frame, curves, *ours(name, frame, curves))


if __name__ == "__main__":
    main()
