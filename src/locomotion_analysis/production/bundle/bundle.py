"""MERGED bundle.

- Curves as rows of a table: what a network takes, named point by point.
- From gait cycles to the rows a model was trained on.
- Parquet tables in a bundle: their size is read from the footer before anything is made.
- The training people in a bundle: a sample under other names, and the figures of all features.
- Inputs with known answers: what a bundle must give again wherever it is opened.
- A bundle in memory: it predicts, and says what it was made from.
"""

import io
import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import BundleError, LocomotionError, SchemaError
from locomotion_analysis.features.spec import CycleView, Schema
from locomotion_analysis.features.table import FeaturePlan
from locomotion_analysis.models.prediction_schema import (
    PredictionSchema,
    in_trained_order,
    names_of,
    numeric,
)
from locomotion_analysis.models.supervised.recipes import BEFORE, CHANGE, paired_features
from locomotion_analysis.production.bundle.confidence import (
    Scale,
    center_and_spread,
    contributions,
    prediction_sets,
    verdicts,
)
from locomotion_analysis.production.bundle.manifest import (
    CYCLES,
    FEATURES,
    GOLDEN_ANSWERS,
    GOLDEN_CYCLES,
    GOLDEN_FEATURES,
    HELD_OUT,
    STATISTICS,
    ChannelInfo,
    Inputs,
    Manifest,
)
from locomotion_analysis.production.bundle.routes import Route
from locomotion_analysis.standard import KEY, N_PHASES

# ----------------------------------------------------------------------
# Curves as rows of a table: what a network takes, named point by point.
#
# A bundle tells where a row lies, how it drifts and what an answer hangs on by its features. Those
# of a network are the points of its curves: ``<channel>_point_000`` at 0 % of the cycle and so on,
# channel by channel.


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


# ----------------------------------------------------------------------
# From gait cycles to the rows a model was trained on.


_logger = logging.getLogger(__name__)
_SHOWN = 5


def trained_rows(data: LocomotionData, inputs: Inputs, names: tuple[str, ...]) -> pd.DataFrame:
    """Return the features of cycles in the trained order; what they do not give is NaN.

    Those of a network are the points of the curves.

    Channels and columns that the training data did not have are passed over: a feature would
    otherwise be made in another way than the model knows it.

    Parameters
    ----------
    data : LocomotionData
        New cycles.
    inputs : Inputs
        What the training features were made of.
    names : tuple of str
        Features of the model.

    Returns
    -------
    DataFrame, shape (n_rows, n_features)
        float64; indexed by the cycle key, or for paired models by leg.

    Raises
    ------
    SchemaError
        If there are no cycles, or channels are missing that training always had.
    """
    known = as_trained(data, inputs)
    if not inputs.feature_groups:
        return curve_rows(known, [each.name for each in inputs.channels])
    plan = _plan(known.channels, tuple(map(str, known.cycles.columns)), inputs)
    view = CycleView(known, plan.schema.aggregations)
    values = plan.compute_view(view)
    if any("stance_percent" in spec.requires for spec in plan.specs):
        _logger.info("%s", view.stance.note())
    columns = [spec.name for spec in plan.specs]
    frame = pd.DataFrame(values.T, index=known.key, columns=columns, copy=False)
    if inputs.paired:
        frame, notes = paired_features(frame, known.cycles)
        for note in notes:
            _logger.warning("%s", note)
    return frame.reindex(columns=list(names))


def as_trained(data: LocomotionData, inputs: Inputs) -> LocomotionData:
    """Return cycles with the channels and columns of the training alone.

    Raises
    ------
    SchemaError
        If there are no cycles, or channels are missing that training always had.
    """
    if not len(data):
        raise SchemaError(expected="gait cycles", got="none", where="data")
    there = set(data.channels)
    missing = [each.name for each in inputs.channels if each.needed and each.name not in there]
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise SchemaError(
            expected="the channels that the model was trained on",
            got=f"{len(missing)} missing: {', '.join(missing[:_SHOWN])}{more}",
            where="data.channels",
            fix="measure them, or train a model without them",
        )
    channels = [each.name for each in inputs.channels if each.name in there]
    wanted = {*inputs.columns, *KEY}
    columns = [name for name in data.cycles.columns if name in wanted]
    if channels == list(data.channels) and len(columns) == data.cycles.shape[1]:
        return data
    block = np.stack([data.curves(name) for name in channels])
    return LocomotionData(data.cycles[columns], block, channels, data.history)


