"""The report of a study: one self-contained HTML page."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.feature_tables import NOT_STATED
from locomotion_analysis.evaluation.hardest_cycles import (
    hard_cycle_bands,
    hard_cycle_title,
    plot_hard_cycle,
)
from locomotion_analysis.evaluation.metrics import Score
from locomotion_analysis.evaluation.plots import (
    ROWS_WIDTH,
    confusion_size,
    plot_agreement,
    plot_calibration,
    plot_confusion_matrix,
    plot_fairness,
    plot_feature_importances,
    plot_learning_curve,
    plot_permutation_test,
    plot_precision_recall,
    plot_predictions,
    plot_robustness,
    plot_roc,
    plot_scores,
    plot_subject_scores,
    rows_height,
    subject_scores,
)
from locomotion_analysis.evaluation.probability import (
    calibration_curve,
    precision_recall_curve,
    roc_curve,
)
from locomotion_analysis.evaluation.study_result import StudyChecks, StudyResult
from locomotion_analysis.plots.curves import main_channels, plot_class_curves
from locomotion_analysis.reporting import (
    Page,
    Picture,
    Section,
    Table,
    channel_title,
    feature_title,
    value_title,
)
from locomotion_analysis.reporting.names import number_text, p_equals
from locomotion_analysis.reporting.page import Headline, left_out_section
from locomotion_analysis.reporting.provenance import named_files
from locomotion_analysis.reporting.style import panels
from locomotion_analysis.standard import TASKS

_MOST_CLASSES = 8
_MOST_TASKS = 6
_MOST_FEATURES = 20
_EXTREMES = 5
_SIGNIFICANCE = 0.05
_SQUARE = (4.4, 4.2)
_SMALL = (4.6, 3.2)
# Column: its title, and how many decimals the field gives.
_MEANS = {
    "age": ("Age (years)", 1),
    "height_m": ("Height (m)", 2),
    "mass_kg": ("Mass (kg)", 1),
    "speed_m_s": ("Speed (m/s)", 2),
    "cycle_duration_s": ("Cycle (s)", 2),
}
_READING = (
    (
        "Nobody is on both sides. All cycles of a subject are either trained on or tested on, "
        "never both. The scores are about people the model has not met."
    ),
    (
        "Importance is not cause. Features of one movement carry much the same information; one "
        "of them may stand high only because it stands for the others."
    ),
    (
        "One dataset is one place. Another laboratory, marker set or population can give other "
        "scores. This page is no medical device."
    ),
)
_READING_CLASSES = (
    "Precision is the share of cycles classified as a class that are of it; recall is the share of a "
    "class's cycles that were found; F1 is their harmonic mean."
)
_READING_NUMBERS = (
    "Mean absolute error is in the target's own unit. R² is 1 for perfect predictions and 0 for "
    "always predicting the mean; it can be negative."
)


def render_report(study: StudyResult) -> str:
    """Return the report as the text of one HTML file.

    Parameters
    ----------
    study : StudyResult
        What was found.
    """
    head = study.headline
    names = [name for name in study.data.cycles["task"].unique() if name != NOT_STATED]
    tasks = ", ".join(value_title(name).lower() for name in names)
    curves, created = bool(study.data.channels), study.provenance["created"][:10]
    first, *rest = _READING
    by_kind = _READING_CLASSES if study.kind == "classification" else _READING_NUMBERS
    made = [
        _data(study),
        _curves(study),
        _scores(study),
        _errors(study),
        _subjects(study),
        _features(study),
        _subject_level(study),
        _probabilities(study),
        _agreement(study),
        _groups(study),
        _hardest(study),
        *([] if study.checks is None else _checks(study.checks)),
        left_out_section(study.left_out),
    ]
    return Page(
        about=(study.data, study.results),
        title=f"Predicting {value_title(study.target).lower()} from gait",
        subtitle=" · ".join(filter(None, (named_files(study.provenance), tasks, created))),
        headline=Headline(
            head.name, *(head.text(part) for part in ("value", "low", "high", "baseline"))
        ),
        verdict=_verdict(study),
        facts=[
            ("Subjects", f"{study.data.cycles['subject'].nunique():,}"),
            ("Gait cycles" if curves else "Rows", f"{len(study.data):,}"),
            *([("Channels", f"{len(study.data.channels):,}")] if curves else []),
            ("Features", f"{study.X.shape[1]:,}"),
            (
                f"Target {study.target}",
                f"{study.y.nunique()} classes" if study.kind == "classification" else "continuous",
            ),
            ("Model", study.model.split(":")[0]),
        ],
        cautions=study.cautions,
        sections=[section for section in made if section is not None],
        reading=(first, by_kind, *rest),
        provenance=study.provenance,
        record=(
            ("Model", study.model),
            ("Folds", f"{study.n_splits}, subjects as groups: no subject is in two folds"),
            ("Seed of folds and model", str(study.seed)),
        ),
        history=[*(str(entry) for entry in study.data.history), *study.notes],
    ).html()


def against_baseline(head: Score) -> str:
    """Say what a score means against the baseline on the same subjects."""
    low, high = (number_text(end, 2, signed=True) for end in (head.gain_low, head.gain_high))
    gain = f"on the same subjects the gain is {low} to {high} (95 % interval)"
    if head.beats_baseline:
        return (
            f"Better than the baseline: {gain}. What the model learned carries over to people it "
            "has not met."
        )
    if head.below_baseline:
        return f"Worse than the baseline: {gain}. The model learned nothing that carries over."
    return (
        f"Not distinguishable from the baseline: {gain}, which includes zero. No skill on people "
        "the model has not met is shown."
    )


def _verdict(study: StudyResult) -> list[str]:
    """Say what the headline means, against the baseline."""
    meaning = against_baseline(study.headline)
    counts = f"{study.data.cycles['subject'].nunique():,} subjects in {study.n_splits} folds"
    if study.kind == "classification":
        measured = (
            "Balanced accuracy is the mean of the classes' recalls, so a large class cannot carry "
            f"it. Cross-validated over {counts}; the baseline always names the largest class."
        )
    else:
        measured = f"Cross-validated over {counts}; the baseline always predicts the training mean."
    return [meaning, measured]


def _data(study: StudyResult) -> Section:
    """Return the cycles by class and task, the people by class, and gaps in the channels."""
    data, target = study.data, study.target
    frame = pd.DataFrame(
        {
            "label": study.labels,
            "task": "All" if target == "task" else data.cycles["task"].replace(NOT_STATED, "All"),
            "subject": data.groups,
        }
    )
    # Tasks down and classes across; of one task, classes down.
    down, across = ("label", "task") if len(frame["task"].unique()) == 1 else ("task", "label")
    cells = frame.groupby([down, across], sort=True)["subject"].agg(["nunique", "size"])
    columns = list(dict.fromkeys(cells.index.get_level_values(1)))
    known = {name: place for place, name in enumerate(TASKS)}
    names = sorted(
        set(cells.index.get_level_values(0)),
        key=lambda name: (known.get(name, len(known)), str(name)),
    )
    told = {key: f"{row['nunique']:,} / {row['size']:,}" for key, row in cells.iterrows()}
    counts = [
        (value_title(name), *(told.get((name, column), "none") for column in columns))
        for name in names
    ]
    first = value_title(target if down == "label" else down)

    measured = [
        name for name in _MEANS if name in data.cycles and data.cycles[name].dtype.kind in "fi"
    ]
    # A subject counts once, however many cycles were recorded.
    each = data.cycles.assign(_label=study.labels).groupby(["_label", "subject"], sort=True)
    people = [
        (value_title(label), *(_mean_and_sd(own[name], _MEANS[name][1]) for name in measured))
        for label, own in each[measured].mean().groupby(level=0)
        if measured
    ]

    missing = data.missing()
    gaps = [
        (channel_title(str(name)), f"{percent:.1f}")
        for name, percent in missing[missing > 0].items()
    ]
    return Section(
        "Data",
        tables=[
            Table(
                f"Subjects / {'cycles' if data.channels else 'rows'}",
                (first, *map(value_title, columns)),
                counts,
            ),
            Table(
                "Mean ± SD over subjects",
                (value_title(target), *(_MEANS[name][0] for name in measured)),
                people,
            ),
            Table("Channels with gaps", ("Channel", "Cycles not fully measured (%)"), gaps),
        ],
    )


def _mean_and_sd(values: "pd.Series[float]", decimals: int) -> str:
    known = values.dropna()
    if known.empty:
        return "unknown"
    spread = f" ± {known.std(ddof=1):.{decimals}f}" if len(known) > 1 else ""
    return f"{known.mean():.{decimals}f}{spread}"


def _curves(study: StudyResult) -> Section | None:
    if not study.data.channels:  # a table of features
        return None
    thirds = (
        ""
        if study.kind == "classification"
        else f" The classes are the thirds of {value_title(study.target).lower()}."
    )
    toe_off = study.data.cycles.get("stance_percent")
    dotted = (
        " Dotted lines: mean measured toe-off."
        if toe_off is not None and toe_off.notna().any()
        else ""
    )
    text = (
        "Line: mean over subjects, each subject's cycles averaged first. Band: ± 1 SD between "
        "subjects. 0 % is the contact of the ipsilateral foot; flexion, dorsiflexion, adduction "
        "and forward forces are positive, moments are internal, power is positive where it is "
        f"generated.{dotted}{thirds}"
    )
    tasks = study.data.cycles["task"]
    if study.target == "task" or len(tasks.unique()) == 1:
        # Where the task itself is predicted, tasks are the classes of one picture.
        pictures = _class_curves(study.data, study.labels)
    else:
        pictures = []
        for task in tasks.value_counts(sort=True).index[:_MOST_TASKS]:
            rows = np.flatnonzero(tasks == task)
            # The largest is open, the others are folded away.
            pictures += _class_curves(
                study.data.take(rows), study.labels[rows], value_title(task), fold=bool(pictures)
            )
    return Section(
        "Mean curves", [text] if pictures else [text, "No channel holds a value."], pictures
    )


def _class_curves(
    data: LocomotionData, labels: NDArray[Any], task: str = "", *, fold: bool = False
) -> list[Picture]:
    """Return the classes' mean curves in one task as a picture; none where nothing was measured."""
    channels = main_channels(data)
    if not channels:
        return []
    counts = pd.Series(labels).value_counts()
    largest = set(counts.index[:_MOST_CLASSES])
    classes = [name for name in sorted(counts.index, key=str) if name in largest]
    drawn = panels(
        lambda axes, channel: plot_class_curves(data, labels, classes, channel, axes),
        channels,
        of=data,
    )
    shown = ", ".join(value_title(name) for name in classes)
    what = ", ".join(channel_title(channel) for channel in channels)
    rest = len(counts) - len(classes)
    more = f" {rest} smaller classes are not drawn." if rest > 0 else ""
    alt = f"Mean curves with one standard deviation over the gait cycle, of {shown}: {what}."
    start = f"{task}. " if task else ""
    title = task if fold else ""
    return [Picture.of(drawn, alt, f"{start}Mean ± SD over subjects.{more}", title)]


