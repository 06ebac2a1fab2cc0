"""Put what the Python blocks of a page print and draw below them, so that readers see it.

    python tools/build_page_outputs.py [PAGE ...]

Without PAGE: the how-to pages and guides whose code is not that of their outputs. Each page runs by
itself in an empty folder, and its outputs take the place of those that stood there.
"""

import argparse
import hashlib
import inspect
import io
import os
import re
import sys
import tempfile
import textwrap
import types
import warnings
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd

from locomotion_analysis.files import atomic_path

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*(ROOT / "docs" / "how-to").glob("*.md"), *(ROOT / "docs" / "guides").glob("*.md")])
PICTURES = "pictures"
MOST_LINES, WIDTH = 40, 100
BLOCK = re.compile(r"^```python\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
OUTPUT = re.compile(r"\n<!-- output of (\w+) -->\n.*?<!-- end of output -->\n", re.DOTALL)


def digest(text: str) -> str:
    """Return the digest of a page's code."""
    return hashlib.sha256("\n".join(BLOCK.findall(text)).encode()).hexdigest()[:12]


def is_shown(text: str) -> bool:
    """Return whether a page has outputs, all of its code of today."""
    return {each[1] for each in OUTPUT.finditer(text)} == {digest(text)}


def shown(page: Path) -> str:
    """Run a page and return it with its outputs."""
    os.environ["MPLBACKEND"] = "Agg"
    sys.path.append(str(ROOT / "docs"))
    from gallery_pictures import described, figures
    from matplotlib.figure import Figure

    pd.set_option("display.width", 120, "display.max_columns", 20, "display.precision", 3)
    program = types.ModuleType("__main__")  # what the page defines can be sent to processes
    sys.modules["__main__"] = program
    written: list[Figure] = []
    save = Figure.savefig

    def savefig(self: Figure, *where: Any, **how: Any) -> None:
        if inspect.stack()[1].frame.f_globals is program.__dict__:  # not the pictures of a report
            written.append(self)
        save(self, *where, **how)

    text = OUTPUT.sub("", page.read_text(encoding="utf-8"))
    for old in (page.parent / PICTURES).glob(f"{page.stem}-*.png"):
        old.unlink()
    saved, outputs = [], []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for code in BLOCK.findall(text):
            printed = io.StringIO()
            with (
                redirect_stdout(printed),
                warnings.catch_warnings(action="ignore"),
                patch.object(Figure, "savefig", savefig),
            ):
                exec(compile(code, page.name, "exec"), program.__dict__)
            told = printed.getvalue().replace(folder, ".").rstrip()
            lines = [line for long in told.splitlines() for line in wrapped(long.rstrip())]
            if len(lines) > MOST_LINES:
                lines = [
                    *lines[: MOST_LINES - 1],
                    f"... ({len(lines) - MOST_LINES + 1} more lines)",
                ]
            parts = ["```text\n" + "\n".join(lines) + "\n```"] if lines else []
            for figure in dict.fromkeys([*written, *figures(program.__dict__)]):
                if figure not in saved:
                    saved.append(figure)
                    name = f"{PICTURES}/{page.stem}-{len(saved)}.png"
                    with atomic_path(page.parent / name) as place:
                        figure.savefig(place, dpi=100, format="png", pil_kwargs={"optimize": True})
                    parts.append(f"![{described(figure)}]({name})")
            outputs.append("\n\n".join(parts))
        os.chdir(ROOT)
    return with_outputs(text, outputs)


def wrapped(line: str) -> list[str]:
    """Return a sentence in lines of the page's width; a table's row is left as it is."""
    is_row = "  " in line.strip() or len(line) <= WIDTH
    return [line] if is_row else textwrap.wrap(line, WIDTH, subsequent_indent="  ")


def with_outputs(text: str, outputs: list[str]) -> str:
    """Return a page with each output below its block; a block without one stays as it is."""
    left, mark = iter(outputs), f"<!-- output of {digest(text)} -->"

    def below(block: re.Match[str]) -> str:
        output = next(left)
        return f"{block[0]}\n{mark}\n{output}\n<!-- end of output -->\n" if output else block[0]

    return BLOCK.sub(below, text)


def stale_pages() -> list[Path]:
    """Return the pages whose outputs are not of their code of today."""
    texts = {page: page.read_text(encoding="utf-8") for page in PAGES}
    return [page for page, text in texts.items() if BLOCK.search(text) and not is_shown(text)]


def main() -> None:
    """Show the outputs of the pages named, or of all whose code has changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", type=Path)
    asked = parser.parse_args()
    pages = [page.resolve() for page in asked.pages] or stale_pages()
    for page in pages:
        (page.parent / PICTURES).mkdir(exist_ok=True)
    context = get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context, max_tasks_per_child=1) as pool:
        for page, text in zip(pages, pool.map(shown, pages), strict=True):
            with atomic_path(page) as place:
                place.write_text(text, encoding="utf-8")
            print(page.relative_to(ROOT), flush=True)


if __name__ == "__main__":
    main()
