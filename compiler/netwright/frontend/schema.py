"""The form of a spec as pydantic models: what each key holds.

A document that lowering refuses passes through `SpecFile`, and `validate.py` puts what that finds
into the language's words; a test shows that lowering refuses all that the models do. They are also
the form in which programs write specs (`Spec(model="Mlp", graph={...})`) and the source of the JSON
Schema, which takes the texts below the fields as its descriptions. Meaning (names, types, shapes)
is not checked here.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from netwright.frontend.keys import NODE_KINDS
from netwright.frontend.schema_kinds import (
    LIST_OR_VALUE,
    MAPPING_OR_VALUE,
    Count,
    Form,
    Formula,
    Label,
    Number,
    Version,
)

VERSION = 1
"""The version of the language that these models hold."""


class ParamSpec(Form):
    """A param in its long form. Without `type`, its default's kind is the type."""

    type: str = ""
    """`int`, `float`, `bool`, `str`, `module`, or `list[...]` of one of these."""
    default: Formula = None
    """A literal or an expression over the params before it; null makes the param optional."""
    min: Number = None
    """The least value."""
    max: Number = None
    """The greatest value."""
    choices: list[Any] = Field(default_factory=list)
    """The values that it may have."""
    doc: str = ""
    """A sentence on it."""


class InputSpec(Form):
    """An input in its long form: `{type: "float[B, T]", optional: true}`."""

    type: str
    """`dtype[dims]`: `float[B, 3, H, W]`, `int[B, T]`, `list[float[B, C, ...]]`."""
    optional: bool = False
    """Whether a call may leave it out; it is None then."""
    doc: str = ""
    """A sentence on it."""


class OutputSpec(Form):
    """An output whose type is pinned: `{value: head, type: "float[B, T, vocab]"}`."""

    value: Formula
    """The expression that it returns."""
    type: str = ""
    """The type that it is held to."""


_Value = Annotated[Formula, Tag("<value>")]
_TypeText = Annotated[str, Tag("<value>")]
Param = Annotated[Annotated[ParamSpec, Tag("<mapping>")] | _Value, MAPPING_OR_VALUE]
Input = Annotated[Annotated[InputSpec, Tag("<mapping>")] | _TypeText, MAPPING_OR_VALUE]
Output = Annotated[Annotated[OutputSpec, Tag("<mapping>")] | _Value, MAPPING_OR_VALUE]
Given = Annotated[Annotated[dict[str, Formula], Tag("<mapping>")] | _Value, MAPPING_OR_VALUE]
"""What `from` holds: an expression, a list of them, or a mapping by input name."""
Take = Annotated[
    Annotated[list[Label], Tag("<list>")] | Annotated[Label, Tag("<value>")], LIST_OR_VALUE
]


class _TensorSpec(Form):
    key: Label = None
    """The weights' path from here instead of the node's name: `blocks.{i}`; `""` adds no level."""
    when: Formula = None
    """A condition; where it does not hold, the node is not there."""
    doc: str = ""
    """A comment that is carried into the source."""


class ParameterNodeSpec(_TensorSpec):
    """A learned tensor, an `nn.Parameter`: `{parameter: [1, N, dim], init: zeros}`."""

    parameter: Formula
    """Its shape."""
    init: Formula = None
    """How it starts: `zeros`, `trunc_normal(std=0.02)`."""
    frozen: Formula = None
    """Whether it takes no gradient; true, or a condition decided at build."""


class BufferNodeSpec(_TensorSpec):
    """A constant tensor: `{buffer: "arange(N)", persistent: false}`."""

    buffer: Formula
    """Its value, an expression over params and dims known at build."""
    persistent: bool = True
    """Whether the state_dict holds it."""


class _ControlledSpec(_TensorSpec):
    from_: Given = Field(None, alias="from")
    """The input: an expression, a list (inputs in order) or a mapping (inputs by name)."""
    repeat: Count = None
    """A chain of n; `i` counts from 0, `j in range(n)` names the counter."""
    each: str = ""
    """One instance for every item, side by side: `m, s in zip(maps, strides)`."""
    scan: str = ""
    """One instance applied along a dim: `x_t in x over T`."""
    collect: bool = False
    """With `repeat`: the value is the list of what every iteration carried on."""
    shared: bool = False
    """One set of weights for all iterations of a loop."""
    otherwise: Formula = Field(None, alias="else")
    """The value where `when` does not hold, instead of the input."""
    take: Take = None
    """Inner values of a model or block by path, as a list; what they do not need is not built."""
    frozen: Formula = None
    """Whether the weights take no gradient; true, or a condition decided at build."""
    checkpoint: Formula = None
    """Whether to recompute in the backward pass instead of storing; true, or a condition."""


class ModuleNodeSpec(_ControlledSpec):
    """A module in its long form. Every further key is an argument of the module."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Formula]

    op: str
    """A class of torch.nn, a block, a model, or a param that holds one."""


class InlineNodeSpec(_ControlledSpec):
    """An inline block: its own level in the weights' names; it sees everything around it."""

    graph: Graph
    """Its nodes."""
    flat: bool = False
    """Whether its modules, those of graphs inside too, are numbered as in one `nn.Sequential`."""
    outputs: dict[str, Output] = Field(default_factory=dict)
    """Its results by name; left out, the last value."""


def node_kind(value: Any) -> str:
    """Which of the forms a node has, as the tag of the union below."""
    if isinstance(value, BaseModel):
        value = type(value).model_fields
    if not isinstance(value, dict):
        return "<value>"
    for kind in NODE_KINDS:
        if kind in value:
            return f"<{kind}>"
    return "<none>"


