import csv
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import FileReadError, SchemaError, UnitError
from locomotion_analysis.ingest import ColumnMap, convert, read_subjects

PHASES = np.linspace(0, 100, 150)


def table(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "subjects.csv"
    path.write_bytes(text.encode(encoding))
    return read_subjects(path)


def said(subjects):
    return "\n".join(map(str, subjects.history))


def test_semicolons_quotes_and_decimal_commas_of_a_real_table(shared_data):
    subjects = read_subjects(shared_data / "raw" / "opensim_s01" / "subject_info.csv")
    assert len(subjects) == 57
    assert subjects["S01"] == {"sex": "male", "age": 29.0, "mass_kg": 68.9, "height_m": 1.75}
    assert subjects["S53"]["mass_kg"] == 69.75
    assert "1 = female" in said(subjects)


def test_ragged_tabs_mixed_units_and_a_typing_error_of_a_real_table(shared_data):
    path = shared_data / "raw" / "insole_grf" / "demographics.txt"
    subjects = read_subjects(path)
    assert len(subjects) == 166
    body = {"sex": "male", "age": 77.0, "height_m": 1.83, "mass_kg": 85.0}
    assert {key: subjects["JuPt01"][key] for key in body} == body
    assert (subjects["JuPt01"]["hoehnyahr"], subjects["JuPt01"]["tuag"]) == (2.0, 15.5)
    assert subjects["GaPt03"]["sex"] == "female"  # 2, by ISO/IEC 5218
    assert "mass_kg" not in subjects["GaPt04"]  # NaN in the file
    assert subjects["Juc010"]["mass_kg"] == 78.0  # as it stands there
    heights = [known["height_m"] for known in subjects.values() if "height_m" in known]
    assert 1.4 < min(heights) <= max(heights) < 2.0
    for words in ("Height: cm", "Height: m", "1 = male", "UPDRS"):
        assert words in said(subjects)


@pytest.mark.parametrize(
    ("heading", "cell", "key", "value"),
    [
        ("body mass [kg]", "68,9", "mass_kg", 68.9),
        ("Weight (lb)", "150", "mass_kg", 68.038855),
        ("mass_g", "70000", "mass_kg", 70.0),
        ("body size [m]", "1,75", "height_m", 1.75),
        ("Height (cm)", "175", "height_m", 1.75),
        ("height_mm", "1750", "height_m", 1.75),
        ("Height [m]", "175", "height_m", 1.75),  # the heading lies
        ("stature", "1.75", "height_m", 1.75),
        ("leg length [cm]", "90", "leg_length_m", 0.9),
        ("Body weight (pounds)", "154.3", "mass_kg", 69.989303),  # 154.3 x 0.45359237
        ("Weight in lbs", "100", "mass_kg", 45.359237),
        ("weight (stone)", "11", "mass_kg", 69.853225),  # 11 x 14 x 0.45359237
        ("Weight (N)", "686.4655", "mass_kg", 70.0),  # 70 x 9.80665
        ("Height (inches)", "70", "height_m", 1.778),  # 70 x 2.54 cm
        ("height/feet", "5.5", "height_m", 1.6764),  # 66 inches
        ("height_inches", "70", "height_m", 1.778),
        ("Height (Centimeters)", "175", "height_m", 1.75),
        ("Age (months)", "18", "age", 1.5),
        ("age (weeks)", "60", "age", 1.149897),  # 420 days of 1/365.25
        ("Age [days]", "730.5", "age", 2.0),
        ("Sex (F=1 M=2)", "1", "sex", "female"),
        ("Sex (female: 0, male: 1)", "0", "sex", "female"),
        ("Gender (2 = female; 1 = male)", "2", "sex", "female"),
        ("sex: f=1, m=2", "1", "sex", "female"),
        ("age", "30", "age", 30.0),
        ("Gender", "F", "sex", "female"),
        ("sex", "Male", "sex", "male"),
        ("gender [m: 1, f: 2]", "f", "sex", "female"),
        ("diagnosis", "stroke", "pathology", "stroke"),
        ("diagnosis (0=healthy, 1=stroke)", "1", "pathology", "stroke"),
        ("Gewicht (kg)", "70,5", "mass_kg", 70.5),
        ("Körpergröße [cm]", "178", "height_m", 1.78),
        ("Alter (Monate)", "18", "age", 1.5),
        ("Geschlecht (1=w 2=m)", "1", "sex", "female"),
        ("Sex (1=Mädchen 2=Junge)", "1", "sex", "female"),
        ("taille (cm)", "178", "height_m", 1.78),
        ("âge (ans)", "30", "age", 30.0),
        ("sexe", "femme", "sex", "female"),
        ("sexo", "mujer", "sex", "female"),
        ("peso", "70", "mass_kg", 70.0),
        ("geslacht", "V", "sex", "female"),
        ("BodyMassKg", "70", "mass_kg", 70.0),
        ("WeightLbs", "154.3", "mass_kg", 69.989303),
        ("Mass..kg.", "70", "mass_kg", 70.0),  # as R writes Mass (kg)
        ("Body.weight..lb.", "154.3", "mass_kg", 69.989303),
        ("mass", "70 kg", "mass_kg", 70.0),
        ("weight (kg)", "154.3 lbs", "mass_kg", 69.989303),
        ("height", "178cm", "height_m", 1.78),
        ("height", "5'10\"", "height_m", 1.778),
        ("height (ft)", "5 ft 10 in", "height_m", 1.778),
        ("age", "18 months", "age", 1.5),
        ("sex", "1.0", "sex", "male"),  # a column of numbers with a gap
        ("Sex (F=1 M=2)", "1.0", "sex", "female"),
    ],
)
def test_headings_and_units(tmp_path, heading, cell, key, value):
    assert table(tmp_path, f"ID;{heading}\nA;{cell}\n")["A"] == {key: value}


@pytest.mark.parametrize(
    "heading",
    [
        "id",
        "ID",
        "subject_id [number]",
        "Participant",
        "Patient ID",
        "Proband",
        "sujet",
        "paziente",
    ],
)
def test_headings_of_the_name(tmp_path, heading):
    assert list(table(tmp_path, f"{heading};age\n007;30\n")) == ["007"]


def test_what_is_not_known_is_left_out_and_said(tmp_path):
    subjects = table(tmp_path, "id;sex;height;mass\nA;0;17.5;abc\nB;1;175;900\n")
    assert subjects["A"] == {}
    assert subjects["B"] == {"height_m": 1.75}
    for words in ("0, 1 not known as a sex", "height: outside", "abc no number", "mass: outside"):
        assert words in said(subjects)


def test_windows_text_is_read_and_said(tmp_path):
    subjects = table(tmp_path, "id;age;Größe\nJürgen;30;x\n", encoding="cp1252")
    assert list(subjects) == ["Jürgen"]
    assert "Windows-1252" in said(subjects)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("age;mass\n30;70\n", "names the subjects"),
        ("id;age\nA;30;5\n", "at most 2 cells"),
        ("id;age\n;30\n", "at least one subject"),
    ],
)
def test_tables_that_cannot_be_used(tmp_path, text, message):
    with pytest.raises(SchemaError, match=message) as caught:
        table(tmp_path, text)
    assert "subjects.csv" in caught.value.where


