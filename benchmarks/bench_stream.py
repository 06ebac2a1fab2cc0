"""A live stream: what a sample costs, and how late and how far off its gait events are.

``python benchmarks/bench_stream.py [BUNDLE] [--recordings FOLDER] [--seconds 60]``. The bundle needs
no more than both legs' hip, knee and ankle angles and vertical forces; one is trained where none is
given. Samples are pushed as a device sends them, one every 10 ms, and each push is timed. FOLDER
holds recordings with forces or angles of both feet (OpenSim, C3D).
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from gait_events import recordings

from locomotion_analysis.ingest import Event, Recording, Stream, find_events
from locomotion_analysis.ingest.events import angle_events
from locomotion_analysis.ingest.recording import HEEL_STRIKE, SIDES, TOE_OFF
from locomotion_analysis.production.bundle import Bundle, open_bundle, write_bundle
from locomotion_analysis.production.live_events import LiveEvents, SeenEvent
from locomotion_analysis.production.stream import GaitStream
from locomotion_analysis.simulation import simulate

RATE_HZ = 100.0
FRAME_MS = 1e3 / RATE_HZ
NEAR_S = 0.2
JOINTS = ("hip_flexion_angle", "knee_flexion_angle", "ankle_dorsiflexion_angle")
CHANNELS = [f"{joint}_{side}_rad" for side in ("ipsi", "contra") for joint in JOINTS]
CHANNELS += [f"grf_vertical_{side}_BW" for side in ("ipsi", "contra")]


def continuous(seed: int, seconds: float) -> tuple[Stream, list[Event]]:
    """Lay one simulated person's cycles one after the other; the left heel strikes at each start."""
    n_cycles = int(seconds)
    data = simulate(1, n_cycles, ["level_walking"], ["healthy"], seed=seed).select(
        channels=CHANNELS
    )
    duration = data.cycles["cycle_duration_s"].to_numpy()
    starts = np.concatenate([[0.0], np.cumsum(duration)])
    phase = np.linspace(0, 1, 150)[:-1]
    points = (starts[:-1, None] + duration[:, None] * phase).ravel()
    time_s = np.arange(0, starts[-1] - 0.02, 1 / RATE_HZ)
    signals = {}
    for name in CHANNELS:
        own = name.replace("_ipsi_", "_left_").replace("_contra_", "_right_")
        signals[own] = np.interp(time_s, points, data.curves(name)[:, :-1].ravel())
    strikes = [Event(float(start), "left", HEEL_STRIKE) for start in starts[1:-1]]
    return Stream(time_s, signals), strikes


def samples(stream: Stream) -> Iterator[dict[str, float]]:
    columns = {name: values.tolist() for name, values in stream.signals.items()}
    for k, instant in enumerate(stream.time_s.tolist()):
        yield {"time_s": instant, **{name: values[k] for name, values in columns.items()}}


def live(stream: Stream, wanted: str) -> list[SeenEvent]:
    """Return the events of a whole stream, from its forces or from its angles."""
    kept = {
        name: values
        for name, values in stream.signals.items()
        if ("grf_vertical" in name) == (wanted == "force")
    }
    events = LiveEvents(list(kept))
    own = Stream(stream.time_s, kept)
    return [seen for each in samples(own) for seen in events.push(each["time_s"], each)]


def compare(title: str, pairs: list[tuple[list[Event], list[SeenEvent]]]) -> None:
    """Print how far events are from those of the whole recording, and when they are known; ms."""
    for kind in (HEEL_STRIKE, TOE_OFF):
        off, late, total, more = [], [], 0, 0
        for truth, found in pairs:
            own = [each for each in found if each.event.kind == kind]
            used = set()
            for event in (each for each in truth if each.kind == kind):
                near = [
                    (abs(each.event.time_s - event.time_s), place)
                    for place, each in enumerate(own)
                    if each.event.side == event.side
                ]
                total += 1
                if near and min(near)[0] < NEAR_S:
                    place = min(near)[1]
                    used.add(place)
                    off.append(1e3 * (own[place].event.time_s - event.time_s))
                    late.append(1e3 * (own[place].known_s - own[place].event.time_s))
            more += len(own) - len(used)
        if off:
            print(
                f"  {title:<44}{kind:<12}{len(off):>4} of {total:<4} +{more:<3}"
                f" error {np.mean(off):+6.1f} ± {np.std(off):4.1f}, largest {np.abs(off).max():5.1f};"
                f" known after {np.median(late):4.0f} (95 %: {np.quantile(late, 0.95):.0f})"
            )


