"""The identity doctor: names that are not one person's, and people of two names.

Splits keep people apart by their names, so a score of new people is worth what the names are. Looked
for are bodies that cannot be one person's under one name, names of marker sets and of nobody, names
that may be one, and two names with one gait. Nothing is renamed here.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.identity import (
    Body,
    bodies,
    is_marker_set,
    is_nobody,
    loose_name,
    one_of_each,
    respelled,
    told_apart,
)

Name = tuple[str, str]
"""Dataset and name."""

FEWEST_CYCLES = 4
"""Cycles of a name in one task below which its gait is not compared."""
FEWEST_CHANNELS = 3
"""Channels below which gaits of two people can be alike: one angle tells nobody."""
MOST_CYCLES = 12
"""Cycles of a name, in one task and side, that are compared."""
MOST_NAMES = 2000
"""Names whose gaits are compared in one task and side."""
FEWEST_MET = 4
"""Cycles of both that must lie nearest to one of the other name: a few may be chance."""
SHARE = 0.2
"""Share of the cycles of both names that lie nearest to one of the other name.

46 runners (three angles, two laboratories): no two reach it, nor do they in 45 draws of 8 to 24 of
their cycles; of those given two names, first and second half of 8 to 24 cycles, 52 to 80 % do.
"""
RECOGNISED = 0.9
"""Share of cycles that lie nearest to one of their own name (or its other name); with less, gait
does not tell these people apart."""

_SAMPLES = slice(0, None, 10)
_COMPONENTS = 48
_ROWS_AT_ONCE = 2048
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason to doubt the name of a subject.

    Attributes
    ----------
    code : str
        ``GAIT012`` to ``GAIT017``.
    dataset : str
        Whose names they are.
    subjects : tuple of str
        The names concerned.
    text : str
        What was found, in a sentence.
    """

    code: str
    dataset: str
    subjects: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"

    @property
    def is_open(self) -> bool:
        """Whether somebody has to say who is who; names in several spellings are settled."""
        return self.code != "GAIT014"


def identity_findings(data: LocomotionData, *, gait: bool = True) -> list[Finding]:
    """Look for names that are not one person's, and for people of two names.

    Parameters
    ----------
    data : LocomotionData
        Gait cycles.
    gait : bool
        Also compare the gaits behind the names (the slowest part, seconds for 2,000 people).

    Returns
    -------
    list of Finding
        By code; empty where nothing speaks against the names.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> identity_findings(simulate(n_subjects=5, n_cycles=6, tasks=["level_walking"]))
    []
    """
    found = Identities()
    found.add(data, gait=gait)
    return found.findings()


def name_findings(
    names: Iterable[Any], known: Mapping[str, Body] | None = None, dataset: str = ""
) -> list[Finding]:
    """Look at names alone, and at what is known of the bodies behind them.

    Parameters
    ----------
    names : iterable
        Names of people; numbers are nobody's fault.
    known : mapping of str to Body, optional
        What is known of the bodies; names that may be one are two where these differ.
    dataset : str
        Whose names they are.

    Examples
    --------
    >>> [found.code for found in name_findings(["S1", "S01", "FullBody52"])]
    ['GAIT013', 'GAIT015']
    """
    names, known = [str(name) for name in dict.fromkeys(names)], known or {}
    return sorted(_of_names(names, known, dataset), key=lambda each: each.code)


def _of_names(names: list[str], known: Mapping[str, Body], dataset: str) -> Iterator[Finding]:
    for name in names:
        conflicts = known[name].conflicts() if name in known else []
        if conflicts:
            text = (
                f"{name!r} has several bodies ({'; '.join(conflicts)}): one name over two people?"
            )
            yield Finding("GAIT012", dataset, (name,), text)
        own = name.rpartition("/")[2]  # of merged datasets the name has the dataset before it
        if is_marker_set(own):
            text = f"{name!r} is the name of a marker set or template: who was measured?"
            yield Finding("GAIT013", dataset, (name,), text)
        elif is_nobody(own):
            text = f"{name!r} names nobody: its cycles may be of several people, or of any other."
            yield Finding("GAIT016", dataset, (name,), text)
    for spelled in one_of_each(names).values():
        text = f"{_and(spelled)} differ by blanks, case or Unicode form alone: splits take them as one."
        yield Finding("GAIT014", dataset, tuple(spelled), text)
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(loose_name(name), []).append(name)
    for group in alike.values():
        pairs = [
            pair
            for pair in combinations(group, 2)
            if not one_of_each(pair)
            and not told_apart(known.get(pair[0], Body()), known.get(pair[1], Body()))
        ]
        if pairs:
            one = tuple(name for name in group if any(name in pair for pair in pairs))
            text = f"{_and(one)} differ by separators or zeros alone: one person or several?"
            yield Finding("GAIT015", dataset, one, text)