@pytest.mark.parametrize(
    ("heading", "cell", "error", "got"),
    [
        ("weight (drams)", "70", UnitError, "'drams'"),
        ("Height (hands)", "17", UnitError, "'hands'"),
        ("age (fortnights)", "30", UnitError, "'fortnights'"),
        ("Sex (F, M)", "1", SchemaError, "'F, M'"),
        ("Sex (1/2)", "1", SchemaError, "'1/2'"),
    ],
)
def test_what_a_heading_states_is_understood_or_refused(tmp_path, heading, cell, error, got):
    with pytest.raises(error) as caught:
        table(tmp_path, f"id;{heading}\nA;{cell}\n")
    assert caught.value.got == got
    assert heading in caught.value.where


def test_lengths_that_may_be_inches_are_not_guessed(tmp_path):
    subjects = table(tmp_path, "id;height;leg length\nA;70;36\nB;64;33\n")
    assert subjects["A"] == subjects["B"] == {}
    assert "centimetres or inches" in said(subjects)


def test_rows_of_a_subject_may_be_rounded_differently(tmp_path):
    subjects = table(tmp_path, "id;mass;leg length\nA;80;0.94\nA;80.4;0.9375\n")
    assert subjects["A"] == {"mass_kg": 80.4, "leg_length_m": 0.9375}
    assert "rounded in another row" in said(subjects)


