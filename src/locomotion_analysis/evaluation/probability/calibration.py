"""Calibration: of the cycles given 70 %, do seven in ten belong to the class."""

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
from locomotion_analysis.evaluation.inputs import said_simulated
from locomotion_analysis.evaluation.probability.held_out import (
    Probabilities,
    held_out_probabilities,
)


def calibration_curve(
    results: Mapping[str, Any],
    n_bins: int = 10,
    n_bootstrap: int = 1000,
    random_state: int = 0,
) -> pd.DataFrame:
    """Compare predicted probabilities with how often they came true, class against the rest.

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` returned.
    n_bins : int
        Bins of equal width between 0 and 1.
    n_bootstrap, random_state : int
        Draws of subjects for the intervals, and their seed.

    Returns
    -------
    DataFrame
        One row a class and bin that holds cycles: ``class``, ``predicted`` (mean probability),
        ``observed`` (share of cycles of the class), ``low`` and ``high`` (95 % interval of the
        share, over subjects), ``n_cycles`` and ``n_subjects``. Of two classes only the second,
        since the other mirrors it.

    Raises
    ------
    SchemaError
        If the model gave no probabilities.
    """
    given = held_out_probabilities(results)
    weights = subject_weights(given.n_subjects, n_bootstrap, random_state)
    tables = []
    for position in given.shown:
        sums = _bin_sums(given, position, n_bins)
        count, predicted, true = np.moveaxis(sums.sum(axis=0), -1, 0)
        drawn = resampled_sums(weights, sums)
        with np.errstate(invalid="ignore", divide="ignore"):
            bounds = [percentile_interval(each) for each in (drawn[..., 2] / drawn[..., 0]).T]
            frame = pd.DataFrame(
                {
                    "class": given.classes[position],
                    "predicted": predicted / count,
                    "observed": true / count,
                    "low": [low for low, _ in bounds],
                    "high": [high for _, high in bounds],
                    "n_cycles": count.astype(int),
                    "n_subjects": (sums[..., 0] > 0).sum(axis=0),
                }
            )
        tables.append(frame[frame["n_cycles"] > 0])
    return said_simulated(pd.concat(tables, ignore_index=True), results["simulated"])


def calibration_scores(
    results: Mapping[str, Any],
    n_bins: int = 10,
    n_bootstrap: int = 1000,
    random_state: int = 0,
) -> pd.DataFrame:
    r"""Score the probabilities of each class against the rest.

    Brier score: mean of :math:`(p - y)^2` (Brier 1950, Mon Weather Rev 78:1), 0 is perfect;
    knowing only how frequent the class is gives its ``prevalence_brier``, :math:`q (1 - q)`.
    Expected calibration error: mean over bins, weighted by cycles, of the distance between mean
    probability and share that came true (Naeini et al. 2015, AAAI, 2901).

    Parameters
    ----------
    results : dict
        What ``evaluate_classification`` returned.
    n_bins : int
        Bins of equal width of the calibration error.
    n_bootstrap, random_state : int
        Draws of subjects for the intervals, and their seed.

    Returns
    -------
    DataFrame
        One row a class: ``class``, ``brier``, ``brier_low``, ``brier_high``,
        ``prevalence_brier``, ``ece``, ``ece_low``, ``ece_high``. Intervals are of 95 % over
        subjects; those of the calibration error, which cannot be negative, lie high where
        cycles are few.

    Raises
    ------
    SchemaError
        If the model gave no probabilities.
    """
    given = held_out_probabilities(results)
    weights = subject_weights(given.n_subjects, n_bootstrap, random_state)
    rows = []
    for position in given.shown:
        squared = (given.probability[:, position] - given.truth[:, position]) ** 2
        bins = _bin_sums(given, position, n_bins)
        per_subject = np.bincount(given.subject, squared, minlength=given.n_subjects)
        n_cycles = resampled_sums(weights, bins[..., 0].sum(axis=1))
        brier = resampled_sums(weights, per_subject) / n_cycles
        prevalence = given.truth[:, position].mean()
        low, high = percentile_interval(brier)
        ece_low, ece_high = percentile_interval(_expected_error(resampled_sums(weights, bins)))
        rows.append(
            {
                "class": given.classes[position],
                "brier": squared.mean(),
                "brier_low": low,
                "brier_high": high,
                "prevalence_brier": prevalence * (1 - prevalence),
                "ece": float(_expected_error(bins.sum(axis=0))),
                "ece_low": ece_low,
                "ece_high": ece_high,
            }
        )
    return pd.DataFrame(rows)


def _bin_sums(given: Probabilities, position: int, n_bins: int) -> NDArray[np.float64]:
    """Sum cycles, probability and truth in each bin: shape (n_subjects, n_bins, 3)."""
    probability, truth = given.probability[:, position], given.truth[:, position]
    place = np.minimum((probability * n_bins).astype(int), n_bins - 1)
    cell = given.subject * n_bins + place
    size = given.n_subjects * n_bins
    parts = [
        np.bincount(cell, part, minlength=size).astype(float)
        for part in (np.ones_like(probability), probability, truth)
    ]
    return np.stack(parts, axis=-1).reshape(given.n_subjects, n_bins, 3)


def _expected_error(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the expected calibration error of sums of shape (..., n_bins, 3)."""
    count, predicted, true = np.moveaxis(sums, -1, 0)
    # Weighted by its cycles, a bin's |mean p − share true| is |sum p − sum true|.
    error: NDArray[np.float64] = np.abs(predicted - true).sum(axis=-1) / count.sum(axis=-1)
    return error
