"""A way to run the command line in this process, and small data to run it on."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from locomotion_analysis.cli import main
from locomotion_analysis.simulation import simulate


class Finished(NamedTuple):
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str


@pytest.fixture
def locomotion(capsys) -> Callable[..., Finished]:
    """Run ``locomotion`` with the given words."""

    def run(*words: object) -> Finished:
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        printed = capsys.readouterr()
        return Finished(int(ended.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture(scope="session")
def small():
    """Eight simulated subjects, four of them healthy, level walking."""
    return simulate(
        n_subjects=8, n_cycles=3, tasks=["level_walking"], pathologies=["healthy", "stroke"]
    )


@pytest.fixture(scope="session")
def small_file(small, tmp_path_factory) -> Path:
    """The small dataset in the long layout."""
    path = tmp_path_factory.mktemp("small") / "walk.parquet"
    small.to_parquet(path, layout="long")
    return path
