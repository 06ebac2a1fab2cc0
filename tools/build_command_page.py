"""Write docs/reference/commands.md: every command and its options, from the command line itself.

python tools/build_command_page.py docs/reference/commands.md
"""

import html
import re
import sys
from pathlib import Path

import typer
from typer.cli import get_docs_for_click

from locomotion_analysis.cli.app import app

_HEAD = """# Commands

Made by `python tools/build_command_page.py docs/reference/commands.md` from the command line: do not edit. What
all commands have in common (exit status, `--json`, progress) is told in
[Use the command line](../how-to/command-line.md).

"""
# An option of every command, and lists of what stands below.
_SAID = re.compile(r"^\* `--help`: .*\n|^\*\*Commands\*\*:\n\n(?:\* .*\n)+\n", re.M)
_OPTION = re.compile(r"(?<![\w-])--?[a-z][\w-]*")
_EMPTY = re.compile(r"^\*\*Options\*\*:\n\n(?!\*)", re.M)


def page() -> str:
    """Return the page.

    Returns
    -------
    str
        Markdown.
    """
    whole = typer.main.get_command(app)
    context = typer.Context(whole, info_name="locomotion")
    commands = [whole.get_command(context, name) for name in whole.list_commands(context)]
    text = _HEAD
    for panel in dict.fromkeys(command.rich_help_panel for command in commands):
        text += f"## {panel}\n\n"
        for command in commands:
            if command.rich_help_panel == panel:
                text += get_docs_for_click(
                    obj=command, ctx=context, indent=2, call_prefix="locomotion"
                )
    # Options in sentences are code: two hyphens would be typeset as a dash.
    parts = _EMPTY.sub("", _SAID.sub("", html.unescape(text))).rstrip().split("`")
    parts[::2] = [_OPTION.sub(r"`\g<0>`", each) for each in parts[::2]]
    return "`".join(parts) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
