import numpy as np
import pytest

from locomotion_analysis.ingest import Stream, cycles_of

MOMENT = "knee_flexion_moment_ipsi_Nm_kg"


@pytest.fixture
def with_moments(walker):
    names = {f"knee_flexion_moment_{s}_Nm": 70.0 + 0 * walker.time_s for s in ("left", "right")}
    return (walker.angles(), Stream(walker.time_s, names))


def test_moments_are_kept_only_where_the_foot_was_on_a_plate(walker, with_moments):
    plates = (walker.plate(("right", 1)), walker.plate(("left", 2)))
    data = cycles_of(walker.with_markers(streams=with_moments, plates=plates))
    whole = ~np.isnan(data.curves(MOMENT)).any(axis=1)
    on_plate = data.cycles[whole]
    assert on_plate["side"].tolist() == ["right", "left"]
    np.testing.assert_allclose(data.curves(MOMENT)[whole], 1.0, rtol=1e-6)
    np.testing.assert_allclose(
        data.curves("knee_flexion_angle_ipsi_rad").max(axis=1), 0.9, atol=0.05
    )
    assert any(e.action == "masked" for e in data.history)


def test_swing_is_measured_on_any_floor(walker, with_moments):
    plates = (walker.plate(("right", 1)), walker.plate(("left", 2)))
    data = cycles_of(walker.with_markers(streams=with_moments, plates=plates))
    force = data.curves("grf_vertical_ipsi_BW")
    assert (force[:, 100:145] == 0.0).all()
    blind = np.isnan(force).any(axis=1)
    assert np.isnan(force[blind][:, 10:80]).all()


def test_a_shared_plate_is_rejected_and_counted(walker, with_moments):
    plates = (walker.plate(("right", 1), ("left", 1)), walker.plate(("right", 3)))
    data = cycles_of(walker.with_markers(streams=with_moments, plates=plates))
    whole = ~np.isnan(data.curves(MOMENT)).any(axis=1)
    assert whole.sum() == 1
    rejected = [e for e in data.history if e.action == "rejected"]
    assert [(e.count, "both feet" in e.detail) for e in rejected] == [(1, True)]


def test_without_any_force_the_files_moments_are_taken_at_their_word(walker, with_moments):
    data = cycles_of(walker.with_markers(streams=with_moments))
    assert np.isfinite(data.curves(MOMENT)).all()
    assert any("no ground contact to check" in e.detail for e in data.history)


def test_forces_of_a_treadmill_are_never_masked(walker, with_moments):
    data = cycles_of(walker.recording(streams=(*with_moments, walker.forces())))
    assert np.isfinite(data.curves(MOMENT)).all()
    assert np.isfinite(data.curves("grf_vertical_ipsi_BW")).all()
