"""What may follow what: any sequence of changes leaves one champion at most and loses no version."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError
from locomotion_analysis.production import registry
from locomotion_analysis.production.registry import FORMAT, LogEntry, State, Version

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
