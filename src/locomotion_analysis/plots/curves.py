"""Curves over the gait cycle: groups with their spread and the norm, sides, change, the sheet."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError, did_you_mean, listed
from locomotion_analysis.features.spec import CycleView, leg_events, number_column
from locomotion_analysis.quality.norm_fit import out_of_phase
from locomotion_analysis.reporting.names import shown_unit, value_title
from locomotion_analysis.reporting.style import (
    INK,
    MUTED,
    PALETTE,
    PANEL_INCHES,
    axes_for,
    colour,
    curve_axes,
    figure,
    line_style,
)
from locomotion_analysis.standard import PHASE_PERCENT, TASKS, Channel
from locomotion_analysis.standard.norms import normative_curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_change", "plot_curves", "plot_sheet", "plot_sides"]

Band = Literal["sd", "ci", "none"]

MOST_PANELS = 12
MOST_STRIDES = 200
"""Strides that are drawn faintly in one panel; more make a blot."""

SIDE_COLOURS = {"left": PALETTE[1], "right": PALETTE[0]}
_SIDE_STYLES = {"left": "-", "right": "--"}
SHEET = (
    ("pelvis_anterior_tilt_angle_rad", "pelvis_obliquity_up_angle_rad",
     "pelvis_internal_rotation_angle_rad"),
    ("hip_flexion_angle_ipsi_rad", "hip_adduction_angle_ipsi_rad",
     "hip_internal_rotation_angle_ipsi_rad"),
    ("knee_flexion_angle_ipsi_rad", "knee_adduction_angle_ipsi_rad",
     "knee_internal_rotation_angle_ipsi_rad"),
    ("ankle_dorsiflexion_angle_ipsi_rad", "subtalar_inversion_angle_ipsi_rad",
     "foot_progression_internal_angle_ipsi_rad"),
    ("hip_flexion_moment_ipsi_Nm_kg", "knee_flexion_moment_ipsi_Nm_kg",
     "ankle_dorsiflexion_moment_ipsi_Nm_kg"),
    ("hip_power_ipsi_W_kg", "knee_power_ipsi_W_kg", "ankle_power_ipsi_W_kg"),
    ("grf_vertical_ipsi_BW", "grf_anterior_ipsi_BW", "grf_lateral_ipsi_BW"),
)  # fmt: skip
"""Rows of the clinical sheet: each joint in the sagittal, frontal and transverse plane, then the
moments, powers and ground reaction forces."""

_MANY = 0.05
"""Share of cycles out of phase that is worth a word: single ones hardly change a mean."""

_NORM = "Norm (mean ± SD)"
_TOE_OFF = "Mean toe-off"
_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class ClassCurve:
    """Mean over subjects and standard deviation between them, each of shape (150,)."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    n_subjects: int


def main_channels(data: LocomotionData, most: int = MOST_PANELS) -> list[str]:
    """Return the measured channels worth showing first, at most `most`, in page order.

    Sagittal angles, moments, powers and ground forces of the ipsilateral leg come first,
    then whatever else of that leg and the trunk was measured, then the other leg.
    """
    measured = [name for name in data.channels if not np.isnan(data.curves(name)).all()]

    def rank(name: str) -> tuple[bool, int]:
        channel = Channel.parse(name)
        known = channel.quantity in _FIRST
        return channel.side == "contra", _FIRST.index(channel.quantity) if known else len(_FIRST)

    return sorted(measured, key=rank)[:most]


# One row a quantity, one column a joint: the order a gait laboratory prints its reports in.
_FIRST = (
    "hip_flexion_angle",
    "knee_flexion_angle",
    "ankle_dorsiflexion_angle",
    "hip_flexion_moment",
    "knee_flexion_moment",
    "ankle_dorsiflexion_moment",
    "hip_power",
    "knee_power",
    "ankle_power",
    "grf_vertical",
    "grf_anterior",
    "hip_adduction_angle",
)


def subject_means(
    curves: NDArray[np.float32], subjects: NDArray[Any], factor: float = 1.0
) -> pd.DataFrame:
    """Return the mean curve of each subject who has one, one row a subject.

    Parameters
    ----------
    curves : ndarray, shape (n_cycles, 150)
        NaN is left out.
    subjects : ndarray, shape (n_cycles,)
        Subject of each cycle.
    factor : float
        Converts into the unit shown.
    """
    of_subject = pd.DataFrame(curves.astype(np.float64) * factor).groupby(subjects).mean()
    return of_subject.dropna(how="all")


