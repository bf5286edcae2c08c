"""Recipe files: read, checked against the model that they train, every fault at its place.

No data is read here: what only the data can show is raised by the runtime, and `Loaded.fault` gives
it a place.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from netwright.diagnostics import Diagnostic, Report, SpecError, TooManyErrors
from netwright.driver.failure import CallError, UnknownSpec
from netwright.driver.model import Model, check_variant, given_values, load, read
from netwright.driver.recipe_faults import Location, diagnostic, key_place, listing, place
from netwright.driver.register import load_sources
from netwright.frontend import document
from netwright.frontend.budgets import DEFAULT
from netwright.frontend.catalogue import Catalogue, Unreadable
from netwright.frontend.document import Entry, MappingValue, Scalar, Value
from netwright.frontend.identifiers import did_you_mean
from netwright.frontend.validate import plain, walk
from netwright.ir.program import Module
from netwright.recipe import Recipe
from netwright.recipe.loss import NAMED_LOSS
from netwright.recipe.metrics import NAMED_METRIC, label
from netwright.recipe.model import ModelSection
from netwright.recipe.reads import Read, unread_outputs
from netwright.source import Sources, Span


@dataclass(frozen=True, eq=False)
class Loaded:
    """A recipe file. `recipe` and `model` are None where `report` holds errors.

    folder  what the paths in the recipe are relative to
    """

    file: str
    folder: Path
    report: Report
    sources: Sources
    recipe: Recipe | None = None
    model: Model | None = None
    root: Value | None = field(default=None, repr=False)

    def sound(self) -> tuple[Recipe, Model]:
        """The recipe and its model; raises SpecError where something is at fault."""
        if self.recipe is None or self.model is None or self.report.errors:
            raise SpecError(self.report.errors, self.sources)
        return self.recipe, self.model

    def fault(self, faults: Iterable[tuple[Location, str, str]]) -> SpecError:
        """What the data say against the recipe: place, message and remedy of each fault."""
        root = self.root
        assert root is not None
        found = [
            Diagnostic("E0704", message, place(root, where), help=help)
            for where, message, help in faults
        ]
        return SpecError(found, self.sources)


def load_recipe(path: str | os.PathLike[str], assignments: Sequence[str] = ()) -> Loaded:
    """The recipe in the file at `path`.

    assignments  values over those of the file, as `train.epochs=3`

    Raises:
        CallError: there is no such file, or an assignment has another form.
    """
    path = Path(path)
    try:
        text = Catalogue(path.parent.resolve(), DEFAULT).read(path.resolve())
    except Unreadable as fault:
        raise CallError(f"`{path}`: {fault.message}") from None
    return load_recipe_text(text, str(path), path.parent, assignments)


def load_recipe_text(text: str, file: str, folder: Path, assignments: Sequence[str] = ()) -> Loaded:
    """The recipe in `text`, which diagnostics call `file`."""
    load_sources()
    report, sources = Report(), Sources()
    sources.add(file, text)
    root = document.read(text, file, report).root
    for assignment in assignments:
        root = _assigned(root, assignment, report, sources)
    found = Loaded(file, folder, report, sources, root=root)
    try:
        recipe = None if root is None else _validated(root, report)
        model = None if root is None else _Check(found, root).model(recipe)
    except TooManyErrors:
        return found
    return found if report.errors else replace(found, recipe=recipe, model=model)


def _assigned(
    root: Value | None, assignment: str, report: Report, sources: Sources
) -> Value | None:
    """The document with one value replaced, which keeps a place of its own."""
    name, equals, text = assignment.partition("=")
    if not equals or not name.strip():
        raise CallError(f"`--set {assignment}` is not of the form KEY=VALUE")
    file = f"<--set {name.strip()}>"
    sources.add(file, text)
    value = document.read(text, file, report).root
    if root is None or value is None:
        return root
    return _with(root, name.strip().split("."), value)


def _with(root: Value, path: Sequence[str], value: Value) -> Value:
    """`root` with `value` at `path`; a name that stood for no arguments gets some."""
    if not path:
        return value
    entries = dict(root.entries) if isinstance(root, MappingValue) else {}
    inner = entries[path[0]].value if path[0] in entries else MappingValue({}, value.span)
    key = entries[path[0]].key if path[0] in entries else _key(path[0], value.span)
    entries[path[0]] = Entry(key, _with(inner, path[1:], value))
    return MappingValue(entries, root.span)


def _key(name: str, span: Span) -> Scalar:
    return Scalar(name, "", span, 0, 0)


def _validated(root: Value, report: Report) -> Recipe | None:
    data: Any = plain(root)
    try:
        recipe = Recipe.model_validate(data)
    except ValidationError as fault:
        for error in fault.errors(include_url=False, include_input=False):
            found = diagnostic(root, error)
            if found is not None:
                report.add(found)
        return None
    return None if report.errors else recipe


@dataclass(frozen=True, eq=False)
class _Check:
    """Holds a recipe to the model that it names."""

    loaded: Loaded
    root: Value

    def add(self, code: str, message: str, where: Location, help: str = "") -> None:
        self.loaded.report.add(Diagnostic(code, message, place(self.root, where), help=help))

    def model(self, recipe: Recipe | None) -> Model | None:
        """The model, or None for a fault, which is reported; without a recipe, whose form is at
        fault then, as much as can be said."""
        section = self.section() if recipe is None else recipe.model
        if section is None:
            return None
        weights = section.weights
        if weights is not None and not (self.loaded.folder / weights).is_file():
            self.add("E0217", f"there is no file `{weights}`", ("model", "weights"))
        model = self.spec(section)
        if model is not None and recipe is not None:
            self.fits(recipe, model)
        return model

    def section(self) -> ModelSection | None:
        """What the file says of the model, where that is sound."""
        _, value, key = walk(self.root, ("model",))
        try:
            return None if key is None else ModelSection.model_validate(plain(value))
        except ValidationError:
            return None

    def spec(self, section: ModelSection) -> Model | None:
        beside = self.loaded.folder / section.spec
        source = beside if beside.is_file() else section.spec
        try:
            found, implied = read(source)
        except UnknownSpec as fault:
            self.add("E0217", str(fault), ("model", "spec"))
            return None
        self.loaded.sources.extend(found.sources)
        self.loaded.report.extend(found.report)
        variant = section.variant or implied
        if found.module is None or not self.chosen(found.module, section, variant):
            return None
        return load(source, variant, params=section.params)

    def chosen(self, module: Module, section: ModelSection, variant: str | None) -> bool:
        """Whether the spec has the variant and the params; what it lacks is reported where the
        recipe names it."""
        own = Report()
        check_variant(module, variant, own)
        self.moved(own, ("model", "variant"))
        for name, value in section.params.items():
            own = Report()
            given_values(module, {name: value}, own, Sources())
            self.moved(own, ("model", "params", name))
        return not self.loaded.report.errors

    def moved(self, own: Report, where: Location) -> None:
        for found in own:
            span = key_place if found.code == "E0205" else place
            self.loaded.report.add(replace(found, span=span(self.root, where)))

    def fits(self, recipe: Recipe, model: Model) -> None:
        """Report what the recipe names and the model does not have."""
        try:
            elaboration = model.elaborate()
        except SpecError as fault:
            for found in fault.diagnostics:
                self.loaded.report.add(found)
            return
        inputs = [declared.name for declared in elaboration.block.inputs]
        for name in recipe.data.inputs:
            if name not in inputs:
                message = f"`{model.name}` has no input `{name}`"
                help = did_you_mean(name, inputs) or f"its inputs are {listing(inputs)}"
                span = key_place(self.root, ("data", "inputs", name))
                self.loaded.report.add(Diagnostic("E0703", message, span, help=help))
        outputs = list(elaboration.primary.outputs)
        self.best(recipe)
        for number, term in enumerate(recipe.loss):
            where = ("loss", number, NAMED_LOSS.name_of(term))
            self.outputs(term.reads(), outputs, where)
        for number, metric in enumerate(recipe.metrics):
            where = ("metrics", number, NAMED_METRIC.name_of(metric))
            self.outputs(metric.reads(), outputs, where)

    def best(self, recipe: Recipe) -> None:
        """Report a best checkpoint by what is not measured."""
        best = recipe.checkpoints.best
        measured = ["loss", *map(label, recipe.metrics)]
        if best is not None and best.metric not in measured:
            help = did_you_mean(best.metric, measured) or f"there are {listing(measured)}"
            message = f"no metric of this recipe is called `{best.metric}`"
            self.add("E0701", message, ("checkpoints", "best", "metric"), help)

    def outputs(self, reads: Sequence[Read], outputs: Sequence[str], where: Location) -> None:
        for fault in unread_outputs(reads, outputs):
            self.add("E0703", str(fault), (*where, fault.argument), fault.help)
