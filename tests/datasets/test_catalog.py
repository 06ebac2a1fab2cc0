"""The table of public datasets, and publishers' lists of files, never believed blindly."""

import hashlib
import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.datasets.catalog import (
    article_urls,
    catalog,
    catalog_entry,
    column_map_paths,
    entries,
    fetch_entry,
    listed_files,
)
from locomotion_analysis.datasets.download import Listing, RemoteFile, cache_folder
from locomotion_analysis.datasets.terms import TERMS
from locomotion_analysis.errors import DownloadError, LocomotionWarning, SchemaError
from locomotion_analysis.ingest import ColumnMap, convert

SUMS = Listing("sha256sums", "https://example.org/files/walks/1.0/SHA256SUMS.txt")
ARTICLE = Listing("figshare_article", "https://api.example.org/v2/articles/7")
COLLECTION = Listing("figshare_collection", "https://api.example.org/v2/collections/3/articles")
MENDELEY = Listing("mendeley", "https://data.example.org/walks/files", "part2")
DIGITS = "ab" * 32


def _uploaded(number, name, md5="cd" * 16, **more):
    return {
        "id": number,
        "name": name,
        "size": 3,
        "is_link_only": False,
        "download_url": f"https://store.example.org/files/{number}",
        "computed_md5": md5,
        **more,
    }


def test_a_list_of_sums_gives_names_hashes_and_addresses_beside_it():
    text = f"{DIGITS} a.txt\n{DIGITS.upper()} *sub/b c.txt\n{DIGITS}  ./d.txt\n\n"
    first, second, third = listed_files(SUMS, text)
    assert (first.name, first.published_hash) == ("a.txt", f"sha256:{DIGITS}")
    assert second.urls == ("https://example.org/files/walks/1.0/sub/b%20c.txt",)
    assert second.published_hash == first.published_hash
    assert third.name == "d.txt"


def test_of_an_article_the_later_upload_of_a_name_counts():
    text = json.dumps(
        {
            "files": [
                _uploaded(9, "info.txt", md5="ef" * 16),
                _uploaded(4, "info.txt"),
                _uploaded(5, "no-hash.txt", md5=""),
                _uploaded(6, "elsewhere", is_link_only=True),
            ]
        }
    )
    files = {file.name: file for file in listed_files(ARTICLE, text)}
    assert files["info.txt"].urls == ("https://store.example.org/files/9",)
    assert files["info.txt"].published_hash == f"md5:{'ef' * 16}"
    assert (files["no-hash.txt"].published_hash, files["no-hash.txt"].size) == (None, 3)
    assert "elsewhere" not in files


def test_a_collection_leads_to_its_articles():
    text = json.dumps([{"id": 11}, {"id": 12}])
    assert article_urls(COLLECTION, text) == [
        "https://api.example.org/v2/articles/11",
        "https://api.example.org/v2/articles/12",
    ]


def test_a_folder_keeps_the_same_names_of_several_lists_apart():
    details = {"size": 3, "sha256_hash": DIGITS, "download_url": "https://example.org/1"}
    text = json.dumps([{"filename": "README.txt", "content_details": details}])
    (file,) = listed_files(MENDELEY, text)
    assert (file.name, file.published_hash) == ("part2/README.txt", f"sha256:{DIGITS}")


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../x", "a/../../x", "..", "a\\..\\x", "C:x", "a\0b", "./"]
)
def test_a_name_that_leaves_its_folder_is_refused(name):
    with pytest.raises(DownloadError, match=r"does not stay|names no file|no SHA-256"):
        listed_files(SUMS, f"{DIGITS}  {name}\n")
    with pytest.raises(DownloadError, match="does not stay"):
        listed_files(ARTICLE, json.dumps({"files": [_uploaded(1, name)]}))


def test_a_plain_address_in_a_secure_list_is_refused():
    file = _uploaded(1, "a.txt", download_url="http://store.example.org/1")
    with pytest.raises(DownloadError, match="not https"):
        listed_files(ARTICLE, json.dumps({"files": [file]}))


_ODD = ["", "[]", "{}", "null", "3", '{"files": [1]}', "[" * 100_000]


@pytest.mark.parametrize("listing", [SUMS, ARTICLE, MENDELEY], ids=lambda listing: listing.kind)
@given(text=st.text(max_size=60) | st.sampled_from(_ODD))
def test_anything_else_is_one_clear_error(listing, text):
    with pytest.raises(DownloadError, match="publisher's list") as caught:
        listed_files(listing, text)
    assert listing.url in str(caught.value)


