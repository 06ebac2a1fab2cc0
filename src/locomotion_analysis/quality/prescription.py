"""What the doctor proposes."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

import pandas as pd

from locomotion_analysis.errors import SchemaError

Kind = Literal["stretch", "unstep", "scale", "swap_axes", "swap_sides", "shift", "flip"]

KINDS: dict[str, str] = {
    "stretch": "curves end in copies of one sample: the first {amount:g} samples are the cycle",
    "unstep": "curves rise in steps: {amount:g} samples were repeated to fill the grid",
    "scale": "values are in another unit: multiply by {amount:.6g}",
    "swap_axes": "fore-aft and lateral force are exchanged",
    "swap_sides": "ipsilateral and contralateral channels are exchanged",
    "shift": "cycles begin {amount:g} % before the heel strike of the leg they are named after",
    "flip": "the sign is the other way round",
}
"""Kind -> what is wrong, in the order of treatment."""


@dataclass(frozen=True, slots=True)
class Prescription:
    """One proposed correction of one subject's channels.

    Attributes
    ----------
    kind : str
        A key of :data:`KINDS`.
    dataset, subject : str
    channels : tuple of str
        The channels concerned; of a whole cycle, all.
    amount : float
        Factor, percent of the cycle, or samples, by kind; NaN where there is none, or where
        the factor needs the body mass, which is not known.
    unit : str
        For ``scale``: what the values seem to be in. ``"Nm"`` and ``"N"`` are divided by the
        body mass of each cycle, times `amount`.
    task, task_id, side : str or None
        Only these cycles; all of the subject where None.
    n_cycles : int
    confidence : float
        0 to 1: how much closer to the norm the correction brings the curve.
    evidence : str
        The numbers behind it.
    """

    kind: Kind
    dataset: str
    subject: str
    channels: tuple[str, ...]
    amount: float
    n_cycles: int
    confidence: float
    evidence: str
    unit: str = ""
    task: str | None = None
    task_id: str | None = None
    side: str | None = None

    @property
    def id(self) -> str:
        """Stable short name: two prescriptions that do the same share it."""
        text = repr(
            (self.kind, self.dataset, self.subject, self.channels, f"{self.amount:.6g}", self.unit,
             self.task, self.task_id, self.side)
        )  # fmt: skip
        return hashlib.sha256(text.encode()).hexdigest()[:10]

    @property
    def explanation(self) -> str:
        """What is wrong, in words."""
        text = KINDS[self.kind].format(amount=self.amount)
        return f"{text} (they look like {self.unit})" if self.unit else text

    @property
    def is_applicable(self) -> bool:
        """Whether everything it needs is known."""
        return self.kind != "scale" or self.amount == self.amount


@dataclass(frozen=True)
class Diagnosis:
    """What :func:`~locomotion_analysis.quality.diagnose` found.

    Attributes
    ----------
    prescriptions : tuple of Prescription
        In the order of treatment; empty for healthy data.
    n_cycles, n_subjects : int
        What was looked at.
    """

    prescriptions: tuple[Prescription, ...]
    n_cycles: int
    n_subjects: int

    def __bool__(self) -> bool:
        return bool(self.prescriptions)

    def only(
        self, kinds: Iterable[str] | None = None, channels: Iterable[str] | None = None
    ) -> Self:
        """Return the prescriptions of some kinds, or for some channels.

        Raises
        ------
        SchemaError
            If a kind is unknown.
        """
        wanted = set(KINDS) if kinds is None else set(kinds)
        if not wanted <= set(KINDS):
            raise SchemaError(
                expected=f"kinds of {tuple(KINDS)}", got=", ".join(sorted(wanted - set(KINDS)))
            )
        names = None if channels is None else set(channels)
        kept = [
            each
            for each in self.prescriptions
            if each.kind in wanted and (names is None or names & set(each.channels))
        ]
        return type(self)(tuple(kept), self.n_cycles, self.n_subjects)

    @property
    def table(self) -> pd.DataFrame:
        """One row a prescription."""
        columns = ["kind", "dataset", "subject", "task", "task_id", "side", "channels", "amount",
                   "unit", "n_cycles", "confidence", "evidence"]  # fmt: skip
        rows = [
            {name: getattr(each, name) for name in columns} | {"channels": ", ".join(each.channels)}
            for each in self.prescriptions
        ]
        return pd.DataFrame(rows, columns=columns)

    @property
    def summary(self) -> pd.DataFrame:
        """One row a dataset, kind and channel set: subjects, cycles, lowest confidence."""
        columns = ["dataset", "kind", "channels", "amount", "unit", "subjects", "cycles",
                   "confidence", "what"]  # fmt: skip
        frame = self.table
        if frame.empty:
            return pd.DataFrame(columns=columns)
        frame["what"] = [each.explanation for each in self.prescriptions]
        by = ["dataset", "kind", "channels", "amount", "unit", "what"]
        grouped = frame.groupby(by, sort=False, dropna=False).agg(
            subjects=("subject", "nunique"), cycles=("n_cycles", "sum"),
            confidence=("confidence", "min"),
        )  # fmt: skip
        return grouped.reset_index()[columns]

    def __repr__(self) -> str:
        head = f"Diagnosis of {self.n_cycles:,} cycles, {self.n_subjects:,} subjects: "
        if not self:
            return head + "nothing to correct"
        lines = [head + f"{len(self.prescriptions)} prescriptions"]
        lines += [
            f"  {row.dataset}: {row.channels}: {row.what}; {row.subjects} subjects, "
            f"{row.cycles:,} cycles, confidence {row.confidence:.2f} or more"
            for row in self.summary.itertuples()
        ]
        return "\n".join(lines)
