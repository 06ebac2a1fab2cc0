"""Moments and powers against mechanics worked out another way."""

import numpy as np
import pytest
from tests.biomechanics.person import angles, body, path

from locomotion_analysis.biomechanics import (
    BODY_SEGMENTS,
    Link,
    angular_velocity,
    derivative,
    leg_kinetics,
    markers_of_angles,
    newton_euler,
    pose,
    wrench_at,
)
from locomotion_analysis.errors import SchemaError

RATE_HZ = 2000.0
TIME = np.arange(800) / RATE_HZ
INNER = slice(10, -10)
NOTHING = np.zeros((len(TIME), 3))


def _axes_about_y(angle):
    cos, sin, zero, one = np.cos(angle), np.sin(angle), 0 * angle, 0 * angle + 1
    rows = [[cos, zero, sin], [zero, one, zero], [-sin, zero, cos]]
    return np.stack([np.stack(row, -1) for row in rows], -2)


class DoublePendulum:
    """Two rods in the x-z plane that hang from the origin; angles from the vertical, given."""

    m1, m2, l1, l2, c1, c2, i1, i2, g = 7.0, 3.0, 0.42, 0.4, 0.18, 0.17, 0.11, 0.05, 9.81

    def __init__(self):
        w1, w2 = 5.0, 7.0
        self.a = 0.4 * np.sin(w1 * TIME) + 0.1
        self.b = 0.6 * np.cos(w2 * TIME) - 0.2
        self.da, self.db = 0.4 * w1 * np.cos(w1 * TIME), -0.6 * w2 * np.sin(w2 * TIME)
        self.dda, self.ddb = -0.4 * w1**2 * np.sin(w1 * TIME), -0.6 * w2**2 * np.cos(w2 * TIME)

    def way(self, angle):
        """From the upper to the lower end: straight down at 0, forward (+x) when positive."""
        return np.stack([np.sin(angle), 0 * angle, -np.cos(angle)], axis=1)

    def links(self):
        knee = self.l1 * self.way(self.a)
        upper = Link(
            self.m1, self.c1 * self.way(self.a), _axes_about_y(-self.a),
            np.array([self.i1, self.i1, 0.0]), NOTHING,
        )  # fmt: skip
        lower = Link(
            self.m2, knee + self.c2 * self.way(self.b), _axes_about_y(-self.b),
            np.array([self.i2, self.i2, 0.0]), knee,
        )  # fmt: skip
        return [lower, upper]

    def torques(self):
        """Lagrange's equations, positive where the angle grows; the knee's acts on the lower rod."""
        a, b, da, db = self.a, self.b, self.da, self.db
        cos, sin = np.cos(a - b), np.sin(a - b)
        m12 = self.m2 * self.l1 * self.c2
        first = (self.i1 + self.m1 * self.c1**2 + self.m2 * self.l1**2) * self.dda
        first += m12 * cos * self.ddb + m12 * sin * db**2
        first += (self.m1 * self.c1 + self.m2 * self.l1) * self.g * np.sin(a)
        second = (self.i2 + self.m2 * self.c2**2) * self.ddb
        second += m12 * cos * self.dda - m12 * sin * da**2 + self.m2 * self.g * self.c2 * np.sin(b)
        return first + second, second

    def energy(self):
        knee = self.l1 * self.way(self.a)
        places = self.c1 * self.way(self.a), knee + self.c2 * self.way(self.b)
        total = 0.5 * self.i1 * self.da**2 + 0.5 * self.i2 * self.db**2
        for mass, place in zip((self.m1, self.m2), places, strict=True):
            speed = np.gradient(place, TIME, axis=0, edge_order=2)
            total += 0.5 * mass * np.sum(speed**2, axis=1) + mass * self.g * place[:, 2]
        return total


def test_a_double_pendulum_has_lagranges_torques():
    pendulum = DoublePendulum()
    knee, hip = newton_euler(pendulum.links(), NOTHING, NOTHING, RATE_HZ)
    of_hip, of_knee = pendulum.torques()
    for load, torque in ((hip, of_hip), (knee, of_knee)):
        # A turn about +y takes the way down backwards: the angle grows about -y.
        error = np.abs(-load.moment_Nm[INNER, 1] - torque[INNER]).max()
        assert error < 1e-6 * np.abs(torque).max()
        np.testing.assert_allclose(load.moment_Nm[INNER, [0]], 0, atol=1e-9)


def test_the_powers_of_a_double_pendulum_are_what_its_energy_gains():
    pendulum = DoublePendulum()
    knee, hip = newton_euler(pendulum.links(), NOTHING, NOTHING, RATE_HZ)
    lower, upper = (angular_velocity(link.axes, RATE_HZ) for link in pendulum.links())
    power = np.sum(hip.moment_Nm * upper, 1) + np.sum(knee.moment_Nm * (lower - upper), 1)
    gains = np.gradient(pendulum.energy(), TIME)
    np.testing.assert_allclose(power[INNER], gains[INNER], atol=2e-4 * np.abs(gains).max())


