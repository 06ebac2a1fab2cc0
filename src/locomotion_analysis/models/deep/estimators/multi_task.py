"""One network that answers several questions about a gait cycle."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.models.deep.architectures import architecture, network_settings
from locomotion_analysis.models.deep.estimators.answers import (
    Answer,
    MultiTaskLoss,
    answers_of,
    balanced_accuracy,
    encoded,
)
from locomotion_analysis.models.deep.estimators.base import SmoothedEstimator
from locomotion_analysis.models.deep.estimators.labels import probabilities
from locomotion_analysis.models.deep.estimators.training import Targets
from locomotion_analysis.models.deep.networks.multi_task import MultiTaskNetwork


class DeepMultiTask(SmoothedEstimator):
    """Answers several questions at once: task, pathology and speed from one encoder.

    Parameters are those of :class:`DeepClassifier`. A target may be missing (NaN, None) in some
    cycles: a laboratory that did not note the speed still teaches the pathology. Losses of the
    answers count alike: cross-entropy of classes, mean square of quantities in spreads.

    Attributes
    ----------
    answers_ : tuple of Answer
        Name, classes (None of a quantity), mean and spread of each target.
    classes_ : dict of str to ndarray
        Of each target that has classes, sorted.
    history_ : DataFrame
        As of :class:`DeepClassifier`, with ``valid_<target>``: balanced accuracy, or mean absolute
        error in the target's unit.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(24, 150, 2)).cumsum(axis=1)
    >>> subjects = np.repeat(np.arange(8), 3)
    >>> y = pd.DataFrame({"pathology": np.repeat(["healthy", "stroke"], 12),
    ...                   "speed_m_s": np.random.default_rng(1).uniform(1, 2, 24)})
    >>> model = DeepMultiTask("cnn", max_epochs=1, network_options={"width": 8}).fit(X, y, subjects)
    >>> model.predict(X).columns.tolist(), list(model.predict_proba(X))
    (['pathology', 'speed_m_s'], ['pathology'])
    """

    def fit(self, X: ArrayLike, y: pd.DataFrame, groups: ArrayLike | None = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves, NaN where not measured.
        y : DataFrame, shape (n_cycles, n_targets)
            Columns of floating-point numbers are quantities, all others classes.
        groups : array_like, shape (n_cycles,), optional
            Subject of each cycle; without, there is no early stopping.

        Raises
        ------
        CycleShapeError, SchemaError
            If curves, settings and device do not fit, or `y` is no DataFrame.
        TargetError
            If a target does not vary.
        FileReadError
            If `checkpoint` is damaged, or of another training.
        """
        self._fit(X, self._targets(y, groups), groups)
        return self

    def predict(self, X: ArrayLike) -> pd.DataFrame:
        """Return a column for each target: the most probable class, or the quantity."""
        outputs = self._columns(X)
        return pd.DataFrame(
            {each.name: each.predicted(outputs[each.name]) for each in self.answers_}
        )

    def predict_proba(self, X: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """Return the probability of each class, (n_cycles, n_classes), by target."""
        outputs = self._columns(X)
        return {name: probabilities(outputs[name]) for name in self.classes_}

    def score(self, X: ArrayLike, y: pd.DataFrame) -> float:
        """Return the mean over the targets of balanced accuracy, or R² of quantities."""
        predicted = self.predict(X)
        return float(
            np.mean([each.score(y[each.name], predicted[each.name]) for each in self.answers_])
        )

    def _columns(self, X: ArrayLike) -> dict[str, NDArray[np.float32]]:
        outputs = self._outputs(X)
        ends = np.cumsum([each.n_outputs for each in self.answers_])
        names = [each.name for each in self.answers_]
        return dict(zip(names, np.split(outputs, ends[:-1], axis=1), strict=True))

    def _targets(self, y: Any, groups: Any) -> Targets:  # noqa: ARG002 - one signature for all
        self.answers_ = answers_of(y)
        values = encoded(y, self.answers_)
        of_classes = [number for number, each in enumerate(self.answers_) if each.classes]
        first = values[:, of_classes[0]] if of_classes else np.zeros(len(values))
        strata = np.nan_to_num(first, nan=-1).astype(np.intp)
        return Targets(
            values=values,
            n_outputs=self._n_outputs(),
            strata=strata,
            loss=MultiTaskLoss,
            loss_settings={
                "sizes": list(self._n_outputs().values()),
                "label_smoothing": self.label_smoothing,
            },
            scores=self._scores,
            labels=strata if of_classes else None,
        )

    @property
    def classes_(self) -> dict[str, NDArray[Any]]:
        """Classes of each target that has them."""
        return {each.name: each.labels for each in self.answers_ if each.classes}

    def _scores(self, outputs: torch.Tensor, targets: torch.Tensor) -> dict[str, float]:
        columns = outputs.split(list(self._n_outputs().values()), dim=1)
        scores = {}
        for each, column, target in zip(self.answers_, columns, targets.T, strict=True):
            known = ~torch.isnan(target)
            if not known.any():
                scores[each.name] = float("nan")
            elif each.classes is None:
                scores[each.name] = (
                    float((column[known, 0] - target[known]).abs().mean()) * each.std
                )
            else:
                codes = target[known].numpy(), column[known].argmax(dim=1).numpy()
                scores[each.name] = balanced_accuracy(*codes)
        return scores

    def _network(self) -> tuple[type[MultiTaskNetwork], dict[str, Any]]:
        encoder = architecture(self.architecture)
        settings = network_settings(encoder, self.dropout, self.channels, self.network_options)
        return MultiTaskNetwork, {"encoder": encoder, **settings}

    def _n_outputs(self) -> dict[str, int]:
        return {each.name: each.n_outputs for each in self.answers_}

    def _answer_facts(self) -> dict[str, Any]:
        return {"answers": [each.facts() for each in self.answers_]}

    def _restore_answer(self, facts: Mapping[str, Any]) -> None:
        self.answers_ = tuple(
            Answer(
                each["name"], each["classes"] and tuple(each["classes"]), each["mean"], each["std"]
            )
            for each in facts["answers"]
        )
