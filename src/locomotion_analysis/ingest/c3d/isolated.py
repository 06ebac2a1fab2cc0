"""A child process for a parser that may crash, so that a crash costs one file only."""

import atexit
import contextlib
import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import FileReadError

_LENGTH_BYTES = 8
_FIX = "export the file again from the program that recorded it"


class IsolatedParser:
    """Runs a parser script in a child process that is kept for the next file.

    The script reads one JSON line ``{"path": ...}`` a file from its standard input and answers
    with 8 bytes of length (little-endian) and an ``.npz`` archive: arrays, and ``meta``, a JSON
    text. An answer with the key ``error`` in `meta` is the parser's own refusal.

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

    def parse(self, path: Path, timeout_s: float) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Parse one file.

        Parameters
        ----------
        path : Path
            File to parse.
        timeout_s : float
            The child is ended after this time.

        Returns
        -------
        meta : dict
        arrays : dict of str to ndarray

        Raises
        ------
        FileReadError
            If the parser refuses the file, crashes on it or does not come back in time.
        """
        with self._lock:
            child = self._running()
            expired = threading.Event()
            timer = threading.Timer(timeout_s, _end, (child, expired))
            timer.start()
            try:
                answer = _ask(child, path)
            finally:
                timer.cancel()
            if answer is None:
                raise self._failure(child, path, timeout_s if expired.is_set() else None)
        meta, arrays = _unpack(answer)
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
        if self._child is None or self._owner != os.getpid() or self._child.poll() is not None:
            self.close()
            # -P keeps this package's own module names out of the child's import path.
            self._child = subprocess.Popen(  # noqa: S603 - our own script, no shell
                [sys.executable, "-P", str(self._script)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            self._owner = os.getpid()
        return self._child

    def _failure(
        self, child: subprocess.Popen[bytes], path: Path, timeout_s: float | None
    ) -> FileReadError:
        self.close()
        if timeout_s is None:
            got = f"the parser crashed on it (exit status {child.returncode})"
        else:
            got = f"the parser had not come back after {timeout_s:.0f} s and was ended"
        return FileReadError(
            expected="a well-formed file",
            got=got,
            where=str(path),
            fix=_FIX,
        )


def _end(child: subprocess.Popen[bytes], expired: threading.Event) -> None:
    expired.set()
    child.kill()


def _ask(child: subprocess.Popen[bytes], path: Path) -> bytes | None:
    """Return the child's answer, or None when it died."""
    if child.stdin is None or child.stdout is None:
        return None
    try:
        child.stdin.write(json.dumps({"path": str(path.absolute())}).encode() + b"\n")
        child.stdin.flush()
    except OSError:
        return None
    head = child.stdout.read(_LENGTH_BYTES)
    length = int.from_bytes(head, "little")
    answer = child.stdout.read(length)
    return answer if len(head) == _LENGTH_BYTES and len(answer) == length else None


def _unpack(answer: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    with zipfile.ZipFile(io.BytesIO(answer)) as archive:
        meta = json.loads(archive.read("meta.json"))
        arrays = {
            name: np.load(io.BytesIO(archive.read(name)), allow_pickle=False)
            for name in archive.namelist()
            if name != "meta.json"
        }
    return meta, arrays
