"""A browser, what overflows in it, and what is cut in the figures of a page."""

import os
import shutil
from importlib.util import find_spec

import pytest

CHROMIUM = shutil.which("chromium")
WIDTHS = (("screen", 400), ("screen", 800), ("screen", 1200), ("print", 688))

# What reaches over the edge of the page, or is cut or scrolled inside its box.
OUTSIDE = """() => [...document.querySelectorAll('body, body *')].filter(one => {
  const box = one.getBoundingClientRect(), drawing = one.ownerSVGElement?.getBoundingClientRect();
  const [left, right] = drawing ? [drawing.left, drawing.right] : [0, document.documentElement.clientWidth];
  return box.width && (box.right > right + 1 || box.left < left - 1
                       || (!drawing && one.clientWidth && one.scrollWidth > one.clientWidth + 1));
}).map(one => `${one.tagName}.${one.getAttribute("class")}: ${one.textContent.slice(0, 60)}`)"""

# Texts whose colour is hardly told from what lies behind them (relative luminance, WCAG 2).
FAINT = """() => {
  const parts = (colour) => colour.match(/[0-9.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = parts(colour).map((one) => one / 255)
      .map((one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (one) => {
    for (let each = one; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor;
      if ((parts(colour)[3] ?? 1) > 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  return [...document.querySelectorAll('body *')].filter((one) => one.checkVisibility() && !one.disabled
    && [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())).filter((one) => {
    const style = getComputedStyle(one);
    const [a, b] = [one instanceof SVGElement ? style.fill : style.color, behind(one)].map(light).sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05) < 3;
  }).map((one) => `${one.tagName}.${one.className}: ${one.textContent.slice(0, 60)}`);
}"""


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None or find_spec("playwright") is None:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("no chromium, or no playwright, on this machine")
    from playwright import sync_api as playwright

    with playwright.sync_playwright() as played:
        opened = played.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def overflow(opened):
    """What overflows on an open page, by medium and width; what is folded is opened first."""
    opened.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    found = {}
    for medium, width in WIDTHS:
        opened.set_viewport_size({"width": width, "height": 900})
        opened.emulate_media(media=medium)
        found[medium, width] = opened.evaluate(OUTSIDE)
    opened.emulate_media(media="screen")
    return {place: names for place, names in found.items() if names}


def faint(opened):
    """Texts that hardly differ from the page in dark mode (contrast below 3)."""
    opened.emulate_media(color_scheme="dark")
    texts = opened.evaluate(FAINT)
    opened.emulate_media(color_scheme="light")
    return texts


@pytest.fixture
def overflowing(browser):
    """What overflows on a page's file, and what is not legible on it in dark mode."""

    def look(path):
        opened = browser.new_page()
        opened.goto(path.as_uri())
        found = overflow(opened)
        if texts := faint(opened):
            found["dark"] = texts
        opened.close()
        return found

    return look


@pytest.fixture
def cut(monkeypatch):
    """Texts that reach over the edge of the figures made from now on, a list that grows."""
    from matplotlib.text import Text

    from locomotion_analysis.reporting import page as pages

    found, to_address = [], pages.as_data_uri

    def looked_at(figure):
        address, box = to_address(figure), figure.bbox
        # Ticks beyond the limits of an axis are there, and not drawn.
        ticks = [
            (tick, *sorted(axis.get_view_interval()))
            for axes in figure.axes
            for axis in (axes.xaxis, axes.yaxis)
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
        ]
        unseen = {
            label
            for tick, low, high in ticks
            if not low <= tick.get_loc() <= high
            for label in (tick.label1, tick.label2)
        }
        for text in figure.findobj(lambda one: isinstance(one, Text) and one not in unseen):
            place = text.get_window_extent()
            inside = (
                box.x0 - 1 <= place.x0 <= place.x1 <= box.x1 + 1
                and box.y0 - 1 <= place.y0 <= place.y1 <= box.y1 + 1
            )
            if text.get_visible() and text.get_text() and not inside:
                found.append(text.get_text())
        return address

    monkeypatch.setattr(pages, "as_data_uri", looked_at)
    return found
