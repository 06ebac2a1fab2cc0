"""Names of people: which spellings are one name, and which are no person's name at all.

No split keeps people apart better than their names do. Two spellings are *one name* when they
differ by blanks, case or Unicode form alone (:func:`same_name`). They *may be* one name when they
differ by separators or leading zeros (:func:`loose_name`): ``S1``, ``S01`` and ``S-1`` are one
person in one laboratory and three in another, so nothing here decides it.
"""

import re
import unicodedata

from locomotion_analysis.data.columns import MISSING

_SEPARATORS = re.compile(r"[\s_\-./]+")
_LEADING_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_NOT_KNOWN = MISSING | {"unknown", "unnamed", "anonymous", "anon", "subject", "patient", "?"}
_MARKER_SETS = re.compile(
    r"(?:"
    r"full[ _-]?body|lower[ _-]?(?:body|limbs?)|upper[ _-]?(?:body|limbs?)|plug[ _-]?in[ _-]?gait"
    r"|pig|cgm[\d.]*|helen[ _-]?hayes|cleveland|cast|ior|rizzoli|conventional|isb|aim|paf|qtm"
    r"|marker[ _-]?set|template|skeleton|model|default|theia3?d?|opencap|rajagopal|gait\d{4}"
    r")"
    r"(?:[ _-]*(?:full|body|lower|limbs?|upper|marker[ _-]?set|template|model|gait|functional"
    r"|sports|biomech|ai|v|\d+|markers?|set|final|new))*",
    re.IGNORECASE,
)
"""Names of marker sets and of the templates that motion-capture software ships."""
_AIDS = re.compile(
    r"(?:left|right|l|r)?[ _-]*(?:walker|rollator|cane|crutch(?:es)?|stick|wand|calibration"
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

    Examples
    --------
    >>> loose_name("S-01"), loose_name("S10"), loose_name("007")
    ('s1', 's10', '7')
    """
    return _SEPARATORS.sub("", _LEADING_ZEROS.sub("", _plain(name)))


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
    >>> is_marker_set("FullBody52"), is_marker_set("PlugInGait FullBody"), is_marker_set("P01")
    (True, True, False)
    """
    return _MARKER_SETS.fullmatch(name.strip()) is not None


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
