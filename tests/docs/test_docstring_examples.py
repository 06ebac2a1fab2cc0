"""The examples of the docstrings run, and print what they show."""

import doctest
import importlib
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

SOURCES = Path(__file__).resolve().parents[2] / "src"
MODULES = sorted(
    ".".join(file.relative_to(SOURCES).with_suffix("").parts).removesuffix(".__init__")
    for file in SOURCES.rglob("*.py")
    if ">>> " in file.read_text(encoding="utf-8")
)


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_print_what_they_show(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    found = doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(module))
    runner = doctest.DocTestRunner(
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False
    )
    told = []
    with warnings.catch_warnings(action="ignore"):
        for example in found:
            runner.run(example, out=told.append)
    plt.close("all")
    assert runner.summarize(verbose=False).failed == 0, "".join(told)
