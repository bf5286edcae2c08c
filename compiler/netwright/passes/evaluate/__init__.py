"""Expressions: `evaluator` is the way in, and holds the table of the forms; the other files are the
families of forms: names, attributes, operators, indexing, lists, calls."""

from netwright.passes.evaluate.evaluator import Evaluator

__all__ = ["Evaluator"]
