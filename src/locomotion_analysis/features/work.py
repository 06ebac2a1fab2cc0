"""Joint work, moment impulses and ground reaction impulses."""

from collections.abc import Iterator
from functools import partial

from locomotion_analysis.features.feature import Feature, FeatureSpec, LeftOut
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard import Channel

_SIGNS = {"positive": 1, "negative": -1}
_WORK_SOURCE = "Winter 1991, The Biomechanics and Motor Control of Human Gait: W = integral of P"
_IMPULSE_SOURCE = "integral of the moment or force"
_OVER_TIME = {"W": "J", "W_kg": "J_kg", "Nm": "Nm_s", "Nm_kg": "Nm_s_kg", "N": "N_s", "BW": "BW_s"}


def work_features(view: CycleView) -> Iterator[Feature | LeftOut]:
    """Yield positive and negative work of every joint power: energy made and taken up."""
    yield from _integrals(view, "joint work", ("power",), "work", _WORK_SOURCE)


def impulse_features(view: CycleView) -> Iterator[Feature | LeftOut]:
    """Yield positive and negative impulse of every moment and ground reaction force.

    Of the anterior force these are the propulsive and the braking impulse.
    """
    yield from _integrals(view, "impulses", ("moment", "grf"), "impulse", _IMPULSE_SOURCE)


def integral_unit(unit: str, *, over_time: bool) -> str:
    """Return the unit of a curve's integral over time, or over phase where 1 is one cycle.

    Examples
    --------
    >>> integral_unit("W_kg", over_time=True), integral_unit("W_kg", over_time=False)
    ('J_kg', 'W_kg_cycle')
    """
    return _OVER_TIME[unit] if over_time else f"{unit}_cycle"


def _integrals(
    view: CycleView, family: str, measurements: tuple[str, ...], noun: str, source: str
) -> Iterator[Feature | LeftOut]:
    channels = view.of_measurement(*measurements)
    if not channels:
        yield LeftOut(
            family, f"the data has no channel of {', '.join(measurements)} with a measured cycle"
        )
    variable = "time" if view.has_duration else "phase (1 = one cycle; durations are not known)"
    for name, channel in channels.items():
        for part, sign in _SIGNS.items():
            if part == "negative" and channel.quantity == "grf_vertical":
                continue
            spec = FeatureSpec(
                name=_name(channel, noun, part, over_time=view.has_duration),
                group="derived",
                unit=integral_unit(channel.unit, over_time=view.has_duration),
                formula=f"integral of the {part} part over {variable}, trapezoid rule",
                source=source,
                requires=(name, "cycle_duration_s") if view.has_duration else (name,),
            )
            yield Feature(spec, partial(view.integral, name, sign))


def _name(channel: Channel, noun: str, part: str, *, over_time: bool) -> str:
    unit = integral_unit(channel.unit, over_time=over_time)
    quantity = channel.quantity.removesuffix("_power")
    return "_".join(part for part in (quantity, noun, part, channel.side, unit) if part)
