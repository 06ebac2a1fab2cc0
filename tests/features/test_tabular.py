"""``prepare_ml_features``: what comes out, what is left out, what the target excludes."""

import logging
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError, TargetError
from locomotion_analysis.features import describe_features, feature_table
from locomotion_analysis.features.given import GIVEN
from locomotion_analysis.features.spec import FeatureSpec, Schema
from locomotion_analysis.features.table import (
    FEATURE_GROUPS,
    FeaturePlan,
    labelled_feature_table,
    ml_features,
    uses_stance,
)
from locomotion_analysis.quality import identity_findings
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import KEY, METADATA


@pytest.fixture(scope="module")
def simulated():
    return simulate(n_subjects=6, n_cycles=2)


def test_the_pages_first_example_has_150_features(simulated):
    X, y = simulated.prepare_ml_features(
        target="task",
        features=["kinematic", "kinetic", "temporal"],
        aggregations=["mean", "std", "max", "min"],
    )
    assert X.shape[1] >= 150
    assert X.notna().all(axis=None)
    assert (X.dtypes == np.float64).all()
    assert X.columns.is_unique
    assert y.value_counts().to_dict() == dict.fromkeys(y.unique(), 12)
    pd.testing.assert_index_equal(X.index, simulated.key)
    pd.testing.assert_index_equal(y.index, simulated.key)
    assert (X.index.get_level_values("subject") == simulated.groups).all()


def test_names_are_predictable(two_sided):
    frame = feature_table(two_sided, ["kinematic"], ["mean"]).frame
    angles = [n for n in two_sided.channels if "_angle_" in n or "_velocity_" in n]
    assert frame.columns.tolist()[: len(angles)] == [f"{name}_mean" for name in angles]


def test_names_that_may_be_one_stay_with_the_table_and_gaits_are_not_compared(build):
    """Whose gaits are alike is looked for where models are judged, not for every table."""
    channels = tuple(f"{joint}_flexion_angle_ipsi_rad" for joint in ("hip", "knee"))
    channels += ("ankle_dorsiflexion_angle_ipsi_rad",)
    data = build(channels=channels, n_steps=6)
    block = np.repeat(data.block[:, ::6], 6, axis=1)
    block += np.random.default_rng(0).normal(0, 0.01, block.shape).astype(np.float32)
    block[:, 6:12] = block[:, :6]
    names = np.repeat(["S1", "P2", "S01", "P4"], 6)
    twice = LocomotionData(data.cycles.assign(subject=names), block, channels)
    assert {each.code for each in identity_findings(twice)} == {"GAIT015", "GAIT017"}
    told = feature_table(twice, ["kinematic"], ["mean"]).frame.attrs["identity"]
    assert [each[0] for each in told] == ["GAIT015"]


def test_two_tasks_with_one_subject_and_step_stay_apart(two_sided):
    X, _ = ml_features(two_sided, "pathology", ["kinematic", "kinetic"])
    assert len(X) == len(two_sided) == 40
    assert X.index.is_unique
    assert X.groupby(["subject", "step"]).size().eq(2).all()
    assert list(X.index.names) == list(KEY)


def test_one_warning_names_everything_left_out(build):
    curves = {"hip_flexion_angle_ipsi_rad": np.full((20, 150), np.nan)}
    data = build(curves=curves, pathology="healthy")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        X, _ = data.prepare_ml_features(target="subject", features=FEATURE_GROUPS)
    assert [w.category for w in caught] == [LocomotionWarning]
    message = str(caught[0].message)
    for name in ("kinetic", "cycle_duration_s", "hip_flexion_angle_ipsi_rad", "asymmetry", "joint"):
        assert name in message
    assert not [name for name in X if name.startswith("hip")]


def test_left_out_is_kept_with_the_table(build):
    table, _ = labelled_feature_table(build(), "subject")
    assert {"kinetic", "cycle_duration_s"} <= {entry.name for entry in table.left_out}
    assert all(entry.reason for entry in table.left_out)


def test_nothing_left_is_an_error(build):
    with pytest.raises(SchemaError, match="kinetic"):
        ml_features(build(), "subject", ["kinetic"])


def test_an_unknown_group_is_refused(two_sided):
    with pytest.raises(SchemaError, match="'dynamic'"):
        ml_features(two_sided, "task", ["kinematic", "dynamic"])


def test_cycles_without_target_are_dropped_and_counted(build, caplog):
    label = np.array(["a", "b", None, "a"] * 5, dtype=object)
    with caplog.at_level(logging.WARNING):
        table, y = labelled_feature_table(build(label=label), "label", ["kinematic"])
    assert "dropped 5 of 20 cycles without label" in caplog.text
    assert len(table.frame) == len(y) == 15
    assert set(y) == {"a", "b"}
    whole = feature_table(build(label=label), ["kinematic"]).frame
    pd.testing.assert_frame_equal(table.frame, whole.loc[y.index])


def test_unknown_target_names_columns_and_near_matches(two_sided):
    with pytest.raises(TargetError) as caught:
        ml_features(two_sided, "patology")
    assert "did you mean pathology" in caught.value.fix
    assert "cycle_duration_s" in caught.value.expected


def test_an_empty_target_is_refused(build):
    with pytest.raises(TargetError, match="none in 20 cycles"):
        ml_features(build(label=np.full(20, np.nan)), "label")


def test_an_alias_of_the_target_works(build):
    _, y = ml_features(build(sex="female"), "gender", ["kinematic"])
    assert y.name == "sex"