def class_curve(
    curves: NDArray[np.float32], subjects: NDArray[Any], factor: float = 1.0
) -> ClassCurve:
    """Average cycles within each subject first, then over the subjects.

    A subject with a hundred cycles so counts as much as one with three, and the spread is
    that between people, which is what a reader takes it for.

    Parameters
    ----------
    curves : ndarray, shape (n_cycles, 150)
        Curves of one class; NaN is left out.
    subjects : ndarray, shape (n_cycles,)
        Subject of each cycle.
    factor : float
        Converts into the unit shown.
    """
    of_subject = subject_means(curves, subjects, factor)
    mean = of_subject.mean().to_numpy()
    deviation = of_subject.std(ddof=1).fillna(0.0).to_numpy()
    return ClassCurve(mean, deviation, len(of_subject))


def measured_toe_off(data: LocomotionData) -> NDArray[np.float64]:
    """Return the ipsilateral toe-off of each cycle, percent; NaN where none was measured."""
    view = CycleView(data)
    return np.where(view.steps, view.stance.measured, np.nan)


def draw_norm(ax: "Axes", data: LocomotionData, channel: str) -> bool:
    """Draw the published mean ± SD of healthy adults in the data's task, at its mean speed.

    Returns
    -------
    bool
        Whether there is one: the cycles are of one task, and the channel is tabulated in it.
    """
    tasks = data.cycles["task"].unique()
    if len(tasks) != 1 or tasks[0] not in TASKS:
        return False
    speed, incline = (number_column(data.cycles, name) for name in ("speed_m_s", "incline_deg"))
    at = [float(np.nanmean(each)) if np.isfinite(each).any() else None for each in (speed, incline)]
    found = normative_curves(tasks[0], *at).of(channel)
    if found is None:
        return False
    factor = shown_unit(channel)[1]
    mean, sd = factor * found[0], factor * found[1]
    ax.fill_between(
        PHASE_PERCENT, mean - sd, mean + sd, color=MUTED, alpha=0.22, linewidth=0, label=_NORM,
        zorder=0,
    )  # fmt: skip
    return True


def draw_group(
    ax: "Axes",
    curves: NDArray[np.float32],
    subjects: NDArray[Any],
    channel: str,
    label: str,
    *,
    band: Band = "sd",
    shade: str = INK,
    style: str = "-",
    strides: bool = False,
    toe_off: NDArray[np.float64] | None = None,
) -> None:
    """Draw the mean curve of a group, its band, its toe-off and, where asked, all its strides.

    Means are over subjects, each subject's cycles averaged first, and so is the band. Of a single
    subject they are over strides.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    curves : ndarray, shape (n_cycles, 150)
        Curves of the group, in the channel's own unit.
    subjects : ndarray, shape (n_cycles,)
        Subject of each cycle.
    channel : str
        What is drawn, for its unit.
    label : str
        Name of the group.
    band : {"sd", "ci", "none"}
        Standard deviation, or 95 % confidence interval of the mean (t distribution, each point by
        itself).
    shade, style : str
        Colour and line style.
    strides : bool
        Whether every stride is drawn faintly.
    toe_off : ndarray, shape (n_cycles,), optional
        Measured toe-off, percent; its mean is marked.
    """
    factor = shown_unit(channel)[1]
    rows = np.flatnonzero(~np.isnan(curves).all(axis=1))
    if not len(rows):
        return
    people = subjects[rows]
    n_people = pd.unique(people).size
    units = subject_means(curves[rows], people if n_people > 1 else np.arange(len(rows)), factor)
    mean, deviation = units.mean().to_numpy(), units.std(ddof=1).to_numpy()
    if strides:
        shown = rows
        if len(rows) > MOST_STRIDES:
            shown = np.random.default_rng(0).choice(rows, MOST_STRIDES, replace=False)
        ax.plot(PHASE_PERCENT, factor * curves[shown].T, color=shade, alpha=0.18, linewidth=0.6)
    if band != "none" and len(units) > 1:
        n = units.count().to_numpy()
        with np.errstate(invalid="ignore", divide="ignore"):
            half = deviation * (stdtrit(n - 1, 0.975) / np.sqrt(n) if band == "ci" else 1.0)
        ax.fill_between(
            PHASE_PERCENT, mean - half, mean + half, color=shade, alpha=0.16, linewidth=0
        )
    counted = f"{n_people} subjects" if n_people > 1 else f"{len(rows)} strides"
    ax.plot(
        PHASE_PERCENT, mean, color=shade, linestyle=style, linewidth=1.6,
        label=f"{label} (n = {counted})",
    )  # fmt: skip
    if toe_off is not None and np.isfinite(toe_off[rows]).any():
        lift = pd.Series(toe_off[rows]).groupby(people).mean().mean()
        known = _TOE_OFF in ax.get_legend_handles_labels()[1]
        ax.axvline(
            float(lift), color=shade, linewidth=0.8, linestyle=":",
            label=None if known else _TOE_OFF,
        )  # fmt: skip


