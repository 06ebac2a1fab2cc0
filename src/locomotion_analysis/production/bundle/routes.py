"""Ways from features to a model's answer: scikit-learn itself, or its ONNX conversion."""

import tempfile
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import BundleError, FileReadError
from locomotion_analysis.models.supervised.saving import load_model
from locomotion_analysis.production.bundle.model_audit import audit_skops, refused


class Route(Protocol):
    """What answers: probabilities of classes, or numbers."""

    def answers(self, X: Any) -> NDArray[np.float64]:
        """Return probabilities (n_rows, n_classes), or predicted numbers (n_rows,)."""

    def labels(self, answers: NDArray[np.float64]) -> NDArray[Any]:
        """Return the classes that probabilities lead to; numbers as they are."""


class SklearnRoute:
    """The scikit-learn model itself.

    Parameters
    ----------
    model : estimator
        Fitted.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.classifies = hasattr(model, "predict_proba")

    def answers(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return probabilities (n_rows, n_classes), or predicted numbers (n_rows,)."""
        found = self.model.predict_proba(X) if self.classifies else self.model.predict(X)
        return np.asarray(found, dtype=float)

    def labels(self, answers: NDArray[np.float64]) -> NDArray[Any]:
        """Return the classes that probabilities lead to; numbers as they are."""
        if not self.classifies:
            return answers
        if hasattr(self.model, "called"):
            return np.asarray(self.model.called(answers))
        return np.asarray(np.asarray(self.model.classes_)[answers.argmax(axis=1)])


def skops_model(content: bytes, name: str) -> Any:
    """Return the model of a skops file, looked at before anything is made of it.

    Raises
    ------
    MissingExtraError
        If skops is not installed.
    BundleError
        If the file is damaged, or holds types that no model of ours has.
    """
    audit_skops(content, name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.skops"
        path.write_bytes(content)
        try:
            return load_model(path)
        except FileReadError as error:
            raise BundleError(
                expected=error.expected, got=error.got, where=name, fix=error.fix
            ) from error
        except (RecursionError, AttributeError, IndexError, MemoryError) as error:
            raise refused(name, f"{type(error).__name__}: {error}"[:200]) from error
