"""One quantity against another: angle-angle, phase plane, moment-angle, force vectors."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features.spec import number_column
from locomotion_analysis.plots.curves import (
    channels_named,
    groups_of,
    measured_toe_off,
    refuse_several_tasks,
    subject_means,
)
from locomotion_analysis.reporting.names import channel_title, shown_unit
from locomotion_analysis.reporting.style import (
    INK,
    MUTED,
    axes_for,
    colour,
    figure,
    light_grid,
    line_style,
)
from locomotion_analysis.standard import PHASE_PERCENT, Channel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_butterfly", "plot_cyclogram", "plot_moment_angle", "plot_phase_plane"]

_SIZE = (4.2, 3.8)
_VECTORS = 24
_ON_THE_GROUND_BW = 0.03
_MOST_FEET = 0.9


def plot_cyclogram(
    data: LocomotionData, x: str, y: str, by: str | None = None, *, ax: "Axes | None" = None
) -> "Axes":
    """Draw one angle against another over the cycle (angle-angle diagram).

    The loop is that of the mean curves: each subject's cycles averaged first, then the subjects. A
    disc marks heel strike, a triangle the mean measured toe-off.

    Parameters
    ----------
    data : LocomotionData
        Cycles of one task, unless they are grouped by it.
    x, y : str
        Channels, for example ``"hip_flexion"`` and ``"knee_flexion"``.
    by : str, optional
        Column of the groups.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Angles in degrees.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(4, 3, ["level_walking"], ["healthy"])
    >>> plot_cyclogram(data, "hip_flexion", "knee_flexion").get_xlabel()
    'Hip flexion (°)'
    """
    across, up = channels_named(data, [x, y])
    pair = data.curves(across) * shown_unit(across)[1], data.curves(up) * shown_unit(up)[1]
    return _loops(data, *pair, by, (_with_unit(across), _with_unit(up)), ax)


def plot_phase_plane(
    data: LocomotionData, channel: str, by: str | None = None, *, ax: "Axes | None" = None
) -> "Axes":
    """Draw an angle against its angular velocity over the cycle (phase portrait).

    The velocity is its channel where the data has one, else the derivative of the angle by central
    differences over ``cycle_duration_s``.

    Parameters
    ----------
    data : LocomotionData
    channel : str
        An angle.
    by, ax
        As for :func:`plot_cyclogram`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    SchemaError
        If the channel is no angle, or there is neither velocity nor duration.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(4, 3, ["level_walking"], ["healthy"])
    >>> plot_phase_plane(data, "knee_flexion").get_ylabel()
    'Knee flexion velocity (°/s)'
    """
    (name,) = channels_named(data, channel)
    parsed = Channel.parse(name)
    if parsed.measurement != "angle":
        raise SchemaError(expected="an angle", got=name, where="plot_phase_plane")
    factor = shown_unit(name)[1]
    velocity = "_".join(
        part for part in (parsed.joint, parsed.motion, "velocity", parsed.side, "rad_s") if part
    )
    if velocity in data.channels:
        speeds = factor * data.curves(velocity)
    else:
        duration = number_column(data.cycles, "cycle_duration_s")
        if not np.isfinite(duration).any():
            raise SchemaError(
                expected=f"the channel {velocity}, or cycle_duration_s to derive it",
                got="neither", where="plot_phase_plane",
                fix="the duration of a stride that was not recorded cannot be guessed",
            )  # fmt: skip
        step = duration[:, None] / (len(PHASE_PERCENT) - 1)
        speeds = factor * np.gradient(data.curves(name), axis=1) / step
    return _loops(
        data, factor * data.curves(name), speeds, by, (_with_unit(name), _with_unit(velocity)), ax
    )


def plot_moment_angle(
    data: LocomotionData, joint: str = "ankle", by: str | None = None, *, ax: "Axes | None" = None
) -> "Axes":
    """Draw a joint's sagittal moment against its angle; the loop is the work over the cycle.

    Parameters
    ----------
    data : LocomotionData
    joint : {"hip", "knee", "ankle"}
    by, ax
        As for :func:`plot_cyclogram`.

    Returns
    -------
    matplotlib.axes.Axes
        The legend gives the net work of each loop, J/kg (J where moments are in Nm): the integral
        of the moment over the angle, positive where the joint generates.

    Raises
    ------
    SchemaError
        If the joint is unknown, or its moment or angle was not measured.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(4, 3, ["level_walking"], ["healthy"])
    >>> plot_moment_angle(data, "ankle").get_ylabel()
    'Ankle dorsiflexion moment (Nm/kg)'
    """
    motions = {"hip": "hip_flexion", "knee": "knee_flexion", "ankle": "ankle_dorsiflexion"}
    if joint not in motions:
        raise SchemaError(
            expected=f"a joint of {', '.join(motions)}", got=repr(joint), where="plot_moment_angle"
        )
    angle = data.channel(f"{motions[joint]}_angle_ipsi_rad")
    units = [
        unit for unit in ("Nm_kg", "Nm") if f"{motions[joint]}_moment_ipsi_{unit}" in data.channels
    ]
    moment = data.channel(f"{motions[joint]}_moment_ipsi_{units[0] if units else 'Nm_kg'}")
    factor = shown_unit(angle)[1]

    def work(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
        joules = float(np.trapezoid(y, x / factor))
        return f", net work {joules:+.2f} {'J/kg' if moment.endswith('_kg') else 'J'}"

    return _loops(
        data, factor * data.curves(angle), data.curves(moment), by,
        (_with_unit(angle), _with_unit(moment)), ax, note=work,
    )  # fmt: skip


def plot_butterfly(data: LocomotionData, by: str | None = None) -> "Figure":
    """Draw the vectors of the ground reaction force in stance, as Pedotti's butterfly.

    Each arrow is the mean force in the sagittal plane, forward to the right, from the centre of
    pressure where that was measured, else from the share of stance passed. One panel a group.

    Parameters
    ----------
    data : LocomotionData
        Cycles of one task, with vertical and anterior force in body weights.
    by : str, optional
        Column of the groups; None: left and right where the cycles say their side.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If the forces were not measured.

    References
    ----------
    Pedotti 1977, IEEE Trans Biomed Eng.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(4, 4, ["level_walking"], ["healthy"])
    >>> [ax.get_title("left") for ax in plot_butterfly(data).axes]
    ['Left', 'Right']
    """
    vertical, anterior = (data.channel(f"grf_{axis}_ipsi_BW") for axis in ("vertical", "anterior"))
    place = "cop_anterior_ipsi_m"
    refuse_several_tasks(data)
    both_sides = "side" in data.cycles and {"left", "right"} <= set(data.cycles["side"])
    groups = groups_of(data, "side" if by is None and both_sides else by)
    people = data.groups
    with figure(3.9 * len(groups), 3.3, data) as made:
        grid = made.subplots(1, len(groups), squeeze=False, sharey=True)[0]
        for position, (ax, (label, rows)) in enumerate(zip(grid, groups, strict=True)):
            up, forward = (
                subject_means(data.curves(name)[rows], people[rows]).mean().to_numpy()
                for name in (vertical, anterior)
            )
            # Beyond, some feet are in the air: means of force and place would be of others.
            on_ground = (data.curves(vertical)[rows] > _ON_THE_GROUND_BW).mean(axis=0)
            loaded = np.flatnonzero(on_ground >= _MOST_FEET)
            if not len(loaded):
                raise SchemaError(
                    expected="vertical force above zero in stance", got=f"none in {label}",
                    where=vertical,
                )  # fmt: skip
            at = np.linspace(0.0, 100.0, len(loaded))
            measured = place in data.channels
            if measured:
                origin = subject_means(data.curves(place)[rows], people[rows]).mean().to_numpy()
                measured = bool(np.isfinite(origin[loaded]).all())
                at = 100.0 * (origin[loaded] - origin[loaded[0]]) if measured else at
            _vectors(ax, at, forward[loaded], up[loaded], colour(position))
            ax.set_title(str(label), loc="left")
            ax.set_xlabel("Centre of pressure, forward (cm)" if measured else "Stance (%)")
        grid[0].set_ylabel("Ground reaction force (BW)")
    return made


def _vectors(
    ax: "Axes", at: NDArray[np.float64], forward: NDArray[np.float64], up: NDArray[np.float64],
    shade: str,
) -> None:  # fmt: skip
    from matplotlib.collections import LineCollection

    # As long across as up on paper would need equal axes; a force drawn at half the width of the
    # stance for each body weight keeps the fan readable.
    reach = 0.5 * max(float(np.ptp(at)), 1e-6)
    tips = np.stack([at + reach * forward, up], axis=1)
    some = np.unique(np.linspace(0, len(at) - 1, _VECTORS).round().astype(int))
    arrows = np.stack([np.stack([at, np.zeros_like(at)], axis=1), tips], axis=1)
    ax.add_collection(LineCollection(arrows[some], colors=shade, linewidths=0.9, alpha=0.8))
    ax.plot(*tips.T, color=shade, linewidth=1.6)
    ax.plot(at, np.zeros_like(at), color=INK, linewidth=0.8)
    ax.autoscale_view()
    ax.set_ylim(bottom=0)
    light_grid(ax)
    ax.annotate(
        f"0.2 BW forward = {0.2 * reach:.3g} across", (0.02, 0.97), xycoords="axes fraction",
        va="top", fontsize=7, color=MUTED,
    )  # fmt: skip


def _with_unit(channel: str) -> str:
    return f"{channel_title(channel)} ({shown_unit(channel)[0]})"


def _loops(
    data: LocomotionData, x: NDArray[Any], y: NDArray[Any], by: str | None,
    labels: tuple[str, str], ax: "Axes | None",
    note: Callable[[NDArray[np.float64], NDArray[np.float64]], str] | None = None,
) -> "Axes":  # fmt: skip
    """Draw the loop of the mean curves of each group, both in the units shown."""
    groups, people, toe_off = groups_of(data, by), data.groups, measured_toe_off(data)
    ax = axes_for(ax, *_SIZE, data)
    for position, (label, rows) in enumerate(groups):
        own = [subject_means(each[rows], people[rows]).mean().to_numpy() for each in (x, y)]
        if np.isnan(own).all():
            continue
        told = note(*own) if note is not None else ""
        n = len(set(people[rows]))
        shade = colour(position)
        ax.plot(
            *own, color=shade, linestyle=line_style(position), linewidth=1.6,
            label=f"{label} (n = {n} subject{'s' if n != 1 else ''}{told})",
        )  # fmt: skip
        marks = {"o": 0.0}
        if np.isfinite(toe_off[rows]).any():
            marks["^"] = float(np.nanmean(toe_off[rows]))
        for mark, phase in marks.items():
            point = [np.interp(phase, PHASE_PERCENT, each) for each in own]
            ax.plot(*point, marker=mark, color=shade, markersize=6, linestyle="none")
    ax.set_xlabel(labels[0])
    ax.set_ylabel(labels[1])
    light_grid(ax, "both")
    handles, texts = ax.get_legend_handles_labels()
    if handles:
        ax.legend(handles, texts, loc="best", fontsize=7.5, title="● heel strike   ▲ toe-off",
                  title_fontsize=7.5)  # fmt: skip
    return ax
