import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sklearn.base import clone  # noqa: E402

from locomotion_analysis.errors import SchemaError  # noqa: E402
from locomotion_analysis.models.deep.augmentation import (  # noqa: E402
    AugmentationChain,
    MagnitudeWarp,
    PhaseJitter,
    SideSwap,
    StrideNoise,
    TrainingCycles,
    default_augmentation,
    fitted_augmentation,
)
from locomotion_analysis.models.deep.batches import CycleLoader, CycleTensors  # noqa: E402
from locomotion_analysis.models.deep.curve_scaler import CurveScaler  # noqa: E402

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
