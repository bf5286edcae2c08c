"""A spec run at once, node by node, on torch's own classes and functions.

It knows what the language means and nothing of the compiler: no inferred types, no shape rules.
Weights are made when a node is first run, and found again at the next run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from tests.strangers.binding import bind, inferred, named
from tests.strangers.evaluate import (
    Names,
    Refused,
    Results,
    evaluate,
    plain,
    refuse_padding_alone,
    tensors,
    truth,
)
from tests.strangers.state import Frame, Store
from tests.strangers.syntax import (
    Block,
    Buffer,
    Expression,
    Graph,
    Inline,
    Module,
    Node,
    Parameter,
    Spec,
    needed,
)


class Oracle:
    """Runs the nodes of one spec, with the weights of `store`."""

    def __init__(
        self,
        blocks: Mapping[str, Block],
        params: Mapping[str, Any],
        store: Store,
        training: bool = False,
    ) -> None:
        """`training` is what conditions read and functions and modules do."""
        self.training = training
        self.blocks = blocks
        self.params = dict(params)
        self.store = store

    # Graphs -----------------------------------------------------------------------------

    def model(self, block: Block, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], Frame]:
        """The outputs of a model by name, and the frame that its nodes left."""
        frame = self.enter(block, inputs, dict(self.params), "")
        return self.graph(block.graph, frame), frame

    def beside(self, spec: Spec, frame: Frame) -> None:
        """What stands beside a graph that was run; Refused where it names nothing."""
        state = self.store.state()
        for target, source in spec.tie.items():
            if target not in state or state[target].shape != state[source].shape:
                raise Refused(f"{target} cannot be {source}")
        for pattern, _ in spec.init:
            if not any(fnmatchcase(name, pattern) for name in state):
                raise Refused(f"{pattern} matches nothing")
        for method in spec.methods.values():
            for text in (*method.inputs.values(), *method.outputs.values()):
                self.value(text, frame)

    def enter(
        self, block: Block, inputs: Mapping[str, Any], names: Mapping[str, Any], path: str
    ) -> Frame:
        """The frame of a block: its inputs, and the names of dims that they bind; `where` holds."""
        frame = Frame(path, {**names, "training": self.training})
        for name, declared in block.inputs.items():
            if inputs.get(name) is None and not declared.optional:
                raise Refused(f"{name} is not given")
        later: list[tuple[str, int]] = []
        for name, declared in block.inputs.items():
            value = plain(inputs.get(name))
            frame.values[name] = value
            if value is not None:
                later += bind(declared.type, value, frame.values, names)
        for text, size in later:
            if self.value(text, frame) != size:
                raise Refused(f"{text} is not {size}")
        for condition in block.where:
            if not truth(self.value(condition, frame)):
                raise Refused(f"{condition} does not hold")
        first = next(iter(block.inputs), None)
        frame.flow = None if first is None else frame.values[first]
        return frame

    def graph(self, graph: Graph, frame: Frame) -> dict[str, Any]:
        """Run the nodes; the outputs by name, under "" the one of a graph that names none."""
        if not graph.nodes:
            raise Refused("no nodes")
        last: Any = None
        for node in graph.nodes:
            last = self.node(node, frame)
        if not graph.outputs:
            return {"": last}
        return {name: self.value(text, frame) for name, text in graph.outputs.items()}

    def value(self, text: str, frame: Frame) -> Any:
        names = Names(frame.values, frame.calls, self._weight(frame))
        return evaluate(text, names)

    def _weight(self, frame: Frame) -> Callable[[str, str], Tensor | None]:
        def weight(node: str, name: str) -> Tensor | None:
            found = self.store.modules.get(frame.paths.get(node, ""))
            if found is None or node not in frame.values:
                return None
            own = dict(found[1].named_parameters(recurse=False))
            return own.get(name)

        return weight

    # Nodes ------------------------------------------------------------------------------

    def node(self, node: Node, frame: Frame) -> Any:
        """Run a node; its value is then in the frame, and flows on if it is a tensor."""
        match node:
            case Parameter() | Buffer():
                found = self._own(node, frame)
            case Expression():
                found = self.value(node.text, frame)
            case Module() | Inline():
                found = self._called(node, frame)
        names = node.name.split(", ")
        if len(names) > 1:
            items = list(found.items.values()) if isinstance(found, Results) else found
            if not isinstance(items, list) or len(items) != len(names):
                raise Refused(f"{node.name} does not unpack")
            frame.values.update(zip(names, items, strict=True))
            return found
        frame.values[node.name] = found
        if isinstance(plain(found), Tensor) and not isinstance(node, Parameter | Buffer):
            frame.flow = plain(found)
        return found

    def _own(self, node: Parameter | Buffer, frame: Frame) -> Tensor:
        path = frame.path + node.name
        if isinstance(node, Buffer):
            if path not in self.store.tensors:
                made = self.value(node.text, frame)
                if not isinstance(made, Tensor):
                    raise Refused("a buffer is a tensor")
                self.store.tensors[path] = made
            if not node.persistent:
                self.store.hidden.add(path)
            return self.store.tensors[path]
        shape = self.value(node.shape, frame)
        if any(isinstance(size, bool) for size in shape):
            raise Refused("a truth is no size")
        found = self.store.tensors.get(path)
        if found is None:
            found = self.store.tensors[path] = nn.Parameter(0.5 * torch.randn(shape))
        if list(found.shape) != shape:
            raise Refused("the shape of a parameter depends on an input")
        return found

    def _called(self, node: Module | Inline, frame: Frame) -> Any:
        control = node.control
        if "when" in control and not truth(self.value(control["when"], frame)):
            if "else" in control:
                return self.value(control["else"], frame)
            return self._inputs(node, frame)[0]
        if "repeat" in control:
            return self._repeated(node, frame)
        if "each" in control:
            return self._each(node, frame)
        if "scan" in control:
            return self._scanned(node, frame)
        inputs = self._inputs(node, frame)
        path = frame.paths[node.name] = self._path(node, frame)
        frame.calls[node.name] = lambda *given: _one(self._once(node, frame, path, given))
        return _one(self._once(node, frame, path, inputs))

    def _path(self, node: Module | Inline, frame: Frame) -> str:
        """Where the weights of a node lie; `key: ""` adds no level."""
        key = node.control.get("key", node.name)
        level = re.sub(r"\{(.*?)\}", lambda m: str(self.value(m[1], frame)), key)
        return (frame.path + level).removesuffix(".")

    def _inputs(self, node: Module | Inline, frame: Frame) -> list[Any]:
        if isinstance(node, Inline):
            if not node.given:
                return [frame.flow]
            return [self.value(text, frame) for text in node.given.values()]
        if node.inputs is None:
            return [frame.flow]
        return [self.value(text, frame) for text in node.inputs]

    def _once(self, node: Module | Inline, frame: Frame, path: str, inputs: Sequence[Any]) -> Any:
        """One instance of a node at a path of weights."""
        if truth(self.value(node.control.get("frozen", "False"), frame)):
            self.store.frozen.add(path)
        if isinstance(node, Inline):
            below = f"{path}." if path else ""
            inner = Frame(below, dict(frame.values), dict(frame.calls), inputs[0], {**frame.paths})
            inner.values.update(zip(node.given, inputs, strict=bool(node.given)))
            return self.graph(node.graph, inner)
        op, args = self._target(node, frame)
        if isinstance(op, Block):
            return self._block(op, args, path, inputs, node.control.get("take", ""))
        result = self._module(op, args, path, inputs)
        return result.items if isinstance(result, Results) else {"": result}

    def _target(self, node: Module, frame: Frame) -> tuple[Block | str, dict[str, Any]]:
        """What a node builds, a param that holds a module followed, with its arguments."""
        op, given = node.op, {}
        held = frame.values.get(op)
        if isinstance(held, str):
            found = re.fullmatch(r"(\w+)(?:\((.*)\))?", held)
            assert found is not None
            op = found[1]
            for word in filter(None, (found[2] or "").split(", ")):
                name, _, text = word.partition("=")
                given[name] = self.value(text, frame)
        args = {**given, **{name: self._given(text, frame) for name, text in node.args.items()}}
        return self.blocks.get(op, op), args

    def _given(self, text: str, frame: Frame) -> Any:
        """An argument: a number, or the module that a param takes, which stays a text."""
        name = text.partition("(")[0]
        module = (name in self.blocks or hasattr(nn, name)) and name not in frame.values
        return text if module else self.value(text, frame)

    def _block(
        self,
        block: Block,
        args: Mapping[str, Any],
        path: str,
        given: Sequence[Any],
        take: str,
    ) -> dict[str, Any]:
        """The outputs of a block; with `take`, those values of nodes, and nothing else is run."""
        if unknown := set(args) - set(block.params):
            raise Refused(f"{block.name} has no {unknown}")
        names = dict(self.params)
        frame = Frame("", names)
        for name, default in block.params.items():
            own = self._given(default, frame)
            names[name] = args.get(name, own)
            if type(names[name]) is not type(own):
                raise Refused(f"{name} is another kind of param")
        if len(given) > len(block.inputs):
            raise Refused("too many inputs")
        inputs = dict(zip(block.inputs, given, strict=False))
        inner = self.enter(block, inputs, names, f"{path}." if path else "")
        if not take:
            return self.graph(block.graph, inner)
        self._whole(block.graph, inner)
        part = needed(Graph(block.graph.nodes, {"": take}), inside=False)
        taken = self.graph(part, inner)
        if not all(isinstance(v, Tensor) for v in pytree.tree_leaves(taken)):
            raise Refused("a number is no inner value")
        return taken

    def _whole(self, graph: Graph, frame: Frame) -> None:
        """Run a graph of which a part will be taken: all of it has to be right."""
        aside = Oracle(self.blocks, self.params, Store(), self.training)
        with torch.random.fork_rng(devices=[]):
            aside.graph(graph, replace(frame, values=dict(frame.values)))

    # Modules ----------------------------------------------------------------------------

    def _module(self, name: str, args: Mapping[str, Any], path: str, given: Sequence[Any]) -> Any:
        cls = getattr(nn, name, None)
        if cls is None:
            raise Refused(f"no module {name}")
        if cls is nn.Identity and args:
            raise Refused("Identity takes no arguments")  # torch's ignores them
        tuples = {k: tuple(v) if isinstance(v, list) else v for k, v in args.items()}
        full = {**inferred(name, tuples, given), **tuples}
        key = (name, full)
        found = self.store.modules.get(path)
        if found is None:
            found = self.store.modules[path] = key, cls(**full)
        found[1].train(self.training)
        if found[0] != key:
            raise Refused("a weight depends on an input")
        inputs = [tuple(v) if isinstance(v, list) else v for v in map(plain, given)]
        if any(isinstance(v, Tensor) and 0 in v.shape for v in inputs):
            raise Refused("an empty tensor")
        if name == "FeatureAlphaDropout" and plain(given[0]).ndim < 2:
            raise Refused("no features to drop")  # which torch says in training only
        first = inputs[0]
        if (
            name.startswith("AvgPool")
            and isinstance(first, Tensor)
            and not first.is_floating_point()
        ):
            raise Refused("integers are averaged on some devices only")
        result = named(name, found[1](*inputs))
        if name.startswith("MaxPool") and isinstance(first, Tensor):
            refuse_padding_alone(first, result)
        if any(0 in tensor.shape for tensor in tensors(result)):
            raise Refused("an empty tensor")
        return result

    # Loops ------------------------------------------------------------------------------

    def _iterations(self, text: str, frame: Frame) -> list[dict[str, Any]]:
        """The names that every iteration of a loop sees."""
        names, _, items = text.rpartition(" in ")
        if not names:
            return [{"i": k} for k in range(self.value(items, frame))]
        found = self.value(items, frame)
        each = [name.strip() for name in names.split(",")]
        counter = items.startswith("range(")
        return [
            {**({} if counter else {"i": k}), **_unpacked(each, item)}
            for k, item in enumerate(found)
        ]

    def _within(self, frame: Frame, names: Mapping[str, Any]) -> Frame:
        return replace(frame, values={**frame.values, **names}, calls=dict(frame.calls))

    def _iterated(
        self, node: Module | Inline, frame: Frame, each: Sequence[Mapping[str, Any]]
    ) -> Iterator[tuple[str, Frame]]:
        """Of every iteration, where its weights lie and what it sees."""
        numbered = node.control.get("shared") != "true" and "key" not in node.control
        for k, names in enumerate(each):
            inner = self._within(frame, names)
            yield self._path(node, inner) + (f".{k}" if numbered else ""), inner

    def _repeated(self, node: Module | Inline, frame: Frame) -> Any:
        inputs: list[Any] | None = None
        names = list(node.given) if isinstance(node, Inline) else self._block_inputs(node, frame)
        rounds = self._iterations(node.control["repeat"], frame)
        carried: list[Any] = []
        collected: dict[str, list[Any]] = {}
        for path, inner in self._iterated(node, frame, rounds):
            if inputs is None:
                inputs = self._inputs(node, inner)
            outputs = self._once(node, inner, path, inputs)
            inputs = _carried(names, inputs, outputs)
            carried.append(inputs[0])
            for name, value in outputs.items():
                if name and name not in names:
                    collected.setdefault(name, []).append(value)
        if node.control.get("collect") == "true":
            return carried
        if inputs is None:
            return self._inputs(node, frame)[0]
        if collected:
            kept = {n: v for n, v in zip(names, inputs, strict=False) if n in outputs}
            return Results({**(kept or {"": inputs[0]}), **collected})
        if len([n for n in names if n in outputs]) > 1:
            return Results({n: v for n, v in zip(names, inputs, strict=True) if n in outputs})
        return inputs[0]

    def _block_inputs(self, node: Module, frame: Frame) -> list[str]:
        op, _ = self._target(node, self._within(frame, {"i": 0}))
        return list(op.inputs) if isinstance(op, Block) else [""]

    def _each(self, node: Module | Inline, frame: Frame) -> Any:
        rounds = self._iterations(node.control["each"], frame)
        results = []
        for (path, inner), seen in zip(self._iterated(node, frame, rounds), rounds, strict=True):
            held = [v for v in seen.values() if isinstance(v, Tensor)]
            inner.flow = held[0] if held else frame.flow
            results.append(_one(self._once(node, inner, path, self._inputs(node, inner))))
        if results and isinstance(results[0], Results):
            return Results({n: [r.items[n] for r in results] for n in results[0].items})
        return results

    def _scanned(self, node: Module | Inline, frame: Frame) -> Any:
        found = re.fullmatch(r"(\w+) in (\w+) over (\w+)", node.control["scan"])
        assert found is not None
        walked, size = frame.values[found[2]], frame.values[found[3]]
        axis = list(walked.shape).index(size)
        path = self._path(node, frame)
        names = list(node.given) if isinstance(node, Inline) else self._block_inputs(node, frame)
        state: list[Any] | None = None
        columns: dict[str, list[Tensor]] = {}
        for item in walked.unbind(axis):
            inner = self._within(frame, {found[1]: item})
            inner.flow = item
            inputs = self._inputs(node, inner)
            if state is not None:
                inputs = [s if s is not None else v for s, v in zip(state, inputs, strict=True)]
            outputs = self._once(node, inner, path, inputs)
            state = [outputs.get(name) for name in names]
            for before, after in zip(inputs, state, strict=True):
                if after is not None and _type(before) != _type(after):
                    raise Refused("what a scan carries changes its type")
            for name, value in outputs.items():
                columns.setdefault(name, []).append(value)
        last = {name: v for name, v in zip(names, state or [], strict=True) if v is not None}
        stacked = {n: torch.stack(v, axis) for n, v in columns.items() if n not in last}
        return _one({n: last.get(n, stacked.get(n)) for n in columns})


def _type(value: Tensor) -> tuple[Any, ...]:
    return value.dtype, tuple(value.shape)


def _one(outputs: Mapping[str, Any]) -> Any:
    """One output is bare, several are read by name."""
    return next(iter(outputs.values())) if len(outputs) == 1 else Results(outputs)


def _unpacked(names: list[str], item: Any) -> dict[str, Any]:
    return dict(zip(names, item, strict=True)) if len(names) > 1 else {names[0]: item}


def _carried(names: list[str], inputs: list[Any], outputs: Mapping[str, Any]) -> list[Any]:
    """The inputs of the next iteration: outputs of their names, or the only one to the first."""
    if set(outputs) & set(names):
        return [outputs.get(name, value) for name, value in zip(names, inputs, strict=False)]
    if len(outputs) > 1:
        raise Refused("nothing is carried")
    return [next(iter(outputs.values())), *inputs[1:]]
