"""What a study found, and where it was written."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.evaluation.report.scores import Score, scores

if TYPE_CHECKING:
    from locomotion_analysis.evaluation.study_checks import StudyChecks

Kind = Literal["classification", "regression"]


@dataclass(frozen=True, slots=True)
class StudyResult:
    """One study: data, features, scores and the files that tell of them.

    Attributes
    ----------
    kind : {"classification", "regression"}
        What the target's values asked for.
    target : str
        Column that was predicted.
    data : LocomotionData
        The cycles that were modelled: those with a target.
    labels : ndarray, shape (n_cycles,)
        Class of each cycle; third of the range for a continuous target.
    X : DataFrame, shape (n_cycles, n_features)
        Features, indexed by the cycle key.
    y : Series, shape (n_cycles,)
        Target.
    results : dict
        What the evaluator returned.
    left_out : tuple of (str, str)
        What was left out, and why.
    notes : tuple of str
        What was assumed when the features were computed.
    cautions : tuple of str
        What to know before believing the score.
    model : str
        The model in words.
    n_splits : int
        Folds of the cross-validation.
    seed : int
        Seed of folds and model.
    provenance : dict
        Files with hashes, versions, platform, time.
    out : Path
        Folder of the three files.
    details : dict
        Tables of classes, probabilities, groups of people and hardest cycles, see
        :func:`~locomotion_analysis.evaluation.study_details.study_details`.
    checks : StudyChecks or None
        Permutation test, learning curve, robustness and other laboratories; None unless asked.
    """

    kind: Kind
    target: str
    data: LocomotionData
    labels: NDArray[Any]
    X: pd.DataFrame
    y: "pd.Series[Any]"
    results: dict[str, Any]
    left_out: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    cautions: tuple[str, ...]
    model: str
    n_splits: int
    seed: int
    provenance: dict[str, Any]
    out: Path
    details: dict[str, pd.DataFrame]
    checks: "StudyChecks | None" = None

    @property
    def scores(self) -> list[Score]:
        """All scores, the headline first."""
        return scores(self.results, self.kind)

    @property
    def headline(self) -> Score:
        """The score to quote: balanced accuracy, or mean absolute error."""
        return self.scores[0]

    @property
    def report_path(self) -> Path:
        """The report, one self-contained HTML file."""
        return self.out / "report.html"

    @property
    def features_path(self) -> Path:
        """The features with key and target, Parquet."""
        return self.out / "features.parquet"

    @property
    def metrics_path(self) -> Path:
        """All numbers, JSON."""
        return self.out / "metrics.json"
