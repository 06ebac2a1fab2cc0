"""How far predicted kinetics are off: over all, by gait phase, by subject, along the cycle."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.bootstrap import percentile_interval, subject_weights
from locomotion_analysis.evaluation.inputs import said_simulated
from locomotion_analysis.evaluation.kinetics.curve_errors import (
    ErrorSums,
    point_sums,
    window_sums,
)
from locomotion_analysis.evaluation.kinetics.gait_phases import GAIT_PHASES, gait_phase_of_points
from locomotion_analysis.models.deep import KineticsArrays
from locomotion_analysis.standard import PHASE_PERCENT, Channel

BASELINE = "mean curve"
_TAIL = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class KineticsEvaluation:
    """Measured and predicted kinetics of people whom the models did not see.

    Errors are root mean squares over the measured points of all held-out cycles, in the unit of
    the channel (Nm/kg, BW). Intervals are 95 %, bootstrapped over subjects.

    Attributes
    ----------
    data : LocomotionData
        The cycles.
    arrays : KineticsArrays
        What was predicted from, and what was measured.
    predicted : mapping of str to ndarray of float32, shape (n_cycles, 150, n_targets)
        Each model's held-out predictions; the baselines ``"mean curve"`` and ``"ridge"`` first.
    toe_off : ndarray of float, shape (n_cycles,)
        End of stance, % of the cycle.
    subject : ndarray of int, shape (n_cycles,)
        Number of each cycle's subject in `subjects`.
    subjects : ndarray, shape (n_subjects,)
        Their names.
    n_bootstrap, random_state : int
        Draws of subjects and their seed.
    """

    data: LocomotionData
    arrays: KineticsArrays
    predicted: Mapping[str, NDArray[np.float32]]
    toe_off: NDArray[np.float64]
    subject: NDArray[np.intp]
    subjects: NDArray[Any]
    n_bootstrap: int
    random_state: int

    def errors(self) -> pd.DataFrame:
        """Return one row a target and model.

        Returns
        -------
        DataFrame
            ``channel, unit, model, rmse, low, high``; and ``below_mean_curve_percent`` and
            ``below_ridge_percent``: by how much the error is smaller, each with ``_low`` and
            ``_high``.
        """
        weights, rows = self._weights(), []
        for channel in self.arrays.targets:
            sums = {model: self._whole(model, channel) for model in self.predicted}
            draws = {model: each.draws(weights) for model, each in sums.items()}
            for model, each in sums.items():
                rmse = float(each.rmse())
                row: dict[str, Any] = {
                    "channel": channel,
                    "unit": Channel.parse(channel).unit,
                    "model": model,
                }
                row |= _with_interval("rmse", rmse, draws[model], short=True)
                for baseline in (BASELINE, "ridge"):
                    name = f"below_{baseline.replace(' ', '_')}_percent"
                    less = 100 * (1 - rmse / float(sums[baseline].rmse()))
                    drawn = 100 * (1 - draws[model] / draws[baseline])
                    row |= _with_interval(name, less, drawn)
                rows.append(row)
        return said_simulated(pd.DataFrame(rows), self.data.is_simulated)

    def by_phase(self, model: str) -> pd.DataFrame:
        """Return a model's error in each phase of gait.

        Returns
        -------
        DataFrame
            ``channel, unit, gait_phase, rmse, low, high``. The phases are those of Perry and
            Burnfield, moved with each cycle's toe-off; cycles without steps are left out.
        """
        weights, rows = self._weights(), []
        window = gait_phase_of_points(self.toe_off)
        for channel in self.arrays.targets:
            sums = window_sums(*self.curves(model, channel), self.subject, window, len(GAIT_PHASES))
            draws = sums.draws(weights)
            for number, (phase, rmse) in enumerate(zip(GAIT_PHASES, sums.rmse(), strict=True)):
                row: dict[str, Any] = {
                    "channel": channel,
                    "unit": Channel.parse(channel).unit,
                    "gait_phase": phase,
                }
                rows.append(row | _with_interval("rmse", rmse, draws[:, number], short=True))
        return said_simulated(pd.DataFrame(rows), self.data.is_simulated)

    def by_subject(self, model: str) -> pd.DataFrame:
        """Return a model's error for each subject: rows subjects, columns channels and cycles."""
        of_channels = {
            channel: self._whole(model, channel).of_subjects() for channel in self.arrays.targets
        }
        table = pd.DataFrame(of_channels, index=pd.Index(self.subjects, name="subject"))
        table["n_cycles"] = np.bincount(self.subject)
        return said_simulated(table, self.data.is_simulated)

    def along_cycle(self, model: str, channel: str) -> pd.DataFrame:
        """Return a model's error at each point of the cycle.

        Returns
        -------
        DataFrame
            ``phase_percent, rmse, low, high``, 150 rows.
        """
        sums = point_sums(*self.curves(model, channel), self.subject)
        low, high = np.nanpercentile(sums.draws(self._weights()), _TAIL, axis=0)
        table = {"phase_percent": PHASE_PERCENT, "rmse": sums.rmse(), "low": low, "high": high}
        return said_simulated(pd.DataFrame(table), self.data.is_simulated)

    def verdict(self, channel: str) -> str:
        """Return in one line what the models reach on a channel."""
        position = self._position(channel)
        table = self.errors()
        own = table[table["channel"] == self.arrays.targets[position]].set_index("model")
        unit = own["unit"].iloc[0].replace("_", "/")
        told = []
        for model, row in own.iterrows():
            words = f"{model} {row['rmse']:.3f} {unit} ({row['low']:.3f} to {row['high']:.3f})"
            if model != BASELINE:
                words += f", {row['below_mean_curve_percent']:.0f} % below the {BASELINE}"
            told.append(words)
        return f"{channel}: " + "; ".join(told)

    def curves(self, model: str, channel: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return measured and predicted curves of a channel, each of shape (n_cycles, 150).

        Raises
        ------
        SchemaError
            If there is no such model or target.
        """
        if model not in self.predicted:
            raise SchemaError(
                expected=f"a model of {', '.join(self.predicted)}", got=repr(model), where="model"
            )
        position = self._position(channel)
        return self.arrays.Y[..., position], self.predicted[model][..., position]

    def _position(self, channel: str) -> int:
        if channel not in self.arrays.targets:
            raise SchemaError(
                expected=f"a target of {', '.join(self.arrays.targets)}",
                got=repr(channel),
                where="channel",
            )
        return self.arrays.targets.index(channel)

    def _whole(self, model: str, channel: str) -> ErrorSums:
        sums = point_sums(*self.curves(model, channel), self.subject)
        return ErrorSums(sums.squared.sum(axis=1), sums.points.sum(axis=1))

    def _weights(self) -> NDArray[np.int64]:
        return subject_weights(len(self.subjects), self.n_bootstrap, self.random_state)


def _with_interval(
    name: str, value: float, draws: NDArray[np.float64], *, short: bool = False
) -> dict[str, float]:
    low, high = percentile_interval(draws)
    prefix = "" if short else f"{name}_"
    return {name: value, f"{prefix}low": low, f"{prefix}high": high}
