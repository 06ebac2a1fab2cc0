"""Who is who: which spellings are one name, which are no person's, and which bodies can be one.

No split keeps people apart better than their names do. Two spellings are *one name* when they
differ by blanks, case or Unicode form alone (:func:`same_name`), unless what is known of the bodies
tells two people apart. They *may be* one name when they differ by separators or leading zeros
(:func:`loose_name`): ``S1``, ``S01`` and ``S-1`` are one person in one laboratory and three in
another, so nothing here decides it.
"""

import re
import unicodedata
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from locomotion_analysis.data.parts import HistoryEntry
from locomotion_analysis.errors import DuplicateCycleError, SchemaError
from locomotion_analysis.standard import KEY

MISSING = frozenset(
    {"", "-", "--", "---", ".", "na", "n/a", "n.a.", "<na>", "nan", "-nan", "null", "none"}
    | {"#n/a", "#nv", "#null!", "#div/0!", "#value!", "#wert!", "#num!", "#zahl!"}
)
"""What a cell says, in small letters, that holds no value; a point is that of SAS, SPSS and Stata."""
NAMELESS = MISSING | {"unknown", "?"}
"""What a name says, in small letters, that was not known: refused wherever data are made."""
_SEPARATORS = re.compile(r"[\s_\-./]+")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s_\-./]+(?=\d)")
_LEADING_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_NOT_KNOWN = NAMELESS | {
    *("unnamed", "anonymous", "anon", "subject", "patient", "untitled", "undefined"),
    *("new subject", "no name", "noname"),
}
_MARKER_SETS = re.compile(
    r"(?:"
    r"full[ _-]?body|lower[ _-]?(?:body|limbs?)|upper[ _-]?(?:body|limbs?)|plug[ _-]?in[ _-]?gait"
    r"|pig|cgm[\d.]*|helen[ _-]?hayes|cleveland|cast|ior|rizzoli|conventional|isb|aim|paf|qtm"
    r"|marker[ _-]?set|template|skeleton|model|default|theia3?d?|opencap|rajagopal"
    r"|gait(?:2354|2392|10dof18musc)|lai[ _-]?(?:arnold|uhlrich)(?:[ _-]?modified)?|newington"
    r"|animation|sports|qualisys|baseline|biomech|oxford[ _-]?foot|ofm"
    r")"
    r"(?:[ _-]*(?:full|body|lower|limbs?|upper|marker[ _-]?set|template|model|gait|functional"
    r"|sports|running|foot|biomech|clinic|helen[ _-]?hayes|ai|v|\d+|markers?|set|final|new))*",
    re.IGNORECASE,
)
"""Names of marker sets and of the templates that motion-capture software ships."""
_NUMBERED = re.compile(
    r"(?:pig|cast|ior|isb|aim|paf|qtm|ofm)[ _-]*\d+|cgm[ _-]*(?:0\d+|\d{2,})", re.IGNORECASE
)
"""Letters that name a marker set, and a number: as a rule the code of a study and its person."""
_AIDS = re.compile(
    r"(?:left|right|l|r)?[ _-]*(?:walker|rollator|cane|crutch(?:es)?|(?:walking[ _-]*)?stick|wand"
    r"|kr(?:ü|ue)cken?|gehstock|gehhilfe|calibration"
    r"|l[ _-]?frame|t[ _-]?wand|box|treadmill|exo(?:skeleton)?|prop|object|walking[ _-]?aid)"
    r"[ _-]*(?:\d+|left|right|l|r)?",
    re.IGNORECASE,
)
"""Things that motion-capture software lists beside people: walking aids and other props."""


def same_name(name: str) -> str:
    """Return the form in which spellings of one name are equal: NFKC, small letters, no blanks.

    Examples
    --------
    >>> same_name("S1 ") == same_name("s1")
    True
    """
    return "".join(_plain(name).split())


def loose_name(name: str) -> str:
    """Return the form in which names that *may* be one are equal: no separators, leading zeros.

    Between two digits a separator says where a number ends: ``1_12`` is not ``11_2``.

    Examples
    --------
    >>> loose_name("S-01"), loose_name("S10"), loose_name("007"), loose_name("1_012")
    ('s1', 's10', '7', '1-12')
    """
    kept = _BETWEEN_DIGITS.sub("\0", _plain(name))
    return _SEPARATORS.sub("", _LEADING_ZEROS.sub("", kept)).replace("\0", "-")


