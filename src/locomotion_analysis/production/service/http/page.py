"""The web page at ``/``."""

from importlib.resources import files

from fastapi import APIRouter
from starlette.responses import Response

_FILES = {"": ("page.html", "text/html"), "page.js": ("page.js", "text/javascript"),
          "page.css": ("page.css", "text/css")}  # fmt: skip


def page_routes() -> APIRouter:
    """Return the routes: the page holds nothing of the model, and asks for a key itself."""
    router = APIRouter(include_in_schema=False)

    folder = files("locomotion_analysis.production.service") / "templates"

    def add(path: str, name: str, media_type: str) -> None:
        content = (folder / name).read_bytes()

        @router.get(f"/{path}")
        async def page_file() -> Response:
            return Response(content, media_type=f"{media_type}; charset=utf-8")

    for path, (name, media_type) in _FILES.items():
        add(path, name, media_type)
    return router
