"""What the parts of the service agree on: requests, answers, errors, settings, the model, its log.

Imported by the process that speaks HTTP and by its workers; nothing here needs the libraries that
predict.
"""

import json
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator

from locomotion_analysis.errors import FileReadError, LocomotionError
from locomotion_analysis.standard import N_PHASES

if TYPE_CHECKING:
    import pandas as pd

    from locomotion_analysis.data import LocomotionData
    from locomotion_analysis.models.prediction_schema import PredictionSchema
    from locomotion_analysis.production.bundle.manifest import ChannelRange


# What the HTTP process hands to a worker, and what comes back


JSON = "application/json"

Kind = Literal["predict", "curves", "infer", "golden"]


@dataclass(frozen=True, slots=True)
class Job:
    """One request, still as bytes: workers read them, so that a bad file harms no other request.

    Attributes
    ----------
    kind : {"predict", "curves", "infer", "golden"}
        What is asked for.
    body : bytes
        The request body.
    media_type : str
        What the body is.
    header_bytes : int or None
        Of ``infer``: length of the JSON that comes before binary tensors.
    request_id : str
        Goes into the answer.
    explain : bool
        Whether to tell what each answer hangs on.
    token : str
        Of this request alone: by it a second try, after a lost worker, is known as such.
    subject : str or None
        Of ``curves``: the person whose curves are asked for; everybody's where None.
    file : str
        Of a laboratory's file: its name.
    """

    kind: Kind
    body: bytes = b""
    media_type: str = JSON
    header_bytes: int | None = None
    request_id: str = ""
    explain: bool = False
    token: str = ""
    subject: str | None = None
    file: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, ready to send.

    Attributes
    ----------
    status : int
        HTTP status.
    body : bytes
    media_type : str
    header_bytes : int or None
        Length of the JSON before binary tensors, where there are some.
    rows : int
        Rows predicted.
    """

    status: int
    body: bytes
    media_type: str = JSON
    header_bytes: int | None = None
    rows: int = 0


# The service's log: one JSON object a line


LOGGER = "locomotion_analysis.production.service"


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as JSON, without a traceback: it may quote what was sent."""
        content = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        return json.dumps(content, ensure_ascii=False)


def log_as_json() -> None:
    """Write the log to stderr, one JSON object a line: requests, and warnings of the package."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    levels = {"locomotion_analysis": logging.WARNING, LOGGER: logging.INFO}
    for name, level in {**levels, "uvicorn.error": logging.INFO}.items():
        logger = logging.getLogger(name)
        logger.handlers[:] = [] if name == LOGGER else [handler]
        logger.setLevel(level)
        logger.propagate = name == LOGGER


# What ``POST /v1/predict`` is sent: media types, and the form of its JSON


PARQUET = "application/vnd.apache.parquet"
ARROW_STREAM = "application/vnd.apache.arrow.stream"
ARROW_FILE = "application/vnd.apache.arrow.file"
CSV = "text/csv"
TABLES = (PARQUET, ARROW_STREAM, ARROW_FILE, CSV)
OCTETS = "application/octet-stream"
"""A laboratory's file, or JSON before binary tensors."""

Number = Annotated[float, Field(strict=True)]
Label = Annotated[str, Field(min_length=1, max_length=200)]


