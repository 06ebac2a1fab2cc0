"""Every program of the gallery runs, and its picture says what is drawn and that it is simulated."""

import os
import runpy
from pathlib import Path

import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

PROGRAMS = sorted((Path(__file__).resolve().parents[2] / "examples" / "gallery").glob("*/*.py"))


def _figures(variables):
    """The package's own figures are not pyplot's: they are found in the program's variables."""
    held = [each.get_figure() if isinstance(each, Axes) else each for each in variables.values()]
    shown = [plt.figure(number) for number in plt.get_fignums()]
    return {each for each in held if isinstance(each, Figure)} | set(shown)


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_program_draws_one_labelled_picture(program, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plt, "show", lambda: None)
    try:
        (figure,) = _figures(runpy.run_path(str(program)))
        if os.environ.get("GALLERY_OUT"):
            figure.savefig(
                f"{os.environ['GALLERY_OUT']}/{program.parent.name}-{program.stem}.png", dpi=70
            )
        words = " ".join(
            text.get_text() for text in figure.findobj(lambda each: hasattr(each, "get_text"))
        )
        assert "simulated" in words.lower()
        assert any(axes.get_xlabel() or axes.get_ylabel() for axes in figure.axes)
    finally:
        plt.close("all")
