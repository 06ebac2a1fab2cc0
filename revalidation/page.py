"""Writing the measured tables into docs/reference/realism.md."""

from collections.abc import Sequence
from pathlib import Path

from locomotion_analysis.files import atomic_path
from revalidation.figure import Comparison, Figure
from revalidation.report import as_markdown, comparison_cells, figure_cells

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "realism.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def write_page(
    data: str, figures: Sequence[Figure], comparisons: Sequence[Comparison], page: Path = PAGE
) -> None:
    """Replace the measured part of the page.

    Parameters
    ----------
    data : str
        What was measured, in words.
    figures, comparisons : sequence
        Of the two tables.
    page : Path
        Has the two comment lines between which the measured part stands.
    """
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    measured = [
        BEGIN,
        data,
        as_markdown(figure_cells(figures, sources=True)),
        "### Further published figures",
        as_markdown(comparison_cells(comparisons, sources=True)),
        END,
    ]
    with atomic_path(page) as temporary:
        temporary.write_text(before + "\n\n".join(measured) + rest.split(END)[1], encoding="utf-8")
