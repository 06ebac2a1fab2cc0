"""The one HTML page that every result is written as: self-contained, for screen and paper."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from locomotion_analysis._version import __version__
from locomotion_analysis.files import atomic_path
from locomotion_analysis.reporting.style import as_data_uri, figure, is_simulated, notices

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_CSS_PIXELS_AN_INCH = 96
_NAMES_SHOWN = 12
_WHERE_AND_WHEN = (("Platform", "platform"), ("Made (UTC)", "created"))
_LONG_WORD = re.compile(r"\S{18,}")
_BREAKS = re.compile(r"(?<=[_/.:,=-])(?=\w)|(?<=\w{16})(?=\w{8})")


@dataclass(frozen=True, slots=True)
class Table:
    """A captioned table; cells from column `first_number` on are set right.

    Each row of a table of more than eight columns becomes a block of its own, in which every cell
    stands beside its column's name; on a telephone so does one of more than three.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    first_number: int = 1

    @property
    def is_named(self) -> bool:
        """Whether any column has a name, so that there is a head to draw."""
        return any(self.columns)

    @property
    def width(self) -> str:
        """Class of the style sheet by the number of columns."""
        count = len(self.columns)
        return "narrow" if count <= 3 else "middle" if count <= 8 else "wide"


@dataclass(frozen=True, slots=True)
class Image:
    """One figure, or the legend of several, as an SVG ``data:`` address; its size in CSS pixels."""

    uri: str
    width: int
    height: int
    is_legend: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """Figures with what stands for them and what to look at.

    Attributes
    ----------
    images : sequence of Image
        One, or several that stand side by side where there is room.
    alt : str
        The figure in words, for whoever cannot see it.
    caption : str
        What to look at.
    title : str
        Where given, the picture is folded away below it on a screen; it is open on paper.
    """

    images: Sequence[Image]
    alt: str
    caption: str
    title: str = ""

    @classmethod
    def of(
        cls, drawn: "Figure | Sequence[Figure]", alt: str, caption: str, title: str = ""
    ) -> "Picture":
        """Return a figure, or figures that belong together, as a picture."""
        figures = drawn if isinstance(drawn, Sequence) else [drawn]
        images = []
        for each in figures:
            width, height = (round(_CSS_PIXELS_AN_INCH * size) for size in each.get_size_inches())
            images.append(Image(as_data_uri(each), width, height, is_legend=not each.axes))
        return cls(images, alt, caption, title)

    @classmethod
    def drawn(
        cls,
        draw: "Callable[[Any, Axes], object]",
        what: Any,
        size: tuple[float, float],
        alt: str,
        caption: str,
    ) -> "Picture":
        """Call one of the plotting functions with `what` it draws, on axes of this size."""
        with figure(*size, of=what) as made:
            draw(what, made.subplots())
        return cls.of(made, alt, caption)

    @property
    def is_tall(self) -> bool:
        """Whether it must keep its height on paper: rows of text, as many as it has."""
        return self.images[0].height > 4.4 * _CSS_PIXELS_AN_INCH

    @property
    def is_small(self) -> bool:
        """Whether two of it stand side by side on paper."""
        return len(self.images) == 1 and self.images[0].width <= 4.7 * _CSS_PIXELS_AN_INCH


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a page: text first, then pictures, then tables; empty tables are left out."""

    title: str
    text: str | Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()

    @property
    def paragraphs(self) -> Sequence[str]:
        """The text, a paragraph each."""
        return [self.text] if isinstance(self.text, str) else self.text

    @property
    def name(self) -> str:
        """The section's address on the page."""
        return re.sub(r"\W+", "-", self.title.lower()).strip("-")


