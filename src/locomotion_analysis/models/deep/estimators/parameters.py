"""Parameters of an estimator as JSON, and back."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.models.deep import augmentation
from locomotion_analysis.models.deep.augmentation import GaitAugmentation

OF_THIS_RUN = ("checkpoint", "log", "progress")
"""Parameters that say where a training writes and what it shows; they do not travel."""

_CLASS = "augmentation"


def parameters_of(estimator: Any) -> dict[str, Any]:
    """Return an estimator's parameters as JSON can hold them.

    Raises
    ------
    SchemaError
        If one is an object that JSON cannot describe, such as a function.
    """
    return {
        name: _written(value, name)
        for name, value in estimator.get_params(deep=False).items()
        if name not in OF_THIS_RUN
    }


def settings_of(estimator: Any) -> dict[str, Any]:
    """Return what of the parameters decides how a training goes, to compare two trainings by.

    As :func:`parameters_of`, but an object that JSON cannot describe is named by its class or
    function: enough to see that it is another.
    """
    names = estimator.get_params(deep=False).keys() - {*OF_THIS_RUN, "device"}
    return {name: _written_or_named(getattr(estimator, name), name) for name in sorted(names)}


def parameters_from(written: Mapping[str, Any], kind: type) -> dict[str, Any]:
    """Return the parameters that :func:`parameters_of` wrote.

    Raises
    ------
    FileReadError
        If one is not a parameter of `kind`, or an augmentation is not known.
    """
    known = inspect.signature(kind).parameters
    unknown = [name for name in written if name not in known]
    if unknown:
        raise FileReadError(
            expected=f"parameters of {kind.__name__}", got=", ".join(map(repr, unknown[:3]))
        )
    return {name: _read(value) for name, value in written.items()}


def _written(value: Any, name: str) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, GaitAugmentation) and hasattr(augmentation, type(value).__name__):
        inner = value.get_params(deep=False)
        return {
            _CLASS: type(value).__name__,
            **{key: _written(each, f"{name}.{key}") for key, each in inner.items()},
        }
    if isinstance(value, Mapping):
        return {str(key): _written(each, f"{name}[{key!r}]") for key, each in value.items()}
    if isinstance(value, (Sequence, np.ndarray)):
        return [_written(each, name) for each in value]
    raise SchemaError(
        expected="numbers, text, lists of them, or augmentations of this package",
        got=f"{type(value).__name__}",
        where=f"parameter {name}",
        fix="what a file should hold must be data: write an augmentation of your own as a step "
        "before the network, or set the parameter to None before saving",
    )


def _written_or_named(value: Any, name: str) -> Any:
    try:
        return _written(value, name)
    except SchemaError:
        return getattr(value, "__qualname__", type(value).__qualname__)


def _read(value: Any) -> Any:
    if isinstance(value, dict) and _CLASS in value:
        name = value[_CLASS]
        kind = getattr(augmentation, str(name), None) if name in augmentation.__all__ else None
        if not (isinstance(kind, type) and issubclass(kind, GaitAugmentation)):
            raise FileReadError(expected="an augmentation of this package", got=repr(name))
        rest = {key: each for key, each in value.items() if key != _CLASS}
        return kind(**{key: _read(each) for key, each in rest.items()})
    if isinstance(value, dict):
        return {key: _read(each) for key, each in value.items()}
    return [_read(each) for each in value] if isinstance(value, list) else value
