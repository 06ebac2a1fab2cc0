"""A database of predictions, the inputs they were made of, and the labels that come later.

A served model's answers are kept here before they are given (:class:`RecordedBundle`).
"""

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.parquet import read_csv_table, read_plain_table
from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.extras import require
from locomotion_analysis.files import fault_of
from locomotion_analysis.production.bundle import open_bundle
from locomotion_analysis.production.bundle.bundle import as_trained, trained_rows
from locomotion_analysis.production.bundle.opening import Runtime
from locomotion_analysis.production.monitoring.drift import PHASES, sampled_curves
from locomotion_analysis.production.pseudonyms import (
    further_keys,
    hidden,
    is_key,
    keys_of,
    mark_of,
    new_key,
    secret_keys,
    wrapped,
)
from locomotion_analysis.production.service.bodies import SUBJECT
from locomotion_analysis.production.service.worker import ServedBundle
from locomotion_analysis.typed_tree import json_tree, typed

# Tables of the store


FORMAT = 2
"""Raised when older versions of this package can no longer read a store."""


@cache
def tables() -> SimpleNamespace:
    """Return ``metadata`` and the tables ``facts``, ``models``, ``predictions``, ``labels``."""
    sql = require("sqlalchemy", "monitor")
    metadata = sql.MetaData()
    number = sql.BigInteger().with_variant(sql.Integer(), "sqlite")
    return SimpleNamespace(
        metadata=metadata,
        facts=sql.Table(
            "facts",
            metadata,
            sql.Column("name", sql.String(40), primary_key=True),
            sql.Column("value", sql.Text, nullable=False),
        ),
        models=sql.Table(
            "models",
            metadata,
            sql.Column("version", sql.String(64), primary_key=True),
            sql.Column("names", sql.Text, nullable=False),
        ),
        predictions=sql.Table(
            "predictions",
            metadata,
            sql.Column("id", number, primary_key=True, autoincrement=True),
            sql.Column("at", sql.Float(53), nullable=False, index=True),
            sql.Column("version", sql.String(64), nullable=False, index=True),
            sql.Column("subject", sql.String(24), index=True),
            sql.Column("cycle", sql.String(24)),
            sql.Column("prediction", sql.Text, nullable=False),
            sql.Column("outside", sql.Boolean, nullable=False),
            sql.Column("features", sql.LargeBinary, nullable=False),
            sql.Column("curves", sql.LargeBinary),
        ),
        labels=sql.Table(
            "labels",
            metadata,
            sql.Column("subject", sql.String(24), primary_key=True),
            sql.Column("cycle", sql.String(24), primary_key=True),
            sql.Column("label", sql.Text, nullable=False),
            sql.Column("at", sql.Float(53), nullable=False),
        ),
        requests=sql.Table(
            "requests",
            metadata,
            sql.Column("token", sql.String(64), primary_key=True),
            sql.Column("at", sql.Float(53), nullable=False, index=True),
        ),
    )


# Predictions, the inputs they were made of, and labels that come later, in a database


T = TypeVar("T")
_BUSY_MS, _BUSY_STEP_S = 10_000, 0.01
_NUMBERS = {"at": "float64", "outside": "bool"}


@dataclass(frozen=True)
class Watched:
    """Names of what a model's stored rows hold.

    Attributes
    ----------
    version : str
        Digest of the bundle, shortened.
    features, channels : tuple of str
        Columns of the stored features, channels of the stored curves.
    """

    version: str
    features: tuple[str, ...]
    channels: tuple[str, ...]


@dataclass(frozen=True)
class _Names:
    """What the table of models holds as JSON."""

    features: tuple[str, ...]
    channels: tuple[str, ...]


@dataclass(frozen=True)
class Stored:
    """Rows of one model from a store.

    Attributes
    ----------
    predictions : DataFrame
        ``at`` (seconds since 1970), ``subject`` and ``cycle`` (keyed hashes; None where the
        request did not tell), ``prediction``, ``outside``, ``label`` (None until it is known).
    features : DataFrame, shape (n_rows, n_features)
        float32.
    curves : ndarray of float32, shape (n_rows, n_phases, n_channels)
        NaN throughout where the request gave features.
    watched : Watched
        The names.
    """

    predictions: pd.DataFrame
    features: pd.DataFrame
    curves: NDArray[np.float32]
    watched: Watched


