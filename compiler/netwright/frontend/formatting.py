"""`fmt`: the canonical layout of a spec.

Keys come in one order, comments stay with what they were written for, a module is written short
where it fits on a line and has no control key, quotes stand where YAML needs them. The layout is
written anew from the document, whose places are known from the parser: ruamel's round trip ties a
comment to the value before it, so that it would stay behind when keys move.
"""

from __future__ import annotations

from netwright.diagnostics import Report, SpecError
from netwright.frontend.budgets import DEFAULT
from netwright.frontend.document import MappingValue, read
from netwright.frontend.form import Form
from netwright.frontend.formatting_comments import attach
from netwright.frontend.formatting_nodes import Forms
from netwright.frontend.formatting_order import arrange
from netwright.frontend.formatting_same import changed, nodes_of, same
from netwright.frontend.formatting_tree import tree_of
from netwright.frontend.formatting_write import write
from netwright.frontend.lower import lower
from netwright.frontend.validate import validate
from netwright.ir.program import Module
from netwright.source import Sources, Span


def format_text(text: str, long: bool = False, file: str = "<spec>") -> str:
    """`text` in the canonical layout; formatting it again changes nothing.

    long  write every module as data: `{op: Linear, out_features: 10}`
    file  the name that diagnostics show

    Names need not be known, so that a spec under work can be formatted. The result is the same
    program: it is read again and compared. Raises SpecError where the text cannot be read or has
    the wrong form (codes E01).
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    form, module = _read(text, file)
    careful: set[Span] = set()
    while True:
        result = _written(form, module, long, careful)
        _, again = _read(result, file)
        if same(module, again):
            return result
        found = changed(module, again) - careful
        if not found:
            raise AssertionError("the formatted spec is another program")
        careful |= found


def _read(text: str, file: str) -> tuple[Form, Module]:
    """The program of `text`, its namespaces left open. Faults of names are let pass."""
    sources = Sources()
    sources.add(file, text)
    report = Report()
    document = read(text, file, report)
    form = Form(document, report, DEFAULT)
    module = Module(file, file, "")
    if document.root is not None:
        validated = validate(document)
        if isinstance(document.root, MappingValue):
            uses = {key.text: None for key, _ in form.entries(document.root.get("use"))}
            module, _ = lower(form, document.root, file, uses)
        validated.settle(form)
    faults = [d for d in report.errors if d.code.startswith(("E01", "E05"))]
    if faults:
        raise SpecError(faults, sources)
    return form, module


def _written(form: Form, module: Module, long: bool, careful: set[Span]) -> str:
    tree = tree_of(form.document)
    head = attach(form.document, tree)
    arrange(tree)
    nodes = {node.name_span: node for node in nodes_of(module).values()}
    Forms(nodes, long, careful).apply(tree)
    arrange(tree)
    return write(tree, head)
