"""People and their steps: gait events, spatiotemporal measures, the movement profile, the cohort."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features import feature_table
from locomotion_analysis.features.spec import CycleView, first_known, leg_events
from locomotion_analysis.plots.curves import groups_of, measured_toe_off
from locomotion_analysis.reporting.names import value_title
from locomotion_analysis.reporting.style import (
    INK,
    MUTED,
    RULE,
    axes_for,
    colour,
    figure,
    light_grid,
    row_axes,
)
from locomotion_analysis.standard import TASKS
from locomotion_analysis.standard.norms import PROFILE_CHANNELS, expected_steps, score_reference

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "plot_cohort",
    "plot_events",
    "plot_profile",
    "plot_spatiotemporal",
    "spatiotemporal_table",
]

MEASURES = {
    "speed_m_s": "Speed (m/s)",
    "cadence_steps_min": "Cadence (steps/min)",
    "step_length_m": "Step length (m)",
    "step_width_m": "Step width (m)",
    "stance_percent": "Stance (% of cycle)",
    "double_support_percent": "Double support (% of cycle)",
}
"""Spatiotemporal measures in the order they are shown, with their titles."""

_WALKING = ("level_walking", "dual_task_walking")
_MOST_ROWS = 24
_BAR = 0.3


def plot_events(data: LocomotionData, by: str = "subject", *, ax: "Axes | None" = None) -> "Axes":
    """Draw when each foot is on the ground: stance of both legs over the ipsilateral cycle.

    One row a group: above, the ipsilateral stance; below, the contralateral. Means over subjects
    of measured events; what was not measured is left empty. Double support is where both bars are.

    Parameters
    ----------
    data : LocomotionData
        Cycles of tasks with steps.
    by : str
        Column of the groups; of more than 24 the first are shown.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    SchemaError
        If no toe-off was measured.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(4, 3, ["level_walking"], ["healthy", "stroke"])
    >>> plot_events(data, by="pathology").get_xlabel()
    'Gait cycle (%)'
    """
    view = CycleView(data)
    toe_off = measured_toe_off(data)
    if np.isnan(toe_off).all():
        raise SchemaError(
            expected="toe-off that was measured", got="none: no stance_percent, no vertical force",
            where="plot_events", fix="convert the recording with its force or its markers",
        )  # fmt: skip
    other = leg_events(view, "contra")
    both = view.double_support_percent
    found = pd.DataFrame(
        {
            "toe_off": toe_off,
            "contact": np.where(other.measured | np.isfinite(both), other.start, np.nan),
            "stance": np.where(other.measured | np.isfinite(both), other.stance, np.nan),
        }
    )
    people = data.groups
    groups = groups_of(data, by)[:_MOST_ROWS]
    ax = axes_for(ax, 6.2, 0.9 + 0.42 * len(groups), data)
    rows = row_axes(ax, [str(label) for label, _ in groups])
    for row, (_, own) in zip(rows, groups, strict=True):
        mean = found.iloc[own].groupby(people[own]).mean().mean()
        if np.isfinite(mean["toe_off"]):
            ax.barh(row + 0.17, mean["toe_off"], height=_BAR, color=colour(0))
            ax.text(mean["toe_off"] + 1, row + 0.17, f"{mean['toe_off']:.0f} %", va="center",
                    fontsize=7, color=INK)  # fmt: skip
        if np.isfinite(mean["contact"] + mean["stance"]):
            end = mean["contact"] + mean["stance"]
            pieces = [
                (mean["contact"], min(end, 100.0) - mean["contact"]),
                (0.0, max(end - 100, 0.0)),
            ]
            for left, width in pieces:
                ax.barh(row - 0.17, width, _BAR, left, color=colour(1))
    ax.barh(0, 0, color=colour(0), label="Ipsilateral foot on the ground")
    ax.barh(0, 0, color=colour(1), label="Contralateral foot on the ground")
    ax.set_xlim(0, 100)
    ax.set_xlabel("Gait cycle (%)")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, fontsize=7.5, borderaxespad=0.2)
    return ax


def spatiotemporal_table(data: LocomotionData, by: str = "subject") -> pd.DataFrame:
    """Return speed, cadence, lengths and shares of the cycle beside what is expected of them.

    Expected is what healthy people do at the same speed with the same leg length
    (:func:`~locomotion_analysis.standard.norms.expected_steps`); of walking on the level alone.

    Parameters
    ----------
    data : LocomotionData
        Cycles of one task, unless they are grouped by it.
    by : str
        Column of the groups.

    Returns
    -------
    DataFrame
        One row a group and measure: ``mean`` and ``sd`` over subjects (over strides for a single
        subject), ``n`` of them, ``expected`` and ``expected_sd``, and ``z``: the mean of
        (measured - expected) / expected SD. NaN where speed or leg length is unknown.

    Raises
    ------
    SchemaError
        If none of the measures is known.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(20, 4, ["level_walking"], ["healthy"])
    >>> table = spatiotemporal_table(data, by="pathology").set_index("measure")
    >>> bool(abs(table.loc["cadence_steps_min", "z"]) < 1)
    True
    """
    measured = _measures(data)
    if measured.isna().all().all():
        raise SchemaError(
            expected=f"one of {', '.join(MEASURES)}, or cycle_duration_s", got="none of them",
            where="data.cycles",
        )  # fmt: skip
    walks = data.cycles["task"].isin(_WALKING).to_numpy()
    speed = np.where(walks, measured["speed_m_s"], np.nan)
    mean, sd = expected_steps(speed, CycleView(data).leg_length_m)
    # One row a cycle, in the order of groups: its group, its person, and what is averaged.
    groups = groups_of(data, by)
    rows = np.concatenate([own for _, own in groups])
    group = np.repeat(np.arange(len(groups)), [len(own) for _, own in groups])
    person = pd.factorize(data.groups)[0][rows]
    one = pd.Series(person).groupby(group).nunique().to_numpy() == 1
    stride = person.max() + 1 + np.arange(len(rows))
    measured = measured[list(MEASURES)].iloc[rows]
    usual, spread = (
        pd.DataFrame(each, columns=list(MEASURES), dtype=float).iloc[rows] for each in (mean, sd)
    )

    def means(table: pd.DataFrame, unit: NDArray[np.intp]) -> pd.DataFrame:
        return table.groupby([group, unit]).mean()

    each = means(measured, np.where(one[group], stride, person)).groupby(level=0)
    columns = {
        "mean": each.mean(),
        "sd": each.std(ddof=1),
        "n": each.count(),
        "expected": means(usual, person).groupby(level=0).mean(),
        "expected_sd": means(spread, person).groupby(level=0).mean(),
        "z": means((measured - usual) / spread, person).groupby(level=0).mean(),
    }
    table = pd.DataFrame(
        {
            by: np.repeat([label for label, _ in groups], len(MEASURES)),
            "measure": np.tile(list(MEASURES), len(groups)),
            **{name: values.to_numpy().ravel() for name, values in columns.items()},
        }
    )
    table.insert(5, "of", np.repeat(np.where(one, "strides", "subjects"), len(MEASURES)))
    return table


def _measures(data: LocomotionData) -> pd.DataFrame:
    """Return the measures of each cycle that are known: columns, else features of the cycle."""
    view = CycleView(data)
    step = first_known(view.column("step_length_m"), view.stride_length_m / 2.0)
    return pd.DataFrame(
        {
            "speed_m_s": view.column("speed_m_s"),
            "cadence_steps_min": first_known(
                view.column("cadence_steps_min"), 120.0 / view.duration_s
            ),
            "step_length_m": step,
            "step_width_m": view.column("step_width_m"),
            "stance_percent": measured_toe_off(data),
            "double_support_percent": view.double_support_percent,
        }
    )


def plot_spatiotemporal(
    data: LocomotionData, by: str = "subject", *, ax: "Axes | None" = None
) -> "Axes":
    """Draw how far each group's steps are from those expected at their speed and leg length.

    A point is the mean of a group in expected standard deviations; the band is two of them either
    way. The values themselves stand beside the points.

    Parameters
    ----------
    data : LocomotionData
        Walking on the level, with speed, and leg length or height.
    by : str
        Column of the groups.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    SchemaError
        If nothing can be compared: :func:`spatiotemporal_table` gives the measures without norms.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(6, 4, ["level_walking"], ["healthy", "stroke"])
    >>> plot_spatiotemporal(data, by="pathology").get_xlabel().startswith("Deviation")
    True
    """
    table = spatiotemporal_table(data, by)
    table = table[np.isfinite(table["z"])]
    if table.empty:
        raise SchemaError(
            expected="level walking with speed_m_s and leg_length_m or height_m",
            got="nothing that can be compared with healthy steps",
            where="plot_spatiotemporal",
            fix="see spatiotemporal_table for what was measured",
        )
    names = [name for name in MEASURES if name in set(table["measure"])]
    labels = list(dict.fromkeys(table[by]))[:_MOST_ROWS]
    ax = axes_for(ax, 6.6, 1.3 + (0.35 + 0.16 * len(labels)) * len(names), data)
    heights = row_axes(ax, [MEASURES[name] for name in names])
    ax.axvspan(-2, 2, color=RULE, alpha=0.6, zorder=0, label="Expected ± 2 SD")
    ax.axvline(0, color=MUTED, linewidth=0.8)
    spread = np.linspace(0.28, -0.28, len(labels)) if len(labels) > 1 else np.zeros(1)
    for position, (label, shift) in enumerate(zip(labels, spread, strict=True)):
        own = table[table[by] == label].set_index("measure")
        shown = [name for name in names if name in own.index]
        at = [heights[names.index(name)] + shift for name in shown]
        ax.plot(
            own.loc[shown, "z"], at, marker="o", linestyle="none", color=colour(position),
            markersize=5, label=str(label),
        )  # fmt: skip
        if len(labels) <= 4:
            for name, height in zip(shown, at, strict=True):
                ax.annotate(
                    f"{own.loc[name, 'mean']:.3g}", (own.loc[name, "z"], height), fontsize=7,
                    xytext=(6, 0), textcoords="offset points", va="center", color=INK,
                )  # fmt: skip
    reach = max(3.0, float(np.abs(table["z"]).max()) * 1.15)
    ax.set_xlim(-reach, reach)
    ax.set_xlabel("Deviation from healthy steps at that speed and leg length (SD)")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, fontsize=7.5, borderaxespad=0.2)
    return ax


def plot_profile(data: LocomotionData, by: str = "subject", *, ax: "Axes | None" = None) -> "Axes":
    """Draw the movement analysis profile: Gait Variable Scores and the Gait Profile Score.

    Bars are means over subjects; the grey bars are the mean and the ticks the 95th percentile of
    the healthy reference, where the variable is in it.

    Parameters
    ----------
    data : LocomotionData
        Walking on the level.
    by : str
        Column of the groups; of more than seven the first are shown.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    SchemaError
        If the angles of the profile were not measured.

    References
    ----------
    Baker et al. 2009, Gait Posture 30:265 (doi:10.1016/j.gaitpost.2009.05.020).

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(4, 3, ["level_walking"], ["healthy", "stroke"])
    >>> plot_profile(data, by="pathology").get_ylabel()
    'Score (°)'
    """
    table = feature_table(data, ["clinical"]).frame
    names = [n for n in map(str, table) if n.startswith("gvs_") and "_contra_" not in n]
    names += [name for name in ("gps_ipsi_deg",) if name in table]
    if not names:
        raise SchemaError(
            expected="the angles of the Gait Profile Score, of level walking",
            got=", ".join(data.channels[:8]),
            where="plot_profile",
            fix="see docs on clinical scores for the channels",
        )
    healthy = np.degrees(np.sqrt(score_reference().mean_squares))
    reference = {
        "gvs_" + channel.removesuffix("_rad").replace("_angle", "") + "_deg": healthy[:, column]
        for column, channel in enumerate(PROFILE_CHANNELS)
    }
    groups, people = groups_of(data, by)[:7], data.groups
    ax = axes_for(ax, 7.4, 3.6, data)
    place = np.arange(len(names), dtype=float)
    width = 0.8 / (len(groups) + 1)
    known = [k for k, name in enumerate(names) if name in reference]
    ax.bar(
        place[known] - 0.4 + width / 2, [reference[names[k]].mean() for k in known], width,
        color=MUTED, alpha=0.5, label="Healthy reference (tick: 95th percentile)",
    )  # fmt: skip
    for k in known:
        high = np.percentile(reference[names[k]], 95)
        ax.hlines(high, place[k] - 0.4, place[k] + 0.4, color=MUTED, linewidth=0.9)
    for position, (label, own) in enumerate(groups):
        values = table[names].iloc[own].groupby(people[own]).mean().mean()
        at = place - 0.4 + width * (position + 1.5)
        ax.bar(at, values, width, color=colour(position), label=str(label))
    ax.set_xticks(place, [_score_title(name) for name in names], rotation=40, ha="right",
                  rotation_mode="anchor")  # fmt: skip
    ax.set_ylabel("Score (°)")
    light_grid(ax)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, fontsize=7.5, borderaxespad=0.2)
    return ax


def _score_title(name: str) -> str:
    if name.startswith("gps"):
        return "GPS"
    words = name.removeprefix("gvs_").removesuffix("_deg").removesuffix("_ipsi").split("_")
    return value_title(" ".join(words))


def plot_cohort(data: LocomotionData, by: str = "pathology") -> "Figure":
    """Draw who is in the data: ages, speeds, cycles of each task, cycles of each subject.

    Parameters
    ----------
    data : LocomotionData
        Any cycles.
    by : str
        Column that colours the people; left out where the data has no such column.

    Returns
    -------
    matplotlib.figure.Figure
        Panels of what is known.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> len(plot_cohort(simulate(6, 2)).axes)
    4
    """
    from matplotlib.ticker import MaxNLocator

    cycles = data.cycles
    person = ["dataset", "subject"]
    named = by in cycles
    label = cycles[by].astype(str) if named else pd.Series("all", index=cycles.index)
    people = cycles.assign(_group=label).groupby(person, sort=False, observed=True)
    groups = sorted(label.unique())
    titles = {"age": "Age (years)", "speed_m_s": "Speed (m/s)"}
    numbers = {
        name: title
        for name, title in titles.items()
        if name in cycles and pd.to_numeric(cycles[name], errors="coerce").notna().any()
    }
    with figure(2 * 3.9, 2 * 2.7 if numbers else 2.9, data) as made:
        axes = list(made.subplots(2 if numbers else 1, 2, squeeze=False).ravel())
        group_of = people["_group"].first()
        for name, title in numbers.items():
            ax = axes.pop(0)
            each = pd.to_numeric(cycles[name], errors="coerce").groupby(
                [cycles[key] for key in person], sort=False, observed=True
            ).mean()  # fmt: skip
            ax.hist(
                [each[group_of == group].dropna() for group in groups], bins=12, stacked=True,
                color=[colour(k) for k in range(len(groups))],
                label=[value_title(group) for group in groups],
            )  # fmt: skip
            ax.set_xlabel(title)
            ax.set_ylabel("Subjects")
            ax.yaxis.set_major_locator(MaxNLocator(integer=True))
            light_grid(ax)
        if len(numbers) == 1:
            axes.pop(0).remove()
        tasks = cycles["task"].value_counts()[:_MOST_ROWS]
        ax = axes.pop(0)
        heights = row_axes(ax, [TASKS.get(str(name), str(name)) for name in tasks.index])
        ax.barh(heights, tasks, 0.6, color=MUTED)
        ax.set_xlabel("Cycles")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax = axes.pop(0)
        counts = people.size()
        if counts.nunique() > _MOST_ROWS:
            ax.hist(counts, bins=12, color=MUTED)
        else:
            many = counts.value_counts()
            ax.bar([str(n) for n in sorted(many.index)], many.sort_index(), 0.6, color=MUTED)
        ax.set_xlabel("Cycles of a subject")
        ax.set_ylabel("Subjects")
        ax.yaxis.set_major_locator(MaxNLocator(integer=True))
        light_grid(ax)
        if named and numbers:
            handles, texts = made.axes[0].get_legend_handles_labels()
            made.legend(handles, texts, loc="outside lower center", ncols=min(4, len(texts)))
    return made
