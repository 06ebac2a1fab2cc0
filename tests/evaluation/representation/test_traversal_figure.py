"""Traversals as they are drawn."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from locomotion_analysis.evaluation.representation import plot_traversal, traversals_figure
from locomotion_analysis.models.deep import CurveAutoencoder

CHANNELS = ["knee_flexion_angle_ipsi_rad", "knee_flexion_moment_ipsi_Nm_kg"]


@pytest.fixture(scope="module")
def autoencoder():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    phase = np.linspace(0, 2 * np.pi, 48)
    size = np.random.default_rng(0).uniform(0.5, 1.5, (24, 1, 1))
    curves = size * np.stack([np.sin(phase), np.cos(phase)], axis=1)
    yield CurveAutoencoder(2, width=8, max_epochs=2, device="cpu").fit(curves)
    torch.set_num_threads(before)


def test_the_lines_are_the_traversal_in_degrees(autoencoder):
    ax = plot_traversal(autoencoder, CHANNELS, latent=1)
    moved = autoencoder.traverse(1)
    for line, curve in zip(ax.get_lines(), moved.curves, strict=True):
        np.testing.assert_allclose(line.get_ydata(), np.degrees(curve[:, 0]), rtol=1e-5)
    labels = [line.get_label() for line in ax.get_lines()]
    assert labels == ["−2 SD", "−1 SD", "mean", "+1 SD", "+2 SD"]
    assert ax.get_ylabel() == "Knee flexion (°)"
    assert ax.get_xlabel() == "Gait cycle (%)"


def test_the_figure_has_a_row_a_coordinate_and_says_simulated(autoencoder):
    made = traversals_figure(autoencoder, CHANNELS, n_latents=2, simulated=True)
    assert len(made.axes) == 4
    first = autoencoder.latent_order()[0] + 1
    assert made.axes[0].get_title(loc="left") == f"Coordinate {first}"
    assert made.axes[3].get_ylabel() == "Knee flexion moment (Nm/kg)"
    assert made.get_suptitle() == "SIMULATED DATA"
