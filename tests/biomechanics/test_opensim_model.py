"""OpenSim on markers: against a pendulum whose motion is known, and its authors' own results."""

from xml.etree import ElementTree as ET

import numpy as np
import pytest
from tests.biomechanics.pendulum import INERTIA, LENGTHS, MASSES, RATE, TIME, leg, names

from locomotion_analysis.biomechanics import (
    Link,
    OpenSimModel,
    newton_euler,
    scale_opensim,
    solve_opensim,
)
from locomotion_analysis.cli import main
from locomotion_analysis.errors import FileReadError, MissingExtraError, SchemaError
from locomotion_analysis.ingest import (
    Plate,
    ReadOptions,
    Recording,
    Stream,
    convert,
    merge,
    reader_for,
)
from locomotion_analysis.ingest.foot_forces import low_pass_known
from locomotion_analysis.ingest.ground_reactions import ground_reactions
from locomotion_analysis.ingest.opensim import read_opensim_table
from locomotion_analysis.ingest.opensim_joints import with_opensim


def links(joints, axes):
    """Return the leg from its free end on."""
    return [
        Link(
            MASSES[k],
            joints[k] - LENGTHS[k] / 2 * axes[k][:, :, 1],
            axes[k],
            np.array(INERTIA[k]),
            joints[k],
        )
        for k in (1, 0)
    ]


def waves(time):
    return 0.3 * np.sin(3.0 * time), -0.5 + 0.4 * np.sin(4.0 * time + 0.5)


def test_the_angles_of_a_pendulum_come_out_and_its_moments_are_those_of_newton_and_euler(pendulum):
    joints, axes, markers = leg(*waves(TIME))
    force = np.stack([20 * np.sin(TIME), 5 * np.cos(TIME), 100 + 50 * np.sin(2 * TIME)], axis=1)
    foot = np.cross(joints[2], force)
    solved = solve_opensim(
        OpenSimModel.read(pendulum), markers, TIME, {"right": (force, foot)}, cutoff_hz=-1.0
    )
    for name, wave in zip(("hip_flexion_r", "knee_angle_r"), waves(TIME), strict=True):
        np.testing.assert_allclose(solved.coordinates[name], wave, atol=1e-6)
    assert np.max(solved.marker_error_m) < 1e-6
    weighed = [link.mass_kg * link.centre_m for link in links(joints, axes)]
    np.testing.assert_allclose(solved.centre_of_mass_m, np.sum(weighed, axis=0) / 4.0, atol=1e-6)
    loads = newton_euler(links(joints, axes), force, foot, RATE, gravity_m_s2=9.80665)
    inner = slice(10, -10)
    for name, load in zip(("knee_angle_r_moment", "hip_flexion_r_moment"), loads, strict=True):
        ours = -load.moment_Nm[inner, 1]  # about OpenSim's z
        # The markers' last digit, twice differentiated.
        np.testing.assert_allclose(solved.forces[name][inner], ours, atol=1e-3 * np.ptp(ours))


def test_newton_and_euler_here_and_there_agree_to_a_millionth(pendulum):
    import opensim as osim

    rate = 1000.0
    time = np.arange(0.0, 0.4, 1.0 / rate)
    joints, axes, _ = leg(*waves(time))
    nothing = np.zeros((len(time), 3))
    loads = newton_euler(links(joints, axes), nothing, nothing, rate, gravity_m_s2=9.80665)
    model = osim.Model(str(pendulum))
    state = model.initSystem()
    solver = osim.InverseDynamicsSolver(model)
    for at in (50, 200, 350):
        t = time[at]
        q = waves(t)
        u = (0.9 * np.cos(3 * t), 1.6 * np.cos(4 * t + 0.5))
        udot = osim.Vector(2, 0.0)
        for k, value in enumerate((-2.7 * np.sin(3 * t), -6.4 * np.sin(4 * t + 0.5))):
            model.getCoordinateSet().get(k).setValue(state, float(q[k]))
            model.getCoordinateSet().get(k).setSpeedValue(state, float(u[k]))
            udot[k] = float(value)
        theirs = solver.solve(state, udot).to_numpy()
        ours = [-loads[k].moment_Nm[at, 1] for k in (1, 0)]
        np.testing.assert_allclose(theirs, ours, rtol=1e-6)


