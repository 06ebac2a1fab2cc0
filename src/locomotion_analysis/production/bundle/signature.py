"""A signature of the manifest: it shows that whoever made the bundle knew the key."""

import hashlib
import hmac
import json
from collections.abc import Mapping

from locomotion_analysis.errors import BundleError
from locomotion_analysis.production.bundle.archive import MANIFEST, SIGNATURE
from locomotion_analysis.production.typed_json import parsed_json

ALGORITHM = "hmac-sha256"


def signature_of(manifest: bytes, key: bytes) -> bytes:
    """Return the signature file of a manifest.

    Parameters
    ----------
    manifest : bytes
        The file.
    key : bytes
        Secret of 16 bytes or more.

    Raises
    ------
    BundleError
        If the key is too short to be one.
    """
    least = 16
    if len(key) < least:
        raise BundleError(
            expected=f"a key of {least} bytes or more",
            got=f"{len(key)} bytes",
            where="key",
            fix="make one: head -c 32 /dev/urandom > bundle.key",
        )
    digest = hmac.new(key, manifest, hashlib.sha256).hexdigest()
    return (json.dumps({"algorithm": ALGORITHM, "signature": digest}) + "\n").encode()


def check_signature(members: Mapping[str, bytes], key: bytes) -> None:
    """Refuse a bundle that is not signed with a key.

    Raises
    ------
    BundleError
        If there is no signature, or it is of another key or manifest.
    """
    if SIGNATURE not in members:
        raise BundleError(
            expected="a signed bundle",
            got="no signature",
            where=SIGNATURE,
            fix="sign it when it is made (--key-file), or open it without a key",
        )
    right = parsed_json(signature_of(members[MANIFEST], key))
    found = parsed_json(members[SIGNATURE])
    told = found.get("signature") if isinstance(found, dict) else None
    if not isinstance(told, str) or not hmac.compare_digest(
        told.encode(), right["signature"].encode()
    ):
        raise BundleError(
            expected="a signature made with this key",
            got="another",
            where=SIGNATURE,
            fix="do not use this bundle, or use the key it was signed with",
        )
