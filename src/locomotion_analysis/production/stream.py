"""A model on a live stream: samples in, gait events and predictions out.

Gait events are told with the sample that shows them. A heel strike ends a stride; its curves, checks
and prediction are those of :func:`~locomotion_analysis.ingest.cycles_of` and of the service, and
are made beside the stream, so that no sample waits for them.
"""

# ruff: noqa: E402 - the library that is missing is named before anything needs it
from locomotion_analysis.extras import require_installed

require_installed("pydantic", "serve")

import csv
import json
import math
import queue
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Self

import numba
import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionError, SchemaError
from locomotion_analysis.ingest import Recording, Stream, normalise_to_body
from locomotion_analysis.ingest.direction import backward_by_angles
from locomotion_analysis.ingest.events import GaitEvents
from locomotion_analysis.ingest.foot_forces import FootForces
from locomotion_analysis.ingest.phase import MAX_GAP_S
from locomotion_analysis.ingest.recording import HEEL_STRIKE
from locomotion_analysis.ingest.strides import (
    MAX_STRIDE_S,
    body_mass,
    channel_of,
    gap_entries,
    stride_curves,
    stride_metadata,
    strides_between,
)
from locomotion_analysis.production.bundle import Bundle
from locomotion_analysis.production.live_events import LiveEvents, SeenEvent
from locomotion_analysis.production.service.bodies import checked_cycles, prediction_reply
from locomotion_analysis.production.service.contract import Description, RefusedError
from locomotion_analysis.production.service.worker import ServedBundle
from locomotion_analysis.standard import is_channel

__all__ = ["GaitStream", "read_samples", "stream_samples"]

TIME = "time_s"
Output = dict[str, Any]

_WINDOW_S = 2.0 * MAX_STRIDE_S
"""How much of the stream is kept at least, s: the curves of the longest stride, twice over."""
_EVENTS_S = 30.0
"""How far back strides are compared with, s."""
_RATE_TOLERANCE, _RATE_SAMPLES = 0.2, 20
_BESIDE = 4
"""Samples before a stride that its curves may need."""
_MOST_WAITING, _MOST_ARRIVED = 64, 1000
"""Strides without an answer, and samples not yet taken, before what brings them has to wait."""
_LOOK_S = 0.05
"""Between two looks for answers while no sample comes, s."""
_BACKWARD = "walked backward: events from joint angles hold forward only"


