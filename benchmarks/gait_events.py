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
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from measured_page import DOCS, machine

from locomotion_analysis.errors import LocomotionError
from locomotion_analysis.ingest import Event, Recording, find_events
from locomotion_analysis.ingest.convert import merge, reader_for, trial_groups
from locomotion_analysis.ingest.events import (
    _events_of_angles,
    _events_of_markers,
    angle_events,
    coordinate_events,
    velocity_events,
)
from locomotion_analysis.ingest.foot_forces import RELEASE_N, low_pass, plate_contacts
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


def recordings(folder: Path) -> Iterable[tuple[Recording, list[Event]]]:
    """Yield the trials below a folder that hold markers and forces, and the events of the file."""
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
            yield replace(trial, events=()), list(trial.events)


@dataclass(frozen=True)
class Truth:
    """An event of the force, and the force of one foot that it was seen in."""

    event: Event
    time_s: np.ndarray
    force_N: np.ndarray

    def crossing(self, force: np.ndarray, level_N: float) -> float:
        """Return where a force near the event crosses a level, between samples."""
        return _crossing(self.time_s, force, self.event.time_s, self.event.kind, level_N)


def force_events(trial: Recording) -> list[Truth]:
    """Find where the unfiltered force of a plate under one foot crosses 20 N."""
    near = []
    events = find_events(trial)
    for contact in plate_contacts(trial, events.events):
        if contact.foot in SIDES:
            plate = trial.plates[contact.plate]
            near += [
                Truth(Event(instant, contact.foot, kind), plate.time_s, plate.force_N[:, 2])
                for instant, kind in ((contact.start_s, HEEL_STRIKE), (contact.end_s, TOE_OFF))
            ]
    if not trial.plates:
        near += [
            Truth(event, *_signal(trial, event.side))
            for event, source in zip(events.events, events.sources, strict=True)
            if source == "force"
        ]
    found = []
    for truth in near:
        crossed = truth.crossing(truth.force_N, CONTACT_N)
        if np.isfinite(crossed):
            found.append(replace(truth, event=replace(truth.event, time_s=crossed)))
    return sorted(found, key=lambda truth: truth.event)


def _signal(trial: Recording, side: str) -> tuple[np.ndarray, np.ndarray]:
    for stream in trial.streams:
        for name, values in stream.signals.items():
            if name.startswith(f"grf_vertical_{side}") and name.endswith("_N"):
                return stream.time_s, values
    return np.empty(0), np.empty(0)


