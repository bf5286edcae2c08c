"""docs/ops.md as the table of ops gives it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netwright.ops.entry import Arg, FunctionOp, ModuleOp
from netwright.ops.functions import (
    cast,
    create,
    index,
    join,
    maps,
    matrix,
    nn,
    pointwise,
    reduce,
    shape,
    special,
    windows,
)
from netwright.ops.functions.refused import REFUSED
from netwright.ops.modules import (
    activation,
    attention,
    conv,
    dropout,
    linear,
    loss,
    norm,
    padding,
    pool,
    rare,
    recurrent,
    reshape,
    similarity,
    sparse,
    transformer,
    upsample,
)

MODULE_GROUPS = {
    "Linear": linear,
    "Convolution": conv,
    "Pooling": pool,
    "Padding": padding,
    "Normalisation": norm,
    "Activation": activation,
    "Dropout": dropout,
    "Embedding": sparse,
    "Recurrent": recurrent,
    "Attention": attention,
    "Transformer": transformer,
    "Reshaping": reshape,
    "Resampling": upsample,
    "Similarity": similarity,
    "Losses": loss,
    "Rare": rare,
}
FUNCTION_GROUPS = {
    "Pointwise": pointwise,
    "Reductions": reduce,
    "Shapes": shape,
    "Joining and parting": join,
    "Indexing": index,
    "Creation": create,
    "Casts": cast,
    "Products": matrix,
    "Layers as functions": nn,
    "Maps": maps,
    "Convolution and pooling": windows,
    "Patterns and recurrences": special,
}
HEAD = """# Ops

What a spec can name without a block of its own, as the compiler's table holds it. This page is
generated from the table; `NETWRIGHT_UPDATE=1 pytest tests/docs` writes it anew.

Names and arguments are torch's, and so is what they mean. An argument without a default is
required, unless it follows from the input; those that do are named. `device`, `dtype` of layers
and what torch has deprecated are left out.

A `training` argument need not be given: it is the mode of the model.

"""
MODULES_TEXT = """## Modules

Classes of `torch.nn`. The second brackets hold the inputs. Of several results the first flows on,
the others are read by name.

"""
FUNCTIONS_TEXT = """## Functions

What stands before a bracket in an expression, or as a method behind a dot: `x.mean(dim=1)` is
`mean(x, dim=1)`. Those that are only a method begin with `x.`.

"""
REFUSED_TEXT = """## Refused

Known and refused, with what to use instead.

"""


def page() -> str:
    """The whole page."""
    modules = _groups(MODULE_GROUPS, "OPS", module_row, "module")
    functions = _groups(FUNCTION_GROUPS, "ALL", function_row, "function")
    refused = _table("function", [f"| `{name}` | {REFUSED[name]} |" for name in sorted(REFUSED)])
    return HEAD + MODULES_TEXT + modules + FUNCTIONS_TEXT + functions + REFUSED_TEXT + refused


def listed() -> tuple[set[str], set[str]]:
    """The names of modules and functions that the groups above hold."""
    return (
        {op.name for group in MODULE_GROUPS.values() for op in group.OPS},
        {op.name for group in FUNCTION_GROUPS.values() for op in group.ALL},
    )


def _groups(groups: Mapping[str, object], name: str, row: object, what: str) -> str:
    text = ""
    for title, group in groups.items():
        ops = sorted(getattr(group, name), key=lambda op: op.name.lower())
        text += f"### {title}\n\n{_table(what, [row(op) for op in ops])}\n"  # type: ignore[operator]
    return text


def _table(what: str, rows: Iterable[str]) -> str:
    return f"| {what} | |\n|---|---|\n" + "".join(f"{row}\n" for row in rows)


def module_row(op: ModuleOp) -> str:
    signature = f"{op.name}({_arguments(a for a in op.args if a.name not in op.infer)})"
    says = _sentence(op.doc)
    if op.infer:
        says += f" From the input: {_names(op.infer)}."
    if op.outputs:
        says += f" Results: {_names(op.outputs)}."
    return f"| `{signature}({_arguments(op.inputs)})` | {says} |"


def function_row(op: FunctionOp) -> str:
    name = op.name.removeprefix("Tensor.")
    method = op.function is None and not op.lowered
    args = op.args[1:] if method else op.args
    shown = f"{'x.' if method else ''}{name}({_arguments(args)})"
    return f"| `{shown}` | {_sentence(op.doc)} |"


def _arguments(args: Iterable[Arg]) -> str:
    return ", ".join(_argument(arg) for arg in args if arg.name != "training")


def _argument(arg: Arg) -> str:
    if arg.variadic:
        return f"{'**' if arg.keyword else '*'}{arg.name}"
    return arg.name if arg.required else f"{arg.name}={_value(arg.default)}"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _sentence(text: str) -> str:
    """`text` for a cell of a table."""
    text = " ".join(text.split()).replace("|", "\\|")
    return text if text.endswith(".") else f"{text}."
