"""Drafts of column maps: what they guess, and that nothing is converted by a guess."""

import re

import numpy as np
import pytest
from typer.testing import CliRunner

from locomotion_analysis.cli.app import app
from locomotion_analysis.errors import LocomotionError, SchemaError
from locomotion_analysis.ingest import ColumnMap, ReadOptions, draft_map
from locomotion_analysis.ingest.tables.mapped import TableReader

KNEE = "knee_flexion_angle_ipsi_rad"
X = np.linspace(0, 1, 101)


def wide(path):
    heading = ["Subject ID", "Age (years)", "Sex", "Body mass", "Trial", "Side"]
    heading += [f"KneeFlex_{k}" for k in range(101)] + [
        f"Hip moment_{k} [Nm/kg]" for k in range(101)
    ]
    rows = [
        [
            f"P{k}",
            30 + k,
            "fm"[k % 2],
            70.5,
            k + 1,
            "LR"[k % 2],
            *60 * np.sin(np.pi * X),
            *np.cos(X),
        ]
        for k in range(4)
    ]
    path.write_text("\n".join(",".join(map(str, row)) for row in [[*heading, "x"], *rows]))
    return path


def finished(draft, **filled):
    """The draft as a person would leave it: every entry filled in, the first line gone."""
    for before, unit in filled.items():
        draft = re.sub(rf"({before}.*?)FILL_IN", rf"\1{unit}", draft, count=1)
    return draft.replace("draft: true\n", "")


def read(path, text):
    place = path.parent / "map.yaml"
    place.write_text(text, encoding="utf-8")
    return TableReader().read(path, ReadOptions(column_map=ColumnMap.from_yaml(place)))


def test_a_wide_table(tmp_path):
    path = wide(tmp_path / "gait.csv")
    draft = draft_map(path)
    assert f'{KNEE}: {{columns: "KneeFlex_{{point}}", unit: FILL_IN' in draft
    assert "values from 0 to 60" in draft
    assert 'age: {column: "Age (years)", unit: years}' in draft
    assert '"f": female, "m": male' in draft
    assert '"L": left, "R": right' in draft
    assert '# not used: "x"' in draft
    data = read(path, finished(draft, KneeFlex="deg", mass_kg="kg"))
    np.testing.assert_allclose(np.rad2deg(data.curves(KNEE).max(axis=1)), 60, rtol=1e-3)
    moment = data.curves("hip_flexion_moment_ipsi_Nm_kg")
    np.testing.assert_allclose(moment[:, [0, -1]], np.tile(np.cos([0, 1]), (4, 1)), rtol=1e-5)
    assert data.cycles["side"].tolist() == ["left", "right", "left", "right"]
    assert data.cycles["mass_kg"].tolist() == [70.5] * 4


def test_every_line_of_a_draft_that_is_no_fact_says_so(tmp_path):
    lines = draft_map(wide(tmp_path / "gait.csv")).splitlines()
    for line in lines:
        if re.search(r"^  (knee|hip|task|sex|side|trial|subject)", line):
            assert "guess" in line


@pytest.mark.parametrize("left", ["draft: true", "FILL_IN"])
def test_an_unfinished_draft_converts_nothing(tmp_path, left):
    path = wide(tmp_path / "gait.csv")
    draft = draft_map(path)
    text = draft if left == "draft: true" else draft.replace("draft: true\n", "")
    with pytest.raises(SchemaError, match=r"a draft|FILL_IN") as caught:
        read(path, text)
    place = int(caught.value.where.rpartition(" ")[2])
    assert left in text.splitlines()[place - 1]


@pytest.mark.parametrize("value", ["subject: FILL_IN", "subject: {column: id, map: {a: FILL_IN}}"])
def test_what_is_left_to_fill_in_is_no_value(tmp_path, value):
    text = f"layout: curves\nchannels: {{{KNEE}: {{array: X}}}}\ncycles: {{{value}, task: run}}\n"
    (tmp_path / "map.yaml").write_text(text)
    with pytest.raises(SchemaError, match="FILL_IN"):
        ColumnMap.from_yaml(tmp_path / "map.yaml")


def test_a_table_over_time_under_a_title(tmp_path):
    path = tmp_path / "lab.csv"
    rows = [f"{10 * k};{30 + k / 9:.3f};{700 + k};{k}" for k in range(50)]
    path.write_text("Gait lab;;;\nTime [ms];LKneeAngle (deg);Fz right;note\n" + "\n".join(rows))
    draft = draft_map(path)
    assert "text: {skip_rows: 1}  # guess" in draft
    assert 'time: {column: "Time [ms]", unit: ms}' in draft
    assert "grf_vertical_right_N" in draft  # by the size of the values
    (recording,) = read(path, finished(draft, Fz="N", subject="P1"))
    assert recording.subject == "P1"
    (stream,) = recording.streams
    assert stream.time_s[-1] == pytest.approx(0.49)
    np.testing.assert_allclose(np.rad2deg(stream.signals["knee_flexion_angle_left_rad"][0]), 30)