class Cycle(BaseModel):
    """One gait cycle."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    subject: Label = "unnamed"
    task: Label
    task_id: Label | None = None
    step: Annotated[int, Field(strict=True, ge=0, lt=2**31)] | None = Field(
        None, description="Number of the stride; its place in the request where absent."
    )
    columns: dict[Label, Number | bool | Annotated[str, Field(max_length=1000)] | None] = Field(
        default_factory=dict,
        description="What else is known: cycle_duration_s, speed_m_s, age, height_m, ...",
    )
    curves: dict[
        Label, Annotated[list[Number], Field(min_length=N_PHASES, max_length=N_PHASES)]
    ] = Field(
        min_length=1,
        description=f"Channel and its {N_PHASES} values from 0 to 100 % of the cycle, in the "
        "unit that the channel's name says.",
    )


class PredictRequest(BaseModel):
    """Cycles, or features in their place: one of the two."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    cycles: Annotated[list[Cycle], Field(min_length=1)] | None = None
    features: Annotated[list[dict[Label, Number | None]], Field(min_length=1)] | None = Field(
        None, description="One object a row; null is a value that was not measured."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> "PredictRequest":
        if (self.cycles is None) == (self.features is None):
            message = "give either cycles or features"
            raise ValueError(message)
        return self


# A request that cannot be answered, and the body that says so


_MOST_DETAILS = 20
_logger = logging.getLogger(__name__)


class RefusedError(LocomotionError, ValueError):
    """A request is refused.

    Parameters
    ----------
    status : int
        HTTP status.
    details : list of dict, optional
        Each place that is wrong.
    """

    def __init__(
        self,
        status: int,
        *,
        expected: str,
        got: str,
        where: str = "",
        fix: str = "",
        details: list[dict[str, str]] | None = None,
    ) -> None:
        super().__init__(expected=expected, got=got, where=where, fix=fix)
        self.status = status
        self.details = details or []


def refusal(error: Exception, request_id: str, *, v2: bool = False) -> Reply:
    """Return the answer to a request that ended in an error.

    Errors that are a ``ValueError`` speak of what was sent: 422, or the status that a
    :class:`RefusedError` names. One that takes more memory than a worker may have is 413. All
    others are the service's own: 500 without a word of where, and a line in the log.
    """
    if isinstance(error, MemoryError):
        error = RefusedError(
            413,
            expected="a request that fits into the memory of a worker",
            got="one that takes more",
            fix="send fewer rows at a time",
        )
    if not (isinstance(error, LocomotionError) and isinstance(error, ValueError)):
        # What went wrong in the arithmetic may hold values of a person: kind and place are enough.
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        at = f" in {place.tb_frame.f_code.co_qualname}:{place.tb_lineno}" if place else ""
        told = f": {_one_line(error)}" if isinstance(error, LocomotionError) else ""
        _logger.error("request failed: %s%s%s", type(error).__name__, at, told)
        error = RefusedError(500, expected="an answer", got="an error inside the service")
    content: dict[str, Any] = {"error": _one_line(error)}
    if not v2:
        content |= {name: getattr(error, name) for name in ("expected", "got", "where", "fix")}
        content["details"] = getattr(error, "details", [])[:_MOST_DETAILS]
        content["request_id"] = request_id
    status = error.status if isinstance(error, RefusedError) else 422
    return Reply(status, json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))


def _one_line(error: LocomotionError) -> str:
    """Return an error as one sentence, as the V2 protocol and the log want it."""
    return "; ".join(part.strip() for part in str(error).splitlines())


# What the service needs of a model


class Served(Protocol):
    """A model that can be served; a bundle is one."""

    @property
    def schema(self) -> "PredictionSchema":
        """Names, order and kind of the model's inputs, and its classes."""
        ...

    @property
    def trained_ranges(self) -> "Mapping[str, ChannelRange]":
        """The range of each channel in the training."""
        ...

    @property
    def paired(self) -> bool:
        """Whether an answer is of a leg before and after treatment, and not of a cycle."""
        ...

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Channels that cycles must have."""
        ...

    def describe(self) -> dict[str, Any]:
        """Return what may be told of the model, as JSON: at least ``name`` and ``version``."""
        ...

    def predict_features(
        self, X: "pd.DataFrame", *, explain: bool, tokens: Sequence[str] = ()
    ) -> "pd.DataFrame":
        """Predict from features, one row an answer; `tokens` names each row's request."""
        ...

    def predict_cycles(
        self, data: "LocomotionData", *, explain: bool, tokens: Sequence[str] = ()
    ) -> "pd.DataFrame":
        """Predict from cycles, one row an answer; `tokens` names each cycle's request."""
        ...

    def check_golden(self) -> None:
        """Raise unless the examples kept with the model give the answers kept with them."""
        ...

    def check_example(self) -> None:
        """Raise unless one of the examples gives its answer: quick, to be asked often."""
        ...


