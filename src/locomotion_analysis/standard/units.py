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

TIMES = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0}
"""Unit of time -> seconds."""

_LENGTHS = {"m": 1.0, "cm": 1e-2, "mm": 1e-3, "in": 0.0254, "metres": 1.0, "meters": 1.0}
_YEARS = dict.fromkeys(("years", "year", "yrs", "y"), 1.0)
_MASSES = {"kg": 1.0, "g": 1e-3, "lb": 0.45359237, "lbs": 0.45359237}
_FIELD_UNITS: dict[str, dict[str, float]] = {
    "_m_s": {"m_s": 1.0, "km_h": 1.0 / 3.6, "cm_s": 1e-2, "mph": 0.44704},
    "_m": _LENGTHS,
    "_kg": _MASSES,
    "_s": TIMES,
    "_deg": {"deg": 1.0, "rad": 180.0 / math.pi},
    "_percent": {"percent": 1.0, "fraction": 100.0},
}


def field_units(name: str) -> dict[str, float]:
    """Return the units in which a column of the cycles or of a subject may come.

    Parameters
    ----------
    name : str
        Standard name, for example ``"height_m"`` or ``"age"``.

    Returns
    -------
    dict of str to float
        Unit -> factor into the standard one, ``value_in_standard = factor * value``; empty where
        the column is no quantity.

    Examples
    --------
    >>> field_units("height_m")["cm"], field_units("sex")
    (0.01, {})
    """
    if name == "age":
        return {**_YEARS, "months": 1.0 / 12.0}
    return next((units for end, units in _FIELD_UNITS.items() if name.endswith(end)), {})


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
