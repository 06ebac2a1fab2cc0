"""Families of one number a cycle from the start, not a statistic of a curve."""

from collections.abc import Callable

from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.view import CycleView


def scalar(
    spec: FeatureSpec, values: Callable[[CycleView], Values], *, known: bool, missing: str
) -> Family | LeftOut:
    """Return a family of one feature, or say why there is none.

    Parameters
    ----------
    spec : FeatureSpec
        What it is.
    values : callable
        Gives one number a cycle, NaN where unknown.
    known : bool
        Whether the data has what it takes.
    missing : str
        The reason to give when it has not.
    """
    if not known:
        return LeftOut(spec.name, missing)
    return Family((spec,), lambda view: (values(view),))
