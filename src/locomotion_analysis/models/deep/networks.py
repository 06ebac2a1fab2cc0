"""Networks on gait curves; plain PyTorch modules, by name."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from locomotion_analysis.errors import SchemaError, did_you_mean
from locomotion_analysis.models.deep.gait_images import GramianImage, RecurrenceImage, aggregated
from locomotion_analysis.models.deep.legs import has_both_legs, leg_channels, seen_from_other_leg
from locomotion_analysis.models.deep.time_frequency import TimeFrequencyImage


class PhaseMean(nn.Module):  # type: ignore[misc]
    """Mean over the cycle."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the mean over steps: (n_cycles, n_steps, width) -> (n_cycles, width)."""
        return features.mean(dim=1)


class PhaseAttention(nn.Module):  # type: ignore[misc]
    """Mean over the cycle in which each step weighs what a small network says of it.

    ``weights = softmax(v . tanh(W h))`` over the steps, the additive attention of Bahdanau et al.
    (2015, https://arxiv.org/abs/1409.0473).

    Parameters
    ----------
    width : int
        Features at each step.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Sequential(
            nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1, bias=False)
        )

    def weights(self, features: torch.Tensor) -> torch.Tensor:
        """Return the weight of each step; they sum to 1: (n_cycles, n_steps)."""
        weights: torch.Tensor = self.score(features).squeeze(-1).softmax(dim=1)
        return weights

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the weighted mean: (n_cycles, n_steps, width) -> (n_cycles, width)."""
        return torch.einsum("ns,nsw->nw", self.weights(features), features)


# Two harmonics beside the curves: enough to place a step, too few to describe a curve.
N_PHASE_FEATURES = 4


def phase_encoding(n_points: int, n_features: int) -> torch.Tensor:
    """Return sines and cosines of the phase and its harmonics.

    A gait cycle ends where the next begins, so the encoding must too: feature ``2 k`` is
    ``sin(2 pi (k + 1) p)`` and ``2 k + 1`` is ``cos(2 pi (k + 1) p)`` with the phase `p` from 0
    to 1. The encoding of Vaswani et al. (2017, https://arxiv.org/abs/1706.03762) has wavelengths
    that do not divide the cycle.

    Parameters
    ----------
    n_points : int
        Points from heel strike to heel strike, both included.
    n_features : int
        Columns wanted.

    Returns
    -------
    Tensor of float32, shape (n_points, n_features)

    Examples
    --------
    >>> encoding = phase_encoding(150, 4)
    >>> bool(torch.allclose(encoding[0], encoding[-1], atol=1e-5))
    True
    """
    harmonics = torch.arange(1, n_features // 2 + 2, dtype=torch.float64)
    angle = 2 * torch.pi * torch.linspace(0, 1, n_points, dtype=torch.float64)[:, None] * harmonics
    pairs = torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)
    return pairs[:, :n_features].float()


