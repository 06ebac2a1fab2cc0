"""The answers of a network with several: classes or a quantity each, some of them missing."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.metrics import r2_score
from torch import nn

from locomotion_analysis.errors import SchemaError, TargetError


@dataclass(frozen=True)
class Answer:
    """One target of several.

    Attributes
    ----------
    name : str
        Column.
    classes : tuple or None
        Sorted; None of a quantity.
    mean, std : float
        Of a quantity in training, in its unit.
    """

    name: str
    classes: tuple[str | int | bool, ...] | None
    mean: float = 0.0
    std: float = 1.0

    @property
    def n_outputs(self) -> int:
        """Columns of the network's output."""
        return 1 if self.classes is None else len(self.classes)

    @property
    def labels(self) -> NDArray[Any]:
        """The classes as an array."""
        return np.asarray(self.classes)

    def encoded(self, values: "pd.Series[Any]") -> NDArray[np.float32]:
        """Return class numbers, or the quantity in spreads; NaN where it is missing."""
        if self.classes is None:
            known = values.to_numpy(dtype=np.float64, na_value=np.nan)
            return ((known - self.mean) / self.std).astype(np.float32)
        codes = pd.Index(self.classes).get_indexer(pd.Index(values))
        return np.where(values.isna(), np.nan, codes).astype(np.float32)

    def predicted(self, outputs: NDArray[np.float32]) -> NDArray[Any]:
        """Return the most probable class of each row, or the quantity in its unit."""
        if self.classes is None:
            return outputs[:, 0].astype(np.float64) * self.std + self.mean
        return np.asarray(self.labels[outputs.argmax(axis=1)])

    def score(self, true: Any, predicted: Any) -> float:
        """Return balanced accuracy, or R² of a quantity, over the rows that have a target."""
        known = pd.Series(true).notna().to_numpy()
        if not known.any():
            return float("nan")
        rows = np.asarray(true)[known], np.asarray(predicted)[known]
        return float(r2_score(*rows)) if self.classes is None else balanced_accuracy(*rows)

    def facts(self) -> dict[str, Any]:
        """Return all of it as JSON can hold it."""
        return asdict(self)


def balanced_accuracy(true: NDArray[Any], predicted: NDArray[Any]) -> float:
    """Return the mean recall of the classes that occur.

    Examples
    --------
    >>> balanced_accuracy(np.array([0, 0, 1]), np.array([0, 1, 1]))
    0.75
    """
    return float(np.mean([np.mean(predicted[true == label] == label) for label in np.unique(true)]))


def answers_of(y: Any) -> tuple[Answer, ...]:
    """Describe the targets of a training.

    Raises
    ------
    SchemaError
        If `y` is no DataFrame with columns of different names.
    TargetError
        If a column has one value or none, or infinite ones.
    """
    if not isinstance(y, pd.DataFrame) or y.shape[1] == 0 or not y.columns.is_unique:
        raise SchemaError(
            expected="a DataFrame with a column of its own name for each target",
            got=type(y).__name__,
            where="y",
            fix='for example data.cycles[["task", "pathology", "speed_m_s"]]',
        )
    return tuple(_answer(str(name), values) for name, values in y.items())


def encoded(y: pd.DataFrame, answers: tuple[Answer, ...]) -> NDArray[np.float32]:
    """Return the targets as :class:`MultiTaskLoss` takes them, shape (n_cycles, n_targets)."""
    columns = zip(answers, y.items(), strict=True)
    return np.stack([answer.encoded(values) for answer, (_, values) in columns], axis=1)


def _answer(name: str, values: "pd.Series[Any]") -> Answer:
    known = values.dropna()
    if known.nunique() < 2:
        raise TargetError(
            expected="a target that varies",
            got=f"{known.nunique()} different values in {len(values)} rows",
            where=f"column {name}",
            fix="leave the column out, or select more cycles",
        )
    if not pd.api.types.is_float_dtype(values):
        return Answer(name, tuple(np.unique(np.asarray(known.to_list())).tolist()))
    numbers = known.to_numpy(dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise TargetError(
            expected="finite numbers or NaN", got="infinite ones", where=f"column {name}"
        )
    return Answer(name, None, float(numbers.mean()), float(numbers.std()))


class MultiTaskLoss(nn.Module):  # type: ignore[misc]
    """Mean over the answers of cross-entropy (classes) or mean square (a quantity in spreads).

    Parameters
    ----------
    sizes : sequence of int
        Outputs of each answer; 1 of a quantity.
    label_smoothing : float
        Share of each label given to the other classes.

    Examples
    --------
    >>> loss = MultiTaskLoss([2, 1], label_smoothing=0.0)
    >>> float(loss(torch.tensor([[0.0, 0.0, 3.0]]), torch.tensor([[torch.nan, 1.0]])))
    4.0
    """

    def __init__(self, sizes: list[int], label_smoothing: float) -> None:
        super().__init__()
        self.sizes, self.label_smoothing = list(sizes), label_smoothing

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the loss over the targets that are not NaN; 0 where all are."""
        losses = []
        for columns, target in zip(outputs.split(self.sizes, dim=1), targets.T, strict=True):
            known = ~torch.isnan(target)
            if known.any():
                losses.append(self._of_one(columns[known], target[known]))
        return torch.stack(losses).mean() if losses else outputs.sum() * 0

    def _of_one(self, columns: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        if columns.shape[1] == 1:
            return nn.functional.mse_loss(columns[:, 0], target)
        return nn.functional.cross_entropy(
            columns, target.long(), label_smoothing=self.label_smoothing
        )
