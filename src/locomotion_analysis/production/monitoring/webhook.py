"""Telling another system of an alarm."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from locomotion_analysis.errors import DownloadError

_TIMEOUT_S = 10.0
_PAUSES_S = (0.0, 1.0, 3.0)


def send_alarm(url: str, content: Mapping[str, Any]) -> None:
    """Post an alarm as JSON; try three times.

    Parameters
    ----------
    url : str
        ``http`` or ``https``.
    content : mapping
        What to send; no data of people.

    Raises
    ------
    DownloadError
        If the address is none, or does not take it.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise DownloadError(
            expected="an address of http or https", got=url[:80], where="webhook", fix="give one"
        )
    body = json.dumps(content, allow_nan=False).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "locomotion-analysis"}
    reason = ""
    for pause in _PAUSES_S:
        time.sleep(pause)
        request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - scheme checked
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S):  # noqa: S310 - scheme checked
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            reason = str(error)
    raise DownloadError(
        expected="a webhook that takes the alarm",
        got=reason,
        where=urlsplit(url).netloc.rpartition("@")[2],
        fix="check the address; the report is written all the same",
    )
