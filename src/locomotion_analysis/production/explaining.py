"""What a trained model looks at in given people: parts of the body, phases, person by person.

:func:`~locomotion_analysis.evaluation.explain.explain_report` asks what a kind of model needs, and
fits it anew in every fold. Here one fitted model is asked, the one that is served.
"""

import hashlib
import os
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.feature_tables import holds_curves
from locomotion_analysis.data.parquet import open_parquet
from locomotion_analysis.errors import FileReadError, LocomotionError, counted
from locomotion_analysis.evaluation.explain.feature_groups import feature_groups
from locomotion_analysis.evaluation.explain.importance import GroupedImportance, grouped_importance
from locomotion_analysis.evaluation.explain.report import plot_grouped_importance
from locomotion_analysis.evaluation.metrics import Jackknife
from locomotion_analysis.evaluation.training import (
    CONFIG,
    REFERENCE_CYCLES,
    REFERENCE_FEATURES,
    SCHEMA,
)
from locomotion_analysis.files import write_all
from locomotion_analysis.production.bundle import Bundle, open_bundle, write_bundle
from locomotion_analysis.production.bundle.bundle import trained_rows
from locomotion_analysis.production.bundle.routes import NetworkRoute
from locomotion_analysis.production.predicting import measured_cycles
from locomotion_analysis.production.retraining import subjects_of_run
from locomotion_analysis.production.service.bodies import (
    PROBABILITY,
    by_person,
    checked_features,
    probability_columns,
)
from locomotion_analysis.production.service.contract import Description
from locomotion_analysis.production.service.worker import ServedBundle
from locomotion_analysis.progress import Progress, as_stage, silent
from locomotion_analysis.reporting.names import (
    channel_title,
    feature_title,
    in_sentence,
    number_text,
    value_title,
)
from locomotion_analysis.reporting.page import Page, Picture, Section, Table
from locomotion_analysis.reporting.provenance import named_files, provenance, source_files
from locomotion_analysis.reporting.style import figure, row_axes
from locomotion_analysis.selection import SubjectQuantileKFold, SubjectStratifiedKFold

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ModelExplanation", "explain_bundle", "is_trained_model", "open_trained"]

_PEOPLE_DRAWN = 40
_PEOPLE_LISTED = 200
_PARTS_TOLD = 2
_TOLD_FROM = 0.01
"""Of the largest change in anybody: less is not named for a person."""
_CURVES_SHOWN = 4
_FOLDS = 5
_FOR_AND_AGAINST = "PuOr_r"
_READING = (
    (
        "Change of the answer: the features of a part are put to the training median, and the "
        "fitted model is asked again. Parts share features and act together: changes do not add up."
    ),
    (
        "Fall of the score, where the truth is known: the features of a part are taken from "
        "another of these people. It is the loss on these people, not on those of the training."
    ),
    (
        "An explanation is of the model, not of the disease: a wrong answer is explained too. "
        "Importance is what the model uses, not what causes the condition."
    ),
)


@dataclass(frozen=True, slots=True)
class PartWeights:
    """How much a model's answers owe to each part.

    Attributes
    ----------
    table : DataFrame
        One row a part, the most important first: ``group``, ``n_features``, ``importance`` (mean
        over people of the size of the change of the answer without the part), ``low`` and
        ``high`` (95 % interval over people).
    of_person : DataFrame, shape (n_people, n_parts)
        Mean change of each person's cycles; positive where the part speaks for the answer.
    effect : str
        What the importance is.
    simulated : bool
        Whether any of the data was simulated.
    """

    table: pd.DataFrame
    of_person: pd.DataFrame
    effect: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class ModelExplanation:
    """What the predictions of a trained model depend on.

    Attributes
    ----------
    weights : dict
        Grouping (joint, measurement, phase; feature) to what the answers owe to its parts.
    losses : dict
        The same groupings to what the score loses without each part; empty where the truth is
        not known of people that the model was not trained on.
    people : DataFrame
        One row a person: ``subject``, ``cycles``, ``prediction``, ``outside`` and what else
        :func:`~locomotion_analysis.production.service.bodies.by_person` tells; ``truth`` where
        it is known; ``for`` and ``against`` (the parts that weigh most).
    notes : tuple of str
        What could not be told, and why.
    path : Path
        The page.
    """

    weights: dict[str, PartWeights]
    losses: dict[str, GroupedImportance]
    people: pd.DataFrame
    notes: tuple[str, ...]
    path: Path


