"""The template projects run by the commands of their READMEs."""

import csv
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from locomotion_analysis import LocomotionData

TEMPLATES = Path(__file__).resolve().parents[2] / "examples" / "templates"
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "MPLBACKEND": "Agg",
}

pytestmark = pytest.mark.slow


@pytest.fixture
def project(request, tmp_path):
    """A copy of a template, and the commands of its README."""
    folder = tmp_path / "project"
    shutil.copytree(TEMPLATES / request.param, folder)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    return folder, [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]


def _run(command, folder):
    done = subprocess.run(
        shlex.split(command),
        check=False,
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("project", ["sklearn_pipeline"], indirect=True)
def test_the_pipeline_is_evaluated_by_subject(project):
    folder, commands = project
    for command in commands:
        _run(command, folder)
    metrics = json.loads((folder / "study" / "metrics.json").read_text())
    assert (folder / "study" / "report.html").exists()
    assert metrics["balanced_accuracy"] > metrics["baseline"]["balanced_accuracy"]


@pytest.mark.parametrize("project", ["pytorch_loop"], indirect=True)
def test_the_training_loop_is_evaluated_by_subject(project):
    pytest.importorskip("torch")
    folder, commands = project
    for command in commands:
        _run(command, folder)
    scores = json.loads((folder / "scores.json").read_text())
    low, high = scores["interval"]
    assert scores["baseline"] == pytest.approx(0.5)
    assert scores["baseline"] < low < scores["balanced_accuracy"] < high
    assert (folder / "confusion.png").stat().st_size > 5000


@contextmanager
def _serving(command, folder, url):
    server = subprocess.Popen(shlex.split(command), cwd=folder, env=ENVIRONMENT)
    try:
        for _ in range(480):
            try:
                urllib.request.urlopen(f"{url}/v2/health/ready", timeout=30).close()
                break
            except OSError:
                assert server.poll() is None, "the server ended"
                time.sleep(0.25)
        yield
    finally:
        server.terminate()
        assert server.wait(60) == 0


@pytest.mark.parametrize("project", ["service"], indirect=True)
def test_the_service_answers_about_new_people(project):
    pytest.importorskip("fastapi")
    pytest.importorskip("sqlalchemy")
    folder, commands = project
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    commands = [command.replace("8000", port) for command in commands]
    (at,) = [place for place, each in enumerate(commands) if each.startswith("locomotion serve")]
    for command in commands[:at]:
        _run(command, folder)
    with _serving(commands[at], folder, f"http://127.0.0.1:{port}"):
        for command in commands[at + 1 :]:
            _run(command, folder)
    with (folder / "answers.csv").open(newline="") as file:
        answers = list(csv.DictReader(file))
    new = LocomotionData.from_parquet(folder / "new.parquet").cycles
    truth = new.drop_duplicates("subject").set_index("subject")["pathology"]
    assert {each["subject"] for each in answers} == set(truth.index)
    assert sum(each["prediction"] == truth[each["subject"]] for each in answers) > 4  # of 8
    assert (folder / "watch.html").exists()
