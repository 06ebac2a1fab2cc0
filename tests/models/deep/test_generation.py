"""Generators: their parts against what is known, and cycles that are what was asked for."""

import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is the extra `deep`")
pytest.importorskip("skorch", reason="skorch is the extra `deep`")

from locomotion_analysis import LocomotionData  # noqa: E402
from locomotion_analysis.errors import LocomotionWarning, SchemaError  # noqa: E402
from locomotion_analysis.models.deep import CurveDiffusion, CurveGAN, load_network, save_network  # noqa: E402
from locomotion_analysis.models.deep.adversarial import AdversarialNetwork  # noqa: E402
from locomotion_analysis.models.deep.conditions import ConditionEncoder  # noqa: E402
from locomotion_analysis.models.deep.diffusion import DiffusionNetwork  # noqa: E402
from locomotion_analysis.models.deep.generation import (  # noqa: E402
    BlurredNumbers,
    CycleScores,
    channel_plan,
    computed_channel,
    lift_feet,
)
from locomotion_analysis.quality import validate  # noqa: E402
from locomotion_analysis.simulation import simulate  # noqa: E402

KNEE = "knee_flexion_angle_ipsi_rad"
PHASE = np.linspace(0, 2 * np.pi, 150)


def _walks(n_cycles):
    rng = np.random.default_rng(0)
    speed = rng.uniform(0.5, 2.0, n_cycles)
    limp = rng.integers(0, 2, n_cycles)
    curves = speed[:, None] * np.sin(PHASE) + limp[:, None] + 0.1 * rng.normal(size=(n_cycles, 1))
    cycles = pd.DataFrame(
        {
            "subject": [f"S{number // 4:02d}" for number in range(n_cycles)],
            "task": "level_walking",
            "step": np.arange(n_cycles),
            "speed_m_s": speed,
            "pathology": np.where(limp, "stroke", "healthy"),
        }
    )
    return LocomotionData(cycles, curves[None], [KNEE])


@pytest.fixture(scope="session")
def speedy():
    """320 cycles: the amplitude is the speed, the offset is the pathology."""
    return _walks(320)


@pytest.fixture(scope="session")
def walkers():
    """Ten simulated people, level walking, all channels."""
    return simulate(n_subjects=10, n_cycles=4, tasks=["level_walking"])


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
    for name, expected in (
        ("knee_flexion_velocity_ipsi_rad_s", rate),
        ("knee_power_ipsi_W_kg", -0.5 * rate),
    ):
        found = computed_channel(name, curves, seconds)
        np.testing.assert_allclose(found[:, 1:-1], expected[:, 1:-1], rtol=1e-3, atol=1e-3)


def test_velocity_does_not_take_a_cycle_to_close():
    angle = np.linspace(1.6, 0.0, 150)[None].astype("f4")
    curves = {"knee_flexion_angle_ipsi_rad": angle}
    rate = computed_channel("knee_flexion_velocity_ipsi_rad_s", curves, np.array([2.0]))
    np.testing.assert_allclose(rate, -0.8, atol=1e-3)  # no jump back to the start


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


TINY = {"n_components": 8, "width": 16, "depth": 1, "max_epochs": 1}


@pytest.fixture(scope="module")
def trained(speedy):
    small = {"n_components": 4, "width": 32, "depth": 2, "batch_size": 32}
    return {
        "diffusion": CurveDiffusion(max_epochs=20, learning_rate=4e-3, dropout=0.0, **small).fit(
            speedy
        ),
        "gan": CurveGAN(max_epochs=50, n_noise=8, learning_rate=1e-3, **{**small, "width": 64}).fit(
            speedy
        ),
    }


@pytest.fixture(scope="module")
def tiny(walkers):
    return CurveDiffusion(**TINY).fit(walkers)


@pytest.mark.parametrize("name", ["diffusion", "gan"])
def test_cycles_are_of_the_speed_and_pathology_asked_for(trained, name):
    speed = np.tile(np.linspace(0.6, 1.9, 60), 2)
    who = np.repeat(["healthy", "stroke"], 60)
    wanted = pd.DataFrame({"task": "level_walking", "speed_m_s": speed, "pathology": who})
    curves = trained[name].sample(wanted).curves(KNEE)
    amplitude = np.ptp(curves, axis=1) / 2
    offset = curves[:, :-1].mean(axis=1)
    assert np.corrcoef(speed, amplitude)[0, 1] > 0.9
    np.testing.assert_allclose(amplitude.mean(), speed.mean(), rtol=0.15)
    assert offset[60:].mean() - offset[:60].mean() == pytest.approx(1.0, abs=0.25)


@pytest.mark.parametrize("name", ["diffusion", "gan"])
def test_cycles_differ_as_the_training_cycles_do(trained, name):
    wanted = pd.DataFrame(
        {"task": ["level_walking"] * 300, "speed_m_s": 1.2, "pathology": "healthy"}
    )
    offset = trained[name].sample(wanted).curves(KNEE)[:, :-1].mean(axis=1)
    assert 0.05 < offset.std() < 0.2  # 0.1 in the training


@pytest.mark.parametrize("kind", [CurveDiffusion, CurveGAN])
def test_a_seed_gives_the_same_generator_and_cycles(walkers, kind):
    first, second = kind(**TINY).fit(walkers), kind(**TINY).fit(walkers)
    asked = walkers.cycles.head(6)
    np.testing.assert_array_equal(first.sample(asked).block, second.sample(asked).block)
    assert not np.array_equal(first.sample(asked, 0).block, first.sample(asked, 1).block)


