"""Events of both legs and the parts of their strides."""

import numpy as np
import pytest

from locomotion_analysis.features.spec import EVENTS, CycleView, leg_events
from locomotion_analysis.simulation import simulate

PHASE = np.linspace(0, 100, 150)
VERTICAL = "grf_vertical_{}_BW"


def shifted_force(stance_force, toe_off, contact):
    """The force of a leg that lands at `contact` percent."""
    own = stance_force(np.full(1, toe_off))[0]
    return np.interp((PHASE - contact) % 100, PHASE, own)


def walking(build, stance_force, other_contact=48.0, toe_off=62.0, other_stance=64.0):
    n = 20
    ipsi = np.tile(stance_force(np.full(1, toe_off))[0], (n, 1))
    contra = np.tile(shifted_force(stance_force, other_stance, other_contact), (n, 1))
    curves = {VERTICAL.format("ipsi"): ipsi, VERTICAL.format("contra"): contra}
    return build(channels=("knee_flexion_angle_ipsi_rad",), curves=curves)


def test_force_gives_the_other_legs_events(build, stance_force):
    view = CycleView(walking(build, stance_force))
    ipsi, contra = leg_events(view, "ipsi"), leg_events(view, "contra")
    assert ipsi.measured.all()
    np.testing.assert_allclose(ipsi.stance, 62.0, atol=0.8)
    np.testing.assert_allclose(ipsi.opposite_contact, 48.0, atol=0.8)
    np.testing.assert_allclose(ipsi.opposite_toe_off, 48.0 + 64.0 - 100.0, atol=0.8)
    np.testing.assert_allclose(contra.start, 48.0, atol=0.8)
    np.testing.assert_allclose(contra.stance, 64.0, atol=0.8)
    np.testing.assert_allclose(contra.opposite_toe_off, 62.0 - 48.0, atol=0.8)
    np.testing.assert_allclose(contra.opposite_contact, 100.0 - 48.0, atol=0.8)


def test_without_force_double_support_is_split_in_halves(build):
    view = CycleView(build(stance_percent=60.0, double_support_percent=24.0))
    ipsi, contra = leg_events(view, "ipsi"), leg_events(view, "contra")
    assert not ipsi.measured.any()
    np.testing.assert_allclose(ipsi.opposite_toe_off, 12.0)
    np.testing.assert_allclose(ipsi.opposite_contact, 48.0)
    np.testing.assert_allclose(contra.stance, 64.0)


@pytest.mark.parametrize(("toe_off", "other_toe_off"), [(62.0, 12.0), (35.0, 85.0)])
def test_with_nothing_else_the_legs_are_half_a_cycle_apart(build, toe_off, other_toe_off):
    view = CycleView(build(stance_percent=toe_off))
    ipsi, contra = leg_events(view, "ipsi"), leg_events(view, "contra")
    np.testing.assert_allclose(ipsi.opposite_contact, 50.0)
    np.testing.assert_allclose(ipsi.opposite_toe_off, other_toe_off)
    np.testing.assert_allclose(contra.stance, toe_off)


def test_tasks_without_steps_have_no_events(build):
    view = CycleView(build(tasks=("sit_to_stand",)))
    for side in ("ipsi", "contra"):
        assert np.isnan(leg_events(view, side).phases).all()
        first, last = leg_events(view, side).stance_and_swing
        assert (last < first).all()


def test_midline_channels_follow_the_ipsilateral_leg(build):
    view = CycleView(build(stance_percent=60.0))
    assert leg_events(view, None) is leg_events(view, "ipsi")


@pytest.mark.parametrize("side", ["ipsi", "contra"])
def test_stance_and_swing_cover_the_stride_once(build, stance_force, side):
    view = CycleView(walking(build, stance_force))
    events = leg_events(view, side)
    first, last = events.stance_and_swing
    assert (first[1] == last[0] + 1).all()
    for cycle in range(len(view)):
        stance = np.arange(first[0, cycle], last[0, cycle] + 1) * 100 / 149
        swing = np.arange(first[1, cycle], last[1, cycle] + 1) * 100 / 149
        begin, length = events.start[cycle], events.stance[cycle]
        assert ((stance >= begin) & (stance <= begin + length)).all()
        assert ((swing > begin + length) & (swing <= begin + 100)).all()
        assert len(stance) + len(swing) in (149, 150)


def test_ipsilateral_stance_has_the_samples_of_the_view(build):
    toe_off = np.linspace(30, 75, 20)
    view = CycleView(build(stance_percent=toe_off))
    first, last = leg_events(view, "ipsi").stance_and_swing
    assert (first[0] == 0).all()
    np.testing.assert_array_equal(last[0] + 1, view.stance_index)
    assert (last[1] == 149).all()


def test_events_come_in_the_order_of_walking():
    view = CycleView(simulate(n_subjects=9, n_cycles=4))
    for side in ("ipsi", "contra"):
        phases = leg_events(view, side).phases
        names = list(EVENTS)
        assert (phases[names.index("contact")] == leg_events(view, side).start).all()
        assert (np.diff(phases, axis=0) > 0).all()
