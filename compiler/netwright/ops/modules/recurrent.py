"""Recurrent layers and their single-step cells."""

from __future__ import annotations

from functools import partial

from netwright.ir.dims import Size, at_least, known, product, show
from netwright.ir.types import TensorType
from netwright.ops.entry import Arg, Arguments, ModuleOp, OpError, Result, Weight
from netwright.ops.modules.checks import (
    layer_count,
    need_build_dtype,
    need_inferred,
    need_positive,
    need_probability,
    need_rank,
    need_shape,
    optional_tensor,
    tensor,
)
from netwright.ops.modules.linear import last_size

GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def _directions(args: Arguments) -> int:
    return 2 if args["bidirectional"] else 1


def _projected(args: Arguments) -> bool:
    return known(args.get("proj_size", 0)) != 0


def _state_size(args: Arguments) -> Size:
    """Size of a hidden state: the projection's where there is one."""
    size: Size = args["proj_size"] if _projected(args) else args["hidden_size"]
    return size


def _need_dtypes(x: TensorType, states: tuple[TensorType, ...]) -> None:
    need_build_dtype(x, "input")
    for state in states:
        need_build_dtype(state, "hx")


def _check(x: TensorType, args: Arguments) -> None:
    layout = "(B, T, input_size)" if args["batch_first"] else "(T, B, input_size)"
    need_rank(x, "input", (2, 3), layout)
    need_inferred(x.shape[-1], args, "input_size", "input features")
    need_positive(args["hidden_size"], "hidden_size")
    need_positive(args["num_layers"], "num_layers")
    need_probability(args, "dropout")
    if _projected(args):
        need_positive(args["proj_size"], "proj_size")
        if at_least(args["proj_size"], args["hidden_size"]):
            raise OpError(
                f"`proj_size` {show(args['proj_size'])} must be less than `hidden_size`",
                arg="proj_size",
                code="E0308",
            )


def _batch(x: TensorType, args: Arguments) -> tuple[Size, ...]:
    if x.rank == 2:
        return ()
    return (x.shape[0 if args["batch_first"] else 1],)


def _recurrent(args: Arguments) -> tuple[TensorType, TensorType]:
    """`output` (T, B, directions * H) and `h_n` (layers * directions, B, H)."""
    x, hx = tensor(args, "input"), optional_tensor(args, "hx")
    _need_dtypes(x, () if hx is None else (hx,))
    _check(x, args)
    state = _state(x, args, _state_size(args))
    if hx is not None:
        need_shape(hx, state, "hx")
    return _output(x, args), TensorType(x.dtype, state)


def _lstm(args: Arguments) -> tuple[TensorType, TensorType, TensorType]:
    """`output`, `h_n` and `c_n`; the cell's state keeps `hidden_size` where `h_n` is projected."""
    x = tensor(args, "input")
    given = _pair(args)
    _need_dtypes(x, given)
    _check(x, args)
    states = (_state(x, args, _state_size(args)), _state(x, args, args["hidden_size"]))
    for h, shape in zip(given, states, strict=False):
        need_shape(h, shape, "hx")
    return (_output(x, args), TensorType(x.dtype, states[0]), TensorType(x.dtype, states[1]))


def _pair(args: Arguments) -> tuple[TensorType, ...]:
    """The hidden and the cell's state where they are given."""
    hx = args.get("hx")
    if hx is None:
        return ()
    if not isinstance(hx, tuple | list) or len(hx) != 2:
        raise OpError("needs a list of two: h_0 and c_0", arg="hx", code="E0305")
    return tuple(hx)


def _state(x: TensorType, args: Arguments, size: Size) -> tuple[Size, ...]:
    return (args["num_layers"] * _directions(args), *_batch(x, args), size)


def _output(x: TensorType, args: Arguments) -> TensorType:
    return TensorType(x.dtype, (*x.shape[:-1], _directions(args) * _state_size(args)))


def _weights(gates: int, args: Arguments) -> tuple[Weight, ...]:
    weights: list[Weight] = []
    for layer in range(layer_count(args["num_layers"], "num_layers")):
        for suffix in ("", "_reverse")[: _directions(args)]:
            weights += _layer_weights(gates, layer, suffix, args)
    return tuple(weights)


def _layer_weights(gates: int, layer: int, suffix: str, args: Arguments) -> list[Weight]:
    rows: Size = gates * args["hidden_size"]
    into = args["input_size"] if layer == 0 else _directions(args) * _state_size(args)
    end = f"_l{layer}{suffix}"
    weights = [
        Weight(f"weight_ih{end}", (rows, into)),
        Weight(f"weight_hh{end}", (rows, _state_size(args))),
    ]
    if args["bias"]:
        weights += [Weight(f"bias_ih{end}", (rows,)), Weight(f"bias_hh{end}", (rows,))]
    if _projected(args):
        weights.append(Weight(f"weight_hr{end}", (args["proj_size"], args["hidden_size"])))
    return weights


