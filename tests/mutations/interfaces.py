"""Faults of interfaces: params, variants, types, arguments, inputs and results."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.mutations.source import Mutant, Source


def variant_param(source: Source) -> Iterator[Mutant]:
    """A param in a variant, misspelt."""
    for found in source.keys:
        if len(found.path) == 3 and found.path[0] == "variants":
            end = found.start + len(found.value)
            yield source.replaced(found.start, end, found.value + "_q")


def variant_type(source: Source) -> Iterator[Mutant]:
    """A number in a variant as a text."""
    for scalar in source.scalars:
        if scalar.path[0] == "variants" and len(scalar.path) == 3 and scalar.value.isdigit():
            yield source.replaced(scalar.start, scalar.start + len(scalar.value), '"wrong"')


def default_type(source: Source) -> Iterator[Mutant]:
    """A default that is no number where the param is declared `int`."""
    for scalar in source.scalars:
        if (
            scalar.path[0] == "params"
            and scalar.path[2:] == ("default",)
            and scalar.value.isdigit()
        ):
            if re.search(r"type: int\b", source.lines[scalar.line - 1]):
                end = scalar.start + len(scalar.value)
                yield source.replaced(scalar.start, end, '"wrong"')


def dtype(source: Source) -> Iterator[Mutant]:
    """`float[B]` as `floatq[B]`."""
    for scalar in source.scalars:
        match = re.match(r"(?:list\[)?(float|int|bool)\[", scalar.value)
        if (
            match is not None
            and {"inputs", "outputs"} & set(scalar.path)
            and "graph" not in scalar.path
        ):
            yield source.within(scalar, match, match[1] + "q")


def where(source: Source) -> Iterator[Mutant]:
    """A remainder of params that was 0 shall be 1."""
    for scalar in source.scalars:
        match = re.fullmatch(r"(\w+) % (\w+) == (0)", scalar.value)
        if scalar.path[0] == "where" and match is not None:
            if match[1] in source.params and match[2] in source.params:
                yield source.within(scalar, match, "1", 3)


def output_size(source: Source) -> Iterator[Mutant]:
    """The last dim of a declared output, one greater."""
    for scalar in source.scalars:
        match = re.fullmatch(r"\w+\[.*?(\w+)(\])", scalar.value)
        if scalar.path[0] == "outputs" and scalar.path[-1] == "type" and match is not None:
            yield source.within(scalar, match, " + 1]", 2)


def unpacked(source: Source) -> Iterator[Mutant]:
    """One name more than there are results."""
    for found in source.keys:
        if (
            len(found.path) > 1
            and found.path[-2] == "graph"
            and re.fullmatch(r"\w+, \w+, \w+", found.value)
        ):
            end = found.start + len(found.value)
            yield source.replaced(found.start, end, found.value + ", one_more")


def missing_argument(source: Source) -> Iterator[Mutant]:
    """A required argument left out."""
    pattern = r"^(?:Linear\((out_features=[^,()]*)\)|Conv2d\(.*(, kernel_size=[^,()]*))"
    for scalar, match in source.found(pattern):
        yield source.within(scalar, match, "", 1 if match[1] else 2)


def missing_input(source: Source) -> Iterator[Mutant]:
    """The second of two inputs of a block left out, both of which it needs."""
    for scalar, match in source.found(r"^([A-Z]\w*)\(.*\)\(\w+(, \w+)\)$"):
        text = source.text[source.text.find(f"\n  {match[1]}:") :].split("graph:")[0]
        if len(source.inputs_of(match[1])) == 2 and "optional" not in text:
            yield source.within(scalar, match, "", 2)


def removed_block(source: Source) -> Iterator[Mutant]:
    """A block that is used once, gone: the use is at fault."""
    for block in source.keys:
        if len(block.path) != 2 or block.path[0] != "blocks":
            continue
        uses = [m.start() for m in re.finditer(rf"(?<!\w){block.value}\b", source.text)]
        if len(uses) != 2 or len(source.blocks) < 2:
            continue
        first = block.line - 1
        rest = source.lines[first + 1 :]
        size = next((k for k, line in enumerate(rest) if re.match(r" {0,2}\S", line)), len(rest))
        use = next(at for at in uses if at != block.start)
        line = source.text.count("\n", 0, use) + 1
        lines = source.lines[:first] + source.lines[first + 1 + size :]
        yield "\n".join(lines), line - (1 + size if line > block.line else 0)


def dropped_param(source: Source) -> Iterator[Mutant]:
    """The one argument of a block that has no default, left out."""
    for scalar, match in source.found(r"^([A-Z]\w*)\((\w+=[^,]*)\)(?=\(|$)"):
        text = next((s for s in source.below("blocks", match[1], "params")), None)
        required = text is not None and text.value in ("int", "bool", "float")
        if required and len(source.params_of(match[1])) == 1:
            yield source.within(scalar, match, "", 2)


def argument_kind(source: Source) -> Iterator[Mutant]:
    """`kernel_size=3` as `kernel_size="three"`."""
    names = "kernel_size|stride|padding|eps|p|num_embeddings|out_features|out_channels|bias"
    for scalar, match in source.found(rf"[(,]\s*(?:{names})=([\w.]+)(?=[,)])"):
        if scalar.value[0].isupper():
            yield source.within(scalar, match, '"three"' if scalar.path[-2] == "graph" else "{}")


def swapped_block(source: Source) -> Iterator[Mutant]:
    """A block's name where another one is meant that has none of the given arguments."""
    for scalar, match in source.found(r"^([A-Z]\w*)\((\w+)="):
        for other in sorted(source.blocks):
            if match[1] in source.blocks and match[2] not in source.params_of(other):
                yield source.within(scalar, match, other)


