"""Statistics on people: tests and models of numbers and curves, reliability, power, conformal sets."""

import locomotion_analysis.statistics.permutation  # noqa: F401 - statistics.permutation.ttest
from locomotion_analysis.statistics.agreement import (
    reliability,
    reliability_table,
)
from locomotion_analysis.statistics.bayesian import (
    BayesianModel,
    Prior,
    bayesian,
)
from locomotion_analysis.statistics.comparison import (
    Comparison,
    Effect,
    compare,
)
from locomotion_analysis.statistics.comparison_family import (
    Family,
    compare_family,
)
from locomotion_analysis.statistics.conformal import (
    SubjectConformal,
    calibrated_limit,
    prediction_sets,
    subject_quantile,
)
from locomotion_analysis.statistics.curve_inference import (
    Cluster,
    CurveTest,
    Effects,
    Inference,
)
from locomotion_analysis.statistics.curve_tests import (
    anova1,
    anova1rm,
    anova2,
    anova2nested,
    anova2onerm,
    anova2rm,
    anova3,
    anova3nested,
    anova3onerm,
    anova3rm,
    anova3tworm,
    cca,
    glm,
    hotellings,
    hotellings2,
    hotellings_paired,
    manova1,
    regress,
    ttest,
    ttest2,
    ttest_paired,
)
from locomotion_analysis.statistics.jzs import (
    bayes_factor_of_t,
    bayes_factors,
)
from locomotion_analysis.statistics.mixed_models import (
    MixedModel,
    mixed,
)
from locomotion_analysis.statistics.registration import (
    Registration,
    elastic_registration,
    landmark_registration,
)
from locomotion_analysis.statistics.sample_size import (
    Power,
    power,
)
from locomotion_analysis.statistics.series import (
    Trend,
    autocorrelation,
    change_points,
    stride_series,
    trend,
)

__all__ = [
    "BayesianModel",
    "Cluster",
    "Comparison",
    "CurveTest",
    "Effect",
    "Effects",
    "Family",
    "Inference",
    "MixedModel",
    "Power",
    "Prior",
    "Registration",
    "SubjectConformal",
    "Trend",
    "anova1",
    "anova1rm",
    "anova2",
    "anova2nested",
    "anova2onerm",
    "anova2rm",
    "anova3",
    "anova3nested",
    "anova3onerm",
    "anova3rm",
    "anova3tworm",
    "autocorrelation",
    "bayes_factor_of_t",
    "bayes_factors",
    "bayesian",
    "calibrated_limit",
    "cca",
    "change_points",
    "compare",
    "compare_family",
    "elastic_registration",
    "glm",
    "hotellings",
    "hotellings2",
    "hotellings_paired",
    "landmark_registration",
    "manova1",
    "mixed",
    "power",
    "prediction_sets",
    "regress",
    "reliability",
    "reliability_table",
    "stride_series",
    "subject_quantile",
    "trend",
    "ttest",
    "ttest2",
    "ttest_paired",
]
