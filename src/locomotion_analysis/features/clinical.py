"""Group clinical: scores that compare a gait with healthy ones, and signs by published thresholds.

Movement Analysis Profile, Gait Profile Score, Gait Deviation Index and Gillette Gait Index; how far
each curve is from the published norm of its task and speed; stiff-knee, crouch and equinus gait. The
total joint work a stride and a metre (group derived) stand here too.
"""

from collections.abc import Callable, Iterator
from functools import cache, lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.series import basis_scores, mean_square, mean_square_z
from locomotion_analysis.features.kernels.statistics import Values
from locomotion_analysis.features.spec import (
    CycleView,
    Family,
    FeatureSpec,
    LeftOut,
    Schema,
)
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2, TASKS, Channel, normative_curves
from locomotion_analysis.standard.norms import (
    EXTRA_CHANNELS,
    NOT_CYCLIC,
    PROFILE_CHANNELS,
    SD_FLOOR,
    conditions,
    score_reference,
    shift,
)

# Group derived: joint work a stride and a metre

_JOINTS = ("hip", "knee", "ankle")
_COST_OF_TRANSPORT = "Collins, Ruina, Tedrake & Wisse 2005 (doi:10.1126/science.1107799)"
_WORK = "Winter 1991, The Biomechanics and Motor Control of Human Gait: W = integral of P"


def efficiency_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the legs' total work a stride, and the mechanical cost of transport.

    Both legs' hip, knee and ankle where there are both, else the ipsilateral leg (the formula says
    which); sagittal joint power only, no arms and no trunk.
    """
    of_leg = {
        side: [f"{joint}_power_{side}_W_kg" for joint in _JOINTS] for side in ("ipsi", "contra")
    }
    legs = [side for side, names in of_leg.items() if schema.channels.keys() >= set(names)]
    if "ipsi" not in legs or not schema.has("cycle_duration_s"):
        yield LeftOut(
            "joint work and cost of transport",
            "needs hip, knee and ankle power of the ipsilateral leg (W/kg) and cycle_duration_s",
        )
        return
    powers = tuple(name for side in legs for name in of_leg[side])
    whose = "both legs" if len(legs) > 1 else "the ipsilateral leg only"
    work = f"of hip, knee and ankle power over the cycle, {whose}"
    timed = (*powers, "cycle_duration_s")
    rows = [
        ("positive_work_total_J_kg", "J_kg", f"integral of the positive part {work}", _WORK, timed),
        ("negative_work_total_J_kg", "J_kg", f"integral of the negative part {work}", _WORK, timed),
        ("net_work_total_J_kg", "J_kg", f"integral {work}", _WORK, timed),
    ]
    if schema.has_stride_length:
        cost = f"positive work per kg / (9.80665 m/s^2 * stride length), {whose}"
        net = f"net work per kg / stride length, {whose}; on level ground near 0"
        far = (*timed, "stride_length_m", "speed_m_s")
        rows += [
            ("mechanical_cost_of_transport", "1", cost, _COST_OF_TRANSPORT, far),
            ("net_work_per_metre_J_kg_m", "J_kg_m", net, _WORK, far),
        ]
    else:
        yield LeftOut("mechanical_cost_of_transport", "needs stride_length_m or speed_m_s")
    specs = tuple(
        FeatureSpec(name, "derived", unit, formula, source, requires)
        for name, unit, formula, source, requires in rows
    )

    def compute(view: CycleView) -> Iterator[Values]:
        positive, negative = (
            np.sum([view.statistic(name, part) for name in powers], axis=0) * view.duration_s
            for part in ("positive", "negative")
        )
        yield from (positive, negative, positive + negative)
        if schema.has_stride_length:
            stride = view.stride_length_m
            stride = np.where(view.steps & (stride > 0), stride, np.nan)
            yield positive / (STANDARD_GRAVITY_M_S2 * stride)
            yield (positive + negative) / stride

    yield Family(specs, compute)


# Group clinical: how far each curve is from the published norm of its task and speed

_NORM = (
    "norm: locomotion_analysis.standard.normative_curves; SD of at least 3 deg, 0.04 Nm/kg, "
    "0.1 W/kg, 0.02 BW (Pinzone et al. 2014, Gait Posture 40:286)"
)


def norm_deviation_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield ``<channel>_norm_rmse_z`` of every channel that has published curves.

    About 1 for the healthy; the norm is that of the cycle's task, linear in its speed (slope on
    ramps). Without a speed the spread over the tabulated speeds is part of the norm.
    """
    known = [name for name in schema.channels if np.isfinite(norm_table(name)[0]).any()]
    if not known:
        yield LeftOut("deviation from the norm", "no channel has published normative curves")
        return
    specs = tuple(
        FeatureSpec(
            name=f"{name}_norm_rmse_z",
            group="clinical",
            unit="1",
            formula="sqrt(mean over the cycle of ((x - norm mean) / norm SD)^2), at the cycle's "
            "task and speed (slope on ramps)",
            source=_NORM,
            requires=(name, "speed_m_s", "incline_deg"),
        )
        for name in known
    )

    def compute(view: CycleView) -> Iterator[Values]:
        place, share = norm_rows(view)
        mean, variance = _norm_tables(tuple(known))
        rows = np.array([view.data.channels.index(name) for name in known])
        yield from np.sqrt(mean_square_z(view.data.block, rows, place, share, mean, variance))

    yield Family(specs, compute)


