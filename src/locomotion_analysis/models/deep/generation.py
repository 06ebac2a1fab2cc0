"""Generators of gait cycles: what is drawn, what is computed, and from which training cycles."""

import warnings
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.utils.validation import check_is_fitted
from torch import nn

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.models.deep.base import CurveModel
from locomotion_analysis.models.deep.conditions import CONDITIONS, ConditionEncoder
from locomotion_analysis.models.deep.core import (
    Batch,
    CurveScaler,
    GaitNet,
    Learned,
    Learner,
    balanced_weights,
)
from locomotion_analysis.quality.checks import derivative
from locomotion_analysis.standard import Channel

CONTACT_BW = 0.03
"""A foot with less force on it is off the ground: 20 N of 70 kg, the usual threshold of plates."""

_SAGITTAL = {"hip": "flexion", "knee": "flexion", "ankle": "dorsiflexion"}


class ChannelPlan(NamedTuple):
    """Where each channel of generated cycles comes from.

    Attributes
    ----------
    drawn : tuple of str
        Channels that the network draws.
    computed : tuple of str
        Velocities, from the drawn angle and the cycle's duration; and powers, from the drawn
        sagittal moment and that velocity.
    left_out : tuple of str
        Channels that are not made: the centre of pressure, which jumps at contact and toe-off.
    """

    drawn: tuple[str, ...]
    computed: tuple[str, ...]
    left_out: tuple[str, ...]


def channel_plan(
    available: Sequence[str], wanted: Sequence[str] | None, *, durations: bool
) -> ChannelPlan:
    """Sort channels by where they shall come from.

    Parameters
    ----------
    available : sequence of str
        Channels of the training data.
    wanted : sequence of str or None
        Channels to make; all but the centre of pressure where None.
    durations : bool
        Whether the cycles' durations are known.
    """
    chosen = list(available if wanted is None else wanted)
    left_out = [name for name in chosen if wanted is None and Channel.parse(name).joint == "cop"]
    chosen = [name for name in chosen if name not in left_out]
    if not chosen:
        raise SchemaError(expected="at least one channel to generate", got="none", where="channels")
    computed = [name for name in chosen if durations and follows_from(name, chosen)]
    drawn = tuple(name for name in chosen if name not in computed)
    return ChannelPlan(drawn, tuple(computed), tuple(left_out))


def follows_from(name: str, channels: Sequence[str]) -> tuple[str, ...]:
    """Return the angle, or the angle and the moment, that a channel is computed from.

    Empty where it is not computed, or one of them is not among `channels`.
    """
    channel = Channel.parse(name)
    side = f"_{channel.side}" if channel.side else ""
    if channel.measurement == "velocity":
        needed: tuple[str, ...] = (f"{channel.joint}_{channel.motion}_angle{side}_rad",)
    elif channel.measurement == "power" and channel.joint in _SAGITTAL:
        motion = f"{channel.joint}_{channel.motion or _SAGITTAL[channel.joint]}"
        unit = "Nm_kg" if channel.unit == "W_kg" else "Nm"
        needed = (f"{motion}_angle{side}_rad", f"{motion}_moment{side}_{unit}")
    else:
        return ()
    return needed if set(needed) <= set(channels) else ()


