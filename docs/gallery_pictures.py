"""The pictures of a gallery program: those of pyplot, and those the package returned."""

from collections.abc import Iterator, Mapping
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst


def figures(variables: Mapping[str, Any]) -> Iterator[Figure]:
    """Yield the figures that a program has drawn so far, each once.

    The package's own figures are not pyplot's: they are found in the program's variables.
    """
    shown = [plt.figure(number) for number in plt.get_fignums()]
    held = (each.get_figure() if isinstance(each, Axes) else each for each in variables.values())
    yield from dict.fromkeys([*shown, *(each for each in held if isinstance(each, Figure))])


def described(figure: Figure) -> str:
    """Return the titles of a figure and of its axes, for those who do not see it."""
    texts = [figure.get_suptitle()]
    for axes in figure.axes:
        texts += [axes.get_title(side) for side in ("left", "center", "right")]
        texts += [axes.get_ylabel(), axes.get_xlabel()]
    return "; ".join(dict.fromkeys(" ".join(each.split()) for each in texts if each))


def scrape(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save the figures that are new since the last block, for sphinx-gallery."""
    saved = block_vars.setdefault("saved_figures", [])
    paths, words = [], []
    for figure in figures(block_vars["example_globals"]):
        if figure not in saved:
            saved.append(figure)
            paths.append(next(block_vars["image_path_iterator"]))
            words.append(described(figure))
            figure.savefig(paths[-1], dpi=110)
    plt.close("all")
    return figure_rst(paths, gallery_conf["src_dir"], "; ".join(words))
