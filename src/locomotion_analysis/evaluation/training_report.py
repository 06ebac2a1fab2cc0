"""What a training leaves: the run, the model's card as data and Markdown, its page and figures."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.evaluation.leaderboard import Leaderboard
from locomotion_analysis.evaluation.plots import (
    ROWS_WIDTH,
    confusion_size,
    plot_confusion_matrix,
    plot_predictions,
    rows_height,
)
from locomotion_analysis.files import json_text
from locomotion_analysis.models.prediction_schema import PredictionSchema
from locomotion_analysis.models.supervised import Recipe
from locomotion_analysis.reporting.markdown import Markdown, markdown_table, markdown_text
from locomotion_analysis.reporting.names import METRIC_NAMES, number_text, value_title
from locomotion_analysis.reporting.page import Page, Picture, Section, Table
from locomotion_analysis.reporting.provenance import named_files
from locomotion_analysis.reporting.style import INK, PALETTE, axes_for, light_grid, row_axes
from locomotion_analysis.typed_tree import json_tree, typed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from locomotion_analysis.models.deep import LearningRateSweep

__all__ = ["ModelCard", "TrainingRun", "plot_leaderboard", "plot_learning_rates", "plot_training"]


_SIZE = (4.6, 3.2)
_SQUARE = (4.6, 4.2)
_LOSSES = (("train_loss", "training subjects", "-"), ("valid_loss", "subjects set aside", "--"))
_READING = (
    (
        "Every score is of people the scored model was not trained on: the same folds of subjects "
        "for every model, and whatever was tuned was tuned on training subjects alone."
    ),
    "Intervals are of 95 % over subjects, not over cycles.",
    (
        "The model in the folder was fitted on everybody; the scores are of models fitted on a "
        "part of them, and so if anything a little too low. The best of several is a little too "
        "good by its own score."
    ),
)

Row = dict[str, str | int | float | None]


@dataclass(frozen=True)
class TrainingRun:
    """A trained model and the folder that documents it.

    Attributes
    ----------
    board : Leaderboard
        Comparison of the models.
    recipe : Recipe
        What was trained: the best of those asked for.
    model : scikit-learn estimator or network
        Fitted on all subjects (a network sets some of them aside to stop early).
    schema : PredictionSchema
        What it expects of the data it predicts on.
    out : Path
        The folder.
    saved : bool
        Whether the model lies in the folder; not, where skops is not installed.
    """

    board: Leaderboard
    recipe: Recipe
    model: Any
    schema: PredictionSchema
    out: Path
    saved: bool

    def __repr__(self) -> str:
        return f"TrainingRun: {self.recipe.title}, in {self.out}\n{self.board!r}"

    @cached_property
    def card(self) -> "ModelCard":
        """What the model is for, how well it does on whom, and its limits."""
        return model_card(self)

    @property
    def results(self) -> dict[str, Any]:
        """What the evaluator returned for the recipe that was trained."""
        entries = {entry.recipe.name: entry for entry in self.board.entries}
        return entries[self.recipe.name].results

    @property
    def report_path(self) -> Path:
        """The report, one self-contained HTML file."""
        return self.out / "report.html"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a model is for, how well it does on whom, and its limits.

    After Mitchell et al. 2019, doi:10.1145/3287560.3287596.

    Attributes
    ----------
    title : str
        Kind of model and what it predicts.
    simulated : bool
        Whether any of the data was simulated.
    model : tuple of str
        What was fitted, in sentences.
    intended_use : str
        What it is for, and what not.
    people : tuple of str
        Who it was trained on.
    classes : tuple of dict
        ``class``, ``subjects``, ``rows`` of each class; empty for a number.
    scores : tuple of str
        What may be said of its scores.
    board : tuple of dict
        One row a model that was compared.
    cautions, left_out, limits : tuple of str
        Reasons to doubt, what is not in the data, what the model says nothing of.
    """

    title: str
    simulated: bool
    model: tuple[str, ...]
    intended_use: str
    people: tuple[str, ...]
    classes: tuple[Row, ...]
    scores: tuple[str, ...]
    board: tuple[Row, ...]
    cautions: tuple[str, ...]
    left_out: tuple[str, ...]
    limits: tuple[str, ...]

    def to_json(self) -> str:
        """Return the card as JSON."""
        return json_text(asdict(self))

    @classmethod
    def from_json(cls, content: str | bytes, where: str) -> Self:
        """Read what :meth:`to_json` wrote.

        Raises
        ------
        FileReadError
            If it is no card; `where` names the file.
        """
        try:
            return typed(cls, json_tree(content, where))
        except SchemaError as error:
            raise FileReadError(
                expected=f"a model card as locomotion train writes it, with {error.expected}",
                got=error.got,
                where=error.where,
                fix="train the model again with this version (locomotion train)",
            ) from error

    def markdown(self, further: Sequence[tuple[str, str]] = ()) -> str:
        """Return the card as Markdown.

        Parameters
        ----------
        further : sequence of tuple of str
            Titles and texts of sections to add.
        """

        def points(texts: Sequence[str], none: str) -> str:
            return Markdown("\n".join(f"- {markdown_text(text)}" for text in texts or [none]))

        def table(rows: Sequence[Row]) -> Markdown:
            return markdown_table(pd.DataFrame(rows)) if rows else Markdown()

        parts: dict[str, Sequence[str]] = {
            "Scores on people not trained on": [*self.scores, "", table(self.board)],
            "Model": self.model,
            "Intended use": [self.intended_use],
            "Training data": [*self.people, "", table(self.classes)],
            "Cautions": [points(self.cautions, "None found.")],
            "Left out": [points(self.left_out, "Nothing.")],
            "Limits": [points(self.limits, "None known.")],
            **{title: [text] for title, text in further},
        }
        texts = [
            f"## {title}\n\n" + "\n".join(map(markdown_text, lines)).rstrip()
            for title, lines in parts.items()
        ]
        if self.simulated:
            texts.insert(0, "**Simulated data: no person was measured.**")
        return "\n\n".join([f"# {markdown_text(self.title)}", *texts]) + "\n"


