"""Joint moments and ground reaction forces from joint angles."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted
from torch import nn

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.models.deep.base import CurveModel
from locomotion_analysis.models.deep.core import (
    CurveScaler,
    KnownPointsLoss,
    Learned,
    Learner,
    balanced_weights,
    outputs_of,
)
from locomotion_analysis.models.deep.curve_baselines import TargetScaler, checked_pair, cosine_basis
from locomotion_analysis.models.deep.networks import NETWORKS, MeasuredCurves
from locomotion_analysis.models.timeseries import with_gaps
from locomotion_analysis.selection.splitters import check_lengths, subject_codes
from locomotion_analysis.standard import Channel, canonical_name

KINEMATICS = ("angle", "velocity")
KINETICS = ("moment", "grf")


class KineticsArrays(NamedTuple):
    """Kinematics and kinetics of the same cycles.

    Attributes
    ----------
    X : ndarray of float32, shape (n_cycles, 150, n_inputs)
        Joint and segment angles (rad) and angular velocities (rad/s); NaN where not measured.
    Y : ndarray of float32, shape (n_cycles, 150, n_targets)
        Joint moments (Nm/kg) and ground reaction forces (BW); NaN where not measured.
    inputs, targets : tuple of str
        Channels of `X` and `Y`.
    groups : ndarray, shape (n_cycles,)
        Subject of each cycle.
    """

    X: NDArray[np.float32]
    Y: NDArray[np.float32]
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    groups: NDArray[Any]


def kinetics_arrays(
    data: LocomotionData,
    inputs: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
) -> KineticsArrays:
    """Return kinematics and kinetics of a dataset as arrays.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    inputs : sequence of str, optional
        Channels to predict from; all measured angles and angular velocities where None. The
        velocities tell how long a cycle lasted, which curves over phase do not.
    targets : sequence of str, optional
        Channels to predict; all measured joint moments and ground reaction forces where None.

    Returns
    -------
    KineticsArrays
        ``X`` and ``Y``, shape (n_cycles, n_points, n_channels), NaN where not measured.

    Raises
    ------
    SchemaError
        If there are none, or an input is itself kinetic and would give the answer away.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> found = kinetics_arrays(simulate(3, 2), targets=["grf_vertical_ipsi_BW"])
    >>> found.Y.shape, sum("velocity" in name for name in found.inputs)
    ((30, 150, 1), 12)
    """
    chosen = _chosen(data, inputs, KINEMATICS, "inputs")
    wanted = _chosen(data, targets, KINETICS, "targets")
    kinetic = [name for name in chosen if Channel.parse(name).measurement not in KINEMATICS]
    if kinetic:
        raise SchemaError(
            expected="angles and angular velocities to predict kinetics from",
            got=", ".join(kinetic),
            where="inputs",
            fix="leave them out: moments, powers and forces give each other away",
        )
    return KineticsArrays(data.array(chosen), data.array(wanted), chosen, wanted, data.groups)


def measured_curves(data: LocomotionData, channels: Sequence[str]) -> NDArray[np.float32]:
    """Return channels as an array; NaN where the dataset does not have them.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    channels : sequence of str
        Channels in the order wanted.

    Returns
    -------
    ndarray of float32, shape (n_cycles, 150, n_channels)
    """
    curves = np.full((len(data), data.block.shape[2], len(channels)), np.nan, np.float32)
    for position, name in enumerate(channels):
        if name in data.channels:
            curves[..., position] = data.curves(name)
    return curves


def _chosen(
    data: LocomotionData, names: Sequence[str] | None, measurements: tuple[str, ...], where: str
) -> tuple[str, ...]:
    if names is None:
        found = [
            name
            for name in data.channels
            if Channel.parse(name).measurement in measurements
            and not np.isnan(data.curves(name)).all()
        ]
    else:
        found = [canonical_name(name) for name in names]
    if not found:
        raise SchemaError(
            expected=f"measured channels of {' or '.join(measurements)}",
            got="none among " + (", ".join(data.channels) or "no channels"),
            where=where,
        )
    return tuple(found)


class WholeCycleNetwork(nn.Module):  # type: ignore[misc]
    """A perceptron from the cosine scores of all curves to all points of the targets.

    Beside the perceptron runs a linear path of low rank: the perceptron has only to learn what
    is not linear.

    Parameters
    ----------
    n_channels, n_points, n_targets : int
        Size of the inputs and of the answer.
    width : int
        Hidden units.
    rank : int
        Rank of the linear path.
    dropout : float
        Share of hidden units left out in training; of the inputs, half as many.

    Examples
    --------
    >>> network = WholeCycleNetwork(n_channels=3, n_points=150, n_targets=2)
    >>> network(torch.zeros(8, 150, 3), torch.ones(8, 3, dtype=torch.bool)).shape
    torch.Size([8, 150, 2])
    """

    basis: torch.Tensor

    def __init__(
        self,
        n_channels: int,
        n_points: int,
        n_targets: int,
        width: int = 256,
        rank: int = 32,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        basis = torch.from_numpy(cosine_basis(n_points))
        self.register_buffer("basis", basis, persistent=False)
        self.measured_curves = MeasuredCurves(n_channels, n_points)
        n_inputs, n_outputs = n_channels * (basis.shape[1] + 1), n_points * n_targets
        self.some = nn.Dropout(dropout / 2)
        self.perceptron = nn.Sequential(
            nn.Linear(n_inputs, width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(width, width),
            nn.GELU(),
            nn.Dropout(dropout),
            _zero(nn.Linear(width, n_outputs)),
        )
        self.linear = nn.Sequential(
            nn.Linear(n_inputs, rank), _zero(nn.Linear(rank, n_outputs, bias=False))
        )
        self.unfold = nn.Unflatten(1, (n_points, n_targets))

    def forward(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return scaled targets, shape (n_cycles, n_points, n_targets)."""
        filled = self.measured_curves.fill(curves, measured)
        # An orthonormal basis gathers the points' variance in few scores: back to about 1 each.
        scores = torch.einsum("npc,ph->nhc", filled, self.basis) / self.basis.shape[0] ** 0.5
        scores = scores * self.basis.shape[1] ** 0.5
        inputs = torch.cat([scores.flatten(1), (~measured).to(curves.dtype)], dim=1)
        inputs = self.some(inputs)
        targets: torch.Tensor = self.unfold(self.perceptron(inputs) + self.linear(inputs))
        return targets


