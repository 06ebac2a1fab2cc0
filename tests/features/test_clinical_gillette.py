"""Gillette Gait Index against whitening done step by step."""

import numpy as np
import pytest

from locomotion_analysis.features.clinical import (
    PARAMETER_NAMES,
    gillette_families,
    gillette_parameters,
)
from locomotion_analysis.features.spec import CycleView, Family, LeftOut, Schema
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import PHASE_PERCENT
from locomotion_analysis.standard.norms import score_reference


def index(data):
    (family,) = gillette_families(Schema.of_data(data))
    (values,) = family.compute(CycleView(data))
    return family.specs[0], np.asarray(values)


@pytest.fixture(scope="module")
def walkers():
    return {
        name: simulate(40, 4, ["level_walking"], [name], seed=21)
        for name in ("healthy", "stroke", "parkinsons")
    }


def test_index_is_the_squared_length_of_the_whitened_components(walkers):
    """Schutte et al. 2000: principal components of the controls, each scaled to variance 1."""
    reference = score_reference()
    data = walkers["stroke"]
    sizes, vectors = np.linalg.eigh(reference.gillette_covariance)
    away = gillette_parameters(CycleView(data), PARAMETER_NAMES) - reference.gillette_mean
    components = away @ vectors / np.sqrt(sizes)
    np.testing.assert_allclose(index(data)[1], (components**2).sum(axis=1), rtol=1e-8)


def test_healthy_index_is_the_number_of_parameters_and_patients_exceed_it(walkers):
    found = {name: index(data)[1].mean() for name, data in walkers.items()}
    assert found["healthy"] == pytest.approx(len(PARAMETER_NAMES), rel=0.2)
    assert found["healthy"] < found["parkinsons"] < found["stroke"]


def test_parameters_are_read_off_the_curves(walkers):
    data = walkers["healthy"]
    view = CycleView(data)
    found = dict(zip(PARAMETER_NAMES, gillette_parameters(view, PARAMETER_NAMES)[5], strict=True))
    curves = {n: np.degrees(data.curves(n)[5].astype(float)) for n in data.channels if "rad" in n}
    stance = view.stance.percent[5] >= PHASE_PERCENT
    knee = curves["knee_flexion_angle_ipsi_rad"]
    ankle = curves["ankle_dorsiflexion_angle_ipsi_rad"]
    adduction = curves["hip_adduction_angle_ipsi_rad"]
    assert found["range of knee flexion"] == pytest.approx(np.ptp(knee), rel=1e-5)
    assert found["knee flexion at contact"] == pytest.approx(knee[0], rel=1e-5)
    assert found["phase of most knee flexion"] == pytest.approx(PHASE_PERCENT[knee.argmax()])
    assert found["most dorsiflexion in stance"] == pytest.approx(ankle[stance].max(), rel=1e-5)
    assert found["most dorsiflexion in swing"] == pytest.approx(ankle[~stance].max(), rel=1e-5)
    most = -adduction[~stance].min()
    assert found["most hip abduction in swing"] == pytest.approx(most, rel=1e-5)
    assert found["cadence"] == pytest.approx(120 / data.cycles["cycle_duration_s"].iloc[5])


def test_missing_parameters_stand_in_the_formula(walkers):
    spec, _ = index(walkers["healthy"])
    assert "14 of 16" in spec.formula
    assert "mean hip rotation in stance" in spec.formula
    data = walkers["healthy"]
    keep = [name for name in data.channels if not name.startswith("pelvis")]
    rows = [list(data.channels).index(name) for name in keep]
    spec, values = index(type(data)(data.cycles, data.block[rows], keep))
    assert "11 of 16" in spec.formula
    assert "mean pelvic tilt" in spec.formula
    assert values.mean() == pytest.approx(11, rel=0.25)


def test_too_few_parameters_give_no_index(build):
    (entry,) = gillette_families(Schema.of_data(build()))
    assert isinstance(entry, LeftOut)
    assert not isinstance(entry, Family)
    assert "of 16" in entry.reason
