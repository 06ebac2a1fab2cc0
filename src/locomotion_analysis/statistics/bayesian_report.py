"""The report of a Bayesian model, one page."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.files import json_text, output_folder, write_all
from locomotion_analysis.reporting.names import ShownQuantity
from locomotion_analysis.reporting.page import Page, Picture, Section, Table
from locomotion_analysis.reporting.provenance import provenance, source_files
from locomotion_analysis.reporting.spreadsheets import csv_text
from locomotion_analysis.statistics.bayesian import (
    LARGEST_RHAT,
    LEAST_ESS,
    BayesianModel,
    bayesian,
)
from locomotion_analysis.statistics.formula import INTERCEPT, Formula
from locomotion_analysis.statistics.plots import effect_title

_FILES = (
    "report.html",
    "effects.csv",
    "spread.csv",
    "prior.csv",
    "check.csv",
    "sampling.csv",
    "numbers.json",
)
_READING = (
    (
        "Strides of one person are not people: each person has an own level, and what is said of "
        "the effects is said of the population."
    ),
    (
        "An interval holds the effect with the stated probability, given the model and the priors; "
        "a band holds the whole curve."
    ),
    "A probability of the sign near 1 says which way an effect goes, not that it is large.",
)
_PRIORS = (
    "What was taken to be possible before the data, at the same points of the curve. The "
    "distribution of the intercept, and of levels between people, is that at the means of the "
    "other columns; the numbers are of the effects as they stand above."
)
_CHECK = (
    "Data of as many new people, drawn from the model: where what was observed lies outside, the "
    "model does not describe it."
)


def run_bayesian(
    data: LocomotionData,
    formula: str,
    out: str | os.PathLike[str],
    *,
    within: Sequence[str] = (),
    level: float = 0.95,
    seed: int = 0,
    source: str | os.PathLike[str] | None = None,
) -> tuple[BayesianModel, Path]:
    """Sample a Bayesian model, and write ``report.html``, its tables as CSV and ``numbers.json``.

    Without bars in the formula people's level and the effects of `within` differ between people.
    """
    folder = output_folder(out, _FILES, "numbers.json")
    if not Formula.parse(formula).random:
        formula = f"{formula} + ({' + '.join(['1', *within])} | subject)"
    fit = bayesian(formula, data, level=level, random_state=seed)
    origin = provenance(source_files(source))
    tables = {"effects": fit.fixed, "spread": fit.random, "prior": fit.prior, "check": fit.check,
              "sampling": fit.sampling}  # fmt: skip
    numbers = {
        "formula": fit.formula, "level": level, "seed": seed, "people": fit.n_people,
        "rows": fit.n_rows, "findings": fit.findings, "notes": fit.notes,
        "simulated": fit.simulated, "provenance": origin,
    }  # fmt: skip
    contents = {f"{name}.csv": csv_text(table.reset_index()) for name, table in tables.items()}
    contents |= {
        "report.html": bayesian_page(fit, origin).html(),
        "numbers.json": json_text(numbers),
    }
    write_all({folder / name: text for name, text in contents.items()})
    return fit, folder / "report.html"


def bayesian_page(fit: BayesianModel, origin: Mapping[str, Any] | None = None) -> Page:
    """Return the report of a Bayesian model as a page."""
    return Page(
        about=fit,
        title=f"{ShownQuantity.of(fit.response).title}: a Bayesian multilevel model",
        subtitle=fit.formula,
        verdict=fit.findings,
        facts=[
            ("People", f"{fit.n_people:,}"),
            ("Rows", f"{fit.n_rows:,}"),
            ("Draws", f"{fit.n_draws:,}"),
        ],
        sections=[*_parameters(fit), _predictive_check(fit), _sampling(fit)],
        reading=_READING,
        provenance=origin or provenance([]),
        record=[("Formula", fit.formula), ("Intervals", f"{fit.level:.0%}, equal tails")],
        history=fit.notes,
    )


def _parameters(fit: BayesianModel) -> list[Section]:
    """Return the posterior of effects and spreads, and what was taken to be possible before."""
    *_, unit, factor = ShownQuantity.of(fit.response)
    posterior = _rows(fit.fixed, factor, _farthest(fit.fixed))
    spread = _rows(fit.random, factor, _farthest(fit.random))
    before = _rows(fit.prior, factor, _farthest(fit.fixed) | _farthest(fit.random))
    texts = fit.prior["prior"].groupby(level=0, sort=False).first()
    at = ("At",) if fit.is_curve else ()
    head = ("", *at, "Mean", "SD", f"{fit.level:.0%} interval")
    pictures = [
        Picture.drawn(
            lambda what, ax, name=name: what.plot(name, ax),  # type: ignore[misc]
            fit,
            (4.6, 3.0),
            f"Posterior of {effect_title(name)}.",
            "Posterior mean with its intervals." if fit.is_curve else "Posterior and prior.",
        )
        for name in fit.names
        if name != INTERCEPT or len(fit.names) == 1
    ]
    where = [f"In {unit}."] if unit else []
    where += ["Read where the mean is most standard deviations away from 0."] * fit.is_curve
    effects = Table("", (*head, "Probability of the sign"), posterior)
    priors = Table(
        "",
        ("", "Distribution", *head[1:]),
        [(row[0], str(text), *row[1 : len(head)]) for row, text in zip(before, texts, strict=True)],
        first_number=2,
    )
    return [
        Section("Effects", " ".join(where), pictures, [effects]),
        Section("Between and within people", (), (), [Table("", head, spread)]),
        Section("Priors", _PRIORS, (), [priors]),
    ]


def _predictive_check(fit: BayesianModel) -> Section:
    factor = ShownQuantity.of(fit.response).factor
    rows = [
        (
            str(name),
            f"{factor * row['observed']:.3g}",
            f"{factor * row['low']:.3g} to {factor * row['high']:.3g}",
            f"{row['p']:.2f}",
        )
        for name, row in fit.check.iterrows()
    ]
    table = Table("", ("", "Observed", "Replicated, 95%", "Share of larger"), rows)
    return Section("Posterior predictive check", _CHECK, (), [table])


def _sampling(fit: BayesianModel) -> Section:
    least = fit.sampling[["ess_bulk", "ess_tail"]].min()
    return Section(
        "Sampling",
        f"Largest R-hat {fit.sampling['r_hat'].max():.3f}, least effective sample size "
        f"{least['ess_bulk']:.0f} (bulk) and {least['ess_tail']:.0f} (tails). A fit with R-hat "
        f"above {LARGEST_RHAT} or an effective sample size below {LEAST_ESS} is an error and "
        "makes no report.",
    )


def _farthest(table: pd.DataFrame) -> dict[str, int]:
    """Return where each effect is farthest from zero; of spreads, where they are largest."""
    found = {}
    for name, part in table.groupby(level=0, sort=False):
        size = part["mean"].abs()
        if "p_direction" in part:
            size = size / part["sd"]
        found[str(name)] = int(size.to_numpy().argmax())
    return found


def _rows(table: pd.DataFrame, factor: float, where: dict[str, int]) -> list[tuple[str, ...]]:
    rows = []
    for name, part in table.groupby(level=0, sort=False):
        own = part.iloc[where[str(name)]]
        times = 1.0 if str(name).startswith("correlation") else factor
        mean, sd, low, high = (f"{times * own[key]:.3g}" for key in ("mean", "sd", "low", "high"))
        at = (f"{part.index[where[str(name)]][1]:.0f} %",) if table.index.nlevels > 1 else ()
        sign = own.get("p_direction", np.nan)
        told = f"{sign:.3f}" if np.isfinite(sign) else ""
        rows.append((_title(str(name)), *at, mean, sd, f"{low} to {high}", told))
    return rows if "p_direction" in table else [row[:-1] for row in rows]


def _title(name: str) -> str:
    kind = name.partition("[")[0]
    if kind not in ("sd", "correlation"):
        return effect_title(name)
    inner = name[len(kind) + 1 : -1].split(", ")
    words = [each if each == "residual" else effect_title(each) for each in inner]
    return f"{'SD' if kind == 'sd' else 'Correlation'}: {', '.join(words)}"
