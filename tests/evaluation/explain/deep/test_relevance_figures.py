"""Figures show the numbers, on the gait cycle, and say what is simulated."""

import numpy as np
import pytest

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.simulation import simulate

pytest.importorskip("torch", reason="PyTorch is the extra `deep`")

from locomotion_analysis.evaluation.explain.networks import (
    CycleRelevance,
    plot_relevance,
    plot_relevance_map,
    plot_relevance_on_curves,
)

CHANNELS = ("hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad")


@pytest.fixture(scope="module")
def data():
    return simulate(
        n_subjects=6, n_cycles=2, tasks=["level_walking"], pathologies=["healthy", "stroke"]
    )


@pytest.fixture(scope="module")
def found(data):
    values = np.zeros((len(data.cycles), 10, 2), np.float32)
    values[:, 6, 1], values[:, 2, 0] = 1.0, -0.4
    return CycleRelevance(
        values,
        np.linspace(0, 100, 11),
        CHANNELS,
        data.cycles["pathology"].to_numpy(),
        data.groups,
        "added to the logit",
    )


def test_a_line_for_each_outcome(found, data):
    axes = plot_relevance(found, data, CHANNELS[1], by_outcome=True)
    steps = [patch.get_data() for patch in axes.patches if hasattr(patch, "get_data")]
    assert len(steps) == 2
    np.testing.assert_allclose(steps[0].values, found.profile(CHANNELS[1])["relevance"])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["Healthy", "Stroke"]
    assert axes.get_xlabel() == "Gait cycle (%)"
    assert axes.get_ylabel() == "Added to the logit, size"


def test_simulated_data_is_marked_and_toe_off_drawn(found, data):
    for axes in (
        plot_relevance(found, data),
        plot_relevance_map(found, data),
        plot_relevance_on_curves(found, data, CHANNELS[1], "stroke"),
    ):
        assert axes.get_title(loc="right") == "SIMULATED DATA"
        assert "toe-off" in [text.get_text() for text in axes.texts]


def test_the_map_has_the_channel_of_most_weight_on_top(found, data):
    axes = plot_relevance_map(found, data, "stroke")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Knee flexion", "Hip flexion"]
    (image,) = axes.collections
    low, high = image.get_clim()
    assert low == -high
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_the_curve_is_coloured_by_what_speaks_for_its_outcome(found, data):
    axes = plot_relevance_on_curves(found, data, CHANNELS[1], "stroke")
    (line,) = axes.collections
    assert line.get_array().argmax() == pytest.approx(0.65 * 149, abs=2)
    assert axes.get_ylabel() == "Angle (°)"


def test_other_cycles_or_channels_are_refused(found, data):
    with pytest.raises(SchemaError, match="in the same order"):
        plot_relevance_on_curves(found, data.take([0, 1]), CHANNELS[1], "stroke")
    with pytest.raises(SchemaError, match="channel"):
        plot_relevance_on_curves(found, data, "knee", "stroke")
