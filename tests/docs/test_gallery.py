"""Every program of the gallery runs and shows a picture, which says that it is simulated."""

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

GALLERY = Path(__file__).resolve().parents[2] / "examples" / "gallery"
PROGRAMS = sorted(GALLERY.glob("*/*.py"))

# As a kernel does: the cells share their names, and what the last line comes to is shown, as are
# the figures of pyplot.
_RUN_CELLS = """
import ast
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

names, shown = {{"__name__": "__main__"}}, set()
for cell in {cells!r}:
    *lines, last = ast.parse(cell).body
    exec(compile(ast.Module(lines, []), "cell", "exec"), names)
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
        shown |= {{value}} if isinstance(value, Figure) else set()
    else:
        exec(compile(ast.Module([last], []), "cell", "exec"), names)
    shown |= {{plt.figure(number) for number in plt.get_fignums()}}
print(len(shown), "picture")
"""


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
        shown = program.read_text().rstrip().splitlines()[-1] in {"figure", "axes.figure"}
        assert shown or figure in [plt.figure(number) for number in plt.get_fignums()]
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


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["03_curves/cyclogram", "06_models/roc", "10_markers/exchanged_markers"]
)
def test_the_notebook_of_a_program_shows_its_picture(name, tmp_path):
    converter = pytest.importorskip("sphinx_gallery.notebook")
    program = tmp_path / f"{Path(name).name}.py"
    shutil.copy(GALLERY / f"{name}.py", program)
    converter.python_to_jupyter_cli([str(program)])
    notebook = json.loads(program.with_suffix(".ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    (tmp_path / "cells.py").write_text(_RUN_CELLS.format(cells=cells), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "cells.py"],
        check=False,
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "1 picture"
