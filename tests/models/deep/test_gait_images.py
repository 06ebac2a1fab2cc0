"""Gramian angular fields and recurrence plots, against their formulae written another way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

torch = pytest.importorskip("torch", reason="PyTorch is the extra `deep`")

from locomotion_analysis.models.deep.gait_images import (  # noqa: E402
    GramianImage,
    RecurrenceImage,
    aggregated,
    gramian_fields,
    recurrence_plot,
)
from locomotion_analysis.models.deep.networks import NETWORKS  # noqa: E402

PHASE = np.linspace(0, 1, 150)
curves = hnp.arrays(np.float64, (2, 30), elements=st.floats(-3, 3, width=32)).filter(
    lambda x: np.ptp(x, axis=1).min() > 0.1
)


@given(curves)
def test_fields_are_those_of_wang_and_oates(x):
    """With angles and trigonometry, as the paper writes them."""
    low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    phi = np.arccos(np.clip(((x - high) + (x - low)) / (high - low), -1, 1))
    summation, difference = gramian_fields(torch.from_numpy(x))
    expected = np.cos(phi[:, :, None] + phi[:, None, :])
    np.testing.assert_allclose(summation, expected, atol=2e-3)
    expected = np.sin(phi[:, :, None] - phi[:, None, :])
    np.testing.assert_allclose(difference, expected, atol=2e-3)


@given(curves)
def test_plots_are_those_of_eckmann(x):
    """Point by point: near is 1, far is 0, but where the distance is at the edge."""
    plot = recurrence_plot(torch.from_numpy(x), delay=3, softness=1e-4).numpy()
    for row, curve in enumerate(x):
        states = [np.array([curve[k], curve[(k + 3) % 30]]) for k in range(30)]
        distance = np.array([[np.linalg.norm(a - b) for b in states] for a in states])
        share = distance / distance.max()
        clear = abs(share - 0.1) > 2e-3
        np.testing.assert_allclose(plot[row][clear], (share < 0.1)[clear], atol=1e-6)


def test_segments_are_averaged():
    x = np.random.default_rng(0).normal(size=(4, 3, 150))
    np.testing.assert_allclose(
        aggregated(torch.from_numpy(x), 5), x.reshape(4, 3, 30, 5).mean(axis=-1)
    )
    assert aggregated(torch.from_numpy(x[..., :101]), 5)[0, 0, -1] == pytest.approx(x[0, 0, 100])


@pytest.mark.parametrize(("kind", "images"), [(GramianImage, 3), (RecurrenceImage, 2)])
def test_images_are_thirty_by_thirty_with_the_curve_beside(kind, images):
    batch = torch.randn(5, 150, 4)
    made = kind(150, 5)(batch)
    assert made.shape == (5, images * 4, 30, 30)
    beside = made[:, -4:]
    torch.testing.assert_close(beside[:, :, 0], beside[:, :, 29])
    torch.testing.assert_close(beside[:, :, 7], aggregated(batch.transpose(1, 2), 5))


@pytest.mark.parametrize("kind", [GramianImage, RecurrenceImage])
def test_a_constant_has_an_image_and_a_slope(kind):
    batch = torch.zeros(2, 150, 1, requires_grad=True)
    made = kind(150, 5)(batch)
    made.sum().backward()
    assert torch.isfinite(made).all()
    assert torch.isfinite(batch.grad).all()


def test_a_field_tells_shape_alone_and_the_curve_beside_it_tells_size():
    wave = torch.from_numpy(np.sin(2 * np.pi * PHASE)).float()[None, :, None]
    one, other = GramianImage(150, 5)(wave), GramianImage(150, 5)(3 * wave + 1)
    torch.testing.assert_close(one[:, :2], other[:, :2], atol=1e-4, rtol=0)
    assert (one[:, 2] - other[:, 2]).abs().max() > 1


def test_a_wave_recurs_once_a_period():
    wave = torch.from_numpy(np.sin(2 * np.pi * 3 * np.arange(30) / 30)).float()
    plot = recurrence_plot(wave, delay=3)
    assert (plot.diagonal(offset=10) > 0.9).all()
    assert (plot.diagonal(offset=5) < 0.1).all()


@pytest.mark.parametrize("name", ["gramian", "recurrence"])
def test_steps_lie_in_the_middle_of_their_segments(name):
    network = NETWORKS[name](2, 150, 3)
    grid = np.linspace(0, 100, 150).reshape(30, 5)
    np.testing.assert_allclose(network.step_phase, grid[:, 2], atol=1e-4)
    assert network.encode(torch.zeros(4, 150, 2), torch.ones(4, 2, dtype=bool)).shape[1] == 30
