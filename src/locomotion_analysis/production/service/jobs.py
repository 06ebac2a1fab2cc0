"""What the HTTP process hands to a worker, and what comes back."""

from dataclasses import dataclass
from typing import Literal

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
    """

    kind: Kind
    body: bytes = b""
    media_type: str = JSON
    header_bytes: int | None = None
    request_id: str = ""
    explain: bool = False


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
