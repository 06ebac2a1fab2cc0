"""The report of a comparison: one page, its tables as CSV, all numbers as JSON."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.files import json_text, output_folder, write_all
from locomotion_analysis.reporting.names import (
    ShownQuantity,
    in_sentence,
    p_text,
    value_title,
)
from locomotion_analysis.reporting.page import Page, Picture, Section, Table
from locomotion_analysis.reporting.provenance import provenance, source_files
from locomotion_analysis.reporting.spreadsheets import csv_text
from locomotion_analysis.statistics.comparison import (
    Comparison,
    Correction,
    Effect,
    in_percent,
)
from locomotion_analysis.statistics.comparison_family import Family, compare_family
from locomotion_analysis.statistics.curve_inference import SYMBOLS, Inference, Method
from locomotion_analysis.statistics.plots import (
    difference_title,
    effect_title,
    plot_difference,
    plot_inference,
    plot_means,
)
from locomotion_analysis.statistics.posthoc import pairs

_FILES = (
    "report.html",
    "clusters.csv",
    "assumptions.csv",
    "curves.csv",
    "posthoc.csv",
    "family.csv",
    "numbers.json",
)
_METHODS = {
    "rft": "random field theory",
    "permutation": "permutation, largest value over the curve",
    "fdr": "false discovery rate over nodes",
    "mixed": "multilevel model at every node, simultaneous bands",
}

_CORRECTIONS = {
    "holm": "Holm's correction",
    "max": "the largest value over channels and nodes of every exchange",
}
_READING = (
    (
        "People are counted, not cycles: the cycles of a person in a condition are averaged "
        "first, each leg by itself."
    ),
    "A band holds the whole true curve with probability 1 - α, not each node by itself.",
    (
        "P of a cluster is the chance of one as large anywhere on the curve, where there is no "
        "effect. That a part is not shaded does not show that there is no difference."
    ),
    (
        "Effect sizes are read where the statistic is largest, and are so larger than they will "
        "be in other people."
    ),
)


_READING_MIXED = (
    (
        "All cycles are in the model, and each person has an own level in it, so that people are what "
        "is counted; the means drawn are those of people."
    ),
    "A band holds the whole true curve with probability 1 - α, not each node by itself.",
    "P is that of a departure as large anywhere on the curve, where there is no effect.",
)


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison and where it was written.

    Attributes
    ----------
    found : Comparison or Family
        The result.
    posthoc : DataFrame
        Pairs of levels of factors with more than two; empty where there are none.
    out : Path
        Folder of the files.
    """

    found: Comparison | Family
    posthoc: pd.DataFrame
    out: Path

    @property
    def report_path(self) -> Path:
        """The report, one self-contained HTML file."""
        return self.out / "report.html"


def run_comparison(
    data: LocomotionData | pd.DataFrame,
    formula: str,
    out: str | os.PathLike[str],
    *,
    within: str | Sequence[str] = (),
    method: Method | Literal["mixed"] = "rft",
    alpha: float = 0.05,
    equal_var: bool = False,
    roi: tuple[float, float] | None = None,
    correction: Correction = "holm",
    iterations: int = 10_000,
    seed: int = 0,
    source: str | os.PathLike[str] | None = None,
) -> Compared:
    """Compare, and write the report with its tables.

    Parameters
    ----------
    data, formula, within, method, alpha, equal_var, roi, iterations, seed
        As for :func:`~locomotion_analysis.statistics.compare`.
    out : path-like
        Folder for ``report.html``, ``clusters.csv``, ``assumptions.csv``, ``curves.csv``,
        ``posthoc.csv`` and ``numbers.json``; of a family of channels, separated by commas before
        ``~``, also ``family.csv``.
    correction : {"holm", "max"}
        Of the pairs of a factor with more than two levels.
    source : path-like, optional
        File or folder that `data` was read from, for the report.

    Returns
    -------
    Compared

    Raises
    ------
    SchemaError
        As :func:`~locomotion_analysis.statistics.compare`.
    FileReadError
        If `out` is a file, or holds files of these names that no earlier run wrote.

    Examples
    --------
    >>> import tempfile
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=12, n_cycles=2, tasks=["level_walking"])
    >>> formula = "knee_flexion_angle_ipsi_rad ~ pathology"
    >>> run_comparison(data, formula, tempfile.mkdtemp()).report_path.name
    'report.html'
    """
    folder = output_folder(out, _FILES, "numbers.json")
    found = compare_family(
        data, formula, within=within, method=method, alpha=alpha, equal_var=equal_var, roi=roi,
        iterations=iterations, seed=seed,
    )  # fmt: skip
    origin = provenance(source_files(source))
    parts = found.comparisons
    posthoc = _posthoc(parts, correction)
    tables = {
        "clusters.csv": [each.table() for each in parts],
        "assumptions.csv": [each.assumptions for each in parts],
        "curves.csv": [_curves(each) for each in parts],
        "posthoc.csv": posthoc,
    }
    several = len(parts) > 1
    if several:
        names = [" + ".join(each.responses) for each in parts]
        tables = {
            file: [
                part.assign(channel=name)
                for part, name in zip(own, names, strict=True)
                if len(part)
            ]
            for file, own in tables.items()
        }
    contents = {
        name: csv_text(pd.concat(own) if own else posthoc[0]) for name, own in tables.items()
    }
    if several:
        numbers: dict[str, Any] = {
            "formula": formula,
            "correction": found.correction,
            "family": found.table().to_dict("records"),
            "channels": [_numbers(each, origin) for each in parts],
            "provenance": origin,
        }
        contents["family.csv"] = csv_text(found.table())
        page = family_page(found, posthoc, origin)
    else:
        numbers = _numbers(parts[0], origin)
        page = comparison_page(parts[0], posthoc[0], origin)
    contents |= {"report.html": page.html(), "numbers.json": json_text(numbers)}
    write_all({folder / name: text for name, text in contents.items()})
    return Compared(found if several else parts[0], pd.concat(posthoc), folder)