def test_what_no_marker_tells_is_left_out_and_named(pendulum):
    _, _, markers = leg(*waves(TIME))
    thigh = {k: v for k, v in markers.items() if k.startswith("A")}
    few = {k: thigh[k] for k in ("A0", "A1", "A2")} | {"b_0": markers["B0"]}
    with pytest.raises(SchemaError, match=r"3 of 12; not there: A3, A4, A5, B0 \(nearest b_0\)"):
        solve_opensim(OpenSimModel.read(pendulum), few, TIME)
    solved = solve_opensim(OpenSimModel.read(pendulum), thigh, TIME)
    assert solved.untold == ("knee_angle_r",)
    assert set(solved.coordinates) == {"hip_flexion_r"}
    assert solved.missing == tuple(names("B"))
    assert solved.without_load == "no ground reaction of a known foot"


def test_a_marker_that_is_not_seen_for_a_while_costs_nothing(pendulum):
    _, _, markers = leg(*waves(TIME))
    markers["B2"] = np.where(TIME[:, None] > 0.5, np.nan, markers["B2"])
    solved = solve_opensim(OpenSimModel.read(pendulum), markers, TIME)
    np.testing.assert_allclose(solved.coordinates["knee_angle_r"], waves(TIME)[1], atol=1e-6)


def test_names_have_prefixes_and_any_case_and_unknown_loads_give_no_moments(pendulum):
    joints, _, markers = leg(*waves(TIME))
    force = np.tile([0.0, 0.0, 500.0], (len(TIME), 1))
    force[50:60] = np.nan
    solved = solve_opensim(
        OpenSimModel.read(pendulum),
        {f"P1:{name.lower()}": xyz for name, xyz in markers.items()},
        TIME,
        {"right": (force, np.cross(joints[2], force))},
    )
    assert solved.used == tuple(sorted(markers))
    moment = solved.forces["knee_angle_r_moment"]
    assert np.isnan(moment[50:60]).all()
    assert np.isfinite(np.delete(moment, np.s_[50:60])).all()
    left = solve_opensim(
        OpenSimModel.read(pendulum), markers, TIME, {"left": (force, np.cross(joints[2], force))}
    )
    assert "calcn_l" in left.without_load


def test_the_joints_of_a_recording_are_those_of_the_model_in_our_names_and_signs(pendulum):
    joints, _, markers = leg(*waves(TIME))
    force = np.tile([0.0, 0.0, 500.0], (len(TIME), 1))
    plate = Plate(TIME, force, joints[2], 0.0 * TIME, foot="right")
    given = Stream(TIME, {"hip_flexion_angle_right_rad": 0.0 * TIME, "emg_right": TIME})
    recording = Recording(
        source="walk.c3d",
        markers=markers,
        marker_time_s=TIME,
        plates=(plate,),
        streams=(given,),
    )
    found = with_opensim(recording, OpenSimModel.read(pendulum))
    signals = {name: wave for stream in found.streams for name, wave in stream.signals.items()}
    hip, knee = waves(TIME)
    np.testing.assert_allclose(signals["hip_flexion_angle_right_rad"], hip, atol=1e-6)
    np.testing.assert_allclose(signals["knee_flexion_angle_right_rad"], -knee, atol=1e-6)
    inner = slice(30, -30)
    power = signals["knee_power_right_W"][inner]
    work = -signals["knee_flexion_moment_right_Nm"] * np.gradient(knee, TIME)
    np.testing.assert_allclose(power, work[inner], atol=0.02 * np.ptp(work))
    assert "emg_right" in signals
    told = [str(entry) for entry in found.history]
    assert any("12 markers weighed alike, 0 mm (RMS)" in entry for entry in told)
    assert any("replaced" in entry and "hip_flexion_angle_right_rad" in entry for entry in told)
    with pytest.raises(SchemaError, match="markers for the model"):
        with_opensim(Recording(source="x.mot"), OpenSimModel.read(pendulum))