def _no_kind(value: Any) -> Any:
    raise PydanticCustomError("node_kind", "a node with `op`, `graph`, `parameter` or `buffer`")


_NoKind = Annotated[Any, PlainValidator(_no_kind), WithJsonSchema({"not": {}}), Tag("<none>")]
Node = Annotated[
    Annotated[ModuleNodeSpec, Tag("<op>")]
    | Annotated[InlineNodeSpec, Tag("<graph>")]
    | Annotated[ParameterNodeSpec, Tag("<parameter>")]
    | Annotated[BufferNodeSpec, Tag("<buffer>")]
    | _NoKind
    | _Value,
    Discriminator(node_kind),
]
"""A node: text in short form, or one of the long forms."""


def _filled(value: Any) -> Any:
    if value == {}:
        raise PydanticCustomError("filled", "a mapping with at least one node")
    return value


Graph = Annotated[dict[str, Node], BeforeValidator(_filled)]


class BlockSpec(Form):
    """A reusable block. It becomes a class, its params constructor arguments."""

    doc: str = ""
    """A paragraph; becomes the docstring."""
    params: dict[str, Param] = Field(default_factory=dict)
    """Name: a literal default, a bare type name (required), or the long form."""
    inputs: dict[str, Input] = Field(default_factory=dict)
    """Name: type, as in `float[B, C, H, W]`."""
    where: list[Formula] = Field(default_factory=list)
    """Constraints on params and dims: `[dim % heads == 0]`."""
    graph: Graph
    """The nodes, in order."""
    outputs: dict[str, Output] = Field(default_factory=dict)
    """Name: expression. Left out, the last value."""


class MethodSpec(Form):
    """A further entry point, a cut of the same graph."""

    inputs: dict[str, Formula] = Field(default_factory=dict)
    """Name: the value of the graph that comes in."""
    outputs: dict[str, Formula]
    """Name: the expression that goes out."""
    doc: str = ""
    """Becomes the method's docstring."""


class InitRuleSpec(Form):
    """How the weights that `match` are initialised; the last match wins."""

    match: str
    """`Linear.weight` by class, or `*.proj.weight` by path."""
    with_: Formula = Field(alias="with")
    """The initialiser: `trunc_normal(std=0.02)`, `zeros`."""


class KeyRuleSpec(Form):
    """A step of a key map: rename (`to`), drop (`to: null`), or make other tensors of some."""

    match: str
    """A regular expression over published keys."""
    to: str | None = None
    """The key here, with `\\1` for groups; null drops the weight."""
    split: list[str] = Field(default_factory=list)
    """What stands in place of the match in the keys of the parts that a tensor is split into."""
    join: list[str] = Field(default_factory=list)
    """The matches in the keys of the tensors that are joined, in their order."""
    stack: str = ""
    """The group that numbers the tensors which are stacked: `\\1`."""
    unstack: str = ""
    """What stands in place of the match in the keys of the items, with `#` for their number."""
    dim: int = 0
    """Along which dim it is split, joined, stacked or unstacked."""
    transpose: bool = False
    """Whether the last two dims change places."""


class Spec(Form):
    """A netwright spec: a model with its blocks, or a library of blocks."""

    netwright: Version = VERSION
    """The version of the language."""
    model: str = ""
    """The class's name."""
    doc: str = ""
    """A paragraph; becomes the docstring."""
    use: dict[str, str] = Field(default_factory=dict)
    """Namespace: another spec file, by its relative path."""
    params: dict[str, Param] = Field(default_factory=dict)
    """Name: a literal default, a bare type name (required), or the long form."""
    variants: dict[str, dict[str, Formula]] = Field(default_factory=dict)
    """Name: values of params."""
    inputs: dict[str, Input] = Field(default_factory=dict)
    """Name: type, as in `float[B, 3, H, W]`."""
    where: list[Formula] = Field(default_factory=list)
    """Constraints on params and dims: `[dim % heads == 0, H % 32 == 0]`."""
    graph: Graph = Field(default_factory=dict)
    """The nodes, in order."""
    outputs: dict[str, Output] = Field(default_factory=dict)
    """Name: expression. Left out, the last value."""
    methods: dict[str, MethodSpec] = Field(default_factory=dict)
    """Further entry points, each a cut of the same graph."""
    state: dict[str, str] = Field(default_factory=dict)
    """Optional input: the output that carries its state to the next call."""
    init: list[InitRuleSpec] = Field(default_factory=list)
    """Initialisation rules; the last match wins."""
    tie: dict[str, Formula] = Field(default_factory=dict)
    """Weight: the weight that it shares storage with, or an expression for one or None."""
    weights: dict[str, list[KeyRuleSpec]] = Field(default_factory=dict)
    """Named key maps for checkpoints that others published."""
    properties: dict[str, Any] = Field(default_factory=dict)
    """What the verifier holds the model to: `causal: {over: T}`, `max_parameters: 12M`."""
    blocks: dict[str, BlockSpec] = Field(default_factory=dict)
    """Name: block."""

    def to_yaml(self) -> str:
        """The spec as the canonical text of a file."""
        from netwright.frontend.formatting import format_text
        from netwright.frontend.write import to_yaml

        data = {"netwright": VERSION, **self.model_dump(by_alias=True, exclude_unset=True)}
        return format_text(to_yaml(data))


class SpecFile(Spec):
    """A netwright spec as it stands in a file, where the version is written down."""

    netwright: Version
    """The version of the language."""
