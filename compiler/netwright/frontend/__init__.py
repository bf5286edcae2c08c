"""The front end: spec files to the generic program, with located diagnostics."""

from netwright.frontend.load import Loaded, load_file, load_spec, load_text

__all__ = ["Loaded", "load_file", "load_spec", "load_text"]
