"""Formulas against how R codes the same ones."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.statistics.formula import (
    Coding,
    Formula,
    Random,
    columns_of,
    refuse_aliased,
)

FRAME = pd.DataFrame(
    {
        "g": ["b", "a", "c", "a", "b", "c"] * 2,
        "h": pd.Categorical(["y", "x", "y", "y", "x", "x", *"xyxyxy"], categories=["y", "x"]),
        "v": [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 3.0, 1.0, 5.0, 4.0, 9.0, 0.0],
    }
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("r ~ 1", ["Intercept"]),
        ("r ~ v", ["Intercept", "v"]),
        ("r ~ 0 + v", ["v"]),
        ("r ~ v - 1", ["v"]),
        ("r ~ g", ["Intercept", "g[b]", "g[c]"]),
        ("r ~ 0 + g", ["g[a]", "g[b]", "g[c]"]),
        ("r ~ g:v", ["Intercept", "g[a]:v", "g[b]:v", "g[c]:v"]),
        ("r ~ g * v", ["Intercept", "g[b]", "g[c]", "v", "g[b]:v", "g[c]:v"]),
        ("r ~ h * g - h:g", ["Intercept", "h[x]", "g[b]", "g[c]"]),
        (
            "r ~ (g + h) * v",
            ["Intercept", "g[b]", "g[c]", "h[x]", "v", "g[b]:v", "g[c]:v", "h[x]:v"],
        ),
        # R: model.matrix(~ h + h:g) has g's contrasts within each level of h.
        ("r ~ h + h:g", ["Intercept", "h[x]", "h[y]:g[b]", "h[x]:g[b]", "h[y]:g[c]", "h[x]:g[c]"]),
    ],
)
def test_columns_are_those_of_r(text, names):
    matrix, found = Coding.of(Formula.parse(text).terms, FRAME).matrix(FRAME)
    assert found == names
    assert np.linalg.matrix_rank(matrix) == len(names)


def test_a_product_is_the_product_of_its_columns():
    matrix, names = Coding.of(Formula.parse("r ~ g * v").terms, FRAME).matrix(FRAME)
    by_name = dict(zip(names, matrix.T, strict=True))
    assert by_name["g[c]:v"].tolist() == [0, 0, 4, 0, 0, 32, 0, 0, 5, 0, 0, 0]


def test_bars_are_random_effects():
    found = Formula.parse("r ~ v + (v | s) + (0 + h | s)")
    assert found.random == (Random(((), ("v",)), "s"), Random((("h",),), "s"))
    assert found.terms == ((), ("v",))
    assert found.columns == ("v", "s", "h")
    assert Formula.parse("r ~ v + (v || s)").random == (Random(((),), "s"), Random((("v",),), "s"))


@pytest.mark.parametrize(
    "text", ["r", "~ v", "r ~", "r ~ v +", "r ~ log(v)", "r ~ v ** 2", "r ~ 3"]
)
def test_what_is_no_formula_is_refused_as_a_whole(text):
    with pytest.raises(SchemaError, match="expected response ~") as caught:
        Formula.parse(text)
    assert caught.value.got == text


def test_a_misspelt_column_is_told_what_was_meant():
    with pytest.raises(SchemaError, match=r"did you mean speed_m_s\?"):
        columns_of(pd.DataFrame({"speed_m_s": [1.0]}), ["speed_ms"])


def test_levels_of_the_index_are_columns():
    frame = FRAME.set_index("g")
    assert columns_of(frame, ["v", "g"])["g"].tolist() == FRAME["g"].tolist()


def test_a_level_that_was_not_there_is_refused():
    coding = Coding.of(Formula.parse("r ~ g").terms, FRAME)
    with pytest.raises(SchemaError, match="got: d"):
        coding.matrix(pd.DataFrame({"g": ["a", "d"]}))


def test_an_effect_that_others_give_is_named_with_them():
    matrix = np.array([[1, 0, 2.0], [1, 1, 3.0], [1, 1, 3.0], [1, 0, 2.0]])
    with pytest.raises(SchemaError, match="speed is a sum of multiples of Intercept, group"):
        refuse_aliased(matrix, ["Intercept", "group", "speed"])
