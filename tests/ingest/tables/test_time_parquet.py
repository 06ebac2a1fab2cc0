import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError
from locomotion_analysis.ingest import ReadOptions
from locomotion_analysis.ingest.tables.unmapped import TimeParquetReader

TIME = np.arange(20) / 100


def frame(**columns):
    return pd.DataFrame({"time_s": TIME, "knee_flexion_angle_left_rad": TIME} | columns)


def read(path):
    return TimeParquetReader().read(path, ReadOptions())


def written(tmp_path, table, name="a.parquet"):
    path = tmp_path / name
    table.to_parquet(path)
    return path


def said(recording):
    return "\n".join(map(str, recording.history))


def test_one_recording_a_subject_task_and_trial(tmp_path):
    parts = [
        frame(subject=subject, task="run", trial=trial, mass_kg=mass)
        for subject, trial, mass in (("B", "1", 70.0), ("A", "1", 80.0), ("A", "2", 80.0))
    ]
    recordings = read(written(tmp_path, pd.concat(parts, ignore_index=True)))
    names = [(part.subject, part.task, part.trial) for part in recordings]
    assert names == [("B", "run", "1"), ("A", "run", "1"), ("A", "run", "2")]
    assert [part.metadata for part in recordings] == [{"mass_kg": m} for m in (70.0, 80.0, 80.0)]
    for part in recordings:
        np.testing.assert_array_equal(part.streams[0].time_s, TIME)


@pytest.mark.parametrize(
    ("side", "ipsi", "contra"),
    [
        ("left", "left", "right"),
        ("right", "right", "left"),
        ("L", "left", "right"),
        ("r", "right", "left"),
        (" Left ", "left", "right"),
    ],
)
def test_ipsi_and_contra_follow_the_column_side(tmp_path, side, ipsi, contra):
    table = pd.DataFrame(
        {
            "time": TIME,
            "side": side,
            "hip_flexion_angle_ipsi_rad": TIME,
            "hip_flexion_angle_contra_deg": TIME,
        }
    )
    (recording,) = read(written(tmp_path, table))
    signals = recording.streams[0].signals
    np.testing.assert_array_equal(signals[f"hip_flexion_angle_{ipsi}_rad"], TIME)
    np.testing.assert_allclose(signals[f"hip_flexion_angle_{contra}_rad"], np.deg2rad(TIME))
    assert "factor 0.0174532925" in said(recording)


def test_without_a_side_ipsi_is_assumed_right_and_said(tmp_path):
    table = pd.DataFrame({"time": TIME, "hip_flexion_angle_ipsi_rad": TIME})
    (recording,) = read(written(tmp_path, table))
    assert recording.channels == ("hip_flexion_angle_right_rad",)
    assert "assumed: ipsi = right" in said(recording)


def test_names_in_the_index_are_columns(tmp_path):
    table = frame(subject="P07", task="run").set_index(["subject", "time_s"])
    (recording,) = read(written(tmp_path, table))
    assert recording.subject == "P07"
    np.testing.assert_array_equal(recording.streams[0].time_s, TIME)


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_timestamps_and_durations_count_from_the_first_row(tmp_path, zone):
    step = pd.to_timedelta(np.arange(20) * 10, "ms")  # 100 Hz
    for times in (pd.Timestamp("2024-03-01 10:00", tz=zone) + step, step):
        table = frame().assign(time=times).drop(columns="time_s")
        (recording,) = read(written(tmp_path, table))
        np.testing.assert_allclose(recording.streams[0].time_s, np.arange(20) / 100, atol=1e-12)
        assert "from the first row" in said(recording)


def test_aliases_and_other_columns(tmp_path):
    table = frame(subject_id="S", vertical_grf_left_N=TIME, emg=TIME).rename(
        columns={"time_s": "t"}
    )
    (recording,) = read(written(tmp_path, table))
    assert recording.subject == "S"
    assert "grf_vertical_left_N" in recording.channels
    assert "column emg: changes over time" in said(recording)