def plot_curves(
    data: LocomotionData,
    channel: str | Sequence[str] | None = None,
    by: str | None = None,
    *,
    band: Band = "sd",
    norm: bool = True,
    strides: bool = False,
    ax: "Axes | None" = None,
) -> "Axes | Figure":
    """Draw mean curves of groups over the gait cycle, with their spread and the published norm.

    Each subject's cycles are averaged first; mean and band are over subjects. Of a single subject
    they are over strides. Dotted lines mark the mean toe-off where it was measured.

    Parameters
    ----------
    data : LocomotionData
        Cycles of one task, unless they are grouped by it.
    channel : str, sequence of str or None
        A channel, or several: a panel each. Short names stand for the angle of the ipsilateral
        leg (``"knee_flexion"``). None: the measured channels worth showing first, at most twelve.
    by : str, optional
        Column of ``data.cycles`` that names the groups, for example ``"pathology"``.
    band : {"sd", "ci", "none"}
        Standard deviation, or 95 % confidence interval of the mean at each point.
    norm : bool
        Whether the mean ± SD of healthy adults is drawn behind, where it is published for the
        task; at the cycles' mean speed.
    strides : bool
        Whether every stride is drawn faintly, 200 a group at most.
    ax : matplotlib.axes.Axes, optional
        Where one channel is drawn.

    Returns
    -------
    matplotlib.axes.Axes or matplotlib.figure.Figure
        Axes for one channel, the figure for several. Angles are in degrees.

    Raises
    ------
    SchemaError
        If a name is unknown, cycles of several tasks would be averaged, or `ax` is given for
        several channels.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(6, 3, ["level_walking"], ["healthy", "stroke"])
    >>> plot_curves(data, "knee_flexion", by="pathology").get_ylabel()
    'Angle (°)'
    """
    names, groups = channels_named(data, channel), groups_of(data, by)
    _warn_of_phase(data)
    draw = partial(
        _curves_in, groups=groups, toe_off=measured_toe_off(data), band=band, norm=norm,
        strides=strides,
    )  # fmt: skip
    if isinstance(channel, str):
        return draw(axes_for(ax, 4.6, 3.2, data), data, names[0])
    _no_axes_for_several(ax, names)
    return _in_panels(data, names, partial(draw, legend=False))


def _curves_in(
    ax: "Axes", data: LocomotionData, channel: str, groups: list[tuple[Any, NDArray[np.intp]]],
    toe_off: NDArray[np.float64], band: Band, norm: bool, strides: bool, legend: bool = True,
) -> "Axes":  # fmt: skip
    curves, people = data.curves(channel), data.groups
    for position, (label, rows) in enumerate(groups):
        draw_group(
            ax, curves[rows], people[rows], channel, label, band=band, shade=colour(position),
            style=line_style(position), strides=strides, toe_off=toe_off[rows],
        )  # fmt: skip
    if norm:
        draw_norm(ax, data, channel)
    finish(ax, channel, legend=legend)
    return ax


