"""Change within people between two sessions: of each feature, and of a curve.

Features get an interval over people, a signed-rank test and a bound on false discoveries; the
figure draws the mean curves before and after over people they are compared with.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.metrics import Jackknife
from locomotion_analysis.models.supervised.recipes import BEFORE, CHANGE, known_sessions
from locomotion_analysis.plots.curves import class_curve
from locomotion_analysis.reporting.names import shown_unit, value_title
from locomotion_analysis.reporting.style import INK, MUTED, axes_for, colour, curve_axes, line_style
from locomotion_analysis.standard import PHASE_PERCENT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["paired_change", "plot_sessions"]


Values = NDArray[np.float64]

_LEAST_SUBJECTS = 6
"""With fewer, no order of signs gives a signed-rank p below 0.05."""


def paired_change(paired: pd.DataFrame) -> pd.DataFrame:
    """Test how much each feature changed within people.

    Legs of one person are averaged first: they do not count as two people.

    Parameters
    ----------
    paired : DataFrame, shape (n_legs, 2 n_features)
        Of :func:`~locomotion_analysis.models.supervised.recipes.paired_features`.

    Returns
    -------
    DataFrame, one row a feature, largest effect first
        ``n_subjects`` with both sessions; mean ``before`` and ``after`` and ``change``, in the
        feature's unit; ``low``, ``high``: 95 % interval of the change; ``effect``: mean divided
        by standard deviation of the changes (Cohen's d for paired values); ``p``: Wilcoxon
        signed-rank test; ``q``: the same with the share of false discoveries among all features
        bounded (Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x). Features
        that nobody has in both sessions are left out; where nobody changed, p is 1.

    Raises
    ------
    SchemaError
        If `paired` has no such columns, fewer than six people, or no feature that six have in both
        sessions.

    Examples
    --------
    >>> people = pd.Index([f"S{k}" for k in range(8)], name="subject")
    >>> paired = pd.DataFrame({"speed_m_s_before": 1.0, "speed_m_s_change": 0.1}, index=people)
    >>> paired["speed_m_s_change"] += np.linspace(-0.05, 0.05, 8)
    >>> paired_change(paired)[["n_subjects", "change", "p"]].round(3).to_dict("records")
    [{'n_subjects': 8, 'change': 0.1, 'p': 0.008}]
    """
    from scipy.stats import false_discovery_control

    names = [name.removesuffix(CHANGE) for name in map(str, paired) if name.endswith(CHANGE)]
    if not names or "subject" not in paired.index.names:
        raise SchemaError(
            expected=f"columns <feature>{BEFORE} and <feature>{CHANGE}, and an index with subject",
            got=", ".join(map(str, paired.columns[:3])) or "no column",
            where="paired",
            fix="pass the table of paired_features(X, data.cycles)",
        )
    person = [level for level in ("dataset", "subject") if level in paired.index.names]
    means = paired.groupby(level=person).mean()
    if len(means) < _LEAST_SUBJECTS:
        raise SchemaError(
            expected=f"at least {_LEAST_SUBJECTS} people seen in both sessions",
            got=str(len(means)),
            where="paired",
            fix="add people; cycles of the same ones do not help",
        )
    change = means[[f"{name}{CHANGE}" for name in names]].set_axis(names, axis=1)
    if (change.notna().sum() < _LEAST_SUBJECTS).all():
        raise SchemaError(
            expected=f"a feature that {_LEAST_SUBJECTS} people have in both sessions",
            got=f"none of {len(names)}",
            where="paired",
        )
    # Of the legs whose change is known: before and after are of the same ones.
    known = paired[[f"{name}{CHANGE}" for name in names]].notna().to_numpy()
    before = paired[[f"{name}{BEFORE}" for name in names]].where(known).groupby(level=person).mean()
    before = before.set_axis(names, axis=1)
    rows = {
        name: _change_of_feature(before[name].to_numpy(), change[name].to_numpy())
        for name in change
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("feature")
    table = table[table["n_subjects"] >= _LEAST_SUBJECTS].astype({"n_subjects": int})
    table["q"] = false_discovery_control(table["p"])
    return table.iloc[np.argsort(-table["effect"].abs().to_numpy(), kind="stable")]


def _change_of_feature(before: Values, change: Values) -> dict[str, float]:
    from scipy.stats import wilcoxon

    known = np.isfinite(before) & np.isfinite(change)
    n_known = int(known.sum())
    if n_known < _LEAST_SUBJECTS:
        return {"n_subjects": n_known}
    low, high = Jackknife.of_means(change[known]).interval("number")
    mean, spread = change[known].mean(), change[known].std(ddof=1)
    return {
        "n_subjects": n_known,
        "before": before[known].mean(),
        "after": before[known].mean() + mean,
        "change": mean,
        "low": low,
        "high": high,
        "effect": mean / spread if spread > 0 else float("nan"),
        "p": float(wilcoxon(change[known]).pvalue) if np.any(change[known] != 0) else 1.0,
    }


def plot_sessions(
    data: LocomotionData,
    channel: str,
    reference: LocomotionData | None = None,
    sessions: tuple[str, str] | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw the mean curve of both sessions, of the people who were seen in both.

    Lines are means over people; the shaded band is mean ± 1 SD between people of `reference`.

    Parameters
    ----------
    data : LocomotionData
        Cycles with a column ``session``.
    channel : str
        Channel to draw.
    reference : LocomotionData, optional
        People to compare with, for example the healthy ones.
    sessions : tuple of two str, optional
        Names of the sessions before and after, where they are not recognised.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``; angles in degrees.

    Raises
    ------
    SchemaError
        If there are no two sessions, or nobody was seen in both.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate_treatment
    >>> data = simulate_treatment(n_subjects=8, n_cycles=2)
    >>> plot_sessions(data, "knee_flexion_angle_ipsi_rad").get_ylabel()
    'Angle (°)'
    """
    before, after = known_sessions(data.cycles, sessions)
    factor = shown_unit(channel)[1]
    session = data.cycles["session"].astype(str).to_numpy()
    both = np.intersect1d(data.groups[session == before], data.groups[session == after])
    if not len(both):
        raise SchemaError(
            expected="people seen in both sessions",
            got=f"nobody in both {before} and {after}",
            where="column session",
            fix="give a person the same subject name in both sessions",
        )
    ax = axes_for(ax, 5.6, 3.6, data)
    if reference is not None:
        band = class_curve(reference.curves(channel), reference.groups, factor)
        ax.fill_between(
            PHASE_PERCENT,
            band.mean - band.deviation,
            band.mean + band.deviation,
            color=MUTED,
            alpha=0.25,
            linewidth=0,
            label=f"Reference, mean ± 1 SD (n = {band.n_subjects} subjects)",
        )
    for position, name in enumerate((before, after)):
        rows = (session == name) & np.isin(data.groups, both)
        drawn = class_curve(data.curves(channel)[rows], data.groups[rows], factor)
        ax.plot(
            PHASE_PERCENT,
            drawn.mean,
            color=colour(position),
            linestyle=line_style(position),
            linewidth=1.8,
            label=f"{value_title(name)} (n = {drawn.n_subjects} subjects)",
        )
    ax.axhline(0.0, color=INK, linewidth=0.5, alpha=0.5, zorder=0)
    curve_axes(ax, channel)
    ax.legend(frameon=False, fontsize=8)
    return ax
