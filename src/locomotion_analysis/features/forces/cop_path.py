"""Group kinetic: the path of the centre of pressure under the ipsilateral foot."""

from collections.abc import Iterator
from functools import partial

from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.gait_events.leg_events import leg_events
from locomotion_analysis.features.kernels.path import path
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView

_SOURCE = "Prieto et al. 1996, IEEE Transactions on Biomedical Engineering 43:956"
_CHANNELS = ("cop_anterior_ipsi_m", "cop_lateral_ipsi_m")
_ROWS = (
    ("cop_path_length_ipsi_m", "m", "sum of the distances between samples of stance"),
    ("cop_anterior_range_ipsi_m", "m", "forward max - min over stance"),
    ("cop_lateral_range_ipsi_m", "m", "sideways max - min over stance"),
    ("cop_mean_velocity_ipsi_m_s", "m_s", "path length / time between those samples"),
)


def cop_path_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield length, extent and mean speed of the path during stance.

    Only of the ipsilateral foot: one contralateral stance begins in this cycle and another ends
    in it, in two places on the floor.
    """
    if not all(name in schema.channels for name in _CHANNELS):
        yield LeftOut("path of the centre of pressure", f"no {' and '.join(_CHANNELS)}")
        return
    has_duration = schema.has("cycle_duration_s")
    if not has_duration:
        yield LeftOut("velocity of the centre of pressure", "the data has no cycle_duration_s")
    specs = tuple(
        FeatureSpec(
            name=name,
            group="kinetic",
            unit=unit,
            formula=formula,
            source=_SOURCE,
            requires=(
                *_CHANNELS,
                "stance_percent",
                *(("cycle_duration_s",) if unit == "m_s" else ()),
            ),
        )
        for name, unit, formula in (_ROWS if has_duration else _ROWS[:3])
    )
    yield Family(specs, partial(_values, has_duration))


def _values(has_duration: bool, view: CycleView) -> Iterator[Values]:
    last = leg_events(view, "ipsi").stance_and_swing[1][0]
    forward, sideways = (view.curves(name) for name in _CHANNELS)
    length, anterior, lateral = path(forward, sideways, last)
    yield from (length, anterior, lateral)
    if has_duration:
        yield length / (last / (forward.shape[1] - 1) * view.duration_s)
