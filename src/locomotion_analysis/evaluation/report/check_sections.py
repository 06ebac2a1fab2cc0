"""Section of a report on the checks that fit the model many times."""

from typing import TYPE_CHECKING

import pandas as pd

from locomotion_analysis.evaluation.plots import (
    plot_learning_curve,
    plot_permutation_test,
    plot_robustness,
)
from locomotion_analysis.evaluation.report.sections import Section, picture
from locomotion_analysis.evaluation.report.tables import Table, with_interval

if TYPE_CHECKING:
    from locomotion_analysis.evaluation.study_checks import StudyChecks
    from locomotion_analysis.evaluation.study_result import StudyResult

_SMALL = (4.6, 3.2)
_BARS_WIDTH = 7.4
_SIGNIFICANCE = 0.05


def check_sections(study: "StudyResult") -> list[Section]:
    """Return the sections on chance, more people and robustness; one line where not asked for."""
    if study.checks is None:
        return []
    return [_chance(study.checks), _robust(study.checks), _laboratories(study.checks)]


def _chance(checks: "StudyChecks") -> Section:
    test, curve = checks.permutation, checks.learning_curve
    sizes = ", ".join(
        f"{row.n_subjects:.0f} subjects {row.score:.2f}" for row in curve.itertuples()
    )
    beaten = (
        "The score is not one of chance." if test.p_value < _SIGNIFICANCE
        else "Chance alone reaches such a score."
    )  # fmt: skip
    return Section(
        "chance",
        "Chance, and more people",
        f"The whole cross-validation was repeated {len(test.permuted)} times with {test.scheme}: "
        f"p = {test.p_value:.2g}. {beaten} The learning curve says whether more people would "
        "help: it is still rising, or has levelled off.",
        [
            picture(plot_permutation_test, test, _SMALL,
                    f"Scores of permuted labels, median {pd.Series(test.permuted).median():.2f}, "
                    f"beside {test.score:.2f}.", "Score against scores of permuted labels."),
            picture(plot_learning_curve, curve, _SMALL, f"Learning curve: {sizes}.",
                    "Score against the number of subjects trained on."),
        ],
    )  # fmt: skip


def _robust(checks: "StudyChecks") -> Section:
    table = checks.robustness
    rows = [
        (str(name), with_interval(row, "score", ""), with_interval(row, "change"))
        for name, row in table.iterrows()
    ]
    told = "; ".join(f"{row[0]} {row[1]}" for row in rows)
    return Section(
        "robustness",
        "Robustness",
        "The same models, tested on cycles with the features of a joint, a segment or the force "
        "plates missing (replaced by the training mean), or with noise of the spread between a "
        "person's own cycles.",
        [picture(plot_robustness, table, (_BARS_WIDTH, 0.9 + 0.3 * len(table)),
                 f"Score when disturbed: {told}.", "Dashed: as measured.")],
        [Table("Disturbed cycles (95 % interval)", ("Test", "Score", "Change"), rows)],
    )  # fmt: skip


def _laboratories(checks: "StudyChecks") -> Section:
    table = checks.laboratories
    if table is None:
        return Section("laboratories", "Other laboratories", checks.no_laboratories)
    rows = [
        (str(name), f"{row['n_subjects']:,}", f"{row['n_cycles']:,}",
         with_interval(row, "score", ""))
        for name, row in table.iterrows()
    ]  # fmt: skip
    told = "; ".join(f"{row[0]} {row[3]}" for row in rows)
    return Section(
        "laboratories",
        "Other laboratories",
        "Each dataset predicted by a model fitted on the others alone.",
        [picture(plot_robustness, table, (_BARS_WIDTH, 0.9 + 0.3 * len(table)),
                 f"Score by dataset: {told}.", "Score with 95 % interval over its subjects.")],
        [Table("Tested dataset (95 % interval)", ("Dataset", "Subjects", "Cycles", "Score"), rows)],
    )  # fmt: skip