def test_forces_of_a_pendulum_carry_its_weight_and_its_acceleration():
    pendulum = DoublePendulum()
    _, hip = newton_euler(pendulum.links(), NOTHING, NOTHING, RATE_HZ)
    masses, links = (pendulum.m2, pendulum.m1), pendulum.links()
    momentum = sum(
        m * np.gradient(link.centre_m, TIME, axis=0) for m, link in zip(masses, links, strict=True)
    )
    expected = np.gradient(momentum, TIME, axis=0) + np.array([0, 0, 10.0 * 9.81])
    np.testing.assert_allclose(hip.force_N[INNER], expected[INNER], atol=5e-3)


def test_a_top_that_turns_freely_needs_no_moment():
    """A symmetric top precesses steadily about its angular momentum (Goldstein, ch. 5)."""
    from scipy.spatial.transform import Rotation

    across, along, lean, precession = 0.05, 0.02, 0.4, 9.0
    spin = precession * np.cos(lean) * (across - along) / along
    angles_ = np.stack([precession * TIME, lean + 0 * TIME, spin * TIME], axis=1)
    axes = Rotation.from_euler("ZXZ", angles_).as_matrix()
    turning = angular_velocity(axes, RATE_HZ)[INNER]
    assert np.ptp(turning[:, 0]) > 3.0, "its velocity does change"
    top = Link(1.0, NOTHING, axes, np.array([across, across, along]), NOTHING)
    (load,) = newton_euler([top], NOTHING, NOTHING, RATE_HZ, gravity_m_s2=0.0)
    needed_otherwise = across * precession**2
    assert np.abs(load.moment_Nm[INNER]).max() < 1e-6 * needed_otherwise


def test_derivatives_are_exact_for_quartics_and_open_at_the_ends():
    time = np.arange(12) / 50
    found = derivative(3 * time**4 - time**2, 50.0)
    np.testing.assert_allclose(found[2:-2], (12 * time**3 - 2 * time)[2:-2])
    assert np.isnan(found[[0, 1, -2, -1]]).all()
    assert np.isnan(derivative(np.ones(4), 50.0)).all()


# The leg.


def _standing(n=40, share=0.5, mass_kg=70.0):
    """A person who stands; half of the weight under the middle of each foot."""
    known = body()
    markers = markers_of_angles({}, known, np.tile([0.0, 0.0, 0.9], (n, 1)))
    ground = {}
    for side, letter in (("left", "L"), ("right", "R")):
        place = (markers[f"{letter}TOE"] + markers[f"{letter}HEE"]) / 2 * [1, 1, 0]
        force = np.tile([0, 0, share * mass_kg * 9.81], (n, 1))
        ground[side] = force, np.cross(place, force)
    return known, markers, ground


def test_a_standing_persons_ankle_carries_the_weight_on_its_lever():
    """By hand: the ground's force, less the foot's weight, about the ankle, no acceleration."""
    known, markers, ground = _standing()
    found = pose(markers, known)
    loads = leg_kinetics(found, markers, known, ground, mass_kg=70.0, rate_hz=100.0).signals
    for side, letter in (("left", "L"), ("right", "R")):
        ankle, axes = found.joints[f"{side} ankle"][0], found.segments[f"{side} foot"].axes[0]
        toe, heel = markers[f"{letter}TOE"][0], markers[f"{letter}HEE"][0]
        foot_m = np.linalg.norm(toe - heel) - 0.007
        before = (toe + heel) / 2 * [1, 1, 0] - ankle
        hangs = -0.5 * foot_m * axes[:, 2]
        up = np.array([0, 0, 9.81])
        by_hand = np.cross(before, 0.5 * up) - np.cross(hangs, 0.0145 * up)
        moment = loads[f"ankle_dorsiflexion_moment_{side}_Nm_kg"][20]
        assert moment == pytest.approx(by_hand @ axes[:, 1], rel=1e-9)
        assert -0.6 < moment < -0.1, "the weight acts before the ankle: the calf holds"
        for joint in ("hip", "knee", "ankle"):
            assert loads[f"{joint}_power_{side}_W_kg"][20] == pytest.approx(0, abs=1e-9)


def test_frames_differ_in_the_components_and_not_in_the_power():
    known = body()
    markers = markers_of_angles(angles(), known, path())
    found = pose(markers, known)
    n = len(path())
    force = np.tile([20.0, -10.0, 500.0], (n, 1))
    ground = {
        side: (force, np.cross(found.segments[f"{side} foot"].origin_m, force))
        for side in ("left", "right")
    }
    loads = {
        frame: leg_kinetics(
            found, markers, known, ground, mass_kg=70, rate_hz=100, frame=frame
        ).signals
        for frame in ("distal", "proximal", "laboratory")
    }
    for side in ("left", "right"):
        sizes = [
            sum(
                signals[f"hip_{motion}_moment_{side}_Nm_kg"] ** 2
                for motion in ("flexion", "adduction", "internal_rotation")
            )
            for signals in loads.values()
        ]
        for size in sizes[1:]:
            np.testing.assert_allclose(size, sizes[0])
        one, other = (
            loads[frame][f"hip_adduction_moment_{side}_Nm_kg"] for frame in ("distal", "proximal")
        )
        assert np.nanmax(np.abs(one - other)) > 0.05
        powers = [signals[f"hip_power_{side}_W_kg"] for signals in loads.values()]
        np.testing.assert_array_equal(powers[0], powers[1])