class PredictionStore:
    """A database of predictions: SQLite in a file, or what SQLAlchemy reaches by a URL.

    Each append is one transaction: a process killed in the middle leaves all of it or nothing.
    SQLite runs in write-ahead mode, so that several processes write and read at once. Its file
    is for its owner alone (mode 0600). Subjects are kept as keyed hashes; the secret key lies in
    the environment or in the account's key file, never in the store.

    Parameters
    ----------
    place : path-like or str
        File, or a URL such as ``postgresql+psycopg://host/gait``.
    create : bool
        Whether to make the store where there is none.

    Raises
    ------
    MissingExtraError
        If SQLAlchemy is not installed.
    FileReadError
        If the place cannot be opened, is no such database, or of another format; or if there is
        none and `create` is false.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> store = PredictionStore(pathlib.Path(tempfile.mkdtemp()) / "watch.sqlite")
    >>> store.versions()
    []
    """

    def __init__(self, place: str | os.PathLike[str], *, create: bool = True) -> None:
        self._sql = require("sqlalchemy", "monitor")
        self.place = os.fspath(place)
        self._create = create
        url: Any = self.place
        if "://" not in self.place:
            if not create and not Path(self.place).exists():
                raise self._no_store("nothing at that path")
            _make_private(Path(self.place))
            url = self._sql.URL.create("sqlite", database=self.place)
        self._engine = self._sql.create_engine(url)
        if "://" not in self.place:
            self._sql.event.listen(self._engine, "connect", _write_ahead)
        self._tables = tables()
        self._prepared()

    def append(
        self,
        watched: Watched,
        features: NDArray[np.floating[Any]],
        predictions: Sequence[Any],
        outside: Sequence[bool],
        subjects: Sequence[Any] | None = None,
        cycles: Sequence[str] | None = None,
        curves: NDArray[np.floating[Any]] | None = None,
        at: float | None = None,
        *,
        tokens: Sequence[str] = (),
    ) -> None:
        """Add rows, all or none; those of a request that is kept already are passed over.

        Parameters
        ----------
        watched : Watched
            The model and what the rows hold.
        features : ndarray, shape (n_rows, n_features)
        predictions : sequence of n_rows
            Labels or numbers.
        outside : sequence of bool
            Whether each row lies outside the training data.
        subjects, cycles : sequence of n_rows, optional
            Names; only their keyed hashes are kept.
        curves : ndarray, shape (n_rows, n_phases, n_channels), optional
        at : float, optional
            Time, seconds since 1970; now where None.
        tokens : sequence of n_rows, optional
            Request of each row: a second try of one, after a lost worker, adds nothing.
        """
        when = time.time() if at is None else at
        blobs = np.ascontiguousarray(features, dtype=np.float32)
        sampled = None if curves is None else np.ascontiguousarray(curves, dtype=np.float32)
        people = [None] * len(blobs) if subjects is None else list(subjects)
        steps = [None] * len(blobs) if cycles is None else list(cycles)
        rows = [
            {
                "at": when,
                "version": watched.version,
                "prediction": str(predictions[number]),
                "outside": bool(outside[number]),
                "features": blobs[number].tobytes(),
                "curves": None if sampled is None else sampled[number].tobytes(),
            }
            for number in range(len(blobs))
        ]
        names = {"features": list(watched.features), "channels": list(watched.channels)}
        models, sql = self._tables.models, self._sql

        def add(connection: Any) -> None:
            same = sql.select(models.c.version).where(models.c.version == watched.version)
            if connection.execute(same).first() is None:
                connection.execute(
                    models.insert(), {"version": watched.version, "names": json.dumps(names)}
                )
            hashed, kept = self._hashing(connection), self._kept(connection, tokens, when)
            for row, subject, step in zip(rows, people, steps, strict=True):
                row["subject"] = None if subject is None else hashed(subject)
                row["cycle"] = None if step is None else hashed(step)
            new = [
                row for number, row in enumerate(rows) if not tokens or tokens[number] not in kept
            ]
            if new:
                connection.execute(self._tables.predictions.insert(), new)

        self._write(add)

    def label(self, labels: pd.DataFrame, at: float | None = None) -> int:
        """Add labels that became known; a later one for the same person or cycle replaces it.

        Parameters
        ----------
        labels : DataFrame
            ``subject`` and ``label``; and ``task``, ``task_id`` and ``step`` where a label is of
            one cycle and not of the person.

        Returns
        -------
        int
            Predictions that these labels are of.

        Raises
        ------
        SchemaError
            If a column is missing.
        """
        lacking = {"subject", "label"} - set(labels.columns)
        if lacking:
            raise SchemaError(
                expected="columns subject and label",
                got=", ".join(map(str, labels.columns)),
                fix="name them so; add task, task_id and step for labels of single cycles",
            )
        known = labels.dropna(subset=["label"])
        when = time.time() if at is None else at
        per_cycle = {"task", "task_id", "step"} <= set(labels.columns)
        cycles = cycle_names(known) if per_cycle else [""] * len(known)
        table, of, sql = self._tables.labels, self._tables.predictions, self._sql

        def replace(connection: Any) -> int:
            hashed, matched = self._hashing(connection), 0
            for subject, cycle, told in zip(known["subject"], cycles, known["label"], strict=True):
                row = {
                    "subject": hashed(subject),
                    "cycle": hashed(cycle) if cycle else "",
                    "label": str(told),
                    "at": when,
                }
                same = sql.and_(table.c.subject == row["subject"], table.c.cycle == row["cycle"])
                connection.execute(table.delete().where(same))
                connection.execute(table.insert(), row)
                meant = of.c.subject == row["subject"]
                if row["cycle"]:
                    meant = sql.and_(meant, of.c.cycle == row["cycle"])
                count = sql.select(sql.func.count()).select_from(of).where(meant)
                matched += connection.execute(count).scalar_one()
            return matched

        return self._write(replace)

    def versions(self) -> list[str]:
        """Return the models there are rows of, latest row last."""
        table, sql = self._tables.predictions, self._sql
        latest = sql.func.max(table.c.at)
        query = sql.select(table.c.version).group_by(table.c.version).order_by(latest)
        return [row.version for row in self._rows(query)]

    def read(self, version: str, since: float | None = None, until: float | None = None) -> Stored:
        """Return the stored predictions of a model.

        Parameters
        ----------
        version : str
            First twelve digits of the bundle's digest.
        since, until : float, optional
            Only between these times, seconds since 1970; open where None.

        Returns
        -------
        Stored

        Raises
        ------
        FileReadError
            If the store has no rows of it.
        """
        table = self._tables.models
        known = self._rows(self._sql.select(table.c.names).where(table.c.version == version))
        if not known:
            raise FileReadError(
                expected=f"answers of version {version} (the bundle's)",
                got=f"answers of {', '.join(self.versions()) or 'no version'}",
                where=self.place.rpartition("@")[2],
                fix="name the bundle that was served, or serve this one with --store first",
            )
        rows = self._rows(self._query(version, since, until))
        try:
            return self._stored(version, known[0].names, rows)
        except (ValueError, TypeError) as error:
            raise FileReadError(
                expected=f"whole rows of version {version}",
                got=str(error).splitlines()[0],
                where=self.place.rpartition("@")[2],
                fix="restore the store from a backup; something else wrote into it",
            ) from error

    def _stored(self, version: str, told: str, rows: Sequence[Any]) -> Stored:
        names = typed(_Names, json_tree(told, "names of features and channels"))
        watched = Watched(version, names.features, names.channels)
        shape = (len(PHASES), len(watched.channels))
        features = np.full((len(rows), len(watched.features)), np.nan, np.float32)
        curves = np.full((len(rows), *shape), np.nan, np.float32)
        for place, row in enumerate(rows):
            features[place] = np.frombuffer(row.features, np.float32).reshape(features.shape[1])
            if row.curves is not None:
                samples = np.frombuffer(row.curves, np.float32).reshape(-1, shape[1])
                # Rows of before have no sample at the end of the cycle.
                curves[place, : len(samples)] = samples
        columns = ["at", "subject", "cycle", "prediction", "outside", "label"]
        shown = [[getattr(row, name) for name in columns] for row in rows]
        return Stored(
            pd.DataFrame(shown, columns=columns, dtype=object).astype(_NUMBERS),
            pd.DataFrame(features, columns=list(watched.features)),
            curves,
            watched,
        )

    def purge(self, before: float) -> int:
        """Remove predictions and labels from before a time.

        Parameters
        ----------
        before : float
            Seconds since 1970.

        Returns
        -------
        int
            Number of predictions removed.
        """
        table, labels = self._tables.predictions, self._tables.labels

        def remove(connection: Any) -> int:
            for old in (labels, self._tables.requests):
                connection.execute(old.delete().where(old.c.at < before))
            return int(connection.execute(table.delete().where(table.c.at < before)).rowcount)

        return self._write(remove)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _query(self, version: str, since: float | None, until: float | None) -> Any:
        of, labels, sql = self._tables.predictions, self._tables.labels, self._sql
        own, whole = labels.alias("own"), labels.alias("whole")
        mine = sql.and_(own.c.subject == of.c.subject, own.c.cycle == of.c.cycle)
        all_of = sql.and_(whole.c.subject == of.c.subject, whole.c.cycle == "")
        label = sql.func.coalesce(own.c.label, whole.c.label).label("label")
        columns = [of.c.at, of.c.subject, of.c.cycle, of.c.prediction, of.c.outside, of.c.features, of.c.curves, label]  # fmt: skip
        query = sql.select(*columns).select_from(of.outerjoin(own, mine).outerjoin(whole, all_of))
        query = query.where(of.c.version == version)
        if since is not None:
            query = query.where(of.c.at >= since)
        if until is not None:
            query = query.where(of.c.at < until)
        return query.order_by(of.c.id)

    def _rows(self, query: Any) -> Sequence[Any]:
        with self._guarded(), self._engine.connect() as connection:
            found: Sequence[Any] = connection.execute(query).all()
            return found

    def _write(self, step: Callable[[Any], T]) -> T:
        """Take a step in one transaction, though others write the same rows at the same time.

        SQLite's begins with the lock for writing: nobody comes between what the step reads and
        what it writes. Of two that make the same row or table, other databases refuse the
        second; it takes the step again, and finds what the first one made.
        """
        errors = self._sql.exc
        with self._guarded():
            try:
                return self._transaction(step)
            except (errors.IntegrityError, errors.ProgrammingError):
                return self._transaction(step)

    def _transaction(self, step: Callable[[Any], T]) -> T:
        with self._engine.begin() as connection:
            if self._engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            return step(connection)

    def rotate_key(self) -> int:
        """Hash all names with a further secret key; return how many rows and labels.

        The newest key of the key file is taken, or made if this store has it already. Names are
        not known, so the hashes are hashed: who wants to try names needs all the keys. A store
        of an older version, which holds its key, is brought up to date by this.

        Raises
        ------
        FileReadError
            If the key it was hashed with is not ours, or a new one has to be set by hand.
        """
        facts, sql = self._tables.facts, self._sql

        def rotate(connection: Any) -> int:
            self._tables.metadata.create_all(connection)  # what older versions did not have
            known = self._facts(connection)
            keys, further = further_keys(known.get("mark", ""), known["key"], self.place)
            changed = 0
            for table in (self._tables.predictions, self._tables.labels):
                for column in (table.c.subject, table.c.cycle):
                    there = sql.select(column).distinct().where(sql.func.length(column) > 0)
                    for (old,) in connection.execute(there).all():
                        new = {column.name: wrapped(old, further)}
                        connection.execute(table.update().where(column == old).values(new))
                changed += connection.execute(sql.select(sql.func.count()).select_from(table)).scalar_one()  # fmt: skip
            new_facts = {"format": str(FORMAT), "mark": mark_of(keys, known["key"])}
            connection.execute(facts.delete().where(facts.c.name.in_(list(new_facts))))
            rows = [{"name": name, "value": value} for name, value in new_facts.items()]
            connection.execute(facts.insert(), rows)
            return int(changed)

        changed = self._write(rotate)
        if self._engine.dialect.name == "sqlite":  # the old hashes leave the file's free pages
            with self._guarded(), self._engine.connect() as connection:
                connection.exec_driver_sql("VACUUM")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return changed

    def _hashing(self, connection: Any) -> Callable[[Any], str]:
        """Return what hashes a name, with the keys that the store has at this moment."""
        known = self._facts(connection)
        if "mark" not in known:
            raise FileReadError(
                expected="a store whose key lies elsewhere",
                got="one of an older version, which holds its key",
                where=self.place.rpartition("@")[2],
                fix="bring it up to date: locomotion monitor rotate-key STORE",
            )
        keys = keys_of(known["mark"], known["key"], self.place.rpartition("@")[2])
        return lambda name: hidden(known["key"], [name], keys)[0]

    def _kept(self, connection: Any, tokens: Sequence[str], when: float) -> set[str]:
        """Return the requests whose rows are here, and note the others."""
        table, asked = self._tables.requests, set(tokens)
        query = self._sql.select(table.c.token).where(table.c.token.in_(sorted(asked)))
        kept = {row.token for row in connection.execute(query)} if asked else set()
        if asked - kept:
            rows = [{"token": each, "at": when} for each in sorted(asked - kept)]
            connection.execute(table.insert(), rows)
        return kept

    def _facts(self, connection: Any) -> dict[str, str]:
        rows = connection.execute(self._sql.select(self._tables.facts))
        known = {row.name: row.value for row in rows}
        if not is_key(known.get("key", "")):
            raise FileReadError(
                expected="a store with the salt of its hashes (64 hexadecimal digits)",
                got=repr(known.get("key"))[:20],
                where=self.place.rpartition("@")[2],
                fix="restore the store from a backup; something else wrote into it",
            )
        return known

    def _prepared(self) -> None:
        """Make the tables if need be, and look whether this version can read them."""
        facts, sql = self._tables.facts, self._sql
        with self._guarded():
            there = sql.inspect(self._engine).has_table(facts.name)
        if not there and not self._create:
            raise self._no_store("a database without predictions")

        def make(connection: Any) -> None:
            self._tables.metadata.create_all(connection)
            if connection.execute(sql.select(facts)).first() is None:
                salt = new_key()
                mark = mark_of(secret_keys(), salt)
                new = {"format": str(FORMAT), "key": salt, "mark": mark}
                rows = [{"name": name, "value": value} for name, value in new.items()]
                connection.execute(facts.insert(), rows)

        if not there:
            self._write(make)
        found = {row.name: row.value for row in self._rows(sql.select(facts))}
        if found.get("format") not in {"1", str(FORMAT)}:
            raise FileReadError(
                expected=f"a store of format {FORMAT}",
                got=f"format {found.get('format')}",
                where=self.place,
                fix="update locomotion-analysis",
            )
        if self._create:  # whoever will write needs the right key: say so now
            with self._guarded(), self._engine.connect() as connection:
                self._hashing(connection)

    def _no_store(self, got: str) -> FileReadError:
        return FileReadError(
            expected="a store of predictions",
            got=got,
            where=self.place.rpartition("@")[2],
            fix="name the --store that locomotion serve was started with",
        )

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        # SQLite quotes damaged text in its own words, which are no UTF-8 then.
        except (self._sql.exc.SQLAlchemyError, UnicodeDecodeError) as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise FileReadError(
                expected="a database for predictions",
                got=reason,
                where=self.place.rpartition("@")[2],
                fix="name a file of locomotion serve --store, or a database that can be reached",
            ) from error


