"""What a fitted model of curves looks at, cycle by cycle: relevance of each phase and channel.

Three ways to ask: integrated gradients and the weights of attention look into a network of
``models.deep``; occlusion takes a part of the cycle away from any model and asks it again. The
figures are drawn on the gait cycle.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.base import is_classifier, is_regressor
from sklearn.exceptions import NotFittedError

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import CycleShapeError, LocomotionWarning, SchemaError
from locomotion_analysis.evaluation.explain.importance import (
    ALL_CHANNELS,
    check_channels,
    phase_windows,
)
from locomotion_analysis.evaluation.explain.report import draw_toe_off, mean_toe_off, title_of
from locomotion_analysis.evaluation.metrics import Jackknife
from locomotion_analysis.extras import require_installed
from locomotion_analysis.models.deep import NETWORKS, CurveScaler
from locomotion_analysis.models.deep.networks import AttentiveNetwork, MultiTaskNetwork
from locomotion_analysis.models.timeseries import checked_curves
from locomotion_analysis.plots.curves import class_curve
from locomotion_analysis.reporting.names import shown_unit, value_title
from locomotion_analysis.reporting.style import (
    INK,
    axes_for,
    colour,
    curve_axes,
    gait_cycle_axis,
    line_style,
)
from locomotion_analysis.selection.splitters import subject_codes
from locomotion_analysis.standard import PHASE_PERCENT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "CycleRelevance",
    "integrated_gradients",
    "phase_attention",
    "phase_occlusion",
    "plot_relevance",
    "plot_relevance_map",
    "plot_relevance_on_curves",
]

PREDICTED_VALUE = "predicted value"
CYCLES_AT_ONCE = 64
_LARGEST_GAP = 0.05
_MOST_CHANNELS = 15
# Violet against, orange for: told apart with any colour vision, white in between.
_FOR_AND_AGAINST = "PuOr_r"


@dataclass(frozen=True, slots=True, eq=False)
class CycleRelevance:
    """What each part of each cycle did to a model's answer.

    Attributes
    ----------
    values : ndarray, shape (n_cycles, n_steps, n_channels)
        Relevance of each step of the cycle on each channel. Above zero: speaks for the outcome.
    edges : ndarray, shape (n_steps + 1,)
        Where the steps begin and end, % of the cycle.
    channels : tuple of str
        Channels; ``"all channels"`` alone where they were not told apart.
    outcomes : ndarray, shape (n_cycles,)
        What was explained: the class, or the name of the quantity.
    subjects : ndarray, shape (n_cycles,)
        Subject of each cycle.
    quantity : str
        What the values are, for example ``"added to the log-odds"``.
    """

    values: NDArray[np.float32]
    edges: NDArray[np.float64]
    channels: tuple[str, ...]
    outcomes: NDArray[Any]
    subjects: NDArray[Any]
    quantity: str

    @property
    def points_both_ways(self) -> bool:
        """Whether anything speaks against the outcome; attention never does."""
        return bool((self.values < 0).any())

    def profile(
        self,
        channel: str = ALL_CHANNELS,
        outcome: Any = None,
        *,
        signed: bool = False,
    ) -> pd.DataFrame:
        """Return the relevance along the cycle, mean of subjects with 95 % interval.

        Parameters
        ----------
        channel : str
            A channel, or ``"all channels"``: their sum.
        outcome : object, optional
            Only cycles for which this class was explained; all where None.
        signed : bool
            False: size, whichever way it points. True: for the outcome less against it.

        Returns
        -------
        DataFrame
            One row a step: ``start`` and ``end`` (% of the cycle), ``relevance``, ``low``, ``high``.
        """
        if channel not in (*self.channels, ALL_CHANNELS):
            raise SchemaError(
                expected=f"one of {', '.join(self.channels)}, or {ALL_CHANNELS!r}",
                got=repr(channel),
                where="channel",
            )
        cycles = self._cycles_of(outcome)
        chosen = slice(None) if channel == ALL_CHANNELS else [self.channels.index(channel)]
        values = self.values[cycles][:, :, chosen].astype(np.float64)
        steps = (values if signed else np.abs(values)).sum(axis=2)
        table = _over_subjects(steps, self.subjects[cycles])
        table.insert(0, "start", self.edges[:-1])
        table.insert(1, "end", self.edges[1:])
        return table

    def by_channel(self, outcome: Any = None) -> pd.DataFrame:
        """Return the size of each channel's relevance over the cycle, the largest first.

        Parameters are those of :meth:`profile`.

        Returns
        -------
        DataFrame
            One row a channel: ``channel``, ``relevance`` (summed over the steps), ``low``,
            ``high``, ``share`` of all channels.
        """
        cycles = self._cycles_of(outcome)
        sizes = np.abs(self.values[cycles], dtype=np.float64).sum(axis=1)
        table = _over_subjects(sizes, self.subjects[cycles])
        table.insert(0, "channel", self.channels)
        total = table["relevance"].sum()
        table["share"] = table["relevance"] / total if total > 0 else 0.0
        return table.sort_values("relevance", ascending=False, ignore_index=True)

    def _cycles_of(self, outcome: Any) -> NDArray[np.bool_]:
        chosen: NDArray[np.bool_] = (
            np.ones(len(self.outcomes), bool) if outcome is None else self.outcomes == outcome
        )
        if not chosen.any():
            known = ", ".join(map(str, pd.unique(self.outcomes)))
            raise SchemaError(
                expected=f"an outcome that was explained: {known}",
                got=repr(outcome),
                where="outcome",
                fix="pass outcome= to the function that explained the cycles",
            )
        return chosen


def step_edges(middles: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the ends of steps with these middles, from 0 to 100 % of the cycle."""
    between = (middles[1:] + middles[:-1]) / 2
    return np.concatenate([[0.0], between, [100.0]])