def test_content_decides_what_is_recognised(tmp_path):
    reader = TimeParquetReader()
    path = written(tmp_path, frame(), "renamed.c3d")
    assert reader.recognises(path, path.read_bytes()[:4096])
    cycles = written(tmp_path, frame(phase_ipsi=TIME), "cycles.parquet")
    assert not reader.recognises(cycles, cycles.read_bytes()[:4096])
    plain = written(tmp_path, pd.DataFrame({"a": TIME}), "plain.parquet")
    assert not reader.recognises(plain, plain.read_bytes()[:4096])
    assert not reader.recognises(plain, b"time_s,knee")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (frame(time_s=TIME[::-1]), "times that rise"),
        (frame().drop(columns="knee_flexion_angle_left_rad"), "channels such as"),
        (frame().iloc[:0], "0 rows"),
        (frame().iloc[:1], "two instants"),
        (frame(knee_flexion_angle_left_deg=TIME), "twice"),
        (frame(time_s=TIME * 1e9), "times in seconds"),
        (frame(time_s=TIME.astype(str)), "times in seconds"),
        (frame(hip_flexion_angle_ipsi_rad=TIME, side="dominant"), "dominant"),
        (frame(hip_flexion_angle_ipsi_rad=TIME, side=["L", "R"] * 10), "one side a trial"),
        (frame(hip_flexion_angle_left_rad=TIME.astype(str)), "hip_flexion_angle_left_rad"),
        (frame(subject=["A"] * 19 + [None]), "a subject in every row"),
        (frame(subject=["A"] * 19 + ["NA"]), "a subject in every row"),
    ],
)
def test_tables_that_are_no_recording(tmp_path, table, message):
    path = written(tmp_path, table)
    with pytest.raises(SchemaError, match=message) as caught:
        read(path)
    assert str(path) in caught.value.where


def test_time_must_rise_within_each_trial_and_the_message_names_it(tmp_path):
    table = pd.concat([frame(trial="a"), frame(trial="b").iloc[::-1]], ignore_index=True)
    with pytest.raises(SchemaError, match="trial=b"):
        read(written(tmp_path, table))


def test_a_cut_file_is_refused(tmp_path):
    whole = written(tmp_path, frame()).read_bytes()
    path = tmp_path / "cut.parquet"
    for length in range(4, len(whole), len(whole) // 7):
        path.write_bytes(whole[:length])
        with pytest.raises(FileReadError, match=r"cut\.parquet"):
            read(path)


def test_no_foreign_error_for_garbage(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1" + bytes(range(256)) * 4 + b"PAR1")
    TimeParquetReader().recognises(path, path.read_bytes()[:4096])
    with pytest.raises(LocomotionError):
        read(path)


def test_the_last_instant_printed_again_is_left_out(tmp_path):
    twice = pd.concat([frame(), frame().tail(1).assign(knee_flexion_angle_left_rad=9.0)])
    twice.to_parquet(tmp_path / "a.parquet")
    (recording,) = read(tmp_path / "a.parquet")
    (stream,) = recording.streams
    np.testing.assert_array_equal(stream.time_s, TIME)
    np.testing.assert_array_equal(stream.signals["knee_flexion_angle_left_rad"], TIME)
    assert "last one printed again (1)" in "\n".join(map(str, recording.history))


@pytest.mark.parametrize(("column", "said"), [("leg", "L"), ("limb", "links"), ("foot", "left")])
def test_another_word_for_the_side_is_understood(tmp_path, column, said):
    table = pd.DataFrame({"time_s": TIME, column: said, "hip_flexion_angle_ipsi_rad": TIME})
    (recording,) = read(written(tmp_path, table))
    assert recording.channels == ("hip_flexion_angle_left_rad",)
    assert recording.metadata == {}


def test_a_column_called_like_a_side_that_says_none_is_no_side(tmp_path):
    table = pd.DataFrame({"time_s": TIME, "foot": "bare", "hip_flexion_angle_ipsi_rad": TIME})
    (recording,) = read(written(tmp_path, table))
    assert recording.metadata == {"foot": "bare"}


@pytest.mark.parametrize("heading", ["Subject", "patient_id", "SubjectID", "participant_code"])
def test_other_headings_name_the_subject(tmp_path, heading):
    (recording,) = read(written(tmp_path, frame(**{heading: "007"})))
    assert recording.subject == "007"


def test_the_body_of_a_trial_is_one_and_its_gaps_are_none(tmp_path):
    gap = np.where(TIME < 0.1, np.nan, 70.0)
    (recording,) = read(written(tmp_path, frame(mass_kg=gap, weight_lbs=154.3)))
    assert recording.metadata["mass_kg"] == 70.0
    with pytest.raises(SchemaError, match="one mass_kg in a trial") as caught:
        read(written(tmp_path, frame(mass_kg=np.where(TIME < 0.1, 95.0, 70.0))))
    assert caught.value.got == "95.0, 70.0"


def test_a_column_that_names_its_unit_is_converted(tmp_path):
    (recording,) = read(written(tmp_path, frame(weight_lbs=154.3, height_cm=178)))
    assert recording.metadata == {"mass_kg": 69.989303, "height_m": 1.78}
    assert "converted: column weight_lbs -> mass_kg" in said(recording)
