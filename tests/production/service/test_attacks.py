"""What is sent to do harm is refused, and the service goes on."""

import contextlib
import io
import socket
import time

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.production.service.running import Running
from tests.production.service.small_model import write_small_model

from locomotion_analysis.production.service import KeyFile, middleware

JSON = "application/json"
PARQUET = "application/vnd.apache.parquet"


def _bomb():
    """Return 30 kB that unpack to 200 million numbers."""
    one = pa.array([0.0] * 10_000_000)
    sink = io.BytesIO()
    table = pa.table({f"f{number}": one for number in range(20)})
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _arrow_bomb():
    """Return a stream whose compressed buffers claim more than is sent."""
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    table = pa.table({"speed_m_s": pa.array([0.0] * 4_000_000)})
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", JSON, 400),
        (b"{", JSON, 400),
        (b"\xff\xfe{}", JSON, 400),
        (b"[" * 200_000, JSON, 400),
        (b'{"features":' * 50_000, JSON, 400),
        (b'{"cycles": [{"curves": ' + b"[" * 5_000 + b"]" * 5_000 + b"}]}", JSON, 400),
        (b'{"features": [{"' + b"a" * 500_000 + b'": 1}]}', JSON, 422),
        (b'{"features": [{"speed_m_s": 1' + b"0" * 100_000 + b"}]}", JSON, 400),
        (b"PAR1" + b"\xff" * 1_000 + b"PAR1", PARQUET, 400),
        (b"not parquet", PARQUET, 400),
        (b"\xff\xff\xff\xff\xff\xff\xff\x7f" * 10, "application/vnd.apache.arrow.stream", 400),
        (b"ARROW1\x00\x00" + b"\xff" * 64 + b"ARROW1", "application/vnd.apache.arrow.file", 400),
        (b"a,b\n1\n1,2,3\n", "text/csv", 400),
        (b"gASVCgAAAAAAAACMBHRlc3SULg==", "application/octet-stream", 415),
        (b"cos\nsystem\n(S'true'\ntR.", "application/python-pickle", 415),
    ],
)
def test_a_bad_body_is_refused(client, body, kind, status):
    answer = client.post("/v1/predict", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
    assert "Traceback" not in answer.text
    assert set(answer.json()) >= {"error", "expected", "got", "request_id"}


@pytest.mark.parametrize(
    ("bomb", "kind"),
    [(_bomb, PARQUET), (_arrow_bomb, "application/vnd.apache.arrow.stream")],
)
def test_a_small_file_that_unpacks_to_a_large_one_is_refused(client, service, bomb, kind):
    body = bomb()
    assert len(body) < service.settings.max_body_bytes
    answer = client.post("/v1/predict", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 413
    assert "at most 100000 values" in answer.json()["expected"]


def test_a_body_that_is_too_large_is_refused_announced_or_not(client, service):
    most = service.settings.max_body_bytes
    own = {"Content-Type": JSON}
    announced = client.post("/v1/predict", content=b" " * (most + 1), headers=own)
    assert announced.status_code == 413

    def chunks():
        for _ in range(most // 65_536 + 2):
            yield b" " * 65_536

    assert client.post("/v1/predict", content=chunks(), headers=own).status_code == 413


def _raw(port, sent, wait=60):
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as spoken:
        spoken.sendall(sent)
        got = b""
        while piece := spoken.recv(65_536):
            got += piece
        return got


def test_a_body_that_announces_more_than_any_number_is_refused(service):
    head = b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: "
    assert b" 4" in _raw(service.port, head + b"9" * 30 + b"\r\n\r\n").split(b"\r\n")[0]


def test_a_head_without_end_is_refused(service):
    sent = b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 200_000
    with contextlib.suppress(ConnectionResetError):  # closed while we still sent: as good
        assert _raw(service.port, sent).split(b"\r\n")[0].endswith(b"400 Bad Request")


@pytest.mark.parametrize(
    "path", ["/../../etc/passwd", "/page.js/..%2f..%2fkeys.json", "/v1/", "/docs/../keys.json"]
)
def test_a_path_that_is_not_there_tells_nothing(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert set(answer.json()) >= {"error", "request_id"}


def test_a_request_id_that_would_forge_a_log_line_is_replaced(client):
    answer = client.get("/v2/health/live", headers={"X-Request-ID": 'a", "level": "error'})
    assert answer.headers["x-request-id"].isalnum()
    kept = client.get("/v2/health/live", headers={"X-Request-ID": "visit-7"})
    assert kept.headers["x-request-id"] == "visit-7"


def test_pages_of_other_sites_may_not_read_answers(client):
    answer = client.get("/v2/health/live", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """A service with keys, a low rate and little patience."""
    folder = tmp_path_factory.mktemp("locked")
    write_small_model(folder / "small.bundle")
    keys = KeyFile(folder / "keys.json")
    good, other = keys.add("clinic"), keys.add("other")
    patience = pytest.MonkeyPatch()
    patience.setattr(middleware, "HEAD_TIMEOUT_S", 1.5)
    settings = {"keys": keys.path, "requests_per_minute": 20, "body_timeout_s": 1.5}
    with Running(folder / "small.bundle", **settings) as running:
        running.good, running.other, running.keys = good, other, keys
        yield running
    patience.undo()


ASKED = {"features": [{"speed_m_s": 0.5, "cadence": 0.25}]}


def test_a_key_that_is_missing_wrong_or_revoked_is_refused_before_the_body_is_read(locked):
    def status(key):
        headers = {} if key is None else {"X-API-Key": key}
        return httpx.post(
            f"{locked.url}/v1/predict", json=ASKED, headers=headers, timeout=60
        ).status_code

    assert status(None) == 401
    assert status(locked.good + "x") == 401
    assert status("clinic") == 401
    assert status("é".encode("latin-1")) == 401
    assert status(locked.other) == 200
    locked.keys.revoke("other")
    assert status(locked.other) == 401
    refused = httpx.get(f"{locked.url}/v1/model", timeout=60)
    assert refused.status_code == 401
    assert "an API key of this service (header X-API-Key)" in refused.json()["error"]
    assert httpx.get(f"{locked.url}/v2/health/live", timeout=60).status_code == 200


def test_more_requests_than_allowed_wait(locked):
    key = {"X-API-Key": locked.good}
    with httpx.Client(base_url=locked.url, headers=key, timeout=60) as client:
        answers = [client.post("/v1/predict", json=ASKED) for _ in range(25)]
    assert [answer.status_code for answer in answers[:15]] == [200] * 15
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1


@pytest.mark.slow
def test_a_client_that_sends_slowly_is_let_go(locked):
    key = locked.keys.add("slow")
    start = time.monotonic()
    assert _raw(locked.port, b"") == b""
    assert _raw(locked.port, b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ") == b""
    head = (
        "POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"X-API-Key: {key}\r\nContent-Length: 100\r\n\r\n"
    )
    got = _raw(locked.port, head.encode() + b"{")
    assert got.split(b"\r\n")[0].endswith(b"408 Request Timeout")
    assert time.monotonic() - start < 45  # three times the usual 20 s were more
