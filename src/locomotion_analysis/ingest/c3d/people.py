"""Who was recorded in a C3D file, and which labels and events are whose.

Several people may walk in one file: then labels carry the subject's name before a colon
(``A:LKneeAngles``) and ``EVENT:SUBJECTS`` names one for each event. A walking aid is no person.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.data.identity import (
    is_marker_set,
    is_nobody,
    is_walking_aid,
    same_name,
)
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest.c3d.content import C3DContent
from locomotion_analysis.ingest.tables.subjects import GROWN_INCHES

_MM = 1e-3
_TALLEST_M, _LARGEST_KG = 2.6, 400.0


@dataclass(frozen=True)
class C3DPerson:
    """One person of a C3D file.

    Attributes
    ----------
    name : str
        "" where the file does not say; else as it writes it, be it a person's name or not.
    named_by : str
        The parameter that says it.
    metadata : mapping
        Any of ``mass_kg, height_m, leg_length_m, age``.
    history : tuple of HistoryEntry
    several : bool
        Whether the file is of several people.
    """

    name: str
    named_by: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    history: tuple[HistoryEntry, ...] = ()
    several: bool = False
    _prefixes: frozenset[str] | None = None
    _events_of: frozenset[str] | None = None

    def owns_label(self, label: str) -> bool:
        """Whether a point is this person's, by what stands before the colon."""
        return self._prefixes is None or _prefix(label) in self._prefixes

    def owns_event(self, subject: str) -> bool:
        """Whether an event is this person's, by its entry of ``EVENT:SUBJECTS``."""
        return self._events_of is None or same_name(subject) in self._events_of


def c3d_people(content: C3DContent, wanted: str = "") -> list[C3DPerson]:
    """Return the people of a file, or the one that is wanted.

    Names stand in ``SUBJECTS:NAMES`` (``SUBJECT:NAME``), before the colon of labels, and in
    ``EVENT:SUBJECTS``. Of several, those are taken whose labels and events both are there.

    Parameters
    ----------
    content : C3DContent
        Parameters suffice.
    wanted : str
        Name of the one to take from several.

    Raises
    ------
    SchemaError
        If the file names several people and none has both labels and events, or the one wanted is
        not among them.
    """
    written = {
        name: f"{group}:{parameter}"
        for group, parameter in reversed(_NAMES)
        for name in content.texts(group, parameter)
        if name
    }
    labels = content.texts("POINT", "LABELS")
    prefixes = dict.fromkeys(prefix for label in labels if (prefix := _prefix(label)))
    of_events = dict.fromkeys(name for name in content.texts("EVENT", "SUBJECTS") if name)
    owners = {prefix: _owner(prefix, content) for prefix in prefixes}
    people = {same_name(name): (name, by) for name, by in written.items() if _is_person(name)}
    listed = len(people)
    bearers = [prefix for prefix in prefixes if _is_person(owners[prefix])]
    if len(people) == len(bearers) == 1 and not of_events:
        owners[bearers[0]] = next(iter(people.values()))[0]  # another name of the only one
    for prefix in bearers:
        name = owners[prefix]
        people.setdefault(same_name(name), (name, "the labels' prefix"))
    for name in filter(_is_person, of_events):
        people.setdefault(same_name(name), (name, "EVENT:SUBJECTS"))
    if len(people) > 1:
        of_someone = _metadata(content)[0]
        of_the_first = of_someone if listed == 1 else {}
        return _several(people, owners, labels, of_events, wanted, of_someone, of_the_first)
    name, by = next(iter(people.values()), next(iter(written.items()), ("", "")))
    metadata, history = _metadata(content)
    aids = [owner for owner in owners.values() if is_walking_aid(owner)]
    beside = [other for other in (*written, *aids) if other != name]
    kept = None
    if people and aids:
        kept = frozenset({"", *(p for p, owner in owners.items() if not is_walking_aid(owner))})
        left = sum(_prefix(label) not in kept for label in labels)
        detail = f"points of {', '.join(dict.fromkeys(aids))}, no person"
        history.append(HistoryEntry("dropped", detail, left))
    if people and beside:
        detail = f"the person of {', '.join(dict.fromkeys((*beside, name)))} is {name}"
        history.append(HistoryEntry("read", detail))
    events_of = frozenset({"", *(same_name(n) for n in of_events if not is_walking_aid(n))})
    return [C3DPerson(name, by, metadata, tuple(history), _prefixes=kept, _events_of=events_of)]


_MOST_NAMED = 10
_NAMES = (("SUBJECTS", "NAMES"), ("SUBJECT", "NAME"))


def _is_person(name: str) -> bool:
    return not (is_nobody(name) or is_marker_set(name) or is_walking_aid(name))


def _prefix(label: str) -> str:
    return label.rpartition(":")[0].strip()


def _owner(prefix: str, content: C3DContent) -> str:
    """Return the name of ``SUBJECTS:NAMES`` whose ``LABEL_PREFIXES`` a prefix is, or itself."""
    stated = content.texts("SUBJECTS", "LABEL_PREFIXES")
    names = content.texts(*_NAMES[0])
    for text, name in zip(stated, names, strict=False):
        if text.rstrip(": ") == prefix and name:
            return name
    return prefix


