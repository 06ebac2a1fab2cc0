"""The page at / and that of the interface at /docs, in a browser."""

import csv

import httpx
import numpy as np
import pandas as pd
import pytest
from tests.browser import faint, overflow
from tests.production.service.small_model import CHANNELS

from locomotion_analysis.data import LocomotionData


@pytest.fixture
def page(service, browser):
    opened = browser.new_page()
    opened.errors = []
    opened.on("pageerror", lambda error: opened.errors.append(str(error)))
    opened.on(
        "console", lambda line: opened.errors.append(line.text) if line.type == "error" else None
    )
    # Nothing but the service itself may be asked.
    opened.on(
        "request",
        lambda asked: (
            asked.url.startswith((service.url, "blob:", "data:")) or opened.errors.append(asked.url)
        ),
    )
    opened.goto(service.url)
    yield opened
    opened.close()


def _write(path, cycle, knee=1.0, subjects=("S1",), simulated=False):
    """Two cycles a subject; of every second subject the hip bends less."""
    n = 2 * len(subjects)
    block = np.array([[cycle["curves"][name]] * n for name in CHANNELS])
    block[1] *= knee
    block[0, 2::4] -= 1.5
    block[0, 3::4] -= 1.5
    frame = pd.DataFrame(
        {"subject": np.repeat(subjects, 2), "task": "level_walking", "step": [0, 1] * len(subjects)}
    )
    if simulated:
        frame["simulated"] = True
    LocomotionData(frame, block, CHANNELS).to_parquet(path)
    return path


@pytest.mark.slow
def test_a_file_gets_prediction_curves_and_band(page, cycle, tmp_path):
    page.set_input_files("#file", _write(tmp_path / "walk.parquet", cycle))
    page.check("#explain")
    page.click("#send")
    page.wait_for_selector("#curves svg")
    assert page.inner_text("#summary") == "Pathology of 1 person, 2 cycles: Stroke 1."
    assert page.locator(".person tbody tr").count() == 2
    page.click(".person summary")
    assert "hip +0.10" in page.inner_text(".person table")
    assert page.locator("#curves figure").count() == 2
    assert page.locator("#curves figure").first.locator(".curve").count() == 2
    assert page.locator("#curves .band").count() == 2
    assert "mean ± 1 SD (Schwartz" in page.inner_text("#legend")
    assert "Angle (°)" in page.locator("#curves figure").first.inner_text()
    assert "Hip flexion" in page.locator("#curves figure").first.inner_text()
    assert page.errors == []


@pytest.mark.slow
def test_findings_are_told_once_a_kind_with_the_cycles_they_are_of(page, cycle, tmp_path):
    page.set_input_files("#file", _write(tmp_path / "crouch.parquet", cycle, knee=2.2))
    page.click("#send")
    page.wait_for_selector("#curves svg")
    told = page.inner_text("#warnings")
    assert (
        f"error: {CHANNELS[1]}: GAIT101: outside the rails of the task, in 2 cycles: 0, 1" in told
    )


@pytest.mark.slow
def test_the_page_tells_whether_the_service_is_ready(page):
    page.wait_for_selector("#health.good")
    assert "ready: small, version 1; 1 of 1 workers alive" in page.inner_text("#health")
    assert page.inner_text("#title") == "Small model"


@pytest.mark.slow
def test_a_file_that_is_refused_is_explained(page, cycle, tmp_path):
    page.set_input_files("#file", _write(tmp_path / "degrees.parquet", cycle, knee=57.3))
    page.click("#send")
    page.wait_for_selector("#error:not(:empty)")
    lines = page.inner_text("#error").split("\n")
    assert [line.split(" ")[0] for line in lines[:4]] == ["expected", "got:", "where:", "what"]
    assert "another unit?" in lines[1]
    assert page.is_hidden("#answer")


