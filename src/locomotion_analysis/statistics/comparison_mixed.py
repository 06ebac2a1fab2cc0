"""Comparisons by a multilevel model at every node: nobody is left out for lack of a condition."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.statistics.comparison import Band, Effect
from locomotion_analysis.statistics.curve_inference import Cluster, Inference
from locomotion_analysis.statistics.fields import Floats, runs_above
from locomotion_analysis.statistics.formula import INTERCEPT, Coding, Formula, columns_of
from locomotion_analysis.statistics.mixed_models import MixedModel, mixed
from locomotion_analysis.statistics.people import PERSON, responses_of

_NAME = "subject"


def effects_by_mixed(
    data: LocomotionData | pd.DataFrame,
    read: Formula,
    responses: Sequence[str],
    within: Sequence[str],
    roi: tuple[float, float] | None,
    options: Mapping[str, Any],
) -> tuple[tuple[Effect, ...], tuple[str, ...]]:
    """Fit the model to all rows, and return its effects and what was assumed.

    Rows of a person and condition are not averaged: their number is the weight they have. What
    differs between people is taken from the formula's bars; else their level and, where there are
    rows enough, the effects of the factors in `within`.
    """
    if len(responses) > 1:
        raise SchemaError(
            expected="one channel before ~ for a multilevel model",
            got=" + ".join(responses),
            where="formula",
            fix="separate channels by commas: each has a model, and they are one family",
        )
    table = data.cycles if isinstance(data, LocomotionData) else data
    values, _ = responses_of(data, table, responses, roi)
    there = [str(name) for name in (*table.columns, *table.index.names) if name is not None]
    keys = [name for name in PERSON if name in there]
    frame = columns_of(table, dict.fromkeys([*keys, *read.columns])).reset_index(drop=True)
    known = frame.notna().all(axis=1).to_numpy() & np.isfinite(values).all(axis=(1, 2))
    frame, curves = frame[known].reset_index(drop=True), values[known, :, 0]
    frame[_NAME] = frame[keys].astype(str).agg(" ".join, axis=1)
    told = []
    if (~known).any():
        told.append(f"{int((~known).sum())} rows with missing values are not in the model")
    formula, assumed = _with_bars(read, within, frame)
    told += assumed
    with warnings.catch_warnings():
        # What it warns of stands in its notes, and here in the history.
        warnings.simplefilter("ignore", LocomotionWarning)
        model = mixed(
            formula,
            frame.assign(**{read.response: curves[:, 0]}),
            curves if curves.shape[1] > 1 else None,
            level=1 - options["alpha"],
            random_state=options["seed"],
        )
    crossed = [
        f"{name} {level[0]}"
        for name, level in Coding.of(read.terms, frame).levels.items()
        if any(name in term and len(term) > 1 for term in read.terms)
    ]
    if crossed:
        told.append(
            f"effects of crossed factors are those at the first levels: {', '.join(crossed)}"
        )
    names = list(dict.fromkeys(model.fixed.index.get_level_values(0)))
    if len(names) > 1:
        names.remove(INTERCEPT)
    return tuple(_effect(model, name, options) for name in names), (*told, *model.notes)


def _with_bars(
    read: Formula, within: Sequence[str], frame: pd.DataFrame
) -> tuple[str, tuple[str, ...]]:
    if read.random:
        return read.text, ()
    for name in Coding.of(read.terms, frame).levels:
        of_person = frame.groupby(_NAME)[name].nunique()
        if name not in within and (of_person > 1).any():
            raise SchemaError(
                expected=f"one level of {name} a person: it is a factor between people",
                got=f"several for {of_person.idxmax()}",
                where=name,
                fix=f"name it in within=, or say what differs between people: ({name} | subject)",
            )
    inside = Coding.of(((), *((name,) for name in within)), frame).matrix(frame)[1]
    enough = len(frame) > frame[_NAME].nunique() * len(inside)
    differ = " + ".join(["1", *within]) if enough else "1"
    told = f"multilevel model with ({differ} | {_NAME}), all rows of a person in it"
    if within and not enough:
        told += f"; too few rows for effects of {' and '.join(within)} that differ between people"
    return f"{read.text} + ({differ} | {_NAME})", (told,)


def _effect(model: MixedModel, name: str, options: Mapping[str, Any]) -> Effect:
    """Return an effect as t at one number of degrees of freedom, so that it has one limit.

    A t is carried through its p to the median degrees of freedom of the curve; the limit is where
    the simultaneous band touches zero.
    """
    from scipy import stats

    rows = model.fixed.loc[[name]]
    estimate, se, own_df, p = (rows[key].to_numpy(float) for key in ("estimate", "se", "df", "p"))
    df = float(np.median(own_df))
    z = np.sign(estimate) * stats.t.isf(np.maximum(p, 1e-290) / 2, df)
    ends = ("band_low", "band_high") if model.is_curve else ("low", "high")
    low, high = (rows[key].to_numpy(float) for key in ends)
    tail = float(stats.t.sf((high[0] - estimate[0]) / se[0], own_df[0]))
    limit = float(stats.t.isf(tail, df))
    along = rows["p_curve"].to_numpy(float) if model.is_curve else p
    runs = runs_above(z, limit, two_tailed=True) if model.is_curve else []
    clusters = tuple(
        Cluster(ends, float(along[nodes].min()), extent, sign) for ends, extent, sign, nodes in runs
    )
    found = Inference(
        effect=name,
        statistic="T",
        z=z if model.is_curve else float(z[0]),
        df=(1.0, df),
        fwhm=float("nan"),
        resels=(1.0, 0.0),
        alpha=options["alpha"],
        two_tailed=True,
        method="mixed",
        zstar=limit,
        h0reject=bool(clusters) if model.is_curve else bool(p[0] <= options["alpha"]),
        p=float(along.min()),
        p_set=float("nan"),
        clusters=tuple(sorted(clusters, key=lambda each: each.endpoints)),
    )
    total: Floats = np.full(len(z), np.nan)
    if "[" in name and "sd[Intercept]" in model.random:
        spread = model.random[["sd[Intercept]", "sd[residual]"]].to_numpy(float)
        total = np.sqrt((spread**2).sum(axis=1))
    difference = Band(estimate, low, high)
    size = Band(estimate / total, low / total, high / total)
    label = "d of all spread" if np.isfinite(total).any() else "none"
    return Effect(name, replace(found, seed=options["seed"]), difference, size, label, None)