@pytest.mark.parametrize("digits", ["ab" * 15, "zz" * 16, "ab" * 32])
def test_what_is_no_hash_is_refused(digits):
    with pytest.raises(DownloadError, match="is no md5"):
        listed_files(ARTICLE, json.dumps({"files": [_uploaded(1, "a.txt", md5=digits)]}))


def test_files_of_a_list_are_fetched_with_its_hashes_and_the_list_is_asked_for_once(
    site, dataset, cache
):
    bodies = {"a.txt": b"one", "b.txt": b"two"}
    lines = [f"{hashlib.sha256(body).hexdigest()}  {name}" for name, body in bodies.items()]
    url = site.put("/walks/SHA256SUMS.txt", "\n".join(lines).encode())
    for name, body in bodies.items():
        site.put(f"/walks/{name}", body)
    entry = dataset(listings=(Listing("sha256sums", url),))
    assert [path.read_bytes() for path in fetch_entry(entry)] == [b"one", b"two"]
    fetch_entry(entry, offline=True)
    assert len(site.asked) == 3
    site.put("/walks/a.txt", b"0ne")
    (cache / "datasets" / "walks" / "files" / "a.txt").unlink()
    with pytest.raises(DownloadError, match=hashlib.sha256(b"one").hexdigest()):
        fetch_entry(entry)


def test_the_articles_of_a_collection_are_fetched(site, dataset):
    md5 = hashlib.md5(b"one", usedforsecurity=False).hexdigest()
    address = site.put("/files/1", b"one")
    article = {"files": [_uploaded(1, "one.csv", md5=md5, download_url=address)]}
    site.put("/v2/articles/11", json.dumps(article).encode(), kind="application/json")
    url = site.put("/v2/collections/3/articles", b'[{"id": 11}]', kind="application/json")
    entry = dataset(listings=(Listing("figshare_collection", url),))
    assert [path.name for path in fetch_entry(entry)] == ["one.csv"]


def test_a_file_two_articles_name_is_told_and_the_first_counts(site, dataset):
    for number, body in ((1, b"one"), (2, b"two")):
        address = site.put(f"/files/{number}", body)
        md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
        article = {"files": [_uploaded(number, "same.csv", md5=md5, download_url=address)]}
        site.put(f"/v2/articles/{number}", json.dumps(article).encode())
    url = site.put("/v2/collections/3/articles", b'[{"id": 1}, {"id": 2}]')
    entry = dataset(listings=(Listing("figshare_collection", url),))
    with pytest.warns(LocomotionWarning, match=r"two lists name same\.csv"):
        (path,) = fetch_entry(entry)
    assert path.read_bytes() == b"one"


def test_what_the_entry_knows_of_a_file_goes_before_the_list(site, dataset):
    digits = hashlib.sha256(b"old").hexdigest()
    url = site.put("/SHA256SUMS.txt", f"{digits}  a.txt".encode())
    pinned = RemoteFile(
        "a.txt", (site.put("/pinned", b"new"),), 3, f"sha256:{hashlib.sha256(b'new').hexdigest()}"
    )
    entry = dataset(pinned, listings=(Listing("sha256sums", url),))
    assert [path.read_bytes() for path in fetch_entry(entry)] == [b"new"]


def test_a_list_that_cannot_be_read_is_asked_for_anew(site, dataset):
    url = site.put("/SHA256SUMS.txt", b"busy, come back")
    entry = dataset(listings=(Listing("sha256sums", url),))
    with pytest.raises(DownloadError, match="publisher's list"):
        fetch_entry(entry)
    digits = hashlib.sha256(b"one").hexdigest()
    site.put("/SHA256SUMS.txt", f"{digits}  a.txt".encode())
    site.put("/a.txt", b"one")
    assert fetch_entry(entry)[0].read_bytes() == b"one"


def test_offline_without_the_list_says_so(site, dataset):
    entry = dataset(listings=(Listing("sha256sums", f"{site.address}/SHA256SUMS.txt"),))
    with pytest.raises(DownloadError, match="was not fetched yet"):
        fetch_entry(entry, offline=True)
    assert not site.asked


DOI = re.compile(r"10\.\d{4,9}/\S+")
HASH = re.compile(r"sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}")


@pytest.mark.parametrize("name", entries())
def test_an_entry_is_well_formed(name):
    entry = catalog_entry(name)
    assert DOI.fullmatch(entry.doi) if entry.doi else "No publication" in entry.evidence
    assert DOI.search(entry.citation) or "Circulation" in entry.citation or not entry.doi
    assert entry.licence in TERMS
    assert entry.subjects > 0
    assert entry.files or entry.listings or "nobody was seen using" in entry.evidence
    assert entry.evidence.endswith(".")
    assert entry.conversion.how
    urls = [entry.page, *(listing.url for listing in entry.listings)]
    urls += [url for file in entry.files for url in file.urls]
    assert all(url.startswith("https://") for url in urls)
    for file in entry.files:
        assert file.published_hash is None or HASH.fullmatch(file.published_hash)
    assert re.fullmatch(r"[a-z0-9_]+", name)