def test_a_long_table(tmp_path):
    path = tmp_path / "long.csv"
    rows = [f"{s},1,{p / 100},{60 * p / 100}" for s in "AB" for p in range(101)]
    path.write_text("subject,cycle,gait_percent,knee angle\n" + "\n".join(rows))
    draft = draft_map(path)
    assert 'phase: {column: "gait_percent", unit: fraction}  # guess' in draft
    data = read(path, finished(draft, knee="deg"))
    assert data.cycles["subject"].tolist() == ["A", "B"]
    np.testing.assert_allclose(np.rad2deg(data.curves(KNEE)[:, -1]), 60, rtol=1e-5)


def test_a_long_table_whose_phase_is_known_by_its_numbers(tmp_path):
    path = tmp_path / "long.csv"
    told = {"A": "healthy", "B": "stroke"}
    rows = [
        f"{s},{told[s]},{leg},{p},{60 * p / 100 + n:.3f},{p * n}"
        for n, (s, leg) in enumerate([("A", "left"), ("A", "right"), ("B", "left"), ("B", "left")])
        for p in range(101)
    ]
    path.write_text("patient,Study Group,side,gait_cycle,knee,score\n" + "\n".join(rows))
    draft = draft_map(path)
    assert 'phase: {column: "gait_cycle"}  # guess: values from 0 to 100' in draft
    assert 'study_group: {column: "Study Group"}  # guess' in draft
    assert '# not used: "score"' in draft  # it changes within a cycle
    data = read(path, finished(draft, knee="deg"))
    assert data.cycles["subject"].tolist() == ["A", "A", "B", "B"]
    assert data.cycles["step"].tolist() == [0, 1, 0, 1]
    assert data.cycles["side"].tolist() == ["left", "right", "left", "left"]
    assert data.cycles["study_group"].tolist() == ["healthy", "healthy", "stroke", "stroke"]
    np.testing.assert_allclose(np.rad2deg(data.curves(KNEE)[:, 0]), [0, 1, 2, 3], atol=1e-4)
    assert any("counted where the phase begins again" in str(entry) for entry in data.history)


def test_arrays_of_three_axes_and_two_heading_rows(tmp_path):
    path = tmp_path / "cube.npz"
    cube = np.stack([60 * X, 20 * X, -30 * X], axis=1)
    names = np.array(["Knee_X", "Hip_X", "Hip_Y"])
    np.savez(path, X=np.stack([cube] * 5), cols=names, subject=np.arange(5), n=np.zeros(5))
    draft = draft_map(path)
    assert "guess: axis Y is adduction; in some files Z is flexion" in draft
    text = draft.replace("FILL_IN", "deg").replace("draft: true\n", "")
    data = read(path, text)
    np.testing.assert_allclose(np.rad2deg(data.curves(KNEE)[:, -1]), 60, rtol=1e-5)
    adduction = data.curves("hip_adduction_angle_ipsi_rad")
    np.testing.assert_allclose(np.rad2deg(adduction[:, -1]), -30, rtol=1e-5)
    path = tmp_path / "down.csv"
    path.write_text("t,knee,hip\n,deg,deg\n" + "\n".join(f"{p},{p},{p}" for p in range(50)))
    assert "text: {header_rows: 2}  # guess" in draft_map(path)


def test_a_curve_whose_name_says_nothing_is_left_to_be_named(tmp_path):
    np.savez(tmp_path / "a.npz", y=np.stack([60 * X, 30 * X]), subject=np.array([1, 2]))
    draft = draft_map(tmp_path / "a.npz")
    assert (
        'FILL_IN_1: {array: "y", unit: FILL_IN, sign: 1}  # a curve; values from 0 to 60' in draft
    )
    with pytest.raises(SchemaError, match="FILL_IN"):
        read(tmp_path / "a.npz", draft.replace("draft: true\n", ""))
    text = draft.replace("FILL_IN_1", KNEE).replace("FILL_IN", "deg").replace("draft: true\n", "")
    assert len(read(tmp_path / "a.npz", text)) == 2


def test_nothing_to_draft(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("id,mass\nA,70\nB,80\n")
    with pytest.raises(SchemaError, match="angles, moments, powers or forces"):
        draft_map(path)
    path.write_bytes(b"\x00\x01")
    with pytest.raises(LocomotionError):
        draft_map(path)


def test_the_command_writes_a_draft_and_converts_nothing(tmp_path):
    path, target = wide(tmp_path / "gait.csv"), tmp_path / "map.yaml"
    run = CliRunner().invoke(app, ["convert", str(path), "--write-map", str(target)])
    assert run.exit_code == 0, run.output
    assert "2 with something to fill in" in " ".join(run.output.split())
    assert target.read_text(encoding="utf-8") == draft_map(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["gait.csv", "map.yaml"]
    again = CliRunner().invoke(app, ["convert", str(path), "--write-map", str(target)])
    assert again.exit_code != 0  # somebody's map is not overwritten
