"""Streams to disk: the same cycles, whole or not at all, and going on after a stop."""

import numpy as np
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.simulation import simulate, simulator, write_simulation

ASKED = {"n_subjects": 7, "n_cycles": 3, "tasks": ["level_walking", "sit_to_stand"], "seed": 4}


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(simulator, "_CYCLES_A_PART", 12)
    monkeypatch.setattr(simulator, "_CYCLES_A_TABLE", {"cycle": 12, "long": 6})


@pytest.mark.parametrize(
    ("name", "layout"), [("a.parquet", "cycle"), ("a.parquet", "long"), ("parts", "cycle")]
)
def test_what_is_written_is_what_simulate_returns(tmp_path, small_parts, name, layout):
    told = []
    out = tmp_path / name
    assert write_simulation(out, **ASKED, layout=layout, progress=lambda *t: told.append(t)) == 42
    read, made = LocomotionData.from_parquet(out), simulate(**ASKED)
    np.testing.assert_array_equal(read.block, made.block)
    assert list(read.cycles["subject"]) == list(made.cycles["subject"])
    assert read.is_simulated
    assert told[-1][1:] == (7, 7)


@pytest.mark.parametrize("n_workers", [1, 3])
def test_the_number_of_workers_changes_nothing(n_workers, monkeypatch):
    monkeypatch.setattr(simulator, "CYCLES_AT_ONCE", 4)
    one, many = simulate(**ASKED, n_workers=1), simulate(**ASKED, n_workers=n_workers)
    np.testing.assert_array_equal(one.block, many.block)


def test_a_folder_goes_on_where_it_stopped(tmp_path, small_parts):
    out = tmp_path / "parts"
    write_simulation(out, **ASKED)
    first, *others = sorted(out.glob("*.parquet"))
    kept = first.stat().st_mtime_ns
    whole = LocomotionData.from_parquet(out).block
    for path in others:
        path.unlink()
    write_simulation(out, **ASKED)
    assert first.stat().st_mtime_ns == kept
    np.testing.assert_array_equal(LocomotionData.from_parquet(out).block, whole)


def test_a_folder_of_something_else_is_left_alone(tmp_path, small_parts):
    out = tmp_path / "parts"
    write_simulation(out, **ASKED)
    with pytest.raises(SchemaError, match="another simulation"):
        write_simulation(out, **ASKED | {"seed": 5})
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(SchemaError, match="something else"):
        write_simulation(tmp_path / "mine", **ASKED)


def test_a_folder_whose_beginning_was_killed_is_begun_again(tmp_path, small_parts):
    left = tmp_path / "parts" / f".{simulator._MANIFEST}.abc.locomotion-writing"
    left.mkdir(parents=True)
    (left / "new").write_text("{")
    write_simulation(tmp_path / "parts", **ASKED)
    assert not left.exists()


def test_a_crash_leaves_no_half_file(tmp_path, small_parts, monkeypatch):
    def crash(*_):
        raise RuntimeError("power cut")

    monkeypatch.setattr(simulator, "joined", crash)
    with pytest.raises(RuntimeError, match="power cut"):
        write_simulation(tmp_path / "a.parquet", **ASKED)
    assert not list(tmp_path.iterdir())


def test_long_walks_are_cut_without_a_seam():
    few = simulate(1, simulator.CYCLES_AT_ONCE, ["level_walking"], ["healthy"])
    many = simulate(1, simulator.CYCLES_AT_ONCE + 10, ["level_walking"], ["healthy"])
    np.testing.assert_allclose(few.block, many.block[:, : len(few)], atol=1e-6)
    assert np.isfinite(many.block).all()
