"""Groups and unusual gaits, found without labels."""

from locomotion_analysis.models.unsupervised.anomalies import CurveAnomalyDetector
from locomotion_analysis.models.unsupervised.clusters import (
    Stability,
    SubjectClusters,
    cluster_stability,
    cluster_validity,
    explained_by,
)
from locomotion_analysis.models.unsupervised.curves import (
    CurvePCA,
    FunctionalPCA,
    curve_units,
    embed,
    subject_row_weights,
)

__all__ = [
    "CurveAnomalyDetector",
    "CurvePCA",
    "FunctionalPCA",
    "Stability",
    "SubjectClusters",
    "cluster_stability",
    "cluster_validity",
    "curve_units",
    "embed",
    "explained_by",
    "subject_row_weights",
]
