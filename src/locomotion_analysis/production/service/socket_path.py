"""Whether the workers' sockets fit into the folder for temporary files."""

import multiprocessing
import os
import socket
import tempfile
from multiprocessing import util

from locomotion_analysis.errors import LocomotionError


def refuse_long_socket_path() -> None:
    """Raise where the path of a worker's socket would be longer than the system allows.

    The process that workers are copied from is spoken to through a socket in ``TMPDIR``, and
    such a path has some 104 bytes at most (``sun_path``); beyond that no worker ever starts.

    Raises
    ------
    LocomotionError
        Naming the folder.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return
    path = os.path.join(util.get_temp_dir(), "listener-12345678")  # noqa: PTH118 - as there
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)  # nothing listens there: too long is told before it is looked for
        except FileNotFoundError:
            return
        except OSError as error:
            folder = tempfile.gettempdir()
            raise LocomotionError(
                expected="a folder for temporary files with a path short enough for sockets in it",
                got=f"{len(os.fsencode(folder))} bytes ({error})",
                where=f"TMPDIR {folder}",
                fix="set TMPDIR to a shorter path, for example TMPDIR=/tmp",
            ) from error
