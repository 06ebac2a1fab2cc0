"""The parts of a generator, each against something known."""

import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is the extra `deep`")
pytest.importorskip("skorch", reason="skorch is the extra `deep`")

from locomotion_analysis.models.deep.generation import (  # noqa: E402 - torch first
    ConditionEncoder,
    CycleScores,
)
from locomotion_analysis.models.deep.generation.adversarial_network import (  # noqa: E402
    AdversarialNetwork,
)
from locomotion_analysis.models.deep.generation.blurred_numbers import (  # noqa: E402
    BlurredNumbers,
)
from locomotion_analysis.models.deep.generation.diffusion_network import (  # noqa: E402
    DiffusionNetwork,
)
from locomotion_analysis.models.deep.generation.drawn_channels import (  # noqa: E402
    channel_plan,
    computed_channel,
    lift_feet,
)


def test_the_sampler_reaches_a_known_distribution(monkeypatch):
    # Of normal scores the best denoiser is known; solved with it, noise must become them.
    mean, spread = 0.7, 0.4
    network = DiffusionNetwork(n_scores=3, n_conditions=2, width=8)

    def best(noisy, level, conditions):
        return mean + spread**2 / (spread**2 + level**2) * (noisy - mean)

    monkeypatch.setattr(network, "denoise", best)
    generator = torch.Generator().manual_seed(0)
    drawn = network.draw(torch.zeros(4000, 2), generator, n_steps=24)
    assert drawn.mean().item() == pytest.approx(mean, abs=0.03)
    assert drawn.std().item() == pytest.approx(spread, rel=0.05)


def test_the_loss_of_the_best_denoiser_is_what_noise_leaves(monkeypatch):
    # Scores N(0, 1): the expected weighted square is 1 at every level of noise.
    network = DiffusionNetwork(n_scores=4, n_conditions=1, width=8)
    monkeypatch.setattr(network, "denoise", lambda noisy, level, _: noisy / (1 + level**2))
    torch.manual_seed(0)
    error = network(torch.randn(4000, 4), torch.zeros(4000, 1))
    assert error.square().mean().item() == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize(("slope", "penalty"), [(1.0, 0.0), (3.0, 4.0)])
def test_the_penalty_is_how_far_the_slope_is_from_one(monkeypatch, slope, penalty):
    network = AdversarialNetwork(n_scores=2, n_conditions=1, n_noise=2, width=8)
    monkeypatch.setattr(network, "forward", lambda scores, _: slope * scores[:, :1])
    found = network.penalty(torch.randn(5, 2), torch.randn(5, 2), torch.zeros(5, 1))
    assert found.item() == pytest.approx(penalty, abs=1e-5)


def test_scores_have_spread_one_and_give_the_curves_back():
    rng = np.random.default_rng(0)
    curves = rng.normal(size=(30, 4)) @ rng.normal(size=(4, 300))
    curves = 5 + curves.reshape(30, 150, 2).astype("f4")
    scores = CycleScores(n_components=4).fit(curves)
    found = scores.transform(curves)
    np.testing.assert_allclose(found.std(axis=0, ddof=1), 1.0, rtol=1e-3)
    np.testing.assert_allclose(scores.inverse_transform(found), curves, atol=1e-3)
    assert scores.kept_variance_ == pytest.approx(1.0, abs=1e-4)


def test_directions_of_rounding_are_no_scores():
    size = np.random.default_rng(0).normal(size=(40, 1))
    curves = (1 + size * np.sin(np.linspace(0, 6.28, 150)))[:, :, None]
    assert CycleScores(n_components=10).fit(curves).n_scores == 1


def test_fewer_cycles_than_components_give_fewer_scores():
    curves = np.random.default_rng(0).normal(size=(9, 150, 1))
    assert CycleScores(n_components=160).fit(curves).n_scores == 8


def test_velocity_and_power_follow_from_angle_moment_and_duration():
    phase = np.linspace(0, 2 * np.pi, 150)
    angle = np.sin(phase)[None].astype("f4")
    seconds = np.array([1.25])
    curves = {
        "knee_flexion_angle_ipsi_rad": angle,
        "knee_flexion_moment_ipsi_Nm_kg": np.full_like(angle, -0.5),
    }
    rate = 2 * np.pi / 1.25 * np.cos(phase)[None]
    walking = np.array(["level_walking"], object)
    for name, expected in (
        ("knee_flexion_velocity_ipsi_rad_s", rate),
        ("knee_power_ipsi_W_kg", -0.5 * rate),
    ):
        found = computed_channel(name, curves, seconds, walking)
        np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_rise_from_a_chair_has_no_periodic_velocity():
    angle = np.linspace(1.6, 0.0, 150)[None].astype("f4")
    curves = {"knee_flexion_angle_ipsi_rad": angle}
    task = np.array(["sit_to_stand"], object)
    rate = computed_channel("knee_flexion_velocity_ipsi_rad_s", curves, np.array([2.0]), task)
    np.testing.assert_allclose(rate[0, 3:-3], -0.8, atol=1e-3)
    assert np.abs(rate).max() < 1.0  # no jump back to the start


def test_what_cannot_be_computed_is_drawn():
    names = ["hip_power_ipsi_W_kg", "knee_flexion_velocity_ipsi_rad_s", "cop_anterior_ipsi_m"]
    plan = channel_plan(names, None, durations=True)
    assert plan == (tuple(names[:2]), (), ("cop_anterior_ipsi_m",))
    assert channel_plan(names, names, durations=True).drawn == tuple(names)
    angle = ["knee_flexion_angle_ipsi_rad", "knee_flexion_velocity_ipsi_rad_s"]
    assert channel_plan(angle, None, durations=False).computed == ()
    assert channel_plan(angle, None, durations=True).computed == (angle[1],)


def test_an_unloaded_foot_has_no_force():
    vertical = np.array([[1.0, 0.02, -0.01]])
    curves = {"grf_vertical_ipsi_BW": vertical.copy(), "grf_anterior_ipsi_BW": np.ones((1, 3))}
    lift_feet(curves)
    assert curves["grf_vertical_ipsi_BW"].tolist() == [[1.0, 0.0, 0.0]]
    assert curves["grf_anterior_ipsi_BW"].tolist() == [[1.0, 0.0, 0.0]]


def test_only_numbers_are_blurred():
    cycles = pd.DataFrame({"task": ["run", "level_walking"], "age": [20.0, 40.0]})
    encoder = ConditionEncoder(["task", "age"]).fit(cycles)
    exact = torch.as_tensor(encoder.encode(cycles))
    blur = BlurredNumbers(encoder.is_number, 0.3)
    batch = ({"conditions": exact.repeat(2000, 1)}, torch.zeros(4000))
    noise = blur(batch, torch.Generator().manual_seed(0))[0]["conditions"] - batch[0]["conditions"]
    assert noise.std(dim=0).numpy() == pytest.approx([0, 0, 0.3, 0], abs=0.02)


def test_a_number_not_known_is_told_from_the_mean():
    cycles = pd.DataFrame({"task": ["run"] * 3, "age": [20.0, 40.0, np.nan]})
    encoded = ConditionEncoder(["task", "age"]).fit(cycles).encode(cycles)
    assert encoded[:, 1:].tolist() == [[-1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]