Opener = Callable[[Path], Served]


@dataclass(frozen=True)
class Description:
    """What the HTTP process knows of the model in its workers.

    Attributes
    ----------
    name, version : str
    columns : tuple of str
        Features in the trained order.
    classes : tuple or None
        Sorted labels; None for a quantity.
    target, unit : str or None
        What is predicted.
    told : dict
        What may be told of the model, as JSON.
    """

    name: str
    version: str
    columns: tuple[str, ...]
    classes: tuple[Any, ...] | None
    target: str | None
    unit: str | None
    told: dict[str, Any]

    @classmethod
    def of(cls, served: Served) -> "Description":
        """Describe a model."""
        told, schema = served.describe(), served.schema
        return cls(
            name=str(told["name"]),
            version=str(told["version"]),
            columns=schema.names,
            classes=schema.classes,
            target=schema.target,
            unit=schema.target_unit,
            told=told,
        )


# What the Open Inference Protocol V2 says of requests, inputs and outputs


INPUT = "features"
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


# What the service allows: limits, keys, and how many processes predict


MEBIBYTE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """Limits of the service. The defaults suit one model on one machine.

    Attributes
    ----------
    workers : int
        Processes that predict. The process that speaks HTTP comes on top.
    keys : Path or None
        File of API keys (see :class:`~locomotion_analysis.production.service.keys.KeyFile`);
        None leaves the service open to whoever reaches it.
    requests_per_minute : int
        Of one key (one address where there are no keys); a minute's worth may come at once.
    max_body_bytes : int
        Largest request body.
    max_rows : int
        Most cycles (rows of features) in one request.
    max_values : int
        Most numbers in one request, however well they are compressed.
    max_waiting : int
        Requests that may wait for a worker; the next one is told to come back (503).
    body_timeout_s : float
        For the head of a request, and again for its body, to arrive.
    answer_timeout_s : float
        For the answer; a worker that takes longer is replaced.
    drain_s : float
        For requests under way to end after SIGTERM.
    watch_s : float
        Between two looks at whether the model was replaced.
    cors_origins : tuple of str
        Pages of other sites that may call the service; none by default.
    """

    workers: int = 1
    keys: Path | None = None
    requests_per_minute: int = 6_000
    max_body_bytes: int = 32 * MEBIBYTE
    max_rows: int = 4_096
    max_values: int = 50_000_000
    max_waiting: int = 1_024
    body_timeout_s: float = 20.0
    answer_timeout_s: float = 60.0
    drain_s: float = 30.0
    watch_s: float = 1.0
    cors_origins: tuple[str, ...] = ()


# Where the model to serve lies, and whether it was replaced


Stamp = tuple[str, int, int, int]


class Source(Protocol):
    """Says which bundle is to be served now."""

    def path(self) -> Path:
        """Return the bundle's file."""
        ...


@dataclass(frozen=True)
class FileSource:
    """A bundle that is served as long as its file is the same."""

    file: Path

    def path(self) -> Path:
        """Return the file."""
        return self.file


def stamp(source: Source) -> Stamp:
    """Return what changes when another bundle is to be served.

    Raises
    ------
    FileReadError
        If there is no file.
    """
    path = source.path()
    try:
        stat = path.stat()
    except OSError as error:
        raise FileReadError(
            expected="a bundle", got=str(error.strerror), where=str(path), fix="check the path"
        ) from error
    if not S_ISREG(stat.st_mode):
        raise FileReadError(
            expected="a bundle", got="a folder", where=str(path), fix="name the bundle's file"
        )
    return (str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino)


def source_of(text: str) -> Source:
    """Return the source a text names.

    Parameters
    ----------
    text : str
        A bundle's file, or ``REGISTRY#champion``: the champion of a registry, whichever version
        that is at the time.

    Returns
    -------
    Source
    """
    place, mark, which = text.rpartition("#")
    if not mark or Path(text).is_file():
        return FileSource(Path(text))
    from locomotion_analysis.production.registry import Registry, StageSource

    return StageSource(Registry(place), which)
