"""A bundle in memory: it predicts, says what it was made from, and is compared with another."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.derived import with_derived, with_hint
from locomotion_analysis.errors import BundleError, SchemaError
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
    contributions,
    part_changes,
    verdicts,
)
from locomotion_analysis.production.bundle.manifest import ChannelInfo, Inputs, Manifest
from locomotion_analysis.production.bundle.reference import (
    Golden,
    Reference,
    curve_rows,
    largest_difference,
    plain_answers,
)
from locomotion_analysis.production.bundle.routes import Route
from locomotion_analysis.statistics.conformal import prediction_sets

_logger = logging.getLogger(__name__)
_SHOWN = 5
_UNTOLD = ("members", "inputs", "limits")
_GOLDEN_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Bundle:
    """A model with all that is needed to predict and to monitor it.

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

    def __repr__(self) -> str:
        told = self.manifest
        scores = [
            f"{name} {number.value:.3g} ({number.low:.3g} to {number.high:.3g})"
            for name, number in told.metrics.items()
            if None not in (number.value, number.low, number.high)
        ][:1]
        parts = [
            f"Bundle {self.version}: {told.name}",
            f"  predicts {told.target}: {', '.join(map(str, self.classes)) or told.target_unit}",
            f"  from {len(self.schema.names):,} features of {len(self.channels)} channels",
            f"  trained on {told.training.n_subjects} subjects"
            + (" (simulated)" if told.training.simulated else ""),
            *(f"  {score}" for score in scores),
        ]
        return "\n".join(parts)

    @property
    def version(self) -> str:
        """First twelve digits of the digest: names the model in answers, stores and lists."""
        return self.digest[:12]

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
            people of every class, see ``manifest.conformal.by_class``); for a quantity ``low`` and ``high`` in its place; ``outside`` (whether the
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
        golden = self.golden
        difference = max(
            largest_difference(golden.answers, self.predict_features(golden.features)),
            largest_difference(golden.cycle_answers, self.predict_cycles(golden.cycles)),
        )
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
        columns: dict[str, Any] = {"prediction": labels}
        conformal = self.manifest.conformal
        if self.classes:
            columns |= {f"p_{label}": answers[:, at] for at, label in enumerate(self.classes)}
            if conformal is not None:
                sets = prediction_sets(answers, labels, self.classes, conformal)
                columns["set"] = pd.Series(sets, dtype=object).to_numpy()
        else:
            limit = np.inf if conformal is None or conformal.limit is None else conformal.limit
            columns |= {"low": answers - limit, "high": answers + limit}
        if self.scale is not None and self.manifest.outside is not None:
            columns["outside"], columns["reason"] = verdicts(
                self.scale, self.manifest.outside, values, self.schema.names
            )
        columns["imputed"] = (np.isnan(values) & self._complete).sum(axis=1)
        if explain:
            reference = self.reference
            groupings = {"joint": reference.joints, "phase": reference.phases}
            columns["contributions"] = contributions(
                {by: self.part_changes(X, parts) for by, parts in groupings.items()}
            )
        return pd.DataFrame(columns, index=X.index)

    def part_changes(self, X: pd.DataFrame, parts: Mapping[str, NDArray[np.intp]]) -> pd.DataFrame:
        """Return what each row's answer owes to some parts: its features put to the training median.

        Parameters
        ----------
        X : DataFrame, shape (n_rows, n_features)
            Features in the trained order.
        parts : mapping of str to positions
            Features of each part, for example ``reference.joints``.

        Returns
        -------
        DataFrame, shape (n_rows, n_parts)
            See :func:`~locomotion_analysis.production.bundle.confidence.part_changes`.
        """
        answers = self.route.answers(X)
        at = {label: number for number, label in enumerate(self.classes)}
        chosen = [at[label] for label in self.route.labels(answers).tolist()] if at else []

        def one(found: NDArray[np.float64]) -> NDArray[np.float64]:
            """Return the probability of the predicted class in each row, or the number itself."""
            return found[np.arange(len(X)), chosen] if at else found

        center = self.reference.statistics["center"].to_numpy(float)
        return part_changes(
            lambda other: one(self.route.answers(other)), X, one(answers), center, parts
        )


# From gait cycles to the rows a model was trained on


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
    plan, columns, places = _plan(known.channels, tuple(map(str, known.columns)), inputs, names)
    view = CycleView(known, plan.schema.aggregations)
    values = plan.compute_view(view)
    if plan.uses_stance and _logger.isEnabledFor(logging.INFO):
        _logger.info("%s", view.stance.note())
    if inputs.paired:
        given = [spec.name for spec in plan.specs]
        frame = pd.DataFrame(values.T, index=known.key, columns=given, copy=False)
        frame, notes = paired_features(frame, known.cycles)
        for note in notes:
            _logger.warning("%s", note)
        return frame.reindex(columns=columns)
    rows, there = np.full((len(places), len(known)), np.nan), places >= 0
    rows[there] = values[places[there]]
    return pd.DataFrame(rows.T, index=known.key, columns=columns, copy=False)


def as_trained(data: LocomotionData, inputs: Inputs) -> LocomotionData:
    """Return cycles with the channels and columns of the training alone.

    Channels that the model needs and that follow from others are derived.

    Raises
    ------
    SchemaError
        If there are no cycles, or channels are missing that training always had.
    """
    if not len(data):
        raise SchemaError(expected="gait cycles", got="none", where="data")
    data = with_derived(data, [each.name for each in inputs.channels if each.needed])
    there = set(data.channels)
    missing = [each.name for each in inputs.channels if each.needed and each.name not in there]
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise SchemaError(
            expected="the channels that the model was trained on",
            got=f"{len(missing)} missing: {', '.join(missing[:_SHOWN])}{more}",
            where="data.channels",
            fix=with_hint(
                "measure them, or train a model on what there is "
                "(locomotion train --channels-of DATA)",
                data,
                missing,
            ),
        )
    channels = [each.name for each in inputs.channels if each.name in there]
    return data.narrowed(channels, inputs.columns)


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
    base = _of_cycles(features)
    plan = FeaturePlan.of(Schema.of(channels, columns, aggregations), groups)
    return {
        part
        for spec in plan.specs
        if spec.name in base or spec.name in features
        for part in spec.requires
    }


def _of_cycles(names: Iterable[str]) -> set[str]:
    """Return the features of single cycles that those of legs before and after are made of."""
    return {name.removesuffix(BEFORE).removesuffix(CHANGE) for name in names}


@lru_cache(maxsize=8)
def _plan(
    channels: tuple[str, ...], columns: tuple[str, ...], inputs: Inputs, names: tuple[str, ...]
) -> tuple[FeaturePlan, pd.Index, NDArray[np.intp]]:
    """Return how to compute some features, their names, and where each stands; -1: not there."""
    schema = Schema.of(channels, columns, inputs.aggregations)
    plan = FeaturePlan.of(schema, inputs.feature_groups).giving({*names, *_of_cycles(names)})
    place = {spec.name: row for row, spec in enumerate(plan.specs)}
    return plan, pd.Index(names), np.array([place.get(name, -1) for name in names], dtype=np.intp)


# What differs between two bundles: what they say, what they expect, what they answer


@dataclass(frozen=True)
class Difference:
    """One entry that is not the same.

    Attributes
    ----------
    what : str
        Name of the entry.
    first, second : str
        What either bundle has; empty where it has nothing.
    """

    what: str
    first: str
    second: str


def compare_bundles(first: Bundle, second: Bundle) -> list[Difference]:
    """Return what differs between two bundles.

    Parameters
    ----------
    first, second : Bundle
        Opened.

    Returns
    -------
    list of Difference
        Entries of the manifest; features and channels that one has and the other has not; and,
        where both take the same features, how far their answers to the golden rows of the
        first are apart. Empty for bundles that say and answer the same.
    """
    told, other = (dict(_flat(asdict(each.manifest))) for each in (first, second))
    found = [
        Difference(name, told.get(name, ""), other.get(name, ""))
        for name in sorted({*told, *other})
        if told.get(name, "") != other.get(name, "")
    ]
    names = (
        ("features", first.schema.names, second.schema.names),
        ("channels", *(tuple(c.name for c in each.channels) for each in (first, second))),
    )
    for what, one, another in names:
        gone = [name for name in one if name not in set(another)]
        new = [name for name in another if name not in set(one)]
        if gone or new:
            found.append(Difference(f"{what} of one only", _listed(gone), _listed(new)))
        elif one != another:
            found.append(Difference(f"order of {what}", "", "another"))
    try:
        answers = plain_answers(second.predict_features(first.golden.features))
    except SchemaError:  # of other features: their answers cannot be compared
        return found
    own = plain_answers(first.predict_features(first.golden.features))
    changed = int((own["prediction"].astype(str) != answers["prediction"].astype(str)).sum())
    shared = [name for name in own.select_dtypes("number") if name in answers]
    gap = np.abs(own[shared].to_numpy(float) - answers[shared].to_numpy(float)).max(initial=0.0)
    if changed or gap:
        text = f"{changed} of {len(own)} answered otherwise, farthest apart by {gap:.3g}"
        found.append(Difference("golden rows of the first", "", text))
    return found


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield what a manifest says, entry by entry; what is long or compared elsewhere is not told."""
    for name, each in value.items():
        if not prefix and name in _UNTOLD:
            continue
        if isinstance(each, Mapping):
            yield from _flat(each, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", f"{each:.6g}" if isinstance(each, float) else str(each)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{len(names)}: {', '.join(names[:_SHOWN])}{more}" if names else ""
