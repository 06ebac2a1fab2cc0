"""Realism of generated cycles against what was built in, and their figures."""

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("torch", reason="PyTorch is the extra `deep`")

from benchmarks.research.generation import (
    generated_bands_figure,
    plot_generated_band,
    plot_nearest_distances,
    realism,
)
from tests.evaluation.made_people import CHANNELS, people

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.generation import Memorisation


@pytest.fixture(scope="module")
def pairs():
    return people(8, seed=0), people(8, seed=1)


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


def test_bands_are_labelled(pairs):
    axes = plot_generated_band(*pairs, CHANNELS[0])
    assert axes.get_xlabel() == "Gait cycle (%)"
    assert "°" in axes.get_ylabel()
    assert len(axes.get_legend().get_texts()) == 2
    made = generated_bands_figure(*pairs)
    assert [axes.get_ylabel() for axes in made.axes[::2]] == ["Healthy", "Stroke"]
    assert "(°)" in made.axes[1].get_title(loc="left")


def test_groups_to_draw_must_be_there(pairs):
    with pytest.raises(SchemaError, match="shoe_size"):
        generated_bands_figure(*pairs, by="shoe_size")


def test_distances_are_drawn_in_percent():
    generated, held_out = np.random.default_rng(0).uniform(0.1, 2.0, (2, 60))
    found = Memorisation(0.5, (0.4, 0.6), 0.0, 0.0, 0.2, generated, held_out)
    axes = plot_nearest_distances(found)
    shares = [patch.get_data().values.sum() for patch in axes.patches]
    np.testing.assert_allclose(shares, 100.0)
