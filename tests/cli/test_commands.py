"""The commands do what they say, and say what they did."""

import json
import subprocess
import sys

import pandas as pd
import pytest
import typer

from locomotion_analysis import LocomotionData, __version__
from locomotion_analysis.cli import app

COMMANDS = ("demo", "run", "train", "explain", "info", "simulate", "convert")


def test_version(locomotion):
    ended = locomotion("--version")
    assert ended.status == 0
    assert __version__ in ended.out


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_explains_itself(locomotion, command, flag):
    ended = locomotion(command, flag)
    assert ended.status == 0
    assert "Usage" in ended.out


def test_help_loads_no_heavy_library():
    code = (
        "import sys; from locomotion_analysis.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'pandas', 'sklearn', 'matplotlib', 'numba', 'scipy', 'pyarrow', 'torch'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_simulate_writes_marked_data_of_the_size_asked_for(locomotion, tmp_path):
    path = tmp_path / "walk.parquet"
    words = ("--subjects", 4, "--cycles", 2, "--seed", 7, "--layout", "long")
    ended = locomotion("simulate", "--out", path, "--tasks", "stair_ascent", *words)
    assert ended.status == 0
    assert "simulated" in ended.out
    data = LocomotionData.from_parquet(path)
    assert data.is_simulated
    assert len(data) == 8
    assert set(data.cycles["task"]) == {"stair_ascent"}


def test_simulate_refuses_an_unknown_task(locomotion, tmp_path):
    ended = locomotion("simulate", "--out", tmp_path / "x.parquet", "--tasks", "moonwalk")
    assert ended.status == 2
    assert "moonwalk" in ended.err
    assert not list(tmp_path.iterdir())


def test_a_file_is_what_its_ending_says(locomotion, tmp_path):
    ended = locomotion("simulate", "--out", tmp_path / "walk.csv", "--subjects", 2, "--cycles", 1)
    assert ended.status == 2
    assert "ends in .parquet" in ended.err
    assert not list(tmp_path.iterdir())


def test_info_names_subjects_tasks_and_channels(locomotion, small_file, small):
    ended = locomotion("info", small_file)
    assert ended.status == 0
    assert "8 subjects" in ended.out
    assert "simulated" in ended.out
    assert all(name in ended.out for name in small.channels)


def test_run_writes_three_files_and_tells_score_against_baseline(locomotion, small_file, tmp_path):
    out = tmp_path / "out"
    words = ("--target", "pathology", "--folds", 2, "--model", "linear")
    ended = locomotion("run", small_file, *words, "--out", out)
    assert ended.status == 0, ended.err
    names = {"report.html", "features.parquet", "metrics.json"}
    assert {path.name for path in out.iterdir()} == names
    assert "Balanced accuracy" in ended.out
    assert "baseline 0.50" in ended.out
    assert "Simulated data" in ended.out
    assert str(out / "report.html") in ended.out
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["simulated"] is True
    assert metrics["provenance"]["files"][0]["name"] == small_file.name


def test_run_reads_csv_and_restricts_cycles(locomotion, small_file, tmp_path):
    path, out = tmp_path / "walk.csv", tmp_path / "out"
    pd.read_parquet(small_file).to_csv(path, index=False)
    words = ("--target", "pathology", "--where", "step > 0", "--folds", 2, "--out", out)
    ended = locomotion("run", path, *words, "--model", "linear")
    assert ended.status == 0, ended.err
    assert "16 simulated cycles of 8 subjects" in ended.out


def test_warnings_are_one_line_each(locomotion, small_file, tmp_path):
    words = ("--target", "pathology", "--folds", 5, "--model", "linear")
    ended = locomotion("run", small_file, *words, "--out", tmp_path / "out")
    lines = [line for line in ended.err.splitlines() if line.startswith("warning:")]
    assert any("fewer subjects than the 5 folds" in line for line in lines)
    assert "LocomotionWarning" not in ended.err


@pytest.mark.slow
def test_demo_runs_and_beats_its_baseline(locomotion, tmp_path):
    out = tmp_path / "demo"
    ended = locomotion("demo", "--out", out)
    assert ended.status == 0, ended.err
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["intervals"]["balanced_accuracy_minus_baseline"][0] > 0
    assert metrics["n_features"] >= 150
    assert "SIMULATED DATA" in (out / "report.html").read_text()


def _options(command, name=""):
    """Yield (command, option, its help) of a command and all below it."""
    for below, each in getattr(command, "commands", {}).items():
        yield from _options(each, f"{name} {below}".strip())
    for each in command.params:
        for option in each.opts:
            yield name, option, getattr(each, "help", None)


def test_an_option_means_the_same_in_every_command():
    told = {}
    for name, option, words in _options(typer.main.get_command(app)):
        told.setdefault(option, {})[name] = words
    for option in (
        "--where", "--channels", "--seed", "--jobs", "--folds", "--target", "--features",
        "--subject-column",
    ):  # fmt: skip
        assert len(told[option]) > 1, option
        assert len(set(told[option].values())) == 1, told[option]
    assert set(told["--workers"]) == {"serve"}
    assert set(told["--task"]) == {"convert", "discover", "stream"}
    assert not {"--channel", "--report", "--arch"} & told.keys()


def test_validate_reports_on_csv_and_names_the_file(locomotion, small_file, tmp_path):
    path, out = tmp_path / "walk.csv", tmp_path / "quality.html"
    pd.read_parquet(small_file).to_csv(path, index=False)
    ended = locomotion("validate", path, "--out", out)
    assert ended.status in (0, 1), ended.err
    assert "walk.csv" in out.read_text()


def test_the_command_is_called_by_its_own_name(locomotion):
    """By `python -m`, too: the completion that is installed then would be of no command."""
    assert "Usage: locomotion run" in locomotion("run", "--help").out
