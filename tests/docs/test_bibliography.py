"""Every work cited in code and pages stands in the bibliography, and says how it was checked."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "bibliography.md"
PACKAGE = ROOT / "src" / "locomotion_analysis"
PLACES = ("src", "docs", "revalidation", "tools", "benchmarks")
DOI = re.compile(r"\b10\.\d{4,9}/[^\s`\"'<>|,;]+")
ARXIV = re.compile(r"arxiv(?:\.org/abs/|:)(\d{4}\.\d{4,5})", re.I)
WORD = re.compile(r"[\w'’-]+")
NAME = r"[A-ZÀ-Ž][\w'’-]+(?: [A-ZÀ-Ž][\w'’-]+)*"
CITATION = re.compile(
    rf"({NAME}(?:(?:,| and| &|, and) {NAME})*)(?: et al\.)?,? \(?((?:19|20)\d\d)\b"
)
NO_CITATION = {
    "CGPM 1901",
    "Horst's 2018",
    "Large Margin Classifiers 1999",
    "November 2026",
    "US CDC 2000",
    "Winter and Fukuchi, Fukuchi & Duarte 2018",
}


class Row(NamedTuple):
    """A line of the bibliography."""

    work: str
    authors: set[str]
    year: str
    used: list[str]
    checked: str


def _rows():
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = line.strip("| ").split(" | ")
        named = re.match(r"(.+?) \((\d{4})\)\. ", cells[0])
        if line.startswith("| ") and named:
            authors, year = named.groups()
            used = re.findall("`(.+?)`", cells[1])
            yield Row(cells[0], set(WORD.findall(authors)), year, used, cells[2])


def _text(path):
    """Return the text on one line, without the marks between which a string or comment wraps."""
    text = re.sub(r"\n\s*#? *", " ", path.read_text(encoding="utf-8"))
    return re.sub(r"\" f?\"", "", text)


def _identifiers(text):
    yield from ARXIV.findall(text)
    for found in DOI.findall(text):
        doi = found.rstrip(".:").lower()
        while doi.count(")") > doi.count("("):
            doi = doi[: doi.rindex(")")]
        yield doi


ROWS = list(_rows())
TEXTS = {
    path: _text(path)
    for path in [ROOT / "README.md", *(p for place in PLACES for p in (ROOT / place).rglob("*"))]
    if path.suffix in {".py", ".md", ".yaml"} and path != PAGE
}
# An entry of the catalogue of public sets is itself a full reference, with what it was tried on.
CITING = {
    path: text for path, text in TEXTS.items() if PACKAGE / "datasets/entries" not in path.parents
}


def test_every_doi_and_arxiv_number_stands_in_the_bibliography():
    known = set(_identifiers(_text(PAGE)))
    cited = {(path, each) for path, text in CITING.items() for each in _identifiers(text)}
    assert len(cited) > 100
    assert {(str(path), each) for path, each in cited if each not in known} == set()


def test_every_author_and_year_is_a_work_of_the_bibliography():
    found = {
        (path, *citation)
        for path, text in CITING.items()
        for citation in CITATION.findall(text)
        if " ".join(citation) not in NO_CITATION
    }
    assert len(found) > 250
    assert {(str(path), *rest) for path, *rest in found if not _known(*rest)} == set()


def _known(names, year):
    """Tell whether a work of the year has all the surnames (initials may follow them)."""
    each = [re.sub(r"( [A-Z]{1,3})+$", "", name) for name in re.split(r",? and |, | & ", names)]
    surnames = {name.split()[-1] for name in each}
    return any(surnames <= row.authors and year == row.year for row in ROWS)


def test_a_work_is_cited_where_the_page_says():
    for row in ROWS:
        assert row.used, row.work
        for name in row.used:
            text = TEXTS[next(place / name for place in (PACKAGE, ROOT) if (place / name).exists())]
            by_name = row.year in text and row.authors & set(WORD.findall(text))
            assert by_name or {*_identifiers(row.work)} & {*_identifiers(text)}, (name, row.work)


def test_a_work_was_checked_or_is_unverified_and_has_no_volume_page_or_doi():
    for row in ROWS:
        if row.checked.startswith("**unverified**"):
            assert not re.search(r"\d:\w*\d|doi:", row.work), row.work
        else:
            assert re.search("BibTeX|documentation|list|page|Pub|record|repository", row.checked)
