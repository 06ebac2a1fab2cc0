"""JSON for programs, progress in files, quiet, and names that are nearly right."""

import json
import math
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import typer

from locomotion_analysis.cli import show
from locomotion_analysis.cli.app import app
from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning

KNEE = "knee_flexion_angle_ipsi_rad"


def loaded(text):
    """Return one JSON object without NaN, which stands alone."""
    return json.loads(text, parse_constant=pytest.fail)


def test_describe_as_json(locomotion, small, small_file):
    told = loaded(locomotion("describe", small_file, "--json").out)
    assert (told["cycles"], told["subjects"], told["simulated"]) == (24, 8, True)
    of_class = {
        row["value"]: row["subjects"] for row in told["counts"] if row["column"] == "pathology"
    }
    assert of_class == {"healthy": 4, "stroke": 4}
    assert [row["channel"] for row in told["channels"]] == list(small.channels)
    age = next(row for row in told["people"] if row["column"] == "age")
    assert math.isclose(age["mean"], small.cycles.groupby("subject")["age"].first().mean())


def test_validate_as_json_keeps_its_status(locomotion, small, tmp_path):
    frame = small.dataframe
    frame.loc[frame.index[:150], KNEE] = 40.0
    frame.to_parquet(tmp_path / "walk.parquet")
    done = locomotion("validate", tmp_path / "walk.parquet", "--json")
    told = loaded(done.out)
    assert done.status == 1
    assert told["ok"] is False
    assert told["cycles"] == 24
    assert told["cycles_with_errors"] >= 1
    assert {row["code"] for row in told["findings"]}


def test_audit_as_json(locomotion, small_file, tmp_path):
    words = ("--channels", KNEE, "--model", "linear", "--folds", 2, "--draws", 1)
    done = locomotion("audit", small_file, "--target", "sex", *words, "--json")
    told = loaded(done.out)
    assert done.status == int(told["leaks"])
    assert told["n_subjects"] == 8
    assert 0 <= told["on_target"]["grouped"] <= 1
    assert told["verdict"]


def test_progress_in_a_file_is_a_line_now_and_then(capsys, monkeypatch):
    now = iter([0.0, 1.0, 6.0, 7.0, 30.0])
    monkeypatch.setattr(show.time, "monotonic", lambda: next(now))
    with show.progress_bar() as progress:
        for done in range(4):
            progress("folds", done, 4)
    assert capsys.readouterr().err.splitlines() == ["folds: 1 of 4", "folds: 3 of 4"]


def test_quiet_shows_none(capsys, monkeypatch):
    monkeypatch.setattr(show, "_LINE_EVERY_S", 0.0)
    for bar in (show.progress_bar, show.rate_bar, show.download_bar):
        with bar(True) as progress:
            progress("folds", 1, 4)
        assert capsys.readouterr().err == ""
        with bar() as progress:
            progress("folds", 1, 4)
        assert capsys.readouterr().err == "folds: 1 of 4\n"


def test_every_command_with_progress_has_quiet():
    """The option stands wherever the source asks for progress, and nowhere else."""
    commands = typer.main.get_command(app)

    def leaves(command, name=""):
        if hasattr(command, "commands"):
            for below, each in command.commands.items():
                yield from leaves(each, f"{name} {below}".strip())
        else:
            yield name, command

    for name, command in leaves(commands):
        names = command.callback.__wrapped__.__code__.co_names
        shows = any(each in names for each in ("progress_bar", "rate_bar", "download_bar"))
        options = {option for each in command.params for option in each.opts}
        assert ("--quiet" in options) == shows, name


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("simulate", "--tasks", "level_walkin"), "did you mean level_walking"),
        (("train", "DATA", "--target", "pathology", "--recipes", "extra_tree"), "extra_trees?"),
        (("train", "DATA", "--target", "pathology", "--recipes", "GRU"), "did you mean gru"),
        (("train", "DATA", "--target", "Pathologie"), "did you mean pathology?"),
        (("subset", "DATA", "--where", "pathologie == 'stroke'"), "did you mean pathology?"),
        (("subset", "DATA", "--channels", "knee_flexion_angel_ipsi_rad"), KNEE),
        (("run", "DATA", "--target", "sex", "--features", "kinematics"), "did you mean kinematic"),
        (("models", "make", "DATA", "--architecture", "lstn"), "did you mean lstm?"),
        (("plot", "DATA", "--by", "patology"), "did you mean pathology?"),
    ],
)
def test_a_name_that_is_nearly_right_is_answered_with_it(
    locomotion, small_file, tmp_path, words, told
):
    words = [small_file if word == "DATA" else word for word in words]
    done = locomotion(*words, "--out", tmp_path / "out.parquet")
    assert done.status == 2
    assert told in done.err
    assert not (tmp_path / "out.parquet").exists()


def test_predict_as_json(locomotion, tmp_path):
    pytest.importorskip("skops")
    from pathlib import Path

    from locomotion_analysis.production.bundle import open_bundle

    kept = Path(__file__).resolve().parents[1] / "production/bundle/old/format_1.bundle"
    open_bundle(kept).golden.features.to_csv(tmp_path / "rows.csv", index=False)
    asked = ("predict", kept, tmp_path / "rows.csv", "--out", tmp_path / "said.csv", "--json")
    told = loaded(locomotion(*asked).out)
    assert told["rows"] == told["answered"] == len(pd.read_csv(tmp_path / "said.csv"))
    assert told["target"] == "pathology"


@pytest.mark.parametrize(("typed", "offered"), [("merg", "merge"), ("describe --js", "--json")])
def test_the_shell_completes_commands_and_options(typed, offered):
    words = ["locomotion", *typed.split()]
    environment = {
        **os.environ,
        "_LOCOMOTION_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    code = "import sys; sys.argv = ['locomotion']; from locomotion_analysis.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert offered in done.stdout.split()


def test_a_score_is_printed_with_the_reasons_to_doubt_it(locomotion, small, tmp_path):
    block = small.block.copy()
    ill = (small.cycles["pathology"] == "stroke").to_numpy()
    block[:, ill] = np.roll(block[:, ill], 75, axis=2)
    LocomotionData(small.cycles, block, small.channels).to_parquet(tmp_path / "walk.parquet")
    words = ("--target", "pathology", "--model", "linear", "--folds", 2, "--features", "temporal")
    done = locomotion("run", tmp_path / "walk.parquet", *words, "--out", tmp_path / "study")
    assert done.status == 0, done.err
    assert "caution: 12 cycles are about half a cycle out of phase" in done.out


def test_a_warning_is_told_once(capsys):
    tell = show.warning_lines()
    for text in ("a  gap", "a gap", "another"):
        tell(LocomotionWarning(text), LocomotionWarning, "file.py", 1)
    assert capsys.readouterr().err.splitlines() == ["warning: a gap", "warning: another"]


def test_some_simulated_cycles_are_not_all(capsys, small):
    real = small.cycles.assign(simulated=np.where(np.arange(len(small)) < 4, True, None))
    mixed = LocomotionData(real, small.block, small.channels)
    show.show_size(mixed)
    assert capsys.readouterr().out == "24 cycles of 8 subjects, 4 of them simulated\n"
    assert "4 of them simulated" in repr(mixed)
    show.show_size(small)
    assert capsys.readouterr().out == "24 simulated cycles of 8 subjects\n"