def test_in_the_air_a_leg_needs_only_what_moves_it():
    """The same leg, weightless and in the same pose throughout, needs nothing."""
    known = body()
    markers = markers_of_angles({}, known, np.tile([0.0, 0.0, 0.9], (40, 1)))
    found = pose(markers, known)
    zero = np.zeros((40, 3))
    still = leg_kinetics(found, markers, known, {"left": (zero, zero)}, mass_kg=70, rate_hz=100)
    assert still.missing == ("right leg: no ground reaction",)
    hip = still.signals["hip_flexion_moment_left_Nm_kg"][20]
    # The leg hangs below the hip: only how far its centre is before the hip counts.
    segments = BODY_SEGMENTS["conventional"]
    joints = {name: found.joints[f"left {name}"][0] for name in ("hip", "knee", "ankle")}
    foot_m = np.linalg.norm(markers["LTOE"][0] - markers["LHEE"][0]) - 0.007
    centres = {
        "thigh": joints["knee"] + 0.567 * (joints["hip"] - joints["knee"]),
        "shank": joints["ankle"] + 0.567 * (joints["knee"] - joints["ankle"]),
        "foot": joints["ankle"] - 0.5 * foot_m * found.segments["left foot"].axes[0, :, 2],
    }
    arm = sum(
        segments[name].mass * (centre[0] - joints["hip"][0]) for name, centre in centres.items()
    )
    assert hip == pytest.approx(9.81 * arm, abs=1e-9)


def test_unknown_tables_and_frames_are_named():
    known, markers, ground = _standing()
    found = pose(markers, known)
    for wrong in ({"parameters": "zatsiorsky"}, {"frame": "joint"}):
        with pytest.raises(SchemaError, match="expected one of"):
            leg_kinetics(found, markers, known, ground, mass_kg=70, rate_hz=100, **wrong)


# Ground reactions.


def test_forces_at_a_frame_are_the_mean_of_the_samples_around_it():
    time = np.arange(1000) / 1000
    force = np.stack([np.sin(9 * time), 0 * time, 300 + 200 * time], axis=1)
    cop = np.stack([0.1 + 0.2 * time, 0.5 - 0 * time, 0 * time], axis=1)
    frames = np.arange(10, 90) / 100
    found_force, found_moment = wrench_at(time, force, cop, 2.0 + 0 * time, frames)
    place = np.round(frames * 1000).astype(int)
    moment = np.cross(cop, force) + np.array([0, 0, 2.0])
    for k in (0, 17, 79):
        own = slice(place[k] - 5, place[k] + 6)
        np.testing.assert_allclose(found_force[k], force[own].mean(axis=0))
        np.testing.assert_allclose(found_moment[k], moment[own].mean(axis=0))


def test_forces_at_an_instant_are_those_of_its_sample():
    time = np.arange(1000) / 1000
    force = np.stack([np.sin(9 * time), 0 * time, 300 + 200 * time], axis=1)
    cop = np.stack([0.1 + 0.2 * time, 0.5 - 0 * time, 0 * time], axis=1)
    frames = np.array([0.1, 0.11, 0.5, 2.0])
    found_force, found_moment = wrench_at(time, force, cop, 2.0 + 0 * time, frames, instant=True)
    place = [100, 110, 500]
    moment = np.cross(cop, force) + np.array([0, 0, 2.0])
    np.testing.assert_allclose(found_force[:3], force[place])
    np.testing.assert_allclose(found_moment[:3], moment[place])
    assert np.isnan(found_force[3]).all()


def test_a_small_force_acts_where_the_foot_was_last_seen():
    time = np.arange(100) / 1000
    force = np.tile([0.0, 0.0, 10.0], (100, 1))
    cop = np.full((100, 3), np.nan)
    cop[50:] = [0.3, 0.2, 0.0]
    _, moment = wrench_at(time, force, cop, np.full(100, np.nan), np.array([0.02, 0.03]))
    np.testing.assert_allclose(moment, [[2.0, -3.0, 0.0]] * 2)


def test_a_frame_that_no_sample_belongs_to_is_not_known():
    time = np.arange(100) / 1000
    cop = np.zeros((100, 3))
    force, _ = wrench_at(time, cop + 1, cop, time, np.array([0.05, 0.06, 0.5]))
    assert np.isfinite(force[:2]).all()
    assert np.isnan(force[2]).all()
