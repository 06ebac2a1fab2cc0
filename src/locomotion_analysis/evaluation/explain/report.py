"""What a model looks at: the figures, each on given axes, and one self-contained HTML page."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import FileReadError
from locomotion_analysis.evaluation.explain.dependence import (
    CLINICAL_VARIABLES,
    PartialDependence,
    ShapleyValues,
    partial_dependence,
    shapley_values,
    with_clinical_variables,
)
from locomotion_analysis.evaluation.explain.feature_groups import GROUPINGS, feature_groups
from locomotion_analysis.evaluation.explain.importance import (
    ALL_CHANNELS,
    GroupedImportance,
    PhaseImportance,
    grouped_importance,
    sequence_importance,
)
from locomotion_analysis.evaluation.study_inputs import (
    StudyTarget,
    kept_warnings,
    protocol_columns,
    study_features,
    study_folds,
    study_model,
    study_target,
)
from locomotion_analysis.evaluation.study_result import cautions
from locomotion_analysis.files import write_all
from locomotion_analysis.plots.curves import class_curve, main_channels
from locomotion_analysis.progress import Progress, as_stage, silent
from locomotion_analysis.reporting.names import (
    channel_title,
    feature_title,
    in_sentence,
    number_text,
    shown_unit,
    value_title,
)
from locomotion_analysis.reporting.page import Page, Picture, Section, Table
from locomotion_analysis.reporting.provenance import named_files, provenance, source_files
from locomotion_analysis.reporting.style import (
    INK,
    MUTED,
    PALETTE,
    axes_for,
    colour,
    curve_axes,
    figure,
    gait_cycle_axis,
    light_grid,
    panels,
    row_axes,
)
from locomotion_analysis.standard import PHASE_PERCENT, is_channel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_ROWS = 15
_SHADE = "#6b4fa0"
_CURVES_SHOWN = 4
_READING = (
    (
        "Everything is measured on held-out subjects, by models fitted on the other subjects. "
        "Intervals are of 95 % over subjects."
    ),
    (
        "A group that can be lost without harm may still carry information: another group may "
        "hold the same. Features made of several joints are taken away with each of them."
    ),
    (
        "Importance is what the model uses, not what causes the condition. A partial dependence "
        "shows what the model does when one number changes, not what would happen to the person."
    ),
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """All parts of an explanation.

    Attributes
    ----------
    by : dict
        Grouping (joint, measurement, phase; of a table of features each feature) to its
        importance.
    dependence : tuple of PartialDependence
        One a clinical variable.
    phases : PhaseImportance or None
        Of the sequence model, where one was given.
    shapley : ShapleyValues or None
        Where they were asked for.
    path : Path
        The page.
    """

    by: dict[str, GroupedImportance]
    dependence: tuple[PartialDependence, ...]
    phases: PhaseImportance | None
    shapley: ShapleyValues | None
    path: Path


def explain_report(
    data: LocomotionData,
    target: str,
    out: str | os.PathLike[str],
    *,
    model: Any = "forest",
    sequence_model: Any = None,
    shapley: bool = False,
    features: Sequence[str] | None = None,
    clinical: Sequence[str] = CLINICAL_VARIABLES,
    n_splits: int = 5,
    n_repeats: int = 5,
    random_state: int = 0,
    source: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """Explain a model of a target and write the page.

    Parameters
    ----------
    data : LocomotionData
        Gait cycles.
    target : str
        Column of ``data.cycles`` that is predicted.
    out : path-like
        HTML file to write.
    model : {"forest", "linear"} or scikit-learn estimator
        Model of the feature table.
    sequence_model : scikit-learn estimator, optional
        Model of ``(n_cycles, 150, n_channels)``, given the twelve main channels; adds the
        phases of the gait cycle.
    shapley : bool
        Add Shapley values (extra ``explain``).
    features : sequence of str, optional
        Feature groups; all that the data can give where None.
    clinical : sequence of str
        Variables for partial dependence; those that the data lack, or that are the target, are
        left out. They are added to the features for this part only.
    n_splits : int
        Folds of subjects.
    n_repeats : int
        Draws of donors a fold.
    random_state : int
        Seed.
    source : path-like, optional
        File or folder that `data` was read from, for the record.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    Explanation
        All numbers, and the path of the page.

    Raises
    ------
    TargetError, SplitLeakError, SchemaError
        As :func:`run_study`.
    FileReadError
        If `out` is a folder.
    """
    path = Path(out)
    if path.is_dir():
        raise FileReadError(
            expected="the name of an HTML file", got="a folder", where=str(path), fix="add a name"
        )
    step = progress or silent
    with kept_warnings() as warned:
        asked = study_target(data, target)
        y, groups = asked.values, asked.data.groups
        estimator, _ = study_model(model, asked.kind, random_state)
        # Before the long work: too few subjects or classes end it here.
        cv, _ = study_folds(asked.kind, y, groups, n_splits, random_state)
        table = study_features(asked, asked.kind, step, features)
        X = table.frame
        names = list(map(str, X.columns))
        # Of a table of features each is a part by itself: its columns need not be of any joint.
        parts: dict[str, dict[str, list[str]]] = (
            {each: feature_groups(names, each, table.specs) for each in GROUPINGS}
            if asked.data.channels
            else {"feature": {name: [name] for name in names}}
        )
        by: dict[str, GroupedImportance] = {}
        for grouping, of_features in parts.items():
            by[grouping] = grouped_importance(
                estimator,
                X,
                y,
                groups,
                of_features,
                cv=cv,
                n_repeats=n_repeats,
                random_state=random_state,
                progress=as_stage(step, f"by {grouping}"),
            )
        wanted = [name for name in clinical if name != asked.target]
        if asked.kind == "classification":
            # One value in all of a class tells the protocol, not the person:
            # without_protocol_features took it out, and it does not come back here.
            still = protocol_columns(asked.data.cycles, asked.labels)
            wanted = [name for name in wanted if name not in still]
        joined, added = with_clinical_variables(X, asked.data, wanted)
        dependence = tuple(
            partial_dependence(estimator, joined, y, groups, name, cv=cv) for name in added
        )
        phases = None
        if sequence_model is not None:
            channels = main_channels(asked.data)
            phases = sequence_importance(
                sequence_model,
                asked.data.array(channels),
                y,
                groups,
                channels,
                cv=cv,
                n_repeats=n_repeats,
                random_state=random_state,
            )
        found = Explanation(
            by=by,
            dependence=dependence,
            phases=phases,
            shapley=shapley_values(estimator, X, y, groups, cv=cv) if shapley else None,
            path=path,
        )
    beware = list(dict.fromkeys(cautions(asked.data, asked.labels) + warned))
    origin = provenance(source_files(source))
    page = _page(found, asked, estimator, n_splits, random_state, origin, beware)
    write_all({path: page.html()})
    return found


def _page(
    found: Explanation,
    asked: StudyTarget,
    model: Any,
    n_splits: int,
    seed: int,
    origin: dict[str, Any],
    beware: list[str],
) -> Page:
    first = next(iter(found.by.values()))
    name = "Balanced accuracy" if first.metric != "mae" else "Mean absolute error"
    low, high = first.interval
    score = f"{number_text(first.score)} ({number_text(low)} to {number_text(high)})"
    hope = "Where this is no better than chance there is nothing to explain."
    verdict = [f"{name} on held-out subjects: {score}. {hope}"]
    for by, each in found.by.items():
        told = each.table[each.table["low"] > 0].head(3)
        named = ", ".join(
            f"{in_sentence(feature_title(str(row.group)))} "
            f"({row.importance:.3f}, {row.low:.3f} to {row.high:.3f})"
            for row in told.itertuples()
        )
        verdict.append(
            f"By {by}: no group alone is needed; others stand in for each."
            if told.empty
            else f"By {by}, the model loses most without: {named}."
        )
    sections = [_importance_section(by, each) for by, each in found.by.items()]
    if found.phases is not None:
        sections.append(_phase_section(found.phases, asked))
    if found.dependence:
        sections.append(_dependence_section(found.dependence))
    if found.shapley is not None:
        sections.append(_shapley_section(found.shapley))
    return Page(
        about=asked.data,
        title=f"What predicts {value_title(asked.target).lower()}",
        subtitle=f"{named_files(origin)} · {type(model[-1] if hasattr(model, 'steps') else model).__name__}",
        verdict=verdict,
        facts=[
            ("Subjects", f"{first.n_subjects:,}"),
            ("Gait cycles", f"{len(asked.values):,}"),
            ("Folds", str(n_splits)),
            (name, number_text(first.score)),
        ],
        sections=sections,
        reading=_READING,
        provenance=origin,
        cautions=beware,
        record=(("Model", str(model)), ("Folds", str(n_splits)), ("Seed", str(seed))),
    )


def _importance_section(by: str, found: GroupedImportance) -> Section:
    largest = found.table["group"].head(3)
    picture = Picture.drawn(
        plot_grouped_importance,
        found,
        (4.8, 1.0 + 0.3 * min(len(found.table), 15)),
        f"{found.effect} without each {by}; the largest are {', '.join(largest)}.",
        f"Features of a {by} taken together from another held-out subject, {found.n_repeats} "
        "times. Bars: 95 % intervals over subjects; grey: the interval includes zero. In "
        "brackets: number of features.",
    )
    rows = [
        (
            feature_title(str(row["group"])),
            f"{row['n_features']:,}",
            f"{row['importance']:.3f}",
            f"{row['low']:.3f} to {row['high']:.3f}",
        )
        for row in found.table.to_dict("records")
    ]
    table = Table(
        f"{found.effect} without it", ("Group", "Features", "Loss", "95 % interval"), rows
    )
    return Section(f"By {by}", pictures=(picture,), tables=(table,))


def _phase_section(found: PhaseImportance, asked: StudyTarget) -> Section:
    toe_off = mean_toe_off(asked.data)
    with figure(4.8, 2.8, asked.data) as whole:
        plot_phase_importance(found, toe_off=toe_off, axes=whole.subplots())
    with figure(4.8, 1.3 + 0.34 * len(found.channels), asked.data) as chart:
        plot_phase_map(found, chart.subplots())
    curves = panels(
        lambda axes, channel: plot_phase_importance_on_curves(
            found, asked.data, asked.labels, channel, axes=axes
        ),
        found.by_channel()["channel"].head(_CURVES_SHOWN),
        of=asked.data,
    )
    windows = len(found.windows)
    pictures = (
        Picture.of(
            whole,
            "Importance of each part of the gait cycle.",
            "A window of all channels is taken from another held-out subject. Band: 95 % interval over subjects.",
        ),
        Picture.of(
            chart,
            "Importance of each window on each channel.",
            "One channel at a time. Dots: the interval lies above zero.",
        ),
        Picture.of(
            curves,
            "Mean curves of the classes, shaded where the model looks.",
            "The stronger the shade, the more the model loses without that window of that channel.",
        ),
    )
    return Section("On the gait cycle", (f"The cycle was cut into {windows} windows.",), pictures)


def _dependence_section(found: Sequence[PartialDependence]) -> Section:
    made = panels(lambda axes, each: plot_partial_dependence(each, axes), found, of=found)
    told = "; ".join(
        f"{feature_title(each.variable)} {np.ptp(each.mean):.3g} over its range" for each in found
    )
    picture = Picture.of(
        made,
        f"Partial dependence. Change of the mean {found[0].outcome}: {told}.",
        "Thin lines: subjects. Ticks: measured values. Range: 5th to 95th percentile.",
    )
    text = "The variables were added to the features for this part."
    return Section("Clinical variables", (text,), (picture,))


def _shapley_section(found: ShapleyValues) -> Section:
    with figure(4.8, 5.6, found) as made:
        plot_shapley(found, axes=made.subplots())
    picture = Picture.of(
        made,
        f"Shapley values of held-out cycles for {found.outcomes[-1]}.",
        f"{len(found.rows):,} held-out cycles, one point each.",
    )
    return Section("Shapley values", (), (picture,))


# Figures


def plot_grouped_importance(found: GroupedImportance, axes: "Axes | None" = None) -> "Axes":
    """Draw what each group is worth, with its interval, the most important on top.

    Parameters
    ----------
    found : GroupedImportance
        From :func:`grouped_importance`.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes
    """
    table = found.table.head(_MOST_ROWS)
    axes = axes_for(axes, 4.8, 1.0 + 0.3 * len(table), found)
    names = zip(table["group"], table["n_features"], strict=True)
    rows = row_axes(axes, [f"{feature_title(name)} ({size})" for name, size in names])
    value = table["importance"].to_numpy()
    ends = np.clip([value - table["low"], table["high"] - value], 0.0, None)
    told = table["low"].to_numpy() > 0
    axes.barh(rows, value, color=np.where(told, PALETTE[0], "#b9c4cc").tolist(), height=0.62)
    axes.errorbar(value, rows, xerr=ends, fmt="none", ecolor=INK, elinewidth=1.1, capsize=2.5)
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.set_xlabel(f"{found.effect} without it")
    axes.spines["left"].set_visible(False)
    return axes


def plot_partial_dependence(found: PartialDependence, axes: "Axes | None" = None) -> "Axes":
    """Draw each subject's curve, the mean with its interval, and where subjects were measured.

    Parameters
    ----------
    found : PartialDependence
        From :func:`partial_dependence`.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes
    """
    axes = axes_for(axes, 4.6, 3.4, found)
    axes.plot(found.grid, found.of_subject.T, color=MUTED, alpha=0.25, linewidth=0.6)
    axes.plot([], [], color=MUTED, alpha=0.5, linewidth=0.8, label="subject")
    axes.fill_between(found.grid, found.low, found.high, color=PALETTE[0], alpha=0.25, linewidth=0)
    axes.plot(found.grid, found.mean, color=PALETTE[0], linewidth=2.2, label="mean, 95 % interval")
    bottom = axes.get_xaxis_transform()
    axes.plot(found.measured, np.full(len(found.measured), 0.02), "|", color=INK, transform=bottom)
    axes.set_xlim(found.grid[0], found.grid[-1])
    axes.set_xlabel(feature_title(found.variable))
    axes.set_ylabel(value_title(found.outcome))
    axes.legend(loc="best")
    light_grid(axes)
    return axes


def plot_shapley(
    found: ShapleyValues, outcome: str | None = None, axes: "Axes | None" = None
) -> "Axes":
    """Draw the Shapley values of the features that add most, one point a held-out cycle.

    Parameters
    ----------
    found : ShapleyValues
        From :func:`shapley_values`.
    outcome : str, optional
        Class; the last where None.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None. The colour is the rank of the feature's value.

    Returns
    -------
    matplotlib.axes.Axes
    """
    position = len(found.outcomes) - 1 if outcome is None else found.outcomes.index(outcome)
    outcome = found.outcomes[position]
    names = found.mean_absolute()[outcome].sort_values(ascending=False).index[:_MOST_ROWS]
    axes = axes_for(axes, 4.8, 1.1 + 0.3 * len(names), found)
    rows = row_axes(axes, [feature_title(str(name)) for name in names])
    rng = np.random.default_rng(0)
    for row, name in zip(rows, names, strict=True):
        column = found.features.columns.get_loc(name)
        rank = found.features[name].rank(pct=True).to_numpy()
        heights = row + rng.uniform(-0.28, 0.28, len(rank))
        points = axes.scatter(
            found.values[:, column, position], heights, c=rank, cmap="cividis", s=5, vmin=0, vmax=1
        )
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.set_xlabel(f"Shapley value: added to {value_title(outcome).lower()}")
    axes.spines["left"].set_visible(False)
    bar = axes.figure.colorbar(points, ax=axes, ticks=[0, 1], pad=0.02, aspect=30)
    bar.ax.set_yticklabels(["low", "high"])
    bar.set_label("Feature's value")
    return axes


def plot_phase_importance(
    found: PhaseImportance,
    channel: str = ALL_CHANNELS,
    *,
    toe_off: float | None = None,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw the importance of each window of the gait cycle with its interval.

    Parameters
    ----------
    found : PhaseImportance
        From :func:`sequence_importance`.
    channel : str
        A channel, or ``"all channels"``: the window taken from all of them at once.
    toe_off : float, optional
        End of stance, % of the cycle, drawn as a dotted line.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes
    """
    axes = axes_for(axes, 4.8, 2.8, found.importance)
    curve = found.curve(channel)
    edges = np.append(curve["start"], curve["end"].iloc[-1])
    axes.stairs(curve["importance"], edges, color=PALETTE[0], linewidth=2.0, baseline=None)
    low, high = (np.append(curve[end], curve[end].iloc[-1]) for end in ("low", "high"))
    axes.fill_between(edges, low, high, step="post", color=PALETTE[0], alpha=0.2, linewidth=0)
    axes.axhline(0.0, color=INK, linewidth=0.8)
    draw_toe_off(axes, toe_off)
    axes.set_title(title_of(channel))
    axes.set_ylabel(found.importance.effect)
    gait_cycle_axis(axes)
    return axes


