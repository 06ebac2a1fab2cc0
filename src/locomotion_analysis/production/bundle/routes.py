"""Ways from a row to a model's answer, and the look at a model's file before anything is made.

A scikit-learn model answers from features, a network from the points of curves, in floating point
or in whole numbers of 8 bits; the conversion to ONNX is in ``onnx_model``. A file of a model may
come from anywhere: what it claims is compared with what it holds first.
"""

import copy
import io
import math
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline

from locomotion_analysis.budget import most_unpacked_bytes
from locomotion_analysis.errors import BundleError, FileReadError, LocomotionError
from locomotion_analysis.extras import require
from locomotion_analysis.files import plain_json
from locomotion_analysis.models.prediction_schema import PredictionSchema
from locomotion_analysis.models.supervised.saving import load_model
from locomotion_analysis.production.bundle.manifest import MOST_BYTES, Int8, fault_of_places

MOST_CHANGED = 0.01
MOST_LOST = 0.01
"""Largest share of rows with another class, and largest loss of balanced accuracy or, of a
quantity, growth of the mean absolute error in standard deviations of the truth."""

_ROUNDING = 1e-5


class Route(Protocol):
    """What answers: probabilities of classes, or numbers."""

    def answers(self, X: Any) -> NDArray[np.float64]:
        """Return probabilities (n_rows, n_classes), or predicted numbers (n_rows,)."""

    def labels(self, answers: NDArray[np.float64]) -> NDArray[Any]:
        """Return the classes that probabilities lead to; numbers as they are."""


class SklearnRoute:
    """The scikit-learn model itself.

    Parameters
    ----------
    model : estimator
        Fitted.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.classifies = hasattr(model, "predict_proba")
        # The bundle has put the columns in their order: to look at their names and types once
        # more takes scikit-learn longer than to answer.
        unnamed = _without_names(model)
        self._by_numbers = unnamed is not None
        answering = model if unnamed is None else unnamed
        self._answer = answering.predict_proba if self.classifies else answering.predict

    def answers(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return probabilities (n_rows, n_classes), or predicted numbers (n_rows,)."""
        return np.asarray(self._answer(X.to_numpy() if self._by_numbers else X), dtype=float)

    def labels(self, answers: NDArray[np.float64]) -> NDArray[Any]:
        """Return the classes that probabilities lead to; numbers as they are."""
        if not self.classifies:
            return answers
        if hasattr(self.model, "called"):
            return np.asarray(self.model.called(answers))
        return np.asarray(np.asarray(self.model.classes_)[answers.argmax(axis=1)])


def _without_names(model: Any) -> Any:
    """Return a model that answers arrays; None where one of its steps asks for columns by name."""
    core = getattr(model, "model_", None)
    if not (isinstance(core, Pipeline) and isinstance(core.steps[0][1], SimpleImputer)):
        return None
    (name, named), *rest = core.steps
    first, unnamed = copy.copy(named), copy.copy(model)
    vars(first).pop("feature_names_in_", None)
    unnamed.model_ = Pipeline([(name, first), *rest])
    return unnamed


class NetworkRoute:
    """A network, answering on the processor.

    Parameters
    ----------
    model : DeepClassifier or DeepRegressor
        Fitted.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.classifies = hasattr(model, "predict_proba")
        # Processors add up float32 in different orders.
        self.max_difference = _ROUNDING * (1.0 if self.classifies else model.target_std_)

    def answers(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return probabilities (n_rows, n_classes), or predicted numbers (n_rows,).

        Parameters
        ----------
        X : DataFrame, shape (n_rows, n_channels * n_points)
            Of :func:`~locomotion_analysis.production.bundle.reference.curve_rows`.
        """
        n_points, n_channels = self.model.scaler_.n_points_, len(self.model.scaler_.mean_)
        flat = X.to_numpy(np.float32)
        curves = flat.reshape(-1, n_channels, n_points).transpose(0, 2, 1)
        return self._of_curves(np.ascontiguousarray(curves))

    def labels(self, answers: NDArray[np.float64]) -> NDArray[Any]:
        """Return the most probable classes; numbers as they are."""
        if not self.classifies:
            return answers
        return np.asarray(self.model.classes_[answers.argmax(axis=1)])

    def _of_curves(self, curves: NDArray[np.float32]) -> NDArray[np.float64]:
        found = self.model.predict_proba(curves) if self.classifies else self.model.predict(curves)
        return np.asarray(found, dtype=float)


