import numpy as np
import pytest

torch = pytest.importorskip("torch")

from locomotion_analysis.errors import SchemaError  # noqa: E402
from locomotion_analysis.models.deep.curve_scaler import CurveScaler  # noqa: E402
from locomotion_analysis.models.deep.legs import leg_channels, seen_from_other_leg  # noqa: E402
from locomotion_analysis.models.deep.networks.two_leg import TwoLegNetwork  # noqa: E402
from locomotion_analysis.simulation import simulate  # noqa: E402


@pytest.fixture(scope="module")
def walking():
    return simulate(n_subjects=4, n_cycles=4, tasks=["level_walking"], seed=3)


@pytest.fixture(scope="module")
def scaled(walking):
    scaled = CurveScaler().fit_transform(walking.array(list(walking.channels)))
    return torch.as_tensor(scaled.curves), torch.as_tensor(scaled.measured)


@pytest.fixture(scope="module")
def network(walking):
    torch.manual_seed(0)
    return TwoLegNetwork(64, 150, 3, channels=list(walking.channels)).eval()


def test_which_leg_is_ipsilateral_makes_no_difference(network, scaled):
    swapped = seen_from_other_leg(*scaled, network.legs, network.sign)
    with torch.no_grad():
        here, there = network(*scaled), network(*swapped)
    between = here.std(dim=0).mean()
    assert (here - there).abs().mean() < 0.1 * between
    assert between > 0


def test_a_difference_between_the_legs_changes_the_answer(network, scaled, walking):
    curves, measured = scaled[0].clone(), scaled[1]
    curves[..., walking.channels.index("knee_flexion_angle_ipsi_rad")] *= 0.5
    with torch.no_grad():
        assert (network(*scaled) - network(curves, measured)).abs().max() > 1e-3


def test_the_features_of_each_leg_start_at_its_own_contact(network, scaled, walking):
    with torch.no_grad():
        one, other = network.encode(*scaled).chunk(2, dim=-1)
    position = network.width // 2 - len(network.own)
    knee = position + network.own.index(walking.channels.index("knee_flexion_angle_ipsi_rad"))
    peaks = one[..., knee].argmax(dim=1) - other[..., knee].argmax(dim=1)
    assert peaks.abs().max() <= 6  # of 50 steps; half a cycle would be 25
    assert len(network.step_phase) == one.shape[1]


def test_it_learns_what_stands_in_the_difference_of_the_legs(network):
    names = ["knee_flexion_angle_ipsi_rad", "knee_flexion_angle_contra_rad"]
    rng = np.random.default_rng(0)
    phase = 2 * np.pi * np.linspace(0, 1, 150)
    limps, side = rng.integers(0, 2, 200), rng.integers(0, 2, 200)
    height = 1 + 0.1 * rng.normal(size=(200, 2))
    height[np.arange(200), side] -= 0.5 * limps  # either leg may be the weak one
    waves = np.stack([np.sin(phase), np.sin(phase + np.pi)], axis=-1)
    curves = torch.as_tensor(height[:, None] * waves, dtype=torch.float32)
    measured, limps = torch.ones(200, 2, dtype=torch.bool), torch.as_tensor(limps)
    torch.manual_seed(0)
    network = TwoLegNetwork(2, 150, 2, channels=names, width=4, dropout=0.0)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.02)
    for _ in range(50):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(
            network(curves[:120], measured[:120]), limps[:120]
        ).backward()
        optimizer.step()
    network.eval()
    answers = network(curves[120:], measured[120:]).argmax(dim=1)
    assert (answers == limps[120:]).float().mean() > 0.9


def test_one_cycle_trains_and_what_was_not_measured_does_not_matter(network, scaled):
    names = ["hip_flexion_angle_ipsi_rad", "hip_flexion_angle_contra_rad"]
    names += ["hip_flexion_moment_ipsi_Nm_kg", "hip_flexion_moment_contra_Nm_kg"]
    small = TwoLegNetwork(4, 150, 2, channels=names).train()
    assert small(torch.randn(1, 150, 4), torch.ones(1, 4, dtype=torch.bool)).isfinite().all()
    small.eval()
    curves, measured = torch.randn(5, 150, 4), torch.tensor([[True, True, False, False]] * 5)
    other = curves.clone()
    other[..., 2:] = 7.0
    curves[..., 2:] = 0.0
    torch.testing.assert_close(small(curves, measured), small(other, measured))


def test_channels_need_names_and_both_sides():
    with pytest.raises(SchemaError, match="names of the 2 channels"):
        TwoLegNetwork(2, 150, 2)
    with pytest.raises(SchemaError, match="without its other side"):
        TwoLegNetwork(1, 150, 2, channels=["knee_flexion_angle_ipsi_rad"])


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("pelvis_anterior_tilt_angle_rad", 1),
        ("pelvis_obliquity_up_angle_rad", -1),
        ("trunk_internal_rotation_velocity_rad_s", -1),
        ("lumbar_flexion_moment_Nm_kg", 1),
        ("lumbar_lateral_flexion_angle_rad", -1),
    ],
)
def test_midline_channels_outside_the_sagittal_plane_change_sign(name, sign):
    assert leg_channels([name], 1, "here").sign == [sign]
