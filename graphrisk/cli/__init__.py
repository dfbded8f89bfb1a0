"""The command line: `graphrisk`."""

from graphrisk.cli.app import main

__all__ = ["main"]
