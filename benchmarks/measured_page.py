"""Writing a measured part into a page of docs/reference."""

import io
import os
import platform
import sys
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path

from locomotion_analysis.files import atomic_path

DOCS = Path(__file__).resolve().parents[1] / "docs" / "reference"
PAGE = DOCS / "benchmarks.md"


def write_part(name: str, paragraphs: list[str], page: Path = PAGE) -> None:
    """Replace what stands between the marks of that name, or put it at the end of the page."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    text = page.read_text(encoding="utf-8")
    if begin not in text:
        text = f"{text.rstrip()}\n\n{begin}\n{end}\n"
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    with atomic_path(page) as temporary:
        text = before + "\n\n".join([begin, *paragraphs, end]) + after
        temporary.write_text(text, encoding="utf-8")


@contextmanager
def recorded(name: str, write: bool):
    """Show what the block prints; if it ends well, also put it into the page where asked for."""
    printed = _Twice(sys.stdout)
    with redirect_stdout(printed):
        yield
    if write:
        write_part(name, [f"{machine()}.", f"```text\n{printed.getvalue().strip()}\n```"])


class _Twice(io.StringIO):
    """Keeps what is written, and passes it on at once."""

    def __init__(self, shown):
        super().__init__()
        self._shown = shown

    def write(self, text):
        self._shown.write(text)
        self._shown.flush()
        return super().write(text)


def machine() -> str:
    """Return date, processor and Python of this run."""
    return (
        f"{datetime.now(UTC):%d %B %Y}, {_processor()}, {os.cpu_count()} processors, "
        f"Python {platform.python_version()}"
    )


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
