"""The page: what it says of its own accord, what it escapes, how it stands on screen and paper."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from locomotion_analysis.reporting import Page, Picture, Section, Table
from locomotion_analysis.reporting.page import Headline
from locomotion_analysis.reporting.provenance import provenance
from locomotion_analysis.reporting.style import SIMULATED, axes_for, figure, notices, panels

LONG = "grf_vertical_asymmetry_of_the_second_peak_over_the_first_peak_percent"


def curve(axes, position):
    axes.plot([0, 1], [position, 1], label="Group of a rather long name (n = 12 subjects)")
    axes.set_xlabel("Gait cycle (%)")


def page(about=(), **changes):
    wide = Table(
        "Cycles",
        ("Task", *(f"Osteoarthritis {number}" for number in range(14))),
        [(f"Task {row}", *(f"{row} / {column}" for column in range(14))) for row in range(4)],
    )
    middle = Table(
        "Findings",
        ("Code", "What", "What to do", "Findings", "Subjects"),
        [("GAIT101", "outside the rails of the task " * 4, LONG, "1,204", "17")] * 30,
        first_number=3,
    )
    narrow = Table("Left out", ("What", "Why"), [(LONG, f"constant {LONG}")], first_number=2)
    drawn = Picture.of(panels(curve, range(7), of=about), "Seven curves.", "Mean curves.")
    folded = Picture.of(panels(curve, range(2), of=about), "Two.", "Mean curves.", "Stair ascent")
    with figure(9.0, 7.0, about) as large:
        large.subplots()
    defaults = {
        "title": "Predicting hip osteoarthritis from gait",
        "subtitle": f"{LONG}.parquet",
        "verdict": ["Better than the baseline."],
        "facts": [("Subjects", "12"), ("Model", LONG)],
        "cautions": [f"Look at {LONG}."],
        "headline": Headline("Balanced accuracy", "0.81", "0.70", "0.92", "0.50"),
        "sections": [
            Section("Data", "Text.", (), [wide, narrow]),
            Section("Curves", ["One.", "Two."], [drawn, folded]),
            Section("Large", (), [Picture.of(large, "Axes.", "Axes.")], [middle]),
        ],
        "reading": ["Nobody is on both sides."],
        "provenance": provenance(()),
        "record": [("Model", LONG * 3)],
        "history": [f"{LONG} renamed"],
    }
    return Page(about=about, **{**defaults, **changes})


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        (SimpleNamespace(simulated=True), True),
        (SimpleNamespace(is_simulated=True), True),
        ({"simulated": True}, True),
        ([{"simulated": False}, SimpleNamespace(simulated=True)], True),
        (SimpleNamespace(simulated=False), False),
        ({}, False),
        ((), False),
    ],
)
def test_simulated_is_taken_from_what_the_page_is_about(about, expected):
    text = page(about, sections=[]).html()
    assert ("no person was measured" in text) is expected
    assert ("(simulated data)</title>" in text) is expected


def test_a_table_carries_its_mark_in_its_attributes():
    table = pd.DataFrame({"score": [0.5]})
    assert notices(table) == []
    table.attrs["simulated"] = True
    assert notices([table]) == [SIMULATED]


def test_a_thing_that_cannot_tell_whether_it_was_simulated_is_refused():
    with pytest.raises(TypeError, match="cannot be known"):
        page(SimpleNamespace(), sections=[]).html()


def test_people_on_both_sides_are_told_on_page_and_figure():
    results = {"subject_overlap": True, "simulated": False}
    assert "SUBJECT OVERLAP" in page(results, sections=[]).html()
    with figure(3.0, 2.0, results) as made:
        assert "SUBJECT OVERLAP" in made.get_suptitle()
        axes = axes_for(made.subplots(), 1, 1, results)
    assert axes.get_title(loc="right") == ""  # said once
    assert "SUBJECT OVERLAP" in axes_for(None, 3.0, 2.0, results).get_title(loc="right")


def test_text_of_the_data_is_escaped_and_nothing_is_fetched():
    evil = "<script>alert('x')</script>" + "y" * 40
    table = Table(evil, (evil, evil), [(evil, evil)])
    text = page(
        title=evil, subtitle=evil, verdict=[evil], cautions=[evil], history=[evil],
        facts=[(evil, evil)], sections=[Section(evil, evil, (), [table])], reading=[evil],
    ).html()  # fmt: skip
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "://" not in text


def test_long_words_may_break_and_keep_their_letters():
    text = page(sections=[Section("Data", LONG)]).html()
    (paragraph,) = [line for line in text.splitlines() if line.startswith("<p>grf_")]
    assert "_<wbr>" in paragraph
    assert paragraph.replace("<wbr>", "") == f"<p>{LONG}</p>"


def test_numbers_have_a_true_minus_sign_and_zero_none():
    cells = (
        "P-1",
        "-0.199 to 0.328",
        "-0.00",
        "2026-11-30",
        "-0.004",
        "2e-07",
        "+0.3 (-1 to -0.0)",
    )
    table = Table("Loss", ("Who", *"abcdef"), [cells])
    text = page(sections=[Section("Loss", "-1 as written", tables=[table])]).html()
    for shown in (
        "P-1",
        "−0.199 to 0.328",
        ">0.00<",
        "2026-11-30",
        "−0.004",
        "2e-07",
        "(−1 to 0.0)",
    ):
        assert shown in text
    assert "-1 as written" in text


def test_empty_tables_and_the_headline_are_left_out():
    text = page(headline=None, sections=[Section("Data", (), (), [Table("None", ("A",), [])])])
    assert "<caption>None" not in text.html()
    assert "Verdict" in text.html()


def test_panels_share_one_legend_and_one_size():
    legend, *drawn = panels(curve, range(3), of={"simulated": True})
    assert not legend.axes
    assert len(legend.legends[0].get_texts()) == 1
    assert {tuple(each.get_size_inches()) for each in drawn} == {(3.3, 2.3)}
    assert {tuple(each.axes[0].get_position().bounds) for each in drawn} == {
        tuple(drawn[0].axes[0].get_position().bounds)
    }
    assert all(each.get_suptitle() == SIMULATED for each in drawn)
    assert panels(lambda axes, _: axes.plot([1]), [0], of=())[0].axes


def test_pictures_know_their_size():
    picture = Picture.of(Figure(figsize=(3.0, 2.0)), "", "")
    assert [(image.width, image.height) for image in picture.images] == [(288, 192)]
    assert picture.is_small


@pytest.mark.slow
def test_nothing_reaches_over_the_edge(overflowing, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(page({"simulated": True}).html(), encoding="utf-8")
    assert overflowing(path) == {}


@pytest.mark.slow
def test_the_check_sees_what_reaches_over_the_edge(overflowing, tmp_path):
    path = tmp_path / "page.html"
    broken = page().html().replace("</main>", "<pre>" + "x" * 900 + "</pre></main>")
    path.write_text(broken, encoding="utf-8")
    assert len(overflowing(path)) == 4


@pytest.mark.slow
def test_the_dark_page_is_dark_and_paper_is_white(browser, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(page().html(), encoding="utf-8")
    opened = browser.new_page(color_scheme="dark")
    opened.goto(path.as_uri())
    ground = "() => getComputedStyle(document.body).backgroundColor"
    assert opened.evaluate(ground) == "rgb(22, 22, 22)"
    opened.emulate_media(media="print")
    assert opened.evaluate(ground) == "rgb(255, 255, 255)"
    opened.close()


@pytest.mark.slow
def test_single_figures_stay_legible_on_a_telephone(browser, tmp_path):
    """Text of 8 points is 10.7 pixels high; below 8 pixels nobody reads it."""
    with figure(4.8, 3.0) as made:
        made.subplots()
    drawn = [Picture.of(made, "", ""), Picture.of(panels(curve, range(2), of=()), "", "")]
    path = tmp_path / "page.html"
    path.write_text(page(sections=[Section("One", (), drawn)]).html(), encoding="utf-8")
    opened = browser.new_page(viewport={"width": 400, "height": 800})
    opened.goto(path.as_uri())
    shown = opened.evaluate(
        "() => [...document.images].map(one => one.getBoundingClientRect().width"
        " / one.getAttribute('width'))"
    )
    assert np.min(shown) * 8.0 * 96 / 72 > 8.0
    opened.close()


def test_without_a_clock_the_same_result_gives_the_same_bytes():
    known = {"files": [{"name": "walk.parquet", "bytes": 1204, "sha256": "ab" * 32}],
             "versions": {"numpy": "2.3"}}  # fmt: skip
    first, second = (page({"simulated": True}, provenance=known).html() for _ in range(2))
    assert first == second
    assert "1,204 bytes" in first
    assert "Platform" not in first
