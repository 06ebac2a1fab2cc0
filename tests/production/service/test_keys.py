"""API keys and the rate limit."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.production.service import KeyFile
from locomotion_analysis.production.service.keys import RateLimit


def test_only_hashes_are_kept_and_only_their_owner_reads_them(tmp_path):
    keys = KeyFile(tmp_path / "keys.json")
    made = [keys.add("a"), keys.add("b")]
    text = keys.path.read_text()
    assert not any(key in text for key in made)
    assert [keys.name_of(key) for key in made] == ["a", "b"]
    assert keys.names() == ["a", "b"]
    if os.name == "posix":
        assert keys.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("guess", ["", "a", "\ud800", "x" * 100_000])
def test_a_guess_opens_nothing(tmp_path, guess):
    keys = KeyFile(tmp_path / "keys.json")
    keys.add("a")
    assert keys.name_of(guess) is None


def test_a_stored_hash_is_no_key(tmp_path):
    keys = KeyFile(tmp_path / "keys.json")
    keys.add("a")
    (stored,) = json.loads(keys.path.read_text())["keys"].values()
    assert keys.name_of(stored) is None


def test_a_revoked_key_is_refused_by_whoever_read_the_file_before(tmp_path):
    keys, elsewhere = KeyFile(tmp_path / "keys.json"), KeyFile(tmp_path / "keys.json")
    key = keys.add("a")
    assert elsewhere.name_of(key) == "a"
    keys.revoke("a")
    assert elsewhere.name_of(key) is None


def test_keys_made_at_once_are_all_there(tmp_path):
    path = tmp_path / "keys.json"
    with ThreadPoolExecutor(8) as several:
        made = list(several.map(lambda n: KeyFile(path).add(f"key {n}"), range(24)))
    assert {KeyFile(path).name_of(key) for key in made} == {f"key {n}" for n in range(24)}


def test_a_kill_while_writing_leaves_the_keys_whole(tmp_path):
    keys = KeyFile(tmp_path / "keys.json")
    key = keys.add("first")
    code = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from locomotion_analysis.production.service.keys import KeyFile\n"
        "Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "KeyFile(sys.argv[1]).add('second')\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(keys.path)], check=False)
    assert done.returncode < 0
    assert KeyFile(keys.path).name_of(key) == "first"
    assert KeyFile(keys.path).names() == ["first"]
    keys.add("third")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"keys": 3}', None])
def test_a_file_that_holds_no_keys_is_named(tmp_path, text):
    path = tmp_path / "keys.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(FileReadError, match=r"keys\.json"):
        KeyFile(path).names()


def test_names_are_taken_once_and_revoked_once(tmp_path):
    keys = KeyFile(tmp_path / "keys.json")
    keys.add("a")
    with pytest.raises(SchemaError, match="no key has yet"):
        keys.add("a")
    with pytest.raises(SchemaError, match="a name for the key"):
        keys.add(" ")
    keys.revoke("a")
    with pytest.raises(SchemaError, match="there is none"):
        keys.revoke("a")


def test_tokens_come_back_at_an_even_rate_and_callers_do_not_share_them():
    now = [0.0]
    limit = RateLimit(60, clock=lambda: now[0])
    assert [limit.wait_s("a") for _ in range(60)] == [0.0] * 60
    assert limit.wait_s("a") == pytest.approx(1.0)
    assert limit.wait_s("b") == 0.0
    now[0] = 0.5
    assert limit.wait_s("a") == pytest.approx(0.5)
    now[0] = 1.0
    assert limit.wait_s("a") == 0.0
    now[0] = 1e6
    assert sum(limit.wait_s("a") == 0.0 for _ in range(100)) == 60


def test_callers_without_number_do_not_fill_the_memory():
    limit = RateLimit(60)
    for number in range(30_000):
        limit.wait_s(str(number))
    assert len(limit._buckets) <= 10_000
