import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from locomotion_analysis.errors import SchemaError  # noqa: E402
from locomotion_analysis.models.deep.augmentation import (  # noqa: E402
    MagnitudeWarp,
    PhaseJitter,
    StrideNoise,
    TrainingCycles,
)
from locomotion_analysis.models.deep.curve_scaler import CurveScaler, ScaledCurves  # noqa: E402
from locomotion_analysis.models.deep.legs import sample_at  # noqa: E402


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def ramp(n_cycles):
    time = torch.linspace(0, 100, 150)
    return time[None, :, None].repeat(n_cycles, 1, 1), torch.ones(n_cycles, 1, dtype=torch.bool)


@settings(deadline=None)  # the first call starts torch
@given(st.floats(0.0, 50.0), st.integers(0, 2**31 - 1))
def test_time_never_runs_backwards_and_contacts_stay(sd_percent, seed):
    moved, _ = PhaseJitter(sd_percent).changed(*ramp(5), seeded(seed))
    assert (moved.diff(dim=1) > -1e-4).all()
    torch.testing.assert_close(moved[:, [0, -1], 0], torch.tensor([[0.0, 100.0]]).expand(5, 2))


def test_events_in_mid_cycle_move_by_the_spread_asked_for():
    still, measured = ramp(4000)
    moved, _ = PhaseJitter(sd_percent=1.5).changed(still, measured, seeded())
    middle = (moved - still)[:, 74:76, 0]
    assert float(middle.std()) == pytest.approx(1.5, rel=0.05)
    assert abs(float(middle.mean())) < 0.1


def test_all_channels_are_displaced_together():
    curves = ramp(3)[0].repeat(1, 1, 4)
    moved, _ = PhaseJitter().changed(curves, torch.ones(3, 4, dtype=torch.bool), seeded())
    assert torch.equal(moved, moved[..., :1].expand_as(moved))


def test_a_warp_is_smooth_cyclic_and_of_the_spread_asked_for():
    ones = torch.ones(3000, 150, 2)
    warped, _ = MagnitudeWarp(sd=0.2).changed(ones, torch.ones(3000, 2, dtype=torch.bool), seeded())
    spread = warped.std(dim=0)
    assert spread.numpy() == pytest.approx(0.2, rel=0.07)
    torch.testing.assert_close(warped[:, 0], warped[:, -1], rtol=0, atol=1e-5)
    assert warped.diff(dim=1).abs().max() < 0.1
    assert abs(np.corrcoef(warped[:, 40, 0], warped[:, 40, 1])[0, 1]) < 0.1


def test_sampling_is_numpys_linear_interpolation():
    rng = np.random.default_rng(0)
    curves, wanted = (
        rng.normal(size=(3, 20, 2)).astype("f4"),
        rng.uniform(0, 19, (3, 31)).astype("f4"),
    )
    wanted[:, :2] = [0, 19]
    got = sample_at(torch.as_tensor(curves), torch.as_tensor(wanted)).numpy()
    for cycle in range(3):
        for channel in range(2):
            expected = np.interp(wanted[cycle], np.arange(20), curves[cycle, :, channel])
            np.testing.assert_allclose(got[cycle, :, channel], expected, atol=1e-5)


def strides(n_subjects=30, per_subject=4, spread=0.3, seed=0):
    """Each person has one curve; the strides differ by a smooth deviation of known spread."""
    rng = np.random.default_rng(seed)
    phase = np.linspace(0, 2 * np.pi, 150)
    shape = (n_subjects, per_subject, 1, 1)
    deviation = (
        rng.normal(size=shape) * np.sin(phase)[:, None]
        + rng.normal(size=shape) * np.cos(phase)[:, None]
    )
    own = 5 * rng.normal(size=(n_subjects, 1, 1, 1)) * np.sin(2 * phase)[:, None]
    curves = (own + spread * deviation).reshape(-1, 150, 1).astype("f4")
    curves = np.concatenate([curves, 2 * curves], axis=2)
    measured = np.ones((len(curves), 2), bool)
    subjects = np.repeat(np.arange(n_subjects), per_subject)
    return TrainingCycles(ScaledCurves(curves, measured), CurveScaler(), subjects)


def test_noise_has_the_spread_between_a_persons_strides():
    cycles = strides(n_subjects=200, per_subject=2)
    noise = StrideNoise().fit(cycles)
    assert noise.sd_[:, 0] == pytest.approx(0.3, rel=0.15)  # not 5: that is between people
    assert noise.sd_[:, 1] == pytest.approx(0.6, rel=0.15)
    still, measured = torch.zeros(3000, 150, 2), torch.ones(3000, 2, dtype=torch.bool)
    added, _ = noise.changed(still, measured, seeded())
    np.testing.assert_allclose(added.std(dim=0), noise.sd_, rtol=0.08)
    assert added.diff(dim=1).abs().max() < 0.2  # smooth, as strides differ
    torch.testing.assert_close(added[..., 1], 2 * added[..., 0])  # channels together
    doubled, _ = StrideNoise(multiple=2.0).fit(cycles).changed(still, measured, seeded())
    torch.testing.assert_close(doubled, 2 * added)


def test_noise_is_measured_where_it_was_measured():
    cycles = strides()
    cycles.scaled.curves[::2, :, 1] = 0
    cycles.scaled.measured[::2, 1] = False
    of_all = StrideNoise().fit(strides()).sd_[:, 0]
    assert StrideNoise().fit(cycles).sd_[:, 1] == pytest.approx(2 * of_all, rel=0.6)
    cycles.scaled.curves[..., 1] = 0
    cycles.scaled.measured[:, 1] = False
    assert (StrideNoise().fit(cycles).sd_[:, 1] == 0).all()


def test_the_stride_to_compare_with_is_of_the_same_task(cycles, walking):
    noise = StrideNoise().fit(cycles)
    within = (
        walking.cycles.assign(row=range(len(walking.cycles)))
        .groupby(["subject", "task", "side"])["row"]
        .apply(list)
    )
    variance = np.mean([cycles.scaled.curves[rows].var(axis=0, ddof=1) for rows in within], axis=0)
    ratio = noise.sd_.mean() / np.sqrt(variance).mean()
    assert 0.8 < ratio < 1.1


def test_noise_needs_subjects_with_two_cycles(cycles):
    with pytest.raises(SchemaError, match="groups=None"):
        StrideNoise().fit(cycles._replace(groups=None))
    with pytest.raises(SchemaError, match="one cycle of each subject"):
        StrideNoise().fit(cycles._replace(groups=np.arange(len(cycles.groups))))