def is_nobody(name: str) -> bool:
    """Whether a name says that there is none: blank, ``NA``, a dash, ``unknown``, ``subject``.

    Examples
    --------
    >>> is_nobody(" n/a "), is_nobody("Nadia")
    (True, False)
    """
    return _plain(name) in _NOT_KNOWN


def is_marker_set(name: str) -> bool:
    """Whether a name is that of a marker set or a template rather than of a person.

    Examples
    --------
    >>> is_marker_set("FullBody52"), is_marker_set("PlugInGait FullBody (SACR)"), is_marker_set("P01")
    (True, True, False)
    """
    plain = re.sub(r"\s*\([^()]*\)$", "", name.strip())  # PlugInGait FullBody (UPA and FRM)
    return _MARKER_SETS.fullmatch(plain) is not None and not _NUMBERED.fullmatch(plain)


def is_walking_aid(name: str) -> bool:
    """Whether a name is that of a walking aid or another prop.

    Examples
    --------
    >>> is_walking_aid("Walker"), is_walking_aid("Crutch_L"), is_walking_aid("Walker Smith")
    (True, True, False)
    """
    return _AIDS.fullmatch(name.strip()) is not None


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip()


# Bodies: what can be known of one person, and what only of two

SESSIONS = ("session", "visit", "day", "date")
"""Columns that tell the sessions of a person apart, between which a body may change."""
TEXTS = {
    "sex": "sex",
    "date_of_birth": "date of birth",
    "birth_date": "date of birth",
    "birthdate": "date of birth",
    "dob": "date of birth",
}
"""Columns of which a person has one value -> what it is."""
GROWN_UP_YEARS = 20.0
"""Years of age from which a body's size stays what it is."""
_ROUNDING = 1e-3


@dataclass(frozen=True, slots=True)
class Measure:
    """How much a measure of one person may differ.

    Attributes
    ----------
    words : str
        What it is, with its unit.
    within, between : float
        Largest difference within a session and between sessions; of the smaller value where
        `relative`.
    a_year : float
        What growth may add to it in a year, before 20; 0 of what does not grow.
    relative : bool
    """

    words: str
    within: float
    between: float
    a_year: float = 0.0
    relative: bool = False

    def differ(self, low: float, high: float, allowed: float) -> bool:
        """Whether two values are further apart than is allowed."""
        return high - low > allowed * (low if self.relative else 1.0) + _ROUNDING


MEASURES = {
    # A fifth is more than weight loss or a pregnancy; children gain up to a quarter a year.
    "mass_kg": Measure("body mass, kg", 0.05, 0.20, 0.25, relative=True),
    # Shoes, time of the day and whoever measured make 3 cm; children grow up to 10 cm a year.
    "height_m": Measure("height, m", 0.03, 0.05, 0.10),
    "leg_length_m": Measure("leg length, m", 0.03, 0.05, 0.06),
    "age": Measure("age, years", 1.0, 10.0),
}
"""Columns of numbers that describe a body -> how much they may differ in one person."""


@dataclass
class Body:
    """What is known of the body behind one name.

    Attributes
    ----------
    numbers : dict
        Measure -> session -> (smallest, largest).
    texts : dict
        What -> its values as written.
    """

    numbers: dict[str, dict[Hashable, tuple[float, float]]] = field(default_factory=dict)
    texts: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, other: "Body") -> None:
        """Take in what else is known."""
        for name, sessions in other.numbers.items():
            own = self.numbers.setdefault(name, {})
            for session, (low, high) in sessions.items():
                before = own.get(session, (low, high))
                own[session] = min(low, before[0]), max(high, before[1])
        for name, values in other.texts.items():
            self.texts.setdefault(name, {}).update(values)

    def conflicts(self) -> list[str]:
        """Return what cannot be known of one person, for example ``"mass_kg: 60, 90"``."""
        found = [
            f"{name}: {', '.join(sorted(values.values()))}"
            for name, values in self.texts.items()
            if len(values) > 1
        ]
        ages = [low for low, _ in self.numbers.get("age", {}).values()]
        grown = not ages or min(ages) >= GROWN_UP_YEARS
        for name, sessions in self.numbers.items():
            measure = MEASURES[name]
            spans = [(low, high, measure.within) for low, high in sessions.values()]
            if grown or not measure.a_year:
                lows, highs = zip(*sessions.values(), strict=True)
                spans.append((min(lows), max(highs), measure.between))
            for low, high, allowed in spans:
                if measure.differ(low, high, allowed):
                    found.append(f"{name}: {low:.4g}, {high:.4g}")
                    break
        return found


