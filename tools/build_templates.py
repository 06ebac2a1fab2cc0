"""Turn published mean gait curves into the simulator's compact coefficients.

Usage: python tools/build_templates.py SOURCE_FOLDER OUTPUT_CSV

SOURCE_FOLDER holds the long tables ``level_walking_adult_recommended.csv``,
``incline_decline_walking.csv``, ``stair_ascent_descent_reconstructed.csv``,
``run_fukuchi2017_3speeds.csv`` and ``sit_to_stand_stand_to_sit_reconstructed.csv`` (columns task,
condition, speed_dimensionless, grade_deg, channel, phase_pct, mean). The output has one row a
curve: its task, the term it multiplies (``one``, ``v``, ``v2``, ``grade``, ``grade2``), its basis
and the coefficients.

* Joint, pelvis and trunk curves: Fourier series of the cycle, order ``a0, a1, b1, a2, b2, ...``.
* Sit to stand does not return to where it began: the movement and its mirror image make one
  period, so joint curves start and end at rest; forces are a cosine series.
* A channel that a task's table lacks: angles of level walking with their stance stretched to the
  task's toe-off; frontal moments are the vertical force times the lever arm of level walking.
* Ground reaction forces: sine series of stance, so that they vanish at contact, toe-off and in
  swing. A mean curve of many subjects fades out later than any one of them, because their
  toe-offs differ; late stance is therefore compressed until it ends at the published toe-off.
"""

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.float64]
N_HARMONICS = 20
N_SINES = 24
UNLOADED_BW = 0.02
STANCE_GRID = np.linspace(0.0, 1.0, 200)
REFERENCE_V = 0.3365  # the ramp tables were made at 1 m/s
STAIR_TOE_OFF = {"stair_ascent": 65.0, "stair_descent": 66.5}
RUN_TOE_OFF = {2.5: 39.4, 3.5: 34.8, 4.5: 32.8}
USUAL_V = 0.4375
FOURIER_CHANNELS = (
    "hip_flexion_angle",
    "knee_flexion_angle",
    "ankle_dorsiflexion_angle",
    "hip_adduction_angle",
    "hip_internal_rotation_angle",
    "knee_adduction_angle",
    "foot_progression_internal_angle",
    "hip_flexion_moment",
    "knee_flexion_moment",
    "ankle_dorsiflexion_moment",
    "hip_adduction_moment",
    "knee_adduction_moment",
    "pelvis_anterior_tilt_angle",
    "pelvis_obliquity_up_angle",
    "pelvis_internal_rotation_angle",
    "trunk_anterior_tilt_angle",
    "trunk_obliquity_up_angle",
    "trunk_internal_rotation_angle",
)
FRONTAL_MOMENTS = ("hip_adduction_moment", "knee_adduction_moment")
GRF_CHANNELS = ("grf_vertical", "grf_anterior", "grf_lateral")


def toe_off_law(v: float) -> float:
    """Toe-off in percent of the cycle, fitted to Schwartz et al. 2008."""
    return 52.8 + 2.64 / v


def curves(frame: pd.DataFrame) -> dict[str, Array]:
    """Mean curve of each channel (51 samples, 0 to 100 %), side suffix removed."""
    ordered = frame.sort_values("phase_pct")
    names = ordered["channel"].str.removesuffix("_ipsi")
    return {str(name): rows["mean"].to_numpy() for name, rows in ordered.groupby(names)}


def close_foot_chain(found: dict[str, Array]) -> None:
    """Split the closure error of the ramp tables between ankle and foot, in place.

    Foot, shank and ankle were fitted one by one; shank + ankle misses the foot by up to 8 deg.
    """
    chain = found["shank_sagittal_angle"] + found["ankle_dorsiflexion_angle"]
    found["ankle_dorsiflexion_angle"] = found["ankle_dorsiflexion_angle"] - 0.5 * (
        chain - found["foot_sagittal_angle"]
    )


def fourier(curve: Array) -> Array:
    """Fourier coefficients ``a0, a1, b1, ...`` of a curve sampled at 0, 2, ..., 100 %."""
    spectrum = np.fft.rfft(curve[:-1]) / (len(curve) - 1)
    pairs = np.stack([2 * spectrum.real, -2 * spectrum.imag], axis=1)[1 : N_HARMONICS + 1]
    return np.concatenate([[spectrum[0].real], pairs.ravel()])


