"""Generated gait cycles judged: real or not, useful or not, copied or not."""

from locomotion_analysis.evaluation.generation.compared_cycles import CurveSpace
from locomotion_analysis.evaluation.generation.coverage import Coverage, coverage
from locomotion_analysis.evaluation.generation.discriminative import (
    DiscriminativeScore,
    discriminative_score,
)
from locomotion_analysis.evaluation.generation.figures import (
    generated_bands_figure,
    plot_generated_band,
    plot_nearest_distances,
)
from locomotion_analysis.evaluation.generation.judgement import (
    GenerationJudgement,
    judge_generator,
)
from locomotion_analysis.evaluation.generation.memorisation import (
    Memorisation,
    People,
    memorisation,
)
from locomotion_analysis.evaluation.generation.predictive import predictive_scores
from locomotion_analysis.evaluation.generation.realism import realism

__all__ = [
    "Coverage",
    "CurveSpace",
    "DiscriminativeScore",
    "GenerationJudgement",
    "Memorisation",
    "People",
    "coverage",
    "discriminative_score",
    "generated_bands_figure",
    "judge_generator",
    "memorisation",
    "plot_generated_band",
    "plot_nearest_distances",
    "predictive_scores",
    "realism",
]
