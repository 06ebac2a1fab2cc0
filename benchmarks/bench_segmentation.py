"""Cutting a walk of two minutes into cycles, beside a plain loop over strides and channels."""

import numpy as np
from scipy.interpolate import PchipInterpolator, interp1d
from timing import median_seconds, report

from locomotion_analysis.ingest import Event, Recording, Stream, cycles_of, phase_curves
from locomotion_analysis.standard import PHASE_PERCENT

SECONDS, RATE_HZ, STRIDE_S, STANCE = 120.0, 100.0, 1.1, 0.62
JOINTS = (
    "hip_flexion",
    "knee_flexion",
    "ankle_dorsiflexion",
    "hip_adduction",
    "subtalar_inversion",
)
SIGNALS = [
    f"{joint}_{what}_{side}_{unit}"
    for joint in JOINTS
    for what, unit in (("angle", "rad"), ("velocity", "rad_s"), ("moment", "Nm_kg"))
    for side in ("left", "right")
]


def _recording() -> Recording:
    time = np.arange(0.0, SECONDS, 1.0 / RATE_HZ)
    random = np.random.default_rng(0)
    signals = {name: random.normal(size=len(time)).cumsum() for name in SIGNALS}
    first = {"right": 0.2, "left": 0.2 + STRIDE_S / 2}
    events = [
        Event(float(strike + later), side, kind)
        for side in first
        for strike in np.arange(first[side], SECONDS - 1.0, STRIDE_S)
        for later, kind in ((0.0, "heel_strike"), (STANCE * STRIDE_S, "toe_off"))
    ]
    return Recording(
        source="bench",
        subject="S1",
        trial="1",
        streams=(Stream(time, signals),),
        events=tuple(sorted(events)),
    )


def _loop(time, signals, starts, ends, interpolator):
    curves = np.empty((len(signals), len(starts), len(PHASE_PERCENT)))
    for stride, (start, end) in enumerate(zip(starts, ends, strict=True)):
        inside = (time >= start - 0.02) & (time <= end + 0.02)
        instants = start + (end - start) * PHASE_PERCENT / 100.0
        for channel, signal in enumerate(signals):
            curves[channel, stride] = interpolator(time[inside], signal[inside])(instants)
    return curves


def main() -> None:
    recording = _recording()
    stream = recording.streams[0]
    signals = np.stack(list(stream.signals.values()))
    strikes = np.sort([e.time_s for e in recording.events if e.kind == "heel_strike"])
    starts, ends = strikes[:-2], strikes[2:]
    same = np.abs(
        phase_curves(stream.time_s, signals, starts, ends)
        - _loop(stream.time_s, signals, starts, ends, PchipInterpolator)
    ).max()
    seconds = {
        "phase_curves, all at once": median_seconds(
            lambda: phase_curves(stream.time_s, signals, starts, ends)
        ),
        "cycles_of: events, strides, metadata, curves": median_seconds(
            lambda: cycles_of(recording)
        ),
        "scipy PchipInterpolator, stride by stride": median_seconds(
            lambda: _loop(stream.time_s, signals, starts, ends, PchipInterpolator), repeats=3
        ),
        "scipy interp1d (linear), stride by stride": median_seconds(
            lambda: _loop(stream.time_s, signals, starts, ends, interp1d), repeats=3
        ),
    }
    report(
        f"{SECONDS:.0f} s at {RATE_HZ:.0f} Hz, {len(SIGNALS)} channels, {len(starts)} strides",
        seconds,
        "phase_curves, all at once",
    )
    print(f"  largest difference from the PCHIP loop: {same:.1e}")


if __name__ == "__main__":
    main()