def without_ringing(coefficients: Array) -> Array:
    """Damp the high harmonics of a curve that jumps at foot contact (Lanczos sigma factors)."""
    sigma = np.sinc(np.arange(1, N_HARMONICS + 1) / (N_HARMONICS + 1))
    return coefficients * np.concatenate([[1.0], np.repeat(sigma, 2)])


def unloading_phase(vertical: Array) -> float:
    """Phase (%) at which the mean vertical force fades below ``UNLOADED_BW`` after mid stance."""
    phase = np.linspace(0, 100, len(vertical))
    first = int(np.argmax((vertical < UNLOADED_BW) & (phase > 40)))
    return float(np.interp(UNLOADED_BW, vertical[[first, first - 1]], phase[[first, first - 1]]))


def stance_sine(curve: Array, toe_off: float, faded: float) -> Array:
    """Sine coefficients of a force over stance, its fading tail drawn in to ``toe_off``."""
    own = STANCE_GRID * toe_off
    source = own + (faded - toe_off) * STANCE_GRID**6
    values = np.interp(source, np.linspace(0, 100, len(curve)), curve)
    orders = np.arange(1, N_SINES + 1)
    basis = np.sin(np.pi * STANCE_GRID[:, None] * orders)
    return np.linalg.lstsq(basis, values, rcond=None)[0]


def coefficients(found: dict[str, Array], toe_off: float) -> dict[str, Array]:
    """Coefficients of every channel present in one condition."""
    out = {name: fourier(found[name]) for name in FOURIER_CHANNELS if name in found}
    if "hip_flexion_moment" in out:
        out["hip_flexion_moment"] = without_ringing(out["hip_flexion_moment"])
    faded = unloading_phase(found["grf_vertical"])
    for name in GRF_CHANNELS:
        if name in found:
            out[name] = stance_sine(found[name], toe_off, faded)
    return out


def level_rows(source: Path) -> Iterator[tuple[str, str, str, Array]]:
    """Coefficients quadratic in dimensionless speed."""
    table = pd.read_csv(source / "level_walking_adult_recommended.csv")
    speeds = sorted(table["speed_dimensionless"].unique())
    each = [
        coefficients(curves(table[table["speed_dimensionless"] == v]), toe_off_law(v))
        for v in speeds
    ]
    powers = np.vander(np.array(speeds), 3, increasing=True)
    for name in each[0]:
        fit = np.linalg.lstsq(powers, np.stack([found[name] for found in each]), rcond=None)[0]
        for term, row in zip(("one", "v", "v2"), fit, strict=True):
            yield "level_walking", term, name, row


def ramp_rows(source: Path, level: dict[str, Array]) -> Iterator[tuple[str, str, str, Array]]:
    """Yield what a slope adds to level walking at the same speed: quadratic in grade, zero at 0 deg."""
    table = pd.read_csv(source / "incline_decline_walking.csv")
    grades = sorted(table["grade_deg"].unique())
    each = []
    for grade in grades:
        found = curves(table[table["grade_deg"] == grade])
        close_foot_chain(found)
        each.append(coefficients(found, toe_off_law(REFERENCE_V)))
    powers = np.stack([grades, np.square(grades)], axis=1)
    for name in each[0]:
        added = np.stack([found[name] - level[name] for found in each])
        fit = np.linalg.lstsq(powers, added, rcond=None)[0]
        for term, row in zip(("grade", "grade2"), fit, strict=True):
            yield "ramp", term, name, row


def stretched(curve: Array, toe_off: float, own_toe_off: float) -> Array:
    """Move the toe-off of a cycle of 51 samples, stance and swing stretched evenly."""
    phase = np.linspace(0, 100, len(curve))
    source = np.interp(phase, [0, toe_off, 100], [0, own_toe_off, 100])
    return np.interp(source, phase, curve)


def completed(found: dict[str, Array], level: dict[str, Array], toe_off: float) -> dict[str, Array]:
    """Add to a task's curves, from level walking, the channels that its table lacks."""
    own_toe_off = toe_off_law(USUAL_V)
    out = dict(found)
    for name in FOURIER_CHANNELS:
        if name in FRONTAL_MOMENTS:
            lever = level[name].mean() / level["grf_vertical"].mean()
            out.setdefault(name, lever * found["grf_vertical"])
        else:
            out.setdefault(name, stretched(level[name], toe_off, own_toe_off))
    out.setdefault("grf_lateral", stretched(level["grf_lateral"], toe_off, own_toe_off))
    return out


