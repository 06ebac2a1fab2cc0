"""The converted model against the original, and graphs that are not ours."""

import numpy as np
import pandas as pd
import pytest
from tests.production.bundle.tampering import members_of, tampered

from locomotion_analysis.errors import BundleError
from locomotion_analysis.models.supervised import age_regression, pathology_detection
from locomotion_analysis.production.bundle import onnx_model, open_bundle
from locomotion_analysis.production.bundle.onnx_model import OnnxRoute, audit_onnx, converted
from locomotion_analysis.production.bundle.routes import SklearnRoute
from locomotion_analysis.production.service.server import open_served

pytest.importorskip("skl2onnx")
pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def table():
    """Features of 24 people of three classes, some unknown."""
    rng = np.random.default_rng(1)
    key = pd.MultiIndex.from_product([range(24), range(4)], names=["subject", "step"])
    label = key.get_level_values("subject").to_numpy() % 3
    X = rng.normal(label[:, None] * 0.7, 1, (96, 60)) * np.geomspace(1e-3, 1e3, 60)
    X[rng.random(X.shape) < 0.05] = np.nan
    return pd.DataFrame(X, index=key, columns=[f"f{at}" for at in range(60)]), label


def _routes(model, X):
    original = SklearnRoute(model)
    content = onnx_model._graph(model, X.shape[1], classifies=original.classifies)
    return original, OnnxRoute(content, model, 0.0)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", ["linear", "random_forest", "extra_trees", "boosting"])
def test_probabilities_and_classes_are_the_same(table, name, n_classes):
    X, label = table
    X, y = X[label < n_classes], np.array(["a", "b", "c"])[label[label < n_classes]]
    original, other = _routes(pathology_detection(name).model().fit(X, y), X)
    right, found = original.answers(X), other.answers(X)
    np.testing.assert_allclose(found, right, atol=2e-6)
    assert found.sum(axis=1) == pytest.approx(1)
    assert (other.labels(found) == original.labels(right)).all()


@pytest.mark.parametrize("name", ["linear", "extra_trees", "boosting"])
def test_numbers_are_the_same(table, name):
    X, label = table
    y = label * 20.0 + np.nan_to_num(X["f0"].to_numpy()) * 1e3
    original, other = _routes(age_regression(name).model().fit(X, y), X)
    np.testing.assert_allclose(other.answers(X), original.answers(X), rtol=1e-5, atol=1e-3)


def test_the_kept_bundle_answers_alike_in_both_ways(kept, bundle):
    other = open_bundle(kept, runtime="onnx")
    X = bundle.reference.features
    right, found = bundle.predict_features(X), other.predict_features(X)
    gap = (right["p_healthy"] - found["p_healthy"]).abs().max()
    assert 0 < gap <= 2 * bundle.manifest.onnx.max_difference
    assert (right["prediction"] == found["prediction"]).all()
    assert other.check_golden() <= bundle.manifest.onnx.max_difference + 1e-9


def test_a_conversion_that_answers_otherwise_is_refused(bundle, monkeypatch):
    honest = onnx_model._calibration

    def slightly_off(output, scale):
        nodes, constants = honest(output, scale)
        weights = np.frombuffer(constants[2].raw_data, np.float32) * np.float32(1.01)
        constants[2].raw_data = weights.tobytes()
        return nodes, constants

    monkeypatch.setattr(onnx_model, "_calibration", slightly_off)
    with pytest.raises(BundleError, match=r"to within 0\.0001"):
        converted(bundle, bundle.reference.features, bundle.golden.answers["prediction"])


def test_a_model_that_cannot_be_converted_is_named(table):
    X, label = table
    model = pathology_detection("balanced").model().fit(X, label)
    with pytest.raises(BundleError, match="without --onnx"):
        onnx_model._graph(model, X.shape[1], classifies=True)


def test_graphs_that_are_not_ours_are_refused(kept, copy):
    import onnx

    def changed(change):
        graph = onnx.load_model_from_string(members_of(kept)["model.onnx"])
        change(graph)
        return graph.SerializeToString()

    def outside(graph):
        tensor = graph.graph.initializer[0]
        tensor.external_data.add(key="location", value="../../etc/passwd")

    cases = {
        "Loop": lambda graph: setattr(graph.graph.node[0], "op_type", "Loop"),
        "com.evil": lambda graph: setattr(graph.graph.node[0], "domain", "com.evil"),
        "a graph with": outside,
        "inputs": lambda graph: setattr(graph.graph.input[0], "name", "other"),
    }
    for message, change in cases.items():
        with pytest.raises(BundleError, match=message):
            audit_onnx(changed(change))
    with pytest.raises(BundleError, match=r"model\.onnx"):
        audit_onnx(b"\xff" * 100)
    tampered(copy, {"model.onnx": changed(cases["Loop"])})
    with pytest.raises(BundleError, match="Loop"):
        open_bundle(copy, runtime="onnx")
    tampered(copy, {"model.onnx": None}, manifest=lambda told: told.update(onnx=None))
    with pytest.raises(BundleError, match="a bundle with an ONNX model"):
        open_bundle(copy, runtime="onnx")


def test_the_graph_is_served(kept):
    served = open_served(kept, runtime="onnx")
    assert isinstance(served.bundle.route, OnnxRoute)
    served.check_golden()
    served.check_example()
