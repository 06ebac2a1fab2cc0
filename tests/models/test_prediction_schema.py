"""New data beside those a model was trained on: what is taken, put in order, or refused."""

import json
import logging
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.errors import (
    CycleShapeError,
    FileReadError,
    LocomotionWarning,
    SchemaError,
    TargetError,
)
from locomotion_analysis.models import PredictionSchema

CHANNELS = ("hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad", "grf_vertical_ipsi_BW")
LABELS = ["stroke", "healthy", "stroke", "healthy"]


@pytest.fixture
def table():
    values = np.random.default_rng(0).normal(size=(4, 3))
    return pd.DataFrame(values, columns=["speed_m_s", "age", "knee_flexion_angle_ipsi_rad_max"])


@pytest.fixture
def curves():
    return np.random.default_rng(1).normal(size=(4, 150, 3)).astype(np.float32)


@pytest.fixture
def of_table(table):
    y = pd.Series(LABELS, name="pathology")
    return PredictionSchema.of(table, y, units={"speed_m_s": "m/s"})


@pytest.fixture
def of_curves(curves):
    return PredictionSchema.of(curves, LABELS, names=CHANNELS)


def test_a_schema_says_what_the_model_takes_and_gives(of_table, of_curves):
    assert (of_table.kind, of_table.shape, of_table.dtype) == ("features", (3,), "float64")
    assert of_table.units == ("m/s", None, None)
    assert (of_table.target, of_table.classes) == ("pathology", ("healthy", "stroke"))
    assert (of_curves.kind, of_curves.shape, of_curves.dtype) == ("sequences", (150, 3), "float32")
    assert of_curves.units == ("rad", "rad", "BW")


@given(st.permutations(range(3)))
def test_named_columns_in_any_order_come_back_in_the_trained_one(order):
    frame = pd.DataFrame(np.arange(12.0).reshape(4, 3), columns=list("abc"))
    curves = np.random.default_rng(2).normal(size=(4, 150, 3))
    checked = PredictionSchema.of(frame, LABELS).check(frame.iloc[:, order])
    pd.testing.assert_frame_equal(checked, frame)
    schema = PredictionSchema.of(curves, LABELS, names=CHANNELS)
    mixed = schema.check(curves[..., order], names=[CHANNELS[at] for at in order])
    np.testing.assert_array_equal(mixed, curves)


def test_reordering_is_recorded(of_table, table, caplog):
    with caplog.at_level(logging.INFO):
        of_table.check(table)
        assert not caplog.records
        of_table.check(table[table.columns[::-1]])
    assert "trained order" in caplog.text


def test_columns_that_are_not_text_are_put_in_order_too():
    frame = pd.DataFrame(np.arange(8.0).reshape(4, 2), columns=[0, 1])
    assert PredictionSchema.of(frame, LABELS).check(frame[[1, 0]]).columns.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda X: X.drop(columns="age"), "1 missing: age$"),
        (lambda X: X.assign(height_m=1.7), "1 unknown: height_m$"),
        (lambda X: X.rename(columns={"age": "Age"}), "1 missing: age; 1 unknown: Age"),
        (lambda X: X.assign(age="old"), "others: age"),
        (lambda X: X.assign(age=np.inf), "infinite ones: age"),
        (lambda X: X.assign(age=np.nan), "nothing but NaN: age"),
        (lambda X: X.to_numpy(), "an array without names"),
        (lambda X: pd.concat([X, X[["age"]]], axis=1), "twice: age"),
        (lambda X: np.zeros((4, 150, 3)), "curves"),
    ],
)
def test_other_features_than_the_trained_ones_are_refused(of_table, table, change, told):
    with pytest.raises(SchemaError, match=re.compile(told, re.MULTILINE)):
        of_table.check(change(table))