def read_labels(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table of labels that became known.

    Parameters
    ----------
    path : path-like
        CSV or Parquet, with the columns of :meth:`PredictionStore.label`. Names of subjects and
        tasks stay text: subject 007 keeps its zeros.

    Returns
    -------
    DataFrame
        As :meth:`PredictionStore.label` takes it.

    Raises
    ------
    FileReadError
        If it cannot be read.
    """
    place = Path(path)
    try:
        read = read_plain_table if place.suffix.lower() == ".parquet" else read_csv_table
        labels: pd.DataFrame = read(place).to_pandas()
    except (OSError, ValueError) as error:
        raise FileReadError(
            expected="a table of labels, CSV or Parquet",
            got=fault_of(error),
            where=str(place),
            fix="write columns subject and label",
        ) from error
    return labels


def cycle_names(cycles: pd.DataFrame) -> list[str]:
    """Return one text a cycle: subject, task, task_id and step."""
    columns = [cycles[name].astype(str) for name in ("subject", "task", "task_id", "step")]
    return ["|".join(each) for each in zip(*columns, strict=True)]


def _make_private(file: Path) -> None:
    """Make an empty file for its owner alone; SQLite gives its rights to the files beside it."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise FileReadError(
            expected="a place to keep predictions in",
            got=str(error.strerror),
            where=str(file),
            fix="name another file, in a folder you may write into",
        ) from error


