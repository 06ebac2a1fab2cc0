"""Answering several requests at once: those that are alike are predicted together."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.production.service.jobs import Job, Reply
from locomotion_analysis.production.service.predict_request import TABLES
from locomotion_analysis.production.service.refusal import RefusedError, refusal
from locomotion_analysis.production.service.served import Description, Served
from locomotion_analysis.production.service.settings import ServiceSettings
from locomotion_analysis.production.service.worker.asked import Asked, together
from locomotion_analysis.production.service.worker.checks import checked_cycles, checked_features
from locomotion_analysis.production.service.worker.curves import curves_reply
from locomotion_analysis.production.service.worker.json_body import read_json
from locomotion_analysis.production.service.worker.rendering import as_json, prediction_reply
from locomotion_analysis.production.service.worker.table_body import read_table
from locomotion_analysis.production.service.worker.tensor_body import read_tensors, tensor_reply

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
                alike[read.alike].append((place, read))
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
            answers = self._predict(together(several), several[0].explain)
        except Exception:  # noqa: BLE001 - one of them is at fault, the others have their answer
            return apart
        ends = np.cumsum([len(asked) for asked in several])
        return [
            answers.iloc[end - len(asked) : end] for end, asked in zip(ends, several, strict=True)
        ]

    def _reply(self, asked: Asked, answers: pd.DataFrame | None, job: Job) -> Reply:
        if answers is None:
            answers = self._predict(asked.rows, asked.explain)
        if job.kind == "infer":
            return tensor_reply(answers, self.model, asked.tensors)
        return prediction_reply(asked, answers, self.model, job.request_id)

    def _predict(self, rows: pd.DataFrame | LocomotionData, explain: bool) -> pd.DataFrame:
        if isinstance(rows, LocomotionData):
            return self._served.predict_cycles(rows, explain=explain)
        return self._served.predict_features(rows, explain=explain)

    def _read_or_reply(self, job: Job) -> Asked | Reply:
        limits = self._settings
        if job.kind == "golden":
            self._served.check_example()
            return Reply(200, as_json({"ready": True}))
        if job.kind == "infer":
            frame, wanted = read_tensors(job, self.model, limits.max_rows, limits.max_values)
            checked = checked_features(frame, self._served)
            return Asked(checked.rows, checked.warnings, tensors=wanted)
        if job.media_type in TABLES:
            rows = read_table(job.body, job.media_type, limits.max_rows, limits.max_values)
        else:
            rows = read_json(job.body, limits.max_rows)
        if isinstance(rows, LocomotionData):
            if job.kind == "curves":
                return curves_reply(rows)
            return replace(checked_cycles(rows, self._served), explain=job.explain)
        if job.kind == "curves":
            raise RefusedError(422, expected="cycles", got="features, which have no curves")
        return replace(checked_features(rows, self._served), explain=job.explain)

    def _guarded(self, job: Job, call: Callable[[Job], Any]) -> Any:
        """Return what `call` returns, or the answer that says why it could not."""
        try:
            return call(job)
        except Exception as error:  # noqa: BLE001 - one request must not end the worker
            return refusal(error, job.request_id, v2=job.kind == "infer")
