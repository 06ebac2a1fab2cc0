"""``describe``, ``subset``, ``merge`` and ``export``: what they print and write."""

import numpy as np
import pandas as pd
import pytest
from scipy.io import loadmat

from locomotion_analysis import LocomotionData
from locomotion_analysis.simulation import simulate

KNEE = "knee_flexion_angle_ipsi_rad"


def test_describe_counts_people_cycles_and_gaps(locomotion, small, tmp_path):
    block = small.block.copy()
    block[small.channels.index(KNEE), 0] = np.nan
    LocomotionData(small.cycles, block, small.channels).to_parquet(tmp_path / "walk.parquet")
    done = locomotion("describe", tmp_path / "walk.parquet")
    assert done.status == 0
    assert "no person was measured" in done.out
    lines = [line.split() for line in done.out.splitlines()]
    assert ["pathology", "healthy", "4", "4", "12", "50"] in lines
    knee = next(line for line in lines if line[:1] == [KNEE])
    assert knee[1:] == ["rad", "95.8", "0", "4.17", "8"]
    age = next(line for line in lines if line[:1] == ["age"])
    ages = small.cycles.groupby("subject")["age"].first()
    assert age[1:3] == ["8", f"{ages.mean():.3g}"]


def test_subset_writes_what_is_asked_for(locomotion, small, small_file, tmp_path):
    out = tmp_path / "some.parquet"
    words = ("--where", "pathology == 'stroke'", "--channels", KNEE, "--out", out)
    done = locomotion("subset", small_file, *words)
    assert done.status == 0
    some = LocomotionData.from_parquet(out)
    assert some.channels == (KNEE,)
    assert len(some) == int((small.cycles["pathology"] == "stroke").sum())
    assert any("pathology == 'stroke'" in str(entry) for entry in some.history)
    assert locomotion("subset", small_file, "--out", out).status == 2
    wrong = locomotion(
        "subset", small_file, "--where", "age > 200", "--out", tmp_path / "n.parquet"
    )
    assert wrong.status == 2
    assert not (tmp_path / "n.parquet").exists()


def test_merge_takes_one_name_in_two_datasets_as_two_people(locomotion, small_file, tmp_path):
    other = tmp_path / "other.parquet"
    simulate(n_subjects=3, n_cycles=1, tasks=["level_walking"], seed=9).to_parquet(other)
    out = tmp_path / "both.parquet"
    refused = locomotion("merge", small_file, other, "--out", out)
    assert refused.status == 2
    assert "locomotion merge NAME=DATA" in refused.err
    done = locomotion("merge", f"lab={small_file}", f"clinic={other}", "--out", out)
    assert done.status == 0, done.err
    both = LocomotionData.from_parquet(out)
    assert set(both.cycles["dataset"]) == {"lab", "clinic"}
    assert both.cycles["subject"].nunique() == 8 + 3
    assert locomotion("merge", f"lab={small_file}", other, "--out", out).status == 2


@pytest.mark.parametrize("name", ["x.csv", "x.parquet", "x.mat", "x.npz"])
def test_export_writes_what_the_ending_says(locomotion, small, small_file, tmp_path, name):
    out = tmp_path / name
    done = locomotion("export", small_file, "--channels", KNEE, "--out", out)
    assert done.status == 0, done.err
    if name == "x.csv":
        values = pd.read_csv(out)[KNEE].to_numpy().reshape(-1, 150)
    elif name == "x.parquet":
        values = pd.read_parquet(out)[KNEE].to_numpy().reshape(-1, 150)
    elif name == "x.mat":
        values = loadmat(out)["curves"][KNEE][0, 0]
    else:
        values = np.load(out)["curves"][..., 0]
    np.testing.assert_allclose(values, small.curves(KNEE), rtol=1e-6)
    again = locomotion("export", small_file, "--out", out)
    assert again.status == 2
    assert "nothing lies yet" in again.err


def test_a_folder_of_opensim_files_is_asked_for_by_name(locomotion, small, small_file, tmp_path):
    out = tmp_path / "walk"
    assert locomotion("export", small_file, "--out", out).status == 2
    done = locomotion("export", small_file, "--to", "sto", "--out", out)
    assert done.status == 0, done.err
    assert len(list(out.glob("*.sto"))) == len(small)