@pytest.mark.parametrize(
    ("change", "names", "told"),
    [
        (lambda X: X, None, "an array without names"),
        (lambda X: X[..., :2], CHANNELS[:2], f"1 missing: {CHANNELS[2]}"),
        (lambda X: X, (*CHANNELS[:2], "knee_flexion_moment_ipsi_Nm"), "1 missing.*1 unknown"),
        (lambda X: X, CHANNELS[:2], "2 names"),
        (lambda X: X.astype(str), CHANNELS, "numbers of shape"),
        (lambda X: np.where(np.arange(3) == 1, np.nan, X), CHANNELS, f"NaN: {CHANNELS[1]}$"),
    ],
)
def test_other_channels_than_the_trained_ones_are_refused(of_curves, curves, change, names, told):
    with pytest.raises(SchemaError, match=re.compile(told, re.MULTILINE)):
        of_curves.check(change(curves), names=names)


def test_another_phase_grid_is_refused(of_curves, curves):
    with pytest.raises(CycleShapeError, match="100 points"):
        of_curves.check(curves[:, :100], names=CHANNELS)


def test_a_channel_in_other_units_is_pointed_at(of_curves, curves):
    names = (CHANNELS[0], "knee_flexion_angle_ipsi_deg", CHANNELS[2])
    with pytest.raises(SchemaError, match=f"ipsi_deg meant to be {CHANNELS[1]}"):
        of_curves.check(curves, names=names)


def test_without_names_the_shape_alone_is_compared(curves):
    schema = PredictionSchema.of(curves, LABELS)
    assert schema.names == ()
    np.testing.assert_array_equal(schema.check(curves), curves)
    with pytest.raises(SchemaError, match="3 columns"):
        schema.check(curves[..., :2])
    with pytest.raises(SchemaError, match="cannot be compared"):
        schema.check(curves, names=CHANNELS)


def test_gaps_are_told_of_where_training_had_none(of_table, table):
    table.loc[0, "age"] = np.nan
    with pytest.warns(LocomotionWarning, match="age"):
        of_table.check(table)
    PredictionSchema.of(table, LABELS).check(table)
    # What was sometimes missing in training may be missing throughout.
    PredictionSchema.of(table, LABELS).check(table.assign(age=np.nan))


def test_unknown_labels_are_named(of_table):
    assert of_table.check_target(pd.Series(["stroke", "healthy"])).tolist() == ["stroke", "healthy"]
    with pytest.raises(TargetError, match="'ataxia' in 2 of 3 rows"):
        of_table.check_target(["ataxia", "stroke", "ataxia"])
    with pytest.raises(TargetError, match="1 of 2 rows without one"):
        of_table.check_target(["stroke", None])


def test_a_number_is_a_label_or_a_quantity(table):
    assert PredictionSchema.of(table, [0, 1, 0, 1]).classes == (0, 1)
    ages = PredictionSchema.of(table, pd.Series([60, 30, 40, 50], name="age"), quantity=True)
    assert (ages.target, ages.classes) == ("age", None)
    assert PredictionSchema.of(table, [1.1, 1.3, 0.9, 1.2]).classes is None
    assert ages.check_target([1, 2]).tolist() == [1.0, 2.0]
    with pytest.raises(TargetError, match="expected numbers"):
        ages.check_target(["old"])
    with pytest.raises(TargetError, match="1 of 2 infinite"):
        ages.check_target([np.inf, 3])
    with pytest.raises(TargetError, match="one target a row"):
        PredictionSchema.of(table, [0, 1])


@pytest.mark.parametrize("y", [LABELS, [0, 1, 0, 1], [True, False, True, False], [0.5, 1, 2, 3]])
def test_a_schema_survives_json(table, y, tmp_path):
    table.loc[1, "age"] = np.nan
    schema = PredictionSchema.of(table, y, units={"age": "years"})
    assert PredictionSchema.from_json(schema.to_json()) == schema
    schema.write(tmp_path / "schema.json")
    assert PredictionSchema.read(tmp_path / "schema.json") == schema


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: json.dumps({**json.loads(text), "format": 99}),
        lambda text: json.dumps({**json.loads(text), "kind": "images"}),
        lambda text: json.dumps({"format": 1, "kind": "features"}),
    ],
)
def test_a_damaged_schema_is_refused_with_its_place(of_table, damage, tmp_path):
    path = tmp_path / "schema.json"
    path.write_text(damage(of_table.to_json()))
    with pytest.raises(FileReadError, match=r"schema\.json"):
        PredictionSchema.read(path)
    with pytest.raises(FileReadError, match=r"absent\.json"):
        PredictionSchema.read(tmp_path / "absent.json")
