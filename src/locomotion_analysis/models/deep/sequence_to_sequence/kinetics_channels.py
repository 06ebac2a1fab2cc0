"""Which curves of a dataset are kinematics to predict from, and which kinetics to predict."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.standard import Channel, canonical_name

KINEMATICS = ("angle", "velocity")
KINETICS = ("moment", "grf")


class KineticsArrays(NamedTuple):
    """Kinematics and kinetics of the same cycles.

    Attributes
    ----------
    X : ndarray of float32, shape (n_cycles, 150, n_inputs)
        Joint and segment angles (rad) and angular velocities (rad/s); NaN where not measured.
    Y : ndarray of float32, shape (n_cycles, 150, n_targets)
        Joint moments (Nm/kg) and ground reaction forces (BW); NaN where not measured.
    inputs, targets : tuple of str
        Channels of `X` and `Y`.
    groups : ndarray, shape (n_cycles,)
        Subject of each cycle.
    """

    X: NDArray[np.float32]
    Y: NDArray[np.float32]
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    groups: NDArray[Any]


def kinetics_arrays(
    data: LocomotionData,
    inputs: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
) -> KineticsArrays:
    """Return kinematics and kinetics of a dataset as arrays.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    inputs : sequence of str, optional
        Channels to predict from; all measured angles and angular velocities where None. The
        velocities tell how long a cycle lasted, which curves over phase do not.
    targets : sequence of str, optional
        Channels to predict; all measured joint moments and ground reaction forces where None.

    Raises
    ------
    SchemaError
        If there are none, or an input is itself kinetic and would give the answer away.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> found = kinetics_arrays(simulate(3, 2), targets=["grf_vertical_ipsi_BW"])
    >>> found.Y.shape, sum("velocity" in name for name in found.inputs)
    ((30, 150, 1), 12)
    """
    chosen = _chosen(data, inputs, KINEMATICS, "inputs")
    wanted = _chosen(data, targets, KINETICS, "targets")
    _refuse_kinetic(chosen)
    return KineticsArrays(data.array(chosen), data.array(wanted), chosen, wanted, data.groups)


def measured_curves(data: LocomotionData, channels: Sequence[str]) -> NDArray[np.float32]:
    """Return channels as an array; NaN where the dataset does not have them.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    channels : sequence of str
        Channels in the order wanted.

    Returns
    -------
    ndarray of float32, shape (n_cycles, 150, n_channels)
    """
    curves = np.full((len(data), data.block.shape[2], len(channels)), np.nan, np.float32)
    for position, name in enumerate(channels):
        if name in data.channels:
            curves[..., position] = data.curves(name)
    return curves


def _chosen(
    data: LocomotionData, names: Sequence[str] | None, measurements: tuple[str, ...], where: str
) -> tuple[str, ...]:
    if names is None:
        found = [
            name
            for name in data.channels
            if Channel.parse(name).measurement in measurements
            and not np.isnan(data.curves(name)).all()
        ]
    else:
        found = [canonical_name(name) for name in names]
    if not found:
        raise SchemaError(
            expected=f"measured channels of {' or '.join(measurements)}",
            got="none among " + (", ".join(data.channels) or "no channels"),
            where=where,
        )
    return tuple(found)


def _refuse_kinetic(inputs: tuple[str, ...]) -> None:
    kinetic = [name for name in inputs if Channel.parse(name).measurement not in KINEMATICS]
    if kinetic:
        raise SchemaError(
            expected="angles and angular velocities to predict kinetics from",
            got=", ".join(kinetic),
            where="inputs",
            fix="leave them out: moments, powers and forces give each other away",
        )
