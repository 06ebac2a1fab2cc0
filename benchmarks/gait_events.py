"""How far marker-only gait events are from those of the force plates, ours beside gaitkit's.

Usage: python benchmarks/gait_events.py FOLDER [--gaitkit] [--write-docs]

FOLDER holds recordings with markers and force plates (C3D; OpenSim markers and forces). The truth is
the vertical force itself: the instant at which the unfiltered force of a plate that only one foot
stands on crosses 20 N, between samples. Every method sees the markers alone. `--gaitkit` needs
`pip install gaitkit==1.5.0`; its own installer of further packages is switched off.
"""

import argparse
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from measured_page import DOCS, machine

from locomotion_analysis.errors import LocomotionError
from locomotion_analysis.ingest import Event, Recording, find_events
from locomotion_analysis.ingest.convert import merge, reader_for, trial_groups
from locomotion_analysis.ingest.events import angle_events, coordinate_events, velocity_events
from locomotion_analysis.ingest.foot_forces import plate_contacts
from locomotion_analysis.ingest.marker_names import marker_places
from locomotion_analysis.ingest.recording import HEEL_STRIKE, SIDES, TOE_OFF, ReadOptions

CONTACT_N = 20.0
NEAR_S = 0.2
"""A marker event further from the force's than this has missed it."""
_READS = (".c3d", ".trc", ".mot", ".sto")
_KINDS = (HEEL_STRIKE, TOE_OFF)
GAITKIT = (
    "bike", "bayesian_bis", "zeni", "oconnor", "hreljac", "mickelborough", "ghoussayni", "dgei",
    "vancanneyt",
)  # fmt: skip
"""Its methods that need NumPy and SciPy alone (two others are neural networks)."""
Method = Callable[[Recording], Iterable[Event]]


def recordings(folder: Path) -> Iterable[Recording]:
    """Yield the trials below a folder that hold markers and forces."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _READS)
    for group in trial_groups(files):
        parts = []
        for path in group:
            try:
                content = reader_for(path).read(path, ReadOptions(None, {}))
            except LocomotionError:
                continue
            parts += content if isinstance(content, list | tuple) else []
        parts.sort(key=lambda part: -len(part.markers) - len(part.plates))
        if not parts:
            continue
        try:
            trial = merge(parts)
        except LocomotionError:
            continue
        if trial.markers and (trial.plates or any("grf" in name for name in trial.channels)):
            yield replace(trial, events=())


def force_events(trial: Recording) -> list[Event]:
    """Find where the unfiltered force of a plate under one foot crosses 20 N."""
    found = []
    events = find_events(trial)
    for contact in plate_contacts(trial, events.events):
        if contact.foot not in SIDES:
            continue
        plate = trial.plates[contact.plate]
        time, force = plate.time_s, plate.force_N[:, 2]
        for instant, kind in ((contact.start_s, HEEL_STRIKE), (contact.end_s, TOE_OFF)):
            if np.isfinite(instant) and np.isfinite(
                crossed := _crossing(time, force, instant, kind)
            ):
                found.append(Event(crossed, contact.foot, kind))
    if not trial.plates:
        for event in (
            e for e, source in zip(events.events, events.sources, strict=True) if source == "force"
        ):
            time, force = _signal(trial, event.side)
            if np.isfinite(crossed := _crossing(time, force, event.time_s, event.kind)):
                found.append(Event(crossed, event.side, event.kind))
    return sorted(found)


def _signal(trial: Recording, side: str) -> tuple[np.ndarray, np.ndarray]:
    for stream in trial.streams:
        for name, values in stream.signals.items():
            if name.startswith(f"grf_vertical_{side}") and name.endswith("_N"):
                return stream.time_s, values
    return np.empty(0), np.empty(0)


def _crossing(time: np.ndarray, force: np.ndarray, near: float, kind: str) -> float:
    """Last sample below 20 N before the load, or first after it, linear to its neighbour."""
    window = np.flatnonzero(np.abs(time - near) < 0.06)
    below = window[force[window] < CONTACT_N]
    if not len(below) or len(below) == len(window):
        return np.nan
    before = below.max() if kind == HEEL_STRIKE else below.min() - 1
    if before < 0 or before + 1 >= len(force):
        return np.nan
    return float(
        np.interp(CONTACT_N, *_rising(force[before : before + 2], time[before : before + 2]))
    )


def _rising(force: np.ndarray, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(force)
    return force[order], time[order]


def by_gaitkit(method: str) -> Method:
    """Return a method of gaitkit, given the markers as it names them."""
    import gaitkit

    def events(trial: Recording) -> Iterable[Event]:
        places = marker_places(tuple(trial.markers))
        time = trial.marker_time_s
        rate = (len(time) - 1) / (time[-1] - time[0])
        points: defaultdict[str, list[np.ndarray]] = defaultdict(list)
        for label, (place, side) in places.items():
            points[f"{side}_{place}" if side else place].append(trial.markers[label])
        means = {name: np.nanmean(group, axis=0) for name, group in points.items()}
        hips = [
            name
            for name in means
            if name.rpartition("_")[2] in ("asis", "psis", "sacrum", "pelvis")
        ]
        if not hips:
            return []
        pelvis = np.nanmean([means[name] for name in hips], axis=0)
        # It takes the hips for the pelvis, and tells up from down by knees above ankles.
        for side in SIDES:
            means[f"{side}_hip"] = means.get(f"{side}_asis", pelvis)
            means.setdefault(f"{side}_ankle", means.get(f"{side}_heel", pelvis))
            means[f"{side}_knee"] = (means[f"{side}_hip"] + means[f"{side}_ankle"]) / 2
            means.setdefault(f"{side}_foot_index", means.get(f"{side}_toe", means[f"{side}_ankle"]))
        means["sacrum"] = pelvis
        filled = {name: _filled(path) * 1000.0 for name, path in means.items()}
        frames = [
            {
                "frame_index": i,
                "landmark_positions": {name: path[i] for name, path in filled.items()},
            }
            for i in range(len(time))
        ]
        found = gaitkit.detect(frames, method=method, fps=rate, auto_install_deps=False)
        named = {
            (side, kind): getattr(found, f"{side}_{short}")
            for side in SIDES
            for kind, short in ((HEEL_STRIKE, "hs"), (TOE_OFF, "to"))
        }
        return [
            Event(float(time[0] + entry["frame"] / rate), side, kind)
            for (side, kind), entries in named.items()
            for entry in entries
        ]

    return events


def _filled(path: np.ndarray) -> np.ndarray:
    frame = pd.DataFrame(path).interpolate(limit_direction="both")
    return frame.fillna(0.0).to_numpy()


def compare(
    trials: list[tuple[Recording, list[Event]]], methods: dict[str, Method]
) -> pd.DataFrame:
    """Return one row a method, kind and force event: how late the method is, NaN where it missed."""
    rows = []
    for name, method in methods.items():
        for trial, truth in trials:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    found = list(method(trial))
            except (ValueError, IndexError, KeyError, ZeroDivisionError) as error:
                print(f"{name} on {trial.source}: {error!r}")
                found = []
            for event in truth:
                own = [e.time_s for e in found if (e.side, e.kind) == (event.side, event.kind)]
                late = min((t - event.time_s for t in own), key=abs, default=np.nan)
                missed = not abs(late) < NEAR_S
                rows.append((name, event.kind, trial.source, np.nan if missed else 1e3 * late))
    return pd.DataFrame(rows, columns=["method", "kind", "recording", "late_ms"])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gaitkit", action="store_true")
    parser.add_argument("--write-docs", action="store_true")
    arguments = parser.parse_args()
    trials = []
    for trial in recordings(arguments.folder):
        truth = force_events(trial)
        print(f"{trial.source}: {len(truth)} events of the force")
        if truth:
            trials.append((trial, truth))
    methods: dict[str, Method] = {
        "ours, furthest before and behind the pelvis": coordinate_events,
        "ours, vertical velocity of the foot": velocity_events,
        "ours, joint angles": angle_events,
    }
    if arguments.gaitkit:
        methods |= {f"gaitkit {name}": by_gaitkit(name) for name in GAITKIT}
    found = compare(trials, methods)
    print(page(found, len(trials)))
    if arguments.write_docs:
        (DOCS / "gait-events.md").write_text(page(found, len(trials)), encoding="utf-8")


_PAGE = """# Gait events from markers, against the force

