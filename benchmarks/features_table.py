"""The figures of bench_features.py as rows of text."""

from dataclasses import dataclass

from rivals.rival import Rival


@dataclass(frozen=True)
class Own:
    """A figure of ours beside one read of the curves.

    Attributes
    ----------
    name : str
    n_columns : int
        Features a cycle; 0 for the read itself.
    us : float
        Microseconds a cycle.
    reads : float
        The same in reads of the curves.
    aim : float or None
        How many reads it may cost at most.
    """

    name: str
    n_columns: int
    us: float
    reads: float
    aim: float | None

    def cells(self) -> list[str]:
        """Return what the table shows."""
        aim = "" if self.aim is None else f"at most {self.aim:.0f}×"
        return [self.name, f"{self.n_columns or ''}", f"{self.us:.2f}", times(self.reads), aim]


@dataclass(frozen=True)
class Line:
    """A rival beside ours, the same features of the same cycles.

    Attributes
    ----------
    rival : Rival
    n_cycles : int
        Cycles it was given; ours are timed on all cycles.
    theirs_us, ours_us : float or None
        Microseconds a cycle; None where the rival is not installed.
    difference : float
        Largest relative difference between the features both computed.
    """

    rival: Rival
    n_cycles: int = 0
    theirs_us: float | None = None
    ours_us: float | None = None
    difference: float = 0.0

    def cells(self, floor_us: float) -> list[str]:
        """Return what the table shows."""
        aim = f"{self.rival.aim:,.0f}×" if self.rival.aim > 1 else ""
        if self.theirs_us is None or self.ours_us is None:
            return [self.rival.label, "not installed", *[""] * 4, aim, "", "", self.rival.note]
        return [
            self.rival.label,
            str(self.rival.version),
            f"{self.n_cycles:,}",
            f"{self.theirs_us:,.1f}",
            f"{self.ours_us:.2f}",
            times(self.theirs_us / self.ours_us),
            aim,
            times(self.theirs_us / floor_us),
            f"{self.difference:.0e}",
            self.rival.note,
        ]


OWN_HEAD = ["ours", "features", "µs a cycle", "reads", "aim"]
RIVAL_HEAD = [
    "other way",
    "version",
    "cycles",
    "µs a cycle",
    "ours",
    "ratio",
    "aim",
    "possible",
    "differs by",
    "remark",
]


def times(ratio: float) -> str:
    """Write a ratio with two or three digits."""
    return f"{ratio:,.0f}×" if ratio >= 100 else f"{ratio:.2g}×" if ratio < 10 else f"{ratio:.0f}×"


def tables(own: list[Own], lines: list[Line]) -> tuple[list[list[str]], list[list[str]]]:
    """Return both tables as rows of cells, heads included."""
    floor_us = own[0].us
    return (
        [OWN_HEAD, *(figure.cells() for figure in own)],
        [RIVAL_HEAD, *(line.cells(floor_us) for line in lines)],
    )


def as_text(own: list[Own], lines: list[Line]) -> str:
    """Return both tables for a terminal."""
    return "\n\n".join("\n".join(_aligned(rows)) for rows in tables(own, lines))


def as_markdown(rows: list[list[str]]) -> str:
    """Return a table for a page."""
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, "|---" * len(rows[0]) + "|", *body])


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    ]
