"""How every figure looks: palette, axes, marks it must carry, and how it gets into a page."""

import base64
import io
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.reporting.names import channel_axis, channel_title

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


T = TypeVar("T")

# Okabe & Ito 2008, ordered so that the first two differ most; yellow is left out: on white
# paper it cannot be read.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
INK = "#1a2129"
MUTED = "#5b6670"
RULE = "#d5dbe0"
WARNING = "#b3261e"
SIMULATED = "SIMULATED DATA"
SUBJECT_OVERLAP = (
    "SUBJECT OVERLAP: the same people may be in training and test; not a score for new people"
)
PANEL_INCHES = (3.3, 2.3)

_PANEL_MARGINS = {"left": 0.62, "right": 0.12, "top": 0.36, "bottom": 0.46}
_NOTICE_INCHES = 0.18
_TITLE_CHARACTERS = 34
_CHARACTERS_AN_INCH = 12
_LINE = re.compile(rb' d="[^"]*"')
_LONG_NUMBER = re.compile(rb"(\d\.\d{2})\d+")

_STYLE = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["Arial", "Helvetica", "Liberation Sans", "DejaVu Sans"],
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8.5,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "locomotion-analysis",
}


def is_simulated(about: object) -> bool:
    """Tell whether anything a page or figure is about was simulated.

    Parameters
    ----------
    about : object, or list or tuple of them
        Data, a result or a table of this library: what its ``simulated`` or ``is_simulated``
        says, the entry of that name of a mapping, or of a table's ``attrs``.

    Raises
    ------
    TypeError
        If it cannot be known of one of them.
    """
    return _says(about, "simulated", "is_simulated")


def notices(about: object) -> list[str]:
    """Return what must stand on every page and figure of this; nothing where nothing must."""
    overlap = _says(about, "subject_overlap")
    return [SUBJECT_OVERLAP] * overlap + [SIMULATED] * is_simulated(about)


def _says(about: object, *names: str) -> bool:
    if isinstance(about, list | tuple):
        return any(_says(each, *names) for each in about)
    stated = about if isinstance(about, Mapping) else getattr(about, "attrs", None)
    if isinstance(stated, Mapping):
        return any(bool(stated.get(name, False)) for name in names)
    said = [getattr(about, name) for name in names if hasattr(about, name)]
    if not said and "simulated" in names:
        raise TypeError(f"it cannot be known whether {type(about).__name__} was simulated")
    return any(map(bool, said))


