"""One encoder pretrained on everybody's cycles, and what it rebuilds of people it never saw."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.metrics import curve_rmse
from locomotion_analysis.evaluation.study_result import cautions
from locomotion_analysis.evaluation.training_report import ModelCard, card_rows
from locomotion_analysis.files import json_text, output_folder, write_all
from locomotion_analysis.progress import Progress, silent
from locomotion_analysis.reporting.names import shown_unit
from locomotion_analysis.reporting.provenance import provenance
from locomotion_analysis.reporting.spreadsheets import csv_text
from locomotion_analysis.simulation import simulate
from locomotion_analysis.simulation.pathologies import PATHOLOGIES
from locomotion_analysis.standard import N_PHASES

if TYPE_CHECKING:
    from locomotion_analysis.models.deep import CycleEncoder

__all__ = ["EncoderRun", "make_encoder"]

ANGLES = tuple(
    f"{motion}_angle_{side}_rad"
    for side in ("ipsi", "contra")
    for motion in ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")
)
"""Sagittal angles of both legs: what nearly every laboratory has some of."""

STRIDES = 16
"""Strides of a person at most, so that a long recording does not outweigh all others."""

ENCODER, CARD, CARD_TEXT, PEOPLE = "encoder.safetensors", "card.json", "card.md", "people.csv"
RECORD = "provenance.json"
SIMULATED = "simulated"
_ONE_HELD_OUT_OF = 10
_HIDDEN = slice(45, 90)
"""Points 30 to 60 % of the cycle: what a held-out cycle is rebuilt at."""


@dataclass(frozen=True)
class EncoderRun:
    """A pretrained encoder and its reconstruction errors.

    Attributes
    ----------
    encoder : CycleEncoder
        Trained on everybody but the held-out people.
    people : DataFrame
        ``dataset, subject, cycles, held_out``, one row a person.
    rebuilt : DataFrame
        ``dataset, channel, unit, people, rmse, low, high, mean_curve``: error on held-out people at
        30 to 60 % of the cycle, hidden from the encoder in all channels, with a 95 % interval over
        people; and the error of the mean curve of the same dataset's training people.
    card : ModelCard
        What it is for and its limits.
    out : pathlib.Path
        Folder of the files.
    """

    encoder: "CycleEncoder"
    people: pd.DataFrame
    rebuilt: pd.DataFrame
    card: ModelCard
    out: Path


def make_encoder(
    sources: Mapping[str, LocomotionData],
    out: str | os.PathLike[str],
    *,
    channels: Sequence[str] | None = None,
    simulated: int = 800,
    architecture: str = "gru",
    random_state: int = 0,
    files: Sequence[Path] = (),
    progress: Progress | None = None,
    **settings: Any,
) -> EncoderRun:
    """Pretrain an encoder on the cycles of all sources and of simulated people, and write it.

    Nothing is labelled: spans of phases and channels are hidden, and the network rebuilds them. A
    tenth of the people of each source (where it has ten) is held out and rebuilt by a network that
    never saw them.

    Parameters
    ----------
    sources : mapping of str to LocomotionData
        Datasets by name. A channel that one lacks counts as not measured. Of each person and leg
        the first strides are taken, 16 in all.
    out : path-like
        Folder: ``encoder.safetensors``, ``card.md``, ``card.json``, ``people.csv``,
        ``provenance.json``.
    channels : sequence of str
        What the encoder learns from; by default those sagittal angles of the legs that any of the
        sources has.
    simulated : int
        Simulated people added, two strides each: four of five walk, with every pathology, one runs.
        0 for none.
    architecture : str
        A name in ``NETWORKS`` of ``models.deep``.
    random_state : int
        Seed of everything.
    files : sequence of path-like
        Where the sources came from, for the provenance.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.
    **settings
        Of :class:`~locomotion_analysis.models.deep.CycleEncoder`: ``max_epochs``,
        ``network_options``, ...

    Returns
    -------
    EncoderRun

    Raises
    ------
    SchemaError
        If a source has none of the channels, a channel is in no source, one is named "simulated", or there is no cycle at all.
    MissingExtraError
        If torch or skorch is not installed (extra ``deep``).

    Examples
    --------
    >>> import tempfile
    >>> from locomotion_analysis.simulation import simulate
    >>> walk = simulate(n_subjects=12, n_cycles=2, tasks=["level_walking"])
    >>> made = make_encoder({"walk": walk}, tempfile.mkdtemp(), simulated=0, max_epochs=1)
    >>> int(made.people["held_out"].sum())
    1
    """
    from locomotion_analysis.models.deep import pretrain, save_network

    step = progress or silent
    folder = output_folder(out, (ENCODER, CARD, CARD_TEXT, PEOPLE, RECORD), RECORD)
    if SIMULATED in sources:
        raise SchemaError(
            expected="names of recordings",
            got=repr(SIMULATED),
            where="sources",
            fix="the simulated people are added by themselves; give this dataset another name",
        )
    if not sources and not simulated:
        raise SchemaError(
            expected="at least one dataset, or simulated people",
            got="neither",
            where="sources",
            fix="name files of gait cycles, or ask for simulated=800",
        )
    everything = dict(sources)
    if simulated:
        everything[SIMULATED] = _simulated(simulated, random_state)
    measured = {name for each in everything.values() for name in each.channels}
    if channels is None:
        channels = [name for name in ANGLES if name in measured]
    elif nobodys := [name for name in channels if name not in measured]:
        raise SchemaError(
            expected="channels that at least one dataset has",
            got=", ".join(nobodys),
            where="channels",
            fix="leave them out: an encoder learns nothing of what nobody measured",
        )
    step("pretraining", 0, 1)
    curves, person, people = _gathered(everything, list(channels), random_state)
    held_out = people["held_out"].to_numpy()[person]
    encoder = pretrain(
        curves[~held_out],
        architecture,
        channels,
        random_state=random_state,
        **settings,
    )
    step("pretraining", 1, 1)
    rebuilt = _rebuilt(encoder, curves, person, people)
    beware = [
        text for name, data in sources.items() for text in cautions(data, np.full(len(data), name))
    ]
    card = _card(encoder, people, rebuilt, beware)
    write_all(
        {
            folder / ENCODER: partial(save_network, encoder),
            folder / CARD: card.to_json(),
            folder / CARD_TEXT: card.markdown(),
            folder / PEOPLE: csv_text(people),
            folder / RECORD: json_text({"seed": random_state, **provenance(files)}),
        }
    )
    return EncoderRun(encoder, people, rebuilt, card, folder)


def _simulated(n_people: int, random_state: int) -> LocomotionData:
    """Return two strides each of people who walk, with every pathology, and of some who run."""
    runners = n_people // 5
    parts = [simulate(n_people - runners, 2, ["level_walking"], list(PATHOLOGIES), random_state)]
    if runners:
        run = simulate(runners, 2, ["run"], ["healthy"], random_state + 1)
        names = run.cycles.assign(subject=run.cycles["subject"].astype(str) + "_run")
        parts.append(LocomotionData(names, run.block, run.channels, run.history))
    return LocomotionData.concat(parts)


def _gathered(
    sources: Mapping[str, LocomotionData], channels: list[str], random_state: int
) -> tuple[NDArray[np.float32], NDArray[np.intp], pd.DataFrame]:
    """Return the curves of all sources, the person of each, and the people."""
    blocks, tables = [], []
    for name, data in sources.items():
        known = [each for each in channels if each in data.channels]
        if not known:
            raise SchemaError(
                expected=f"at least one of {', '.join(channels)}",
                got=", ".join(data.channels[:5]),
                where=f"dataset {name}",
                fix="leave this dataset out, or name channels that it has",
            )
        cycles = data.cycles
        by = ["subject", *(["side"] if "side" in cycles else [])]
        most = STRIDES // (1 if len(by) == 1 else max(cycles["side"].nunique(), 1))
        few = data.take(np.flatnonzero(cycles.groupby(by, sort=False).cumcount() < most))
        curves = np.full((len(few), N_PHASES, len(channels)), np.nan, np.float32)
        curves[:, :, [channels.index(each) for each in known]] = few.array(known)
        measured = np.isfinite(curves).any(axis=(1, 2))
        blocks.append(curves[measured])
        subject = few.cycles["subject"].astype(str).to_numpy()[measured]
        tables.append(pd.DataFrame({"dataset": name, "subject": subject}))
    table = pd.concat(tables, ignore_index=True)
    keys = table.groupby(["dataset", "subject"], sort=False)
    people = keys.size().rename("cycles").reset_index()
    drawn = people.assign(drawn=np.random.default_rng(random_state).random(len(people)))
    of_dataset = drawn.groupby("dataset")["drawn"]
    people["held_out"] = of_dataset.rank() <= of_dataset.transform("size") // _ONE_HELD_OUT_OF
    person = keys.ngroup().to_numpy().astype(np.intp)
    return np.concatenate(blocks), person, people


def _rebuilt(
    encoder: "CycleEncoder",
    curves: NDArray[np.float32],
    person: NDArray[np.intp],
    people: pd.DataFrame,
) -> pd.DataFrame:
    """Return the error at hidden points of held-out people, by dataset and channel."""
    hidden = np.zeros(curves.shape[1], bool)
    hidden[_HIDDEN] = True
    rows: list[dict[str, Any]] = []
    for dataset, own in people.groupby("dataset", sort=False):
        of_dataset, test = np.isin(person, own.index), np.isin(person, own.index[own["held_out"]])
        if not test.any():
            continue
        seen = curves[of_dataset & ~test]
        known = [n for n in range(curves.shape[2]) if np.isfinite(seen[..., n]).any()]
        usual = np.nanmean(seen[:, :, known], axis=0)
        true = curves[test][:, hidden][..., known]
        guesses = {
            "encoder": encoder.rebuild(curves[test], hidden)[:, hidden][..., known],
            "mean curve": np.broadcast_to(usual[hidden], true.shape),
        }
        codes = pd.factorize(person[test])[0]
        for place, number in enumerate(known):
            channel = (encoder.channels or [])[number]
            unit, factor = shown_unit(channel)
            errors = {
                name: factor * curve_rmse(true[..., place], guess[..., place], codes)
                for name, guess in guesses.items()
            }
            low, high = errors["encoder"].interval("error")
            rows.append(
                {
                    "dataset": dataset,
                    "channel": channel,
                    "unit": unit,
                    "people": int(codes.max()) + 1,
                    "rmse": float(errors["encoder"].value),
                    "low": low,
                    "high": high,
                    "mean_curve": float(errors["mean curve"].value),
                }
            )
    return pd.DataFrame(rows)


def _card(
    encoder: "CycleEncoder", people: pd.DataFrame, rebuilt: pd.DataFrame, beware: list[str]
) -> ModelCard:
    weights = sum(each.numel() for each in encoder.encoder_state().values())
    table = people.groupby("dataset", sort=False).agg(
        subjects=("subject", "size"), held_out=("held_out", "sum"), rows=("cycles", "sum")
    )
    measured = [name for name in table.index if name != SIMULATED]
    return ModelCard(
        title=f"Encoder of gait cycles: {encoder.architecture}",
        simulated=not measured,
        model=(
            (
                f"A {encoder.architecture} encoder of {weights:,} weights on the curves of "
                f"{', '.join(encoder.channels or [])}, pretrained without labels for "
                f"{encoder.max_epochs} epochs."
            ),
        ),
        intended_use=(
            "A start for a model of your own people and labels (`finetune`). It predicts nothing by "
            "itself. For research; not for the diagnosis or treatment of a person."
        ),
        people=(
            (
                f"{int(table['rows'].sum()):,} cycles of {len(people):,} subjects; measured datasets: "
                f"{', '.join(measured) or 'none'}."
            ),
        ),
        classes=card_rows(table.reset_index()),
        scores=(
            (
                "Error at 30 to 60 % of the cycle, hidden in all channels, of people not trained on, "
                "beside that of the mean curve of their dataset:"
            ),
        ),
        board=card_rows(rebuilt),
        cautions=tuple(beware),
        left_out=tuple(
            f"{name}: fewer than {_ONE_HELD_OUT_OF} people, none held out"
            for name in table.index[table["held_out"] == 0]
        ),
        limits=(
            (
                "Whether it helps on your people is not known until it is measured there, beside a "
                "linear model (`few_subject_curves`)."
            ),
            "It has seen the people of its sources: a test on one of them is no test of new people.",
        ),
    )
