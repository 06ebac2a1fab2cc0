"""Networks: shapes, phases, gaps, and two legs read with the same eyes."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is the extra `deep`")
torch = pytest.importorskip("torch")

from locomotion_analysis.errors import SchemaError  # noqa: E402
from locomotion_analysis.models.deep import NETWORKS, CurveScaler  # noqa: E402
from locomotion_analysis.models.deep.legs import leg_channels, seen_from_other_leg  # noqa: E402
from locomotion_analysis.models.deep.networks import (  # noqa: E402
    ARCHITECTURES,
    AttentiveNetwork,
    MultiTaskNetwork,
    TwoLegNetwork,
    architecture,
)
from locomotion_analysis.simulation import simulate  # noqa: E402

N_CHANNELS = 3
every_network = pytest.mark.parametrize("name", NETWORKS)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(before)


def _network(name, n_points=150, n_outputs=2, **options):
    return NETWORKS[name](N_CHANNELS, n_points, n_outputs, width=16, **options)


def _cycles(n_cycles=6, n_points=150):
    measured = torch.ones(n_cycles, N_CHANNELS, dtype=torch.bool)
    measured[1::2, 1] = False
    return torch.randn(n_cycles, n_points, N_CHANNELS) * measured[:, None], measured


def _assert_close(first, second):
    # torch.testing takes seconds to import.
    np.testing.assert_allclose(first.detach(), second.detach(), atol=1e-5, rtol=1e-4)


@every_network
@pytest.mark.parametrize("n_points", [150, 101, 50])
def test_shapes_at_any_number_of_points(name, n_points):
    network, (curves, measured) = _network(name, n_points), _cycles(n_points=n_points)
    encoded = network.encode(curves, measured)
    assert encoded.shape == (6, len(network.step_phase), network.width)
    assert network(curves, measured).shape == (6, 2)
    assert 0 <= network.step_phase[0] < network.step_phase[-1] <= 100


@every_network
def test_every_weight_learns(name):
    network, cycles = _network(name), _cycles()
    network(*cycles).square().sum().backward()
    idle = [key for key, value in network.named_parameters() if not value.grad.abs().sum() > 0]
    assert not idle


@every_network
def test_a_batch_of_one_trains(name):
    network = _network(name)
    curves, measured = _cycles(1)
    network(curves, measured).sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())


@every_network
def test_what_stands_in_an_unmeasured_channel_does_not_matter(name):
    network = _network(name).eval()
    curves, measured = _cycles()
    other = torch.where(measured[:, None], curves, 99.0)
    _assert_close(network(curves, measured), network(other, measured))


@every_network
def test_an_unmeasured_channel_is_not_a_channel_of_zeros(name):
    network = _network(name).eval()
    curves, measured = _cycles()
    all_measured = torch.ones_like(measured)
    answers, taken_for_zeros = network(curves, measured), network(curves, all_measured)
    same = torch.isclose(answers, taken_for_zeros).all(dim=1)
    assert torch.equal(same, measured.all(dim=1))


@every_network
def test_nothing_measured_at_all_gives_a_finite_answer(name):
    network = _network(name)
    curves, measured = torch.zeros(2, 150, N_CHANNELS), torch.zeros(2, N_CHANNELS, dtype=torch.bool)
    answer = network(curves, measured)
    answer.sum().backward()
    assert torch.isfinite(answer).all()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())


@every_network
def test_answers_of_a_cycle_do_not_depend_on_its_batch(name):
    network = _network(name).eval()
    curves, measured = _cycles()
    with torch.no_grad():
        alone = torch.cat([network(curves[[row]], measured[[row]]) for row in range(6)])
        _assert_close(network(curves, measured), alone)


@every_network
def test_saved_weights_give_the_same_answers(name):
    network, cycles = _network(name).eval(), _cycles()
    again = _network(name).eval()
    assert not torch.allclose(network(*cycles), again(*cycles))
    again.load_state_dict(network.state_dict())
    _assert_close(network(*cycles), again(*cycles))


@every_network
def test_it_learns_when_in_the_cycle_something_happens(name):
    """The same bump early or late: a mean over the cycle cannot tell."""
    phase = torch.linspace(0, 1, 150)
    late = torch.arange(32) % 2
    centre = torch.where(late == 1, 0.7, 0.3) + 0.05 * torch.rand(32)
    bump = torch.exp(-((phase - centre[:, None]) ** 2) / (2 * 0.05**2))
    curves = torch.stack([bump, *torch.randn(2, 32, 150)], dim=-1)
    measured = torch.ones(32, N_CHANNELS, dtype=torch.bool)
    network = _network(name, dropout=0.0)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    for _ in range(25):
        loss = torch.nn.functional.cross_entropy(network(curves, measured), late)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.3


@pytest.mark.parametrize(
    "name", [n for n, c in NETWORKS.items() if issubclass(c, AttentiveNetwork)]
)
def test_phase_weights_are_those_the_answer_is_made_with(name):
    network, (curves, measured) = _network(name).eval(), _cycles()
    weights = network.phase_weights(curves, measured)
    assert weights.shape == (6, len(network.step_phase))
    _assert_close(weights.sum(dim=1), torch.ones(6))
    pooled = (weights[..., None] * network.encode(curves, measured)).sum(dim=1)
    _assert_close(network.head(pooled), network(curves, measured))


def test_recurrent_networks_and_the_transformer_have_attention():
    attentive = {name for name, kind in NETWORKS.items() if issubclass(kind, AttentiveNetwork)}
    assert attentive == {"lstm", "gru", "transformer"}


@pytest.mark.parametrize(("name", "width"), [("lstm", 15), ("gru", 7), ("transformer", 24)])
def test_a_width_that_cannot_be_shared_out_is_refused(name, width):
    with pytest.raises(SchemaError, match="width"):
        NETWORKS[name](N_CHANNELS, 150, 2, width=width)


@every_network
def test_several_answers_from_one_encoder(name):
    network = MultiTaskNetwork(
        N_CHANNELS, 150, {"pathology": 4, "speed_m_s": 1}, NETWORKS[name], width=16
    )
    curves, measured = _cycles()
    answers = network.split(network(curves, measured))
    assert {key: tuple(value.shape) for key, value in answers.items()} == {
        "pathology": (6, 4),
        "speed_m_s": (6, 1),
    }
    answers["speed_m_s"].sum().backward()
    touched = {
        key
        for key, value in network.named_parameters()
        if value.grad is not None and value.grad.any()
    }
    assert any(key.startswith("shared.") for key in touched)
    assert {key.split(".")[1] for key in touched if key.startswith(("head.", "pool."))} == {"1"}
    weights = network.phase_weights(curves, measured, "pathology")
    assert weights.shape == (6, len(network.step_phase))


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


def test_the_architecture_follows_the_legs_that_are_there():
    both = [f"knee_flexion_angle_{side}_rad" for side in ("ipsi", "contra")]
    pelvis = "pelvis_anterior_tilt_angle_rad"
    assert architecture("auto", [*both, pelvis]) is ARCHITECTURES["two_leg"]
    for channels in (None, both[:1], [pelvis], [*both, "hip_flexion_angle_ipsi_rad"], ["a", "b"]):
        assert architecture("auto", channels) is ARCHITECTURES["cnn"]
