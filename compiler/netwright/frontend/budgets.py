"""Limits on what a spec may cost before anything is built from it. A spec is a stranger's data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budgets:
    """Limits of one load. Each holds for one file, except `files`.

    text        characters of a file
    nodes       nodes of a file, in blocks and inline blocks too
    expressions characters of all its expressions
    depth       mappings and sequences inside one another
    scalar      characters of one scalar
    values      values (scalars, mappings, sequences) of a file, keys not counted
    brackets    opening brackets that may stand open in the raw text, before YAML is read at all
    expression  characters of one expression
    nesting     subexpressions inside one another
    integer     magnitude of an integer
    files       files that a spec may reach by `use`
    """

    text: int = 1024 * 1024
    nodes: int = 5_000
    expressions: int = 300_000
    depth: int = 64
    scalar: int = 64 * 1024
    values: int = 50_000
    brackets: int = 1000
    expression: int = 4096
    nesting: int = 100
    integer: int = 2**63 - 1
    files: int = 64


DEFAULT = Budgets()