def _over_subjects(values: NDArray[np.float64], subjects: NDArray[Any]) -> pd.DataFrame:
    """Average within subjects, then over them, with a 95 % interval over subjects."""
    codes, names = subject_codes(subjects)
    of_subject = np.zeros((len(names), values.shape[1]))
    np.add.at(of_subject, codes, values)
    of_subject /= np.bincount(codes)[:, None]
    low, high = Jackknife.of_means(of_subject).intervals("number")
    return pd.DataFrame({"relevance": of_subject.mean(axis=0), "low": low, "high": high})


def integrated_gradients(
    model: Any,
    X: Any,
    groups: Any,
    channels: Sequence[str],
    *,
    outcome: Any = None,
    reference: Any = None,
    n_steps: int = 32,
) -> CycleRelevance:
    """Attribute predictions to the points of the curves by integrated gradients.

    ``(x - x') * integral of df/dx along the straight way from x' to x`` for cycle `x` and
    reference `x'` (Sundararajan, Taly and Yan 2017, https://arxiv.org/abs/1703.01365). The values
    of a cycle sum to ``f(x) - f(x')``. Needs captum, of the extra ``deep``.

    Parameters
    ----------
    model : fitted estimator of ``models.deep``
        Classifier or regressor of one answer.
    X : ndarray, shape (n_cycles, n_points, n_channels)
        Cycles of people the model was not trained on, in the channels' units.
    groups : array-like, shape (n_cycles,)
        Subject of each cycle.
    channels : sequence of str
        Names of the channels, in the order of the last axis.
    outcome : object, optional
        Class to explain; for each cycle the class that the model predicts where None.
    reference : array-like, shape (n_points, n_channels), optional
        The curves to compare with, in the channels' units; the mean curve of the subjects in `X`
        where None. The mean curve of healthy people shows what is special of a patient.
    n_steps : int
        Points of the numerical integral.

    Returns
    -------
    CycleRelevance
        What each point added to the logit of the outcome, or to the network's standardised
        value. Exactly 0 on channels that were not measured.

    Raises
    ------
    MissingExtraError
        If captum is not installed.
    SchemaError
        If the model is not a network of ``models.deep``, or channels, subjects, outcome or
        reference do not fit.

    Warns
    -----
    LocomotionWarning
        If the sums miss ``f(x) - f(x')`` by more than 5 % of its mean size: more steps are needed.
    """
    require_installed("captum", "deep")
    from captum.attr import IntegratedGradients

    network = fitted_network(model)
    curves = checked_cycles(X, groups, channels)
    outcomes = outcomes_of(model, curves, outcome)
    columns = columns_of(model, outcomes)
    put_in = reference_curves(reference, curves, groups)
    start = np.nan_to_num((put_in - network.scaler.mean_) / network.scaler.scale_)
    begin_from = torch.from_numpy(start.astype(np.float32)).to(network.device)
    method = IntegratedGradients(network.module)
    with answering(network.module):
        values, missed, size = np.empty(curves.shape, np.float32), 0.0, 0.0
        for rows, scaled, measured in network.batches(curves):
            target = torch.from_numpy(columns[rows]).to(network.device)
            begin = begin_from * measured[:, None]
            found, gap = method.attribute(
                scaled,
                baselines=begin,
                target=target,
                additional_forward_args=(measured,),
                n_steps=n_steps,
                internal_batch_size=4 * CYCLES_AT_ONCE,
                return_convergence_delta=True,
            )
            values[rows] = found.cpu().numpy()
            missed += float(gap.abs().sum())
            size += float((found.sum(dim=(1, 2)) - gap).abs().sum())
    if missed > _LARGEST_GAP * size:
        warnings.warn(
            f"the integral misses {missed / max(size, 1e-12):.0%} of the answers' change with "
            f"n_steps={n_steps}; pass a larger n_steps",
            LocomotionWarning,
            stacklevel=2,
        )
    what = "logit" if is_classifier(model) else "standardised value"
    return CycleRelevance(
        values=values,
        edges=step_edges(np.linspace(0, 100, curves.shape[1])),
        channels=tuple(channels),
        outcomes=outcomes,
        subjects=np.asarray(groups),
        quantity=f"added to the {what}",
    )


