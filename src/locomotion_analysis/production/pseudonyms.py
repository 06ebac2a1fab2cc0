"""People's names as keyed hashes; the key never lies where the hashes lie.

A name is short and easily guessed: whoever has its hash and the key finds it by trying names. So
the secret key is kept apart from stores and registries, which hold a salt (one hash says nothing
in another store) and a mark by which the right key is told from a wrong one.
"""

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.files import fault_of, locked, write_all

KEY_VARIABLE = "LOCOMOTION_SUBJECT_KEY"
"""Environment variable with the keys, oldest first, commas between."""
FILE_VARIABLE = "LOCOMOTION_SUBJECT_KEY_FILE"
"""Environment variable with the place of the key file, where it is not the usual one."""
TEST_SHARE = 0.3
"""Share of people who are kept for testing and never trained on."""

_LENGTH = 24
_KEY = re.compile(r"[0-9a-f]{64}")


def new_key() -> str:
    """Return 32 random bytes as hexadecimal digits."""
    return secrets.token_hex(32)


def is_key(text: str) -> bool:
    """Tell whether a text is a key or a salt: 64 hexadecimal digits."""
    return _KEY.fullmatch(text) is not None


def key_file() -> Path:
    """Return where the secret keys lie, unless an environment variable holds them."""
    own = os.environ.get(FILE_VARIABLE)
    if own:
        return Path(own).expanduser()
    from platformdirs import user_config_path

    return user_config_path("locomotion-analysis", appauthor=False) / "subjects.key"


def secret_keys() -> tuple[str, ...]:
    """Return the secret keys of this account, oldest first; the first is made on first use.

    Raises
    ------
    FileReadError
        If what is there holds no keys, or cannot be read or made.
    """
    told = os.environ.get(KEY_VARIABLE)
    if told:
        return _keys(told.split(","), f"environment variable {KEY_VARIABLE}")
    place = key_file()
    try:
        if not place.exists():
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(place.with_name(f".{place.name}.lock")):
                if not place.exists():
                    write_all({place: new_key() + "\n"}, private=True)
        return _keys(place.read_text(encoding="utf-8").split(), str(place))
    except (OSError, UnicodeDecodeError) as error:
        raise FileReadError(
            expected="a file of secret keys, or a folder to make one in",
            got=fault_of(error),
            where=str(place),
            fix=f"name another place in {FILE_VARIABLE}, or give the key in {KEY_VARIABLE}",
        ) from error


def add_secret_key() -> tuple[str, ...]:
    """Write a further key into the key file, and return all.

    Raises
    ------
    FileReadError
        If the keys stand in the environment, which is not ours to change.
    """
    keys = secret_keys()
    if os.environ.get(KEY_VARIABLE):
        raise FileReadError(
            expected="a new key after the old ones, with a comma between",
            got=f"{len(keys)} key(s), all of them in use",
            where=f"environment variable {KEY_VARIABLE}",
            fix="make one with secrets.token_hex(32), and keep the old ones before it",
        )
    place = key_file()
    with locked(place.with_name(f".{place.name}.lock")):
        keys = (*secret_keys(), new_key())
        write_all({place: "".join(f"{key}\n" for key in keys)}, private=True)
    return keys


def mark_of(keys: Sequence[str], salt: str) -> str:
    """Return what tells the keys of a place from others, and nothing else about them."""
    return wrapped(_code(salt, "mark", ""), keys)


def keys_of(mark: str, salt: str, where: str) -> tuple[str, ...]:
    """Return the secret keys that a place's names were hashed with, all or the oldest of ours.

    Raises
    ------
    FileReadError
        If ours are others.
    """
    ours = secret_keys()
    for n_keys in range(1, len(ours) + 1):
        if hmac.compare_digest(mark, mark_of(ours[:n_keys], salt)):
            return ours[:n_keys]
    told = os.environ.get(KEY_VARIABLE)
    raise FileReadError(
        expected="the secret key that its subjects' names were hashed with",
        got=f"another one in {f'the variable {KEY_VARIABLE}' if told else key_file()}",
        where=where,
        fix=f"bring the key file of the account that made it, or name it in {FILE_VARIABLE}",
    )


def further_keys(mark: str, salt: str, where: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return all secret keys of the account, and those that a place was not hashed with yet.

    Where it was hashed with all of them, one more is made.

    Raises
    ------
    FileReadError
        If it was hashed with others, or a new one has to be set by hand.
    """
    used = len(keys_of(mark, salt, where)) if mark else 0
    keys = secret_keys()
    if used == len(keys):
        keys = add_secret_key()
    return keys, keys[used:]


def hidden(salt: str, subjects: Iterable[object], keys: Sequence[str]) -> tuple[str, ...]:
    """Return people as keyed hashes, sorted.

    Parameters
    ----------
    salt : str
        Of the store or registry, hexadecimal digits.
    subjects : iterable
        Names; repeated ones count once.
    keys : sequence of str
        The secret keys, oldest first.
    """
    return tuple(sorted({wrapped(_code(salt, "subject", each), keys) for each in subjects}))


def wrapped(code: str, keys: Sequence[str]) -> str:
    """Return a hash, hashed with further keys: who wants to try names needs them all."""
    for key in keys:
        code = _code(key, "wrapped", code)
    return code


def is_for_testing(salt: str, subject: object) -> bool:
    """Tell whether a person is kept for testing: always the same answer in one registry."""
    place = int(_code(salt, "test", subject)[:8], 16) / 16**8
    return place < TEST_SHARE


def _code(key: str, purpose: str, subject: object) -> str:
    text = f"{purpose}:{subject}".encode("utf-8", "surrogatepass")
    return hmac.new(bytes.fromhex(key), text, hashlib.sha256).hexdigest()[:_LENGTH]


def _keys(found: Iterable[str], where: str) -> tuple[str, ...]:
    keys = tuple(each.strip() for each in found)
    if not keys or not all(map(is_key, keys)):
        raise FileReadError(
            expected="keys of 64 hexadecimal digits each",
            got=f"{len(keys)} key(s), not all of them so",
            where=where,
            fix="make one with secrets.token_hex(32)",
        )
    return keys
