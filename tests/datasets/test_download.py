"""Downloads from servers that behave, and from servers that do not."""

import hashlib
import json
import shutil
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from locomotion_analysis.datasets.catalog import fetch, fetch_entry
from locomotion_analysis.datasets.download import Listing, RemoteFile
from locomotion_analysis.errors import DownloadError, LocomotionWarning, SchemaError

BODY = bytes(range(256)) * 2000  # 512 kB
HALF = len(BODY) // 2


def _sha256(body):
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def _md5(body):
    return f"md5:{hashlib.md5(body, usedforsecurity=False).hexdigest()}"


def _published(url, *mirrors, body=BODY, name="walk.bin"):
    return RemoteFile(name, (url, *mirrors), len(body), _sha256(body))


def _files_in(folder):
    kept = {"ledger.json", ".lock"}
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.name not in kept
    }


def _ledger(cache):
    return json.loads((cache / "datasets" / "walks" / "ledger.json").read_text())


def test_a_file_arrives_whole_and_a_second_time_without_the_server(site, dataset):
    url = site.put("/walk.bin", BODY)
    entry = dataset(_published(url))
    (path,) = fetch_entry(entry)
    assert path.read_bytes() == BODY
    assert fetch_entry(entry) == [path]
    assert fetch_entry(entry, offline=True) == [path]
    assert len(site.asked) == 1


def test_progress_counts_the_bytes_up_to_the_whole_file(site, dataset):
    seen = []
    entry = dataset(_published(site.put("/walk.bin", BODY)))
    fetch_entry(entry, progress=lambda *step: seen.append(step))
    assert [here for _, here, _ in seen] == sorted(here for _, here, _ in seen)
    assert seen[-1] == ("walk.bin", len(BODY), len(BODY))


def test_redirects_are_followed(site, dataset):
    target = site.put("/store/1", BODY)
    url = site.put("/walk.bin", b"", redirect=target)
    (path,) = fetch_entry(dataset(_published(url)))
    assert path.read_bytes() == BODY


def test_a_download_cut_off_half_way_goes_on_where_it_was(site, dataset):
    url = site.put("/walk.bin", BODY, cut=2)
    (path,) = fetch_entry(dataset(_published(url)))
    assert path.read_bytes() == BODY
    first, second, third = site.ranges_asked("/walk.bin")
    assert first is None
    starts = [int(asked.removeprefix("bytes=").rstrip("-")) for asked in (second, third)]
    assert 0 < starts[0] <= HALF < starts[1] + 2 * 65536
    assert starts[0] < starts[1]


@pytest.mark.usefixtures("impatient")
def test_a_stalled_server_is_an_error_and_a_later_call_goes_on(site, dataset, cache):
    url = site.put("/walk.bin", BODY, stall=True, ranges=False)
    entry = dataset(_published(url))
    with pytest.raises(DownloadError, match=r"stalled: no byte for 0\.5 s"):
        fetch_entry(entry)
    folder = cache / "datasets" / "walks"
    assert not (folder / "files").exists()
    here = (folder / "partial" / "files" / "walk.bin").stat().st_size
    assert 0 < here <= HALF
    site.put("/walk.bin", BODY)
    (path,) = fetch_entry(entry)
    assert path.read_bytes() == BODY
    assert site.ranges_asked("/walk.bin")[-1] == f"bytes={here}-"
    assert _files_in(folder) == {"files/walk.bin"}


def test_without_ranges_a_cut_download_starts_anew_and_gives_up_where_nothing_is_gained(
    site, dataset
):
    url = site.put("/walk.bin", BODY, ranges=False, cut=1)
    assert fetch_entry(dataset(_published(url)))[0].read_bytes() == BODY
    url = site.put("/other.bin", BODY, ranges=False, etag=None, cut=99)
    with pytest.raises(DownloadError, match="cut off"):
        fetch_entry(dataset(_published(url, name="other.bin")))
    assert len(site.ranges_asked("/other.bin")) == 2


def test_a_server_that_tells_neither_length_nor_version_is_not_asked_for_ever(site, dataset):
    url = site.put("/walk.bin", BODY, length=False, etag=None, cut=99)
    with pytest.raises(DownloadError, match="256,000 bytes"):
        fetch_entry(dataset(_published(url)))
    assert len(site.asked) == 1


@pytest.mark.usefixtures("impatient")
def test_a_file_replaced_between_two_tries_is_not_glued_to_the_old_bytes(site, dataset):
    url = site.put("/walk.bin", BODY, stall=True, ranges=False)
    entry = dataset(RemoteFile("walk.bin", (url,)))
    with pytest.raises(DownloadError):
        fetch_entry(entry)
    other = BODY[::-1]
    site.put("/walk.bin", other, etag='"second"')
    with pytest.warns(LocomotionWarning, match="no hash"):
        (path,) = fetch_entry(entry)
    assert path.read_bytes() == other


