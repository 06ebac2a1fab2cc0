"""The two commands: what they print, write and return."""

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from locomotion_analysis.cli.data import doctor, validate
from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import FileReadError, SchemaError

HIP = "hip_flexion_angle_ipsi_rad"


@pytest.fixture
def run():
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(validate)
    app.command()(doctor)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def wrong_file(sound, tmp_path):
    block = sound.block.copy()
    block[sound.channels.index(HIP)] *= -1
    path = tmp_path / "wrong.parquet"
    LocomotionData(sound.cycles, block, sound.channels).to_parquet(path)
    return path


def test_sound_data_pass(run, sound, tmp_path):
    path = tmp_path / "sound.parquet"
    sound.to_parquet(path)
    done = run("validate", path)
    assert done.exit_code == 0
    assert f"{len(sound)} cycles, 0 with errors" in done.stdout


def test_errors_give_status_1_and_the_files_asked_for(run, sound, tmp_path):
    block = sound.block.copy()
    block[sound.channels.index(HIP), :3] = 9.0
    source, page, clean = (tmp_path / name for name in ("in.parquet", "q.html", "out.parquet"))
    LocomotionData(sound.cycles, block, sound.channels).to_parquet(source)
    words = ("--out", page, "--write-clean", clean, "--ignore", "GAIT201")
    done = run("validate", source, *words)
    assert done.exit_code == 1
    assert "GAIT008" in done.stdout
    assert "GAIT201" not in done.stdout
    assert "agree with the norm" in page.read_text(encoding="utf-8")
    assert len(LocomotionData.from_parquet(clean)) == len(sound) - 3


def test_the_report_of_a_csv_file_names_it(run, sound, tmp_path):
    source, page = tmp_path / "walks.csv", tmp_path / "q.html"
    sound.take(range(12)).dataframe.to_csv(source, index=False)
    done = run("validate", source, "--out", page)
    assert done.exit_code == 0, done.output
    assert "walks.csv" in page.read_text(encoding="utf-8")


def test_the_doctor_proposes_and_changes_nothing(run, wrong_file):
    before = wrong_file.read_bytes()
    done = run("doctor", wrong_file)
    assert done.exit_code == 0
    assert "flip" in done.stdout
    assert "Nothing was changed" in done.stdout
    assert wrong_file.read_bytes() == before


def test_the_doctor_corrects_on_request_and_once(run, wrong_file, sound, tmp_path):
    once, twice = tmp_path / "once.parquet", tmp_path / "twice.parquet"
    assert run("doctor", wrong_file, "--apply", "--out", once).exit_code == 0
    done = run("doctor", once, "--apply", "--out", twice)
    assert "no proposals" in done.stdout
    a, b = (LocomotionData.from_parquet(path) for path in (once, twice))
    np.testing.assert_array_equal(a.block, sound.block)
    np.testing.assert_array_equal(a.block, b.block)
    assert a.history == b.history


def test_what_is_for_somebody_to_decide_is_told_and_left(run, sound, tmp_path):
    tilt = sound.channels.index("pelvis_anterior_tilt_angle_rad")
    block = sound.block.copy()
    block[tilt] -= np.radians(35)
    source, page, out = (tmp_path / name for name in ("in.parquet", "q.html", "out.parquet"))
    LocomotionData(sound.cycles, block, sound.channels).to_parquet(source)
    done = run("doctor", source, "--apply", "--out", out)
    assert "no proposals" in done.stdout
    assert "To decide" in done.stdout
    assert "another zero of the angle" in done.stdout
    np.testing.assert_array_equal(LocomotionData.from_parquet(out).block, block)
    run("validate", source, "--out", page)
    assert "To decide" in page.read_text(encoding="utf-8")


def test_bad_input_is_the_callers_error(run, tmp_path, wrong_file):
    assert isinstance(run("validate", tmp_path / "no.parquet").exception, FileReadError)
    assert isinstance(run("doctor", wrong_file, "--apply").exception, SchemaError)
    assert isinstance(run("doctor", wrong_file, "--kind", "magic").exception, SchemaError)
    assert isinstance(run("validate", wrong_file, "--ignore", "X1").exception, SchemaError)
