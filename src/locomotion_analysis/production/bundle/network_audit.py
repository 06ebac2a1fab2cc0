"""Files of networks looked at before anything is made of them."""

import math
from collections.abc import Mapping
from typing import Any

from locomotion_analysis.errors import BundleError, LocomotionError
from locomotion_analysis.production.bundle.model_audit import refused
from locomotion_analysis.production.typed_json import parsed_json

KINDS = ("DeepClassifier", "DeepRegressor")
"""Estimators that a bundle may hold."""

MOST_HEADER_BYTES = 4 << 20
MOST_TENSORS = 10_000
MOST_OPTION = 4096
"""Most bytes of a header, most tensors of a file, and the largest size a network may be asked for."""

_LENGTH = 8
_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "U8": 1, "BOOL": 1}
_FACTS = "locomotion_analysis"
_METADATA = "__metadata__"
_WEIGHT = "learned.network."


def audit_network(content: bytes, name: str) -> None:
    """Refuse a safetensors file that is not what it says, or whose network has other weights.

    Nothing of the size that a file claims is made: lengths are compared with those of the file,
    and the network is laid out without memory (``torch.device("meta")``) to compare shapes.

    Parameters
    ----------
    content : bytes
        The file.
    name : str
        Its name, for messages.

    Raises
    ------
    BundleError
        If header, sizes, places or shapes do not fit, or the estimator is not one of ours.
    """
    header, n_bytes = _header(content, name)
    shapes = _shapes(header, n_bytes, name)
    facts = _facts(header, name)
    expected = _laid_out(facts, name)
    weights = {
        key.removeprefix(_WEIGHT): shape for key, shape in shapes.items() if key.startswith(_WEIGHT)
    }
    if weights != expected:
        odd = sorted(key for key in {*weights, *expected} if weights.get(key) != expected.get(key))
        raise refused(name, f"weights of other shapes than the network has: {odd[0]}"[:200])


def _header(content: bytes, name: str) -> tuple[dict[str, Any], int]:
    """Return the header, and how many bytes of tensors stand behind it."""
    length = int.from_bytes(content[:_LENGTH], "little")
    rest = len(content) - _LENGTH
    if len(content) < _LENGTH or not 0 < length <= min(rest, MOST_HEADER_BYTES):
        raise refused(name, f"a header of {length:,} bytes in a file of {len(content):,}")
    try:
        header = parsed_json(content[_LENGTH : _LENGTH + length])
    except BundleError as error:
        raise refused(name, f"a header that is {error.got}"[:200]) from error
    if not isinstance(header, dict) or len(header) > MOST_TENSORS:
        raise refused(name, "a header that lists no tensors, or too many")
    return header, rest - length


def _shapes(header: Mapping[str, Any], n_bytes: int, name: str) -> dict[str, tuple[int, ...]]:
    """Return the shape of each tensor; they must fill the file one after another."""
    shapes, places = {}, []
    for key, told in header.items():
        if key == _METADATA:
            continue
        if not isinstance(told, dict) or set(told) != {"dtype", "shape", "data_offsets"}:
            raise refused(name, f"an entry {key!r} that is no tensor"[:200])
        dtype, shape, offsets = told["dtype"], told["shape"], told["data_offsets"]
        whole = all(_is_lengths(each) for each in (shape, offsets)) and len(offsets) == 2
        size = _BYTES.get(dtype) if isinstance(dtype, str) else None
        if not whole or size is None:
            raise refused(name, f"{key!r} of type {dtype!r}, shape {shape!r}"[:200])
        if math.prod(shape) * size != offsets[1] - offsets[0]:
            raise refused(name, f"{key!r} of shape {shape} in other bytes"[:200])
        shapes[key] = tuple(shape)
        places.append(tuple(offsets))
    end = 0
    for first, last in sorted(places):
        if first != end:
            raise refused(name, "tensors that overlap, or bytes between them")
        end = last
    if end != n_bytes:
        raise refused(name, f"{n_bytes:,} bytes of tensors, where the header tells of {end:,}")
    return shapes


def _is_lengths(value: Any) -> bool:
    return isinstance(value, list) and all(type(each) is int and each >= 0 for each in value)


def _facts(header: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return what the file says of its estimator."""
    told = header.get(_METADATA)
    text = told.get(_FACTS) if isinstance(told, dict) else None
    if not isinstance(text, str):
        raise refused(name, "a file that save_network did not write")
    try:
        facts = parsed_json(text.encode())["facts"]
        kind, parameters, learned = facts["kind"], facts["parameters"], facts["learned"]
        n_points = learned["scaler_"]["n_points_"]
        n_outputs = len(learned["classes_"]["values"]) if kind == "DeepClassifier" else 1
        options = {**(parameters["network_options"] or {})}
        dropout, channels = parameters["dropout"], parameters["channels"]
        architecture = parameters["architecture"]
    except (BundleError, KeyError, TypeError) as error:
        raise refused(name, f"facts of a network that lack {error}"[:200]) from error
    if kind not in KINDS or facts.get("estimator"):
        raise refused(name, f"an estimator {kind!r}, where {' and '.join(KINDS)} may be"[:200])
    sizes = [n_points, *(each for each in options.values() if not isinstance(each, str))]
    if not all(isinstance(each, (int, float)) and 0 <= each <= MOST_OPTION for each in sizes):
        raise refused(name, f"a network of sizes {sizes}"[:200])
    return {
        "architecture": architecture,
        "dropout": dropout,
        "channels": channels,
        "options": options,
        "size": (len(channels or ()), n_points, n_outputs),
    }


def _laid_out(facts: Mapping[str, Any], name: str) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the weights of the network that a file names, without making it."""
    import torch

    from locomotion_analysis.models.deep.networks import architecture, network_settings

    try:
        network = architecture(facts["architecture"])
        settings = network_settings(network, facts["dropout"], facts["channels"], facts["options"])
        with torch.device("meta"):
            made = network(*facts["size"], **settings)
    except (LocomotionError, RuntimeError, TypeError, ValueError, OverflowError) as error:
        raise refused(name, f"{type(error).__name__}: {error}"[:200]) from error
    return {key: tuple(value.shape) for key, value in made.state_dict().items()}
