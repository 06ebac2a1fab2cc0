"""What generators of gait cycles have in common."""

import warnings
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.models.deep.estimators.saving import FittedState
from locomotion_analysis.models.deep.generation.blurred_numbers import BlurredNumbers
from locomotion_analysis.models.deep.generation.conditions import CONDITIONS, ConditionEncoder
from locomotion_analysis.models.deep.generation.cycle_scores import CycleScores
from locomotion_analysis.models.deep.generation.drawn_channels import computed_channel, lift_feet
from locomotion_analysis.models.deep.generation.generator_state import restore, state_of
from locomotion_analysis.models.deep.generation.training_cycles import (
    DURATION,
    TrainingCycles,
    training_cycles,
)
from locomotion_analysis.models.deep.net import GaitNet
from locomotion_analysis.models.deep.subject_balance import balanced_weights

DATASET = "generated"
_BATCH_SIZE = 4096


class CycleGenerator(BaseEstimator):  # type: ignore[misc]
    """Base of the conditional generators: :meth:`fit` on cycles, :meth:`sample` new ones.

    A network draws principal component scores of all channels together with the cycle's
    duration. Velocities and powers are computed from what was drawn. Subjects weigh the same
    in training, whatever their number of cycles.

    Subclasses set their parameters and define `_sizes`, `_net` and `_draw`.

    Attributes
    ----------
    plan_ : ChannelPlan
        Which channels are drawn, computed and left out.
    conditions_ : ConditionEncoder
        What can be asked for.
    scores_ : CycleScores
        Principal components.
    network_ : torch.nn.Module
        The trained network.
    history_ : list of float
        Training loss of each epoch.
    n_cycles_, n_subjects_, source_
        How many cycles of how many subjects it learnt from, and whether they were recorded.
    """

    network: ClassVar[type[torch.nn.Module]]
    channels: Sequence[str] | None
    conditions: Sequence[str] | None
    n_components: int
    condition_noise: float
    device: str
    random_state: int

    def fit(self, data: LocomotionData) -> Self:
        """Learn from cycles.

        Parameters
        ----------
        data : LocomotionData
            Cycles of the subjects to learn from. Keep the subjects apart that the generated
            cycles shall be judged by.

        Raises
        ------
        SchemaError
            If a channel or condition is not there, or fewer than eight cycles are complete.
        """
        training = training_cycles(data, self.channels)
        self.plan_ = training.plan
        self.conditions_ = ConditionEncoder(self._columns(training.cycles)).fit(training.cycles)
        self.scores_ = CycleScores(self.n_components, self.random_state).fit(training.curves)
        targets = self._with_durations(training)
        inputs = {"scores": targets, "conditions": self.conditions_.encode(training.cycles)}
        subjects = training.cycles["subject"]
        self.n_cycles_, self.n_subjects_ = len(targets), int(subjects.nunique())
        weights = balanced_weights(subjects)
        net = self._net(targets.shape[1], self.conditions_.width, weights)
        blur = BlurredNumbers(self.conditions_.is_number, self.condition_noise)
        net.set_params(iterator_train__augmentation=blur).fit(inputs, None)
        self.network_: torch.nn.Module = net.module_
        self.history_ = [float(loss) for loss in net.history[:, "train_loss"]]
        self.source_ = "simulated cycles" if data.is_simulated else "recorded cycles"
        return self

    def sample(self, conditions: pd.DataFrame, random_state: int = 0) -> LocomotionData:
        """Draw one cycle for each row of conditions.

        Parameters
        ----------
        conditions : DataFrame
            One row a cycle, with the columns of ``conditions_.columns``; others are not used.
            ``data.cycles`` of other subjects is such a frame.
        random_state : int
            Seed: the same rows and seed give the same cycles.

        Returns
        -------
        LocomotionData
            Of dataset "generated", each cycle of a subject of its own: cycles of the network
            have no person in common. ``simulated`` and ``generated`` are True.

        Raises
        ------
        SchemaError
            If a column is missing or empty, or a name was not in the training.
        """
        check_is_fitted(self, "network_")
        encoded = torch.as_tensor(self.conditions_.encode(conditions))
        beyond = self.conditions_.extrapolated(conditions)
        self._warn_beyond(beyond, len(conditions))
        generator = torch.Generator().manual_seed(random_state)
        device = next(self.network_.eval().parameters()).device
        with torch.inference_mode():
            parts = [
                self._draw(part.to(device), generator).cpu().numpy()
                for part in encoded.split(_BATCH_SIZE)
            ]
        return self._as_data(np.concatenate(parts), conditions, beyond, random_state)

    def _sizes(self) -> dict[str, Any]:
        raise NotImplementedError

    def _net(self, n_scores: int, n_conditions: int, weights: NDArray[np.float64]) -> GaitNet:
        raise NotImplementedError

    def _draw(self, conditions: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        raise NotImplementedError

    def _state(self) -> FittedState:
        return state_of(self)

    def _restore(self, state: FittedState) -> None:
        restore(self, state)

    def _columns(self, cycles: pd.DataFrame) -> tuple[str, ...]:
        if self.conditions is None:
            known = [name for name in CONDITIONS if name in cycles and cycles[name].notna().any()]
            return tuple(known)
        return tuple(dict.fromkeys(["task", *self.conditions]))

    def _with_durations(self, training: TrainingCycles) -> NDArray[np.float32]:
        scores = self.scores_.transform(training.curves)
        if training.durations is None:
            self.log_duration_: tuple[float, float] | None = None
            return scores
        logarithm = np.log(training.durations)
        self.log_duration_ = (float(logarithm.mean()), float(logarithm.std()) or 1.0)
        scaled = (logarithm - self.log_duration_[0]) / self.log_duration_[1]
        return np.column_stack([scores, scaled]).astype(np.float32)

    def _as_data(
        self,
        drawn: NDArray[np.float32],
        conditions: pd.DataFrame,
        beyond: dict[str, int],
        random_state: int,
    ) -> LocomotionData:
        cycles = self._cycle_table(conditions)
        block = self.scores_.inverse_transform(drawn[:, : self.scores_.n_scores])
        curves = {name: block[:, :, row].copy() for row, name in enumerate(self.plan_.drawn)}
        if self.log_duration_ is not None:
            mean, spread = self.log_duration_
            cycles[DURATION] = np.exp(mean + spread * drawn[:, -1].astype(np.float64))
            tasks = cycles["task"].to_numpy(object)
            seconds = cycles[DURATION].to_numpy()
            made = {n: computed_channel(n, curves, seconds, tasks) for n in self.plan_.computed}
            curves |= made
        lift_feet(curves)
        entry = HistoryEntry("generated", self._in_words(beyond, random_state), len(cycles))
        return LocomotionData(cycles, np.stack(list(curves.values())), list(curves), [entry])

    def _cycle_table(self, conditions: pd.DataFrame) -> pd.DataFrame:
        asked = conditions[list(self.conditions_.columns)].reset_index(drop=True)
        digits = len(str(len(asked)))
        return asked.assign(
            dataset=DATASET,
            subject=[f"generated_{number:0{digits}d}" for number in range(len(asked))],
            task_id=asked["task"],
            step=0,
            simulated=True,
            generated=True,
        )

    def _in_words(self, beyond: dict[str, int], random_state: int) -> str:
        words = (
            f"by {type(self).__name__} trained on {self.n_cycles_} {self.source_} of "
            f"{self.n_subjects_} subjects, seed {random_state}; conditions "
            f"{', '.join(self.conditions_.columns)}; no person was measured"
        )
        if self.plan_.computed:
            words += f"; {len(self.plan_.computed)} velocities and powers computed"
        if self.plan_.left_out:
            words += f"; left out: {', '.join(self.plan_.left_out)}"
        if beyond:
            words += "; beyond the training: " + _counted(beyond)
        return words

    def _warn_beyond(self, beyond: dict[str, int], n_cycles: int) -> None:
        if beyond:
            warnings.warn(
                f"conditions outside what the training covered ({_counted(beyond)} of {n_cycles} "
                "cycles): the generator extrapolates.",
                LocomotionWarning,
                stacklevel=3,
            )


def check_positive(**numbers: float) -> None:
    """Raise for a parameter that is not above 0."""
    for name, value in numbers.items():
        if not value > 0:
            raise SchemaError(expected="a number above 0", got=repr(value), where=name)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{column} {count}" for column, count in counts.items())