class Int8Route(NetworkRoute):
    """A network with linear and recurrent layers in whole numbers of 8 bits.

    Weights are rounded once, what goes through the layers at each call, by its own largest value:
    cycles are therefore answered one by one, or each would depend on those beside it.

    Parameters
    ----------
    model : DeepClassifier or DeepRegressor
        Fitted; left as it is.
    max_difference : float
        What was measured when the bundle was made.

    Raises
    ------
    BundleError
        If torch cannot quantise the network here.
    """

    def __init__(self, model: Any, max_difference: float) -> None:
        super().__init__(model)
        import torch
        from torch import nn

        self.model = copy.copy(model)
        try:
            with warnings.catch_warnings():
                # torch means to move these functions to a library of its own.
                warnings.simplefilter("ignore", DeprecationWarning)
                warnings.filterwarnings("ignore", "torch.quantize_per_tensor", UserWarning)
                self.model.network_ = torch.ao.quantization.quantize_dynamic(
                    model.network_, {nn.Linear, nn.LSTM, nn.GRU}, dtype=torch.qint8
                )
        except (AttributeError, RuntimeError, NotImplementedError) as error:
            raise _not_quantisable(f"{type(error).__name__}: {error}") from error
        # Processors round halves of a step apart: never more than the step itself was seen to cost.
        self.max_difference = 2 * max_difference + _ROUNDING

    def _of_curves(self, curves: NDArray[np.float32]) -> NDArray[np.float64]:
        try:
            return np.concatenate(
                [super(Int8Route, self)._of_curves(each[None]) for each in curves]
            )
        except (AttributeError, RuntimeError, NotImplementedError) as error:
            raise _not_quantisable(f"{type(error).__name__}: {error}") from error