@pytest.mark.parametrize("names", [("hip_flexion_r",), ("hip_flexion_r", "knee_angle_r")])
def test_coordinates_of_unknown_names_are_told(pendulum, tmp_path, names):
    """Of some the rest is taken; where no joint of the legs has a name, the model is refused."""
    text = pendulum.read_text()
    for name in names:
        text = text.replace(name, f"q_{name[:3]}")
    model = tmp_path / "other.osim"
    model.write_text(text)
    _, _, markers = leg(*waves(TIME))
    recording = Recording(source="walk.c3d", markers=markers, marker_time_s=TIME)
    if len(names) == 1:
        found = with_opensim(recording, OpenSimModel.read(model))
        told = [entry.detail for entry in found.history if entry.action == "dropped"]
        assert any("without a standard channel: q_hip" in text for text in told)
    else:
        with pytest.raises(SchemaError, match="q_hip, q_kne") as caught:
            with_opensim(recording, OpenSimModel.read(model))
        assert "other.osim" in str(caught.value)


def test_the_command_refuses_what_is_no_set_up_file_of_scaling(tmp_path, capsys):
    setup = tmp_path / "setup.xml"
    setup.write_text("<OpenSimDocument><InverseKinematicsTool/></OpenSimDocument>")
    for name, message in (("me.osim", "set-up file of OpenSim's scale"), ("me.xml", "in .osim")):
        with pytest.raises(SystemExit) as ended:
            main(["scale", str(setup), "--out", str(tmp_path / name)])
        assert ended.value.code == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no xml", "another kind of file"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "another kind of file"),
        ("<OpenSimDocument><ScaleTool/></OpenSimDocument>", "an XML file of ScaleTool"),
        ("<OpenSimDocument><InverseKinematicsTool/></OpenSimDocument>", "model_file"),
        (
            "<OpenSimDocument><InverseKinematicsTool><model_file>gone.osim</model_file>\
</InverseKinematicsTool></OpenSimDocument>",
            "No such file",
        ),
    ],
)
def test_a_file_that_is_no_model_is_one_error(tmp_path, text, message):
    file = tmp_path / "set_up.xml"
    file.write_text(text)
    with pytest.raises(FileReadError, match=message):
        OpenSimModel.read(file)


def test_a_model_that_opensim_cannot_read_is_one_error(tmp_path):
    pytest.importorskip("opensim", reason="the extra opensim is not installed")
    file = tmp_path / "broken.osim"
    file.write_text("<OpenSimDocument Version='40000'><Model name='x'></Model></OpenSimDocument>")
    _, _, markers = leg(*waves(TIME))
    with pytest.raises((FileReadError, SchemaError), match="expected"):
        solve_opensim(OpenSimModel.read(file), markers, TIME)


