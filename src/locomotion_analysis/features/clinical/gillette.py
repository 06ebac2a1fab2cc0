"""Group clinical: Gillette Gait Index, as far as its 16 parameters can be had."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from locomotion_analysis.features.clinical.profile import scored
from locomotion_analysis.features.columns import leg_length_m
from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard.score_reference import score_reference

_TILT = "pelvis_anterior_tilt_angle_rad"
_ROTATION = "pelvis_internal_rotation_angle_rad"
_HIP = "hip_flexion_angle_ipsi_rad"
_ADDUCTION = "hip_adduction_angle_ipsi_rad"
_KNEE = "knee_flexion_angle_ipsi_rad"
_ANKLE = "ankle_dorsiflexion_angle_ipsi_rad"
_SOURCE = "Schutte et al. 2000 (doi:10.1016/S0966-6362(99)00047-8)"
_WITHOUT_COHORT = ("mean hip rotation in stance", "mean foot progression in stance")
_FEWEST = 6


def _of(channel: str, statistic: str) -> Callable[[CycleView], Values]:
    return lambda view: np.degrees(view.statistic(channel, statistic).astype(np.float64))


_PARAMETERS: dict[str, tuple[tuple[str, ...], Callable[[CycleView], Values]]] = {
    "toe-off": (("stance_percent",), lambda view: view.stance.measured),
    "speed / leg length": (
        ("speed_m_s", "leg_length_m"),
        lambda view: view.column("speed_m_s") / leg_length_m(view.cycles),
    ),
    "cadence": (("cycle_duration_s",), lambda view: 120.0 / view.duration_s),
    "mean pelvic tilt": ((_TILT,), _of(_TILT, "mean")),
    "range of pelvic tilt": ((_TILT,), _of(_TILT, "rom")),
    "mean pelvic rotation": ((_ROTATION,), _of(_ROTATION, "mean")),
    "least hip flexion": ((_HIP,), _of(_HIP, "min")),
    "range of hip flexion": ((_HIP,), _of(_HIP, "rom")),
    "most hip abduction in swing": (
        (_ADDUCTION,),
        lambda view: -np.degrees(view.statistic(_ADDUCTION, "swing_min")),
    ),
    "knee flexion at contact": ((_KNEE,), lambda view: np.degrees(view.curves(_KNEE)[:, 0])),
    "phase of most knee flexion": (
        (_KNEE,),
        lambda view: view.statistic(_KNEE, "argmax_phase"),
    ),
    "range of knee flexion": ((_KNEE,), _of(_KNEE, "rom")),
    "most dorsiflexion in stance": ((_ANKLE,), _of(_ANKLE, "stance_max")),
    "most dorsiflexion in swing": ((_ANKLE,), _of(_ANKLE, "swing_max")),
}


def gillette_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the index over the parameters the data has; the missing ones stand in its formula."""
    names = tuple(name for name in _PARAMETERS if _has(schema, name))
    missing = [*_WITHOUT_COHORT, *(name for name in _PARAMETERS if name not in names)]
    if len(names) < _FEWEST:
        yield LeftOut("ggi_ipsi", f"has {len(names)} of 16 parameters; needs {_FEWEST}")
        return
    spec = FeatureSpec(
        name="ggi_ipsi",
        group="clinical",
        unit="1",
        formula=f"squared distance from the healthy mean in the principal components of "
        f"{len(names)} of 16 parameters, each scaled to variance 1 (expected among the healthy: "
        f"{len(names)}); without {', '.join(missing)}; reference {score_reference().version}",
        source=_SOURCE,
        requires=tuple(dict.fromkeys(need for name in names for need in _PARAMETERS[name][0])),
    )
    yield Family((spec,), partial(_index, names=names))


def gillette_parameters(view: CycleView, names: tuple[str, ...]) -> Values:
    """Return the discrete parameters of each cycle, (n_cycles, n_names); degrees for angles."""
    return np.stack([_PARAMETERS[name][1](view) for name in names], axis=1)


def _has(schema: Schema, name: str) -> bool:
    if name == "toe-off":
        loads = ("grf_vertical_ipsi_BW", "grf_vertical_ipsi_N")
        return schema.has("stance_percent") or any(load in schema.channels for load in loads)
    if name == "speed / leg length":
        return schema.has("speed_m_s") and bool(schema.columns & {"leg_length_m", "height_m"})
    return all(need in schema.channels or schema.has(need) for need in _PARAMETERS[name][0])


def _index(view: CycleView, names: tuple[str, ...]) -> Iterator[Values]:
    """Squared Mahalanobis distance: the sum of squares of the whitened components."""
    reference = score_reference()
    rows = [reference.gillette_names.index(name) for name in names]
    away = gillette_parameters(view, names) - reference.gillette_mean[rows]
    inverse = np.linalg.inv(reference.gillette_covariance[np.ix_(rows, rows)])
    squared = np.zeros(len(view))
    for one in range(len(names)):
        for other in range(len(names)):
            squared += inverse[one, other] * away[:, one] * away[:, other]
    yield np.where(scored(view), squared, np.nan)


PARAMETER_NAMES = tuple(_PARAMETERS)
"""The parameters of the reference cohort, in the order of its table."""
