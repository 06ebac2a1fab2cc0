"""A service without keys: other sites' pages get nothing of it, and nobody floods it."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tests.production.service.running import Running, awaited
from tests.production.service.small_model import write_small_model

from locomotion_analysis.production.service.contract import Job
from locomotion_analysis.production.service.pool import FullError, WaitingLine

ASKED = {"features": [{"speed_m_s": 0.5, "cadence": 0.25}]}
TENSOR = {"name": "features", "shape": [1, 2], "datatype": "FP64", "data": [0.5, 0.25]}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 421),
        ("evil.example:8000", 421),
        ("127.0.0.1.evil.example", 421),
        ("192.168.0.9", 421),
        ("[::1", 421),
        ("localhost", 200),
        ("localhost:1", 200),
        ("127.9.9.9:80", 200),
        ("[::1]:8000", 200),
    ],
)
def test_only_names_of_this_machine_are_answered(client, host, status):
    answer = client.post("/v1/predict", json=ASKED, headers={"Host": host})
    assert answer.status_code == status


@pytest.mark.parametrize("path", ["/v1/predict", "/v2/models/small/infer", "/v1/curves"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:3000"])
def test_a_page_of_another_site_cannot_ask(client, path, origin):
    for kind in ("application/json", "text/plain"):
        headers = {"Origin": origin, "Content-Type": kind}
        assert client.post(path, content=json.dumps(ASKED), headers=headers).status_code == 403
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    assert client.options(path, headers=asked).status_code == 403


def test_its_own_page_can_ask(client, service):
    assert client.post("/v1/predict", json=ASKED, headers={"Origin": service.url}).is_success


def test_a_page_that_was_allowed_can_ask(tmp_path):
    write_small_model(tmp_path / "m")
    origin = "https://clinic.example"
    with Running(tmp_path / "m", cors_origins=(origin,)) as running:
        answer = httpx.post(
            f"{running.url}/v1/predict", json=ASKED, headers={"Origin": origin}, timeout=60
        )
        assert answer.headers["access-control-allow-origin"] == origin
        other = {"Origin": "https://evil.example"}
        answer = httpx.post(f"{running.url}/v1/predict", json=ASKED, headers=other, timeout=60)
        assert answer.status_code == 403


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_json_needs_its_content_type(client, kind):
    headers = {} if kind is None else {"Content-Type": kind}
    assert client.post("/v1/predict", content=json.dumps(ASKED), headers=headers).status_code == 415
    if kind is not None:
        path, body = "/v2/models/small/infer", json.dumps({"inputs": [TENSOR]})
        assert client.post(path, content=body, headers=headers).status_code == 415


@pytest.mark.parametrize("number", ["1e308", "-1e308", "1e39", "9" * 400, "-" + "9" * 400, "1e999"])
def test_a_number_that_no_model_can_hold_is_the_callers_fault(client, cycle, number):
    kind = {"Content-Type": "application/json"}
    feature = f'{{"features": [{{"speed_m_s": {number}, "cadence": 0}}]}}'
    tensor = json.dumps({"inputs": [{**TENSOR, "data": ["X", 0.5]}]}).replace('"X"', number)
    column = json.dumps({"cycles": [{**cycle, "columns": {"mass_kg": "X"}}]}).replace('"X"', number)
    other = json.dumps({"cycles": [{**cycle, "columns": {"own": "X"}}]}).replace('"X"', number)
    curve = json.dumps({"cycles": [cycle]}).replace('_ipsi_rad": [', f'_ipsi_rad": [{number}, ', 1)
    for path, body in (
        ("/v1/predict", feature),
        ("/v2/models/small/infer", tensor),
        ("/v1/predict", column),
        ("/v1/predict", curve),
    ):
        answer = client.post(path, content=body, headers=kind)
        assert 400 <= answer.status_code < 500, (path, body[:60], answer.text)
    assert client.post("/v1/predict", content=other, headers=kind).status_code < 500


@pytest.mark.parametrize("value", [0.5, 2**63, -(2**70), 1e300])
def test_a_whole_number_is_whole_and_fits(client, value):
    asked = {"inputs": [{**TENSOR, "datatype": "INT64", "data": [value, 1]}]}
    answer = client.post("/v2/models/small/infer", json=asked)
    assert answer.status_code == 422
    assert "INT64" in answer.json()["error"]


@pytest.mark.parametrize(
    ("column", "value"),
    [("mass_kg", -1), ("height_m", 170), ("cycle_duration_s", 0), ("age", -3), ("speed_m_s", 99)],
)
def test_metadata_that_nobody_has_are_refused_by_name(client, cycle, column, value):
    asked = {"cycles": [{**cycle, "columns": {column: value}}]}
    answer = client.post("/v1/predict", json=asked)
    assert answer.status_code == 422
    assert column in answer.json()["where"]
    assert f"{value}" in answer.json()["got"]


def test_asking_whether_it_is_ready_costs_the_workers_one_answer_a_second(client, service):
    pool = service.live.pool
    client.get("/v2/health/ready")
    before, start = pool.batched, time.monotonic()
    with ThreadPoolExecutor(8) as clients:
        asked = [clients.submit(client.get, "/v2/health/ready") for _ in range(100)]
        assert {each.result().status_code for each in asked} == {200}
    assert pool.batched - before <= time.monotonic() - start + 1


def _client(url):
    return httpx.Client(base_url=url, timeout=60)


def test_a_flood_of_questions_is_told_to_wait_and_requests_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr("locomotion_analysis.production.service.app._READY_PER_MINUTE", 60)
    write_small_model(tmp_path / "m")
    with Running(tmp_path / "m") as running, _client(running.url) as client:
        answers = [client.get("/v2/health/ready") for _ in range(100)]
        refused = [each for each in answers if each.status_code == 429]
        assert refused
        assert int(refused[0].headers["retry-after"]) >= 1
        assert client.post("/v1/predict", json=ASKED).status_code == 200


def test_whether_it_is_ready_waits_in_the_line_with_all_others():
    async def kinds():
        line = WaitingLine(most=3)
        for kind in ("predict", "infer", "golden"):
            await line.add(Job(kind))
        with pytest.raises(FullError):
            await line.add(Job("golden"))
        return [ticket.job.kind for ticket in await line.take()]

    assert awaited(kinds()) == ["predict", "infer", "golden"]
