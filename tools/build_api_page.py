"""Write the page of all public names from the code.

Usage: python tools/build_api_page.py docs/reference/api.md

A name is public if it stands in the `__all__` of a module. The line beside it is the first
sentence of its docstring; `help(name)` has the rest: shapes, units, errors, sources, an example.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src" / "locomotion_analysis"
_HEAD = """# Public names

Made by `python tools/build_api_page.py docs/reference/api.md` from the code: do not edit.
`help(name)` tells the rest of each: shapes, units, errors, sources and an example.
Everything that is not here is private and may change without notice.
"""
_ROOT = ".. currentmodule:: locomotion_analysis"  # autosummary puts names below the last module
_REFERENCE_HEAD = """Every public name, by the part of the package that it belongs to. What is not here is private and
may change without notice. Data flows through the parts as :doc:`/architecture` shows."""


def public_names() -> dict[str, list[str]]:
    """Return the names in the `__all__` of each module, by the module they are imported from."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        names = _listed(_parsed(path))
        if names:
            found[_dotted(path)] = sorted(names, key=str.lower)
    return found


def summary(module: str, name: str) -> str:
    """Return the first sentence on a public name, from where it is defined; empty if none.

    Raises
    ------
    LookupError
        If the module neither defines nor imports it.
    """
    return _defined(module, name)[2]


@cache
def _defined(module: str, name: str) -> tuple[str, str, str]:
    """Return the module that defines a name, the name there, and the first sentence on it."""
    path = SOURCE.parent.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    tree = _parsed(path)
    for position, node in enumerate(tree.body):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return module, name, _first(ast.get_docstring(node) or "")
        if name in _assigned(node):
            after = tree.body[position + 1] if position + 1 < len(tree.body) else None
            stated = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            return module, name, _first(str(after.value.value)) if stated else ""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return _defined(str(node.module), alias.name)
    # A door that opens when it is asked: a table of names and the modules that hold them.
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == name:
                    return _defined(f"{module}.{ast.literal_eval(value)}", name)
    raise LookupError(f"{module} exports {name} and does not hold it")


def documented_names() -> dict[tuple[str, str], str]:
    """Return under which full name each public name has its page, by module and name.

    A name that several modules export has one page, under the shortest of them.
    """
    modules = sorted(public_names().items(), key=lambda each: each[0].count("."))
    public = [(module, name) for module, names in modules for name in names if name[:2] != "__"]
    pages: dict[tuple[str, str], str] = {}
    for module, name in public:
        pages.setdefault(_defined(module, name)[:2], f"{module}.{name}")
    return {each: pages[_defined(*each)[:2]] for each in public}


def reference_pages() -> dict[str, str]:
    """Return the sources of the API reference in reStructuredText, by file name."""
    rooms: dict[str, list[str]] = {}
    for module in public_names():
        rooms.setdefault(".".join(module.split(".")[:2]), []).append(module)
    pages = {f"{room}.rst": _room_page(room, modules) for room, modules in rooms.items()}
    index = [_titled("API reference", "="), _REFERENCE_HEAD]
    index += [f":doc:`{room}`\n   {_module_summary(room)}" for room in rooms]
    index.append(".. toctree::\n   :hidden:\n\n" + "\n".join(f"   {room}" for room in rooms))
    return pages | {"index.rst": "\n\n".join(index) + "\n"}


def _room_page(room: str, modules: list[str]) -> str:
    parts = [_titled(_short(room), "="), f".. automodule:: {room}"]
    listed: set[str] = set()
    for module in modules:
        names = {full for (where, _), full in documented_names().items() if where == module}
        rows = sorted(names - listed, key=str.lower)
        if not rows:  # all of it stands on this page already, under a shorter name
            continue
        listed |= names
        if module != room:
            # A function of the same name has the module's place in the index.
            place = "\n   :no-index:" if module in documented_names().values() else ""
            parts += [_titled(_short(module), "-"), f".. automodule:: {module}{place}"]
        table = "\n".join(f"   ~{name}" for name in rows)
        parts.append(f"{_ROOT}\n\n.. autosummary::\n   :toctree: generated\n\n{table}")
    return "\n\n".join(parts) + "\n"


def _short(module: str) -> str:
    return module.removeprefix(f"{SOURCE.name}.")


def _titled(title: str, line: str) -> str:
    return f"{title}\n{line * len(title)}"


def _module_summary(module: str) -> str:
    path = SOURCE.parent.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return _first(ast.get_docstring(_parsed(path)) or "")


def page() -> str:
    """Return the page."""
    parts = [_HEAD]
    for module, names in public_names().items():
        rows = [f"| `{name}` | {summary(module, name)} |" for name in names if name[:2] != "__"]
        parts.append("\n".join([f"## `{module}`\n", "| name | what it is |", "|---|---|", *rows]))
    return "\n\n".join(part.strip() for part in parts) + "\n"


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _listed(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if "__all__" in _assigned(node) and isinstance(node, ast.Assign | ast.AnnAssign):
            return [
                each.value
                for each in ast.walk(node)
                if isinstance(each, ast.Constant) and isinstance(each.value, str)
            ]
    return []


def _assigned(node: ast.stmt) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return (target.id for target in targets if isinstance(target, ast.Name))


def _dotted(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _first(text: str) -> str:
    first = " ".join(text.split("\n\n", maxsplit=1)[0].split())
    return first.replace("|", "\\|")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
