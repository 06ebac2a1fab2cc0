"""Statistics of curves and scalars, and what is inferred from them.

A :class:`CurveTest` holds the statistic at every node; :meth:`CurveTest.inference` says where it is
larger than chance allows, by random field theory, by exchange of what the null hypothesis lets be
exchanged, or node by node with the share of false discoveries bounded.
"""

import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.reporting.names import p_equals
from locomotion_analysis.statistics.fields import (
    Df,
    Field,
    Floats,
    Kind,
    fwhm,
    quantile,
    resels,
    runs_above,
    tail,
)
from locomotion_analysis.statistics.linear import Hypothesis, fit
from locomotion_analysis.statistics.resampling import Null, null_distribution

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Method = Literal["rft", "permutation", "fdr"]

SYMBOLS: dict[Kind, str] = {"T": "t", "F": "F", "T2": "T²", "X2": "χ²"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """Neighbouring nodes above the critical value.

    Attributes
    ----------
    endpoints : tuple of float
        Where the curve crosses the critical value, in nodes, linear between them; the end lies
        before the start where the cluster continues over the end of a circle.
    P : float
        Chance of a cluster of this extent (random field theory) or mass (permutation) anywhere on
        the curve; of a false discovery rate, the smallest q in it.
    extent : float
        Length in nodes.
    sign : int
        Side of zero it is on.
    """

    endpoints: tuple[float, float]
    P: float
    extent: float
    sign: int


@dataclass(frozen=True)
class Inference:
    """Result of a test: critical value, clusters, p-values.

    Attributes
    ----------
    effect : str
        Name of the effect.
    statistic : {"T", "F", "T2", "X2"}
        Statistic.
    z : ndarray, shape (n_nodes,), or float
        Its values; a number where a scalar was tested.
    df : tuple of float
        Degrees of freedom.
    fwhm : float
        Smoothness of the residuals, in nodes; NaN of a scalar.
    resels : tuple of float
        Resels of dimension 0 and 1.
    alpha : float
        Error rate over the whole curve.
    two_tailed : bool
        Whether small values of t count as large ones do.
    method : {"rft", "permutation", "fdr", "mixed"}
        How it was inferred.
    zstar : float
        Critical value.
    h0reject : bool
        Whether the statistic exceeds it anywhere.
    p : float
        Chance of an extreme at least as large anywhere on the curve; of a scalar, its p.
    p_set : float
        Chance of at least as many clusters, each of at least the smallest one's extent; 1 where
        there are none, NaN where the method has none.
    clusters : tuple of Cluster
        In order of their start.
    q : ndarray, shape (n_nodes,)
        For "fdr", Benjamini and Hochberg's adjusted p of each node; else empty.
    permutations : int
        Exchanges taken; 0 where none.
    exact : bool
        Whether these are all there are.
    seed : int
        Seed of the draws.
    epsilon : float
        What the degrees of freedom were multiplied by, since differences between conditions vary
        unequally (Greenhouse & Geisser 1959); 1 where they were not.
    """

    effect: str
    statistic: Kind
    z: Floats | float
    df: Df
    fwhm: float
    resels: Df
    alpha: float
    two_tailed: bool
    method: Method | Literal["mixed"]
    zstar: float
    h0reject: bool
    p: float
    p_set: float
    clusters: tuple[Cluster, ...]
    q: Floats = field(default_factory=lambda: np.empty(0))
    permutations: int = 0
    exact: bool = False
    seed: int = 0
    epsilon: float = 1.0

    @property
    def is_scalar(self) -> bool:
        """Whether one value was tested, not a curve."""
        return isinstance(self.z, float)

    def table(self) -> pd.DataFrame:
        """Return the clusters, one a row: ``start``, ``end``, ``extent`` (nodes), ``sign``, ``p``."""
        return pd.DataFrame(
            [(*each.endpoints, each.extent, each.sign, each.P) for each in self.clusters],
            columns=["start", "end", "extent", "sign", "p"],
        )

    @property
    def sentence(self) -> str:
        """What was found, in words for a methods section."""
        name = SYMBOLS[self.statistic]
        shown = {"T": self.df[1:], "X2": self.df[1:]}.get(self.statistic, self.df)
        df = ", ".join(f"{value:.4g}" for value in shown)
        by = {
            "rft": "random field theory",
            "permutation": f"{self.permutations:,} permutations"
            + (" (all there are)" if self.exact else f" (seed {self.seed})"),
            "fdr": "the false discovery rate over nodes",
            "mixed": "the simultaneous band of a multilevel model",
        }[self.method]
        if self.epsilon < 1.0:
            by += f", degrees of freedom times Greenhouse-Geisser ε = {self.epsilon:.2f}"
        if isinstance(self.z, float):
            plain = self.method == "mixed" or (self.method == "rft" and self.epsilon == 1.0)
            how = "" if plain else f" by {by}"
            how = how.replace("by random field theory, ", "with ")
            return f"{self.effect}: {name}({df}) = {self.z:.3f}, {p_equals(self.p)}{how}."
        limit = f"critical {name}({df}) = {self.zstar:.3f} at α = {self.alpha:g} by {by}"
        if not self.h0reject:
            peak = np.abs(self.z).max() if self.two_tailed else self.z.max()
            largest = f"largest |{name}|" if self.two_tailed else f"largest {name}"
            return (
                f"{self.effect}: no part of the curve exceeded the {limit} "
                f"({largest} = {peak:.3f}, {p_equals(self.p)})."
            )
        found = "; ".join(
            f"nodes {each.endpoints[0]:.1f} to {each.endpoints[1]:.1f} ({p_equals(each.P)})"
            for each in self.clusters
        )
        count = f"{len(self.clusters)} cluster{'s' if len(self.clusters) != 1 else ''}"
        return f"{self.effect}: {count} exceeded the {limit}: {found}."

    def plot(self, ax: "Axes | None" = None, *, phase: Floats | None = None) -> "Axes":
        """Draw the statistic curve, the critical value and the clusters.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; default: a new figure.
        phase : ndarray, shape (n_nodes,), optional
            Gait cycle of the nodes, percent; default: node numbers.
        """
        from locomotion_analysis.statistics.plots import plot_inference

        return plot_inference(self, ax, phase=phase)

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
        from locomotion_analysis.statistics.comparison_report import inference_page

        return inference_page(self).html(path)


@dataclass(frozen=True)
class CurveTest:
    """A statistic at every node of a curve, or of a scalar.

    Attributes
    ----------
    effect : str
        Name of the effect.
    statistic : {"T", "F", "T2", "X2"}
        Statistic.
    z : ndarray, shape (n_nodes,), or float
        Its values; a number where a scalar was tested.
    df : tuple of float
        Degrees of freedom.
    hypothesis : Hypothesis
        The data and the model.
    method : {"rft", "permutation", "fdr"}
        How :meth:`inference` infers where it is not told.
    epsilon : float
        What `df` were multiplied by (see :class:`Inference`).
    """

    effect: str
    statistic: Kind
    z: Floats | float
    df: Df
    hypothesis: Hypothesis
    residuals: Floats = field(repr=False)
    method: Method = "rft"
    epsilon: float = 1.0

    @property
    def n_nodes(self) -> int:
        """Nodes of the curve."""
        return int(self.hypothesis.rows.shape[1])

    @cached_property
    def fwhm(self) -> float:
        """Smoothness of the residuals, in nodes; NaN of a scalar."""
        return self._fwhm(circular=False)

    @property
    def resels(self) -> Df:
        """Resels of dimension 0 and 1."""
        return (1.0, 0.0) if self.n_nodes == 1 else resels(self.n_nodes, self.fwhm)

    def _fwhm(self, *, circular: bool) -> float:
        return fwhm(self.residuals, circular=circular) if self.n_nodes > 1 else float("nan")

    def inference(
        self,
        alpha: float = 0.05,
        two_tailed: bool = True,
        *,
        method: Method | None = None,
        circular: bool = False,
        iterations: int = 10_000,
        seed: int = 0,
    ) -> Inference:
        """Return where the statistic exceeds what chance gives with probability `alpha`.

        Parameters
        ----------
        alpha : float
            Error rate over the whole curve.
        two_tailed : bool
            For t: whether small values count as large ones do. P values of two-tailed clusters
            are twice those of one tail.
        method : {"rft", "permutation", "fdr"}, optional
            Random field theory; exchange of what the null hypothesis lets be exchanged, with the
            largest value for the critical value and the mass of a cluster for its P; or the share
            of false discoveries over nodes (Benjamini & Hochberg 1995).
        circular : bool
            Whether the last node is followed by the first, as in a gait cycle.
        iterations : int
            Exchanges drawn; where there are no more than this, all are taken, and with -1 always.
        seed : int
            Seed of the draws: the same gives the same numbers.

        Returns
        -------
        Inference
            Critical value, clusters with their P, and the decision.

        Raises
        ------
        SchemaError
            If `alpha` is no probability, or too few exchanges exist for it.
        """
        if not 0.0 < alpha < 1.0:
            raise SchemaError(expected="alpha between 0 and 1", got=f"{alpha:g}")
        two_tailed = two_tailed and self.statistic == "T"
        chosen = method or self.method
        width = self._fwhm(circular=True) if circular and self.n_nodes > 1 else self.fwhm
        counts = (1.0, 0.0) if self.n_nodes == 1 else resels(self.n_nodes, width, circular=circular)
        whole = Field(self.statistic, self.df, counts, self.n_nodes)
        told = Inference(
            effect=self.effect,
            statistic=self.statistic,
            z=self.z,
            df=self.df,
            fwhm=width,
            resels=counts,
            alpha=alpha,
            two_tailed=two_tailed,
            method=chosen,
            zstar=float("nan"),
            h0reject=False,
            p=float("nan"),
            p_set=float("nan"),
            clusters=(),
            epsilon=1.0 if chosen == "permutation" else self.epsilon,
        )
        if chosen == "permutation":
            null = null_distribution(
                self.hypothesis,
                alpha,
                two_tailed=two_tailed,
                iterations=iterations,
                seed=seed,
                circular=circular,
            )
            return _by_permutation(replace(told, seed=seed), null, circular=circular)
        if chosen not in ("rft", "fdr"):
            raise SchemaError(expected='method "rft", "permutation" or "fdr"', got=repr(chosen))
        z = np.atleast_1d(np.asarray(self.z, dtype=np.float64))
        tails = 2.0 if two_tailed else 1.0
        size = np.abs(z) if two_tailed else z
        single = np.minimum(tails * tail(self.statistic, self.df, size), 1.0)
        if self.n_nodes == 1:
            limit = quantile(self.statistic, self.df, alpha / tails)
            p_value = float(single[0])
            return replace(told, zstar=limit, p=p_value, h0reject=p_value <= alpha)
        if chosen == "fdr":
            return _by_discoveries(told, z, single, circular=circular)
        limit = whole.critical(alpha / tails)

        def p(extent: float, count: int = 1) -> float:
            return min(1.0, tails * whole.p_cluster(extent / width, limit, count))

        runs = runs_above(z, limit, two_tailed=two_tailed, circular=circular)
        clusters = tuple(Cluster(ends, p(extent), extent, sign) for ends, extent, sign, _ in runs)
        least = min((each.extent for each in clusters), default=0.0)
        return replace(
            told,
            zstar=limit,
            h0reject=bool(clusters),
            p=min(1.0, tails * whole.p_maximum(float(size.max()))),
            p_set=p(least, len(clusters)) if clusters else 1.0,
            clusters=clusters,
        )


def _by_discoveries(told: Inference, z: Floats, single: Floats, *, circular: bool) -> Inference:
    """Return Benjamini and Hochberg's decision at every node."""
    from scipy.stats import false_discovery_control

    q = false_discovery_control(single)
    size = np.abs(z) if told.two_tailed else z
    found = q <= told.alpha
    # Halfway to the largest value that is none: any critical value between gives these nodes.
    low = float(size[~found].max()) if (~found).any() else 0.0
    limit = (low + float(size[found].min())) / 2.0 if found.any() else float("inf")
    runs = runs_above(z, limit, two_tailed=told.two_tailed, circular=circular)
    clusters = tuple(
        Cluster(ends, float(q[nodes].min()), extent, sign) for ends, extent, sign, nodes in runs
    )
    return replace(
        told, zstar=limit, h0reject=bool(found.any()), p=float(q.min()), clusters=clusters, q=q
    )


def _by_permutation(told: Inference, null: Null, *, circular: bool) -> Inference:
    size = np.abs(null.z) if told.two_tailed else null.z
    runs = runs_above(null.z, null.threshold, two_tailed=told.two_tailed, circular=circular)
    scalar = len(null.z) == 1
    clusters = tuple(
        Cluster(ends, null.p_mass(float((size[nodes] - null.threshold).sum())), extent, sign)
        for ends, extent, sign, nodes in runs
    )
    return replace(
        told,
        z=float(null.z[0]) if scalar else null.z,
        zstar=null.threshold,
        h0reject=bool(clusters),
        p=null.p(float(size.max())),
        clusters=() if scalar else clusters,
        permutations=len(null.maxima),
        exact=null.exact,
    )


class Effects(list[CurveTest]):
    """The effects of a design, in order: A, B, C, AB, AC, BC, ABC."""

    def inference(
        self,
        alpha: float = 0.05,
        *,
        method: Method | None = None,
        circular: bool = False,
        iterations: int = 10_000,
        seed: int = 0,
    ) -> list[Inference]:
        """Return the inference of each effect.

        Parameters
        ----------
        alpha, method, circular, iterations, seed
            As for :meth:`CurveTest.inference`.

        Returns
        -------
        list of Inference
            In the order of the effects.
        """
        return [
            test.inference(
                alpha, method=method, circular=circular, iterations=iterations, seed=seed
            )
            for test in self
        ]


def tested(hypothesis: Hypothesis, method: Method = "rft") -> CurveTest:
    """Fit the model of a hypothesis and return its statistic."""
    fitted = fit(hypothesis)
    scalar = hypothesis.rows.shape[1] == 1
    smooth = hypothesis.residuals if hypothesis.residuals is not None else fitted.residuals
    return CurveTest(
        hypothesis.effect,
        hypothesis.kind,
        float(fitted.z[0]) if scalar else fitted.z,
        fitted.df,
        hypothesis,
        smooth,
        method,
    )
