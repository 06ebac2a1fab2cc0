"""How every figure of a report looks, and how it gets into the page."""

import base64
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe & Ito 2008, ordered so that the first two differ most; yellow is left out: on white
# paper it cannot be read.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
INK = "#1a2129"
MUTED = "#5b6670"
RULE = "#d5dbe0"
WARNING = "#b3261e"

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


@contextmanager
def figure(
    width: float,
    height: float,
    *,
    simulated: bool,
    layout: Literal["constrained"] | None = "constrained",
) -> Iterator["Figure"]:
    """Yield an empty figure in the report's style; simulated data is marked on it.

    Parameters
    ----------
    width, height : float
        Size in inches.
    simulated : bool
        Whether any of the data drawn was simulated.
    layout : {"constrained"} or None
        Matplotlib's layout engine; None where the axes are placed by hand.

    Yields
    ------
    matplotlib.figure.Figure
        Not known to pyplot: nothing has to be closed and no window opens.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        made = Figure(figsize=(width, height), layout=layout)
        if simulated:
            made.suptitle(
                "SIMULATED DATA",
                x=0.995,
                ha="right",
                fontsize=8.5,
                fontweight="bold",
                color=WARNING,
            )
        yield made


def as_data_uri(made: "Figure") -> str:
    """Return the figure as an SVG ``data:`` address, for an ``<img>`` of a page on its own.

    The SVG is an image of its own, so that the names inside it cannot clash with those of
    another figure; its text stays text.
    """
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context(_STYLE):
        made.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    # A hundredth of a point is finer than any screen; the rest only makes the page heavy.
    # Lines only: the numbers in the text are what the figure says.
    rounded = _LINE.sub(lambda line: _LONG_NUMBER.sub(rb"\1", line[0]), buffer.getvalue())
    return "data:image/svg+xml;base64," + base64.b64encode(rounded).decode("ascii")


def colour(position: int) -> str:
    """Return the colour of the class at `position`; after seven they repeat."""
    return PALETTE[position % len(PALETTE)]


def line_style(position: int) -> str:
    """Return the line style of the class at `position`, so that a repeated colour still differs."""
    return ("-", "--", ":", "-.")[position // len(PALETTE) % 4]


def light_grid(axes: "Axes", axis: Literal["both", "x", "y"] = "y") -> None:
    """Draw thin grid lines behind the data."""
    axes.grid(visible=True, axis=axis, color=RULE, linewidth=0.6)
