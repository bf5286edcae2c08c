"""What rules of modules say when they refuse: the fact, the argument at fault and the remedy."""

from __future__ import annotations

from typing import Any

import pytest
from netwright.ir.dims import symbol
from netwright.ir.types import TensorType
from netwright.ops import modules
from netwright.ops.binding import bind
from netwright.ops.entry import OpError

OPS = {op.name: op for op in modules.ALL}
B, H = symbol("B"), symbol("H")
IMAGE = TensorType("float", (B, 3, 3, H))
TOKENS = TensorType("float", (B, H, 512))
NO_HELP = ""

CASES: list[tuple[str, dict[str, Any], dict[str, Any], tuple[str, str, str | None, str]]] = [
    (
        "Linear",
        {"in_features": 384, "out_features": 8},
        {"input": TOKENS},
        (
            "E0301",
            "needs 384 input features but receives 512",
            "in_features",
            "leave `in_features` out, it follows from the input",
        ),
    ),
    (
        "Linear",
        {"in_features": 3, "out_features": 8},
        {"input": TensorType("int", (B, 3))},
        (
            "E0304",
            "needs a floating input but receives int",
            "input",
            "`.float()` casts",
        ),
    ),
    (
        "Linear",
        {"in_features": 3, "out_features": 8},
        {"input": TensorType("float16", (B, 3))},
        (
            "E0304",
            "needs the dtype of its weights, float, but receives float16",
            "input",
            "`.float()` casts",
        ),
    ),
    (
        "Conv2d",
        {"in_channels": 3, "out_channels": 8, "kernel_size": 7, "padding": 1},
        {"input": IMAGE},
        ("E0301", "kernel 7 is larger than the padded input 5", "kernel_size", NO_HELP),
    ),
    (
        "Conv2d",
        {"in_channels": 3, "out_channels": 8, "kernel_size": 3, "dilation": 2},
        {"input": IMAGE},
        (
            "E0301",
            "kernel 3, dilated to 5, is larger than the padded input 3",
            "kernel_size",
            NO_HELP,
        ),
    ),
    (
        "Conv2d",
        {"in_channels": 3, "out_channels": 8, "kernel_size": 3, "groups": 2},
        {"input": IMAGE},
        ("E0301", "`in_channels` 3 is no multiple of `groups` 2", "groups", NO_HELP),
    ),
    (
        "Conv2d",
        {"in_channels": 3, "out_channels": 8, "kernel_size": 3, "padding": "same", "stride": 2},
        {"input": IMAGE},
        ("E0308", "padding `same` needs a stride of 1", "stride", NO_HELP),
    ),
    (
        "Conv1d",
        {"in_channels": 3, "out_channels": 8, "kernel_size": 3},
        {"input": IMAGE},
        (
            "E0302",
            "needs an input of 2 or 3 dims but receives 4",
            "input",
            "the layout is (B, C, L)",
        ),
    ),
    (
        "MaxPool2d",
        {"kernel_size": 2, "padding": 2},
        {"input": IMAGE},
        ("E0308", "padding 2 is more than half of the kernel 2", "padding", NO_HELP),
    ),
    (
        "LayerNorm",
        {"normalized_shape": 384},
        {"input": TOKENS},
        (
            "E0301",
            "normalises over [384] but receives float[B, H, 512]",
            "normalized_shape",
            "leave `normalized_shape` out, it follows from the input",
        ),
    ),
    (
        "Embedding",
        {"num_embeddings": 10, "embedding_dim": 4},
        {"input": TOKENS},
        (
            "E0304",
            "needs int or int32 indices but receives float",
            "input",
            "`.int()` casts",
        ),
    ),
    (
        "MultiheadAttention",
        {"embed_dim": 512, "num_heads": 7},
        {"query": TOKENS, "key": TOKENS, "value": TOKENS},
        ("E0301", "`embed_dim` 512 is no multiple of `num_heads` 7", "num_heads", NO_HELP),
    ),
    (
        "Dropout",
        {"p": 1.5},
        {"input": TOKENS},
        ("E0308", "`p` is a probability between 0 and 1, not 1.5", "p", NO_HELP),
    ),
    (
        "Softmax",
        {},
        {"input": TOKENS},
        ("E0203", "needs `dim`", "dim", "the last is `dim=-1`"),
    ),
    (
        "Upsample",
        {"scale_factor": 1.1},
        {"input": IMAGE},
        (
            "E0306",
            "the size H times 1.1 is only known at run time",
            "scale_factor",
            "give `size`, or a factor such as 2 or 0.5",
        ),
    ),
]


@pytest.mark.parametrize(("name", "args", "inputs", "expected"), CASES)
def test_refusal(
    name: str, args: dict[str, Any], inputs: dict[str, Any], expected: tuple[str, str, str, str]
) -> None:
    op = OPS[name]
    assert op.rule is not None
    with pytest.raises(OpError) as caught:
        op.rule({**bind(name, op.args, (), args), **bind(name, op.inputs, (), inputs)})
    error = caught.value
    assert (error.code, error.message, error.arg, error.help) == expected


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("Linear", {"input": TensorType("float", ())}),
        ("BatchNorm1d", {"input": TensorType("float", (B,))}),
        ("Conv2d", {"input": TensorType("float", (B,))}),
    ],
)
def test_inference_refuses_a_rank(name: str, inputs: dict[str, Any]) -> None:
    for infer in OPS[name].infer.values():
        with pytest.raises(OpError) as caught:
            infer(inputs)
        assert caught.value.code == "E0302"
