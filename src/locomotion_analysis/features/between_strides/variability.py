"""Group derived: how strides of one subject in one task differ, in time and space.

Every cycle carries its group's value. Left and right strides are taken apart and their variances
averaged.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from locomotion_analysis.features.between_strides.cycle_groups import CycleGroups, groups_of
from locomotion_analysis.features.between_strides.nonlinear import dfa_alpha
from locomotion_analysis.features.columns import first_known
from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard.score_reference import score_reference

DFA_STRIDES = 64
"""Strides of one leg in a row that the scaling exponent needs."""

_CV = "Hausdorff et al. 2001 (doi:10.1053/apmr.2001.24893)"
_GVI = "Gouelle et al. 2013 (doi:10.1016/j.gaitpost.2013.01.013)"
_DFA = "Hausdorff et al. 1995 (doi:10.1152/jappl.1995.78.1.349)"


def _stride_length(view: CycleView) -> Values:
    return first_known(view.column("stride_length_m"), view.column("speed_m_s") * view.duration_s)


def _speed(view: CycleView) -> Values:
    return first_known(view.column("speed_m_s"), view.column("stride_length_m") / view.duration_s)


def _double_support(view: CycleView) -> Values:
    percent = view.column("double_support_percent")
    from_force = view.double_support_percent
    known = percent if from_force is None else first_known(from_force, percent)
    return known / 100.0 * view.duration_s


_INPUTS: dict[str, Callable[[CycleView], Values]] = {
    "stride_time": lambda view: view.duration_s,
    "stance_time": lambda view: view.stance.measured / 100.0 * view.duration_s,
    "swing_time": lambda view: (1.0 - view.stance.measured / 100.0) * view.duration_s,
    "double_support_time": _double_support,
    "stride_length": _stride_length,
    "speed": _speed,
    "step_length": lambda view: view.column("step_length_m"),
    "step_width": lambda view: view.column("step_width_m"),
}
_NEEDS = {
    "stride_time": "cycle_duration_s",
    "stance_time": "cycle_duration_s, and stance_percent or the vertical force",
    "swing_time": "cycle_duration_s, and stance_percent or the vertical force",
    "double_support_time": "cycle_duration_s, and double_support_percent or both vertical forces",
    "stride_length": "stride_length_m, or speed_m_s and cycle_duration_s",
    "speed": "speed_m_s, or stride_length_m and cycle_duration_s",
    "step_length": "step_length_m",
    "step_width": "step_width_m",
}
_FORMULAE = {
    "cv": "100 * SD / mean of the strides of a subject in a task; SD = root of the mean of left "
    "and right variance",
    "robust_cv": "100 * 1.4826 * median distance from the leg's median / median",
}
GVI_INPUTS = (
    "stride_time",
    "stance_time",
    "swing_time",
    "double_support_time",
    "stride_length",
    "speed",
)
"""Quantities of the Gait Variability Index."""


def variability_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield CV and robust CV of times and lengths, GVI and the scaling exponent of stride time."""
    names = tuple(name for name in _INPUTS if _available(schema, name))
    for name in _INPUTS:
        if name not in names:
            yield LeftOut(f"{name}_cv_percent", f"needs {_NEEDS[name]}")
    lacking = [name for name in GVI_INPUTS if name not in names]
    if lacking:
        yield LeftOut("gvi", f"needs {', '.join(lacking)}")
    if names:
        specs = _specs(names)
        yield Family(specs, partial(_compute, names=names), across_cycles=True)


def _specs(names: tuple[str, ...]) -> tuple[FeatureSpec, ...]:
    """Return the catalogue entries, in the order of `_group_values`."""
    specs = [
        FeatureSpec(f"{name}_{how}_percent", "derived", "%", _FORMULAE[how], _CV, _required(name))
        for name in names
        for how in _FORMULAE
    ]
    if set(GVI_INPUTS) <= set(names):
        formula = (
            "100 - 10 z of the log distance from healthy fluctuations (mean and SD of |change "
            f"from stride to stride|, % of the mean, of {', '.join(GVI_INPUTS)}), weighted by "
            "the healthy cohort's first component; the healthy had 20 strides, fewer give a "
            f"lower value; reference {score_reference().version}"
        )
        needs = tuple(dict.fromkeys(need for name in GVI_INPUTS for need in _required(name)))
        specs.append(FeatureSpec("gvi", "derived", "1", formula, _GVI, needs))
    if "stride_time" in names:
        formula = (
            f"detrended fluctuation analysis of at least {DFA_STRIDES} stride times of a leg, "
            "windows of 4 to n/4 strides; mean of the legs"
        )
        needs = _required("stride_time")
        specs.append(FeatureSpec("stride_time_dfa_alpha", "derived", "1", formula, _DFA, needs))
    return tuple(specs)


