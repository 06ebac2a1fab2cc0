"""Dataclasses from JSON of unknown origin: every value checked against its annotation."""

import json
import math
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from locomotion_analysis.errors import BundleError

T = TypeVar("T")
_hints = cache(get_type_hints)


def document(kind: type[T], content: bytes, what: str, number: int, where: str = "") -> T:
    """Return a file of JSON as a dataclass that has its number of the format among its entries.

    Parameters
    ----------
    kind : type
        As for :func:`typed`, with a field ``format``.
    content : bytes
        UTF-8.
    what : str
        What the file is, for messages, for example ``a registry``.
    number : int
        The format that this version reads.
    where : str
        Name for messages.

    Raises
    ------
    BundleError
        If it is damaged, or of another format.
    """
    value = parsed_json(content)
    found = value.get("format") if isinstance(value, dict) else None
    if found != number or isinstance(found, bool):
        raise BundleError(
            expected=f"{what} of format {number}",
            got=f"format {found!r}"[:60],
            where=where,
            fix="update locomotion-analysis, or make it again",
        )
    return typed(kind, value, where)


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

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a name that occurs twice in one object")
        return found

    def no_constant(name: str) -> None:
        raise ValueError(f"{name}, which is no number of JSON")

    try:
        return json.loads(
            content.decode("utf-8"), object_pairs_hook=once, parse_constant=no_constant
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
    origin, inner = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        _check(isinstance(value, dict), "an object", value, where)
        names = {field.name for field in fields(kind)}
        odd = sorted(names.symmetric_difference(value))
        _check(not odd, f"the entries {', '.join(sorted(names))}", f"{', '.join(odd)} amiss", where)
        record = cast("type", kind)
        hints = _hints(record)
        told = {name: _value(hints[name], value[name], f"{where}.{name}") for name in names}
        return record(**told)
    if origin in (Union, UnionType):
        return _one_of(inner, value, where)
    if origin is tuple:
        _check(isinstance(value, list), "a list", value, where)
        return tuple(_value(inner[0], each, f"{where}[{at}]") for at, each in enumerate(value))
    if origin is dict:
        _check(isinstance(value, dict), "an object", value, where)
        return {name: _value(inner[1], each, f"{where}.{name}") for name, each in value.items()}
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is float:
        _check(number and math.isfinite(value), "a finite number", value, where)
        return float(value)
    fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    _check(fits, kind.__name__, value, where)
    return value


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


def _check(fits: bool, expected: str, value: Any, where: str) -> None:
    if not fits:
        shown = value if isinstance(value, str) else repr(value)
        raise BundleError(expected=expected, got=shown[:120], where=where)