class GaitStream:
    """A model that predicts for each stride of a live stream.

    Parameters
    ----------
    bundle : Bundle
        Of :func:`~locomotion_analysis.production.bundle.open_bundle`.
    channels : sequence of str
        What each sample holds, in standard units and signs, with the side of the body:
        ``knee_flexion_angle_left_rad``, ``grf_vertical_right_N``,
        ``pelvis_anterior_tilt_angle_rad``.
    rate_hz : float
        Samples a second; the first samples are held against it.
    subject, task : str
        Whom and what the stream shows.
    known : mapping, optional
        What else is known of person and trial: ``mass_kg`` (needed for channels in N, Nm or W),
        ``speed_m_s``, ``age``, ...

    Attributes
    ----------
    last_s : float
        Time of the last sample, s; NaN before the first.

    Raises
    ------
    SchemaError
        If a channel has no standard name, no foot's events can be seen, or the channels do not give
        what the model needs.
    UnitError
        If forces or moments would have to be divided by a mass that is not known.
    BundleError
        If the model does not give the answers kept with it.

    Notes
    -----
    :meth:`push` returns dictionaries that JSON can hold; ``kind`` says what each is.

    ``event``
        ``event`` (heel_strike, toe_off), ``side``, ``time_s``, ``known_s`` (time of the sample that
        showed it), ``source`` (force, angles).
    ``prediction``
        Of the stride of one foot, which is its ``ipsi``: ``side, start_s, end_s``, then what
        ``POST /v1/predict`` answers for a cycle (``prediction``, ``probabilities``, ``set`` or
        ``low`` and ``high``, ``outside``, ``warning``), ``quality`` and ``warnings``, and ``took_s``
        from the sample that ended the stride to the answer, s.
    ``rejected``
        A stride without a prediction: ``side, start_s, end_s, reason``.
    ``finding``
        What is odd about the stream: ``finding`` (``gap``, ``late_sample``, ``clock_restarted``,
        ``not_measured``, ``no_strike``), ``time_s``, ``detail``.

    Samples up to 0.1 s missing, left out or NaN, are bridged as in recordings; no stride is made
    across more. A stride's answer comes with a later call of :meth:`push`, or of :meth:`ready`;
    a model that falls behind by more than 64 strides makes :meth:`push` wait.

    Examples
    --------
    >>> from locomotion_analysis.production.bundle import open_bundle
    >>> bundle = open_bundle("gait.bundle")  # doctest: +SKIP
    >>> with GaitStream(bundle, channels, rate_hz=100) as stream:  # doctest: +SKIP
    ...     for sample in device:
    ...         for output in stream.push(sample):
    ...             print(output)
    ...     answers = stream.finish()
    """

    def __init__(
        self,
        bundle: Bundle,
        channels: Sequence[str],
        rate_hz: float,
        subject: str = "unnamed",
        task: str = "level_walking",
        known: Mapping[str, Any] | None = None,
    ) -> None:
        if not (math.isfinite(rate_hz) and rate_hz > 0):
            raise SchemaError(
                expected="samples a second above 0", got=f"{rate_hz}", where="rate_hz"
            )
        self.channels = _checked_channels(channels)
        self.rate_hz, self._known = rate_hz, dict(known or {})
        self._key = {"dataset": "stream", "subject": subject, "task": task, "task_id": task}
        self._live = LiveEvents(self.channels, body_mass(self._known))
        self._served = ServedBundle(bundle)
        self._feet = _answered_feet(self._served, self.channels, self._live, self._known)
        self._model = Description.of(self._served)
        # What is compiled or read at the first prediction is so before the first sample.
        example = bundle.golden.cycles.take([0])
        self._served.check_example()
        self._served.predict_cycles(example, explain=False)
        with suppress(RefusedError):
            checked_cycles(example, self._served)
        size = math.ceil(_WINDOW_S * rate_hz) + 2
        self._times, self._n = np.empty(2 * size), 0
        self._values = np.empty((len(self.channels), 2 * size))
        self._events: deque[SeenEvent] = deque()
        self.last_s = self._silent_since = math.nan
        self._intervals: list[float] = []
        self._told: set[str] = set()
        self._steps = 0
        # A single cycle is done before further threads of the kernels have begun.
        self._beside = ThreadPoolExecutor(1, "gait-stream", numba.set_num_threads, (1,))
        self._waiting: deque[Future[Output]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._beside.shutdown(cancel_futures=True)

    def push(self, sample: Mapping[str, float]) -> list[Output]:
        """Take one sample, and return what it shows and which answers are ready.

        Parameters
        ----------
        sample : mapping of str to float
            ``time_s`` and every channel; NaN where not measured.

        Raises
        ------
        SchemaError
            If the time or a channel is missing, a channel is unknown, a value is no number or
            infinite, or the samples come at another rate than the stream's.
        """
        instant, values = self._read(sample)
        if -MAX_GAP_S <= instant - self.last_s <= 0.0:
            text = f"comes after the one at {self.last_s:g} s: left out"
            return [_finding("late_sample", instant, text), *self.ready()]
        found = self._follow(instant)
        self._keep(instant, values)
        found += self._events_of(instant, dict(zip(self.channels, values, strict=True)))
        return [*found, *self.ready()]

    def ready(self) -> list[Output]:
        """Return the answers that are ready, without a sample."""
        done = []
        while self._waiting and (self._waiting[0].done() or len(self._waiting) > _MOST_WAITING):
            done.append(self._waiting.popleft().result())
        return done

    def finish(self) -> list[Output]:
        """Wait for the answers of all strides that have ended, and return them."""
        done = [answer.result() for answer in self._waiting]
        self._waiting.clear()
        return done

    # One sample: what it holds, and when it comes

    def _read(self, sample: Mapping[str, float]) -> tuple[float, list[float]]:
        if sample.keys() != {TIME, *self.channels}:
            missing = [name for name in (TIME, *self.channels) if name not in sample]
            more = [name for name in sample if name != TIME and name not in self.channels]
            told = [f"{names[0]} {word}" for names, word in ((missing, "missing"), (more, "added"))
                    if names]  # fmt: skip
            raise SchemaError(
                expected=f"{TIME} and the {len(self.channels)} channels of the stream in each sample",
                got=", ".join(told),
                where=self._place(sample.get(TIME, math.nan)),
                fix="send every channel with each sample; NaN (null) where it was not measured",
            )
        try:
            instant = float(sample[TIME])
            values = [float(sample[name]) for name in self.channels]
        except (TypeError, ValueError) as error:
            raise SchemaError(
                expected="numbers", got=str(error), where=self._place(sample[TIME])
            ) from None
        if not math.isfinite(instant) or any(map(math.isinf, values)):
            wrong = [name for name in (TIME, *self.channels) if not _usable(name, sample[name])]
            raise SchemaError(
                expected="a finite time, and finite values or NaN",
                got=f"{wrong[0]} = {sample[wrong[0]]}",
                where=self._place(instant),
            )
        return instant, values

    def _place(self, instant: object) -> str:
        return f"sample at {instant} s, after the one at {self.last_s:g} s"

    def _follow(self, instant: float) -> list[Output]:
        """Return what is odd about the time of a sample, and forget what does not go on with it."""
        before, self.last_s = self.last_s, instant
        step = instant - before
        self._check_rate(step)
        if step < 0.0:
            text = f"after {before:g} s: nothing before is used"
            found = _finding("clock_restarted", instant, text)
        elif step - 1.0 / self.rate_hz > MAX_GAP_S:
            text = f"no samples since {before:g} s: the strides across it are not used"
            found = _finding("gap", instant, text)
        else:
            return []
        self._live.reset()
        self._events.clear()
        self._told.clear()
        self._n, self._silent_since = 0, math.nan
        return [found]

    def _check_rate(self, step: float) -> None:
        """Raise when the first samples have another rate than the stream should."""
        if len(self._intervals) >= _RATE_SAMPLES or math.isnan(step):
            return
        self._intervals.append(step)
        if len(self._intervals) == _RATE_SAMPLES:
            usual = float(np.median(self._intervals))
            if abs(usual * self.rate_hz - 1.0) > _RATE_TOLERANCE:
                raise SchemaError(
                    expected=f"{self.rate_hz:g} samples a second, time in seconds",
                    got=f"{usual:g} from one {TIME} to the next",
                    where=f"first {_RATE_SAMPLES} samples",
                    fix="give the rate of the stream, and its time in seconds",
                )

    def _keep(self, instant: float, values: list[float]) -> None:
        if self._n == len(self._times):  # the later half is enough
            half = self._n // 2
            self._times[:half] = self._times[half:]
            self._values[:, :half] = self._values[:, half:]
            self._n = half
        self._times[self._n] = instant
        self._values[:, self._n] = values
        self._n += 1

    # Events, and the strides they end

    def _events_of(self, instant: float, sample: Mapping[str, float]) -> list[Output]:
        found: list[Output] = []
        if math.isnan(self._silent_since):
            self._silent_since = instant
        for seen in self._live.push(instant, sample):
            found.append(
                {
                    "kind": "event",
                    "event": seen.event.kind,
                    "side": seen.event.side,
                    "time_s": seen.event.time_s,
                    "known_s": seen.known_s,
                    "source": seen.source,
                }
            )
            self._events.append(seen)
            if seen.event.kind == HEEL_STRIKE:
                self._silent_since = instant
                self._told.discard("no_strike")
                self._end_stride(seen)
        while self._events and instant - self._events[0].known_s > _EVENTS_S:
            self._events.popleft()
        for side, since in self._live.lost.items():
            if side not in self._told:
                self._told.add(side)
                self._events = deque(each for each in self._events if each.event.side != side)
                text = f"nothing tells the events of the {side} foot since {since:g} s"
                found.append(_finding("not_measured", instant, text))
        self._told -= set(self._live.sources) - set(self._live.lost)
        if instant - self._silent_since > MAX_STRIDE_S and "no_strike" not in self._told:
            self._told.add("no_strike")
            quiet = f"no heel strike since {self._silent_since:g} s"
            text = f"{quiet}: who stands has none, and a force that is not zero in swing hides them"
            found.append(_finding("no_strike", instant, text))
        return found

    def _end_stride(self, strike: SeenEvent) -> None:
        """Hand on the stride that a heel strike ends, if there is one."""
        side = strike.event.side
        events = GaitEvents(
            [each.event for each in self._events],
            [each.source for each in self._events],
            FootForces(Recording(source="stream")),
            [],
        )
        strikes = events.times(side, HEEL_STRIKE)
        if len(strikes) < 2 or side not in self._feet:
            return
        first = int(np.searchsorted(self._times[: self._n], strikes[-2])) - _BESIDE
        window = slice(max(first, 0), self._n)
        signals = dict(zip(self.channels, self._values[:, window].copy(), strict=True))
        recording = Recording(
            source="stream",
            streams=(Stream(self._times[window].copy(), signals),),
            metadata=self._known,
        )
        ended = time.perf_counter()
        self._waiting.append(self._beside.submit(self._answer, recording, events, side, ended))

    def _answer(self, recording: Recording, events: GaitEvents, side: str, ended: float) -> Output:
        """Return the answer to the last stride of a foot, or why there is none."""
        strides = strides_between(events)
        stride = strides[strides["side"] == side].tail(1).reset_index(drop=True)
        start, end = (float(stride[name].iloc[0]) for name in ("start_s", "end_s"))
        reason = str(stride["reason"].iloc[0])
        if not reason and self._live.sources[side] == "angles":
            middle = np.array([(start + end) / 2.0])
            reason = _BACKWARD if backward_by_angles(recording, middle)[0] else ""
        place = {"side": side, "start_s": start, "end_s": end}
        if reason:
            return {"kind": "rejected", **place, "reason": reason}
        try:
            cycle = self._cycle(recording, stride)
            asked = checked_cycles(cycle, self._served)
            answers = self._served.predict_cycles(cycle, explain=False)
        except LocomotionError as error:
            reason = "; ".join(str(error).splitlines())
            return {"kind": "rejected", **place, "reason": reason}
        self._steps += 1
        told = json.loads(prediction_reply(asked, answers, self._model, "").body)
        quality = [
            {name: each[name] for name in ("channel", "severity", "finding")}
            for each in told["quality"]
        ]
        return {
            "kind": "prediction",
            **place,
            **told["predictions"][0],
            "warnings": told["warnings"],
            "quality": quality,
            "took_s": time.perf_counter() - ended,
        }

    def _cycle(self, recording: Recording, stride: pd.DataFrame) -> LocomotionData:
        """Return a stride as the gait cycle that ``cycles_of`` makes of it."""
        measured = normalise_to_body(recording)
        channels, block = stride_curves(measured, stride)
        known = stride_metadata(measured, stride)
        more = {name: value for name, value in self._known.items() if name not in known}
        cycles = known.assign(**self._key, step=self._steps, **more)
        return LocomotionData(cycles, block, channels, tuple(gap_entries(recording)))


def _finding(name: str, instant: float, detail: str) -> Output:
    return {"kind": "finding", "finding": name, "time_s": instant, "detail": detail}


def _checked_channels(channels: Sequence[str]) -> tuple[str, ...]:
    """Return the channels of a stream; raise for one without a standard name."""
    names = tuple(channels)
    wrong = [name for name in names if not is_channel(channel_of(name, "left"))]
    wrong += [name for name in names if "_ipsi_" in name or "_contra_" in name]
    wrong += [name for name in set(names) if names.count(name) > 1]
    if wrong:
        raise SchemaError(
            expected="standard channel names with the side of the body, each once "
            "(knee_flexion_angle_left_rad)",
            got=", ".join(dict.fromkeys(wrong)),
            where="channels of the stream",
            fix="name them so; a cycle's ipsi and contra are told from its heel strikes",
        )
    return names


def _answered_feet(
    served: ServedBundle, channels: Sequence[str], live: LiveEvents, known: Mapping[str, Any]
) -> set[str]:
    """Return the feet of which strides can be answered.

    Raises
    ------
    SchemaError
        If there is none, with the channels that are missing.
    """
    if served.paired:
        raise SchemaError(
            expected="a model of gait cycles",
            got="one of legs before and after treatment",
            where="bundle",
            fix="a stream shows one session: use a model of single cycles",
        )
    nothing = Stream(np.empty(0), {name: np.empty(0) for name in channels})
    recording = Recording(source="stream", streams=(nothing,), metadata=known)
    measured = normalise_to_body(recording).channels
    missing = {
        side: set(served.channel_names) - {channel_of(name, side) for name in measured}
        for side in live.sources
    }
    feet = {side for side, names in missing.items() if not names}
    if not feet:
        side, names = min(missing.items(), key=lambda each: len(each[1]))
        raise SchemaError(
            expected=f"channels that give the {len(served.channel_names)} of the training",
            got=f"for the {side} foot {len(names)} missing: {', '.join(sorted(names)[:5])}",
            where="channels of the stream",
            fix="locomotion bundle-inspect lists them with units and signs",
        )
    return feet


def _usable(name: str, value: float) -> bool:
    return math.isfinite(value) or (name != TIME and math.isnan(value))


# Samples as text, from a file or a device


def read_samples(lines: Iterable[str], where: str = "stdin") -> Iterator[dict[str, float]]:
    """Yield samples from JSON lines, or from CSV with a header.

    Parameters
    ----------
    lines : iterable of str
        Read no further than the sample that is asked for. The first character tells which: ``{``
        begins JSON.
    where : str
        Named in errors.

    Yields
    ------
    dict of str to float
        NaN for null, an empty cell, ``nan``.

    Raises
    ------
    SchemaError
        For a line that is no sample; it names the line.

    Examples
    --------
    >>> list(read_samples(["time_s,grf_vertical_left_N", "0.01,612.5", "0.02,"]))
    [{'time_s': 0.01, 'grf_vertical_left_N': 612.5}, {'time_s': 0.02, 'grf_vertical_left_N': nan}]
    """
    names: list[str] | None = None
    for number, line in enumerate(lines, 1):
        text = line.strip().removeprefix("\ufeff")
        if not text:
            continue
        try:
            if text.startswith("{"):
                content = json.loads(text)
            else:
                cells = next(csv.reader([text]))
                if names is None:
                    names = [cell.strip() for cell in cells]
                    continue
                content = dict(zip(names, cells, strict=True))
            yield {
                name: math.nan if value in (None, "") else float(value)
                for name, value in content.items()
            }
        except (ValueError, TypeError) as error:
            raise SchemaError(
                expected="a sample: a JSON object of numbers, or as many numbers as the CSV header",
                got=str(error),
                where=f"{where}, line {number}",
            ) from None


def stream_samples(
    bundle: Bundle,
    samples: Iterable[Mapping[str, float]],
    rate_hz: float,
    stall_s: float = 1.0,
    **options: Any,
) -> Iterator[Output]:
    """Yield everything a stream shows, as it shows it; the first sample names the channels.

    Parameters
    ----------
    bundle : Bundle
    samples : iterable of mapping
        May wait for a device.
    rate_hz : float
        Samples a second.
    stall_s : float
        Without a sample for longer than this, a finding ``stalled`` is told once, s.
    **options
        Of :class:`GaitStream`: ``subject, task, known``.

    Raises
    ------
    SchemaError
        As :class:`GaitStream`, or if there is no sample.
    """
    arriving: queue.Queue[Mapping[str, float] | BaseException | None] = queue.Queue(_MOST_ARRIVED)

    def read() -> None:
        try:
            for sample in samples:
                arriving.put(sample)
            arriving.put(None)
        except BaseException as error:  # noqa: BLE001 - raised below, where the samples are used
            arriving.put(error)

    def arrived(within_s: float | None) -> Mapping[str, float] | None:
        sample = arriving.get(timeout=within_s)
        if isinstance(sample, BaseException):
            raise sample
        return sample

    threading.Thread(target=read, name="gait-samples", daemon=True).start()
    first = arrived(None)
    if first is None:
        raise SchemaError(expected="samples", got="none", where="stream")
    channels = [name for name in first if name != TIME]
    with GaitStream(bundle, channels, rate_hz, **options) as stream:
        yield from stream.push(first)
        came, stalled = time.monotonic(), False
        while True:
            try:
                sample = arrived(_LOOK_S)
            except queue.Empty:
                if not stalled and time.monotonic() - came > stall_s:
                    stalled = True
                    yield _finding("stalled", stream.last_s, f"no sample came for {stall_s:g} s")
                yield from stream.ready()
                continue
            if sample is None:
                break
            came, stalled = time.monotonic(), False
            yield from stream.push(sample)
        yield from stream.finish()
