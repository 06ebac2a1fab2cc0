"""The feature engineer: features of gait cycles, reduced to the ones that tell.

A scikit-learn transformer composed of scikit-learn's own steps; it takes long frames, gait cycles or
features, and brings them to one row a cycle.
"""

import logging
import re
import warnings
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, VarianceThreshold, f_classif, f_regression
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted, validate_data

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError, TargetError
from locomotion_analysis.features.curves import KINEMATIC, KINETIC
from locomotion_analysis.features.spec import (
    DEFAULT_AGGREGATIONS,
    FeatureTable,
    LeftOut,
    left_out_message,
)
from locomotion_analysis.features.table import DEFAULT_GROUPS, feature_table, is_quantity
from locomotion_analysis.standard import KEY, PHASE_COLUMN, Channel, canonical_name, is_channel

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
    pca_kinematic, pca_kinetic : PCA or None
        The principal components of each block, of its standardised features: as asked for before
        `fit`, as fitted afterwards. None where the block has no features or keeps them.
    feature_selector : SelectKBest or None
        The selection: as asked for before `fit` (``selector_`` afterwards). None where all
        features are kept.

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
        """Fit to `X` and return what :meth:`transform` would, extracting features once.

        Parameters
        ----------
        X : LocomotionData or DataFrame
            As for :meth:`fit`.
        y : array-like, shape (n_cycles,), optional
            Target, needed where features are selected (``n_selected``); of a long frame, one
            value a row.

        Returns
        -------
        DataFrame, shape (n_cycles, n_features)
            Its index is the key of the cycles.
        """
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
        names = list(getattr(self, "feature_names_in_", []))
        missing = [name for name in names if name not in frame]
        if missing:
            warnings.warn(
                f"{len(missing)} of {len(names)} learned features are not in these cycles and are "
                f"replaced by the training median: {', '.join(missing)}",
                LocomotionWarning,
                stacklevel=3,
            )
        return self._project(frame.reindex(columns=names))

    def extract_temporal_features(self, data: LocomotionData | pd.DataFrame) -> pd.DataFrame:
        """Return durations, cadence and the phases of the cycle, one row a cycle.

        Parameters
        ----------
        data : LocomotionData or DataFrame
            Gait cycles, or a long frame. Nothing is learned: `fit` need not be called.

        Returns
        -------
        DataFrame
            The feature group ``temporal``, indexed by the cycle key.

        Raises
        ------
        SchemaError
            If `data` is neither, or gives no such feature.

        Warns
        -----
        LocomotionWarning
            Naming what the data cannot give.

        Examples
        --------
        >>> from locomotion_analysis.simulation import simulate
        >>> data = simulate(n_subjects=3, n_cycles=2)
        >>> found = BiomechanicalFeatureEngineer().extract_temporal_features(data.dataframe)
        >>> found.index.equals(data.key), "cycle_duration_s" in found
        (True, True)
        """
        return self._group_of(data, "temporal")

    def extract_kinematic_features(self, data: LocomotionData | pd.DataFrame) -> pd.DataFrame:
        """Return statistics, peaks and coordination of angles and velocities, one row a cycle.

        Parameters, returns, errors and warnings as of :meth:`extract_temporal_features`, for the
        feature group ``kinematic``. The statistics are the engineer's `aggregations`.

        Examples
        --------
        >>> from locomotion_analysis.simulation import simulate
        >>> found = BiomechanicalFeatureEngineer().extract_kinematic_features(simulate(3, 2))
        >>> "knee_flexion_angle_ipsi_rad_rom" in found
        True
        """
        return self._group_of(data, "kinematic")

    def extract_kinetic_features(self, data: LocomotionData | pd.DataFrame) -> pd.DataFrame:
        """Return statistics and peaks of moments, powers and forces, one row a cycle.

        Parameters, returns, errors and warnings as of :meth:`extract_temporal_features`, for the
        feature group ``kinetic``. The statistics are the engineer's `aggregations`.

        Examples
        --------
        >>> from locomotion_analysis.simulation import simulate
        >>> found = BiomechanicalFeatureEngineer().extract_kinetic_features(simulate(3, 2))
        >>> "grf_vertical_ipsi_BW_max" in found
        True
        """
        return self._group_of(data, "kinetic")

    @property
    def pca_kinematic(self) -> PCA | None:
        """Principal components of the kinematic block."""
        return self._components("kinematic", self.n_kinematic_components)

    @property
    def pca_kinetic(self) -> PCA | None:
        """Principal components of the kinetic block."""
        return self._components("kinetic", self.n_kinetic_components)

    @property
    def feature_selector(self) -> SelectKBest | None:
        """The selection of features by their F statistic."""
        if hasattr(self, "selector_"):
            return self.selector_
        return None if self.n_selected is None else SelectKBest(f_classif, k=self.n_selected)

    def _components(self, block: str, wanted: int | None) -> PCA | None:
        if not hasattr(self, "projection_"):
            return None if wanted is None else PCA(wanted)
        steps = self.projection_["blocks"].named_transformers_.get(block)
        return None if steps is None else steps.named_steps.get("pca")

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

    def _extract(self, X: Any) -> Any:
        """Return features with one row a cycle; remember what the data could not give."""
        data = as_cycles(X)
        self.left_out_: tuple[LeftOut, ...] = ()
        if data is None:
            return X
        table = feature_table(data, self.features, self.aggregations)
        self.left_out_ = table.left_out
        _warn_of_missed(table)
        return table.frame

    def _group_of(self, data: Any, group: str) -> pd.DataFrame:
        cycles = as_cycles(data)
        if cycles is None:
            raise SchemaError(
                expected="gait cycles: a LocomotionData or a long frame with 150 rows a cycle",
                got=type(data).__name__
                + (f" without {PHASE_COLUMN}" if isinstance(data, pd.DataFrame) else ""),
                where=f"extract_{group}_features",
                fix="pass what the cycles were read into, or its dataframe",
            )
        table = feature_table(cycles, [group], self.aggregations)
        _warn_of_missed(table)
        return table.frame

    def _fit_features(self, X: Any, features: Any, y: Any) -> None:
        for name in ("n_kinematic_components", "n_kinetic_components", "n_selected"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise SchemaError(
                    expected=f"{name} of at least 1, or None",
                    got=repr(value),
                    where=f"BiomechanicalFeatureEngineer({name}=...)",
                    fix="use None to leave this step out",
                )
        values = self._validated(features, reset=True)
        blocks = block_columns(getattr(self, "feature_names_in_", None), values.shape[1])
        components = {
            "kinematic": self.n_kinematic_components,
            "kinetic": self.n_kinetic_components,
        }
        self.projection_ = imputed_projection(blocks, components, len(values))
        projected = self.projection_.fit_transform(self._named(values))
        constant = ~self.projection_["varying"].get_support()
        if constant.any():
            names = self.projection_["blocks"].get_feature_names_out()[constant]
            _logger.info("constant features dropped: %s", ", ".join(map(str, names)))
        self.selector_: SelectKBest | None = None
        if y is not None:
            self._fit_selection(projected, target_per_cycle(X, y, len(values)))

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
        selector = SelectKBest(f_regression if regression else f_classif, k=k)
        selector.set_output(transform="default")
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


def _warn_of_missed(table: FeatureTable) -> None:
    if table.missed:
        # The caller is behind this function, the method that asks and the public one.
        warnings.warn(left_out_message(table.missed), LocomotionWarning, stacklevel=4)


# Which features belong together: kinematic, kinetic, or neither, by parsed channel name


@lru_cache(maxsize=16384)
def channel_of(feature: str) -> Channel | None:
    """Return the channel a feature is named after, or None.

    Examples
    --------
    >>> channel_of("knee_flexion_moment_ipsi_Nm_kg_q95").measurement
    'moment'
    >>> channel_of("cycle_duration_s") is None
    True
    """
    parts = feature.split("_")
    prefixes = ("_".join(parts[:size]) for size in range(len(parts), 2, -1))
    name = next((prefix for prefix in prefixes if is_channel(prefix)), None)
    return None if name is None else Channel.parse(name)


def block_of(feature: str) -> str:
    """Return the block of a feature: ``kinematic``, ``kinetic`` or ``other``.

    Statistics and extremes of angles, velocities and accelerations are kinematic, those of
    moments, powers, ground reaction forces and their centre kinetic. What is not named after a
    channel (durations, lengths, asymmetries, work, impulses) is ``other`` and stays as it is.

    Examples
    --------
    >>> block_of("knee_flexion_angle_ipsi_rad_rom"), block_of("hip_power_ipsi_W_kg_max")
    ('kinematic', 'kinetic')
    """
    channel = channel_of(feature)
    if channel is None:
        return "other"
    if channel.measurement in KINEMATIC:
        return "kinematic"
    return "kinetic" if channel.measurement in KINETIC else "other"


# What may be handed to the feature engineer, brought to one row a cycle


def is_long_frame(X: Any) -> bool:
    """Return whether `X` is a pandas frame with one row a phase."""
    return isinstance(X, pd.DataFrame) and any(
        canonical_name(str(name)) == PHASE_COLUMN for name in X.columns
    )


def as_cycles(X: Any) -> LocomotionData | None:
    """Return `X` as gait cycles, or None where it holds features already."""
    if isinstance(X, LocomotionData):
        return X
    return LocomotionData.from_dataframe(X) if is_long_frame(X) else None


def target_per_cycle(X: Any, y: Any, n_cycles: int) -> NDArray[Any]:
    """Return the target with one value a cycle.

    Parameters
    ----------
    X : DataFrame, LocomotionData or array
        What the engineer was given.
    y : array-like
        One value a row of a long frame, or one a cycle.
    n_cycles : int
        Cycles in `X`.

    Raises
    ------
    TargetError
        If the length fits neither, the target changes within a cycle, or is missing somewhere.
    """
    values = np.asarray(y)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    n_rows = len(X) if is_long_frame(X) else n_cycles
    if values.ndim != 1 or len(values) not in (n_cycles, n_rows):
        raise TargetError(
            expected=f"one target a cycle ({n_cycles})"
            + (f" or a row ({n_rows})" if n_rows != n_cycles else ""),
            got=f"an array of shape {values.shape}",
            where="y",
            fix="pass a column of the same data",
        )
    if len(values) != n_cycles:
        values = _first_of_each_cycle(X, values)
    if pd.isna(values).any():
        raise TargetError(
            expected="a target for every cycle",
            got=f"{int(pd.isna(values).sum())} of {n_cycles} cycles without one (NaN)",
            where="y",
            fix="leave those cycles out first: data.select(where='<column>.notna()')",
        )
    return values


def _first_of_each_cycle(frame: pd.DataFrame, values: NDArray[Any]) -> NDArray[Any]:
    """Reduce a target given a row, cycles in order of first appearance as they are read."""
    key = [name for name in frame.columns if canonical_name(str(name)) in KEY]
    cycle = frame.groupby(key, sort=False, observed=True).ngroup().to_numpy()
    first = np.unique(cycle, return_index=True)[1]
    codes = pd.factorize(values)[0]
    changes = codes != codes[first][cycle]
    if changes.any():
        row = int(changes.argmax())
        raise TargetError(
            expected="one target value a cycle",
            got=f"{values[row]!r} and {values[first[cycle[row]]]!r} in one cycle",
            where=", ".join(f"{name}={frame[name].iloc[row]}" for name in key),
            fix="choose a column that does not change within a cycle",
        )
    reduced: NDArray[Any] = values[first]
    return reduced


# The fitted part of the feature engineer, composed of scikit-learn's own steps

_COMPONENT = re.compile(r"^pca(\d+)$")


def block_columns(names: Sequence[str] | None, n_features: int) -> dict[str, list[int]]:
    """Return the column positions of each block; without names all are ``other``."""
    blocks: dict[str, list[int]] = {"kinematic": [], "kinetic": [], "other": []}
    if names is None:
        blocks["other"] = list(range(n_features))
        return blocks
    for position, name in enumerate(names):
        blocks[block_of(str(name))].append(position)
    return blocks


def imputed_projection(
    blocks: dict[str, list[int]], components: dict[str, int | None], n_samples: int
) -> Pipeline:
    """Return the steps that impute, project the blocks and drop what is constant.

    Parameters
    ----------
    blocks : dict
        Column positions by block.
    components : dict
        Principal components wanted by block; None keeps the block's features.
    n_samples : int
        Training cycles: no more than ``n_samples - 1`` components exist.
    """
    parts = []
    for block, columns in blocks.items():
        wanted = components.get(block)
        if not columns:
            continue
        steps: list[tuple[str, Any]] = [
            ("impute", SimpleImputer(strategy="median", keep_empty_features=True))
        ]
        if wanted is not None:
            count = min(wanted, len(columns), n_samples - 1)
            # Both solvers are exact and repeatable; this one is far faster on many cycles.
            solver = "covariance_eigh" if n_samples > 2 * len(columns) else "full"
            steps += [("scale", StandardScaler()), ("pca", PCA(count, svd_solver=solver))]
        parts.append((block, Pipeline(steps), columns))
    columns = ColumnTransformer(parts, verbose_feature_names_out=_component_name)
    steps = [("blocks", columns), ("varying", VarianceThreshold())]
    return Pipeline(steps).set_output(transform="default")


def _component_name(block: str, feature: str) -> str:
    match = _COMPONENT.match(feature)
    return f"pca_{block}_{match.group(1)}" if match else feature
