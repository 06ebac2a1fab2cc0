"""Public sets made into datasets: licence first, the published files only, then all or nothing."""

import gzip
import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from locomotion_analysis import LocomotionData
from locomotion_analysis.datasets import build_dataset, build_file, open_dataset
from locomotion_analysis.datasets.catalog import catalog_entry, column_map_path, entries
from locomotion_analysis.datasets.download import ConversionNote, ConversionPart, RemoteFile
from locomotion_analysis.datasets.public import compare_with_published, make_dataset, make_entry
from locomotion_analysis.datasets.terms import TERMS, refuse_forbidden, terms_of
from locomotion_analysis.errors import (
    DownloadError,
    FileReadError,
    LicenceError,
    LocomotionWarning,
    SchemaError,
    SplitLeakError,
)
from locomotion_analysis.ingest import ColumnMap, convert
from locomotion_analysis.ingest.path_names import PathPattern
from locomotion_analysis.simulation import simulate


@pytest.fixture
def walks(dataset):
    """An entry whose files are gait cycles, by fifteen people of fifteen."""
    part = ConversionPart(files=("walk*.parquet",))
    note = ConversionNote(possible=True, how="as it is", tried_on="layout", parts=(part,))
    return replace(dataset(), subjects=15, conversion=note)


@pytest.fixture(scope="session")
def recorded():
    """Cycles of which nothing says that they are simulated."""
    data = simulate(n_subjects=15, n_cycles=2, tasks=["level_walking"], seed=7)
    cycles = data.cycles.drop(columns="simulated").assign(dataset="lab")
    return LocomotionData(cycles, data.block, data.channels)


@pytest.fixture
def folder(recorded, tmp_path):
    """A download: the cycles, and a note."""
    place = tmp_path / "download"
    place.mkdir()
    recorded.to_parquet(place / "walk.parquet")
    (place / "README.txt").write_text("thank you")
    return place


def _make(entry, *files, out, **more):
    return make_entry(entry, terms_of(entry.licence), files, out, **more)


# What a made dataset is


def test_a_public_set_becomes_a_dataset_that_says_whose_it_is(walks, folder, tmp_path):
    told = []
    made = _make(walks, folder, out=tmp_path / "made", progress=lambda *step: told.append(step[0]))
    again = open_dataset(tmp_path / "made")
    assert again.manifest.name == "walks"
    assert not again.manifest.simulated
    assert (again.manifest.licence, again.manifest.citation) == ("CC-BY-4.0", walks.citation)
    assert set(again.data.cycles["dataset"]) == {"walks"}
    assert "renamed: dataset lab to walks (30)" in [str(entry) for entry in again.data.history]
    assert again.splits["subject"].is_unique
    assert len(again.splits) == 15
    assert len(again.features) == len(again.data) == 30
    for said in (
        "# Walks",
        walks.citation,
        "the licence asks: name the authors",
        "not on its files",
    ):
        assert said in again.card
    assert {"comparing files", "converting", "building"} <= set(told)
    assert made.manifest.splits_sha256 == again.manifest.splits_sha256


def test_other_kinds_are_made_of_it_with_the_same_people_tested(walks, folder, tmp_path):
    made = _make(walks, folder, out=tmp_path / "made")
    kind = build_dataset("timeseries", tmp_path / "timeseries", source=made.path)
    pd.testing.assert_frame_equal(kind.splits, made.splits)
    assert kind.manifest.splits_sha256 == made.manifest.splits_sha256
    assert (kind.manifest.licence, kind.manifest.citation) == ("CC-BY-4.0", walks.citation)
    assert any("the same people are tested" in note for note in kind.manifest.notes)
    written = build_file("timeseries", tmp_path / "one.parquet", source=made.path)
    people = written.cycles.drop_duplicates("subject").set_index("subject")["split"]
    assert people.to_dict() == made.splits.set_index("subject")["split"].to_dict()


