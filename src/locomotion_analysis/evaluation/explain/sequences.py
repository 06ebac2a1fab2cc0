"""Which part of the gait cycle, on which channel, a sequence model looks at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.explain.importance import GroupedImportance, importance_of
from locomotion_analysis.evaluation.explain.task import Task
from locomotion_analysis.evaluation.inputs import Features
from locomotion_analysis.progress import Progress

ALL_CHANNELS = "all channels"
WHOLE_CYCLE = "whole cycle"
Replacement = Literal["other_subject", "mean_curve"]


@dataclass(frozen=True, slots=True)
class PhaseImportance:
    """What each window of the gait cycle is worth to a sequence model.

    Attributes
    ----------
    table : DataFrame
        One row a window and channel, and a window over all channels, and a channel over the
        whole cycle: ``channel``, ``start`` and ``end`` (% of the cycle), ``importance``, ``low``
        and ``high`` (95 % interval over subjects).
    importance : GroupedImportance
        Score of the untouched model, metric, sizes.
    windows : ndarray, shape (n_windows, 2)
        Start and end of each window, % of the cycle.
    channels : tuple of str
        Channels.
    """

    table: pd.DataFrame
    importance: GroupedImportance
    windows: NDArray[np.float64]
    channels: tuple[str, ...]

    def curve(self, channel: str = ALL_CHANNELS) -> pd.DataFrame:
        """Return the windows of one channel, or of all channels at once, in order of phase."""
        if channel not in (*self.channels, ALL_CHANNELS):
            raise SchemaError(
                expected=f"one of {', '.join(self.channels)}, or {ALL_CHANNELS!r}",
                got=repr(channel),
                where="channel",
            )
        chosen = self.table[(self.table["channel"] == channel) & self.table["window"].ge(0)]
        return chosen.sort_values("start", ignore_index=True)

    def by_channel(self) -> pd.DataFrame:
        """Return the channels over the whole cycle, the most important first."""
        whole = self.table[self.table["window"].lt(0)]
        return whole.sort_values("importance", ascending=False, ignore_index=True)


def sequence_importance(
    model: Any,
    X: Any,
    y: Any,
    groups: Any,
    channels: Sequence[str],
    *,
    cv: Any = None,
    n_windows: int = 10,
    replace_by: Replacement = "other_subject",
    n_repeats: int = 5,
    n_bootstrap: int = 1000,
    random_state: int = 0,
    progress: Progress | None = None,
) -> PhaseImportance:
    """Replace windows of the gait cycle of held-out subjects and see what the model loses.

    Parameters
    ----------
    model : scikit-learn estimator
        Takes ``(n_cycles, n_points, n_channels)``; cloned in every fold.
    X : ndarray, shape (n_cycles, n_points, n_channels)
        Sequences, from ``prepare_sequential_features``.
    y : array-like, shape (n_cycles,)
        Target.
    groups : array-like, shape (n_cycles,)
        Subject of each row.
    channels : sequence of str
        Names of the channels, in the order of the last axis.
    cv : splitter or iterable of (train, test), optional
        Folds of subjects; five where None.
    n_windows : int
        Windows of equal length that the cycle is cut into.
    replace_by : {"other_subject", "mean_curve"}
        *other_subject*: the same window of another held-out subject (permutation).
        *mean_curve*: the mean of the held-out subjects' curves there (occlusion), which takes
        away what is special without bringing in what is special of another.
    n_repeats : int
        Draws of donors a fold; occlusion needs one only.
    n_bootstrap : int
        Draws of subjects for the intervals.
    random_state : int
        Seed.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` after each fold.

    Returns
    -------
    PhaseImportance
        Importance of windows and channels with intervals.

    Raises
    ------
    SchemaError
        If `X` is not three-dimensional, or channels or windows do not fit it.
    TargetError, SplitLeakError
        As :func:`grouped_importance`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> rng, subjects = np.random.default_rng(0), np.repeat(np.arange(20), 2)
    >>> X = rng.normal(0, 0.1, (40, 20, 1))
    >>> X[:, 5:10, 0] += (subjects % 2)[:, None]
    >>> flat = make_pipeline(FunctionTransformer(lambda x: x.reshape(len(x), -1)), LogisticRegression())
    >>> found = sequence_importance(flat, X, subjects % 2, subjects, ["knee"], n_windows=4)
    >>> found.curve().set_index("start")["importance"].idxmax()
    25.0
    """
    task = Task.of(model, X, y, groups, cv)
    sequences = _checked(task.X, channels, n_windows)
    points = np.array_split(np.arange(sequences.shape[1]), n_windows)
    parts = _parts(points, channels)

    def exchange(rows: Features, others: Features, part: str) -> NDArray[Any]:
        chosen, channel = parts[part]
        changed: NDArray[Any] = np.array(rows)
        donors = others if replace_by == "other_subject" else np.nanmean(rows, axis=0)[None]
        where = np.ix_(np.arange(len(changed)), chosen, channel)
        changed[where] = donors[np.ix_(np.arange(len(donors)), chosen, channel)]
        return changed

    repeats = n_repeats if replace_by == "other_subject" else 1
    sizes = {name: len(chosen) * len(channel) for name, (chosen, channel) in parts.items()}
    found = importance_of(
        task, model, sizes, exchange, repeats, (n_bootstrap, random_state), progress
    )
    edges = np.linspace(0, 100, n_windows + 1)
    windows = np.column_stack([edges[:-1], edges[1:]])
    return PhaseImportance(_labelled(found, windows), found, windows, tuple(channels))


def _parts(
    points: list[NDArray[np.intp]], channels: Sequence[str]
) -> dict[str, tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Name every window of every channel, every window of all, and every whole channel."""
    each, every = np.arange(len(channels)), np.concatenate(points)
    groups = {name: each[[position]] for position, name in enumerate(channels)}
    several = {ALL_CHANNELS: each} if len(channels) > 1 else {}
    windows = {
        f"{number}|{name}": (chosen, position)
        for name, position in {**groups, **several}.items()
        for number, chosen in enumerate(points)
    }
    return {**windows, **{f"-1|{name}": (every, position) for name, position in groups.items()}}


def _labelled(found: GroupedImportance, windows: NDArray[np.float64]) -> pd.DataFrame:
    table = found.table.drop(columns="n_features")
    parts = table.pop("group").str.split("|", n=1, expand=True)
    number = parts[0].astype(int).to_numpy()
    table.insert(0, "channel", parts[1])
    table.insert(1, "window", number)
    table.insert(2, "start", np.where(number < 0, 0.0, windows[number, 0]))
    table.insert(3, "end", np.where(number < 0, 100.0, windows[number, 1]))
    if ALL_CHANNELS not in set(table["channel"]):
        # Of one channel, all channels are that one.
        alone = table[table["window"] >= 0].assign(channel=ALL_CHANNELS)
        table = pd.concat([table, alone], ignore_index=True)
    return table


def _checked(X: Features, channels: Sequence[str], n_windows: int) -> NDArray[Any]:
    if isinstance(X, pd.DataFrame) or X.ndim != 3:
        raise SchemaError(
            expected="sequences of three dimensions (cycles, points, channels)",
            got=f"shape {X.shape}",
            where="X",
            fix="pass what prepare_sequential_features returned; for a table use grouped_importance",
        )
    if len(channels) != X.shape[2] or len(set(channels)) != len(channels):
        raise SchemaError(
            expected=f"{X.shape[2]} different channel names, one for each of the last axis",
            got=f"{len(channels)}: {', '.join(map(str, channels[:5]))}",
            where="channels",
            fix="pass the features you gave to prepare_sequential_features",
        )
    if not 2 <= n_windows <= X.shape[1]:
        raise SchemaError(
            expected=f"2 to {X.shape[1]} windows", got=str(n_windows), where="n_windows"
        )
    return X
