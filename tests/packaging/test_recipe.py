"""The conda recipe says what pyproject.toml says."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import locomotion_analysis

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
NAMES = {"matplotlib-base": "matplotlib"}  # conda's name -> PyPI's


@pytest.fixture(scope="module")
def recipe():
    text = (ROOT / "recipe" / "recipe.yaml").read_text()
    for name, value in yaml.safe_load(text)["context"].items():
        text = text.replace(f"${{{{ {name} }}}}", value)
    return yaml.safe_load(text)


def _bounds(entries):
    """Lower bounds by name, from lines of the form ``name >=1.0``."""
    found = (re.fullmatch(r"([\w-]+) ?>=([\d.]+)", entry).groups() for entry in entries)
    return {NAMES.get(name, name): bound for name, bound in found}


def test_the_name_version_and_license_are_the_projects(recipe):
    about, package = recipe["about"], recipe["package"]
    assert package == {"name": PROJECT["name"], "version": locomotion_analysis.__version__}
    assert about["license"] == PROJECT["license"]
    assert about["summary"] == PROJECT["description"]
    assert [about["license_file"]] == PROJECT["license-files"]


def test_it_needs_what_the_project_needs(recipe):
    wanted = _bounds([*PROJECT["dependencies"], f"python{PROJECT['requires-python']}"])
    assert _bounds(recipe["requirements"]["run"]) == wanted
    (backend,) = PYPROJECT["build-system"]["requires"]
    assert _bounds([backend]).items() <= _bounds(recipe["requirements"]["host"][2:]).items()


def test_it_installs_the_projects_commands(recipe):
    scripts = [f"{name} = {place}" for name, place in PROJECT["scripts"].items()]
    assert recipe["build"]["python"]["entry_points"] == scripts