def _write_ahead(connection: Any, _: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    until = time.monotonic() + _BUSY_MS / 1000
    while True:
        # Of several that open a new file at once SQLite refuses all but one this change, and does
        # not wait for it as it waits for locks.
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            kind = error.sqlite_errorcode & 0xFF  # the other bits say why it is busy
            if kind != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_BUSY_STEP_S)
        else:
            break
    connection.execute("PRAGMA synchronous=NORMAL")


# A served model whose answers are kept in a store before they are given


@dataclass(frozen=True)
class RecordedBundle(ServedBundle):
    """A bundle that answers requests and keeps what it answered.

    The row is in the store before the answer leaves: a service that is killed has lost no
    answer that somebody was given.

    Attributes
    ----------
    bundle : Bundle
    store : PredictionStore
    """

    store: PredictionStore = field(kw_only=True)

    def predict_features(
        self, X: pd.DataFrame, *, explain: bool, tokens: Sequence[str] = ()
    ) -> pd.DataFrame:
        """Predict from features; people are known where they are the index of `X`."""
        answers = super().predict_features(X, explain=explain)
        people = [X.index.astype(str).tolist()] if X.index.name == SUBJECT else []
        self._keep(X[list(self.schema.names)], answers, tokens, *people)
        return answers

    def predict_cycles(
        self, data: LocomotionData, *, explain: bool, tokens: Sequence[str] = ()
    ) -> pd.DataFrame:
        """Predict from cycles."""
        inputs = self.bundle.manifest.inputs
        rows = trained_rows(data, inputs, self.schema.names)
        answers = self.bundle.predict_features(rows, explain=explain)
        known = as_trained(data, inputs)
        if len(known) == len(rows) and known.channels == self._watched.channels:
            subjects, names = known.cycles["subject"].tolist(), cycle_names(known.cycles)
            self._keep(rows, answers, tokens, subjects, names, sampled_curves(known))
        else:  # legs before and after treatment, or a channel missing that is not needed
            own = tokens if len(tokens) == len(rows) else [*tokens[:1]] * len(rows)
            self._keep(rows, answers, own, rows.index.get_level_values("subject").tolist())
        return answers

    @cached_property
    def _watched(self) -> Watched:
        channels = tuple(each.name for each in self.bundle.channels)
        return Watched(self.bundle.version, self.schema.names, channels)

    def _keep(
        self, rows: pd.DataFrame, answers: pd.DataFrame, tokens: Sequence[str], *more: Any
    ) -> None:
        outside = answers["outside"] if "outside" in answers else [False] * len(answers)
        values = rows.to_numpy("float32")
        predictions = list(answers["prediction"])
        self.store.append(
            self._watched,
            values,
            predictions,
            list(outside),
            *more,
            tokens=tokens if all(tokens) else (),
        )


def open_recorded(
    path: Path, store: str, key: bytes | None = None, runtime: Runtime = "original"
) -> RecordedBundle:
    """Open a bundle for serving as ``open_served`` does, its answers kept in a store."""
    opened = open_bundle(path, key=key, runtime=runtime)
    return RecordedBundle(opened, store=PredictionStore(store))
