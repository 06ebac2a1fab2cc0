"""A generator judged from end to end, and drawn."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is the extra `deep`")
pytest.importorskip("skorch", reason="skorch is the extra `deep`")

from tests.evaluation.generation.conftest import CHANNELS, people

from locomotion_analysis.errors import SchemaError, SplitLeakError
from locomotion_analysis.evaluation.generation import (
    generated_bands_figure,
    judge_generator,
    plot_generated_band,
    plot_nearest_distances,
)
from locomotion_analysis.models.deep import CurveDiffusion


def _diffusion(**settings):
    return CurveDiffusion(n_components=6, width=32, depth=2, batch_size=32, dropout=0.0, **settings)


@pytest.fixture(scope="module")
def data():
    return people(40, seed=0)


@pytest.fixture(scope="module")
def judged(data):
    return judge_generator(_diffusion(max_epochs=80, learning_rate=4e-3), data, n_bootstrap=100)


def test_nobody_is_learnt_from_and_judged_by(judged, data):
    assert not set(judged.training.groups) & set(judged.held_out.groups)
    assert len(judged.training) + len(judged.held_out) == len(data)
    assert judged.generator.n_subjects_ == len(set(judged.training.groups))


def test_a_trained_generator_teaches_what_an_untrained_one_does_not(judged, data):
    untrained = judge_generator(_diffusion(max_epochs=1), data, n_bootstrap=20)
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


def test_bands_are_labelled(judged):
    axes = plot_generated_band(judged.held_out, judged.generated, CHANNELS[0])
    assert axes.get_xlabel() == "Gait cycle (%)"
    assert "°" in axes.get_ylabel()
    assert len(axes.get_legend().get_texts()) == 2
    made = generated_bands_figure(judged.held_out, judged.generated)
    assert [axes.get_ylabel() for axes in made.axes[::2]] == ["Healthy", "Stroke"]
    assert "(°)" in made.axes[1].get_title(loc="left")


def test_groups_to_draw_must_be_there(judged):
    with pytest.raises(SchemaError, match="shoe_size"):
        generated_bands_figure(judged.held_out, judged.generated, by="shoe_size")


def test_distances_are_drawn_in_percent(judged):
    axes = plot_nearest_distances(judged.memorisation)
    shares = [patch.get_data().values.sum() for patch in axes.patches]
    np.testing.assert_allclose(shares, 100.0)
