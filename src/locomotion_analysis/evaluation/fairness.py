"""Fairness: does the model serve women and men, young and old, light and heavy alike."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.evaluation.bootstrap import (
    percentile_interval,
    resampled_sums,
    subject_weights,
)
from locomotion_analysis.evaluation.cycle_facts import rows_of_predictions
from locomotion_analysis.evaluation.inputs import said_simulated
from locomotion_analysis.evaluation.metric_sums import (
    chosen_metric,
    contributions,
    metric_values,
    tested_subjects,
)

FEWEST_SUBJECTS = 10
AGE_BANDS = {"under 18 years": 18.0, "18 to 39 years": 40.0, "40 to 64 years": 65.0,
             "65 years and over": np.inf}  # fmt: skip
BMI_BANDS = {"BMI under 18.5": 18.5, "BMI 18.5 to 24.9": 25.0, "BMI 25 to 29.9": 30.0,
             "BMI 30 and over": np.inf}  # fmt: skip
"""Upper ends of the bands; of the BMI those of the WHO for adults (kg/m²)."""

_COLUMNS = ["attribute", "group", "n_subjects", "n_cycles", "n_classes", "score", "low", "high",
            "difference", "difference_low", "difference_high", "metric", "note"]  # fmt: skip


def fairness_table(
    results: Mapping[str, Any],
    cycles: pd.DataFrame,
    metric: str | None = None,
    *,
    fewest_subjects: int = FEWEST_SUBJECTS,
    n_bootstrap: int = 1000,
    random_state: int = 0,
) -> pd.DataFrame:
    """Score the groups of sex, age band and BMI band, each against everyone else.

    Parameters
    ----------
    results : dict
        What an evaluation returned, its predictions indexed by the cycle key.
    cycles : DataFrame
        ``data.cycles``, with ``sex``, ``age`` (years) and ``bmi`` (kg/m², or ``height_m`` and
        ``mass_kg``) where known.
    metric : str, optional
        Default: balanced accuracy, or mean absolute error.
    fewest_subjects : int
        Groups, or rests, of fewer subjects get no difference, and the note says so.
    n_bootstrap, random_state : int
        Draws of subjects, and their seed.

    Returns
    -------
    DataFrame
        One row a group: ``attribute``, ``group``, ``n_subjects``, ``n_cycles``, ``n_classes``
        (that the group holds; NaN of a regression), ``score`` with ``low`` and ``high``,
        ``difference`` from the rest with ``difference_low`` and ``difference_high`` (95 %, over
        subjects), ``metric``, ``note``. Subjects of whom an attribute is unknown form the group "unknown".
        Empty where none of the three is known.

    Raises
    ------
    SchemaError
        If predictions and cycles cannot be matched.
    SplitLeakError
        If subjects are unknown.

    Notes
    -----
    A group may do worse because it is small, because its classes are mixed otherwise, or because
    the model fails it: a difference is a question, not an answer. With some ten groups, one
    interval in twenty excludes zero by chance.
    """
    metric = chosen_metric(results["kind"], metric)
    subject, names = tested_subjects(results)
    sums_of_rows = contributions(results)
    whole = sums_of_rows(subject, len(names))
    weights = subject_weights(len(names), n_bootstrap, random_state)
    rows = []
    for attribute, label in groups_of_people(
        cycles.iloc[rows_of_predictions(results, cycles)]
    ).items():
        of_label = {group: label == group for group in label.categories if (label == group).any()}
        for group, inside in of_label.items():
            own = sums_inside(subject, inside, sums_of_rows, len(names))
            found = _compared(metric, own, whole - own, weights)
            sizes = tuple(len(np.unique(subject[chosen])) for chosen in (inside, ~inside))
            *numbers, note = _judged(found, own, sizes, fewest_subjects)
            rows.append((attribute, group, sizes[0], int(inside.sum()), *numbers, metric, note))
    return said_simulated(pd.DataFrame(rows, columns=_COLUMNS), results["simulated"])


def body_mass_index(cycles: pd.DataFrame) -> "pd.Series[float] | None":
    """Return the BMI (kg/m²) of each cycle's subject, or None where it is not known."""
    if "bmi" in cycles and cycles["bmi"].notna().any():
        return cycles["bmi"].astype(float)
    if {"mass_kg", "height_m"} <= set(cycles.columns):
        bmi: pd.Series[float] = cycles["mass_kg"].astype(float) / cycles["height_m"] ** 2
        return bmi if bmi.notna().any() else None
    return None


def groups_of_people(cycles: pd.DataFrame) -> dict[str, "pd.Categorical[Any]"]:
    """Return the group of each cycle's subject, by attribute: sex, age, BMI, as far as known."""
    found: dict[str, Any] = {}
    if "sex" in cycles and cycles["sex"].notna().any():
        sexes = cycles["sex"].astype(object).where(cycles["sex"].notna(), "unknown")
        found["sex"] = pd.Categorical(sexes.astype(str))
    if "age" in cycles and cycles["age"].notna().any():
        found["age"] = _banded(cycles["age"], AGE_BANDS)
    bmi = body_mass_index(cycles)
    if bmi is not None:
        found["bmi"] = _banded(bmi, BMI_BANDS)
    return found


def _banded(values: "pd.Series[Any]", bands: Mapping[str, float]) -> "pd.Categorical[Any]":
    number = values.to_numpy(dtype=float, na_value=np.nan)
    place = np.searchsorted(list(bands.values())[:-1], number, side="right")
    names = [*bands, "unknown"]
    codes = np.where(np.isnan(number), len(bands), place)
    return pd.Categorical(np.array(names, dtype=object)[codes], categories=names)


def sums_inside(
    subject: NDArray[np.intp], inside: NDArray[np.bool_], sums_of_rows: Any, n_subjects: int
) -> NDArray[Any]:
    """Return what each subject contributes with the rows inside the group alone."""
    # Rows outside go to a unit of their own, which is then left away.
    return np.asarray(sums_of_rows(np.where(inside, subject, n_subjects), n_subjects + 1)[:-1])


def _compared(
    metric: str, own: NDArray[Any], rest: NDArray[Any], weights: NDArray[np.int64]
) -> tuple[float, ...]:
    """Return score and its interval, difference from the rest and its interval."""
    score, other = (float(metric_values(metric, each.sum(axis=0))) for each in (own, rest))
    drawn, beside = (metric_values(metric, resampled_sums(weights, each)) for each in (own, rest))
    low, high = percentile_interval(drawn)
    return (score, low, high, score - other, *percentile_interval(drawn - beside))


def _judged(
    found: tuple[float, ...], own: NDArray[Any], sizes: tuple[int, ...], fewest_subjects: int
) -> tuple[Any, ...]:
    """Return number of classes, score, difference where it can be told, and the note."""
    n_classes = float((own.sum(axis=(0, 2)) > 0).sum()) if own.ndim == 3 else np.nan
    notes = []
    if min(sizes) < fewest_subjects:
        words = "subjects" if sizes[0] < fewest_subjects else "other subjects"
        notes.append(f"too few {words} to compare")
        # One person has no interval over people.
        score, low, high = found[:3] if sizes[0] > 1 else (found[0], np.nan, np.nan)
        found = (score, low, high, np.nan, np.nan, np.nan)
    if n_classes == 1:
        notes.append("one class only")
    return (n_classes, *found, "; ".join(notes))
