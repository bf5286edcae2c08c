"""`load_weights`: the way through."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from netwright.artifact import KeyRule, Manifest
from torch import nn

from netwright_runtime.model.opening import compiled_of
from netwright_runtime.model.weights.assign import assign, entries
from netwright_runtime.model.weights.files import read
from netwright_runtime.model.weights.loaded import Loaded
from netwright_runtime.model.weights.matching import match
from netwright_runtime.model.weights.partial import Partial, UnknownName
from netwright_runtime.model.weights.readings import best
from netwright_runtime.model.weights.text import HELP


class IncompleteLoad(ValueError):
    """A file does not hold what a model needs, or more; the text is the whole report."""

    def __init__(self, report: Loaded) -> None:
        super().__init__(f"{report}\n  = help: {HELP}")
        self.report = report


def load_weights(
    module: nn.Module,
    source: str | os.PathLike[str] | Mapping[str, Any],
    *,
    key_map: str | None = None,
    inside: str | None = None,
    partial: Partial | bool = False,
    manifest: Manifest | None = None,
) -> Loaded:
    """Give a module the weights of a file, or of a `state_dict`.

    A module on the meta device (`netwright.build(spec, device="meta")`) takes the file's tensors as
    its weights, and nothing is allocated twice. Weights are converted to the module's dtype.
    Nothing is changed where the load fails.

    Args:
        source: safetensors, a file of `torch.save`, the index of a sharded checkpoint, a folder
            with one of these, or tensors by name.
        key_map: one of the spec's `weights:`; by default the one that fits best, or none.
        inside: where in the file the weights lie, `model.ema`; by default where they fit best.
        partial: what may be left out or changed; True stands for whatever does not fit.
        manifest: of the module, where it was not built by `netwright.build`.

    Returns:
        What became of every weight and every tensor of the file; `print` shows it.

    Raises:
        BadWeights: the file cannot be read.
        UnknownName: a key map, a place in the file, or a name of `partial` that there is not.
        IncompleteLoad: weights are missing, left over or of another shape.
        NotBuilt: the module was not built by `netwright.build`, and no manifest was given.
    """
    known = manifest or compiled_of(module).manifest
    allowed = Partial(rest=partial) if isinstance(partial, bool) else partial
    content = source if isinstance(source, Mapping) else read(source)
    weights = entries(module)
    shapes = {name: tuple(weight.shape) for name, weight in weights.items()}
    reading = best(_at(content, inside), _maps(known, key_map), shapes)
    allowed.check([source.name for source in reading.content.sources], weights)
    found = match(reading.content, weights, allowed, _takes_images(known))
    name = "a state_dict" if isinstance(source, Mapping) else os.fspath(source)
    report = Loaded(
        known.class_name,
        name,
        len(weights),
        reading.inside,
        reading.prefix,
        reading.key_map,
        reading.others,
        tuple(found.matches.values()),
        found.tied,
        tuple(found.begun),
        reading.content.dropped,
        tuple(found.skipped),
        allowed.inserted,
        tuple(found.missing),
        tuple(found.left_over),
        tuple(found.misfits),
        tuple(found.kept),
    )
    if not (report.complete or allowed.rest):
        raise IncompleteLoad(report)
    assign(module, found.values)
    return report


def _at(content: Mapping[str, Any], inside: str | None) -> Mapping[str, Any]:
    """The dict inside a file that the caller names, `model.ema`."""
    for key in inside.split(".") if inside else ():
        held = content.get(key)
        if not isinstance(held, Mapping):
            dicts = [str(k) for k, v in content.items() if isinstance(v, Mapping)]
            raise UnknownName(f"the file has no dict `{key}`; it has {', '.join(dicts) or 'none'}")
        content = held
    return content


def _maps(manifest: Manifest, key_map: str | None) -> Mapping[str | None, tuple[KeyRule, ...]]:
    """The key maps to try, by name: none and all of the spec's, or the one that is asked for."""
    if key_map is None:
        maps: dict[str | None, tuple[KeyRule, ...]] = {None: ()}
        maps.update(manifest.key_maps)
        return maps
    if key_map not in manifest.key_maps:
        known = ", ".join(f"`{name}`" for name in manifest.key_maps) or "none"
        raise UnknownName(f"`{manifest.spec}` has no key map `{key_map}`; it has {known}")
    return {key_map: manifest.key_maps[key_map]}


def _takes_images(manifest: Manifest) -> bool:
    return any(len(port.shape) == 4 for port in manifest.inputs)