def _scores(study: StudyResult) -> Section:
    text = (
        f"Each of the {study.n_splits} folds was predicted by a model fitted on the other folds, "
        "with imputation and scaling fitted there too. Intervals are of 95 % "
        f"over subjects, not cycles. {value_title(study.target)} holds {study.y.nunique()} "
        "different values, so it was treated as "
        f"{'classes' if study.kind == 'classification' else 'a number (regression)'}."
    )
    rows = [
        (each.name, each.text(), f"{each.text('low')} to {each.text('high')}",
         each.text("baseline"))
        for each in study.scores
    ]  # fmt: skip
    table = Table(
        "Scores on subjects not trained on", ("", "Model", "95 % interval", "Baseline"), rows
    )
    folds = [
        (f"Fold {number}", f"{score:.3f}")
        for number, score in enumerate(study.results["cv_scores"], 1)
    ]
    name = "Accuracy" if study.kind == "classification" else "R²"
    pictures = []
    # Errors are in units that differ; they share no axis.
    if study.kind == "classification":
        told = "; ".join(
            f"{each.name} {each.text()}, baseline {each.text('baseline')}" for each in study.scores
        )
        pictures.append(
            Picture.drawn(
                plot_scores, study.results, (ROWS_WIDTH, 0.5 + rows_height(len(rows))),
                f"Scores with intervals: {told}.",
                "Scores with 95 % intervals over subjects, against the baseline.",
            )
        )  # fmt: skip
    return Section("Scores", [text], pictures, [table, Table("Each fold", ("", name), folds)])


