"""Answering several requests at once: those that are alike are predicted together."""

import logging
from collections import defaultdict
from dataclasses import replace
from typing import Any

import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionError
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

_logger = logging.getLogger(__name__)

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
            replies.update(self._answer_alike(jobs, todo))
        return [replies[place] for place in range(len(jobs))]

    def _answer_alike(self, jobs: list[Job], todo: Todo) -> dict[int, Reply]:
        try:
            rows = together([asked for _, asked in todo])
            answers = self._predict(rows, todo[0][1].explain)
        except Exception:  # noqa: BLE001 - handled below, one by one
            if len(todo) == 1:
                place, asked = todo[0]
                job = jobs[place]
                return {place: self._guarded(job, lambda _: self._alone(job, asked))}
            # One of them is at fault: each for itself, so that the others have their answer.
            return self._each_alone(jobs, todo)
        one_each = len(answers) == len(rows)
        if not one_each and len(todo) > 1:
            # A model of pairs answers a leg, not a cycle: whose answer is whose is not known.
            return self._each_alone(jobs, todo)
        replies, start = {}, 0
        for place, asked in todo:
            own = answers.iloc[start : start + len(asked)] if one_each else answers
            start += len(asked)
            replies[place] = self._rendered(jobs[place], asked, own)
        return replies

    def _each_alone(self, jobs: list[Job], todo: Todo) -> dict[int, Reply]:
        return {
            place: reply
            for each in todo
            for place, reply in self._answer_alike(jobs, [each]).items()
        }

    def _alone(self, job: Job, asked: Asked) -> Reply:
        return self._rendered(job, asked, self._predict(asked.rows, asked.explain))

    def _predict(self, rows: pd.DataFrame | LocomotionData, explain: bool) -> pd.DataFrame:
        if isinstance(rows, LocomotionData):
            return self._served.predict_cycles(rows, explain=explain)
        return self._served.predict_features(rows, explain=explain)

    def _rendered(self, job: Job, asked: Asked, answers: pd.DataFrame) -> Reply:
        if job.kind == "infer":
            return tensor_reply(answers, self.model, asked.tensors)
        return prediction_reply(asked, answers, self.model, job.request_id)

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

    def _guarded(self, job: Job, call: Any) -> Any:
        """Return what `call` returns, or the answer that says why it could not."""
        try:
            return call(job)
        except LocomotionError as error:
            return refusal(error, job.request_id, v2=job.kind == "infer")
        except Exception as error:  # noqa: BLE001 - one request must not end the worker
            # What went wrong may hold values of a person: the kind and the place are enough.
            place = error.__traceback__
            while place is not None and place.tb_next is not None:
                place = place.tb_next
            at = f"{place.tb_frame.f_code.co_qualname}:{place.tb_lineno}" if place else ""
            _logger.error(  # noqa: TRY400 - as above
                "prediction failed: %s in %s", type(error).__name__, at
            )
            failed = RefusedError(500, expected="an answer", got="an error inside the service")
            return refusal(failed, job.request_id, v2=job.kind == "infer")