def bodies(cycles: pd.DataFrame) -> dict[tuple[str, str], Body]:
    """Return what is known of the body behind each name.

    Parameters
    ----------
    cycles : DataFrame
        One row a cycle, with ``dataset`` and ``subject``; whichever there are of mass, height, leg
        length, age, sex and date of birth; and a column of sessions where there were several.

    Returns
    -------
    dict
        (dataset, subject) -> :class:`Body`, in the order of their first cycles.

    Examples
    --------
    >>> cycles = pd.DataFrame({"dataset": "lab", "subject": ["S1", "S1"], "mass_kg": [60.0, 90.0]})
    >>> bodies(cycles)["lab", "S1"].conflicts()
    ['mass_kg: 60, 90']
    """
    person = ["dataset", "subject"]
    known = {
        key: Body() for key in cycles[person].drop_duplicates().itertuples(index=False, name=None)
    }
    session = next((name for name in SESSIONS if name in cycles), None)
    sessions = cycles[session] if session else pd.Series("", index=cycles.index)
    by = [cycles["dataset"], cycles["subject"], sessions.astype(str).rename("session")]
    for name in MEASURES:
        if name not in cycles or not pd.api.types.is_numeric_dtype(cycles[name]):
            continue
        values = cycles[name].astype(np.float64)
        spans = values.groupby(by, sort=False).agg(["min", "max"]).dropna()
        for (dataset, subject, at), low, high in spans.itertuples(name=None):
            known[dataset, subject].numbers.setdefault(name, {})[at] = low, high
    for name, what in TEXTS.items():
        if name not in cycles:
            continue
        told = cycles.loc[cycles[name].notna(), [*person, name]].drop_duplicates()
        for dataset, subject, value in told.itertuples(index=False, name=None):
            if not is_nobody(str(value)):
                written = known[dataset, subject].texts.setdefault(what, {})
                written[compared(what, value)] = str(value)
    return known


SEXES = {"f": "female", "w": "female", "woman": "female", "m": "male", "man": "male"}
"""Words for a sex -> the standard one."""
SIDE_WORDS = {
    **dict.fromkeys(("l", "lt", "links", "gauche", "izquierda", "sinistra"), "left"),
    **dict.fromkeys(("r", "rt", "rechts", "droite", "derecha", "destra"), "right"),
}
"""Words for a side -> the standard one."""


def compared(what: str, value: Any) -> str:
    """Return the form in which two entries of one person are equal: f is female.

    Examples
    --------
    >>> compared("sex", "F"), compared("date of birth", "1990-02-01 00:00:00")
    ('female', '1990-02-01')
    """
    text = _plain(str(value))
    return SEXES.get(text, text) if what == "sex" else text[:10]


def told_apart(known: Body, other: Body) -> str:
    """Return what cannot be known of one person, though it can of each; empty where nothing is.

    Examples
    --------
    >>> told_apart(Body(texts={"sex": {"female": "F"}}), Body(texts={"sex": {"male": "M"}}))
    'sex: F, M'
    """
    both = Body()
    both.add(known)
    both.add(other)
    alone = {*known.conflicts(), *other.conflicts()}
    return "; ".join(text for text in both.conflicts() if text not in alone)


# One name a person, wherever data are made

_RESPELLED = "one name but for blanks, case or Unicode form"


@dataclass
class People:
    """The people met so far.

    Attributes
    ----------
    known : dict
        (dataset, name whatever its spelling) -> name -> body; of several names each is a person of
        its own, whom the bodies told apart.
    name_of : dict
        (dataset, spelling) -> name.
    """

    known: dict[tuple[str, str], dict[str, Body]] = field(default_factory=dict)
    name_of: dict[tuple[str, str], str] = field(default_factory=dict)

    def meet(self, dataset: str, spelling: str, body: Body) -> str:
        """Put a spelling in; return what tells its person from others of nearly that name."""
        people = self.known.setdefault((dataset, same_name(spelling)), {})
        name = unicodedata.normalize("NFC", spelling).strip()
        apart = {other: told_apart(known, body) for other, known in people.items()}
        fits = [other for other, why in apart.items() if not why]
        told = [f"{other!r} and {name!r} ({why})" for other, why in apart.items() if why]
        if len(fits) > 1 or (not fits and name in people):
            raise SchemaError(
                expected="names that differ by more than blanks, case or Unicode form for "
                "different people",
                got=f"{spelling!r}, which may be any of {', '.join(map(repr, fits))}"
                if fits
                else f"{spelling!r} of two people ({apart[name]})",
                where=f"column subject of dataset {dataset}",
                fix="give each person a name of their own, for example S1 and S2",
            )
        name = fits[0] if fits else name
        people.setdefault(name, Body()).add(body)
        self.name_of[dataset, spelling] = name
        return "" if fits else "; ".join(told)


