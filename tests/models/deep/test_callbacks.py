"""A training that was killed goes on and ends where it would have ended."""

import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from locomotion_analysis.errors import FileReadError, MissingExtraError  # noqa: E402
from locomotion_analysis.models.deep import DeepClassifier  # noqa: E402
from locomotion_analysis.models.deep.callbacks import CSVLog  # noqa: E402

_KILLED = """
import os, signal, sys
import numpy as np, torch
torch.set_num_threads(1)
from locomotion_analysis.models.deep import DeepClassifier
from locomotion_analysis.models.deep.callbacks import Checkpoint

written = Checkpoint.on_epoch_end
def killed(self, net, **kwargs):
    written(self, net, **kwargs)
    if len(net.history) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
Checkpoint.on_epoch_end = killed

data = np.load(sys.argv[1])
DeepClassifier(**eval(sys.argv[3]), checkpoint=sys.argv[2]).fit(data["X"], data["y"], data["groups"])
"""


@pytest.fixture(autouse=True)
def one_core():
    """Bits differ with the number of cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def long(settings):
    """Settings with everything that could differ after a stop."""
    return {**settings, "max_epochs": 6, "augmentation": True, "dropout": 0.3, "patience": 2}


class Stopped(Exception):  # noqa: N818
    """What ends a training in this process."""


@pytest.fixture
def stop_after(monkeypatch):
    """End trainings with logs after an epoch, as a kill would, before its checkpoint."""

    def stop(n_epochs):
        def ended(self, net, **_):
            if len(net.history) == n_epochs:
                raise Stopped

        monkeypatch.setattr(CSVLog, "on_epoch_end", ended)

    yield stop


def same(one, other):
    quantities = [name for name in one.history_ if name != "seconds"]
    pd.testing.assert_frame_equal(one.history_[quantities], other.history_[quantities])
    for name, weight in one.network_.state_dict().items():
        assert torch.equal(weight, other.network_.state_dict()[name]), name


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_a_killed_process_goes_on_to_the_last_bit(cycles, long, tmp_path):
    np.savez(tmp_path / "data.npz", X=cycles.X, y=cycles.y, groups=cycles.groups)
    checkpoint = tmp_path / "checkpoint.safetensors"
    command = [sys.executable, "-c", textwrap.dedent(_KILLED), tmp_path / "data.npz", checkpoint]
    done = subprocess.run([*command, repr(long)], check=False, env={**os.environ})
    assert done.returncode == -signal.SIGKILL
    assert checkpoint.exists()
    resumed = DeepClassifier(**long, checkpoint=checkpoint)
    resumed.fit(cycles.X, cycles.y, cycles.groups)
    same(resumed, DeepClassifier(**long).fit(cycles.X, cycles.y, cycles.groups))
    assert not checkpoint.exists()


@pytest.mark.parametrize("n_epochs", [2, 4])
def test_a_stop_between_checkpoints_loses_one_epoch_and_nothing_else(
    cycles, long, tmp_path, stop_after, monkeypatch, n_epochs
):
    stop_after(n_epochs)
    paths = {"checkpoint": tmp_path / "c.safetensors", "log": tmp_path / "log.csv"}
    with pytest.raises(Stopped):
        DeepClassifier(**long, **paths).fit(cycles.X, cycles.y, cycles.groups)
    monkeypatch.undo()
    resumed = DeepClassifier(**long, **paths).fit(cycles.X, cycles.y, cycles.groups)
    same(resumed, DeepClassifier(**long).fit(cycles.X, cycles.y, cycles.groups))
    log = pd.read_csv(tmp_path / "log.csv")
    assert log["epoch"].tolist() == list(range(1, len(resumed.history_) + 1))
    np.testing.assert_allclose(log["valid_loss"], resumed.history_["valid_loss"])


def test_a_checkpoint_of_another_training_is_refused(cycles, long, tmp_path, stop_after):
    stop_after(2)
    paths = {"checkpoint": tmp_path / "c.safetensors", "log": tmp_path / "log.csv"}
    with pytest.raises(Stopped):
        DeepClassifier(**long, **paths).fit(cycles.X, cycles.y, cycles.groups)
    content = paths["checkpoint"].read_bytes()
    for change, told in [
        ({"architecture": "cnn"}, "architecture 'gru'"),
        ({"random_state": 3}, "random_state 0"),
        ({"max_epochs": 7}, "max_epochs 6"),
    ]:
        with pytest.raises(FileReadError, match=told):
            DeepClassifier(**{**long, **paths, **change}).fit(cycles.X, cycles.y, cycles.groups)
    with pytest.raises(FileReadError, match="got: data"):
        DeepClassifier(**long, **paths).fit(cycles.X + 1, cycles.y, cycles.groups)
    assert paths["checkpoint"].read_bytes() == content
    paths["checkpoint"].write_bytes(content[:-100])
    with pytest.raises(FileReadError, match="cut short"):
        DeepClassifier(**long, **paths).fit(cycles.X, cycles.y, cycles.groups)


def test_a_checkpoint_of_another_version_is_refused(
    cycles, long, tmp_path, stop_after, monkeypatch
):
    stop_after(2)
    paths = {"checkpoint": tmp_path / "c.safetensors", "log": tmp_path / "log.csv"}
    with pytest.raises(Stopped):
        DeepClassifier(**long, **paths).fit(cycles.X, cycles.y, cycles.groups)
    training = "locomotion_analysis.models.deep.training.__version__"
    monkeypatch.setattr(training, "99.0")
    with pytest.raises(FileReadError, match=r"version '99\.0'"):
        DeepClassifier(**long, **paths).fit(cycles.X, cycles.y, cycles.groups)


def test_a_folder_keeps_several_trainings_and_repeats_none(cycles, long, tmp_path, monkeypatch):
    model = DeepClassifier(**long, checkpoint=tmp_path / "runs")
    first = model.fit(cycles.X, cycles.y, cycles.groups).predict_proba(cycles.X)
    DeepClassifier(**{**long, "random_state": 1}, checkpoint=tmp_path / "runs").fit(
        cycles.X, cycles.y, cycles.groups
    )
    assert len(list((tmp_path / "runs").iterdir())) == 2

    def forbidden(*_, **__):
        raise AssertionError("a finished training ran again")

    monkeypatch.setattr("skorch.NeuralNet.train_step", forbidden)
    again = model.fit(cycles.X, cycles.y, cycles.groups).predict_proba(cycles.X)
    np.testing.assert_array_equal(first, again)


def test_tensorboard_writes_events_or_names_its_extra(cycles, settings, tmp_path, monkeypatch):
    pytest.importorskip("tensorboard")
    model = DeepClassifier(**settings, log=tmp_path / "board")
    model.fit(cycles.X, cycles.y, cycles.groups)
    (file,) = (tmp_path / "board").iterdir()
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(file)).Reload()
    losses = [event.value for event in events.Scalars("valid_loss")]
    np.testing.assert_allclose(losses, model.history_["valid_loss"], rtol=1e-6)
    monkeypatch.setattr("locomotion_analysis.extras.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"locomotion-analysis\[tensorboard\]"):
        model.fit(cycles.X, cycles.y, cycles.groups)


def test_the_bar_shows_the_metrics(cycles, settings, capsys):
    DeepClassifier(**settings, progress=True).fit(cycles.X, cycles.y, cycles.groups)
    shown = capsys.readouterr().err
    assert "valid_loss" in shown
    assert "3/3" in shown
