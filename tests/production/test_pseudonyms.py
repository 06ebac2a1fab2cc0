"""Whoever has a store or a registry, and nothing else, finds no name by trying names."""

import hashlib
import hmac
import os
import re
import sqlite3
import stat

import pandas as pd
import pytest

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.production import pseudonyms
from locomotion_analysis.production.bundle.manifest import write_archive
from locomotion_analysis.production.registry import LocalStorage, State, Version, with_more_keys

NAMES = [f"patient_{number:02d}" for number in range(24)]
posix = pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")


@pytest.fixture
def key_file(tmp_path, monkeypatch):
    place = tmp_path / "elsewhere" / "subjects.key"
    monkeypatch.setenv("LOCOMOTION_SUBJECT_KEY_FILE", str(place))
    return place


@pytest.fixture
def filled(tmp_path, key_file):
    pytest.importorskip("sqlalchemy")
    from locomotion_analysis.production.monitoring import PredictionStore
    from locomotion_analysis.production.monitoring.store import Watched

    store = PredictionStore(tmp_path / "data" / "watch.sqlite")
    watched = Watched("v1", ("a",), ())
    store.append(watched, [[0.0]] * 24, ["x"] * 24, [False] * 24, NAMES, NAMES)
    yield store
    store.close()


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def found_by_trying(content, names=NAMES):
    """Names whose hash stands in some bytes, with any key that stands there too."""
    text = content.decode("latin-1")
    keys = {text[at : at + 64] for at in range(len(text)) if re.match("[0-9a-f]{64}", text[at:])}
    found = set()
    for key in keys:
        for name in names:
            for purpose in ("subject", "cycle"):
                told = hmac.new(bytes.fromhex(key), f"{purpose}:{name}".encode(), hashlib.sha256)
                if told.hexdigest()[:24] in text:
                    found.add(name)
    return found


