"""``locomotion stream``: samples in, JSON lines out."""

import io
import json
import sys
from pathlib import Path

import pytest
from tests.ingest.walking import FIRST_S, Walk

pytest.importorskip("skops")
pytest.importorskip("pydantic")
KEPT = Path(__file__).parents[1] / "production" / "bundle" / "old" / "format_1.bundle"


@pytest.fixture(scope="module")
def lines():
    walk = Walk(seconds=1.6)
    signals = dict(walk.angles())
    signals |= {f"grf_vertical_{side}_N": walk.force(side, walk.time)[0][:, 2] for side in FIRST_S}
    rows = [",".join(["time_s", *signals])]
    for k, instant in enumerate(walk.time):
        rows.append(
            ",".join(f"{value:.6f}" for value in (instant, *(v[k] for v in signals.values())))
        )
    return "\n".join(rows) + "\n"


def words(*more):
    return ("stream", KEPT, "--rate", 100, "--known", "mass_kg=70", *more)


def told(out):
    """Without how long each answer took."""
    return [{**json.loads(line), "took_s": 0} for line in out.splitlines()]


def test_a_file_and_what_comes_in_give_the_same_lines(locomotion, lines, tmp_path, monkeypatch):
    file = tmp_path / "walk.csv"
    file.write_text(lines)
    from_file = locomotion(*words("--in", file))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    from_stdin = locomotion(*words())
    assert from_file.status == from_stdin.status == 0
    assert told(from_file.out) == told(from_stdin.out)
    answers = [each for each in told(from_file.out) if each["kind"] == "prediction"]
    assert [each["side"] for each in answers] == ["left"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--in", "absent.csv"), "absent.csv"),
        (("--known", "speed"), "NAME=NUMBER"),
    ],
)
def test_what_cannot_be_read_ends_with_one_message(locomotion, more, message):
    done = locomotion(*words(*more))
    assert done.status == 2
    assert message in done.err
    assert "Traceback" not in done.err


def test_a_spoilt_line_ends_with_its_place(locomotion, lines, tmp_path):
    file = tmp_path / "walk.csv"
    file.write_text(lines.replace("\n0.500000,", "\n0.500000,x,"))
    done = locomotion(*words("--in", file))
    assert done.status == 2
    assert "walk.csv, line 52" in done.err
