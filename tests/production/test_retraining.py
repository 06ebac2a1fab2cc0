"""A poor champion is replaced by a better one, tested on people neither has seen."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, mean_absolute_error
from tests.production.bundle.tampering import few_channels

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import FileReadError, LocomotionWarning, SchemaError
from locomotion_analysis.evaluation.training import train
from locomotion_analysis.production.bundle import write_bundle
from locomotion_analysis.production.registry import Registry
from locomotion_analysis.production.retraining import (
    Comparison,
    compared,
    decided,
    retrain,
    subjects_of_run,
)

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


@pytest.mark.slow
def test_who_became_champion_during_the_training_is_not_replaced_unseen(
    champion, registry, tmp_path, monkeypatch
):
    other = tmp_path / "other.bundle"
    write_bundle(champion / "model", other, reference="cycles")

    def meanwhile(*arguments, **options):
        registry.promote(registry.add(other).number)
        return write_bundle(*arguments, **options)

    monkeypatch.setattr("locomotion_analysis.production.retraining.write_bundle", meanwhile)
    done = retrain(registry, walkers(90, 2, "new_"), tmp_path / "out", n_splits=3)
    assert done.comparison.interval[0] > 0  # better than the champion it was compared with
    assert not done.promoted
    assert registry.champion.number == 2
    assert "version 2 became champion meanwhile" in registry.log["why"].iloc[-1]


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


@pytest.fixture
def people():
    rng = np.random.default_rng(3)
    subject = np.repeat([f"S{k:02}" for k in range(40)], 5)
    first = pd.DataFrame(
        {"sex": np.tile(["female", "male"], 20), "age": rng.uniform(30, 80, 40)},
        index=np.unique(subject),
    )
    cycles = first.loc[subject].reset_index(names="subject")
    true = np.where(np.repeat(rng.random(40) < 0.5, 5), "stroke", "healthy")
    return cycles, true, rng


def flipped(true, share, rng):
    other = np.where(true == "stroke", "healthy", "stroke")
    return np.where(rng.random(len(true)) < share, other, true)


def test_scores_are_scikit_learns(people):
    cycles, true, rng = people
    old, new = flipped(true, 0.4, rng), flipped(true, 0.1, rng)
    found = compared(true, old, new, cycles, classes=True)
    assert found.champion == pytest.approx(balanced_accuracy_score(true, old))
    assert found.challenger == pytest.approx(balanced_accuracy_score(true, new))
    assert found.improvement == pytest.approx(found.challenger - found.champion)
    assert 0 < found.interval[0] < found.improvement < found.interval[1]
    women = (cycles["sex"] == "female").to_numpy()
    row = found.groups.set_index("group").loc["female"]
    assert row["challenger"] == pytest.approx(balanced_accuracy_score(true[women], new[women]))
    assert decided(found).promote


def test_a_smaller_error_is_an_improvement(people):
    cycles, _, rng = people
    true = rng.normal(60, 10, len(cycles))
    old, new = true + rng.normal(0, 8, len(cycles)), true + rng.normal(0, 2, len(cycles))
    found = compared(true, old, new, cycles, classes=False)
    assert found.champion == pytest.approx(mean_absolute_error(true, old))
    assert found.improvement == pytest.approx(
        mean_absolute_error(true, old) - mean_absolute_error(true, new)
    )
    assert decided(found).promote
    assert not decided(compared(true, new, old, cycles, classes=False)).promote


def test_no_better_than_the_champion_is_not_enough(people):
    cycles, true, rng = people
    found = compared(true, flipped(true, 0.2, rng), flipped(true, 0.2, rng), cycles, classes=True)
    decision = decided(found)
    assert not decision.promote
    assert decision.reasons[0].startswith("not better beyond")


def test_better_for_most_and_worse_for_one_group_is_refused(people):
    cycles, true, rng = people
    men = (cycles["sex"] == "male").to_numpy()
    old = np.where(men, flipped(true, 0.1, rng), flipped(true, 0.6, rng))
    new = np.where(men, flipped(true, 0.3, rng), true)
    found = compared(true, old, new, cycles, classes=True)
    decision = decided(found)
    assert found.interval[0] > 0
    assert not decision.promote
    assert any(reason.startswith("worse for sex male") for reason in decision.reasons)


@pytest.mark.parametrize(
    ("metric", "champion", "improvement", "promote"),
    [
        ("balanced_accuracy", 0.8, -0.04, True),
        ("balanced_accuracy", 0.8, -0.06, False),
        ("mae", 10.0, -0.9, True),
        ("mae", 10.0, -1.1, False),
    ],
)
def test_a_group_may_lose_what_a_few_people_make_uncertain(metric, champion, improvement, promote):
    row = {"attribute": "sex", "group": "male", "n_subjects": 8, "champion": champion,
           "challenger": 0.0, "improvement": improvement, "low": -2.0, "high": 0.5}  # fmt: skip
    found = Comparison(metric, 1.0, 1.0, 0.1, (0.01, 0.2), 30, pd.DataFrame([row]))
    assert decided(found).promote is promote
