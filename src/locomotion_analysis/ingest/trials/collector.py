"""Reading, merging and cutting trial by trial, with the failures kept beside the cycles."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import (
    DuplicateCycleError,
    FileReadError,
    LocomotionError,
    MissingExtraError,
)
from locomotion_analysis.ingest.cycles.segmentation import DEFAULT_TASK, cycles_of
from locomotion_analysis.ingest.opensim.opensim_reader import follow_knee_sign
from locomotion_analysis.ingest.reader import ReadOptions, reader_for
from locomotion_analysis.ingest.recording import Recording
from locomotion_analysis.ingest.trials.merging import identified, merge, with_subject


class TrialCollector:
    """Collects the cycles of trials, and the files that failed.

    Parameters
    ----------
    options : ReadOptions
    task : str or None
        For recordings that do not say theirs.
    fail_fast : bool
        Raise the first failure in place of keeping it.

    Attributes
    ----------
    pieces : list of LocomotionData
    failures : list of (Path, LocomotionError)
    """

    def __init__(self, options: ReadOptions, task: str | None, fail_fast: bool) -> None:
        self._options, self._task, self._fail_fast = options, task, fail_fast
        self.pieces: list[LocomotionData] = []
        self._keys: set[tuple[object, ...]] = set()
        self.failures: list[tuple[Path, LocomotionError]] = []

    def add_trial(self, files: Sequence[Path]) -> None:
        """Read the files of one trial, merge what they hold and cut it into cycles."""
        single: list[tuple[Path, Recording]] = []
        for file in files:
            try:
                content = reader_for(file).read(file, self._options)
            except MissingExtraError:
                raise  # no fault of the file: one command mends it for all of them
            except LocomotionError as error:
                self._fail(file, error)
                continue
            except OSError as error:
                unreadable = FileReadError(
                    expected="a file that can be opened", got=error.strerror or str(error)
                )
                self._fail(file, unreadable)
                continue
            if isinstance(content, LocomotionData):
                self._add_data(file, content)
            elif len(content) == 1:
                single.append((file, content[0]))
            else:
                for number, recording in enumerate(content):
                    self._add_recording(file, _numbered(recording, number))
        if single:
            single.sort(key=_angles_first)
            self._add_merged(single)

    def _add_merged(self, parts: list[tuple[Path, Recording]]) -> None:
        first = parts[0][0]
        try:
            recording = merge(_with_one_knee_sign(parts))
        except LocomotionError as error:
            self._fail(first, error)
            return
        self._add_recording(first, recording)

    def _add_recording(self, file: Path, recording: Recording) -> None:
        try:
            recording = identified(recording, file)
            recording = with_subject(recording, self._options.subjects)
            self._add_data(file, cycles_of(self._with_task(recording), self._dataset(file)))
        except LocomotionError as error:
            self._fail(file, error)

    def _dataset(self, file: Path) -> str:
        """Name the dataset as the map does, else after the folder."""
        named = getattr(self._options.column_map, "dataset", "")
        return named or file.resolve().parent.name or "unnamed"

    def _with_task(self, recording: Recording) -> Recording:
        if recording.task:
            return recording
        task = self._task or DEFAULT_TASK
        who = "given" if self._task else "no file says another"
        entry = HistoryEntry("assumed", f"task = {task} ({who})")
        return replace(recording, task=task).then(entry)

    def _add_data(self, file: Path, data: LocomotionData) -> None:
        keys = set(data.key)
        if keys & self._keys:
            again = ", ".join(map(str, min(keys & self._keys)))
            error = DuplicateCycleError(
                expected="every gait cycle once",
                got=f"{again} for the second time",
                where=str(file),
                fix="give the trials different names, or leave one out",
            )
            self._fail(file, error)
            return
        self._keys |= keys
        self.pieces.append(data)

    def _fail(self, file: Path, error: LocomotionError) -> None:
        if str(file) not in error.where:
            error = error.at(str(file))
        if self._fail_fast:
            raise error
        self.failures.append((file, error))


def _angles_first(part: tuple[Path, Recording]) -> tuple[bool, bool, int]:
    _, recording = part
    angles = any("_angle_" in name for name in recording.channels)
    # C3D events and plates come before copies of them in other files.
    return not angles, not recording.events, -len(recording.markers) - len(recording.plates)


def _with_one_knee_sign(parts: list[tuple[Path, Recording]]) -> list[Recording]:
    """Turn the knee moments of OpenSim files round with the angles of the same model."""
    angles = parts[0][1]
    return [
        follow_knee_sign(angles, recording) if reader_for(file).name == "opensim" else recording
        for file, recording in parts
    ]


def _numbered(recording: Recording, number: int) -> Recording:
    if recording.trial:
        return recording
    entry = HistoryEntry("assumed", f"trial {number + 1}: the file numbers its trials by order")
    return replace(recording, trial=str(number + 1)).then(entry)