def left_out_section(left_out: Sequence[tuple[str, str]]) -> Section:
    """Return what was left out, one row a reason.

    Parameters
    ----------
    left_out : sequence of (str, str)
        What, and why.
    """
    by_reason: dict[str, list[str]] = {}
    for what, why in left_out:
        by_reason.setdefault(why, []).append(what)
    rows = []
    for why, names in by_reason.items():
        rest = len(names) - _NAMES_SHOWN
        rows.append((", ".join(names[:_NAMES_SHOWN]) + f" and {rest} more" * (rest > 0), why))
    table = Table("Left out", ("What", "Why"), rows, first_number=2)
    return Section("Left out, and why", () if rows else "Nothing.", (), [table])


@dataclass(frozen=True, slots=True)
class Headline:
    """The one number of a page, and what it means is the page's verdict."""

    name: str
    value: str
    low: str
    high: str
    baseline: str


@dataclass(frozen=True, slots=True)
class Page:
    """A result as one HTML file.

    Attributes
    ----------
    about : object, or list or tuple of them
        What the page tells of: data, results, a bundle's record. Whether any of it was
        simulated, or people were on both sides of a split, is taken from here and stands on top.
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
    provenance : dict
        From :func:`~locomotion_analysis.reporting.provenance.provenance`; without ``platform``
        and ``created`` the same result gives the same bytes.
    record : sequence of (str, str)
        What else somebody needs to repeat it: model, folds, seed.
    history : sequence of str
        What was done to the data.
    headline : Headline, optional
        The one number, beside the verdict.
    cautions : sequence of str
        What to know before believing the result.
    """

    about: object
    title: str
    subtitle: str
    verdict: Sequence[str]
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    reading: Sequence[str]
    provenance: Mapping[str, Any]
    record: Sequence[tuple[str, str]] = ()
    history: Sequence[str] = ()
    headline: Headline | None = None
    cautions: Sequence[str] = ()
    version: str = field(default=__version__, init=False)

    @property
    def simulated(self) -> bool:
        """Whether any of what the page is about was simulated."""
        return is_simulated(self.about)

    @property
    def notices(self) -> list[str]:
        """What must stand on top of the page."""
        told = "SIMULATED DATA: no person was measured. Nothing on this page is a finding about people."
        return [told if mark.startswith("SIMULATED") else mark for mark in notices(self.about)]

    @property
    def origin(self) -> Table:
        """Files, versions, platform, and what else the page's record holds."""
        origin = self.provenance
        files = [
            (f"File {file['name']}", f"{file['bytes']:,} bytes, SHA-256 {file['sha256']}")
            for file in origin["files"]
        ] or [("File", "none named: the data came from memory or a store")]
        versions = ", ".join(f"{name} {number}" for name, number in origin["versions"].items())
        rows = [
            *files,
            *self.record,
            ("Versions", versions),
            *((name, origin[key]) for name, key in _WHERE_AND_WHEN if key in origin),
        ]
        return Table("Where these numbers come from", ("", ""), rows, first_number=2)

    def html(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the text of one HTML file, and write it whole or not at all where a path is given.

        Everything is inside: style, figures as SVG, no script, no address of another place. All
        text that comes from the data is escaped.
        """
        from jinja2 import Environment, PackageLoader, StrictUndefined

        environment = Environment(
            loader=PackageLoader("locomotion_analysis.reporting", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= {"breakable": _breakable, "minus": _minus}
        text = environment.get_template("page.html.j2").render(page=self)
        if path is not None:
            with atomic_path(path) as part:
                part.write_text(text, encoding="utf-8")
        return text


_MINUS = re.compile(r"(?<![\w.,−-])-(?=\d)")
_MINUS_ZERO = re.compile(r"−(?=0(?:\.0+)?(?![.\d]))")


def _minus(text: str) -> str:
    """Return a cell of numbers with true minus signs, and none before a zero."""
    return _MINUS_ZERO.sub("", _MINUS.sub("−", text))


def _breakable(text: str) -> "Markup":
    """Escape text, and let words too long for a narrow column break where they may."""
    from markupsafe import Markup

    # A character that text may not hold stands for the break until everything is escaped.
    marked = _LONG_WORD.sub(lambda word: _BREAKS.sub("\0", word[0]), text.replace("\0", ""))
    return Markup("<wbr>").join(marked.split("\0"))
