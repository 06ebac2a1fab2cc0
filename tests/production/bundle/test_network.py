"""Networks in bundles: what they answer, what 8 bits cost, and files made to do harm."""

import json
import math
import pickle
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.production.bundle.conftest import OLD
from tests.production.bundle.tampering import CHANNELS, few_channels, members_of, tampered

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")
pytest.importorskip("safetensors")

from locomotion_analysis.errors import BundleError, FileReadError, LocomotionWarning, SchemaError  # noqa: E402
from locomotion_analysis.evaluation.training import train  # noqa: E402
from locomotion_analysis.models import deep  # noqa: E402
from locomotion_analysis.models.deep import ARCHITECTURES  # noqa: E402
from locomotion_analysis.production.bundle import open_bundle, routes, write_bundle  # noqa: E402
from locomotion_analysis.production.bundle.reference import curve_rows  # noqa: E402
from locomotion_analysis.production.bundle.routes import audit_network  # noqa: E402
from locomotion_analysis.simulation import simulate  # noqa: E402

NETWORK = "model.safetensors"
TINY = {"max_epochs": 1, "network_options": {"width": 8}, "augmentation": None, "device": "cpu"}


@pytest.fixture(autouse=True)
def one_core():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def kept():
    """The bundle of a network of format 1 that is kept in the repository."""
    return OLD / "format_1_network.bundle"


@pytest.fixture(scope="module")
def bundle(kept):
    return open_bundle(kept)


@pytest.fixture
def copy(kept, tmp_path):
    return Path(shutil.copy(kept, tmp_path / "copy.bundle"))


@pytest.fixture(scope="module")
def data():
    return few_channels(simulate(8, 2, ["level_walking"], ["healthy", "stroke"], seed=5))


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    """What ``locomotion train`` leaves behind, and the network it had in memory."""
    folder = tmp_path_factory.mktemp("run") / "model"
    few = data.select(channels=CHANNELS)
    with pytest.warns(LocomotionWarning, match="tells pathology perfectly"):  # of eight people
        return train(few, "pathology", folder, recipes=["gru"], networks=TINY, n_splits=2)


@pytest.fixture
def no_network_is_made(monkeypatch):
    def refuse(*_args, **_kwargs):
        pytest.fail("a network was made of a file that should have been refused")

    monkeypatch.setattr(deep, "load_network", refuse)


def safetensors(header, body=b""):
    """A file with that header, whatever it says."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def changed_header(content, change):
    """The file with a header that `change` was called with; its tensors stay."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    change(header)
    return safetensors(header, content[8 + length :])


def changed_facts(content, change):
    """The file with other facts."""

    def of_header(header):
        told = json.loads(header["__metadata__"]["locomotion_analysis"])
        change(told["facts"])
        header["__metadata__"]["locomotion_analysis"] = json.dumps(told)

    return changed_header(content, of_header)


def test_cycles_are_answered_as_in_training(run, data, tmp_path):
    bundle = write_bundle(run.out, tmp_path / "x.bundle")
    answers = bundle.predict_cycles(data)
    right = run.model.predict_proba(data.array(CHANNELS))
    np.testing.assert_allclose(answers[["p_healthy", "p_stroke"]], right, atol=1e-6)
    assert answers["prediction"].tolist() == run.model.predict(data.array(CHANNELS)).tolist()
    assert answers.index.equals(data.key)
    assert bundle.manifest.runtime == "network"
    assert bundle.manifest.versions["torch"] == torch.__version__
    assert bundle.changed_versions() == {}


def test_the_manifest_says_what_the_run_folder_says(run, tmp_path):
    told = write_bundle(run.out, tmp_path / "x.bundle").manifest
    config = json.loads((run.out / "config.json").read_text())
    score = told.metrics["balanced_accuracy"]
    assert score.value == run.results["balanced_accuracy"]
    assert (score.low, score.high) == tuple(run.results["intervals"]["balanced_accuracy"])
    assert told.training.split_sha256 == config["split_hash"] != ""
    assert (told.model, told.problem, told.training.n_subjects) == ("gru", "pathology", 8)
    assert tuple(each.name for each in told.inputs.channels) == CHANNELS
    assert all(each.needed for each in told.inputs.channels)
    assert told.conformal.n_subjects == 8
    assert any("simulator" in limit for limit in told.limits)


