"""The convention doctor: finds units, signs, sides and grids that are not the standard's."""

from collections.abc import Iterator

import numpy as np

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.progress import Progress
from locomotion_analysis.quality.patient import Patient
from locomotion_analysis.quality.prescription import Diagnosis
from locomotion_analysis.quality.profiles import gather
from locomotion_analysis.quality.sources import Source, batches, count_cycles
from locomotion_analysis.quality.symptoms import EXAMINATIONS

STAGE = "reading profiles"


def diagnose(
    source: Source, batch_cycles: int = 4096, progress: Progress | None = None
) -> Diagnosis:
    """Compare every subject's median curves with the norm, and propose corrections.

    Looked for, in this order, each on curves corrected for what was found before: curves
    stretched wrongly onto the grid, units, exchanged force axes, exchanged sides or cycles that
    do not begin at heel strike, and signs. Nothing is changed; see
    :func:`~locomotion_analysis.quality.apply`.

    Parameters
    ----------
    source : LocomotionData or path-like
        Cycles in memory, a Parquet file, or a folder of them.
    batch_cycles : int
        Cycles in memory at a time. What is kept is one curve a channel for each leg of each
        subject in each task.
    progress : callable, optional
        ``progress(stage, done, total)``, called after every batch.

    Returns
    -------
    Diagnosis
        Empty where nothing speaks against the data.

    Notes
    -----
    A proposal is made only where the curve is far from the norm as it is (over two standard
    deviations) and the correction brings it at least twice as near. Patients differ from the
    norm, but not in a way that another sign, unit or side would mend.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> diagnose(simulate(n_subjects=6, n_cycles=4)).prescriptions
    ()
    """
    n_cycles = 0
    total = count_cycles(source) if progress else 0

    def counted() -> Iterator[LocomotionData]:
        nonlocal n_cycles
        for data in batches(source, batch_cycles):
            n_cycles += len(data)
            yield data
            if progress:
                progress(STAGE, n_cycles, max(total, n_cycles))

    profiles = gather(counted())
    patient = Patient.of(profiles)
    found = []
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for look in EXAMINATIONS:
            found += look(patient)
    return Diagnosis(tuple(found), n_cycles, len(profiles.subjects[1]))