def _flops(gates: int, args: Arguments, result: Result) -> Size:
    """Each matrix once for each step of each sequence."""
    steps = product(tensor(args, "input").shape[:-1])
    return 2 * steps * _matrices(_weights(gates, args))


def _matrices(weights: tuple[Weight, ...]) -> Size:
    total: Size = 0
    for weight in weights:
        if len(weight.shape) == 2:
            total = total + product(weight.shape)
    return total


def _cell_state(args: Arguments, x: TensorType) -> tuple[Size, ...]:
    need_rank(x, "input", (1, 2), "(B, input_size)")
    need_inferred(x.shape[-1], args, "input_size", "input features")
    need_positive(args["hidden_size"], "hidden_size")
    return (*x.shape[:-1], args["hidden_size"])


def _cell(args: Arguments) -> TensorType:
    """(B, input_size) -> (B, hidden_size), with or without B."""
    x, hx = tensor(args, "input"), optional_tensor(args, "hx")
    _need_dtypes(x, () if hx is None else (hx,))
    shape = _cell_state(args, x)
    if hx is not None:
        need_shape(hx, shape, "hx")
    return TensorType(x.dtype, shape)


def _lstm_cell(args: Arguments) -> tuple[TensorType, TensorType]:
    x = tensor(args, "input")
    given = _pair(args)
    _need_dtypes(x, given)
    shape = _cell_state(args, x)
    for h in given:
        need_shape(h, shape, "hx")
    return (TensorType(x.dtype, shape), TensorType(x.dtype, shape))


def _cell_weights(gates: int, args: Arguments) -> tuple[Weight, ...]:
    hidden = args["hidden_size"]
    rows: Size = gates * hidden
    weights = (Weight("weight_ih", (rows, args["input_size"])), Weight("weight_hh", (rows, hidden)))
    if not args["bias"]:
        return weights
    return (*weights, Weight("bias_ih", (rows,)), Weight("bias_hh", (rows,)))


def _cell_flops(gates: int, args: Arguments, result: Result) -> Size:
    steps = product(tensor(args, "input").shape[:-1])
    return 2 * steps * _matrices(_cell_weights(gates, args))


_SIZES = (
    Arg("input_size", "size", doc="Size of the last dim; inferred."),
    Arg("hidden_size", "size", doc="Size of the hidden state."),
)
_LAYERS = Arg("num_layers", "int", 1, doc="Layers on top of one another.")
_NONLINEARITY = Arg("nonlinearity", "str", "tanh", choices=("tanh", "relu"), doc="Activation.")
_BIAS = Arg("bias", "bool", True, doc="Add learned biases.")
_REST = (
    _BIAS,
    Arg("batch_first", "bool", False, doc="(B, T, C) instead of (T, B, C)."),
    Arg("dropout", "float", 0.0, doc="Dropout between layers."),
    Arg("bidirectional", "bool", False, doc="A second pass from the end."),
)
_PROJ = Arg("proj_size", "size", 0, doc="Project the hidden state to this size; 0 for none.")
_INPUT = Arg("input", "tensor")
_STATE = Arg("hx", "tensor", None, optional=True, doc="The state before the first step.")
_STATES = Arg("hx", "tensors", None, optional=True, doc="h_0 and c_0.")


def _layer(name: str, args: tuple[Arg, ...], doc: str) -> ModuleOp:
    lstm = name == "LSTM"
    return ModuleOp(
        name,
        f"nn.{name}",
        args,
        (_INPUT, _STATES if lstm else _STATE),
        doc,
        infer={"input_size": partial(last_size, "input")},
        rule=_lstm if lstm else _recurrent,
        weights=partial(_weights, GATES[name]),
        flops=partial(_flops, GATES[name]),
        outputs=("output", "h_n", "c_n") if lstm else ("output", "h_n"),
        train=True,
    )


def _single(kind: str, args: tuple[Arg, ...], doc: str) -> ModuleOp:
    lstm = kind == "LSTM"
    return ModuleOp(
        f"{kind}Cell",
        f"nn.{kind}Cell",
        args,
        (_INPUT, _STATES if lstm else _STATE),
        doc,
        infer={"input_size": partial(last_size, "input")},
        rule=_lstm_cell if lstm else _cell,
        weights=partial(_cell_weights, GATES[kind]),
        flops=partial(_cell_flops, GATES[kind]),
        outputs=("h_1", "c_1") if lstm else (),
    )


OPS = (
    _layer("RNN", (*_SIZES, _LAYERS, _NONLINEARITY, *_REST), "Elman's recurrent network."),
    _layer("LSTM", (*_SIZES, _LAYERS, *_REST, _PROJ), "Long short-term memory."),
    _layer("GRU", (*_SIZES, _LAYERS, *_REST), "Gated recurrent unit."),
    _single("RNN", (*_SIZES, _BIAS, _NONLINEARITY), "One step of `RNN`."),
    _single("LSTM", (*_SIZES, _BIAS), "One step of `LSTM`."),
    _single("GRU", (*_SIZES, _BIAS), "One step of `GRU`."),
)
