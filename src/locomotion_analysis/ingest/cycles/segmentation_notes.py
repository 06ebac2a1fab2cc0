"""What segmentation says of a recording: refusals, gaps, strides that were rejected."""

from collections import Counter

import pandas as pd

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest.cycles.phase_normalisation import MAX_GAP_S, bridged_gaps
from locomotion_analysis.ingest.recording import Recording
from locomotion_analysis.standard import is_channel

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
        text = "joint angles: there are markers only, and computing angles is out of scope"
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
            got=f"{len(recording.markers)} markers and nothing else: computing joint angles from "
            "markers is out of scope",
            where=recording.source,
            fix="run inverse kinematics (OpenSim, Plug-in Gait, AddBiomechanics, ...) and "
            "convert its .mot, .b3d or C3D together with the markers",
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


def no_stride(recording: Recording, strides: pd.DataFrame) -> SchemaError:
    """Return the error of a recording without a usable stride, with the reasons."""
    reasons = Counter(strides["reason"])
    text = "; ".join(f"{n} rejected: {why}" for why, n in reasons.items())
    return SchemaError(
        expected="at least one complete stride (two heel strikes of one foot, toe-off between)",
        got=text or "fewer than two heel strikes of either foot",
        where=recording.source,
        fix="leave standing trials out; else give events, vertical forces, or markers of heel, "
        "toe and pelvis in the file",
    )
