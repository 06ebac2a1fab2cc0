"""Writing a measured part into docs/reference/benchmarks.md."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs" / "reference"
PAGE = DOCS / "benchmarks.md"


def write_part(name: str, paragraphs: list[str]) -> None:
    """Replace what stands between the marks of that name."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, rest = PAGE.read_text(encoding="utf-8").split(begin)
    after = rest.split(end)[1]
    text = before + "\n\n".join([begin, *paragraphs, end]) + after
    PAGE.write_text(text, encoding="utf-8")


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
