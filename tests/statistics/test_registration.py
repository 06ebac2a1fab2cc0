"""Registration against timings that are known."""

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import PHASE_PERCENT
from locomotion_analysis.statistics import elastic_registration, landmark_registration

GRID = np.linspace(0, 100, 101)


def shape(t):
    """Two peaks, as the knee has in stance and swing."""
    return 20 * np.exp(-(((t - 15) / 9) ** 2)) + 60 * np.exp(-(((t - 72) / 11) ** 2))


def timed(rng, n, spread=5.0):
    """The shape at other times and in other heights, and when its events come."""
    events = np.array([15.0, 45.0, 72.0]) + spread * rng.uniform(-1, 1, (n, 3))
    ends = np.pad(events, ((0, 0), (1, 1)), constant_values=(0, 100))
    at = np.stack([PchipInterpolator(own, [0, 15, 45, 72, 100])(GRID) for own in ends])
    height = rng.uniform(0.8, 1.2, (n, 1))
    return height * shape(at), events, height, at


def test_landmarks_come_at_the_same_time_and_amplitude_is_left():
    rng = np.random.default_rng(0)
    curves, events, height, _ = timed(rng, 20)
    found = landmark_registration(curves, events)
    assert found.aligned / height == pytest.approx(
        np.tile((found.aligned / height)[0], (20, 1)), abs=3
    )
    assert (np.abs(found.aligned.argmax(axis=1) - events[:, 2].mean()) <= 1).all()
    # The warp says where each event is in its own cycle.
    for k in range(3):
        own = np.array([np.interp(events[:, k].mean(), GRID, warp) for warp in found.warps])
        assert own == pytest.approx(events[:, k], abs=0.05)
    assert found.timing == pytest.approx(found.warps - GRID)


def test_curves_at_their_targets_stay_as_they_are():
    rng = np.random.default_rng(1)
    curves, events, _, _ = timed(rng, 6, spread=0.0)
    found = landmark_registration(curves, events)
    assert found.aligned == pytest.approx(curves)
    assert found.timing == pytest.approx(np.zeros_like(curves), abs=1e-9)


def test_elastic_registration_finds_the_timing_without_events():
    rng = np.random.default_rng(2)
    curves, _, height, at = timed(rng, 15)
    found = elastic_registration(curves, shape(GRID))
    # Where the curve moves, its warp undoes the timing it was made with.
    true = np.stack([np.interp(GRID, own, GRID) for own in at])
    moves = np.abs(np.gradient(shape(GRID))) > 1.0
    assert np.abs(found.warps - true)[:, moves].mean() < 0.7
    assert found.aligned / height == pytest.approx(np.tile(shape(GRID), (15, 1)), abs=3.0)
    without = elastic_registration(curves)
    after = without.aligned / height
    assert np.std(after, axis=0).max() < 0.25 * np.std(curves / height, axis=0).max()
    assert without.timing_share > 0.7
    # The template is at the mean timing.
    assert np.abs(without.timing.mean(axis=0)).max() < 0.5


def test_curves_that_differ_in_height_alone_are_not_moved():
    rng = np.random.default_rng(3)
    curves = rng.uniform(0.5, 1.5, (10, 1)) * shape(GRID)
    found = elastic_registration(curves)
    moves = np.abs(np.gradient(shape(GRID))) > 0.5
    assert np.abs(found.timing[:, moves]).max() < 0.2
    assert abs(found.timing_share) < 0.01


def test_a_penalty_keeps_the_timing():
    rng = np.random.default_rng(4)
    curves, *_ = timed(rng, 8)
    sizes = [
        np.abs(elastic_registration(curves, penalty=each).timing).mean() for each in (0, 0.3, 1000)
    ]
    assert sizes[0] > sizes[1] > sizes[2]
    assert sizes[2] < 0.3


def test_a_person_counts_once_however_many_the_strides():
    rng = np.random.default_rng(5)
    curves, events, _, _ = timed(rng, 4)
    rows = [0, 0, 0, 0, 1, 2, 3]
    many = landmark_registration(curves[rows], events[rows], groups=rows)
    once = landmark_registration(curves, events)
    assert many.template == pytest.approx(once.template)
    assert many.timing_share == pytest.approx(once.timing_share)


def test_other_channels_follow_the_same_timing():
    data = simulate(6, 3, ["level_walking"], seed=2)
    knee = data.curves("knee_flexion_angle_ipsi_rad").astype(float)
    hip = data.curves("hip_flexion_angle_ipsi_rad").astype(float)
    found = elastic_registration(knee, groups=data.groups)
    assert (np.diff(found.warps, axis=1) > 0).all()
    assert found.warps[:, [0, -1]] == pytest.approx(np.tile([0.0, 100.0], (len(knee), 1)))
    assert found.timing_share > 0
    by_hand = [
        np.interp(warp, PHASE_PERCENT, own) for warp, own in zip(found.warps, hip, strict=True)
    ]
    assert found.apply(hip) == pytest.approx(np.array(by_hand))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda c: landmark_registration(c, np.full((len(c), 2), 30.0)), "rise strictly"),
        (lambda c: landmark_registration(c, np.full((2, 1), 30.0)), "shape"),
        (lambda c: elastic_registration(np.where(GRID > 50, np.nan, c)), "missing"),
        (lambda c: elastic_registration(0 * c), "constant"),
        (lambda c: elastic_registration(c, c[0, :50]), "template"),
        (lambda c: elastic_registration(c[0]), r"\(n_curves, n_points\)"),
    ],
)
def test_what_cannot_be_registered_is_refused(call, said):
    with pytest.raises(SchemaError, match=said):
        call(np.tile(shape(GRID), (3, 1)))
