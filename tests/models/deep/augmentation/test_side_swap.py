import numpy as np
import pytest

torch = pytest.importorskip("torch")

from locomotion_analysis.errors import SchemaError  # noqa: E402
from locomotion_analysis.models.deep.augmentation import SideSwap, TrainingCycles  # noqa: E402
from locomotion_analysis.models.deep.curve_scaler import CurveScaler  # noqa: E402
from locomotion_analysis.models.deep.legs import other_contact  # noqa: E402
from locomotion_analysis.simulation import simulate  # noqa: E402

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
        np.testing.assert_allclose(after[..., at], sign * before[..., at], atol=1e-5)