def test_rows_that_contradict_each_other_cost_that_field_of_that_subject(tmp_path):
    text = "id;leg length;age;TUG (s)\nA;0.94;30;9\nA;0.88;30;12\nA;0.94;30;9\nB;0.9;40;8\n"
    subjects = table(tmp_path, text)
    assert subjects["A"] == {"age": 30.0}
    assert subjects["B"] == {"leg_length_m": 0.9, "age": 40.0, "tug_s": 8.0}
    assert "dropped: leg_length_m of A: rows disagree (0.94, 0.88)" in said(subjects)
    assert "dropped: tug_s of A: rows disagree (9.0, 12.0)" in said(subjects)


CLINICAL = """\
ID;Hoehn & Yahr;UPDRS-III (off);TUG [s];Group;Remark;Code;Task;side;Subject name;Date of birth;Aid
P1;2,5;31;11,2;PD;freezes, turns slowly;007;walks;left;Ann Doe;1950-01-02;none
P2;;n/a;9,8;control;;012;stands;right;Bob Roe;1961-03-04;cane
"""


def test_clinical_columns_are_carried_over_under_tidy_names(tmp_path):
    subjects = table(tmp_path, CLINICAL)
    assert subjects["P1"] == {
        "hoehn_yahr": 2.5,
        "updrs_iii_off": 31.0,
        "tug_s": 11.2,
        "group": "PD",
        "remark": "freezes, turns slowly",
        "code": "007",
        "table_task": "walks",
        "table_side": "left",
        "aid": "none",
    }
    assert subjects["P2"].keys() == subjects["P1"].keys() - {
        "hoehn_yahr",
        "updrs_iii_off",
        "remark",
    }
    assert "renamed: column Hoehn & Yahr of the subject table -> hoehn_yahr" in said(subjects)
    for heading in ("Subject name", "Date of birth"):
        assert f"column {heading} of the subject table: it names a person" in said(subjects)
    assert "Doe" not in said(subjects)


@pytest.mark.parametrize(
    "heading",
    [
        "Dataset",
        "subject_task",
        "step",
        "Trial",
        "phase_ipsi",
        "time",
        "Speed_m_s",
        "stance percent",
        "knee_flexion_angle_ipsi_rad",
        "vertical_grf_ipsi_BW",
    ],
)
def test_no_column_of_a_subject_table_takes_a_name_of_the_cycles(tmp_path, heading):
    (known,) = table(tmp_path, f"id;{heading}\nA;5\n").values()
    (name,) = known
    assert name.startswith("table_") or name == "subject_task"


def test_columns_that_become_one_name_stay_two(tmp_path):
    subjects = table(tmp_path, "id;TUG (s);TUG [s];tug s 2\nA;1;2;3\n")
    assert subjects["A"] == {"tug_s": 1.0, "tug_s_2": 2.0, "tug_s_2_2": 3.0}


def test_units_may_stand_in_a_row_below_the_heading(tmp_path):
    subjects = table(tmp_path, "id;mass;height;age;TUG\n;lb;[in];years;s\nA;154,3;70;30;9\n")
    assert subjects["A"]["mass_kg"] == pytest.approx(154.3 * 0.45359237, abs=1e-4)
    assert subjects["A"]["height_m"] == pytest.approx(1.778)
    assert subjects["A"]["tug_s"] == 9.0
    assert "units in the row below the heading" in said(subjects)
    assert len(table(tmp_path, "id;mass;height\nA;70;1.75\n")) == 1


