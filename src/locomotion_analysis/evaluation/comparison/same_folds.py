"""Proof that two evaluations were of the same rows, targets and folds."""

from collections.abc import Mapping
from typing import Any

from locomotion_analysis.errors import SchemaError, SplitLeakError

_FIX = "evaluate both models on the same X, y and groups with the same cv and random_state"


def check_same_folds(results_a: Mapping[str, Any], results_b: Mapping[str, Any]) -> None:
    """Refuse to compare evaluations that were not of the same people in the same folds.

    Raises
    ------
    SchemaError
        If kind, rows, targets, subjects or folds differ.
    SplitLeakError
        If subjects are unknown.
    """
    if results_a["kind"] != results_b["kind"]:
        raise _differs(f"a {results_a['kind']} and a {results_b['kind']}", "results")
    a, b = results_a["predictions"], results_b["predictions"]
    if "subject" not in a or "subject" not in b:
        raise SplitLeakError(
            expected="two evaluations that know the subject of every row",
            got="one without groups",
            fix="pass groups to the evaluator",
        )
    if len(a) != len(b) or not a.index.equals(b.index):
        raise _differs(f"{len(a):,} and {len(b):,} rows of other cycles or another order", "rows")
    for column, words in (("y_true", "target"), ("subject", "subject"), ("fold", "fold")):
        other = a[column].to_numpy() != b[column].to_numpy()
        if other.any():
            raise _differs(f"another {words} in {int(other.sum()):,} of {len(a):,} rows", column)


def _differs(got: str, where: str) -> SchemaError:
    return SchemaError(
        expected="two evaluations of the same cycles in the same folds",
        got=got,
        where=where,
        fix=_FIX,
    )
