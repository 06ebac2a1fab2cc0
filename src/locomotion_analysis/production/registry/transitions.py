"""What may be done to a registry, each as a function from one state to the next."""

from dataclasses import replace

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.production.registry.state import (
    ARCHIVED,
    CANDIDATE,
    CHAMPION,
    LogEntry,
    State,
    Version,
)


def added(state: State, version: Version) -> State:
    """Return the state with a further version.

    Raises
    ------
    SchemaError
        If the same file is there already.
    """
    for each in state.versions:
        if each.sha256 == version.sha256:
            raise SchemaError(
                expected="a bundle that is not in the registry yet",
                got=f"the file of version {each.number}",
                where=version.name,
                fix=f"promote version {each.number}",
            )
    return replace(state, versions=(*state.versions, version))


def promoted(state: State, number: int) -> State:
    """Return the state with this version as champion, the old champion archived.

    Raises
    ------
    SchemaError
        If it is champion already, or predicts something else than the champion.
    """
    version = state.version(number)
    if version.stage == CHAMPION:
        raise SchemaError(
            expected="a version that is not champion",
            got=f"version {number}, which is",
            fix="nothing needs to be done",
        )
    if state.champions:
        old = state.version(state.champions[-1])
        if old.target != version.target:
            raise SchemaError(
                expected=f"a model of {old.target}, as the champion",
                got=f"version {number}, a model of {version.target}",
                fix="keep a registry for each target: callers expect one answer",
            )
        state = state.with_stage(old.number, ARCHIVED)
    return replace(state.with_stage(number, CHAMPION), champions=(*state.champions, number))


def rolled_back(state: State) -> State:
    """Return the state with the champion before this one.

    Raises
    ------
    SchemaError
        If there was none.
    """
    if len(state.champions) < 2:
        raise SchemaError(
            expected="an earlier champion to go back to",
            got=f"{len(state.champions)} champion(s) ever",
            fix="promote another version",
        )
    *earlier, before, now = state.champions
    state = state.with_stage(now, ARCHIVED).with_stage(before, CHAMPION)
    return replace(state, champions=(*earlier, before))


def archived(state: State, number: int) -> State:
    """Return the state with a candidate put away.

    Raises
    ------
    SchemaError
        If it is no candidate.
    """
    stage = state.version(number).stage
    if stage != CANDIDATE:
        raise SchemaError(
            expected="a candidate",
            got=f"version {number}, {stage}",
            fix="promote another version: the champion is archived by that",
        )
    return state.with_stage(number, ARCHIVED)


def logged(state: State, entry: LogEntry) -> State:
    """Return the state with a further line in its log."""
    return replace(state, log=(*state.log, entry))
