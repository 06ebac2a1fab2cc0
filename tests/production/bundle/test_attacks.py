"""Files made to do harm: each is refused before a model is made, with one message."""

import io
import json
import os
import pickle
import signal
import time
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import FunctionTransformer
from tests.production.bundle.tampering import members_of, tampered

from locomotion_analysis.errors import BundleError
from locomotion_analysis.production.bundle import manifest as archive
from locomotion_analysis.production.bundle import open_bundle
from locomotion_analysis.production.bundle import reference as tables
from locomotion_analysis.production.bundle.routes import audit_skops


@pytest.fixture(autouse=True)
def no_model_is_made(monkeypatch):
    """Fail a test in which skops is asked to make anything."""
    pytest.importorskip("skops")

    def refuse(*_args, **_kwargs):
        pytest.fail("a model was made of a file that should have been refused")

    monkeypatch.setattr("skops.io.load", refuse)


def repacked(path, names_and_contents, method=zipfile.ZIP_DEFLATED):
    """Write a zip as it is told, with whatever names."""
    with zipfile.ZipFile(path, "w", method) as file:
        for name, content in names_and_contents:
            file.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "name",
    [
        "../../outside.txt",
        "/etc/passwd",
        "model.pkl",
        "model.skops/../model.pkl",
        "C:\\model.skops",
        "n" * 65_000,
        "MODEL.SKOPS",
        "model.skops\n",
    ],
)
def test_only_known_names_are_let_in(copy, name):
    members = members_of(copy)
    repacked(copy, [*members.items(), (name, b"x")])
    with pytest.raises(BundleError, match="which no bundle has"):
        open_bundle(copy)
    assert not (copy.parent / "outside.txt").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_occurs_twice_is_refused(copy):
    members = members_of(copy)
    repacked(copy, [*members.items(), ("manifest.json", members["manifest.json"])])
    with pytest.raises(BundleError, match=r"two members manifest\.json"):
        open_bundle(copy)


def test_a_zip_bomb_is_refused_unopened(copy):
    repacked(copy, [*members_of(copy).items(), ("signature.json", bytes(30_000_000))])
    with pytest.raises(BundleError, match=r"signature\.json, 30,000,000 bytes from"):
        open_bundle(copy)


def test_many_large_members_together_are_refused(copy, monkeypatch):
    monkeypatch.setattr(archive, "MOST_BYTES", 100_000)
    with pytest.raises(BundleError, match="more than 100,000 bytes unpacked"):
        open_bundle(copy)


