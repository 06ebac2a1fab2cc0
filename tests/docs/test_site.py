"""The site shows every page and every public name. `make docs` builds it, with warnings as errors."""

import importlib
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
BUILDER = runpy.run_path(str(ROOT / "tools" / "build_api_page.py"), run_name="builder")
REFERENCE = BUILDER["reference_pages"]()


def _linked(page):
    """The pages that the tables of contents of a page name."""
    for block in re.findall(r"^```\{toctree\}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S):
        for line in block.splitlines():
            if line and not line.startswith(":"):
                yield from page.parent.glob(f"{line}.md")


def test_every_page_is_reached_from_the_first():
    reached, waiting = set(), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page not in reached:
            reached.add(page)
            waiting += _linked(page)
    assert {path.resolve() for path in DOCS.rglob("*.md")} - reached == set()


@pytest.mark.parametrize("module", sorted(BUILDER["public_names"]()))
def test_every_exported_name_has_a_page(module):
    pytest.importorskip(module)
    exported = importlib.import_module(module)
    room = ".".join(module.split(".")[:2])
    listed = set(re.findall(r"^   ~(\S+)$", REFERENCE[f"{room}.rst"], re.M))
    held = {id(_object(name)) for name in listed}
    missing = [name for name in exported.__all__ if id(getattr(exported, name)) not in held]
    assert [name for name in missing if not name.startswith("__")] == []


def _object(full):
    module, _, name = full.rpartition(".")
    return getattr(importlib.import_module(module), name)
