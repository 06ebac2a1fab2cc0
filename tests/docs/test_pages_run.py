"""Every Python block of every page runs, page by page, in an empty folder."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _code(page):
    return "\n".join(_BLOCK.findall(page.read_text(encoding="utf-8")))


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [p for p in PAGES if _code(p)], ids=lambda p: str(p.relative_to(ROOT))
)
def test_the_code_of_a_page_runs(page, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error::FutureWarning", "-c", _code(page)],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "MPLBACKEND": "Agg"},
    )
    assert done.returncode == 0, done.stderr


def test_pages_show_what_their_code_of_today_prints():
    outputs = runpy.run_path(str(ROOT / "tools" / "build_page_outputs.py"))
    stale = [str(page.relative_to(ROOT)) for page in outputs["stale_pages"]()]
    assert not stale, "run python tools/build_page_outputs.py"


def test_every_link_between_pages_leads_somewhere():
    links = [
        (page, target)
        for page in PAGES
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    ]
    broken = [
        f"{page.name} -> {target}"
        for page, target in links
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert not broken