def stair_rows(source: Path, level: dict[str, Array]) -> Iterator[tuple[str, str, str, Array]]:
    """Stair templates, one condition each."""
    table = pd.read_csv(source / "stair_ascent_descent_reconstructed.csv")
    for task, toe_off in STAIR_TOE_OFF.items():
        found = completed(curves(table[table["task"] == task]), level, toe_off)
        for name, row in coefficients(found, toe_off).items():
            yield task, "one", name, row


def run_rows(source: Path, level: dict[str, Array]) -> Iterator[tuple[str, str, str, Array]]:
    """Yield running: the quadratic in dimensionless speed passes through the three measured."""
    table = pd.read_csv(source / "run_fukuchi2017_3speeds.csv")
    each, speeds = [], []
    for speed, toe_off in RUN_TOE_OFF.items():
        some = table[np.isclose(table["speed_m_s"], speed)]
        speeds.append(float(some["speed_dimensionless"].iloc[0]))
        each.append(coefficients(completed(curves(some), level, toe_off), toe_off))
    powers = np.linalg.inv(np.vander(np.array(speeds), 3, increasing=True))
    for name in each[0]:
        terms = powers @ np.stack([found[name] for found in each])
        for term, row in zip(("one", "v", "v2"), terms, strict=True):
            yield "run", term, name, row


def mirrored(curve: Array) -> Array:
    """Fourier coefficients of a movement followed by its mirror image (201 samples)."""
    fine = np.interp(np.linspace(0, 100, 101), np.linspace(0, 100, len(curve)), curve)
    return fourier(np.concatenate([fine, fine[-2::-1]]))


def rise_rows(source: Path, level: dict[str, Array]) -> Iterator[tuple[str, str, str, Array]]:
    """Sit to stand; what its table lacks is that of quiet standing."""
    table = pd.read_csv(source / "sit_to_stand_stand_to_sit_reconstructed.csv")
    found = curves(table[table["task"] == "sit_to_stand"])
    for name in FOURIER_CHANNELS:
        if name in FRONTAL_MOMENTS:
            lever = 0.5 * level[name].mean() / level["grf_vertical"].mean()
            found.setdefault(name, lever * found["grf_vertical"])
        else:
            midline = name.startswith(("pelvis", "trunk"))
            found.setdefault(name, np.full(51, 0.0 if midline else level[name].mean()))
    for name in FOURIER_CHANNELS:
        yield "sit_to_stand", "one", name, mirrored(found[name])
    for name in ("grf_vertical", "grf_anterior"):
        cosines = mirrored(found[name])[1::2][: N_SINES - 1]
        row = np.concatenate([[mirrored(found[name])[0]], cosines])
        yield "sit_to_stand", "one", name, np.pad(row, (0, N_SINES - len(row)))


def usual_level(source: Path) -> dict[str, Array]:
    """Level walking at its usual speed."""
    table = pd.read_csv(source / "level_walking_adult_recommended.csv")
    return curves(table[np.isclose(table["speed_dimensionless"], USUAL_V, atol=1e-3)])


def main(source: Path, out: Path) -> None:
    """Write the coefficient table."""
    level = list(level_rows(source))
    reference: dict[str, Array] = {}
    weights = {"one": 1.0, "v": REFERENCE_V, "v2": REFERENCE_V**2}
    for _, term, name, row in level:
        reference[name] = reference.get(name, np.zeros_like(row)) + weights[term] * row
    usual = usual_level(source)
    others = [make(source, usual) for make in (stair_rows, run_rows, rise_rows)]
    lines = ["task,term,channel,basis,coefficients"]
    for task, term, name, row in [*level, *ramp_rows(source, reference), *chain(*others)]:
        basis = "fourier" if name not in GRF_CHANNELS else "stance_sine"
        if task == "sit_to_stand":
            basis = "mirrored_fourier" if name not in GRF_CHANNELS else "cosine"
        digits = " ".join(f"{value:.4g}" for value in row)
        lines.append(f"{task},{term},{name},{basis},{digits}")
    out.write_text("\n".join(lines) + "\n")
    print(f"{out}: {len(lines) - 1} curves, {out.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