def _and(names: Iterable[str]) -> str:
    shown = [repr(name) for name in names]
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return (", ".join if more else " and ".join)(shown[:_SHOWN]) + more


@dataclass
class Identities:
    """Gathers over batches what is known of each name, in memory that grows with the people.

    Attributes
    ----------
    people : dict
        Dataset -> name -> body.
    cycles : Counter
        (dataset, name) -> number of cycles.
    gaits : dict
        (task, side) -> the cycles compared.
    respelled : dict
        What was read as one name.
    """

    people: dict[str, dict[str, Body]] = field(default_factory=dict)
    cycles: Counter[Name] = field(default_factory=Counter)
    gaits: "dict[tuple[str, str], _Gaits]" = field(default_factory=dict)
    respelled: dict[str, None] = field(default_factory=dict)

    def add(self, data: LocomotionData, *, gait: bool = True) -> None:
        """Take in some cycles."""
        cycles = data.cycles
        for (dataset, name), body in bodies(cycles).items():
            self.people.setdefault(dataset, {}).setdefault(name, Body()).add(body)
        names = list(cycles[["dataset", "subject"]].itertuples(index=False, name=None))
        self.cycles.update(names)
        self.respelled |= dict.fromkeys(entry.detail for entry in respelled(data.history))
        if not gait or len(data.channels) < FEWEST_CHANNELS:
            return
        sides = cycles["side"].astype(str) if "side" in cycles else pd.Series("", cycles.index)
        kinds = list(zip(cycles["task"], sides, strict=True))
        for kind in dict.fromkeys(kinds):
            rows = np.array([row for row, each in enumerate(kinds) if each == kind])
            own = [names[row] for row in rows]
            self.gaits.setdefault(kind, _Gaits()).add(own, data.channels, data.block, rows)

    def findings(self) -> list[Finding]:
        """Return what speaks against the names, by code."""
        found = []
        for dataset, known in self.people.items():
            found += name_findings(known, known, dataset)
        places: dict[str, list[str]] = {}
        for dataset, known in self.people.items():
            for name in known:
                places.setdefault(name, []).append(dataset)
        for spelled in one_of_each(places).values():
            where = sorted({dataset for name in spelled for dataset in places[name]})
            if not any(set(spelled) <= known.keys() for known in self.people.values()):
                text = f"{_and(spelled)} of {' and '.join(where)} are one in splits."
                found.append(Finding("GAIT014", ", ".join(where), tuple(spelled), text))
        found += [Finding("GAIT014", "", (), f"Read as one: {text}.") for text in self.respelled]
        alike: dict[tuple[Name, Name], float] = {}
        for task in dict.fromkeys(task for task, _ in self.gaits):
            met = Met()
            for (of_task, _), gaits in self.gaits.items():
                if of_task == task:
                    met.add(gaits.met())
            for pair, share in met.alike().items():
                alike[pair] = max(share, alike.get(pair, 0.0))
        for (one, other), share in alike.items():
            text = (
                f"{one[1]!r} and {other[1]!r} move alike: {share:.0%} of the cycles of both are "
                "nearest to one of the other. One person under two names?"
            )
            both = ", ".join(dict.fromkeys((one[0], other[0])))
            found.append(Finding("GAIT017", both, (one[1], other[1]), text))
        return sorted(found, key=lambda each: (each.code, each.dataset))

    def count(self, finding: Finding) -> int:
        """Return the number of cycles that a finding is about."""
        datasets = {finding.dataset, *finding.dataset.split(", ")}
        return sum(
            count
            for (dataset, name), count in self.cycles.items()
            if name in finding.subjects and dataset in datasets
        )


