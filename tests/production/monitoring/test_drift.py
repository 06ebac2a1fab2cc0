"""Other people raise no alarm, a sensor that is off does."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.production.monitoring import measure_drift, people_of

CHANNELS = ("hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad")


def people(rng, count, knee_offset=0.0, prefix="S"):
    """People who differ by 0.1 rad, with two cycles each that differ by 0.02 rad."""
    names = np.repeat([f"{prefix}{number}" for number in range(count)], 2).astype(object)
    own = np.repeat(rng.normal(0, 0.1, (count, 1, 2)), 2, axis=0)
    curves = np.sin(np.linspace(0, 6, 15))[None, :, None] + own
    curves = curves + rng.normal(0, 0.02, (len(names), 1, 2))
    curves[:, :, 1] += knee_offset
    features = pd.DataFrame(curves.mean(axis=1), columns=["hip", "knee"])
    return people_of(
        features.set_axis(pd.Index(names, name="subject")), curves, names, CHANNELS
    )  # fmt: skip


def test_other_people_alarm_in_one_of_twenty_at_most():
    rng = np.random.default_rng(0)
    alarms = [
        measure_drift(people(rng, 30), people(rng, 20), 99, seed).alarm for seed in range(120)
    ]
    # 5 % of 120 are 6; 12 or more have a chance of one in fifty even at exactly 5 %.
    assert sum(alarms) < 12


def test_many_cycles_of_few_people_are_not_many_people():
    rng = np.random.default_rng(1)
    found = measure_drift(people(rng, 30), people(rng, 10), 199)
    assert found.n_current == 10
    assert found.n_cycles == 20


def test_a_sensor_that_is_off_is_found_and_named():
    rng = np.random.default_rng(2)
    found = measure_drift(people(rng, 60), people(rng, 20, knee_offset=0.15), 499)
    assert found.alarm
    assert found.channels["channel"].iloc[0] == "knee_flexion_angle_ipsi_rad"
    assert found.channels["shift"].iloc[0] == pytest.approx(0.15, abs=0.06)
    assert found.channels["p_corrected"].iloc[0] <= 0.05 < found.channels["p_corrected"].iloc[1]
    assert found.features["feature"].iloc[0] == "knee"
    assert found.features["psi"].iloc[0] > found.features["psi"].iloc[1]
    assert found.domain_auc > 0.7


def test_features_alone_are_compared_too():
    rng = np.random.default_rng(3)
    reference, current = people(rng, 30), people(rng, 20, knee_offset=0.3)
    bare = people_of(
        current.features.rename_axis("subject"), np.empty((0, 15, 2)), np.empty(0, object), CHANNELS
    )
    found = measure_drift(reference, bare, 199)
    assert found.alarm
    assert not len(found.channels)
    assert "Curves not compared" in found.notes[0]


def test_too_few_people_are_refused():
    rng = np.random.default_rng(4)
    with pytest.raises(SchemaError, match="at least 8 people"):
        measure_drift(people(rng, 30), people(rng, 7))
