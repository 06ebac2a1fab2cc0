"""What a leak audit found."""

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from locomotion_analysis.evaluation.audit.duplicates import Duplicates
from locomotion_analysis.evaluation.audit.fold_kinds import Kind
from locomotion_analysis.evaluation.audit.giveaways import SingleScore
from locomotion_analysis.evaluation.audit.optimism import Optimism
from locomotion_analysis.evaluation.audit.recognition import Recognition
from locomotion_analysis.evaluation.plain_metrics import metrics_json


@dataclass(frozen=True, slots=True)
class LeakAudit:
    """One model under honest and dishonest folds, and what leaks in the data.

    Attributes
    ----------
    target : str
        Column that was predicted.
    kind : {"classification", "regression"}
        What the target's values asked for.
    n_classes : int
        Classes; 0 for a number.
    n_cycles, n_subjects, n_features : int
        Sizes.
    cycles_per_subject : tuple of int
        Smallest, median and largest number of cycles of a subject.
    model : str
        The model in words.
    n_splits, seed : int
        Folds, and the seed of folds, model and random labels.
    on_target, on_random : Optimism
        Scores for the target, and for labels drawn at random for each subject.
    recognition : Recognition or None
        How well the features tell subjects apart.
    between_subject_share : float
        Median over the features of the share of variance between subjects (ICC).
    constant_features : tuple of str
        Features that are one value in all cycles of each subject.
    single_scores : tuple of SingleScore
        The most telling single features and columns, best first.
    duplicates : Duplicates
        Cycles that are copies.
    disguised : bool
        Whether each subject has a class of its own.
    left_out : tuple of (str, str)
        Features that were not computed, and why.
    cautions : tuple of str
        What to know of the data before believing a score.
    simulated : bool
        Whether any of the data was simulated.
    provenance : dict
        Files with hashes, versions, platform, time.
    """

    target: str
    kind: Kind
    n_classes: int
    n_cycles: int
    n_subjects: int
    n_features: int
    cycles_per_subject: tuple[int, int, int]
    model: str
    n_splits: int
    seed: int
    on_target: Optimism
    on_random: Optimism
    recognition: Recognition | None
    between_subject_share: float
    constant_features: tuple[str, ...]
    single_scores: tuple[SingleScore, ...]
    duplicates: Duplicates
    disguised: bool
    left_out: tuple[tuple[str, str], ...]
    cautions: tuple[str, ...]
    simulated: bool
    provenance: dict[str, Any]

    @property
    def metric(self) -> str:
        """The score: balanced accuracy, or R² of a number."""
        return "balanced accuracy" if self.kind == "classification" else "R²"

    @property
    def giveaways(self) -> tuple[SingleScore, ...]:
        """Single features and columns that tell the target perfectly or nearly so."""
        return tuple(each for each in self.single_scores if each.degree)

    @property
    def leaks(self) -> bool:
        """Whether the data itself leaks: grouped folds alone do not mend that."""
        return bool(self.giveaways or self.duplicates.across_subjects or self.disguised)

    @property
    def effective_cycles(self) -> float:
        """Independent cycles that the cycles are worth.

        Cycles over the design effect 1 + (m − 1) ICC, m the mean number of cycles a subject
        (Kish 1965, Survey Sampling).
        """
        mean = self.n_cycles / self.n_subjects
        return self.n_cycles / (1 + (mean - 1) * self.between_subject_share)

    def table(self) -> pd.DataFrame:
        """Return one row for each kind of label: both scores, intervals, optimism in points."""
        rows = {"target": self.on_target, "random label for each subject": self.on_random}
        frame = pd.DataFrame([asdict(each) for each in rows.values()])
        for name in ("ungrouped", "grouped", "points"):
            ends = frame.pop(f"{name}_interval")
            frame[f"{name}_low"], frame[f"{name}_high"] = ends.str[0], ends.str[1]
        parts = [f"{name}{end}" for name in _PARTS for end in ("", "_low", "_high")]
        frame.insert(0, "labels", list(rows))
        return frame[["labels", *parts, "n_draws"]]

    def to_json(self) -> dict[str, Any]:
        """Return everything as types that ``json.dumps(..., allow_nan=False)`` takes."""
        return metrics_json({"metric": self.metric, **asdict(self)})


_PARTS = ("ungrouped", "grouped", "points")
