"""The checks: one code, severity, title and remedy each."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from locomotion_analysis.errors import SchemaError

Severity = Literal["error", "warning", "info"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes
    ----------
    code : str
        ``GAIT0xx`` structure, ``GAIT1xx`` physiology, ``GAIT2xx`` physics, ``GAIT3xx`` outliers.
    severity : {"error", "warning", "info"}
        error: the data cannot be right. warning: look at it. info: something is not there.
    title : str
        What a finding says, in one line.
    fix : str
        What to do about it, in one line.
    """

    code: str
    severity: Severity
    title: str
    fix: str


_ROWS: tuple[tuple[str, Severity, str, str], ...] = (
    ("GAIT001", "error", "subject on both sides of a split", "split by subject"),
    ("GAIT002", "error", "two cycles with one key", "number the steps of a subject differently"),
    ("GAIT003", "warning", "the same curves under another key", "remove the copy"),
    ("GAIT004", "warning", "gap within a curve", "fill short gaps when converting, or drop it"),
    ("GAIT005", "info", "channel not measured in this cycle", "nothing, or leave the channel out"),
    ("GAIT006", "error", "infinite value", "find the division by zero upstream"),
    ("GAIT007", "error", "not on the phase grid of 150 points", "resample the cycles"),
    ("GAIT008", "warning", "curve without any change", "write NaN where nothing was measured"),
    ("GAIT009", "info", "channel of one leg only", "add the other leg where it was measured"),
    ("GAIT010", "info", "metadata not there", "add the column; see locomotion info"),
    ("GAIT011", "warning", "last samples all the same", "locomotion doctor: stretched grid"),
    ("GAIT101", "error", "outside the rails of the task", "locomotion doctor, then the recording"),
    ("GAIT102", "warning", "outside the band of healthy adults", "look at the curve"),
    ("GAIT103", "warning", "unknown task: ranges not checked", "use a standard task name"),
    ("GAIT104", "info", "no published range for this channel and task", "check it by eye"),
    ("GAIT105", "warning", "metadata outside human range", "correct the unit or the value"),
    ("GAIT201", "error", "segment chain does not close", "check segment and pelvis conventions"),
    ("GAIT202", "error", "power is not moment times velocity", "check units, sides and signs"),
    ("GAIT203", "error", "both legs do not carry one body weight", "check mass, plates and sides"),
    ("GAIT204", "error", "velocity is not the angle's derivative", "check unit and duration"),
    ("GAIT205", "error", "angle jumps between two samples", "unwrap or drop the stride"),
    ("GAIT206", "error", "ground pulls the foot down", "check the sign and zero of the plate"),
    ("GAIT301", "warning", "stride unlike the subject's others", "look at the stride"),
    ("GAIT302", "info", "too few strides to judge outliers", "nothing, or record more strides"),
)

CHECKS: dict[str, Check] = {row[0]: Check(*row) for row in _ROWS}
"""Code -> check."""

ELSEWHERE = ("GAIT001",)
"""Codes that another room raises: the leak check of splits, in ``selection``."""


def known_codes(codes: Iterable[str]) -> frozenset[str]:
    """Return `codes` in upper case; raise for one that does not exist.

    A prefix names all its codes: ``GAIT3`` or ``GAIT3xx`` is every outlier check.

    Raises
    ------
    SchemaError
        If a code is unknown.
    """
    found: set[str] = set()
    for code in codes:
        prefix = code.upper().rstrip("X")
        matching = {name for name in CHECKS if name.startswith(prefix)} if prefix else set()
        if not matching or not prefix.startswith("GAIT"):
            raise SchemaError(
                expected=f"codes of checks ({', '.join(CHECKS)})",
                got=repr(code),
                fix="see docs/checks",
            )
        found |= matching
    return frozenset(found)
