"""What a bundle keeps beside its model: the training people, and inputs with known answers.

New data is compared with some of the training people under other names (:class:`Reference`);
wherever a bundle is opened, it must answer means over several people as it did when it was made
(:class:`Golden`). Networks have no features: the points of their curves take that place.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from locomotion_analysis.budget import most_unpacked_bytes
from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.parquet import open_within, read_plain_table
from locomotion_analysis.errors import BundleError, LocomotionError, UnpackedSizeError
from locomotion_analysis.models import PredictionSchema
from locomotion_analysis.production.bundle.confidence import Scale, center_and_spread
from locomotion_analysis.production.bundle.manifest import (
    CYCLES,
    FEATURES,
    GOLDEN_ANSWERS,
    GOLDEN_CYCLES,
    GOLDEN_FEATURES,
    MOST_BYTES,
    STATISTICS,
    ChannelRange,
    Inputs,
)
from locomotion_analysis.production.bundle.people import TrainingPeople
from locomotion_analysis.standard import N_PHASES

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_SEPARATOR = "|"
Positions = NDArray[np.intp]


@dataclass(frozen=True)
class Reference:
    """What new data is compared with.

    Attributes
    ----------
    people : TrainingPeople or None
        At most 120 training people: the means of each, or in a bundle made with ``cycles`` four
        rows and cycles of each. The names are not the training's: ``ref_001``, ``ref_002`` ...
        None where the bundle was made without.
    statistics : DataFrame
        One row a feature (index): ``mean``, ``std``, ``missing`` (share), ``q05`` to ``q95``,
        ``center`` and ``spread`` of the scale, and the ``joints`` and ``phases`` it tells of.
    """

    people: TrainingPeople | None
    statistics: pd.DataFrame

    @property
    def features(self) -> pd.DataFrame:
        """Features of the training people, indexed by ``subject``."""
        return self._people.features

    @property
    def cycles(self) -> LocomotionData:
        """Gait cycles of the training people."""
        return self._people.cycles

    @property
    def _people(self) -> TrainingPeople:
        if self.people is None:
            raise BundleError(
                expected="a bundle with some of the training people",
                got="one made without (--reference none)",
                where=CYCLES,
                fix="make it again with --reference summary",
            )
        return self.people

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


_FEW = 0.05


def channel_ranges(cycles: LocomotionData) -> dict[str, ChannelRange]:
    """Return the range of each channel that some cycle has throughout."""
    ranges = {}
    for name in cycles.channels:
        curves = cycles.curves(name)
        known = curves[np.isfinite(curves).all(axis=1)]
        if len(known):
            lows, highs = known.min(axis=1), known.max(axis=1)
            width = np.quantile(highs, 1 - _FEW) - np.quantile(lows, _FEW)
            ranges[name] = ChannelRange(float(lows.min()), float(highs.max()), float(width))
    return ranges


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

    The features of a network are the points of the reference cycles. A bundle has people where
    it has their cycles.

    Raises
    ------
    BundleError
        If tables are missing, damaged, or of other features.
    """
    statistics = table_of(members, STATISTICS)
    wanted = ("subject", *names)
    found = [("subject", *statistics.get("feature", ()))]
    tables = None
    if CYCLES in members:
        cycles = read_cycles(members[CYCLES], CYCLES)
        if inputs.feature_groups:
            features = table_of(members, FEATURES)
        else:
            features = subject_rows(cycles, [each.name for each in inputs.channels]).reset_index()
        found.append(tuple(features.columns))
        tables = features, cycles
    if any(each != wanted for each in found):
        raise BundleError(
            expected="reference tables of the model's features", got="others", where=FEATURES
        )
    people = None if tables is None else TrainingPeople(tables[0].set_index("subject"), tables[1])
    return Reference(people, statistics.set_index("feature"))


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


def _positions(column: "pd.Series[str]") -> dict[str, Positions]:
    found: dict[str, list[int]] = {}
    for at, text in enumerate(column):
        for group in str(text).split(_SEPARATOR):
            found.setdefault(group, []).append(at)
    return {group: np.array(found[group]) for group in sorted(found)}


@dataclass(frozen=True)
class Golden:
    """Inputs with known answers: means over training people, so that they are nobody's.

    Attributes
    ----------
    features : DataFrame, shape (n_rows, n_features)
        Means of features.
    answers : DataFrame
        What the bundle answered for them when it was made: ``prediction``, and for classes
        ``p_<class>``.
    cycles : LocomotionData
        Mean cycles.
    cycle_answers : DataFrame
        What the bundle answered for them when it was made.
    """

    features: pd.DataFrame
    answers: pd.DataFrame
    cycles: LocomotionData
    cycle_answers: pd.DataFrame


def read_golden(members: Mapping[str, bytes], names: tuple[str, ...], inputs: Inputs) -> Golden:
    """Read the golden rows of a bundle whose features are `names`.

    The rows of a network are the golden cycles themselves: the table holds their answers alone.

    Raises
    ------
    BundleError
        If tables are missing, damaged, or of other features.
    """
    table = table_of(members, GOLDEN_FEATURES)
    cycles = read_cycles(content_of(members, GOLDEN_CYCLES), GOLDEN_CYCLES)
    if not inputs.feature_groups and len(table) == len(cycles):
        rows = curve_rows(cycles, [each.name for each in inputs.channels])
        table = pd.concat([table, rows.reset_index(drop=True)], axis=1)
    if not {"prediction", *names} <= set(table):
        raise BundleError(
            expected="golden rows of the model's features", got="others", where=GOLDEN_FEATURES
        )
    return Golden(
        table[list(names)],
        table.drop(columns=list(names)),
        cycles,
        table_of(members, GOLDEN_ANSWERS),
    )


