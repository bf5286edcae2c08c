"""Draws of recurrent layers, attention and transformers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from netwright.ir.types import TensorType

from tests.ops.modules_cases import (
    BOOL,
    Case,
    Draw,
    free,
    frees,
    mostly,
    some,
)

# Recurrent ----------------------------------------------------------------------------------


def recurrent(draw: Draw, name: str) -> Case:
    features, hidden = draw(st.integers(1, 4)), draw(st.integers(2, 4))
    layers, both = draw(st.integers(1, 2)), draw(BOOL)
    args: dict[str, Any] = {
        "input_size": mostly(draw, features, st.integers(1, 4)),
        "hidden_size": hidden,
        "num_layers": layers,
        "bidirectional": both,
    }
    args |= some(draw, bias=BOOL, batch_first=BOOL)
    if name == "LSTM":
        args |= some(draw, proj_size=st.integers(0, 3))
    if name == "RNN":
        args |= some(draw, nonlinearity="relu")
    batch = frees(draw, draw(st.integers(0, 1)))
    first = args.get("batch_first", False)
    step = free(draw)
    shape = (*batch, step, features) if first else (step, *batch, features)
    shape = mostly(draw, shape, st.just((*shape, 2)))
    kind = mostly(draw, "float", st.just("int"))
    inputs: dict[str, Any] = {"input": TensorType(kind, shape)}
    if draw(BOOL):
        rows = layers * (2 if both else 1)
        size = mostly(draw, args.get("proj_size") or hidden, st.integers(1, 4))
        state = TensorType("float", (rows, *batch, size))
        cell = TensorType("float", (rows, *batch, hidden))
        inputs["hx"] = (state, cell) if name == "LSTM" else state
    return Case(name, args, inputs)


def cell(draw: Draw, name: str) -> Case:
    features, hidden = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    args: dict[str, Any] = {
        "input_size": mostly(draw, features, st.integers(1, 4)),
        "hidden_size": hidden,
    }
    args |= some(draw, bias=BOOL)
    batch = frees(draw, mostly(draw, draw(st.integers(0, 1)), st.just(2)))
    inputs: dict[str, Any] = {"input": TensorType("float", (*batch, features))}
    if draw(BOOL):
        state = TensorType("float", (*batch, mostly(draw, hidden, st.integers(1, 4))))
        inputs["hx"] = (state, state) if name == "LSTMCell" else state
    return Case(name, args, inputs)


# Attention ----------------------------------------------------------------------------------


def sequence(draw: Draw, first: bool, batch: Sequence[int], length: int, size: int) -> TensorType:
    shape = (*batch, length, size) if first else (length, *batch, size)
    return TensorType("float", mostly(draw, shape, st.just((*shape, 2))))


def mask(draw: Draw, shape: tuple[int, ...]) -> TensorType:
    wrong = (*shape[:-1], shape[-1] + 1)
    return TensorType("bool", mostly(draw, shape, st.just(wrong)))


def batches(draw: Draw, cubic: bool) -> tuple[int, ...]:
    """One size or none. A mask over (B * heads, L, S) fixes it."""
    sizes = frees(draw, draw(st.integers(0, 1)), 1, 4)
    return tuple(int(b) for b in sizes) if cubic else sizes


def attention(draw: Draw, name: str) -> Case:
    heads = draw(st.integers(1, 2))
    dim = heads * draw(st.integers(1, 3))
    args: dict[str, Any] = {
        "embed_dim": mostly(draw, dim, st.integers(1, 6)),
        "num_heads": mostly(draw, heads, st.integers(1, 3)),
    }
    args |= some(draw, bias=BOOL, batch_first=BOOL, kdim=st.integers(1, 4), vdim=st.integers(1, 4))
    args |= some(draw, add_bias_kv=BOOL, add_zero_attn=BOOL)
    first = args.get("batch_first", False)
    cubic = draw(BOOL)
    batch = batches(draw, cubic)
    length, keys = free(draw, 1, 4), free(draw, 1, 4)
    inputs: dict[str, Any] = {
        "query": sequence(draw, first, batch, length, dim),
        "key": sequence(draw, first, batch, keys, args.get("kdim", dim)),
        "value": sequence(draw, first, batch, keys, args.get("vdim", dim)),
    }
    inputs |= some(draw, need_weights=BOOL, average_attn_weights=BOOL)
    items = (batch[0] if batch else 1) * heads
    inputs |= some(
        draw,
        key_padding_mask=mask(draw, (*batch, keys)),
        attn_mask=mask(draw, (items, length, keys) if cubic else (length, keys)),
        is_causal=mostly(draw, False, BOOL),
    )
    return Case(name, args, inputs)


def transformer(draw: Draw, name: str) -> Case:
    heads = draw(st.integers(1, 2))
    dim = heads * draw(st.integers(1, 3))
    args: dict[str, Any] = {
        "d_model": mostly(draw, dim, st.integers(1, 6)),
        "nhead": heads,
        "dim_feedforward": draw(st.integers(1, 4)),
    }
    args |= some(draw, batch_first=BOOL, norm_first=BOOL, bias=BOOL, activation="gelu")
    if name == "Transformer":
        args |= {"num_encoder_layers": draw(st.integers(1, 2)), "num_decoder_layers": 1}
    first = args.get("batch_first", False)
    cubic = draw(BOOL)
    batch = batches(draw, cubic)
    length, other = free(draw, 1, 4), free(draw, 1, 4)
    items = (batch[0] if batch else 1) * heads
    x = sequence(draw, first, batch, length, dim)
    if name == "TransformerEncoderLayer":
        masks = some(
            draw, src_mask=mask(draw, (items, length, length) if cubic else (length, length))
        )
        masks |= some(draw, src_key_padding_mask=mask(draw, (*batch, length)))
        return Case(name, args, {"src": x, **masks})
    masks = some(
        draw,
        tgt_mask=mask(draw, (length, length)),
        memory_mask=mask(draw, (length, other)),
        tgt_key_padding_mask=mask(draw, (*batch, length)),
        memory_key_padding_mask=mask(draw, (*batch, other)),
    )
    second = "src" if name == "Transformer" else "memory"
    return Case(name, args, {second: sequence(draw, first, batch, other, dim), "tgt": x, **masks})