@lru_cache(maxsize=4)
def _norm_tables(channels: tuple[str, ...]) -> tuple[Values, Values]:
    """Stack mean and variance of some channels, (n_channels, n_rows, 150)."""
    means, variances = zip(*(norm_table(name) for name in channels), strict=True)
    return np.stack(means), np.stack(variances)


@cache
def _nodes(task: str) -> tuple[NDArray[np.intp], Values, str]:
    """Return a task's conditions in order, their speed or slope, and which of the two it is."""
    _, _, _, speed, incline = conditions(task)
    on_speed = len(set(incline.tolist())) == 1
    along = speed if on_speed else incline
    order = np.argsort(along)
    return order, along[order], "speed_m_s" if on_speed else "incline_deg"


def norm_rows(view: CycleView) -> tuple[NDArray[np.int64], Values]:
    """Return each cycle's row of the norm tables, and its share of the row after it.

    Returns
    -------
    row : ndarray of int64, shape (n_cycles,)
        -1 for a task without norm.
    share : ndarray, shape (n_cycles,)
    """
    task = view.tasks
    row, share = np.full(len(view), -1, dtype=np.int64), np.zeros(len(view))
    next_start = 0
    for name in TASKS:
        _, nodes, column = _nodes(name)
        # A task has a row a condition, and as its last the norm without speed or slope.
        start, next_start = next_start, next_start + len(nodes) + 1
        own = task == name
        if not own.any():
            continue
        at = view.column(column)[own]
        known = np.isfinite(at) & np.isfinite(nodes).all()
        position = np.interp(np.where(known, at, 0.0), nodes, np.arange(len(nodes)))
        below = np.minimum(position.astype(np.int64), len(nodes) - 1)
        row[own] = start + np.where(known, below, len(nodes))
        share[own] = np.where(known, position - below, 0.0)
    return row, share


@cache
def norm_table(channel: str) -> tuple[Values, Values]:
    """Return mean and variance of a channel for all tasks' conditions.

    Returns
    -------
    mean, variance : ndarray, shape (n_rows, 150)
        NaN for tasks in which the channel has no norm (for most channels: all).
    """
    parsed = Channel.parse(channel)
    contra, other = parsed.side == "contra", parsed.opposite()
    published = other.name if contra and other is not None else channel
    means, variances = [], []
    for task in TASKS:
        names, mean, sd, _, _ = conditions(task)
        order, nodes, _ = _nodes(task)
        if published not in names:
            nothing = np.full((len(nodes) + 1, mean.shape[-1]), np.nan)
            means.append(nothing)
            variances.append(nothing)
            continue
        lag = 50.0 if contra and task not in NOT_CYCLIC else 0.0
        curves = shift(mean[order, names.index(published)], lag)
        spread = shift(sd[order, names.index(published)], lag)
        variance = np.maximum(spread, SD_FLOOR[parsed.measurement]) ** 2
        centre = curves.mean(axis=0, keepdims=True)
        overall = variance.mean(axis=0, keepdims=True) + curves.var(axis=0, keepdims=True)
        means += [curves, centre]
        variances += [variance, overall]
    return np.concatenate(means), np.concatenate(variances)


# Group clinical: Movement Analysis Profile, Gait Profile Score and Gait Deviation Index

SCORED_TASK = "level_walking"
"""The clinical scores compare with healthy adults walking on the level; other tasks get NaN."""

_LEAST = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")
_USUAL_SPEED_M_S = 1.3
_GPS = "Baker et al. 2009 (doi:10.1016/j.gaitpost.2009.05.020)"
_GDI = "Schwartz & Rozumalski 2008 (doi:10.1016/j.gaitpost.2008.05.001)"


