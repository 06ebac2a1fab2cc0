"""Losses and scores of each epoch, in a CSV file or for TensorBoard."""

import os
from pathlib import Path
from typing import Any

import pandas as pd
from skorch.callbacks import Callback

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.extras import require
from locomotion_analysis.files import write_all
from locomotion_analysis.models.deep.checkpoints import epochs

_NOT_SHOWN = ("_batch_count", "_best")


def epoch_table(net: Any) -> pd.DataFrame:
    """Return the history of a net: one row an epoch, its losses, scores and seconds."""
    table = pd.DataFrame(epochs(net))
    kept = [name for name in table if not str(name).endswith(_NOT_SHOWN)]
    return table[kept].rename(columns={"dur": "seconds"})


class CSVLog(Callback):  # type: ignore[misc]
    """Writes the table of epochs so far, whole, after each.

    Parameters
    ----------
    path : path-like
        File to write.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = path

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Write the file."""
        write_all({Path(self.path): epoch_table(net).to_csv(index=False)})


class TensorBoardLog(Callback):  # type: ignore[misc]
    """Writes event files that TensorBoard shows.

    Parameters
    ----------
    folder : path-like
        Where to write them.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = folder

    def on_train_begin(self, net: Any, **_: Any) -> None:
        """Open the file; what a killed training wrote after its last checkpoint is purged."""
        require("tensorboard", "tensorboard")
        from torch.utils.tensorboard import SummaryWriter

        self.writer_ = SummaryWriter(str(self.folder), purge_step=len(net.history) + 1)

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Add the numbers of the epoch."""
        row = epoch_table(net).iloc[-1]
        for name, value in row.items():
            if name != "epoch":
                self.writer_.add_scalar(name, value, int(row["epoch"]))

    def on_train_end(self, net: Any, **_: Any) -> None:  # noqa: ARG002 - skorch's signature
        """Close the file."""
        self.writer_.close()


def log_of(log: str | os.PathLike[str] | None) -> list[tuple[str, Callback]]:
    """Return the callback for an estimator's ``log``: a CSV file, or a folder for TensorBoard.

    Raises
    ------
    SchemaError
        If it is a file that does not end in ``.csv``.
    MissingExtraError
        If a folder is named and TensorBoard is not installed.
    """
    if log is None:
        return []
    if Path(log).suffix.lower() == ".csv":
        return [("log", CSVLog(log))]
    if Path(log).is_file():
        raise SchemaError(
            expected="a file that ends in .csv, or a folder for TensorBoard",
            got="a file of another kind",
            where=f"log={str(log)!r}",
        )
    require("tensorboard", "tensorboard")
    return [("log", TensorBoardLog(log))]
