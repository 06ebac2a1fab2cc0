"""The table that comes with the package, and the column maps beside it."""

import re

import numpy as np
import pytest

from locomotion_analysis.datasets.catalog import catalog, catalog_entry, column_map_path, entries
from locomotion_analysis.datasets.download import cache_folder
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest import ColumnMap, convert

DOI = re.compile(r"10\.\d{4,9}/\S+")
SPDX = {"ODC-By-1.0", "CC-BY-4.0", "CC0-1.0", "LicenseRef-not-stated"}
HASH = re.compile(r"sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}")


@pytest.mark.parametrize("name", entries())
def test_an_entry_is_well_formed(name):
    entry = catalog_entry(name)
    assert DOI.fullmatch(entry.doi)
    assert DOI.search(entry.citation) or "Circulation" in entry.citation
    assert entry.licence in SPDX
    assert entry.subjects > 0
    assert entry.files or entry.listings
    assert entry.evidence.endswith(".")
    assert entry.conversion.how
    urls = [entry.page, *(listing.url for listing in entry.listings)]
    urls += [url for file in entry.files for url in file.urls]
    assert all(url.startswith("https://") for url in urls)
    for file in entry.files:
        assert file.published_hash is None or HASH.fullmatch(file.published_hash)
    assert re.fullmatch(r"[a-z0-9_]+", name)


def test_the_datasets_of_the_field_are_there():
    known = catalog()
    assert {"gaitpdb", "gaitndd", "gaitrec", "gutenberg", "camargo_2021"} <= set(known.index)
    assert {"fukuchi_walking_2018", "fukuchi_running_2017", "bertaux_hip_2022"} <= set(known.index)
    assert known.index.str.startswith("locohub_").any()
    assert known["doi"].is_unique
    assert known["size_mb"].dtype == float


def test_an_unchecked_entry_says_why():
    unchecked = [entry for entry in entries().values() if not entry.checked]
    assert unchecked
    assert all("nobody was seen" in entry.evidence for entry in unchecked)


def test_the_cache_moves_with_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("LOCOMOTION_CACHE", str(tmp_path / "big disk"))
    assert cache_folder() == tmp_path / "big disk"
    monkeypatch.delenv("LOCOMOTION_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert "locomotion-analysis" in cache_folder().parts


@pytest.mark.parametrize(
    ("name", "file", "column", "task_id"),
    [
        ("fukuchi_walking_2018", "WBDS01walkT05ang.txt", "{side}{joint}AngleZ", "T05"),
        ("fukuchi_running_2017", "RBDS001processed.txt", "{side}{joint}AngZ35", "run_3.5ms"),
    ],
)
def test_a_column_map_reads_a_table_written_as_its_publisher_does(
    tmp_path, name, file, column, task_id
):
    joints = ("Hip", "Knee", "Ankle") if "walking" in name else ("hip", "knee", "ankle")
    percent = np.arange(101.0)
    columns = {"PercGcycle": percent}
    for place, joint in enumerate(joints):
        for side in "RL":
            level = 10.0 * (place + 1) * (1 if side == "R" else -1)
            columns[column.format(side=side, joint=joint)] = level + percent / 10
    rows = np.column_stack(list(columns.values()))
    header = "\t".join(columns)
    np.savetxt(tmp_path / file, rows, "%.6g", delimiter="\t", header=header, comments="")
    data = convert([tmp_path], column_map=ColumnMap.from_yaml(column_map_path(name))).data
    cycle = data.cycles.iloc[0]
    assert len(data) == 1
    subject = re.match(r"[A-Z]+\d+", file)[0]
    assert (cycle["subject"], cycle["task_id"], cycle["side"]) == (subject, task_id, "right")
    for joint, level in zip(
        ("hip_flexion", "knee_flexion", "ankle_dorsiflexion"), (10.0, 20.0, 30.0), strict=True
    ):
        curve = data.curves(f"{joint}_angle_ipsi_rad")[0]
        assert np.degrees(curve[[0, -1]]) == pytest.approx([level, level + 10], abs=1e-4)


def test_a_dataset_without_a_map_says_which_have_one():
    with pytest.raises(SchemaError, match="fukuchi_walking_2018"):
        column_map_path("gaitrec")


@pytest.mark.slow
def test_the_command_of_gaitpdb_converts_its_records(shared_data):
    from locomotion_analysis.ingest import read_subjects

    folder = shared_data / "raw" / "insole_grf"
    assert catalog_entry("gaitpdb").conversion.possible
    files = [folder / "GaCo01_01.txt.gz", folder / "JuPt01_01.txt.gz"]
    data = convert(files, subjects=read_subjects(folder / "demographics.txt")).data
    assert set(data.cycles["pathology"]) == {"healthy", "parkinsons"}
