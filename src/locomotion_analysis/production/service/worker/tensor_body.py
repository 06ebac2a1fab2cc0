"""Requests and answers of the Open Inference Protocol V2, with its binary tensor extension."""

import math
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ValidationError

from locomotion_analysis.production.service.jobs import Job, Reply
from locomotion_analysis.production.service.open_inference import (
    INPUT,
    OCTETS,
    InferRequest,
    RequestInput,
    output_metadata,
)
from locomotion_analysis.production.service.refusal import RefusedError
from locomotion_analysis.production.service.served import Description
from locomotion_analysis.production.service.worker.json_body import refuse_many, refused
from locomotion_analysis.production.service.worker.rendering import as_json, probability_columns

DATATYPES = {"FP64": "<f8", "FP32": "<f4", "INT64": "<i8", "INT32": "<i4"}


@dataclass(frozen=True)
class Wanted:
    """Outputs to send, whether each is binary, and the request's own id."""

    outputs: dict[str, bool]
    id: str | None


def read_tensors(
    job: Job, model: Description, max_rows: int, max_values: int
) -> tuple[pd.DataFrame, Wanted]:
    """Read the features of a request.

    Raises
    ------
    RefusedError
        400 where the request is not as the protocol says, 413 where it is too large.
    """
    length = len(job.body) if job.header_bytes is None else job.header_bytes
    if not 0 <= length <= len(job.body):
        raise _malformed(f"a JSON part of at most {len(job.body)} bytes", f"{length}")
    try:
        asked = InferRequest.model_validate_json(job.body[:length])
    except ValidationError as error:
        found = refused(error)
        found.status = 400
        raise found from None
    tensor = asked.inputs[0]
    names = model.columns
    if tensor.name != INPUT or len(tensor.shape) != 2 or tensor.shape[1] != len(names):
        raise _malformed(
            f"one input {INPUT} of shape [-1, {len(names)}]",
            f"{tensor.name[:50]} of shape {tensor.shape}",
        )
    n_rows = tensor.shape[0]
    if n_rows < 1:
        raise _malformed("at least one row", f"{n_rows}")
    refuse_many(n_rows, max_rows)
    if math.prod(tensor.shape) > max_values:
        raise RefusedError(413, expected=f"at most {max_values} values", got=f"{tensor.shape}")
    values = _values(tensor, job.body[length:])
    wanted = Wanted(_outputs(asked, model), asked.id)
    return pd.DataFrame(values.reshape(tensor.shape), columns=list(names)), wanted


def _values(tensor: RequestInput, binary: bytes) -> NDArray[np.float64]:
    if tensor.datatype not in DATATYPES:
        raise _malformed(f"a datatype of {', '.join(DATATYPES)}", tensor.datatype)
    dtype = np.dtype(DATATYPES[tensor.datatype])
    n_values = math.prod(tensor.shape)
    if tensor.data is None:
        size = tensor.parameters.get("binary_data_size")
        if size != len(binary) or len(binary) != n_values * dtype.itemsize:
            raise _malformed(
                f"data, or {n_values * dtype.itemsize} bytes after the JSON",
                f"{len(binary)} bytes (binary_data_size {size!r})",
            )
        return np.frombuffer(binary, dtype).astype(np.float64)
    if binary:
        raise _malformed("either data or bytes after the JSON", "both")
    flat = tensor.data
    if any(isinstance(row, list) for row in flat):
        if not all(isinstance(row, list) for row in flat):
            raise _malformed("rows of numbers, or numbers", "both")
        flat = [value for row in flat for value in row]
    if len(flat) != n_values:
        raise _malformed(f"{n_values} values, as the shape says", f"{len(flat)}")
    if not all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in flat):
        raise _malformed("numbers", "something else", 422)
    return np.array(flat, dtype=np.float64)


def _outputs(asked: InferRequest, model: Description) -> dict[str, bool]:
    there = [output["name"] for output in output_metadata(model)]
    usual = asked.parameters.get("binary_data_output") is True
    if not asked.outputs:
        return dict.fromkeys(there, usual)
    unknown = [output.name[:50] for output in asked.outputs if output.name not in there]
    if unknown:
        raise _malformed(f"outputs among {', '.join(there)}", ", ".join(unknown[:5]))
    return {
        output.name: output.parameters.get("binary_data", usual) is True for output in asked.outputs
    }


def tensor_reply(answers: pd.DataFrame, model: Description, wanted: Wanted) -> Reply:
    """Return the answer to ``POST /v2/models/.../infer``."""
    outputs, binary = [], b""
    for described in output_metadata(model):
        name, datatype = described["name"], described["datatype"]
        if name not in wanted.outputs:
            continue
        if name == "probabilities":
            values = answers[probability_columns(answers)].to_numpy(np.float64)
        elif datatype == "BYTES":
            values = answers[name].astype(str).to_numpy(object)
        else:
            values = answers[name].to_numpy(np.float64 if datatype == "FP64" else np.bool_)
        output = {"name": name, "datatype": datatype, "shape": list(values.shape)}
        if wanted.outputs[name]:
            packed = values.tobytes()
            if datatype == "BYTES":
                texts = [text.encode() for text in values.ravel()]
                packed = b"".join(struct.pack("<I", len(text)) + text for text in texts)
            output["parameters"] = {"binary_data_size": len(packed)}
            binary += packed
        else:
            output["data"] = values.ravel().tolist()
        outputs.append(output)
    content: dict[str, Any] = {
        "model_name": model.name,
        "model_version": model.version,
        "outputs": outputs,
    }
    if wanted.id is not None:
        content["id"] = wanted.id
    header = as_json(content)
    if not binary:
        return Reply(200, header, rows=len(answers))
    return Reply(200, header + binary, OCTETS, len(header), len(answers))


def _malformed(expected: str, got: str, status: int = 400) -> RefusedError:
    return RefusedError(status, expected=expected, got=got[:200], where="request")
