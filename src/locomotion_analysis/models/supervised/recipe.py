"""What a recipe is: a model, what to tune of it, and what it learns from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sklearn.base import clone

from locomotion_analysis.models.supervised.search import Search
from locomotion_analysis.models.supervised.tuned import (
    SubjectTunedClassifier,
    SubjectTunedRegressor,
)

Kind = Literal["classification", "regression"]


@dataclass(frozen=True)
class Recipe:
    """A model to try: an unfitted pipeline and the values to try of its parameters.

    Attributes
    ----------
    name : str
        Short name, as for ``locomotion train --recipes``.
    title : str
        Name for tables.
    kind : {"classification", "regression"}
        What it predicts.
    pipeline : scikit-learn estimator
        Unfitted: a Pipeline, or a network (see :func:`network`).
    search_space : mapping of str to sequence
        Values to try of each parameter; empty where nothing is tuned.
    baseline : bool
        Whether it knows no more than a model must beat to be worth anything.
    needs : tuple of str
        Columns of `X` it cannot do without; a name that starts with ``"*"`` is an ending.
    search : {"halving", "optuna"}
        How values are tried: successive halving, or optuna (extra ``tuning``).
    channels : tuple of str
        Channels whose curves it learns from; empty where it learns from features.

    Examples
    --------
    >>> from locomotion_analysis.models.supervised import pathology_detection
    >>> recipe = pathology_detection("linear")
    >>> [name for name, _ in recipe.pipeline.steps]
    ['impute', 'scale', 'select', 'classify']
    >>> type(recipe.model()).__name__
    'SubjectTunedClassifier'
    """

    name: str
    title: str
    kind: Kind
    pipeline: Any
    search_space: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    baseline: bool = False
    needs: tuple[str, ...] = ()
    search: Search = "halving"
    channels: tuple[str, ...] = ()

    def model(self, random_state: int = 0) -> Any:
        """Return an unfitted estimator that tunes (and calibrates) inside whatever it is given.

        Parameters
        ----------
        random_state : int
            Seed of the inner folds.
        """
        if not self.search_space:
            return clone(self.pipeline)
        kind = SubjectTunedClassifier if self.kind == "classification" else SubjectTunedRegressor
        return kind(
            clone(self.pipeline),
            dict(self.search_space),
            random_state=random_state,
            search=self.search,
        )

    def lacks(self, columns: Sequence[str]) -> list[str]:
        """Return what it needs and the columns do not have."""
        return [
            need
            for need in self.needs
            if not (
                any(name.endswith(need[1:]) for name in columns)
                if need.startswith("*")
                else need in columns
            )
        ]
