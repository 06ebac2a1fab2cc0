"""Settings of the site. `make docs` builds it into build/site, without a network."""

import os
import pydoc
import runpy
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

import locomotion_analysis

ROOT = Path(__file__).resolve().parents[1]
API = runpy.run_path(str(ROOT / "tools" / "build_api_page.py"), run_name="builder")
sys.path.insert(0, str(ROOT / "docs"))  # for the modules beside this file
from site_links import broken_links  # noqa: E402

LOGGER = logging.getLogger(__name__)

project = "locomotion-analysis"
author = "The locomotion-analysis developers"
copyright = "The locomotion-analysis developers. BSD-3-Clause"  # noqa: A001
version = release = locomotion_analysis.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

autosummary_generate = True
autosummary_imported_members = True
_NAMES = set(API["documented_names"]().values())
# On file systems that do not tell case apart, a class and its function need two files.
autosummary_filename_map = {
    name: f"{name}-class"
    for name in _NAMES
    if name.rpartition(".")[2].istitle()
    and name.lower() in {each.lower() for each in _NAMES - {name}}
}
nitpicky = True
# Without a network the pages of other libraries cannot be looked up.
nitpick_ignore_regex = [(r"py:.*", r"(numpy|pandas|scipy|sklearn|torch|matplotlib)\..*")]
autodoc_typehints = "none"  # numpydoc sections have the types
numpydoc_show_class_members = False  # the methods stand on the page of their class

# A room's page lists names of the package under the package's own name: no cycle follows.
suppress_warnings = ["autosummary.import_cycle"]

sphinx_gallery_conf = {
    "examples_dirs": "../examples/gallery",
    "gallery_dirs": "auto_gallery",
    "filename_pattern": r"\.py$",
    "image_scrapers": ("gallery_pictures.scrape",),
    "within_subsection_order": "FileNameSortKey",
    "nested_sections": False,
    "abort_on_example_error": True,
    "backreferences_dir": "auto_gallery/backreferences",
    "doc_module": ("locomotion_analysis",),
    "reference_url": {"locomotion_analysis": None},
    "download_all_examples": False,
    "write_computation_times": False,
    "first_notebook_cell": "%matplotlib inline",
    "capture_repr": ("_repr_html_",),
    "show_memory": False,
    "show_signature": False,
}

html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_baseurl = os.environ.get("SITE_URL", "")  # where the site will stand, for its map of pages
html_additional_pages = {"404": "404.html"}
html_title = "locomotion-analysis"
html_static_path = ["_static"]
html_search_scorer = str(ROOT / "docs" / "scorer.js")
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "locomotion-analysis"},
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
}
html_context = {"default_mode": "auto"}

copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True


def _write_api_pages() -> None:
    """Write the sources of the API reference, those that changed."""
    folder = ROOT / "docs" / "api"
    folder.mkdir(exist_ok=True)
    for name, text in API["reference_pages"]().items():
        page = folder / name
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def _describe_constants(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Give a constant the words under its assignment; its type's docstring says nothing of it."""
    module, _, constant = name.rpartition(".")
    if what == "data" and module in API["public_names"]():
        lines[:] = [API["summary"](module, constant), ""]


def _skip_routing(
    app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any
) -> bool | None:
    """Leave out what scikit-learn adds to every estimator to route metadata."""
    return True if name.startswith("set_") and name.endswith("_request") else None


def _check_complete(app: Sphinx, exception: Exception | None) -> None:
    """Warn of a public name that has no page; under `-W` the build fails."""
    if exception is None:
        described = {name for name, *_ in app.env.get_domain("py").get_objects()}
        for name in sorted({*API["documented_names"]().values()} - described):
            LOGGER.warning("%s is exported and has no page", name)


def _public_page(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, text: nodes.TextElement
) -> nodes.Element | None:
    """Lead a name of ours to its public page, by whichever module it was named.

    What is private has no page; that it exists is all that is asked.
    """
    target = node["reftarget"]
    found = {name for name in _NAMES if name.rpartition(".")[2] == target.rpartition(".")[2]}
    if len(found) == 1 and target.partition(".")[0] in {target, "locomotion_analysis"}:
        domain = env.domains.python_domain
        return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", found.pop(), node, text)
    return text if target.startswith("locomotion_analysis.") and pydoc.locate(target) else None


def _base_of_missing_page(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Let the page for addresses that lead nowhere find its parts, however deep the address was."""
    if page == "404" and html_baseurl:
        context["metatags"] = f'<base href="{html_baseurl}">' + context.get("metatags", "")


def _finish_site(app: Sphinx, exception: Exception | None) -> None:
    """Warn of links that lead nowhere; where the site's address is known, write its map."""
    if exception is not None or app.builder.format != "html":
        return
    for page, link in broken_links(Path(app.outdir)):
        LOGGER.warning("%s links to %s, which is not there", page, link)
    if html_baseurl:
        pages = ET.Element("urlset", xmlns="http://www.sitemaps.org/schemas/sitemap/0.9")
        for document in sorted(app.env.found_docs):
            page = ET.SubElement(pages, "url")
            address = urljoin(html_baseurl, app.builder.get_target_uri(document))
            ET.SubElement(page, "loc").text = address
        ET.ElementTree(pages).write(
            Path(app.outdir) / "sitemap.xml", encoding="utf-8", xml_declaration=True
        )


def _inline_formula(translator: Any, node: nodes.math) -> None:
    """Write MathML, which browsers draw by themselves; MathJax would come from the network."""
    translator.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def _formula(translator: Any, node: nodes.math_block) -> None:
    formula = tex2mathml(node.astext(), as_block=True)
    translator.body.append(f'<div class="formula">{formula}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register what is ours."""
    _write_api_pages()
    app.add_html_math_renderer("mathml", (_inline_formula, None), (_formula, None))
    app.connect("autodoc-process-docstring", _describe_constants)
    app.connect("autodoc-skip-member", _skip_routing)
    app.connect("missing-reference", _public_page)
    app.connect("html-page-context", _base_of_missing_page)
    app.connect("build-finished", _check_complete)
    app.connect("build-finished", _finish_site)
