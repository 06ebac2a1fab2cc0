"""A laboratory's file as the body of a request: C3D, TRC, OpenSim, insoles, AddBiomechanics.

It is written to a folder of its own, converted as ``locomotion convert`` does, and removed. What
was assumed, converted and left out stands in the history of the cycles, and goes into the answer.
"""

import re
import tempfile
from pathlib import Path

import numpy as np

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import FileReadError, LocomotionError, MissingExtraError
from locomotion_analysis.production.service.bodies import not_measured, refuse_many
from locomotion_analysis.production.service.contract import RefusedError, Served

_FOLDER = "request"
_MOST_LETTERS = 120
_NOT_IN_A_NAME = re.compile(r"[^\w.() -]+")


def read_recording(body: bytes, name: str, served: Served, max_rows: int) -> LocomotionData:
    """Return the gait cycles of a laboratory's file.

    Parameters
    ----------
    body : bytes
        The file. Its format is known by its content.
    name : str
        Its name, from which subject and trial may come.
    served : Served
        The model: cycles in which a channel that it needs was not fully measured are left out.
    max_rows : int
        Most cycles in a request.

    Raises
    ------
    RefusedError
        415 where it is of no format that is read, or the library for it is not installed, with the
        command that installs it;
        422 with the words of the conversion where the file gives no cycles; 413 for too many.
    """
    # Everything heavy is imported when the first such file comes.
    from locomotion_analysis.ingest import convert
    from locomotion_analysis.ingest.convert import reader_for

    with tempfile.TemporaryDirectory(prefix="locomotion-") as folder:
        file = Path(folder) / _FOLDER / plain_name(name)
        file.parent.mkdir()
        file.write_bytes(body)
        try:
            reader_for(file)
        except FileReadError as error:
            raise _without_folder(error, folder, 415) from None
        try:
            data = convert([file]).data
        except LocomotionError as error:
            status = 415 if isinstance(error, MissingExtraError) else 422
            raise _without_folder(error, folder, status) from None
    refuse_many(len(data), max_rows)
    lacking = not_measured(data, served.channel_names).any(axis=1).to_numpy()
    if lacking.any() and not lacking.all():
        left_out = HistoryEntry(
            "dropped", "cycles that were not fully measured", int(lacking.sum())
        )
        data = data.take(np.flatnonzero(~lacking)).with_history(left_out)
    return data


def plain_name(name: str) -> str:
    """Return the last part of a path as a file's name without anything that a system reads.

    Examples
    --------
    >>> plain_name("../walks/S01_gait.c3d"), plain_name("..")
    ('S01_gait.c3d', 'recording')
    """
    last = re.split(r"[/\\]", name)[-1]
    return _NOT_IN_A_NAME.sub("_", last)[-_MOST_LETTERS:].strip(". ") or "recording"


def _without_folder(error: LocomotionError, folder: str, status: int) -> RefusedError:
    """Return an error in its own words, without where the file lay in the meantime."""
    place = re.compile(re.escape(str(Path(folder) / _FOLDER)) + "/?")
    expected, got, where, fix = (
        place.sub("", part) for part in (error.expected, error.got, error.where, error.fix)
    )
    if "--map" in fix:
        fix = "convert it first, `locomotion convert --map map.yaml`, and send what it writes"
    return RefusedError(status, expected=expected, got=got, where=where, fix=fix)