def phase_attention(model: Any, X: Any, groups: Any, answer: str | None = None) -> CycleRelevance:
    """Return the weights that a network with attention gave to the phases.

    A weight says where the answer was read, not what it was read from: each step already knows of
    its neighbours. Jain and Wallace (2019, https://arxiv.org/abs/1902.10186) show how far the two
    can lie apart; compare with :func:`phase_occlusion`.

    Parameters
    ----------
    model : fitted estimator of ``models.deep``
        Recurrent or a Transformer; or a ``DeepMultiTask``, whose answers each have an attention of
        their own.
    X : ndarray, shape (n_cycles, n_points, n_channels)
        Cycles, in the channels' units.
    groups : array-like, shape (n_cycles,)
        Subject of each cycle.
    answer : str, optional
        Which answer of a ``DeepMultiTask``.

    Returns
    -------
    CycleRelevance
        One value a step, over all channels; those of a cycle sum to 1. `outcomes` are the
        predicted classes.

    Raises
    ------
    SchemaError
        If the model has no attention, or no such answer.
    """
    network = fitted_network(model)
    answers = list(getattr(network.module, "answers", [None]))
    if answer not in answers:
        raise SchemaError(
            expected="no answer named: the model has one"
            if answers == [None]
            else f"one of the answers {', '.join(answers)}",
            got=repr(answer),
            where="answer",
        )
    if not isinstance(network.module, (AttentiveNetwork, MultiTaskNetwork)):
        attentive = [name for name, kind in NETWORKS.items() if issubclass(kind, AttentiveNetwork)]
        raise SchemaError(
            expected=f"a network with attention over phases: {', '.join(attentive)}",
            got=type(network.module).__name__,
            where="model",
            fix="phase_occlusion and integrated_gradients explain every architecture",
        )
    curves = checked_cycles(X, groups, [str(channel) for channel in range(np.shape(X)[-1])])
    which = () if answer is None else (answer,)
    with answering(network.module), torch.no_grad():
        weights = [
            network.module.phase_weights(scaled, measured, *which).cpu().numpy()
            for _, scaled, measured in network.batches(curves)
        ]
    if answer is None:
        outcomes = outcomes_of(model, curves, None)
    elif answer in model.classes_:
        outcomes = model.predict(curves)[answer].to_numpy()
    else:
        outcomes = np.full(len(curves), PREDICTED_VALUE, dtype=object)
    return CycleRelevance(
        values=np.concatenate(weights)[:, :, None],
        edges=step_edges(network.module.step_phase.numpy().astype(np.float64)),
        channels=(ALL_CHANNELS,),
        outcomes=outcomes,
        subjects=np.asarray(groups),
        quantity="weight of the phase",
    )


