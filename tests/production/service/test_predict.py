"""/v1/predict: what it takes, what it answers, what it refuses."""

import io
import json
import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.production.service.small_model import CHANNELS, FAIL

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import normative_curves

FEATURES = {"speed_m_s": 0.5, "cadence": 0.25}
P = 1.0 / (1.0 + math.exp(-0.75))


def _data(cycle, n=3):
    frame = pd.DataFrame({"subject": ["S1"] * n, "task": "level_walking", "step": range(n)})
    block = np.array([[cycle["curves"][name]] * n for name in CHANNELS])
    return LocomotionData(frame, block, CHANNELS)


def _parquet(cycle, tmp_path, layout):
    path = tmp_path / "cycles.parquet"
    _data(cycle).to_parquet(path, layout=layout)
    return path.read_bytes()


def _arrow(table):
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def test_features_get_class_probabilities_and_version(client):
    answer = client.post(
        "/v1/predict", json={"features": [FEATURES, {"cadence": 0, "speed_m_s": -1}]}
    )
    assert answer.status_code == 200
    content = answer.json()
    first, second = content["predictions"]
    assert first["prediction"] == "stroke"
    assert first["probabilities"] == pytest.approx({"healthy": 1 - P, "stroke": P})
    assert second["prediction"] == "healthy"
    assert (content["model"], content["version"]) == ("small", "1")
    assert content["request_id"] == answer.headers["x-request-id"]


def test_a_row_outside_the_training_data_carries_a_warning(client):
    answer = client.post("/v1/predict", json={"features": [{"speed_m_s": 200, "cadence": 0}]})
    assert answer.json()["predictions"][0]["warning"] == "outside the training data: far away"


def test_contributions_come_when_asked_for(client, cycle):
    asked = {"cycles": [cycle]}
    assert "contributions" not in client.post("/v1/predict", json=asked).json()["predictions"][0]
    told = client.post("/v1/predict?explain=true", json=asked).json()["predictions"][0]
    assert told["contributions"][0]["part"] == "hip"


def test_a_cycle_is_answered_with_its_key(client, cycle):
    answer = client.post("/v1/predict", json={"cycles": [cycle, {**cycle, "step": 1}]})
    assert answer.status_code == 200, answer.text
    rows = answer.json()["predictions"]
    assert [(row["subject"], row["step"]) for row in rows] == [("S1", 0), ("S1", 1)]
    mean = np.mean([cycle["curves"][name] for name in CHANNELS])
    assert rows[0]["probabilities"]["stroke"] == pytest.approx(1 / (1 + math.exp(-mean)), abs=1e-6)


@pytest.mark.parametrize("layout", ["cycle", "long"])
def test_a_parquet_file_gets_the_same_answers_as_json(client, cycle, tmp_path, layout):
    body = _parquet(cycle, tmp_path, layout)
    kind = {"Content-Type": "application/vnd.apache.parquet"}
    rows = client.post("/v1/predict", content=body, headers=kind).json()["predictions"]
    asked = {"cycles": [{**cycle, "step": step} for step in range(3)]}
    expected = client.post("/v1/predict", json=asked).json()["predictions"]
    assert [row["probabilities"] for row in rows] == [row["probabilities"] for row in expected]


def test_arrow_and_csv_are_read(client, cycle):
    long = _data(cycle).dataframe
    arrow = _arrow(pa.Table.from_pandas(long, preserve_index=False))
    for body, kind in (
        (arrow, "application/vnd.apache.arrow.stream"),
        (long.to_csv(index=False).encode(), "text/csv"),
    ):
        answer = client.post("/v1/predict", content=body, headers={"Content-Type": kind})
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["predictions"]) == 3


