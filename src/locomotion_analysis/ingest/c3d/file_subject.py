"""Who was recorded: name, mass, height and leg length from a C3D file's parameters."""

from typing import Any

from locomotion_analysis.ingest.c3d.content import C3DContent

_MM = 1e-3
_TALLEST_M, _LARGEST_KG = 2.6, 400.0


def c3d_subject(content: C3DContent) -> tuple[str, dict[str, Any]]:
    """Return the subject's name ("" where unknown) and metadata.

    Vicon writes ``SUBJECTS:NAMES`` and ``PROCESSING:Bodymass`` (kg), ``Height``, ``LLegLength``,
    ``RLegLength`` (mm); ELITE writes ``SUBJECT:Weight`` (kg), ``Height`` (cm), ``Age``.

    Returns
    -------
    str
    dict
        Any of ``mass_kg, height_m, leg_length_m, age``; what is missing, zero or impossible is
        left out.
    """
    names = content.texts("SUBJECTS", "NAMES") + content.texts("SUBJECT", "NAME")
    legs = [
        length
        for side in "LR"
        if (length := _positive(content.number("PROCESSING", f"{side}LegLength"))) is not None
    ]
    metadata = {
        "mass_kg": _first(content, ("PROCESSING", "Bodymass"), ("SUBJECT", "Weight")),
        "height_m": _length_m(_first(content, ("PROCESSING", "Height"), ("SUBJECT", "Height"))),
        "leg_length_m": _length_m(sum(legs) / len(legs)) if legs else None,
        "age": _first(content, ("SUBJECT", "Age")),
    }
    if metadata["mass_kg"] is not None and metadata["mass_kg"] > _LARGEST_KG:
        metadata["mass_kg"] = None
    known = {name: value for name, value in metadata.items() if value is not None}
    return next((name for name in names if name), ""), known


def _first(content: C3DContent, *places: tuple[str, str]) -> float | None:
    values = (_positive(content.number(group, name)) for group, name in places)
    return next((value for value in values if value is not None), None)


def _positive(value: float | None) -> float | None:
    return value if value is not None and value > 0 else None


def _length_m(value: float | None) -> float | None:
    """Return metres from mm, cm or m: the one in which a body length is possible."""
    if value is None:
        return None
    fits = (value * factor for factor in (_MM, 1e-2, 1.0))
    return next((length for length in fits if 0.2 < length < _TALLEST_M), None)
