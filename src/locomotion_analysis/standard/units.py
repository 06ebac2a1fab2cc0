"""Units a channel may carry, and the exact conversions into them."""

import math

STANDARD_GRAVITY_M_S2 = 9.80665
"""Acceleration of free fall by which a body weight is defined, exactly (3rd CGPM, 1901)."""

UNITS: dict[str, str] = {
    "rad": "angle in radians",
    "rad_s": "angular velocity in radians per second",
    "rad_s2": "angular acceleration in radians per second squared",
    "Nm": "moment in newton metres",
    "Nm_kg": "moment per kilogram of body mass",
    "W": "power in watts",
    "W_kg": "power per kilogram of body mass",
    "N": "force in newtons",
    "BW": "force in body weights",
    "m": "length in metres",
}

TO_STANDARD: dict[str, tuple[str, float]] = {
    "deg": ("rad", math.pi / 180.0),
    "deg_s": ("rad_s", math.pi / 180.0),
    "deg_s2": ("rad_s2", math.pi / 180.0),
    "Nmm": ("Nm", 1e-3),
    "Nmm_kg": ("Nm_kg", 1e-3),
    "mW_kg": ("W_kg", 1e-3),
    "kN": ("N", 1e3),
    "mm": ("m", 1e-3),
    "cm": ("m", 1e-2),
}
"""Unit met in the field -> (standard unit, exact factor)."""


def standard_unit(unit: str) -> tuple[str, float]:
    """Return the standard unit of `unit` and the factor that converts into it.

    Parameters
    ----------
    unit : str
        A unit suffix, for example ``"deg"`` or ``"Nm_kg"``.

    Returns
    -------
    tuple of (str, float)
        Standard unit and factor: ``value_in_standard = factor * value``.

    Raises
    ------
    KeyError
        If the unit is unknown.

    Examples
    --------
    >>> standard_unit("Nmm_kg")
    ('Nm_kg', 0.001)
    """
    return (unit, 1.0) if unit in UNITS else TO_STANDARD[unit]