def model_card(run: TrainingRun) -> ModelCard:
    """Return the card of a training run."""
    board, table = run.board, run.board.table_of
    if run.recipe.channels:
        n_weights = sum(weight.numel() for weight in run.model.network_.parameters())
        what = (
            f"{run.recipe.title} of {n_weights:,} weights on the curves of "
            f"{len(run.recipe.channels)} channels, trained for {len(run.model.history_)} epochs."
        )
    else:
        chosen = getattr(run.model, "best_params_", {})
        words = ", ".join(f"{key.rpartition('__')[2]} = {value}" for key, value in chosen.items())
        what = (
            f"{run.recipe.title} on {len(run.schema.names):,} features; chosen: "
            f"{words or 'nothing to tune'}."
        )
    fitted = [what]
    threshold = getattr(run.model, "threshold_", None)
    if threshold is not None:
        fitted.append(
            f"{value_title(run.model.classes_[1])} is predicted from a probability of {threshold:.3f}, the "
            "threshold of the highest balanced accuracy on held-out subjects."
        )
    fitted.append(
        "Fitted on all subjects below; the scores are of models fitted on a part of them."
    )
    row = "leg, before and after treatment" if table.problem.paired else "gait cycle"
    inputs = "curves" if run.recipe.channels else "features"
    datasets = sorted(map(str, table.data.cycles["dataset"].unique()))
    people = [
        f"{len(table.X):,} rows of {len(set(table.groups))} subjects; dataset {', '.join(datasets)}."
    ]
    counts: tuple[Row, ...] = ()
    if table.kind == "classification":
        frame = pd.DataFrame({"class": table.y.to_numpy().astype(str), "subject": table.groups})
        each = frame.groupby("class")["subject"].agg(subjects="nunique", rows="size")
        counts = card_rows(each.reset_index())
    else:
        values = table.y.to_numpy(float)
        people.append(
            f"{table.y.name}: mean {number_text(values.mean())}, {number_text(values.min())} to "
            f"{number_text(values.max())}."
        )
    scores = list(board.verdict)
    if run.recipe.name != board.winner.recipe.name:
        own = board.table.set_index("model").to_dict("index")[run.recipe.name]
        scores.append(
            f"In this folder, as asked for: {run.recipe.title.lower()}, with "
            f"{number_text(own[board.metric])} ({number_text(own['low'])} to "
            f"{number_text(own['high'])})."
        )
    left_out = list(board.notes)
    if run.recipe.channels:
        unused = [name for name in table.data.channels if name not in run.recipe.channels]
        left_out += [f"{name}: measured throughout in no cycle" for name in unused]
    limits = [
        "Says nothing of people unlike those above: other ages, diseases, shoes, walkways.",
        "Intervals are over the people tested; another laboratory may differ by more.",
    ]
    if len(datasets) == 1:
        limits.append("One dataset only: transfer to another was not tested.")
    if table.data.is_simulated:
        limits.append("Learned from a simulator: on real people it is untested.")
    return ModelCard(
        title=f"{run.recipe.title}: {table.y.name}",
        simulated=table.data.is_simulated,
        model=tuple(fitted),
        intended_use=(
            f"Predicts {table.y.name} from the {inputs} of one {row}, recorded and processed as "
            "the training data were. For research; not for the diagnosis or treatment of a person."
        ),
        people=tuple(people),
        classes=counts,
        scores=tuple(scores),
        board=card_rows(board.table),
        cautions=board.cautions,
        left_out=tuple(left_out),
        limits=tuple(limits),
    )