def test_clinical_columns_reach_the_cycles(tmp_path):
    time = np.arange(0, 6, 0.01)
    rows = ["time_s,knee_flexion_angle_left_rad,hip_flexion_angle_left_rad"]
    for t in time:
        x = 2 * np.pi * t / 1.1
        rows.append(f"{t:.2f},{0.5 - 0.5 * np.cos(x - 0.6):.6f},{0.3 * np.cos(x):.6f}")
    frame = pd.read_csv(io.StringIO("\n".join(rows))).assign(subject="P1", task="level_walking")
    frame["knee_flexion_angle_right_rad"] = np.roll(frame["knee_flexion_angle_left_rad"], 55)
    frame["hip_flexion_angle_right_rad"] = np.roll(frame["hip_flexion_angle_left_rad"], 55)
    frame.to_parquet(tmp_path / "walk.parquet")
    subjects = table(tmp_path, CLINICAL)
    data = convert([tmp_path / "walk.parquet"], subjects=subjects).data
    assert set(data.cycles["subject"]) == {"P1"}
    assert set(data.cycles["task"]) == {"level_walking"}
    assert set(data.cycles["hoehn_yahr"]) == {2.5}
    assert set(data.cycles["remark"]) == {"freezes, turns slowly"}
    data.to_parquet(tmp_path / "out.parquet")
    again = LocomotionData.from_parquet(tmp_path / "out.parquet").cycles
    assert set(again["updrs_iii_off"]) == {31.0}
    assert set(again["code"]) == {"007"}


def test_clinical_columns_reach_cycles_that_a_table_holds_already(tmp_path):
    rows = ["who,mass,k0,k1"] + [f"{who},{mass},0,1" for who, mass in (("p1", 60), ("P3", 80))]
    (tmp_path / "curves.csv").write_text("\n".join(rows))
    (tmp_path / "map.yaml").write_text(
        "layout: curves\nchannels: {knee_flexion_angle_ipsi_rad: {columns: 'k{point}'}}\n"
        "cycles: {subject: {column: who}, task: run, mass_kg: {column: mass, unit: kg}}\n"
    )
    subjects = table(tmp_path, CLINICAL.replace("TUG [s]", "mass [kg]"))
    column_map = ColumnMap.from_yaml(tmp_path / "map.yaml")
    data = convert([tmp_path / "curves.csv"], column_map=column_map, subjects=subjects).data
    cycles = data.cycles.set_index("subject")
    assert cycles.loc["p1", "remark"] == "freezes, turns slowly"
    assert cycles["mass_kg"].tolist() == [11.2, 80.0]  # the table's over the file's
    assert cycles["hoehn_yahr"].isna().tolist() == [False, True]
    assert cycles["task"].tolist() == ["run", "run"]
    history = "\n".join(map(str, data.history))
    assert "subject p1 is P1 of the table of subjects" in history
    assert "subject P3: not in the table of subjects" in history
    assert "replaced: mass_kg: the table of subjects over the file (1)" in history


def test_a_missing_name_is_no_subject(tmp_path):
    subjects = table(tmp_path, "id;age\nNA;30\n-;40\nB;50\n")
    assert list(subjects) == ["B"]
    assert "rows without a subject" in said(subjects)


@pytest.mark.parametrize("raw", [b"", b" \n\n", b"PK\x03\x04\x00\x00"])
def test_files_that_are_no_text(tmp_path, raw):
    path = tmp_path / "subjects.csv"
    path.write_bytes(raw)
    with pytest.raises(FileReadError):
        read_subjects(path)
    with pytest.raises(FileReadError, match="nothing at that path"):
        read_subjects(tmp_path / "absent.csv")


NAMES = st.text("ABCdef123 ;,\t\"'", min_size=1, max_size=8).filter(lambda name: name.strip())


@given(
    people=st.dictionaries(
        NAMES.map(str.strip).filter(lambda name: "0" not in name and len(name) > 0),
        st.tuples(st.integers(30, 150), st.integers(120, 210)),
        min_size=1,
        max_size=6,
    ),
    delimiter=st.sampled_from([";", ",", "\t"]),
    comma=st.booleans(),
)
def test_what_is_written_is_read(tmp_path_factory, people, delimiter, comma):
    path = tmp_path_factory.mktemp("subjects") / "s.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerow(["subject", "mass [kg]", "height [m]"])
        for name, (mass, centimetres) in people.items():
            height = f"{centimetres / 100:.2f}"
            writer.writerow([name, mass, height.replace(".", ",") if comma else height])
    wanted = {name: {"mass_kg": m, "height_m": cm / 100} for name, (m, cm) in people.items()}
    assert {name: dict(known) for name, known in read_subjects(path).items()} == wanted


