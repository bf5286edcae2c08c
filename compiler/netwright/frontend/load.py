"""Spec files to programs: the front door of the front end."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from netwright.diagnostics import Diagnostic, Report, TooManyErrors
from netwright.frontend.budgets import DEFAULT, Budgets
from netwright.frontend.catalogue import Catalogue, Unreadable, root_of
from netwright.frontend.document import MappingValue, Scalar, Value, read
from netwright.frontend.faulty import faulty_nodes
from netwright.frontend.form import Form, OverBudget
from netwright.frontend.lower import lower, lower_properties
from netwright.frontend.names import check, check_namespace
from netwright.ir.program import Module
from netwright.source import Sources, Span

if TYPE_CHECKING:
    from netwright.frontend.schema import Spec


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a spec file came to. `module` is None where `report` holds errors.

    `partial` is then the program without the nodes at fault, where the faults are confined to
    nodes.
    """

    module: Module | None
    report: Report
    sources: Sources
    partial: Module | None = None


def load_file(path: str | os.PathLike[str], budgets: Budgets = DEFAULT) -> Loaded:
    """The program of the spec file at `path` and of the files that it uses."""
    path = Path(path)
    loader = _Loader(Catalogue(root_of(path), budgets), budgets)
    module = loader.file(Path(os.path.realpath(path)), str(path), Span.point(str(path)))
    return loader.loaded(module)


def load_text(
    text: str,
    file: str = "<spec>",
    path: str | os.PathLike[str] | None = None,
    budgets: Budgets = DEFAULT,
) -> Loaded:
    """The program of a spec's text.

    file  the name that diagnostics show
    path  where the text stands or would stand; without one it can use no other file
    """
    real = None if path is None else Path(os.path.realpath(path))
    loader = _Loader(None if real is None else Catalogue(root_of(real), budgets), budgets)
    return loader.loaded(loader.text(text, file, real))


def load_spec(
    spec: Spec, path: str | os.PathLike[str] | None = None, budgets: Budgets = DEFAULT
) -> Loaded:
    """The program of a spec that a program wrote; diagnostics show its text."""
    return load_text(spec.to_yaml(), "<program>", path, budgets)


def explain(form: Form) -> None:
    """Say by the models what is wrong with the form of a document that lowering has refused.

    Lowering refuses whatever they refuse (a test holds it to that), so that a sound file is read
    without them, and without pydantic, whose import takes longer than the check of most specs.
    """
    from netwright.frontend.validate import validate

    validate(form.document).settle(form)


@dataclass(slots=True)
class _Loader:
    catalogue: Catalogue | None
    budgets: Budgets
    report: Report = field(default_factory=Report)
    sources: Sources = field(default_factory=Sources)
    partial: Module | None = None
    done: dict[Path, Module | None] = field(default_factory=dict)
    under_way: dict[Path, str] = field(default_factory=dict)

    def loaded(self, module: Module | None) -> Loaded:
        if not self.report.errors:
            return Loaded(module, self.report, self.sources)
        return Loaded(None, self.report, self.sources, self.partial)

    def file(self, real: Path, shown: str, blame: Span) -> Module | None:
        """The program of the file `real`, each loaded once; `blame` is what asks for it."""
        if real in self.done:
            return self.done[real]
        assert self.catalogue is not None
        try:
            text = self.catalogue.read(real)
        except Unreadable as fault:
            self.report.add(Diagnostic(fault.code, fault.message, blame, help=fault.help))
            return None
        self.done[real] = self.text(text, shown, real)
        return self.done[real]

    def text(self, text: str, shown: str, real: Path | None) -> Module | None:
        """The program of `text`; None where it has errors of its own."""
        self.sources.add(shown, text.removeprefix("\ufeff"))
        report = Report()
        module = None
        try:
            document = read(text, shown, report, self.budgets)
            if document.root is not None:
                module = self.program(Form(document, report, self.budgets), real)
        except (TooManyErrors, OverBudget):
            if real is not None:
                self.under_way.pop(real, None)
        self.partial = None
        if report.errors and module is not None and not self.report.errors:
            nodes = faulty_nodes(module, report.errors)
            if nodes is not None:
                module.faulty, self.partial = nodes, module
        self.report.extend(report)
        return None if report.errors else module

    def program(self, form: Form, real: Path | None) -> Module | None:
        document = form.document
        root = document.root
        if not isinstance(root, MappingValue):
            explain(form)
            return None
        if real is not None:
            self.under_way[real] = document.file
        uses = self.uses(form, root.get("use"), real)
        path = document.file
        if self.catalogue is not None and real is not None:
            path = self.catalogue.relative(real)
        module, scope = lower(form, root, path, uses)
        if form.rejected or form.report.errors:
            explain(form)
        check(module, scope, form.report)
        before = len(form.rejected)
        lower_properties(form, root, module)
        if len(form.rejected) > before:
            explain(form)
        if real is not None:
            del self.under_way[real]
        return module

    def uses(self, form: Form, value: Value | None, real: Path | None) -> dict[str, Module | None]:
        found: dict[str, Module | None] = {}
        for key, held in form.entries(value):
            check_namespace(key.text, key.span, form.report)
            found[key.text] = None
            text = form.text(held)
            if isinstance(held, Scalar) and isinstance(held.value, str):
                found[key.text] = self.use(form, text, held.span, real)
        return found

    def use(self, form: Form, text: str, span: Span, real: Path | None) -> Module | None:
        def fault(code: str, message: str, help: str = "") -> None:
            form.report.add(Diagnostic(code, message, span, help=help))

        if real is None or self.catalogue is None:
            fault("E0216", "a spec without a file uses no other")
            return None
        odd = "\\" in text or ":" in text or not text.isprintable()
        if odd or not text or text.startswith(("/", "~")):
            fault("E0216", "a file is named by its relative path, with `/`")
            return None
        if len(self.done) + len(self.under_way) > self.budgets.files:
            fault("E0501", f"more than {self.budgets.files} files are used")
            return None
        try:
            target = self.catalogue.resolve(real.parent / text)
        except Unreadable as unreadable:
            fault(unreadable.code, unreadable.message, unreadable.help)
            return None
        if target in self.under_way:
            fault(
                "E0209", f"`{text}` uses this file in turn", "move what both need to a third file"
            )
            return None
        shown = os.path.normpath(os.path.join(os.path.dirname(form.document.file), text))
        return self.file(target, shown, span)