def plot_sides(
    data: LocomotionData,
    channel: str | Sequence[str] | None = None,
    *,
    band: Band = "sd",
    norm: bool = True,
    ax: "Axes | None" = None,
) -> "Axes | Figure":
    """Draw the left leg against the right, each on its own gait cycle.

    Where the cycles say their side, the ipsilateral curves of left cycles stand against those of
    right cycles. Where they are all of one side, or say none, the other leg is the contralateral
    channel on its own clock (:meth:`~locomotion_analysis.LocomotionData.contralateral_in_phase`).

    Parameters
    ----------
    data : LocomotionData
        Cycles of one task.
    channel : str, sequence of str or None
        Ipsilateral channels, as for :func:`plot_curves`; midline channels are left out of None.
    band, norm, ax
        As for :func:`plot_curves`.

    Returns
    -------
    matplotlib.axes.Axes or matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If only one leg was measured.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> ax = plot_sides(simulate(6, 4, ["level_walking"], ["healthy"]), "knee_flexion")
    >>> [text.get_text().split(" (")[0] for text in ax.get_legend().get_texts()][:2]
    ['Left', 'Right']
    """
    names = [n for n in channels_named(data, channel) if Channel.parse(n).side == "ipsi"]
    if not names:
        raise SchemaError(
            expected="channels of a leg", got=repr(channel), where="plot_sides",
            fix="ask for an ipsilateral channel; the pelvis and trunk have no side",
        )  # fmt: skip
    refuse_several_tasks(data)
    _warn_of_phase(data)
    if isinstance(channel, str):
        return _sides_in(axes_for(ax, 4.6, 3.2, data), data, names[0], band, norm)
    _no_axes_for_several(ax, names)
    draw = partial(_sides_in, band=band, norm=norm, legend=False)
    return _in_panels(data, names, draw)


def _sides_in(
    ax: "Axes", data: LocomotionData, channel: str, band: Band, norm: bool, *, legend: bool = True
) -> "Axes":
    people = data.groups
    for label, side, curves, rows in _legs(data, channel):
        draw_group(
            ax, curves, people[rows], channel, label, band=band, shade=SIDE_COLOURS[side],
            style=_SIDE_STYLES[side],
        )  # fmt: skip
    if norm:
        draw_norm(ax, data, channel)
    finish(ax, channel, legend=legend)
    return ax


def _legs(
    data: LocomotionData, channel: str
) -> Iterator[tuple[str, str, NDArray[np.float32], NDArray[np.intp]]]:
    """Yield label, side for the colour, curves and rows of each leg."""
    rows = _rows_of_sides(data)
    if all(len(each) for each in rows.values()):
        for name, own in rows.items():
            yield name.capitalize(), name, data.curves(channel)[own], own
        return
    other = Channel.parse(channel).opposite()
    if other is None or other.name not in data.channels:
        raise SchemaError(
            expected="cycles of both sides, or the contralateral channel", got=channel,
            where="plot_sides", fix="see data.cycles['side'] and data.channels",
        )  # fmt: skip
    everything = np.arange(len(data))
    opposite = contralateral_in_phase(data, other.name)
    if len(rows["right"]) == len(data):
        yield "Right", "right", data.curves(channel), everything
        yield "Left, on its own cycle", "left", opposite, everything
    else:
        known = len(rows["left"]) == len(data)
        yield "Left" if known else "Ipsilateral", "left", data.curves(channel), everything
        label = "Right" if known else "Contralateral"
        yield f"{label}, on its own cycle", "right", opposite, everything


def _rows_of_sides(data: LocomotionData) -> dict[str, NDArray[np.intp]]:
    side = data.cycles["side"].to_numpy() if "side" in data.cycles else np.full(len(data), "")
    return {name: np.flatnonzero(side == name) for name in SIDE_COLOURS}


def _empty_panel(ax: "Axes", channel: str) -> None:
    curve_axes(ax, channel)
    ax.text(0.5, 0.5, "not measured", transform=ax.transAxes, ha="center", color=MUTED, fontsize=8)
    ax.set_yticks([])