Made by `python benchmarks/gait_events.py FOLDER --gaitkit --write-docs`: do not edit.

How late each method is that sees the markers alone, in milliseconds, against the instant at which
the unfiltered force of a plate under one foot crosses 20 N: {n} trials of level walking in C3D and
OpenSim files (Plug-in Gait and other marker sets). *Found*: events
within 0.2 s of the force's. Few trials of few laboratories: a method's mean moves by 20 ms and more
from one laboratory to another.

{heel_strike}

{toe_off}

[gaitkit](https://pypi.org/project/gaitkit/) 1.5 (MIT) is given the same markers: heel, toe, ankle,
pelvis, and knees put halfway between hip and ankle, as most sets here have none of their own; those of
its methods that need NumPy and SciPy alone. None is better than ours in heel strikes and toe-offs
together, so it is no dependency.

Ours need a heel and a toe: two of the trials have markers of the ankle alone. *Furthest before and
behind the pelvis* is what decides which steps there are, on floors, belts and backward; its heel
strikes are early. *Vertical velocity of the foot* is nearer to the force in heel strikes here; it is
used where there is no marker of the pelvis.
Where a trial has forces too, events of the markers are moved by their median lead over the force's.

{machine}.
"""


def page(found: pd.DataFrame, n_trials: int) -> str:
    """Return the page of the figures."""
    tables = {}
    for kind, of_kind in found.groupby("kind"):
        late = of_kind.groupby("method", sort=False)["late_ms"]
        rows = [
            f"| {kind.replace('_', ' ')} | found | mean | SD | largest |",
            "|---|---|---|---|---|",
        ]
        rows += [
            f"| {name} | {own.count()} of {len(own)} | {own.mean():+.0f} | {own.std():.0f} | "
            f"{own.abs().max():.0f} |"
            for name, own in late
        ]
        tables[kind] = "\n".join(rows)
    return _PAGE.format(n=n_trials, machine=machine(), **tables)


if __name__ == "__main__":
    main()