@pytest.mark.usefixtures("impatient")
def test_a_longer_file_without_a_version_is_refused_and_fetched_anew(site, dataset):
    url = site.put("/walk.bin", BODY, stall=True, ranges=False, etag=None)
    entry = dataset(RemoteFile("walk.bin", (url,)))
    with pytest.raises(DownloadError, match="stalled"):
        fetch_entry(entry)
    site.put("/walk.bin", BODY + b"more", etag=None)
    with pytest.raises(DownloadError, match="another part"):
        fetch_entry(entry)
    with pytest.warns(LocomotionWarning, match="no hash"):
        (path,) = fetch_entry(entry)
    assert path.read_bytes() == BODY + b"more"


@pytest.mark.parametrize("hashed", [_sha256, _md5])
def test_a_wrong_file_is_thrown_away_and_both_hashes_are_named(site, dataset, cache, hashed):
    wrong = BODY[:-1] + b"x"
    url = site.put("/walk.bin", wrong)
    file = RemoteFile("walk.bin", (url,), None, hashed(BODY))
    with pytest.raises(DownloadError) as caught:
        fetch_entry(dataset(file))
    message = str(caught.value)
    assert hashed(BODY).partition(":")[2] in message
    assert hashed(wrong).partition(":")[2] in message
    assert _files_in(cache / "datasets" / "walks") == set()


def test_a_file_of_another_length_is_refused_before_it_is_downloaded(site, dataset):
    url = site.put("/walk.bin", BODY + b"x")
    seen = []
    with pytest.raises(DownloadError, match=r"512,000 bytes\n.*512,001 bytes"):
        fetch_entry(dataset(_published(url)), progress=lambda *step: seen.append(step))
    assert not seen


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/octet-stream"])
def test_an_html_page_in_place_of_data_is_recognised(site, dataset, cache, kind):
    page = b"\n<!-- consent -->\n<!DOCTYPE html><html><body>Log in</body></html>"
    url = site.put("/walk.bin", page, kind=kind)
    with pytest.raises(DownloadError, match="an HTML page"):
        fetch_entry(dataset(RemoteFile("walk.bin", (url,))))
    assert _files_in(cache / "datasets" / "walks") == set()


def test_a_page_that_is_meant_to_be_html_is_kept(site, dataset):
    page = b"<html><body>Subjects</body></html>"
    url = site.put("/demographics.html", page, kind="text/html")
    file = RemoteFile("demographics.html", (url,), None, _sha256(page))
    assert fetch_entry(dataset(file))[0].read_bytes() == page


def test_a_missing_file_and_a_dead_server_say_so(site, dataset):
    with pytest.raises(DownloadError, match=r"status 404.*\n.*where: http://127"):
        fetch_entry(dataset(_published(f"{site.address}/nowhere")))
    with pytest.raises(DownloadError, match="no answer"):
        fetch_entry(dataset(_published("http://127.0.0.1:9/walk.bin")))


def test_mirrors_are_tried_in_order_until_one_has_the_right_file(site, dataset):
    gone = f"{site.address}/gone"
    wrong = site.put("/wrong", BODY[::-1])
    right = site.put("/right", BODY)
    spare = site.put("/spare", BODY)
    (path,) = fetch_entry(dataset(_published(gone, wrong, right, spare)))
    assert path.read_bytes() == BODY
    assert [place for place, _ in site.asked] == ["/gone", "/wrong", "/right"]


def test_when_no_mirror_works_each_is_named_with_its_reason(site, dataset):
    page = site.put("/page", b"<html>", kind="text/html")
    with pytest.raises(DownloadError) as caught:
        fetch_entry(dataset(_published(f"{site.address}/gone", page)))
    message = str(caught.value)
    assert f"{site.address}/gone: status 404" in message
    assert f"{page}: an HTML page" in message


def test_the_first_download_without_a_published_hash_is_recorded_and_then_enforced(
    site, dataset, cache
):
    url = site.put("/walk.bin", BODY)
    entry = dataset(RemoteFile("walk.bin", (url,)))
    with pytest.warns(LocomotionWarning, match=r"no hash of walk\.bin"):
        (path,) = fetch_entry(entry)
    line = _ledger(cache)["walk.bin"]
    assert (line["sha256"], line["trust"]) == (hashlib.sha256(BODY).hexdigest(), "first use")
    path.unlink()
    site.put("/walk.bin", BODY[::-1])
    with pytest.raises(DownloadError, match="when first fetched") as caught:
        fetch_entry(entry)
    assert line["sha256"] in str(caught.value)
    assert not path.exists()


def test_a_weak_published_hash_is_backed_by_the_ledger(site, dataset, cache):
    url = site.put("/walk.bin", BODY)
    (path,) = fetch_entry(dataset(RemoteFile("walk.bin", (url,), len(BODY), _md5(BODY))))
    assert _ledger(cache)["walk.bin"]["trust"] == "published md5"
    path.unlink()
    ledger = cache / "datasets" / "walks" / "ledger.json"
    ledger.write_text(ledger.read_text().replace(hashlib.sha256(BODY).hexdigest(), "0" * 64))
    with pytest.raises(DownloadError, match="0" * 64):
        fetch_entry(dataset(RemoteFile("walk.bin", (url,), len(BODY), _md5(BODY))))