def test_nothing_is_left_where_the_work_fails(walks, folder, recorded, tmp_path):

    few = recorded.take(np.arange(4))
    few.to_parquet(folder / "walk.parquet")
    with (
        pytest.warns(LocomotionWarning, match="of the 15 that are published"),
        pytest.raises(SplitLeakError),
    ):
        _make(walks, folder, out=tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_part_of_a_set_is_said(walks, folder, tmp_path):
    with pytest.warns(LocomotionWarning, match="15 of the 20 that are published"):
        made = _make(replace(walks, subjects=20), folder, out=tmp_path / "made")
    assert "subjects: 15 of the 20 that are published" in made.manifest.notes


def test_a_file_that_fails_is_named_with_its_reason(walks, folder, tmp_path):
    (folder / "walk_2.parquet").write_bytes(b"PAR1 cut off")
    with pytest.warns(LocomotionWarning, match=r"not converted: walk_2\.parquet"):
        made = _make(walks, folder, out=tmp_path / "made")
    assert any("walk_2.parquet" in note for note in made.manifest.notes)


# The files


def _published(entry, name, body):
    digits = hashlib.sha256(body).hexdigest()
    return replace(entry, files=(RemoteFile(name, ("https://x.org/1",), None, f"sha256:{digits}"),))


def test_another_version_of_a_published_file_is_refused(walks, folder, tmp_path):
    entry = _published(walks, "walk.parquet", b"the published one")
    with pytest.raises(DownloadError, match="another version of it") as caught:
        _make(entry, folder, out=tmp_path / "made")
    assert caught.value.where == str(folder / "walk.parquet")
    assert "datasets fetch walks" in caught.value.fix


def test_published_files_are_counted_and_those_not_there_named(walks, folder):
    entry = _published(walks, "walk.parquet", (folder / "walk.parquet").read_bytes())
    missing = RemoteFile("sub/walk_9.parquet", ("https://x.org/2",), None, "md5:" + "0" * 32)
    entry = replace(entry, files=(*entry.files, missing))
    files = sorted(folder.iterdir())
    assert compare_with_published(files, entry) == [
        "files with the hash that their publisher gives: 1",
        "files whose published hash is not known here: 1",
        "1 published files are not there: walk_9.parquet",
    ]


def test_a_file_that_was_compressed_is_compared_as_it_was_published(walks, tmp_path):
    entry = _published(walks, "walk.csv", b"1,2,3")
    file = tmp_path / "walk.csv.gz"
    file.write_bytes(gzip.compress(b"1,2,3"))
    assert compare_with_published([file], entry) == [
        "files with the hash that their publisher gives: 1"
    ]
    file.write_bytes(gzip.compress(b"1,2,4"))
    with pytest.raises(DownloadError, match="another version of it"):
        compare_with_published([file], entry)
    file.write_bytes(b"no gzip")
    with pytest.raises(FileReadError, match="can be read"):
        compare_with_published([file], entry)


def test_a_list_that_was_fetched_once_is_known_here(walks, site, folder):
    from locomotion_analysis.datasets.catalog import fetch_entry
    from locomotion_analysis.datasets.download import Listing

    body = (folder / "walk.parquet").read_bytes()
    url = site.put("/SUMS.txt", f"{hashlib.sha256(body).hexdigest()}  walk.parquet".encode())
    site.put("/walk.parquet", body)
    entry = replace(walks, files=(), listings=(Listing("sha256sums", url),))
    files = [folder / "walk.parquet"]
    assert "not known here" in compare_with_published(files, entry)[0]
    fetch_entry(entry)
    assert "that their publisher gives: 1" in compare_with_published(files, entry)[0]


def test_without_files_those_of_the_cache_are_taken(walks, folder, cache, tmp_path):
    with pytest.raises(FileReadError, match="none named, and none in the cache"):
        _make(walks, out=tmp_path / "made")
    held = cache / "datasets" / "walks" / "files"
    held.mkdir(parents=True)
    (held / "walk.parquet").write_bytes((folder / "walk.parquet").read_bytes())
    parts = (*walks.conversion.parts, ConversionPart(files=("run*.parquet", "jog*.parquet")))
    entry = replace(walks, conversion=replace(walks.conversion, parts=parts))
    made = _make(entry, out=tmp_path / "made")
    assert len(made.data) == 30
    assert "no file named like run*.parquet or jog*.parquet" in made.manifest.notes


def test_wrong_files_are_refused_with_the_names_that_are_right(walks, tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SchemaError, match=r"named like walk\*\.parquet") as caught:
        _make(walks, tmp_path / "other.csv", out=tmp_path / "made")
    assert caught.value.got == "other.csv"
    with pytest.raises(FileReadError, match="nothing at that path"):
        _make(walks, tmp_path / "nowhere", out=tmp_path / "made")


def test_a_set_without_its_table_of_subjects_is_refused(walks, folder, tmp_path):
    entry = replace(walks, conversion=replace(walks.conversion, subjects=("people.csv",)))
    with pytest.raises(FileReadError, match="table of subjects of walks, people"):
        _make(entry, folder, out=tmp_path / "made")


def test_an_unknown_set_and_one_that_cannot_be_converted(tmp_path):
    with pytest.raises(SchemaError, match="did you mean gaitpdb"):
        make_dataset("GaitPD", [tmp_path], tmp_path / "made")
    with pytest.raises(SchemaError, match="MATLAB table objects"):
        make_dataset("camargo_2021", [tmp_path], tmp_path / "made")


@pytest.mark.parametrize("name", ["biomechzoo_sample", "locohub_falisse_2016"])
def test_a_set_of_too_few_people_is_refused_before_any_work(tmp_path, name):
    with pytest.raises(SplitLeakError, match="at least 5 subjects") as caught:
        make_dataset(name, [tmp_path / "nowhere"], tmp_path / "made")
    assert "locomotion convert" in caught.value.fix


# The licence


@pytest.mark.parametrize(
    ("licence", "use", "allowed"),
    [
        ("CC-BY-4.0", "commercial", True),
        ("CC-BY-NC-4.0", "share", True),
        ("CC-BY-NC-4.0", "commercial", False),
        ("CC-BY-NC-ND-4.0", "share", False),
        ("CC-BY-NC-ND-4.0", "own", True),
        ("LicenseRef-not-stated", "share", False),
    ],
)
def test_a_licence_that_forbids_a_use_is_refused(licence, use, allowed):
    if allowed:
        assert refuse_forbidden(licence, [use], "walks") == TERMS[licence]
    else:
        with pytest.raises(LicenceError, match=r"a use that the licence allows"):
            refuse_forbidden(licence, ["own", use], "walks")


def test_the_licence_comes_before_the_files(tmp_path):
    with pytest.raises(LicenceError, match="states no licence"):
        make_dataset("horst_2019", [tmp_path / "nowhere"], tmp_path / "made", uses=["share"])
    with pytest.raises(SchemaError, match="a use among own"):
        make_dataset("horst_2019", [tmp_path / "nowhere"], tmp_path / "made", uses=["sell"])


def test_the_terms_of_every_licence_in_the_catalogue_are_known():
    assert {entry.licence for entry in entries().values()} <= set(TERMS)
    with pytest.raises(SchemaError, match="a licence among"):
        terms_of("CC-BY-5.0")


def test_a_folder_names_the_subject_where_files_are_called_by_speed():
    (part,) = catalog_entry("hood_2020").conversion.parts
    path = Path("Hood/TF07/Vicon Workspace/0p6_01.c3d")
    assert PathPattern(part.subject_from).match(path) == {"subject": "TF07", "trial": "0p6_01"}


# Column maps of the catalogue, on tables made up in the layout that was published


def test_every_map_of_the_catalogue_can_be_read():
    maps = [file for entry in entries().values() for file in entry.conversion.column_maps]
    assert len(maps) > 8
    for file in maps:
        assert ColumnMap.from_yaml(column_map_path(file)).channels


def _stance(n, seed):
    """Vertical force over the stance: two humps, a different height for each step."""
    x = np.linspace(0, 1, 101)
    rng = np.random.default_rng(seed)
    hump = np.sin(np.pi * x) ** 0.6 * (1 - 0.25 * np.sin(np.pi * x) ** 4)
    return hump * rng.uniform(1.0, 1.2, (n, 1))


def _converted(entry, folder):
    parts = []
    for part in entry.conversion.parts:
        files = [file for pattern in part.files for file in sorted(folder.glob(pattern))]
        column_map = ColumnMap.from_yaml(column_map_path(part.column_map))
        parts.append(convert(files, column_map=column_map).data)
    return LocomotionData.concat(parts)


def test_gaitrec_is_read_in_its_published_layout(tmp_path):
    """Table 3 and 4 of Horsak 2020: identifiers, 101 points of stance, metadata a session."""
    people = pd.DataFrame(
        {
            "SUBJECT_ID": [7, 9, 9],
            "SESSION_ID": [70, 90, 91],
            "CLASS_LABEL": ["HC", "K", "K"],
            "CLASS_LABEL_DETAILED": ["HC", "K_R", "K_R"],
            "SEX": [0, 1, 1],
            "AGE": [41, 63, 63],
            "HEIGHT": [170, 181, 181],
            "BODY_WEIGHT": [600.0, 800.0, 810.0],
            "BODY_MASS": [61.2, 81.5, 82.6],
            "SHOE_SIZE": [39.0, 44.0, 44.0],
            "AFFECTED_SIDE": [np.nan, 1, 1],
            "SHOD_CONDITION": [1, 1, 1],
            "ORTHOPEDIC_INSOLE": [0, 0, 0],
            "SPEED": [2, 1, 2],
            "TRAIN": [1, 0, 0],
        }
    )
    people.to_csv(tmp_path / "GRF_metadata.csv", index=False)
    steps = pd.DataFrame(
        {"SUBJECT_ID": [7, 7, 9, 9], "SESSION_ID": [70, 70, 90, 91], "TRIAL_ID": [1, 2, 1, 1]}
    )
    for seed, side in enumerate(("left", "right")):
        curves = _stance(4, seed)
        points = {f"F_V_PRO_{point + 1}": curves[:, point] for point in range(101)}
        table = pd.concat([steps, pd.DataFrame(points)], axis=1)
        table.to_csv(tmp_path / f"GRF_F_V_PRO_{side}.csv", index=False)
    data = _converted(catalog_entry("gaitrec"), tmp_path)
    cycles = data.cycles.set_index(["subject", "session_id", "step"])
    assert len(data) == 8
    assert set(data.cycles["subject"]) == {"GR7", "GR9"}
    row = cycles.loc[("GR9", 90, 3)]
    assert (row["side"], row["pathology"], row["sex"]) == ("right", "knee_impairment", "male")
    assert (row["affected_side"], row["speed_class"]) == ("right", "slow")
    assert (row["age"], row["height_m"], row["mass_kg"]) == pytest.approx((63, 1.81, 81.5))
    assert set(data.cycles.loc[data.cycles["subject"] == "GR7", "pathology"]) == {"healthy"}
    # Right step of subject 9 in session 90: its highest force is that of the file, at the
    # published end of stance the foot leaves the ground.
    curve = data.curves("grf_vertical_ipsi_BW")[cycles.index.get_loc(("GR9", 90, 3))]
    assert curve.max() == pytest.approx(_stance(4, 1)[2].max(), rel=0.01)
    assert (curve[100:] == 0).all()
    assert curve[40] > 0.5


def test_gutenberg_is_read_in_its_published_layout(tmp_path):
    """Table 3 of Horst 2021: four identifiers, then the points."""
    ids = {
        "DATASET_ID": [1, 1, 2],
        "SUBJECT_ID": [1, 2, 2],
        "SESSION_ID": [1, 1, 1],
        "TRIAL_ID": [1, 1, 1],
    }
    for seed, side in enumerate(("left", "right")):
        points = {f"F_V_PRO_{p + 1}": _stance(3, seed)[:, p] for p in range(101)}
        table = pd.DataFrame(ids | points)
        table.to_csv(tmp_path / f"GRF_F_V_PRO_{side}.csv", index=False)
    data = _converted(catalog_entry("gutenberg"), tmp_path)
    assert len(data) == 6
    # The same number is one person, whatever the measuring campaign: never on both sides.
    assert set(data.cycles["subject"]) == {"GG1", "GG2"}
    assert sorted(data.cycles["side"].unique()) == ["left", "right"]


def test_lencioni_is_read_in_its_published_layout(tmp_path):
    """A struct s with names, and an array of structs of one stride each."""
    angles = [
        "PelvisFlx",
        "PelvisAdd",
        "PelvisRot",
        "HipFlx",
        "HipAdd",
        "HipRot",
        "KneeFlx",
        "KneeAdd",
        "KneeRot",
    ]
    angles += ["AnkleFlx", "AnkleAdd", "AnkleRot"]
    moments = [f"{name}Mom" for name in angles[3:]]
    percent = np.linspace(0, 100, 101)
    tasks = ["Walking", "Walking", "ToeWalking", "StepUp", "StepDown"]
    strides = np.empty((1, len(tasks)), dtype=object)
    for number, task in enumerate(tasks):
        strides[0, number] = {
            "Task": task,
            "Foot": "RX" if number % 2 == 0 else "LX",
            "cadence": 110.0 + number,
            "Ang": np.stack([100 * number + place + percent / 100 for place in range(12)]),
            "Mom": np.stack([number + place / 10 + percent / 1000 for place in range(9)]),
            "EMG": np.zeros((8, 900 + number)),
            "Grf": np.zeros((9, 300 + number)),
            "TimeStampKin": 3.59,
        }
    content = {
        "AngVarName": np.array(angles, dtype=object),
        "MomVarName": np.array(moments, dtype=object),
        "KinFreq": 200.0,
        "Data": np.array(
            [tuple(one.values()) for one in strides[0]],
            dtype=[(name, object) for name in strides[0, 0]],
        ).reshape(1, -1),
    }
    for subject in (3, 12):
        savemat(tmp_path / f"Subject{subject}.mat", {"s": content})
    data = _converted(catalog_entry("lencioni_2019"), tmp_path)
    assert len(data) == 10
    assert set(data.cycles["subject"]) == {"Subject3", "Subject12"}
    cycles = data.cycles[data.cycles["subject"] == "Subject12"].reset_index(drop=True)
    assert cycles["task"].tolist() == [
        "level_walking",
        "level_walking",
        "toe_walking",
        "stair_ascent",
        "stair_descent",
    ]
    assert cycles["side"].tolist() == ["right", "left", "right", "left", "right"]
    assert cycles["cadence_steps_min"].tolist() == [110, 111, 112, 113, 114]
    rows = np.flatnonzero(data.cycles["subject"] == "Subject12")
    knee = np.degrees(data.curves("knee_flexion_angle_ipsi_rad")[rows])
    assert knee[:, 0] == pytest.approx([6, 106, 206, 306, 406], rel=1e-5)
    assert knee[:, -1] == pytest.approx(knee[:, 0] + 1, rel=1e-5)
    # Plantarflexion is positive in the file, dorsiflexion here.
    moment = data.curves("ankle_dorsiflexion_moment_ipsi_Nm_kg")[rows]
    assert moment[:, 0] == pytest.approx(-np.array([0.6, 1.6, 2.6, 3.6, 4.6]), rel=1e-5)


def _strides_over_time(cycle, stride_s, n_strides, rate_hz):
    """Return the curves of one cycle as signals over several strides of it."""
    time = np.arange(round(n_strides * stride_s * rate_hz)) / rate_hz
    percent = 100 * (time / stride_s % 1)
    return {
        name: np.interp(percent, np.linspace(0, 100, 150), cycle.curves(name)[0])
        for name in cycle.channels
    }


def _trial_of_van_der_zee(cycle, n_strides):
    """Return the structs of one trial: by the published README, knee extension is positive."""
    slow = _strides_over_time(cycle, 1.1, n_strides, 120)
    fast = _strides_over_time(cycle, 1.1, n_strides, 1200)
    mass = float(cycle.cycles["mass_kg"].iloc[0])
    model, force = {}, {}
    for leg, side, plate in (("r", "ipsi", "force2"), ("l", "contra", "force1")):
        for short, motion in JOINTS.items():
            sign = -1 if short == "kne" else 1
            for quantity, unit, factor in (("angle", "rad", 180 / np.pi), ("moment", "Nm_kg", 1)):
                own = sign * factor * slow[f"{motion}_{quantity}_{side}_{unit}"]
                model[f"{leg}_{short}_{quantity}"] = np.stack([own, 7 + 0 * own, 9 + 0 * own], 1)
        own = fast[f"grf_vertical_{side}_BW"] * mass * 9.80665
        force[plate] = np.stack([0.1 * own, 0.2 * own, own], 1)
    return model, force, {"Mass": mass, "Height": 1.75}, {"FRAMES": np.arange(3.0)}


JOINTS = {"hip": "hip_flexion", "kne": "knee_flexion", "ank": "ankle_dorsiflexion"}


def test_van_der_zee_is_read_in_its_published_layout(tmp_path):
    """An array of structs, one a trial, each with structs of matrices at two rates; gaps in it."""
    people = simulate(n_subjects=2, n_cycles=1, tasks=["level_walking"], seed=4)
    kind = [(name, object) for name in ("Link_Model_Based", "Force", "Subject", "Time")]
    missing = (np.empty((0, 0)),) * len(kind)
    for number in range(2):
        trials = [missing] * 33
        for trial in (1, 14, 16)[number:]:
            trials[trial - 1] = _trial_of_van_der_zee(people.take([number]), 4 + trial % 3)
        trials[30] = missing[:1] + trials[15][1:]  # forces without motion capture
        content = {"data": np.array(trials, dtype=kind).reshape(1, -1)}
        savemat(tmp_path / f"p{number + 1}_5StridesData.mat", content)
    data = _converted(catalog_entry("van_der_zee_2022"), tmp_path)
    cycles = data.cycles
    speeds = cycles.groupby(["subject", "task_id"], observed=True)["speed_m_s"].first()
    assert speeds.to_dict() == {
        ("p1", "1"): 0.7,
        ("p1", "14"): 1.8,
        ("p1", "16"): 2.0,
        ("p2", "14"): 1.8,
        ("p2", "16"): 2.0,
    }
    assert set(cycles["height_m"]) == {1.75}
    assert cycles["mass_kg"].nunique() == 2
    assert cycles["treadmill"].all()
    assert "recordings without all of the map's channels: trial 31" in str(data.history)
    # Strides are cut at the feet's own forces, and come back as the curves that went in.
    right = np.flatnonzero((cycles["subject"] == "p2") & (cycles["side"] == "right"))
    assert len(right) >= 6
    for motion in JOINTS.values():
        for name in (f"{motion}_angle_ipsi_rad", f"{motion}_moment_ipsi_Nm_kg"):
            known = people.curves(name)[1]
            assert np.abs(data.curves(name)[right] - known).mean() < 0.03 * np.ptp(known), name
    force = data.curves("grf_vertical_ipsi_BW")[right]
    assert np.abs(force - people.curves("grf_vertical_ipsi_BW")[1]).mean() < 0.02


@pytest.mark.parametrize(
    ("name", "file", "columns", "speeds"),
    [
        ("fukuchi_walking_2018", "WBDS01walkT05ang.txt", "{side}{Joint}AngleZ", ("",)),
        (
            "fukuchi_running_2017",
            "RBDS001processed.txt",
            "{side}{joint}AngZ{speed}",
            ("25", "35", "45"),
        ),
    ],
)
def test_both_legs_and_all_speeds_are_told_apart(tmp_path, name, file, columns, speeds):
    percent = np.arange(101.0)
    table, expected = {"PercGcycle": percent}, {}
    for number, (side, joint, speed) in enumerate(
        (side, joint, speed)
        for side in "RL"
        for joint in ("hip", "knee", "ankle")
        for speed in speeds
    ):
        title = columns.format(side=side, joint=joint, Joint=joint.capitalize(), speed=speed)
        table[title] = number + percent / 10
        expected[side, joint, speed] = number
    np.savetxt(
        tmp_path / file,
        np.column_stack(list(table.values())),
        "%.6g",
        delimiter="\t",
        header="\t".join(table),
        comments="",
    )
    data = _converted(catalog_entry(name), tmp_path)
    sides = "RL" if name == "fukuchi_walking_2018" else "R"
    assert len(data) == len(sides) * len(speeds)
    knee = np.degrees(data.curves("knee_flexion_angle_ipsi_rad")[:, 0])
    assert sorted(knee) == pytest.approx(
        sorted(expected[side, "knee", speed] for side in sides for speed in speeds), abs=1e-4
    )
    if speeds != ("",):
        by_speed = dict(zip(data.cycles["speed_m_s"], knee, strict=True))
        assert by_speed[4.5] == pytest.approx(expected["R", "knee", "45"], abs=1e-4)


# Real recordings


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "place", "subjects", "cycles", "error"),
    [
        ("bertaux_hip_2022", "raw/curve_tables/hip_oa", 186, 556, "begins half a cycle off, 278"),
        (
            "bmc_ric_running",
            "raw/curve_tables/running",
            46,
            1614,
            "angle jumps between two samples",
        ),
    ],
)
def test_real_curves_become_datasets(shared_data, tmp_path, name, place, subjects, cycles, error):
    made = make_dataset(name, [shared_data / place], tmp_path / name)
    assert (made.manifest.n_subjects, made.manifest.n_cycles) == (subjects, cycles)
    assert any(error in note for note in made.manifest.notes)


@pytest.mark.slow
def test_insoles_of_ten_people_become_a_dataset_that_says_it_is_part(shared_data, tmp_path):
    with pytest.warns(LocomotionWarning, match=r"10 of the 166|not converted"):
        made = make_dataset("gaitpdb", [shared_data / "raw" / "insole_grf"], tmp_path / "gaitpdb")
    assert {"healthy", "parkinsons"} == set(made.data.cycles["pathology"])
    assert "files with the hash that their publisher gives: 3" in made.manifest.notes
    assert any("GaPt04_01.txt.gz" in note for note in made.manifest.notes)
    assert "subjects: 10 of the 166 that are published" in made.manifest.notes
    shares = made.splits.groupby("subject")["split"].nunique()
    assert (shares == 1).all()
