"""The measured pages say what their commands would write today, figures aside."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest
from revalidation.bands import ADULTS, DIFFICULTY, REALISM, SERIES
from revalidation.figure import Comparison, Figure
from revalidation.published import FURTHER
from revalidation.report import comparison_cells, figure_cells

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
WRITERS = {
    "generation.md": {"generation": ("HEAD", "judged_part", "published_figures")},
    "kinetics.md": {"kinetics_from_kinematics": ("section", "subject_line", "measured_section")},
    "transfer.md": {"transfer": ("HEAD", "section", "verdict")},
    "gait-events.md": {"gait_events": ("_PAGE", "page")},
    "interval-coverage.md": {"interval_coverage": ("PAGE",)},
    "conformal-coverage.md": {"conformal_coverage": ("PAGE",)},
    "curve-tests.md": {"curve_tests": ("PAGE",)},
    "leaderboards.md": {"leaderboards": ("part",)},
    "deep-learning.md": {
        "deep_leaderboard": ("compare",),
        "deep_ablation": ("ablation",),
    },
    "benchmarks.md": {
        "features_page": ("write_page",),
        "bench_streaming": ("_sizes_table", "_stages_sentence", "_engines_table"),
    },
}
HOLE = "\0"
SHORTEST = 12
"""Characters that a piece of text has at least; what is shorter is a key or a separator."""


def _written(script, names):
    """Return the texts of a script's constants and functions, with holes for the figures."""
    tree = ast.parse((ROOT / "benchmarks" / f"{script}.py").read_text(encoding="utf-8"))
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name in names:
            found[node.name] = list(_texts(node.body))
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in names:
            parts = Formatter().parse(ast.literal_eval(node.value))
            text = "".join(plain + (HOLE if field else "") for plain, field, _, _ in parts)
            found[ast.unparse(node.targets[0])] = [text]
    assert found.keys() == set(names)
    return [text for name in names for text in found[name]]


def _texts(nodes):
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            parts = [n.value if isinstance(n, ast.Constant) else HOLE for n in node.values]
            yield "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif not _apart(node):
            yield from _texts(ast.iter_child_nodes(node))


def _apart(node):
    """Tell whether it is a docstring, what goes to the terminal alone, or one of several texts."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) or ast.unparse(node).startswith("print(")
    return isinstance(node, ast.IfExp)


def _pattern(line):
    return "[^\n]*?".join(re.escape(part) for part in line.strip().split(HOLE))


@pytest.mark.parametrize("page", WRITERS)
def test_a_page_has_the_texts_that_its_command_writes(page):
    text = (REFERENCE / page).read_text(encoding="utf-8")
    for script, names in WRITERS[page].items():
        for line in "\n".join(_written(script, names)).splitlines():
            prose = " " in line and len(line.replace(HOLE, "")) >= SHORTEST
            if prose:
                assert re.search(_pattern(line), text), f"{script}: {line}"


def test_the_page_of_realism_has_the_bands_and_published_figures_of_today():
    figures = [
        Figure(b.number, b.name, 0.0, b.low, b.high, b.unit, b.source)
        for b in (*REALISM, *SERIES, *ADULTS, *DIFFICULTY)
    ]
    further = [Comparison(p.name, 0.0, p.mean, p.sd, p.unit, p.source) for p in FURTHER]
    now = [row[:2] + row[3:5] + row[6:] for row in figure_cells(figures, sources=True)]
    now += [row[:1] + row[2:4] + row[5:] for row in comparison_cells(further, sources=True)]
    text = (REFERENCE / "realism.md").read_text(encoding="utf-8").split("<!-- measured: begin")[1]
    text = text.split("<!-- measured: end")[0]
    lines = [tuple(line.strip("| ").split(" | ")) for line in text.splitlines() if line[:1] == "|"]
    shown = [row[:2] + row[3:5] + row[6:] for row in lines if len(row) == 7]
    shown += [row[:1] + row[2:4] + row[5:] for row in lines if len(row) == 6]
    assert [row for row in shown if "---" not in row] == now
