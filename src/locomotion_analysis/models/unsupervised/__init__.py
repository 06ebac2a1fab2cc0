"""Groups and unusual gaits, found without labels."""

from locomotion_analysis.models.unsupervised.anomalies import CurveAnomalyDetector
from locomotion_analysis.models.unsupervised.clusters import SubjectClusters
from locomotion_analysis.models.unsupervised.curve_arrays import subject_row_weights
from locomotion_analysis.models.unsupervised.curve_pca import CurvePCA, FunctionalPCA
from locomotion_analysis.models.unsupervised.embedding import embed
from locomotion_analysis.models.unsupervised.explained import explained_by
from locomotion_analysis.models.unsupervised.stability import Stability, cluster_stability
from locomotion_analysis.models.unsupervised.units import curve_units
from locomotion_analysis.models.unsupervised.validity import cluster_validity

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
