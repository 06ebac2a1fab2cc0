"""Several channels compared side by side, as one family of tests."""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.reporting.names import ShownQuantity, in_sentence, p_equals
from locomotion_analysis.statistics.comparison import Comparison, Correction, Effect, compare
from locomotion_analysis.statistics.curve_inference import SYMBOLS
from locomotion_analysis.statistics.plots import effect_title
from locomotion_analysis.statistics.posthoc import holm, pairs
from locomotion_analysis.statistics.resampling import null_distribution, share_exchanges


@dataclass(frozen=True)
class Family:
    """The result of :func:`compare_family`.

    Attributes
    ----------
    formula : str
        What was asked.
    comparisons : tuple of Comparison
        One a channel.
    correction : {"holm", "max"}
        How the P of an effect are adjusted over the channels.
    """

    formula: str
    comparisons: tuple[Comparison, ...]
    correction: Correction
    _table: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Return one row a channel and effect.

        Columns: ``channel``, ``effect``, ``statistic``, ``largest``, ``p`` (of the whole curve),
        ``p_adjusted`` (over the channels) and ``rejected``.
        """
        return self._table.copy()

    def posthoc(self, factor: str, correction: Correction = "holm") -> pd.DataFrame:
        """Compare every two levels of a factor in every channel: all pairs of all are one family.

        Parameters
        ----------
        factor : str
            A factor of the formula.
        correction : {"holm", "max"}
            Holm's correction over all pairs and channels; or the largest t over pairs, channels and
            nodes by permutation (variances are taken to be equal), which uses that channels and
            pairs go together.

        Returns
        -------
        DataFrame, one row a channel and pair
            ``channel``, and as :meth:`~locomotion_analysis.statistics.Comparison.posthoc`.

        Raises
        ------
        SchemaError
            If it is no factor of the formula, or for ``"max"`` channels were measured in different
            people.

        Examples
        --------
        >>> from locomotion_analysis.simulation import simulate
        >>> data = simulate(n_subjects=18, n_cycles=2, tasks=["level_walking"])
        >>> formula = "knee_flexion_angle_ipsi_rad, hip_flexion_angle_ipsi_rad ~ pathology"
        >>> compare_family(data, formula).posthoc("pathology")["p_adjusted"].shape
        (6,)
        """
        return pairs(self.comparisons, factor, correction)

    @property
    def findings(self) -> list[str]:
        """What was found, a sentence a channel and effect."""
        return [
            f"{ShownQuantity.of(row['channel']).title}, {in_sentence(effect_title(row['effect']))}: "
            f"largest {SYMBOLS[row['statistic']]} = {row['largest']:.3f}, adjusted {p_equals(row['p_adjusted'])}."
            for row in self._table.to_dict("records")
        ]

    @property
    def sentence(self) -> str:
        """What was found, in words for a methods section."""
        how = "Holm's correction" if self.correction == "holm" else "the largest value of all"
        first = self.comparisons[0]
        about = (
            f"{self.formula}: {len(self.comparisons)} channels of {first.n_people} people, one "
            f"family by {how}."
        )
        return " ".join([about, *self.findings])

    @property
    def history(self) -> tuple[str, ...]:
        """What was averaged and left out, of all channels."""
        return tuple(dict.fromkeys(entry for each in self.comparisons for entry in each.history))

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the report as one HTML page.

        Parameters
        ----------
        path : path-like, optional
            File to write it to, whole or not at all.

        Returns
        -------
        str
            The page, with its pictures inside.
        """
        from locomotion_analysis.statistics.comparison_report import family_page

        return family_page(self).html(path)


def compare_family(data: LocomotionData | pd.DataFrame, formula: str, **options: Any) -> Family:
    """Compare several channels, each by itself, with p-values adjusted as one family.

    Parameters
    ----------
    data : LocomotionData or DataFrame
        As for :func:`~locomotion_analysis.statistics.compare`.
    formula : str
        Channels separated by commas, then ``~`` and what they are compared by.
    **options
        As for :func:`~locomotion_analysis.statistics.compare`. With ``method="permutation"`` the
        largest value over channels and nodes of every exchange is what P is counted from (the
        channels go through the same exchanges, so that their correlation is used); else, and where
        channels were measured in different people, Holm's correction.

    Returns
    -------
    Family

    Raises
    ------
    SchemaError
        As :func:`~locomotion_analysis.statistics.compare`.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=12, n_cycles=2, tasks=["level_walking"])
    >>> formula = "knee_flexion_angle_ipsi_rad, hip_flexion_angle_ipsi_rad ~ pathology"
    >>> compare_family(data, formula).table()["rejected"].shape
    (2,)
    """
    left, tilde, right = formula.partition("~")
    names = [name.strip() for name in left.split(",")]
    found = tuple(compare(data, f"{name} {tilde}{right}".strip(), **options) for name in names)
    rows: list[dict[str, Any]] = []
    correction: Correction = "holm"
    for at, effect in enumerate(found[0].effects):
        effects = [each.effects[at] for each in found]
        p = np.array([each.inference.p for each in effects])
        adjusted = _by_maximum(effects, found[0].options) if len(names) > 1 else None
        if adjusted is None:
            adjusted = holm(p)
        else:
            correction = "max"
        rows += [
            {
                "channel": name,
                "effect": effect.name,
                "statistic": one.inference.statistic,
                "largest": float(np.atleast_1d(one.inference.z)[_farthest(one)]),
                "p": one.inference.p,
                "p_adjusted": float(value),
                "rejected": bool(value <= one.inference.alpha),
            }
            for name, one, value in zip(names, effects, adjusted, strict=True)
        ]
    return Family(formula, found, correction, pd.DataFrame(rows))


def _farthest(effect: Effect) -> int:
    return int(np.abs(np.atleast_1d(effect.inference.z)).argmax())


def _by_maximum(effects: list[Effect], options: dict[str, Any]) -> np.ndarray[Any, Any] | None:
    """Return P by the largest value of all channels; None where they do not share exchanges."""
    if options["method"] != "permutation":
        return None
    tests = [each.test.hypothesis for each in effects if each.test is not None]
    if not share_exchanges(tests):
        return None
    nulls = [
        null_distribution(
            test,
            options["alpha"],
            two_tailed=test.kind == "T",
            iterations=options["iterations"],
            seed=options["seed"],
            circular=options["circular"],
        )
        for test in tests
    ]
    largest = np.max([null.maxima for null in nulls], axis=0)
    size = [np.abs(null.z).max() for null in nulls]
    return np.array([np.mean(largest >= each * (1 - 1e-9)) for each in size])