def _errors(study: StudyResult) -> Section:
    if study.kind == "regression":
        label = value_title(study.target).lower()
        alt = f"Predicted against observed {label}: {study.headline.name.lower()} {study.headline.text()}."
        drawn = Picture.drawn(
            plot_predictions, study.results, _SQUARE, alt, "On the line a prediction is perfect."
        )
        return Section("Predicted against observed", (), [drawn])
    names = [value_title(name) for name in study.results["classes"]]
    matrix = study.results["confusion_matrix"]
    found = ", ".join(
        f"{name} {row[position] / max(row.sum(), 1):.0%}"
        for position, (name, row) in enumerate(zip(names, matrix, strict=True))
    )
    drawn = Picture.drawn(
        plot_confusion_matrix, study.results, confusion_size(len(names)),
        f"Confusion matrix. Share of each true class that was found: {found}.",
        "Rows are the true classes: number of cycles, and share of the row.",
    )  # fmt: skip
    rows = [
        (
            value_title(name),
            *(_with_interval(row, key) for key in ("precision", "recall", "f1")),
            f"{row['n_cycles']:,.0f}",
            f"{row['n_subjects']:,.0f}",
        )
        for name, row in study.details["class_metrics"].iterrows()
    ]
    columns = ("Class", "Precision", "Recall", "F1", "Cycles", "Subjects")
    table = Table("Each class (95 % interval)", columns, rows)
    return Section("Confusion matrix", (), [drawn], [table])


