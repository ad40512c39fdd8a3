"""The demonstration: a small invented dump, and the whole way from it to a proved data set."""

from wikigrove.demo.run import run_demo

__all__ = ["run_demo"]
