"""The page of commands holds what the command line says today."""

import runpy
from pathlib import Path

from typer.testing import CliRunner

from locomotion_analysis.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "commands.md"


def test_the_page_is_what_the_command_line_says():
    builder = runpy.run_path(str(ROOT / "tools" / "build_command_page.py"))
    again = "run python tools/build_command_page.py docs/reference/commands.md"
    assert PAGE.read_text(encoding="utf-8") == builder["page"](), again


def test_options_stand_under_their_command():
    sections = PAGE.read_text(encoding="utf-8").split("\n### ")
    (compare,) = (each for each in sections if each.startswith("`locomotion compare`"))
    told = CliRunner().invoke(app, ["compare", "--help"], env={"COLUMNS": "200"}).stdout
    for option in ("--formula", "--within", "--alpha"):
        assert option in told
        assert f"* `{option}" in compare