class CurveNetwork(nn.Module):  # type: ignore[misc]
    """Base of the networks: ``forward(curves, measured)`` -> (n_cycles, n_outputs).

    Subclasses define :meth:`encode`; `pool` reduces what it returns to one row a cycle, and
    `head` answers from that row. Everything but ``pool`` and ``head`` is the encoder.

    Parameters
    ----------
    n_channels, n_points, n_outputs : int
        Size of the inputs and of the answer.
    width : int
        Features at each step of the cycle.
    dropout : float
        Share of features left out in training.

    Attributes
    ----------
    stride : int
        Points from one step of :meth:`encode` to the next.
    """

    stride: ClassVar[int] = 1

    def __init__(
        self,
        n_channels: int,
        n_points: int,
        n_outputs: int,
        width: int = 64,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.n_channels, self.n_points, self.n_outputs = n_channels, n_points, n_outputs
        self.width = width
        self.pool: nn.Module = PhaseMean()
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, n_outputs))

    @property
    def step_phase(self) -> torch.Tensor:
        """Middle of each step that :meth:`encode` returns, % of the cycle, shape (n_steps,)."""
        points = torch.arange(0, self.n_points, self.stride, dtype=torch.float32)
        return 100.0 * points / (self.n_points - 1)

    def encode(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return features along the cycle.

        Parameters
        ----------
        curves : Tensor of float32, shape (n_cycles, n_points, n_channels)
            Scaled curves, 0 where not measured.
        measured : Tensor of bool, shape (n_cycles, n_channels)
            Which curves were measured.

        Returns
        -------
        Tensor of float32, shape (n_cycles, n_steps, width)
        """
        raise NotImplementedError

    def forward(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return logits or values, shape (n_cycles, n_outputs)."""
        answer: torch.Tensor = self.head(self.pool(self.encode(curves, measured)))
        return answer


class MeasuredCurves(nn.Module):  # type: ignore[misc]
    """First layer: curves with a learned stand-in where nothing was measured, and the mask.

    Output has ``2 * n_channels`` channels: the curves, and for each whether it was measured.
    """

    def __init__(self, n_channels: int, n_points: int) -> None:
        super().__init__()
        self.stand_in = nn.Parameter(torch.zeros(n_points, n_channels))

    def fill(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return the curves with the stand-ins, shape (n_cycles, n_points, n_channels)."""
        return torch.where(measured[:, None, :], curves, self.stand_in)

    def forward(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return Tensor of shape (n_cycles, n_points, 2 * n_channels)."""
        known = measured[:, None, :].expand_as(curves).to(curves.dtype)
        return torch.cat([self.fill(curves, measured), known], dim=-1)


STEM_STRIDE = 3


class CycleStem(nn.Module):  # type: ignore[misc]
    """Curves, what was measured and the phase, mixed into steps of three points.

    The 150 points of a cycle are dense for what a gait curve holds (its power lies below some
    15 cycles a stride); steps of 2 % make everything after three times cheaper.

    Parameters
    ----------
    n_channels, n_points : int
        Size of the inputs.
    width : int
        Features at each step.
    """

    phase: torch.Tensor

    def __init__(self, n_channels: int, n_points: int, width: int) -> None:
        super().__init__()
        self.measured_curves = MeasuredCurves(n_channels, n_points)
        encoding = phase_encoding(n_points, N_PHASE_FEATURES)
        self.register_buffer("phase", encoding, persistent=False)
        self.known = nn.Linear(n_channels, width, bias=False)
        self.mix = nn.Conv1d(
            n_channels + N_PHASE_FEATURES,
            width,
            kernel_size=7,
            stride=STEM_STRIDE,
            padding=3,
            padding_mode="circular",
        )

    def forward(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return features at each step: (n_cycles, n_steps, width)."""
        phase = self.phase.expand(len(curves), -1, -1)
        points = torch.cat([self.measured_curves.fill(curves, measured), phase], dim=-1)
        steps: torch.Tensor = self.mix(points.transpose(1, 2)).transpose(1, 2)
        # What was measured is the same at every phase: added once, not convolved 150 times.
        return steps + self.known(measured.to(curves.dtype))[:, None]


class ConvolutionalNetwork(CurveNetwork):
    """Residual blocks of 1-D convolutions whose dilation doubles from block to block.

    The convolutions go round the cycle (what comes after 100 % is 0 %). With four blocks each
    step sees the whole cycle. Blocks as He et al. (2016, https://arxiv.org/abs/1603.05027),
    dilation as Bai et al. (2018, https://arxiv.org/abs/1803.01271), but not causal.

    Parameters
    ----------
    n_channels, n_points, n_outputs : int
        Size of the inputs and of the answer.
    width : int
        Features at each step.
    depth : int
        Blocks.
    dropout : float
        Share of features left out in training.

    Examples
    --------
    >>> network = ConvolutionalNetwork(n_channels=3, n_points=150, n_outputs=2)
    >>> network(torch.zeros(8, 150, 3), torch.ones(8, 3, dtype=torch.bool)).shape
    torch.Size([8, 2])
    """

    stride = STEM_STRIDE

    def __init__(
        self,
        n_channels: int,
        n_points: int,
        n_outputs: int,
        width: int = 64,
        depth: int = 4,
        dropout: float = 0.2,
    ) -> None:
        super().__init__(n_channels, n_points, n_outputs, width, dropout)
        self.stem = CycleStem(n_channels, n_points, width)
        self.blocks = nn.Sequential(
            *(ResidualBlock(width, 2**position, dropout) for position in range(depth)),
            nn.BatchNorm1d(width),
            nn.ReLU(),
        )

    def encode(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return features along the cycle, shape (n_cycles, n_steps, width)."""
        steps = self.stem(curves, measured).transpose(1, 2)
        encoded: torch.Tensor = self.blocks(steps).transpose(1, 2)
        return encoded


class ResidualBlock(nn.Module):  # type: ignore[misc]
    """Two dilated convolutions around the cycle, added to what came in.

    Parameters
    ----------
    width : int
        Features at each step.
    dilation : int
        Steps between the taps of the convolutions.
    dropout : float
        Share of features left out between them.
    """

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.change = nn.Sequential(
            nn.BatchNorm1d(width),
            nn.ReLU(),
            _around_the_cycle(width, dilation),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Dropout(dropout),
            _around_the_cycle(width, dilation),
        )

    def forward(self, steps: torch.Tensor) -> torch.Tensor:
        """Return (n_cycles, width, n_steps) from the same shape."""
        changed: torch.Tensor = steps + self.change(steps)
        return changed


def _around_the_cycle(width: int, dilation: int) -> nn.Conv1d:
    return nn.Conv1d(
        width, width, 3, padding=dilation, dilation=dilation, padding_mode="circular", bias=False
    )


class AttentiveNetwork(CurveNetwork):
    """Base of the networks whose answer is read from an attention over gait phases.

    Parameters are those of :class:`CurveNetwork`.
    """

    pool: PhaseAttention

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pool = PhaseAttention(self.width)

    def phase_weights(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return the weight of each step of the cycle in the answer.

        Parameters
        ----------
        curves : Tensor of float32, shape (n_cycles, n_points, n_channels)
            Scaled curves, 0 where not measured.
        measured : Tensor of bool, shape (n_cycles, n_channels)
            Which curves were measured.

        Returns
        -------
        Tensor of float32, shape (n_cycles, n_steps)
            Each row sums to 1; the steps' phases are ``step_phase``.
        """
        return self.pool.weights(self.encode(curves, measured))


class RecurrentNetwork(AttentiveNetwork):
    """Reads the cycle in both directions and weighs its phases.

    Parameters
    ----------
    n_channels, n_points, n_outputs : int
        Size of the inputs and of the answer.
    width : int
        Features at each step, half from either direction; an even number.
    depth : int
        Recurrent layers.
    dropout : float
        Share of features left out in training.

    Examples
    --------
    >>> network = GRUNetwork(n_channels=3, n_points=150, n_outputs=2)
    >>> curves, measured = torch.zeros(8, 150, 3), torch.ones(8, 3, dtype=torch.bool)
    >>> network(curves, measured).shape, network.phase_weights(curves, measured).shape
    (torch.Size([8, 2]), torch.Size([8, 50]))
    """

    stride = STEM_STRIDE
    cell: ClassVar[type[nn.RNNBase]]

    def __init__(
        self,
        n_channels: int,
        n_points: int,
        n_outputs: int,
        width: int = 64,
        depth: int = 1,
        dropout: float = 0.2,
    ) -> None:
        if width % 2:
            raise SchemaError(expected="an even width", got=str(width), where="width")
        super().__init__(n_channels, n_points, n_outputs, width, dropout)
        self.stem = CycleStem(n_channels, n_points, width)
        self.recurrence = self.cell(
            width,
            width // 2,
            depth,
            batch_first=True,
            bidirectional=True,
            dropout=dropout if depth > 1 else 0.0,
        )

    def encode(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return features along the cycle, shape (n_cycles, n_steps, width)."""
        encoded: torch.Tensor = self.recurrence(torch.relu(self.stem(curves, measured)))[0]
        return encoded


class LSTMNetwork(RecurrentNetwork):
    """Long short-term memory (Hochreiter and Schmidhuber 1997) with attention over phases."""

    cell = nn.LSTM


class GRUNetwork(RecurrentNetwork):
    """Gated recurrent units (Cho et al. 2014) with attention over phases."""

    cell = nn.GRU


_HEAD_WIDTH = 16


class TransformerNetwork(AttentiveNetwork):
    """Self-attention between all steps of the cycle, which know their phase from a cyclic code.

    Layers with the norm first (Xiong et al. 2020, https://arxiv.org/abs/2002.04745), which train
    without a warm-up of the learning rate.

    Parameters
    ----------
    n_channels, n_points, n_outputs : int
        Size of the inputs and of the answer.
    width : int
        Features at each step; a multiple of 16, the width of an attention head.
    depth : int
        Layers.
    dropout : float
        Share of features left out in training.

    Examples
    --------
    >>> network = TransformerNetwork(n_channels=3, n_points=150, n_outputs=2)
    >>> network(torch.zeros(8, 150, 3), torch.ones(8, 3, dtype=torch.bool)).shape
    torch.Size([8, 2])
    """

    stride = STEM_STRIDE
    phase: torch.Tensor

    def __init__(
        self,
        n_channels: int,
        n_points: int,
        n_outputs: int,
        width: int = 64,
        depth: int = 2,
        dropout: float = 0.2,
    ) -> None:
        if width % _HEAD_WIDTH:
            raise SchemaError(
                expected=f"a multiple of {_HEAD_WIDTH}", got=str(width), where="width"
            )
        super().__init__(n_channels, n_points, n_outputs, width, dropout)
        self.stem = CycleStem(n_channels, n_points, width)
        encoding = phase_encoding(n_points, width)[:: self.stride]
        self.register_buffer("phase", encoding, persistent=False)
        self.layers = nn.ModuleList(_attention_layer(width, dropout) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def encode(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return features along the cycle, shape (n_cycles, n_steps, width)."""
        steps = self.stem(curves, measured) + self.phase
        for layer in self.layers:
            steps = layer(steps)
        encoded: torch.Tensor = self.norm(steps)
        return encoded


def _attention_layer(width: int, dropout: float) -> nn.TransformerEncoderLayer:
    layer = nn.TransformerEncoderLayer(
        width,
        width // _HEAD_WIDTH,
        2 * width,
        dropout,
        activation="gelu",
        batch_first=True,
        norm_first=True,
    )
    # Drawing a number for each pair of steps is slow on a CPU; features are dropped out all the same.
    layer.self_attn.dropout = 0.0
    return layer


_SPECTROGRAM_FREQUENCIES = np.arange(0, 13, dtype=float)
# One window for all: 95 % of its weight within a third of the cycle.
_SPECTROGRAM_DEVIATIONS = np.full(13, 0.08)
# Three to the octave, from one cycle a stride to 16; after the smoothed curve in the first row.
_WAVELET_FREQUENCIES = np.append(0.0, 2.0 ** (np.arange(13) / 3))
# Morlet's wave number, the customary 6: about two waves under the window.
_WAVE_NUMBER = 6.0


class ImageNetwork(CurveNetwork):
    """2-D convolutions over images of the gait curves whose columns are phases of the cycle.

    Subclasses say what the images are (:meth:`images`).

    Parameters
    ----------
    n_channels, n_points, n_outputs : int
        Size of the inputs and of the answer.
    width : int
        Features at each step.
    depth : int
        Convolutions after the first; each halves the rows.
    dropout : float
        Share of features left out in training.

    Examples
    --------
    >>> network = SpectrogramNetwork(n_channels=3, n_points=150, n_outputs=2)
    >>> network(torch.zeros(8, 150, 3), torch.ones(8, 3, dtype=torch.bool)).shape
    torch.Size([8, 2])
    """

    stride = 6
    rows_go_round: ClassVar[bool] = False
    phase: torch.Tensor

    def __init__(
        self,
        n_channels: int,
        n_points: int,
        n_outputs: int,
        width: int = 32,
        depth: int = 3,
        dropout: float = 0.2,
    ) -> None:
        super().__init__(n_channels, n_points, n_outputs, width, dropout)
        self.image = self.images(n_points)
        self.mix = nn.Conv2d(n_channels * self.image.per_channel, width, 1, bias=False)
        # What stands in for the image of a channel that was not measured, already mixed.
        self.known = nn.Linear(n_channels, width * self.image.n_rows)
        encoding = phase_encoding(n_points, N_PHASE_FEATURES)[:: self.stride]
        self.register_buffer("phase", encoding, persistent=False)
        self.place = nn.Linear(N_PHASE_FEATURES, width, bias=False)
        self.layers = nn.Sequential(
            *(_halving(width, dropout, self.rows_go_round) for _ in range(depth))
        )

    def images(self, n_points: int) -> nn.Module:
        """Return the layer that makes the images; it has `n_rows` and images `per_channel`."""
        raise NotImplementedError

    def encode(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return features along the cycle, shape (n_cycles, n_steps, width)."""
        known = self.known(measured.to(curves.dtype)).unflatten(1, (self.width, -1))
        images = self.image(curves * measured[:, None])
        place = self.place(self.phase).T[None, :, None]
        encoded: torch.Tensor = self.layers(self.mix(images) + known[..., None] + place)
        return encoded.mean(dim=2).transpose(1, 2)


class TimeFrequencyNetwork(ImageNetwork):
    """Amplitude of each frequency along the cycle; one image a channel."""

    frequencies: ClassVar[NDArray[np.floating]]
    deviations: ClassVar[NDArray[np.floating]]

    def images(self, n_points: int) -> nn.Module:
        """Return the layer that makes the images."""
        return TimeFrequencyImage(n_points, self.stride, self.frequencies, self.deviations)


class SpectrogramNetwork(TimeFrequencyNetwork):
    """CNN on spectrograms: 0 to 12 cycles a stride through one window of a third of the cycle."""

    frequencies, deviations = _SPECTROGRAM_FREQUENCIES, _SPECTROGRAM_DEVIATIONS


class WaveletNetwork(TimeFrequencyNetwork):
    """CNN on Morlet wavelet images: 1 to 16 cycles a stride, three rows an octave."""

    frequencies = _WAVELET_FREQUENCIES
    deviations = _WAVE_NUMBER / (2 * np.pi * np.append(16.0, _WAVELET_FREQUENCIES[1:]))


class PhaseByPhaseNetwork(ImageNetwork):
    """Images of each phase of the cycle against each other: 30 rows and 30 columns of 150 points."""

    stride = 5
    rows_go_round = True

    @property
    def step_phase(self) -> torch.Tensor:
        """Middle of each step that :meth:`encode` returns, % of the cycle, shape (n_steps,)."""
        return aggregated(torch.linspace(0.0, 100.0, self.n_points), self.stride)


class GramianNetwork(PhaseByPhaseNetwork):
    """CNN on Gramian angular fields, summation and difference, with the curve beside."""

    def images(self, n_points: int) -> nn.Module:
        """Return the layer that makes the images."""
        return GramianImage(n_points, self.stride)


class RecurrenceNetwork(PhaseByPhaseNetwork):
    """CNN on recurrence plots, with the curve beside."""

    def images(self, n_points: int) -> nn.Module:
        """Return the layer that makes the images."""
        return RecurrenceImage(n_points, self.stride)


def _halving(width: int, dropout: float, rows_go_round: bool) -> nn.Sequential:
    """Return a convolution, round the cycle, that keeps the steps and halves the rows."""
    beyond = 1 if rows_go_round else 0
    return nn.Sequential(
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Dropout2d(dropout),
        nn.CircularPad2d((1, 1, beyond, beyond)),
        nn.Conv2d(width, width, 3, stride=(2, 1), padding=(1 - beyond, 0), bias=False),
    )


class TwoLegNetwork(CurveNetwork):
    """Reads each leg in its own phase with shared weights, and answers from sum and difference.

    How unlike the legs are says more of many pathologies than either of them, and a person may
    be affected on either side. A network on all channels would have to learn that for each
    channel, side and half cycle from few people. Here it is built in: each leg's channels, with
    those of trunk and pelvis, start at that leg's contact; one small residual network reads
    both; what it and the curves hold along the cycle is pooled for each leg; and the head sees
    the sum of the legs and the size of their difference. Which leg is ipsilateral makes no
    difference to the answer but through the scaling of the two legs' channels.

    Parameters
    ----------
    n_channels, n_points, n_outputs : int
        Size of the inputs and of the answer.
    channels : sequence of str
        Names of the channels; each of one leg with the same of the other.
    width : int
        Features a leg at each step.
    depth : int
        Residual blocks.
    dropout : float
        Share of pooled features left out in training.

    Raises
    ------
    SchemaError
        If the channels are not named, or one lacks its other side.

    Examples
    --------
    >>> names = ["knee_flexion_angle_ipsi_rad", "knee_flexion_angle_contra_rad"]
    >>> network = TwoLegNetwork(2, 150, 3, channels=names)
    >>> network(torch.randn(8, 150, 2), torch.ones(8, 2, dtype=torch.bool)).shape
    torch.Size([8, 3])
    """

    stride = STEM_STRIDE
    sign: torch.Tensor

    def __init__(
        self,
        n_channels: int,
        n_points: int,
        n_outputs: int,
        channels: Sequence[str] | None = None,
        width: int = 16,
        depth: int = 1,
        dropout: float = 0.5,
    ) -> None:
        legs = leg_channels(channels, n_channels, "channels of the two-leg network")
        own = [*legs.ipsi, *legs.midline]
        per_leg = width + len(own)
        super().__init__(n_channels, n_points, n_outputs, 2 * per_leg, dropout)
        self.legs, self.own = legs, own
        self.register_buffer("sign", torch.tensor(legs.sign), persistent=False)
        self.stem = CycleStem(len(own), n_points, width)
        self.blocks = nn.Sequential(
            *(ResidualBlock(width, 2**position, 0.0) for position in range(depth))
        )
        self.pool = LegPool(per_leg)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(8 * per_leg, n_outputs))

    def encode(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return one leg's features and curves, then the other's: (n_cycles, n_steps, width)."""
        curves = curves * measured[:, None]
        other = seen_from_other_leg(curves, measured, self.legs, self.sign)
        views = [
            torch.cat(pair)[..., self.own] for pair in zip((curves, measured), other, strict=True)
        ]
        steps = self.blocks(self.stem(*views).transpose(1, 2)).transpose(1, 2)
        read = torch.cat([steps, views[0][:, :: self.stride]], dim=-1)
        return torch.cat(read.chunk(2), dim=-1)


class LegPool(nn.Module):  # type: ignore[misc]
    """Mean, spread, largest and smallest value of each leg; then sum and size of difference.

    Parameters
    ----------
    per_leg : int
        Features a leg.
    """

    def __init__(self, per_leg: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(8 * per_leg)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (n_cycles, 8 * per_leg) from (n_cycles, n_steps, 2 * per_leg)."""
        spread = (features.var(dim=1, correction=0) + 1e-6).sqrt()
        pooled = [features.mean(dim=1), spread, features.amax(dim=1), features.amin(dim=1)]
        one, other = torch.stack(pooled, dim=1).chunk(2, dim=-1)
        both = torch.cat([one + other, (one - other).abs()], dim=1)
        flat = both.flatten(1)
        if len(flat) > 1:
            normed: torch.Tensor = self.norm(flat)
            return normed
        # One cycle has no spread: the running one has to do, in training too.
        norm = self.norm
        return nn.functional.batch_norm(
            flat, norm.running_mean, norm.running_var, norm.weight, norm.bias
        )


class MultiTaskNetwork(CurveNetwork):
    """A shared encoder; each answer weighs the phases of the cycle for itself.

    Parameters
    ----------
    n_channels, n_points : int
        Size of the inputs.
    n_outputs : mapping of str to int
        Outputs of each answer: number of classes, or 1 for a quantity.
    encoder : type of CurveNetwork
        The architecture, from ``NETWORKS``.
    dropout : float
        Share of features left out in training.
    **options
        Of the encoder, for example ``width``.

    Attributes
    ----------
    answers : dict of str to int
        `n_outputs`, in the order of the columns that :meth:`forward` returns.

    Examples
    --------
    >>> from locomotion_analysis.models.deep.networks import NETWORKS
    >>> network = MultiTaskNetwork(3, 150, {"pathology": 4, "speed_m_s": 1}, NETWORKS["gru"])
    >>> outputs = network(torch.zeros(8, 150, 3), torch.ones(8, 3, dtype=torch.bool))
    >>> {name: tuple(columns.shape) for name, columns in network.split(outputs).items()}
    {'pathology': (8, 4), 'speed_m_s': (8, 1)}
    """

    def __init__(
        self,
        n_channels: int,
        n_points: int,
        n_outputs: Mapping[str, int],
        encoder: type[CurveNetwork],
        dropout: float = 0.2,
        **options: Any,
    ) -> None:
        shared = encoder(n_channels, n_points, 1, dropout=dropout, **options)
        super().__init__(n_channels, n_points, sum(n_outputs.values()), shared.width, dropout)
        self.answers = dict(n_outputs)
        shared.pool = shared.head = nn.Identity()  # only its encoder is used
        self.shared = shared
        self.pool = nn.ModuleList(PhaseAttention(shared.width) for _ in n_outputs)
        self.head = nn.ModuleList(
            nn.Sequential(nn.Dropout(dropout), nn.Linear(shared.width, size))
            for size in n_outputs.values()
        )

    @property
    def step_phase(self) -> torch.Tensor:
        """Middle of each step that :meth:`encode` returns, % of the cycle, shape (n_steps,)."""
        return self.shared.step_phase

    def encode(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return features along the cycle, shape (n_cycles, n_steps, width)."""
        return self.shared.encode(curves, measured)

    def forward(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return the answers' columns side by side, shape (n_cycles, sum of n_outputs)."""
        features = self.encode(curves, measured)
        answers = [head(pool(features)) for pool, head in zip(self.pool, self.head, strict=True)]
        return torch.cat(answers, dim=1)

    def split(self, outputs: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the columns of each answer."""
        columns = outputs.split(list(self.answers.values()), dim=1)
        return dict(zip(self.answers, columns, strict=True))

    def phase_weights(
        self, curves: torch.Tensor, measured: torch.Tensor, answer: str
    ) -> torch.Tensor:
        """Return the weight of each step of the cycle in one answer, shape (n_cycles, n_steps)."""
        pool = self.pool[list(self.answers).index(answer)]
        return pool.weights(self.encode(curves, measured))


NETWORKS: dict[str, type[CurveNetwork]] = {
    "lstm": LSTMNetwork,
    "gru": GRUNetwork,
    "cnn": ConvolutionalNetwork,
    "spectrogram": SpectrogramNetwork,
    "wavelet": WaveletNetwork,
    "gramian": GramianNetwork,
    "recurrence": RecurrenceNetwork,
    "transformer": TransformerNetwork,
}
"""Networks by name, of curves whose channels need no names."""

ARCHITECTURES: dict[str, type[CurveNetwork]] = {**NETWORKS, "two_leg": TwoLegNetwork}
"""Networks by name: those of ``NETWORKS``, and the one that must know its channels' names."""

_OF_THE_DATA = {"self", "n_channels", "n_points", "n_outputs", "channels"}


AUTO = "auto"
"""The architecture that the channels at hand allow: ``two_leg`` where there are both legs."""


def architecture(name: str, channels: Sequence[str] | None = None) -> type[CurveNetwork]:
    """Return a network by name.

    Parameters
    ----------
    name : str
        A name of ``ARCHITECTURES``; ``"auto"`` is ``two_leg`` where each leg's channels are there
        with the same of the other leg, else ``cnn``.
    channels : sequence of str, optional
        Names of the channels, for ``"auto"``.

    Raises
    ------
    SchemaError
        If there is none of that name.

    Examples
    --------
    >>> architecture("gru").__name__
    'GRUNetwork'
    >>> legs = [f"knee_flexion_angle_{side}_rad" for side in ("ipsi", "contra")]
    >>> architecture("auto", legs).__name__, architecture("auto", legs[:1]).__name__
    ('TwoLegNetwork', 'ConvolutionalNetwork')
    """
    if name == AUTO:
        return ARCHITECTURES["two_leg" if channels and has_both_legs(channels) else "cnn"]
    if name not in ARCHITECTURES:
        raise SchemaError(
            expected=f"an architecture among {', '.join((AUTO, *ARCHITECTURES))}",
            got=repr(name),
            where="architecture",
            fix=did_you_mean(name, ARCHITECTURES),
        )
    return ARCHITECTURES[name]


def network_settings(
    network: type[CurveNetwork],
    dropout: float | None,
    channels: Sequence[str] | None,
    options: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the arguments of a network that are not the size of its inputs and answer.

    Parameters
    ----------
    network : type of CurveNetwork
        The network.
    dropout : float, optional
        Share of features left out in training; the network's own default where None.
    channels : sequence of str, optional
        Names of the channels, passed on where the network asks for them.
    options : mapping, optional
        Further arguments, such as ``width``.

    Raises
    ------
    SchemaError
        If the network has no such argument.

    Examples
    --------
    >>> network_settings(architecture("gru"), 0.1, None, {"width": 8})
    {'width': 8, 'dropout': 0.1}
    """
    known = inspect.signature(network.__init__).parameters
    accepted = [name for name in known if name not in _OF_THE_DATA]
    settings = dict(options or {})
    unknown = [name for name in settings if name not in accepted]
    if unknown:
        raise SchemaError(
            expected=f"options among {', '.join(accepted)}",
            got=", ".join(map(repr, unknown)),
            where=f"network_options of {network.__name__}",
        )
    if dropout is not None:
        settings.setdefault("dropout", dropout)
    if "channels" in known:
        settings["channels"] = None if channels is None else list(channels)
    return settings
