"""A self-contained HTML page of titled sections, for results that are no study."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from locomotion_analysis._version import __version__
from locomotion_analysis.evaluation.report.pictures import Picture
from locomotion_analysis.evaluation.report.tables import Table
from locomotion_analysis.evaluation.report.templates import template


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page: text first, then pictures, then tables."""

    title: str
    text: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()


@dataclass(frozen=True, slots=True)
class SectionPage:
    """What stands on the page.

    Attributes
    ----------
    title, subtitle : str
        Heading, and the line below it.
    verdict : sequence of str
        The result in plain sentences, on top.
    facts : sequence of (str, str)
        Sizes, by name.
    sections : sequence of Section
        The parts, in order.
    reading : sequence of str
        How to read the page.
    simulated : bool
        Whether any of the data was simulated; the page then says so on top.
    created : str
        Time of the analysis (UTC).
    """

    title: str
    subtitle: str
    verdict: Sequence[str]
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    reading: Sequence[str]
    simulated: bool
    created: str
    version: str = field(default=__version__)

    def html(self) -> str:
        """Return the text of one HTML file; all text from the data is escaped."""
        return template("section_page.html.j2").render(page=self, simulated=self.simulated)