def phase_occlusion(
    model: Any,
    X: Any,
    groups: Any,
    channels: Sequence[str],
    *,
    outcome: Any = None,
    n_windows: int = 20,
    by_channel: bool = False,
    reference: Any = None,
) -> CycleRelevance:
    """Replace each window by a reference curve and measure how far the prediction falls.

    Unlike :func:`sequence_importance`, which fits anew in every fold and asks what the score
    loses, this explains one fitted model, cycle by cycle.

    Parameters
    ----------
    model : fitted scikit-learn estimator
        Takes ``(n_cycles, n_points, n_channels)``; a classifier with ``predict_proba``, or a
        regressor.
    X : ndarray, shape (n_cycles, n_points, n_channels)
        Cycles of people the model was not trained on, in the channels' units.
    groups : array-like, shape (n_cycles,)
        Subject of each cycle.
    channels : sequence of str
        Names of the channels, in the order of the last axis.
    outcome : object, optional
        Class to explain; for each cycle the class that the model predicts where None.
    n_windows : int
        Windows of equal length that the cycle is cut into.
    by_channel : bool
        Whether each channel is occluded by itself, which asks the model as many times more;
        all channels together where False.
    reference : array-like, shape (n_points, n_channels), optional
        Curves put in; the mean curve of the subjects in `X` where None. Curves that were not
        measured stay so.

    Returns
    -------
    CycleRelevance
        Fall of the probability of the outcome, or of the predicted value in its unit.

    Raises
    ------
    SchemaError
        If channels, subjects, outcome or windows do not fit.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> rng, subjects = np.random.default_rng(0), np.repeat(np.arange(20), 2)
    >>> X = rng.normal(0, 0.1, (40, 20, 1))
    >>> X[:, 5:10, 0] += (subjects % 2)[:, None]
    >>> flat = make_pipeline(FunctionTransformer(lambda x: x.reshape(len(x), -1)), LogisticRegression())
    >>> found = phase_occlusion(flat.fit(X, subjects % 2), X, subjects, ["knee"], n_windows=4)
    >>> float(found.profile().set_index("start")["relevance"].idxmax())
    25.0
    """
    curves = checked_cycles(X, groups, channels)
    windows = phase_windows(curves.shape[1], n_windows)
    outcomes = outcomes_of(model, curves, outcome)
    columns = columns_of(model, outcomes)
    put_in = np.where(np.isnan(curves), np.nan, reference_curves(reference, curves, groups))
    every = np.arange(len(channels))
    parts = [every[[position]] for position in every] if by_channel else [every]

    untouched = _answer(model, curves, columns)
    values = np.empty((len(curves), n_windows, len(parts)), np.float32)
    for step, window in enumerate(windows):
        for part, positions in enumerate(parts):
            occluded = curves.copy()
            where = np.ix_(np.arange(len(curves)), window, positions)
            occluded[where] = put_in[where]
            values[:, step, part] = untouched - _answer(model, occluded, columns)
    return CycleRelevance(
        values=values,
        edges=np.linspace(0, 100, n_windows + 1),
        channels=tuple(channels) if by_channel else (ALL_CHANNELS,),
        outcomes=outcomes,
        subjects=np.asarray(groups),
        quantity="fall of the probability"
        if is_classifier(model)
        else "fall of the predicted value",
    )


