"""What is refused as impossible, and what only comes with a finding: on real recordings too."""

from types import SimpleNamespace

import numpy as np
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.production.service.bodies import by_person, checked_cycles
from locomotion_analysis.production.service.contract import Description, RefusedError
from locomotion_analysis.production.service.worker import ServedBundle
from locomotion_analysis.simulation import simulate

KNEE = "knee_flexion_angle_ipsi_rad"
HIP = "hip_flexion_angle_ipsi_rad"


class Served(ServedBundle):
    """A bundle that was trained on some cycles."""

    channel_names = ()


def trained_on(data):
    """As a bundle that was written before manifests held ranges."""
    return Served(
        SimpleNamespace(reference=SimpleNamespace(cycles=data), manifest=SimpleNamespace(ranges={}))
    )


def times(data, channel, factor):
    block = np.array(data.block)
    block[data.channels.index(channel)] *= factor
    return LocomotionData(data.cycles, block, data.channels)


def test_a_few_faulty_cycles_in_the_training_do_not_widen_what_is_possible():
    data = simulate(30, 2, ["level_walking"], ["healthy"], seed=1).select(channels=[KNEE])
    block = np.array(data.block)
    block[0, :2] += 40
    faulty = trained_on(LocomotionData(data.cycles, block, data.channels))
    assert faulty.trained_ranges[KNEE].high > 40
    assert faulty.trained_ranges[KNEE].width < 2
    with pytest.raises(RefusedError, match="another unit"):
        checked_cycles(times(data, KNEE, 57.3), faulty)


@pytest.mark.parametrize(
    ("name", "channel"), [("hip_oa_phase", HIP), ("running_phase", HIP), ("running_phase", KNEE)]
)
def test_recordings_are_answered_by_a_model_of_them_and_in_degrees_refused(
    shared_data, name, channel
):
    data = LocomotionData.from_parquet(shared_data / "standard" / f"{name}.parquet")
    served = trained_on(data)
    found = checked_cycles(data, served).quality
    assert (found["severity"] == "error").any()  # the laboratory's own cycles leave the rails
    with pytest.raises(RefusedError, match="another unit"):
        checked_cycles(times(data.take([0, 9]), channel, 57.3), served)


def _model(classes=("healthy", "stroke"), target="pathology"):
    return Description("m", "1", (), classes, target, None, {})


def test_a_person_is_called_by_the_majority_of_cycles_and_the_sets_are_joined():
    rows = [
        {"subject": "B", "prediction": called, "set": own, "outside": outside, "imputed": filled,
         "probabilities": {"healthy": 1 - p, "stroke": p}}
        for called, own, outside, filled, p in (
            ("stroke", ["stroke"], True, 0, 0.6),
            ("healthy", ["healthy", "stroke"], False, 3, 0.1),
            ("stroke", ["stroke"], False, 1, 0.8),
        )
    ]  # fmt: skip
    (found,) = by_person(rows, _model())
    assert found["votes"] == {"healthy": 1, "stroke": 2}
    assert (found["prediction"], found["cycles"]) == ("stroke", 3)
    assert found["probabilities"]["stroke"] == pytest.approx(0.5)
    assert found["set"] == ["healthy", "stroke"]
    assert (found["outside"], found["imputed"]) == (1, 3)


def test_of_equal_votes_the_first_class_is_called_whatever_the_order_of_cycles():
    rows = [{"subject": "A", "prediction": each} for each in ("stroke", "healthy")]
    for order in (rows, rows[::-1]):
        assert by_person(order, _model())[0]["prediction"] == "healthy"


def test_where_the_task_is_the_target_each_task_of_a_person_is_called_by_itself():
    rows = [{"subject": "A", "task": task, "prediction": task} for task in ("run", "walk", "walk")]
    found = by_person(rows, _model(("run", "walk"), "task"))
    assert [(each["task"], each["prediction"], each["cycles"]) for each in found] == [
        ("run", "run", 1), ("walk", "walk", 2)
    ]  # fmt: skip


def test_a_quantity_is_the_mean_with_the_outermost_limits():
    rows = [{"subject": "A", "prediction": p, "low": p - 1, "high": p + 1} for p in (4.0, 6.0)]
    (found,) = by_person(rows, _model(None, "age"))
    assert (found["prediction"], found["low"], found["high"]) == (5.0, 3.0, 7.0)


def test_rows_of_unknown_people_are_no_person():
    assert by_person([{"prediction": "healthy"}], _model()) == []
