"""The page at /, in a browser."""

import shutil

import numpy as np
import pandas as pd
import pytest
from tests.production.service.small_model import CHANNELS

from locomotion_analysis.data import LocomotionData

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def page(service):
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    with playwright.sync_playwright() as played:
        browser = played.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_page()
        errors = []
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.on(
            "console", lambda line: errors.append(line.text) if line.type == "error" else None
        )
        opened.errors = errors
        opened.goto(service.url)
        yield opened
        browser.close()


def _write(path, cycle, knee=1.0):
    block = np.array([[cycle["curves"][name]] * 2 for name in CHANNELS])
    block[1] *= knee
    frame = pd.DataFrame({"subject": "S1", "task": "level_walking", "step": [0, 1]})
    LocomotionData(frame, block, CHANNELS).to_parquet(path)
    return path


@pytest.mark.slow
def test_a_file_gets_prediction_curves_and_band(page, cycle, tmp_path):
    page.set_input_files("#file", _write(tmp_path / "walk.parquet", cycle))
    page.check("#explain")
    page.click("#send")
    page.wait_for_selector("#curves svg")
    assert "in 2 of 2" in page.inner_text("#summary")
    assert page.locator("#predictions tr").count() == 3
    assert "hip +0.10" in page.inner_text("#predictions")
    assert page.locator("#curves figure").count() == 2
    assert page.locator("#curves figure").first.locator(".curve").count() == 2
    assert page.locator("#curves .band").count() == 2
    assert "mean ± 1 SD (Schwartz" in page.inner_text("#legend")
    assert "angle (°)" in page.locator("#curves figure").first.inner_text()
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
    assert "another unit?" in page.inner_text("#error")
    assert page.is_hidden("#answer")
