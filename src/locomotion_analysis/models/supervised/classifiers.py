"""The classifiers that recipes are made of."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.feature_selection import f_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from locomotion_analysis.models.supervised.balanced_bagging import SubjectBalancedBagging
from locomotion_analysis.models.supervised.best_features import BestFeatures
from locomotion_analysis.models.supervised.recipe import Recipe

SPEED = "speed_m_s"
_kind = partial(Recipe, kind="classification")


def majority(random_state: int) -> Recipe:
    """Return the classifier that always names the commonest class."""
    model = DummyClassifier(strategy="prior", random_state=random_state)
    return _kind(
        name="majority",
        title="Majority class",
        pipeline=Pipeline([("classify", model)]),
        baseline=True,
    )


def columns_only(name: str, title: str, pattern: str, need: str) -> Recipe:
    """Return logistic regression on the columns that match a pattern."""
    chosen = make_column_transformer(
        (SimpleImputer(strategy="median", keep_empty_features=True), make_column_selector(pattern))
    )
    model = LogisticRegression(class_weight="balanced", max_iter=2000)
    steps = [("choose", chosen), ("scale", StandardScaler()), ("classify", model)]
    return _kind(
        name=name,
        title=title,
        pipeline=Pipeline(steps),
        search_space={"classify__C": (1.0,)},
        baseline=True,
        needs=(need,),
    )


def speed_only(random_state: int) -> Recipe:  # noqa: ARG001 - one signature for all
    """Return logistic regression on walking speed alone, which any gait model must beat."""
    return columns_only("speed_only", "Speed alone, logistic", f"^{SPEED}$", SPEED)


def linear(random_state: int, k: Sequence[int]) -> Recipe:  # noqa: ARG001 - as above
    """Return L2-regularised logistic regression on the most telling features."""
    model = LogisticRegression(class_weight="balanced", max_iter=2000)
    return _tuned("linear", "Logistic regression", model, k, {"classify__C": (0.003, 0.03, 0.3)})


def random_forest(random_state: int, k: Sequence[int]) -> Recipe:
    """Return a random forest (Breiman 2001, Mach Learn 45:5)."""
    model = RandomForestClassifier(
        100, class_weight="balanced", random_state=random_state, max_samples=0.7
    )
    return _tuned(
        "random_forest", "Random forest", model, (max(k),), {"classify__min_samples_leaf": (2, 8)}
    )


def extra_trees(random_state: int, k: Sequence[int]) -> Recipe:
    """Return extremely randomised trees (Geurts, Ernst and Wehenkel 2006, Mach Learn 63:3)."""
    model = ExtraTreesClassifier(150, class_weight="balanced", random_state=random_state)
    return _tuned(
        "extra_trees",
        "Extremely randomised trees",
        model,
        (max(k),),
        {"classify__min_samples_leaf": (2, 6)},
    )


def boosting(random_state: int, k: Sequence[int]) -> Recipe:
    """Return histogram gradient boosting (after Ke et al. 2017, NeurIPS 30) on few features."""
    model = HistGradientBoostingClassifier(
        max_iter=40,
        max_leaf_nodes=8,
        max_features=0.3,
        class_weight="balanced",
        early_stopping=False,
        random_state=random_state,
    )
    return _tuned(
        "boosting", "Gradient boosting", model, (min(k),), {"classify__learning_rate": (0.05, 0.15)}
    )


def balanced(random_state: int, k: Sequence[int]) -> Recipe:
    """Return trees that each see as many subjects of every class."""
    model = SubjectBalancedBagging(n_estimators=80, random_state=random_state)
    recipe = _tuned("balanced", "Subject-balanced forest", model, (max(k),), {})
    # The ensemble reads subjects from the rows' key, which arrays would lose.
    recipe.pipeline.set_output(transform="pandas")
    return recipe


def _tuned(
    name: str, title: str, model: Any, k: Sequence[int], space: Mapping[str, Sequence[Any]]
) -> Recipe:
    # Means: medians of 2,000 features take longer than all the rest of most models.
    steps = [
        ("impute", SimpleImputer(keep_empty_features=True)),
        ("scale", StandardScaler()),
        ("select", BestFeatures(f_classif, k=max(k))),
        ("classify", model),
    ]
    return _kind(
        name=name,
        title=title,
        pipeline=Pipeline(steps),
        search_space={"select__k": tuple(k), **space},
    )


Maker = Callable[[int], Recipe]


def classifiers(k: Sequence[int]) -> dict[str, Maker]:
    """Return the makers of all classifiers, `k` being the numbers of features to try.

    The linear model is tuned over all of `k`; forests keep the most, which does not harm them,
    and boosting, whose time grows with the features, the fewest.
    """
    tuned = (linear, random_forest, extra_trees, boosting, balanced)
    return {
        "majority": majority,
        "speed_only": speed_only,
        **{maker.__name__: partial(maker, k=k) for maker in tuned},
    }