def test_without_opensim_the_error_says_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setattr("locomotion_analysis.extras.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"locomotion-analysis\[opensim\]"):
        solve_opensim(OpenSimModel(tmp_path / "me.osim"), {}, TIME)


# What OpenSim's authors got, subject01 of gait2354: markers and forces in, their results beside.


@pytest.mark.slow
def test_angles_and_moments_are_those_of_the_authors(gait2354):
    walk = merge(
        [
            reader_for(gait2354 / name).read(gait2354 / name, ReadOptions())[0]
            for name in ("subject01_walk1.trc", "subject01_walk1_grf.mot")
        ]
    )
    model = OpenSimModel.read(gait2354 / "subject01_Setup_IK.xml")
    time = walk.marker_time_s
    ground = ground_reactions(walk, instant=True)
    solved = solve_opensim(model, walk.markers, time, ground)
    angles = read_opensim_table(gait2354 / "reference" / "walk1_ik.mot")
    moments = read_opensim_table(gait2354 / "reference" / "inverse_dynamics.sto")
    assert solved.untold == ("mtp_angle_l", "mtp_angle_r")
    legs = [name for name in solved.coordinates if name.endswith(("_r", "_l"))]
    assert len(legs) == 12
    # They filtered a cut of 1.2 s, whose ends know no better.
    cut = np.round(60.0 * moments.time_s).astype(int)
    as_cut = solve_opensim(
        model,
        {name: xyz[cut] for name, xyz in walk.markers.items()},
        time[cut],
        {side: (force[cut], moment[cut]) for side, (force, moment) in ground.items()},
    )
    for name in legs:
        ours = np.degrees(np.interp(angles.time_s, time, solved.coordinates[name]))
        assert np.max(np.abs(ours - angles.column(name))) < 0.2, name
        forced = f"{name}_moment"
        apart = as_cut.forces[forced] - moments.column(forced)
        assert np.sqrt(np.mean(apart**2)) < 1.0, forced
        assert np.max(np.abs(apart)) < 3.0, forced
        within = np.interp(moments.time_s, time, solved.forces[forced]) - moments.column(forced)
        assert np.max(np.abs(within[12:-12])) < 3.5, forced
    # The whole body's centre of mass, accelerated by all that the belts measure.
    pushed = low_pass_known(time, sum(force for force, _ in ground_reactions(walk).values()), 6.0)
    centre = low_pass_known(time, solved.centre_of_mass_m, 6.0)
    needed = 72.6 * np.gradient(np.gradient(centre, time, axis=0), time, axis=0)
    needed[:, 2] += 72.6 * 9.80665
    for axis, limit in enumerate((20.0, 20.0, 35.0)):
        ours, theirs = needed[12:-12, axis], pushed[12:-12, axis]
        assert np.sqrt(np.mean((ours - theirs) ** 2)) < limit
        assert abs(np.mean(ours - theirs)) < 5.0
        assert np.corrcoef(ours, theirs)[0, 1] > 0.94


@pytest.mark.slow
def test_convert_makes_cycles_of_them_and_takes_no_second_person(gait2354, tmp_path):
    for number in (1, 2):
        for part in (".trc", "_grf.mot"):
            text = (gait2354 / f"subject01_walk1{part}").read_text()
            (tmp_path / f"subject0{number}_walk1{part}").write_text(text)
    found = convert(
        [tmp_path],
        model=gait2354 / "subject01_Setup_IK.xml",
        subjects={f"subject0{k}": {"mass_kg": 72.6} for k in (1, 2)},
    )
    assert found.data.cycles["subject"].unique().tolist() == ["subject01"]
    [(file, error)] = found.failures
    assert file.name.startswith("subject02")
    assert "scaled to" in str(error)
    knee = np.degrees(found.data.curves("knee_flexion_angle_ipsi_rad"))
    assert (knee.max(axis=1) > 55).all()
    assert (knee.min(axis=1) > -5).all()
    ankle = found.data.curves("ankle_dorsiflexion_moment_ipsi_Nm_kg")
    assert np.nanmin(ankle) < -1.2  # plantarflexion moment in push-off, internal
    assert np.nanmax(found.data.curves("ankle_power_ipsi_W_kg")) > 1.5
    told = " ".join(map(str, found.data.history))
    assert "31 markers with the weights of subject01_Setup_IK.xml" in told


@pytest.mark.slow
def test_a_generic_model_is_scaled_as_the_authors_did(gait2354, tmp_path):
    factors = scale_opensim(gait2354 / "subject01_Setup_Scale.xml", tmp_path / "me.osim").factors
    theirs = ET.parse(gait2354 / "reference" / "scaleSet_applied.xml")
    known = {
        each.findtext("segment").strip(): [float(x) for x in each.findtext("scales").split()]
        for each in theirs.iter("Scale")
    }
    assert len(factors) == 12
    for body, scales in factors.items():
        np.testing.assert_allclose(scales, known[body], rtol=1e-4)
    assert [file.name for file in tmp_path.iterdir()] == ["me.osim"]
    assert OpenSimModel.read(tmp_path / "me.osim").setup is None
    with pytest.raises(FileReadError, match="scale tool"):
        scale_opensim(gait2354 / "subject01_Setup_IK.xml", tmp_path / "me.osim")
