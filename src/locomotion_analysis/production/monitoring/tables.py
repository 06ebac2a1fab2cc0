"""Tables of the store."""

from functools import cache
from types import SimpleNamespace

from locomotion_analysis.extras import require

FORMAT = 1
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
    )
