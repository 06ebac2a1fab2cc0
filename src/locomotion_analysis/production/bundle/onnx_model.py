"""The model converted to ONNX: from features to calibrated probabilities in one graph."""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from locomotion_analysis.errors import BundleError
from locomotion_analysis.extras import require
from locomotion_analysis.models.supervised.tuning import LEAST_PROBABILITY
from locomotion_analysis.production.bundle.manifest import ONNX_MODEL, Parity
from locomotion_analysis.production.bundle.routes import SklearnRoute, refused

if TYPE_CHECKING:
    from locomotion_analysis.production.bundle.bundle import Bundle


INPUT = "features"
OUTPUT = "answers"
OPSET = {"": 18, "ai.onnx.ml": 3}
MOST_DIFFERENCE = 1e-4
"""Largest difference allowed: of a probability; of a number in standard deviations of the truth."""

OPERATORS = frozenset(
    [
        "Add",
        "ArrayFeatureExtractor",
        "Cast",
        "Clip",
        "Concat",
        "Constant",
        "Div",
        "Gather",
        "Gemm",
        "Identity",
        "Imputer",
        "LinearClassifier",
        "LinearRegressor",
        "Log",
        "MatMul",
        "Mul",
        "Normalizer",
        "Reshape",
        "Scaler",
        "Sigmoid",
        "Softmax",
        "Sub",
        "TreeEnsembleClassifier",
        "TreeEnsembleRegressor",
    ]
)
"""What a graph of ours is made of; a file with anything else is refused."""


