import json

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import FileReadError, SchemaError, SplitLeakError, TargetError
from locomotion_analysis.evaluation.audit import (
    between_subject_share,
    constant_within,
    duplicated_cycles,
    leak_audit,
    recognition,
    table_audit,
)
from locomotion_analysis.evaluation.audit_report import plot_optimism, verdict, write_audit
from locomotion_analysis.simulation import simulate

CHANNELS = ("knee_flexion_angle_ipsi_rad", "hip_flexion_angle_ipsi_rad")
FEW = {"model": "linear", "features": ["kinematic"], "n_splits": 3, "n_bootstrap": 100}


def with_column(data, name, values):
    """The same cycles with one more column."""
    frame = data.dataframe
    return LocomotionData.from_dataframe(frame.assign(**{name: np.repeat(np.asarray(values), 150)}))


@pytest.fixture(scope="module")
def walks():
    data = simulate(
        n_subjects=18, n_cycles=8, tasks=["level_walking"], pathologies=["healthy", "stroke"]
    )
    others = [name for name in data.channels if name not in CHANNELS]
    return LocomotionData.from_dataframe(data.dataframe.drop(columns=others))


@pytest.fixture(scope="module")
def audit(walks):
    return leak_audit(walks, "sex", n_draws=3, **FEW)


def test_labels_without_meaning_are_learned_over_cycles_and_not_over_subjects(audit):
    assert audit.on_random.ungrouped > 0.75
    assert audit.on_random.grouped < 0.7
    assert audit.on_random.points > 25
    assert audit.on_random.points_interval[0] > 0
    assert any("recognition of people" in sentence for sentence in verdict(audit))
    assert "{" not in " ".join(verdict(audit))


def test_points_are_a_hundred_times_the_difference(audit):
    table = audit.table()
    assert np.allclose(table["points"], 100 * (table["ungrouped"] - table["grouped"]))
    assert (table["points_low"] <= table["points_high"]).all()


def test_two_audits_with_one_seed_are_the_same(walks, audit):
    again = leak_audit(walks, "sex", n_draws=3, **FEW)
    first, second = audit.to_json(), again.to_json()
    del first["provenance"], second["provenance"]
    assert first == second


def test_a_column_that_contains_the_target_is_named(walks):
    told = with_column(walks, "affected", walks.cycles["pathology"] == "stroke")
    found = leak_audit(told, "pathology", n_draws=1, **FEW)
    assert "affected" in [each.name for each in found.giveaways if each.degree == "perfectly"]
    assert found.leaks
    assert "affected" in " ".join(verdict(found))


def test_a_target_of_one_class_a_subject_is_the_subject_in_disguise(walks):
    found = leak_audit(
        with_column(walks, "initials", [f"p{name}" for name in walks.groups]),
        "initials",
        n_draws=1,
        **FEW,
    )
    assert found.disguised
    assert found.on_target.grouped == 0
    assert "subject in disguise" in verdict(found)[0]


def test_a_number_is_audited_as_a_regression(walks):
    found = leak_audit(walks, "age", n_draws=1, **FEW)
    assert found.kind == "regression"
    assert found.on_target.ungrouped > found.on_target.grouped


def test_one_cycle_a_subject_leaves_nothing_to_recognise(walks):
    alone = walks.take(np.unique(walks.groups, return_index=True)[1])
    found = leak_audit(alone, "pathology", n_draws=1, **{**FEW, "n_splits": 2})
    assert found.recognition is None
    assert any("one cycle" in sentence for sentence in verdict(found))


def test_copies_of_a_cycle_are_found_within_and_between_subjects(walks):
    assert duplicated_cycles(walks).across_subjects == 0
    cycles, curves = walks.cycles, walks.array().copy()
    other = np.flatnonzero(cycles["subject"] != cycles["subject"].iloc[0])[0]
    curves[other] = curves[0]
    curves[2] = curves[1]
    frame = walks.dataframe
    frame[list(walks.channels)] = curves.reshape(-1, len(walks.channels))
    found = duplicated_cycles(LocomotionData.from_dataframe(frame))
    assert found.across_subjects == 2
    assert found.within_subjects == 1
    assert str(cycles["subject"].iloc[0]) in found.examples[0]


def test_subject_share_is_that_of_a_variance_components_model():
    rng, subjects = np.random.default_rng(0), np.repeat(np.arange(400), 10)
    person = rng.normal(0, 2.0, 400)[subjects]
    X = pd.DataFrame({"mixed": person + rng.normal(0, 1.0, 4000)})
    assert between_subject_share(X, subjects)["mixed"] == pytest.approx(4 / 5, abs=0.03)


def test_recognition_counts_same_subject_neighbours_and_ignores_name_tags():
    rng, subjects = np.random.default_rng(0), np.repeat(np.arange(10), 4)
    noise = rng.normal(size=40)
    X = pd.DataFrame({"tag": subjects.astype(float), "noise": noise})
    assert constant_within(X, subjects) == ["tag"]
    assert recognition(X, subjects, 0).accuracy < 0.4
    near = X.assign(person=subjects + 0.001 * noise, noise=0.0)
    assert recognition(near, subjects, 0).accuracy == 1.0


