"""The recipes by what they predict."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.supervised.classifiers import Maker, classifiers, columns_only
from locomotion_analysis.models.supervised.paired_features import BEFORE
from locomotion_analysis.models.supervised.recipe import Kind, Recipe
from locomotion_analysis.models.supervised.regressors import regressors

_MANY = (50, 200)
_SOME = (30, 100)
_FEW = (8, 25)
"""Features kept: about as many as the number of subjects such data have can carry."""


def pathology_detection(model: str = "extra_trees", random_state: int = 0) -> Recipe:
    """Return a recipe that tells pathologies (or one from health) apart.

    Parameters
    ----------
    model : str
        ``majority``, ``speed_only``, ``linear``, ``random_forest``, ``extra_trees``,
        ``boosting`` or ``balanced``.
    random_state : int
        Seed of the model.

    Returns
    -------
    Recipe
        Pipeline and search space; ``recipe.model()`` tunes and calibrates itself.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> pathology_detection("linear").search_space["select__k"]
    (50, 200)
    """
    return _made(model, classifiers(_MANY), random_state)


def task_classification(model: str = "extra_trees", random_state: int = 0) -> Recipe:
    """Return a recipe that tells tasks (level walking, stairs, ramps) apart.

    Parameters
    ----------
    model, random_state
        As for :func:`pathology_detection`.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> task_classification("speed_only").baseline
    True
    """
    return _made(model, classifiers(_MANY), random_state)


def fall_risk(model: str = "linear", random_state: int = 0) -> Recipe:
    """Return a recipe that tells who will fall from gait.

    Falls depend on much besides gait, so that fewer features are kept than elsewhere. The
    threshold is set on held-out subjects for balanced accuracy.

    Parameters
    ----------
    model, random_state
        As for :func:`pathology_detection`.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> fall_risk().name
    'linear'
    """
    return _made(model, classifiers(_SOME), random_state)


def treatment_outcome(model: str = "linear", random_state: int = 0) -> Recipe:
    """Return a recipe that tells who responded to treatment, from paired features.

    Made for the rows of :func:`~locomotion_analysis.models.supervised.paired_features`: one a
    leg, baseline and change. ``before_only`` sees the baseline alone: what can be known before
    treatment, and what a model that also sees the change must beat.

    Parameters
    ----------
    model : str
        As for :func:`pathology_detection`, with ``before_only`` in the place of ``speed_only``.
    random_state : int
        Seed of the model.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> treatment_outcome("before_only").needs
    ('*_before',)
    """
    makers = classifiers(_FEW)
    del makers["speed_only"]
    return _made(model, {"before_only": _before_only, **makers}, random_state)


def _before_only(random_state: int) -> Recipe:  # noqa: ARG001 - one signature for all
    recipe = columns_only("before_only", "Before treatment alone", f"{BEFORE}$", f"*{BEFORE}")
    return replace(recipe, search_space={"classify__C": (0.001, 0.01)})


def age_regression(model: str = "linear", random_state: int = 0) -> Recipe:
    """Return a recipe that predicts age (years) from gait.

    Parameters
    ----------
    model : str
        ``mean``, ``speed_only``, ``linear``, ``random_forest``, ``extra_trees`` or ``boosting``.
    random_state : int
        Seed of the model.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> age_regression("mean").baseline
    True
    """
    return _made(model, regressors(_MANY), random_state)


def bmi_regression(model: str = "linear", random_state: int = 0) -> Recipe:
    """Return a recipe that predicts body mass index (kg/m²) from gait.

    Parameters
    ----------
    model, random_state
        As for :func:`age_regression`.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> bmi_regression().kind
    'regression'
    """
    return _made(model, regressors(_MANY), random_state)


def speed_regression(model: str = "linear", random_state: int = 0) -> Recipe:
    """Return a recipe that predicts speed (m/s) from gait; there is no speed-only baseline.

    Parameters
    ----------
    model, random_state
        As for :func:`age_regression`, without ``speed_only``.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> speed_regression("linear").title
    'Ridge regression'
    """
    makers = regressors(_MANY)
    del makers["speed_only"]
    return _made(model, makers, random_state)


NETWORKS = ("lstm", "gru", "cnn", "spectrogram", "wavelet", "transformer", "two_leg")
"""Networks of the extra ``deep`` by name; named here so that torch is imported for them alone."""


def network(
    name: str, kind: Kind, channels: Sequence[str], random_state: int = 0, **settings: Any
) -> Recipe:
    """Return a recipe that learns from whole curves instead of features (extra ``deep``).

    Parameters
    ----------
    name : str
        One of ``NETWORKS``.
    kind : {"classification", "regression"}
        What it predicts.
    channels : sequence of str
        Channels it learns from.
    random_state : int
        Seed of weights, batches and augmentation.
    **settings
        Of :class:`~locomotion_analysis.models.deep.DeepClassifier`: ``max_epochs``, ``device``,
        ``network_options``, ...

    Raises
    ------
    SchemaError
        If there is no such network or setting.
    MissingExtraError
        If torch or skorch is not installed.
    """
    from locomotion_analysis.models.deep import DeepClassifier, DeepRegressor
    from locomotion_analysis.models.deep.networks import architecture

    architecture(name)
    estimator = DeepClassifier if kind == "classification" else DeepRegressor
    known = set(estimator().get_params())
    if unknown := [each for each in settings if each not in known]:
        raise SchemaError(
            expected=f"settings among {', '.join(sorted(known))}",
            got=", ".join(map(repr, unknown)),
            where=f"settings of {estimator.__name__}",
        )
    made = estimator(name, channels=list(channels), random_state=random_state, **settings)
    title = f"{name.replace('_', '-')} network"
    return Recipe(name, title, kind, made, channels=tuple(channels))


def _made(model: str, makers: Mapping[str, Maker], random_state: int) -> Recipe:
    if model not in makers:
        raise SchemaError(
            expected=f"a model among {', '.join(makers)}",
            got=repr(model),
            where="model",
            fix="name one of these",
        )
    return makers[model](random_state)


@dataclass(frozen=True)
class Problem:
    """Something to predict, and the recipes for it.

    Attributes
    ----------
    name : str
        Name, as for ``locomotion train --problem``.
    target : str
        Column of ``data.cycles`` that is predicted unless another is named.
    kind : {"classification", "regression"}
        Kind of target.
    models : tuple of str
        Names of the models that `recipe` makes.
    recipe : callable
        ``recipe(model, random_state)``.
    paired : bool
        Whether rows are legs before and after treatment instead of cycles.
    """

    name: str
    target: str
    kind: Kind
    models: tuple[str, ...]
    recipe: Callable[[str, int], Recipe]
    paired: bool = False

    def recipes(self, random_state: int = 0) -> list[Recipe]:
        """Return all recipes, baselines first."""
        return [self.recipe(name, random_state) for name in self.models]


_CLASSES = tuple(classifiers(_MANY))
_NUMBERS = tuple(regressors(_MANY))
_classification = partial(Problem, kind="classification", models=_CLASSES)
_regression = partial(Problem, kind="regression", models=_NUMBERS)

PROBLEMS: Mapping[str, Problem] = {
    problem.name: problem
    for problem in (
        _classification(name="pathology", target="pathology", recipe=pathology_detection),
        _classification(name="task", target="task", recipe=task_classification),
        _classification(name="fall_risk", target="faller", recipe=fall_risk),
        Problem(
            name="treatment",
            target="responder",
            kind="classification",
            models=("majority", "before_only", *_CLASSES[2:]),
            recipe=treatment_outcome,
            paired=True,
        ),
        _regression(name="age", target="age", recipe=age_regression),
        _regression(name="bmi", target="bmi", recipe=bmi_regression),
        Problem(
            name="speed",
            target="speed_m_s",
            kind="regression",
            models=tuple(name for name in _NUMBERS if name != "speed_only"),
            recipe=speed_regression,
        ),
    )
}
"""What ``locomotion train`` knows, by name."""
