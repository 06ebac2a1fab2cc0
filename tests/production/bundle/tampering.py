"""Fewer channels for small models, and ways to tamper with a bundle."""

import json
import zipfile

import numpy as np

from locomotion_analysis import LocomotionData
from locomotion_analysis.production.bundle.manifest import MANIFEST, hashes, write_archive

CHANNELS = (
    "hip_flexion_angle_ipsi_rad",
    "knee_flexion_angle_ipsi_rad",
    "grf_vertical_ipsi_BW",
)


def few_channels(data, names=CHANNELS):
    """The same cycles with some of the channels."""
    block = np.stack([data.curves(name) for name in names])
    return LocomotionData(data.cycles, block, names, data.history)


def members_of(path):
    """Content of every file of a bundle, unchecked."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def tampered(path, changes, manifest=None):
    """Write a bundle again with other files and hashes that fit: an attacker can count too.

    Parameters
    ----------
    path : Path
        Bundle to change in place.
    changes : dict
        New content by name; None removes a file.
    manifest : callable, optional
        Called with the manifest as a dict, which it may change.
    """
    members = members_of(path)
    for name, content in changes.items():
        if content is None:
            del members[name]
        else:
            members[name] = content
    told = json.loads(members[MANIFEST])
    told["members"] = {
        name: {"sha256": each.sha256, "n_bytes": each.n_bytes}
        for name, each in hashes(members).items()
    }
    if manifest is not None:
        manifest(told)
    members[MANIFEST] = json.dumps(told, indent=1, sort_keys=True).encode()
    write_archive(path, members)
    return path