def test_a_member_that_is_longer_than_it_says_is_refused(copy):
    content = bytearray(copy.read_bytes())
    entry = _central_entry(content, b"model_card.md")
    content[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    copy.write_bytes(content)
    with pytest.raises(BundleError):
        open_bundle(copy)


def test_members_that_share_bytes_are_refused(copy):
    content = bytearray(copy.read_bytes())
    first = _central_entry(content, b"golden/cycles.parquet")
    second = _central_entry(content, b"golden/features.parquet")
    content[second + 42 : second + 46] = content[first + 42 : first + 46]
    copy.write_bytes(content)
    with pytest.raises(BundleError, match="overlapping"):
        open_bundle(copy)


def test_an_encrypted_member_is_refused(copy):
    content = bytearray(copy.read_bytes())
    content[_central_entry(content, b"model.skops") + 8] |= 1
    copy.write_bytes(content)
    with pytest.raises(BundleError, match="encrypted"):
        open_bundle(copy)


def test_another_way_of_packing_is_refused(copy):
    repacked(copy, members_of(copy).items(), zipfile.ZIP_LZMA)
    with pytest.raises(BundleError, match="packed by method 14"):
        open_bundle(copy)


def test_a_changed_file_has_the_wrong_hash(copy):
    members = members_of(copy)
    members["model_card.md"] = members["model_card.md"].replace(b"0.", b"9.", 1)
    archive.write_archive(copy, members)
    with pytest.raises(BundleError, match=r"(?s)SHA-256 .* of model_card\.md"):
        open_bundle(copy)


def test_a_file_that_is_missing_or_not_in_the_manifest_is_refused(copy):
    members = members_of(copy)
    card = members.pop("model_card.md")
    archive.write_archive(copy, members)
    with pytest.raises(BundleError, match=r"model_card\.md in the manifest only"):
        open_bundle(copy)
    told = json.loads(members["manifest.json"])
    del told["members"]["model_card.md"]
    members |= {"model_card.md": card, "manifest.json": json.dumps(told).encode()}
    archive.write_archive(copy, members)
    with pytest.raises(BundleError, match=r"model_card\.md in the file only"):
        open_bundle(copy)


@pytest.mark.parametrize("missing", ["model.skops", "reference/features.parquet"])
def test_a_bundle_that_hides_what_it_lacks_is_refused(copy, missing):
    tampered(copy, {missing: None})
    with pytest.raises(BundleError, match=f"(?s){missing}"):
        open_bundle(copy)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_refused(copy, share):
    content = copy.read_bytes()
    copy.write_bytes(content[: int(share * len(content))])
    with pytest.raises(BundleError, match=str(copy)):
        open_bundle(copy)


def test_folders_and_missing_files_are_named(tmp_path):
    with pytest.raises(BundleError, match="a folder"):
        open_bundle(tmp_path)
    with pytest.raises(BundleError, match="nothing at that path"):
        open_bundle(tmp_path / "none.bundle")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_flipped_bytes_are_refused_or_harmless(copy, kept, data):
    content = bytearray(kept.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    copy.write_bytes(content)
    try:
        members = archive.read_archive(copy)
        archive.check_hashes(archive.Manifest.from_json(members["manifest.json"]), members)
    except BundleError:
        return
    assert members == members_of(kept)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda told: told.update(format=99), "format 99"),
        (lambda told: told.update(format=True), "format True"),
        (lambda told: told.pop("classes"), "the key classes"),
        (lambda told: told.update(extra=1), "'extra'"),
        (lambda told: told.update(kind=7), r"manifest\.json\.kind"),
        (lambda told: told.update(classes="healthy"), r"manifest\.json\.classes"),
        (lambda told: told.update(classes=["healthy", "stroke"]), "the same target and classes"),
        (lambda told: told["outside"].update(limit="wide"), r"outside\.limit"),
        (lambda told: told["outside"].update(limit=10**400), r"outside\.limit"),
        (lambda told: told["outside"]["usual"].update(tail=1.0), "parts of the body"),
        (lambda told: told["inputs"]["channels"].append(3), r"channels\[3\]"),
        (lambda told: told["training"].update(n_rows=1.5), r"training\.n_rows"),
        (lambda told: told.update(runtime="pickle"), "pickle of features"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(copy, change, message):
    tampered(copy, {}, manifest=change)
    with pytest.raises(BundleError, match=message):
        open_bundle(copy)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"format": 1, "format": 1}', "occurs twice"),
        (b'{"format": NaN}', "NaN"),
        (b"[" * 200_000, "nested too deeply"),
        (b"\xff\xfe", "utf-8"),
        (b"", "Expecting value"),
        (b'{"format": 1' + b"0" * 5000 + b"}", "digits"),
    ],
)
def test_only_plain_json_is_read(content, message):
    with pytest.raises(BundleError, match=message):
        archive.Manifest.from_json(content)


def test_a_manifest_that_is_no_object_is_refused(copy):
    members = members_of(copy)
    archive.write_archive(copy, {**members, "manifest.json": b"[1]"})
    with pytest.raises(BundleError, match="format None"):
        open_bundle(copy)


def test_a_pickle_in_the_place_of_the_model_is_refused(copy):
    tampered(copy, {"model.skops": pickle.dumps({"model": os.system})})
    with pytest.raises(BundleError, match=r"model\.skops"):
        open_bundle(copy)


def test_a_pickle_among_the_arrays_is_refused(copy):
    changed = _skops(copy, {"payload.pkl": pickle.dumps(os.system)})
    tampered(copy, {"model.skops": changed})
    with pytest.raises(BundleError, match=r"a file 'payload\.pkl'"):
        open_bundle(copy)


