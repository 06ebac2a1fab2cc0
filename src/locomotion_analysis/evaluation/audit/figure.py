"""The figure reviewers ask for: the same model, with and without people on both sides."""

from typing import TYPE_CHECKING

import numpy as np

from locomotion_analysis.evaluation.audit.optimism import Optimism
from locomotion_analysis.evaluation.audit.result import LeakAudit
from locomotion_analysis.reporting.names import value_title
from locomotion_analysis.reporting.style import INK, MUTED, PALETTE, axes_for, figure, row_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LOWEST_R2 = -1.0


def plot_optimism(audit: LeakAudit, axes: "Axes | None" = None) -> "Axes":
    """Draw the scores under folds of cycles and of subjects, for the target and for chance.

    Parameters
    ----------
    audit : LeakAudit
        What was found.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib Axes
        Points are scores, bars 95 % intervals over subjects; the dashed lines are chance.

    Examples
    --------
    >>> from locomotion_analysis.evaluation.audit import leak_audit
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=8, n_cycles=3, tasks=["level_walking"])
    >>> audit = leak_audit(
    ...     data, "sex", model="linear", features=["temporal"], n_splits=2, n_draws=1
    ... )
    >>> plot_optimism(audit).get_xlabel()
    'Balanced accuracy'
    """
    axes = axes_for(axes, 4.8, 2.9, audit)
    toss = "coin tossed" if audit.kind == "classification" else "number drawn"
    names = (value_title(audit.target), f"{toss}\nfor each subject".capitalize())
    for row, found in zip((1, 0), (audit.on_target, audit.on_random), strict=True):
        _row(axes, row, found, labelled=row == 1)
    _chance(axes, audit)
    row_axes(axes, names)
    axes.set_ylim(-0.55, 1.6)
    axes.set_xlabel(audit.metric[:1].upper() + audit.metric[1:])
    low = 0.0 if audit.kind == "classification" else _lowest(audit)
    axes.set_xlim(low - 0.03, 1.03)
    return axes


def audit_figure(audit: LeakAudit) -> "Figure":
    """Return :func:`plot_optimism` as a figure of a report, with its legend."""
    with figure(4.8, 3.5, audit) as made:
        axes = plot_optimism(audit, made.subplots())
        handles, labels = axes.get_legend_handles_labels()
        made.legend(handles, labels, loc="outside lower left", ncols=2)
    return made


def _row(axes: "Axes", row: int, found: Optimism, *, labelled: bool) -> None:
    kinds = (
        ("folds of cycles: a subject on both sides", found.ungrouped, found.ungrouped_interval),
        ("folds of subjects", found.grouped, found.grouped_interval),
    )
    axes.plot([found.grouped, found.ungrouped], [row, row], color=MUTED, linewidth=1.2, zorder=1)
    for (label, value, (low, high)), shade, marker in zip(
        kinds, (PALETTE[1], PALETTE[0]), ("D", "o"), strict=True
    ):
        axes.errorbar(
            value,
            row,
            xerr=np.clip([[value - low], [high - value]], 0.0, None),
            fmt=marker,
            color=shade,
            markersize=8,
            capsize=4,
            linewidth=1.8,
            label=label if labelled else None,
        )
    axes.annotate(
        f"{found.points:+.0f} points",
        ((found.grouped + found.ungrouped) / 2, row),
        xytext=(0, 11),
        textcoords="offset points",
        ha="center",
        fontweight="bold",
        color=INK,
        clip_on=False,
    )


def _chance(axes: "Axes", audit: LeakAudit) -> None:
    """Draw chance: of the classes in the upper row, of the coin in the lower."""
    of_target = 1 / audit.n_classes if audit.n_classes else 0.0
    of_coin = 0.5 if audit.n_classes else 0.0
    for row, value in ((1, of_target), (0, of_coin)):
        label = "chance" if row else None
        axes.plot([value, value], [row - 0.4, row + 0.4], color=MUTED, linestyle="--", label=label)


def _lowest(audit: LeakAudit) -> float:
    """Return where the axis of R² begins; what lies far below zero is cut off."""
    ends = [found.grouped_interval[0] for found in (audit.on_target, audit.on_random)]
    return max(min(0.0, *ends), _LOWEST_R2)