def is_trained_model(path: str | os.PathLike[str]) -> bool:
    """Return whether a path is a bundle, or a run folder of ``locomotion train``."""
    place = Path(path)
    if place.is_dir():
        return all((place / name).is_file() for name in (CONFIG, SCHEMA, REFERENCE_CYCLES))
    return place.suffix.lower() == ".bundle"


def open_trained(
    path: str | os.PathLike[str], *, key: bytes | None = None
) -> tuple[Bundle, list[str] | None]:
    """Open a bundle, or the bundle that a run folder makes, and say whom it was trained on.

    Returns
    -------
    bundle : Bundle
    subjects : list of str or None
        None for a bundle: it does not tell.

    Raises
    ------
    FileReadError, BundleError
        As :func:`~locomotion_analysis.production.bundle.open_bundle` and
        :func:`~locomotion_analysis.production.bundle.write_bundle`.
    """
    place = Path(path)
    if not place.is_dir():
        return open_bundle(place, key=key), None
    with tempfile.TemporaryDirectory() as folder:
        made = write_bundle(place, Path(folder) / "run.bundle", reference="none")
    return made, subjects_of_run(place)


def people_of_run(folder: str | os.PathLike[str]) -> Path:
    """Return the file of a run folder with some of its training people: cycles, or features."""
    place = Path(folder)
    table, cycles = place / REFERENCE_FEATURES, place / REFERENCE_CYCLES
    return cycles if holds_curves(open_parquet(cycles).schema_arrow.names) else table


