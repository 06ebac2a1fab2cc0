"""Formulas of models, and the columns they stand for.

The notation of Wilkinson and Rogers (1973) with the bars of lme4 (Bates et
al. 2015, doi:10.18637/jss.v067.i01): ``y ~ a * b + x + (x | subject)``.
"""

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError, did_you_mean

Term = tuple[str, ...]
"""Columns that are multiplied; empty for the intercept."""

INTERCEPT = "Intercept"
_GRAMMAR = (
    "response ~ a + b, a * b (both and their product), a:b (the product), a / b (b within a), 1, 0, "
    "(x | subject)"
)


@dataclass(frozen=True)
class Random:
    """Effects that differ between the groups of a column.

    Attributes
    ----------
    terms : tuple of Term
        What differs.
    group : str
        Column of the groups.
    """

    terms: tuple[Term, ...]
    group: str


@dataclass(frozen=True)
class Formula:
    """A formula, read.

    Attributes
    ----------
    text : str
        As it was written.
    response : str
        What is explained.
    terms : tuple of Term
        Fixed effects, those of fewer columns first.
    random : tuple of Random
        Random effects; effects of one entry are correlated, those of two are not.
    nested : tuple of str
        Factors of ``a / b``, each nested in the one before.
    """

    text: str
    response: str
    terms: tuple[Term, ...]
    random: tuple[Random, ...]
    nested: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a formula.

        Raises
        ------
        SchemaError
            If it is none.

        Examples
        --------
        >>> found = Formula.parse("stride_length_m ~ speed_m_s * pathology + (speed_m_s | subject)")
        >>> found.terms
        ((), ('speed_m_s',), ('pathology',), ('speed_m_s', 'pathology'))
        >>> found.random
        (Random(terms=((), ('speed_m_s',)), group='subject'),)
        """
        response, tilde, right = text.partition("~")
        # Products bind tighter than sums, a single product tighter than a * b: so do @ and **.
        python = right.replace("||", "^").replace(":", "**").strip()
        if (
            not tilde
            or not response.strip()
            or not python
            or set("^@") & set(right)
            or "**" in right
        ):
            raise _not_a_formula(text)
        try:
            tree = ast.parse(python, mode="eval").body
        except SyntaxError as error:
            raise _not_a_formula(text) from error
        reader = _Reader(text)
        terms = reader.expanded(tree)
        return cls(
            text, response.strip(), reader.ordered(terms), tuple(reader.random), reader.nested
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column on the right side, each once."""
        fixed = [name for term in self.terms for name in term]
        random = [
            name
            for each in self.random
            for name in (*(n for term in each.terms for n in term), each.group)
        ]
        return tuple(dict.fromkeys([*fixed, *random]))


class _Reader:
    """What the parts of one formula stand for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.random: list[Random] = []
        self.nested: tuple[str, ...] = ()

    def expanded(self, tree: ast.expr) -> dict[frozenset[str], Term]:
        """Return the terms of an expression with its intercept."""
        with_intercept: dict[frozenset[str], Term] = {frozenset(): ()}
        return self._sum(tree, with_intercept)

    @staticmethod
    def ordered(terms: Mapping[frozenset[str], Term]) -> tuple[Term, ...]:
        return tuple(sorted(terms.values(), key=len))

    def _sum(self, node: ast.expr, start: dict[frozenset[str], Term]) -> dict[frozenset[str], Term]:
        """Return the terms of `start` with those of a sum added, or taken away after a minus."""
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
            before = self._sum(node.left, start)
            return self._with(before, node.right, isinstance(node.op, ast.Add))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return self._with(start, node.operand, added=False)
        return self._with(start, node, added=True)

    def _with(
        self, terms: dict[frozenset[str], Term], node: ast.expr, added: bool
    ) -> dict[frozenset[str], Term]:
        if isinstance(node, ast.Constant) and node.value in (0, 1):
            intercept = added == (node.value == 1)
            rest = {key: term for key, term in terms.items() if key}
            return {frozenset(): (), **rest} if intercept else rest
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitOr, ast.BitXor)):
            if not isinstance(node.right, ast.Name) or not added:
                raise _not_a_formula(self.text)
            own = self.ordered(self.expanded(node.left))
            apart = isinstance(node.op, ast.BitXor)
            entries = [(term,) for term in own] if apart else [own]
            self.random += [Random(entry, node.right.id) for entry in entries]
            return terms
        new = self._product(node)
        if added:
            return {**terms, **{key: term for key, term in new.items() if key not in terms}}
        return {key: term for key, term in terms.items() if key not in new}

    def _product(self, node: ast.expr) -> dict[frozenset[str], Term]:
        if isinstance(node, ast.Name):
            return {frozenset({node.id}): (node.id,)}
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            above, below = self._product(node.left), self._product(node.right)
            if len(below) > 1 or self.nested not in ((), max(above.values(), key=len)):
                raise _not_a_formula(self.text)
            inner = max(above.values(), key=len) + next(iter(below.values()))
            self.nested = inner
            return {**above, frozenset(inner): inner}
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Pow)):
            left, right = self._product(node.left), self._product(node.right)
            both = {a | b: tuple(dict.fromkeys((*left[a], *right[b]))) for a in left for b in right}
            return {**left, **right, **both} if isinstance(node.op, ast.Mult) else both
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
            return self._sum(node, {})
        raise _not_a_formula(self.text)


def _not_a_formula(text: str) -> SchemaError:
    return SchemaError(
        expected=_GRAMMAR, got=text, where="formula", fix="columns are named as in the data"
    )


def columns_of(frame: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Return some columns, or levels of the index, of a frame.

    Raises
    ------
    SchemaError
        If one is not there; names that look like it are told.
    """
    levels = [str(name) for name in frame.index.names if name is not None and name not in frame]
    whole = frame.reset_index(levels) if levels else frame
    for name in names:
        if name not in whole:
            raise SchemaError(
                expected="columns of the data",
                got=f"{name}, which it has not",
                where="formula",
                fix=did_you_mean(name, whole.columns, "choose one of its columns"),
            )
    return whole[list(names)]


