"""The site shows every page and every public name. `make docs` builds it, with warnings as errors."""

import importlib
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
BUILDER = runpy.run_path(str(ROOT / "tools" / "build_api_page.py"), run_name="builder")
LINKS = runpy.run_path(str(DOCS / "site_links.py"))
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


@pytest.mark.parametrize("room", sorted(set(REFERENCE) - {"index.rst"}))
def test_a_name_stands_once_on_the_page_of_its_part(room):
    listed = re.findall(r"^   ~(\S+)$", REFERENCE[room], re.M)
    assert len(listed) == len(set(listed))


def test_links_that_lead_nowhere_are_found(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "page.html").write_text(
        '<h1 id="a&amp;b">x</h1><a class="c" href="#a&amp;b">here</a><a href="#gone">no place</a>'
        '<a href="../index.html#top">up</a><a href="../index.html#low">no place</a>'
        '<img alt="" src="lost.png"><a href="https://elsewhere.org/x">not asked</a>'
        '<a href="../../outside.html">left the site</a>'
    )
    (tmp_path / "index.html").write_text('<p id="top"><a href="deep/page.html?x=1">down</a></p>')
    (tmp_path.parent / "outside.html").write_text("<p></p>")
    found = set(LINKS["broken_links"](tmp_path))
    wrong = ("#gone", "../index.html#low", "lost.png", "../../outside.html")
    assert found == {("deep/page.html", link) for link in wrong}


def test_every_picture_of_the_pages_has_words():
    for page in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        text = page.read_text("utf-8")
        assert "![](" not in text, page
        for options in re.findall(r"^[`:]{3,}\{(?:image|figure)\}[^\n]*\n((?::.*\n)*)", text, re.M):
            assert re.search(r"^:alt: \S", options, re.M), page


def test_a_figure_of_the_gallery_is_put_into_words():
    pytest.importorskip("sphinx_gallery")
    from matplotlib.figure import Figure

    described = runpy.run_path(str(DOCS / "gallery_pictures.py"))["described"]
    figure = Figure()
    for axes, title in zip(figure.subplots(1, 2), ("Knee", "Hip"), strict=True):
        axes.set_title(title, loc="left")
        axes.set(xlabel="Gait cycle (%)", ylabel="Flexion\n(°)")
    assert described(figure) == "Knee; Flexion (°); Gait cycle (%); Hip"


def _object(full):
    module, _, name = full.rpartition(".")
    return getattr(importlib.import_module(module), name)