def swapped_block_with_more_inputs(source: Source) -> Iterator[Mutant]:
    """A block's name where one is meant that takes fewer inputs."""
    for scalar, match in source.found(r"^([A-Z]\w*)\(\)\(\w+, \w+(?:, \w+)?\)$"):
        for other in sorted(source.blocks):
            if len(source.inputs_of(other)) == 1 and not source.params_of(other):
                yield source.within(scalar, match, other)


def bound(source: Source) -> Iterator[Mutant]:
    """A default below the least value."""
    for scalar in source.scalars:
        if scalar.path[0] == "params" and scalar.path[-1] == "default":
            least = [s for s in source.below(*scalar.path[:-1]) if s.path[-1] == "min"]
            for low in least:
                yield source.instead(scalar, str(int(low.value) - 1))


def choice(source: Source) -> Iterator[Mutant]:
    """A default that is none of the choices."""
    for scalar in source.scalars:
        if scalar.path[0] == "params" and scalar.path[-1] == "default":
            if (*scalar.path[:-1], "choices") in {k.path for k in source.keys}:
                yield source.instead(scalar, "Dropout")


def output_dim(source: Source) -> Iterator[Mutant]:
    """A dim of a declared output that nothing binds."""
    for scalar in source.scalars:
        match = re.fullmatch(r"\w+\[(\w+), .*\]", scalar.value)
        if "outputs" in scalar.path and scalar.path[-1] == "type" and match is not None:
            yield source.within(scalar, match, "Unbound")


def unpacked_results(source: Source) -> Iterator[Mutant]:
    """One result more than there are names."""
    for scalar, match in source.found(r"^chunk\(\w+, (\d)(?=,)"):
        yield source.within(scalar, match, str(int(match[1]) + 1))


def dropped_input(source: Source) -> Iterator[Mutant]:
    """An input that is gone, whose dims others bind: what reads it first is at fault."""
    for found in source.keys:
        if found.path[:-1] != ("inputs",) or found.value in source.text.split("state:")[1:]:
            continue
        line = source.lines[found.line - 1]
        others = [s.value for s in source.scalars if s.path[0] == "inputs" and s.line != found.line]
        dims = re.findall(r"\b[A-Z]\b", line)
        if "optional: true" not in line or any(dim not in " ".join(others) for dim in dims):
            continue
        lines = source.lines[: found.line - 1] + source.lines[found.line :]
        reader = rf"(?<![\w.]){found.value}(?!\w|:)"
        below = range(found.line - 1, len(lines))
        first = next((k for k in below if re.search(reader, lines[k])), None)
        if first is not None:
            yield "\n".join(lines), first + 1


def dropped_node(source: Source) -> Iterator[Mutant]:
    """A node that is gone and that the next one reads by its name, which is at fault."""
    by_line = {s.line: s for s in source.expressions if s.path[-2:-1] == ("graph",)}
    for node in source.nodes:
        here, after = by_line.get(node.line), by_line.get(node.line + 1)
        alone = sum(key.value == node.value for key in source.keys) == 1
        if here is None or after is None or here.path[:-1] != after.path[:-1] or not alone:
            continue
        if (
            re.search(rf"(?<![\w.(]){node.value} [-+*@]", after.value)
            and here.path[-1] == node.value
        ):
            yield "\n".join(source.lines[: node.line - 1] + source.lines[node.line :]), node.line
