"""``locomotion serve`` and ``locomotion keys``: what they print and refuse."""

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