def test_a_damaged_ledger_is_an_error_and_not_a_new_trust(site, dataset, cache):
    url = site.put("/walk.bin", BODY)
    entry = dataset(RemoteFile("walk.bin", (url,)))
    with pytest.warns(LocomotionWarning):
        fetch_entry(entry)
    (cache / "datasets" / "walks" / "ledger.json").write_text('{"walk.bin": {')
    with pytest.raises(DownloadError, match="ledger"):
        fetch_entry(entry)


def test_a_file_changed_in_the_cache_is_told_and_fetched_again(site, dataset):
    entry = dataset(_published(site.put("/walk.bin", BODY)))
    (path,) = fetch_entry(entry)
    path.write_bytes(BODY[:-1] + b"x")
    with pytest.warns(LocomotionWarning, match="changed in the cache"):
        fetch_entry(entry)
    assert path.read_bytes() == BODY
    path.write_bytes(b"")
    with (
        pytest.warns(LocomotionWarning, match="changed in the cache"),
        pytest.raises(DownloadError, match=r"1 missing or damaged: walk\.bin"),
    ):
        fetch_entry(entry, offline=True)


def test_offline_names_what_is_missing_and_asks_nobody(site, dataset):
    files = [_published(site.put(f"/{n}.bin", BODY), name=f"{n}.bin") for n in "ab"]
    fetch_entry(dataset(*files), pattern="a*")
    with pytest.raises(DownloadError, match=r"1 missing or damaged: b\.bin"):
        fetch_entry(dataset(*files), offline=True)
    assert fetch_entry(dataset(*files), pattern="a.bin", offline=True)
    assert [place for place, _ in site.asked] == ["/a.bin"]


def test_a_pattern_chooses_files_by_whole_name_or_last_part(site, dataset):
    names = ["left/one.csv", "left/two.csv", "right/one.csv"]
    files = [_published(site.put(f"/{name}", BODY), name=name) for name in names]
    entry = dataset(*files)
    assert len(fetch_entry(entry, pattern="left/*")) == 2
    assert len(fetch_entry(entry, pattern="one.csv")) == 2
    with pytest.raises(SchemaError, match=r"left/one\.csv.*\n.*'\*\.mat'"):
        fetch_entry(entry, pattern="*.mat")


def test_files_are_copied_and_another_file_is_never_overwritten(site, dataset, tmp_path):
    entry = dataset(_published(site.put("/walk.bin", BODY)))
    (copy,) = fetch_entry(entry, to=tmp_path / "here")
    assert copy == tmp_path / "here" / "walk.bin"
    assert fetch_entry(entry, to=tmp_path / "here") == [copy]
    copy.write_bytes(b"mine")
    with pytest.raises(DownloadError, match="left as it is"):
        fetch_entry(entry, to=tmp_path / "here")
    assert copy.read_bytes() == b"mine"


def test_a_full_disk_is_told_before_a_byte_is_written(site, dataset, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 1000))
    url = site.put("/walk.bin", BODY)
    with pytest.raises(DownloadError, match=r"0\.5 MB free on the disk"):
        fetch_entry(dataset(_published(url)))
    assert not site.asked
    with pytest.raises(DownloadError, match=r"0\.5 MB free on the disk"):
        fetch_entry(dataset(RemoteFile("walk.bin", (url, url))))
    assert len(site.asked) == 1  # no mirror helps against a full disk


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full here")
def test_a_disk_that_fills_up_while_writing_is_told(site, dataset, cache):
    partial = cache / "datasets" / "walks" / "partial" / "files" / "walk.bin"
    partial.parent.mkdir(parents=True)
    partial.symlink_to("/dev/full")
    with pytest.raises(DownloadError, match="room on the disk"):
        fetch_entry(dataset(_published(site.put("/walk.bin", BODY))))
    assert not (cache / "datasets" / "walks" / "files").exists()


def test_unchecked_addresses_are_told(site, dataset):
    entry = dataset(_published(site.put("/walk.bin", BODY)), checked=False)
    with pytest.warns(LocomotionWarning, match="could not be checked"):
        fetch_entry(entry)


def test_two_at_once_download_the_file_once(site, dataset):
    entry = dataset(_published(site.put("/walk.bin", BODY)))
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: fetch_entry(entry)[0].read_bytes(), range(3)))
    assert found == [BODY] * 3
    assert len(site.asked) == 1


def test_an_unknown_dataset_is_named_with_the_known_ones():
    with pytest.raises(SchemaError, match=r"gaitpdb.*\n.*'gatpdb'"):
        fetch("gatpdb")


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/../../x", "", ".", "c:x", "a\\b", "a\0b", "a\nb", "a/.."]
)
def test_names_of_a_callers_own_entry_stay_in_the_cache(dataset, name):
    with pytest.raises(SchemaError, match="name"):
        RemoteFile(name, ("https://example.org/x",))
    with pytest.raises(SchemaError, match="name"):
        replace(dataset(_published("https://example.org/x")), name=name)


def test_a_list_of_an_unknown_kind_writes_nowhere():
    with pytest.raises(SchemaError, match="sha256sums"):
        Listing("../../x", "https://example.org/list")
