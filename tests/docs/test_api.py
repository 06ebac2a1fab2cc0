"""What is exported is described, and what the pages use is exported."""

import ast
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILDER = runpy.run_path(str(ROOT / "tools" / "build_api_page.py"), run_name="builder")
PUBLIC = BUILDER["public_names"]()


def _imports():
    """Names of ours that the code of a page imports: (page, module, name)."""
    for page in sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]):
        for block in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.M | re.S):
            for node in ast.walk(ast.parse(block)):
                if isinstance(node, ast.ImportFrom) and str(node.module).startswith("locomotion"):
                    for alias in node.names:
                        yield page.name, node.module, alias.name


def test_the_page_of_public_names_is_what_the_code_exports():
    made = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    assert made == BUILDER["page"](), "run python tools/build_api_page.py docs/reference/api.md"


@pytest.mark.parametrize("module", sorted(PUBLIC))
def test_every_public_name_is_described(module):
    names = [name for name in PUBLIC[module] if not name.startswith("__")]
    assert [name for name in names if not BUILDER["summary"](module, name)] == []


def test_the_pages_import_public_names_only():
    private = {
        f"{page}: {module}.{name}"
        for page, module, name in _imports()
        if name not in PUBLIC.get(module, ())
    }
    assert private == set()
