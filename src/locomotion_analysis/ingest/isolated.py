"""A child process for a parser that may crash, so that a crash costs one file only."""

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import FileReadError

_BASE_TIME_S, _SLOWEST_BYTES_PER_S = 30.0, 1e6
_FIX = "export the file again from the program that recorded it"


def isolated_parser() -> "IsolatedParser":
    """Return the one child of this process that reads C3D and MATLAB files and workbooks."""
    return _parser_of(os.getpid())


@cache
def _parser_of(_process: int) -> "IsolatedParser":
    # A forked process needs one of its own: nobody there gives back a lock that was held.
    return IsolatedParser(Path(__file__).with_name("isolated_worker.py"))


class IsolatedParser:
    """Runs a parser script in a child process that is kept for the next file.

    The script reads one JSON line ``{"format": ..., "path": ..., "most_bytes": ...}`` a file from
    its standard input and answers with a JSON line ``{"meta": ..., "arrays": [[name, dtype,
    shape], ...]}`` and the bytes of these arrays. The key ``error`` in `meta` is the parser's own
    refusal.

    Parameters
    ----------
    script : Path
        Python file to run.
    """

    def __init__(self, script: Path) -> None:
        self._script = script
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0
        atexit.register(self.close)

    def parse(
        self, kind: str, path: Path, most_bytes: int, timeout_s: float | None = None
    ) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Parse one file.

        Parameters
        ----------
        kind : str
            Format of the file.
        path : Path
            File to parse.
        most_bytes : int
            What the file may unpack to; the child gets memory for four copies of it.
        timeout_s : float, optional
            The child is ended after this time; without it after 30 s and 1 s a megabyte.

        Returns
        -------
        meta : dict
        arrays : dict of str to ndarray

        Raises
        ------
        FileReadError
            If the parser refuses the file, crashes on it or does not come back in time.
        """
        if timeout_s is None:
            timeout_s = _BASE_TIME_S + path.stat().st_size / _SLOWEST_BYTES_PER_S
        request = {"format": kind, "path": str(path.absolute()), "most_bytes": most_bytes}
        with self._lock:
            child = self._running()
            expired = threading.Event()

            def end() -> None:
                expired.set()
                child.kill()

            timer = threading.Timer(timeout_s, end)
            timer.start()
            whole = False
            try:
                meta, arrays = _ask(child, request)
                whole = True
            except (OSError, ValueError):  # an answer that is cut off: the child has died
                self.close()
                if expired.is_set():
                    got = f"the parser had not come back after {timeout_s:.0f} s and was ended"
                else:
                    got = f"the parser crashed on it (exit status {child.returncode})"
                raise FileReadError(
                    expected="a well-formed file", got=got, where=str(path), fix=_FIX
                ) from None
            finally:
                timer.cancel()
                timer.join()
                if not whole or expired.is_set():
                    self.close()  # what it still says, if anything, is no answer to the next file
        if "error" in meta:
            raise FileReadError(
                expected="a file that its parser accepts",
                got=meta["error"],
                where=str(path),
                fix=_FIX,
            )
        return meta, arrays

    def close(self) -> None:
        """End the child process."""
        child, self._child = self._child, None
        # After a fork the child belongs to the parent process.
        if child is not None and self._owner == os.getpid():
            child.kill()
            child.wait()
            for stream in (child.stdin, child.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()

    def _running(self) -> subprocess.Popen[bytes]:
        """Return the child of this process, started anew where it has ended."""
        if self._child is None or self._owner != os.getpid() or self._child.poll() is not None:
            self.close()
            # -P keeps this package's own module names out of the child's import path.
            self._child = subprocess.Popen(  # noqa: S603 - our own script, no shell
                [sys.executable, "-P", str(self._script)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # Each BLAS thread takes address space, which is limited.
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )
            self._owner = os.getpid()
        return self._child


def _ask(
    child: subprocess.Popen[bytes], request: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Send one request and read its answer; OSError or ValueError where it is cut off."""
    if child.stdin is None or child.stdout is None:
        raise OSError
    child.stdin.write(json.dumps(request).encode() + b"\n")
    child.stdin.flush()
    head = json.loads(child.stdout.readline())
    arrays: dict[str, NDArray[Any]] = {}
    for name, dtype, shape in head["arrays"]:
        arrays[name] = np.empty(shape, dtype)
        room = arrays[name].reshape(-1).view(np.uint8).data
        if child.stdout.readinto(room) != len(room):  # type: ignore[attr-defined]
            raise OSError
    return head["meta"], arrays