def _posthoc(comparisons: Sequence[Comparison], correction: Correction) -> list[pd.DataFrame]:
    """Return the pairs of factors of more than two levels, a table a channel; P of a family."""
    columns = ["factor", "first", "second", "n", "largest", "at", "p", "p_adjusted", "rejected",
               "difference"]  # fmt: skip
    columns += ["channel"] if len(comparisons) > 1 else []
    none = pd.DataFrame(columns=columns)
    first, options = comparisons[0], comparisons[0].options
    if len(first.responses) > 1 or options["method"] == "mixed" or options["nested"]:
        return [none for _ in comparisons]
    tables = [
        pairs(comparisons, name, correction).assign(factor=name)
        for name in first.factors
        if (name,) in first.terms and any(len(each.levels(name)) > 2 for each in comparisons)
    ]
    together = pd.concat(tables)[columns] if tables else none
    if len(comparisons) == 1:
        return [together]
    return [together[together["channel"] == each.responses[0]] for each in comparisons]


def _curves(found: Comparison) -> pd.DataFrame:
    """Return all curves side by side: means with bands, statistics, differences."""
    nodes = len(np.atleast_1d(found.effects[0].inference.z))
    columns: dict[str, Any] = {"phase": found.phase if len(found.phase) else [np.nan] * nodes}
    for levels, band in found.means.items():
        name = ":".join(map(str, levels)) or "mean"
        columns |= {f"mean[{name}]": band.value, f"mean_low[{name}]": band.low}
        columns[f"mean_high[{name}]"] = band.high
    for effect in found.effects:
        columns[f"{effect.inference.statistic}[{effect.name}]"] = np.atleast_1d(effect.inference.z)
        if effect.difference is not None:
            columns[f"difference[{effect.name}]"] = effect.difference.value
            columns[f"difference_low[{effect.name}]"] = effect.difference.low
            columns[f"difference_high[{effect.name}]"] = effect.difference.high
        columns[f"size[{effect.name}]"] = effect.size.value
    return pd.DataFrame(columns)


def _numbers(found: Comparison, origin: dict[str, Any]) -> dict[str, Any]:
    effects = []
    for effect in found.effects:
        told = {
            name: None if isinstance(value, float) and not np.isfinite(value) else value
            for name, value in asdict(effect.inference).items()
        }
        told["z"] = np.atleast_1d(effect.inference.z).tolist()
        told["q"] = effect.inference.q.tolist()
        told["sentence"] = effect.inference.sentence
        effects.append(told)
    return {
        "formula": found.formula,
        "within": list(found.within),
        "sentence": found.sentence,
        "effects": effects,
        "options": found.options,
        "n_people": found.n_people,
        "n_cycles": found.n_cycles,
        "history": list(found.history),
        "simulated": found.simulated,
        "provenance": origin,
    }


