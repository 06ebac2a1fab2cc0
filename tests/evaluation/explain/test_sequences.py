import numpy as np
import pytest

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.explain import (
    plot_phase_importance,
    plot_phase_importance_on_curves,
    sequence_importance,
)
from locomotion_analysis.evaluation.explain.report import plot_phase_map
from locomotion_analysis.simulation import simulate

CHANNELS = ["hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad"]


@pytest.mark.parametrize("replace_by", ["other_subject", "mean_curve"])
def test_the_window_and_the_channel_that_tell_the_class_are_found(walkers, flattened, replace_by):
    found = sequence_importance(
        flattened,
        walkers.sequences,
        walkers.y,
        walkers.groups,
        CHANNELS,
        n_repeats=3,
        replace_by=replace_by,
    )
    knee = found.curve("knee_flexion_angle_ipsi_rad")
    best = knee.loc[knee["importance"].idxmax()]
    assert best["start"] <= 70 <= best["end"]
    assert best["low"] > 0
    assert found.by_channel()["channel"].iloc[0] == "knee_flexion_angle_ipsi_rad"
    assert abs(found.curve("hip_flexion_angle_ipsi_rad")["importance"]).max() < 0.1
    assert len(found.curve()) == 10


def test_the_sequences_stay_as_they_were(walkers, flattened):
    before = walkers.sequences.copy()
    sequence_importance(
        flattened, walkers.sequences, walkers.y, walkers.groups, CHANNELS, n_windows=2, n_repeats=1
    )
    assert np.array_equal(before, walkers.sequences)


def test_figures_are_drawn_on_the_gait_cycle(flattened):
    data = simulate(
        n_subjects=12, n_cycles=2, tasks=["level_walking"], pathologies=["healthy", "stroke"]
    )
    labels = data.cycles["pathology"].to_numpy()
    found = sequence_importance(
        flattened, data.array(CHANNELS), labels, data.groups, CHANNELS, n_windows=4, n_repeats=1
    )
    on_cycle = plot_phase_importance(found, toe_off=62.0)
    assert on_cycle.get_xlim() == (0, 100)
    assert [text.get_text() for text in on_cycle.texts] == ["toe-off"]
    on_curves = plot_phase_importance_on_curves(found, data, labels, CHANNELS[1])
    assert len(on_curves.get_legend().get_texts()) == 2
    assert "°" in on_curves.get_ylabel()
    rows = plot_phase_map(found).get_yticklabels()
    assert [row.get_text() for row in rows] == ["Hip flexion", "Knee flexion"]
    with pytest.raises(SchemaError, match="ankle"):
        plot_phase_importance(found, "ankle")


def test_bad_input_is_one_clear_error(walkers, flattened):
    run = {"y": walkers.y, "groups": walkers.groups}
    with pytest.raises(SchemaError, match="three dimensions"):
        sequence_importance(flattened, walkers.X, channels=CHANNELS, **run)
    with pytest.raises(SchemaError, match="2 different channel names"):
        sequence_importance(flattened, walkers.sequences, channels=CHANNELS[:1], **run)
    with pytest.raises(SchemaError, match="windows"):
        sequence_importance(flattened, walkers.sequences, channels=CHANNELS, n_windows=60, **run)