@pytest.mark.parametrize(
    ("target", "gone", "kept"),
    [
        ("speed_m_s", {"speed_m_s", "stride_length_m", "froude_number"}, {"cycle_duration_s"}),
        ("cycle_duration_s", {"cadence_steps_min", "stance_time_s"}, {"stance_percent"}),
        ("stance_percent", {"swing_percent", "stance_time_s"}, {"speed_m_s"}),
        ("height_m", {"froude_number"}, {"speed_m_s"}),
    ],
)
@pytest.mark.filterwarnings("ignore::locomotion_analysis.errors.LocomotionWarning")
def test_features_that_give_the_target_away_are_dropped(simulated, target, gone, kept):
    table, _ = labelled_feature_table(simulated, target, FEATURE_GROUPS)
    assert target not in table.frame
    assert not gone & set(table.frame)
    assert kept <= set(table.frame)
    assert gone <= {entry.name for entry in table.left_out}
    assert [spec.name for spec in table.specs] == table.frame.columns.tolist()


@pytest.mark.parametrize("target", ["speed_m_s", "stride_length_m", "cycle_duration_s"])
def test_no_product_of_two_features_is_the_target(simulated, target):
    table, y = labelled_feature_table(simulated, target, ["temporal", "spatial"])
    positive = table.frame.loc[:, (table.frame > 0).all()]
    X, y = np.log(positive.to_numpy()), np.log(y.to_numpy())
    assert X.shape[1] >= 2
    for i in range(X.shape[1]):
        for j in range(X.shape[1]):
            for sign in (1, -1):
                assert np.std(y - X[:, i] - sign * X[:, j]) > 1e-6
                assert np.std(y + X[:, i] - sign * X[:, j]) > 1e-6


def test_a_copy_of_the_target_is_dropped(build):
    duration = np.linspace(0.9, 1.3, 20)
    data = build(cycle_duration_s=duration, outcome=duration, stance_percent=62.0)
    table, _ = labelled_feature_table(data, "outcome", ["temporal"])
    assert "cycle_duration_s" not in table.frame
    assert "cadence_steps_min" in table.frame


def test_a_target_that_every_feature_contains_leaves_nothing_to_learn_from(build):
    data = build(stance_percent=np.linspace(58.0, 64.0, 20))
    with pytest.raises(SchemaError, match="features that do not contain the target"):
        labelled_feature_table(data, "stance_percent", ["temporal"])


def test_the_catalogue_is_complete(two_sided):
    catalogue = describe_features(two_sided, FEATURE_GROUPS, ["mean", "argmax_phase", "q05"])
    frame = feature_table(two_sided, FEATURE_GROUPS, ["mean", "argmax_phase", "q05"]).frame
    assert catalogue["name"].tolist() == frame.columns.tolist()
    assert set(catalogue["group"]) == set(FEATURE_GROUPS)
    known = {*two_sided.channels, *two_sided.cycles, "stride_length_m", "step_length_m"}
    known |= set(METADATA)
    for row in catalogue.itertuples():
        assert row.unit
        assert row.formula
        assert row.source
        assert row.requires
        assert set(row.requires) <= known


def test_a_cycles_features_do_not_depend_on_other_cycles(two_sided):
    plan = FeaturePlan.of(Schema.of_data(two_sided))
    alone = np.concatenate(
        [np.full(len(family.specs), not family.across_cycles) for family in plan.families]
    )
    whole = plan.compute(two_sided)[:, alone]
    part = plan.compute(two_sided.take([31, 4, 17]))[:, alone]
    np.testing.assert_array_equal(part, whole[[31, 4, 17]])


def test_input_is_not_changed(two_sided):
    block, cycles = two_sided.block.copy(), two_sided.cycles
    feature_table(two_sided, FEATURE_GROUPS)
    np.testing.assert_array_equal(two_sided.block, block)
    pd.testing.assert_frame_equal(two_sided.cycles, cycles)


@pytest.mark.parametrize(
    ("file", "target"), [("hip_oa_phase", "pathology"), ("running_phase", "laboratory")]
)
def test_real_recordings(shared_data, file, target):
    data = LocomotionData.from_parquet(shared_data / "standard" / f"{file}.parquet")
    with pytest.warns(LocomotionWarning, match="kinetic"):
        X, y = data.prepare_ml_features(target=target, aggregations=["mean", "rom", "q25"])
    statistics = [f"{name}_{how}" for name in data.channels for how in ("mean", "rom", "q25")]
    assert X.columns.tolist()[: len(statistics)] == statistics
    assert X[statistics].notna().all(axis=None)
    assert y.nunique() == 2
    expected = data.curves("hip_flexion_angle_ipsi_rad").astype(float).mean(axis=1)
    np.testing.assert_allclose(X["hip_flexion_angle_ipsi_rad_mean"], expected, atol=1e-7)


def test_features_of_cycles_import_no_library_for_learning():
    code = (
        "import sys\n"
        "from locomotion_analysis.features import feature_table, to_torch_dataset\n"
        "from locomotion_analysis.features import extraction\n"
        "sys.exit(', '.join({'torch', 'sklearn'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_number_that_came_with_the_cycles_uses_no_end_of_stance():
    computed = FeatureSpec("stance_time_s", "temporal", "s", "", "", ("stance_percent",))
    given = FeatureSpec("stance_percent", GIVEN, "%", "", "", ("stance_percent",))
    assert uses_stance([given, computed])
    assert not uses_stance([given])
