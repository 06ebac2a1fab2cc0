"""The card of a dataset: for people in Markdown, for machines in Croissant JSON-LD.

Croissant: https://docs.mlcommons.org/croissant.
"""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.datasets.dataset import (
    CYCLES,
    DESCRIPTIONS,
    FEATURES,
    SPLITS,
    UNREDUCED,
    Form,
    Manifest,
)
from locomotion_analysis.features.spec import FeatureSpec
from locomotion_analysis.files import sha256
from locomotion_analysis.quality import QualityResult
from locomotion_analysis.reporting.markdown import markdown_table, markdown_text
from locomotion_analysis.selection.splitters import PARTS
from locomotion_analysis.standard import KEY, TASKS

_MEASURES = {
    "age": ("age, years", 0),
    "height_m": ("height, m", 2),
    "mass_kg": ("mass, kg", 0),
    "bmi": ("BMI, kg/m²", 1),
}
_MOST_CLASSES = 20


def dataset_card(
    data: LocomotionData,
    manifest: Manifest,
    form: Form,
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
    form : Form
        What it holds beside its cycles.
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
    environment = jinja2.Environment(  # noqa: S701 - Markdown, escaped by `finalize`
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True, finalize=markdown_text
    )
    reduced = form.kept_variance is not None
    targets = target_table(cycles, manifest.targets)
    has_error = quality.error_cycles
    share = 100.0 * (1.0 - float(has_error.mean())) if len(has_error) else 0.0
    counts = ", ".join(f"{count:,} {severity}" for severity, count in quality.counts.items())
    stopped = f" (stopped early: {quality.stopped})" if quality.stopped else ""
    lying = [(f"`{name}`", what) for name, what in DESCRIPTIONS.items() if name in names]
    return environment.from_string(source.read_text(encoding="utf-8")).render(
        title=form.heading,
        m=manifest,
        purpose=form.purpose,
        headline=repr(data).splitlines()[0].removeprefix("LocomotionData: "),
        classes=markdown_table(class_table(cycles)),
        tasks=markdown_table(task_table(cycles)),
        targets=markdown_table(targets) if len(targets) else "",
        splits=markdown_table(split_table(cycles, splits)),
        groups=markdown_table(group_table(specs)),
        reduced=reduced,
        n_unreduced=len(specs),
        catalogue=UNREDUCED if reduced else FEATURES,
        kept_variance=form.kept_variance,
        fitted_on=fitted_on(splits),
        quality=f"{share:.1f} % of the cycles are without errors; findings: {counts}{stopped}",
        files=markdown_table(pd.DataFrame(lying, columns=["file", "what it is"])),
        history=[str(entry) for entry in data.history],
        made_with=", ".join(f"{name} {version}" for name, version in manifest.made_with.items()),
    )


def fitted_on(splits: pd.DataFrame) -> str:
    """Say which subjects a reduction is fitted on."""
    return f"the {int((splits['split'] == 'train').sum())} training subjects only"


# The tables of the card, counted from its cycles


def class_table(cycles: pd.DataFrame) -> pd.DataFrame:
    """Return one row a pathology (or one in all): subjects, cycles, sex, age, size (mean ± SD)."""
    by = cycles["pathology"].fillna("not known") if "pathology" in cycles else "all"
    people = cycles.assign(pathology=by).drop_duplicates(["dataset", "subject", "pathology"])
    groups = people.groupby("pathology", sort=True)
    table = pd.DataFrame({"subjects": groups.size()})
    table["cycles"] = cycles.assign(pathology=by).groupby("pathology").size()
    if "sex" in people:
        counts = pd.crosstab(people["pathology"], people["sex"])
        table["sex"] = [
            ", ".join(f"{sex} {n}" for sex, n in row.items() if n) for _, row in counts.iterrows()
        ]
    for name, (title, digits) in _MEASURES.items():
        if name in people and pd.api.types.is_numeric_dtype(people[name]):
            mean, sd = groups[name].mean(), groups[name].std()
            table[title] = [
                f"{m:.{digits}f} ± {s:.{digits}f}" for m, s in zip(mean, sd, strict=True)
            ]
    return table.reset_index()


def task_table(cycles: pd.DataFrame) -> pd.DataFrame:
    """Return one row a task: subjects, cycles and cycles of each subject."""
    groups = cycles.groupby("task", sort=False)
    table = pd.DataFrame({"subjects": groups["subject"].nunique(), "cycles": groups.size()})
    each = cycles.groupby(["task", "subject"], sort=False).size().groupby("task", sort=False)
    table["cycles a subject"] = [
        f"{low}" if low == high else f"{low}-{high}"
        for low, high in zip(each.min(), each.max(), strict=True)
    ]
    table.insert(0, "meaning", [TASKS.get(str(name), str(name)) for name in table.index])
    return table.reset_index()


def split_table(cycles: pd.DataFrame, splits: pd.DataFrame) -> pd.DataFrame:
    """Return one row a part: subjects, cycles and subjects of each pathology."""
    joined = cycles.merge(splits, on=["dataset", "subject"])
    people = joined.drop_duplicates(["dataset", "subject"])
    table = pd.DataFrame({"subjects": people.groupby("split").size()})
    table["cycles"] = joined.groupby("split").size()
    if "pathology" in people:
        table = table.join(pd.crosstab(people["split"], people["pathology"]))
    return table.reindex(PARTS).rename_axis("part").reset_index()


def target_table(cycles: pd.DataFrame, targets: tuple[str, ...]) -> pd.DataFrame:
    """Return one row a target: its classes, or mean, SD and range, and cycles without it."""
    rows = []
    for name in targets:
        known = cycles[name].dropna()
        if pd.api.types.is_numeric_dtype(known) and not pd.api.types.is_bool_dtype(known):
            values = (
                f"{known.mean():.3g} ± {known.std():.3g} (mean ± SD of the cycles), "
                f"{known.min():.3g} to {known.max():.3g}"
            )
        else:
            classes = sorted(map(str, known.unique()))
            more = len(classes) - _MOST_CLASSES
            values = ", ".join(classes[:_MOST_CLASSES]) + (f" and {more} more" if more > 0 else "")
        without = len(cycles) - len(known)
        rows.append({"target": name, "values": values, "cycles without": without})
    return pd.DataFrame(rows)


def group_table(specs: tuple[FeatureSpec, ...]) -> pd.DataFrame:
    """Return one row a feature group: number of features and three of them."""
    frame = pd.DataFrame({"group": [s.group for s in specs], "name": [s.name for s in specs]})
    groups = frame.groupby("group", sort=False)["name"]
    table = pd.DataFrame({"features": groups.size()})
    table["for example"] = groups.agg(
        lambda names: ", ".join(names.iloc[:: max(1, len(names) // 3)][:3])
    )
    return table.reset_index()


# A dataset described for machines

_TABLES = (CYCLES, FEATURES, UNREDUCED, SPLITS)
_KEYS = {SPLITS: ("dataset", "subject")}
_SPDX = re.compile(
    r"(?!LicenseRef)[A-Za-z0-9.+-]+-[A-Za-z0-9.+-]*\d[A-Za-z0-9.+-]*|MIT|ISC|Unlicense"
)
_TERMS = """
arrayShape citeAs column containedIn equivalentProperty extract field fileProperty fileObject
fileSet format includes isArray isLiveDataset jsonPath key md5 parentField path recordSet
references regex repeated replace samplingRate separator source subField transform
"""
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    "conformsTo": "dct:conformsTo",
    **{name: f"cr:{name}" for name in _TERMS.split()},
}
"""The context of the specification."""


def croissant(
    folder: Path, manifest: Manifest, description: str, published: str | None = None
) -> dict[str, Any]:
    """Return the Croissant 1.1 description of the Parquet files of a folder.

    Parameters
    ----------
    folder : Path
        Where the files lie.
    manifest : Manifest
        What the dataset says of itself.
    description : str
        One paragraph.
    published : str, optional
        Date of the version, where it is known.

    Returns
    -------
    dict
        For ``json.dump``. Every file has its SHA-256; every column is a field, a curve as an
        array of 150 numbers; tables have the cycle key, or the subject, as their key.
    """
    distribution, record_sets = [], []
    for name in _TABLES:
        path = folder / name
        if not path.is_file():
            continue
        distribution.append(
            {
                "@type": "cr:FileObject",
                "@id": name,
                "name": name,
                "description": DESCRIPTIONS[name],
                "contentUrl": name,
                "contentSize": f"{path.stat().st_size} B",
                "encodingFormat": "application/x-parquet",
                "sha256": sha256(path),
            }
        )
        table = path.stem
        record_sets.append(
            {
                "@type": "cr:RecordSet",
                "@id": table,
                "name": table,
                "description": DESCRIPTIONS[name],
                "key": [{"@id": f"{table}/{column}"} for column in _KEYS.get(name, KEY)],
                "field": [_field(table, name, field) for field in pq.read_schema(path)],
            }
        )
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": f"locomotion-{manifest.name}",
        "description": description,
        "version": manifest.version,
        **({} if published is None else {"datePublished": published}),
        "license": licence_address(manifest.licence),
        "citeAs": manifest.citation,
        "keywords": ["gait", "biomechanics", *["simulated"] * manifest.simulated],
        "isLiveDataset": False,
        "distribution": distribution,
        "recordSet": record_sets,
    }


def licence_address(licence: str) -> str:
    """Return the address of an SPDX identifier; anything else as it is.

    Examples
    --------
    >>> licence_address("CC-BY-4.0")
    'https://spdx.org/licenses/CC-BY-4.0.html'
    """
    known = _SPDX.fullmatch(licence)
    return f"https://spdx.org/licenses/{licence}.html" if known else licence


def _field(table: str, file: str, field: pa.Field) -> dict[str, Any]:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if pa.types.is_fixed_size_list(kind) or pa.types.is_floating(kind):
        data_type = "sc:Float"
    elif pa.types.is_integer(kind):
        data_type = "sc:Integer"
    else:
        data_type = "sc:Boolean" if pa.types.is_boolean(kind) else "sc:Text"
    described = {
        "@type": "cr:Field",
        "@id": f"{table}/{field.name}",
        "name": field.name,
        "dataType": data_type,
        "source": {"fileObject": {"@id": file}, "extract": {"column": field.name}},
    }
    if pa.types.is_fixed_size_list(kind):
        described |= {"isArray": True, "arrayShape": str(kind.list_size)}
    return described
