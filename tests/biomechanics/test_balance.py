"""Margins of stability, against the pendulum that they are made for."""

import numpy as np
import pytest

from locomotion_analysis.biomechanics import extrapolated_centre_of_mass, margin_of_stability


def test_margin_of_stability_is_where_a_pendulum_would_stop():
    """A linear inverted pendulum pushed so that the margin is 0 just reaches its base."""
    length, velocity = 0.9, 0.4
    omega = np.sqrt(9.80665 / length)
    base = extrapolated_centre_of_mass(0.0, velocity, length)
    time = np.linspace(0, 3, 2000)
    # x'' = omega^2 (x - base) with x(0) = 0, x'(0) = velocity.
    x = base + (-base) * np.cosh(omega * time) + velocity / omega * np.sinh(omega * time)
    assert margin_of_stability(base, 0.0, velocity, length) == pytest.approx(0.0, abs=1e-12)
    assert x[-1] == pytest.approx(base, abs=1e-3)
    assert (x <= base + 1e-9).all()
