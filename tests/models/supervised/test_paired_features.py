"""Rows of treatment: baseline and change of each leg."""

import pandas as pd
import pytest

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.supervised import paired_features
from locomotion_analysis.models.supervised.recipes import paired_target


@pytest.fixture
def cycles():
    rows = [
        ("A", "left", "M0", True),
        ("A", "left", "M0", True),
        ("A", "left", "M6", True),
        ("A", "right", "M0", True),
        ("A", "right", "M6", True),
        ("B", "left", "M0", False),
    ]
    return pd.DataFrame(rows, columns=["subject", "side", "session", "responder"])


def test_means_before_and_changes_by_leg_and_those_seen_once_are_counted(cycles):
    X = pd.DataFrame({"rom": [1.0, 3.0, 5.0, 7.0, 6.0, 9.0]})
    paired, notes = paired_features(X, cycles)
    assert paired.index.tolist() == [("A", "left"), ("A", "right")]
    assert paired["rom_before"].tolist() == [2.0, 7.0]
    assert paired["rom_change"].tolist() == [3.0, -1.0]
    assert notes == ["1 legs left out: seen in one session only"]
    y = paired_target(cycles["responder"], cycles, paired)
    assert y.tolist() == [True, True]


def test_sessions_can_be_named_and_unknown_ones_are_refused(cycles):
    X = pd.DataFrame({"rom": range(6)})
    other = cycles.assign(session=cycles["session"].map({"M0": "w0", "M6": "w12"}))
    assert len(paired_features(X, other, ("w0", "w12"))[0]) == 2
    with pytest.raises(SchemaError, match="pre and post or M0 and M6"):
        paired_features(X, other)
    with pytest.raises(SchemaError, match="column session"):
        paired_features(X, cycles.drop(columns="session"))


def test_a_leg_seen_in_no_two_sessions_is_refused(cycles):
    apart = cycles.assign(subject=cycles["subject"] + cycles["session"])
    with pytest.raises(SchemaError, match="none in both"):
        paired_features(pd.DataFrame({"rom": range(6)}), apart)


def test_an_outcome_that_is_the_session_is_refused(cycles):
    paired, _ = paired_features(pd.DataFrame({"rom": range(6)}), cycles)
    with pytest.raises(SchemaError, match="one outcome for each leg"):
        paired_target(cycles["session"], cycles, paired)
