"""Modules without a rule: users' classes described, run on fake tensors, their weights found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import pytest
import torch
from netwright.ir.dims import Dim, evaluate, substitute, symbol
from netwright.ir.types import DType, TensorType
from netwright.ops import modules
from netwright.ops.binding import bind
from netwright.ops.entry import REQUIRED, Arg, FunctionOp, ModuleOp, OpError, Result
from netwright.ops.fallback import infer_by_fake, weights_by_fake
from netwright.ops.plugin import describe
from torch import nn

OPS = {op.name: op for op in modules.ALL}
B, C, H, W = (symbol(name) for name in "BCHW")


def infer(op: ModuleOp, inputs: dict[str, Any], **args: Any) -> Result:
    return infer_by_fake(
        op, {**bind(op.name, op.args, (), args), **bind(op.name, op.inputs, (), inputs)}
    )


def floats(*shape: Any) -> TensorType:
    return TensorType("float", shape)


# Classes as users write them ----------------------------------------------------------------


class Stem(nn.Module):
    """Halve the image twice.

    And more.
    """

    def __init__(
        self,
        width: int,
        *,
        kernels: tuple[int, ...] = (3, 3),
        act: Literal["relu", "gelu"] = "relu",
        scale: float | None = None,
        ratio: int | float = 2,
        bias: bool = True,
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, width, kernels[0], 2, padding=1, bias=bias)
        self.second = nn.Conv2d(width, width, kernels[1], 2, padding=1, bias=bias)
        self.register_buffer("offset", torch.zeros(width), persistent=False)
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))

    def forward(self, image: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        x: torch.Tensor = self.second(self.first(image))
        return x if mask is None else x * mask


class Ends(NamedTuple):
    tokens: torch.Tensor
    length: torch.Tensor


class Tokens(nn.Module):
    def forward(self, x, extra: Sequence[torch.Tensor] = (), flag=False) -> Ends:
        return Ends(
            torch.cat([x.flatten(1), *extra], 1), torch.zeros(x.shape[0], dtype=torch.int64)
        )


class Branching(nn.Module):
    """What comes out is another matter for a long input."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, : 100 if x.shape[1] > 100 else 50]


