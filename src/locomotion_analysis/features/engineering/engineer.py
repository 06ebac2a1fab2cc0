"""The feature engineer: features of gait cycles, reduced to the ones that tell."""

import logging
import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_selection import SelectKBest
from sklearn.utils.validation import check_is_fitted, validate_data

from locomotion_analysis.errors import LocomotionWarning, SchemaError, TargetError
from locomotion_analysis.features.engineering.inputs import as_cycles, is_quantity, target_per_cycle
from locomotion_analysis.features.engineering.projection import (
    block_columns,
    imputed_projection,
    selection,
)
from locomotion_analysis.features.feature import LeftOut, left_out_message
from locomotion_analysis.features.schema import DEFAULT_AGGREGATIONS
from locomotion_analysis.features.table import DEFAULT_GROUPS, feature_table

_logger = logging.getLogger(__name__)


class BiomechanicalFeatureEngineer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn gait cycles into a small table of features, as a scikit-learn transformer.

    Features of each cycle, missing values replaced by the median, the kinematic and the kinetic
    block each standardised and reduced to principal components, constant columns dropped, and
    the columns kept that vary most with the target (ANOVA F for labels, F of the correlation
    for quantities). All of this is learned in `fit` and from the training cycles alone.

    Parameters
    ----------
    features : sequence of str
        Feature groups (see :func:`~locomotion_analysis.features.feature_table`).
    aggregations : sequence of str
        Statistics of each curve.
    n_kinematic_components, n_kinetic_components : int or None
        Principal components of each block, at most as many as the data have; None keeps the
        block's features as they are.
    n_selected : int or None
        Columns kept, at most as many as there are; None, or no target, keeps all.

    Attributes
    ----------
    feature_names_in_ : ndarray of str
        The features that went in (absent when an array without names was given).
    n_features_in_ : int
        Their number.
    left_out_ : tuple of LeftOut
        What the training data could not give.
    projection_ : Pipeline
        Imputation, blocks and the constant-column filter, fitted.
    selector_ : SelectKBest or None
        The selection, fitted.

    Notes
    -----
    `X` may be a long frame (150 rows a cycle, ``phase_ipsi``), a
    :class:`~locomotion_analysis.LocomotionData`, or features with one row a cycle. Inside a
    scikit-learn ``Pipeline`` or cross-validation use the last: there, a row must be a sample.
    A numeric target is a quantity when it has fractions or more than 20 values.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=6, n_cycles=2)
    >>> engineer = BiomechanicalFeatureEngineer(n_selected=12)
    >>> engineer.fit_transform(data.dataframe, data.dataframe["pathology"]).shape
    (60, 12)
    """

    def __init__(
        self,
        features: Sequence[str] = DEFAULT_GROUPS,
        aggregations: Sequence[str] = DEFAULT_AGGREGATIONS,
        n_kinematic_components: int | None = 10,
        n_kinetic_components: int | None = 8,
        n_selected: int | None = 50,
    ) -> None:
        self.features = features
        self.aggregations = aggregations
        self.n_kinematic_components = n_kinematic_components
        self.n_kinetic_components = n_kinetic_components
        self.n_selected = n_selected

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn medians, components and selection.

        Parameters
        ----------
        X : DataFrame, LocomotionData or array-like of shape (n_cycles, n_features)
            Long frame, gait cycles, or features.
        y : array-like, optional
            Target, one value a row of a long frame or one a cycle.

        Raises
        ------
        TargetError
            If the target does not fit, changes within a cycle, or has one value only.
        SchemaError
            If a parameter is out of range, or no feature is left.
        """
        self._fit_features(X, self._extract(X), y)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Fit to `X` and return what :meth:`transform` would, extracting features once."""
        features = self._extract(X)
        self._fit_features(X, features, y)
        return self._project(features)

    def transform(self, X: Any) -> Any:
        """Return the learned features of other cycles.

        Parameters
        ----------
        X : DataFrame, LocomotionData or array-like
            As in :meth:`fit`.

        Returns
        -------
        DataFrame or ndarray, shape (n_cycles, n_out)
            A frame indexed by the cycle key; for an array without names, an array.
        """
        check_is_fitted(self, "projection_")
        data = as_cycles(X)
        if data is None:
            return self._project(X)
        frame = feature_table(data, self.features, self.aggregations).frame
        return self._project(self._with_learned_columns(frame))

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the names of the columns that :meth:`transform` gives.

        Parameters
        ----------
        input_features : array-like of str, optional
            Names of the features given as an array.
        """
        check_is_fitted(self, "projection_")
        names = self.projection_.get_feature_names_out(input_features)
        chosen: NDArray[Any] = (
            names if self.selector_ is None else names[self.selector_.get_support()]
        )
        return chosen

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    # --- inside ----------------------------------------------------------------------------

    def _extract(self, X: Any) -> Any:
        """Return features with one row a cycle; remember what the data could not give."""
        data = as_cycles(X)
        self.left_out_: tuple[LeftOut, ...] = ()
        if data is None:
            return X
        table = feature_table(data, self.features, self.aggregations)
        self.left_out_ = table.left_out
        if table.missed:
            message = left_out_message(table.missed)
            warnings.warn(message, LocomotionWarning, stacklevel=4)
        return table.frame

    def _fit_features(self, X: Any, features: Any, y: Any) -> None:
        self._check_parameters()
        values = self._validated(features, reset=True)
        blocks = block_columns(getattr(self, "feature_names_in_", None), values.shape[1])
        components = {
            "kinematic": self.n_kinematic_components,
            "kinetic": self.n_kinetic_components,
        }
        self.projection_ = imputed_projection(blocks, components, len(values))
        projected = self.projection_.fit_transform(self._named(values))
        self._log_dropped()
        self.selector_: SelectKBest | None = None
        if y is not None:
            target = target_per_cycle(X, y, len(values))
            self._fit_selection(projected, target)

    def _fit_selection(self, projected: NDArray[np.float64], target: NDArray[Any]) -> None:
        labels, codes = np.unique(target, return_inverse=True)
        if len(labels) < 2:
            raise TargetError(
                expected="a target with at least two values",
                got=f"only {labels[0]!r}",
                where="y",
                fix="choose another target, or cycles in which it differs",
            )
        regression = is_quantity(target)
        if self.n_selected is None:
            return
        if len(labels) == len(target) and not regression:
            _logger.warning("no selection: every cycle has a label of its own")
            return
        k = min(self.n_selected, projected.shape[1])
        selector = selection(k, regression=regression)
        self.selector_ = selector.fit(projected, target if regression else codes)

    def _project(self, features: Any) -> Any:
        values = self._validated(features, reset=False)
        projected = self.projection_.transform(self._named(values))
        if self.selector_ is not None:
            projected = self.selector_.transform(projected)
        if not isinstance(features, pd.DataFrame):
            return projected
        return pd.DataFrame(projected, index=features.index, columns=self.get_feature_names_out())

    def _validated(self, features: Any, *, reset: bool) -> NDArray[Any]:
        values: NDArray[Any] = validate_data(
            self,
            features,
            reset=reset,
            dtype=[np.float64, np.float32],
            ensure_all_finite="allow-nan",
            ensure_min_samples=2 if reset else 1,
        )
        return values

    def _named(self, values: NDArray[Any]) -> Any:
        """Give the columns their names back, so that those that come out have names too."""
        names = getattr(self, "feature_names_in_", None)
        return values if names is None else pd.DataFrame(values, columns=names, copy=False)

    def _with_learned_columns(self, frame: pd.DataFrame) -> pd.DataFrame:
        names = list(getattr(self, "feature_names_in_", []))
        missing = [name for name in names if name not in frame]
        if missing:
            warnings.warn(
                f"{len(missing)} of {len(names)} learned features are not in these cycles and are "
                f"replaced by the training median: {', '.join(missing)}",
                LocomotionWarning,
                stacklevel=4,
            )
        return frame.reindex(columns=names)

    def _log_dropped(self) -> None:
        blocks, varying = self.projection_["blocks"], self.projection_["varying"]
        constant = ~varying.get_support()
        if constant.any():
            names = blocks.get_feature_names_out()[constant]
            _logger.info("constant features dropped: %s", ", ".join(map(str, names)))

    def _check_parameters(self) -> None:
        for name in ("n_kinematic_components", "n_kinetic_components", "n_selected"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise SchemaError(
                    expected=f"{name} of at least 1, or None",
                    got=repr(value),
                    where=f"BiomechanicalFeatureEngineer({name}=...)",
                    fix="use None to leave this step out",
                )