@dataclass(frozen=True)
class Coding:
    """How columns of data become columns of a design matrix.

    A column that is not a number is a factor: its first level (of a categorical the first
    category, else the first in order) is what the others are compared with. Where the effects that
    it would be compared within are not in the model, every level has a column.

    Attributes
    ----------
    terms : tuple of Term
        Terms of the model.
    levels : dict of str to tuple
        Levels of each factor.
    """

    terms: tuple[Term, ...]
    levels: Mapping[str, tuple[Any, ...]]

    @classmethod
    def of(cls, terms: Sequence[Term], frame: pd.DataFrame) -> Self:
        """Take the levels of the factors from the data."""
        names = dict.fromkeys(name for term in terms for name in term)
        return cls(
            tuple(terms), {name: _levels(frame[name]) for name in names if _factor(frame[name])}
        )

    def matrix(self, frame: pd.DataFrame) -> tuple[NDArray[np.float64], list[str]]:
        """Return the columns, shape (n_rows, n_columns), and their names.

        Raises
        ------
        SchemaError
            If a factor has a level that it did not have when the coding was made.

        Examples
        --------
        >>> frame = pd.DataFrame({"group": ["a", "b", "b"], "speed": [1.0, 1.2, 1.4]})
        >>> values, names = Coding.of(((), ("group",), ("group", "speed")), frame).matrix(frame)
        >>> names
        ['Intercept', 'group[b]', 'group[a]:speed', 'group[b]:speed']
        """
        present = {frozenset(term) for term in self.terms}
        columns: list[NDArray[np.float64]] = []
        names: list[str] = []
        for term in self.terms:
            made: list[tuple[NDArray[np.float64], list[str]]] = [(np.ones(len(frame)), [])]
            for name in term:
                contrast = frozenset(term) - {name} in present
                parts = self._parts(name, frame[name], contrast)
                made = [(a * b, [*title, part]) for b, part in parts for a, title in made]
            columns += [values for values, _ in made]
            names += [":".join(title) or INTERCEPT for _, title in made]
        return np.stack(columns, axis=1) if columns else np.empty((len(frame), 0)), names

    def _parts(
        self, name: str, values: "pd.Series[Any]", contrast: bool
    ) -> list[tuple[NDArray[np.float64], str]]:
        if name not in self.levels:
            return [(values.to_numpy(float), name)]
        levels = self.levels[name]
        unknown = sorted(map(str, set(values.unique()) - set(levels)))
        if unknown:
            raise SchemaError(
                expected=f"{name}: {', '.join(map(str, levels))}",
                got=", ".join(unknown),
                where=f"column {name}",
                fix="the model was fitted without it",
            )
        kept = levels[1:] if contrast else levels
        return [((values == level).to_numpy(float), f"{name}[{level}]") for level in kept]


def _factor(values: "pd.Series[Any]") -> bool:
    return bool(
        pd.api.types.is_bool_dtype(values.dtype) or not pd.api.types.is_numeric_dtype(values.dtype)
    )


def _levels(values: "pd.Series[Any]") -> tuple[Any, ...]:
    there = set(values.unique())
    known = (
        values.cat.categories if isinstance(values.dtype, pd.CategoricalDtype) else sorted(there)
    )
    return tuple(level for level in known if level in there)


def refuse_aliased(matrix: NDArray[np.float64], names: Sequence[str]) -> None:
    """Refuse columns that others give already, and name them.

    Raises
    ------
    SchemaError
        If the columns are linearly dependent.
    """
    scale = np.linalg.norm(matrix, axis=0)
    scaled = matrix / np.where(scale > 0, scale, 1.0)
    for at in range(matrix.shape[1]):
        found, *_ = np.linalg.lstsq(scaled[:, :at], scaled[:, at], rcond=None)
        if np.linalg.norm(scaled[:, at] - scaled[:, :at] @ found) < 1e-9:
            others = [names[k] for k in np.flatnonzero(np.abs(found) > 1e-6)]
            raise SchemaError(
                expected="effects that can be told apart",
                got=f"{names[at]} is "
                + (f"a sum of multiples of {', '.join(others)}" if others else "zero in every row"),
                where="formula",
                fix=f"leave {names[at]} out, or add people in whom it differs",
            )
