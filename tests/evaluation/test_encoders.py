"""An encoder of everybody's cycles: who is in it, who is not, and what its errors are."""

import json

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("torch")

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.encoders import ANGLES, STRIDES, make_encoder
from locomotion_analysis.models.deep import load_network
from locomotion_analysis.simulation import simulate

HIP, KNEE = "hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad"


def walks(n_subjects, n_cycles=2, seed=0, channels=ANGLES):
    data = simulate(n_subjects, n_cycles, ["level_walking"], ["healthy"], seed=seed)
    return data.select(channels=list(channels))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("encoder")
    sources = {"one": walks(20, 40), "other": walks(9, 2, seed=1, channels=[HIP])}
    return make_encoder(sources, out, simulated=10, max_epochs=1)


def test_a_tenth_of_the_people_of_each_dataset_is_held_out(made):
    counts = made.people.groupby("dataset")["held_out"].agg(["sum", "size"])
    assert counts.loc["one"].tolist() == [2, 20]
    assert counts.loc["other"].tolist() == [0, 9]
    assert counts.loc["simulated"].tolist() == [1, 10]
    assert made.people["cycles"].max() == STRIDES
    assert any(text.startswith("other: fewer than 10") for text in made.card.left_out)


def test_the_held_out_people_did_not_train_it(made):
    one = walks(20, 40)
    unseen = made.people.query("dataset == 'one' and held_out")["subject"].tolist()
    kept = one.take(np.flatnonzero(~one.cycles["subject"].isin(unseen)))
    sources = {"one": kept, "other": walks(9, 2, seed=1, channels=[HIP])}
    mean = made.encoder.scaler_.mean_
    everybody = np.nanmean(one.array(list(ANGLES)), axis=(0, 1))
    assert not np.allclose(mean, everybody, atol=1e-4)  # neither all cycles nor all people
    assert set(sources["one"].cycles["subject"]).isdisjoint(unseen)


def test_the_error_of_the_mean_curve_by_hand(made):
    one = walks(20, 40)
    cycles = one.cycles
    few = cycles.groupby(["subject", "side"]).cumcount() < STRIDES // 2
    unseen = cycles["subject"].isin(made.people.query("dataset == 'one' and held_out")["subject"])
    hip = np.degrees(one.curves(HIP).astype(float))[:, 45:90]
    usual = hip[few & ~unseen].mean(axis=0)
    by_hand = np.sqrt(((hip[few & unseen] - usual) ** 2).mean())
    row = made.rebuilt.set_index(["dataset", "channel"]).loc[("one", HIP)]
    assert row["mean_curve"] == pytest.approx(by_hand, rel=1e-4)
    assert row["low"] < row["rmse"] < row["high"]
    assert row["unit"] == "°"


def test_its_files_answer_as_it_does(made):
    read = load_network(made.out / "encoder.safetensors")
    curves = walks(3).array(list(ANGLES))
    np.testing.assert_array_equal(read.transform(curves), made.encoder.transform(curves))
    assert pd.read_csv(made.out / "people.csv")["held_out"].sum() == 3
    card = json.loads((made.out / "card.json").read_text())
    assert not card["simulated"]  # measured people are in it, as far as the names say
    text = (made.out / "card.md").read_text()
    assert "one, other" in text
    assert KNEE in text


def test_no_strides_of_one_person_outweigh_the_others(tmp_path):
    long = walks(2, 100)
    made = make_encoder({"long": long}, tmp_path, simulated=0, max_epochs=1)
    assert made.people["cycles"].tolist() == [STRIDES, STRIDES]


def test_a_dataset_without_any_of_the_channels_is_refused(tmp_path):
    forces = simulate(2, 2, ["level_walking"]).select(channels=["grf_vertical_ipsi_BW"])
    with pytest.raises(SchemaError, match="dataset forces"):
        make_encoder({"forces": forces}, tmp_path / "out", simulated=0)
    assert not (tmp_path / "out").exists()


def test_a_dataset_may_not_be_called_simulated(tmp_path):
    with pytest.raises(SchemaError, match="names of recordings"):
        make_encoder({"simulated": walks(2)}, tmp_path / "out")


def test_nothing_at_all_is_refused(tmp_path):
    with pytest.raises(SchemaError, match="at least one dataset"):
        make_encoder({}, tmp_path / "out", simulated=0)


def test_half_a_cycle_out_of_phase_is_said(tmp_path):
    data = walks(10, 4, channels=[HIP, KNEE])
    block = data.block.copy()
    block[:, ::2] = np.roll(block[:, ::2], 75, axis=2)
    mixed = LocomotionData(data.cycles, block, data.channels)
    made = make_encoder({"mixed": mixed}, tmp_path, simulated=0, max_epochs=1)
    assert any("out of phase" in text for text in made.card.cautions)