def explain_bundle(
    bundle: Bundle,
    data: LocomotionData,
    out: str | os.PathLike[str],
    *,
    trained_on: Collection[str] | None = None,
    n_repeats: int = 5,
    random_state: int = 0,
    source: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> ModelExplanation:
    """Explain a trained model's predictions for some people and write the page.

    Parameters
    ----------
    bundle : Bundle
        The model.
    data : LocomotionData
        Gait cycles, or a table of features, that the model can answer. The checks are those of
        :func:`~locomotion_analysis.production.predicting.predict_cycles`. Where they have the
        column that the model predicts, the score without each part is measured too.
    out : path-like
        HTML file to write.
    trained_on : collection of str, optional
        Subjects that the model was trained on, where that is known: their answers are explained,
        but they do not count for the score.
    n_repeats : int
        Draws of donors.
    random_state : int
        Seed of the draws.
    source : path-like, optional
        File or folder that `data` was read from, for the record.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    ModelExplanation

    Raises
    ------
    SchemaError, RefusedError
        If the data lack what the model needs, or cannot be right.
    FileReadError
        If `out` is a folder.

    Examples
    --------
    >>> from locomotion_analysis.production.bundle import open_bundle
    >>> bundle = open_bundle("gait.bundle")  # doctest: +SKIP
    >>> explain_bundle(bundle, data, "why.html").weights["joint"].table  # doctest: +SKIP
    """
    path = Path(out)
    if path.is_dir():
        raise FileReadError(
            expected="the name of an HTML file", got="a folder", where=str(path), fix="add a name"
        )
    step = progress or silent
    origin = provenance(source_files(source))
    whole, X, warned = _rows(bundle, data)
    X.attrs["simulated"] = whole.is_simulated
    subjects = X.index.get_level_values("subject").astype(str).to_numpy()
    weights = {}
    groupings = _groupings(bundle)
    for number, (by, parts) in enumerate(groupings.items()):
        step("change of the answer", number, len(groupings))
        weights[by] = _weights(bundle, X, subjects, parts, whole.is_simulated)
    step("change of the answer", len(groupings), len(groupings))
    same_files = bundle.manifest.training.data_sha256 == _digest(origin)
    seen = set(map(str, trained_on or ())) | (set(subjects) if same_files else set())
    losses, notes = _losses(
        bundle, whole, X, subjects, groupings, seen, n_repeats, random_state, step
    )
    if trained_on is None and not same_files:
        notes.append(
            "A bundle does not tell whom it was trained on: where people of the training are among "
            "these, scores are better than for new people."
        )
    if bundle.manifest.training.simulated and not whole.is_simulated:
        notes.append(
            "The model was trained on simulated people: nothing here is a finding about people."
        )
    people = _people(bundle, whole, X, next(iter(weights.values())).of_person)
    found = ModelExplanation(weights, losses, people, tuple(notes), path)
    page = _page(found, bundle, whole, X, origin, [*notes, *warned], random_state)
    write_all({path: page.html()})
    return found


def _digest(origin: Mapping[str, Any]) -> str:
    """Return the hash that a manifest has of the training files."""
    hashes = "\n".join(sorted(file["sha256"] for file in origin["files"]))
    return hashlib.sha256(hashes.encode()).hexdigest() if hashes else "no files"


def _rows(bundle: Bundle, data: LocomotionData) -> tuple[LocomotionData, pd.DataFrame, list[str]]:
    """Return the cycles that can be answered, their features in the trained order, what is said."""
    served, names = ServedBundle(bundle), bundle.schema.names
    if data.channels:
        whole, asked, lacking = measured_cycles(served, data)
        left = int(lacking.any(axis=1).sum())
        told = [f"{left:,} of {len(data):,} cycles left out: not fully measured"] if left else []
        return whole, trained_rows(whole, bundle.manifest.inputs, names), told
    own = [name for name in names if name in data.cycles]
    asked = checked_features(data.cycles[own], served)
    assert isinstance(asked.rows, pd.DataFrame)  # noqa: S101 - of features, for the types
    return data, asked.rows.set_axis(data.key, axis=0), asked.warnings


def _groupings(bundle: Bundle) -> dict[str, dict[str, NDArray[np.intp]]]:
    """Return the positions of the features of each joint, measurement and phase.

    Of a table of features each is a part by itself: its columns need not be of any joint.
    """
    names = list(bundle.schema.names)
    if not bundle.channels:
        return {"feature": {name: np.array([at]) for at, name in enumerate(names)}}
    place = pd.Index(names)
    measured = feature_groups(names, "measurement")
    return {
        "joint": bundle.reference.joints,
        "measurement": {part: place.get_indexer(pd.Index(each)) for part, each in measured.items()},
        "phase": bundle.reference.phases,
    }


def _weights(
    bundle: Bundle,
    X: pd.DataFrame,
    subjects: NDArray[Any],
    parts: Mapping[str, NDArray[np.intp]],
    simulated: bool,
) -> PartWeights:
    changes = bundle.part_changes(X, parts)
    of_person = changes.groupby(subjects).mean().rename_axis("subject")
    sizes = np.abs(of_person.to_numpy())
    low, high = Jackknife.of_means(sizes).intervals("error")
    table = pd.DataFrame(
        {
            "group": list(parts),
            "n_features": [len(positions) for positions in parts.values()],
            "importance": sizes.mean(axis=0),
            "low": low,
            "high": high,
        }
    ).sort_values("importance", ascending=False, ignore_index=True, kind="stable")
    unit = f" ({bundle.manifest.target_unit})" if bundle.manifest.target_unit else ""
    what = "probability of the predicted class" if bundle.classes else f"prediction{unit}"
    return PartWeights(table, of_person, f"Change of the {what}", simulated)


# What the score loses, where the truth is known


class _FittedClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A bundle's model as scikit-learn asks it; a copy of it is the model itself."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    def __sklearn_clone__(self) -> Self:
        return self

    def fit(self, X: Any, y: Any) -> Self:
        """Return the model as it was trained."""
        del X, y
        return self

    def predict(self, X: pd.DataFrame) -> NDArray[Any]:
        """Return the classes as text."""
        route = self.bundle.route
        return np.asarray(route.labels(route.answers(X))).astype(str)


class _FittedRegressor(RegressorMixin, _FittedClassifier):  # type: ignore[misc]
    def predict(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return the numbers."""
        return np.asarray(self.bundle.route.answers(X), dtype=float)


def _losses(
    bundle: Bundle,
    data: LocomotionData,
    X: pd.DataFrame,
    subjects: NDArray[Any],
    groupings: Mapping[str, Mapping[str, NDArray[np.intp]]],
    seen: Collection[str],
    n_repeats: int,
    random_state: int,
    step: Progress,
) -> tuple[dict[str, GroupedImportance], list[str]]:
    """Return what the score loses on people who are new to the model, or why that is not known."""
    target, classes = bundle.manifest.target, tuple(map(str, bundle.classes))
    if bundle.manifest.inputs.paired:
        return {}, ["A model of legs before and after treatment: no score is measured."]
    if target not in data.cycles:
        return {}, [f"The truth ({target}) is not in the data: no score is measured."]
    truth = data.cycles[target]
    known = truth.notna().to_numpy()
    notes = []
    if classes:
        unknown = sorted(set(truth[known].astype(str)) - set(classes))
        if unknown:
            notes.append(f"The model does not know {', '.join(unknown[:5])}: not scored.")
            known = known & truth.astype(str).isin(classes).to_numpy()
    new = known & ~np.isin(subjects, list(seen))
    if len(trained := set(subjects[known]) & set(seen)):
        notes.append(
            f"{counted(len(trained), 'person', 'people')} of these were in the training and do not "
            "count for the score."
        )
    n_people = len(set(subjects[new]))
    if n_people < 2 * _FOLDS:
        told = f"{counted(n_people, 'new person', 'new people')} with a known {target}"
        return {}, [*notes, f"No score is measured: {told}, and {2 * _FOLDS} are needed."]
    y = truth[new].astype(str if classes else float).to_numpy()
    model = _FittedClassifier(bundle) if classes else _FittedRegressor(bundle)
    # The folds fit nothing: they say among whom a part is exchanged.
    cv = (SubjectStratifiedKFold if classes else SubjectQuantileKFold)(_FOLDS)
    names, losses = list(X.columns), {}
    try:
        for by, parts in groupings.items():
            columns = {part: [names[at] for at in places] for part, places in parts.items()}
            losses[by] = grouped_importance(
                model, X[new], y, subjects[new], columns, cv=cv, n_repeats=n_repeats,
                random_state=random_state, progress=as_stage(step, f"score by {by}"),
            )  # fmt: skip
    except LocomotionError as error:
        return {}, [*notes, f"No score is measured: {error.got} where {error.expected} is needed."]
    return losses, notes


# Person by person


def _people(
    bundle: Bundle, data: LocomotionData, X: pd.DataFrame, of_person: pd.DataFrame
) -> pd.DataFrame:
    answers = bundle.predict_features(X)
    rows: list[dict[str, Any]] = [
        {str(name): value for name, value in row.items()}
        for row in answers.reset_index().to_dict("records")
    ]
    probable = probability_columns(answers)
    for row in rows:
        row["subject"] = str(row["subject"])
        if probable:
            row["probabilities"] = {name.removeprefix(PROBABILITY): row[name] for name in probable}
    table = pd.DataFrame(by_person(rows, Description.of(ServedBundle(bundle))))
    target = bundle.manifest.target
    if target in data.cycles and not bundle.manifest.inputs.paired and "task" not in table:
        of_person_truth = data.cycles[target].groupby(data.groups.astype(str))
        table["truth"] = table["subject"].map(of_person_truth.agg(_one_value))
    sizes = of_person.abs()
    told = of_person.where(sizes > _TOLD_FROM * float(sizes.to_numpy().max()))
    for name, sign in (("for", 1.0), ("against", -1.0)):
        changes = sign * told
        table[name] = [_largest(changes.loc[one]) for one in table["subject"]]
    return table


def _one_value(values: "pd.Series[Any]") -> Any:
    known = values.dropna()
    if pd.api.types.is_float_dtype(known):
        return known.mean()
    return ", ".join(dict.fromkeys(known.astype(str)))


def _largest(change: "pd.Series[float]") -> str:
    """Return the parts that speak most for an answer, with what it owes to them."""
    most = change[change > 0].nlargest(_PARTS_TOLD)
    return ", ".join(
        f"{in_sentence(feature_title(str(part)))} {number_text(size, 2)}"
        for part, size in most.items()
    )


def plot_part_changes(found: PartWeights, axes: "Axes") -> "Axes":
    """Draw what each person's answer owes to each part as a map, a person a row.

    Parameters
    ----------
    found : PartWeights
        At most 40 people are drawn.
    axes : matplotlib Axes
    """
    parts = found.table["group"].head(10)
    table = found.of_person[list(parts)].head(_PEOPLE_DRAWN)
    top = max(float(np.abs(table.to_numpy()).max()), np.finfo(float).tiny)
    rows = row_axes(axes, list(map(str, table.index)))
    image = axes.pcolormesh(
        np.arange(len(parts) + 1) - 0.5, np.append(rows + 0.5, rows[-1] - 0.5), table.to_numpy(),
        cmap=_FOR_AND_AGAINST, vmin=-top, vmax=top, rasterized=True,
    )  # fmt: skip
    axes.set_xticks(
        range(len(parts)), [feature_title(part) for part in parts], rotation=45, ha="right"
    )
    axes.figure.colorbar(image, ax=axes, pad=0.02, aspect=30).set_label(found.effect)
    axes.grid(visible=False)
    return axes


# The page


def _page(
    found: ModelExplanation,
    bundle: Bundle,
    data: LocomotionData,
    X: pd.DataFrame,
    origin: dict[str, Any],
    beware: list[str],
    seed: int,
) -> Page:
    manifest = bundle.manifest
    verdict = []
    score = next(iter(found.losses.values()), None)
    if score is not None:
        name = "Balanced accuracy" if score.metric != "mae" else "Mean absolute error"
        low, high = score.interval
        told = f"{number_text(score.score)} ({number_text(low)} to {number_text(high)})"
        verdict.append(f"{name} on {score.n_subjects} of these people: {told}.")
    columns = ("group", "importance")
    for by, each in found.weights.items():
        named = ", ".join(
            f"{in_sentence(feature_title(part))} ({number_text(size, 2)})"
            for part, size in zip(*(each.table[name].head(3) for name in columns), strict=True)
        )
        verdict.append(f"By {by}, predictions depend most on {named}.")
    sections = [_part_section(by, found) for by in found.weights]
    if isinstance(bundle.route, NetworkRoute):
        sections.append(_cycle_section(bundle, data))
    sections.append(_people_section(found, bundle))
    return Page(
        about=data,
        title=f"Why: {manifest.name}",
        subtitle=f"{named_files(origin)} · model {bundle.version}",
        verdict=verdict,
        facts=[
            ("People", f"{len(found.people):,}"),
            ("Rows" if not data.channels else "Gait cycles", f"{len(X):,}"),
            ("Trained on", f"{manifest.training.n_subjects:,} people"),
        ],
        sections=sections,
        reading=_READING,
        provenance=origin,
        cautions=[*beware, *manifest.limits],
        record=(("Model", f"{manifest.name}, digest {bundle.digest}"), ("Seed", str(seed))),
        history=[str(entry) for entry in data.history],
    )


def _part_section(by: str, found: ModelExplanation) -> Section:
    weights, losses = found.weights[by], found.losses.get(by)
    size = (4.8, 1.0 + 0.3 * min(len(weights.table), 15))
    pictures = [
        Picture.drawn(
            plot_grouped_importance,
            weights,
            size,
            f"{weights.effect} without each {by}; the largest: {weights.table['group'].iloc[0]}.",
            f"Features of a {by} put to the training median. Mean size of the change over people, "
            "95 % intervals. In brackets: number of features.",
        )
    ]
    columns = ["Group", "Features", "Change", "95 % interval"]
    lost = {}
    if losses is not None:
        pictures.append(
            Picture.drawn(
                plot_grouped_importance,
                losses,
                size,
                f"{losses.effect} without each {by}; the largest: {losses.table['group'].iloc[0]}.",
                f"Features of a {by} taken from another person, {losses.n_repeats} times. Grey: "
                "the 95 % interval over people includes zero.",
            )
        )
        columns += [losses.effect, "95 % interval"]
        lost = {row["group"]: row for row in losses.table.to_dict("records")}
    rows = []
    for row in weights.table.to_dict("records"):
        told = [row, lost[row["group"]]] if lost else [row]
        cells = [(number_text(each["importance"]), _interval(each)) for each in told]
        rows.append((feature_title(row["group"]), f"{row['n_features']:,}", *sum(cells, ())))
    return Section(
        f"By {by}", pictures=pictures, tables=(Table(f"Without each {by}", columns, rows),)
    )


def _interval(row: Mapping[Any, Any]) -> str:
    return f"{number_text(row['low'])} to {number_text(row['high'])}"


def _cycle_section(bundle: Bundle, data: LocomotionData) -> Section:
    """Return where in the gait cycle a network reads its answer."""
    from locomotion_analysis.evaluation.explain.networks import (
        integrated_gradients,
        phase_occlusion,
        plot_relevance,
        plot_relevance_map,
        plot_relevance_on_curves,
    )

    channels = [each.name for each in bundle.channels]
    curves = np.full((len(data), len(bundle.channels), data.block.shape[-1]), np.nan, np.float32)
    for at, name in enumerate(channels):
        if name in data.channels:
            curves[:, at] = data.curves(name)
    model = bundle.route.model  # type: ignore[attr-defined]
    X = curves.transpose(0, 2, 1)
    together = phase_occlusion(model, X, data.groups, channels)
    apart = integrated_gradients(model, X, data.groups, channels)
    with figure(4.8, 2.8, data) as along:
        plot_relevance(together, data, by_outcome=bool(bundle.classes), axes=along.subplots())
    with figure(4.8, 1.4 + 0.26 * min(len(channels), 15), data) as chart:
        plot_relevance_map(apart, data, axes=chart.subplots())
    pictures = [
        Picture.of(
            along,
            "Change of the answer without each window of the gait cycle.",
            "A window of all curves is put to the mean of these people. Bands: 95 % over people.",
        ),
        Picture.of(
            chart,
            "What each curve added to the answer at each phase.",
            "Integrated gradients, compared with the mean curve of these people. Orange: speaks "
            "for the answer; violet: against it.",
        ),
    ]
    told = apart.by_channel()["channel"].head(_CURVES_SHOWN)
    for name in (name for name in told if name in data.channels):
        outcome = pd.Series(apart.outcomes).mode()[0]
        with figure(4.8, 2.8, data) as made:
            plot_relevance_on_curves(apart, data, name, outcome, axes=made.subplots())
        pictures.append(
            Picture.of(
                made,
                f"{channel_title(name)}: where it speaks for {value_title(outcome).lower()}.",
                f"Mean curve of the cycles predicted {in_sentence(outcome)}.",
            )
        )
    return Section("On the gait cycle", (), pictures)


def _people_section(found: ModelExplanation, bundle: Bundle) -> Section:
    people, weights = found.people, next(iter(found.weights.values()))
    drawn = min(len(people), _PEOPLE_DRAWN)
    with figure(4.8, 2.0 + 0.2 * drawn, weights) as made:
        plot_part_changes(weights, made.subplots())
    unit = f" ({bundle.manifest.target_unit})" if bundle.manifest.target_unit else ""
    has_truth = "truth" in people
    columns = ["Person", f"Predicted{unit}", *(["True"] if has_truth else []), "For it",
               "Against it", "Probability" if bundle.classes else "Interval", "Cycles",
               "Out of distribution"]  # fmt: skip
    rows = []
    for row in people.head(_PEOPLE_LISTED).to_dict("records"):
        label = row["subject"]
        if "task" in row:
            label += f", {in_sentence(row['task'])}"
        if bundle.classes:
            sure = number_text(row["probabilities"][str(row["prediction"])], 2)
        else:
            sure = f"{number_text(row['low'])} to {number_text(row['high'])}"
        rows.append(
            (
                label,
                _said(row["prediction"]),
                *([_said(row["truth"])] if has_truth else []),
                row["for"],
                row["against"],
                sure,
                f"{row['cycles']:,}",
                f"{row['outside']} of {row['cycles']}",
            )
        )
    text = [f"{weights.effect} without a part, mean of a person's cycles."]
    if len(people) > _PEOPLE_LISTED:
        text.append(f"The first {_PEOPLE_LISTED} of {len(people):,} people are listed.")
    picture = Picture.of(
        made,
        f"{weights.effect} without each part, for each of {drawn} people.",
        f"Orange: the part speaks for the person's answer; violet: against it. "
        f"{drawn} of {len(people):,} people.",
    )
    return Section(
        "Person by person",
        text,
        (picture,),
        (Table("People", columns, rows, first_number=len(columns) - 3),),
    )


def _said(value: Any) -> str:
    return number_text(value) if isinstance(value, float) else value_title(value)
