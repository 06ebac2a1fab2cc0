"""What each diagnosis changes in gait."""

from locomotion_analysis.simulation.pathologies.ageing import FALL_RISK, HEALTHY
from locomotion_analysis.simulation.pathologies.changes import (
    ALL_BUT_RUNNING,
    Bump,
    Change,
    Leg,
    Pathology,
    Scaling,
)
from locomotion_analysis.simulation.pathologies.neurological import (
    CEREBRAL_PALSY,
    PARKINSONS,
    STROKE,
)
from locomotion_analysis.simulation.pathologies.orthopaedic import (
    KNEE_OSTEOARTHRITIS,
    TRANSFEMORAL_AMPUTATION,
    TRANSTIBIAL_AMPUTATION,
)

PATHOLOGIES: dict[str, Pathology] = {
    "healthy": HEALTHY,
    "stroke": STROKE,
    "parkinsons": PARKINSONS,
    "knee_osteoarthritis": KNEE_OSTEOARTHRITIS,
    "cerebral_palsy": CEREBRAL_PALSY,
    "transtibial_amputation": TRANSTIBIAL_AMPUTATION,
    "transfemoral_amputation": TRANSFEMORAL_AMPUTATION,
    "fall_risk": FALL_RISK,
}
"""Diagnoses the simulator knows."""

__all__ = ["ALL_BUT_RUNNING", "PATHOLOGIES", "Bump", "Change", "Leg", "Pathology", "Scaling"]