@pytest.mark.parametrize("kind", [CurveDiffusion, CurveGAN])
def test_a_saved_generator_draws_the_same_cycles(walkers, kind, tmp_path):
    fitted = kind(**TINY, conditions=["speed_m_s"]).fit(walkers)
    save_network(fitted, tmp_path / "generator.safetensors")
    loaded = load_network(tmp_path / "generator.safetensors")
    asked = walkers.cycles.head(6)
    before, after = fitted.sample(asked, 3), loaded.sample(asked, 3)
    np.testing.assert_array_equal(before.block, after.block)
    pd.testing.assert_frame_equal(before.cycles, after.cycles)
    assert before.history == after.history
    assert loaded.get_params()["width"] == 16


def test_generated_cycles_keep_mechanics_whatever_the_network(tiny, walkers):
    # One epoch learns nothing: what holds is in the scores and in what is computed from them.
    codes = {"GAIT201", "GAIT202", "GAIT203", "GAIT204", "GAIT006"}
    found = validate(tiny.sample(walkers.cycles))
    assert not codes & set(found.by_code()["code"])
    assert {"ankle_power_ipsi_W_kg", "knee_flexion_velocity_contra_rad_s"} <= set(
        tiny.plan_.computed
    )


def test_generated_cycles_say_what_they_are(tiny, walkers):
    asked = walkers.cycles.head(6)
    generated = tiny.sample(asked)
    cycles = generated.cycles
    assert generated.is_simulated
    assert cycles["generated"].all()
    assert set(cycles["dataset"]) == {"generated"}
    assert cycles["subject"].is_unique
    assert cycles["speed_m_s"].tolist() == asked["speed_m_s"].tolist()
    assert "tug_s" not in cycles  # known of the person asked after, not of the cycle
    (entry,) = generated.history
    assert entry.action == "generated"
    assert "CurveDiffusion trained on 40 simulated cycles of 10 subjects" in entry.detail
    assert "cop_anterior_ipsi_m" in entry.detail
    assert not any(name.startswith("cop") for name in generated.channels)


def test_durations_are_drawn_with_the_curves(tiny, walkers):
    seconds = tiny.sample(walkers.cycles).cycles["cycle_duration_s"]
    assert seconds.between(0.2, 5.0).all()
    assert seconds.nunique() == len(seconds)


def test_one_row_is_enough(tiny, walkers):
    assert len(tiny.sample(walkers.cycles.head(1))) == 1


def test_generated_cycles_can_be_written_and_read(tiny, walkers, tmp_path):
    generated = tiny.sample(walkers.cycles.head(3))
    generated.to_parquet(tmp_path / "generated.parquet")
    again = LocomotionData.from_parquet(tmp_path / "generated.parquet")
    np.testing.assert_array_equal(again.block, generated.block)
    assert generated.history[0] in again.history


def test_a_name_not_in_the_training_is_refused(tiny, walkers):
    asked = walkers.cycles.head(2).assign(pathology="sciatica")
    with pytest.raises(SchemaError, match="sciatica"):
        tiny.sample(asked)


def test_a_missing_column_is_named(tiny, walkers):
    with pytest.raises(SchemaError, match="no column age, sex"):
        tiny.sample(walkers.cycles.drop(columns=["age", "sex"]))


def test_a_gap_where_the_training_had_none_is_refused(tiny, walkers):
    with pytest.raises(SchemaError, match="column age"):
        tiny.sample(walkers.cycles.head(2).assign(age=np.nan))


def test_no_row_is_refused(tiny, walkers):
    with pytest.raises(SchemaError, match="no row"):
        tiny.sample(walkers.cycles.head(0))


def test_conditions_beyond_the_training_are_told(tiny, walkers):
    asked = walkers.cycles.head(2).assign(speed_m_s=9.0)
    with pytest.warns(LocomotionWarning, match="speed_m_s 2 of 2"):
        generated = tiny.sample(asked)
    assert "beyond the training: speed_m_s 2" in generated.history[0].detail


def test_values_missing_in_training_may_be_missing_later(speedy):
    cycles = speedy.cycles
    cycles.loc[::2, "speed_m_s"] = np.nan
    data = LocomotionData(cycles, speedy.block, speedy.channels)
    wanted = cycles.head(4)
    assert len(CurveGAN(**TINY).fit(data).sample(wanted)) == 4


def test_cycles_with_gaps_are_left_out_and_told(speedy):
    block = speedy.block.copy()
    block[0, :20, 5] = np.nan
    data = LocomotionData(speedy.cycles, block, speedy.channels)
    with pytest.warns(LocomotionWarning, match="20 of 320 cycles"):
        assert CurveGAN(**TINY).fit(data).n_cycles_ == 300


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"channels": ["hip_flexion_angle_ipsi_rad"]}, "hip_flexion"),
        ({"channels": []}, "at least one channel"),
        ({"conditions": ["shoe_size"]}, "shoe_size"),
        ({"max_epochs": 0}, "max_epochs"),
        ({"device": "cuda:99"}, "device"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(speedy, settings, words):
    with pytest.raises(SchemaError, match=words):
        CurveDiffusion(**{**TINY, **settings}).fit(speedy)


def test_too_few_cycles_are_refused(speedy):
    with pytest.raises(SchemaError, match="at least 8 cycles"):
        CurveDiffusion(**TINY).fit(speedy.take(np.arange(7)))


def test_cycles_all_alike_are_refused(speedy):
    block = np.broadcast_to(speedy.block[:, :1], speedy.block.shape)
    with pytest.raises(SchemaError, match="cycles that differ"):
        CurveDiffusion(**TINY).fit(LocomotionData(speedy.cycles, block, speedy.channels))


def test_arrays_are_refused(speedy):
    with pytest.raises(SchemaError, match="LocomotionData"):
        CurveDiffusion(**TINY).fit(speedy.array())