def test_units_are_those_that_a_map_knows(tmp_path):
    found = table(tmp_path, "id;height (in);mass (lb);age (months)\nA;70;154,3;300\n")
    assert found["A"]["height_m"] == pytest.approx(1.778)
    assert found["A"]["mass_kg"] == pytest.approx(69.99, abs=0.01)
    assert found["A"]["age"] == pytest.approx(25.0)
    assert "height (in): in" in "\n".join(map(str, found.history))


def test_the_letter_h_is_a_man_and_beside_it_m_a_woman(tmp_path):
    spanish = table(tmp_path, "id;sexo\nA;H\nB;M\n")
    assert (spanish["A"]["sex"], spanish["B"]["sex"]) == ("male", "female")
    assert "assumed: sexo: H = male, M = female" in said(spanish)
    french = table(tmp_path, "id;sexe\nA;H\nB;F\n")
    assert (french["A"]["sex"], french["B"]["sex"]) == ("male", "female")


def test_two_columns_of_one_quantity_that_disagree_cost_it(tmp_path):
    text = "id;weight (lbs);mass (kg)\nA;154.3;70\nB;154.3;95\n"
    subjects = table(tmp_path, text)
    assert subjects["A"]["mass_kg"] == pytest.approx(69.989303)
    assert "mass_kg" not in subjects["B"]
    assert "columns weight (lbs) and mass (kg) disagree (1)" in said(subjects)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_text_in_utf_16_is_known_by_its_mark(tmp_path, encoding):
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    assert table(tmp_path, f"{mark}id\tage\nJ\u00fc\t30\n", encoding=encoding)["J\u00fc"] == {
        "age": 30.0
    }


def test_a_line_by_which_excel_knows_the_delimiter_is_no_heading(tmp_path):
    assert table(tmp_path, "sep=;\nid;age\nA;30\n")["A"] == {"age": 30.0}


def test_numbers_that_name_people_have_no_decimal_point(tmp_path):
    assert list(table(tmp_path, "id;age\n1.0;30\n2.0;31\n;32\n")) == ["1", "2"]


@pytest.mark.parametrize("cell", [".", "#NV", "#DIV/0!", "#NULL!"])
def test_what_statistics_and_spreadsheets_write_for_nothing_is_missing(tmp_path, cell):
    subjects = table(tmp_path, f"id;age;score\nA;{cell};{cell}\nB;30;4\n")
    assert subjects["A"] == {}
    assert subjects["B"] == {"age": 30.0, "score": 4.0}


def test_measures_of_the_legs_go_by_usual_headings(tmp_path):
    headings = {
        "Left leg length (mm)": (812, "leg_length_left_m", 0.812),
        "Leg length [R]": ("81,5", "leg_length_right_m", 0.815),
        "LKneeWidth [mm]": (98, "knee_width_left_m", 0.098),
        "knee_width_right_m": ("0,1", "knee_width_right_m", 0.1),
        "ankle width": ("7,2", "ankle_width_m", 0.072),
        "Marker diameter [mm]": (14, "marker_diameter_m", 0.014),
        "Inter-ASIS distance (cm)": ("24", "asis_distance_m", 0.24),
    }
    path = tmp_path / "people.csv"
    cells = [str(value) for value, _, _ in headings.values()]
    path.write_text(";".join(["subject", *headings]) + "\n" + ";".join(["P1", *cells]) + "\n")
    known = read_subjects(path)["P1"]
    assert known == pytest.approx({name: value for _, name, value in headings.values()})


