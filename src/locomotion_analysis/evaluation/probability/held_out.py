"""The probabilities of an evaluation beside the truth and the subjects."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.metric_sums import tested_subjects
from locomotion_analysis.evaluation.predictions import class_numbers


class Probabilities(NamedTuple):
    """Probabilities of held-out cycles.

    Attributes
    ----------
    classes : list
        All classes.
    shown : list of int
        Positions of the classes worth a curve: all, or of two the second, since the other
        mirrors it.
    probability : ndarray of float of shape (n_tested, n_classes)
        What the models gave.
    truth : ndarray of bool of shape (n_tested, n_classes)
        Whether the cycle is of the class.
    subject : ndarray of int of shape (n_tested,)
        Subject number of each cycle.
    n_subjects : int
        How many there are.
    """

    classes: list[Any]
    shown: list[int]
    probability: NDArray[np.float64]
    truth: NDArray[np.bool_]
    subject: NDArray[np.intp]
    n_subjects: int


def has_probabilities(results: Mapping[str, Any]) -> bool:
    """Tell whether the evaluated model gave probabilities."""
    if results["kind"] != "classification":
        return False
    return f"probability_{results['classes'][0]}" in results["predictions"]


def held_out_probabilities(results: Mapping[str, Any]) -> Probabilities:
    """Return the probabilities of a classification, one row a held-out cycle.

    Raises
    ------
    SchemaError
        If the model gave none.
    SplitLeakError
        If subjects are unknown.
    """
    if not has_probabilities(results):
        raise SchemaError(
            expected="an evaluation of a classifier that gives probabilities",
            got=f"a {results['kind']} without them",
            where="results['predictions']",
            fix="use a model with predict_proba, or wrap it in CalibratedClassifierCV",
        )
    table, classes = results["predictions"], results["classes"]
    codes = class_numbers(table["y_true"].to_numpy(), np.asarray(classes))
    subject, names = tested_subjects(results)
    return Probabilities(
        classes=classes,
        shown=list(range(len(classes))) if len(classes) > 2 else [1],
        probability=table[[f"probability_{name}" for name in classes]].to_numpy(float),
        truth=codes[:, None] == np.arange(len(classes)),
        subject=subject,
        n_subjects=len(names),
    )
