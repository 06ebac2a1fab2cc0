"""The catalogue of features as a table."""

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from locomotion_analysis.features.full_schema import full_schema
from locomotion_analysis.features.plan import FEATURE_GROUPS, FeaturePlan
from locomotion_analysis.features.table import checked_groups


def feature_catalogue(groups: Sequence[str] | None = None) -> pd.DataFrame:
    """Return every feature there is where all channels and columns exist.

    Parameters
    ----------
    groups : sequence of str, optional
        Feature groups; all where None.

    Returns
    -------
    DataFrame, one row a feature
        Columns name, unit, group, formula, source, requires (comma-separated).

    Examples
    --------
    >>> feature_catalogue(["temporal"]).columns.tolist()
    ['name', 'unit', 'group', 'formula', 'source', 'requires']
    """
    plan = FeaturePlan.of(full_schema(), checked_groups(groups or FEATURE_GROUPS))
    table = pd.DataFrame([asdict(spec) for spec in plan.specs])
    table = table.assign(requires=table["requires"].map(", ".join))
    return table[["name", "unit", "group", "formula", "source", "requires"]]
