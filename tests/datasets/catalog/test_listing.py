"""Publishers' lists of files: read into one form, asked for once, never believed blindly."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.datasets.catalog import article_urls, fetch_entry, listed_files
from locomotion_analysis.datasets.download import Listing, RemoteFile
from locomotion_analysis.errors import DownloadError, LocomotionWarning

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
