"""Forces to body weights and moments to newton metres a kilogram, or a refusal."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import UnitError
from locomotion_analysis.ingest.recording import Recording, Stream
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2

_PER_MASS = {"_N": "_BW", "_Nm": "_Nm_kg", "_W": "_W_kg"}
_MASS_RANGE_KG = (2.0, 400.0)


def normalise_to_body(recording: Recording) -> Recording:
    """Divide forces by body weight, moments and powers by body mass.

    ``BW = N / (m * 9.80665)``, ``Nm_kg = Nm / m``, ``W_kg = W / m``.

    Parameters
    ----------
    recording : Recording
        Its ``metadata["mass_kg"]`` is the body mass, kg.

    Returns
    -------
    Recording
        With the signals in N, Nm and W renamed and divided, and a history that says so.

    Raises
    ------
    UnitError
        If there is such a signal and the mass is not known, or no human has it.
    """
    given = [name for name in recording.channels if _absolute(name)]
    if not given:
        return recording
    mass = body_mass(recording.metadata)
    if mass is None:
        raise UnitError(
            expected=f"a body mass, to bring {', '.join(given[:3])}"
            + (" ... " if len(given) > 3 else " ")
            + "to BW and Nm/kg",
            got="a subject whose mass is not known",
            where=f"{recording.source}, subject {recording.subject or 'unknown'}",
            fix="give a table with subject and mass_kg (--subjects subjects.csv)",
        )
    streams = tuple(_normalised(stream, mass) for stream in recording.streams)
    detail = f"N to BW, Nm to Nm_kg and W to W_kg with {mass:g} kg and {STANDARD_GRAVITY_M_S2} m/s2"
    return replace(recording, streams=streams).then(HistoryEntry("converted", detail, len(given)))


def body_mass(metadata: Mapping[str, object]) -> float | None:
    """Return the body mass of a subject's metadata, kg, or None where it is not known.

    Raises
    ------
    UnitError
        If it is not the mass of a person.
    """
    given = metadata.get("mass_kg")
    if given is None or not isinstance(given, (int, float, np.number)) or np.isnan(given):
        return None
    if not _MASS_RANGE_KG[0] < float(given) < _MASS_RANGE_KG[1]:
        raise UnitError(
            expected=f"a body mass between {_MASS_RANGE_KG[0]:g} and {_MASS_RANGE_KG[1]:g} kg",
            got=f"{float(given):g}",
            where="mass_kg",
            fix="give it in kilograms",
        )
    return float(given)


def _normalised(stream: Stream, mass: float) -> Stream:
    signals: dict[str, NDArray[np.float64]] = {}
    for name, values in stream.signals.items():
        unit = _absolute(name)
        if unit is None:
            signals[name] = values
            continue
        divisor = mass * STANDARD_GRAVITY_M_S2 if unit == "_N" else mass
        signals[name.removesuffix(unit) + _PER_MASS[unit]] = values / divisor
    return Stream(stream.time_s, signals)


def _absolute(name: str) -> str | None:
    return next((unit for unit in _PER_MASS if name.endswith(unit)), None)