def test_what_was_never_measured_in_training_either_may_be_null(client):
    answer = client.post("/v1/predict", json={"features": [{"speed_m_s": 0.5, "cadence": None}]})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", "1e999", "null", '"0.3"', "true"]
)
def test_a_curve_that_is_not_finite_numbers_is_refused_by_name(client, cycle, value):
    text = json.dumps({"cycles": [cycle]}).replace(str(cycle["curves"][CHANNELS[1]][7]), value, 1)
    answer = client.post("/v1/predict", content=text, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    where = answer.json()["where"]
    assert "cycle 0" in where
    assert CHANNELS[1] in where


def test_nan_in_a_file_is_refused_by_cycle_and_channel(client, cycle, tmp_path):
    data = _data(cycle)
    block = data.block.copy()
    block[1, 2, 75] = np.nan
    LocomotionData(data.cycles, block, CHANNELS).to_parquet(tmp_path / "nan.parquet")
    answer = client.post(
        "/v1/predict",
        content=(tmp_path / "nan.parquet").read_bytes(),
        headers={"Content-Type": "application/vnd.apache.parquet"},
    )
    assert answer.status_code == 422
    assert f"cycle 2, channel {CHANNELS[1]}" in answer.json()["where"]


@pytest.mark.parametrize(
    ("asked", "where", "got"),
    [
        ({"features": [{"speed_m_s": None, "cadence": 1.0}]}, "row 0, feature speed_m_s", "nan"),
        ({"features": [{"speed_m_s": 1.0}]}, "X", "1 missing: cadence"),
        ({"features": [FEATURES, {"speed_m_s": 1.0}]}, "row 1", "others: cadence"),
        ({"features": []}, "features", "at least 1"),
        ({}, "body", "either cycles or features"),
        ({"cycles": [{"task": "run", "curves": {CHANNELS[0]: [0.0] * 150}}]}, "cycles", "knee"),
        ({"cycles": [{"task": "run", "curves": {"nonsense": [0.0] * 150}}]}, "", "nonsense"),
        ({"cycles": [{"task": "run", "curves": {CHANNELS[0]: [0.0] * 149}}]}, "cycle 0", "150"),
    ],
)
def test_what_is_wrong_is_named(client, asked, where, got):
    answer = client.post("/v1/predict", json=asked)
    assert answer.status_code == 422
    content = answer.json()
    assert where in content["where"]
    assert got in content["error"]


def _with_knee(cycle, knee, step=0):
    curves = {**cycle["curves"], CHANNELS[1]: list(knee)}
    return {**cycle, "step": step, "curves": curves}


def test_degrees_in_the_place_of_radians_are_refused(client, cycle):
    asked = _with_knee(cycle, np.degrees(cycle["curves"][CHANNELS[1]]))
    answer = client.post("/v1/predict", json={"cycles": [cycle | {"step": 1}, asked]})
    assert answer.status_code == 422
    assert "the training had -0.1 to 1.3: another unit?" in answer.json()["error"]
    assert [each["where"] for each in answer.json()["details"]] == [f"cycle 1, {CHANNELS[1]}"]


def test_the_other_sign_is_refused(client, cycle):
    knee = normative_curves("level_walking").of(CHANNELS[1])[0]
    right, turned = (_with_knee(cycle, sign * knee, step) for step, sign in enumerate((1, -1)))
    answer = client.post("/v1/predict", json={"cycles": [right, turned]})
    assert answer.status_code == 422
    assert answer.json()["where"] == f"cycle 1, {CHANNELS[1]}"
    assert "sign" in answer.json()["got"]


def test_crouch_gait_is_answered_with_its_findings(client, cycle):
    walked = simulate(3, 2, ["level_walking"], ["cerebral_palsy"], seed=4)
    knee = walked.curves(CHANNELS[1])[0] + np.radians(45)  # deeper than any rail of healthy gait
    answer = client.post("/v1/predict", json={"cycles": [_with_knee(cycle, knee.astype(float))]})
    assert answer.status_code == 200
    found = [each for each in answer.json()["quality"] if each["severity"] == "error"]
    assert [(each["cycle"], each["channel"]) for each in found] == [(0, CHANNELS[1])]
    assert "GAIT101" in found[0]["finding"]


def test_two_cycles_of_one_key_are_refused(client, cycle):
    answer = client.post("/v1/predict", json={"cycles": [cycle, cycle]})
    assert answer.status_code == 422
    assert "every gait cycle once" in answer.json()["expected"]


def test_too_many_rows_are_refused(client):
    answer = client.post("/v1/predict", json={"features": [FEATURES] * 51})
    assert answer.status_code == 413


def test_an_error_inside_tells_nothing(client):
    answer = client.post("/v1/predict", json={"features": [{"speed_m_s": FAIL, "cadence": 0}]})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


def test_curves_come_with_the_band_of_healthy_adults(client, cycle):
    content = client.post("/v1/curves", json={"cycles": [cycle]}).json()
    hip = content["tasks"][0]["channels"][0]
    assert hip["curves"][0] == pytest.approx(cycle["curves"][CHANNELS[0]], abs=1e-4)
    assert len(hip["mean"]) == len(hip["sd"]) == len(content["phase_percent"]) == 150
    assert "Schwartz" in hip["source"]


def test_the_model_says_what_it_is(client):
    assert client.get("/v1/model").json()["title"] == "Small model"


def test_curves_of_one_person_come_in_words_and_with_the_factor_they_are_shown_in(client, cycle):
    content = {"cycles": [cycle, {**cycle, "step": 1}, {**cycle, "subject": "S2"}]}
    (task,) = client.post("/v1/curves", params={"subject": "S1"}, json=content).json()["tasks"]
    assert task["cycles"] == 2
    hip = task["channels"][0]
    assert (hip["title"], hip["axis"]) == ("Hip flexion", "Angle (°)")
    assert hip["shown_factor"] == pytest.approx(180 / math.pi)
    refused = client.post("/v1/curves", params={"subject": "nobody"}, json=content)
    assert refused.status_code == 422
    assert "expected a subject of the cycles sent" in refused.json()["error"]


def test_a_table_of_features_may_name_its_people(client):
    body = "subject,group,cadence,speed_m_s\n007,stroke,100,1.0\n007,stroke,101,1.1\n8,healthy,99,2.0\n"
    told = client.post("/v1/predict", content=body, headers={"Content-Type": "text/csv"}).json()
    assert [row["subject"] for row in told["predictions"]] == ["007", "007", "8"]
    assert [(each["subject"], each["cycles"]) for each in told["people"]] == [("007", 2), ("8", 1)]
    assert "columns that the model does not use: group" in told["warnings"]
    plain = body.replace("subject", "person_in_lab")
    told = client.post("/v1/predict", content=plain, headers={"Content-Type": "text/csv"}).json()
    assert told["people"] == []
    assert any("no column subject" in text for text in told["warnings"])
    lacking = client.post(
        "/v1/predict", content="subject,cadence\nA,100\n", headers={"Content-Type": "text/csv"}
    )
    assert lacking.status_code == 422
    assert "speed_m_s" in lacking.json()["error"]
