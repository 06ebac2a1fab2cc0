"""Scaling a generic OpenSim model without a set-up file: against known sizes, and its authors' pairs."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from tests.biomechanics.pendulum import PLACES, leg, names

from locomotion_analysis.biomechanics import (
    OpenSimModel,
    scale_generic,
    scale_opensim,
    solve_opensim,
)
from locomotion_analysis.cli import main
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest import ReadOptions, reader_for, scale_model

TIME = np.arange(0.0, 0.5, 0.01)
SIZES = 1.2, 0.9


def _standing():
    """Return markers of somebody whose thigh is 1.2, and foot 0.9 of the pendulum's."""
    still = np.zeros(len(TIME))
    joints, axes, _ = leg(still + 0.1, still - 0.2)
    thigh, foot = axes
    knee = joints[0] + SIZES[0] * (joints[1] - joints[0])
    placed = {}
    for letter, joint, own, size in zip("AB", (joints[0], knee), (thigh, foot), SIZES, strict=True):
        for label, where in zip(names(letter), PLACES, strict=True):
            placed[label] = joint + size * own @ np.array(where)
    return placed


def test_bodies_have_the_sizes_of_the_person_and_the_pairs_are_told(pendulum, tmp_path):
    scaling = scale_generic(pendulum, _standing(), TIME, 8.0, tmp_path / "me.osim")
    for body, size in zip(("femur_r", "calcn_r"), SIZES, strict=True):
        np.testing.assert_allclose(scaling.factors[body], size, rtol=1e-5)
    # By the rule: of the first body the two furthest apart, of the last the nearest to its joint
    # (0.07 m away, on the body before) and the one furthest from it.
    one, _, other = scaling.pairs["femur_r"].partition(" to ")
    apart = [np.subtract(PLACES[j], PLACES[k]) for j in range(6) for k in range(6)]
    own = np.subtract(*(PLACES[int(name[1])] for name in (one, other)))
    assert np.linalg.norm(own) == pytest.approx(max(map(np.linalg.norm, apart)))
    assert scaling.pairs["calcn_r"].endswith("to B1")
    solved = solve_opensim(OpenSimModel.read(tmp_path / "me.osim"), _standing(), TIME)
    assert np.max(solved.marker_error_m) < 1e-4
    np.testing.assert_allclose(solved.coordinates["knee_angle_r"], -0.2, atol=1e-3)
    mass = [float(each.text) for each in ET.parse(tmp_path / "me.osim").iter("mass")]
    assert sum(mass) == pytest.approx(8.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda markers: {}, "0 of them: none"),
        (lambda markers: {n: 1e3 * xyz for n, xyz in markers.items()}, "factors of a person"),
        (
            lambda markers: {n: xyz + np.outer(TIME, [1, 0, 0]) for n, xyz in markers.items()},
            "move by more than 0.05 m",
        ),
    ],
    ids=["other names", "millimetres", "walking"],
)
def test_what_is_no_static_trial_of_the_model_is_one_error(pendulum, tmp_path, change, message):
    with pytest.raises(SchemaError, match=message):
        scale_generic(pendulum, change(_standing()), TIME, 8.0, tmp_path / "me.osim")
    assert not list(tmp_path.iterdir())


def test_the_command_asks_for_the_trial_and_the_mass(pendulum, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["scale", str(pendulum), "--out", str(tmp_path / "me.osim")])
    assert ended.value.code == 2
    assert "--static FILE --mass KG" in capsys.readouterr().err


# OpenSim's own sample.


def _pairs_of(setup):
    """Return body -> pairs of markers that the authors measured it by."""
    found = {}
    for measurement in ET.parse(setup).iter("Measurement"):
        pairs = [tuple(each.text.split()) for each in measurement.iter("markers")]
        for body in measurement.iter("BodyScale"):
            found[body.get("name")] = {frozenset(pair) for pair in pairs}
    return found


@pytest.mark.slow
def test_the_pairs_are_the_authors_and_the_factors_theirs(gait2354, tmp_path):
    """Femur and tibia they scaled by hand: there, their measurements alone."""
    file = gait2354 / "subject01_static.trc"
    standing = reader_for(file).read(file, ReadOptions())[0]
    within = (standing.marker_time_s >= 1.0) & (standing.marker_time_s <= 2.0)
    scaling = scale_generic(
        gait2354 / "gait2354_simbody.osim",
        {name: xyz[within] for name, xyz in standing.markers.items()},
        standing.marker_time_s[within],
        72.6,
        tmp_path / "me.osim",
        marker_set=gait2354 / "gait2354_Scale_MarkerSet.xml",
    )
    theirs = _pairs_of(gait2354 / "subject01_Setup_Scale.xml")
    for body, told in scaling.pairs.items():
        pairs = {frozenset(pair.split(" to ")) for pair in told.split("; ")}
        assert pairs == theirs[body], body
    for file in gait2354.glob("gait2354*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "subject01_static.trc").write_bytes(
        (gait2354 / "subject01_static.trc").read_bytes()
    )
    text = (gait2354 / "subject01_Setup_Scale.xml").read_text()
    measured = re.sub("measurements manualScale", "measurements", text)
    assert measured != text
    (tmp_path / "setup.xml").write_text(measured)
    by_setup = scale_opensim(tmp_path / "setup.xml", tmp_path / "theirs.osim").factors
    applied = ET.parse(gait2354 / "reference" / "scaleSet_applied.xml")
    reference = {
        each.findtext("segment").strip(): float(each.findtext("scales").split()[0])
        for each in applied.iter("Scale")
    }
    for body, factors in scaling.factors.items():
        np.testing.assert_allclose(factors, by_setup[body], rtol=1e-6)
        if not body.startswith(("femur", "tibia")):
            np.testing.assert_allclose(factors, reference[body], rtol=1e-4)


@pytest.mark.slow
def test_the_command_scales_by_files_and_a_map_of_names(gait2354, tmp_path, capsys):
    """The static trial with other names, and the same pairs; the table says by what."""
    text = (gait2354 / "subject01_static.trc").read_text()
    (tmp_path / "static.trc").write_text(text.replace("R.ASIS", "rasis").replace("L.ASIS", "lasis"))

    def scale(names, out):
        (tmp_path / "map.yaml").write_text(names)
        words = ["scale", gait2354 / "gait2354_simbody.osim", "--mass", "72.6", "--out", out]
        words += ["--static", tmp_path / "static.trc", "--marker-map", tmp_path / "map.yaml"]
        words += ["--marker-set", gait2354 / "gait2354_Scale_MarkerSet.xml"]
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        return int(ended.value.code or 0), capsys.readouterr()

    status, told = scale("rasis: R.ASIS\nlasis: L.ASIS\n", tmp_path / "me.osim")
    assert status == 0, told.err
    assert "L.ASIS to R.ASIS" in told.out
    assert "V.Sacral to Top.Head" in told.out
    status, told = scale("rasis: R.ASI\n", tmp_path / "you.osim")
    assert status == 2
    assert "did you mean R.ASIS" in told.err
    status, told = scale("right_asis: R.ASIS\n", tmp_path / "you.osim")
    assert status == 2
    assert "labels that a file has" in told.err
    assert not (tmp_path / "you.osim").exists()


@pytest.mark.parametrize("mass_kg", [72_600.0, 0.0, float("nan")])
def test_a_mass_that_no_person_has_is_refused(pendulum, tmp_path, mass_kg):
    out = tmp_path / "me.osim"
    with pytest.raises(SchemaError, match="2 to 350 kg"):
        scale_model(pendulum, out, static=pendulum, mass_kg=mass_kg)
    assert not out.exists()
