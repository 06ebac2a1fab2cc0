"""Fitted networks in one safetensors file, never a pickle."""

import inspect
import os
from pathlib import Path
from typing import Any

from sklearn.utils.validation import check_is_fitted

from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError
from locomotion_analysis.models.deep.adversarial import CurveGAN
from locomotion_analysis.models.deep.autoencoder import CurveAutoencoder
from locomotion_analysis.models.deep.core import FittedState, tensors_of
from locomotion_analysis.models.deep.diffusion import CurveDiffusion
from locomotion_analysis.models.deep.estimators import DeepClassifier, DeepMultiTask, DeepRegressor
from locomotion_analysis.models.deep.kinetics import CurveRegressor, KineticsModel
from locomotion_analysis.models.deep.pretraining import (
    CycleEncoder,
    FinetunedClassifier,
    FinetunedRegressor,
)
from locomotion_analysis.models.deep.state_file import (
    parameters_from,
    parameters_of,
    read_tensors,
    write_tensors,
)

ESTIMATORS: dict[str, type[Any]] = {
    each.__name__: each
    for each in (
        DeepClassifier,
        DeepRegressor,
        DeepMultiTask,
        CurveAutoencoder,
        CycleEncoder,
        FinetunedClassifier,
        FinetunedRegressor,
        CurveRegressor,
        KineticsModel,
        CurveDiffusion,
        CurveGAN,
    )
}
"""Estimators that a file may hold. No other is ever made."""

_NESTED = "estimator"


def save_network(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted network, whole or not at all.

    Parameters
    ----------
    estimator : estimator of ``models.deep``
        Fitted.
    path : path-like
        File to write, by custom ``.safetensors``.

    Raises
    ------
    SchemaError
        If it is another estimator, or a parameter is a function or the like.
    sklearn.exceptions.NotFittedError
        If it is not fitted.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> from locomotion_analysis.models.deep import DeepClassifier
    >>> X, y = np.random.default_rng(0).normal(size=(8, 150, 2)), ["healthy", "stroke"] * 4
    >>> model = DeepClassifier("gru", max_epochs=1, validation_share=None).fit(X, y)
    >>> file = tempfile.mkdtemp() + "/model.safetensors"
    >>> save_network(model, file)
    >>> bool((load_network(file).predict(X) == model.predict(X)).all())
    True
    """
    state = _packed(estimator)
    write_tensors(path, "network", state.tensors, state.facts)


def load_network(path: str | os.PathLike[str], device: str = "auto") -> Any:
    """Read a network that :func:`save_network` wrote.

    The file is data, not a program: only estimators of this package are made from it.

    Parameters
    ----------
    path : path-like
        File to read.
    device : str
        Where it shall answer; ``"auto"`` for a GPU where there is one.

    Returns
    -------
    estimator of ``models.deep``
        Fitted, of the class that was saved.

    Raises
    ------
    FileReadError
        If the file is missing, cut short, altered, of a later format, or does not fit the
        architecture it names.
    """
    tensors, facts = read_tensors(path, "network")
    try:
        return _unpacked(FittedState(tensors, facts), device)
    except FileReadError as error:
        raise error.at(str(Path(path))) from None
    except (
        RuntimeError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        LocomotionError,
    ) as error:
        raise FileReadError(
            expected="weights that fit the architecture the file names",
            got=f"{type(error).__name__}: {' '.join(str(error).split())[:300]}",
            where=str(Path(path)),
            fix="save the network again, with the version of this package that trained it",
        ) from error


def _packed(estimator: Any) -> FittedState:
    kind = type(estimator).__name__
    if ESTIMATORS.get(kind) is not type(estimator):
        raise SchemaError(
            expected=f"one of {', '.join(ESTIMATORS)}",
            got=kind,
            where="estimator",
            fix="for scikit-learn models use models.supervised.saving.save_model",
        )
    check_is_fitted(estimator)
    learned = estimator._state()  # noqa: SLF001 - of the same room
    tensors = {f"learned.{name}": value for name, value in learned.tensors.items()}
    facts = {"kind": kind, "learned": dict(learned.facts)}
    nested = {
        name: _packed(value)
        for name, value in estimator.get_params(deep=False).items()
        if type(value).__name__ in ESTIMATORS
    }
    for name, inner in nested.items():
        tensors |= {f"{name}.{key}": value for key, value in inner.tensors.items()}
    plain = type(estimator)(**{**estimator.get_params(deep=False), **dict.fromkeys(nested)})
    facts["parameters"] = parameters_of(plain)
    facts[_NESTED] = {name: dict(inner.facts) for name, inner in nested.items()}
    return FittedState(tensors, facts)


def _unpacked(state: FittedState, device: str) -> Any:
    facts = state.facts
    kind = ESTIMATORS.get(str(facts["kind"]))
    if kind is None:
        raise FileReadError(
            expected=f"one of {', '.join(ESTIMATORS)}",
            got=repr(facts["kind"]),
            fix="install the version of this package that wrote the file",
        )
    parameters = parameters_from(facts["parameters"], kind)
    for name, inner in facts[_NESTED].items():
        parameters[name] = _unpacked(FittedState(tensors_of(state.tensors, name), inner), device)
    if "device" in inspect.signature(kind).parameters:
        parameters["device"] = device
    estimator = kind(**parameters)
    learned = FittedState(tensors_of(state.tensors, "learned"), facts["learned"])
    estimator._restore(learned)  # noqa: SLF001 - of the same room
    return estimator