def of_simulated(seconds: float) -> None:
    print("\nEvents of simulated walking against those found in the whole of it, ms")
    runs = [continuous(seed, seconds) for seed in range(10)]
    for wanted in ("force", "angles"):
        pairs = []
        for stream, _ in runs:
            kept = {n: v for n, v in stream.signals.items() if "grf" not in n or wanted == "force"}
            whole = find_events(Recording(source="s", streams=(Stream(stream.time_s, kept),)))
            found = live(stream, wanted)
            pairs.append((whole.events, found))
        compare(f"{wanted}, against the whole recording", pairs)
        told = [(strikes, live(stream, wanted)) for stream, strikes in runs]
        left = [(truth, [e for e in seen if e.event.side == "left"]) for truth, seen in told]
        compare(f"{wanted}, against the simulated heel strike", left)


def of_recordings(folder: Path) -> None:
    print("\nEvents of recordings against those found in the whole of them, ms")
    by_force, by_angles = [], []
    for trial in recordings(folder):
        whole = find_events(trial)
        forces = [event for event, source in zip(whole.events, whole.sources, strict=True)
                  if source == "force"]  # fmt: skip
        for stream in whole.forces.recording.streams:
            names = [f"grf_vertical_{side}_N" for side in SIDES]
            if any(name in stream.signals for name in names):
                own = {n: np.nan_to_num(stream.signals[n]) for n in names if n in stream.signals}
                by_force.append((forces, live(Stream(stream.time_s, own), "force")))
        for stream in trial.streams:
            if any(name.startswith("knee_flexion_angle") for name in stream.signals):
                single = Recording(source="s", streams=(stream,))
                try:
                    by_angles.append((angle_events(single), live(stream, "angles")))
                except ValueError as error:
                    print(f"  {Path(trial.source).name}: {error}")
    print(f"  {len(by_force)} with forces, {len(by_angles)} with angles")
    compare("force, against the whole recording", by_force)
    compare("angles, against the whole recording", by_angles)


def trained(folder: Path) -> Bundle:
    from locomotion_analysis.evaluation.training import train

    data = simulate(30, 4, ["level_walking"], ["healthy", "stroke"], seed=5)
    train(data.select(channels=CHANNELS), "pathology", folder / "m", recipes=["linear"], n_splits=3)
    return write_bundle(folder / "m", folder / "gait.bundle")


def latency(bundle: Bundle, seconds: float) -> None:
    stream, _ = continuous(3, seconds)
    took, at_end, answers = [], [], []
    with GaitStream(bundle, list(stream.signals), RATE_HZ, known={"speed_m_s": 1.2}) as running:
        due = time.perf_counter()
        for sample in samples(stream):
            time.sleep(max(due - time.perf_counter(), 0.0))
            due = max(due + 1 / RATE_HZ, time.perf_counter() - 1.0)
            start = time.perf_counter()
            told = running.push(sample)
            took.append(1e3 * (time.perf_counter() - start))
            if any(each.get("event") == HEEL_STRIKE for each in told):
                at_end.append(took[-1])
            answers += [1e3 * each["took_s"] for each in told if "took_s" in each]
        answers += [1e3 * each["took_s"] for each in running.finish() if "took_s" in each]
    # Without a frame to keep, and on a busy machine, the processor time tells more.
    with GaitStream(bundle, list(stream.signals), RATE_HZ, known={"speed_m_s": 1.2}) as running:
        start = time.process_time()
        for sample in samples(stream):
            running.push(sample)
        n_answers = len(answers)
        running.finish()
        used = 1e3 * (time.process_time() - start)
    print(f"\nOne sample of {len(stream.signals)} channels, ms; a frame is {FRAME_MS:g}")
    for title, values in (("push", took), ("push that ends a stride", at_end), ("answer", answers)):
        p50, p99 = np.percentile(values, [50, 99])
        over = np.mean(np.array(values) > FRAME_MS)
        print(
            f"  {title:<28}p50 {p50:8.2f}  p99 {p99:8.2f}  n {len(values):<6} over a frame {over:.1%}"
        )
    print(f"  processor time of everything, a stride: {used / n_answers:.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path, nargs="?")
    parser.add_argument("--recordings", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    of_simulated(min(asked.seconds, 30.0))
    if asked.recordings is not None:
        of_recordings(asked.recordings)
    with tempfile.TemporaryDirectory() as folder:
        bundle = trained(Path(folder)) if asked.bundle is None else open_bundle(asked.bundle)
        latency(bundle, asked.seconds)


if __name__ == "__main__":
    main()
