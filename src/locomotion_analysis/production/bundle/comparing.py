"""What differs between two bundles: what they say, what they expect, what they answer."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.production.bundle.golden import plain_answers
from locomotion_analysis.production.bundle.opened import Bundle

_SHOWN = 5
_UNTOLD = ("members", "inputs", "limits")


@dataclass(frozen=True)
class Difference:
    """One entry that is not the same.

    Attributes
    ----------
    what : str
        Name of the entry.
    first, second : str
        What either bundle has; empty where it has nothing.
    """

    what: str
    first: str
    second: str


def compare_bundles(first: Bundle, second: Bundle) -> list[Difference]:
    """Return what differs between two bundles.

    Parameters
    ----------
    first, second : Bundle
        Opened.

    Returns
    -------
    list of Difference
        Entries of the manifest; features and channels that one has and the other has not; and,
        where both take the same features, how far their answers to the golden rows of the
        first are apart. Empty for bundles that say and answer the same.
    """
    told, other = (dict(_flat(asdict(each.manifest))) for each in (first, second))
    found = [
        Difference(name, told.get(name, ""), other.get(name, ""))
        for name in sorted({*told, *other})
        if told.get(name, "") != other.get(name, "")
    ]
    return [*found, *_names(first, second), *_answers(first, second)]


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, each in value.items():
        if not prefix and name in _UNTOLD:
            continue
        if isinstance(each, Mapping):
            yield from _flat(each, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", f"{each:.6g}" if isinstance(each, float) else str(each)


def _names(first: Bundle, second: Bundle) -> Iterator[Difference]:
    pairs = (
        ("features", first.schema.names, second.schema.names),
        ("channels", *(tuple(c.name for c in each.channels) for each in (first, second))),
    )
    for what, told, other in pairs:
        gone = [name for name in told if name not in set(other)]
        new = [name for name in other if name not in set(told)]
        if gone or new:
            yield Difference(f"{what} of one only", _listed(gone), _listed(new))
        elif told != other:
            yield Difference(f"order of {what}", "", "another")


def _answers(first: Bundle, second: Bundle) -> Iterator[Difference]:
    try:
        other = plain_answers(second.predict_features(first.golden.features))
    except SchemaError:
        return
    own = plain_answers(first.predict_features(first.golden.features))
    changed = int((own["prediction"].astype(str) != other["prediction"].astype(str)).sum())
    shared = [name for name in own.select_dtypes("number") if name in other]
    gap = np.abs(own[shared].to_numpy(float) - other[shared].to_numpy(float)).max(initial=0.0)
    if changed or gap:
        text = f"{changed} of {len(own)} answered otherwise, farthest apart by {gap:.3g}"
        yield Difference("golden rows of the first", "", text)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{len(names)}: {', '.join(names[:_SHOWN])}{more}" if names else ""
