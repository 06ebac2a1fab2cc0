"""The dataset card: what a person must know before using the data."""

from importlib.resources import files

import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.datasets import card_tables
from locomotion_analysis.datasets.card_tables import markdown
from locomotion_analysis.datasets.files import DESCRIPTIONS, FEATURES, UNREDUCED
from locomotion_analysis.datasets.manifest import Manifest
from locomotion_analysis.datasets.recipes import Recipe
from locomotion_analysis.features.feature import FeatureSpec
from locomotion_analysis.quality import QualityResult


def dataset_card(
    data: LocomotionData,
    manifest: Manifest,
    recipe: Recipe,
    splits: pd.DataFrame,
    specs: tuple[FeatureSpec, ...],
    quality: QualityResult,
    names: list[str],
) -> str:
    """Return the card of a dataset, in Markdown.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    manifest : Manifest
        What the dataset says of itself.
    recipe : Recipe
        How it was made.
    splits : DataFrame
        One row a subject.
    specs : tuple of FeatureSpec
        The features before any reduction.
    quality : QualityResult
        Of the cycles.
    names : list of str
        The files of the folder.
    """
    import jinja2

    cycles = data.cycles
    source = files("locomotion_analysis.datasets") / "templates" / "card.md.j2"
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)  # noqa: S701 - Markdown, not HTML
    reduced = recipe.kept_variance is not None
    targets = card_tables.target_table(cycles, manifest.targets)
    return environment.from_string(source.read_text(encoding="utf-8")).render(
        title=f"{recipe.name.capitalize()} dataset",
        m=manifest,
        purpose=recipe.purpose,
        headline=repr(data).splitlines()[0].removeprefix("LocomotionData: "),
        classes=markdown(card_tables.class_table(cycles)),
        tasks=markdown(card_tables.task_table(cycles)),
        targets=markdown(targets) if len(targets) else "",
        splits=markdown(card_tables.split_table(cycles, splits)),
        groups=markdown(card_tables.group_table(specs)),
        reduced=reduced,
        n_unreduced=len(specs),
        catalogue=UNREDUCED if reduced else FEATURES,
        kept_variance=recipe.kept_variance,
        fitted_on=fitted_on(splits),
        quality=_quality(quality),
        files=markdown(_file_table(names)),
        history=[str(entry) for entry in data.history],
        made_with=", ".join(f"{name} {version}" for name, version in manifest.made_with.items()),
    )


def fitted_on(splits: pd.DataFrame) -> str:
    """Say which subjects a reduction is fitted on."""
    return f"the {int((splits['split'] == 'train').sum())} training subjects only"


def _quality(result: QualityResult) -> str:
    counts = ", ".join(f"{count:,} {severity}" for severity, count in result.counts.items())
    share = 100.0 * (1.0 - float(result.error_cycles.mean())) if len(result.error_cycles) else 0.0
    stopped = f" (stopped early: {result.stopped})" if result.stopped else ""
    return f"{share:.1f} % of the cycles are without errors; findings: {counts}{stopped}"


def _file_table(names: list[str]) -> pd.DataFrame:
    rows = [(f"`{name}`", what) for name, what in DESCRIPTIONS.items() if name in names]
    return pd.DataFrame(rows, columns=["file", "what it is"])
