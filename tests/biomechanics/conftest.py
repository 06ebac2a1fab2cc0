"""OpenSim models: a pendulum, and the sample of OpenSim's authors."""

import pytest
from tests.biomechanics.pendulum import HIP, INERTIA, LENGTHS, MASSES, PLACES, names


@pytest.fixture(scope="session")
def pendulum(tmp_path_factory):
    """Write a leg of two segments with six markers each: hip_flexion_r, knee_angle_r."""
    osim = pytest.importorskip("opensim", reason="the extra opensim is not installed")
    model = osim.Model()
    model.setName("leg")
    up = osim.Vec3(0, 0, 0)
    frame, place = model.getGround(), osim.Vec3(HIP[0], HIP[2], -HIP[1])
    for k, (name, coordinate) in enumerate(
        (("femur_r", "hip_flexion_r"), ("calcn_r", "knee_angle_r"))
    ):
        centre = osim.Vec3(0, -LENGTHS[k] / 2, 0)
        body = osim.Body(name, MASSES[k], centre, osim.Inertia(*INERTIA[k], 0, 0, 0))
        joint = osim.PinJoint(f"joint{k}", frame, place, up, body, up, up)
        joint.updCoordinate().setName(coordinate)
        model.addBody(body)
        model.addJoint(joint)
        for label, where in zip(names("AB"[k]), PLACES, strict=True):
            model.addMarker(osim.Marker(label, body, osim.Vec3(*where)))
        frame, place = body, osim.Vec3(0, -LENGTHS[k], 0)
    model.finalizeConnections()
    file = tmp_path_factory.mktemp("leg") / "leg.osim"
    model.printToXML(str(file))
    return file


@pytest.fixture(scope="session")
def gait2354(shared_folder):
    pytest.importorskip("opensim", reason="the extra opensim is not installed")
    return shared_folder / "data" / "raw" / "opensim_gait2354"
