"""A section of a report that is there only where the data allow it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from locomotion_analysis.evaluation.report.pictures import Picture
from locomotion_analysis.evaluation.report.style import as_data_uri, figure
from locomotion_analysis.evaluation.report.tables import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class Section:
    """Address, title, a paragraph, pictures side by side, tables."""

    name: str
    title: str
    text: str
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()


def picture(
    draw: Callable[..., "Axes"], what: Any, size: tuple[float, float], alt: str, caption: str
) -> Picture:
    """Draw one of the figure functions in the report's style; it marks simulated data itself."""
    with figure(*size, simulated=False) as made:
        draw(what, ax=made.subplots())
    return Picture(as_data_uri(made), alt, caption)
