"""A registry of real bundles, here and elsewhere, and what a killed program leaves of it."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.errors import BundleError, FileReadError, LocomotionError, SchemaError
from locomotion_analysis.production import registry
from locomotion_analysis.production.bundle import open_bundle
from locomotion_analysis.production.registry import (
    FORMAT,
    LogEntry,
    Registry,
    StageSource,
    State,
    Version,
)

OLD = Path(__file__).parent / "bundle" / "old" / "format_1.bundle"


@pytest.fixture
def bundles(tmp_path, monkeypatch):
    """Three files of one model: what is told apart here are the files."""
    pytest.importorskip("skops")
    opened = open_bundle(OLD)
    monkeypatch.setattr(registry, "open_bundle", lambda _: opened)
    made = []
    for number in range(3):
        path = tmp_path / f"{number}.bundle"
        path.write_bytes(OLD.read_bytes() + bytes([number]))
        made.append(path)
    return made


@pytest.fixture(params=["folder", "memory"])
def place(request, tmp_path):
    if request.param == "folder":
        return tmp_path / "registry"
    pytest.importorskip("fsspec")
    return f"memory://{tmp_path.name}"


def test_versions_go_from_candidate_to_champion_and_back(place, bundles, tmp_path):
    here = Registry(place)
    for path in bundles:
        here.add(path, why="new data")
    assert [each.stage for each in here.versions] == ["candidate"] * 3
    here.promote(1)
    here.promote(3, why="better")
    assert Registry(place).champion.number == 3
    assert here.fetch("champion", tmp_path / "c").read_bytes() == bundles[2].read_bytes()
    assert here.roll_back(why="worse on Mondays").number == 1
    here.archive(2)
    assert [each.stage for each in here.versions] == ["champion", "archived", "archived"]
    actions = ["added"] * 3 + ["promoted", "promoted", "rolled back", "archived"]
    assert here.log["action"].tolist() == actions
    assert here.log["why"].iloc[5] == "worse on Mondays"
    assert here.table["stage"].tolist() == ["champion", "archived", "archived"]


def test_a_service_sees_the_champion_change(place, bundles):
    here = Registry(place)
    for path in bundles[:2]:
        here.add(path)
    source = StageSource(Registry(place))
    with pytest.raises(FileReadError, match="a champion"):
        source.path()
    here.promote(1)
    first = source.path()
    assert source.path() == first
    here.promote(2)
    assert source.path() != first
    assert source.path().read_bytes() == bundles[1].read_bytes()


def test_a_real_bundle_is_tried_before_it_is_taken_in(tmp_path):
    pytest.importorskip("skops")
    here = Registry(tmp_path / "registry")
    cut = tmp_path / "cut.bundle"
    cut.write_bytes(OLD.read_bytes()[:-2000])
    with pytest.raises(BundleError):
        here.add(cut)
    assert not here.versions
    version = here.add(OLD)
    assert version.target == "pathology"
    with pytest.raises(SchemaError, match="version 1"):
        here.add(shutil.copy(OLD, tmp_path / "again.bundle"))


def test_a_changed_file_does_not_serve(bundles, tmp_path):
    here = Registry(tmp_path / "registry")
    here.promote(here.add(bundles[0]).number)
    path = StageSource(here).path()
    path.write_bytes(bundles[1].read_bytes())
    with pytest.raises(FileReadError, match="SHA-256"):
        StageSource(Registry(tmp_path / "registry")).path()


def test_nothing_goes_back_or_forward_to_a_changed_file(place, bundles):
    here = Registry(place)
    for path in bundles[:2]:
        here.promote(here.add(path).number)
    here.add(bundles[2])
    for version in (here.versions[0], here.versions[2]):
        here._storage.write(version.file, b"something else")
    log = here.log
    with pytest.raises(FileReadError, match=r"SHA-256 .* of version 1"):
        here.roll_back()
    with pytest.raises(FileReadError, match=r"SHA-256 .* of version 3"):
        here.promote(3)
    assert here.champion.number == 2
    assert here.log.equals(log)


def test_subjects_are_recognised_and_not_named(bundles, tmp_path):
    here = Registry(tmp_path / "registry")
    version = here.add(bundles[0], ["anna", "bert", "anna"])
    assert here.has_seen(version, ["bert", "carla"]) == [True, False]
    assert b"anna" not in (tmp_path / "registry" / "registry.json").read_bytes()
    unknown = here.add(bundles[1])
    with pytest.raises(FileReadError, match="trained_on"):
        here.has_seen(unknown, ["bert"])


def test_people_stay_on_their_side(tmp_path):
    people = [f"S{number:04}" for number in range(2000)]
    sides = Registry(tmp_path / "r").for_testing(people)
    assert Registry(tmp_path / "r").for_testing(people) == sides
    assert Registry(tmp_path / "r").for_testing(people[:5]) == sides[:5]
    # 30 % of 2,000, give or take four standard deviations.
    assert abs(sum(sides) - 600) < 82
    assert Registry(tmp_path / "other").for_testing(people) != sides


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(FileReadError, match="a folder"):
        _ = Registry(file).versions


_CHANGES = """
import sys
from locomotion_analysis.production.registry import Registry
here = Registry(sys.argv[1])
print("ready", flush=True)
while True:
    here.promote(2)
    here.roll_back()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_a_killed_program_leaves_it_whole_and_unlocked(bundles, tmp_path):
    place = tmp_path / "registry"
    here = Registry(place)
    for path in bundles[:2]:
        here.add(path)
    here.promote(1)
    for pause in (0.0, 0.003, 0.02):
        command = [sys.executable, "-c", _CHANGES, str(place)]
        program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert program.stdout.readline() == "ready\n"
            before, limit = len(here.log), time.monotonic() + 60
            while len(here.log) < before + 2:
                assert time.monotonic() < limit
            time.sleep(pause)
        finally:
            program.kill()
        program.wait(60)
        program.stdout.close()
        assert Registry(place).champion.number in (1, 2)
        actions = Registry(place).log["action"].tolist()[3:]
        assert actions == [("promoted", "rolled back")[n % 2] for n in range(len(actions))]
        if Registry(place).champion.number == 2:
            Registry(place).roll_back()


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path):
    place = tmp_path / "registry"
    place.write_text("a file")
    for ask in (lambda: Registry(place).roll_back("why"), lambda: Registry(place).champion):
        with pytest.raises(FileReadError, match="a file of that name"):
            ask()
    assert place.read_text() == "a file"


