"""Words for people: what a channel, a class, a task, a feature or a score is called."""

import math
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.standard import TASKS, Channel, is_channel

TaskNames = Sequence[str] | Mapping[Any, str]
"""Names of classes, in order or by label."""

METRIC_NAMES = {
    "balanced_accuracy": "Balanced accuracy",
    "accuracy": "Accuracy",
    "macro_f1": "F1, mean of classes",
    "mae": "Mean absolute error",
    "rmse": "Root mean square error",
    "r2": "R²",
}
_DEGREES = 180.0 / math.pi
_NOTHING, _SMALLEST = 1e-9, 1e-4
_SHOWN_UNITS: dict[str, tuple[str, float]] = {
    "rad": ("°", _DEGREES),
    "rad_s": ("°/s", _DEGREES),
    "rad_s2": ("°/s²", _DEGREES),
    "Nm_kg": ("Nm/kg", 1.0),
    "W_kg": ("W/kg", 1.0),
}
_SCALAR_UNITS = {
    "steps_min": "steps/min",
    "Nm_s_kg": "Nm·s/kg",
    "BW_s": "BW·s",
    "J_kg": "J/kg",
    "m_s": "m/s",
    "percent": "%",
    "rad2": "rad²",
    "rad": "rad",
    "deg": "°",
    "kg": "kg",
    "m": "m",
    "s": "s",
}
_QUANTITIES = {
    "angle": "Angle",
    "velocity": "Velocity",
    "acceleration": "Acceleration",
    "moment": "Moment",
    "power": "Power",
    "grf": "Force",
    "cop": "Position",
}
_ABBREVIATIONS = {
    "rom": "ROM",
    "std": "SD",
    "grf": "GRF",
    "cop": "CoP",
    "rms": "RMS",
    "cv": "CV",
    "cmc": "CMC",
    "crp": "CRP",
    "bmi": "BMI",
    "gdi": "GDI",
    "gps": "GPS",
    "map": "MAP",
    "tug": "TUG",
    "fim": "FIM",
    "moca": "MoCA",
    "updrs": "UPDRS",
    "womac": "WOMAC",
    "roc": "ROC",
    "auc": "AUC",
    "parkinsons": "Parkinson's",
}
_NAMES_OF_PEOPLE = ("Parkinson",)
_PLATES = {"grf": "ground reaction force", "cop": "centre of pressure"}
_CHANNEL_PREFIX = re.compile(
    r"^(?P<channel>.+?_(?:rad_s2|rad_s|rad|Nm_kg|Nm|W_kg|W|BW|N|m))_(?P<rest>.+)$"
)


def channel_title(name: str) -> str:
    """Return a channel's name in words, for example ``"Knee flexion moment"``.

    Angles go without the word: to the field "knee flexion" is the angle. The other leg is
    named where it is meant.

    Examples
    --------
    >>> channel_title("knee_flexion_angle_ipsi_rad")
    'Knee flexion'
    >>> channel_title("grf_vertical_contra_BW")
    'Vertical ground reaction force, other leg'
    """
    channel = Channel.parse(name)
    motion = (channel.motion or "").replace("_", " ")
    if channel.joint in _PLATES:
        words = f"{motion} {_PLATES[channel.joint]}"
    else:
        # "Knee flexion" is an angle to everybody; "foot sagittal" is not a word.
        plain = channel.measurement == "angle" and channel.motion != "sagittal"
        measurement = "" if plain else channel.measurement
        words = " ".join(part for part in (channel.joint, motion, measurement) if part)
    return words.capitalize() + (", other leg" if channel.side == "contra" else "")


def shown_unit(name: str) -> tuple[str, float]:
    """Return the unit a channel is drawn in and the factor that converts into it.

    Angles are stored in radians and drawn in degrees, which is what the field reads.

    Examples
    --------
    >>> shown_unit("grf_vertical_ipsi_BW")
    ('BW', 1.0)
    >>> shown_unit("knee_flexion_angle_ipsi_rad")[0]
    '°'
    """
    unit = Channel.parse(name).unit
    return _SHOWN_UNITS.get(unit, (unit, 1.0))


