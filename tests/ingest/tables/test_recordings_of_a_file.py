"""Files that hold several recordings under names of one pattern, and signals at several rates."""

import numpy as np
import pytest
from scipy.io import savemat

from locomotion_analysis.errors import LocomotionError, SchemaError
from locomotion_analysis.ingest import ColumnMap
from locomotion_analysis.ingest.recording import ReadOptions
from locomotion_analysis.ingest.tables.mapped import TableReader

MAP = """
layout: time_series
time: {rate_hz: 100}
channels:
  knee_flexion_angle_left_rad: {columns: "trial_{number:d}_angles", entry: 1, unit: deg}
  grf_vertical_left_N: {columns: "trial_{number:d}_force", rate_hz: 1000}
recording:
  subject: P1
  task: level_walking
  trial: {column: number}
  mass_kg: {column: "mass_{number}"}
"""


@pytest.fixture
def read(tmp_path):
    """Read arrays by a map."""

    def read_by(text, **arrays):
        (tmp_path / "map.yaml").write_text(text)
        np.savez(tmp_path / "lab.npz", **arrays)
        options = ReadOptions(column_map=ColumnMap.from_yaml(tmp_path / "map.yaml"))
        return TableReader().read(tmp_path / "lab.npz", options)

    return read_by


def _arrays(lengths):
    arrays = {}
    for number, n in lengths.items():
        arrays[f"trial_{number}_angles"] = np.arange(3.0 * n).reshape(n, 3)
        arrays[f"trial_{number}_force"] = number + np.arange(10.0 * n)
        arrays[f"mass_{number}"] = np.array([60.0 + number])
    return arrays


def test_each_match_of_a_pattern_is_a_recording_with_its_own_rates(read):
    found = read(MAP, **_arrays({2: 50, 11: 70}))
    assert [one.trial for one in found] == ["2", "11"]
    assert [one.metadata["mass_kg"] for one in found] == [62.0, 71.0]
    slow, fast = found[1].streams
    assert list(slow.signals) == ["knee_flexion_angle_left_rad"]
    expected = np.radians(np.arange(210.0).reshape(70, 3)[:, 1])
    np.testing.assert_allclose(slow.signals["knee_flexion_angle_left_rad"], expected)
    np.testing.assert_allclose(slow.time_s, np.arange(70) / 100)
    np.testing.assert_allclose(fast.time_s, np.arange(700) / 1000)
    np.testing.assert_allclose(fast.signals["grf_vertical_left_N"], 11 + np.arange(700.0))


def test_a_recording_that_lacks_a_channel_is_left_out_and_named(read):
    arrays = _arrays({1: 50, 2: 50})
    del arrays["trial_2_force"]
    (only,) = read(MAP, **arrays)
    assert only.trial == "1"
    assert any(entry.action == "dropped" and "number 2" in entry.detail for entry in only.history)
    del arrays["trial_1_angles"]
    with pytest.raises(SchemaError, match="the same recordings"):
        read(MAP, **arrays)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (("rate_hz: 1000", "rate_hz: 500"), "signals that end together"),
        ((", rate_hz: 1000", ""), "signals of one length"),
        (("entry: 1", "entry: 3"), "one column of a matrix"),
        (("entry: 1, ", ""), "one column of a matrix"),
        (('"trial_{number:d}_force", rate', '"trial_{number:d}_force", entry: 0, rate'), "one number"),
        (("trial_{number:d}_angles", "walk_{number:d}"), "variables like walk_"),
        (("rate_hz: 1000", "rate_hz: 0"), "a rate above zero"),
        (("entry: 1, unit: deg", "entry: 1, unit: deg, rate_hz: 100"), "at the rate of the map's time"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(read, changed, message):
    with pytest.raises(LocomotionError, match=message):
        read(MAP.replace(*changed), **_arrays({1: 50}))


def test_members_of_a_struct_array_that_differ_in_length_are_numbered(tmp_path):
    trials = np.empty((1, 2), dtype=[("angle", object), ("who", object)])
    for place, n in enumerate((40, 60)):
        trials[0, place] = ({"knee": np.ones((n, 3)) * place}, "anna")
    savemat(tmp_path / "lab.mat", {"data": trials})
    text = """
layout: time_series
time: {rate_hz: 100}
channels:
  knee_flexion_angle_left_rad: {columns: "data.angle.{trial}.knee", entry: 0, unit: deg}
recording: {subject: anna, task: level_walking, trial: {column: trial}}
"""
    (tmp_path / "map.yaml").write_text(text)
    options = ReadOptions(column_map=ColumnMap.from_yaml(tmp_path / "map.yaml"))
    found = TableReader().read(tmp_path / "lab.mat", options)
    assert [len(one.streams[0].time_s) for one in found] == [40, 60]
    assert found[1].streams[0].signals["knee_flexion_angle_left_rad"][0] == np.radians(1.0)
