"""What each part of each cycle did to a model's answer."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.bootstrap import LEVEL_PERCENT, subject_weights
from locomotion_analysis.evaluation.explain.sequences import ALL_CHANNELS
from locomotion_analysis.selection.subjects import subject_codes


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
        n_bootstrap: int = 1000,
        random_state: int = 0,
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
        n_bootstrap : int
            Draws of subjects for the interval.
        random_state : int
            Seed of these draws.

        Returns
        -------
        DataFrame
            One row a step: ``start`` and ``end`` (% of the cycle), ``relevance``, ``low``, ``high``.
        """
        cycles = self._cycles_of(outcome)
        values = self.values[cycles][:, :, self._positions(channel)].astype(np.float64)
        steps = (values if signed else np.abs(values)).sum(axis=2)
        table = _over_subjects(steps, self.subjects[cycles], n_bootstrap, random_state)
        table.insert(0, "start", self.edges[:-1])
        table.insert(1, "end", self.edges[1:])
        return table

    def by_channel(
        self, outcome: Any = None, *, n_bootstrap: int = 1000, random_state: int = 0
    ) -> pd.DataFrame:
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
        table = _over_subjects(sizes, self.subjects[cycles], n_bootstrap, random_state)
        table.insert(0, "channel", self.channels)
        total = table["relevance"].sum()
        table["share"] = table["relevance"] / total if total > 0 else 0.0
        return table.sort_values("relevance", ascending=False, ignore_index=True)

    def _positions(self, channel: str) -> list[int]:
        if channel == ALL_CHANNELS:
            return list(range(len(self.channels)))
        if channel not in self.channels:
            raise SchemaError(
                expected=f"one of {', '.join(self.channels)}, or {ALL_CHANNELS!r}",
                got=repr(channel),
                where="channel",
            )
        return [self.channels.index(channel)]

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


def _over_subjects(
    values: NDArray[np.float64], subjects: NDArray[Any], n_bootstrap: int, random_state: int
) -> pd.DataFrame:
    """Average within subjects, then over them, with a percentile interval of subjects."""
    codes, names = subject_codes(subjects)
    of_subject = np.zeros((len(names), values.shape[1]))
    np.add.at(of_subject, codes, values)
    of_subject /= np.bincount(codes)[:, None]
    draws = subject_weights(len(names), n_bootstrap, random_state) @ of_subject / len(names)
    tail = (100 - LEVEL_PERCENT) / 2
    low, high = np.percentile(draws, [tail, 100 - tail], axis=0)
    return pd.DataFrame({"relevance": of_subject.mean(axis=0), "low": low, "high": high})