def computed_channel(
    name: str,
    curves: dict[str, NDArray[np.float32]],
    durations: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Return a velocity (rad/s) or power (W/kg), shape (n_cycles, 150).

    Parameters
    ----------
    name : str
        The channel.
    curves : dict of str to ndarray
        The drawn channels.
    durations : ndarray, shape (n_cycles,)
        Of the cycles, s.
    """
    angle, *moment = (curves[each] for each in follows_from(name, tuple(curves)))
    rate = derivative(angle, durations.astype(np.float32))
    product: NDArray[np.float32] = (rate * moment[0] if moment else rate).astype(np.float32)
    return product


def lift_feet(curves: dict[str, NDArray[np.float32]]) -> None:
    """Set the ground reaction to 0 in place where a foot carries almost nothing."""
    for side in ("ipsi", "contra"):
        vertical = curves.get(f"grf_vertical_{side}_BW")
        if vertical is None:
            continue
        off = vertical < CONTACT_BW
        for axis in ("vertical", "anterior", "lateral"):
            if f"grf_{axis}_{side}_BW" in curves:
                curves[f"grf_{axis}_{side}_BW"][off] = 0.0


DURATION = "cycle_duration_s"
FEWEST_CYCLES = 8


class CompleteCycles(NamedTuple):
    """What a generator learns from.

    Attributes
    ----------
    plan : ChannelPlan
        Which channels are drawn.
    cycles : DataFrame
        The cycles that have all of them.
    curves : ndarray of float32, shape (n_cycles, n_points, n_drawn)
        Their curves.
    durations : ndarray of float64, shape (n_cycles,), or None
        Their durations, s; None where one is not known.
    """

    plan: ChannelPlan
    cycles: pd.DataFrame
    curves: NDArray[np.float32]
    durations: NDArray[np.float64] | None


def complete_cycles(data: LocomotionData, channels: Sequence[str] | None) -> CompleteCycles:
    """Return the cycles without gaps.

    Raises
    ------
    SchemaError
        If a channel is not there, or fewer than eight cycles have all of them.
    """
    if not isinstance(data, LocomotionData):
        raise SchemaError(
            expected="LocomotionData: a generator needs the cycles' tasks and subjects",
            got=type(data).__name__,
            where="data",
        )
    measured = [name for name in data.channels if np.isfinite(data.curves(name)).any()]
    durations: NDArray[np.float64] | None = None
    if DURATION in data.cycles:
        seconds = data.cycles[DURATION].to_numpy(np.float64, na_value=np.nan)
        durations = seconds if ((seconds > 0) & np.isfinite(seconds)).all() else None
    plan = channel_plan(measured, channels, durations=durations is not None)
    curves = data.array(plan.drawn)
    whole = np.isfinite(curves).all(axis=(1, 2))
    if whole.sum() < FEWEST_CYCLES:
        raise SchemaError(
            expected=f"at least {FEWEST_CYCLES} cycles with all of {len(plan.drawn)} channels",
            got=f"{int(whole.sum())} of {len(data)}",
            where="data",
            fix="name the channels that were measured together in `channels`",
        )
    if not whole.all():
        warnings.warn(
            f"{int((~whole).sum())} of {len(data)} cycles lack one of the {len(plan.drawn)} "
            "channels to draw and are left out; name fewer in `channels` to keep them.",
            LocomotionWarning,
            stacklevel=4,
        )
    return CompleteCycles(
        plan,
        data.cycles.iloc[np.flatnonzero(whole)].reset_index(drop=True),
        curves[whole],
        None if durations is None else durations[whole],
    )


Floats = NDArray[np.float32]
_LEAST_SHARE = 1e-8


class CycleScores(Learner):
    """Principal component scores of all channels together, each in its spread.

    A generator that draws scores in place of points cannot draw a curve that jumps, and what is
    linear in all training cycles (segment angle = sum of joint angles, both legs carry one body
    weight) is so in every cycle it draws.

    Parameters
    ----------
    n_components : int
        Scores a cycle.
    random_state : int
        Seed of the decomposition.

    Attributes
    ----------
    mean_ : ndarray, shape (n_points * n_channels,)
        Mean scaled curves, channels varying fastest.
    components_ : ndarray, shape (n_scores, n_points * n_channels)
        Orthonormal.
    spread_ : ndarray, shape (n_scores,)
        Standard deviation of each score before it was divided by it.
    kept_variance_ : float
        Share of the training curves' variance, in spreads of their channels, that the scores hold.

    Examples
    --------
    >>> size = np.random.default_rng(0).normal(size=(20, 1, 1))
    >>> curves = 1 + size * np.sin(np.linspace(0, 6.28, 150))[None, :, None]
    >>> scores = CycleScores(n_components=1).fit(curves)
    >>> bool(np.allclose(scores.inverse_transform(scores.transform(curves)), curves, atol=1e-5))
    True
    """

    _learned: ClassVar[Learned] = {
        "n_components": int,
        "random_state": int,
        "scaler_": CurveScaler,
        "mean_": np.asarray,
        "components_": np.asarray,
        "spread_": np.asarray,
        "kept_variance_": float,
    }

    def __init__(self, n_components: int, random_state: int = 0) -> None:
        self.n_components = n_components
        self.random_state = random_state

    def fit(self, curves: NDArray[np.floating[Any]]) -> Self:
        """Learn the components.

        Parameters
        ----------
        curves : ndarray, shape (n_cycles, n_points, n_channels)
            Without gaps.

        Raises
        ------
        SchemaError
            If all cycles are the same.
        """
        self.scaler_ = CurveScaler().fit(curves)
        flat = self._flat(curves)
        if np.ptp(flat, axis=0).max() == 0:
            raise SchemaError(
                expected="cycles that differ", got=f"{len(flat)} times the same", where="data"
            )
        wanted = min(self.n_components, len(flat) - 1, flat.shape[1])
        pca = PCA(wanted, svd_solver="randomized", random_state=self.random_state).fit(flat)
        # Rounding has directions too; in their own spread they would weigh as much as gait.
        real = pca.explained_variance_ratio_ > _LEAST_SHARE
        self.mean_: Floats = pca.mean_.astype(np.float32)
        self.components_: Floats = pca.components_[real].astype(np.float32)
        self.spread_: Floats = np.sqrt(pca.explained_variance_[real]).astype(np.float32)
        self.kept_variance_ = float(pca.explained_variance_ratio_[real].sum())
        return self

    @property
    def n_scores(self) -> int:
        """Scores a cycle: fewer than asked for where there are fewer cycles or ways to differ."""
        return len(self.spread_)

    def transform(self, curves: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return the scores, shape (n_cycles, n_scores)."""
        centred = self._flat(curves) - self.mean_
        return (centred @ self.components_.T / self.spread_).astype(np.float32)

    def inverse_transform(self, scores: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return curves in the channels' units, shape (n_cycles, n_points, n_channels)."""
        shape = (len(scores), self.scaler_.n_points_, len(self.scaler_.mean_))
        flat = (scores * self.spread_).astype(np.float32) @ self.components_ + self.mean_
        return self.scaler_.inverse_transform(flat.reshape(shape))

    def _flat(self, curves: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        return self.scaler_.transform(curves).curves.reshape(len(curves), -1)


class ConditionalNetwork(nn.Module):  # type: ignore[misc]
    """Residual perceptron; each block is scaled and shifted by the conditions.

    Steering as Perez et al. (2018, https://arxiv.org/abs/1709.07871).

    Parameters
    ----------
    n_inputs, n_conditions, n_outputs : int
        Sizes.
    width : int
        Hidden features.
    depth : int
        Residual blocks.
    dropout : float
        Share of hidden features left out in training.

    Examples
    --------
    >>> ConditionalNetwork(8, 3, 1)(torch.zeros(5, 8), torch.zeros(5, 3)).shape
    torch.Size([5, 1])
    """

    def __init__(
        self,
        n_inputs: int,
        n_conditions: int,
        n_outputs: int,
        width: int = 256,
        depth: int = 3,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.enter = nn.Linear(n_inputs, width)
        self.conditions = nn.Sequential(
            nn.Linear(n_conditions, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU()
        )
        self.blocks = nn.ModuleList(_SteeredBlock(width, dropout) for _ in range(depth))
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, n_outputs))

    def forward(self, inputs: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        """Return Tensor of shape (n_cycles, n_outputs)."""
        steering = self.conditions(conditions)
        features = self.enter(inputs)
        for block in self.blocks:
            features = block(features, steering)
        outputs: torch.Tensor = self.leave(features)
        return outputs


class _SteeredBlock(nn.Module):  # type: ignore[misc]
    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.steer = nn.Linear(width, 2 * width)
        self.change = nn.Sequential(
            nn.Linear(width, width), nn.SiLU(), nn.Dropout(dropout), nn.Linear(width, width)
        )

    def forward(self, features: torch.Tensor, steering: torch.Tensor) -> torch.Tensor:
        scale, shift = self.steer(steering).chunk(2, dim=-1)
        changed: torch.Tensor = features + self.change(self.norm(features) * (1 + scale) + shift)
        return changed


class BlurredNumbers:
    """Adds noise to the numeric conditions of each batch, anew in every epoch.

    Age, height, mass and speed to the last digit are a person's name: a network that sees them
    exactly learns whose gait it is to draw, and not how gait depends on them.

    Parameters
    ----------
    is_number : ndarray of bool, shape (n_conditions,)
        Which condition inputs are numbers.
    spread : float
        Standard deviation of the noise, in standard deviations of the condition.
    """

    def __init__(self, is_number: NDArray[np.bool_], spread: float) -> None:
        self.spread = spread * torch.as_tensor(is_number, dtype=torch.float32)

    def __call__(self, batch: Batch, generator: torch.Generator) -> Batch:
        """Return the batch with noise on its numbers."""
        inputs, targets = batch
        exact = inputs["conditions"]
        noise = torch.randn(exact.shape, generator=generator) * self.spread
        return {**inputs, "conditions": exact + noise}, targets


class SquaredError(nn.Module):  # type: ignore[misc]
    """Mean square of what a network is off by; the target is in the network's answer."""

    def forward(self, error: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
        """Return the loss, a scalar."""
        return error.square().mean()


DATASET = "generated"
_BATCH_SIZE = 4096


@dataclass(eq=False, repr=False)
class CycleGenerator(CurveModel):
    """Base of the conditional generators: ``fit`` on cycles, ``sample`` new ones.

    A network draws principal component scores of all channels together with the cycle's
    duration. Velocities and powers are computed from what was drawn. Subjects weigh the same
    in training, whatever their number of cycles.

    Subclasses add parameters and define `_network`, `_draw` and how they are trained.

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

    _loop: ClassVar[type[GaitNet]] = GaitNet
    _learned: ClassVar[Learned] = {
        "plan_": lambda written: ChannelPlan(*map(tuple, written)),
        "conditions_": ConditionEncoder,
        "scores_": CycleScores,
        "log_duration_": lambda pair: None if pair is None else tuple(pair),
        "n_cycles_": int,
        "n_subjects_": int,
        "source_": str,
    }

    channels: Sequence[str] | None = None
    conditions: Sequence[str] | None = None
    _: KW_ONLY
    n_components: int = 160
    condition_noise: float = 0.3
    max_epochs: int = 100
    depth: int = 3

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
        self._check_parameters()
        training = complete_cycles(data, self.channels)
        self.plan_ = training.plan
        cycles = training.cycles
        if self.conditions is None:
            columns = [name for name in CONDITIONS if name in cycles and cycles[name].notna().any()]
        else:
            columns = list(dict.fromkeys(["task", *self.conditions]))
        self.conditions_ = ConditionEncoder(columns).fit(cycles)
        self.scores_ = CycleScores(self.n_components, self.random_state).fit(training.curves)
        targets = self.scores_.transform(training.curves)
        self.log_duration_: tuple[float, float] | None = None
        if training.durations is not None:
            logarithm = np.log(training.durations)
            mean, spread = float(logarithm.mean()), float(logarithm.std()) or 1.0
            self.log_duration_ = mean, spread
            targets = np.column_stack([targets, (logarithm - mean) / spread]).astype(np.float32)
        inputs = {"scores": targets, "conditions": self.conditions_.encode(cycles)}
        subjects = cycles["subject"]
        self.n_cycles_, self.n_subjects_ = len(targets), int(subjects.nunique())
        self._train(
            inputs,
            None,
            self.max_epochs,
            loop=self._loop,
            criterion=SquaredError,
            iterator_train__weights=balanced_weights(subjects),
            iterator_train__augmentation=BlurredNumbers(
                self.conditions_.is_number, self.condition_noise
            ),
        )
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
        if beyond:
            warnings.warn(
                f"conditions outside what the training covered ({_counted(beyond)} of "
                f"{len(conditions)} cycles): the generator extrapolates.",
                LocomotionWarning,
                stacklevel=2,
            )
        generator = torch.Generator().manual_seed(random_state)
        device = next(self.network_.eval().parameters()).device
        with torch.inference_mode():
            parts = [
                self._draw(part.to(device), generator).cpu().numpy()
                for part in encoded.split(_BATCH_SIZE)
            ]
        drawn = np.concatenate(parts)
        asked = conditions[list(self.conditions_.columns)].reset_index(drop=True)
        digits = len(str(len(asked)))
        cycles = asked.assign(
            dataset=DATASET,
            subject=[f"generated_{number:0{digits}d}" for number in range(len(asked))],
            task_id=asked["task"],
            step=0,
            simulated=True,
            generated=True,
        )
        block = self.scores_.inverse_transform(drawn[:, : self.scores_.n_scores])
        curves = {name: block[:, :, row].copy() for row, name in enumerate(self.plan_.drawn)}
        if self.log_duration_ is not None:
            mean, spread = self.log_duration_
            cycles[DURATION] = np.exp(mean + spread * drawn[:, -1].astype(np.float64))
            seconds = cycles[DURATION].to_numpy()
            curves |= {n: computed_channel(n, curves, seconds) for n in self.plan_.computed}
        lift_feet(curves)
        entry = HistoryEntry("generated", self._in_words(beyond, random_state), len(cycles))
        return LocomotionData(cycles, np.stack(list(curves.values())), list(curves), [entry])

    def _check_parameters(self) -> None:
        check_positive(max_epochs=self.max_epochs)

    def _sizes(self) -> dict[str, int]:
        """Return the sizes of what the network is trained on, as its arguments."""
        n_scores = self.scores_.n_scores + (self.log_duration_ is not None)
        return {"n_scores": n_scores, "n_conditions": self.conditions_.width}

    def _draw(self, conditions: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        raise NotImplementedError

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


def check_positive(**numbers: float) -> None:
    """Raise for a parameter that is not above 0."""
    for name, value in numbers.items():
        if not value > 0:
            raise SchemaError(expected="a number above 0", got=repr(value), where=name)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{column} {count}" for column, count in counts.items())