EMPTY = State(FORMAT, "00" * 32, (), (), ())


def version(number, target="pathology"):
    return Version(
        number, f"versions/{number}.bundle", f"{number:064d}", "d", "linear", target,
        "candidate", None,
    )  # fmt: skip


def with_versions(count):
    state = EMPTY
    for number in range(1, count + 1):
        state = registry.added(state, version(number))
    return state


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("promote"), st.integers(1, 4)),
            st.tuples(st.just("archive"), st.integers(1, 4)),
            st.tuples(st.just("back"), st.just(0)),
        ),
        max_size=20,
    )
)
def test_any_sequence_keeps_the_registry_consistent(steps):
    state, champions = with_versions(4), []
    for action, number in steps:
        before = state
        try:
            if action == "promote":
                state = registry.promoted(state, number)
                champions.append(number)
            elif action == "archive":
                state = registry.archived(state, number)
            else:
                state = registry.rolled_back(state)
                champions.pop()
        except SchemaError:
            assert state is before
        assert State.from_json(state.to_json()) == state
        assert [each.number for each in state.versions] == [1, 2, 3, 4]
        assert list(state.champions) == champions
        serving = [each.number for each in state.versions if each.stage == "champion"]
        assert serving == champions[-1:]


def test_an_archived_version_may_come_back():
    state = registry.promoted(registry.promoted(with_versions(2), 1), 2)
    assert state.version(1).stage == "archived"
    assert registry.promoted(state, 1).champions == (1, 2, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: registry.rolled_back(registry.promoted(with_versions(1), 1)),
        lambda: registry.promoted(registry.promoted(with_versions(1), 1), 1),
        lambda: registry.archived(registry.promoted(with_versions(1), 1), 1),
        lambda: registry.promoted(with_versions(1), 2),
        lambda: registry.added(with_versions(1), version(1)),
        lambda: registry.promoted(
            registry.added(registry.promoted(with_versions(1), 1), version(2, "task")), 2
        ),
    ],
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(LocomotionError):
        wrong()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"format": 1', b'"format": 2'),
        (b'"stage": "champion"', b'"stage": "archived"'),
        (b'"number": 2', b'"number": 3'),
        (b'"champions"', b'"winners"'),
        (b"]", b""),
    ],
)
def test_a_damaged_state_is_refused(old, new):
    content = registry.logged(
        registry.promoted(with_versions(2), 1), LogEntry("now", "promoted", 1, "me", "")
    ).to_json()
    assert old in content
    with pytest.raises(FileReadError):
        State.from_json(content.replace(old, new, 1))