class Counting(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[x > 0]


class Refusing(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        if size < 1:
            raise ValueError("size is too small\nin more words")
        self.size = size

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert x.shape[-1] == self.size, "another size was wanted"
        return x


class Greedy(nn.Module):
    def __init__(self, *sizes: int) -> None:
        super().__init__()


class Needy(nn.Module):
    def __init__(self, table: torch.Tensor) -> None:
        super().__init__()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


class Twice(nn.Module):
    def __init__(self, x: int) -> None:
        super().__init__()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


# Describing ---------------------------------------------------------------------------------


def test_signature_becomes_arguments() -> None:
    op = describe(Stem)
    assert op.name == "Stem"
    assert op.path == f"{Stem.__module__}.Stem"
    assert op.doc == "Halve the image twice."
    assert op.args == (
        Arg("width", "size"),
        Arg("kernels", "sizes", (3, 3), keyword=True),
        Arg("act", "str", "relu", choices=("relu", "gelu"), keyword=True),
        Arg("scale", "float", None, optional=True, keyword=True),
        Arg("ratio", "number", 2, keyword=True),
        Arg("bias", "bool", True, keyword=True),
    )
    assert op.inputs == (Arg("image", "tensor"), Arg("mask", "tensor", None, optional=True))


def test_inputs_without_annotations_are_tensors() -> None:
    op = describe(Tokens)
    assert op.args == ()
    assert [(a.name, a.kind, a.default) for a in op.inputs] == [
        ("x", "tensor", REQUIRED),
        ("extra", "tensors", ()),
        ("flag", "bool", False),
    ]
    assert op.outputs == ("tokens", "length")


@pytest.mark.parametrize(
    ("cls", "error", "text"),
    [
        (int, TypeError, "no subclass of torch.nn.Module"),
        (Greedy, TypeError, "Greedy has no forward"),
        (Needy, TypeError, "needs a tensor `table`"),
        (Twice, TypeError, "share names: x"),
    ],
)
def test_what_cannot_be_described(cls: type, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        describe(cls)


def test_local_class_is_refused() -> None:
    class Local(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x

    with pytest.raises(ValueError, match="is local to a function"):
        describe(Local)


def test_rule_of_the_user_is_kept() -> None:
    def rule(args: Any) -> TensorType:
        return floats(args["width"])

    assert describe(Stem, rule).rule is rule


# Running ------------------------------------------------------------------------------------


def test_sizes_are_found_symbolically() -> None:
    result = infer(describe(Stem), {"image": floats(B, 3, H, 2 * W)}, width=8)
    assert isinstance(result, TensorType)
    batch, width, height, across = result.shape
    assert (result.dtype, batch, width) == ("float", B, 8)
    for n in (7, 8, 64, 65):
        assert evaluate(substitute(height, {"H": n}), {}) == (n - 1) // 2 // 2 + 1
        assert evaluate(substitute(across, {"W": n}), {}) == (2 * n - 1) // 2 // 2 + 1


def test_several_results_and_lists() -> None:
    inputs = {"x": floats(B, C, 4), "extra": (floats(B, 3),)}
    assert infer(describe(Tokens), inputs) == (floats(B, 4 * C + 3), TensorType("int", (B,)))


def test_symbol_with_a_witness_decides_as_its_number() -> None:
    channels = symbol("dim", witness=3)
    result = infer(describe(Refusing), {"x": floats(B, channels)}, size=channels)
    assert isinstance(result, TensorType)
    assert [str(d) for d in result.shape] in (["B", "dim"], ["B", "3"])


def test_exact_dtypes_pass_through() -> None:
    op = describe(Tokens)
    result = infer(op, {"x": TensorType("float16", (B, 2, 3))})
    assert isinstance(result, tuple)
    assert result[0] == TensorType("float16", (B, 6))


@pytest.mark.parametrize(
    ("cls", "args", "code", "text"),
    [
        (Branching, {}, "E0306", "do not follow from those of its inputs alone"),
        (Counting, {}, "E0307", "depends on the values of its inputs"),
        (Refusing, {"size": 0}, "E0308", "`Refusing` refuses: size is too small"),
        (Refusing, {"size": 5}, "E0301", "`Refusing` refuses: another size was wanted"),
    ],
)
def test_refusals(cls: type, args: dict[str, Any], code: str, text: str) -> None:
    with pytest.raises(OpError) as caught:
        infer(describe(cls), {"x": floats(B, H)}, **args)
    assert caught.value.code == code
    assert text in caught.value.message


@pytest.mark.parametrize(
    ("name", "args", "inputs", "expected"),
    [
        (
            "MaxUnpool2d",
            {"kernel_size": 2},
            {"input": floats(B, C, H, W), "indices": TensorType("int", (B, C, H, W))},
            floats(B, C, 2 * H, 2 * W),
        ),
        (
            "FractionalMaxPool2d",
            {"kernel_size": 2, "output_size": (5, 6), "return_indices": True},
            {"input": floats(B, C, H, W)},
            (floats(B, C, 5, 6), TensorType("int", (B, C, 5, 6))),
        ),
        (
            "LinearCrossEntropyLoss",
            {"in_features": 8, "num_classes": 5, "reduction": "none"},
            {"input": floats(B, 8), "target": TensorType("int", (B,))},
            floats(B),
        ),
    ],
)
def test_modules_of_torch_without_a_rule(
    name: str, args: dict[str, Any], inputs: dict[str, Any], expected: Result
) -> None:
    assert OPS[name].rule is None
    assert infer(OPS[name], inputs, **args) == expected


def test_size_that_torch_rounds_is_refused() -> None:
    op = OPS["FractionalMaxPool2d"]
    with pytest.raises(OpError) as caught:
        infer(op, {"input": floats(B, C, H, W)}, kernel_size=2, output_ratio=0.5)
    assert caught.value.code == "E0306"


@pytest.mark.parametrize(
    ("name", "args", "inputs"),
    [
        ("Linear", {"in_features": 4, "out_features": 6}, {"input": floats(B, H, 4)}),
        ("Flatten", {}, {"input": floats(B, C, H, W)}),
        ("MaxPool2d", {"kernel_size": 3, "stride": 2}, {"input": floats(B, C, H, W)}),
        ("LSTM", {"input_size": 4, "hidden_size": 5}, {"input": floats(H, B, 4)}),
    ],
)
def test_rules_and_fake_tensors_agree(name: str, args: Any, inputs: Any) -> None:
    op = OPS[name]
    assert op.rule is not None
    by_rule = op.rule({**bind(name, op.args, (), args), **bind(name, op.inputs, (), inputs)})
    assert infer(op, inputs, **args) == by_rule


def test_functions_and_methods_run_too() -> None:
    args = (Arg("input", "tensor"), Arg("dims", "axes"))
    values = {"input": floats(B, C), "dims": (0,)}
    for op in (
        FunctionOp("flip", args, "", "torch.flip"),
        FunctionOp("flip", args, "", None, "flip"),
    ):
        assert infer_by_fake(op, values) == floats(B, C)


# Weights ------------------------------------------------------------------------------------


def test_weights_of_a_users_class() -> None:
    op = describe(Stem)
    weights = weights_by_fake(op, bind(op.name, op.args, (), {"width": 8, "bias": False}))
    assert [(w.name, w.shape, w.dtype, w.buffer, w.persistent) for w in weights] == [
        ("offset", (8,), "float", True, False),
        ("count", (), "int", True, True),
        ("first.weight", (8, 3, 3, 3), "float", False, True),
        ("second.weight", (8, 8, 3, 3), "float", False, True),
    ]


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("BatchNorm2d", {"num_features": 4}),
        ("LSTM", {"input_size": 2, "hidden_size": 3, "num_layers": 2, "proj_size": 1}),
        ("MultiheadAttention", {"embed_dim": 4, "num_heads": 2, "kdim": 3, "add_bias_kv": True}),
    ],
)
def test_weights_agree_with_the_entry(name: str, args: dict[str, Any]) -> None:
    op = OPS[name]
    bound = bind(name, op.args, (), args)
    assert op.weights is not None
    assert weights_by_fake(op, bound) == op.weights(bound)


def test_weights_need_known_sizes() -> None:
    op = describe(Stem)
    width: Dim = symbol("width")
    with pytest.raises(OpError) as caught:
        weights_by_fake(op, bind(op.name, op.args, (), {"width": width}))
    assert (caught.value.code, caught.value.arg) == ("E0306", "width")
    grounded = bind(op.name, op.args, (), {"width": symbol("width", witness=4)})
    assert weights_by_fake(op, grounded)[0].shape == (4,)


def test_dtypes_are_handed_over() -> None:
    op = ModuleOp(
        "Linear",
        "nn.Linear",
        (Arg("in_features", "size"), Arg("out_features", "size"), Arg("dtype", "dtype", None)),
        (Arg("input", "tensor"),),
        "",
    )
    bound = bind(
        op.name, op.args, (), {"in_features": 2, "out_features": 3, "dtype": DType("float16")}
    )
    assert {w.dtype for w in weights_by_fake(op, bound)} == {"float16"}
