"""People in a registry: recognised again, and put on one side of a split for ever, unnamed."""

import hashlib
import hmac
from collections.abc import Iterable

_LENGTH = 24
TEST_SHARE = 0.3
"""Share of people who are kept for testing and never trained on."""


def hidden(key: str, subjects: Iterable[object]) -> tuple[str, ...]:
    """Return people as keyed hashes, sorted.

    Parameters
    ----------
    key : str
        The registry's key, hexadecimal digits.
    subjects : iterable
        Names; repeated ones count once.
    """
    return tuple(sorted({_code(key, "subject", subject) for subject in subjects}))


def is_for_testing(key: str, subject: object) -> bool:
    """Tell whether a person is kept for testing: always the same answer in one registry."""
    place = int(_code(key, "test", subject)[:8], 16) / 16**8
    return place < TEST_SHARE


def _code(key: str, purpose: str, subject: object) -> str:
    text = f"{purpose}:{subject}".encode()
    return hmac.new(bytes.fromhex(key), text, hashlib.sha256).hexdigest()[:_LENGTH]
