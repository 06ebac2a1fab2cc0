"""Tensors and facts in one safetensors file: written whole, read without running anything."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from locomotion_analysis._version import __version__
from locomotion_analysis.errors import FileReadError
from locomotion_analysis.files import atomic_path

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
    told, tensors = _opened(place, content)
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


def _opened(place: Path, content: Content) -> tuple[Any, dict[str, torch.Tensor]]:
    if not place.is_file():
        raise _unreadable(place, content, "a folder" if place.is_dir() else "no such file")
    try:
        with safe_open(place, framework="pt") as opened:
            told = json.loads((opened.metadata() or {}).get(_KEY, "null"))
            return told, {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        reason = f"{type(error).__name__}: {str(error).splitlines()[0][:200]}"
        raise _unreadable(
            place, content, f"a file that is damaged or cut short ({reason})"
        ) from error


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