def _answer(
    model: Any, curves: NDArray[np.float32], columns: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the probability of each cycle's outcome, or the predicted value."""
    found: NDArray[np.float64]
    if is_classifier(model):
        found = np.asarray(model.predict_proba(curves), float)[np.arange(len(curves)), columns]
    else:
        found = np.asarray(model.predict(curves), float).reshape(len(curves))
    return found


# Figures


def plot_relevance(
    found: CycleRelevance,
    data: LocomotionData | None = None,
    channel: str = ALL_CHANNELS,
    *,
    by_outcome: bool = False,
    signed: bool = False,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw the relevance along the gait cycle, mean of subjects with 95 % interval.

    Parameters
    ----------
    found : CycleRelevance
        What was explained.
    data : LocomotionData, optional
        Its cycles, to mark toe-off, and simulated data as such.
    channel : str
        A channel, or ``"all channels"``.
    by_outcome : bool
        Whether each outcome gets a line of its own.
    signed : bool
        False: size. True: what spoke for the outcome less what spoke against it.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(6, 2, ["level_walking"], ["healthy", "stroke"])
    >>> knee = ["knee_flexion_angle_ipsi_rad"]
    >>> flat = make_pipeline(FunctionTransformer(lambda x: x.reshape(len(x), -1)), LogisticRegression())
    >>> flat = flat.fit(data.array(knee), data.cycles["pathology"])
    >>> found = phase_occlusion(flat, data.array(knee), data.groups, knee, n_windows=5)
    >>> plot_relevance(found, data).get_xlabel()
    'Gait cycle (%)'
    """
    axes = axes_for(axes, 6.6, 2.9, () if data is None else data)
    outcomes = sorted(pd.unique(found.outcomes), key=str) if by_outcome else [None]
    for position, outcome in enumerate(outcomes):
        profile = found.profile(channel, outcome, signed=signed)
        shade = colour(position)
        label = "" if outcome is None else value_title(outcome)
        axes.stairs(
            profile["relevance"],
            found.edges,
            color=shade,
            linestyle=line_style(position),
            linewidth=1.8,
            baseline=None,
            label=label,
        )
        low, high = (np.append(profile[end], profile[end].iloc[-1]) for end in ("low", "high"))
        axes.fill_between(found.edges, low, high, step="post", color=shade, alpha=0.18, linewidth=0)
    axes.axhline(0.0, color=INK, linewidth=0.8)
    if by_outcome:
        axes.legend(loc="best", fontsize=8, frameon=False)
    axes.set_title(title_of(channel), loc="left")
    sized = not signed and found.points_both_ways
    axes.set_ylabel(found.quantity.capitalize() + (", size" if sized else ""))
    draw_toe_off(axes, None if data is None else mean_toe_off(data))
    gait_cycle_axis(axes)
    return axes


def plot_relevance_on_curves(
    found: CycleRelevance,
    data: LocomotionData,
    channel: str,
    outcome: Any,
    *,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw the mean curve of the cycles explained as an outcome, coloured by what spoke for and against it.

    Parameters
    ----------
    found : CycleRelevance
        What was explained.
    data : LocomotionData
        The same cycles in the same order.
    channel : str
        A channel of both. Where `found` did not tell channels apart, the colour is that of all.
    outcome : object
        One of ``found.outcomes``: the thick line is the mean of the cycles explained as this, the
        thin one that of the others.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    SchemaError
        If `data` has other cycles, or not this channel or outcome.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(6, 2, ["level_walking"], ["healthy", "stroke"])
    >>> knee = ["knee_flexion_angle_ipsi_rad"]
    >>> flat = make_pipeline(FunctionTransformer(lambda x: x.reshape(len(x), -1)), LogisticRegression())
    >>> flat = flat.fit(data.array(knee), data.cycles["pathology"])
    >>> found = phase_occlusion(flat, data.array(knee), data.groups, knee, n_windows=5)
    >>> plot_relevance_on_curves(found, data, knee[0], "stroke").get_ylabel()
    'Angle (°)'
    """
    if len(data.cycles) != len(found.values) or (data.groups != found.subjects).any():
        raise SchemaError(
            expected=f"the {len(found.values)} cycles that were explained, in the same order",
            got=f"{len(data.cycles)} cycles, or other subjects",
            where="data",
            fix="select the same cycles, for example data.take(test)",
        )
    channel = data.channel(channel)
    told_apart = found.channels != (ALL_CHANNELS,)
    profile = found.profile(channel if told_apart else ALL_CHANNELS, outcome, signed=True)
    axes = axes_for(axes, 6.2, 3.3, data)
    chosen = found.outcomes == outcome
    factor = shown_unit(channel)[1]
    curves = data.curves(channel)
    if not chosen.all():
        others = class_curve(curves[~chosen], data.groups[~chosen], factor)
        axes.plot(PHASE_PERCENT, others.mean, color=INK, linewidth=0.9, label="all others")
    drawn = class_curve(curves[chosen], data.groups[chosen], factor)
    middles = (found.edges[1:] + found.edges[:-1]) / 2
    relevance = np.interp(PHASE_PERCENT, middles, profile["relevance"])
    _coloured_line(axes, drawn.mean, relevance, found.quantity.capitalize())
    label = f"explained: {value_title(outcome)} (n = {drawn.n_subjects} subjects)"
    axes.plot([], [], color="0.6", linewidth=6, label=label)
    axes.legend(loc="best", fontsize=8, frameon=False)
    curve_axes(axes, channel)
    draw_toe_off(axes, mean_toe_off(data))
    return axes


def plot_relevance_map(
    found: CycleRelevance,
    data: LocomotionData | None = None,
    outcome: Any = None,
    *,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw the evidence for and against an outcome by phase, of the channels of most weight.

    Parameters
    ----------
    found : CycleRelevance
        What was explained, channel by channel.
    data : LocomotionData, optional
        Its cycles, to mark toe-off, and simulated data as such.
    outcome : object, optional
        One of ``found.outcomes``; all cycles where None.
    axes : matplotlib Axes, optional
        Where to draw; a new figure where None. At most 15 channels are drawn.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(6, 2, ["level_walking"], ["healthy", "stroke"])
    >>> knee = ["knee_flexion_angle_ipsi_rad"]
    >>> flat = make_pipeline(FunctionTransformer(lambda x: x.reshape(len(x), -1)), LogisticRegression())
    >>> flat = flat.fit(data.array(knee), data.cycles["pathology"])
    >>> found = phase_occlusion(flat, data.array(knee), data.groups, knee, n_windows=5)
    >>> plot_relevance_map(found, data, "stroke").get_xlabel()
    'Gait cycle (%)'
    """
    channels = found.by_channel(outcome)["channel"].head(_MOST_CHANNELS)
    profiles = [found.profile(c, outcome, signed=True) for c in channels]
    values = np.array([profile["relevance"] for profile in profiles])
    axes = axes_for(axes, 7.6, 1.4 + 0.3 * len(channels), () if data is None else data)
    top = max(float(np.abs(values).max()), np.finfo(float).tiny)
    rows = np.arange(len(channels) + 1) - 0.5
    image = axes.pcolormesh(
        found.edges, rows, values, cmap=_FOR_AND_AGAINST, vmin=-top, vmax=top, rasterized=True
    )
    axes.figure.colorbar(image, ax=axes, pad=0.02).set_label(found.quantity.capitalize())
    axes.set_yticks(range(len(channels)), [title_of(channel) for channel in channels])
    axes.invert_yaxis()
    if outcome is not None:
        axes.set_title(value_title(outcome), loc="left")
    draw_toe_off(axes, None if data is None else mean_toe_off(data))
    gait_cycle_axis(axes)
    axes.grid(visible=False)
    return axes


def _coloured_line(
    axes: "Axes", curve: NDArray[np.float64], values: NDArray[np.float64], label: str
) -> None:
    from matplotlib.collections import LineCollection

    points = np.column_stack([PHASE_PERCENT, curve])
    pieces = np.stack([points[:-1], points[1:]], axis=1)
    top = max(float(np.abs(values).max()), np.finfo(float).tiny)
    # Grey below the colours: where nothing spoke the line is white.
    axes.plot(PHASE_PERCENT, curve, color="0.6", linewidth=7, solid_capstyle="round")
    line = LineCollection(list(pieces), cmap=_FOR_AND_AGAINST, linewidths=5)
    line.set_array((values[1:] + values[:-1]) / 2)
    line.set_clim(-top, top)
    axes.add_collection(line)
    axes.figure.colorbar(line, ax=axes, pad=0.02).set_label(label)


# Cycles, outcomes and references, checked; and the network inside an estimator


def checked_cycles(X: Any, groups: Any, channels: Sequence[str]) -> NDArray[np.float32]:
    """Return the curves after checking that subjects and channel names fit them.

    Raises
    ------
    SchemaError
        If they do not.
    """
    curves = checked_curves(X, gaps=True)
    check_channels(channels, curves.shape[2])
    codes, _ = subject_codes(groups)
    if len(codes) != len(curves):
        raise SchemaError(
            expected=f"a subject for each of {len(curves)} cycles",
            got=str(len(codes)),
            where="groups",
        )
    return curves


def outcomes_of(model: Any, X: NDArray[np.float32], outcome: Any) -> NDArray[Any]:
    """Return what is explained of each cycle: `outcome`, else the class the model predicts.

    Raises
    ------
    SchemaError
        If `outcome` is not a class of the model, the model predicts a quantity, or several.
    """
    if not is_classifier(model):
        if not is_regressor(model):
            raise SchemaError(
                expected="a classifier or a regressor, with one answer",
                got=type(model).__name__,
                where="model",
            )
        if outcome is not None:
            raise SchemaError(
                expected="no outcome: the model predicts a quantity",
                got=repr(outcome),
                where="outcome",
            )
        return np.full(len(X), PREDICTED_VALUE, dtype=object)
    if outcome is None:
        return np.asarray(model.predict(X))
    if outcome not in list(model.classes_):
        raise SchemaError(
            expected=f"a class of the model: {', '.join(map(str, model.classes_))}",
            got=repr(outcome),
            where="outcome",
        )
    return np.full(len(X), outcome, dtype=np.asarray(model.classes_).dtype)


def columns_of(model: Any, outcomes: NDArray[Any]) -> NDArray[np.intp]:
    """Return the column of each cycle's outcome in what the model answers."""
    if not is_classifier(model):
        return np.zeros(len(outcomes), dtype=np.intp)
    position = {name: column for column, name in enumerate(model.classes_)}
    return np.array([position[name] for name in outcomes], dtype=np.intp)


def reference_curves(
    reference: Any, curves: NDArray[np.float32], groups: Any
) -> NDArray[np.float32]:
    """Return the curves to compare with: `reference`, else the mean of the subjects' means.

    Returns
    -------
    ndarray of float32, shape (n_points, n_channels)
        NaN where no cycle measured the channel.
    """
    if reference is None:
        flat = pd.DataFrame(curves.reshape(len(curves), -1))
        mean = flat.groupby(subject_codes(groups)[0]).mean().mean().to_numpy()
        return mean.reshape(curves.shape[1:]).astype(np.float32)
    found: NDArray[np.float32] = np.asarray(reference, dtype=np.float32)
    if found.shape != curves.shape[1:]:
        raise CycleShapeError(
            expected=f"a reference of {curves.shape[1]} points and {curves.shape[2]} channels",
            got=f"shape {found.shape}",
            where="reference",
        )
    return found


class FittedNetwork(NamedTuple):
    """What a fitted estimator of ``models.deep`` holds.

    Attributes
    ----------
    module : torch.nn.Module
        ``module(curves, measured)`` -> (n_cycles, n_outputs).
    scaler : CurveScaler
        Makes its inputs.
    """

    module: torch.nn.Module
    scaler: CurveScaler

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.module.parameters()).device

    def batches(self, X: NDArray[np.float32]) -> Iterator[tuple[slice, torch.Tensor, torch.Tensor]]:
        """Yield the rows of a batch, its scaled curves, and which were measured."""
        for start in range(0, len(X), CYCLES_AT_ONCE):
            rows = slice(start, start + CYCLES_AT_ONCE)
            curves, measured = self.scaler.transform(X[rows])
            yield (
                rows,
                torch.from_numpy(curves).to(self.device),
                torch.from_numpy(measured).to(self.device),
            )


def fitted_network(model: Any) -> FittedNetwork:
    """Return the network and the scaler of a fitted estimator.

    Raises
    ------
    NotFittedError
        If it is an estimator of ``models.deep`` before ``fit``.
    SchemaError
        If it is no such estimator.
    """
    network, scaler = getattr(model, "network_", None), getattr(model, "scaler_", None)
    if isinstance(network, torch.nn.Module) and isinstance(scaler, CurveScaler):
        return FittedNetwork(network, scaler)
    if type(model).__module__.startswith("locomotion_analysis.models.deep"):
        message = f"{type(model).__name__} is not fitted yet: call fit first"
        raise NotFittedError(message)
    raise SchemaError(
        expected="a network of models.deep, for example DeepClassifier",
        got=type(model).__name__,
        where="model",
        fix="phase_occlusion and sequence_importance explain any model of curves",
    )


@contextmanager
def answering(module: torch.nn.Module) -> Iterator[None]:
    """Switch dropout off for the while; cuDNN too, whose LSTM has gradients in training only."""
    training = module.training
    module.eval()
    try:
        with torch.backends.cudnn.flags(enabled=False):
            yield
    finally:
        module.train(training)