def test_the_same_folder_gives_the_same_bytes_without_names(run, data, tmp_path):
    for name in ("a.bundle", "b.bundle"):
        write_bundle(run.out, tmp_path / name)
    assert (tmp_path / "a.bundle").read_bytes() == (tmp_path / "b.bundle").read_bytes()
    names = [name.encode() for name in data.cycles["subject"].unique()]
    for member, content in members_of(tmp_path / "a.bundle").items():
        assert not [each for each in names if each in content], member


def test_rows_of_points_and_cycles_are_answered_alike(bundle, data):
    rows = curve_rows(data, CHANNELS)
    assert tuple(rows) == bundle.schema.names
    shuffled = rows[rows.columns[::-1]]
    pd.testing.assert_frame_equal(bundle.predict_features(shuffled), bundle.predict_cycles(data))


def test_more_channels_and_another_order_change_nothing(bundle, data):
    full = simulate(8, 2, ["level_walking"], ["healthy", "stroke"], seed=5)
    other = few_channels(full, [CHANNELS[2], "grf_vertical_contra_BW", *CHANNELS[:2]])
    pd.testing.assert_frame_equal(bundle.predict_cycles(data), bundle.predict_cycles(other))
    with pytest.raises(SchemaError, match=r"1 missing: knee_flexion_angle_ipsi_rad"):
        bundle.predict_cycles(few_channels(data, [CHANNELS[0], CHANNELS[2]]))


@pytest.mark.parametrize("runtime", ["original", "int8"])
def test_a_cycle_is_answered_by_itself(kept, data, runtime):
    bundle = open_bundle(kept, runtime=runtime)
    together = bundle.predict_cycles(data)
    alone = pd.concat([bundle.predict_cycles(data.take([row])) for row in range(len(data))])
    pd.testing.assert_frame_equal(together, alone, rtol=0, atol=1e-6)


def test_degrees_are_outside_and_the_knee_is_named(bundle, data):
    assert bundle.predict_cycles(data)["outside"].mean() < 0.4
    block = data.block.copy()
    block[CHANNELS.index("knee_flexion_angle_ipsi_rad")] *= 180 / np.pi
    told = bundle.predict_cycles(type(data)(data.cycles, block, data.channels))
    assert told["outside"].all()
    assert told["reason"].str.startswith("knee:").all()


def test_contributions_are_what_the_median_curve_takes_away(bundle):
    X = bundle.golden.features.iloc[[0]].copy()
    told = bundle.predict_features(X, explain=True)
    first = told["contributions"].iloc[0][0]
    groups = bundle.reference.joints if first["by"] == "joint" else bundle.reference.phases
    positions = groups[first["part"]]
    X.iloc[0, positions] = bundle.reference.statistics["center"].to_numpy()[positions]
    column = f"p_{told['prediction'].iloc[0]}"
    lost = told[column].iloc[0] - bundle.predict_features(X)[column].iloc[0]
    assert lost == pytest.approx(first["change"], abs=1e-7)
    assert set(bundle.reference.joints) == {"hip", "knee", "ground reaction force"}
    assert [len(each) for each in bundle.reference.phases.values()] == [45] * 10


def test_a_network_that_is_not_the_one_trained_is_refused(run, data, tmp_path):
    folder = Path(shutil.copytree(run.out, tmp_path / "model"))
    y = data.cycles["pathology"].to_numpy()[::-1]
    X = data.array(CHANNELS)
    other = deep.DeepClassifier("gru", channels=list(CHANNELS), **TINY).fit(X, y, data.groups)
    deep.save_network(other, folder / NETWORK)
    with pytest.raises(BundleError, match="golden answers"):
        write_bundle(folder, tmp_path / "x.bundle")
    assert not (tmp_path / "x.bundle").exists()


def test_a_folder_without_predictions_for_unseen_people_is_refused(run, tmp_path):
    folder = Path(shutil.copytree(run.out, tmp_path / "run"))
    (folder / "held_out.parquet").unlink()
    with pytest.raises(FileReadError, match="held_out"):
        write_bundle(folder, tmp_path / "x.bundle")


def test_a_quantity_has_an_interval(data, tmp_path):
    few = data.select(channels=CHANNELS)
    run = train(few, "speed_m_s", tmp_path / "m", recipes=["cnn"], networks=TINY, n_splits=2)
    bundle = write_bundle(run.out, tmp_path / "x.bundle", int8=True)
    answers = bundle.predict_cycles(data)
    np.testing.assert_allclose(answers["prediction"], run.model.predict(data.array(CHANNELS)))
    assert bundle.manifest.int8.metric == "mae"
    assert {"low", "high", "outside"} <= set(answers)