def profile_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the profile's channels (GVS) and both legs' GPS, then GDI and GDI*."""
    ipsi, contra = (profile_channels(schema, side) for side in ("ipsi", "contra"))
    missing = [name for name in _LEAST if not any(name in got for got in ipsi)]
    if missing:
        reason = f"needs the ipsilateral angles {', '.join(missing)}"
        yield from (LeftOut(name, reason) for name in ("GVS", "GPS", "GDI*"))
    else:
        opposite = tuple(name for name in contra if "_contra_" in name)
        both = len(opposite) == sum("_ipsi_" in name for name in ipsi)
        lacking = set(PROFILE_CHANNELS + EXTRA_CHANNELS) - set(ipsi)
        specs = []
        for channel in (*ipsi, *opposite):
            parsed = Channel.parse(channel)
            middle = parsed.quantity.removesuffix("_angle")
            name = "_".join(part for part in ("gvs", middle, parsed.side, "deg") if part)
            formula = "root mean square difference from the healthy mean curve over 150 points"
            specs.append(FeatureSpec(name, "clinical", "deg", formula, _GPS, (channel,)))
        specs.append(_gps_spec("ipsi", ipsi, lacking))
        if both:
            specs.append(_gps_spec("contra", contra, lacking))
            specs.append(_gps_spec("overall", (*ipsi, *opposite), lacking))
        else:
            yield LeftOut("gps_contra_deg, gps_overall_deg", "needs the same angles of both legs")
        formula = (
            f"GPS over {len(ipsi)} variables with each curve's mean put on that of the reference: "
            "what is left without constant offsets, as between models and marker placements"
        )
        specs.append(FeatureSpec("gps_shape_ipsi_deg", "clinical", "deg", formula, _GPS, ipsi))
        known = tuple(name for name in ipsi if name in PROFILE_CHANNELS)
        formula = (
            f"100 - 10 z of ln GPS over {len(known)} variables, against the healthy cohort of "
            f"reference {score_reference().version}"
        )
        specs.append(FeatureSpec("gdi_star_ipsi", "clinical", "1", formula, _GDI, known))
        yield Family(tuple(specs), partial(_scores, ipsi=ipsi, opposite=opposite, both=both))
    absent = [name for name in PROFILE_CHANNELS if name not in schema.channels]
    if absent:
        yield LeftOut("gdi_ipsi", f"needs {', '.join(absent)}")
        return
    formula = (
        "100 - 10 z of ln |c - healthy c|, c the scores of 7 x 51 points on 15 singular vectors; "
        "without hip rotation and foot progression, which the reference cohort lacks; reference "
        f"{score_reference().version}"
    )
    shape = (
        "as gdi_ipsi, with each curve's mean over the cycle put on that of the reference: robust "
        "against constant offsets, as between models and marker placements; reference "
        f"{score_reference().version}"
    )
    indices = tuple(
        FeatureSpec(name, "clinical", "1", told, _GDI, PROFILE_CHANNELS)
        for name, told in (("gdi_ipsi", formula), ("gdi_shape_ipsi", shape))
    )
    yield Family(indices, _deviation_indices)


def _deviation_indices(view: CycleView) -> Iterator[Values]:
    """Yield the GDI, and the GDI of the curves without their offsets."""
    reference = score_reference()
    scores = gait_scores(view)
    offsets = np.stack([_offset(view, name) for name in PROFILE_CHANNELS], axis=1)
    of_shape = scores - offsets @ reference.basis.sum(axis=2)
    for own, (mean, sd) in ((scores, reference.log_distance), (of_shape, reference.log_shape)):
        with np.errstate(divide="ignore"):
            distance = np.log(np.linalg.norm(own - reference.centre, axis=1))
        yield np.where(scored(view), 100.0 - 10.0 * (distance - mean) / sd, np.nan)


def _gps_spec(which: str, channels: tuple[str, ...], lacking: set[str]) -> FeatureSpec:
    without = f"; without {', '.join(sorted(lacking))}, which the data lacks" if lacking else ""
    formula = f"root mean square of {len(channels)} Gait Variable Scores{without}"
    return FeatureSpec(f"gps_{which}_deg", "clinical", "deg", formula, _GPS, channels)


def _scores(
    view: CycleView, ipsi: tuple[str, ...], opposite: tuple[str, ...], *, both: bool
) -> Iterator[Values]:
    """Yield GVS of all channels, GPS of each leg and overall, GPS of shape, GDI*."""
    channels = (*ipsi, *opposite)
    means = np.stack([profile_mean(name) for name in channels])
    found = mean_square(view.data.block, _rows(view, channels), means)
    squares = dict(zip(channels, np.where(scored(view), found, np.nan), strict=True))
    for values in squares.values():
        yield np.degrees(np.sqrt(values))
    pelvis = tuple(name for name in ipsi if "_ipsi_" not in name)
    for names in [ipsi, (*pelvis, *opposite), channels] if both else [ipsi]:
        yield _root_mean([squares[name] for name in names])
    yield _root_mean([np.maximum(squares[name] - _offset(view, name) ** 2, 0.0) for name in ipsi])
    known = tuple(name for name in ipsi if name in PROFILE_CHANNELS)
    mean, sd = score_reference().log_profile(known)
    with np.errstate(divide="ignore"):
        distance = np.log(_root_mean([squares[name] for name in known]))
    yield 100.0 - 10.0 * (distance - mean) / sd


def profile_channels(schema: Schema, side: str) -> tuple[str, ...]:
    """Return the variables of the profile there are: pelvis and one leg."""
    wanted = [*PROFILE_CHANNELS, *EXTRA_CHANNELS]
    names = [name.replace("_ipsi_", f"_{side}_") for name in wanted]
    return tuple(name for name in names if name in schema.channels)


def _root_mean(squares: list[Values]) -> Values:
    root: Values = np.degrees(np.sqrt(np.mean(squares, axis=0)))
    return root


def _rows(view: CycleView, channels: tuple[str, ...]) -> NDArray[np.int64]:
    return np.array([view.data.channels.index(name) for name in channels], dtype=np.int64)


def scored(view: CycleView) -> NDArray[np.bool_]:
    """Return which cycles the clinical scores are for."""
    own: NDArray[np.bool_] = np.asarray(view.tasks == SCORED_TASK, dtype=np.bool_)
    return own


@cache
def profile_mean(channel: str) -> Values:
    """Return the reference mean of a variable, rad; the contralateral leg is half a cycle later."""
    own = channel.replace("_contra_", "_ipsi_")
    if own in PROFILE_CHANNELS:
        curve = score_reference().mean[PROFILE_CHANNELS.index(own)]
    else:
        published = normative_curves(SCORED_TASK, _USUAL_SPEED_M_S)
        curve = published.mean[published.channels.index(own)]
    mean = np.array(shift(curve, 50.0 if own != channel else 0.0))
    mean.setflags(write=False)
    return mean


def _offset(view: CycleView, channel: str) -> Values:
    """How far each curve's mean is from that of the reference, rad."""
    offset: Values = (
        view.statistic(channel, "mean").astype(np.float64) - profile_mean(channel).mean()
    )
    return offset


