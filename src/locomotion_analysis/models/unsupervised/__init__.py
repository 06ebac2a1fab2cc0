"""Groups and unusual gaits, found without labels."""

from locomotion_analysis.models.unsupervised.anomalies import (
    ANOMALY_METHODS,
    CurveAnomalyDetector,
)
from locomotion_analysis.models.unsupervised.band_depth import modified_band_depth
from locomotion_analysis.models.unsupervised.clusters import (
    CLUSTER_METHODS,
    SubjectClusters,
    balanced_rows,
)
from locomotion_analysis.models.unsupervised.curve_arrays import (
    phase_weights,
    subject_row_weights,
)
from locomotion_analysis.models.unsupervised.curve_pca import CurvePCA, FunctionalPCA, Modes
from locomotion_analysis.models.unsupervised.embedding import embed
from locomotion_analysis.models.unsupervised.explained import explained_by
from locomotion_analysis.models.unsupervised.stability import Stability, cluster_stability
from locomotion_analysis.models.unsupervised.units import CurveUnits, curve_units
from locomotion_analysis.models.unsupervised.validity import best_count, cluster_validity

__all__ = [
    "ANOMALY_METHODS",
    "CLUSTER_METHODS",
    "CurveAnomalyDetector",
    "CurvePCA",
    "CurveUnits",
    "FunctionalPCA",
    "Modes",
    "Stability",
    "SubjectClusters",
    "balanced_rows",
    "best_count",
    "cluster_stability",
    "cluster_validity",
    "curve_units",
    "embed",
    "explained_by",
    "modified_band_depth",
    "phase_weights",
    "subject_row_weights",
]