def channel_axis(name: str) -> str:
    """Return what stands at the axis of a channel: its quantity and the unit it is drawn in.

    Examples
    --------
    >>> channel_axis("knee_flexion_angle_ipsi_rad"), channel_axis("grf_vertical_ipsi_BW")
    ('Angle (°)', 'Force (BW)')
    """
    return f"{_QUANTITIES[Channel.parse(name).measurement]} ({shown_unit(name)[0]})"


def value_title(value: Any) -> str:
    """Return a class, task or column in words.

    Examples
    --------
    >>> value_title("stair_ascent"), value_title("hip_osteoarthritis"), value_title("gdi")
    ('Stair ascent', 'Hip osteoarthritis', 'GDI')
    """
    text = str(value)
    words = TASKS.get(text, " ".join(_ABBREVIATIONS.get(word, word) for word in text.split("_")))
    return words[:1].upper() + words[1:].rstrip()


def in_sentence(value: Any) -> str:
    """Return :func:`value_title` as it stands within a sentence: abbreviations keep their capitals.

    Examples
    --------
    >>> in_sentence("hip_osteoarthritis"), in_sentence("M0"), in_sentence("RIC")
    ('hip osteoarthritis', 'M0', 'RIC')
    >>> in_sentence("parkinsons")
    "Parkinson's"
    """
    words = value_title(value)
    if words.startswith(_NAMES_OF_PEOPLE) or not words[1:2].islower():
        return words
    return words[:1].lower() + words[1:]


def feature_title(name: str) -> str:
    """Return a feature's name in words, its channel first where it has one.

    Examples
    --------
    >>> feature_title("knee_flexion_angle_ipsi_rad_rom")
    'Knee flexion: ROM'
    >>> feature_title("grf_anterior_asymmetry_max"), feature_title("cadence_steps_min")
    ('GRF anterior asymmetry max', 'Cadence (steps/min)')
    """
    match = _CHANNEL_PREFIX.match(name)
    if match is not None and is_channel(match["channel"]):
        return f"{channel_title(match['channel'])}: {_abbreviated(match['rest'])}"
    unit = next((suffix for suffix in _SCALAR_UNITS if name.endswith(f"_{suffix}")), "")
    words = _abbreviated(name.removesuffix(f"_{unit}") if unit else name)
    return words[:1].upper() + words[1:] + (f" ({_SCALAR_UNITS[unit]})" if unit else "")


def _abbreviated(name: str) -> str:
    return " ".join(_ABBREVIATIONS.get(word, word) for word in name.split("_"))


class ShownQuantity(NamedTuple):
    """How what was measured is named and drawn: a channel, else a feature or column of cycles.

    Attributes
    ----------
    title : str
        Its name in words.
    axis : str
        What stands at its axis.
    unit : str
        Unit a channel is drawn in; empty of a feature, whose title says it.
    factor : float
        Converts into that unit.

    Examples
    --------
    >>> ShownQuantity.of("ankle_dorsiflexion_moment_ipsi_Nm_kg")
    ShownQuantity(title='Ankle dorsiflexion moment', axis='Moment (Nm/kg)', unit='Nm/kg', factor=1.0)
    >>> ShownQuantity.of("speed_m_s").axis
    'Speed (m/s)'
    """

    title: str
    axis: str
    unit: str
    factor: float

    @classmethod
    def of(cls, name: str) -> "ShownQuantity":
        """Return how a channel, feature or column is named and drawn."""
        if is_channel(name):
            return cls(channel_title(name), channel_axis(name), *shown_unit(name))
        return cls(feature_title(name), feature_title(name), "", 1.0)


def number_text(value: float, digits: int = 3, *, signed: bool = False) -> str:
    """Return a number with so many significant digits, without an exponent where it may.

    Parameters
    ----------
    value : float
        A dash where it is not known. What is nothing but rounding (below 1e-9) is 0.
    digits : int
        Significant digits; whole digits before the point are never rounded away.
    signed : bool
        Whether a positive number has its sign, as a difference has.

    Examples
    --------
    >>> number_text(0.25), number_text(1659.4), number_text(-0.0123, 2)
    ('0.250', '1,659', '−0.012')
    >>> number_text(1.6e-15, signed=True), number_text(0.158, signed=True), number_text(2e-7)
    ('0', '+0.158', '2.00e−07')
    """
    if not math.isfinite(value):
        return "–" if math.isnan(value) else f"{value:+}".lstrip("+").replace("-", "−")
    if abs(value) < _NOTHING:
        return "0"
    sign = "+" if signed else ""
    if abs(value) < _SMALLEST:
        return f"{value:{sign}.{digits - 1}e}".replace("-", "−")
    # The exponent after rounding: 0.9996 has its first digit before the point.
    exponent = int(f"{value:.{digits - 1}e}".rpartition("e")[2])
    return f"{value:{sign},.{max(digits - 1 - exponent, 0)}f}".replace("-", "−")


