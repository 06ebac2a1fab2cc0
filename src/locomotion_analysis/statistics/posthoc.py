"""Every two levels of a factor, with the pairs' family of errors bounded."""

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.statistics.fields import Floats
from locomotion_analysis.statistics.resampling import null_distribution

if TYPE_CHECKING:
    from locomotion_analysis.statistics.comparison import Comparison, Correction


def holm(p: Floats) -> Floats:
    """Return adjusted p values, in the order given (Holm 1979).

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def pairs(found: "Comparison", factor: str, correction: "Correction") -> pd.DataFrame:
    """Compare every two levels; see :meth:`Comparison.posthoc`."""
    from locomotion_analysis.statistics.comparison import effects_of, hypotheses

    people = found.people
    if (factor,) not in found.terms or factor not in found.factors:
        raise SchemaError(
            expected=f"a factor of the formula: {', '.join(found.factors)}", got=factor
        )
    if people.rows.shape[2] > 1:
        raise SchemaError(
            expected="one channel", got=" + ".join(found.responses), where="posthoc",
            fix="compare each channel by its own formula",
        )  # fmt: skip
    if found.options["method"] == "mixed":
        raise SchemaError(
            expected="a test of people's means", got='method="mixed"', where="posthoc",
            fix="its effects are pairs with the first level; mixed().contrast() gives the others",
        )  # fmt: skip
    if found.options["nested"]:
        raise SchemaError(
            expected="crossed factors", got=found.formula, where="posthoc",
            fix="compare two levels at a time with data.select()",
        )  # fmt: skip
    if correction not in ("holm", "max"):
        raise SchemaError(expected='correction "holm" or "max"', got=repr(correction))
    labels = people.frame[factor].astype(str).to_numpy()
    levels = [str(level) for level in found.levels(factor)]
    rows: list[dict[str, Any]] = []
    for first, second in combinations(levels, 2):
        keep = (labels == first) | (labels == second)
        part = replace(
            people,
            frame=people.frame[keep].reset_index(drop=True),
            rows=people.rows[keep],
        )
        options = {**found.options, "equal_var": found.options["equal_var"] or correction == "max"}
        effect = next(
            e for e in effects_of(part, found.terms, found.within, options) if e.name == factor
        )
        z = np.atleast_1d(effect.inference.z)
        node = int(np.abs(z).argmax())
        assert effect.difference is not None  # noqa: S101 - two levels have one
        rows.append(
            {
                "first": first,
                "second": second,
                "n": int(part.frame["person"].nunique()),
                "largest": float(z[node]),
                "at": float(people.phase[node]) if len(people.phase) else np.nan,
                "p": effect.inference.p,
                "difference": float(effect.difference.value[node]),
            }
        )
    table = pd.DataFrame(rows)
    if correction == "holm":
        adjusted = holm(table["p"].to_numpy())
    else:
        pooled = {**found.options, "equal_var": True}
        tests = hypotheses(people, found.terms, found.within, pooled)
        whole = next(test for test in tests if test.effect == factor)
        assert whole.levels is not None  # noqa: S101 - a factor has levels
        contrasts = np.array([b - a for a, b in combinations(whole.levels, 2)])
        null = null_distribution(
            whole,
            found.options["alpha"],
            two_tailed=True,
            iterations=found.options["iterations"],
            seed=found.options["seed"],
            contrasts=contrasts,
        )
        z = null.z.reshape(len(contrasts), -1)
        at = np.abs(z).argmax(axis=1)
        table["largest"] = z[np.arange(len(z)), at]
        adjusted = np.array([null.p(float(value)) for value in np.abs(z).max(axis=1)])
    table.insert(6, "p_adjusted", adjusted)
    table.insert(7, "rejected", adjusted <= found.options["alpha"])
    return table