@contextmanager
def figure(
    width: float,
    height: float,
    of: object = (),
    *,
    layout: Literal["constrained"] | None = "constrained",
    window: bool = False,
) -> Iterator["Figure"]:
    """Yield an empty figure in the one style; simulated data and overlap are marked on it.

    Parameters
    ----------
    width, height : float
        Size in inches.
    of : object, or list or tuple of them
        What is drawn, for :func:`notices`.
    layout : {"constrained"} or None
        Matplotlib's layout engine; None where the axes are placed by hand.
    window : bool
        Whether it is pyplot's, for ``pyplot.show``.

    Yields
    ------
    matplotlib.figure.Figure
        Where it is not pyplot's, nothing has to be closed and no window opens.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        if window:
            from matplotlib import pyplot as plt

            made: Figure = plt.figure(figsize=(width, height), layout=layout)
        else:
            made = Figure(figsize=(width, height), layout=layout)
        if marks := notices(of):
            lines = [textwrap.fill(mark, int(width * _CHARACTERS_AN_INCH)) for mark in marks]
            made.suptitle(
                "\n".join(lines),
                x=0.995,
                ha="right",
                fontsize=8.5,
                fontweight="bold",
                color=WARNING,
            )
        yield made


def axes_for(ax: "Axes | None", width: float, height: float, of: object = ()) -> "Axes":
    """Return the axes given, or those of a new figure, marked with the :func:`notices`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Where the caller wants it drawn.
    width, height : float
        Size of the new figure, inches.
    of : object, or list or tuple of them
        What is drawn.
    """
    if ax is None:
        with figure(width, height) as made:
            ax = made.subplots()
    root = ax.get_figure(root=True)
    marked = "" if root is None else " ".join(root.get_suptitle().split())
    missing = [mark for mark in notices(of) if mark not in marked]
    if missing:
        lines = [textwrap.fill(mark, 60) for mark in missing]
        ax.set_title("\n".join(lines), loc="right", fontsize=8.5, fontweight="bold", color=WARNING)
    return ax


def panels(draw: "Callable[[Axes, T], object]", items: Iterable[T], of: object) -> "list[Figure]":
    """Draw each item on a small figure of its own, and their common legend on one before them.

    A page sets them side by side, as many as there is room for: three on a screen, two on
    paper, one on a telephone, in their own size on each.

    Parameters
    ----------
    draw : callable
        Called with axes and an item; what it labels goes into the legend.
    items : iterable
        One a figure.
    of : object, or list or tuple of them
        What is drawn, for :func:`notices`.
    """
    made: list[Figure] = []
    handles: dict[str, Artist] = {}
    (width, height), margin = PANEL_INCHES, _PANEL_MARGINS
    top = margin["top"] + _NOTICE_INCHES * len(notices(of))
    # Placed by hand: the automatic layout would draw every figure twice to measure it.
    place = (
        margin["left"] / width,
        margin["bottom"] / height,
        1 - (margin["left"] + margin["right"]) / width,
        1 - (margin["bottom"] + top) / height,
    )
    for item in items:
        with figure(width, height, of, layout=None) as each:
            axes = each.add_axes(place)
            draw(axes, item)
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
                handles.setdefault(str(label), handle)
            if (legend := axes.get_legend()) is not None:
                legend.remove()
        made.append(each)
    if handles:
        with figure(width, 0.06 + 0.19 * len(handles), layout=None) as key:
            key.legend(
                list(handles.values()),
                list(handles),
                loc="center left",
                bbox_to_anchor=(0, 0.5),
                borderpad=0.0,
                borderaxespad=0.0,
            )
        made.insert(0, key)
    return made


def curve_axes(axes: "Axes", channel: str) -> None:
    """Make the axes those of a channel over the gait cycle: title, quantity with unit, phase."""
    # Stated, as the axes may be the caller's own, of another style.
    axes.set_title(
        textwrap.fill(channel_title(channel), _TITLE_CHARACTERS), loc="left", fontsize=9.5,
        fontweight="bold",
    )  # fmt: skip
    axes.set_ylabel(channel_axis(channel))
    gait_cycle_axis(axes)


def gait_cycle_axis(axes: "Axes") -> None:
    """Make the horizontal axis the gait cycle, 0 to 100 %."""
    axes.set_xlim(0, 100)
    axes.set_xticks(range(0, 101, 20))
    axes.set_xlabel("Gait cycle (%)")
    light_grid(axes)


def row_axes(axes: "Axes", names: Sequence[str]) -> NDArray[np.int64]:
    """Make the vertical axis a list of names, the first on top; return their heights."""
    rows = np.arange(len(names))[::-1]
    axes.set_yticks(rows, [textwrap.fill(name, _TITLE_CHARACTERS) for name in names])
    axes.tick_params(axis="y", labelcolor=INK, length=0)
    axes.set_ylim(-0.6, len(names) - 0.4)
    light_grid(axes, "x")
    return rows


def light_grid(axes: "Axes", axis: Literal["both", "x", "y"] = "y") -> None:
    """Draw thin grid lines behind the data, and no frame above and to the right of it."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    axes.grid(visible=True, axis=axis, color=RULE, linewidth=0.6)


def colour(position: int) -> str:
    """Return the colour of the class at `position`; after seven they repeat."""
    return PALETTE[position % len(PALETTE)]


def line_style(position: int) -> str:
    """Return the line style of the class at `position`, so that a repeated colour still differs."""
    return ("-", "--", ":", "-.")[position // len(PALETTE) % 4]


def as_data_uri(made: "Figure") -> str:
    """Return the figure as an SVG ``data:`` address, for an ``<img>`` of a page on its own.

    The SVG is an image of its own, so that the names inside it cannot clash with those of
    another figure; its text stays text.
    """
    # A hundredth of a point is finer than any screen; the rest only makes the page heavy.
    # Lines only: the numbers in the text are what the figure says.
    rounded = _LINE.sub(lambda line: _LONG_NUMBER.sub(rb"\1", line[0]), figure_bytes(made))
    return "data:image/svg+xml;base64," + base64.b64encode(rounded).decode("ascii")


def figure_bytes(made: "Figure", kind: Literal["svg", "png", "pdf"] = "svg") -> bytes:
    """Return the figure as a file's content; the same figure gives the same bytes."""
    import matplotlib as mpl

    dates = {"svg": {"Date": None, "Creator": None}, "pdf": {"CreationDate": None}, "png": {}}
    buffer = io.BytesIO()
    with mpl.rc_context(_STYLE):
        made.savefig(buffer, format=kind, metadata=dates[kind], dpi=200)
    return buffer.getvalue()
