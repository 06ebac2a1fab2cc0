"""Figures as text and as Markdown."""

from collections.abc import Sequence

from revalidation.figure import Comparison, Figure

Rows = list[tuple[str, ...]]


def figure_cells(figures: Sequence[Figure], *, sources: bool = False) -> Rows:
    """Return the table of the bands, its heading first; with `sources`, where they come from."""
    rows: Rows = [("no", "what", "measured", "band", "unit", "verdict", "source")]
    for f in figures:
        verdict = f"{f.verdict}: {f.missing}" if f.missing else f.verdict
        band = f"{_number(f.low)} to {_number(f.high)}"
        measured = _number(f.measured, f.missing)
        rows.append((f.number, f.name, measured, band, f.unit, verdict, f.source))
    return rows if sources else [row[:-1] for row in rows]


def comparison_cells(comparisons: Sequence[Comparison], *, sources: bool = False) -> Rows:
    """Return the table of the further published figures, its heading first."""
    rows: Rows = [("what", "measured", "published", "unit", "deviation", "source")]
    for c in comparisons:
        off = f"not in the data: {c.missing}" if c.missing else f"{c.deviation:+.1f} SD"
        published = f"{_number(c.mean)} ± {_number(c.sd)}"
        rows.append((c.name, _number(c.measured, c.missing), published, c.unit, off, c.source))
    return rows if sources else [row[:-1] for row in rows]


def _number(value: float, missing: str = "") -> str:
    if missing:
        return ""
    return "0" if abs(value) < 5e-4 else f"{value:.3g}"


def as_text(rows: Sequence[tuple[str, ...]]) -> str:
    """Return aligned columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def as_markdown(rows: Sequence[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    head, *body = rows
    lines = [head, ("---",) * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
