"""Whether every link of a built site leads to a page, and to a place on it, that is there."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

_PLACE = re.compile(r'<[^>]*\sid="([^"]*)"')
_LINK = re.compile(r'<[^>]*\s(?:href|src)="([^"]*)"')


def broken_links(site: Path) -> Iterator[tuple[str, str]]:
    """Yield each page with each of its links that leads nowhere; other sites are not asked."""
    texts = {
        path.relative_to(site).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(site.rglob("*.html"))
        if "_static" not in path.parts  # a theme's own templates
    }
    places = {page: {unescape(each) for each in _PLACE.findall(texts[page])} for page in texts}
    for page, text in texts.items():
        for link in sorted(set(_LINK.findall(text))):
            address = urlsplit(unescape(link))
            if address.scheme or address.netloc:
                continue
            path = unquote(address.path)
            target = normpath(join(dirname(page), path)) if path else page
            there = (site / target).is_file() and not target.startswith("..")
            place = unquote(address.fragment)
            if not there or (place and target in places and place not in places[target]):
                yield page, unescape(link)
