"""``locomotion serve`` and ``locomotion keys``: what they print and refuse."""

import subprocess
import sys
from pathlib import Path

import pytest

from locomotion_analysis.production.service import KeyFile

KEPT = Path(__file__).parents[1] / "production" / "bundle" / "old" / "format_1.bundle"


def served(cwd, bundle, *words):
    """Serve in a process of its own: a service takes over its process's log and signals."""
    command = [sys.executable, "-m", "locomotion_analysis", "serve", bundle, "--port", "0", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_a_key_is_printed_once_listed_by_name_and_revoked(locomotion, tmp_path):
    file = tmp_path / "keys.json"
    key = locomotion("keys", "add", file, "clinic").out.strip()
    assert KeyFile(file).name_of(key) == "clinic"
    listed = locomotion("keys", "list", file)
    assert listed.out.split() == ["clinic"]
    assert locomotion("keys", "revoke", file, "clinic").status == 0
    assert KeyFile(file).name_of(key) is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["absent.bundle", "--port", "0"], "absent.bundle"),
        (["absent.bundle", "--host", "0.0.0.0"], "API keys"),
        (["absent.bundle", "--keys", "absent.json"], "absent.json"),
    ],
)
def test_what_cannot_be_served_ends_with_one_message(locomotion, words, message):
    done = locomotion("serve", *words)
    assert done.status == 2
    assert message in done.err
    assert "Traceback" not in done.err


def test_what_is_no_bundle_is_named_as_the_user_named_it(locomotion, tmp_path):
    folder = locomotion("serve", tmp_path, "--port", "0")
    assert folder.status == 2
    assert "got: a folder" in folder.err
    cut = tmp_path / "cut.bundle"
    cut.write_bytes(KEPT.read_bytes()[:5000])
    done = served(tmp_path, cut)
    assert done.returncode == 2
    assert "not a zip file" in done.stderr
    assert "cut.bundle" in done.stderr
    assert "locomotion-serve-" not in done.stderr  # the service's own copy


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "message"),
    [(["--key-file", "secret"], "signature"), (["--runtime", "int8"], "8 bits")],
)
def test_a_bundle_that_is_not_as_asked_for_is_not_served(tmp_path, words, message):
    pytest.importorskip("skops")
    (tmp_path / "secret").write_bytes(b"what only we know")
    done = served(tmp_path, KEPT, *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
