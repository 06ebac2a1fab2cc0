"""Group derived: symmetry of the two legs' ranges, peaks, times, steps and propulsion."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from locomotion_analysis.features.between_strides.cycle_groups import CycleGroups, groups_of
from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.gait_events.stance import ground_force
from locomotion_analysis.features.kernels.ground_contact import loaded_percent
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.symmetry.symmetry_indices import (
    log_ratio,
    share,
    symmetry_angle,
    symmetry_index,
    symmetry_ratio,
)
from locomotion_analysis.features.view import CycleView

_RANGES = ("angle", "velocity", "moment", "power", "grf")
_ROBINSON = "Robinson, Herzog & Nigg 1987, J Manipulative Physiol Ther 10:172"
_ZIFCHOCK = "Zifchock et al. 2008 (doi:10.1016/j.gaitpost.2007.08.006)"
_PLOTNIK = "Plotnik et al. 2005 (doi:10.1002/ana.20452)"
_BOWDEN = "Bowden et al. 2006 (doi:10.1161/01.STR.0000204063.75779.8d)"
_BALASUBRAMANIAN = "Balasubramanian et al. 2007 (doi:10.1016/j.apmr.2006.10.004)"

_Index = Callable[[ArrayLike, ArrayLike], Values]
_INDICES: dict[str, tuple[_Index, str, str, str]] = {
    "symmetry_index_percent": (symmetry_index, "%", "100 (A - U) / (0.5 (A + U))", _ROBINSON),
    "symmetry_ratio": (symmetry_ratio, "1", "A / U", _ROBINSON),
    "log_ratio_percent": (log_ratio, "%", "100 |ln(A / U)|", _PLOTNIK),
    "symmetry_angle_percent": (
        symmetry_angle,
        "%",
        "(45 deg - atan(U / A)) / 90 deg * 100, folded into (-100, 100]",
        _ZIFCHOCK,
    ),
}
_SIGNED = ("symmetry_angle_percent",)


def symmetry_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield all indices of ranges of motion and loading, and the symmetry angle of peaks.

    A is the ipsilateral leg, U the other. Ratios are taken of quantities that cannot be negative;
    what changes sign has a symmetry angle only.
    """
    pairs = schema.pairs(*_RANGES)
    if not pairs:
        yield LeftOut("symmetry indices", "no channel measured on both legs")
    for quantity, legs in pairs.items():
        names = tuple(_INDICES)
        yield Family(_specs(f"{quantity}_rom", names, legs), partial(_pair, legs, "rom", names))
        if quantity == "grf_vertical":
            yield Family(_specs(f"{quantity}_max", names, legs), partial(_pair, legs, "max", names))
        else:
            specs = _specs(f"{quantity}_max", _SIGNED, legs)
            yield Family(specs, partial(_pair, legs, "max", _SIGNED))
    yield from _stance_symmetry(schema)
    yield from _propulsion(schema)
    yield from _step_lengths(schema)


def _specs(what: str, names: tuple[str, ...], needs: tuple[str, ...]) -> tuple[FeatureSpec, ...]:
    specs = []
    for name in names:
        _, unit, formula, source = _INDICES[name]
        specs.append(FeatureSpec(f"{what}_{name}", "derived", unit, formula, source, needs))
    return tuple(specs)


def _pair(
    legs: tuple[str, str], statistic: str, names: tuple[str, ...], view: CycleView
) -> Iterator[Values]:
    one, other = (view.statistic(name, statistic) for name in legs)
    for name in names:
        yield _INDICES[name][0](one, other)


def _stance_symmetry(schema: Schema) -> Iterator[Family | LeftOut]:
    forces = tuple(_force(schema, "vertical", side) for side in ("ipsi", "contra"))
    if "" in forces:
        yield LeftOut("stance symmetry", "needs the vertical force of both legs")
        return
    names = tuple(_INDICES)
    yield Family(_specs("stance_time", names, forces), partial(_stance_times, names=names))


def _force(schema: Schema, axis: str, side: str) -> str:
    names = (f"grf_{axis}_{side}_{unit}" for unit in ("BW", "N"))
    return next((name for name in names if name in schema.channels), "")


def _stance_times(view: CycleView, names: tuple[str, ...]) -> Iterator[Values]:
    """Yield the symmetry of the two legs' loaded parts of the cycle; a duration would cancel."""
    grounds = (ground_force(view.data, view.cycles, side) for side in ("ipsi", "contra"))
    known = [loaded_percent(*one, *one) for one in grounds if one]
    one, other = (np.where(view.steps, percent, np.nan) for percent in known)
    for name in names:
        yield _INDICES[name][0](one, other)


def _propulsion(schema: Schema) -> Iterator[Family | LeftOut]:
    forces = tuple(_force(schema, "anterior", side) for side in ("ipsi", "contra"))
    if "" in forces:
        yield LeftOut("propulsion asymmetry", "needs the anterior force of both legs")
        return
    spec = FeatureSpec(
        name="propulsion_share_ipsi",
        group="derived",
        unit="1",
        formula="propulsive impulse ipsi / (ipsi + contra): 0.5 for equal legs",
        source=_BOWDEN,
        requires=forces,
    )
    yield Family((spec,), partial(_propulsion_share, forces=forces))


def _propulsion_share(view: CycleView, forces: tuple[str, ...]) -> Iterator[Values]:
    one, other = (view.statistic(name, "positive") for name in forces)
    yield share(one, other)


def _step_lengths(schema: Schema) -> Iterator[Family | LeftOut]:
    if not schema.has("step_length_m", "side"):
        yield LeftOut("step_length_share_ipsi", "needs the columns step_length_m and side")
        return
    spec = FeatureSpec(
        name="step_length_share_ipsi",
        group="derived",
        unit="1",
        formula="mean step length of this leg / (this + other leg), over the strides of a subject "
        "in a task: 0.5 for equal legs",
        source=_BALASUBRAMANIAN,
        requires=("step_length_m", "side"),
    )
    yield Family((spec,), _step_share, across_cycles=True)


def _step_share(view: CycleView) -> Iterator[Values]:
    yield step_length_share(view.column("step_length_m"), groups_of(view))


def step_length_share(step_length: Values, groups: CycleGroups) -> Values:
    """Return each cycle's own leg's part of the sum of both legs' mean step lengths.

    Parameters
    ----------
    step_length : ndarray, shape (n_cycles,)
    groups : CycleGroups
        Of cycles with a column ``side``.

    Returns
    -------
    ndarray, shape (n_cycles,)
        NaN where a group has strides of one leg only, or of more than two "sides".
    """
    n_series = len(groups.group_of)
    known = np.isfinite(step_length)
    size = np.bincount(groups.series[known], minlength=n_series)
    total = np.bincount(groups.series[known], step_length[known], minlength=n_series)
    mean = np.divide(total, size, out=np.full(n_series, np.nan), where=size > 0)
    legs = np.bincount(groups.group_of[size > 0], minlength=groups.n_groups)
    both = np.bincount(groups.group_of, np.nan_to_num(mean), minlength=groups.n_groups)
    part = share(mean, both[groups.group_of] - mean)
    return np.where(legs[groups.group] == 2, part[groups.series], np.nan)
