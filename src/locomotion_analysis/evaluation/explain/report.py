"""What a model looks at, as one self-contained HTML page."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import FileReadError
from locomotion_analysis.evaluation.explain.clinical import (
    CLINICAL_VARIABLES,
    with_clinical_variables,
)
from locomotion_analysis.evaluation.explain.dependence import PartialDependence, partial_dependence
from locomotion_analysis.evaluation.explain.feature_groups import GROUPINGS, feature_groups
from locomotion_analysis.evaluation.explain.figures import (
    plot_grouped_importance,
    plot_partial_dependence,
    plot_shapley,
)
from locomotion_analysis.evaluation.explain.importance import GroupedImportance, grouped_importance
from locomotion_analysis.evaluation.explain.phase_figures import (
    mean_toe_off,
    plot_phase_importance,
    plot_phase_importance_on_curves,
    plot_phase_map,
)
from locomotion_analysis.evaluation.explain.sequences import PhaseImportance, sequence_importance
from locomotion_analysis.evaluation.explain.shapley import ShapleyValues, shapley_values
from locomotion_analysis.evaluation.report.cautions import cautions
from locomotion_analysis.evaluation.report.curves import main_channels
from locomotion_analysis.evaluation.study_inputs import (
    StudyTarget,
    kept_warnings,
    protocol_columns,
    study_features,
    study_folds,
    study_model,
    study_target,
)
from locomotion_analysis.files import write_all
from locomotion_analysis.progress import Progress, as_stage, silent
from locomotion_analysis.reporting.names import feature_title, value_title
from locomotion_analysis.reporting.page import Page, Picture, Section, Table
from locomotion_analysis.reporting.provenance import named_files, provenance, source_files
from locomotion_analysis.reporting.style import figure, panels

_CURVES_SHOWN = 4
_READING = (
    (
        "Everything is measured on held-out subjects, by models fitted on the other subjects. "
        "Intervals are percentiles of a bootstrap over subjects."
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
        Grouping (joint, measurement, phase) to its importance.
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
        by: dict[str, GroupedImportance] = {}
        for grouping in GROUPINGS:
            by[grouping] = grouped_importance(
                estimator,
                X,
                y,
                groups,
                feature_groups(list(map(str, X.columns)), grouping, table.specs),
                cv=cv,
                n_repeats=n_repeats,
                random_state=random_state,
                progress=as_stage(step, f"by {grouping}"),
            )
        found = Explanation(
            by=by,
            dependence=_dependences(estimator, X, asked, clinical, cv, random_state),
            phases=_phases(sequence_model, asked, cv, n_repeats, random_state),
            shapley=shapley_values(estimator, X, y, groups, cv=cv) if shapley else None,
            path=path,
        )
    beware = cautions(asked.data, asked.labels) + warned
    origin = provenance(source_files(source))
    page = _page(found, asked, estimator, n_splits, random_state, origin, beware)
    write_all({path: page.html()})
    return found


def _dependences(
    model: Any, X: Any, asked: StudyTarget, clinical: Sequence[str], cv: Any, seed: int
) -> tuple[PartialDependence, ...]:
    wanted = [name for name in clinical if name != asked.target]
    # One value in all of a class tells the protocol, not the person: without_protocol_features
    # took it out, and it does not come back here.
    if asked.kind == "classification":
        still = protocol_columns(asked.data.cycles, asked.labels)
        wanted = [name for name in wanted if name not in still]
    joined, added = with_clinical_variables(X, asked.data, wanted)
    return tuple(
        partial_dependence(
            model, joined, asked.values, asked.data.groups, name, cv=cv, random_state=seed
        )
        for name in added
    )


def _phases(
    model: Any, asked: StudyTarget, cv: Any, n_repeats: int, seed: int
) -> PhaseImportance | None:
    if model is None:
        return None
    channels = main_channels(asked.data)
    return sequence_importance(
        model,
        asked.data.array(channels),
        asked.values,
        asked.data.groups,
        channels,
        cv=cv,
        n_repeats=n_repeats,
        random_state=seed,
    )


def _page(
    found: Explanation,
    asked: StudyTarget,
    model: Any,
    n_splits: int,
    seed: int,
    origin: dict[str, Any],
    beware: list[str],
) -> Page:
    first = found.by["joint"]
    name = "Balanced accuracy" if first.metric != "mae" else "Mean absolute error"
    shapley = [] if found.shapley is None else [_shapley(found.shapley)]
    phases = [] if found.phases is None else [_phase_section(found.phases, asked)]
    dependence = [_dependence_section(found.dependence)] if found.dependence else []
    return Page(
        about=asked.data,
        title=f"What predicts {value_title(asked.target).lower()}",
        subtitle=f"{named_files(origin)} · {type(model[-1] if hasattr(model, 'steps') else model).__name__}",
        verdict=[_score(first, name), *(_told(by, each) for by, each in found.by.items())],
        facts=[
            ("Subjects", f"{first.n_subjects:,}"),
            ("Gait cycles", f"{len(asked.values):,}"),
            ("Folds", str(n_splits)),
            (name, f"{first.score:.3g}"),
        ],
        sections=[
            *(_importance_section(by, each) for by, each in found.by.items()),
            *phases,
            *dependence,
            *shapley,
        ],
        reading=_READING,
        provenance=origin,
        cautions=beware,
        record=(("Model", str(model)), ("Folds", str(n_splits)), ("Seed", str(seed))),
    )


def _score(found: GroupedImportance, name: str) -> str:
    low, high = found.interval
    return (
        f"{name} on held-out subjects: {found.score:.3g} ({low:.3g} to {high:.3g}). Where this is "
        "no better than chance there is nothing to explain."
    )


def _told(by: str, found: GroupedImportance) -> str:
    told = found.table[found.table["low"] > 0].head(3)
    if told.empty:
        return f"By {by}: no group alone is needed; others stand in for each."
    named = ", ".join(
        f"{row.group} ({row.importance:.3f}, {row.low:.3f} to {row.high:.3f})"
        for row in told.itertuples()
    )
    return f"By {by}, the model loses most without: {named}."


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
    return Section(f"By {by}", (), (picture,), (_importance_table(found),))


def _importance_table(found: GroupedImportance) -> Table:
    rows = [
        (
            str(row["group"]),
            f"{row['n_features']:,}",
            f"{row['importance']:.3f}",
            f"{row['low']:.3f} to {row['high']:.3f}",
        )
        for row in found.table.to_dict("records")
    ]
    return Table(f"{found.effect} without it", ("Group", "Features", "Loss", "95 % interval"), rows)


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


def _shapley(found: ShapleyValues) -> Section:
    with figure(4.8, 5.6, found) as made:
        plot_shapley(found, axes=made.subplots())
    picture = Picture.of(
        made,
        f"Shapley values of held-out cycles for {found.outcomes[-1]}.",
        f"{len(found.rows):,} held-out cycles, one point each.",
    )
    return Section("Shapley values", (), (picture,))