def test_an_own_estimator_is_left_unfitted(walks):
    model = make_pipeline(DecisionTreeClassifier(max_depth=2, random_state=0))
    leak_audit(walks, "pathology", n_draws=1, **{**FEW, "model": model})
    assert not hasattr(model[-1], "tree_")


def test_the_folder_holds_page_numbers_and_figure(audit, tmp_path):
    paths = write_audit(audit, tmp_path / "out")
    page = paths["report"].read_text(encoding="utf-8")
    assert "SIMULATED DATA" in page
    assert "http" not in page.replace("http://www.w3.org", "")
    numbers = json.loads(paths["numbers"].read_text(encoding="utf-8"))
    assert numbers["on_random"]["points"] == pytest.approx(audit.on_random.points)
    assert numbers["verdict"] == verdict(audit)
    assert paths["figure"].read_bytes().startswith(b"\x89PNG")


def test_the_figure_marks_both_scores(audit):
    axes = plot_optimism(audit)
    drawn = [line.get_xdata()[0] for line in axes.lines if line.get_marker() in "oD"]
    expected = [
        score
        for found in (audit.on_target, audit.on_random)
        for score in (found.ungrouped, found.grouped)
    ]
    assert drawn == pytest.approx(expected)
    axes.figure.clear()


@pytest.mark.parametrize(
    ("target", "more", "error", "words"),
    [
        ("nothing", {}, TargetError, "nothing"),
        ("task", {}, TargetError, "level_walking"),
        ("subject", {}, TargetError, "subject"),
        ("sex", {"n_splits": 40}, SplitLeakError, "40"),
        ("sex", {"n_draws": 0}, SchemaError, "draw"),
    ],
)
def test_bad_input_is_one_clear_error(walks, target, more, error, words):
    with pytest.raises(error, match=words):
        leak_audit(walks, target, **{**FEW, **more})


def test_a_file_is_no_folder(audit, tmp_path):
    (tmp_path / "out").write_text("kept")
    with pytest.raises(FileReadError, match="folder"):
        write_audit(audit, tmp_path / "out")
    assert (tmp_path / "out").read_text() == "kept"
    (tmp_path / "optimism.png").write_text("kept")
    with pytest.raises(FileReadError, match=r"another origin: optimism\.png"):
        write_audit(audit, tmp_path)
    assert (tmp_path / "optimism.png").read_text() == "kept"


@pytest.mark.slow
def test_cycles_of_a_runner_are_nearly_identical(shared_data):
    data = LocomotionData.from_parquet(shared_data / "standard" / "running_phase.parquet")
    found = leak_audit(
        data.take(np.arange(0, len(data), 3)), "laboratory", n_draws=2, **{**FEW, "n_splits": 5}
    )
    assert found.recognition.accuracy > 0.95
    assert any("nearly identical" in sentence for sentence in verdict(found))
    assert "speed_m_s" in [each.name for each in found.single_scores[:3]]


@pytest.fixture
def own_table():
    """Twelve people of five rows; one feature names them, two rows are the same."""
    rng = np.random.default_rng(0)
    people = np.repeat([f"S{number}" for number in range(12)], 5)
    X = pd.DataFrame({"knee": rng.normal(size=12).repeat(5), "hip": rng.normal(size=60)})
    X.iloc[7] = X.iloc[2]
    y = pd.Series(np.arange(12).repeat(5) % 2, name="fell")
    return X, y, people


FEW_OF_TABLE = {"model": "linear", "n_splits": 3, "n_draws": 2, "n_bootstrap": 50}


def test_a_table_of_features_is_audited(own_table):
    X, y, people = own_table
    found = table_audit(X, y, people, **FEW_OF_TABLE)
    assert (found.target, found.kind, found.n_subjects, found.n_cycles) == (
        "fell", "classification", 12, 60,
    )  # fmt: skip
    assert found.duplicates.across_subjects == 2
    assert found.duplicates.examples == ("S0, S1",)
    assert {each.name for each in found.single_scores} == {"knee", "hip"}
    assert table_audit(X, X["hip"], people, **FEW_OF_TABLE).kind == "regression"


def test_a_table_with_text_or_without_subjects_is_refused(own_table):
    X, y, people = own_table
    with pytest.raises(SchemaError, match="features that are numbers"):
        table_audit(X.assign(shoe="left"), y, people, **FEW_OF_TABLE)
    with pytest.raises(SplitLeakError, match="groups=None"):
        table_audit(X, y, None, **FEW_OF_TABLE)


def test_a_table_given_as_data_is_audited_as_its_columns_are(own_table):
    X, y, people = own_table
    table = X.assign(fell=y, patient=people, trial=range(len(X)))
    data = LocomotionData.from_features(table, "patient")
    found = leak_audit(data, "fell", **FEW_OF_TABLE)
    columns = table_audit(X, y, people, **FEW_OF_TABLE)
    assert found.on_target.grouped == columns.on_target.grouped
    assert found.on_random.ungrouped == columns.on_random.ungrouped
    assert found.constant_features == columns.constant_features
    assert [name for name, _ in found.left_out] == ["trial"]


def test_copies_are_found_in_a_table_given_as_data(own_table):
    X, y, people = own_table
    X = X.copy()
    X.iloc[-1] = X.iloc[0]
    data = LocomotionData.from_features(X.assign(fell=y, subject=people))
    assert leak_audit(data, "fell", **FEW_OF_TABLE).duplicates.examples[0] == "S0, S11"
