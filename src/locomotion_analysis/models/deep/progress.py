"""A bar with the metrics of the last epoch, on a terminal or in a notebook."""

from typing import Any

from skorch.callbacks import Callback

from locomotion_analysis.models.deep.logs import epoch_table


class ProgressBar(Callback):  # type: ignore[misc]
    """Shows on stderr how far a training is, with its losses and scores.

    Parameters
    ----------
    max_epochs : int
        Epochs at most.
    """

    def __init__(self, max_epochs: int) -> None:
        self.max_epochs = max_epochs

    def on_train_begin(self, net: Any, **_: Any) -> None:
        """Show the bar."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )
        from rich.table import Column

        self.bar_ = Progress(
            TextColumn("epoch"),
            BarColumn(bar_width=16),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}", table_column=Column(overflow="ellipsis")),
            console=Console(stderr=True),
        )
        self.task_ = self.bar_.add_task("", total=self.max_epochs, completed=len(net.history))
        self.bar_.start()

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Show the epoch's metrics."""
        self.bar_.update(self.task_, advance=1, description=metrics_line(net))

    def on_train_end(self, net: Any, **_: Any) -> None:  # noqa: ARG002 - skorch's signature
        """Leave the last line."""
        self.bar_.stop()


def metrics_line(net: Any) -> str:
    """Return the metrics of the last epoch, and which was the best."""
    table = epoch_table(net)
    last = table.iloc[-1].to_dict()
    told = [
        f"{name} {value:.3g}"
        for name, value in last.items()
        if str(name).startswith(("train", "valid"))
    ]
    if "valid_loss" in table:
        best = table["valid_loss"].to_numpy().argmin()
        told.append(f"best {int(table['epoch'].iloc[best])}")
    return "  ".join(told)