def plain_answers(predicted: pd.DataFrame) -> pd.DataFrame:
    """Return prediction and probabilities of a bundle's answer, as a table without index."""
    kept = [name for name in predicted if name == "prediction" or str(name).startswith("p_")]
    return predicted[kept].reset_index(drop=True)


def largest_difference(known: pd.DataFrame, predicted: pd.DataFrame) -> float:
    """Return how far answers are from the known ones; infinite where a label differs.

    Parameters
    ----------
    known : DataFrame
        Of :class:`Golden`.
    predicted : DataFrame
        What a bundle answers now, for the same rows.
    """
    found = plain_answers(predicted)
    if known.shape != found.shape or set(known) != set(found):
        return float("inf")
    numbers = known.select_dtypes("number").columns
    others = known.columns.difference(numbers)
    if not known[others].astype(str).equals(found[others].astype(str)):
        return float("inf")
    gap = np.abs(known[numbers].to_numpy(float) - found[numbers].to_numpy(float))
    return float(gap.max(initial=0.0))


# Curves as rows of a table: what a network takes, named point by point

Parts = dict[str, list[str]]
_TENTHS = 10


def point_names(channels: Sequence[str], n_points: int = N_PHASES) -> tuple[str, ...]:
    """Return the names of the points of some channels.

    Examples
    --------
    >>> point_names(["knee_flexion_angle_ipsi_rad"])[-1]
    'knee_flexion_angle_ipsi_rad_point_149'
    """
    return tuple(f"{name}_point_{point:03d}" for name in channels for point in range(n_points))


def curve_rows(data: LocomotionData, channels: Sequence[str]) -> pd.DataFrame:
    """Return cycles as rows of points, shape (n_cycles, n_channels * n_points).

    Parameters
    ----------
    data : LocomotionData
        Cycles; a channel they do not have is NaN.
    channels : sequence of str
        Channels in the trained order.
    """
    values = np.full((len(data), len(channels), N_PHASES), np.nan)
    there = set(data.channels)
    for at, name in enumerate(channels):
        if name in there:
            values[:, at] = data.curves(name)
    flat = values.reshape(len(data), -1)
    return pd.DataFrame(flat, index=data.key, columns=list(point_names(channels)), copy=False)


def subject_rows(data: LocomotionData, channels: Sequence[str]) -> pd.DataFrame:
    """Return :func:`curve_rows` indexed by ``subject`` alone."""
    rows = curve_rows(data, channels)
    return rows.droplevel([each for each in rows.index.names if each != "subject"])


def point_schema(schema: PredictionSchema) -> PredictionSchema:
    """Return the schema of rows of points, from the one of curves."""
    n_points, _ = schema.shape
    names = point_names(schema.names, n_points)
    return replace(
        schema,
        kind="features",
        names=names,
        units=tuple(unit for unit in schema.units for _ in range(n_points)),
        with_gaps=point_names(schema.with_gaps, n_points),
        shape=(len(names),),
    )


def point_parts(channels: Sequence[str]) -> tuple[Parts, Parts]:
    """Return the points of each joint, and of each tenth of the cycle."""
    # Evaluation imports what draws; a service that only predicts does without.
    from locomotion_analysis.evaluation.explain.feature_groups import feature_groups

    joints = {
        joint: list(point_names(names))
        for joint, names in feature_groups(channels, "joint").items()
    }
    phases: Parts = {}
    for name in point_names(channels):
        tenth = int(name[-3:]) * _TENTHS // N_PHASES
        phases.setdefault(f"{10 * tenth} to {10 * tenth + 10} % of the cycle", []).append(name)
    return joints, phases


# Parquet tables in a bundle: what they unpack to is told by their pages before one is unpacked


def table_bytes(frame: pd.DataFrame) -> bytes:
    """Return a table as Parquet, the same bytes for the same content."""
    from locomotion_analysis.evaluation.training import write_table

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        write_table(frame, path)
        return path.read_bytes()


def cycles_bytes(data: LocomotionData) -> bytes:
    """Return gait cycles as Parquet."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cycles.parquet"
        data.to_parquet(path)
        return path.read_bytes()


def read_table(content: bytes, name: str) -> pd.DataFrame:
    """Read a table of a bundle.

    Raises
    ------
    BundleError
        If it is no Parquet file, or unpacks to more than a bundle may hold.
    """
    most = most_unpacked_bytes(len(content), MOST_BYTES)
    try:
        stored = read_plain_table(content, most, name)
        table: pd.DataFrame = stored.to_pandas(ignore_metadata=True)
        return table
    except (pa.ArrowException, UnpackedSizeError, OSError, ValueError) as error:
        raise _unreadable(name, error) from error


def read_cycles(content: bytes, name: str) -> LocomotionData:
    """Read gait cycles of a bundle.

    Raises
    ------
    BundleError
        If they are no gait cycles, or more than a bundle may hold.
    """
    most = most_unpacked_bytes(len(content), MOST_BYTES)
    try:
        open_within(pa.py_buffer(content), most, name).close()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "cycles.parquet"
            path.write_bytes(content)
            return LocomotionData.from_parquet(path)
    except (pa.ArrowException, LocomotionError, OSError, ValueError) as error:
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: Exception) -> BundleError:
    if isinstance(error, UnpackedSizeError):
        return BundleError(expected=error.expected, got=error.got, where=name, fix=error.fix)
    return BundleError(
        expected="a Parquet table",
        got=f"{type(error).__name__}: {error}"[:300],
        where=name,
        fix="get the bundle again from where it was made",
    )
