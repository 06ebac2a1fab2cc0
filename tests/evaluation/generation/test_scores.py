"""Each score tells a good generator from one with a known fault."""

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("torch", reason="PyTorch is the extra `deep`")
pytest.importorskip("skorch", reason="skorch is the extra `deep`")

from tests.evaluation.generation.conftest import CHANNELS, people

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.generation import (
    CurveSpace,
    People,
    coverage,
    discriminative_score,
    memorisation,
    predictive_scores,
    realism,
)

DRAWS = {"n_bootstrap": 200}


@pytest.fixture(scope="module")
def training():
    return people(60, seed=0)


@pytest.fixture(scope="module")
def held_out():
    return people(40, seed=1, prefix="H")


@pytest.fixture(scope="module")
def space(training):
    return CurveSpace.of(training, CHANNELS)


def _strangers(like, seed):
    """An ideal generator: other people of the same kind, one for each cycle."""
    patient = like.cycles["pathology"].eq("stroke").to_numpy()
    drawn = people(2 * len(like), seed, prefix="G", steps=1)
    return drawn.take(2 * np.arange(len(like)) + patient)


def _with_curves(data, block):
    return LocomotionData(data.cycles, block, data.channels)


def _as_people(space, real, generated):
    subject = np.unique(real.groups, return_inverse=True)[1]
    task = real.cycles["task"].to_numpy(object)
    return People(space.rows(real), space.rows(generated), subject, task)


def test_strangers_of_the_same_kind_cannot_be_told_apart(held_out, space):
    found = discriminative_score(held_out, _strangers(held_out, 5), space, **DRAWS)
    assert found.auc_interval[0] < 0.6
    assert found.score < 0.12


def test_a_shift_is_found_out(held_out, space):
    shifted = _with_curves(held_out, held_out.block + 0.5)
    assert discriminative_score(held_out, shifted, space, **DRAWS).auc > 0.95


def test_jagged_curves_are_found_out_by_their_roughness(held_out, space):
    rng = np.random.default_rng(0)
    jagged = _with_curves(held_out, held_out.block + rng.normal(0, 0.005, held_out.block.shape))
    assert discriminative_score(held_out, jagged, space, **DRAWS).auc > 0.95


def test_pairs_must_be_complete(held_out, space):
    with pytest.raises(SchemaError, match="one generated cycle for each of 120"):
        discriminative_score(held_out, held_out.take([0, 1]), space)


def test_generated_cycles_of_the_right_kind_teach_what_real_ones_do(training, held_out, space):
    generated = _strangers(training, 6)
    table = predictive_scores(training, generated, held_out, space, "pathology", **DRAWS)
    assert table.loc["generated", "score"] > 0.9
    assert table.loc["real", "gain"] == 0
    assert (table["low"] <= table["score"]).all()
    assert (table["score"] <= table["high"]).all()


def test_cycles_of_the_wrong_kind_teach_the_wrong_thing(training, held_out, space):
    cycles = training.cycles
    cycles["pathology"] = np.where(cycles["pathology"] == "stroke", "healthy", "stroke")
    swapped = LocomotionData(cycles, training.block, CHANNELS)
    table = predictive_scores(training, swapped, held_out, space, "pathology", **DRAWS)
    assert table.loc["generated", "score"] < 0.1
    assert table.loc["generated", "gain_high"] < -0.5


def test_a_target_must_be_known_of_every_cycle(training, held_out, space):
    with pytest.raises(SchemaError, match="no such column"):
        predictive_scores(training, training, held_out, space, "shoe_size")


def test_coverage_and_precision_tell_collapse_from_noise():
    rng = np.random.default_rng(0)
    real, subject = rng.normal(size=(200, 3)), np.repeat(np.arange(50), 4)
    same = coverage(real, subject, rng.normal(size=(200, 3)), **DRAWS)
    collapsed = coverage(real, subject, np.zeros((200, 3)), **DRAWS)
    far = coverage(real, subject, rng.normal(20, 1, (200, 3)), **DRAWS)
    assert same.coverage > 0.85
    assert same.precision > 0.85
    assert collapsed.coverage < 0.4
    assert collapsed.precision == 1.0
    assert (far.coverage, far.precision) == (0.0, 0.0)
    assert same.coverage_interval[0] <= same.coverage <= same.coverage_interval[1]


def test_copies_of_training_cycles_are_found(training, held_out, space):
    rng = np.random.default_rng(0)

    def copied(like):
        rows = rng.integers(0, len(training), len(like))
        return training.take(rows).block + rng.normal(0, 1e-4, like.block.shape)

    found = memorisation(
        _as_people(space, training, _with_curves(training, copied(training))),
        _as_people(space, held_out, _with_curves(held_out, copied(held_out))),
        **DRAWS,
    )
    # Training people left out of the comparison can be copied too, hence not all.
    assert found.interval[0] > 0.6
    assert found.copies == 1.0
    assert found.held_out_copies < 0.2


def test_strangers_are_no_copies(training, held_out, space):
    found = memorisation(
        _as_people(space, training, _with_curves(training, _strangers(training, 7).block)),
        _as_people(space, held_out, _with_curves(held_out, _strangers(held_out, 8).block)),
        **DRAWS,
    )
    assert found.interval[0] < 0.5 < found.interval[1]
    assert found.copies < 0.2
    assert found.generated_distance.shape == found.held_out_distance.shape == (120,)


def test_distances_are_root_mean_squares_in_spreads(training, space):
    moved = _with_curves(training, training.block + 0.3 * space.spread[:, None, None])
    apart = np.linalg.norm(space.rows(training) - space.rows(moved), axis=1)
    np.testing.assert_allclose(apart, 0.3, rtol=1e-3)


def test_realism_measures_weight_and_roughness():
    phase = np.linspace(0, 1, 150)
    leg = np.where(phase < 0.5, 1.0, 0.0)
    cycles = pd.DataFrame(
        {"subject": ["A", "B"], "task": "level_walking", "step": 0, "pathology": "healthy"}
    )
    names = ["grf_vertical_ipsi_BW", "grf_vertical_contra_BW", CHANNELS[0]]
    knee = 0.3 + 0.3 * np.sin(2 * np.pi * phase)
    real = LocomotionData(cycles, np.stack([[leg] * 2, [1 - leg] * 2, [knee] * 2]), names)
    rng = np.random.default_rng(0)
    rough = np.stack([[1.2 * leg] * 2, [1.2 - 1.2 * leg] * 2, knee + rng.normal(0, 0.1, (2, 150))])
    table = realism(real, LocomotionData(cycles, rough, names))
    weight = table.loc["mean vertical force of both legs"]
    assert weight["real"] == pytest.approx(1.0, abs=0.01)
    assert weight["generated"] == pytest.approx(1.2, abs=0.01)
    errors = table.loc["cycles with an error"]
    assert errors["generated"] == 100
    roughness = table.loc["roughness (second difference)"]
    assert roughness["generated"] > 1.5 * roughness["real"]


def test_a_gap_in_training_is_refused(training):
    block = training.block.copy()
    block[0, 0, 0] = np.nan
    with pytest.raises(SchemaError, match="without gaps"):
        CurveSpace.of(_with_curves(training, block), CHANNELS)
