"""A generator judged from end to end; each score tells a good one from one with a known fault."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is the extra `deep`")
pytest.importorskip("skorch", reason="skorch is the extra `deep`")

import torch
from tests.evaluation.made_people import CHANNELS, people

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import SchemaError, SplitLeakError
from locomotion_analysis.evaluation.generation import (
    CurveSpace,
    People,
    coverage,
    discriminative_score,
    judge_generator,
    memorisation,
    predictive_scores,
)
from locomotion_analysis.models.deep import CurveDiffusion


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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
    found = discriminative_score(held_out, _strangers(held_out, 5), space)
    assert found.auc_interval[0] < 0.6
    assert found.score < 0.12


def test_a_shift_is_found_out(held_out, space):
    shifted = _with_curves(held_out, held_out.block + 0.5)
    assert discriminative_score(held_out, shifted, space).auc > 0.95


def test_jagged_curves_are_found_out_by_their_roughness(held_out, space):
    rng = np.random.default_rng(0)
    jagged = _with_curves(held_out, held_out.block + rng.normal(0, 0.005, held_out.block.shape))
    assert discriminative_score(held_out, jagged, space).auc > 0.95


def test_pairs_must_be_complete(held_out, space):
    with pytest.raises(SchemaError, match="one generated cycle for each of 120"):
        discriminative_score(held_out, held_out.take([0, 1]), space)


def test_generated_cycles_of_the_right_kind_teach_what_real_ones_do(training, held_out, space):
    generated = _strangers(training, 6)
    table = predictive_scores(training, generated, held_out, space, "pathology")
    assert table.loc["generated", "score"] > 0.9
    assert table.loc["real", "gain"] == 0
    assert (table["low"] <= table["score"]).all()
    assert (table["score"] <= table["high"]).all()


def test_cycles_of_the_wrong_kind_teach_the_wrong_thing(training, held_out, space):
    cycles = training.cycles
    cycles["pathology"] = np.where(cycles["pathology"] == "stroke", "healthy", "stroke")
    swapped = LocomotionData(cycles, training.block, CHANNELS)
    table = predictive_scores(training, swapped, held_out, space, "pathology")
    assert table.loc["generated", "score"] < 0.1
    assert table.loc["generated", "gain_high"] < -0.5


def test_a_target_must_be_known_of_every_cycle(training, held_out, space):
    with pytest.raises(SchemaError, match="no such column"):
        predictive_scores(training, training, held_out, space, "shoe_size")


def test_coverage_and_precision_tell_collapse_from_noise():
    rng = np.random.default_rng(0)
    real, subject = rng.normal(size=(200, 3)), np.repeat(np.arange(50), 4)
    same = coverage(real, subject, rng.normal(size=(200, 3)))
    collapsed = coverage(real, subject, np.zeros((200, 3)))
    far = coverage(real, subject, rng.normal(20, 1, (200, 3)))
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
    )
    # Training people left out of the comparison can be copied too, hence not all.
    assert found.interval[0] > 0.6
    assert found.copies == 1.0
    assert found.held_out_copies < 0.2


def test_strangers_are_no_copies(training, held_out, space):
    found = memorisation(
        _as_people(space, training, _with_curves(training, _strangers(training, 7).block)),
        _as_people(space, held_out, _with_curves(held_out, _strangers(held_out, 8).block)),
    )
    assert found.interval[0] < 0.5 < found.interval[1]
    assert found.copies < 0.2
    assert found.generated_distance.shape == found.held_out_distance.shape == (120,)


def test_distances_are_root_mean_squares_in_spreads(training, space):
    moved = _with_curves(training, training.block + 0.3 * space.spread[:, None, None])
    apart = np.linalg.norm(space.rows(training) - space.rows(moved), axis=1)
    np.testing.assert_allclose(apart, 0.3, rtol=1e-3)


def test_a_gap_in_training_is_refused(training):
    block = training.block.copy()
    block[0, 0, 0] = np.nan
    with pytest.raises(SchemaError, match="without gaps"):
        CurveSpace.of(_with_curves(training, block), CHANNELS)


def _diffusion(**settings):
    return CurveDiffusion(n_components=6, width=32, depth=2, batch_size=32, dropout=0.0, **settings)


@pytest.fixture(scope="module")
def data():
    return people(40, seed=0)


@pytest.fixture(scope="module")
def judged(data):
    return judge_generator(_diffusion(max_epochs=80, learning_rate=4e-3), data)


def test_nobody_is_learnt_from_and_judged_by(judged, data):
    assert not set(judged.training.groups) & set(judged.held_out.groups)
    assert len(judged.training) + len(judged.held_out) == len(data)
    assert judged.generator.n_subjects_ == len(set(judged.training.groups))


def test_a_trained_generator_teaches_what_an_untrained_one_does_not(judged, data):
    untrained = judge_generator(_diffusion(max_epochs=1), data)
    taught = judged.predictive.loc["generated", "score"]
    assert taught > 0.75
    assert taught > untrained.predictive.loc["generated", "score"] + 0.1


def test_the_table_names_each_score_and_its_aim(judged):
    table = judged.table()
    assert table.attrs["simulated"]
    assert {"coverage", "nearest real cycle is a training cycle"} <= set(table.index)
    bounded = table.dropna()
    assert (bounded["low"] <= bounded["high"]).all()
    assert table["value"].between(0, 1).all()


def test_a_target_the_generator_cannot_be_asked_for_is_refused(data):
    generator = CurveDiffusion(conditions=["task"], n_components=2, width=8, max_epochs=1)
    with pytest.raises(SchemaError, match="a condition of the generator"):
        judge_generator(generator, data)


def test_one_subject_cannot_be_judged(data):
    with pytest.raises(SplitLeakError):
        judge_generator(_diffusion(max_epochs=1), data.take(np.arange(3)), target="task")
