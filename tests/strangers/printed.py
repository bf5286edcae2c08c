"""Specs printed as a person writes them: short where there is no control key, long elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tests.strangers.syntax import (
    Block,
    Buffer,
    Expression,
    Graph,
    Inline,
    Input,
    Module,
    Node,
    Parameter,
    Spec,
    Texts,
)

Lines = Iterator[str]
_PLAIN = re.compile(r"[A-Za-z_(][^#:{}\[\],&*!|>'\"%@`\n]*|-?\d+(\.\d+)?")
_OPEN = re.compile(r"[A-Za-z_(][^#:\n]*(?<! )")


LIBRARY = "parts"
"""The namespace of the blocks that stand in a second file, `parts.yaml`."""


def text_of(spec: Spec) -> str:
    """The file."""
    return "\n".join(_spec(spec)) + "\n"


def library_of(spec: Spec) -> str:
    """The file that it uses."""
    held = [block for block in spec.blocks if block.name in spec.library]
    return "\n".join(["netwright: 1", *_blocks(held)]) + "\n"


def whole(spec: Spec) -> str:
    """Both files, to be shown."""
    rest = f"\n# {LIBRARY}.yaml\n{library_of(spec)}" if spec.library else ""
    return text_of(spec) + rest


def scalar(text: str, *, inside: bool = True) -> str:
    """`text` as a YAML scalar; `inside` braces, more characters need quotes."""
    pattern = _PLAIN if inside else _OPEN
    return text if pattern.fullmatch(text) else json.dumps(text)


def _flow(texts: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {text}" for name, text in texts.items()) + "}"


def _scalars(texts: Texts) -> dict[str, str]:
    return {name: scalar(text) for name, text in texts.items()}


def _spec(spec: Spec) -> Lines:
    yield "netwright: 1"
    yield f"model: {spec.model.name}"
    if spec.library:
        yield f"use: {{{LIBRARY}: {LIBRARY}.yaml}}"
    own = [block for block in (spec.model, *spec.blocks) if block.name not in spec.library]
    model, *blocks = (replace(b, graph=_using(b.graph, spec.library)) for b in own)
    yield from _block(model, "")
    if spec.variants:
        yield "variants:"
        yield from (f"  {name}: {_flow(_scalars(v))}" for name, v in spec.variants.items())
    if spec.init:
        rules = (_flow({"match": scalar(m), "with": scalar(w)}) for m, w in spec.init)
        yield f"init: [{', '.join(rules)}]"
    if spec.tie:
        yield f"tie: {_flow(_scalars(spec.tie))}"
    if spec.methods:
        yield "methods:"
        for name, method in spec.methods.items():
            entry = {"inputs": _flow(_scalars(method.inputs))} if method.inputs else {}
            yield f"  {name}: {_flow({**entry, 'outputs': _flow(_scalars(method.outputs))})}"
    yield from _blocks(blocks)


def _blocks(blocks: Sequence[Block]) -> Lines:
    if blocks:
        yield "blocks:"
    for block in blocks:
        yield f"  {block.name}:"
        yield from _block(block, "    ")


def _using(graph: Graph, library: frozenset[str]) -> Graph:
    """A graph that names the blocks of the second file as the first does."""
    nodes: list[Node] = []
    for node in graph.nodes:
        if isinstance(node, Inline):
            node = replace(node, graph=_using(node.graph, library))
        elif isinstance(node, Module) and node.op in library:
            node = replace(node, op=f"{LIBRARY}.{node.op}")
        nodes.append(node)
    return replace(graph, nodes=tuple(nodes))


def _block(block: Block, indent: str) -> Lines:
    if block.params:
        yield f"{indent}params: {_flow({n: _default(t) for n, t in block.params.items()})}"
    if block.inputs:
        yield f"{indent}inputs:"
        yield from (f"{indent}  {name}: {_input(i)}" for name, i in block.inputs.items())
    if block.where:
        yield f"{indent}where: [{', '.join(map(json.dumps, block.where))}]"
    yield from _graph(block.graph, indent)


def _default(text: str) -> str:
    """Of a param; a bare word would be a text, where a module is meant."""
    return _flow({"type": "module", "default": scalar(text)}) if text[0].isupper() else scalar(text)


def _input(declared: Input) -> str:
    type_ = json.dumps(declared.type)
    return f"{{type: {type_}, optional: true}}" if declared.optional else type_


def _graph(graph: Graph, indent: str) -> Lines:
    yield f"{indent}graph:"
    for node in graph.nodes:
        yield from _node(node, indent + "  ")
    if graph.outputs:
        yield f"{indent}outputs:"
        yield from (
            f"{indent}  {name}: {scalar(t, inside=False)}" for name, t in graph.outputs.items()
        )


def _node(node: Node, indent: str) -> Lines:
    head = f"{indent}{node.name}:"
    match node:
        case Expression(text=text):
            yield f"{head} {scalar(text, inside=False)}"
        case Parameter(shape=shape, init=init):
            given = {"parameter": scalar(shape), **({"init": scalar(init)} if init else {})}
            yield f"{head} {_flow(given)}"
        case Buffer(text=text, persistent=persistent):
            given = {"buffer": scalar(text), **({} if persistent else {"persistent": "false"})}
            yield f"{head} {_flow(given)}"
        case Module(control=control, long=long):
            yield f"{head} {_long(node) if control or long else _short(node)}"
        case Inline(graph=graph, given=given, control=control):
            yield head
            if given:
                yield f"{indent}  from: {_flow(_scalars(given))}"
            yield from (f"{indent}  {k}: {v}" for k, v in _control(control).items())
            yield from _graph(graph, indent + "  ")


def _short(node: Module) -> str:
    args = ", ".join(f"{name}={text}" for name, text in node.args.items())
    if node.inputs is None:
        text = f"{node.op}({args})" if args else node.op
    else:
        text = f"{node.op}({args})({', '.join(node.inputs)})"
    return scalar(text, inside=False)


def _long(node: Module) -> str:
    args = {name: _argument(text) for name, text in node.args.items()}
    flow = {"op": scalar(node.op), **args, **_control(node.control)}
    if node.inputs is not None:
        inputs = [scalar(text) for text in node.inputs]
        flow["from"] = inputs[0] if len(inputs) == 1 else f"[{', '.join(inputs)}]"
    return _flow(flow)


def _control(control: Texts) -> dict[str, str]:
    """Control keys; only `take` is a list and no expression."""
    return {name: text if name == "take" else scalar(text) for name, text in control.items()}


def _argument(text: str) -> str:
    """An argument as data: a word without the quotes that an expression needs."""
    return text[1:-1] if re.fullmatch(r"'[\w-]+'", text) else scalar(text)
