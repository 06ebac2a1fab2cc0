"""Several files of one trial, or one, to one recording with a subject and a trial."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest.recording import Plate, Recording, Stream
from locomotion_analysis.ingest.trials.names import subject_and_trial

_SAME_LENGTH_S = 0.05


def merge(recordings: Sequence[Recording]) -> Recording:
    """Put recordings of one trial together: angles, moments, forces, markers, events.

    Where two hold the same thing the first one's is kept and the history says so: signals by
    name, markers, plates and events each as a whole. Recordings of the same length whose
    clocks start at different times (a C3D counts from the camera's first frame, files made
    from it from zero) are moved to the clock of the first.

    Parameters
    ----------
    recordings : sequence of Recording
        At least one; the one whose clock counts first.

    Raises
    ------
    SchemaError
        If two clocks have nothing in common.
    """
    merged = recordings[0]
    for other in recordings[1:]:
        merged = _joined(merged, _on_clock_of(merged, other))
    return merged


def identified(recording: Recording, path: Path) -> Recording:
    """Name subject and trial after the file where the recording does not say them."""
    subject, trial = subject_and_trial(path)
    entries = []
    if not recording.subject:
        recording = replace(recording, subject=subject)
        entries.append(f"subject {subject}")
    if not recording.trial:
        recording = replace(recording, trial=trial)
        entries.append(f"trial {trial}")
    if not entries:
        return recording
    detail = f"{' and '.join(entries)}, from the file name {path.name}"
    return recording.then(HistoryEntry("assumed", detail))


def with_subject(recording: Recording, subjects: Mapping[str, Mapping[str, Any]]) -> Recording:
    """Add what a table of subjects knows of the recording's subject; the table wins.

    Parameters
    ----------
    recording : Recording
        With its subject known.
    subjects : mapping of str to mapping
        Subject -> ``mass_kg, height_m, age, sex, ...``. A name that is not there as it is
        written is the one that is alike but for case, or else but for case and zeros in place
        of the letter o.
    """
    if not subjects:
        return recording
    found = _rows_of(recording.subject, subjects)
    if len(found) != 1:
        text = f"subject {recording.subject}: not in the table of subjects"
        if found:
            text += f", and {', '.join(found)} are equally like it"
        return recording.then(HistoryEntry("missing", text))
    if found[0] != recording.subject:
        text = f"subject {recording.subject} is {found[0]} of the table of subjects"
        recording = recording.then(HistoryEntry("assumed", text))
    known = subjects[found[0]]
    changed = [
        f"{name} {recording.metadata[name]} -> {value}"
        for name, value in known.items()
        if name in recording.metadata and recording.metadata[name] != value
    ]
    entries = [HistoryEntry("read", f"subject {recording.subject}: {', '.join(known)}")]
    if changed:
        text = f"subject {recording.subject}, the table over the file: {', '.join(changed)}"
        entries.append(HistoryEntry("replaced", text))
    return replace(recording, metadata={**recording.metadata, **known}).then(*entries)


def _rows_of(subject: str, subjects: Mapping[str, Any]) -> list[str]:
    """Return the names in the table that are written like `subject`, in the strictest sense."""
    if subject in subjects:
        return [subject]
    plain = subject.casefold()
    found = [name for name in subjects if name.casefold() == plain]
    round_ = plain.replace("0", "o")
    return found or [n for n in subjects if n.casefold().replace("0", "o") == round_]


def _joined(first: Recording, second: Recording) -> Recording:
    taken = set(first.channels)
    first_known = {name: value for name, value in first.metadata.items() if not pd.isna(value)}
    double = [name for name in second.channels if name in taken]
    fresh = (
        Stream(s.time_s, {n: v for n, v in s.signals.items() if n not in taken})
        for s in second.streams
    )
    entries = [*second.history]
    if double:
        entries.append(_kept(second, f"channels {', '.join(double)}"))
    entries += [
        _kept(second, part)
        for part in ("markers", "plates", "events")
        if len(getattr(first, part)) and len(getattr(second, part))
    ]
    for part in ("subject", "task", "trial"):
        values = getattr(first, part), getattr(second, part)
        if all(values) and values[0] != values[1]:
            entries.append(_kept(second, f"{part} {values[1]!r} (kept: {values[0]!r})"))
    entries += [
        _kept(second, f"{name} {value} (kept: {first_known[name]})")
        for name, value in second.metadata.items()
        if name in first_known and not pd.isna(value) and value != first_known[name]
    ]
    with_markers = first if first.markers else second
    return replace(
        first,
        source=f"{first.source} + {Path(second.source).name}",
        subject=first.subject or second.subject,
        task=first.task or second.task,
        trial=first.trial or second.trial,
        streams=(*first.streams, *(stream for stream in fresh if stream.signals)),
        markers=with_markers.markers,
        marker_time_s=with_markers.marker_time_s,
        plates=first.plates or second.plates,
        events=first.events or second.events,
        metadata={**first.metadata, **second.metadata, **first_known},
    ).then(*entries)


def _kept(second: Recording, what: str) -> HistoryEntry:
    text = f"{what} of a {Path(second.source).suffix} file: another file of the trial has them"
    return HistoryEntry("dropped", text)


def _on_clock_of(first: Recording, second: Recording) -> Recording:
    (start, end), (other_start, other_end) = _span(first), _span(second)
    same_length = abs((end - start) - (other_end - other_start)) <= _SAME_LENGTH_S
    shift = start - other_start
    if same_length and abs(shift) > _SAME_LENGTH_S:
        text = f"clock of {Path(second.source).name} by {shift:.3f} s, to start with the others"
        return _shifted(second, shift).then(HistoryEntry("shifted", text))
    if other_start > end or other_end < start:
        raise SchemaError(
            expected="files of one trial recorded at the same time",
            got=f"{start:.2f} to {end:.2f} s and {other_start:.2f} to {other_end:.2f} s",
            where=f"{first.source} and {second.source}",
            fix="convert them one by one, or cut them to the same frames",
        )
    return second


def _span(recording: Recording) -> tuple[float, float]:
    clocks = [stream.time_s for stream in recording.streams]
    clocks += [plate.time_s for plate in recording.plates]
    clocks += [recording.marker_time_s]
    clocks = [clock for clock in clocks if len(clock)]
    if not clocks:
        raise SchemaError(
            expected="a recording over time", got="no samples", where=recording.source
        )
    return float(min(c[0] for c in clocks)), float(max(c[-1] for c in clocks))


def _shifted(recording: Recording, by: float) -> Recording:
    def later(time: NDArray[np.float64]) -> NDArray[np.float64]:
        moved: NDArray[np.float64] = time + by
        return moved

    return replace(
        recording,
        streams=tuple(Stream(later(s.time_s), s.signals) for s in recording.streams),
        marker_time_s=later(recording.marker_time_s),
        plates=tuple(
            Plate(later(p.time_s), p.force_N, p.cop_m, p.free_moment_Nm) for p in recording.plates
        ),
        events=tuple(replace(event, time_s=event.time_s + by) for event in recording.events),
    )