def _crossing(time: np.ndarray, force: np.ndarray, near: float, kind: str, level_N: float) -> float:
    """Last sample below the level before the load, or first after it, linear to its neighbour."""
    window = np.flatnonzero(np.abs(time - near) < 0.06)
    below = window[force[window] < level_N]
    if not len(below) or len(below) == len(window):
        return np.nan
    before = below.max() if kind == HEEL_STRIKE else below.min() - 1
    if before < 0 or before + 1 >= len(force):
        return np.nan
    return float(
        np.interp(level_N, *_rising(force[before : before + 2], time[before : before + 2]))
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


def without(place: str) -> Callable[[Recording], Recording]:
    """Return what leaves the markers of one place of the feet out."""

    def bare(trial: Recording) -> Recording:
        places = marker_places(tuple(trial.markers))
        kept = {n: p for n, p in trial.markers.items() if places.get(n, ("", ""))[0] != place}
        return replace(trial, markers=kept)

    return bare


def landed(events: list[Event], said: str) -> list[Event]:
    """Return the heel strikes of a recording in which they were moved to the landing."""
    return [e for e in events if e.kind == HEEL_STRIKE] if "at the landing" in said else []


def late_ms(found: Iterable[Event], event: Event) -> float:
    """Return how late the nearest event of the same foot and kind is, NaN where it missed."""
    own = [e.time_s for e in found if (e.side, e.kind) == (event.side, event.kind)]
    late = min((t - event.time_s for t in own), key=abs, default=np.nan)
    return 1e3 * late if abs(late) < NEAR_S else np.nan


def compare(
    trials: list[tuple[Recording, list[Truth]]], methods: dict[str, Method]
) -> pd.DataFrame:
    """Return one row a method, kind and force event: how late the method is, NaN where it missed."""
    rows = []
    for name, method in methods.items():
        for trial, truths in trials:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    found = list(method(trial))
            except (ValueError, IndexError, KeyError, ZeroDivisionError) as error:
                print(f"{name} on {trial.source}: {error!r}")
                found = []
            rows += [(name, t.event.kind, trial.source, late_ms(found, t.event)) for t in truths]
    return pd.DataFrame(rows, columns=["method", "kind", "recording", "late_ms"])


def compare_forces(
    trials: list[tuple[Recording, list[Truth]]], in_files: list[list[Event]]
) -> pd.DataFrame:
    """Return how late other rules of the force, and the events that files state, are."""
    rows = []
    for (trial, truths), given in zip(trials, in_files, strict=True):
        found = find_events(trial)
        ours = [e for e, s in zip(found.events, found.sources, strict=True) if s == "force"]
        for truth in truths:
            event = truth.event
            filtered = {
                hz: low_pass(truth.time_s, truth.force_N, hz, padtype="even") for hz in (15.0, 50.0)
            }
            values = {
                "ours": late_ms(ours, event),
                "unfiltered, 10 N": 1e3 * (truth.crossing(truth.force_N, RELEASE_N) - event.time_s),
                "50 Hz, 20 N": 1e3 * (truth.crossing(filtered[50.0], CONTACT_N) - event.time_s),
                "15 Hz, 10 N": 1e3 * (truth.crossing(filtered[15.0], RELEASE_N) - event.time_s),
                "events in the file": late_ms(given, event),
            }
            rows += [(name, event.kind, trial.source, late) for name, late in values.items()]
    return pd.DataFrame(rows, columns=["method", "kind", "recording", "late_ms"])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gaitkit", action="store_true")
    parser.add_argument("--write-docs", action="store_true")
    arguments = parser.parse_args()
    trials: list[tuple[Recording, list[Truth]]] = []
    in_files = []
    for trial, given in recordings(arguments.folder):
        truths = force_events(trial)
        print(f"{trial.source}: {len(truths)} events of the force")
        twice = [t.event for t in truths] in [[t.event for t in other] for _, other in trials]
        if truths and not twice:  # one trial lies there in two versions
            trials.append((trial, truths))
            in_files.append(given)
    no_heel, no_toe = without("heel"), without("toe")
    methods: dict[str, Method] = {
        f"ours, {name}": method
        for name, method in {
            "landing of the heel": lambda trial: landed(*_events_of_markers(trial)[1:]),
            "landing of the ankle": lambda trial: landed(*_events_of_markers(no_heel(trial))[1:]),
            "landing in joint angles": lambda trial: landed(*_events_of_angles(trial)),
            "furthest before and behind the pelvis": coordinate_events,
            "furthest, ankle for heel": lambda trial: coordinate_events(no_heel(trial)),
            "furthest, no toe": lambda trial: coordinate_events(no_toe(trial)),
            "vertical velocity of the foot": velocity_events,
            "joint angles": angle_events,
        }.items()
    }
    if arguments.gaitkit:
        methods |= {f"gaitkit {name}": by_gaitkit(name) for name in GAITKIT}
    found = compare(trials, methods)
    text = page(found, compare_forces(trials, in_files), len(trials))
    print(text)
    if arguments.write_docs:
        (DOCS / "gait-events.md").write_text(text, encoding="utf-8")


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

*Furthest before and behind the pelvis* decides which steps there are, on floors, belts and backward.
The foot is drawn back before it lands, so its heel strikes are early. They are moved to the *landing
of the heel*, the largest upward acceleration of the heel near them, where three in four of a
recording's landings, and half of its strikes, have one lag within 0.02 s; a strike without a landing of
its own is moved by the median lag. Otherwise they stay, and the history says so. The same holds for *vertical velocity of the
foot*, used where there is no marker of the pelvis, and for feet placed by *joint angles*. *Landing*
rows hold the recordings in which it is steady. *Ankle* and *no toe*: the same recordings without the
markers of the heels, or of the toes. Two trials have markers of the ankle and none of the heel: the
ankle stands in for it in all rows of ours but those of velocity and angles.
Where a trial has forces too, events of the markers are moved by their median lead over the force's.

## By laboratory

Mean over the events, ms. A laboratory in which heel strikes and toe-offs are late together, by another
time in each trial, has two clocks: in `opensim_s01` both are 5 to 35 ms late, in step.

{laboratories}

## Events of the force

Heel strikes and toe-offs of the force are where it crosses 20 N before any filter. What other rules, and
the events that files state, give against it, ms:

{forces}

A low-pass filter of 15 Hz, by which the contacts are told apart, would put heel strikes early. The
events in the files, on frames of the markers, follow the unfiltered force; they come first where a
file has them.

{machine}.
"""
_BY_LABORATORY = (
    ("ours, landing of the heel", HEEL_STRIKE),
    ("ours, furthest before and behind the pelvis", HEEL_STRIKE),
    ("ours, vertical velocity of the foot", HEEL_STRIKE),
    ("ours, furthest before and behind the pelvis", TOE_OFF),
)


def page(found: pd.DataFrame, forces: pd.DataFrame, n_trials: int) -> str:
    """Return the page of the figures."""
    tables = {kind: _table(of_kind, kind) for kind, of_kind in found.groupby("kind")}
    of_forces = (_table(of_kind, kind) for kind, of_kind in forces.groupby("kind"))
    return _PAGE.format(
        n=n_trials,
        machine=machine(),
        laboratories=_laboratories(found),
        forces="\n\n".join(of_forces),
        **tables,
    )


def _table(of_kind: pd.DataFrame, kind: str) -> str:
    late = of_kind.groupby("method", sort=False)["late_ms"]
    rows = [f"| {kind.replace('_', ' ')} | found | mean | SD | largest |", "|---|---|---|---|---|"]
    rows += [
        f"| {name} | {own.count()} of {len(own)} | {own.mean():+.0f} | {own.std():.0f} | "
        f"{own.abs().max():.0f} |"
        for name, own in late
        if own.count()
    ]
    return "\n".join(rows)


def _laboratories(found: pd.DataFrame) -> str:
    """Return the means of each folder of recordings."""
    folder = found["recording"].map(lambda source: Path(source.split(" + ")[0]).parent.name)
    means = found.groupby([folder, "method", "kind"])["late_ms"].mean()
    names = [
        f"{kind.replace('_', ' ')}, {method.removeprefix('ours, ')}"
        for method, kind in _BY_LABORATORY
    ]
    rows = [f"| folder | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for name in sorted(set(folder)):
        values = [means.get((name, *key), np.nan) for key in _BY_LABORATORY]
        if np.isfinite(values).any():
            said = (f"{value:+.0f}" if np.isfinite(value) else "none" for value in values)
            rows.append(f"| `{name}` | {' | '.join(said)} |")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
