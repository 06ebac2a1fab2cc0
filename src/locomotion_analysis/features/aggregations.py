"""Statistics that turn one curve of 150 points into one number."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError

Curves = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Aggregation:
    """A statistic of each curve.

    Attributes
    ----------
    formula : str
        Definition, for the catalogue.
    unit : str or None
        Unit of the result; None for the curve's own unit.
    """

    formula: str
    unit: str | None = None


_PHASE_UNIT = "% of cycle"

AGGREGATIONS: dict[str, Aggregation] = {
    "mean": Aggregation("mean over the 150 points"),
    "std": Aggregation("sample standard deviation (ddof=1, as pandas)"),
    "max": Aggregation("largest value"),
    "min": Aggregation("smallest value"),
    "peak": Aggregation("largest value (same as max)"),
    "rom": Aggregation("range of motion: max - min"),
    "range": Aggregation("max - min (same as rom)"),
    "rms": Aggregation("root of the mean square"),
    "median": Aggregation("middle value"),
    "argmax_phase": Aggregation("phase of the (first) largest value", _PHASE_UNIT),
    "argmin_phase": Aggregation("phase of the (first) smallest value", _PHASE_UNIT),
}
"""Statistics by name; besides these, ``qNN`` is the NN % quantile (q05, q25, q75, q95, ...)."""

SAME_AS = {"peak": "max", "range": "rom"}
"""Two names of one statistic."""

_QUANTILE = re.compile(r"^q(\d{2})$")


def aggregation(name: str) -> Aggregation:
    """Look up a statistic by name.

    Parameters
    ----------
    name : str
        A key of :data:`AGGREGATIONS`, or ``qNN`` for a quantile (linear interpolation).

    Raises
    ------
    SchemaError
        If there is none of that name; the message lists them.

    Examples
    --------
    >>> aggregation("q25").formula
    '25 % quantile'
    """
    if name in AGGREGATIONS:
        return AGGREGATIONS[name]
    match = _QUANTILE.match(name)
    if match is None:
        raise SchemaError(
            expected=f"aggregations among {', '.join(AGGREGATIONS)}, or qNN (q05, q25, q95)",
            got=repr(name),
            where="aggregations",
            fix="use one of these; joint work and impulses are in the feature group 'derived'",
        )
    return Aggregation(f"{int(match.group(1))} % quantile")


def quantile_level(name: str) -> float:
    """Return the share of points below a quantile.

    Parameters
    ----------
    name : str
        ``median`` or ``qNN``.

    Raises
    ------
    SchemaError
        If it is neither.

    Examples
    --------
    >>> quantile_level("median"), quantile_level("q05")
    (0.5, 0.05)
    """
    if name == "median":
        return 0.5
    aggregation(name)
    return int(name.removeprefix("q")) / 100.0


def checked_aggregations(names: Sequence[str] | str) -> dict[str, Aggregation]:
    """Return the statistics asked for, each once, in the order given."""
    wanted = [names] if isinstance(names, str) else list(names)
    return {name: aggregation(name) for name in wanted}
