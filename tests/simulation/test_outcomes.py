"""Performance tests and falls follow from gait, age and disease."""

import numpy as np
import pytest

from locomotion_analysis.simulation import simulate


@pytest.fixture(scope="module")
def people():
    data = simulate(600, 1, ["level_walking"], ["healthy", "fall_risk", "stroke"], seed=4)
    return data.cycles


def test_tests_are_those_of_the_age(people):
    seventies = people.query("pathology == 'healthy' and 70 <= age < 80")
    assert seventies["tug_s"].mean() == pytest.approx(9.2, abs=1.0)
    assert seventies["five_sit_to_stand_s"].mean() == pytest.approx(12.6, abs=1.5)
    assert seventies["six_minute_walk_m"].mean() == pytest.approx(500, abs=60)


def test_tests_agree_with_each_other_but_not_wholly(people):
    r = people[["speed_m_s", "tug_s", "six_minute_walk_m", "five_sit_to_stand_s"]].corr("spearman")
    assert -0.98 < r.loc["speed_m_s", "tug_s"] < -0.6
    assert 0.6 < r.loc["speed_m_s", "six_minute_walk_m"] < 0.99
    assert 0.2 < r.loc["tug_s", "five_sit_to_stand_s"] < 0.9


def test_falls_are_followed_up_from_65_years(people):
    assert (people["faller"].isna() == (people["age"] < 65)).all()


def test_fallers_are_among_the_healthy_too_and_walk_slower(people):
    old = people[people["faller"].notna()]
    share = old["faller"].astype(float).groupby(old["pathology"]).mean()
    assert 0.08 < share["healthy"] < share["fall_risk"] < 0.70
    same = old[old["pathology"] == "fall_risk"]
    fell = same["faller"].astype(bool)
    assert same.loc[fell, "speed_m_s"].mean() < same.loc[~fell, "speed_m_s"].mean()


def test_bmi_is_mass_over_height_squared(people):
    np.testing.assert_allclose(people["bmi"], people["mass_kg"] / people["height_m"] ** 2)