def contralateral_in_phase(data: LocomotionData, channel: str) -> NDArray[np.float32]:
    """Return a contralateral channel on its own gait cycle: 0 % is the contralateral heel strike.

    The part of the cycle before that heel strike is taken for the end of the contralateral cycle,
    as in steady walking; between samples linearly. The heel strike is where the contralateral
    vertical force rises above 20 N, else half of the double support before the ipsilateral
    toe-off, else half a cycle.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    channel : str
        A contralateral channel.

    Returns
    -------
    ndarray of float32, shape (n_cycles, 150)
        NaN where the heel strike is not known.

    Raises
    ------
    SchemaError
        If the channel is not contralateral.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(4, 4, ["level_walking"], ["healthy"])
    >>> own = contralateral_in_phase(data, "knee_flexion_angle_contra_rad").mean(axis=0)
    >>> bool(PHASE_PERCENT[own.argmax()] > 65)  # swing, as on the ipsilateral leg
    True
    """
    curves = data.curves(channel)
    if Channel.parse(channel).side != "contra":
        raise SchemaError(
            expected="a contralateral channel", got=channel, where="contralateral_in_phase",
            fix="the ipsilateral leg is on its own cycle as it is",
        )  # fmt: skip
    start = leg_events(CycleView(data), "contra").start
    wanted = (PHASE_PERCENT + start[:, None]) % 100.0 / 100.0 * (len(PHASE_PERCENT) - 1)
    known = np.isfinite(wanted)
    before = np.where(known, wanted, 0.0).astype(np.intp)
    share = np.where(known, wanted - before, np.nan)
    rows = np.arange(len(curves))[:, None]
    first, second = (
        curves[rows, before],
        curves[rows, np.minimum(before + 1, len(PHASE_PERCENT) - 1)],
    )
    return np.asarray(first + share * (second - first), dtype=np.float32)


def plot_change(
    data: LocomotionData,
    channel: str,
    by: str,
    before: Any,
    after: Any,
    *,
    norm: bool = True,
) -> "Figure":
    """Draw the same people before and after: their mean curves, and the mean difference.

    Only people with cycles of both count. The band of the difference is the 95 % confidence
    interval of the mean over people at each point by itself: it says where to look, it is no test
    of the curve as a whole.

    Parameters
    ----------
    data : LocomotionData
        Cycles of one task.
    channel : str
        As for :func:`plot_curves`.
    by : str
        Column of ``data.cycles``, for example ``"session"``.
    before, after : object
        Its two values.
    norm : bool
        Whether the published norm is drawn behind.

    Returns
    -------
    matplotlib.figure.Figure
        Two axes: the curves, and after minus before.

    Raises
    ------
    SchemaError
        If nobody has cycles of both.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(5, 4, ["level_walking"], ["healthy"])
    >>> figure = plot_change(data, "knee_flexion", "side", "left", "right")
    >>> [ax.get_title("left") for ax in figure.axes]
    ['Knee flexion', 'Right minus Left']
    """
    (name,) = channels_named(data, channel)
    refuse_several_tasks(data)
    _warn_of_phase(data)
    sets = dict(groups_of(data, by, titles=False))
    missing = [each for each in (before, after) if each not in sets]
    if missing:
        raise SchemaError(
            expected=f"values of {by} among {list(sets)}", got=repr(missing[0]), where="plot_change"
        )
    factor = shown_unit(name)[1]
    people, toe_off = data.groups, measured_toe_off(data)
    first, second = (
        subject_means(data.curves(name)[sets[each]], people[sets[each]], factor)
        for each in (before, after)
    )
    both = first.index.intersection(second.index)
    if not len(both):
        raise SchemaError(
            expected=f"people with cycles of {before!r} and of {after!r}", got="nobody",
            where=f"column {by}",
        )  # fmt: skip
    difference = second.loc[both] - first.loc[both]
    titles = [value_title(each) for each in (before, after)]
    with figure(2 * 4.2, 3.3, data) as made:
        left, right = made.subplots(1, 2)
        for position, (each, title) in enumerate(zip((before, after), titles, strict=True)):
            rows = sets[each][np.isin(people[sets[each]], both)]
            draw_group(
                left, data.curves(name)[rows], people[rows], name, title, shade=colour(position),
                style=line_style(position), toe_off=toe_off[rows],
            )  # fmt: skip
        if norm:
            draw_norm(left, data, name)
        finish(left, name)
        mean, n = difference.mean().to_numpy(), difference.count().to_numpy()
        if len(both) > 1:
            with np.errstate(invalid="ignore", divide="ignore"):
                error = difference.std(ddof=1).to_numpy() / np.sqrt(n) * stdtrit(n - 1, 0.975)
            right.fill_between(
                PHASE_PERCENT, mean - error, mean + error, color=INK, alpha=0.16, linewidth=0,
                label="95 % CI, each point",
            )  # fmt: skip
        label = f"Mean of {len(both)} subjects" if len(both) > 1 else "One subject"
        right.plot(PHASE_PERCENT, mean, color=INK, linewidth=1.6, label=label)
        finish(right, name)
        right.set_title(f"{titles[1]} minus {titles[0]}", loc="left", fontsize=9.5)
        right.set_ylabel(f"Difference ({shown_unit(name)[0]})")
    return made