def comparison_page(
    found: Comparison,
    posthoc: pd.DataFrame | None = None,
    origin: dict[str, Any] | None = None,
) -> Page:
    """Return the report of a comparison as a page."""
    posthoc = _posthoc((found,), "holm")[0] if posthoc is None else posthoc
    title = " and ".join(ShownQuantity.of(name).title for name in found.responses)
    sections = [
        _means_section(found),
        *(_effect_section(found, effect) for effect in found.effects),
    ]
    if len(posthoc):
        sections.append(_pairs_section(found, posthoc))
    if len(found.assumptions):
        sections.append(_assumptions_section(found))
    options = found.options
    by_means = options["method"] != "mixed"
    method = _METHODS[options["method"]]
    if options["method"] == "permutation":
        method += f", {found.effects[0].inference.permutations:,} exchanges, seed {options['seed']}"
    return Page(
        about=found,
        title=f"{title} compared",
        subtitle=found.formula,
        verdict=[_sentence(found, effect) for effect in found.effects],
        facts=[
            ("People", f"{found.n_people:,}"),
            ("Cycles averaged", f"{found.n_cycles:,}"),
            ("Effects tested", str(len(found.effects))),
            ("α over the whole curve", f"{options['alpha']:g}"),
        ],
        sections=[section for section in sections if section],
        reading=_READING if by_means else _READING_MIXED,
        provenance=origin or provenance([]),
        record=[
            ("Formula", found.formula),
            ("Within people", ", ".join(found.within) or "none"),
            ("Inference", method),
        ]
        + by_means
        * [
            (
                "Variances",
                "equal"
                if options["equal_var"]
                else "not taken to be equal where one factor is tested",
            ),
            ("Sums of squares", f"type {options['ss_type']}"),
        ],
        history=found.history,
    )


def family_page(
    found: Family,
    posthoc: Sequence[pd.DataFrame] | None = None,
    origin: dict[str, Any] | None = None,
) -> Page:
    """Return the report of channels that were tested as one family."""
    posthoc = _posthoc(found.comparisons, "holm") if posthoc is None else posthoc
    rows = [
        (
            ShownQuantity.of(row["channel"]).title,
            effect_title(row["effect"]),
            f"{row['largest']:.2f}",
            p_text(row["p"]),
            p_text(row["p_adjusted"]),
        )
        for row in found.table().to_dict("records")
    ]
    columns = ("Channel", "Effect", "Largest statistic", "P", "P, adjusted")
    sections = [
        Section(
            "One family",
            f"P is that of the whole curve; adjusted over the channels by {_CORRECTIONS[found.correction]}. "
            "Critical values and shaded parts below are those of each channel by itself.",
            (),
            [Table("", columns, rows, first_number=2)],
        )
    ]
    for each, of_pairs in zip(found.comparisons, posthoc, strict=True):
        own = comparison_page(each, of_pairs)
        title = " and ".join(ShownQuantity.of(name).title for name in each.responses)
        sections += [replace(part, title=f"{title}: {part.title.lower()}") for part in own.sections]
    first = found.comparisons[0]
    whole = comparison_page(first, pd.DataFrame(), origin)
    return replace(
        whole,
        about=list(found.comparisons),
        title=f"{len(found.comparisons)} channels compared",
        subtitle=found.formula,
        verdict=found.findings,
        sections=sections,
        history=tuple(dict.fromkeys(entry for each in found.comparisons for entry in each.history)),
    )


def inference_page(found: Inference) -> Page:
    """Return a single inference as a page."""
    pictures = []
    if not found.is_scalar:
        picture = Picture.drawn(
            lambda _, ax: plot_inference(found, ax),
            (),
            (6.4, 3.6),
            f"The statistic of {effect_title(found.effect)} over the nodes, with its critical value.",
            "Statistic; dashed: its critical value.",
        )
        pictures.append(picture)
    rows = [
        (
            f"{each.endpoints[0]:.1f} to {each.endpoints[1]:.1f}",
            f"{each.extent:.1f}",
            "above" if each.sign > 0 else "below",
            p_text(each.P),
        )
        for each in found.clusters
    ]
    columns = ("Nodes", "Extent", "Side of zero", "P of cluster")
    name = SYMBOLS[found.statistic]
    return Page(
        about=(),
        title=f"{effect_title(found.effect)}: {name} over {np.size(found.z)} nodes",
        subtitle=_METHODS[found.method],
        verdict=[found.sentence],
        facts=[
            (f"Critical {name}", f"{found.zstar:.3f}"),
            ("P of the whole curve", p_text(found.p)),
            ("α over the whole curve", f"{found.alpha:g}"),
        ],
        sections=[Section("Statistic", (), pictures, [Table("", columns, rows)] if rows else [])],
        reading=(*_READING[2:3], "Arrays do not say whether people were measured or simulated."),
        provenance=provenance([]),
        record=[
            ("Degrees of freedom", ", ".join(f"{value:.4g}" for value in found.df)),
            ("Smoothness (FWHM)", f"{found.fwhm:.2f} nodes" if np.isfinite(found.fwhm) else "none"),
        ],
    )


