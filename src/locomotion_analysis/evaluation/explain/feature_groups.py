"""Which joint, phase and measurement each feature tells of."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Literal

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features.spec import FeatureSpec, full_schema
from locomotion_analysis.features.table import FeaturePlan
from locomotion_analysis.standard import Channel, is_channel

By = Literal["joint", "measurement", "phase"]
GROUPINGS: tuple[By, ...] = ("joint", "measurement", "phase")
"""What features can be grouped by."""

TIME_AND_DISTANCE = "time and distance"
OTHER = "other"
_RATES = {"rad_s": "velocity", "rad_s2": "acceleration"}
_PLATES = {"grf": "ground reaction force", "cop": "centre of pressure"}
# The first that fits the feature's own name, else its formula, decides.
_PHASES = (
    ("swing", re.compile(r"swing")),
    (
        "early stance",
        re.compile(r"at_contact|loading|peak1|first half of stance|over 0 to 0\.[35] "),
    ),
    ("early stance", re.compile(r"opposite_toe_off|initial_double|braking|power_(H1|K1)")),
    ("late stance", re.compile(r"toe_off|opposite_contact|peak2|unloading|propulsive|terminal")),
    ("late stance", re.compile(r"second half of stance|power_(A2|K3|H3)|over 0\.5 to 1 ")),
    ("mid stance", re.compile(r"midstance|valley|power_(A1|H2|K2)|20 to 80 % of stance")),
    ("stance", re.compile(r"stance|of the stride \(0 contact")),
)


def feature_groups(
    names: Sequence[str], by: By, specs: Sequence[FeatureSpec] | None = None
) -> dict[str, list[str]]:
    """Group features by joint, by measurement or by gait phase.

    A feature made of the curves of two joints, as a coordination or a score of the whole body
    is, stands in the groups of both: what is asked is what the model loses without a joint, and
    such a feature holds that joint too. Durations, lengths and speeds form the group
    "time and distance".

    Parameters
    ----------
    names : sequence of str
        Feature names, as the columns of ``prepare_ml_features``.
    by : {"joint", "measurement", "phase"}
        *joint*: joint, segment or force plate. *measurement*: angle, velocity, acceleration,
        moment, power, ground reaction force, centre of pressure. *phase*: the part of the cycle
        a feature is read from; statistics of whole curves are "whole cycle".
    specs : sequence of FeatureSpec, optional
        Catalogue entries, from a ``FeatureTable``; the catalogue of all standard channels where
        None. A name that is in neither is grouped by the channel it begins with, else "other".

    Returns
    -------
    dict
        Group to its features, the largest group first.

    Raises
    ------
    SchemaError
        If `by` is unknown or there are no features.

    Examples
    --------
    >>> names = ["knee_flexion_angle_ipsi_rad_swing_max", "hip_power_ipsi_W_kg_mean", "speed_m_s"]
    >>> feature_groups(names, "joint")["knee"]
    ['knee_flexion_angle_ipsi_rad_swing_max']
    >>> sorted(feature_groups(names, "phase"))
    ['swing', 'time and distance', 'whole cycle']
    """
    if by not in GROUPINGS or not len(names):
        raise SchemaError(
            expected=f"features to group by one of {', '.join(GROUPINGS)}",
            got=f"{len(names)} features by {by!r}",
            where="by",
            fix='use by="joint"',
        )
    known = _catalogue() if specs is None else {spec.name: spec for spec in specs}
    found: dict[str, list[str]] = {}
    for name in map(str, names):
        for group in _groups_of(name, known.get(name), by):
            found.setdefault(group, []).append(name)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


@cache
def _catalogue() -> dict[str, FeatureSpec]:
    return {spec.name: spec for spec in FeaturePlan.of(full_schema()).specs}


def _groups_of(name: str, spec: FeatureSpec | None, by: By) -> list[str]:
    # The channels that go into a feature; of an unknown one, the channel it begins with.
    if spec is not None:
        channels = [Channel.parse(each) for each in spec.requires if is_channel(each)]
    else:
        prefix = _prefix(name)
        channels = [Channel.parse(prefix)] if prefix else []
    if spec is not None and (spec.group in ("temporal", "spatial") or not channels):
        return [TIME_AND_DISTANCE]
    if not channels:
        return [OTHER]
    if by == "phase":
        return [_phase(name, spec)]
    if by == "joint":
        return list(dict.fromkeys(_PLATES.get(each.joint, each.joint) for each in channels))
    return list(dict.fromkeys(_measurement(each, name, spec) for each in channels))


def _prefix(name: str) -> str:
    words = name.split("_")
    starts = ("_".join(words[:end]) for end in range(len(words), 0, -1))
    return next((start for start in starts if is_channel(start)), "")


def _measurement(channel: Channel, name: str, spec: FeatureSpec | None) -> str:
    # A velocity may be made of the angle's curve; the unit or the name then says so.
    if channel.measurement == "angle":
        rest = name.removeprefix(channel.name)
        by_name = next((kind for kind in _RATES.values() if f"_{kind}_" in rest), "angle")
        return _RATES.get(spec.unit, by_name) if spec is not None else by_name
    return _PLATES.get(channel.measurement, channel.measurement)


def _phase(name: str, spec: FeatureSpec | None) -> str:
    own = name.removeprefix(_prefix(name)).removesuffix("_phase")
    for text in (own, spec.formula if spec is not None else ""):
        for phase, pattern in _PHASES:
            if pattern.search(text):
                return phase
    return "whole cycle"
