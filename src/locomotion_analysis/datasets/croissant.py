"""A dataset described for machines: Croissant JSON-LD (https://docs.mlcommons.org/croissant)."""

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from locomotion_analysis.datasets.files import CYCLES, DESCRIPTIONS, FEATURES, SPLITS, UNREDUCED
from locomotion_analysis.datasets.manifest import Manifest
from locomotion_analysis.files import sha256
from locomotion_analysis.standard import KEY

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
    tables = [name for name in _TABLES if (folder / name).is_file()]
    return {
        "@context": _context(),
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
        "distribution": [_file_object(folder, name) for name in tables],
        "recordSet": [_record_set(folder, name) for name in tables],
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


def _context() -> dict[str, Any]:
    """Return the context of the specification."""
    return {
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


def _file_object(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "description": DESCRIPTIONS[name],
        "contentUrl": name,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": "application/x-parquet",
        "sha256": sha256(path),
    }


def _record_set(folder: Path, name: str) -> dict[str, Any]:
    table = name.removesuffix(".parquet")
    key = _KEYS.get(name, KEY)
    return {
        "@type": "cr:RecordSet",
        "@id": table,
        "name": table,
        "description": DESCRIPTIONS[name],
        "key": [{"@id": f"{table}/{column}"} for column in key],
        "field": [_field(table, name, field) for field in pq.read_schema(folder / name)],
    }


def _field(table: str, file: str, field: pa.Field) -> dict[str, Any]:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    described = {
        "@type": "cr:Field",
        "@id": f"{table}/{field.name}",
        "name": field.name,
        "dataType": _data_type(kind),
        "source": {"fileObject": {"@id": file}, "extract": {"column": field.name}},
    }
    if pa.types.is_fixed_size_list(kind):
        described |= {"isArray": True, "arrayShape": str(kind.list_size)}
    return described


def _data_type(kind: pa.DataType) -> str:
    if pa.types.is_fixed_size_list(kind) or pa.types.is_floating(kind):
        return "sc:Float"
    if pa.types.is_integer(kind):
        return "sc:Integer"
    return "sc:Boolean" if pa.types.is_boolean(kind) else "sc:Text"
