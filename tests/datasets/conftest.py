"""Small datasets on disk, odd cycles, and a web server that behaves well, or badly in one way."""

import contextlib
import re
import shutil
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.datasets import build_dataset, download
from locomotion_analysis.datasets.download import (
    CatalogEntry,
    ConversionNote,
    RemoteFile,
    cache_folder,
)
from locomotion_analysis.simulation import simulate


@pytest.fixture(scope="session")
def walk():
    """Fifteen simulated subjects in two tasks, two cycles each."""
    return simulate(n_subjects=15, n_cycles=2, tasks=["level_walking", "stair_ascent"])


@pytest.fixture(scope="session")
def classification(walk, tmp_path_factory):
    """The classification dataset of these subjects."""
    folder = tmp_path_factory.mktemp("datasets") / "classification"
    return build_dataset("classification", folder, source=walk)


@pytest.fixture(scope="session")
def clustering(walk, tmp_path_factory):
    """The clustering dataset of these subjects."""
    folder = tmp_path_factory.mktemp("datasets") / "clustering"
    return build_dataset("clustering", folder, source=walk)


@pytest.fixture
def copied(classification, tmp_path):
    """A copy of the classification folder that a test may damage."""
    return shutil.copytree(classification.path, tmp_path / "copy")


@pytest.fixture(scope="session")
def odd():
    """Six subjects with columns of every kind, gaps in them and curves that were not measured."""
    data = simulate(n_subjects=6, n_cycles=2, tasks=["level_walking", "stair_ascent"])
    n = len(data)
    every_third = np.arange(n) % 3 == 0
    cycles = data.cycles.assign(
        note=np.where(every_third, None, 'Übung, "2"').astype(object),
        treated=pd.Series(np.where(every_third, None, np.arange(n) % 2 == 0), dtype=object),
        trial=pd.array(np.where(every_third, None, np.arange(n)), dtype="Int64"),
        visit=pd.Timestamp("2024-05-06"),
        site=pd.Categorical(np.where(np.arange(n) % 2, "east", "west")),
        empty=None,
    )
    block = data.block.copy()
    block[0, :5] = np.nan
    block[1, 7, 40:50] = np.nan
    return LocomotionData(cycles, block, data.channels, data.history)


@dataclass
class Resource:
    """What the server has at one path, and how it serves it.

    `cut` is the number of answers that end half-way; `stall` sends half and then nothing.
    """

    body: bytes
    kind: str = "application/octet-stream"
    status: int = 200
    etag: str | None = '"first"'
    ranges: bool = True
    length: bool = True
    cut: int = 0
    stall: bool = False
    redirect: str | None = None


@dataclass
class Site:
    address: str = ""
    resources: dict[str, Resource] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def put(self, path: str, body: bytes, **how) -> str:
        self.resources[path] = Resource(body, **how)
        return f"{self.address}{path}"

    def ranges_asked(self, path: str) -> list[str | None]:
        return [asked for place, asked in self.asked if place == path]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        site = self.server.site
        wanted = self.headers.get("Range")
        site.asked.append((self.path, wanted))
        resource = site.resources.get(self.path)
        if resource is None:
            self.send_error(404)
            return
        if resource.redirect is not None:
            self.send_response(302)
            self.send_header("Location", resource.redirect)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        with contextlib.suppress(ConnectionError):
            self._send(resource, wanted)

    def _send(self, resource, wanted):
        body, start = resource.body, 0
        same = self.headers.get("If-Range") in {None, resource.etag}
        if wanted and resource.ranges and same:
            start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1])
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(resource.status)
        rest = body[start:]
        self.send_header("Content-Type", resource.kind)
        if resource.length:
            self.send_header("Content-Length", str(len(rest)))
        if resource.etag:
            self.send_header("ETag", resource.etag)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        if resource.cut > 0:
            resource.cut -= 1
            rest = rest[: len(rest) // 2]
        elif resource.stall:
            self.wfile.write(rest[: len(rest) // 2])
            self.wfile.flush()
            self.server.site.done.wait(10)
            return
        self.wfile.write(rest)

    def log_message(self, *_):
        pass


@pytest.fixture
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.site = Site(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.site
    server.site.done.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Every test has a cache of its own."""
    monkeypatch.setenv("LOCOMOTION_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return cache_folder()


@pytest.fixture
def impatient(monkeypatch):
    """A server counts as stalled after half a second."""
    monkeypatch.setattr(download, "TIMEOUT_S", 0.5)


@pytest.fixture
def dataset():
    """Make a catalogue entry of the given files and lists."""

    def make(*files: RemoteFile, listings=(), checked=True, name="walks") -> CatalogEntry:
        return CatalogEntry(
            name=name,
            title="Walks",
            subjects=2,
            doi="10.1234/walks",
            licence="CC-BY-4.0",
            citation="Nobody (2026). Walks.",
            page="https://example.org/walks",
            size_mb=None,
            conversion=ConversionNote(possible=False, how="made up"),
            checked=checked,
            evidence="made up",
            files=files,
            listings=listings,
        )

    return make
