"""Statistics that turn one curve of 150 points into one number."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features.feature import Values
from locomotion_analysis.standard import PHASE_PERCENT

Curves = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Aggregation:
    """A statistic of each curve.

    Attributes
    ----------
    formula : str
        Definition, for the catalogue.
    compute : callable
        Curves of shape (n_cycles, 150) to values of shape (n_cycles,).
    unit : str or None
        Unit of the result; None for the curve's own unit.
    """

    formula: str
    compute: Callable[[Curves], NDArray[Any]]
    unit: str | None = None


def _mean(curves: Curves) -> Values:
    values: Values = np.mean(curves, axis=1, dtype=np.float64)
    return values


def _std(curves: Curves) -> Values:
    values: Values = np.std(curves, axis=1, dtype=np.float64, ddof=1)
    return values


def _rms(curves: Curves) -> Values:
    values: Values = np.sqrt(np.mean(np.square(curves, dtype=np.float64), axis=1))
    return values


def _max(curves: Curves) -> Curves:
    values: Curves = curves.max(axis=1)
    return values


def _min(curves: Curves) -> Curves:
    values: Curves = curves.min(axis=1)
    return values


def _rom(curves: Curves) -> Values:
    values: Values = curves.max(axis=1).astype(np.float64) - curves.min(axis=1)
    return values


def _phase_of_max(curves: Curves) -> Values:
    values: Values = PHASE_PERCENT[curves.argmax(axis=1)]
    return values


def _phase_of_min(curves: Curves) -> Values:
    values: Values = PHASE_PERCENT[curves.argmin(axis=1)]
    return values


def _quantile(curves: Curves, level: float) -> NDArray[Any]:
    values: NDArray[Any] = np.quantile(curves, level, axis=1)
    return values


_PHASE_UNIT = "% of cycle"

AGGREGATIONS: dict[str, Aggregation] = {
    "mean": Aggregation("mean over the 150 points", _mean),
    "std": Aggregation("sample standard deviation (ddof=1, as pandas)", _std),
    "max": Aggregation("largest value", _max),
    "min": Aggregation("smallest value", _min),
    "peak": Aggregation("largest value (same as max)", _max),
    "rom": Aggregation("range of motion: max - min", _rom),
    "range": Aggregation("max - min (same as rom)", _rom),
    "rms": Aggregation("root of the mean square", _rms),
    "median": Aggregation("middle value", partial(_quantile, level=0.5)),
    "argmax_phase": Aggregation("phase of the (first) largest value", _phase_of_max, _PHASE_UNIT),
    "argmin_phase": Aggregation("phase of the (first) smallest value", _phase_of_min, _PHASE_UNIT),
}
"""Statistics by name; besides these, ``qNN`` is the NN % quantile (q05, q25, q75, q95, ...)."""

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
    level = int(match.group(1))
    return Aggregation(f"{level} % quantile", partial(_quantile, level=level / 100.0))


def checked_aggregations(names: Sequence[str] | str) -> dict[str, Aggregation]:
    """Return the statistics asked for, each once, in the order given."""
    wanted = [names] if isinstance(names, str) else list(names)
    return {name: aggregation(name) for name in wanted}
