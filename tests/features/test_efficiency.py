"""Work and cost of transport against integrals done by hand."""

import numpy as np
import pytest

from locomotion_analysis.features.clinical import efficiency_families
from locomotion_analysis.features.spec import CycleView, Family, LeftOut, Schema
from locomotion_analysis.simulation import simulate

PHASE = np.linspace(0, 1, 150)
JOINTS = ("hip", "knee", "ankle")


def features(data):
    entries = list(efficiency_families(Schema.of_data(data)))
    view = CycleView(data)
    found = {
        spec.name: np.asarray(row)
        for family in entries
        if isinstance(family, Family)
        for spec, row in zip(family.specs, family.compute(view), strict=True)
    }
    return found, [entry.name for entry in entries if isinstance(entry, LeftOut)]


def powers(*sides, height=1.0):
    wave = np.tile(height * np.sin(2 * np.pi * PHASE) + 0.25, (20, 1))
    return {f"{joint}_power_{side}_W_kg": wave for joint in JOINTS for side in sides}


def test_work_is_the_area_under_the_power(build):
    data = build(
        channels=(), curves=powers("ipsi", "contra"), cycle_duration_s=1.2, stride_length_m=1.4
    )
    found, left_out = features(data)
    assert left_out == []
    # sin(x) + 1/4 is above zero for pi + 2 asin(1/4); the area there is 2 cos(asin(1/4)) + ...
    edge = np.arcsin(0.25)
    above = (2 * np.cos(edge) + 0.25 * (np.pi + 2 * edge)) / (2 * np.pi)
    positive = 6 * 1.2 * above
    assert found["positive_work_total_J_kg"][0] == pytest.approx(positive, rel=1e-3)
    assert found["net_work_total_J_kg"][0] == pytest.approx(6 * 1.2 * 0.25, rel=1e-3)
    transport = positive / (9.80665 * 1.4)
    assert found["mechanical_cost_of_transport"][0] == pytest.approx(transport, rel=1e-3)
    assert found["net_work_per_metre_J_kg_m"][0] == pytest.approx(1.8 / 1.4, rel=1e-3)
    assert (found["negative_work_total_J_kg"] < 0).all()


def test_one_leg_is_named_in_the_formula(build):
    data = build(channels=(), curves=powers("ipsi"), cycle_duration_s=1.2)
    family = next(e for e in efficiency_families(Schema.of_data(data)) if isinstance(e, Family))
    assert all("ipsilateral leg only" in spec.formula for spec in family.specs)
    found, left_out = features(data)
    assert left_out == ["mechanical_cost_of_transport"]
    assert found["net_work_total_J_kg"][0] == pytest.approx(3 * 1.2 * 0.25, rel=1e-3)


def test_no_duration_no_work(build):
    found, left_out = features(build(channels=(), curves=powers("ipsi")))
    assert found == {}
    assert left_out == ["joint work and cost of transport"]


@pytest.mark.parametrize(
    "columns", [{"stride_length_m": 0.0}, {"stride_length_m": 1.4, "tasks": ("sit_to_stand",)}]
)
def test_where_nobody_gets_anywhere_nothing_is_transported(build, columns):
    found, _ = features(build(channels=(), curves=powers("ipsi"), cycle_duration_s=1.2, **columns))
    assert np.isnan(found["mechanical_cost_of_transport"]).all()
    assert np.isnan(found["net_work_per_metre_J_kg_m"]).all()
    assert (found["positive_work_total_J_kg"] > 0).all()


def test_healthy_walking_costs_what_is_published():
    """Collins et al. 2005: human mechanical cost of transport about 0.05 (external) to 0.1."""
    data = simulate(20, 6, ["level_walking"], ["healthy"], seed=1)
    found, _ = features(data)
    assert 0.05 < found["mechanical_cost_of_transport"].mean() < 0.15
