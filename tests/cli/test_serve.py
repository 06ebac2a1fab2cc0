"""``locomotion serve`` and ``locomotion keys``: what they print and refuse."""

from pathlib import Path

import pytest

from locomotion_analysis.production.service import KeyFile


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
    done = locomotion("serve", cut, "--port", "0")
    assert done.status == 2
    assert "not a zip file" in done.err
    assert "cut.bundle" in done.err
    assert "locomotion-serve-" not in done.err  # the service's own copy


KEPT = Path(__file__).parents[1] / "production" / "bundle" / "old" / "format_1.bundle"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "message"),
    [(["--key-file", "secret"], "signature"), (["--runtime", "int8"], "8 bits")],
)
def test_a_bundle_that_is_not_as_asked_for_is_not_served(
    locomotion, tmp_path, monkeypatch, words, message
):
    pytest.importorskip("skops")
    monkeypatch.chdir(tmp_path)
    Path("secret").write_bytes(b"what only we know")
    done = locomotion("serve", KEPT, "--port", "0", *words)
    assert done.status == 2
    assert message in done.err
