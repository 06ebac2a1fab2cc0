"""What `make dist` builds installs into a bare environment and works, with old and new libraries."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

pytestmark = pytest.mark.slow


def _done(*command, cwd):
    """Run a command that sees this source tree only if it is installed."""
    hidden = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL"}
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        [str(each) for each in command],
        check=False,
        cwd=cwd,
        env=env | {"MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """An index that pip can ask; `make` asks the same one."""
    target = tmp_path_factory.mktemp("probe")
    ask = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(target), "build"]
    if subprocess.run(ask, check=False, capture_output=True, timeout=300).returncode:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("pip finds no package index from here")


@pytest.fixture(scope="module")
def built(index, tmp_path_factory):
    """Folder with the wheel and the source archive."""
    folder = tmp_path_factory.mktemp("dist")
    _done(
        "make",
        "dist",
        f"VENV={folder / 'venv'}",
        f"DIST={folder / 'dist'}",
        f"PYTHON={sys.executable}",
        cwd=ROOT,
    )
    shutil.rmtree(folder / "venv")
    return folder / "dist"


@pytest.fixture(scope="module")
def wheel(built):
    (found,) = built.glob("*.whl")
    return found


def _kept(*folders):
    """Files of the repository, and those that git would add to it."""
    if not (ROOT / ".git").exists():
        pytest.skip("no repository to compare with")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard", *folders],
        check=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return {name for name in listed.stdout.split("\0") if name}


def test_the_source_archive_holds_the_whole_repository_and_no_more(built):
    (found,) = built.glob("*.tar.gz")
    with tarfile.open(found) as archive:
        names = {each.name.partition("/")[2] for each in archive if each.isfile()}
    assert names - {"PKG-INFO"} == _kept()


def test_the_wheel_holds_the_package_and_no_more(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == {name.removeprefix("src/") for name in _kept("src")}


def _lowest():
    """The core dependencies, each at the lowest version that the project says it works with."""
    for entry in PROJECT["dependencies"]:
        name, version = re.fullmatch(r"([\w-]+)>=([\d.]+)", entry).groups()
        yield f"{name}=={version}"


@pytest.mark.parametrize("lane", ["oldest", "newest"])
def test_the_wheel_does_its_work_in_a_bare_environment(lane, wheel, tmp_path):
    limits = tmp_path / "limits.txt"
    limits.write_text("\n".join(_lowest() if lane == "oldest" else []))
    _done(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    python, locomotion = (tmp_path / "venv" / "bin" / name for name in ("python", "locomotion"))
    try:
        pip = (python, "-m", "pip")
        _done(*pip, "install", "-q", "--no-compile", "-c", limits, wheel, cwd=tmp_path)
        _done(*pip, "check", cwd=tmp_path)
        assert PROJECT["name"] in _done(locomotion, "--version", cwd=tmp_path)
        walk = ("--subjects", 6, "--cycles", 2, "--tasks", "level_walking", "--out", "w.parquet")
        _done(locomotion, "simulate", *walk, cwd=tmp_path)
        _done(locomotion, "validate", "w.parquet", "--out", "quality.html", cwd=tmp_path)
        study = ("--target", "pathology", "--folds", 2, "--model", "linear", "--out", "study")
        _done(locomotion, "run", "w.parquet", *study, "--features", "temporal", cwd=tmp_path)
        assert (tmp_path / "study" / "report.html").stat().st_size > 10_000
    finally:
        shutil.rmtree(tmp_path / "venv")