def training_page(run: TrainingRun, origin: Mapping[str, Any]) -> str:
    """Return a training as the text of one self-contained HTML file.

    Parameters
    ----------
    run : TrainingRun
        What was trained.
    origin : mapping
        Files, versions, platform and time: :func:`provenance`.
    """
    card, board, table = run.card, run.board, run.board.table_of
    classes = [
        (value_title(row["class"]), *map(_cell, list(row.values())[1:])) for row in card.classes
    ]
    return Page(
        about=table.data,
        title=f"Models of {value_title(table.y.name).lower()}",
        subtitle=f"{named_files(origin)} · trained: {run.recipe.title}",
        verdict=card.scores,
        facts=[
            ("Subjects", f"{len(set(table.groups)):,}"),
            ("Rows", f"{len(table.X):,}"),
            ("Features", f"{table.X.shape[1]:,}"),
            ("Models", f"{len(board.entries):,}"),
            ("Folds", f"{len(board.folds):,}"),
        ],
        sections=[
            _comparison(board),
            Section("The model in this folder", [*card.model, card.intended_use], _pictures(run)),
            Section(
                "Training data",
                card.people,
                tables=[Table("Each class", ("Class", "Subjects", "Rows"), classes)],
            ),
            Section("Limits", card.limits),
            Section("Left out", card.left_out or ["Nothing."]),
        ],
        reading=_READING,
        provenance=origin,
        record=[
            ("Folds", f"{len(board.folds)}, subjects as groups: no subject is in two folds"),
            ("Seed of folds and models", str(board.random_state)),
        ],
        history=[str(entry) for entry in table.data.history],
        cautions=card.cautions,
    ).html()


def _comparison(board: Leaderboard) -> Section:
    """Return the scores of all models on people not trained on, drawn and as a table."""
    metric = METRIC_NAMES[board.metric]
    shown = ("model", "title", board.metric, "low", "high")
    others = [name for name in map(str, board.table) if name not in shown]
    scores = [
        (row["title"], row["model"], _cell(row[board.metric]),
         f"{_cell(row['low'])} to {_cell(row['high'])}", *(_cell(row[name]) for name in others))
        for row in board.table.to_dict("records")
    ]  # fmt: skip
    picture = Picture.drawn(
        lambda _, axes: plot_leaderboard(board, axes),
        board.table_of.data,
        _board_size(board),
        f"{metric} of each model: {'; '.join(f'{row[0]} {row[2]}' for row in scores)}.",
        "All models on the same folds of the same people.",
    )
    columns = ("Model", "Recipe", metric, "95 % interval",
               *(METRIC_NAMES.get(name, "ROC AUC") for name in others))  # fmt: skip
    table = Table("Models compared, the best first", columns, scores, first_number=2)
    return Section("Scores on people not trained on", (), [picture], [table])


def _pictures(run: TrainingRun) -> list[Picture]:
    """Return the errors of the model trained and, of a network, its losses."""
    table = run.board.table_of
    if table.kind == "classification":
        names = [value_title(name) for name in run.results["classes"]]
        errors = Picture.drawn(
            plot_confusion_matrix,
            run.results,
            confusion_size(len(names)),
            f"Confusion matrix of {', '.join(names)}.",
            "Rows are the true classes: number of rows, and share of the row, of people not "
            "trained on.",
        )
    else:
        errors = Picture.drawn(
            plot_predictions,
            run.results,
            _SQUARE,
            f"Predicted against observed {table.y.name}.",
            "Haze: cycles; points: means of subjects not trained on.",
        )
    if not run.recipe.channels:
        return [errors]
    losses = Picture.drawn(
        lambda _, axes: plot_training(run.model.history_, axes),
        table.data,
        _SIZE,
        f"Losses over {len(run.model.history_)} epochs.",
        "The training of the network in this folder, on all subjects but those set aside.",
    )
    return [errors, losses]


