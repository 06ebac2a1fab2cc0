"""Augmentations: the same gait after them, and no more noise than measured."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from sklearn.base import clone  # noqa: E402

from locomotion_analysis.errors import SchemaError  # noqa: E402
from locomotion_analysis.models.deep import (  # noqa: E402
    AugmentationChain,
    CurveScaler,
    MagnitudeWarp,
    PhaseJitter,
    ScaledCurves,
    SideSwap,
    StrideNoise,
    TrainingCycles,
    default_augmentation,
)
from locomotion_analysis.models.deep.augmentation import fitted_augmentation  # noqa: E402
from locomotion_analysis.models.deep.core import CycleLoader, CycleTensors  # noqa: E402
from locomotion_analysis.models.deep.legs import other_contact, sample_at  # noqa: E402
from locomotion_analysis.simulation import simulate  # noqa: E402


@pytest.fixture(scope="session")
def walking():
    tasks = ["level_walking", "stair_ascent"]
    return simulate(
        n_subjects=8, n_cycles=6, tasks=tasks, pathologies=["healthy", "stroke"], seed=1
    )


@pytest.fixture(scope="session")
def cycles(walking):
    scaler = CurveScaler()
    scaled = scaler.fit_transform(walking.array(list(walking.channels)))
    subjects = walking.cycles["subject"].to_numpy()
    return TrainingCycles(scaled, scaler, subjects, list(walking.channels))


@pytest.fixture
def batch(cycles):
    inputs = {
        "curves": torch.as_tensor(cycles.scaled.curves),
        "measured": torch.as_tensor(cycles.scaled.measured),
    }
    return inputs, torch.arange(len(cycles.groups))


EVERY = [
    SideSwap(),
    PhaseJitter(),
    MagnitudeWarp(),
    StrideNoise(),
    AugmentationChain([SideSwap(), PhaseJitter(), MagnitudeWarp(), StrideNoise()]),
]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def each(test):
    return pytest.mark.parametrize("augmentation", EVERY, ids=lambda a: type(a).__name__)(test)


@each
def test_changes_the_batch_and_leaves_the_given_one_and_its_targets_alone(
    augmentation, cycles, batch
):
    before = {name: values.clone() for name, values in batch[0].items()}
    inputs, targets = clone(augmentation).fit(cycles)(batch, seeded())
    assert not torch.equal(inputs["curves"], before["curves"])
    assert inputs["curves"].shape == before["curves"].shape
    assert inputs["curves"].dtype == torch.float32
    assert torch.equal(targets, batch[1])
    assert all(torch.equal(batch[0][name], before[name]) for name in before)


@each
def test_the_seed_decides_everything(augmentation, cycles, batch):
    fitted = clone(augmentation).fit(cycles)
    first, again, other = (fitted(batch, seeded(s))[0]["curves"] for s in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@each
def test_what_was_not_measured_stays_zero(augmentation, walking):
    channels = list(walking.channels)
    curves = walking.array(channels)
    curves[::2, :, [channels.index("knee_flexion_moment_ipsi_Nm_kg")]] = np.nan
    scaler = CurveScaler()
    scaled = scaler.fit_transform(curves)
    cycles = TrainingCycles(scaled, scaler, walking.cycles["subject"], channels)
    fitted = clone(augmentation).fit(cycles)
    changed, measured = fitted.changed(*map(torch.as_tensor, scaled), seeded())
    assert (changed.transpose(1, 2)[~measured] == 0).all()
    assert measured.sum() == scaled.measured.sum()


@each
def test_other_inputs_pass_through(augmentation, cycles, batch):
    extra = torch.arange(3)
    inputs, _ = clone(augmentation).fit(cycles)(({**batch[0], "extra": extra}, batch[1]), seeded())
    assert inputs["extra"] is extra


def test_the_loader_gives_the_same_changed_batches_in_the_same_epoch(cycles, batch):
    augmentation = fitted_augmentation(True, cycles)
    tensors = CycleTensors(batch[0], batch[1])

    def epoch(number):
        loader = CycleLoader(tensors, 16, shuffle=True, augmentation=augmentation, seed=5)
        loader.set_epoch(number)
        return torch.cat([inputs["curves"] for inputs, _ in loader])

    assert torch.equal(epoch(2), epoch(2))
    assert not torch.equal(epoch(2), epoch(3))


def test_the_default_takes_what_the_cycles_allow(cycles):
    def steps(channels, groups):
        return [type(step).__name__ for step in default_augmentation(channels, groups).steps]

    both = ["SideSwap", "PhaseJitter", "StrideNoise"]
    assert steps(cycles.channels, cycles.groups) == both
    assert steps(None, cycles.groups) == both[1:]
    assert steps(["knee_flexion_angle_ipsi_rad"], None) == both[1:2]
    assert steps(["any", "name"], np.arange(4)) == both[1:2]


def test_an_estimators_choice_is_copied_fitted_or_refused(cycles, batch):
    own = StrideNoise(multiple=2.0)
    fitted = fitted_augmentation(own, cycles)
    assert fitted.multiple == 2.0
    assert not hasattr(own, "sd_")
    assert fitted_augmentation(None, cycles) is fitted_augmentation(False, cycles) is None

    def twice(batch, generator):
        return batch

    assert fitted_augmentation(twice, cycles) is twice
    with pytest.raises(SchemaError, match="AugmentationChain"):
        fitted_augmentation([own], cycles)


def test_a_clone_of_a_chain_shares_no_step(cycles):
    chain = AugmentationChain([StrideNoise()])
    clone(chain).fit(cycles)
    assert not hasattr(chain.steps[0], "sd_")


MIRRORED = ("obliquity", "pelvis_internal_rotation", "trunk_internal_rotation")


def tensors(scaled):
    return torch.as_tensor(scaled.curves), torch.as_tensor(scaled.measured)


def only(cycles, wanted):
    channels = [name for name in cycles.channels if wanted(name)]
    curves = cycles.scaler.inverse_transform(cycles.scaled.curves)
    scaler = CurveScaler()
    at = [cycles.channels.index(name) for name in channels]
    return TrainingCycles(scaler.fit_transform(curves[..., at]), scaler, cycles.groups, channels)


def side_means(curves, walking, side):
    """Mean curves of each person and task, of the cycles that start with `side`."""
    rows = walking.cycles.reset_index(drop=True)
    chosen = rows[rows["side"] == side].groupby(["subject", "task"]).indices
    positions = rows.index[rows["side"] == side].to_numpy()
    return np.stack([curves[positions[chosen[key]]].mean(axis=0) for key in sorted(chosen)])


def test_a_swapped_left_cycle_looks_like_the_persons_right_cycles(cycles, walking):
    swapped = SideSwap().fit(cycles).swapped(*tensors(cycles.scaled))[0].numpy()
    left = side_means(cycles.scaled.curves, walking, "left")
    as_is = np.abs(left - side_means(cycles.scaled.curves, walking, "right")).mean(axis=(0, 1))
    as_left = np.abs(left - side_means(swapped, walking, "right")).mean(axis=(0, 1))
    assert as_left.mean() < 0.6 * as_is.mean()
    for name, before, after in zip(cycles.channels, as_is, as_left, strict=True):
        if any(word in name for word in MIRRORED):  # a wrong sign would double the difference
            assert after < before, name


def test_twice_swapped_is_the_same_cycle(cycles):
    swap = SideSwap().fit(cycles)
    once = swap.swapped(*tensors(cycles.scaled))
    twice, measured = swap.swapped(*once)
    assert measured.all()
    # One point of phase is lost where both legs' forces rise between points.
    difference = np.abs(twice.numpy() - cycles.scaled.curves).mean()
    assert difference < 0.1 * np.abs(cycles.scaled.curves).mean()


def test_the_swap_is_exact_in_the_channels_units():
    channels = ["knee_flexion_angle_ipsi_rad", "knee_flexion_angle_contra_rad"]
    channels += ["pelvis_obliquity_up_angle_rad", "pelvis_anterior_tilt_angle_rad"]
    phase = np.linspace(0, 1, 150)
    ipsi = 1 + np.cos(2 * np.pi * phase)
    contra = 3 + 2 * np.cos(2 * np.pi * (phase - 60 / 149))
    curves = np.stack([ipsi, contra, np.sin(2 * np.pi * phase), np.full(150, 0.2)], axis=-1)[None]
    curves = np.concatenate([curves, curves + 0.1])
    scaler = CurveScaler()
    cycles = TrainingCycles(scaler.fit_transform(curves), scaler, None, channels)
    swapped = SideSwap().fit(cycles).swapped(*tensors(cycles.scaled))[0]
    got = scaler.inverse_transform(swapped.numpy())[0]
    later = 2 * np.pi * (phase + 60 / 149)
    np.testing.assert_allclose(got[:, 0], 3 + 2 * np.cos(2 * np.pi * phase), atol=1e-5)
    np.testing.assert_allclose(got[:, 1], 1 + np.cos(later), atol=1e-5)
    np.testing.assert_allclose(got[:, 2], -np.sin(later), atol=1e-5)
    np.testing.assert_allclose(got[:, 3], 0.2, atol=1e-5)


def test_the_other_foots_contact_is_found(cycles, walking):
    force = walking.curves("grf_vertical_contra_BW")[:, :-1]
    loaded = force > 0.05
    rises = loaded & ~np.roll(loaded, 1, axis=1)
    once = rises.sum(axis=1) == 1
    truth = 100 * rises.argmax(axis=1) / 149
    found = other_contact(*tensors(cycles.scaled), SideSwap().fit(cycles).legs_).numpy() / 1.49
    assert np.abs(found - truth)[once].max() < 3
    kinematic = only(cycles, lambda name: "angle" in name)
    found = (
        other_contact(*tensors(kinematic.scaled), SideSwap().fit(kinematic).legs_).numpy() / 1.49
    )
    healthy = (walking.cycles["pathology"] == "healthy").to_numpy()
    assert np.abs(found - truth)[once & healthy].max() < 4
    assert np.median(np.abs(found - truth)[once]) < 5


def test_force_plates_that_were_not_measured_are_not_asked(cycles):
    swap = SideSwap().fit(cycles)
    curves, measured = (each[:4].clone() for each in tensors(cycles.scaled))
    at = cycles.channels.index("grf_vertical_contra_BW")
    curves[:, :, at], measured[:, at] = 0, False
    found = other_contact(curves, measured, swap.legs_)
    assert ((found > 60) & (found < 90)).all()


def test_rising_from_a_chair_is_not_shifted(cycles):
    chair = simulate(n_subjects=4, n_cycles=2, tasks=["sit_to_stand"], seed=2)
    scaled = cycles.scaler.transform(chair.array(cycles.channels))
    assert (other_contact(*tensors(scaled), SideSwap().fit(cycles).legs_) == 0).all()


def test_what_was_measured_moves_with_the_channel(cycles):
    swap = SideSwap().fit(cycles)
    curves, measured = (each[:3].clone() for each in tensors(cycles.scaled))
    ipsi = cycles.channels.index("hip_flexion_moment_ipsi_Nm_kg")
    contra = cycles.channels.index("hip_flexion_moment_contra_Nm_kg")
    curves[:, :, ipsi], measured[:, ipsi] = 0, False
    curves, measured = swap.swapped(curves, measured)
    assert not measured[:, contra].any()
    assert measured[:, ipsi].all()
    assert (curves[:, :, contra] == 0).all()


def test_the_share_of_swapped_cycles_is_the_chance(cycles, batch):
    for chance, least, most in ((0.0, 0, 0), (0.5, 0.3, 0.7), (1.0, 1, 1)):
        swap = SideSwap(chance=chance).fit(cycles)
        curves = swap(batch, torch.Generator().manual_seed(0))[0]["curves"]
        changed = (curves != batch[0]["curves"]).any(dim=2).any(dim=1).float().mean()
        assert least <= changed <= most


def test_channels_without_their_other_side_are_refused(cycles):
    with pytest.raises(SchemaError, match="without its other side"):
        SideSwap().fit(only(cycles, lambda name: "_ipsi_" in name))
    with pytest.raises(SchemaError, match="names of the 64 channels"):
        SideSwap().fit(cycles._replace(channels=None))


def test_midline_channels_alone_are_mirrored_in_place(cycles):
    midline = only(cycles, lambda name: name.startswith(("pelvis", "trunk")))
    swapped, _ = SideSwap().fit(midline).swapped(*tensors(midline.scaled))
    before = midline.scaler.inverse_transform(midline.scaled.curves)
    after = midline.scaler.inverse_transform(swapped.numpy())
    for at, name in enumerate(midline.channels):
        sign = -1 if any(word in name for word in MIRRORED) else 1
        np.testing.assert_allclose(after[..., at], sign * before[..., at], atol=1e-4)


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