def skops_model(content: bytes, name: str) -> Any:
    """Return the model of a skops file, looked at before anything is made of it.

    Raises
    ------
    MissingExtraError
        If skops is not installed.
    BundleError
        If the file is damaged, or holds types that no model of ours has.
    """
    audit_skops(content, name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.skops"
        path.write_bytes(content)
        try:
            return load_model(path)
        except FileReadError as error:
            raise BundleError(
                expected=error.expected, got=error.got, where=name, fix=error.fix
            ) from error
        except (RecursionError, AttributeError, IndexError, MemoryError) as error:
            raise refused(name, f"{type(error).__name__}: {error}"[:200]) from error


def network_of(content: bytes, schema: PredictionSchema, name: str) -> Any:
    """Return the network of a safetensors file, looked at before anything is made of it.

    Parameters
    ----------
    content : bytes
        The file.
    schema : PredictionSchema
        Of the curves it was trained on.
    name : str
        Name of the file, for messages.

    Raises
    ------
    MissingExtraError
        If torch, skorch or safetensors is not installed.
    BundleError
        If the file is damaged, holds what no network of ours has, or a network of other channels
        or classes than the schema.
    """
    deep = require("locomotion_analysis.models.deep", "deep")
    audit_network(content, name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        path.write_bytes(content)
        try:
            model = deep.load_network(path, device="cpu")
        except FileReadError as error:
            raise BundleError(
                expected=error.expected, got=error.got, where=name, fix=error.fix
            ) from error
    size = model.scaler_.n_points_, len(model.scaler_.mean_)
    classes = tuple(model.classes_.tolist()) if schema.classes else None
    same = tuple(model.channels or ()) == schema.names and size == schema.shape
    if not same or classes != schema.classes:
        raise BundleError(
            expected="a network of the channels and classes of the schema",
            got="another",
            where=name,
        )
    return model


def int8_of(route: NetworkRoute, rows: pd.DataFrame, truth: NDArray[Any]) -> Int8:
    """Measure what whole numbers of 8 bits cost.

    Parameters
    ----------
    route : NetworkRoute
        The network.
    rows : DataFrame, shape (n_rows, n_channels * n_points)
        Training cycles: what differs is the arithmetic alone.
    truth : ndarray, shape (n_rows,)
        Their classes or numbers.

    Raises
    ------
    BundleError
        If the network cannot be quantised, or answers worse by more than :data:`MOST_LOST` or
        otherwise in more than :data:`MOST_CHANGED` of the rows.
    """
    quantised = Int8Route(route.model, 0.0)
    right, found = route.answers(rows), quantised.answers(rows)
    labels, others = route.labels(right), route.labels(found)
    before, after = (_score(truth, each, route.classifies) for each in (labels, others))
    changed = float(np.mean(labels != others)) if route.classifies else 0.0
    spread = 1.0 if route.classifies else float(np.std(truth.astype(float)))
    lost = (before - after if route.classifies else after - before) / spread
    cost = Int8(
        max_difference=float(np.abs(right - found).max()),
        changed=changed,
        metric="balanced_accuracy" if route.classifies else "mae",
        original=before,
        quantised=after,
        n_rows=len(rows),
    )
    if not (changed <= MOST_CHANGED and lost <= MOST_LOST):
        raise BundleError(
            expected=f"a quantised network with another class in at most {MOST_CHANGED:.0%} of the "
            f"rows and a loss of at most {MOST_LOST}",
            got=f"{changed:.1%} of {len(rows)} rows, {cost.metric} {after:.3g} from {before:.3g}",
            where="int8",
            fix="bundle without --int8",
        )
    return cost


def _score(truth: NDArray[Any], found: NDArray[Any], classifies: bool) -> float:
    if not classifies:
        return float(np.abs(truth.astype(float) - found).mean())
    from locomotion_analysis.models.deep.estimators import balanced_accuracy

    return balanced_accuracy(truth.astype(str), found.astype(str))


def _not_quantisable(got: str) -> BundleError:
    return BundleError(
        expected="a network that torch can quantise",
        got=got[:200],
        where="int8",
        fix="bundle without --int8, or train another architecture (gru, lstm, cnn)",
    )


# Files of scikit-learn models

MOST_MEMBERS = 100_000
_HEADER_OF_ARRAY = 10_000


def audit_skops(content: bytes, name: str) -> None:
    """Refuse a skops file that holds anything but its schema and plain arrays of their true size.

    Which types it may make is decided by
    :func:`~locomotion_analysis.models.supervised.load_model`, on a list of our own.

    Parameters
    ----------
    content : bytes
        The file.
    name : str
        Its name, for messages.

    Raises
    ------
    BundleError
        If it unpacks to too much, holds other files (a pickle, a path), or an array whose
        header claims another size than the file has.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            names = [entry.filename for entry in entries]
            if len(set(names)) != len(names) or len(names) > MOST_MEMBERS:
                raise refused(name, "a file name that occurs twice, or too many files")
            arrays = {each for each in names if each.endswith(".npy") and each[:-4].isdigit()}
            odd = [each for each in names if each != "schema.json" and each not in arrays]
            if odd:
                raise refused(
                    name, f"a file {odd[0][:80]!r}, where only schema.json and arrays may be"
                )
            most = most_unpacked_bytes(len(content), MOST_BYTES)
            if sum(entry.file_size for entry in entries) > most:
                raise refused(name, f"more than {most:,} bytes unpacked")
            fault = fault_of_places(entries, len(content))
            if fault:
                raise refused(name, fault)
            for entry in entries:
                if entry.filename.endswith(".npy"):
                    _check_array(archive, entry, name)
    except (OSError, ValueError, EOFError, NotImplementedError, zipfile.BadZipFile) as error:
        raise refused(name, f"{type(error).__name__}: {error}") from error


def _check_array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> None:
    """Refuse a ``.npy`` file of pickled objects, or of another size than its header claims."""
    with archive.open(entry) as stream:
        head = io.BytesIO(stream.read(_HEADER_OF_ARRAY))
    version = np.lib.format.read_magic(head)  # type: ignore[no-untyped-call]
    readers: dict[tuple[int, int], Callable[[io.BytesIO], Any]] = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise refused(name, f"{entry.filename} of NumPy format {version}")
    shape, _, dtype = readers[version](head)
    if dtype.hasobject:
        raise refused(name, f"{entry.filename}, an array of pickled objects")
    if head.tell() + math.prod(shape) * dtype.itemsize != entry.file_size:
        raise refused(name, f"{entry.filename} of shape {shape} in {entry.file_size:,} bytes"[:200])


def refused(name: str, got: str) -> BundleError:
    """Return the error for a model file that is not what it says."""
    return BundleError(
        expected="a model file that is what it says",
        got=got,
        where=name,
        fix="do not use this bundle; get it again from where it was made",
    )


# Files of networks

KINDS = ("DeepClassifier", "DeepRegressor")
"""Estimators that a bundle may hold."""

MOST_HEADER_BYTES = 4 << 20
MOST_TENSORS = 10_000
MOST_OPTION = 4096
"""Most bytes of a header, most tensors of a file, and the largest size a network may be asked for."""

_LENGTH = 8
_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "U8": 1, "BOOL": 1}
_FACTS = "locomotion_analysis"
_METADATA = "__metadata__"
_WEIGHT = "learned.network."


def audit_network(content: bytes, name: str) -> None:
    """Refuse a safetensors file that is not what it says, or whose network has other weights.

    Nothing of the size that a file claims is made: lengths are compared with those of the file,
    and the network is laid out without memory (``torch.device("meta")``) to compare shapes.

    Parameters
    ----------
    content : bytes
        The file.
    name : str
        Its name, for messages.

    Raises
    ------
    BundleError
        If header, sizes, places or shapes do not fit, or the estimator is not one of ours.
    """
    length = int.from_bytes(content[:_LENGTH], "little")
    rest = len(content) - _LENGTH
    if len(content) < _LENGTH or not 0 < length <= min(rest, MOST_HEADER_BYTES):
        raise refused(name, f"a header of {length:,} bytes in a file of {len(content):,}")
    try:
        header = plain_json(content[_LENGTH : _LENGTH + length])
    except ValueError as error:
        raise refused(name, f"a header that is {error}"[:200]) from error
    if not isinstance(header, dict) or len(header) > MOST_TENSORS:
        raise refused(name, "a header that lists no tensors, or too many")
    shapes = _shapes(header, rest - length, name)
    expected = _promised_weights(header, name)
    weights = {
        key.removeprefix(_WEIGHT): shape for key, shape in shapes.items() if key.startswith(_WEIGHT)
    }
    if weights != expected:
        odd = sorted(key for key in {*weights, *expected} if weights.get(key) != expected.get(key))
        raise refused(name, f"weights of other shapes than the network has: {odd[0]}"[:200])


def _shapes(header: Mapping[str, Any], n_bytes: int, name: str) -> dict[str, tuple[int, ...]]:
    """Return the shape of each tensor; they must fill the file one after another."""
    shapes, places = {}, []
    for key, told in header.items():
        if key == _METADATA:
            continue
        if not isinstance(told, dict) or set(told) != {"dtype", "shape", "data_offsets"}:
            raise refused(name, f"an entry {key!r} that is no tensor"[:200])
        dtype, shape, offsets = told["dtype"], told["shape"], told["data_offsets"]
        whole = all(_is_lengths(each) for each in (shape, offsets)) and len(offsets) == 2
        size = _BYTES.get(dtype) if isinstance(dtype, str) else None
        if not whole or size is None:
            raise refused(name, f"{key!r} of type {dtype!r}, shape {shape!r}"[:200])
        if math.prod(shape) * size != offsets[1] - offsets[0]:
            raise refused(name, f"{key!r} of shape {shape} in other bytes"[:200])
        shapes[key] = tuple(shape)
        places.append(tuple(offsets))
    end = 0
    for first, last in sorted(places):
        if first != end:
            raise refused(name, "tensors that overlap, or bytes between them")
        end = last
    if end != n_bytes:
        raise refused(name, f"{n_bytes:,} bytes of tensors, where the header tells of {end:,}")
    return shapes


def _is_lengths(value: Any) -> bool:
    return isinstance(value, list) and all(type(each) is int and each >= 0 for each in value)


def _promised_weights(header: Mapping[str, Any], name: str) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the weights of the network that a file names, without making it."""
    told = header.get(_METADATA)
    text = told.get(_FACTS) if isinstance(told, dict) else None
    if not isinstance(text, str):
        raise refused(name, "a file that save_network did not write")
    try:
        facts = plain_json(text)["facts"]
        kind, parameters, learned = facts["kind"], facts["parameters"], facts["learned"]
        n_points = learned["scaler_"]["n_points_"]
        n_outputs = len(learned["classes_"]["values"]) if kind == "DeepClassifier" else 1
        options = {**(parameters["network_options"] or {})}
        named, channels = parameters["architecture"], parameters["channels"]
        dropout = parameters["dropout"]
    except (ValueError, KeyError, TypeError) as error:
        raise refused(name, f"facts of a network that lack {error}"[:200]) from error
    if kind not in KINDS or facts.get("estimator"):
        raise refused(name, f"an estimator {kind!r}, where {' and '.join(KINDS)} may be"[:200])
    sizes = [n_points, *(each for each in options.values() if not isinstance(each, str))]
    if not all(isinstance(each, (int, float)) and 0 <= each <= MOST_OPTION for each in sizes):
        raise refused(name, f"a network of sizes {sizes}"[:200])
    import torch

    from locomotion_analysis.models.deep.networks import architecture, network_settings

    try:
        network = architecture(named)
        settings = network_settings(network, dropout, channels, options)
        with torch.device("meta"):
            made = network(len(channels or ()), n_points, n_outputs, **settings)
    except (LocomotionError, RuntimeError, TypeError, ValueError, OverflowError) as error:
        raise refused(name, f"{type(error).__name__}: {error}"[:200]) from error
    return {key: tuple(value.shape) for key, value in made.state_dict().items()}