def test_units_in_a_column_of_their_own_are_those_of_their_rows(tmp_path):
    text = "id,mass,mass unit,height,height_units\nS1,154,lb,70,in\nS2,70,kg,175,cm\nS3,80,,1.8,m\n"
    subjects = table(tmp_path, text)
    masses = [subjects[name]["mass_kg"] for name in ("S1", "S2", "S3")]
    heights = [subjects[name]["height_m"] for name in ("S1", "S2", "S3")]
    np.testing.assert_allclose(masses, [154 * 0.45359237, 70.0, 80.0], atol=1e-5)
    np.testing.assert_allclose(heights, [70 * 0.0254, 1.75, 1.8], atol=1e-5)
    assert "mass: units in the column mass unit" in said(subjects)


@pytest.mark.parametrize("headings", ["height_ft,height_in", "Height (in),Height (ft)"])
def test_feet_and_inches_in_two_columns_are_one_height(tmp_path, headings):
    cells = ["5,10", "6,2.5"] if headings.startswith("height_ft") else ["10,5", "2.5,6"]
    subjects = table(tmp_path, f"id,{headings}\nS1,{cells[0]}\nS2,{cells[1]}\n")
    assert subjects["S1"]["height_m"] == pytest.approx(1.778)
    assert subjects["S2"]["height_m"] == pytest.approx(74.5 * 0.0254)
    assert "feet and inches of one length" in said(subjects)


def test_a_height_in_feet_and_again_in_inches_stays_one(tmp_path):
    subjects = table(tmp_path, "id,Height (ft),Height (in)\nS1,5.83,70\nS2,5.0,60\n")
    assert subjects["S1"]["height_m"] == pytest.approx(5.83 * 0.3048)
    assert subjects["S2"]["height_m"] == pytest.approx(1.524)


def test_a_measure_that_two_columns_contradict_does_not_come_back_with_the_cycles(tmp_path):
    path = tmp_path / "subjects.csv"
    path.write_text("subject,mass_kg,weight_lbs\nS1,70,200\n")
    frame = pd.DataFrame({"subject": "S1", "task": "level_walking", "step": 0, "phase": PHASES})
    frame.assign(knee_flexion_angle_ipsi_rad=0.1).to_csv(tmp_path / "walk.csv", index=False)
    cycles = convert(tmp_path / "walk.csv", subjects=path).data.cycles
    assert "mass_kg" not in cycles or cycles["mass_kg"].isna().all()
    assert cycles["table_weight_lbs"].tolist() == [200]


@pytest.mark.parametrize(("unit", "cell"), [("m", "70"), ("in", "175"), ("ft", "70")])
def test_a_height_is_read_in_no_other_unit_than_stated_where_it_might_be_several(
    tmp_path, unit, cell
):
    subjects = table(tmp_path, f"id,height ({unit}),mass (kg)\nS1,{cell},70\n")
    assert "height_m" not in subjects["S1"]
    assert "outside 0.4 to 2.5" in said(subjects)


@pytest.mark.parametrize("legend", ["H=1/F=2", "1 = H, 2 = M", "1: hombre; 2: mujer"])
def test_a_legend_may_use_the_letters_of_french_and_spanish(tmp_path, legend):
    subjects = table(tmp_path, f'id;"Sexe ({legend})"\nS1;1\nS2;2\n')
    assert [subjects[name]["sex"] for name in ("S1", "S2")] == ["male", "female"]


@pytest.mark.parametrize("index", [False, True])
def test_a_table_of_subjects_may_be_parquet(tmp_path, index):
    frame = pd.DataFrame(
        {
            "subject": pd.Categorical(["007", "P2", "P3"]),
            "Weight (lbs)": pd.array([154.0, None, 160.5], dtype="Float32"),
            "sex": ["F", None, "m"],
            "age": pd.array([30, 41, None], dtype="Int64"),
        }
    )
    frame = frame.set_index("subject") if index else frame
    frame.to_parquet(tmp_path / "people.parquet", index=index)
    subjects = read_subjects(tmp_path / "people.parquet")
    assert subjects["007"] == {"mass_kg": pytest.approx(69.853225), "sex": "female", "age": 30.0}
    assert subjects["P2"] == {"age": 41.0}
    assert subjects["P3"] == {"mass_kg": pytest.approx(160.5 * 0.45359237), "sex": "male"}
