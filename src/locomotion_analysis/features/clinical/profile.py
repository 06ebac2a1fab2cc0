"""Group clinical: Movement Analysis Profile, Gait Profile Score and Gait Deviation Index."""

from collections.abc import Iterator
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.kernels.deviation import basis_scores, mean_square
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard import Channel, normative_curves
from locomotion_analysis.standard.normative import shift
from locomotion_analysis.standard.score_reference import (
    EXTRA_CHANNELS,
    PROFILE_CHANNELS,
    score_reference,
)

SCORED_TASK = "level_walking"
"""The clinical scores compare with healthy adults walking on the level; other tasks get NaN."""

_LEAST = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")
_USUAL_SPEED_M_S = 1.3
_GPS = "Baker et al. 2009 (doi:10.1016/j.gaitpost.2009.05.020)"
_GDI = "Schwartz & Rozumalski 2008 (doi:10.1016/j.gaitpost.2008.05.001)"


def profile_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the profile's channels (GVS) and both legs' GPS, then GDI and GDI*."""
    found = {side: profile_channels(schema, side) for side in ("ipsi", "contra")}
    missing = [name for name in _LEAST if not any(name in got for got in found["ipsi"])]
    if missing:
        reason = f"needs the ipsilateral angles {', '.join(missing)}"
        yield from (LeftOut(name, reason) for name in ("GVS", "GPS", "GDI*"))
    else:
        yield from _profile(found["ipsi"], found["contra"])
    absent = [name for name in PROFILE_CHANNELS if name not in schema.channels]
    if absent:
        yield LeftOut("gdi_ipsi", f"needs {', '.join(absent)}")
    else:
        yield Family((_gdi_spec(),), _deviation_index)


def profile_channels(schema: Schema, side: str) -> tuple[str, ...]:
    """Return the variables of the profile there are: pelvis and one leg."""
    wanted = [*PROFILE_CHANNELS, *EXTRA_CHANNELS]
    names = [name.replace("_ipsi_", f"_{side}_") for name in wanted]
    return tuple(name for name in names if name in schema.channels)


def _profile(ipsi: tuple[str, ...], contra: tuple[str, ...]) -> Iterator[Family | LeftOut]:
    opposite = tuple(name for name in contra if "_contra_" in name)
    both = len(opposite) == sum("_ipsi_" in name for name in ipsi)
    lacking = set(PROFILE_CHANNELS + EXTRA_CHANNELS) - set(ipsi)
    specs = [_gvs_spec(name) for name in (*ipsi, *opposite)]
    specs.append(_gps_spec("ipsi", ipsi, lacking))
    if both:
        specs.append(_gps_spec("contra", contra, lacking))
        specs.append(_gps_spec("overall", (*ipsi, *opposite), lacking))
    else:
        yield LeftOut("gps_contra_deg, gps_overall_deg", "needs the same angles of both legs")
    specs.append(_star_spec(tuple(name for name in ipsi if name in PROFILE_CHANNELS)))
    yield Family(tuple(specs), partial(_scores, ipsi=ipsi, opposite=opposite, both=both))


def _scores(
    view: CycleView, ipsi: tuple[str, ...], opposite: tuple[str, ...], *, both: bool
) -> Iterator[Values]:
    """Yield GVS of all channels, GPS of each leg and overall, GDI*."""
    squares = _mean_squares(view, (*ipsi, *opposite))
    for values in squares.values():
        yield np.degrees(np.sqrt(values))
    pelvis = tuple(name for name in ipsi if "_ipsi_" not in name)
    legs = [ipsi, (*pelvis, *opposite), (*ipsi, *opposite)] if both else [ipsi]
    for names in legs:
        yield _root_mean([squares[name] for name in names])
    known = tuple(name for name in ipsi if name in PROFILE_CHANNELS)
    mean, sd = score_reference().log_profile(known)
    with np.errstate(divide="ignore"):
        distance = np.log(_root_mean([squares[name] for name in known]))
    yield 100.0 - 10.0 * (distance - mean) / sd


def _root_mean(squares: list[Values]) -> Values:
    root: Values = np.degrees(np.sqrt(np.mean(squares, axis=0)))
    return root


def _mean_squares(view: CycleView, channels: tuple[str, ...]) -> dict[str, Values]:
    means = np.stack([profile_mean(name) for name in channels])
    values = mean_square(view.data.block, _rows(view, channels), means)
    return dict(zip(channels, np.where(scored(view), values, np.nan), strict=True))


def _rows(view: CycleView, channels: tuple[str, ...]) -> NDArray[np.int64]:
    return np.array([view.data.channels.index(name) for name in channels], dtype=np.int64)


def scored(view: CycleView) -> NDArray[np.bool_]:
    """Return which cycles the clinical scores are for."""
    own: NDArray[np.bool_] = np.asarray(view.cycles["task"] == SCORED_TASK, dtype=np.bool_)
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


def gait_scores(view: CycleView) -> Values:
    """Return the scores c of each cycle on the basis of the Gait Deviation Index, (n, 15)."""
    rows = _rows(view, PROFILE_CHANNELS)
    scores: Values = basis_scores(view.data.block, rows, score_reference().basis)
    return scores


def _deviation_index(view: CycleView) -> Iterator[Values]:
    reference = score_reference()
    mean, sd = reference.log_distance
    with np.errstate(divide="ignore"):
        distance = np.log(np.linalg.norm(gait_scores(view) - reference.centre, axis=1))
    yield np.where(scored(view), 100.0 - 10.0 * (distance - mean) / sd, np.nan)


def _gvs_spec(channel: str) -> FeatureSpec:
    parsed = Channel.parse(channel)
    middle = parsed.quantity.removesuffix("_angle")
    name = "_".join(part for part in ("gvs", middle, parsed.side, "deg") if part)
    formula = "root mean square difference from the healthy mean curve over 150 points"
    return FeatureSpec(name, "clinical", "deg", formula, _GPS, (channel,))


def _gps_spec(which: str, channels: tuple[str, ...], lacking: set[str]) -> FeatureSpec:
    without = f"; without {', '.join(sorted(lacking))}, which the data lacks" if lacking else ""
    formula = f"root mean square of {len(channels)} Gait Variable Scores{without}"
    return FeatureSpec(f"gps_{which}_deg", "clinical", "deg", formula, _GPS, channels)


def _star_spec(channels: tuple[str, ...]) -> FeatureSpec:
    formula = (
        f"100 - 10 z of ln GPS over {len(channels)} variables, against the healthy cohort of "
        f"reference {score_reference().version}"
    )
    return FeatureSpec("gdi_star_ipsi", "clinical", "1", formula, _GDI, channels)


def _gdi_spec() -> FeatureSpec:
    formula = (
        "100 - 10 z of ln |c - healthy c|, c the scores of 7 x 51 points on 15 singular vectors; "
        "without hip rotation and foot progression, which the reference cohort lacks; reference "
        f"{score_reference().version}"
    )
    return FeatureSpec("gdi_ipsi", "clinical", "1", formula, _GDI, PROFILE_CHANNELS)
