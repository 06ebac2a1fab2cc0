"""The page of reliability: each script of this folder writes the section of its own heading."""

import argparse
from pathlib import Path

from benchmarks.measured_page import machine

from locomotion_analysis.files import write_all

TITLE = "# Reliability\n"


def written_into(page: str, part: str) -> str:
    """Return a page with its section of the same heading replaced, or put at its end."""
    heading = part.splitlines()[0] + "\n"
    before, _, after = page.partition(heading)
    _, mark, rest = after.partition("\n## ")
    return before.rstrip("\n") + "\n\n" + part + ("\n## " + rest if mark else "")


def section(heading: str, script: str, paragraphs: list[str]) -> str:
    """Return a section that says what wrote it, where and when."""
    by = f"Written by `python -m benchmarks.reliability.{script} --page PAGE`: one run on {machine()}."
    return "\n\n".join([f"## {heading}", by, *paragraphs]) + "\n"


def publish(text: str, page: Path | None) -> None:
    """Print a section, and write it into a page if one is named."""
    print(text)
    if page is not None:
        old = page.read_text(encoding="utf-8") if page.is_file() else TITLE
        write_all({page: written_into(old, text)})


def arguments(doc: str) -> argparse.ArgumentParser:
    """Return the options that all scripts have."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--page", type=Path, help="page to write the section into")
    return parser
