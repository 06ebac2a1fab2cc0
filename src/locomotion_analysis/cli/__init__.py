"""The command ``locomotion``: thin commands over the library."""

from locomotion_analysis.cli.app import app, main

__all__ = ["app", "main"]
