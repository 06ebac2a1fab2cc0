"""A server's answer, looked at before its body is read."""

import re
from http import HTTPStatus
from typing import Any

from locomotion_analysis.datasets.catalog.checks import html_page, wrong_size
from locomotion_analysis.datasets.catalog.entry import RemoteFile
from locomotion_analysis.datasets.catalog.partial import Partial, refuse_without_room
from locomotion_analysis.errors import DownloadError

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


class Answer:
    """Asks for what is not here yet, and refuses what cannot be the file.

    Parameters
    ----------
    url : str
    file : RemoteFile
    collected : Partial
        What has arrived of it.
    """

    def __init__(self, url: str, file: RemoteFile, collected: Partial) -> None:
        self._url = url
        self._file = file
        self._collected = collected
        self._origin = collected.origin(url)
        self._here = collected.size
        self._response: Any = None

    def wanted_range(self) -> dict[str, str]:
        """Return the request's headers that ask for the rest of the same version of the file."""
        if self._origin is None:
            return {}
        version = self._origin["version"]
        condition = {"If-Range": version} if version else {}
        return {"Range": f"bytes={self._here}-", **condition}

    def look(self, response: Any, **_: Any) -> None:
        """Make ready for the body; called with the head of every answer, redirects included.

        Raises
        ------
        DownloadError
            If the body is an HTML page, of the wrong length, or another part than was asked
            for; if the disk has no room for it.
        """
        self._response = response
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            self._collected.discard()
        if response.is_redirect or not response.ok:
            return
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind == "text/html" and not self._file.may_be_html:
            raise self._discarded(html_page(self._file, self._url))
        here, total = self._place(response)
        if self._file.size is not None and total not in {0, self._file.size}:
            raise self._discarded(wrong_size(self._file, total, self._url))
        refuse_without_room(self._collected.path.parent, max(total - here, 0))
        if here == 0:
            self._collected.start(self._url, _version(response), total)
        self._collected.total = total

    def close(self) -> None:
        """Free the connection."""
        if self._response is not None:
            self._response.close()

    def _place(self, response: Any) -> tuple[int, int]:
        """Return where the body starts in the file, and how long the file is (0: not told)."""
        if response.status_code != HTTPStatus.PARTIAL_CONTENT:
            encoded = "Content-Encoding" in response.headers
            return 0, 0 if encoded else int(response.headers.get("Content-Length", 0))
        told = response.headers.get("Content-Range", "")
        if (ranged := _CONTENT_RANGE.match(told)) and self._origin is not None:
            start, total = int(ranged[1]), int(ranged[2])
            if start == self._here and self._origin["total"] in {0, total}:
                return start, total
        raise self._discarded(
            DownloadError(
                expected=f"the rest of {self._file.name} from byte {self._here:,}",
                got=f"another part ({told or 'not told which'})",
                where=self._url,
                fix="run the same again: it starts anew",
            )
        )

    def _discarded(self, error: DownloadError) -> DownloadError:
        self._collected.discard()
        return error


def _version(response: Any) -> str | None:
    """Return the server's mark of this version of the file, if it can stand in ``If-Range``."""
    if "Content-Encoding" in response.headers:
        return None
    tag: str | None = response.headers.get("ETag")
    if tag is not None and not tag.startswith("W/"):
        return tag
    modified: str | None = response.headers.get("Last-Modified")
    return modified
