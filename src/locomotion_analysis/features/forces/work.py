"""Joint work, moment impulses and ground reaction impulses."""

from collections.abc import Iterator

from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.standard import Channel

_SIGNS = {"positive": 1, "negative": -1}
_WORK_SOURCE = "Winter 1991, The Biomechanics and Motor Control of Human Gait: W = integral of P"
_IMPULSE_SOURCE = "integral of the moment or force"
_OVER_TIME = {"W": "J", "W_kg": "J_kg", "Nm": "Nm_s", "Nm_kg": "Nm_s_kg", "N": "N_s", "BW": "BW_s"}


def work_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield positive and negative work of every joint power: energy made and taken up."""
    yield _integrals(schema, "joint work", ("power",), "work", _WORK_SOURCE)


def impulse_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield positive and negative impulse of every moment and ground reaction force.

    Of the anterior force these are the propulsive and the braking impulse.
    """
    yield _integrals(schema, "impulses", ("moment", "grf"), "impulse", _IMPULSE_SOURCE)


def integral_unit(unit: str, *, over_time: bool) -> str:
    """Return the unit of a curve's integral over time, or over phase where 1 is one cycle.

    Examples
    --------
    >>> integral_unit("W_kg", over_time=True), integral_unit("W_kg", over_time=False)
    ('J_kg', 'W_kg_cycle')
    """
    return _OVER_TIME[unit] if over_time else f"{unit}_cycle"


def _integrals(
    schema: Schema, family: str, measurements: tuple[str, ...], noun: str, source: str
) -> Family | LeftOut:
    channels = schema.of_measurement(*measurements)
    if not channels:
        return LeftOut(family, f"the data has no channel of {', '.join(measurements)}")
    over_time = schema.has("cycle_duration_s")
    variable = "time" if over_time else "phase (1 = one cycle; durations are not known)"
    parts = [
        (name, channel, part)
        for name, channel in channels.items()
        for part in _SIGNS
        if part == "positive" or channel.quantity != "grf_vertical"
    ]
    specs = tuple(
        FeatureSpec(
            name=_name(channel, noun, part, over_time=over_time),
            group="derived",
            unit=integral_unit(channel.unit, over_time=over_time),
            formula=f"integral of the {part} part over {variable}, trapezoid rule",
            source=source,
            requires=(name, "cycle_duration_s") if over_time else (name,),
        )
        for name, channel, part in parts
    )
    return Family(
        specs, lambda view: (view.integral(name, _SIGNS[part]) for name, _, part in parts)
    )


def _name(channel: Channel, noun: str, part: str, *, over_time: bool) -> str:
    unit = integral_unit(channel.unit, over_time=over_time)
    quantity = channel.quantity.removesuffix("_power")
    return "_".join(part for part in (quantity, noun, part, channel.side, unit) if part)