def plot_sheet(
    data: LocomotionData, by: str | None = None, *, band: Band = "sd", norm: bool = True
) -> "Figure":
    """Draw the clinical sheet: pelvis, hip, knee and ankle in three planes, moments, powers, force.

    Parameters
    ----------
    data : LocomotionData
        Cycles of one task, of one person or several.
    by : str, optional
        Column of the groups. None: left against right where the cycles say their side.
    band, norm
        As for :func:`plot_curves`.

    Returns
    -------
    matplotlib.figure.Figure
        One panel a channel of ``SHEET``; rows of which nothing was measured are left out.

    Raises
    ------
    SchemaError
        If no channel of the sheet was measured, or cycles of several tasks would be averaged.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> one = simulate(1, 6, ["level_walking"], ["healthy"])
    >>> len(plot_sheet(one).axes)
    21
    """
    measured = {name for name in data.channels if not np.isnan(data.curves(name)).all()}
    rows = [row for row in SHEET if measured & set(row)]
    if not rows:
        raise SchemaError(
            expected="an angle, moment, power or force of the clinical sheet",
            got=", ".join(data.channels[:6]),
            where="plot_sheet",
            fix="draw these channels with plot_curves",
        )
    groups = groups_of(data, by)
    _warn_of_phase(data)
    sides = _rows_of_sides(data)
    by_side = by is None and all(len(own) for own in sides.values())
    if by_side:
        groups = [(name.capitalize(), own) for name, own in sides.items()]
    looks = (
        [(SIDE_COLOURS[name], _SIDE_STYLES[name]) for name in sides]
        if by_side
        else [(colour(position), line_style(position)) for position in range(len(groups))]
    )
    people, toe_off = data.groups, measured_toe_off(data)
    with figure(_COLUMNS * 2.9, 1.95 * len(rows) + 0.6, data) as made:
        grid = made.subplots(len(rows), _COLUMNS, squeeze=False)
        for axes, row in zip(grid, rows, strict=True):
            for ax, name in zip(axes, row, strict=True):
                if name not in measured:
                    _empty_panel(ax, name)
                    continue
                for (label, own), (shade, style) in zip(groups, looks, strict=True):
                    draw_group(
                        ax, data.curves(name)[own], people[own], name, label, band=band,
                        shade=shade, style=style, toe_off=toe_off[own],
                    )  # fmt: skip
                if norm:
                    draw_norm(ax, data, name)
                finish(ax, name, legend=False)
            for ax in axes:
                if row is not rows[-1]:
                    ax.set_xlabel("")
        _one_legend(made, list(grid.ravel()))
    return made


# What the pictures share


def channels_named(data: LocomotionData, asked: str | Sequence[str] | None) -> list[str]:
    """Return the channels that are asked for; the measured ones worth showing first where None."""
    if asked is None:
        found = main_channels(data)
        if not found:
            raise SchemaError(
                expected="data with a measured channel", got="none", where="data.channels"
            )
        return found
    return [data.channel(name) for name in ([asked] if isinstance(asked, str) else asked)]


def column_of(data: LocomotionData, by: str) -> "pd.Series[Any]":
    """Return the column that names the groups.

    Raises
    ------
    SchemaError
        If the column does not exist or has no value.
    """
    cycles = data.cycles
    if by not in cycles:
        raise SchemaError(
            expected=f"a column of cycles ({listed(cycles.columns)})",
            got=repr(by),
            where="by",
            fix=did_you_mean(by, cycles.columns, "name the column of the groups"),
        )
    if cycles[by].isna().all():
        raise SchemaError(expected=f"values in column {by}", got="none", where="by")
    return cycles[by]


def refuse_several_tasks(
    data: LocomotionData, rows: NDArray[np.intp] | slice = slice(None), of: str = ""
) -> None:
    """Raise where a mean curve would be over cycles of several tasks."""
    tasks = data.cycles["task"].iloc[rows].unique()
    if len(tasks) > 1:
        shown = ", ".join(map(str, tasks[:4])) + (" ..." if len(tasks) > 4 else "")
        raise SchemaError(
            expected="cycles of one task in a mean curve",
            got=shown + (f" in {of}" if of else ""),
            where="by",
            fix="choose one, data.select(task='level_walking'), or group by='task'",
        )