def variability_inputs(view: CycleView, names: tuple[str, ...]) -> list[Values]:
    """Return the quantities whose variability is asked for, each of shape (n_cycles,).

    Parameters
    ----------
    view : CycleView
    names : tuple of str
        For example `GVI_INPUTS`; seconds, metres, m/s. NaN in tasks without steps.
    """
    return [np.where(view.steps, _INPUTS[name](view), np.nan) for name in names]


def _compute(view: CycleView, names: tuple[str, ...]) -> Iterator[Values]:
    groups = groups_of(view)
    values = dict(zip(names, variability_inputs(view, names), strict=True))
    for found in _group_values(values, groups):
        yield found[groups.group]


def _group_values(values: dict[str, Values], groups: CycleGroups) -> Iterator[Values]:
    """Yield each feature of `_specs`, one number a group."""
    for quantity in values.values():
        yield _percent(groups.sd(quantity), groups.mean(quantity))
        yield _percent(groups.robust_sd(quantity), groups.median(quantity))
    if set(GVI_INPUTS) <= set(values):
        yield variability_index(fluctuations([values[name] for name in GVI_INPUTS], groups))
    if "stride_time" in values:
        yield _scaling(values["stride_time"], groups)


def fluctuations(quantities: list[Values], groups: CycleGroups) -> Values:
    """Return mean and SD of the change from stride to stride, % of the mean.

    Parameters
    ----------
    quantities : list of ndarray, shape (n_cycles,)
    groups : CycleGroups

    Returns
    -------
    ndarray, shape (n_groups, 2 * n_quantities)
        Mean and SD of the first quantity, then of the second, and so on.
    """
    columns = []
    for values in quantities:
        change = groups.successive(values)
        mean = groups.mean(values)
        columns += [_percent(groups.mean(change), mean), _percent(groups.sd(change), mean)]
    return np.stack(columns, axis=1)


def variability_index(changes: Values) -> Values:
    """Return the Gait Variability Index: 100 +- 10 among the healthy, less with more variability.

    Parameters
    ----------
    changes : ndarray, shape (n_groups, 12)
        From :func:`fluctuations` of `GVI_INPUTS`.
    """
    reference = score_reference()
    z = (changes - reference.variability_mean) / reference.variability_sd
    distance = np.linalg.norm(z * reference.variability_weight, axis=1)
    mean, sd = reference.log_variability
    with np.errstate(divide="ignore"):
        index: Values = 100.0 - 10.0 * (np.log(distance) - mean) / sd
    return index


def _scaling(values: Values, groups: CycleGroups) -> Values:
    """Scaling exponent of each group: mean of its series long enough."""
    ordered = values[groups.order]
    pieces = np.split(ordered, groups.starts[1:-1]) if len(groups.group_of) else []
    long = [len(piece) >= DFA_STRIDES and bool(np.isfinite(piece).all()) for piece in pieces]
    found = [
        dfa_alpha(piece) if enough else np.nan for piece, enough in zip(pieces, long, strict=True)
    ]
    return groups.pooled(np.array(found, dtype=np.float64))


def _percent(part: Values, whole: Values) -> Values:
    positive = np.isfinite(whole) & (whole > 0)
    ratio: Values = np.divide(part, whole, out=np.full(len(part), np.nan), where=positive)
    return 100.0 * ratio


def _required(name: str) -> tuple[str, ...]:
    columns = {
        "stance_time": ("cycle_duration_s", "stance_percent"),
        "swing_time": ("cycle_duration_s", "stance_percent"),
        "double_support_time": ("cycle_duration_s", "double_support_percent"),
        "stride_length": ("stride_length_m", "speed_m_s", "cycle_duration_s"),
        "speed": ("speed_m_s", "stride_length_m", "cycle_duration_s"),
        "step_length": ("step_length_m",),
        "step_width": ("step_width_m",),
    }
    return columns.get(name, ("cycle_duration_s",))


def _available(schema: Schema, name: str) -> bool:
    force = {
        side: any(f"grf_vertical_{side}_{unit}" in schema.channels for unit in ("BW", "N"))
        for side in ("ipsi", "contra")
    }
    timed = schema.has("cycle_duration_s")
    if name in ("stance_time", "swing_time"):
        return timed and (schema.has("stance_percent") or force["ipsi"])
    if name == "double_support_time":
        return timed and (schema.has("double_support_percent") or all(force.values()))
    if name == "stride_length":
        return schema.has("stride_length_m") or (timed and schema.has("speed_m_s"))
    if name == "speed":
        return schema.has("speed_m_s") or (timed and schema.has("stride_length_m"))
    return schema.has({"stride_time": "cycle_duration_s"}.get(name, f"{name}_m"))
