"""Statistics on people: tests and models of numbers and curves, reliability, power, conformal sets."""

from locomotion_analysis.statistics.agreement import (
    reliability,
    reliability_table,
)
from locomotion_analysis.statistics.conformal import (
    SubjectConformal,
    calibrated_limit,
    prediction_sets,
    subject_quantile,
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
    "MixedModel",
    "Power",
    "Registration",
    "SubjectConformal",
    "Trend",
    "autocorrelation",
    "bayes_factor_of_t",
    "bayes_factors",
    "calibrated_limit",
    "change_points",
    "elastic_registration",
    "landmark_registration",
    "mixed",
    "power",
    "prediction_sets",
    "reliability",
    "reliability_table",
    "stride_series",
    "subject_quantile",
    "trend",
]