def everything(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_a_stolen_store_tells_no_name(filled, tmp_path):
    filled.close()
    assert found_by_trying(everything(tmp_path / "data")) == set()
    salt = dict(sqlite3.connect(filled.place).execute("select name, value from facts"))["key"]
    (inner,) = pseudonyms.hidden(salt, NAMES[:1], ())
    assert found_by_trying(f"{salt} {inner}".encode()) == {NAMES[0]}  # the attack does find


@posix
def test_what_holds_people_is_for_its_owner_alone(filled, tmp_path, key_file):
    assert mode(tmp_path / "data") == 0o700
    assert {mode(path) for path in (tmp_path / "data").iterdir()} == {0o600}
    assert (mode(key_file), mode(key_file.parent)) == (0o600, 0o700)


@posix
def test_an_old_store_keeps_the_rights_somebody_gave_it(tmp_path, key_file):
    pytest.importorskip("sqlalchemy")
    from locomotion_analysis.production.monitoring import PredictionStore

    place = tmp_path / "watch.sqlite"
    PredictionStore(place).close()
    place.chmod(0o640)
    PredictionStore(place).close()
    assert mode(place) == 0o640


def test_labels_find_their_people_after_the_key_was_rotated(filled, tmp_path, key_file):
    before = filled.read("v1").predictions["subject"].tolist()
    old = key_file.read_text().split()
    assert filled.rotate_key() == 24
    assert key_file.read_text().split()[:-1] == old
    after = filled.read("v1").predictions["subject"].tolist()
    assert not set(before) & set(after)
    assert filled.label(pd.DataFrame({"subject": NAMES[:5], "label": "stroke"})) == 5
    filled.close()
    assert not any(each.encode() in everything(tmp_path / "data") for each in before)


def test_a_second_store_catches_up_with_keys_that_are_there(filled, tmp_path, key_file):
    from locomotion_analysis.production.monitoring import PredictionStore
    from locomotion_analysis.production.monitoring.store import Watched

    other = PredictionStore(tmp_path / "other.sqlite")
    filled.rotate_key()
    n_keys = len(key_file.read_text().split())
    other.append(Watched("v1", ("a",), ()), [[0.0]], ["x"], [False], NAMES[:1])
    assert other.rotate_key() == 1
    assert len(key_file.read_text().split()) == n_keys
    assert other.label(pd.DataFrame({"subject": NAMES[:1], "label": "x"})) == 1
    same = set(filled.read("v1").predictions["subject"])
    assert not same & set(other.read("v1").predictions["subject"])
    other.close()


def test_a_writer_that_runs_meanwhile_follows_the_rotation(filled):
    from locomotion_analysis.production.monitoring import PredictionStore
    from locomotion_analysis.production.monitoring.store import Watched

    running = PredictionStore(filled.place)
    filled.rotate_key()
    running.append(Watched("v1", ("a",), ()), [[0.0]], ["x"], [False], NAMES[:1])
    assert filled.read("v1").predictions["subject"].nunique() == 24
    running.close()


def test_a_store_that_holds_its_key_is_read_and_is_brought_up_to_date(filled, tmp_path):
    from locomotion_analysis.production.monitoring import PredictionStore

    filled.close()
    with sqlite3.connect(filled.place) as old:
        salt = dict(old.execute("select name, value from facts"))["key"]
        old.execute("delete from facts where name = 'mark'")
        old.execute("update facts set value = '1' where name = 'format'")
        for row, name in enumerate(NAMES, 1):
            code = pseudonyms.hidden(salt, [name], ())[0]
            old.execute("update predictions set subject = ? where id = ?", (code, row))
    old.close()
    assert found_by_trying(everything(tmp_path / "data")) == set(NAMES)
    with pytest.raises(FileReadError, match="rotate-key"):
        PredictionStore(filled.place)
    store = PredictionStore(filled.place, create=False)
    assert len(store.read("v1").predictions) == 24
    with pytest.raises(FileReadError, match="rotate-key"):
        store.label(pd.DataFrame({"subject": NAMES, "label": "x"}))
    store.rotate_key()
    assert store.label(pd.DataFrame({"subject": NAMES, "label": "x"})) == 24
    store.close()
    assert found_by_trying(everything(tmp_path / "data")) == set()


def test_a_wrong_key_is_refused_and_reading_needs_none(filled, monkeypatch):
    from locomotion_analysis.production.monitoring import PredictionStore

    monkeypatch.setenv("LOCOMOTION_SUBJECT_KEY", "ab" * 32)
    with pytest.raises(FileReadError, match="another one in the variable"):
        PredictionStore(filled.place)
    assert len(PredictionStore(filled.place, create=False).read("v1").predictions) == 24
    with pytest.raises(FileReadError, match="LOCOMOTION_SUBJECT_KEY"):
        filled.rotate_key()


def test_keys_of_the_environment_are_rotated_by_hand(tmp_path, monkeypatch):
    pytest.importorskip("sqlalchemy")
    from locomotion_analysis.production.monitoring import PredictionStore

    monkeypatch.setenv("LOCOMOTION_SUBJECT_KEY", "ab" * 32)
    store = PredictionStore(tmp_path / "watch.sqlite")
    with pytest.raises(FileReadError, match="a new key after the old ones"):
        store.rotate_key()
    monkeypatch.setenv("LOCOMOTION_SUBJECT_KEY", "ab" * 32 + "," + "cd" * 32)
    store.rotate_key()
    store.close()
    monkeypatch.setenv("LOCOMOTION_SUBJECT_KEY", "cd" * 32)
    with pytest.raises(FileReadError, match="another one"):
        PredictionStore(tmp_path / "watch.sqlite")


@pytest.mark.parametrize("content", [b"", b"short", b"\xff\xfe", b"zz" * 32])
def test_what_holds_no_key_is_said(key_file, content):
    key_file.parent.mkdir()
    key_file.write_bytes(content)
    with pytest.raises(FileReadError, match="key"):
        pseudonyms.secret_keys()


def test_a_registry_hashes_whom_a_version_saw_with_the_same_secret(key_file):
    salt = "12" * 32
    seen = pseudonyms.hidden(salt, NAMES, ())
    version = Version(1, "f", "s", "d", "n", "t", "candidate", seen)
    old = State(1, salt, (), (version,), ())
    assert found_by_trying(old.to_json()) == set(NAMES)
    state = with_more_keys(old, "registry")
    assert found_by_trying(state.to_json()) == set()
    keys = pseudonyms.keys_of(state.mark, salt, "registry")
    assert state.versions[0].trained_on == pseudonyms.hidden(salt, NAMES, keys)
    assert State.from_json(state.to_json()) == state


@posix
def test_registries_and_bundles_are_for_their_owner_alone(tmp_path):
    storage = LocalStorage(tmp_path / "registry")
    with storage.alone():
        storage.write("registry.json", b"{}")
        storage.write("versions/1.bundle", b"x")
    assert mode(tmp_path / "registry") == 0o700
    assert {mode(tmp_path / "registry" / each) for each in ("registry.json", "versions/1.bundle")} == {0o600}  # fmt: skip
    write_archive(tmp_path / "own.bundle", {"manifest.json": b"{}"})
    assert mode(tmp_path / "own.bundle") == 0o600