def plot_phase_importance_on_curves(
    found: PhaseImportance,
    data: LocomotionData,
    labels: NDArray[Any],
    channel: str,
    *,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw the classes' mean curves of a channel on the gait cycle, shaded where it matters.

    Parameters
    ----------
    found : PhaseImportance
        From :func:`sequence_importance`.
    data : LocomotionData
        The cycles.
    labels : ndarray, shape (n_cycles,)
        Class of each.
    channel : str
        A channel of both.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None. The shade is the window's importance; windows
        whose interval includes zero are left white. The dotted line is the mean toe-off, where
        it was measured.

    Returns
    -------
    matplotlib.axes.Axes
    """
    channel = data.channel(channel)
    axes = axes_for(axes, 5.4, 3.2, data)
    curve = found.curve(channel)
    largest = max(float(found.table["importance"].max()), np.finfo(float).tiny)
    for start, end, importance in curve.loc[
        curve["low"] > 0, ["start", "end", "importance"]
    ].to_numpy(float):
        strength = 0.5 * importance / largest
        axes.axvspan(start, end, color=_SHADE, alpha=strength, linewidth=0)
    factor = shown_unit(channel)[1]
    for position, name in enumerate(dict.fromkeys(sorted(labels, key=str))):
        chosen = labels == name
        drawn = class_curve(data.curves(channel)[chosen], data.groups[chosen], factor)
        axes.plot(
            PHASE_PERCENT,
            drawn.mean,
            color=colour(position),
            linewidth=1.8,
            label=f"{value_title(name)} (n = {drawn.n_subjects})",
        )
    draw_toe_off(axes, mean_toe_off(data))
    curve_axes(axes, channel)
    axes.legend(loc="best")
    return axes


def plot_phase_map(found: PhaseImportance, axes: "Axes | None" = None) -> "Axes":
    """Draw the importance of every window on every channel as a map.

    Parameters
    ----------
    found : PhaseImportance
        From :func:`sequence_importance`.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None. Dots mark windows whose interval lies above zero.
    """
    axes = axes_for(axes, 4.8, 1.3 + 0.34 * len(found.channels), found.importance)
    curves = [found.curve(channel) for channel in found.channels]
    values = np.array([curve["importance"] for curve in curves])
    edges = np.append(found.windows[:, 0], found.windows[-1, 1])
    rows = np.arange(len(curves) + 1) - 0.5
    top = max(float(np.nanmax(values)), np.finfo(float).eps)
    image = axes.pcolormesh(edges, rows, values, cmap="Purples", vmin=0.0, vmax=top)
    for row, curve in enumerate(curves):
        told = curve[curve["low"] > 0]
        middle = (told["start"] + told["end"]) / 2
        axes.plot(middle, np.full(len(told), row), "o", color=INK, ms=5, mec="white", mew=1.0)
    axes.set_yticks(range(len(curves)), [title_of(channel) for channel in found.channels])
    axes.tick_params(axis="y", labelcolor=INK, length=0)
    axes.invert_yaxis()
    axes.figure.colorbar(image, ax=axes, pad=0.02).set_label(found.importance.effect)
    axes.set_xlim(0, 100)
    axes.set_xlabel("Gait cycle (%)")
    return axes


def mean_toe_off(data: LocomotionData) -> float | None:
    """Return the mean measured end of stance.

    Parameters
    ----------
    data : LocomotionData

    Returns
    -------
    float or None
        Percent of the cycle; None where the cycles have no ``stance_percent``.
    """
    if "stance_percent" not in data.cycles:
        return None
    known = data.cycles["stance_percent"].dropna()
    return float(known.mean()) if len(known) else None


def draw_toe_off(axes: "Axes", toe_off: float | None) -> None:
    """Draw the end of stance, % of the cycle, as a dotted line; nothing where None."""
    if toe_off is None:
        return
    axes.axvline(toe_off, color=MUTED, linestyle=":", linewidth=1.2)
    axes.annotate(
        "toe-off",
        (toe_off, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(3, -9),
        textcoords="offset points",
        fontsize=8,
        color=MUTED,
    )


def title_of(channel: str) -> str:
    """Return the name of a channel, or of all channels, in words."""
    return channel_title(channel) if is_channel(channel) else value_title(channel)