def test_the_datasets_of_the_field_are_there():
    known = catalog()
    assert {"gaitpdb", "gaitndd", "gaitrec", "gutenberg", "camargo_2021"} <= set(known.index)
    assert {"fukuchi_walking_2018", "fukuchi_running_2017", "bertaux_hip_2022"} <= set(known.index)
    assert known.index.str.startswith("locohub_").any()
    published = known[~known.index.str.startswith("locohub_")]
    assert published["doi"].is_unique
    assert len(known) - len(published) == 18  # of twenty, two have no file of their own
    assert {"van_criekinge_2023", "gait120_2025"} <= set(published.index)
    assert {"addbiomechanics", "lencioni_2019", "van_der_zee_2022"} <= set(published.index)
    assert {"horst_2019", "schreiber_moissenet_2019", "hood_2020"} <= set(published.index)
    assert known["size_mb"].dtype == float


def test_what_was_tried_is_said_and_a_map_was_tried_at_least_on_its_layout():
    for entry in entries().values():
        note = entry.conversion
        if note.column_maps:
            assert note.tried_on != "nothing", entry.name
        if not note.possible:
            assert note.tried_on == "nothing", entry.name


def test_a_set_without_an_address_says_where_to_get_it():
    with pytest.raises(DownloadError, match="nobody was seen using one") as caught:
        fetch_entry(catalog_entry("hood_2020"))
    assert catalog_entry("hood_2020").page in caught.value.fix


def test_an_unchecked_entry_says_why():
    unchecked = [entry for entry in entries().values() if not entry.checked]
    assert unchecked
    assert all("nobody was seen" in entry.evidence for entry in unchecked)


def test_the_cache_moves_with_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("LOCOMOTION_CACHE", str(tmp_path / "big disk"))
    assert cache_folder() == tmp_path / "big disk"
    monkeypatch.delenv("LOCOMOTION_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert "locomotion-analysis" in cache_folder().parts


@pytest.mark.parametrize(
    ("name", "file", "column", "task_id"),
    [
        ("fukuchi_walking_2018", "WBDS01walkT05ang.txt", "{side}{joint}AngleZ", "T05"),
        ("fukuchi_running_2017", "RBDS001processed.txt", "{side}{joint}AngZ35", "run_3.5ms"),
    ],
)
def test_a_column_map_reads_a_table_written_as_its_publisher_does(
    tmp_path, name, file, column, task_id
):
    joints = ("Hip", "Knee", "Ankle") if "walking" in name else ("hip", "knee", "ankle")
    percent = np.arange(101.0)
    columns = {"PercGcycle": percent}
    for place, joint in enumerate(joints):
        for side in "RL":
            level = 10.0 * (place + 1) * (1 if side == "R" else -1)
            columns[column.format(side=side, joint=joint)] = level + percent / 10
    rows = np.column_stack(list(columns.values()))
    header = "\t".join(columns)
    np.savetxt(tmp_path / file, rows, "%.6g", delimiter="\t", header=header, comments="")
    path = column_map_paths(name)[0]
    data = convert([tmp_path], column_map=ColumnMap.from_yaml(path)).data
    cycle = data.cycles.iloc[0]
    assert len(data) == 1
    subject = re.match(r"[A-Z]+\d+", file)[0]
    assert (cycle["subject"], cycle["task_id"], cycle["side"]) == (subject, task_id, "right")
    for joint, level in zip(
        ("hip_flexion", "knee_flexion", "ankle_dorsiflexion"), (10.0, 20.0, 30.0), strict=True
    ):
        curve = data.curves(f"{joint}_angle_ipsi_rad")[0]
        assert np.degrees(curve[[0, -1]]) == pytest.approx([level, level + 10], abs=1e-4)


def test_a_dataset_without_a_map_says_which_have_one():
    with pytest.raises(SchemaError, match="fukuchi_walking_2018"):
        column_map_paths("gaitndd")


@pytest.mark.slow
def test_the_command_of_gaitpdb_converts_its_records(shared_data):
    from locomotion_analysis.ingest import read_subjects

    folder = shared_data / "raw" / "insole_grf"
    assert catalog_entry("gaitpdb").conversion.possible
    files = [folder / "GaCo01_01.txt.gz", folder / "JuPt01_01.txt.gz"]
    data = convert(files, subjects=read_subjects(folder / "demographics.txt")).data
    assert set(data.cycles["pathology"]) == {"healthy", "parkinsons"}
