"""A poor champion is replaced by a better one, tested on people neither has seen."""

import json

import numpy as np
import pytest
from tests.production.bundle.tampering import few_channels

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import FileReadError, LocomotionWarning, SchemaError
from locomotion_analysis.evaluation.training import train
from locomotion_analysis.production.bundle import write_bundle
from locomotion_analysis.production.registry import Registry
from locomotion_analysis.production.retraining import retrain, subjects_of_run

pytestmark = pytest.mark.filterwarnings(f"ignore::{LocomotionWarning.__module__}.LocomotionWarning")


def walkers(n_subjects, seed, names):
    from locomotion_analysis.simulation import simulate

    made = few_channels(
        simulate(n_subjects, 2, ["level_walking"], ["healthy", "stroke"], seed=seed)
    )
    subjects = names + made.cycles["subject"].astype(str)
    return LocomotionData(made.cycles.assign(subject=subjects), made.block, made.channels)


@pytest.fixture(scope="module")
def champion(tmp_path_factory):
    """A model that was taught the labels the wrong way round."""
    pytest.importorskip("skops")
    folder = tmp_path_factory.mktemp("first")
    data = walkers(12, 1, "old_")
    swapped = data.cycles["pathology"].map({"healthy": "stroke", "stroke": "healthy"})
    drawn = LocomotionData(
        data.cycles.assign(pathology=swapped.astype(str)), data.block, data.channels
    )
    train(drawn, "pathology", folder / "model", recipes=["linear"], n_splits=3)
    write_bundle(folder / "model", folder / "first.bundle")
    return folder


@pytest.fixture
def registry(champion, tmp_path):
    made = Registry(tmp_path / "registry")
    version = made.add(champion / "first.bundle", subjects_of_run(champion / "model"))
    made.promote(version.number)
    return made


def test_a_better_challenger_serves_and_can_be_taken_back(registry, tmp_path):
    data = walkers(90, 2, "new_")
    done = retrain(registry, data, tmp_path / "out", n_splits=3)
    assert done.promoted
    assert registry.champion.number == 2
    assert done.comparison.interval[0] > 0
    told = json.loads((tmp_path / "out" / "retraining.json").read_text())
    trained = set(subjects_of_run(tmp_path / "out" / "model"))
    assert told["n_subjects_tested"] == done.comparison.n_subjects >= 10
    # Whoever was tested was never trained on, and the other way round.
    assert trained.isdisjoint(
        name for name in np.unique(data.groups)
        if registry.for_testing([name])[0]
    )  # fmt: skip
    assert len(trained) + done.comparison.n_subjects == 90
    assert registry.has_seen(registry.champion, ["new_x", *sorted(trained)[:1]]) == [False, True]

    again = retrain(registry, data, tmp_path / "again", n_splits=3, random_state=1)
    assert not again.promoted  # nothing new was learned
    assert registry.champion.number == 2
    assert registry.log["action"].iloc[-1] == "kept"
    assert registry.roll_back("the ward complains").number == 1


def test_too_few_new_people_are_refused(registry, tmp_path):
    with pytest.raises(SchemaError, match="three in ten"):
        retrain(registry, walkers(12, 3, "new_"), tmp_path / "out")
    with pytest.raises(SchemaError, match="0 new"):
        retrain(registry, walkers(12, 1, "old_"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_champion_of_unknown_origin_is_refused(champion, tmp_path):
    made = Registry(tmp_path / "registry")
    made.promote(made.add(champion / "first.bundle").number)
    with pytest.raises(FileReadError, match="training subjects are known"):
        retrain(made, walkers(12, 3, "new_"), tmp_path / "out")


def test_without_labels_or_a_champion_there_is_nothing_to_do(registry, tmp_path):
    data = walkers(12, 3, "new_")
    bare = LocomotionData(data.cycles.drop(columns="pathology"), data.block, data.channels)
    with pytest.raises(SchemaError, match="a column pathology"):
        retrain(registry, bare, tmp_path / "out")
    knee = data.channels.index("knee_flexion_angle_ipsi_rad")
    less = data.select(channels=[name for name in data.channels if name != data.channels[knee]])
    many = LocomotionData.concat([less, walkers(90, 2, "more_").select(channels=less.channels)])
    with pytest.raises(SchemaError, match="1 missing: knee_flexion_angle_ipsi_rad"):
        retrain(registry, many, tmp_path / "out")
    assert not (tmp_path / "out").exists()  # said before anything is trained
    with pytest.raises(FileReadError, match="a champion"):
        retrain(Registry(tmp_path / "empty"), data, tmp_path / "out")
    with pytest.raises(FileReadError, match=r"folds\.csv"):
        subjects_of_run(tmp_path)
