import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.data import class_balance
from locomotion_analysis.errors import TargetError
from locomotion_analysis.simulation import simulate


def test_subjects_and_cycles_of_each_class(data):
    kept = data.take([0, 1, 2, 3, 4, 5])  # all four cycles of S1 (healthy), two of S2 (stroke)
    balance = class_balance(kept, "pathology")
    rows = balance.table[["subjects", "cycles", "cycles_per_subject"]]
    assert rows.loc["healthy"].tolist() == [1, 4, 4]
    assert rows.loc["stroke"].tolist() == [1, 2, 2]
    assert balance.subject_imbalance == 1.0
    assert balance.cycle_imbalance == 2.0
    assert balance.majority_percent == pytest.approx(100 * 4 / 6)
    assert balance.shared_subjects == balance.unlabelled_cycles == 0


def test_shares_of_subjects_add_up_where_each_has_one_class():
    data = simulate(n_subjects=7, n_cycles=1, tasks=["level_walking"])
    table = class_balance(data, "pathology").table
    assert table["subjects"].tolist() == [3, 2, 2]
    assert table[["subjects_percent", "cycles_percent"]].sum().tolist() == pytest.approx([100, 100])


def test_subjects_of_several_classes_are_counted(data):
    assert class_balance(data, "task").shared_subjects == 2


def test_cycles_without_a_class_are_counted_apart(data):
    cycles = data.cycles.assign(pathology=["healthy", *[None] * 3, *["stroke"] * 4])
    balance = class_balance(LocomotionData(cycles, data.block, data.channels), "pathology")
    assert balance.unlabelled_cycles == 3
    assert balance.table["cycles"].sum() == 5


@pytest.mark.parametrize("by", ["colour", "empty"])
def test_a_column_without_classes_is_refused(data, by):
    odd = LocomotionData(data.cycles.assign(empty=None), data.block, data.channels)
    with pytest.raises(TargetError, match=by):
        class_balance(odd, by)