def p_text(p: float) -> str:
    """Return a p-value as papers print it.

    Examples
    --------
    >>> p_text(0.0434), p_text(0.00002), p_text(float("nan"))
    ('0.043', '< 0.001', '–')
    """
    if math.isnan(p):
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def p_equals(p: float) -> str:
    """Return a p-value as it stands in a sentence.

    Examples
    --------
    >>> p_equals(0.0434), p_equals(0.00002)
    ('p = 0.043', 'p < 0.001')
    """
    told = p_text(p)
    return f"p {told}" if told.startswith("<") else f"p = {told}"


def mean_and_sd(mean: float, deviation: float) -> str:
    """Return a mean ± SD, both to the second significant digit of the SD.

    Examples
    --------
    >>> mean_and_sd(57.0, 15.7), mean_and_sd(1.659, 0.0762), mean_and_sd(3.2, float("nan"))
    ('57 ± 16', '1.659 ± 0.076', '3.20')
    """
    if not math.isfinite(deviation) or deviation < _SMALLEST or not math.isfinite(mean):
        return number_text(mean)
    exponent = int(f"{deviation:.1e}".rpartition("e")[2])
    decimals = max(1 - exponent, 0)
    return f"{mean:,.{decimals}f} ± {deviation:,.{decimals}f}".replace("-", "−")


def class_names(classes: NDArray[Any], task_names: TaskNames | None) -> list[str]:
    """Give each class a name for reports and figures.

    Labels that are numbers take the names in ascending order, as scikit-learn's
    ``target_names``. Labels that are text are sorted by alphabet, which is seldom the order
    in which somebody lists names: there, names are matched by their text first ("Level
    Walking" is ``level_walking``), a single name left over takes the single label left over,
    and only then do the rest pair up in order, with a warning that says how.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    task_names : sequence of str, mapping from label to name, or None
        Names; None takes the labels.

    Returns
    -------
    list of str
        One name a class, in the order of `classes`.

    Raises
    ------
    SchemaError
        If there are more or fewer names than classes, or one name stands for two classes.

    Examples
    --------
    >>> import numpy as np
    >>> labels = np.array(["incline_walking", "level_walking", "stair_ascent"])
    >>> class_names(labels, ["Level Walking", "Incline Walking", "Stair Climbing"])
    ['Incline Walking', 'Level Walking', 'Stair Climbing']
    """
    labels = classes.tolist()
    if task_names is None:
        return [str(label) for label in labels]
    names = list(task_names.values() if isinstance(task_names, Mapping) else task_names)
    known = isinstance(task_names, Mapping) and set(task_names) != set(labels)
    if len(names) != len(labels) or len(set(names)) != len(names) or known:
        raise SchemaError(
            expected=f"{len(labels)} different names, for the classes {labels}",
            got=f"{len(names)}: {task_names}",
            where="task_names",
            fix="pass one name a class, or a mapping from class to name",
        )
    if isinstance(task_names, Mapping):
        return [str(task_names[label]) for label in labels]
    if not all(isinstance(label, str) for label in labels):
        return list(task_names)
    by_text = {_plain(name): name for name in task_names}
    found = {label: by_text[_plain(label)] for label in labels if _plain(label) in by_text}
    rest = [name for name in task_names if name not in found.values()]
    open_labels = [label for label in labels if label not in found]
    if len(rest) > 1:
        pairs = ", ".join(
            f"{label} = {name!r}" for label, name in zip(open_labels, rest, strict=True)
        )
        warnings.warn(
            f"task_names do not say which class they name; taken in sorted order: {pairs}. "
            "Pass a mapping from class to name to be sure.",
            LocomotionWarning,
            stacklevel=3,
        )
    return [{**dict(zip(open_labels, rest, strict=True)), **found}[label] for label in labels]


def _plain(name: str) -> str:
    return "_".join(name.lower().replace("-", " ").replace("_", " ").split())