def plot_leaderboard(board: Leaderboard, ax: "Axes | None" = None) -> "Axes":
    """Draw each model's score with its 95 % interval over subjects, the best on top.

    Parameters
    ----------
    board : Leaderboard
        Models compared.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.

    Examples
    --------
    >>> from locomotion_analysis.evaluation.leaderboard import leaderboard
    >>> from locomotion_analysis.models.supervised import pathology_detection
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(12, 2, ["level_walking"], ["healthy", "stroke"])
    >>> models = [pathology_detection(name) for name in ("majority", "speed_only")]
    >>> board = leaderboard(data, "pathology", models, features=["temporal"], n_splits=2)
    >>> plot_leaderboard(board).get_xlabel()
    'Balanced accuracy, 95 % interval over subjects'
    """
    table = board.table
    ax = axes_for(ax, *_board_size(board), board.table_of.data)
    rows = row_axes(ax, table["title"].tolist())
    value = table[board.metric].to_numpy(float)
    ends = np.stack([value - table["low"].to_numpy(float), table["high"].to_numpy(float) - value])
    for baseline, color in ((False, PALETTE[0]), (True, PALETTE[1])):
        shown = np.array([entry.recipe.baseline is baseline for entry in board.entries])
        if shown.any():
            ax.errorbar(
                value[shown],
                rows[shown],
                xerr=np.clip(ends[:, shown], 0.0, None),
                fmt="D" if baseline else "o",
                color=color,
                capsize=3,
                label="baseline" if baseline else "model",
            )
    ax.set_xlabel(f"{METRIC_NAMES[board.metric]}, 95 % interval over subjects")
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, borderaxespad=0.2)
    return ax


def plot_training(
    history: pd.DataFrame, ax: "Axes | None" = None, *, simulated: bool = False
) -> "Axes":
    """Draw the losses of each epoch, and the epoch whose network was kept.

    Parameters
    ----------
    history : DataFrame
        ``history_`` of a fitted network.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.
    simulated : bool
        Mark the figure as drawn from simulated gait.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.

    Examples
    --------
    >>> history = pd.DataFrame({"epoch": [1, 2, 3], "train_loss": [0.7, 0.5, 0.4]})
    >>> plot_training(history.assign(valid_loss=[0.7, 0.6, 0.65])).get_ylabel()
    'Loss'
    """
    from matplotlib.ticker import MaxNLocator

    ax = axes_for(ax, *_SIZE, {"simulated": simulated})
    for color, (column, label, line) in zip(PALETTE, _LOSSES, strict=False):
        if column in history:
            ax.plot(history["epoch"], history[column], line, color=color, label=label)
    if "valid_loss" in history:
        best = int(history["epoch"].iloc[int(history["valid_loss"].to_numpy().argmin())])
        ax.axvline(best, color=INK, linewidth=0.8, linestyle=":", label=f"kept: epoch {best}")
    ax.set(xlabel="Epoch", ylabel="Loss")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    light_grid(ax)
    ax.legend(loc="best", fontsize=8)
    return ax


def plot_learning_rates(
    sweep: "LearningRateSweep", ax: "Axes | None" = None, *, simulated: bool = False
) -> "Axes":
    """Draw the loss against the learning rate, and the rate suggested.

    Parameters
    ----------
    sweep : LearningRateSweep
        From :func:`~locomotion_analysis.models.deep.sweep_learning_rate`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.
    simulated : bool
        Mark the figure as drawn from simulated gait.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.
    """
    ax = axes_for(ax, *_SIZE, {"simulated": simulated})
    ax.plot(sweep.rates, sweep.losses, color=PALETTE[0])
    suggested = sweep.suggested
    ax.axvline(
        suggested, color=INK, linewidth=0.8, linestyle=":", label=f"suggested: {suggested:.1e}"
    )
    ax.set_xscale("log")
    ax.set(xlabel="Learning rate", ylabel="Training loss, moving average")
    light_grid(ax)
    ax.legend(loc="best", fontsize=8)
    return ax


def _board_size(board: Leaderboard) -> tuple[float, float]:
    return ROWS_WIDTH, 0.4 + rows_height(len(board.entries))


def card_rows(frame: pd.DataFrame) -> tuple[Row, ...]:
    """Return a frame as rows that JSON can hold; what is not known is None."""
    return tuple(
        {
            str(name): None if pd.isna(cell) else cell.item() if hasattr(cell, "item") else cell
            for name, cell in row.items()
        }
        for row in frame.to_dict("records")
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return "" if pd.isna(value) else number_text(value)
    return str(value)
