"""When the other foot lands, found in scaled curves."""

import torch

from locomotion_analysis.models.deep.legs.leg_channels import LegChannels

_LOADED_SHARE = 0.05
_TOGETHER = 0.1


def other_contact(curves: torch.Tensor, measured: torch.Tensor, legs: LegChannels) -> torch.Tensor:
    """Return when the other foot's cycle starts, in points after this one's.

    From the vertical forces where both were measured and rise once in the cycle above a twentieth
    of their range: the other foot's rise after this one's. Else the lag at which the
    contralateral channels look most like the ipsilateral ones, a few percent off where the legs
    move unlike each other. Feet that are loaded within a tenth of the cycle do not step: 0, as in
    rising from a chair.

    Parameters
    ----------
    curves : Tensor of float32, shape (n_cycles, n_points, n_channels)
        Scaled curves; their first and last point are the same instant of two cycles.
    measured : Tensor of bool, shape (n_cycles, n_channels)
        Which curves were measured.
    legs : LegChannels
        The channels of both legs.

    Returns
    -------
    Tensor of int64, shape (n_cycles,)
        0 where the curves have no two legs.
    """
    cycle = curves[:, :-1]
    period = cycle.shape[1]
    lag = torch.zeros(len(cycle), dtype=torch.int64, device=cycle.device)
    clear = torch.zeros_like(lag, dtype=torch.bool)
    if legs.force is not None:
        forces = [legs.force, legs.partner[legs.force]]
        own, other = (_rise(cycle[:, :, force]) for force in forces)
        clear = (own >= 0) & (other >= 0) & measured[:, forces].all(dim=1)
        lag = (other - own) % period
    if legs.ipsi and not clear.all():
        lag[~clear] = _likest_lag(cycle[~clear], legs)
    steps = torch.minimum(lag, period - lag) > _TOGETHER * period
    return torch.where(steps, lag, 0)


def _likest_lag(cycle: torch.Tensor, legs: LegChannels) -> torch.Tensor:
    contra = [legs.partner[each] for each in legs.ipsi]
    own, other = (torch.fft.rfft(cycle[:, :, side], dim=1) for side in (legs.ipsi, contra))
    spectra = (own.conj() * other).sum(dim=2)
    spectra[:, 0] = 0  # the mean of a curve says nothing about when
    return torch.fft.irfft(spectra, n=cycle.shape[1], dim=1).argmax(dim=1)


def _rise(force: torch.Tensor) -> torch.Tensor:
    """Return the point at which the force rises from swing; -1 where it does not just once."""
    least, most = force.amin(dim=1, keepdim=True), force.amax(dim=1, keepdim=True)
    loaded = force > least + _LOADED_SHARE * (most - least)
    rises = loaded & ~loaded.roll(1, dims=1)
    once: torch.Tensor = torch.where(rises.sum(dim=1) == 1, rises.int().argmax(dim=1), -1)
    return once
