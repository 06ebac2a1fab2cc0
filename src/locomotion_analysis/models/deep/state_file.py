"""What an estimator is and learned, in one safetensors file: written whole, read as data."""

import hashlib
import inspect
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from locomotion_analysis._version import __version__
from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.files import atomic_path
from locomotion_analysis.models.deep.augmentation import (
    AugmentationChain,
    MagnitudeWarp,
    PhaseJitter,
    SideSwap,
    StrideNoise,
)

FORMAT = 1
"""Raised when older versions of this package can no longer read the file."""

Content = Literal["network", "checkpoint"]
_KEY = "locomotion_analysis"


class TensorFile(NamedTuple):
    """What a file holds: tensors by name, and facts that JSON can hold."""

    tensors: dict[str, torch.Tensor]
    facts: dict[str, Any]


def write_tensors(
    path: str | os.PathLike[str],
    content: Content,
    tensors: Mapping[str, torch.Tensor],
    facts: Mapping[str, Any],
) -> None:
    """Write tensors and facts, whole or not at all.

    Parameters
    ----------
    path : path-like
        File to write, by custom ``.safetensors``.
    content : {"network", "checkpoint"}
        What it is.
    tensors : mapping of str to Tensor
        On any device.
    facts : mapping
        Of what JSON can hold.
    """
    # safetensors refuses tensors that share memory, as tied or sliced weights do.
    own = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    told = {
        "format": FORMAT,
        "content": content,
        "version": __version__,
        "digest": _digest(own),
        "facts": dict(facts),
    }
    with atomic_path(path) as temporary:
        save_file(own, temporary, metadata={_KEY: json.dumps(told, allow_nan=False)})


def read_tensors(path: str | os.PathLike[str], content: Content) -> TensorFile:
    """Read what :func:`write_tensors` wrote.

    Raises
    ------
    FileReadError
        If the file is missing, cut short, altered, of other content, or of a later format.
    """
    place = Path(path)
    if not place.is_file():
        raise _unreadable(place, content, "a folder" if place.is_dir() else "no such file")
    try:
        with safe_open(place, framework="pt") as opened:
            told = json.loads((opened.metadata() or {}).get(_KEY, "null"))
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        reason = f"{type(error).__name__}: {str(error).splitlines()[0][:200]}"
        raise _unreadable(
            place, content, f"a file that is damaged or cut short ({reason})"
        ) from error
    if not isinstance(told, dict) or told.get("content") != content:
        found = told.get("content") if isinstance(told, dict) else None
        raise _unreadable(place, content, f"a {found} of this package" if found else "other data")
    if told.get("format") != FORMAT:
        raise FileReadError(
            expected=f"a {content} file of format {FORMAT}",
            got=f"format {told.get('format')}, written by version {told.get('version')}",
            where=str(place),
            fix=f"install that version of this package (here: {__version__})",
        )
    if told.get("digest") != _digest(tensors) or not isinstance(told.get("facts"), dict):
        raise _unreadable(place, content, "values that were altered after writing")
    return TensorFile(tensors, told["facts"])


def _unreadable(place: Path, content: Content, got: str) -> FileReadError:
    fix = {
        "network": "name a file that save_network wrote, or write it again",
        "checkpoint": "remove it to train from the start, or name another file",
    }
    return FileReadError(
        expected=f"a {content} file (safetensors) of this package",
        got=got,
        where=str(place),
        fix=fix[content],
    )


def _digest(tensors: Mapping[str, torch.Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        value = tensors[name]
        digest.update(f"{name} {value.dtype} {tuple(value.shape)} ".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


OF_THIS_RUN = ("checkpoint", "log", "progress")
"""Parameters that say where a training writes and what it shows; they do not travel."""

AUGMENTATIONS = {
    each.__name__: each
    for each in (AugmentationChain, MagnitudeWarp, PhaseJitter, SideSwap, StrideNoise)
}
"""Augmentations that a file may name. No other is ever made."""

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
    if type(value) in AUGMENTATIONS.values():
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
        kind = AUGMENTATIONS.get(str(value[_CLASS]))
        if kind is None:
            raise FileReadError(
                expected=f"one of {', '.join(AUGMENTATIONS)}", got=repr(value[_CLASS])
            )
        rest = {key: each for key, each in value.items() if key != _CLASS}
        return kind(**{key: _read(each) for key, each in rest.items()})
    if isinstance(value, dict):
        return {key: _read(each) for key, each in value.items()}
    return [_read(each) for each in value] if isinstance(value, list) else value
