"""The Open Inference Protocol V2, spoken by NVIDIA's own client."""

import json

import numpy as np
import pytest
from tests.production.service.small_model import END

triton = pytest.importorskip("tritonclient.http")
from tritonclient.utils import InferenceServerException  # noqa: E402

ROWS = np.array([[0.5, 0.25], [-2.0, 0.0], [1.0, np.nan]])
P = 1.0 / (1.0 + np.exp(-np.nansum(ROWS, axis=1)))


@pytest.fixture
def spoken(service):
    client = triton.InferenceServerClient(f"127.0.0.1:{service.port}")
    yield client
    client.close()


def _features(rows, *, binary, datatype="FP64"):
    tensor = triton.InferInput("features", list(rows.shape), datatype)
    dtype = np.float32 if datatype == "FP32" else np.float64
    tensor.set_data_from_numpy(rows.astype(dtype), binary_data=binary)
    return [tensor]


def test_health_and_metadata(spoken):
    assert spoken.is_server_live()
    assert spoken.is_server_ready()
    assert spoken.is_model_ready("small")
    assert spoken.is_model_ready("small", "1")
    assert spoken.get_server_metadata()["name"] == "locomotion-analysis"
    model = spoken.get_model_metadata("small")
    assert model["versions"] == ["1"]
    assert model["inputs"][0]["shape"] == [-1, 2]
    assert model["inputs"][0]["parameters"]["columns"] == ["speed_m_s", "cadence"]
    assert [output["name"] for output in model["outputs"]] == [
        "prediction",
        "probabilities",
        "outside",
    ]


@pytest.mark.parametrize("datatype", ["FP64", "FP32"])
@pytest.mark.parametrize("binary", [True, False])
def test_inference_in_json_and_in_bytes(spoken, binary, datatype):
    rows = ROWS if binary else ROWS[:2]
    wanted = [
        triton.InferRequestedOutput(name, binary_data=binary)
        for name in ("prediction", "probabilities", "outside")
    ]
    answer = spoken.infer(
        "small", _features(rows, binary=binary, datatype=datatype), outputs=wanted, request_id="q7"
    )
    assert answer.get_response()["id"] == "q7"
    assert answer.as_numpy("probabilities")[:, 1] == pytest.approx(P[: len(rows)])
    labels = [
        label.decode() if isinstance(label, bytes) else label
        for label in answer.as_numpy("prediction").tolist()
    ]
    assert labels == ["stroke", "healthy", "stroke"][: len(rows)]
    assert answer.as_numpy("outside").tolist() == [False] * len(rows)


def test_all_outputs_come_where_none_is_named(spoken):
    answer = spoken.infer("small", _features(ROWS, binary=True), model_version="1")
    assert answer.as_numpy("probabilities").shape == (3, 2)


@pytest.mark.parametrize("name", [("large", ""), ("small", "2")])
def test_another_model_or_version_is_not_there(spoken, name):
    with pytest.raises(InferenceServerException, match="only small version 1 is served") as caught:
        spoken.infer(name[0], _features(ROWS, binary=True), model_version=name[1])
    assert caught.value.status() == "404"


def test_an_infinite_value_is_refused_by_name(spoken):
    with pytest.raises(InferenceServerException, match="row 1, feature cadence") as caught:
        spoken.infer("small", _features(np.array([[1.0, 2.0], [1.0, np.inf]]), binary=True))
    assert caught.value.status() == "422"


def _asked(**changes):
    tensor = {"name": "features", "shape": [1, 2], "datatype": "FP64", "data": [0.5, 0.25]}
    return {"inputs": [{**tensor, **changes}]}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (_asked(shape=[10**12, 10**12]), "shape"),
        (_asked(shape=[10**12, 2]), "at most 50 rows"),
        (_asked(shape=[-1, 2]), "at least one row"),
        (_asked(shape=[2, 2]), "4 values, as the shape says"),
        (_asked(shape=[1] * 9), "inputs, 0, shape"),
        (_asked(datatype="FP16"), "a datatype of"),
        (_asked(data=["a", "b"]), "numbers"),
        (_asked(data=[[0.5], 0.25]), "rows of numbers"),
        (_asked(data=None, parameters={"binary_data_size": 10**15}), "16 bytes after the JSON"),
        ({**_asked(), "outputs": [{"name": "secrets"}]}, "outputs among"),
        ({"inputs": []}, "at least 1"),
    ],
)
def test_what_is_not_as_the_protocol_says_is_refused_in_its_form(client, asked, told):
    answer = client.post("/v2/models/small/infer", json=asked)
    assert answer.status_code in (400, 413, 422)
    assert list(answer.json()) == ["error"]
    assert told in answer.json()["error"]


@pytest.mark.parametrize("length", ["10000000", "-1", "1", "9" * 400, "x"])
def test_a_head_length_that_is_not_true_is_refused(client, length):
    answer = client.post(
        "/v2/models/small/infer",
        content=json.dumps(_asked()).encode(),
        headers={"Inference-Header-Content-Length": length},
    )
    assert answer.status_code in (400, 422)
    assert list(answer.json()) == ["error"]


def test_a_request_that_ends_its_worker_twice_is_given_up_and_others_go_on(client, service):
    before = service.live.pool.replaced
    answer = client.post("/v2/models/small/infer", json=_asked(data=[END, 0.0]))
    assert answer.status_code == 500
    assert "twice" in answer.json()["error"]
    assert client.post("/v2/models/small/infer", json=_asked()).status_code == 200
    assert service.live.pool.replaced == before + 2
