"""Groups and unusual gaits, found without labels."""

from locomotion_analysis.models.unsupervised.anomalies import CurveAnomalyDetector
from locomotion_analysis.models.unsupervised.clusters import (
    Stability,
    SubjectClusters,
    best_count,
    cluster_stability,
    cluster_validity,
    explained_by,
    gap_count,
    one_population_p,
)
from locomotion_analysis.models.unsupervised.curves import (
    CurvePCA,
    CurveUnits,
    FunctionalPCA,
    Modes,
    curve_units,
    embed,
    subject_row_weights,
)

__all__ = [
    "CurveAnomalyDetector",
    "CurvePCA",
    "CurveUnits",
    "FunctionalPCA",
    "Modes",
    "Stability",
    "SubjectClusters",
    "best_count",
    "cluster_stability",
    "cluster_validity",
    "curve_units",
    "embed",
    "explained_by",
    "gap_count",
    "one_population_p",
    "subject_row_weights",
]
