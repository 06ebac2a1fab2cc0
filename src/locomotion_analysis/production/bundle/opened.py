"""A bundle in memory: it predicts, and says what it was made from."""

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import BundleError, SchemaError
from locomotion_analysis.models.prediction_columns import in_trained_order, names_of, numeric
from locomotion_analysis.models.prediction_schema import PredictionSchema
from locomotion_analysis.production.bundle.conformal import prediction_sets
from locomotion_analysis.production.bundle.contributions import contributions
from locomotion_analysis.production.bundle.features import trained_rows
from locomotion_analysis.production.bundle.golden import Golden, largest_difference
from locomotion_analysis.production.bundle.manifest import ChannelInfo, Manifest
from locomotion_analysis.production.bundle.outside import Scale, verdicts
from locomotion_analysis.production.bundle.reference import Reference
from locomotion_analysis.production.bundle.routes import Route

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
            :func:`~locomotion_analysis.production.bundle.contributions.contributions`).

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
