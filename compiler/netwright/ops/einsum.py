"""Einstein sums, in torch's letters (`bhid,bhjd->bhij`) or with names as in einops (`b h i d`).

An operand with spaces inside is read as names; `letters` gives the equation that torch understands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_letters

from netwright.ir.dims import Size, known, product, same, show
from netwright.ir.types import TensorType
from netwright.ops.broadcast import broadcast, check_same_dtype, equal_help
from netwright.ops.entry import OpError
from netwright.ops.pattern import ELLIPSIS, PatternError

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Equation:
    """Labels of each operand and of the result, `...` among them."""

    operands: tuple[Labels, ...]
    result: Labels


def parse(text: str) -> Equation:
    """The equation in `text`; PatternError (E0308) where it is malformed."""
    left, arrow, right = text.partition("->")
    parts = left.split(",")
    named = any(len(part.split()) > 1 for part in (*parts, right) if _spells_names(part))
    operands: list[Labels] = []
    offset = 0
    for part in parts:
        operands.append(_labels(part, offset, named))
        offset += len(part) + 1
    if arrow:
        result = _labels(right, len(left) + 2, named)
        _check_result(operands, result, len(left) + 2, text)
    elif named:
        raise PatternError("an equation with names needs `->`", 0, len(text))
    else:
        result = _implicit(operands)
    return Equation(tuple(operands), result)


def _spells_names(part: str) -> bool:
    return any(token != ELLIPSIS for token in part.split())


def _labels(part: str, offset: int, named: bool) -> Labels:
    """The labels of one operand; `...` once."""
    found: list[str] = []
    for label, at in _tokens(part, named):
        valid = label == ELLIPSIS or (label.isidentifier() if named else label in ascii_letters)
        if not valid:
            raise PatternError(f"`{label}` is no axis", offset + at, len(label))
        if label == ELLIPSIS and label in found:
            raise PatternError("a second `...`", offset + at, 3)
        found.append(label)
    return tuple(found)


def _tokens(part: str, named: bool) -> Iterator[tuple[str, int]]:
    at = 0
    while at < len(part):
        if part[at].isspace():
            at += 1
            continue
        end = at + 1
        if part.startswith(ELLIPSIS, at):
            end = at + 3
        elif named:
            while end < len(part) and not part[end].isspace():
                end += 1
        yield part[at:end], at
        at = end


def _check_result(operands: Sequence[Labels], result: Labels, offset: int, text: str) -> None:
    given = {label for labels in operands for label in labels}
    for label in result:
        if label not in given and label != ELLIPSIS:
            place = text.find(label, offset)
            raise PatternError(f"`{label}` stands on the right only", place, len(label))
    for label in result:
        if result.count(label) > 1:
            place = text.rfind(label)
            raise PatternError(f"`{label}` twice on the right", place, len(label))


def _implicit(operands: Sequence[Labels]) -> Labels:
    """Without `->`: what `...` covers, then the labels that stand once, in alphabetical order."""
    every = [label for labels in operands for label in labels if label != ELLIPSIS]
    dots = any(ELLIPSIS in labels for labels in operands)
    return ((ELLIPSIS,) if dots else ()) + tuple(sorted(x for x in every if every.count(x) == 1))


def letters(text: str) -> str:
    """The equation as torch reads it: one letter a label, its first where that is free."""
    equation = parse(text)
    taken: dict[str, str] = {}
    for labels in equation.operands:
        for label in labels:
            if label != ELLIPSIS and label not in taken:
                taken[label] = _letter(label, set(taken.values()))
    taken[ELLIPSIS] = ELLIPSIS
    words = ["".join(taken[label] for label in labels) for labels in equation.operands]
    return ",".join(words) + "->" + "".join(taken[label] for label in equation.result)


def _letter(label: str, used: set[str]) -> str:
    first = label[0] if label[0] in ascii_letters else ""
    for letter in first + ascii_letters:
        if letter not in used:
            return letter
    raise OpError("an equation has 52 labels at most", arg="equation", code="E0308")


# Types --------------------------------------------------------------------------------------


def einsum_type(text: str, operands: Sequence[TensorType]) -> TensorType:
    """The type of `einsum(text, *operands)`.

    Raises OpError: E0308 for the equation, E0302 for ranks, E0301 for sizes, E0304 for dtypes.
    """
    equation = parse(text)
    if len(equation.operands) != len(operands):
        message = f"the equation has {len(equation.operands)} operands, {len(operands)} are given"
        raise OpError(message, arg="operands", code="E0302")
    check_same_dtype(*operands)
    sizes = _sizes(equation, operands)
    dots = broadcast(*(d for _, d in _matched(equation, operands)))
    shape: list[Size] = []
    for label in equation.result:
        shape += dots if label == ELLIPSIS else (sizes[label],)
    return TensorType(operands[0].dtype, tuple(shape))


def _matched(
    equation: Equation, operands: Sequence[TensorType]
) -> list[tuple[list[tuple[str, Size]], tuple[Size, ...]]]:
    """For each operand its labels with their sizes, and the sizes that `...` covers."""
    return [_match(labels, x) for labels, x in zip(equation.operands, operands, strict=True)]


def _match(labels: Labels, x: TensorType) -> tuple[list[tuple[str, Size]], tuple[Size, ...]]:
    count = len([label for label in labels if label != ELLIPSIS])
    if count > x.rank or (ELLIPSIS not in labels and count != x.rank):
        message = f"`{' '.join(labels)}` wants {count} dims, found {x}"
        raise OpError(message, arg="operands", code="E0302")
    if ELLIPSIS not in labels:
        return list(zip(labels, x.shape, strict=True)), ()
    before = labels.index(ELLIPSIS)
    after = x.rank - (count - before)
    sizes = (*x.shape[:before], *x.shape[after:])
    named = [label for label in labels if label != ELLIPSIS]
    return list(zip(named, sizes, strict=True)), x.shape[before:after]


def _sizes(equation: Equation, operands: Sequence[TensorType]) -> dict[str, Size]:
    """The size of each label; a dim of 1 broadcasts, but not within one operand."""
    sizes: dict[str, Size] = {}
    for pairs, _ in _matched(equation, operands):
        own: dict[str, Size] = {}
        for label, size in pairs:
            if label in own:
                _want_same(label, own[label], size)
            own[label] = size
        for label, size in own.items():
            sizes[label] = _joined(label, sizes.get(label, 1), size)
    return sizes


def _joined(label: str, a: Size, b: Size) -> Size:
    if known(a) == 1:
        return b
    if known(b) != 1:
        _want_same(label, a, b)
    return a


def _want_same(label: str, a: Size, b: Size) -> None:
    if not same(a, b):
        message = f"`{label}` is {show(a)} and {show(b)}"
        raise OpError(message, arg="operands", help=equal_help(a, b))


def einsum_flops(text: str, operands: Sequence[TensorType]) -> Size:
    """2 operations for each product of the matrix products that torch makes, from left to right."""
    equation = parse(text)
    expanded = [_expanded(pairs, dots) for pairs, dots in _matched(equation, operands)]
    width = max(len(dots) for _, dots in _matched(equation, operands))
    kept = {label for label in equation.result if label != ELLIPSIS}
    if ELLIPSIS in equation.result:
        kept |= {f"...{i}" for i in range(width)}
    total: Size = 0
    left = expanded[0]
    for position, right in enumerate(expanded[1:], 1):
        later = kept.union(*expanded[position + 1 :])
        flops, left = _pair(left, right, later)
        total = total + flops
    return total


def _expanded(pairs: list[tuple[str, Size]], dots: tuple[Size, ...]) -> dict[str, Size]:
    """Sizes by label without dims of 1; those of `...` are numbered from the last."""
    covered = [(f"...{len(dots) - 1 - i}", size) for i, size in enumerate(dots)]
    return {label: size for label, size in (*pairs, *covered) if known(size) != 1}


def _pair(
    left: dict[str, Size], right: dict[str, Size], later: set[str]
) -> tuple[Size, dict[str, Size]]:
    """Operations of one product, and the sizes that remain. Without a sum it is pointwise: none."""
    summed = [label for label in left if label in right and label not in later]
    remaining = {k: v for k, v in {**left, **right}.items() if k in later}
    if not summed:
        return 0, remaining
    return 2 * product(list(remaining.values())) * product([left[k] for k in summed]), remaining
