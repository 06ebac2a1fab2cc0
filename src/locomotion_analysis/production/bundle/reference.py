"""The training people in a bundle: a sample under other names, and the figures of all features."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import BundleError
from locomotion_analysis.production.bundle.archive import CYCLES, FEATURES, HELD_OUT, STATISTICS
from locomotion_analysis.production.bundle.curve_points import curve_rows
from locomotion_analysis.production.bundle.manifest import Inputs
from locomotion_analysis.production.bundle.outside import Scale, center_and_spread
from locomotion_analysis.production.bundle.tables import read_cycles, read_table

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_SEPARATOR = "|"
Positions = NDArray[np.intp]


@dataclass(frozen=True)
class Reference:
    """What new data is compared with.

    Attributes
    ----------
    features : DataFrame, shape (n_rows, n_features)
        Training rows of at most 120 people, four of each, indexed by ``subject``. The names are
        not the training's: ``ref_001``, ``ref_002`` ...
    cycles : LocomotionData
        Training cycles of at most 120 people, four of each.
    held_out : DataFrame
        Predictions for all people by models not fitted on them: ``subject``, ``fold``,
        ``y_true``, ``y_pred``, and ``probability_<class>``.
    statistics : DataFrame
        One row a feature (index): ``mean``, ``std``, ``missing`` (share), ``q05`` to ``q95``,
        ``center`` and ``spread`` of the scale, and the ``joints`` and ``phases`` it tells of.
    """

    features: pd.DataFrame
    cycles: LocomotionData
    held_out: pd.DataFrame
    statistics: pd.DataFrame

    @cached_property
    def joints(self) -> dict[str, Positions]:
        """Positions of the features of each part of the body; one may be in several."""
        return _positions(self.statistics["joints"])

    @cached_property
    def phases(self) -> dict[str, Positions]:
        """Positions of the features of each phase of the cycle."""
        return _positions(self.statistics["phases"])

    def scale(self, usual: Mapping[str, float]) -> Scale:
        """Return the scale that distances from the training people are measured on.

        Parameters
        ----------
        usual : mapping of str to float
            Median distance of each part, as in the manifest.

        Raises
        ------
        BundleError
            If the parts are not those of the features.
        """
        parts = tuple(sorted(usual))
        single = single_parts(self.joints, len(self.statistics))
        if parts != tuple(single):
            raise BundleError(
                expected="the same parts of the body in manifest and statistics",
                got=", ".join(sorted(set(parts) ^ set(single)))[:120],
                where=STATISTICS,
            )
        return Scale(
            self.statistics["center"].to_numpy(float),
            self.statistics["spread"].to_numpy(float),
            parts,
            membership(single, len(self.statistics)),
            np.array([usual[part] for part in parts]),
        )


def feature_statistics(
    features: pd.DataFrame, joints: Mapping[str, list[str]], phases: Mapping[str, list[str]]
) -> pd.DataFrame:
    """Return the table ``statistics`` of a :class:`Reference`.

    Parameters
    ----------
    features : DataFrame, shape (n_rows, n_features)
        Training rows.
    joints, phases : mapping of str to list of str
        Features of each part of the body and of each phase.
    """
    center, spread = center_and_spread(features.to_numpy(float))
    levels = features.quantile(list(QUANTILES))
    columns = {
        "mean": features.mean(),
        "std": features.std(),
        "missing": features.isna().mean(),
        **{f"q{round(100 * level):02d}": levels.loc[level] for level in QUANTILES},
        "center": pd.Series(center, features.columns),
        "spread": pd.Series(spread, features.columns),
        "joints": _joined(joints, features.columns),
        "phases": _joined(phases, features.columns),
    }
    return pd.DataFrame(columns).rename_axis("feature")


def single_parts(groups: Mapping[str, Positions], n_features: int) -> dict[str, Positions]:
    """Return the groups without features that stand in several: those blame nobody."""
    counts = np.zeros(n_features, dtype=int)
    for positions in groups.values():
        counts[positions] += 1
    alone = {group: each[counts[each] == 1] for group, each in groups.items()}
    return {group: alone[group] for group in sorted(alone) if len(alone[group])}


def membership(groups: Mapping[str, Positions], n_features: int) -> NDArray[np.float64]:
    """Return which feature is in which group as ones and zeros, (n_features, n_groups)."""
    member = np.zeros((n_features, len(groups)))
    for column, positions in enumerate(groups.values()):
        member[positions, column] = 1.0
    return member


def read_reference(
    members: Mapping[str, bytes], names: tuple[str, ...], inputs: Inputs
) -> Reference:
    """Read the reference of a bundle whose features are `names`.

    The features of a network are the points of the reference cycles.

    Raises
    ------
    BundleError
        If tables are missing, damaged, or of other features.
    """
    cycles = read_cycles(content_of(members, CYCLES), CYCLES)
    statistics = table_of(members, STATISTICS)
    if inputs.feature_groups:
        features = table_of(members, FEATURES)
    else:
        rows = curve_rows(cycles, [each.name for each in inputs.channels])
        features = rows.droplevel([each for each in rows.index.names if each != "subject"])
        features = features.reset_index()
    if tuple(statistics.get("feature", ())) != names or tuple(features.columns) != (
        "subject",
        *names,
    ):
        raise BundleError(
            expected="reference tables of the model's features", got="others", where=FEATURES
        )
    return Reference(
        features.set_index("subject"),
        cycles,
        table_of(members, HELD_OUT),
        statistics.set_index("feature"),
    )


def table_of(members: Mapping[str, bytes], name: str) -> pd.DataFrame:
    """Read a table of a bundle; refuse a bundle without it."""
    return read_table(content_of(members, name), name)


def content_of(members: Mapping[str, bytes], name: str) -> bytes:
    """Return a file of a bundle; refuse a bundle without it."""
    if name not in members:
        raise BundleError(expected=f"a bundle with {name}", got="none", where=name)
    return members[name]


def _joined(groups: Mapping[str, list[str]], names: pd.Index) -> "pd.Series[str]":
    found: dict[str, list[str]] = {str(name): [] for name in names}
    for group, features in groups.items():
        for feature in features:
            found[feature].append(group)
    return pd.Series({name: _SEPARATOR.join(sorted(each)) for name, each in found.items()})


def _positions(
    column: "pd.Series[str]",
) -> dict[str, Positions]:
    found: dict[str, list[int]] = {}
    for at, text in enumerate(column):
        for group in str(text).split(_SEPARATOR):
            found.setdefault(group, []).append(at)
    return {group: np.array(found[group]) for group in sorted(found)}
