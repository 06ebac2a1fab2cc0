"""Who may ask a service, and how often: API keys kept as hashes, and a limit for each caller."""

import hashlib
import hmac
import os
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.files import json_text, locked, write_all
from locomotion_analysis.typed_tree import document

# API keys: made once, kept as hashes, revoked at once


_BYTES = 32
_FORMAT = 1


@dataclass(frozen=True)
class _Keys:
    """The file: SHA-256 of each key, by the name of who has it."""

    format: int
    keys: dict[str, str]


class KeyFile:
    """Names and hashes of the keys that open a service.

    A key holds 256 random bits, so that its SHA-256 can't be turned back by guessing; slow
    password hashes are for what people think up. The file is read again when it changes: a
    revoked key is refused from the next request on.

    Parameters
    ----------
    path : path-like
        A JSON file; made by :meth:`add`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> keys = KeyFile(pathlib.Path(tempfile.mkdtemp()) / "keys.json")
    >>> key = keys.add("clinic")
    >>> keys.name_of(key)
    'clinic'
    >>> keys.revoke("clinic")
    >>> keys.name_of(key) is None
    True
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._stamp: tuple[int, int, int] | None = None
        self._hashes: dict[str, str] = {}

    def add(self, name: str) -> str:
        """Make a key and keep its hash.

        Parameters
        ----------
        name : str
            Whose key it is; stands in the log of the service.

        Returns
        -------
        str
            The key. It cannot be shown again.

        Raises
        ------
        SchemaError
            If the name is taken, or is none.
        """
        if not name.isprintable() or not name.strip():
            raise SchemaError(expected="a name for the key", got=repr(name))
        key = secrets.token_urlsafe(_BYTES)
        with self._changing() as hashes:
            if name in hashes:
                raise SchemaError(
                    expected="a name that no key has yet",
                    got=repr(name),
                    where=str(self.path),
                    fix="revoke the old key first, or take another name",
                )
            hashes[name] = _hash(key)
        return key

    def revoke(self, name: str) -> None:
        """Make a key invalid from the next request on.

        Parameters
        ----------
        name : str
            Whose key.

        Raises
        ------
        SchemaError
            If there is no key of that name.
        """
        with self._changing() as hashes:
            if name not in hashes:
                raise SchemaError(
                    expected=f"the name of a key ({', '.join(hashes) or 'there is none'})",
                    got=repr(name),
                    where=str(self.path),
                )
            del hashes[name]

    def names(self) -> list[str]:
        """Return the names of the keys, sorted."""
        return sorted(self._read())

    def name_of(self, key: str) -> str | None:
        """Return whose key this is.

        Every stored hash is compared, in constant time each: how long it takes tells nothing.

        Parameters
        ----------
        key : str

        Returns
        -------
        str or None
            None where no such key is valid.
        """
        asked = _hash(key)
        found = None
        for name, stored in self._read().items():
            if hmac.compare_digest(asked.encode(), stored.encode()):
                found = name
        return found

    def _read(self) -> dict[str, str]:
        try:
            stat = self.path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if stamp != self._stamp:
                kept = document(_Keys, self.path.read_bytes(), "a file of API keys", _FORMAT)
                self._hashes = kept.keys
                self._stamp = stamp
        except FileReadError as error:
            raise error.at(str(self.path)) from None
        except OSError as error:
            raise FileReadError(
                expected="a file of API keys",
                got=str(error.strerror),
                where=str(self.path),
                fix="make one with: locomotion keys add FILE NAME",
            ) from error
        return self._hashes

    @contextmanager
    def _changing(self) -> Iterator[dict[str, str]]:
        """Yield the hashes for changing, while nobody else changes them."""
        with locked(self.path.with_name(f".{self.path.name}.lock")):
            self._stamp = None  # what is written again must be what is there
            hashes = dict(self._read()) if self.path.exists() else {}
            yield hashes
            write_all({self.path: json_text({"format": 1, "keys": hashes})}, private=True)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


# How often one caller may ask


_MOST_CALLERS = 10_000


class RateLimit:
    """A bucket a caller: each request takes one token, and tokens come back at an even rate.

    Parameters
    ----------
    per_minute : int
        Tokens that come back in a minute, and that a full bucket holds.
    clock : callable
        Seconds, ever rising.

    Examples
    --------
    >>> limit = RateLimit(per_minute=2)
    >>> limit.wait_s("a"), limit.wait_s("a"), limit.wait_s("a") > 0
    (0.0, 0.0, True)
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._full = float(per_minute)
        self._rate = per_minute / 60.0
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, caller: str) -> float:
        """Take a token; return 0, or how many seconds until there is one again."""
        now = self._clock()
        tokens, since = self._buckets.pop(caller, (self._full, now))
        tokens = min(self._full, tokens + (now - since) * self._rate)
        allowed = tokens >= 1.0
        self._buckets[caller] = (tokens - 1.0 if allowed else tokens, now)
        if len(self._buckets) > _MOST_CALLERS:
            # The one not seen for longest, whose bucket is the fullest.
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1.0 - tokens) / self._rate
