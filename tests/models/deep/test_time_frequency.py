"""Images of curves against waves whose frequency and amplitude are known, and against SciPy."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is the extra `deep`")

from scipy.signal import ShortTimeFFT  # noqa: E402 - torch first
from scipy.signal.windows import gaussian  # noqa: E402

from locomotion_analysis.models.deep.networks import (  # noqa: E402
    SpectrogramNetwork,
    WaveletNetwork,
    phase_encoding,
)
from locomotion_analysis.models.deep.time_frequency import TimeFrequencyImage, gabor_filters  # noqa: E402

PHASE = np.linspace(0, 1, 150)


def _image_of(kind, curve):
    layer = TimeFrequencyImage(150, kind.stride, kind.frequencies, kind.deviations)
    curves = torch.as_tensor(curve, dtype=torch.float32)[None, :, None]
    return layer(curves)[0, 0].numpy()


@pytest.mark.parametrize("frequency", [3, 5, 12])
def test_amplitude_of_a_wave(frequency):
    deviations = np.full(13, 0.15)
    filters = gabor_filters(150, np.arange(13.0), deviations)
    amplitude = 2 * np.abs(filters @ (3 * np.cos(2 * np.pi * frequency * PHASE + 0.4)))
    np.testing.assert_allclose(amplitude[frequency], 3, atol=0.05)
    assert amplitude[1:].mean(axis=1).argmax() + 1 == frequency


def test_the_spectrogram_is_that_of_scipy():
    """Three turns of the cycle through SciPy's transform; the middle one is undisturbed."""
    curve = np.random.default_rng(0).normal(size=149)
    window = gaussian(149, 0.08 * 149)
    transform = ShortTimeFFT(window / window.sum(), hop=1, fs=149, mfft=149, phase_shift=0)
    whole = transform.stft(np.tile(curve, 3))
    middle = np.abs(whole[:13, np.searchsorted(transform.t(447), 1.0) :][:, :149])
    deviations = np.full(13, 0.08)
    ours = np.abs(gabor_filters(150, np.arange(13.0), deviations) @ np.append(curve, curve[0]))
    rows = [0, *range(8, 13)]  # those between differ by the constant that ours takes away
    np.testing.assert_allclose(ours[rows, :149], middle[rows], atol=2e-4)


@pytest.mark.parametrize("kind", [SpectrogramNetwork, WaveletNetwork])
def test_a_constant_stands_in_the_first_row_with_its_sign(kind):
    image = _image_of(kind, np.full(150, -2.0))
    np.testing.assert_allclose(image[0], -2, atol=1e-4)
    assert np.abs(image[1:]).max() < 0.05


@pytest.mark.parametrize("kind", [SpectrogramNetwork, WaveletNetwork])
@pytest.mark.parametrize("centre", [0.02, 0.4, 0.8])
def test_a_short_burst_shows_where_it_happens(kind, centre):
    around = (PHASE - centre + 0.5) % 1 - 0.5
    image = _image_of(kind, np.exp(-0.5 * (around / 0.08) ** 2) * np.cos(2 * np.pi * 8 * around))
    row, column = np.unravel_index(image[1:].argmax(), image[1:].shape)
    assert kind.frequencies[1:][row] == pytest.approx(8, abs=1.6)
    distance = abs(column * kind.stride / 149 - centre)
    assert min(distance, 1 - distance) <= kind.stride / 149


def test_wavelets_place_fast_events_more_sharply_than_slow_ones():
    image = _image_of(WaveletNetwork, np.exp(-0.5 * ((PHASE - 0.5) / 0.01) ** 2))
    amplitude = np.expm1(image[1:]) / 10
    columns = np.linspace(0, 1, amplitude.shape[1])
    weight = amplitude / amplitude.sum(axis=1, keepdims=True)
    spread = np.sqrt((weight * (columns - 0.5) ** 2).sum(axis=1))
    assert spread[-1] < spread[0] / 2


def test_the_phase_code_joins_at_heel_strike_and_tells_phases_apart():
    code = phase_encoding(150, 8)
    np.testing.assert_allclose(code[0], code[-1], atol=1e-5)
    distance = torch.cdist(code[:-1], code[:-1]) + 9 * torch.eye(149)
    positions = torch.arange(149)
    nearest = (distance.argmin(dim=1) - positions) % 149
    assert set(nearest.tolist()) <= {1, 148}
    around = distance.diagonal(offset=1)
    np.testing.assert_allclose(around, around[0], atol=1e-4)
