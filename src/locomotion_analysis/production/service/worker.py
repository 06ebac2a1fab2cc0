"""What happens in a worker process: requests are read, checked, predicted and answered.

A bundle as the service sees it, and the answers to several requests at once. Workers are copied
from a process that has imported this module: all that takes seconds is imported here, and the
process that speaks HTTP imports nothing of it.
"""

import contextlib
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import BundleError, MissingExtraError
from locomotion_analysis.models import PredictionSchema
from locomotion_analysis.models.supervised.saving import skops_io
from locomotion_analysis.production.bundle import Bundle
from locomotion_analysis.production.bundle.manifest import ChannelRange
from locomotion_analysis.production.bundle.reference import channel_ranges, largest_difference
from locomotion_analysis.production.service.bodies import (
    Asked,
    as_json,
    checked_cycles,
    checked_features,
    features_by_subject,
    prediction_reply,
    read_json,
    read_table,
    read_tensors,
    tensor_reply,
    together,
)
from locomotion_analysis.production.service.contract import (
    OCTETS,
    TABLES,
    Description,
    Job,
    RefusedError,
    Reply,
    Served,
    ServiceSettings,
    refusal,
)
from locomotion_analysis.production.service.recordings import read_recording
from locomotion_analysis.reporting.names import channel_axis, channel_title, shown_unit
from locomotion_analysis.standard import PHASE_PERCENT, TASKS, Channel, normative_curves

with contextlib.suppress(MissingExtraError):  # a network needs no skops
    skops_io()


