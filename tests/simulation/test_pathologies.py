"""What every diagnosis must show, and who the patients are."""

import numpy as np
import pytest

from locomotion_analysis.simulation import simulate
from locomotion_analysis.simulation.base import FORCE_CHANNELS, LEG_CHANNELS
from locomotion_analysis.simulation.pathologies import PATHOLOGIES


def level(pathology, n_subjects=60):
    return simulate(n_subjects, 4, ["level_walking"], [pathology], seed=5)


@pytest.fixture(scope="module")
def children():
    return level("cerebral_palsy", 80)


def of_subjects(data):
    return data.cycles.drop_duplicates("subject")


@pytest.mark.parametrize("name", PATHOLOGIES)
def test_every_change_names_a_curve_and_the_ill_have_evidence(name):
    pathology = PATHOLOGIES[name]
    known = {*LEG_CHANNELS, *FORCE_CHANNELS}
    assert all(change.channel in known for change in (*pathology.changes, *pathology.rising))
    assert name == "healthy" or (pathology.evidence and pathology.severity[0] > 0)


def test_severity_is_zero_in_the_healthy_alone():
    c = simulate(16, 1, ["level_walking"], list(PATHOLOGIES)).cycles
    assert ((c["severity"] == 0) == (c["pathology"] == "healthy")).all()
    assert c["severity"].between(0, 1).all()


def minimum_in_stance(data, channel):
    return np.degrees(data.curves(channel)[:, 20:75].min(axis=1)).mean()


def test_patterns_of_cerebral_palsy(children):
    people = of_subjects(children)
    assert people["age"].between(6, 17).all()
    assert set(people["subtype"]) == {"crouch", "equinus", "jump", "apparent"}
    crouch, equinus = (children.select(subtype=name) for name in ("crouch", "equinus"))
    assert 25 < minimum_in_stance(crouch, "knee_flexion_angle_ipsi_rad") < 50
    ankle = equinus.curves("ankle_dorsiflexion_angle_ipsi_rad")[:, 10:85].max(axis=1)
    assert np.degrees(ankle).mean() < 3
    assert minimum_in_stance(equinus, "knee_flexion_angle_ipsi_rad") < 8


def test_a_prosthetic_ankle_pushes_off_less():
    data = level("transtibial_amputation")
    sides = {
        who: data.select(where=f"side {sign} affected_side")
        .curves("ankle_power_ipsi_W_kg")
        .max(axis=1)
        .mean()
        for who, sign in (("prosthetic", "=="), ("intact", "!="))
    }
    assert sides["prosthetic"] < 0.6 * sides["intact"]


def test_a_locked_prosthetic_knee_does_not_yield_in_stance():
    data = level("transfemoral_amputation")
    knees = [
        np.degrees(
            data.select(where=f"side {sign} affected_side")
            .curves("knee_flexion_angle_ipsi_rad")[:, 12:30]
            .max(axis=1)
        ).mean()
        for sign in ("==", "!=")
    ]
    assert knees[0] < knees[1] - 7


def test_osteoarthritis_flexes_the_knee_less_and_weighs_more():
    ill, healthy = level("knee_osteoarthritis"), level("healthy")
    swing = [
        np.degrees(d.curves("knee_flexion_angle_ipsi_rad").max(axis=1)).mean()
        for d in (ill, healthy)
    ]
    assert swing[0] < swing[1] - 0.5
    assert of_subjects(ill)["bmi"].mean() > of_subjects(healthy)["bmi"].mean() + 1.5


def test_speed_overlaps_but_stroke_stands_apart():
    healthy, *ill = (
        of_subjects(level(n))["speed_m_s"] for n in ("healthy", "stroke", "parkinsons")
    )
    apart = [(healthy.mean() - s.mean()) / np.sqrt((healthy.var() + s.var()) / 2) for s in ill]
    assert apart[0] > 2 > apart[1] > 0.3
