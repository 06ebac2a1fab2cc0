"""The regressors that recipes are made of."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import (
    ExtraTreesRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.feature_selection import f_regression
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from locomotion_analysis.models.supervised.best_features import BestFeatures
from locomotion_analysis.models.supervised.classifiers import SPEED, Maker
from locomotion_analysis.models.supervised.recipe import Recipe

_kind = partial(Recipe, kind="regression")


def mean(random_state: int) -> Recipe:  # noqa: ARG001 - one signature for all
    """Return the regressor that always gives the mean of the training rows."""
    return _kind(
        name="mean",
        title="Mean of all",
        pipeline=Pipeline([("regress", DummyRegressor())]),
        baseline=True,
    )


def speed_only(random_state: int) -> Recipe:  # noqa: ARG001 - as above
    """Return a line on walking speed alone."""
    chosen = make_column_transformer(
        (
            SimpleImputer(strategy="median", keep_empty_features=True),
            make_column_selector(f"^{SPEED}$"),
        )
    )
    return _kind(
        name="speed_only",
        title="Speed alone, linear",
        pipeline=Pipeline([("choose", chosen), ("scale", StandardScaler()), ("regress", Ridge())]),
        baseline=True,
        needs=(SPEED,),
    )


def linear(random_state: int, k: Sequence[int]) -> Recipe:  # noqa: ARG001 - as above
    """Return ridge regression on the most telling features."""
    return _tuned("linear", "Ridge regression", Ridge(), k, {"regress__alpha": (10.0, 100.0, 1e3)})


def random_forest(random_state: int, k: Sequence[int]) -> Recipe:
    """Return a random forest (Breiman 2001, Mach Learn 45:5)."""
    model = RandomForestRegressor(100, max_features=0.2, max_samples=0.5, random_state=random_state)
    return _tuned(
        "random_forest", "Random forest", model, (max(k),), {"regress__min_samples_leaf": (2, 8)}
    )


def extra_trees(random_state: int, k: Sequence[int]) -> Recipe:
    """Return extremely randomised trees (Geurts, Ernst and Wehenkel 2006, Mach Learn 63:3)."""
    model = ExtraTreesRegressor(100, max_features=0.3, random_state=random_state)
    space = {"regress__min_samples_leaf": (2, 8)}
    return _tuned("extra_trees", "Extremely randomised trees", model, (max(k),), space)


def boosting(random_state: int, k: Sequence[int]) -> Recipe:
    """Return histogram gradient boosting (after Ke et al. 2017, NeurIPS 30) on few features."""
    model = HistGradientBoostingRegressor(
        max_iter=60,
        max_leaf_nodes=8,
        max_features=0.3,
        early_stopping=False,
        random_state=random_state,
    )
    return _tuned(
        "boosting", "Gradient boosting", model, (min(k),), {"regress__learning_rate": (0.05, 0.15)}
    )


def _tuned(
    name: str, title: str, model: Any, k: Sequence[int], space: Mapping[str, Sequence[Any]]
) -> Recipe:
    # Means: medians of 2,000 features take longer than all the rest of most models.
    steps = [
        ("impute", SimpleImputer(keep_empty_features=True)),
        ("scale", StandardScaler()),
        ("select", BestFeatures(f_regression, k=max(k))),
        ("regress", model),
    ]
    return _kind(
        name=name,
        title=title,
        pipeline=Pipeline(steps),
        search_space={"select__k": tuple(k), **space},
    )


def regressors(k: Sequence[int]) -> dict[str, Maker]:
    """Return the makers of all regressors, `k` being the numbers of features to try.

    The linear model is tuned over all of `k`; forests keep the most, which does not harm them,
    and boosting, whose time grows with the features, the fewest.
    """
    tuned = (linear, random_forest, extra_trees, boosting)
    return {
        "mean": mean,
        "speed_only": speed_only,
        **{maker.__name__: partial(maker, k=k) for maker in tuned},
    }