def one_name_a_person(
    cycles: pd.DataFrame, met: People | None = None
) -> tuple[pd.DataFrame, list[HistoryEntry]]:
    """Give each person of a dataset one name: its first spelling, without blanks around.

    Names that differ by blanks, case or Unicode form alone are one (:func:`same_name`), unless
    their bodies tell two people apart; those keep their names.

    Parameters
    ----------
    cycles : DataFrame
        One row a cycle with its key, and what is known of the bodies.
    met : People, optional
        Those of earlier parts of the same data; who is met here is put in.

    Returns
    -------
    DataFrame, list of HistoryEntry
        The cycles, and what was renamed or kept apart.

    Raises
    ------
    SchemaError
        If a name may be that of several people.
    DuplicateCycleError
        If two cycles of what is one name share a key.
    """
    pairs = cycles[["dataset", "subject"]].drop_duplicates()
    names = list(pairs.itertuples(index=False, name=None))
    if met is None:
        alike = {(dataset, same_name(name)) for dataset, name in names}
        if len(alike) == len(names) and all(_is_tidy(name) for _, name in names):
            return cycles, []
    met, history = met or People(), []
    new = [pair for pair in names if pair not in met.name_of]
    if new:
        of_new = pd.MultiIndex.from_frame(cycles[["dataset", "subject"]]).isin(new)
        for (dataset, name), body in bodies(cycles[of_new]).items():
            apart = met.meet(dataset, name, body)
            if apart:
                detail = f"two people whose names differ by blanks, case or Unicode form: {apart}"
                history.append(HistoryEntry("assumed", detail))
    renamed = {pair: met.name_of[pair] for pair in names if met.name_of[pair] != pair[1]}
    if renamed:
        cycles, entries = _renamed(cycles, renamed)
        history += entries
    return cycles, history


def _is_tidy(name: str) -> bool:
    return name == unicodedata.normalize("NFC", name).strip()


def _renamed(
    cycles: pd.DataFrame, renamed: dict[tuple[str, str], str]
) -> tuple[pd.DataFrame, list[HistoryEntry]]:
    """Give the subjects their new names; refuse where two cycles would then share a key."""
    subjects, history = cycles["subject"], []
    for (dataset, name), chosen in renamed.items():
        rows = cycles["dataset"].eq(dataset) & cycles["subject"].eq(name)
        subjects = subjects.mask(rows, chosen)
        detail = f"subject {name!r} -> {chosen!r}: {_RESPELLED}"
        history.append(HistoryEntry("renamed", detail, int(rows.sum())))
    changed = cycles.assign(subject=subjects)
    before, after = (each.duplicated(list(KEY), keep=False) for each in (cycles, changed))
    meet = after & ~before
    if meet.any():
        at = changed[meet].iloc[0]
        spellings = cycles["subject"][meet & changed["subject"].eq(at["subject"])].unique()
        raise DuplicateCycleError(
            expected="one spelling of each subject's name",
            got=f"{' and '.join(map(repr, spellings))}, names that differ by blanks, case or "
            f"Unicode form alone, each with a cycle {at['task']}, {at['task_id']}, step "
            f"{at['step']}",
            where=f"column subject of dataset {at['dataset']}",
            fix="for one person write the name one way and number the steps on; two people need "
            "names that differ by more",
        )
    return changed, history


def respelled(history: Iterable[HistoryEntry]) -> list[HistoryEntry]:
    """Return the entries that tell of names read as one (:func:`one_name_a_person`)."""
    return [entry for entry in history if entry.detail.endswith(_RESPELLED)]


def one_of_each(groups: Iterable[str]) -> dict[str, list[str]]:
    """Return the names that are written in several ways, by their common form.

    Examples
    --------
    >>> one_of_each(["S1", "S2", "s1"])
    {'s1': ['S1', 's1']}
    """
    spelled: dict[str, list[str]] = {}
    for name in groups:
        spelled.setdefault(same_name(name), []).append(name)
    return {form: names for form, names in spelled.items() if len(names) > 1}
