"""Honest first models: impute, scale, fit, all inside the fold."""

from typing import Any, Literal, get_args

from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from locomotion_analysis.errors import SchemaError

ModelKind = Literal["forest", "linear"]
MODEL_KINDS: tuple[str, ...] = get_args(ModelKind)
"""Kinds of model: ``"forest"`` (extremely randomised trees) and ``"linear"`` (regularised)."""

_FOREST: dict[str, Any] = {"n_estimators": 300, "min_samples_leaf": 2, "n_jobs": -1}
_INVERSE_PENALTY = 0.1
_PENALTY = 100.0


def default_classifier(kind: ModelKind = "forest", random_state: int = 0) -> Pipeline:
    """Return an unfitted classifier for a feature table.

    Missing values become the median of the training cycles, features are scaled, and classes
    weigh the same however many cycles each has.

    Parameters
    ----------
    kind : {"forest", "linear"}
        300 extremely randomised trees (Geurts, Ernst & Wehenkel 2006, Mach Learn 63:3), or
        L2-regularised logistic regression.
    random_state : int
        Seed of the forest.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Steps ``impute``, ``scale`` and ``classify``.

    Raises
    ------
    SchemaError
        If `kind` is not known.

    Examples
    --------
    >>> default_classifier().steps[-1][0]
    'classify'
    """
    _check_kind(kind)
    if kind == "linear":
        model = LogisticRegression(C=_INVERSE_PENALTY, max_iter=5000, class_weight="balanced")
    else:
        model = ExtraTreesClassifier(**_FOREST, class_weight="balanced", random_state=random_state)
    return Pipeline([*_preparation(), ("classify", model)])


def default_regressor(kind: ModelKind = "forest", random_state: int = 0) -> Pipeline:
    """Return an unfitted regressor for a feature table.

    Parameters
    ----------
    kind : {"forest", "linear"}
        300 extremely randomised trees (Geurts, Ernst & Wehenkel 2006, Mach Learn 63:3), or
        ridge regression.
    random_state : int
        Seed of the forest.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Steps ``impute``, ``scale`` and ``regress``.

    Raises
    ------
    SchemaError
        If `kind` is not known.

    Examples
    --------
    >>> default_regressor("linear").steps[-1][0]
    'regress'
    """
    _check_kind(kind)
    if kind == "linear":
        model: Any = Ridge(alpha=_PENALTY)
    else:
        model = ExtraTreesRegressor(**_FOREST, random_state=random_state)
    return Pipeline([*_preparation(), ("regress", model)])


def _preparation() -> list[tuple[str, Any]]:
    # A feature that no training cycle has stays as a column of zeros: the columns of a fitted
    # model are those of the table it was given.
    return [
        ("impute", SimpleImputer(strategy="median", keep_empty_features=True)),
        ("scale", StandardScaler()),
    ]


def _check_kind(kind: str) -> None:
    if kind not in MODEL_KINDS:
        raise SchemaError(
            expected=f"a kind of model among {', '.join(MODEL_KINDS)}",
            got=repr(kind),
            where="kind",
            fix="name one of these, or pass any scikit-learn estimator instead",
        )
