"""A document to the generic program of one file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from netwright.diagnostics import Diagnostic, Label
from netwright.frontend import keys, lower_extras, lower_weights
from netwright.frontend.document import MappingValue, Scalar, Value
from netwright.frontend.form import Form
from netwright.frontend.identifiers import fault_of
from netwright.frontend.lower_nodes import NodeLowering
from netwright.frontend.lower_params import inputs, outputs, params, usable
from netwright.frontend.properties import properties
from netwright.frontend.scope import FileScope, block_scope
from netwright.frontend.slips import misspelt, slips
from netwright.ir.attributes import GRAPH_ATTRIBUTES
from netwright.ir.expr import Expr
from netwright.ir.program import Block, ExprNode, InlineNode, Module, Node
from netwright.source import Span

VERSION = 1
"""The version of the language that this compiler reads."""


def lower(
    form: Form, root: MappingValue, path: str, uses: Mapping[str, Module | None]
) -> tuple[Module, FileScope]:
    """The program of the file whose document is `root`.

    uses  the files that it names, by namespace; None for one that is at fault
    """
    form.mapping(root, keys.SPEC)
    document = form.document
    module = Module(document.file, path, hashlib.sha256(document.text.encode()).hexdigest())
    module.doc = form.doc(root.get("doc"))
    module.uses = {name: used for name, used in uses.items() if used is not None}
    _version(form, root)
    before = len(form.rejected)
    module.params = params(form, root.get("params"), block=False)
    open = len(form.rejected) > before or _names_lost(root)
    broken: set[str] = set()
    headers = _headers(form, root, module, broken)
    scope = FileScope({p.name: p for p in module.params}, headers, uses, broken, open)
    _bodies(form, root, module, scope)
    _extras(form, root, module)
    return module, scope


_BINDING = frozenset({"params", "inputs", "use", "blocks", "graph"})
"""The keys whose values give names to the rest of a file."""


def _names_lost(root: MappingValue) -> bool:
    """Whether an unknown key may hold names that the rest of the file reads."""
    unknown = root.entries.keys() - keys.SPEC
    meant = slips(root, keys.SPEC)
    if any(meant.get(name) in {None, *_BINDING} for name in unknown):
        return True
    held = (root.get(key) for key in _BINDING)
    return any(value is not None and not isinstance(value, MappingValue) for value in held)


_NEEDED = {
    "model": "the model has no name: `model` is missing",
    "graph": "the model has no `graph`",
}


def _first_key(root: MappingValue) -> Span:
    return next((entry.key.span for entry in root.entries.values()), root.span)


def _version(form: Form, root: MappingValue) -> None:
    value = root.get("netwright")
    number = value.value if isinstance(value, Scalar) else None
    if isinstance(number, bool) or number != VERSION:
        form.reject(root if value is None else value)


def _headers(form: Form, root: MappingValue, module: Module, broken: set[str]) -> dict[str, Block]:
    """The blocks of the file without their nodes, so that graphs can refer to any of them."""
    headers: dict[str, Block] = {}
    for key, held in form.entries(root.get("blocks")):
        usable(form, key)
        before = len(form.rejected)
        mapping = form.mapping(held, keys.BLOCK)
        if mapping is not None:
            headers[key.text] = _header(form, key, mapping, module)
        if mapping is None or len(form.rejected) > before:
            broken.add(key.text)
    return headers


def _header(form: Form, key: Scalar, held: MappingValue, module: Module) -> Block:
    block = Block(
        name=key.text,
        doc=form.doc(held.get("doc")),
        params=params(form, held.get("params"), block=True),
        inputs=inputs(form, held.get("inputs")),
        where=(),
        nodes=(),
        outputs=(),
        module=module,
        span=key.span,
    )
    _clashes(form, block)
    return block


def _clashes(form: Form, block: Block) -> None:
    params = {param.name: param for param in block.params}
    for given in block.inputs:
        if given.name in params:
            note = Label(params[given.name].span, f"`{given.name}` is a param here")
            message = f"the name `{given.name}` is taken in this block"
            form.report.add(Diagnostic("E0210", message, given.span, notes=(note,)))


def _bodies(form: Form, root: MappingValue, module: Module, scope: FileScope) -> None:
    name = root.get("model")
    if name is not None or root.get("graph") is not None:
        before = len(form.rejected)
        model = _model_header(form, root, module)
        scope.open = scope.open or len(form.rejected) > before
        module.model = _body(form, model, root, scope, True)
    elif root.get("blocks") is None:
        message = "a spec holds a model with its `graph`, or `blocks`"
        if not misspelt(root, keys.SPEC, {"blocks"}):
            form.missing(root, {"graph"}, keys.SPEC, message, _first_key(root))
    for key, held in form.entries(root.get("blocks")):
        header = scope.blocks.get(key.text)
        if header is not None and isinstance(held, MappingValue):
            module.blocks[key.text] = _body(form, header, held, scope, False)


def _model_header(form: Form, root: MappingValue, module: Module) -> Block:
    name = root.get("model")
    text = form.text(name)
    for key, message in _NEEDED.items():
        other = key == "graph" and root.entries.keys() - keys.SPEC
        if root.get(key) is None and not other:
            form.missing(root, {key}, keys.SPEC, message, _first_key(root))
    if isinstance(name, Scalar) and isinstance(name.value, str) and fault_of(text):
        form.report.add(Diagnostic("E0211", f"`{text}` {fault_of(text)}", name.span))
    block = Block(
        name=text,
        doc=module.doc,
        params=module.params,
        inputs=inputs(form, root.get("inputs")),
        where=(),
        nodes=(),
        outputs=(),
        module=module,
        span=root.span if name is None else name.span,
    )
    _clashes(form, block)
    return block


def _body(form: Form, header: Block, held: MappingValue, file: FileScope, model: bool) -> Block:
    """The block with its nodes."""
    scope = block_scope(file, header, model)
    graph = held.get("graph")
    if not isinstance(graph, MappingValue):
        file.broken.add(header.name)
    nodes = NodeLowering(form, header.module).graph(graph, scope)
    if not nodes and (graph is not None or not model):
        form.reject(held if graph is None else graph)
    if model:
        _roots(form, nodes)
    return replace(
        header,
        where=_where(form, held.get("where")),
        nodes=nodes,
        outputs=outputs(form, held.get("outputs")),
    )


def _roots(form: Form, nodes: Sequence[Node]) -> None:
    """At the root of a model's weights, nothing takes the place of a graph module's attributes."""
    for node in nodes:
        key = node.control.key
        if key == () and isinstance(node, InlineNode):
            _roots(form, node.block.nodes)
        level = node.name if key is None else key[0].text.split(".")[0] if key else ""
        if level in GRAPH_ATTRIBUTES and not isinstance(node, ExprNode):
            message = f"`{level}` is an attribute of every `torch.fx.GraphModule`"
            help = "take another name; a map under `weights` leads a checkpoint's names to it"
            form.report.add(Diagnostic("E0211", message, node.name_span, help=help))


def _where(form: Form, value: Value | None) -> tuple[Expr, ...]:
    return tuple(form.expr(item) for item in form.items(value))


def _extras(form: Form, root: MappingValue, module: Module) -> None:
    lost = misspelt(root, keys.SPEC, {"params"})
    given = None if lost else module.params
    module.variants = lower_extras.variants(form, root.get("variants"), given)
    module.methods = lower_extras.methods(form, root.get("methods"))
    module.init = lower_extras.init(form, root.get("init"))
    module.ties = lower_extras.ties(form, root.get("tie"))
    module.weights = lower_weights.weights(form, root.get("weights"))
    module.state = lower_extras.state(form, root.get("state"), _model(root, module))


def _model(root: MappingValue, module: Module) -> Block | None:
    """The model; None where a misspelt key keeps its nodes or its edges from being known."""
    parts = {"inputs", "outputs", "graph", "blocks"}
    return None if misspelt(root, keys.SPEC, parts) else module.model


def lower_properties(form: Form, root: MappingValue, module: Module) -> None:
    """Read the claims, last: what has been reported of a name is not said of a claim again."""
    model = _model(root, module)
    variants = None if misspelt(root, keys.SPEC, {"variants"}) else module.variants
    module.properties = properties(form, root.get("properties"), module, model, variants)