@dataclass(frozen=True)
class ServedBundle:
    """A bundle that answers requests.

    Attributes
    ----------
    bundle : Bundle
    """

    bundle: Bundle

    @property
    def schema(self) -> PredictionSchema:
        """Features and classes."""
        return self.bundle.schema

    @property
    def paired(self) -> bool:
        """Whether an answer is of a leg before and after treatment, and not of a cycle."""
        return self.bundle.manifest.inputs.paired

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Channels without which a feature would be missing that training always had."""
        return tuple(each.name for each in self.bundle.channels if each.needed)

    @cached_property
    def trained_ranges(self) -> Mapping[str, ChannelRange]:
        """The range of each channel among the training people."""
        # Bundles written before there were ranges hold the cycles that they are counted from.
        return self.bundle.manifest.ranges or channel_ranges(self.bundle.reference.cycles)

    def describe(self) -> dict[str, Any]:
        """Return name, version, inputs, scores, intended use and limits."""
        manifest = self.bundle.manifest
        told = asdict(manifest)
        kept = ("problem", "model", "kind", "target", "target_unit", "classes", "metrics",
                "conformal", "intended_use", "limits", "training")  # fmt: skip
        return {
            "name": re.sub(r"[^a-z0-9]+", "-", manifest.name.lower()).strip("-") or "model",
            "version": self.bundle.version,
            "title": manifest.name,
            **{name: told[name] for name in kept},
            "channels": told["inputs"]["channels"],
            "columns": told["inputs"]["columns"],
            "features": list(self.schema.names),
            "phase_points": manifest.inputs.phase_points,
            "card": self.bundle.card,
        }

    def predict_features(
        self, X: pd.DataFrame, *, explain: bool, tokens: Sequence[str] = ()
    ) -> pd.DataFrame:
        """Predict from features."""
        del tokens  # nothing is kept
        return self.bundle.predict_features(X, explain=explain)

    def predict_cycles(
        self, data: LocomotionData, *, explain: bool, tokens: Sequence[str] = ()
    ) -> pd.DataFrame:
        """Predict from cycles."""
        del tokens  # nothing is kept
        return self.bundle.predict_cycles(data, explain=explain)

    def check_golden(self) -> None:
        """Raise unless the golden examples give their answers."""
        self.bundle.check_golden()

    def check_example(self) -> None:
        """Raise unless the first golden row gives its answer."""
        golden = self.bundle.golden
        found = self.bundle.predict_features(golden.features.head(1))
        if not largest_difference(golden.answers.head(1), found) <= self.bundle.golden_tolerance:
            raise BundleError(expected="the golden answer", got="another one", where="golden row 0")


Todo = list[tuple[int, Asked]]


class Answering:
    """Answers requests with one model.

    Parameters
    ----------
    served : Served
        The model.
    settings : ServiceSettings
        The limits.
    """

    def __init__(self, served: Served, settings: ServiceSettings) -> None:
        self._served = served
        self._settings = settings
        self.model = Description.of(served)

    def answer(self, jobs: list[Job]) -> list[Reply]:
        """Answer each request as if it had come alone."""
        replies: dict[int, Reply] = {}
        alike: defaultdict[Any, Todo] = defaultdict(list)
        for place, job in enumerate(jobs):
            read = self._guarded(job, self._read_or_reply)
            if isinstance(read, Reply):
                replies[place] = read
            else:
                alike[read.alike].append((place, replace(read, token=job.token)))
        for todo in alike.values():
            for (place, asked), own in zip(todo, self._together(todo), strict=True):
                replies[place] = self._guarded(jobs[place], partial(self._reply, asked, own))
        return [replies[place] for place in range(len(jobs))]

    def _together(self, todo: Todo) -> list[pd.DataFrame | None]:
        """Return the answers of requests predicted together; None where each goes by itself."""
        several = [asked for _, asked in todo]
        apart: list[pd.DataFrame | None] = [None] * len(several)
        # A model of pairs answers a leg, not a cycle: whose answer is whose would not be known.
        if len(several) == 1 or self._served.paired:
            return apart
        try:
            tokens = [asked.token for asked in several for _ in range(len(asked))]
            answers = self._predict(together(several), several[0].explain, tokens)
        except Exception:  # noqa: BLE001 - one of them is at fault, the others have their answer
            return apart
        ends = np.cumsum([len(asked) for asked in several])
        return [
            answers.iloc[end - len(asked) : end] for end, asked in zip(ends, several, strict=True)
        ]

    def _reply(self, asked: Asked, answers: pd.DataFrame | None, job: Job) -> Reply:
        if answers is None:
            answers = self._predict(asked.rows, asked.explain, [asked.token] * len(asked))
        if job.kind == "infer":
            return tensor_reply(answers, self.model, asked.tensors)
        return prediction_reply(asked, answers, self.model, job.request_id)

    def _predict(
        self, rows: pd.DataFrame | LocomotionData, explain: bool, tokens: list[str]
    ) -> pd.DataFrame:
        if isinstance(rows, LocomotionData):
            return self._served.predict_cycles(rows, explain=explain, tokens=tokens)
        return self._served.predict_features(rows, explain=explain, tokens=tokens)

    def _read_or_reply(self, job: Job) -> Asked | Reply:
        limits = self._settings
        if job.kind == "golden":
            self._served.check_example()
            return Reply(200, as_json({"ready": True}))
        if job.kind == "infer":
            frame, wanted = read_tensors(job, self.model, limits.max_rows, limits.max_values)
            checked = checked_features(frame, self._served)
            return Asked(checked.rows, checked.warnings, tensors=wanted)
        rows: pd.DataFrame | LocomotionData
        if job.media_type == OCTETS:
            rows = read_recording(job.body, job.file, self._served, limits.max_rows)
        elif job.media_type in TABLES:
            rows = read_table(job.body, job.media_type, limits.max_rows, limits.max_values)
        else:
            rows = read_json(job.body, limits.max_rows)
        if isinstance(rows, LocomotionData):
            if job.kind == "curves":
                return curves_reply(_of_person(rows, job.subject))
            return replace(checked_cycles(rows, self._served), explain=job.explain)
        if job.kind == "curves":
            raise RefusedError(422, expected="cycles", got="features, which have no curves")
        told: list[str] = []
        if job.media_type in TABLES:
            rows, told = features_by_subject(rows, self._served.schema.names)
        checked = checked_features(rows, self._served)
        return replace(checked, explain=job.explain, warnings=[*checked.warnings, *told])

    def _guarded(self, job: Job, call: Callable[[Job], Any]) -> Any:
        """Return what `call` returns, or the answer that says why it could not."""
        try:
            return call(job)
        except Exception as error:  # noqa: BLE001 - one request must not end the worker
            return refusal(error, job.request_id, v2=job.kind == "infer")


def _of_person(data: LocomotionData, subject: str | None) -> LocomotionData:
    if subject is None:
        return data
    own = np.flatnonzero(data.groups.astype(str) == subject)
    if not len(own):
        raise RefusedError(422, expected="a subject of the cycles sent", got=subject[:100])
    return data.take(own)


_MOST_CYCLES = 24
_MOST_CHANNELS = 40
_DIGITS = 5


def curves_reply(data: LocomotionData) -> Reply:
    """Return the first cycles of each task, and mean and standard deviation of healthy adults.

    Values are in the unit of the channel; ``shown_factor`` brings them into that of ``axis``,
    which is degrees for radians.
    """
    cycles = data.cycles
    tasks = []
    for task in cycles["task"].unique():
        rows = np.flatnonzero(cycles["task"] == task)
        tasks.append(
            {
                "task": task,
                "cycles": len(rows),
                "shown": min(len(rows), _MOST_CYCLES),
                "channels": _channels(data, task, rows[:_MOST_CYCLES]),
            }
        )
    content = {"phase_percent": PHASE_PERCENT.round(3), "tasks": tasks}
    return Reply(200, as_json(content), rows=len(data))


def _channels(data: LocomotionData, task: str, rows: np.ndarray) -> list[dict[str, Any]]:
    normative = normative_curves(task) if task in TASKS else None
    shown = []
    for name in data.channels[:_MOST_CHANNELS]:
        band = normative.of(name) if normative else None
        shown.append(
            {
                "name": name,
                "unit": Channel.parse(name).unit,
                "title": channel_title(name),
                "axis": channel_axis(name),
                "shown_factor": shown_unit(name)[1],
                "curves": data.curves(name)[rows].astype(float).round(_DIGITS),
                "mean": None if band is None else band[0].round(_DIGITS),
                "sd": None if band is None else band[1].round(_DIGITS),
                "source": normative.source if normative and band is not None else None,
            }
        )
    return shown