class StepwiseNetwork(nn.Module):  # type: ignore[misc]
    """An encoder of :data:`NETWORKS`, read out step by step with its mean over the cycle beside.

    Parameters
    ----------
    n_channels, n_points, n_targets : int
        Size of the inputs and of the answer.
    architecture : str
        Name in :data:`NETWORKS`.
    dropout : float
        Share of features left out in training.
    **options
        Further arguments of the encoder, such as ``width`` and ``depth``.

    Examples
    --------
    >>> network = StepwiseNetwork(3, 150, 2, architecture="gru", width=8)
    >>> network(torch.zeros(8, 150, 3), torch.ones(8, 3, dtype=torch.bool)).shape
    torch.Size([8, 150, 2])
    """

    weights: torch.Tensor

    def __init__(
        self,
        n_channels: int,
        n_points: int,
        n_targets: int,
        architecture: str,
        dropout: float = 0.2,
        **options: Any,
    ) -> None:
        super().__init__()
        self.encoder = NETWORKS[architecture](
            n_channels, n_points, n_targets, dropout=dropout, **options
        )
        # Weights of each step at each point, linear in phase: (n_points, n_steps).
        step_phase = self.encoder.step_phase.numpy()
        grid = np.linspace(0.0, 100.0, n_points)
        columns = [np.interp(grid, step_phase, step) for step in np.eye(len(step_phase))]
        weights = torch.from_numpy(np.stack(columns, axis=1).astype(np.float32))
        self.register_buffer("weights", weights, persistent=False)
        width = self.encoder.width
        # The encoder's own answer is one row a cycle: not trained here.
        self.encoder.pool, self.encoder.head = nn.Identity(), nn.Identity()
        self.mix = nn.Sequential(nn.Linear(2 * width, width), nn.ReLU(), nn.Dropout(dropout))
        self.answer = _zero(nn.Conv1d(width, n_targets, 5, padding=2, padding_mode="replicate"))

    def forward(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return scaled targets, shape (n_cycles, n_points, n_targets)."""
        steps = self.encoder.encode(curves, measured)
        cycle = steps.mean(dim=1, keepdim=True).expand_as(steps)
        mixed = self.mix(torch.cat([steps, cycle], dim=-1))
        points = torch.einsum("ps,nsw->nwp", self.weights, mixed)
        targets: torch.Tensor = self.answer(points).transpose(1, 2)
        return targets


def _zero(layer: Any) -> Any:
    """Let the last layer start at 0: training then starts from the mean curve."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


WHOLE_CYCLE = "whole_cycle"


@dataclass(eq=False, repr=False)
class CurveRegressor(CurveModel):
    """Predicts curves from curves: joint moments and ground forces from joint angles.

    The loss is the mean squared error in spreads of each target about its mean curve, over what
    was measured: cycles of a laboratory without force plates teach nothing about forces, and do
    no harm. The learning rate rises and falls over a fixed number of epochs (one cycle, Smith
    and Topin 2018, https://arxiv.org/abs/1708.07120), so no subject is set aside to stop early.

    Parameters
    ----------
    architecture : str
        ``"whole_cycle"`` (a perceptron on all curves at once), or an encoder of
        :data:`~locomotion_analysis.models.deep.NETWORKS` read out step by step:
        ``"gru"``, ``"cnn"``, ``"transformer"``, ...
    max_epochs : int
        Passes over the cycles.
    learning_rate : float
        Highest learning rate.
    batch_size : int
        Cycles a batch.
    weight_decay : float
        Of AdamW.
    dropout : float
        Share of hidden units left out in training.
    network_options : mapping, optional
        Further arguments of the network, such as ``width``.
    device : str
        ``"auto"`` (a GPU where there is one), ``"cpu"``, ``"cuda"``.
    random_state : int
        Seed of weights, order and dropout.

    Attributes
    ----------
    network_ : torch.nn.Module
        The trained network.
    history_ : list of float
        Mean training loss of each epoch, in spreads squared.

    Examples
    --------
    >>> angles = np.random.default_rng(0).normal(size=(40, 150, 2)).cumsum(axis=1)
    >>> moments = np.sin(angles[..., :1])
    >>> model = CurveRegressor(max_epochs=2).fit(angles, moments)
    >>> model.predict(angles).shape
    (40, 150, 1)
    """

    _learned: ClassVar[Learned] = {"scaler_": CurveScaler, "targets_": TargetScaler}

    architecture: str = WHOLE_CYCLE
    _: KW_ONLY
    max_epochs: int = 25
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    dropout: float = 0.5
    network_options: Mapping[str, Any] | None = None

    def fit(self, X: Any, Y: Any, groups: Any = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves to predict from; NaN where not measured.
        Y : array_like, shape (n_cycles, n_points, n_targets)
            Curves to predict, in any unit; NaN where not measured.
        groups : array_like of shape (n_cycles,), optional
            Subject of each cycle: subjects with more cycles then do not count for more.

        Raises
        ------
        CycleShapeError, SchemaError
            If curves do not fit each other, or there is no such architecture or device.
        TargetError
            If a target was measured in no cycle.
        """
        curves, targets = checked_pair(X, Y)
        check_lengths(X=curves, groups=groups)
        self.scaler_ = CurveScaler().fit(curves)
        self.targets_ = TargetScaler().fit(targets)
        # Where all subjects have as many cycles, each cycle is seen once an epoch.
        uneven = groups is not None and len(set(np.bincount(subject_codes(groups)[0]))) > 1
        weights = balanced_weights(groups) if uneven else None
        self._train(
            self.scaler_.transform(curves)._asdict(),
            self.targets_.transform(targets),
            self.max_epochs,
            criterion=KnownPointsLoss,
            optimizer__weight_decay=self.weight_decay,
            iterator_train__weights=weights,
        )
        return self

    def predict(self, X: Any) -> NDArray[np.float32]:
        """Return the predicted curves.

        Parameters
        ----------
        X : array-like, shape (n_cycles, n_points, n_channels)
            NaN where a channel was not measured.

        Returns
        -------
        ndarray of float32, shape (n_cycles, n_points, n_targets)
            In the units of ``Y``.
        """
        check_is_fitted(self)
        return self.targets_.inverse_transform(
            outputs_of(self.network_, *self.scaler_.transform(X))
        )

    def _network(self) -> tuple[type[nn.Module], dict[str, Any]]:
        n_points, n_targets = self.targets_.mean_.shape
        options = {
            "n_channels": len(self.scaler_.mean_),
            "n_points": n_points,
            "n_targets": n_targets,
            "dropout": self.dropout,
            **(self.network_options or {}),
        }
        if self.architecture == WHOLE_CYCLE:
            return WholeCycleNetwork, options
        if self.architecture in NETWORKS:
            return StepwiseNetwork, {"architecture": self.architecture, **options}
        raise SchemaError(
            expected=f"an architecture of {', '.join((WHOLE_CYCLE, *NETWORKS))}",
            got=repr(self.architecture),
            where="architecture",
        )


PREDICTED = "kinetics_predicted"


class KineticsModel(Learner, BaseEstimator):  # type: ignore[misc]
    """A trained model with the names of its channels; made by :func:`train_kinetics`.

    ``save_network`` writes it to one file, and ``load_network`` reads it back.

    Parameters
    ----------
    model : estimator
        Trained on curves, for example :class:`CurveRegressor`.
    inputs, targets : sequence of str
        Channels it takes and gives.
    """

    def __init__(self, model: Any, inputs: Sequence[str], targets: Sequence[str]) -> None:
        self.model = model
        self.inputs = inputs
        self.targets = targets

    def fit(self, data: LocomotionData) -> Self:
        """Train the model anew, in place, on these channels of the cycles.

        Parameters
        ----------
        data : LocomotionData
            Cycles with all inputs and targets among their channels.
        """
        arrays = kinetics_arrays(data, self.inputs, self.targets)
        self.model = clone(self.model).fit(arrays.X, arrays.Y, arrays.groups)
        return self

    def predict(self, data: LocomotionData) -> LocomotionData:
        """Fill in the kinetics that were not measured.

        Parameters
        ----------
        data : LocomotionData
            Cycles with the kinematics of the training.

        Returns
        -------
        LocomotionData
            With all targets among its channels. A measured curve, even one with gaps, stays; a
            curve that was not measured at all is predicted, and the column
            ``kinetics_predicted`` and the history say so. Cycles without any input stay empty.

        Raises
        ------
        SchemaError
            If no input was measured.

        Warns
        -----
        LocomotionWarning
            If some inputs are absent.
        """
        X = measured_curves(data, self.inputs)
        usable: NDArray[np.bool_] = ~np.asarray(with_gaps(X).all(axis=1))
        if not usable.any():
            raise SchemaError(
                expected=f"kinematics of the training, such as {', '.join(self.inputs[:3])}",
                got="no cycle in which one of them was measured throughout",
                where="data",
                fix=f"the training had {len(self.inputs)} channels: {', '.join(self.inputs)}",
            )
        if absent := [name for name in self.inputs if name not in data.channels]:
            warnings.warn(
                f"{len(absent)} of {len(self.inputs)} inputs of the training are absent and count "
                f"as not measured: {', '.join(absent)}",
                LocomotionWarning,
                stacklevel=2,
            )
        predicted = np.full((len(data), X.shape[1], len(self.targets)), np.nan, np.float32)
        predicted[usable] = self.model.predict(X[usable])
        measured = measured_curves(data, self.targets)
        empty = np.isnan(measured).all(axis=1) & usable[:, None]
        kinetics = np.where(empty[:, None], predicted, measured)
        kept = [name for name in data.channels if name not in self.targets]
        block = np.concatenate(
            [*(data.curves(name)[None] for name in kept), np.moveaxis(kinetics, -1, 0)]
        )
        cycles = data.cycles
        before = cycles[PREDICTED].eq(True).to_numpy() if PREDICTED in cycles else False
        cycles[PREDICTED] = np.logical_or(before, empty.any(axis=1))
        by = type(self.model).__name__
        entries = [
            HistoryEntry("predicted", f"{name} from kinematics by {by}, cycles", int(count))
            for name, count in zip(self.targets, empty.sum(axis=0), strict=True)
            if count
        ]
        return LocomotionData(cycles, block, [*kept, *self.targets], (*data.history, *entries))

    def __sklearn_is_fitted__(self) -> bool:
        # What was learned is in the parameters.
        check_is_fitted(self.model)
        return True


def train_kinetics(
    data: LocomotionData,
    model: Any = None,
    *,
    inputs: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
) -> KineticsModel:
    """Train a model on the cycles of which kinetics were measured.

    Parameters
    ----------
    data : LocomotionData
        Cycles with angles, and with moments or ground reaction forces in some of them.
    model : estimator, optional
        Unfitted, with ``fit(X, Y, groups)``; :class:`CurveRegressor` where None.
    inputs, targets : sequence of str, optional
        Channels, see :func:`kinetics_arrays`.

    Returns
    -------
    KineticsModel

    Raises
    ------
    SchemaError, TargetError
        If channels are missing, or a target was measured in no cycle.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(3, 2, ["level_walking"])
    >>> angles = [name for name in data.channels if name.endswith("_rad")]
    >>> trained = train_kinetics(data, CurveRegressor(max_epochs=1), inputs=angles)
    >>> camera = LocomotionData(data.cycles, [data.curves(name) for name in angles], angles)
    >>> filled = trained.predict(camera)
    >>> filled.curves("grf_vertical_ipsi_BW").shape, bool(filled.cycles["kinetics_predicted"].all())
    ((6, 150), True)
    """
    arrays = kinetics_arrays(data, inputs, targets)
    untrained = CurveRegressor() if model is None else model
    return KineticsModel(untrained, arrays.inputs, arrays.targets).fit(data)