def _subjects(study: StudyResult) -> Section:
    values, label = subject_scores(study.results)
    low, median, high = np.percentile(values, [10, 50, 90])
    text = f"{label} of a subject's cycles: median {median:.2f}, 10th to 90th percentile {low:.2f} to {high:.2f}."
    if study.kind == "classification" and (lost := int((values == 0).sum())):
        text += f" Of {lost} subject{'s' * (lost != 1)} not one cycle was right."
    drawn = Picture.drawn(
        plot_subject_scores, study.results, (4.6, 3.0),
        f"Histogram of {label.lower()} over {len(values)} subjects, median {median:.2f}.",
        "One count a subject.",
    )  # fmt: skip
    ascending = not study.headline.smaller_is_better
    worst = values.sort_values(ascending=ascending, kind="stable").head(_EXTREMES)
    own = pd.Series(study.labels, dtype=object).groupby(study.data.groups.astype(str)).unique()
    rows = [
        (str(name), ", ".join(map(value_title, own[str(name)])), f"{value:.2f}")
        for name, value in worst.items()
    ]
    columns = ("Subject", value_title(study.target), label)
    table = Table("Hardest subjects", columns, rows, first_number=2)
    return Section("Score of each subject", [text], [drawn], [table])


def _features(study: StudyResult) -> Section:
    weights = study.results["feature_importances"]
    if weights is None:
        return Section("Features", ["This model gives no importance of its features."])
    names = [feature_title(str(name)) for name in weights["feature"].head(_MOST_FEATURES)]
    drawn = Picture.drawn(
        lambda results, axes: plot_feature_importances(results, _MOST_FEATURES, axes),
        study.results,
        (ROWS_WIDTH, rows_height(len(names))),
        f"Bars of feature importance; the largest are {', '.join(names[:5])}.",
        "Mean over the folds, largest first.",
    )
    text = "The twenty features that weigh most, mean over the folds."
    return Section("Features", [text], [drawn])


def _subject_level(study: StudyResult) -> Section | None:
    table = study.details.get("subject_level")
    if table is None:
        return None
    rows = [
        (value_title(name), *(_with_interval(row, key) for key in ("recall", "specificity")),
         f"{row['n_subjects']:,.0f}")
        for name, row in table.iterrows()
    ]  # fmt: skip
    return Section(
        "Per-subject classification (majority vote)",
        "Each subject is classified by the majority vote of the held-out cycles. Recall: share of "
        "a class's subjects classified as it. Specificity: share of all other subjects that were "
        "not.",
        tables=[Table("Each class, counting subjects (95 % interval)",
                      ("Class", "Recall", "Specificity", "Subjects"), rows)],
    )  # fmt: skip