def test_8_bits_answer_otherwise_by_what_was_measured(kept, bundle):
    other = open_bundle(kept, runtime="int8")
    X, cost = bundle.reference.features, bundle.manifest.int8
    right, found = bundle.predict_features(X), other.predict_features(X)
    gap = (right["p_healthy"] - found["p_healthy"]).abs().max()
    assert 0 < gap <= 2 * cost.max_difference
    assert (right["prediction"] != found["prediction"]).mean() <= routes.MOST_CHANGED
    assert 0 < other.check_golden() <= other.golden_tolerance
    assert bundle.check_golden() < 1e-5
    layers = [type(each).__module__ for each in other.route.model.network_.modules()]
    assert any("quantized" in each for each in layers)


def test_8_bits_that_answer_worse_are_refused(run, tmp_path, monkeypatch):
    honest = torch.ao.quantization.quantize_dynamic

    def coarse(module, *layers, **options):
        made = honest(module, *layers, **options)
        made.head = torch.nn.Sequential(*list(made.head), Turned())
        return made

    class Turned(torch.nn.Module):
        def forward(self, outputs):
            return -outputs

    monkeypatch.setattr(torch.ao.quantization, "quantize_dynamic", coarse)
    with pytest.raises(BundleError, match=r"100\.0% of 16 rows"):
        write_bundle(run.out, tmp_path / "x.bundle", int8=True)


def test_what_a_bundle_does_not_have_cannot_be_asked_for(run, kept, tmp_path):
    write_bundle(run.out, tmp_path / "x.bundle")
    with pytest.raises(BundleError, match="with --int8"):
        open_bundle(tmp_path / "x.bundle", runtime="int8")
    with pytest.raises(BundleError, match="a bundle with an ONNX model"):
        open_bundle(kept, runtime="onnx")
    with pytest.raises(BundleError, match="without --onnx"):
        write_bundle(run.out, tmp_path / "y.bundle", onnx=True)


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_the_audit_passes_what_our_estimators_write(name, tmp_path):
    knees = ["knee_flexion_angle_ipsi_rad", "knee_flexion_angle_contra_rad"]
    X = np.random.default_rng(0).normal(size=(8, 150, 2)).cumsum(axis=1)
    settings = {**TINY, "network_options": {"width": 16}}
    model = deep.DeepClassifier(name, channels=knees, validation_share=None, **settings)
    deep.save_network(model.fit(X, ["a", "b"] * 4), tmp_path / NETWORK)
    audit_network((tmp_path / NETWORK).read_bytes(), NETWORK)


HEADERS = {
    "overlong": (lambda c: (1 << 60).to_bytes(8, "little") + c[8:], "a header of 1,152,921"),
    "longer than the file": (lambda c: len(c).to_bytes(8, "little") + c[8:], "a header of"),
    "empty": (lambda c: b"", "a header of 0 bytes"),
    "truncated": (lambda c: c[:-100], "bytes of tensors, where"),
    "cut in the header": (lambda c: c[:200], "a header of"),
    "more behind": (lambda c: c + b"#!/bin/sh", "bytes of tensors, where"),
    "pickle": (lambda c: pickle.dumps({"a": 1}), "a header of"),
    "nested": (lambda c: safetensors(b"[" * 2000), "nested too deeply"),
    "twice": (lambda c: safetensors(b'{"a": 1, "a": 1}'), "occurs twice"),
    "no object": (lambda c: safetensors([]), "lists no tensors"),
    "of others": (lambda c: safetensors({"__metadata__": {"format": "pt"}}), "did not write"),
}


@pytest.mark.usefixtures("no_network_is_made")
@pytest.mark.parametrize("case", HEADERS)
def test_headers_that_lie_are_refused(copy, case):
    change, message = HEADERS[case]
    tampered(copy, {NETWORK: change(members_of(copy)[NETWORK])})
    with pytest.raises(BundleError, match=message):
        open_bundle(copy)


def _giant(header):
    first = next(key for key in header if key != "__metadata__")
    header[first]["shape"] = [1 << 40, 1 << 20]


def _giant_and_long(header):
    _giant(header)
    first = next(key for key in header if key != "__metadata__")
    header[first]["data_offsets"] = [0, (1 << 60) * 4]


