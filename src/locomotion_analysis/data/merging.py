"""Joining datasets of different people, each keeping its name and its history."""

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from locomotion_analysis.data.history import HistoryEntry
from locomotion_analysis.data.locomotion_data import LocomotionData
from locomotion_analysis.errors import SchemaError

_SHOWN = 5


def merge_datasets(
    datasets: Sequence[LocomotionData] | Mapping[str, LocomotionData],
) -> LocomotionData:
    """Join datasets of different people.

    :meth:`LocomotionData.concat` joins pieces of one dataset, where a subject's name is one
    person. Here a name that stands in two datasets is two people: such subjects are renamed
    ``dataset/subject``, so that splits, groups and intervals take them as two. The column
    ``dataset`` stays.

    Parameters
    ----------
    datasets : sequence or mapping of LocomotionData
        At least two. The names of a mapping replace the column ``dataset`` of each. In a
        sequence, datasets of one name may not share a subject's name.

    Returns
    -------
    LocomotionData
        All cycles; a channel or column that a dataset does not have is NaN or missing there.
        The history holds that of each dataset with the dataset's name before it, then every
        renaming, and every channel and column that was filled.

    Raises
    ------
    SchemaError
        If there are fewer than two datasets, a column is numbers in one and text in another, or
        it cannot be said whether a subject of two datasets is one person or two.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> lab, clinic = (simulate(n_subjects=3, n_cycles=1, seed=seed) for seed in (1, 2))
    >>> both = merge_datasets({"lab": lab, "clinic": clinic})
    >>> sorted(both.cycles["subject"].unique())[:2]
    ['clinic/sim_0001', 'clinic/sim_0002']
    """
    pieces, history = _named_pieces(datasets)
    _refuse_mixed_columns(pieces)
    joined = LocomotionData.concat(
        [LocomotionData(piece.cycles, piece.block, piece.channels) for piece in pieces.values()]
    )
    for name, piece in pieces.items():
        history += _filled(name, piece, joined)
    cycles, renamed = _told_apart(joined.cycles)
    history += renamed
    history.append(HistoryEntry("merged", f"datasets {', '.join(pieces)}", len(cycles)))
    return LocomotionData(cycles, joined.block, joined.channels, history)


def _named_pieces(
    datasets: Sequence[LocomotionData] | Mapping[str, LocomotionData],
) -> tuple[dict[str, LocomotionData], list[HistoryEntry]]:
    """Return the datasets by a name of each, and their histories with the names before."""
    if len(datasets) < 2:
        raise SchemaError(
            expected="at least two datasets to merge", got=str(len(datasets)), where="datasets"
        )
    history = []
    named: dict[str, LocomotionData] = {}
    if isinstance(datasets, Mapping):
        for name, data in datasets.items():
            own = _dataset_names(data)
            cycles, apart = _told_apart(data.cycles)
            cycles = cycles.assign(dataset=name)
            named[name] = LocomotionData(cycles, data.block, data.channels, data.history)
            history += apart
            if own != name:
                history.append(HistoryEntry("renamed", f"dataset {own} -> {name}", len(data)))
    else:
        _refuse_shared_people(datasets)
        for position, data in enumerate(datasets, start=1):
            name = _dataset_names(data)
            named[f"{name} (no. {position})" if name in named else name] = data
    attributed = [
        HistoryEntry(entry.action, f"{name}: {entry.detail}", entry.count)
        for name, data in named.items()
        for entry in data.history
    ]
    return named, attributed + history


def _dataset_names(data: LocomotionData) -> str:
    return " + ".join(data.cycles["dataset"].drop_duplicates().tolist())


def _refuse_shared_people(datasets: Sequence[LocomotionData]) -> None:
    """Raise where datasets of one name have subjects of one name, who may be two people."""
    people = Counter(
        person
        for data in datasets
        for person in data.cycles[["dataset", "subject"]].drop_duplicates().itertuples(index=False)
    )
    shared = [person for person, count in people.items() if count > 1]
    if shared:
        names = ", ".join(sorted({subject for _, subject in shared})[:_SHOWN])
        raise SchemaError(
            expected="datasets with names of their own, which tell their subjects apart",
            got=f"{len(shared)} subjects in several datasets of one name ({names}"
            f"{', …' if len(shared) > _SHOWN else ''} of {shared[0][0]!r})",
            where="datasets",
            fix="for different people, name the datasets: merge_datasets({name: data, ...}); "
            "for pieces of one dataset, LocomotionData.concat",
        )


def _refuse_mixed_columns(pieces: Mapping[str, LocomotionData]) -> None:
    first: dict[str, tuple[str, bool]] = {}
    for name, piece in pieces.items():
        cycles = piece.cycles
        for column in cycles.columns[cycles.notna().any()]:
            known = cycles[column].dropna().infer_objects()  # true and missing are an object column
            is_number = pd.api.types.is_numeric_dtype(known)
            earlier, was_number = first.setdefault(column, (name, is_number))
            if was_number != is_number:
                kinds = {True: "numbers", False: "text"}
                raise SchemaError(
                    expected="columns of one kind in all datasets",
                    got=f"{kinds[was_number]} in {earlier}, {kinds[is_number]} in {name}",
                    where=f"column {column}",
                    fix="convert or rename the column in one of them",
                )


def _filled(name: str, piece: LocomotionData, joined: LocomotionData) -> list[HistoryEntry]:
    channels = [channel for channel in joined.channels if channel not in piece.channels]
    columns = [str(column) for column in joined.cycles if column not in piece.cycles]
    absent = {"channels, NaN": channels, "columns, missing": columns}
    return [
        HistoryEntry("filled", f"{name}: no such {what}: {', '.join(found)}", len(piece))
        for what, found in absent.items()
        if found
    ]


def _told_apart(cycles: pd.DataFrame) -> tuple[pd.DataFrame, list[HistoryEntry]]:
    """Put the dataset before each subject's name that stands in more than one dataset."""
    people = cycles[["dataset", "subject"]].drop_duplicates()
    shared = [name for name, count in Counter(people["subject"]).items() if count > 1]
    if not shared:
        return cycles, []
    rows = cycles["subject"].isin(shared)
    apart = cycles["dataset"] + "/" + cycles["subject"]
    clash = sorted(set(apart[rows]) & set(people["subject"]))
    if clash:
        raise SchemaError(
            expected="subject names that can be told apart as dataset/subject",
            got=f"a subject already named {clash[0]}",
            where="column subject",
            fix="give the datasets other names: merge_datasets({name: data, ...})",
        )
    named = ", ".join(shared[:_SHOWN]) + (", …" if len(shared) > _SHOWN else "")
    detail = f"subject -> dataset/subject, {len(shared)} names in several datasets: {named}"
    entry = HistoryEntry("renamed", detail, int(rows.sum()))
    return cycles.assign(subject=cycles["subject"].where(~rows, apart)), [entry]
