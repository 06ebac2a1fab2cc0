"""Dataclasses from JSON of unknown origin: every value checked against its annotation."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from locomotion_analysis.errors import BundleError

T = TypeVar("T")


def parsed_json(content: bytes) -> Any:
    """Return plain JSON; names that occur twice, NaN and endless nesting are refused.

    Parameters
    ----------
    content : bytes
        UTF-8.

    Raises
    ------
    BundleError
        If it is anything else.
    """
    try:
        return json.loads(
            content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "nested too deeply"
        raise BundleError(expected="plain JSON", got=reason) from error


def typed(kind: type[T], value: Any, where: str) -> T:
    """Return a JSON value as a dataclass, or say which entry does not fit.

    Parameters
    ----------
    kind : type
        Dataclass of text, numbers, None, tuples, mappings with text keys, and dataclasses.
    value : object
        What was parsed.
    where : str
        Name for messages.

    Raises
    ------
    BundleError
        If an entry is missing, unknown, or of another type.
    """
    return cast("T", _value(kind, value, where))


def _value(kind: Any, value: Any, where: str) -> Any:
    if is_dataclass(kind):
        return _record(cast("type", kind), value, where)
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _one_of(get_args(kind), value, where)
    if origin is tuple:
        _check(isinstance(value, list), "a list", value, where)
        inner = get_args(kind)[0]
        return tuple(_value(inner, each, f"{where}[{at}]") for at, each in enumerate(value))
    if origin is dict:
        _check(isinstance(value, dict), "an object", value, where)
        inner = get_args(kind)[1]
        return {name: _value(inner, each, f"{where}.{name}") for name, each in value.items()}
    return _plain(kind, value, where)


def _record(kind: type, value: Any, where: str) -> Any:
    _check(isinstance(value, dict), "an object", value, where)
    names = {field.name for field in fields(kind)}
    odd = sorted(names.symmetric_difference(value))
    _check(not odd, f"the entries {', '.join(sorted(names))}", f"{', '.join(odd)} amiss", where)
    hints = _hints(kind)
    return kind(**{name: _value(hints[name], value[name], f"{where}.{name}") for name in names})


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _one_of(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and NoneType in kinds:
        return None
    error: BundleError | None = None
    for kind in kinds:
        if kind is not NoneType:
            try:
                return _value(kind, value, where)
            except BundleError as mismatch:
                error = mismatch
    raise error or BundleError(expected="nothing", got=repr(value), where=where)


def _plain(kind: Any, value: Any, where: str) -> Any:
    if kind is float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        _check(number and math.isfinite(value), "a finite number", value, where)
        return float(value)
    right = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    _check(right, kind.__name__, value, where)
    return value


def _check(fits: bool, expected: str, value: Any, where: str) -> None:
    if not fits:
        shown = value if isinstance(value, str) else repr(value)
        raise BundleError(expected=expected, got=shown[:120], where=where)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name that occurs twice in one object")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name}, which is no number of JSON")
