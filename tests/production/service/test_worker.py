"""Requests answered together get what they would get alone."""

import json

import numpy as np
import pandas as pd
import pytest
from tests.production.service.small_model import FAIL, SmallModel

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.production.service import ServiceSettings
from locomotion_analysis.production.service.contract import Job
from locomotion_analysis.production.service.worker import Answering


class Counting(SmallModel):
    """Notes how many rows come at a time, and whose strides stand together."""

    def __init__(self):
        super().__init__(0.0, "1", golden=True)
        self.calls, self.subjects = [], []

    def predict_features(self, X, *, explain, tokens=()):
        self.calls.append(len(X))
        return super().predict_features(X, explain=explain)

    def predict_cycles(self, data, *, explain, tokens=()):
        assert isinstance(data, LocomotionData)
        self.calls.append(len(data))
        self.subjects.append(data.cycles.groupby(["dataset", "subject"]).ngroups)
        return super().predict_cycles(data, explain=explain)


def _features(*rows, **job):
    asked = {"features": [{"speed_m_s": a, "cadence": b} for a, b in rows]}
    return Job("predict", json.dumps(asked).encode(), **job)


def _cycles(cycle, scale, **columns):
    curves = {name: (np.array(values) * scale).tolist() for name, values in cycle["curves"].items()}
    asked = {"cycles": [{**cycle, "curves": curves, "columns": columns}]}
    return Job("predict", json.dumps(asked).encode())


def test_requests_that_are_alike_are_predicted_in_one_go(cycle):
    model = Counting()
    answering = Answering(model, ServiceSettings())
    jobs = [
        _features((1.0, 2.0)),
        _cycles(cycle, 1.0, age=40.0),
        _features((3.0, None), (4.0, 5.0)),
        _cycles(cycle, 0.9, age=50.0),
        _cycles(cycle, 0.8),
        _features((1.0, 1.0), explain=True),
    ]
    together = answering.answer(jobs)
    # Features; features with contributions; cycles with an age; the cycle without.
    assert sorted(model.calls) == [1, 1, 2, 3]
    assert model.subjects == [2, 1]  # one subject's name in two requests is two people
    alone = [Answering(Counting(), ServiceSettings()).answer([job])[0] for job in jobs]
    assert [reply.body for reply in together] == [reply.body for reply in alone]


def test_one_that_fails_takes_no_other_with_it():
    jobs = [
        _features((1.0, 2.0)),
        _features((FAIL, 0.0)),
        Job("predict", b"{"),
        _features((2.0, 0.0)),
    ]
    replies = Answering(Counting(), ServiceSettings()).answer(jobs)
    assert [reply.status for reply in replies] == [200, 500, 400, 200]
    assert b"secret" not in replies[1].body


@pytest.mark.parametrize("kind", ["predict", "infer"])
def test_what_fails_on_our_side_is_no_fault_of_the_caller(kind, caplog):
    class Recording(Counting):
        error = FileReadError(expected="a database", got="disk full", where="/srv/secret.sqlite")

        def predict_features(self, X, *, explain, tokens=()):
            self.calls.append(len(X))
            raise self.error

    tensor = {"name": "features", "shape": [1, 2], "datatype": "FP64", "data": [1.0, 2.0]}
    asked = Job("infer", json.dumps({"inputs": [tensor]}).encode())
    job = asked if kind == "infer" else _features((1.0, 2.0))
    model = Recording()
    (reply,) = Answering(model, ServiceSettings()).answer([job])
    assert reply.status == 500
    assert b"secret" not in reply.body
    assert b"disk" not in reply.body
    assert "got: disk full; where: /srv/secret.sqlite" in caplog.text
    assert model.calls == [1]
    model.error = SchemaError(expected="a feature", got="none", where="X")
    (reply,) = Answering(model, ServiceSettings()).answer([job])
    assert reply.status == 422
    assert b"a feature" in reply.body


def test_a_model_of_pairs_answers_each_request_by_itself(cycle):
    class Paired(Counting):
        paired = True

        def predict_cycles(self, data, *, explain, tokens=()):
            answers = super().predict_cycles(data, explain=explain).iloc[::2]
            answers.index = pd.Index([f"leg {len(data)}"] * len(answers), name="leg")
            return answers

    asked = json.dumps({"cycles": [cycle, {**cycle, "step": 1}]}).encode()
    model = Paired()
    replies = Answering(model, ServiceSettings()).answer([Job("predict", asked)] * 2)
    assert model.calls == [2, 2]  # a recorded answer stands once in the store
    for reply in replies:
        (row,) = json.loads(reply.body)["predictions"]
        assert row["leg"] == "leg 2"


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_number_goes_out_as_null(number):
    class Odd(Counting):
        def predict_features(self, X, *, explain, tokens=()):
            return super().predict_features(X, explain=explain).assign(low=number)

    (reply,) = Answering(Odd(), ServiceSettings()).answer([_features((1.0, 2.0))])
    assert json.loads(reply.body)["predictions"][0]["low"] is None