def _several(
    people: dict[str, tuple[str, str]],
    owners: dict[str, str],
    labels: list[str],
    of_events: Collection[str],
    wanted: str,
    of_someone: Mapping[str, Any],
    of_the_first: Mapping[str, Any],
) -> list[C3DPerson]:
    """Return the people with both labels and events, or the one wanted."""
    with_labels = {same_name(owner) for owner in owners.values()}
    with_events = {same_name(name) for name in of_events}
    chosen = [key for key in people if key in with_labels and key in with_events]
    if wanted:
        chosen = [key for key in people if key == same_name(wanted)]
    names = [name for name, _ in people.values()]
    if not chosen:
        told = ", ".join(
            f"{name} ({'labels' if key in with_labels else 'no labels'}, "
            f"{'events' if key in with_events else 'no events'})"
            for key, (name, _) in [*people.items()][:_MOST_NAMED]
        )
        raise SchemaError(
            expected=f"{wanted} in the file"
            if wanted
            else "a person whose labels and events are both in the file",
            got=f"{len(people)} people, {told}",
            fix=f"name the one to take: --subject {names[0]!r}",
        )
    found = []
    for key in chosen:
        name, by = people[key]
        own = frozenset(prefix for prefix, owner in owners.items() if same_name(owner) == key)
        kept = own if owners else None
        left = sum(kept is not None and _prefix(label) not in kept for label in labels)
        others = ", ".join(other for other in names if other != name)
        detail = f"points and events of {others}, or of nobody named: {name} is one of several"
        history = [HistoryEntry("dropped", detail, left)]
        metadata = of_the_first if key == next(iter(people)) else {}
        if of_someone and not metadata:
            detail = f"{', '.join(of_someone)}: the file does not say whose of {', '.join(names)}"
            history.append(HistoryEntry("dropped", detail))
        found.append(C3DPerson(name, by, metadata, tuple(history), True, kept, frozenset({key})))
    return found


# What is known of the body.


def _metadata(content: C3DContent) -> tuple[dict[str, Any], list[HistoryEntry]]:
    """Return what the file says of the body, and which lengths are left out.

    Vicon writes ``PROCESSING:Bodymass`` (kg), ``Height``, ``LLegLength``, ``RLegLength`` (mm);
    ELITE writes ``SUBJECT:Weight`` (kg), ``Height`` (cm), ``Age``. What is missing, zero or
    impossible is left out.
    """
    legs = [
        length
        for side in "LR"
        if (length := _positive(content.number("PROCESSING", f"{side}LegLength"))) is not None
    ]
    metadata = {
        "mass_kg": _first(content, ("PROCESSING", "Bodymass"), ("SUBJECT", "Weight")),
        "height_m": _first(content, ("PROCESSING", "Height"), ("SUBJECT", "Height")),
        "leg_length_m": sum(legs) / len(legs) if legs else None,
        "age": _first(content, ("SUBJECT", "Age")),
    }
    if metadata["mass_kg"] is not None and metadata["mass_kg"] > _LARGEST_KG:
        metadata["mass_kg"] = None
    history = []
    of_vicon = content.number("PROCESSING", "Height") is not None
    for name, (low, high) in GROWN_INCHES.items():
        stated = metadata[name]
        metadata[name] = _length_m(stated)
        open_unit = of_vicon or name != "height_m"  # ELITE's are centimetres
        if stated is not None and open_unit and low <= stated <= high:
            detail = f"{name}: {stated:g} may be centimetres or inches, no unit is stated"
            history.append(HistoryEntry("dropped", detail))
            metadata[name] = None
    return {name: value for name, value in metadata.items() if value is not None}, history


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


_SIDES = {"left": "L", "right": "R"}
_MEASURES = {
    "leg_length": "LegLength",
    "knee_width": "KneeWidth",
    "ankle_width": "AnkleWidth",
    "asis_trochanter": "AsisTrocanterDistance",
}
_OFFSETS = {
    "thigh_rotation": "ThighRotation",
    "shank_rotation": "ShankRotation",
    "tibial_torsion": "TibialTorsion",
    "plantar_flexion": "StaticPlantFlex",
    "foot_rotation": "StaticRotOff",
}
_CALIBRATED = ("plantar_flexion", "foot_rotation")


def c3d_measures(content: C3DContent) -> dict[str, float]:
    """Return the measures and offsets that Plug-in Gait keeps in ``PROCESSING`` (mm, rad).

    Returns
    -------
    dict of str to float
        In m and rad, under the names of :func:`~locomotion_analysis.ingest.joint_model.measures_of`,
        and ``ankle_tilt_left_rad`` (``LAnkleAbAdd``) where it is not zero.
        Lengths of zero are left out, and static offsets of a foot that are all zero: they were not
        measured.
    """

    def stated(name: str) -> float | None:
        return content.number("PROCESSING", name)

    found = {
        "marker_diameter_m": stated("MarkerDiameter"),
        "asis_distance_m": stated("InterAsisDistance"),
    }
    for side, letter in _SIDES.items():
        found |= {f"{n}_{side}_m": stated(f"{letter}{name}") for n, name in _MEASURES.items()}
    measures = {
        name: value * _MM for name, value in found.items() if value is not None and value > 0
    }
    for side, letter in _SIDES.items():
        turns = {name: stated(f"{letter}{vicons}") for name, vicons in _OFFSETS.items()}
        if not any(turns[name] for name in _CALIBRATED):
            turns = {name: value for name, value in turns.items() if name not in _CALIBRATED}
        measures |= {
            f"{name}_{side}_rad": value for name, value in turns.items() if value is not None
        }
        if tilt := stated(f"{letter}AnkleAbAdd"):
            measures[f"ankle_tilt_{side}_rad"] = tilt
    return measures
