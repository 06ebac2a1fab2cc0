"""What the Open Inference Protocol V2 says of requests, inputs and outputs."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from locomotion_analysis.production.service.served import Description

INPUT = "features"
OCTETS = "application/octet-stream"
_MOST_DIMENSIONS = 8


class RequestInput(BaseModel):
    """An input tensor."""

    model_config = ConfigDict(strict=True)

    name: str = Field(max_length=200)
    shape: list[int] = Field(max_length=_MOST_DIMENSIONS)
    datatype: str = Field(max_length=20)
    parameters: dict[str, Any] = {}
    data: list[Any] | None = None


class RequestOutput(BaseModel):
    """An output that is wanted."""

    model_config = ConfigDict(strict=True)

    name: str = Field(max_length=200)
    parameters: dict[str, Any] = {}


class InferRequest(BaseModel):
    """A request for inference."""

    model_config = ConfigDict(strict=True)

    id: str | None = Field(None, max_length=200)
    parameters: dict[str, Any] = {}
    inputs: list[RequestInput] = Field(min_length=1, max_length=1)
    outputs: list[RequestOutput] | None = Field(None, max_length=100)


def input_metadata(model: Description) -> list[dict[str, Any]]:
    """Return the inputs as the protocol describes them; ``parameters`` names the columns."""
    names = list(model.columns)
    return [
        {
            "name": INPUT,
            "datatype": "FP64",
            "shape": [-1, len(names)],
            "parameters": {"columns": names},
        }
    ]


def output_metadata(model: Description) -> list[dict[str, Any]]:
    """Return the outputs as the protocol describes them."""
    classes = model.classes
    if classes is None:
        return [
            {"name": "prediction", "datatype": "FP64", "shape": [-1]},
            {"name": "outside", "datatype": "BOOL", "shape": [-1]},
        ]
    return [
        {"name": "prediction", "datatype": "BYTES", "shape": [-1]},
        {
            "name": "probabilities",
            "datatype": "FP64",
            "shape": [-1, len(classes)],
            "parameters": {"columns": [str(each) for each in classes]},
        },
        {"name": "outside", "datatype": "BOOL", "shape": [-1]},
    ]