def made_of(
    features: set[str],
    channels: tuple[str, ...],
    columns: tuple[str, ...],
    groups: tuple[str, ...],
    aggregations: tuple[str, ...],
) -> set[str]:
    """Return the channels and columns that go into some features.

    Parameters
    ----------
    features : set of str
        Names; of paired models with their endings.
    channels, columns, groups, aggregations : tuple of str
        What the training features were made of.
    """
    base = {name.removesuffix(BEFORE).removesuffix(CHANGE) for name in features}
    plan = FeaturePlan.of(Schema.of(channels, columns, aggregations), groups)
    return {
        part
        for spec in plan.specs
        if spec.name in base or spec.name in features
        for part in spec.requires
    }


@lru_cache(maxsize=8)
def _plan(channels: tuple[str, ...], columns: tuple[str, ...], inputs: Inputs) -> FeaturePlan:
    return FeaturePlan.of(Schema.of(channels, columns, inputs.aggregations), inputs.feature_groups)


# ----------------------------------------------------------------------
# Parquet tables in a bundle: their size is read from the footer before anything is made.


MOST_VALUES = 100_000_000
MOST_BYTES = 1 << 30


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
        If it is no Parquet file, or claims more values than a bundle may hold.
    """
    try:
        file = pq.ParquetFile(io.BytesIO(content), page_checksum_verification=True)
        _check_size(file.metadata, name)
        table: pd.DataFrame = file.read().to_pandas(ignore_metadata=True)
        return table
    except BundleError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(name, error) from error


def read_cycles(content: bytes, name: str) -> LocomotionData:
    """Read gait cycles of a bundle.

    Raises
    ------
    BundleError
        If they are no gait cycles, or more than a bundle may hold.
    """
    try:
        _check_size(pq.ParquetFile(io.BytesIO(content)).metadata, name)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "cycles.parquet"
            path.write_bytes(content)
            return LocomotionData.from_parquet(path)
    except BundleError:
        raise
    except (pa.ArrowException, LocomotionError, OSError, ValueError) as error:
        raise _unreadable(name, error) from error


def _check_size(footer: pq.FileMetaData, name: str) -> None:
    columns = [
        footer.row_group(group).column(column)
        for group in range(footer.num_row_groups)
        for column in range(footer.num_columns)
    ]
    values = max(sum(column.num_values for column in columns), footer.num_rows * footer.num_columns)
    n_bytes = sum(column.total_uncompressed_size for column in columns)
    if values > MOST_VALUES or n_bytes > MOST_BYTES:
        raise BundleError(
            expected=f"at most {MOST_VALUES:,} values and {MOST_BYTES:,} bytes in a table",
            got=f"{values:,} values, {n_bytes:,} bytes",
            where=name,
        )


def _unreadable(name: str, error: Exception) -> BundleError:
    return BundleError(
        expected="a Parquet table",
        got=f"{type(error).__name__}: {error}"[:300],
        where=name,
        fix="get the bundle again from where it was made",
    )


# ----------------------------------------------------------------------
# The training people in a bundle: a sample under other names, and the figures of all features.


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


# ----------------------------------------------------------------------
# Inputs with known answers: what a bundle must give again wherever it is opened.


SUBJECTS_WITH_CYCLES = 2


@dataclass(frozen=True)
class Golden:
    """Inputs with known answers.

    Attributes
    ----------
    features : DataFrame, shape (n_rows, n_features)
        Training rows.
    answers : DataFrame
        What the model answered for them before it was ever saved: ``prediction``, and for
        classes ``p_<class>``.
    cycles : LocomotionData
        Training cycles of two people.
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


def largest_difference(
    golden: Golden,
    predict_features: Callable[[pd.DataFrame], pd.DataFrame],
    predict_cycles: Callable[[LocomotionData], pd.DataFrame],
) -> float:
    """Return how far answers are from the known ones; infinite where a label differs.

    Parameters
    ----------
    golden : Golden
        Inputs and answers.
    predict_features, predict_cycles : callable
        What answers.
    """
    pairs = (
        (golden.answers, plain_answers(predict_features(golden.features))),
        (golden.cycle_answers, plain_answers(predict_cycles(golden.cycles))),
    )
    return max(difference(known, found) for known, found in pairs)


