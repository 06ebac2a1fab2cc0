"""Networks in files: the same predictions after, and nothing read that does not fit."""

import json

import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from safetensors import safe_open  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from sklearn.exceptions import NotFittedError  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

from locomotion_analysis.errors import FileReadError, SchemaError  # noqa: E402
from locomotion_analysis.models import deep  # noqa: E402
from locomotion_analysis.models.deep import (  # noqa: E402
    ARCHITECTURES,
    AugmentationChain,
    DeepClassifier,
    DeepMultiTask,
    DeepRegressor,
    MagnitudeWarp,
    PhaseJitter,
    load_network,
    save_network,
)
from locomotion_analysis.models.deep.core import Learner  # noqa: E402
from locomotion_analysis.models.deep.saving import ESTIMATORS  # noqa: E402

CHANNELS = ["knee_flexion_angle_ipsi_rad", "knee_flexion_angle_contra_rad"]


@pytest.fixture
def fitted(cycles, settings):
    """Return a classifier that was trained for one epoch."""
    return DeepClassifier(**{**settings, "max_epochs": 1}).fit(cycles.X, cycles.y, cycles.groups)


@pytest.fixture
def file(fitted, tmp_path):
    """Return its file."""
    save_network(fitted, tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def rewritten(path, change):
    """Change the facts of a file, its tensors left as they are."""
    with safe_open(path, framework="pt") as opened:
        told = json.loads(opened.metadata()["locomotion_analysis"])
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    change(told, tensors)
    save_file(tensors, path, metadata={"locomotion_analysis": json.dumps(told)})


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_every_architecture_predicts_the_same_from_its_file(
    cycles, settings, architecture, tmp_path
):
    named = architecture == "two_leg"
    model = DeepClassifier(
        **{
            **settings,
            "architecture": architecture,
            "network_options": {} if named else {"width": 16},
            "channels": CHANNELS if named else None,
            "max_epochs": 1,
        }
    ).fit(cycles.X, cycles.y, cycles.groups)
    save_network(model, tmp_path / "m.safetensors")
    loaded = load_network(tmp_path / "m.safetensors", device="cpu")
    np.testing.assert_array_equal(loaded.predict_proba(cycles.X), model.predict_proba(cycles.X))
    assert loaded.get_params() == model.get_params()
    assert loaded.classes_.dtype == model.classes_.dtype
    pd.testing.assert_frame_equal(loaded.history_, model.history_)


def test_quantities_and_several_answers_predict_the_same_from_their_files(
    cycles, settings, tmp_path
):
    settings["max_epochs"] = 1
    regressor = DeepRegressor(**settings).fit(cycles.X, cycles.speed, cycles.groups)
    save_network(regressor, tmp_path / "r.safetensors")
    loaded = load_network(tmp_path / "r.safetensors")
    np.testing.assert_array_equal(loaded.predict(cycles.X), regressor.predict(cycles.X))
    y = pd.DataFrame({"pathology": cycles.y, "step": np.arange(48) % 3, "speed": cycles.speed})
    several = DeepMultiTask(**settings).fit(cycles.X, y, cycles.groups)
    save_network(several, tmp_path / "t.safetensors")
    loaded = load_network(tmp_path / "t.safetensors")
    pd.testing.assert_frame_equal(loaded.predict(cycles.X), several.predict(cycles.X))
    assert loaded.answers_ == several.answers_


def test_augmentations_travel_and_places_of_this_machine_do_not(cycles, settings, tmp_path):
    chain = AugmentationChain([PhaseJitter(sd_percent=1.5), MagnitudeWarp()])
    model = DeepClassifier(
        **{**settings, "max_epochs": 1, "augmentation": chain, "log": tmp_path / "log.csv"}
    ).fit(cycles.X, cycles.y, cycles.groups)
    save_network(model, tmp_path / "m.safetensors")
    loaded = load_network(tmp_path / "m.safetensors")
    assert repr(loaded.augmentation) == repr(chain)
    assert loaded.log is None
    again = loaded.fit(cycles.X, cycles.y, cycles.groups).predict_proba(cycles.X)
    np.testing.assert_array_equal(again, model.predict_proba(cycles.X))


def test_every_estimator_of_the_list_is_public_and_says_what_it_learned():
    for name, kind in ESTIMATORS.items():
        assert getattr(deep, name) is kind
        assert issubclass(kind, Learner)


def test_what_cannot_be_data_is_refused(cycles, settings, fitted, tmp_path):
    own = DeepClassifier(**{**settings, "max_epochs": 1, "augmentation": lambda batch, _: batch})
    own.fit(cycles.X, cycles.y, cycles.groups)
    with pytest.raises(SchemaError, match="parameter augmentation"):
        save_network(own, tmp_path / "m.safetensors")
    with pytest.raises(SchemaError, match="DeepClassifier"):
        save_network(LogisticRegression(), tmp_path / "m.safetensors")
    with pytest.raises(NotFittedError):
        save_network(DeepClassifier(), tmp_path / "m.safetensors")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_file_cut_short_is_refused(file, share):
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    with pytest.raises(FileReadError, match="damaged or cut short"):
        load_network(file)


def test_one_weight_changed_is_noticed(file):
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)
    with pytest.raises(FileReadError, match="altered"):
        load_network(file)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda told, _: told.update(format=99), "format 99"),
        (lambda told, _: told.update(content="checkpoint"), "checkpoint"),
        (lambda told, _: told["facts"].update(kind="Pipeline"), "'Pipeline'"),
        (lambda told, _: told["facts"].update(kind=["os"]), "os"),
        (lambda told, _: told["facts"]["parameters"].update(architecture="cnn"), "Missing key"),
        (lambda told, _: told["facts"]["parameters"].update(architecture="nope"), "nope"),
        (lambda told, _: told["facts"]["parameters"].update(colour="red"), "'colour'"),
        (lambda told, _: told["facts"]["parameters"]["network_options"].update(width=16), "size"),
        (
            lambda told, _: told["facts"]["parameters"].update(augmentation={"augmentation": "os"}),
            "one of AugmentationChain",
        ),
        (lambda told, _: told["facts"].pop("learned"), "KeyError"),
        (lambda told, _: told["facts"]["learned"].update(classes_={"values": 3}), "KeyError"),
        (lambda told, tensors: tensors.popitem(), "altered"),
    ],
)
def test_facts_that_do_not_fit_are_refused(file, change, told):
    rewritten(file, change)
    with pytest.raises(FileReadError, match=told):
        load_network(file)


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x80\x04K\x01.", b"\xff" * 64])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(FileReadError):
        load_network(tmp_path / "x")


def test_missing_files_folders_and_others_tensors_are_refused(tmp_path):
    with pytest.raises(FileReadError, match="no such file"):
        load_network(tmp_path / "none.safetensors")
    with pytest.raises(FileReadError, match="a folder"):
        load_network(tmp_path)
    save_file({"weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(FileReadError, match="other data"):
        load_network(tmp_path / "other.safetensors")
