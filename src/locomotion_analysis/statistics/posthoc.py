"""Every two levels of a factor, with the pairs' family of errors bounded."""

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.statistics.fields import Floats
from locomotion_analysis.statistics.resampling import Null, null_distribution, share_exchanges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locomotion_analysis.statistics.comparison import Comparison, Correction

_COLUMNS = ["first", "second", "n", "largest", "at", "p", "p_adjusted", "rejected", "difference"]


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


def pairs(
    comparisons: "Sequence[Comparison]", factor: str, correction: "Correction"
) -> pd.DataFrame:
    """Compare every two levels, in every channel; see :meth:`Comparison.posthoc`.

    All pairs of all channels are one family. With several channels the first column names them.
    """
    if correction not in ("holm", "max"):
        raise SchemaError(expected='correction "holm" or "max"', got=repr(correction))
    tables = [_pairs(each, factor, equal_var=correction == "max") for each in comparisons]
    if correction == "max":
        nulls = _nulls(comparisons, factor)
        largest = np.max([null.maxima for null in nulls], axis=0)
        for table, null in zip(tables, nulls, strict=True):
            z = null.z.reshape(len(table), -1)
            table["z"] = pd.Series(list(z), dtype=object)
            table["p_adjusted"] = [
                float(np.mean(largest >= value * (1 - 1e-9))) for value in np.abs(z).max(axis=1)
            ]
    together = pd.concat(
        [
            table.assign(channel=found.responses[0])
            for found, table in zip(comparisons, tables, strict=True)
        ],
        ignore_index=True,
    )
    if correction == "holm":
        together["p_adjusted"] = holm(together["p"].to_numpy())
    together["rejected"] = together["p_adjusted"] <= comparisons[0].options["alpha"]
    node = [int(np.abs(z).argmax()) for z in together["z"]]
    phase = comparisons[0].phase
    together["largest"] = [float(z[at]) for z, at in zip(together["z"], node, strict=True)]
    together["at"] = [float(phase[at]) if len(phase) else np.nan for at in node]
    together["difference"] = [
        float(values[at]) for values, at in zip(together["difference"], node, strict=True)
    ]
    named = ["channel"] if len(comparisons) > 1 else []
    return together[[*named, *_COLUMNS]]


def _pairs(found: "Comparison", factor: str, *, equal_var: bool) -> pd.DataFrame:
    """Return one row a pair: the test's whole curves ``z`` and ``difference``, and its p."""
    from locomotion_analysis.statistics.comparison import effects_of

    people = found.people
    if (factor,) not in found.terms or factor not in found.factors:
        raise SchemaError(
            expected=f"a factor of the formula: {', '.join(found.factors)}", got=factor
        )
    if people.rows.shape[2] > 1:
        raise SchemaError(
            expected="one channel", got=" + ".join(found.responses), where="posthoc",
            fix="separate channels by commas: each is compared by itself, and they are one family",
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
    options = {**found.options, "equal_var": found.options["equal_var"] or equal_var}
    labels = people.frame[factor].astype(str).to_numpy()
    rows: list[dict[str, Any]] = []
    for first, second in combinations([str(level) for level in found.levels(factor)], 2):
        keep = (labels == first) | (labels == second)
        part = replace(
            people,
            frame=people.frame[keep].reset_index(drop=True),
            rows=people.rows[keep],
        )
        effect = next(
            e for e in effects_of(part, found.terms, found.within, options) if e.name == factor
        )
        assert effect.difference is not None  # noqa: S101 - two levels have one
        rows.append(
            {
                "first": first,
                "second": second,
                "n": int(part.frame["person"].nunique()),
                "z": np.atleast_1d(effect.inference.z),
                "p": effect.inference.p,
                "difference": effect.difference.value,
            }
        )
    return pd.DataFrame(rows)


def _nulls(comparisons: "Sequence[Comparison]", factor: str) -> list[Null]:
    """Return what the t of all pairs are under exchange of the levels, the same in every channel."""
    from locomotion_analysis.statistics.comparison import hypotheses

    tests = [
        next(
            test
            for test in hypotheses(
                each.people, each.terms, each.within, {**each.options, "equal_var": True}
            )
            if test.effect == factor
        )
        for each in comparisons
    ]
    if not share_exchanges(tests):
        raise SchemaError(
            expected="channels that were measured in the same people, whole",
            got=", ".join(f"{each.responses[0]} in {each.n_people}" for each in comparisons),
            where='correction="max"',
            fix='take correction="holm", or leave out people who lack a channel',
        )
    options, made = comparisons[0].options, []
    for test in tests:
        assert test.levels is not None  # noqa: S101 - a factor has levels
        made.append(
            null_distribution(
                test,
                options["alpha"],
                two_tailed=True,
                iterations=options["iterations"],
                seed=options["seed"],
                contrasts=np.array([b - a for a, b in combinations(test.levels, 2)]),
            )
        )
    return made
