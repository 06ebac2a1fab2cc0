"""What the licences of public datasets ask and forbid, so that it is said before the work begins.

A short reading of the licences, no legal advice: the licence itself counts.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

from locomotion_analysis.errors import LicenceError, SchemaError

Use = Literal["own", "share", "commercial"]
"""What a converted dataset is for: one's own research, to be passed on, or commercial use."""

USES: dict[Use, str] = {
    "own": "research of one's own",
    "share": "passing the converted data on",
    "commercial": "commercial use",
}
"""Use -> what it means."""


@dataclass(frozen=True)
class Terms:
    """What a licence asks of those who use the data, and what it does not allow.

    Attributes
    ----------
    asks : tuple of str
        What must be done.
    forbids : tuple of str
        Uses that are not allowed, among :data:`USES`.
    """

    asks: tuple[str, ...] = ()
    forbids: tuple[Use, ...] = ()


_CREDIT = ("name the authors and the licence", "say that the data were changed (converted)")
_ALIKE = "pass what is made of them on under the same licence only"
_KEEP = "keep the licence text with every copy"

TERMS: dict[str, Terms] = {
    "CC0-1.0": Terms(("cite the authors, as is good practice",)),
    "ODC-By-1.0": Terms(("name the database and its licence wherever results are published",)),
    "PDDL-1.0": Terms(("cite the authors, as is good practice",)),
    "CC-BY-3.0": Terms(_CREDIT),
    "CC-BY-4.0": Terms(_CREDIT),
    "CC-BY-SA-4.0": Terms((*_CREDIT, _ALIKE)),
    "CC-BY-NC-4.0": Terms(_CREDIT, ("commercial",)),
    "CC-BY-NC-SA-4.0": Terms((*_CREDIT, _ALIKE), ("commercial",)),
    "CC-BY-ND-4.0": Terms(_CREDIT, ("share",)),
    "CC-BY-NC-ND-4.0": Terms(_CREDIT, ("share", "commercial")),
    "Apache-2.0": Terms((_KEEP, "say what was changed")),
    "MIT": Terms((_KEEP,)),
    "BSD-3-Clause": Terms((_KEEP,)),
    "LicenseRef-not-stated": Terms(
        ("ask the authors before the data go anywhere",), ("share", "commercial")
    ),
    "LicenseRef-by-agreement": Terms(
        ("keep to the agreement that was signed to get the data",), ("share", "commercial")
    ),
}
"""SPDX identifier -> what the licence asks and forbids."""


def terms_of(licence: str) -> Terms:
    """Return what a licence asks and forbids.

    Examples
    --------
    >>> terms_of("CC-BY-NC-4.0").forbids
    ('commercial',)
    """
    if licence not in TERMS:
        raise SchemaError(
            expected=f"a licence among {', '.join(TERMS)}", got=repr(licence), where="licence"
        )
    return TERMS[licence]


def refuse_forbidden(licence: str, uses: Collection[str], where: str) -> Terms:
    """Return the terms of a licence, if they allow what is to be done.

    Parameters
    ----------
    licence : str
        SPDX identifier.
    uses : collection of str
        What the data are for, among :data:`USES`.
    where : str
        The dataset, for the message.

    Raises
    ------
    SchemaError
        If a use is not known.
    LicenceError
        If the licence forbids one.
    """
    if unknown := [use for use in uses if use not in get_args(Use)]:
        raise SchemaError(
            expected=f"a use among {', '.join(USES)}", got=repr(unknown[0]), where="use"
        )
    terms = terms_of(licence)
    if forbidden := [USES[use] for use in terms.forbids if use in uses]:
        said = (
            "states no licence, so nothing but research of one's own can be assumed"
            if licence == "LicenseRef-not-stated"
            else f"is {licence}"
        )
        raise LicenceError(
            expected=f"a use that the licence allows; the publisher of {where} {said}",
            got=" and ".join(forbidden),
            where=where,
            fix="ask the authors for their leave, or make it for your own research (--use own)",
        )
    return terms
