"""Every example of a docstring gives what it shows."""

import doctest
import importlib
import pkgutil

import numpy as np
import pandas as pd
import pytest

import locomotion_analysis

MODULES = [
    found.name
    for found in pkgutil.walk_packages(locomotion_analysis.__path__, "locomotion_analysis.")
    if not found.name.endswith("__main__")
]
ROOMS = sorted({name.split(".")[1] for name in MODULES})


@pytest.mark.slow
@pytest.mark.filterwarnings("default::locomotion_analysis.errors.LocomotionWarning")
@pytest.mark.parametrize("room", ROOMS)
def test_the_examples_of_a_room_give_what_they_show(room, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told: list[str] = []
    for name in MODULES:
        if name.split(".")[1] != room:
            continue
        module = importlib.import_module(name)
        known = {**vars(module), "np": np, "pd": pd}
        for example in doctest.DocTestFinder(exclude_empty=True).find(module, globs=known):
            runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
            runner.run(example, out=told.append)
    assert not told, "".join(told)
