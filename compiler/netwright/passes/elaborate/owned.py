"""What an instance owns itself: parameters and buffers, and the paths that weights are kept at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwright.diagnostics import Label
from netwright.ir import expr as ex
from netwright.ir.dims import Dim, ground, known
from netwright.ir.instance import Instance, ModuleChild, Path, WeightDecl
from netwright.ir.program import BufferNode, Node, ParameterNode
from netwright.ir.values import Tensor, Value, describe, first, tensors
from netwright.ops.broadcast import show_shape
from netwright.passes import weights
from netwright.passes.elaborate.iteration import SILENT, path_of
from netwright.passes.evaluate import Evaluator
from netwright.passes.evaluate.attributes import read_weight
from netwright.passes.faults import fault
from netwright.passes.frame import Frame, Handle
from netwright.passes.numbers import SizeUnknown
from netwright.passes.work import spend

if TYPE_CHECKING:
    from netwright.passes.elaborate.elaborator import Elaborator


def parameter(elaborator: Elaborator, frame: Frame, node: ParameterNode) -> Value:
    evaluator = Evaluator(frame)
    if node.control.when is not None:
        holds = evaluator.condition(node.control.when)
        frame.fact(node, "when", holds)
        if not holds:
            return evaluator.value(node.control.otherwise) if node.control.otherwise else None
    shape = evaluator.value(node.shape)
    shape = shape if isinstance(shape, tuple) else (shape,)
    for size in shape:
        if isinstance(size, bool) or not isinstance(size, int | Dim):
            fault(
                "E0305",
                f"a parameter's shape is a list of sizes, found {describe(size)}",
                node.shape.span,
            )
        if isinstance(size, Dim) and known(size) is None:
            raise SizeUnknown(size)
    frame.fact(node, "shape", shape)
    frozen = node.control.frozen is not None and evaluator.condition(node.control.frozen)
    name = ".".join(path_of(frame, node, None))
    initial = None if node.init is None else weights.initial(evaluator, node.init)
    if node.init is not None and initial is not None and initial.value is not None:
        if not weights.fits(initial, shape):
            message = f"`{node.name}` is {show_shape(shape)}, and begins with {initial.value.type}"
            fault("E0301", message, node.init.span)
        given = tuple(map(ground, initial.value.type.shape))
        frame.fact(node, "expands", given != tuple(map(ground, shape)))
    weight = WeightDecl(
        name,
        tuple(shape),
        "float",
        frozen=frozen,
        init=node.init,
        initial=initial,
        span=node.span,
    )
    return _own(frame, node, weight)


def buffer(elaborator: Elaborator, frame: Frame, node: BufferNode) -> Value:
    evaluator = Evaluator(frame)
    if node.control.when is not None:
        holds = evaluator.condition(node.control.when)
        frame.fact(node, "when", holds)
        if not holds:
            return evaluator.value(node.control.otherwise) if node.control.otherwise else None
    first_step = len(frame.instance.steps)
    value = first(evaluator.value(node.value))
    if isinstance(value, int | float | bool) or (
        isinstance(value, tuple) and not any(tensors(value))
    ):
        fault(
            "E0305",
            "a buffer is a tensor",
            node.value.span,
            help="`tensor(...)` makes one of numbers",
        )
    if not isinstance(value, Tensor):
        fault("E0305", f"a buffer is a tensor, found {describe(value)}", node.value.span)
    for size in value.type.shape:
        if known(size) is None:
            raise SizeUnknown(ground(size))  # type: ignore[arg-type]
    spend(len(frame.instance.steps))
    steps = weights.constant_steps(frame.instance.steps, value, node.value)
    del frame.instance.steps[first_step:]
    name = ".".join(path_of(frame, node, None))
    shape, dtype = value.type.shape, value.type.dtype
    weight = WeightDecl(
        name, shape, dtype, True, node.persistent, steps=steps, value=value, span=node.span
    )
    return _own(frame, node, weight)


def _own(frame: Frame, node: Node, weight: WeightDecl) -> Tensor:
    claim(frame, (weight.name,), node)
    frame.instance.weights[weight.name] = weight
    frame.handles[node.name] = Handle((weight.name,), weight)
    expr = ex.Name(node.name, span=node.span)
    return read_weight(Evaluator(frame), (weight.name,), weight, expr)


def keep(frame: Frame, path: Path, node: Node, child: ModuleChild | Instance) -> None:
    """Note what a node holds at `path`; iterations that share it have the same weights there."""
    claim(frame, path, node)
    before = frame.instance.children.get(path)
    checked = not frame.symbolic and not path[0].startswith(SILENT)  # `key: ""`: keys below count
    if checked and before is not None and before is not child:
        differing = _shapes(before) ^ _shapes(child)
        if differing:
            name = ".".join(min(differing)[0])
            fault(
                "E0301",
                f"the iterations of `{node.name}` share their weights, "
                f"but `{name}` is not the same in all",
                node.name_span,
                help="leave `shared` out, or build the same weights in each iteration",
            )
    frame.instance.children[path] = child


def _shapes(child: ModuleChild | Instance) -> set[tuple[Path, str]]:
    """The paths of a child's weights, and their shapes as text."""
    weights = (
        [((w.name,), w) for w in child.weights]
        if isinstance(child, ModuleChild)
        else list(child.all_weights())
    )
    spend(4 * len(weights))
    return {(path, str(weight.shape)) for path, weight in weights}


def claim(frame: Frame, path: Path, node: Node) -> None:
    taken = frame.claims.setdefault(path, node)
    if taken is not node:
        fault(
            "E0220",
            f"`{node.name}` and `{taken.name}` both keep their weights at `{'.'.join(path)}`",
            node.name_span,
            notes=(Label(taken.name_span, f"`{taken.name}` stands here"),),
            help="give one of them another `key`, "
            "or call the first node again to share its weights",
        )