class OnnxRoute:
    """The converted model, run by onnxruntime on one core.

    Parameters
    ----------
    content : bytes
        The graph.
    model : estimator
        The original, for the step from probabilities to classes.
    max_difference : float
        What was measured when it was converted.

    Raises
    ------
    MissingExtraError
        If onnxruntime is not installed.
    BundleError
        If the graph is damaged or holds what ours do not.
    """

    def __init__(self, content: bytes, model: Any, max_difference: float) -> None:
        runtime = require("onnxruntime", "onnx")
        audit_onnx(content)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        try:
            self._session = runtime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's errors share no base of their own
            raise refused(ONNX_MODEL, str(error)[:200]) from error
        self._original = SklearnRoute(model)
        self.max_difference = max_difference

    def answers(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return probabilities (n_rows, n_classes), or predicted numbers (n_rows,)."""
        values = np.ascontiguousarray(X.to_numpy(np.float32))
        found = np.asarray(self._session.run([OUTPUT], {INPUT: values})[0], dtype=float)
        return found if self._original.classifies else found.ravel()

    def labels(self, answers: NDArray[np.float64]) -> NDArray[Any]:
        """Return the classes that probabilities lead to; numbers as they are."""
        return self._original.labels(answers)


def converted(
    bundle: "Bundle", rows: pd.DataFrame, truth: "pd.Series[Any]"
) -> tuple[bytes, Parity]:
    """Convert the model of a bundle, and compare it with the original.

    Parameters
    ----------
    bundle : Bundle
        With a scikit-learn model.
    rows : DataFrame, shape (n_rows, n_features)
        Rows to compare the two on, besides the golden ones.
    truth : Series
        Classes or numbers of the training.

    Returns
    -------
    content : bytes
        ONNX graph: float32 ``features`` (n, n_features), NaN where missing, to ``answers``
        (n, n_classes) of calibrated probabilities or (n, 1) numbers.
    parity : Parity
        What the conversion costs.

    Raises
    ------
    MissingExtraError
        If skl2onnx or onnxruntime is not installed.
    BundleError
        If the model cannot be converted, or answers differently by more than
        :data:`MOST_DIFFERENCE`, or with another class.
    """
    route = bundle.route
    if not isinstance(route, SklearnRoute):
        raise _unconvertible("a network, or a model that is converted already")
    content = _graph(route.model, len(bundle.schema.names), classifies=route.classifies)
    X = pd.concat([rows, bundle.golden.features], ignore_index=True)
    right, found = route.answers(X), OnnxRoute(content, route.model, 0.0).answers(X)
    difference = float(np.abs(right - found).max())
    changed = float(np.mean(route.labels(right) != route.labels(found)))
    changed = changed if route.classifies else 0.0
    allowed = MOST_DIFFERENCE * (1.0 if route.classifies else float(truth.std()))
    if not difference <= allowed or changed:
        raise BundleError(
            expected=f"an ONNX model that answers as the original to within {allowed:.2g}",
            got=f"a difference of {difference:.2g}, {changed:.1%} of {len(X)} rows with another "
            "class",
            where=ONNX_MODEL,
            fix="bundle without --onnx",
        )
    return content, Parity(ONNX_MODEL, difference, changed, len(X))


def audit_onnx(content: bytes) -> None:
    """Refuse a graph of operators that ours do not have, or with data in other files.

    Raises
    ------
    BundleError
        If it is no ONNX model, or not one of ours.
    """
    onnx = require("onnx", "onnx")
    try:
        graph = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf's errors share no base of their own
        raise refused(ONNX_MODEL, f"{type(error).__name__}: {error}"[:200]) from error
    odd = sorted({node.op_type for node in graph.graph.node} - OPERATORS)
    domains = {node.domain for node in graph.graph.node} - {"", "ai.onnx.ml"}
    outside = [each.name for each in graph.graph.initializer if each.external_data]
    if odd or domains or outside or graph.functions:
        found = ", ".join([*odd, *sorted(domains), *outside][:3]) or "functions of its own"
        raise refused(ONNX_MODEL, f"a graph with {found}"[:200])
    inputs = [each.name for each in graph.graph.input]
    if inputs != [INPUT] or [each.name for each in graph.graph.output] != [OUTPUT]:
        raise refused(ONNX_MODEL, f"a graph with inputs {inputs}"[:200])


def _graph(model: Any, n_features: int, *, classifies: bool) -> bytes:
    skl2onnx = require("skl2onnx", "onnx")
    types = require("skl2onnx.common.data_types", "onnx")
    core = _plain(getattr(model, "model_", model))
    options = {id(core): {"zipmap": False}} if classifies else None
    try:
        with warnings.catch_warnings():
            # skl2onnx puts NumPy's numbers where Python's are wanted: nothing of ours.
            warnings.simplefilter("ignore", DeprecationWarning)
            graph = skl2onnx.convert_sklearn(
                core,
                initial_types=[(INPUT, types.FloatTensorType([None, n_features]))],
                options=options,
                target_opset=OPSET,
            )
    except Exception as error:  # skl2onnx raises what its converters raise
        raise _unconvertible(f"{type(error).__name__}: {error}"[:300]) from error
    # The calibration follows, and one output is left: probabilities or numbers.
    from onnx import TensorProto, helper

    output = "probabilities" if classifies else "variable"
    nodes, constants = _calibration(output, getattr(model, "scale_", None))
    graph.graph.node.extend(nodes)
    graph.graph.initializer.extend(constants)
    del graph.graph.output[:]
    graph.graph.output.append(
        helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None, None])
    )
    graph.doc_string = ""
    content: bytes = graph.SerializeToString(deterministic=True)
    return content


def _plain(core: Any) -> Any:
    """Return a pipeline with scikit-learn's own class in the place of ours, equally fitted."""
    if not isinstance(core, Pipeline):
        return core
    steps = []
    for name, step in core.steps:
        if isinstance(step, SelectKBest):
            plain = SelectKBest(step.score_func, k=step.k)
            plain.__dict__.update(step.__dict__)
            step = plain
        steps.append((name, step))
    return Pipeline(steps)


def _calibration(output: str, scale: LogisticRegression | None) -> tuple[list[Any], list[Any]]:
    """Return the nodes of ``models.supervised.calibration.calibrated``, and their constants."""
    from onnx import helper, numpy_helper

    if scale is None:
        return [helper.make_node("Identity", [output], [OUTPUT])], []
    weights, shift = scale.coef_.T.astype(float), scale.intercept_.astype(float)
    if len(scale.classes_) == 2:
        # The logistic of the log odds is the softmax of (0, them): one form for all numbers.
        odds = np.array([[-1.0], [1.0]]) @ weights
        weights = np.hstack([np.zeros_like(odds), odds])
        shift = np.concatenate([[0.0], shift])
    values = {
        "least": np.float32(LEAST_PROBABILITY),
        "most": np.float32(1),
        "weights": weights.astype(np.float32),
        "shift": shift.astype(np.float32),
    }
    nodes = [
        helper.make_node("Clip", [output, "least", "most"], ["clipped"]),
        helper.make_node("Log", ["clipped"], ["logs"]),
        helper.make_node("Gemm", ["logs", "weights", "shift"], ["scores"]),
        helper.make_node("Softmax", ["scores"], [OUTPUT], axis=1),
    ]
    arrays = [numpy_helper.from_array(np.asarray(v), name) for name, v in values.items()]
    return nodes, arrays


def _unconvertible(got: str) -> BundleError:
    return BundleError(
        expected="a model that can be converted to ONNX",
        got=got,
        where=ONNX_MODEL,
        fix="bundle without --onnx, or train another (linear, random_forest, extra_trees, "
        "boosting)",
    )