def test_an_array_of_pickled_objects_is_refused(copy):
    buffer = io.BytesIO()
    np.save(buffer, np.array([os.system], dtype=object), allow_pickle=True)
    tampered(copy, {"model.skops": _skops(copy, {"123.npy": buffer.getvalue()})})
    with pytest.raises(BundleError, match=r"123\.npy, an array of pickled objects"):
        open_bundle(copy)


def test_an_array_of_a_giant_shape_is_refused(copy):
    header = {"descr": "<f8", "fortran_order": False, "shape": (1 << 40, 1 << 10)}
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, header)
    tampered(copy, {"model.skops": _skops(copy, {"123.npy": buffer.getvalue() + bytes(64)})})
    with pytest.raises(BundleError, match=r"123\.npy of shape \(1099511627776, 1024\)"):
        open_bundle(copy)


def test_a_type_that_no_model_of_ours_has_is_refused(copy):
    import skops.io

    tampered(copy, {"model.skops": skops.io.dumps(FunctionTransformer(os.system))})
    with pytest.raises(BundleError, match=r"types posix\.system"):
        open_bundle(copy)


@pytest.mark.parametrize("schema", [b'{"__loader__": "Nonsense"}', b"[" * 100_000, b"{}", b"1"])
def test_a_skops_schema_of_nonsense_is_refused(copy, schema):
    buffer = io.BytesIO()
    repacked(buffer, [("schema.json", schema)], zipfile.ZIP_STORED)
    tampered(copy, {"model.skops": buffer.getvalue()})
    with pytest.raises(BundleError, match=r"model\.skops"):
        open_bundle(copy)


def test_a_model_file_that_unpacks_without_end_is_refused(monkeypatch):
    monkeypatch.setattr("locomotion_analysis.production.bundle.routes.MOST_BYTES", 1_000_000)
    buffer = io.BytesIO()
    repacked(buffer, [("schema.json", b"{}"), ("1.npy", bytes(2_000_000))])
    with pytest.raises(BundleError, match="bytes unpacked"):
        audit_skops(buffer.getvalue(), "model.skops")


def test_a_table_of_a_giant_shape_is_refused(copy, monkeypatch):
    monkeypatch.setattr(tables, "MOST_BYTES", 2048)
    with pytest.raises(BundleError, match=r"unpacks to at most 2 KiB"):
        open_bundle(copy)


@pytest.mark.parametrize(
    "name", ["reference/features.parquet", "reference/cycles.parquet", "golden/cycles.parquet"]
)
def test_a_damaged_table_is_refused(copy, name):
    content = bytearray(members_of(copy)[name])
    content[len(content) // 3 : len(content) // 3 + 200] = bytes(200)
    tampered(copy, {name: bytes(content)})
    with pytest.raises(BundleError, match=name):
        open_bundle(copy)


def test_tables_of_other_features_are_refused(copy):
    members = members_of(copy)
    tampered(copy, {"reference/features.parquet": members["golden/features.parquet"]})
    with pytest.raises(BundleError, match="reference tables of the model's features"):
        open_bundle(copy)


def test_a_schema_of_nonsense_is_refused(copy):
    tampered(copy, {"prediction_schema.json": b'{"format": 1}'})
    with pytest.raises(BundleError, match="prediction schema"):
        open_bundle(copy)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("wait", [0.0, 0.003, 0.02])
def test_a_writer_that_is_killed_leaves_the_old_file_or_the_new_one(kept, tmp_path, wait):
    members, path = members_of(kept), tmp_path / "x.bundle"
    archive.write_archive(path, members)
    child = os.fork()
    if not child:
        try:
            while True:
                archive.write_archive(path, members)
        finally:
            os._exit(1)
    try:
        before, limit = path.stat().st_mtime_ns, time.monotonic() + 60
        while path.stat().st_mtime_ns == before:
            assert time.monotonic() < limit
            time.sleep(0.001)
        time.sleep(wait)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert archive.read_archive(path) == members


def _central_entry(content, name):
    """Return where the directory's entry of a file begins: the last place its name stands."""
    return content.rindex(name) - 46


def _skops(path, added):
    """Return the model of a bundle with further files in it."""
    buffer = io.BytesIO(members_of(path)["model.skops"])
    with zipfile.ZipFile(buffer, "a") as file:
        for name, content in added.items():
            file.writestr(name, content)
    return buffer.getvalue()
