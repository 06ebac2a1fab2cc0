"""Strides: from one recording over time to its gait cycles.

Gait events give the strides of both feet, each used or rejected with a reason. Forces become body
weights and moments newton metres a kilogram; curves are brought to the phase grid, and beside
them stands what is known of a stride: duration, stance, double support, steps, speed.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import SchemaError, UnitError
from locomotion_analysis.ingest.balance import balance_of
from locomotion_analysis.ingest.bodies import refuse_other_unit
from locomotion_analysis.ingest.direction import (
    along_progression,
    course_of,
    horizontal_at,
    rightwards,
)
from locomotion_analysis.ingest.events import GaitEvents, find_events, mask_unmeasured
from locomotion_analysis.ingest.magnitudes import (
    refuse_one_still_leg,
    refuse_small_forces,
    refuse_wrong_units,
    weight_doubts,
)
from locomotion_analysis.ingest.marker_names import foot_marker
from locomotion_analysis.ingest.phase import MAX_GAP_S, bridged_gaps, phase_curves
from locomotion_analysis.ingest.recording import (
    HEEL_STRIKE,
    SIDES,
    TOE_OFF,
    Event,
    Recording,
    Stream,
)
from locomotion_analysis.standard import METADATA, N_PHASES, STANDARD_GRAVITY_M_S2, is_channel

DEFAULT_TASK, RUN = "level_walking", "run"


def cycles_of(recording: Recording, dataset: str = "unnamed") -> LocomotionData:
    """Cut a recording into gait cycles of both feet, on the phase grid of 150 points.

    Cycles of the left foot have the left leg as ``ipsi`` and the right as ``contra``. Forces
    are in BW and moments in Nm/kg; they are NaN in stances in which the foot was not alone on
    a plate. Obliquity, rotation and lean of pelvis and trunk, which recordings give as seen from
    the right leg, change their sign in cycles of the left.

    Parameters
    ----------
    recording : Recording
    dataset : str
        Name of the dataset the cycles belong to.

    Returns
    -------
    LocomotionData
        One cycle a stride, both feet in time order (`step` counts them), with
        duration, stance, double support, cadence, steps, speed and balance where they are known. The
        history says what was found, filled, masked, converted, assumed and rejected.

    Raises
    ------
    SchemaError
        If the recording has no curves (only markers), or no complete stride.
    UnitError
        If forces or moments would have to be divided by a mass that is not known, or numbers
        cannot have the unit they are said to have (a knee that bends by one degree).

    Examples
    --------
    >>> from locomotion_analysis.ingest import Event, Recording, Stream
    >>> time = np.arange(0.0, 4.0, 0.01)
    >>> knee = 0.5 - 0.5 * np.cos(2 * np.pi * time)
    >>> events = [Event(t + 0.5 * (s == "right") + 0.6 * (k == "toe_off"), s, k)
    ...           for t in range(3) for s in ("left", "right") for k in ("heel_strike", "toe_off")]
    >>> recording = Recording(source="example", subject="S1", task="level_walking", trial="1",
    ...     streams=(Stream(time, {"knee_flexion_angle_left_rad": knee}),), events=sorted(events))
    >>> data = cycles_of(recording)
    >>> len(data), data.channels
    (4, ('knee_flexion_angle_ipsi_rad', 'knee_flexion_angle_contra_rad'))
    """
    refuse_bare_markers(recording)
    refuse_other_unit(recording)
    events = find_events(recording)
    if not any(len(spans) for spans in events.forces.contacts.values()):
        refuse_small_forces(events.forces.recording)
    strides = strides_between(events)
    used = strides[strides["reason"] == ""].reset_index(drop=True)
    if used.empty:
        raise no_stride(recording, strides, events.forces.n_unknown)
    refuse_one_still_leg(recording)
    measured = along_progression(normalise_to_body(mask_unmeasured(events)))
    refuse_no_curves(measured)
    channels, block = stride_curves(measured, used)
    refuse_wrong_units(channels, block, measured.source)
    balance, of_balance = balance_of(measured, used)
    of_strides = stride_metadata(measured, used).assign(**balance)
    tasks, of_tasks = _tasks(measured.task, runs(used, events), _bent_knee(channels, block))
    named, of_direction = _ways(measured, used, tasks)
    key: dict[str, Any] = {
        "dataset": dataset,
        "subject": measured.subject,
        "task": named,
        "task_id": measured.trial or measured.task or DEFAULT_TASK,
        "step": np.arange(len(used)),
    }
    known: dict[str, Any] = {
        name: value
        for name, value in measured.metadata.items()
        if name not in (*of_strides, *key) and (name in METADATA or np.isscalar(value))
    }
    cycles = of_strides.assign(**key, **known)
    history = (
        *measured.history,
        *events.history,
        *of_tasks,
        *weight_doubts(channels, block, named.tolist(), body_mass(measured.metadata)),
        *gap_entries(events.forces.recording),
        *absence_entries(measured),
        *rejection_entries(strides),
        *of_direction,
        *of_balance,
    )
    cut = HistoryEntry("segmented", "strides to the 150-point phase grid", len(used))
    return LocomotionData(cycles, block, channels, (*history, cut))


_LEAST_FLIGHT_S = 0.015
"""A shorter one is within what an event can be off: samples of an insole are 0.01 s apart."""


def runs(strides: pd.DataFrame, events: GaitEvents) -> NDArray[np.bool_]:
    """Say which strides are run: the foot is down for less than half of them, then both fly.

    Parameters
    ----------
    strides : DataFrame
        From :func:`find_strides`.
    events : GaitEvents
        They are from. Where a foot is furthest before and behind the pelvis tells no flight.

    Returns
    -------
    ndarray of bool, shape (n,)
        A duty factor below 0.5 (Alexander 1989, Physiol Rev 69:1199), and the other foot, where it
        is known, lands after this one has left.
    """
    seen = events.seen
    toe_off, contra = (
        strides[name].to_numpy(np.float64) for name in ("toe_off_s", "contra_strike_s")
    )
    start, duration = (strides[name].to_numpy(np.float64) for name in ("start_s", "duration_s"))
    contact_seen = [
        {Event(strike, side, HEEL_STRIKE), Event(off, side, TOE_OFF)} <= seen
        for strike, off, side in zip(start, toe_off, strides["side"], strict=True)
    ]
    flying: NDArray[np.bool_] = np.array(contact_seen, dtype=bool)
    off = toe_off + _LEAST_FLIGHT_S
    flying &= (off - start < 0.5 * duration) & ~(contra <= off)
    return flying


_RUNNING_KNEE_RAD = np.radians(80.0)
"""Flexion that a knee reaches in the swing of running (90 to 110 degrees), not of level walking."""


def _bent_knee(channels: list[str], block: NDArray[np.float32]) -> float:
    """Return the largest flexion of the knee, median over the strides, rad; NaN where not known."""
    name = "knee_flexion_angle_ipsi_rad"
    knee = block[channels.index(name)] if name in channels else np.empty((0, 1))
    known = knee[np.isfinite(knee).any(axis=1)]
    return float(np.median(np.nanmax(known, axis=1))) if len(known) else np.nan


def _tasks(
    stated: str, flying: NDArray[np.bool_], knee_rad: float
) -> tuple[NDArray[np.str_] | str, list[HistoryEntry]]:
    """Return the task of each stride: the one stated, else running or level walking."""
    n_flying, n_down = int(flying.sum()), int((~flying).sum())
    if not stated:
        counts = {RUN: n_flying, DEFAULT_TASK: n_down}
        why = {RUN: "feet in flight, no file says another", DEFAULT_TASK: "no file says another"}
        entries = [
            HistoryEntry("assumed", f"task = {task} ({why[task]})", n)
            for task, n in counts.items()
            if n
        ]
        if n_down and knee_rad > _RUNNING_KNEE_RAD:
            text = f"task = {DEFAULT_TASK}: the knees bend by {np.degrees(knee_rad):.0f} degrees"
            entries.append(HistoryEntry("doubtful", f"{text}, as in running or on stairs", n_down))
        return np.where(flying, RUN, DEFAULT_TASK), entries
    against = n_down if stated == RUN else n_flying
    how = "without a flight" if stated == RUN else "with both feet in flight, as in running"
    text = f"strides {how}, though the task is said to be {stated}"
    return stated, [HistoryEntry("contradicted", text, against)] if against else []


_TURN_RAD = np.radians(30.0)
"""Change of heading within a stride from which it is part of a turn. Turns of head and trunk count
from 30 degrees in Rehman et al. 2020, Sensors 20:5377, those of the whole walk from 45 in El-Gohary
et al. 2014, Sensors 14:356, over two or more strides."""
_STRAIGHT = ("level_walking", "incline_walking", "decline_walking")


def _ways(
    recording: Recording, strides: pd.DataFrame, tasks: NDArray[np.str_] | str
) -> tuple[NDArray[np.object_], list[HistoryEntry]]:
    """Return the task of each stride: as it was, but of walks the turns and the steps backward."""
    named: NDArray[np.object_] = np.full(len(strides), tasks, dtype=object)
    course = course_of(recording)
    if course is None:
        return named, []
    start, end = (strides[name].to_numpy(dtype=np.float64) for name in ("start_s", "end_s"))
    _, way = course.front(start, end)
    change = course.heading_rad(end) - course.heading_rad(start)
    turns = np.abs(np.angle(np.exp(1j * np.nan_to_num(change)))) > _TURN_RAD
    backward = (way < 0.0) & ~turns
    entries = [
        HistoryEntry("found", text, int(found.sum()))
        for text, found in (
            ("strides of a turn: the heading changes by more than 30 degrees", turns),
            ("strides walked backward", backward),
            ("strides sideways", (way == 0.0) & ~turns),
        )
        if found.any()
    ]
    if course.laboratory and course.measured and (belt := course.belt_m_s()) > 0.0:
        text = f"speed and lengths over a belt at {belt:.2f} m/s, the speed of the standing foot"
        entries.append(HistoryEntry("found", text))
    if course.laboratory and not course.measured:
        text = "speed and lengths: the model walks on a belt, whose speed its angles do not tell"
        entries.append(HistoryEntry("missing", text))
    walks = np.isin(named.astype(str), _STRAIGHT)
    named[walks & turns], named[walks & backward] = "turning", "backward_walking"
    return named, entries


def stride_curves(
    recording: Recording, strides: pd.DataFrame
) -> tuple[list[str], NDArray[np.float32]]:
    """Return names and curves of all strides, with sides turned into ipsi and contra.

    Parameters
    ----------
    recording : Recording
    strides : DataFrame
        Rows of :func:`find_strides`: ``side, start_s, end_s``.

    Returns
    -------
    (list of str, ndarray of float32, shape (n_channels, n_strides, 150))
    """
    start, end = strides["start_s"].to_numpy(), strides["end_s"].to_numpy()
    sides = {side: (strides["side"] == side).to_numpy() for side in SIDES}
    channels: dict[str, NDArray[np.float32]] = {}
    for stream in recording.streams:
        names = [name for name in stream.signals if is_channel(channel_of(name, "left"))]
        if not names:
            continue
        signals = np.stack([stream.signals[name] for name in names])
        curves = phase_curves(stream.time_s, signals, start, end)
        for name, of_signal in zip(names, curves, strict=True):
            # Pelvis and trunk are given as the right leg sees them: but for their tilt, the left
            # leg sees them the other way round.
            one_sided = "_left_" in name or "_right_" in name
            sagittal = any(w in name for w in ("tilt", "flexion", "extension", "sagittal"))
            from_left = 1.0 if sagittal or one_sided else -1.0
            own_first = sorted(sides, key=lambda side: f"_{side}_" not in name)
            for side in own_first:
                rows = sides[side]
                channel = channels.setdefault(
                    channel_of(name, side),
                    np.full((len(strides), N_PHASES), np.nan, dtype=np.float32),
                )
                channel[rows] = of_signal[rows] * (from_left if side == "left" else 1.0)
    return list(channels), np.stack(list(channels.values()))


# Forces to body weights and moments to newton metres a kilogram, or a refusal.

_PER_MASS = {"_N": "_BW", "_Nm": "_Nm_kg", "_W": "_W_kg"}
_MASS_RANGE_KG = (2.0, 400.0)


def normalise_to_body(recording: Recording) -> Recording:
    """Divide forces by body weight, moments and powers by body mass.

    ``BW = N / (m * 9.80665)``, ``Nm_kg = Nm / m``, ``W_kg = W / m``.

    Parameters
    ----------
    recording : Recording
        Its ``metadata["mass_kg"]`` is the body mass, kg.

    Returns
    -------
    Recording
        With the signals in N, Nm and W renamed and divided, and a history that says so.

    Raises
    ------
    UnitError
        If there is such a signal and the mass is not known, or no human has it.
    """
    given = [name for name in recording.channels if _absolute(name)]
    if not given:
        return recording
    mass, given_mass = body_mass(recording.metadata), recording.metadata.get("mass_kg")
    if mass is None:
        raise UnitError(
            expected=f"a body mass, to bring {', '.join(given[:3])}"
            + (" ... " if len(given) > 3 else " ")
            + "to BW and Nm/kg",
            got="a subject whose mass is not known"
            + (f" (mass_kg says {given_mass!r})" if isinstance(given_mass, str) else ""),
            where=f"{recording.source}, subject {recording.subject or 'unknown'}",
            fix="give a table with subject and mass_kg (--subjects subjects.csv)",
        )
    divisors = {"_N": mass * STANDARD_GRAVITY_M_S2, "_Nm": mass, "_W": mass}
    streams = []
    for stream in recording.streams:
        signals: dict[str, NDArray[np.float64]] = {}
        for name, values in stream.signals.items():
            unit = _absolute(name)
            if unit is None:
                signals[name] = values
            else:
                signals[name.removesuffix(unit) + _PER_MASS[unit]] = values / divisors[unit]
        streams.append(Stream(stream.time_s, signals))
    detail = f"N to BW, Nm to Nm_kg and W to W_kg with {mass:g} kg and {STANDARD_GRAVITY_M_S2} m/s2"
    entry = HistoryEntry("converted", detail, len(given))
    return replace(recording, streams=tuple(streams)).then(entry)


def body_mass(metadata: Mapping[str, object]) -> float | None:
    """Return the body mass of a subject's metadata, kg, or None where it is not known.

    Raises
    ------
    UnitError
        If it is not the mass of a person.
    """
    given = metadata.get("mass_kg")
    if given is None or not isinstance(given, (int, float, np.number)) or np.isnan(given):
        return None
    if not _MASS_RANGE_KG[0] < float(given) < _MASS_RANGE_KG[1]:
        raise UnitError(
            expected=f"a body mass between {_MASS_RANGE_KG[0]:g} and {_MASS_RANGE_KG[1]:g} kg",
            got=f"{float(given):g}",
            where="mass_kg",
            fix="give it in kilograms",
        )
    return float(given)


def _absolute(name: str) -> str | None:
    """Return the ending of a signal in N, Nm or W; None for any other."""
    return next((unit for unit in _PER_MASS if name.endswith(unit)), None)


# What segmentation says of a recording: refusals, gaps, strides that were rejected.

_OTHER = {"left": "right", "right": "left"}


def channel_of(name: str, ipsi: str) -> str:
    """Return the channel a signal becomes in cycles of the foot `ipsi`."""
    return name.replace(f"_{ipsi}_", "_ipsi_").replace(f"_{_OTHER[ipsi]}_", "_contra_")


def absence_entries(recording: Recording) -> list[HistoryEntry]:
    """Name what a user may look for in vain: unnamed signals, angles of bare markers."""
    entries = []
    unnamed = [name for name in recording.channels if not is_channel(channel_of(name, "left"))]
    if unnamed:
        text = f"signals without a standard name: {', '.join(unnamed)}"
        entries.append(HistoryEntry("dropped", text, len(unnamed)))
    if recording.markers and not any("_angle_" in name for name in recording.channels):
        text = (
            "joint angles: none has a standard name, and the markers are neither those of the "
            "conventional gait model (`locomotion markers FILE` says which are missing) nor key points"
        )
        entries.append(HistoryEntry("missing", text))
    return entries


def rejection_entries(strides: pd.DataFrame) -> list[HistoryEntry]:
    """Count the strides that are not used, by reason."""
    reasons = Counter(strides.loc[strides["reason"] != "", "reason"])
    return [HistoryEntry("rejected", f"strides: {why}", n) for why, n in sorted(reasons.items())]


def gap_entries(recording: Recording) -> list[HistoryEntry]:
    """Count the gaps that were bridged and those left open, over all signals."""
    bridged, left = Counter[str](), Counter[str]()
    for stream in recording.streams:
        for name, signal in stream.signals.items():
            short, long = bridged_gaps(stream.time_s, signal)
            bridged[name] += short
            left[name] += long
    entries = []
    for counts, text in (
        (+bridged, f"gaps of up to {MAX_GAP_S} s bridged in"),
        (+left, f"gaps longer than {MAX_GAP_S} s left NaN in"),
    ):
        if counts:
            entries.append(HistoryEntry("filled", f"{text} {', '.join(counts)}", counts.total()))
    return entries


def refuse_bare_markers(recording: Recording) -> None:
    """Raise where there are markers and nothing that curves could be made of."""
    if recording.markers and not recording.channels and not recording.plates:
        raise SchemaError(
            expected="joint angles, moments or forces over time",
            got=f"{len(recording.markers)} markers and nothing else"
            + "".join(
                f"; {entry.detail}" for entry in recording.history if entry.action == "missing"
            ),
            where=recording.source,
            fix="`locomotion markers FILE` says what the conventional gait model lacks; with "
            "an OpenSim model of the person --model FILE.osim computes the joints; or convert the "
            ".mot, .b3d or C3D of other inverse kinematics together with the markers",
        )


def refuse_no_curves(recording: Recording) -> None:
    """Raise where no signal has a standard name."""
    if not any(is_channel(channel_of(name, "left")) for name in recording.channels):
        raise SchemaError(
            expected="at least one curve with a standard name",
            got=f"none among {', '.join(recording.channels[:6]) or 'no signals at all'}",
            where=recording.source,
            fix="name the columns in a map (--map map.yaml)",
        )


def no_stride(recording: Recording, strides: pd.DataFrame, n_unknown: int = 0) -> SchemaError:
    """Return the error of a recording without a usable stride, with the reasons."""
    reasons = Counter(strides["reason"])
    text = "; ".join(f"{n} rejected: {why}" for why, n in reasons.items())
    text = text or "fewer than two heel strikes of either foot"
    if n_unknown:
        text += f"; {n_unknown} contacts on force plates of which nothing tells the foot"
    return SchemaError(
        expected="at least one complete stride (two heel strikes of one foot, toe-off between)",
        got=text,
        where=recording.source,
        fix="leave standing trials out; else give events, vertical forces, or markers of heel, "
        "toe and pelvis in the file",
    )


# What is known of a stride beside its curves: duration, stance, steps, speed.


def stride_metadata(recording: Recording, strides: pd.DataFrame) -> pd.DataFrame:
    """Return the temporal and spatial measures of strides.

    Parameters
    ----------
    recording : Recording
    strides : DataFrame
        From :func:`~locomotion_analysis.ingest.find_strides`, the ones used.

    Returns
    -------
    DataFrame
        One row a stride: ``side, cycle_duration_s, stance_percent, cadence_steps_min,
        double_support_percent`` and, from heel and pelvis markers, ``step_length_m`` (forward, from
        the contralateral heel at its strike to the ipsilateral heel at its next one),
        ``step_width_m`` (sideways between the heels, each at its own strike),
        ``stride_length_m`` and ``speed_m_s``. NaN where unknown.
    """
    side = strides["side"].to_numpy(dtype=object)
    start, duration, toe_off, contra_strike, contra_toe_off = (
        strides[name].to_numpy(dtype=np.float64)
        for name in ("start_s", "duration_s", "toe_off_s", "contra_strike_s", "contra_toe_off_s")
    )
    # In running the other foot leaves before this one lands, so its next toe-off comes late.
    flies = contra_strike > toe_off
    both_down = np.where(flies, 0.0, (contra_toe_off - start) + (toe_off - contra_strike))
    both_down[(contra_toe_off > contra_strike) & ~flies] = np.nan
    table = pd.DataFrame(
        {
            "side": side,
            "cycle_duration_s": duration,
            "stance_percent": 100.0 * (toe_off - start) / duration,
            "cadence_steps_min": 120.0 / duration,
            "double_support_percent": 100.0 * both_down / duration,
        }
    )
    return table.assign(**_spatial(recording, strides))


def _spatial(recording: Recording, strides: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Return what the way over the ground tells of the strides, else the file's speed.

    Lengths are along the line of progression and width is across it, all over the ground under
    the feet: a treadmill's belt is walked along like a floor.
    """
    time, side = recording.marker_time_s, strides["side"].to_numpy(dtype=object)
    start, end, duration, contra_strike = (
        strides[name].to_numpy(dtype=np.float64)
        for name in ("start_s", "end_s", "duration_s", "contra_strike_s")
    )
    measures: dict[str, NDArray[np.float64]] = {}
    if (given := recording.metadata.get("speed_m_s")) is not None:
        measures["speed_m_s"] = np.full(len(strides), float(given))
    course = course_of(recording)
    if course is None:
        return measures
    going = course.progress(start, end)
    speed = np.linalg.norm(going, axis=1)
    walks = (speed >= course.slowest_m_s) & course.measured
    if walks.any():
        measures["speed_m_s"] = np.where(
            walks, speed, measures.get("speed_m_s", np.full(len(strides), np.nan))
        )
    if "speed_m_s" in measures:
        measures["stride_length_m"] = measures["speed_m_s"] * duration
    left, right = (foot_marker(recording.markers, "heel", name) for name in SIDES)
    if left is None or right is None or not course.laboratory:
        return measures
    front, way = course.front(start, end)
    along = front * np.where(way < 0.0, -1.0, 1.0)[:, np.newaxis]

    def heel_of(
        feet: NDArray[np.object_] | NDArray[np.str_], instants: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return where each stride's heel was on the ground at its own instant, shape (n, 2)."""
        on_left, on_right = (horizontal_at(time, heel, instants) for heel in (left, right))
        place = np.where((feet == "left")[:, np.newaxis], on_left, on_right)
        ground: NDArray[np.float64] = place - course.ground(instants)
        return ground

    other = np.where(side == "right", "left", "right")
    # As long after all three strikes as the recording goes on after the last, at most until at rest.
    rest = np.clip(time[-1] - end, 0.0, _HEEL_AT_REST_S)
    own, opposite, again = (
        heel_of(foot, strike + rest)
        for foot, strike in ((side, start), (other, contra_strike), (side, end))
    )
    outwards = rightwards(front) * np.where(side == "right", 1.0, -1.0)[:, np.newaxis]
    # Each heel where it landed: at the next strike of the other foot it has risen and gone forward.
    measures["step_length_m"] = np.sum((again - opposite) * along, axis=1)
    measures["step_width_m"] = np.sum((own - opposite) * outwards, axis=1)
    length = np.sum((again - own) * along, axis=1)
    measures["stride_length_m"] = np.where(walks, length, measures.get("stride_length_m", np.nan))
    return measures


_HEEL_AT_REST_S = 0.05
"""After the strike: the heel still goes forward when it touches the ground."""

# Strides of both feet from gait events, with the reason why one is not used.

MIN_STRIDE_S, MAX_STRIDE_S = 0.4, 3.0
"""Durations a stride of walking or running may have, s."""


def find_strides(recording: Recording) -> pd.DataFrame:
    """Cut a recording into the strides of both feet.

    Needs no body mass and no joint angles: what an insole record has is enough.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    DataFrame
        One row a pair of successive heel strikes of a foot, by start: ``side, start_s, end_s,
        duration_s, toe_off_s, contra_strike_s, contra_toe_off_s`` (NaN where not found) and
        ``reason`` why the stride is not used (empty: it is used).

    Examples
    --------
    >>> from locomotion_analysis.ingest import Recording, Stream
    >>> time_s = np.arange(660) / 100
    >>> stance = np.mod(time_s / 1.1, 1) / 0.6  # a stride of 1.1 s
    >>> force = np.where(stance < 1, 700 * np.sin(np.pi * np.minimum(stance, 1)), 0)
    >>> signals = {"grf_vertical_left_N": force, "grf_vertical_right_N": np.roll(force, 55)}
    >>> found = find_strides(Recording(source="insole", streams=(Stream(time_s, signals),)))
    >>> sorted(set(found["side"]))
    ['left', 'right']
    """
    return strides_between(find_events(recording))


def strides_between(events: GaitEvents) -> pd.DataFrame:
    """As :func:`find_strides`, from events found before."""
    parts = []
    for side in SIDES:
        strikes = events.times(side, HEEL_STRIKE)
        start, end = strikes[:-1], strikes[1:]
        toe_off, n_toe_off = _first_inside(events.times(side, TOE_OFF), start, end)
        other_strikes = events.times(_OTHER[side], HEEL_STRIKE)
        contra, n_contra = _first_inside(other_strikes, start, end)
        contra_off, _ = _first_inside(events.times(_OTHER[side], TOE_OFF), start, end)
        duration = end - start
        reason = np.select(
            [
                duration < MIN_STRIDE_S,
                duration > MAX_STRIDE_S,
                n_toe_off == 0,
                n_toe_off > 1,
                (n_contra == 0) & bool(len(other_strikes)),
                n_contra > 1,
            ],
            [
                f"shorter than {MIN_STRIDE_S} s",
                f"longer than {MAX_STRIDE_S} s",
                "no toe-off between the heel strikes",
                "more than one toe-off between the heel strikes",
                "no heel strike of the other foot inside",
                "more than one heel strike of the other foot inside",
            ],
            default="",
        )
        parts.append(
            {
                "side": np.full(len(start), side, dtype=object),
                "start_s": start,
                "end_s": end,
                "duration_s": duration,
                "toe_off_s": toe_off,
                "contra_strike_s": contra,
                "contra_toe_off_s": contra_off,
                "reason": reason.astype(object),
            }
        )
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((columns["side"].astype(str), columns["start_s"]))
    columns = {name: values[order] for name, values in columns.items()}
    usual = np.flatnonzero(columns["reason"] == "")
    share = _of_the_usual(columns["duration_s"][usual])
    for odd, why in ((share >= _TWO, _TWO_REASON), (share <= _HALF, _HALF_REASON)):
        columns["reason"][usual[odd]] = why
    return pd.DataFrame(columns).astype({"side": "str", "reason": "str"})


_TWO, _HALF, _BESIDE = 1.75, 0.6, 4
"""Durations against the usual one from which a stride is none, and how many strides are beside."""
_TWO_REASON = f"{_TWO} times as long as usual in this trial or longer: a missed contact or a pause"
_HALF_REASON = f"{_HALF} of what is usual in this trial or shorter: a contact that is no step"


def _of_the_usual(duration: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each stride's duration as a share of the usual one, shape (n,).

    Usual is the (lower) median of the trial or of the strides beside it, whichever the stride is
    nearer to: who changes from walking to running has two.
    """
    share, own = np.ones(len(duration)), duration.tolist()
    of_trial = _lower_median(own) if own else np.nan
    for place in range(len(own) if len(own) > 1 else 0):
        low = max(min(place - _BESIDE // 2, len(own) - 1 - _BESIDE), 0)
        beside = own[:place] + own[place + 1 :]
        shares = [
            own[place] / usual for usual in (of_trial, _lower_median(beside[low : low + _BESIDE]))
        ]
        share[place] = min(shares, key=lambda each: abs(math.log(each)))
    return share


def _lower_median(values: list[float]) -> float:
    return sorted(values)[(len(values) - 1) // 2]


def stride_time_variability(strides: pd.DataFrame) -> pd.DataFrame:
    """Return mean stride time and its coefficient of variation for each foot.

    Strides further than three robust standard deviations (1.4826 times the median absolute
    deviation) from the foot's median are left out and counted: they are turns and stumbles,
    which the literature's variability excludes (Hausdorff 2005, J NeuroEng Rehabil 2:19).

    Parameters
    ----------
    strides : DataFrame
        From :func:`find_strides`.

    Returns
    -------
    DataFrame
        Indexed by side: ``n_strides, n_left_out, mean_s, sd_s, cv_percent``.

    Examples
    --------
    >>> from locomotion_analysis.ingest import Recording, Stream
    >>> time_s = np.arange(660) / 100
    >>> stance = np.mod(time_s / 1.1, 1) / 0.6  # a stride of 1.1 s
    >>> force = np.where(stance < 1, 700 * np.sin(np.pi * np.minimum(stance, 1)), 0)
    >>> signals = {"grf_vertical_left_N": force, "grf_vertical_right_N": np.roll(force, 55)}
    >>> recording = Recording(source="insole", streams=(Stream(time_s, signals),))
    >>> stride_time_variability(find_strides(recording))["mean_s"].round(2).to_dict()
    {'left': 1.1, 'right': 1.1}
    """
    used = strides[strides["reason"] == ""]
    rows = {}
    for side, duration in used.groupby("side")["duration_s"]:
        times = duration.to_numpy(dtype=np.float64)
        centre = np.median(times)
        spread = 1.4826 * np.median(np.abs(times - centre))
        near = times[np.abs(times - centre) <= 3.0 * spread] if spread > 0.0 else times
        sd = float(near.std(ddof=1)) if len(near) > 1 else np.nan
        mean = float(near.mean())
        rows[side] = (len(near), len(times) - len(near), mean, sd, 100.0 * sd / mean)
    names = ["n_strides", "n_left_out", "mean_s", "sd_s", "cv_percent"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=names).rename_axis("side")


def _first_inside(
    instants: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """First instant within each stride (NaN without one), and how many there are."""
    low = np.searchsorted(instants, start, side="right")
    count = np.searchsorted(instants, end, side="left") - low
    padded = np.append(instants, np.nan)
    return np.where(count > 0, padded[np.minimum(low, len(instants))], np.nan), count