def gait_scores(view: CycleView) -> Values:
    """Return the scores c of each cycle on the basis of the Gait Deviation Index, (n, 15)."""
    rows = _rows(view, PROFILE_CHANNELS)
    scores: Values = basis_scores(view.data.block, rows, score_reference().basis)
    return scores


# Group clinical: stiff-knee, crouch and equinus gait by published thresholds

STIFF_KNEE_PEAK_DEG = 44.3
STIFF_KNEE_DIFFERENCE_DEG = 17.0
CROUCH_KNEE_DEG = 20.0
EQUINUS_ANKLE_DEG = 0.0

_KNEE = "knee_flexion_angle_ipsi_rad"
_OTHER_KNEE = "knee_flexion_angle_contra_rad"
_ANKLE = "ankle_dorsiflexion_angle_ipsi_rad"
_STIFF = "cluster analysis of 50 people after stroke, 24 with stiff-knee gait, usual speed"
_RODDA = "Rodda et al. 2004 (doi:10.1302/0301-620X.86B2.13878); usual clinical threshold"


def flag_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield 1 (shows the sign), 0 (does not) or NaN, of level walking alone."""
    both = _OTHER_KNEE in schema.channels

    def stiff_knee(view: CycleView) -> Iterator[Values]:
        peak = np.degrees(view.statistic(_KNEE, "swing_max"))
        sign = peak < STIFF_KNEE_PEAK_DEG
        if both:
            # The other knee's peak of the cycle is its swing peak, whenever it swings.
            other = np.degrees(view.statistic(_OTHER_KNEE, "max"))
            sign |= other - peak > STIFF_KNEE_DIFFERENCE_DEG
        yield _flag(sign, np.isfinite(peak) & scored(view))

    def crouch(view: CycleView) -> Iterator[Values]:
        least = np.degrees(view.statistic(_KNEE, "stance_min"))
        yield _flag(least > CROUCH_KNEE_DEG, np.isfinite(least) & scored(view))

    def equinus(view: CycleView) -> Iterator[Values]:
        most = np.degrees(view.statistic(_ANKLE, "stance_max"))
        yield _flag(most < EQUINUS_ANKLE_DEG, np.isfinite(most) & scored(view))

    if _KNEE in schema.channels:
        formula = f"1 if most knee flexion in swing below {STIFF_KNEE_PEAK_DEG} deg"
        if both:
            formula += f", or more than {STIFF_KNEE_DIFFERENCE_DEG} deg below the other knee's"
        needs = (_KNEE, *((_OTHER_KNEE,) if both else ()), "stance_percent")
        spec = FeatureSpec("stiff_knee_ipsi", "clinical", "1", formula, _STIFF, needs)
        yield Family((spec,), stiff_knee)
        formula = f"1 if least knee flexion in stance is above {CROUCH_KNEE_DEG} deg"
        needs = (_KNEE, "stance_percent")
        spec = FeatureSpec("crouch_ipsi", "clinical", "1", formula, _RODDA, needs)
        yield Family((spec,), crouch)
    else:
        yield LeftOut("stiff_knee_ipsi, crouch_ipsi", f"needs {_KNEE}")
    if _ANKLE in schema.channels:
        formula = f"1 if most dorsiflexion in stance is below {EQUINUS_ANKLE_DEG} deg"
        needs = (_ANKLE, "stance_percent")
        spec = FeatureSpec("equinus_ipsi", "clinical", "1", formula, _RODDA, needs)
        yield Family((spec,), equinus)
    else:
        yield LeftOut("equinus_ipsi", f"needs {_ANKLE}")


def _flag(sign: NDArray[np.bool_], known: NDArray[np.bool_]) -> Values:
    return np.where(known, sign.astype(np.float64), np.nan)


# Group clinical: Gillette Gait Index, as far as its 16 parameters can be had

_TILT = "pelvis_anterior_tilt_angle_rad"
_ROTATION = "pelvis_internal_rotation_angle_rad"
_HIP = "hip_flexion_angle_ipsi_rad"
_ADDUCTION = "hip_adduction_angle_ipsi_rad"
_SCHUTTE = "Schutte et al. 2000 (doi:10.1016/S0966-6362(99)00047-8)"
_WITHOUT_COHORT = ("mean hip rotation in stance", "mean foot progression in stance")
_FEWEST = 6


def _of(channel: str, statistic: str) -> Callable[[CycleView], Values]:
    return lambda view: np.degrees(view.statistic(channel, statistic).astype(np.float64))


_PARAMETERS: dict[str, tuple[tuple[str, ...], Callable[[CycleView], Values]]] = {
    "toe-off": (("stance_percent",), lambda view: view.stance.measured),
    "speed / leg length": (
        ("speed_m_s", "leg_length_m"),
        lambda view: view.column("speed_m_s") / view.leg_length_m,
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
    at_hand = {*schema.channels, *schema.columns}
    if schema.force("vertical", "ipsi") is not None:
        at_hand.add("stance_percent")
    if schema.has_leg_length:
        at_hand.add("leg_length_m")
    names = tuple(name for name, (needs, _) in _PARAMETERS.items() if at_hand.issuperset(needs))
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
        source=_SCHUTTE,
        requires=tuple(dict.fromkeys(need for name in names for need in _PARAMETERS[name][0])),
    )

    def compute(view: CycleView) -> Iterator[Values]:
        # Squared Mahalanobis distance: the sum of squares of the whitened components.
        reference = score_reference()
        rows = [reference.gillette_names.index(name) for name in names]
        away = gillette_parameters(view, names) - reference.gillette_mean[rows]
        inverse = np.linalg.inv(reference.gillette_covariance[np.ix_(rows, rows)])
        squared = np.zeros(len(view))
        for one in range(len(names)):
            for other in range(len(names)):
                squared += inverse[one, other] * away[:, one] * away[:, other]
        yield np.where(scored(view), squared, np.nan)

    yield Family((spec,), compute)


def gillette_parameters(view: CycleView, names: tuple[str, ...]) -> Values:
    """Return the discrete parameters of each cycle, (n_cycles, n_names); degrees for angles."""
    return np.stack([_PARAMETERS[name][1](view) for name in names], axis=1)


PARAMETER_NAMES = tuple(_PARAMETERS)
"""The parameters of the reference cohort, in the order of its table."""
