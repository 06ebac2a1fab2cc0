"""The fitted part of the feature engineer, composed of scikit-learn's own steps."""

import re
from collections.abc import Sequence
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, VarianceThreshold, f_classif, f_regression
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from locomotion_analysis.features.engineering.blocks import block_of

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
        steps: list[tuple[str, Any]] = [("impute", _imputer())]
        if wanted is not None:
            count = min(wanted, len(columns), n_samples - 1)
            # Both solvers are exact and repeatable; this one is far faster on many cycles.
            solver = "covariance_eigh" if n_samples > 2 * len(columns) else "full"
            steps += [("scale", StandardScaler()), ("pca", PCA(count, svd_solver=solver))]
        parts.append((block, Pipeline(steps), columns))
    columns = ColumnTransformer(parts, verbose_feature_names_out=_component_name)
    steps = [("blocks", columns), ("varying", VarianceThreshold())]
    return Pipeline(steps).set_output(transform="default")


def selection(k: int, *, regression: bool) -> SelectKBest:
    """Return the step that keeps the `k` features that vary most with the target."""
    selector = SelectKBest(f_regression if regression else f_classif, k=k)
    return selector.set_output(transform="default")


def _imputer() -> SimpleImputer:
    return SimpleImputer(strategy="median", keep_empty_features=True)


def _component_name(block: str, feature: str) -> str:
    match = _COMPONENT.match(feature)
    return f"pca_{block}_{match.group(1)}" if match else feature
