"""A file of cycles or features answered at once, as the service answers each."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import FileReadError, LocomotionWarning, SchemaError

pytest.importorskip("skops")
pytest.importorskip("pydantic")

from typer.testing import CliRunner

from locomotion_analysis.cli import app
from locomotion_analysis.production.bundle import open_bundle
from locomotion_analysis.production.predicting import predict_cycles, predict_features, read_rows
from locomotion_analysis.production.service.contract import RefusedError

KEPT = Path(__file__).parent / "bundle" / "old" / "format_1.bundle"


@pytest.fixture(scope="module")
def bundle():
    return open_bundle(KEPT)


def with_block(data, block):
    return LocomotionData(data.cycles, block, data.channels, data.history)


def test_a_table_of_other_columns_is_told_what_the_model_needs(bundle, tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("subject,cadence\nP1,100\n")
    n_channels = len([each for each in bundle.channels if each.needed])
    with pytest.raises(SchemaError, match=f"gait cycles with the {n_channels} channels") as caught:
        predict_features(bundle, read_rows(path))
    assert "bundle-inspect" in caught.value.fix
    with pytest.raises(FileReadError, match="nothing at that path"):
        read_rows(tmp_path / "absent.parquet")


def test_every_cycle_has_the_answer_of_the_bundle(bundle):
    data = bundle.golden.cycles
    table = predict_cycles(bundle, data)
    expected = bundle.predict_cycles(data)
    assert list(table["prediction"]) == list(expected["prediction"])
    assert list(table["subject"]) == list(data.cycles["subject"])
    assert (table["rejected"] == "").all()
    for text, own in zip(table["set"], expected["set"], strict=True):
        assert text == "; ".join(own)


def test_a_gap_rejects_its_cycle_alone(bundle):
    data = bundle.golden.cycles
    needed = next(each.name for each in bundle.channels if each.needed)
    block = data.block.copy()
    block[data.channels.index(needed), 1, 10] = np.nan
    table = predict_cycles(bundle, with_block(data, block))
    assert table.loc[1, "rejected"] == f"not fully measured: {needed}"
    assert pd.isna(table.loc[1, "prediction"])
    others = table.drop(index=1)
    expected = bundle.predict_cycles(data).reset_index(drop=True).drop(index=1)
    assert list(others["prediction"]) == list(expected["prediction"])
    block[data.channels.index(needed)] = np.nan
    with pytest.raises(SchemaError, match=f"gaps in {needed}"):
        predict_cycles(bundle, with_block(data, block))


def test_another_unit_and_a_missing_channel_are_errors(bundle):
    data = bundle.golden.cycles
    with pytest.raises(RefusedError, match="another unit"):
        predict_cycles(bundle, with_block(data, np.degrees(data.block)))
    with pytest.raises(RefusedError, match="missing"):
        predict_cycles(bundle, data.select(channels=data.channels[:1]))


def test_features_are_answered_beside_their_other_columns(bundle):
    features = bundle.golden.features.reset_index(drop=True)
    shuffled = features[list(features.columns)[::-1]].assign(record="r1")
    table = predict_features(bundle, shuffled)
    assert list(table["prediction"]) == list(bundle.golden.answers["prediction"])
    assert table.columns[0] == "record"
    with pytest.raises(SchemaError):
        predict_features(bundle, shuffled.drop(columns=features.columns[0]))


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_command_writes_what_the_ending_says(bundle, tmp_path, ending):
    bundle.golden.cycles.to_parquet(tmp_path / "cycles.parquet")
    out = tmp_path / f"predictions.{ending}"
    command = ["predict", str(KEPT), str(tmp_path / "cycles.parquet"), "--out", str(out)]
    result = CliRunner().invoke(app, command, catch_exceptions=False)
    assert result.exit_code == 0
    table = pd.read_csv(out) if ending == "csv" else pd.read_parquet(out)
    assert list(table["prediction"]) == list(
        predict_cycles(bundle, bundle.golden.cycles)["prediction"]
    )
    assert f"answered {len(table):,} of {len(table):,} rows" in result.output
    with pytest.raises(SchemaError, match=r"\.csv or \.parquet"):
        CliRunner().invoke(app, [*command[:-1], "x.txt"], catch_exceptions=False)


def test_a_table_of_features_is_told_from_cycles(bundle, tmp_path):
    bundle.golden.features.reset_index(drop=True).to_csv(tmp_path / "features.csv", index=False)
    bundle.golden.cycles.to_csv(tmp_path / "cycles.csv")
    assert isinstance(read_rows(tmp_path / "features.csv"), pd.DataFrame)
    assert isinstance(read_rows(tmp_path / "cycles.csv"), LocomotionData)


def in_newtons(data, **columns):
    """Return the data with its vertical force in newtons and without other columns of the body."""
    place = data.channels.index("grf_vertical_ipsi_BW")
    block = data.block.copy()
    block[place] *= (data.cycles["mass_kg"].to_numpy(np.float32) * np.float32(9.80665))[:, None]
    names = [name.replace("_ipsi_BW", "_ipsi_N") for name in data.channels]
    return LocomotionData(data.cycles.assign(**columns), block, names)


def test_a_channel_that_follows_from_another_is_derived_and_told(bundle):
    data = bundle.golden.cycles
    with pytest.warns(LocomotionWarning, match="derived: grf_vertical_ipsi_BW"):
        table = predict_cycles(bundle, in_newtons(data))
    expected = predict_cycles(bundle, data)
    probable = [name for name in expected if str(name).startswith("p_")]
    np.testing.assert_allclose(table[probable], expected[probable], atol=1e-4)


def test_what_would_give_a_missing_channel_is_named(bundle):
    newtons = in_newtons(bundle.golden.cycles, mass_kg=np.nan)
    told = "grf_vertical_ipsi_BW from grf_vertical_ipsi_N can be derived once the column mass_kg"
    with pytest.raises(RefusedError, match=told):
        predict_cycles(bundle, newtons)
    with pytest.raises(SchemaError, match=told):
        bundle.predict_cycles(newtons)
