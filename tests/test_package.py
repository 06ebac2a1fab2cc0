"""What a user notices before anything else: import cost, names, errors, packaging."""

import json
import pickle
import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest
import yaml

import locomotion_analysis
from locomotion_analysis import errors

ROOT = Path(__file__).resolve().parents[1]


def _modules_after(statement):
    code = f"import sys, json\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_import_pulls_in_no_heavy_library():
    loaded = _modules_after("import locomotion_analysis")
    assert not {"matplotlib", "sklearn", "numba", "torch", "scipy", "ezc3d"} & loaded


def test_the_data_room_needs_only_pandas_and_arrow():
    loaded = _modules_after("from locomotion_analysis import LocomotionData")
    assert not {"matplotlib", "sklearn", "numba", "torch"} & loaded


def test_public_names_are_all_there():
    for name in locomotion_analysis.__all__:
        assert getattr(locomotion_analysis, name) is not None
    assert set(locomotion_analysis.__all__) == set(dir(locomotion_analysis))
    with pytest.raises(AttributeError, match="no attribute 'Gait'"):
        locomotion_analysis.Gait  # noqa: B018 - the access is what is tested


def test_an_error_has_four_parts_and_can_be_placed():
    error = errors.SchemaError(expected="a", got="b", fix="d")
    assert str(error.at("file x")) == "expected a\n  got: b\n  where: file x\n  what to do: d"
    assert "where: file y, file x" in str(error.at("file y"))
    assert isinstance(error, ValueError)
    leak = errors.SplitLeakError(expected="e", got="g")
    assert leak.code == "GAIT001"
    assert "[GAIT001]" in str(leak)


@pytest.mark.parametrize(
    "kind", [each for name in errors.__all__ if isinstance(each := getattr(errors, name), type)]
)
def test_an_error_comes_whole_out_of_a_worker_process(kind):
    """By pickle; one that cannot be sent broke the pool and hid what had happened."""
    error = (
        kind("why") if kind is errors.LocomotionWarning else kind(expected="a", got="b", fix="c")
    )
    if isinstance(error, errors.LocomotionError):
        error.at("file x")
    sent = pickle.loads(pickle.dumps(error))
    assert type(sent) is kind
    assert str(sent) == str(error)
    assert vars(sent) == vars(error)


def test_version_and_date_are_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    headings = re.findall(r"^## (\S+) - (\S+)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    dated = str(citation.get("date-released", "unreleased"))
    assert (citation["version"], dated) == headings[0]
    assert citation["version"] == locomotion_analysis.__version__
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (citation["title"], citation["license"]) == (project["name"], project["license"])


def test_every_dependency_of_the_tests_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    names = {re.split(r"[\[>]", entry)[0].strip().lower().replace("_", "-") for entry in wanted}
    pins = (ROOT / "constraints.txt").read_text().lower().replace("_", "-").splitlines()
    assert names <= {line.split("==")[0] for line in pins if "==" in line}