def _probabilities(study: StudyResult) -> Section | None:
    if "calibration" not in study.details:
        return None
    both = study.details["discrimination"].merge(study.details["calibration"], on="class")
    rows = [
        (value_title(row["class"]), _with_interval(row, "roc_auc"),
         _with_interval(row, "average_precision"), f"{row['prevalence']:.2f}",
         _with_interval(row, "brier"), f"{row['prevalence_brier']:.2f}", _with_interval(row, "ece"))
        for _, row in both.iterrows()
    ]  # fmt: skip
    columns = ("Class", "ROC AUC", "Average precision", "Prevalence", "Brier",
               "Brier of prevalence", "Calibration error")  # fmt: skip
    areas = "; ".join(f"{row[0]} {row[1]}" for row in rows)
    errors = "; ".join(f"{row[0]} {row[6]}" for row in rows)
    return Section(
        "Probabilities",
        "Each class against the rest. Ranking: an area under the ROC curve of 0.5 is chance, an "
        "average precision equal to the prevalence is chance. Trust: of the cycles given a "
        "probability of 0.7, seven in ten should be of the class; the Brier score should be below "
        "that of knowing the prevalence alone. Bands and intervals are over subjects.",
        [
            Picture.drawn(plot_roc, roc_curve(study.results), _SQUARE,
                    f"ROC curves; areas: {areas}.", "ROC curve with 95 % band."),
            Picture.drawn(plot_precision_recall, precision_recall_curve(study.results), _SQUARE,
                    f"Precision-recall curves of {len(rows)} classes.",
                    "Precision and recall with 95 % band."),
            Picture.drawn(plot_calibration, calibration_curve(study.results), _SQUARE,
                    f"Calibration curves; calibration errors: {errors}.",
                    "Calibration with 95 % intervals; on the dashed line it is perfect."),
        ],
        [Table("Ranking and calibration (95 % interval)", columns, rows)],
    )  # fmt: skip


def _agreement(study: StudyResult) -> Section | None:
    if "agreement" not in study.details:
        return None
    table = study.details["agreement"]
    names = {"bias": "Bias (predicted minus observed)", "lower_limit": "Lower limit of agreement",
             "upper_limit": "Upper limit of agreement", "slope": "Slope of calibration",
             "intercept": "Intercept of calibration"}  # fmt: skip
    rows = [
        (names[str(name)], *(number_text(row[key]) for key in ("value", "low", "high")))
        for name, row in table.iterrows()
    ]
    bias, low, high = table.loc[["bias", "lower_limit", "upper_limit"], "value"]
    alt = f"Error against size; bias {bias:.3g}, limits of agreement {low:.3g} to {high:.3g}."
    return Section(
        "Agreement",
        "Nineteen in twenty errors lie between the limits of agreement. A slope of calibration "
        "below 1 says that predictions spread too far; one of 1 and an intercept of 0 are perfect.",
        [
            Picture.drawn(
                plot_agreement, study.results, (5.4, 4.0), alt, "Error of cycles and subjects."
            )
        ],
        [Table("Agreement", ("", "Value", "Low", "High"), rows)],
    )


def _groups(study: StudyResult) -> Section | None:
    table = study.details["fairness"]
    if table.empty:
        return None
    rows = [
        (value_title(row["group"]), f"{row['n_subjects']:,}", f"{row['n_cycles']:,}",
         _with_interval(row, "score", ""), _with_interval(row, "difference"), row["note"])
        for _, row in table.iterrows()
    ]  # fmt: skip
    apart = table[(table["difference_low"] > 0) | (table["difference_high"] < 0)]
    found = (
        f"Apart from the rest: {', '.join(apart['group'])}." if len(apart)
        else "No group is told apart from the rest."
    )  # fmt: skip
    told = "; ".join(f"{row[0]} {row[3]}" for row in rows)
    return Section(
        "Groups of people",
        f"{study.headline.name} of each group, and its difference from everyone else. {found} A "
        "difference is a question: the group may be small or hold other classes. With ten groups "
        "that do not differ, about four in ten studies find one apart by chance.",
        [Picture.drawn(plot_fairness, table, (ROWS_WIDTH, rows_height(len(table))),
                 f"{study.headline.name} by group: {told}.",
                 "Score with 95 % interval over subjects; hollow: not compared.")],
        [Table("Groups (95 % interval)",
               ("Group", "Subjects", "Cycles", "Score", "Difference", "Note"), rows)],
    )  # fmt: skip


