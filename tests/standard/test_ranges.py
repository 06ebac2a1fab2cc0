"""The plausible ranges are the published ones, and contain each other."""

import numpy as np
import pytest
import yaml

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.standard import N_PHASES, PHASE_PERCENT, TASKS, plausible_range
from locomotion_analysis.standard.norms import range_bands

KNEE = "knee_flexion_angle_ipsi_rad"


def test_the_healthy_band_is_the_published_envelope(shared_folder):
    published = yaml.safe_load((shared_folder / "biomechanics" / "ranges.yaml").read_text())
    checked = 0
    for task, entry in published["recommended_mean_pm_3sd"].items():
        for phase, channels in entry["phases"].items():
            for channel, bounds in channels.items():
                found = plausible_range(task, phase, channel)
                # 100 % does not divide by the grid's step: linear between neighbours.
                assert found == pytest.approx(bounds, abs=0.03 * (bounds[1] - bounds[0]))
                checked += 1
    assert checked > 1400


def test_the_rails_contain_the_published_rails(shared_folder):
    published = yaml.safe_load((shared_folder / "biomechanics" / "ranges.yaml").read_text())
    for task, entry in published["locohub_default_v3"].items():
        for phase, channels in entry["phases"].items():
            if KNEE in channels:
                low, high = plausible_range(task, phase, KNEE, "rails")
                assert low <= channels[KNEE][0] + 0.01
                assert high >= channels[KNEE][1] - 0.01


@pytest.mark.parametrize("task", TASKS)
def test_the_rails_contain_the_band(task):
    rows, low, high = range_bands(task, "healthy")
    outer, floor, ceiling = range_bands(task, "rails")
    assert rows == outer
    assert low.shape == (len(rows), N_PHASES)
    assert (low < high).all()
    assert (floor <= low).all()
    assert (ceiling >= high).all()


def test_degrees_and_a_wrong_sign_are_outside_the_rails():
    low, high = plausible_range("level_walking", 72, KNEE, "rails")
    assert not low < 60 < high
    assert not low < -1.05 < high


def test_phases_between_grid_points_are_linear():
    _, high = plausible_range("run", PHASE_PERCENT[[10, 11]], KNEE)
    _, between = plausible_range("run", PHASE_PERCENT[[10, 11]].mean(), KNEE)
    assert between == pytest.approx(high.mean())
    assert np.shape(between) == ()


def test_what_has_no_range_is_refused():
    with pytest.raises(SchemaError, match="published range"):
        plausible_range("run", 0, "neck_flexion_angle_rad")
    with pytest.raises(SchemaError, match="moonwalk"):
        plausible_range("moonwalk", 0, KNEE)