def _means_section(found: Comparison) -> Section:
    rows = [
        (", ".join(value_title(level) for level in levels) or "All", f"{n:,}")
        for levels, n in found.counts.items()
    ]
    pictures = []
    if found.means:
        text = "; ".join(f"{name}, {n} people" for name, n in rows)
        pictures.append(
            Picture.drawn(
                plot_means,
                found,
                (6.4, 3.8),
                f"Means with their bands: {text}.",
                "Means over people with simultaneous bands; shaded: "
                f"where {in_sentence(effect_title(found.effects[0].name))} was found.",
            )
        )
    return Section("Means", (), pictures, [Table("People", ("Group", "People"), rows)])


def _effect_section(found: Comparison, effect: Effect) -> Section:
    shown = effect_title(effect.name)
    pictures = []
    if len(found.phase):
        pictures.append(
            Picture.drawn(
                lambda what, ax: plot_inference(effect.inference, ax, phase=what.phase, about=what),
                found,
                (4.6, 3.0),
                f"The statistic of {shown} over the gait cycle, with its critical value.",
                "Statistic; dashed: its critical value.",
            )
        )
        if effect.difference is not None:
            pictures.append(
                Picture.drawn(
                    lambda what, ax: plot_difference(what, effect.name, ax),
                    found,
                    (4.6, 3.0),
                    f"{difference_title(found, effect.name)} over the gait cycle, with its band.",
                    f"{difference_title(found, effect.name)}, with a band for the whole curve.",
                )
            )
    table = found.table()
    rows = [_row(found, row) for row in table[table["effect"] == effect.name].to_dict("records")]
    names = ("Gait cycle", "P of cluster", f"Largest {SYMBOLS[effect.inference.statistic]}",
             "Difference there", "Band", f"{effect.size_name} there")  # fmt: skip
    # Several levels have no one difference: a column without any value is left out.
    kept = [at for at in range(len(names)) if at == 0 or any(row[at] for row in rows)]
    shown_rows = [[row[at] for at in kept] for row in rows]
    tables = [Table("", [names[at] for at in kept], shown_rows)]
    return Section(shown, _sentence(found, effect), pictures, tables)


def _sentence(found: Comparison, effect: Effect) -> str:
    """Return what was found of an effect, by its title."""
    named = replace(effect.inference, effect=effect_title(effect.name))
    return in_percent(named, found.phase)


def _row(found: Comparison, row: dict[Any, Any]) -> tuple[str, ...]:
    *_, unit, factor = ShownQuantity.of(found.responses[0])
    where = "no cluster"
    if np.isfinite(row["start"]):
        where = f"{row['start']:.1f} to {row['end']:.1f} %"
    elif not len(found.phase):
        where = "scalar"

    def number(value: float, digits: int = 2) -> str:
        return "" if not np.isfinite(value) else f"{value:.{digits}f}".replace("-", "−")

    apart = [factor * row[key] for key in ("difference", "difference_low", "difference_high")]
    p = row["cluster_p"] if np.isfinite(row["cluster_p"]) else row["p"]
    band = f"{number(apart[1])} to {number(apart[2])}" if np.isfinite(apart[1]) else ""
    return (
        where,
        p_text(p),
        number(row["largest"]),
        f"{number(apart[0])} {unit}".strip() if np.isfinite(apart[0]) else "",
        band,
        number(row["size"]),
    )


def _pairs_section(found: Comparison, posthoc: pd.DataFrame) -> Section:
    *_, unit, factor = ShownQuantity.of(found.responses[0])
    rows = [
        (
            f"{value_title(row['second'])} minus {in_sentence(row['first'])}",
            f"{row['n']}",
            f"{row['largest']:.2f}".replace("-", "−"),
            f"{row['at']:.0f} %" if np.isfinite(row["at"]) else "",
            p_text(row["p_adjusted"]),
            f"{factor * row['difference']:.2f} {unit}".strip().replace("-", "−"),
        )
        for row in posthoc.to_dict("records")
    ]
    columns = ("Pair", "People", "Largest t", "At", "P, adjusted", "Difference there")
    text = (
        "Every two levels, each over the whole curve; P is adjusted over all pairs "
        "(of all channels, where several are compared)."
    )
    return Section("Pairs of levels", text, (), [Table("", columns, rows)])


def _assumptions_section(found: Comparison) -> Section:
    rows = [
        (
            effect_title(str(row["effect"])),
            str(row["check"]),
            str(row["found"]),
            p_text(row["p"]),
        )
        for row in found.assumptions.to_dict("records")
    ]
    text = (
        "P is the smallest over the nodes times the resels of the curve. Permutation needs no "
        "normal residuals; Welch's statistic needs no equal variances."
    )
    table = Table("", ("Effect", "Check", "Found", "P"), rows, first_number=3)
    return Section("Assumptions", text, (), [table])