def _hardest(study: StudyResult) -> Section | None:
    table = study.details["hardest_cycles"]
    channels = main_channels(study.data, 3)
    if table.empty or not channels:
        return None
    how = (
        "largest error" if study.kind == "regression"
        else "most certain of a wrong class" if "calibration" in study.details
        else "of the subjects most often wrong"
    )  # fmt: skip
    colours = (
        "Blue band: its third of the target" if study.kind == "regression"
        else "Blue band: its true class, orange: what it was taken for"
    )  # fmt: skip
    text = (
        f"The {len(table)} cycles that were most wrong ({how}), one of each subject. Look for "
        "faulty tracking, a wrong label, or a person who moves like the other class. Solid line: "
        f"the cycle. {colours}, mean ± SD of the other subjects in the same task."
    )

    def picture(cycle: dict[Any, Any]) -> Picture:
        told, bands = hard_cycle_title(cycle), hard_cycle_bands(cycle, study.labels)
        figures = panels(
            lambda axes, channel: plot_hard_cycle(
                study.data, int(cycle["row"]), channel, study.labels, bands, axes
            ),
            channels,
            of=study.data,
        )
        return Picture.of(figures, f"Curves of a cycle of {told}.", told)

    return Section("Hardest cycles", text, [picture(cycle) for cycle in table.to_dict("records")])


def _checks(checks: StudyChecks) -> list[Section]:
    test, curve = checks.permutation, checks.learning_curve
    sizes = ", ".join(
        f"{row.n_subjects:.0f} subjects {row.score:.2f}" for row in curve.itertuples()
    )
    beaten = (
        "The score is not one of chance." if test.p_value < _SIGNIFICANCE
        else "Chance alone reaches such a score."
    )  # fmt: skip
    chance = Section(
        "Chance, and more people",
        f"The whole cross-validation was repeated {len(test.permuted)} times with {test.scheme}: "
        f"{p_equals(test.p_value)}. {beaten} The learning curve says whether more people would "
        "help: it is still rising, or has levelled off.",
        [
            Picture.drawn(plot_permutation_test, test, _SMALL,
                    f"Scores of permuted labels, median {pd.Series(test.permuted).median():.2f}, "
                    f"beside {test.score:.2f}.", "Score against scores of permuted labels."),
            Picture.drawn(plot_learning_curve, curve, _SMALL, f"Learning curve: {sizes}.",
                    "Score against the number of subjects trained on."),
        ],
    )  # fmt: skip
    table = checks.robustness
    rows = [
        (str(name), _with_interval(row, "score", ""), _with_interval(row, "change"))
        for name, row in table.iterrows()
    ]
    told = "; ".join(f"{row[0]} {row[1]}" for row in rows)
    robust = Section(
        "Robustness",
        "The same models, tested on cycles with the features of a joint, a segment or the force "
        "plates missing (replaced by the training mean), or with noise of the spread between a "
        "person's own cycles.",
        [Picture.drawn(plot_robustness, table, (ROWS_WIDTH, rows_height(len(table))),
                 f"Score when disturbed: {told}.", "Dashed: as measured.")],
        [Table("Disturbed cycles (95 % interval)", ("Test", "Score", "Change"), rows)],
    )  # fmt: skip
    elsewhere = checks.laboratories
    if elsewhere is None:
        return [chance, robust, Section("Other laboratories", [checks.no_laboratories])]
    of_datasets = [
        (str(name), f"{row['n_subjects']:,}", f"{row['n_cycles']:,}",
         _with_interval(row, "score", ""))
        for name, row in elsewhere.iterrows()
    ]  # fmt: skip
    told = "; ".join(f"{row[0]} {row[3]}" for row in of_datasets)
    laboratories = Section(
        "Other laboratories",
        "Each dataset predicted by a model fitted on the others alone.",
        [Picture.drawn(plot_robustness, elsewhere, (ROWS_WIDTH, rows_height(len(elsewhere))),
                 f"Score by dataset: {told}.", "Score with 95 % interval over its subjects.")],
        [Table("Tested dataset (95 % interval)", ("Dataset", "Subjects", "Cycles", "Score"),
               of_datasets)],
    )  # fmt: skip
    return [chance, robust, laboratories]


def _with_interval(row: "pd.Series[Any]", name: str, prefix: str | None = None) -> str:
    """Return a score and its interval as one cell; a dash where it is not defined."""
    start = f"{name}_" if prefix is None else prefix
    value, low, high = row[name], row[f"{start}low"], row[f"{start}high"]
    if pd.isna(value):
        return "–"
    if pd.isna(low):
        return f"{value:.2f}"
    return f"{value:.2f} ({low:.2f} to {high:.2f})".replace("-", "−")