@pytest.mark.slow
def test_each_person_has_a_row_and_curves_of_their_own(page, cycle, tmp_path):
    page.set_input_files("#file", _write(tmp_path / "walk.parquet", cycle, subjects=("A", "B")))
    page.click("#send")
    page.wait_for_selector("#curves svg")
    rows = page.locator(".person summary").all_inner_texts()
    assert [row.split("\n")[:2] for row in rows] == [
        ["A", "Stroke (2 of 2 cycles)"], ["B", "Healthy (2 of 2 cycles)"]
    ]  # fmt: skip
    hip = page.locator("#curves figure .curve").first
    of_a = hip.get_attribute("points")
    page.select_option("#person", "B")
    page.wait_for_function(
        "old => document.querySelector('#curves .curve')?.getAttribute('points') !== old"
        " && document.querySelector('#curves .curve')", arg=of_a,
    )  # fmt: skip
    assert "2 of 2 cycles" in page.inner_text("#legend")
    assert page.errors == []


@pytest.mark.slow
def test_the_csv_holds_every_cycle_and_no_formula(page, cycle, tmp_path):
    path = _write(tmp_path / "walk.parquet", cycle, subjects=("=1+1", "B"))
    page.set_input_files("#file", path)
    page.click("#send")
    page.wait_for_selector("#curves svg")
    with page.expect_download() as loaded:
        page.click("#download")
    loaded.value.save_as(tmp_path / "answers.csv")
    lines = (tmp_path / "answers.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(lines))
    assert [row["subject"] for row in rows] == ["'=1+1", "'=1+1", "B", "B"]
    assert all(float(row["p_stroke"]) + float(row["p_healthy"]) == pytest.approx(1) for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize("simulated", [True, False])
def test_simulated_data_are_marked(page, cycle, tmp_path, simulated):
    page.set_input_files("#file", _write(tmp_path / "walk.parquet", cycle, simulated=simulated))
    page.click("#send")
    page.wait_for_selector("#curves svg")
    assert page.is_visible("#simulated") is simulated
    assert ("simulated data" in page.inner_text("#legend")) is simulated


@pytest.mark.slow
def test_a_dropped_file_is_taken(page):
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(["{}"], "walk.json"));
          document.getElementById("drop").dispatchEvent(new DragEvent("drop", {dataTransfer: data}));
        }"""
    )
    assert page.evaluate("document.getElementById('file').files[0].name") == "walk.json"


@pytest.mark.slow
def test_the_page_shows_score_limits_and_card_and_nothing_is_cut(page, cycle, tmp_path):
    long = "person_" + "x" * 60
    page.set_input_files("#file", _write(tmp_path / "walk.parquet", cycle, 2.2, (long, "B")))
    page.click("#send")
    page.wait_for_selector("#curves svg")
    model = page.inner_text("#model")
    assert "Balanced accuracy" in model
    assert "0.70 to 0.90" in model
    assert "Says nothing of children." in model
    page.evaluate("document.querySelector('#model details').open = true")
    assert page.locator("#card h3").all_inner_texts() == ["Small model", "Classes"]
    assert page.locator("#card li").all_inner_texts() == ["a < b & c"]
    assert page.locator("#card td").all_inner_texts() == ["6"]
    assert page.inner_text("#card p:last-child") == "Of one laboratory."
    assert overflow(page) == {}
    assert faint(page) == []


@pytest.mark.slow
def test_the_interface_is_drawn_without_another_site(page, service):
    page.goto(f"{service.url}/docs")
    page.wait_for_selector("#operations h2")
    described = httpx.get(f"{service.url}/openapi.json", timeout=60).json()["paths"]
    titles = page.locator("#operations h2").all_inner_texts()
    assert titles == [f"{how.upper()} {path}" for path, each in described.items() for how in each]
    assert "curl -X POST" in page.inner_text("#operations")
    assert overflow(page) == {}
    assert faint(page) == []
    assert page.errors == []