def _overlapping(header):
    keys = [key for key in header if key != "__metadata__"]
    sizes = {key: math.prod(header[key]["shape"]) for key in keys}
    first, second = next(
        (a, b) for a in keys for b in keys if a < b and sizes[a] == sizes[b] > 0
        and header[a]["dtype"] == header[b]["dtype"]
    )  # fmt: skip
    header[second]["data_offsets"] = header[first]["data_offsets"]


def _entry(**changes):
    def change(header):
        first = next(key for key in header if key != "__metadata__")
        header[first].update(changes)

    return change


@pytest.mark.usefixtures("no_network_is_made")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_giant, "in other bytes"),
        (_giant_and_long, "bytes of tensors|overlap"),
        (_overlapping, "overlap"),
        (_entry(shape=[-1, -8]), "shape"),
        (_entry(shape=[True]), "shape"),
        (_entry(shape="8"), "shape"),
        (_entry(dtype="OBJECT"), "of type 'OBJECT'"),
        (_entry(dtype=["F32"]), "of type"),
        (_entry(data_offsets=[0]), "shape"),
        (_entry(extra=1), "no tensor"),
    ],
)
def test_tensors_that_lie_are_refused(copy, change, message):
    tampered(copy, {NETWORK: changed_header(members_of(copy)[NETWORK], change)})
    with pytest.raises(BundleError, match=message):
        open_bundle(copy)


@pytest.mark.usefixtures("no_network_is_made")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda facts: facts.update(kind="os.system"), "an estimator 'os.system'"),
        (lambda facts: facts.update(kind="KineticsModel"), "an estimator 'KineticsModel'"),
        (lambda facts: facts.pop("learned"), "lack 'learned'"),
        (lambda facts: facts["parameters"].update(architecture="resnet"), "an architecture among"),
        (lambda facts: facts["parameters"].update(architecture=["gru"]), "TypeError"),
        (lambda facts: facts["parameters"].update(architecture="lstm"), "other shapes"),
        (lambda facts: facts["parameters"].update(network_options={"width": 16}), "other shapes"),
        (lambda facts: facts["parameters"].update(network_options={"width": 1 << 30}), "of sizes"),
        (lambda facts: facts["parameters"].update(network_options={"depth": [8]}), "of sizes"),
        (lambda facts: facts["parameters"].update(network_options={"cell": 8}), "options among"),
        (lambda facts: facts["learned"]["scaler_"].update(n_points_=10**12), "of sizes"),
        (lambda facts: facts["learned"]["classes_"].update(values=["a"] * 50), "other shapes"),
    ],
)
def test_facts_that_lie_are_refused_without_making_the_network(copy, change, message):
    tampered(copy, {NETWORK: changed_facts(members_of(copy)[NETWORK], change)})
    with pytest.raises(BundleError, match=message):
        open_bundle(copy)


def test_weights_altered_after_writing_are_refused(copy):
    content = bytearray(members_of(copy)[NETWORK])
    content[-3] ^= 1
    tampered(copy, {NETWORK: bytes(content)})
    with pytest.raises(BundleError, match="altered after writing"):
        open_bundle(copy)


def test_a_network_of_other_classes_is_refused(copy):
    def renamed(facts):
        facts["learned"]["classes_"]["values"] = ["healthy", "immortal"]

    tampered(copy, {NETWORK: changed_facts(members_of(copy)[NETWORK], renamed)})
    with pytest.raises(BundleError, match="channels and classes of the schema"):
        open_bundle(copy)


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.update(runtime="sklearn"),
        lambda told: told["inputs"].update(feature_groups=["statistics"]),
        lambda told: told["inputs"]["channels"].pop(),
    ],
)
@pytest.mark.usefixtures("no_network_is_made")
def test_a_manifest_that_does_not_fit_is_refused(copy, change):
    tampered(copy, {}, manifest=change)
    with pytest.raises(BundleError, match="or a network of curves"):
        open_bundle(copy)


@pytest.mark.usefixtures("no_network_is_made")
def test_a_schema_of_giant_curves_is_refused(copy):
    schema = json.loads(members_of(copy)["prediction_schema.json"])
    schema["shape"] = [1 << 40, 3]
    tampered(copy, {"prediction_schema.json": json.dumps(schema).encode()})
    with pytest.raises(BundleError, match="or a network of curves"):
        open_bundle(copy)
