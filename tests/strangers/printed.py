"""Specs printed as a person writes them: short where there is no control key, long elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

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


def text_of(spec: Spec) -> str:
    """The file."""
    return "\n".join(_spec(spec)) + "\n"


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
    yield from _block(spec.model, "")
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
        for name, outputs in spec.methods.items():
            yield f"  {name}: {{outputs: {_flow(_scalars(outputs))}}}"
    if spec.blocks:
        yield "blocks:"
        for block in spec.blocks:
            yield f"  {block.name}:"
            yield from _block(block, "    ")


def _block(block: Block, indent: str) -> Lines:
    if block.params:
        yield f"{indent}params: {_flow(_scalars(block.params))}"
    if block.inputs:
        yield f"{indent}inputs:"
        yield from (f"{indent}  {name}: {_input(i)}" for name, i in block.inputs.items())
    if block.where:
        yield f"{indent}where: [{', '.join(map(json.dumps, block.where))}]"
    yield from _graph(block.graph, indent)


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
            yield from (f"{indent}  {k}: {scalar(v)}" for k, v in control.items())
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
    flow = {"op": scalar(node.op), **args, **_scalars(node.control)}
    if node.inputs is not None:
        inputs = [scalar(text) for text in node.inputs]
        flow["from"] = inputs[0] if len(inputs) == 1 else f"[{', '.join(inputs)}]"
    return _flow(flow)


def _argument(text: str) -> str:
    """An argument as data: a word without the quotes that an expression needs."""
    return text[1:-1] if re.fullmatch(r"'[\w-]+'", text) else scalar(text)
