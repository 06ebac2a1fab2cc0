"""Models on disk: same answers, no strange types, no half-written file."""

import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from locomotion_analysis.errors import FileReadError, MissingExtraError
from locomotion_analysis.models.supervised import PROBLEMS, load_model, save_model, saving
from locomotion_analysis.models.supervised.saving import own_types
from locomotion_analysis.models.unsupervised import CurvePCA


@pytest.mark.parametrize(
    ("problem", "model"),
    [(p, m) for p in ("pathology", "age") for m in PROBLEMS[p].models],
)
def test_a_model_answers_the_same_after_a_round_trip(two, tmp_path, problem, model):
    pytest.importorskip("skops")
    X, y = two
    recipe = PROBLEMS[problem].recipe(model, 0)
    target = y if problem == "pathology" else X["noise"].to_numpy()
    with threadpool_limits(1):
        fitted = (recipe.model() if model == "linear" else recipe.pipeline).fit(X, target)
    save_model(fitted, tmp_path / "model.skops")
    again = load_model(tmp_path / "model.skops")
    assert np.array_equal(again.predict(X), fitted.predict(X))


class Stranger:
    """A type no model has."""


def test_files_with_other_types_and_damaged_files_are_refused(tmp_path):
    io = pytest.importorskip("skops.io")
    io.dump(Stranger(), tmp_path / "strange.skops")
    with pytest.raises(FileReadError, match="Stranger"):
        load_model(tmp_path / "strange.skops")
    (tmp_path / "broken.skops").write_bytes(b"PK no")
    for name in ("broken.skops", "absent.skops"):
        with pytest.raises(FileReadError, match=name):
            load_model(tmp_path / name)


def test_only_the_estimators_of_recipes_are_trusted_not_the_whole_package(tmp_path):
    io = pytest.importorskip("skops.io")
    assert {name.rpartition(".")[2] for name in own_types()} == {
        "BestFeatures",
        "SubjectBalancedBagging",
        "SubjectTunedClassifier",
        "SubjectTunedRegressor",
    }
    io.dump(CurvePCA(), tmp_path / "unlisted.skops")  # ours, and in no model of a bundle
    with pytest.raises(FileReadError, match="CurvePCA"):
        load_model(tmp_path / "unlisted.skops")


def test_without_skops_the_command_to_install_it_is_given(monkeypatch, tmp_path):
    monkeypatch.setattr("locomotion_analysis.extras.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'locomotion-analysis\[models\]'"):
        save_model(object(), tmp_path / "model.skops")


def test_what_is_kept_from_one_thread_is_there_for_all_others(monkeypatch):
    pytest.importorskip("skops")
    monkeypatch.setattr(saving, "_WALKED", ("pyclbr",))
    monkeypatch.delitem(sys.modules, "pyclbr", raising=False)

    def while_skops_is_imported(*_):
        with pytest.raises(ImportError):
            import_module("pyclbr")
        with ThreadPoolExecutor(1) as other:
            return other.submit(import_module, "pyclbr").result()

    monkeypatch.setattr(saving, "require", while_skops_is_imported)
    assert saving.skops_io() is sys.modules["pyclbr"]
    monkeypatch.delitem(sys.modules, "pyclbr")
    assert import_module("pyclbr")


def test_whatever_a_damaged_file_fails_of_is_one_error(tmp_path):
    """The first: a compression that zipfile does not know (NotImplementedError)."""
    path = tmp_path / "model.skops"
    save_model(CurvePCA(), path)
    whole = path.read_bytes()
    unknown = bytearray(whole)
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = whole.index(mark) + offset
        unknown[at : at + 2] = b"\x63\x00"
    encrypted = bytearray(whole)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[whole.index(mark) + offset] |= 1
    rng = np.random.default_rng(0)
    damaged = [bytes(unknown), bytes(encrypted), whole[: len(whole) // 2]]
    for _ in range(150):
        other = bytearray(whole)
        other[rng.integers(len(other))] = rng.integers(256)
        damaged.append(bytes(other))
    n_refused = 0
    for content in damaged:
        path.write_bytes(content)
        try:
            load_model(path)
        except FileReadError:
            n_refused += 1
    assert n_refused > 3