def groups_of(
    data: LocomotionData, by: str | None, *, titles: bool = True
) -> list[tuple[Any, NDArray[np.intp]]]:
    """Return the groups of a column: name and rows of each, in the order of names.

    Raises
    ------
    SchemaError
        If the column does not exist or has no value, or cycles of several tasks are in a group.
    """
    if by is None:
        refuse_several_tasks(data)
        people = pd.unique(data.groups)
        return [(str(people[0]) if len(people) == 1 else "All", np.arange(len(data)))]
    found = column_of(data, by).groupby(column_of(data, by), observed=True).indices
    groups = [
        (value_title(name) if titles else name, np.asarray(rows))
        for name, rows in sorted(found.items(), key=lambda pair: str(pair[0]))
    ]
    for name, rows in groups:
        refuse_several_tasks(data, rows, str(name))
    return groups


def _warn_of_phase(data: LocomotionData) -> None:
    """Say that mean curves blend two kinds, where some cycles begin half a cycle off."""
    shifted = out_of_phase(data)
    if shifted.sum() >= _MANY * len(data) > 0:
        warnings.warn(
            f"{int(shifted.sum())} of {len(data)} cycles begin about half a cycle after their own "
            "foot's contact (check GAIT108): mean curves blend the two kinds. Leave them out, or "
            "cut them at the contact of their own foot",
            LocomotionWarning,
            stacklevel=3,
        )


def finish(ax: "Axes", channel: str, *, legend: bool = True) -> None:
    """Give axes of curves their title, units, zero line and legend."""
    ax.axhline(0.0, color=INK, linewidth=0.5, alpha=0.5, zorder=0)
    curve_axes(ax, channel)
    if legend and ax.get_legend_handles_labels()[1]:
        ax.legend(loc="best", fontsize=7.5)


def _no_axes_for_several(ax: "Axes | None", names: Sequence[str]) -> None:
    if ax is not None:
        raise SchemaError(
            expected="one channel where ax is given", got=f"{len(names)} channels", where="ax",
            fix="call it once a channel, or without ax",
        )  # fmt: skip


def _in_panels(data: LocomotionData, names: Sequence[str], draw: "Callable[..., Axes]") -> "Figure":
    """Draw each channel in a panel, three a row, with one legend below them."""
    columns, rows = min(len(names), _COLUMNS), -(-len(names) // _COLUMNS)
    with figure(columns * PANEL_INCHES[0], rows * PANEL_INCHES[1] + 0.4, data) as made:
        grid = list(made.subplots(rows, columns, squeeze=False).ravel())
        for ax in grid[len(names) :]:
            ax.remove()
        for ax, name in zip(grid, names, strict=False):
            draw(ax, data, name)
        _one_legend(made, grid[: len(names)])
    return made


def _one_legend(made: "Figure", grid: Sequence["Axes"]) -> None:
    """Set the legend that all panels share below them."""
    handles: dict[str, Any] = {}
    for ax in grid:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            handles.setdefault(str(label), handle)
    # A channel measured in fewer subjects would list its group twice.
    plain: dict[str, tuple[str, Any]] = {}
    for label, handle in handles.items():
        plain.setdefault(label.split(" (n = ")[0], (label, handle))
    if plain:
        labels, shown = zip(*plain.values(), strict=True)
        made.legend(shown, labels, loc="outside lower center", ncols=min(len(labels), 4))


def plot_class_curves(
    data: LocomotionData,
    labels: NDArray[Any],
    classes: Sequence[Any],
    channel: str,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw mean ± 1 SD between subjects of every class, and its mean measured toe-off.

    Parameters
    ----------
    data : LocomotionData
        Cycles to draw.
    labels : ndarray, shape (n_cycles,)
        Class of each cycle.
    classes : sequence
        Classes in the order of their colours.
    channel : str
        Channel to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``; angles in degrees.
    """
    ax = axes_for(ax, *PANEL_INCHES, data)
    groups, curves = data.groups, data.curves(channel)
    toe_off = number_column(data.cycles, "stance_percent")
    for position, name in enumerate(classes):
        chosen = labels == name
        draw_group(
            ax, curves[chosen], groups[chosen], channel, value_title(name), shade=colour(position),
            style=line_style(position), toe_off=toe_off[chosen],
        )  # fmt: skip
    finish(ax, channel, legend=False)
    return ax