# Gaits compared


@dataclass
class _Gaits:
    """Some cycles of each name in one task and side, over few samples."""

    channels: tuple[str, ...] = ()
    rows: dict[Name, list[NDArray[np.float32]]] = field(default_factory=dict)

    def add(
        self,
        names: list[Name],
        channels: tuple[str, ...],
        block: NDArray[np.float32],
        rows: NDArray[np.intp],
    ) -> None:
        """Keep the first cycles of each name; other channels than before begin anew."""
        if channels != self.channels:
            self.channels, self.rows = channels, {}
        for name, row in zip(names, rows, strict=True):
            kept = self.rows.get(name)
            if kept is None and len(self.rows) < MOST_NAMES:
                kept = self.rows[name] = []
            if kept is not None and len(kept) < MOST_CYCLES:
                kept.append(block[:, row, _SAMPLES])

    def met(self) -> "Met":
        """Return whose cycle is nearest to each."""
        names = [name for name, kept in self.rows.items() if len(kept) >= 2]
        if len(names) < 2:
            return Met()
        curves = np.stack([each for name in names for each in self.rows[name]])
        who = np.repeat(np.arange(len(names)), [len(self.rows[name]) for name in names])
        measured: NDArray[np.bool_] = np.asarray(np.isfinite(curves).all(axis=2))
        used = measured.mean(axis=0) > RECOGNISED
        used &= np.where(measured[..., None], curves, 0).std(axis=0).max(axis=1) > 0
        whole = measured[:, used].all(axis=1)
        if used.sum() < FEWEST_CHANNELS or whole.sum() < 2:
            return Met()
        who = who[whole]
        near = who[_nearest(_scaled(curves[whole][:, used]))]
        pairs = Counter((names[one], names[other]) for one, other in zip(who, near, strict=True))
        return Met(Counter(names[one] for one in who), pairs)


@dataclass
class Met:
    """How many cycles of each name were compared, and whose cycle was nearest to them.

    Attributes
    ----------
    cycles : Counter
        Name -> cycles compared.
    nearest : Counter
        (name, name of the nearest cycle) -> cycles.
    """

    cycles: Counter[Name] = field(default_factory=Counter)
    nearest: Counter[tuple[Name, Name]] = field(default_factory=Counter)

    def add(self, other: "Met") -> None:
        """Take in the cycles of another side."""
        self.cycles.update(other.cycles)
        self.nearest.update(other.nearest)

    def alike(self) -> dict[tuple[Name, Name], float]:
        """Return the pairs of names whose cycles lie nearest to each other's, and their share."""
        found, told = {}, sum(count for (one, near), count in self.nearest.items() if one == near)
        for (one, other), count in self.nearest.items():
            back, both = self.nearest[other, one], self.cycles[one] + self.cycles[other]
            few = min(self.cycles[one], self.cycles[other]) < FEWEST_CYCLES
            if one < other and back and not few and count + back >= FEWEST_MET:
                share = (count + back) / both
                if share >= SHARE:
                    found[one, other] = share
                    told += count + back
        return found if told >= RECOGNISED * sum(self.cycles.values()) else {}


def _scaled(curves: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return one row a cycle, every channel of one spread, in its main directions."""
    centred = curves.astype(np.float64) - curves.mean(axis=0)
    centred /= np.sqrt(np.square(centred).mean(axis=(0, 2), keepdims=True))
    flat = centred.reshape(len(centred), -1)
    values, directions = np.linalg.eigh(flat.T @ flat)
    del values  # ascending
    return np.asarray(flat @ directions[:, -_COMPONENTS:])


def _nearest(rows: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the nearest other row of each."""
    square, nearest = np.square(rows).sum(axis=1), np.empty(len(rows), dtype=np.intp)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        distance = square - 2 * rows[part] @ rows.T
        distance[np.arange(len(distance)), np.arange(start, start + len(distance))] = np.inf
        nearest[part] = distance.argmin(axis=1)
    return nearest
