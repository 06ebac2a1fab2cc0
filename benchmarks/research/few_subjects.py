"""Few-subject learning curves, drawn."""

from typing import TYPE_CHECKING

import numpy as np

from locomotion_analysis.evaluation.checks import FewSubjectCurves
from locomotion_analysis.reporting.names import METRIC_NAMES
from locomotion_analysis.reporting.style import PALETTE, axes_for, light_grid, line_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = (5.2, 3.4)
_MARKERS = "osD^vPX"
_APART = 0.035


def plot_few_subject_curves(curves: FewSubjectCurves, ax: "Axes | None" = None) -> "Axes":
    """Draw each model's score against the training subjects, with 95 % intervals.

    Parameters
    ----------
    curves : FewSubjectCurves
        From :func:`few_subject_curves`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``. Subjects on a logarithmic scale; the models stand a little
        apart from each other so that their intervals can be told.
    """
    table = curves.scores
    ax = axes_for(ax, *_SIZE, table)
    names = list(dict.fromkeys(table["model"]))
    for place, name in enumerate(names):
        own = table[table["model"] == name]
        middle = place - (len(names) - 1) / 2
        reach = np.abs(own[["low", "high"]].to_numpy().T - own["score"].to_numpy())
        ax.errorbar(
            own["n_subjects"] * np.exp(_APART * middle),
            own["score"],
            yerr=reach,
            color=PALETTE[place % len(PALETTE)],
            linestyle=line_style(place),
            marker=_MARKERS[place % len(_MARKERS)],
            markersize=4.5,
            linewidth=1.4,
            elinewidth=0.9,
            label=name,
        )
    ax.set_xscale("log")
    ticks = sorted(set(table["n_subjects"]))
    ax.set_xticks(ticks, [str(tick) for tick in ticks])
    ax.minorticks_off()
    ax.set(xlabel="Training subjects", ylabel=METRIC_NAMES[table["metric"].iloc[0]])
    light_grid(ax)
    # Below the axes: an interval may reach anywhere inside.
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, fontsize=8, frameon=False)
    return ax
