"""Telling apart what is alike, and what differs in one known respect."""

import numpy as np
import pytest
from benchmarks.research.real_or_simulated import (
    HIP,
    LINEAR,
    MODELS,
    PARTS,
    People,
    described,
    mean_of_people,
    recorded_hips,
    recorded_runners,
    through_recorded_grid,
    told_apart,
)

PHASE = np.linspace(0.0, 1.0, 150)


def walkers(seed, n_people=30, n_strides=3, gap=0.5, noise=0.02):
    """Strides of people who differ in two harmonics, with a closing gap and noise (radians)."""
    rng = np.random.default_rng(seed)
    own = np.repeat(rng.normal(0.0, 0.05, (n_people, 4)), n_strides, axis=0)
    curves = 0.2 + 0.4 * np.cos(2 * np.pi * PHASE)
    curves = curves + own @ np.array(
        [f(2 * np.pi * k * PHASE) for k in (1, 2) for f in (np.sin, np.cos)]
    )
    ramp = np.radians(gap) * rng.normal(size=(len(own), 1)) * (PHASE - 0.5)
    ripple = noise * rng.normal(size=(len(own), 1)) * np.sin(2 * np.pi * 12 * PHASE)
    person = np.repeat([f"{seed} {i}" for i in range(n_people)], n_strides)
    return People({HIP: curves + ramp + ripple}, person)


def test_scale_and_offset_say_nothing():
    curves = walkers(0).curves[HIP]
    for part, values in described(np.degrees(curves) + 7.0).items():
        np.testing.assert_allclose(values, described(curves)[part], atol=1e-6)


def test_the_closing_gap_is_a_share_of_the_range():
    ramp = np.sin(2 * np.pi * PHASE) + 0.1 * PHASE
    gap = described(ramp[None])["closing gap"]
    assert gap[0, 0] == pytest.approx(0.1 / np.ptp(ramp))


def test_a_gap_is_not_taken_for_high_harmonics():
    closed = np.sin(2 * np.pi * PHASE)
    open_ended = described((closed + 0.2 * PHASE)[None])["spectrum"]
    assert open_ended[0, 1] < -6  # harmonics 7 to 15
    tail = described((closed + 0.1 * np.sin(2 * np.pi * 10 * PHASE))[None])["spectrum"]
    assert tail[0, 1] == pytest.approx(-2.0, abs=0.01)


@pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
def test_people_of_one_kind_cannot_be_told_apart(model):
    auc, (low, high) = told_apart(model, walkers(1), walkers(2), [HIP])
    assert low < auc < high
    assert 0.25 < auc < 0.7  # below one half by chance, and as folds leave the other kind over


@pytest.mark.parametrize(
    ("part", "differently"), [("closing gap", {"gap": 0.0}), ("spectrum", {"noise": 0.0})]
)
def test_what_differs_gives_them_away_and_nothing_else_does(part, differently):
    real, made = walkers(1), walkers(2, **differently)
    for one in PARTS:
        auc, _ = told_apart(MODELS[LINEAR], real, made, [HIP], parts=(one,))
        if one == part:
            assert auc > 0.95
        elif one != "shape":  # noise and gap are in the shape too
            assert auc < 0.7


def test_a_person_has_one_mean_curve():
    people = walkers(1)
    means = mean_of_people(people)
    assert len(means.person) == 30
    np.testing.assert_allclose(
        means.curves[HIP][means.person == "1 7"][0],
        people.curves[HIP][people.person == "1 7"].mean(axis=0),
    )


def test_the_recorded_grid_leaves_a_curve_and_its_corners():
    smooth = np.cos(2 * np.pi * PHASE)[None]
    np.testing.assert_allclose(
        through_recorded_grid(People({HIP: smooth}, ["A"])).curves[HIP], smooth, atol=1e-3
    )
    recorded = np.interp(PHASE, np.linspace(0, 1, 101), np.cos(2 * np.pi * np.linspace(0, 1, 101)))
    passed = through_recorded_grid(People({HIP: smooth}, ["A"])).curves[HIP]
    tails = [described(x)["spectrum"][0, 2] for x in (smooth, recorded[None], passed)]
    assert tails[0] < tails[1] - 1  # corners are in the tail
    assert tails[2] == pytest.approx(tails[1], abs=0.5)


def test_recorded_people_are_healthy_and_in_phase(shared_data):
    hips = recorded_hips(shared_data / "standard")
    assert len(hips) == hips.cycles["subject"].nunique() == 80
    least = hips.curves(HIP).argmin(axis=1)
    assert ((least > 70) & (least < 95)).all()  # most extended before toe-off
    runners = recorded_runners(shared_data / "standard")
    assert runners.cycles["subject"].nunique() == 46
    assert runners.cycles.groupby("subject").size().max() == 10