def difference(known: pd.DataFrame, found: pd.DataFrame) -> float:
    """Return how far answers are from the known ones; infinite where a label differs."""
    if known.shape != found.shape or set(known) != set(found):
        return float("inf")
    numbers = known.select_dtypes("number").columns
    others = known.columns.difference(numbers)
    if not known[others].astype(str).equals(found[others].astype(str)):
        return float("inf")
    gap = np.abs(known[numbers].to_numpy(float) - found[numbers].to_numpy(float))
    return float(gap.max(initial=0.0))


# ----------------------------------------------------------------------
# A bundle in memory: it predicts, and says what it was made from.


_GOLDEN_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Bundle:
    """A model with all it needs to predict and to be watched.

    Open one with :func:`~locomotion_analysis.production.bundle.open_bundle`.

    Attributes
    ----------
    manifest : Manifest
        What it is, where it comes from, how good it is.
    schema : PredictionSchema
        Features in the trained order, and the classes.
    reference : Reference
        What new data is compared with.
    golden : Golden
        Inputs with known answers.
    card : str
        Model card (Markdown).
    digest : str
        SHA-256 of the manifest, which holds those of all files: names this bundle.
    signed : bool
        Whether a signature was checked.
    scale : Scale or None
        What distances from the training people are measured on.
    route : Route
        What answers.
    """

    manifest: Manifest
    schema: PredictionSchema
    reference: Reference
    golden: Golden
    card: str
    digest: str
    signed: bool
    scale: Scale | None
    route: Route

    @property
    def channels(self) -> tuple[ChannelInfo, ...]:
        """Channels of the training data: name, unit, sign, and whether they are needed."""
        return self.manifest.inputs.channels

    @property
    def classes(self) -> tuple[Any, ...]:
        """Sorted labels; empty for a quantity."""
        return self.schema.classes or ()

    def predict_features(self, X: pd.DataFrame, *, explain: bool = False) -> pd.DataFrame:
        """Predict from named features.

        Every row is answered by itself: what stands beside it in `X` changes nothing.

        Parameters
        ----------
        X : DataFrame, shape (n_rows, n_features)
            The features of ``schema.names``, in any order; of a network the points of its curves
            (``<channel>_point_000`` ...). NaN where one is not known: the model fills it by what it
            learned, and ``imputed`` counts it.
        explain : bool
            Whether to tell what each answer hangs on, which takes some twenty predictions.

        Returns
        -------
        DataFrame
            Indexed as `X`. ``prediction``; for classes ``p_<class>`` and ``set`` (list of
            classes, which holds the truth for ``manifest.conformal.coverage`` of the rows of new
            people); for a quantity ``low`` and ``high`` in its place; ``outside`` (whether the
            row lies outside the training data) with ``reason`` (text); ``imputed`` (number of
            features that are NaN here and never were in training); and with `explain`
            ``contributions`` (list of dict, see
            :func:`~locomotion_analysis.production.bundle.confidence.contributions`).

        Raises
        ------
        SchemaError
            If features are missing, unknown or infinite.

        Examples
        --------
        >>> from locomotion_analysis.production.bundle import open_bundle
        >>> bundle = open_bundle("gait.bundle")  # doctest: +SKIP
        >>> bundle.predict_features(bundle.golden.features)["prediction"].nunique()  # doctest: +SKIP
        2
        """
        names, shape = self.schema.names, self.schema.shape
        # Asking two thousand columns one by one takes longer than a small model.
        if not (pd.Index(names).equals(X.columns) and X.to_numpy().dtype.kind == "f"):
            found = names_of(X, None)
            X = pd.DataFrame(in_trained_order(X, numeric(X, found), found, names, shape))
        return self._answered(X, explain)

    def predict_cycles(self, data: LocomotionData, *, explain: bool = False) -> pd.DataFrame:
        """Predict from gait cycles.

        Parameters
        ----------
        data : LocomotionData
            Cycles with the channels of :attr:`channels`, in standard units and signs. Features
            of the variability between strides need several cycles of a person at a time; of a
            single one they are unknown.
        explain : bool
            As for :meth:`predict_features`.

        Returns
        -------
        DataFrame
            As of :meth:`predict_features`, indexed by the cycle key (paired models: by leg).

        Raises
        ------
        SchemaError
            If there are no cycles, or channels are missing that training always had.
        """
        rows = trained_rows(data, self.manifest.inputs, self.schema.names)
        return self._answered(rows, explain)

    def check_golden(self) -> float:
        """Predict what the answers are known of, and return the largest difference.

        Raises
        ------
        BundleError
            If it is more than rounding, or for a converted model than was measured.
        """
        difference = largest_difference(self.golden, self.predict_features, self.predict_cycles)
        allowed = self.golden_tolerance
        if not difference <= allowed:
            raise BundleError(
                expected=f"golden answers to within {allowed:.1g}",
                got=f"a difference of {difference:.3g}",
                where=self.manifest.name,
                fix="use the library versions of the manifest: "
                + ", ".join(f"{name} {found}" for name, found in self.manifest.versions.items()),
            )
        return difference

    def changed_versions(self) -> dict[str, str]:
        """Return the libraries that are of another version here: then and now."""
        # A service that only predicts shall not wait for the evaluation's figures.
        from locomotion_analysis.reporting.provenance import provenance

        now = provenance([])["versions"]
        if "torch" in self.manifest.versions:
            now["torch"] = version("torch")
        then = self.manifest.versions
        return {
            name: f"{then[name]} when trained, {now.get(name, 'none')} here"
            for name in sorted(then)
            if now.get(name) != then[name]
        }

    @property
    def golden_tolerance(self) -> float:
        """How far golden answers may be: by rounding, or by what was measured of a conversion."""
        measured: float = getattr(self.route, "max_difference", 0.0)
        return _GOLDEN_TOLERANCE + measured

    @cached_property
    def _complete(self) -> NDArray[np.bool_]:
        gaps = set(self.schema.with_gaps)
        return np.array([name not in gaps for name in self.schema.names])

    def _answered(self, X: pd.DataFrame, explain: bool) -> pd.DataFrame:
        if not len(X):
            raise SchemaError(expected="rows to predict", got="none", where="X")
        values = X.to_numpy(float)
        infinite = np.argwhere(np.isinf(values))
        if len(infinite):
            row, column = infinite[0]
            raise SchemaError(
                expected="finite values or NaN",
                got=f"{len(infinite)} infinite",
                where=f"row {row}, feature {self.schema.names[column]}",
            )
        answers = self.route.answers(X)
        labels = self.route.labels(answers)
        columns = {"prediction": labels, **self._certainty(answers, labels)}
        if self.scale is not None and self.manifest.outside is not None:
            columns["outside"], columns["reason"] = verdicts(
                self.scale, self.manifest.outside, values, self.schema.names
            )
        columns["imputed"] = (np.isnan(values) & self._complete).sum(axis=1)
        if explain:
            columns["contributions"] = self._explained(X, answers, labels)
        return pd.DataFrame(columns, index=X.index)

    def _certainty(self, answers: NDArray[np.float64], labels: NDArray[Any]) -> dict[str, Any]:
        conformal = self.manifest.conformal
        if not self.classes:
            limit = np.inf if conformal is None or conformal.limit is None else conformal.limit
            return {"low": answers - limit, "high": answers + limit}
        columns: dict[str, Any] = {
            f"p_{label}": answers[:, at] for at, label in enumerate(self.classes)
        }
        if conformal is not None:
            sets = prediction_sets(answers, labels, self.classes, conformal)
            columns["set"] = pd.Series(sets, dtype=object).to_numpy()
        return columns

    def _explained(
        self, X: pd.DataFrame, answers: NDArray[np.float64], labels: NDArray[Any]
    ) -> list[list[dict[str, Any]]]:
        at = {label: number for number, label in enumerate(self.classes)}
        chosen = np.array([at[label] for label in labels.tolist()]) if at else None

        def one(found: NDArray[np.float64]) -> NDArray[np.float64]:
            """Return the probability of the predicted class in each row, or the number itself."""
            return found if chosen is None else found[np.arange(len(X)), chosen]

        center = self.reference.statistics["center"].to_numpy(float)
        groupings = {"joint": self.reference.joints, "phase": self.reference.phases}
        return contributions(
            lambda other: one(self.route.answers(other)), X, one(answers), center, groupings
        )
