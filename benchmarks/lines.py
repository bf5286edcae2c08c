"""How long specs are, beside the source that they become and the reference's implementation."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import netwright
from netwright.driver.model import load
from netwright.frontend.load import load_file
from netwright.ir.program import Module

from benchmarks.processes import ROOT
from benchmarks.result import Goal, Result, Table
from tests.emission.building import REQUIRED

SPECS = ROOT / "specs"

REFERENCES = {
    "audio/whisper": "transformers.models.whisper.modeling_whisper",
    "language/bert": "transformers.models.bert.modeling_bert",
    "language/deepseek_v3": "transformers.models.deepseek_v3.modeling_deepseek_v3",
    "language/distilbert": "transformers.models.distilbert.modeling_distilbert",
    "language/gemma3": "transformers.models.gemma3.modeling_gemma3",
    "language/gpt2": "transformers.models.gpt2.modeling_gpt2",
    "language/llama": "transformers.models.llama.modeling_llama",
    "language/mamba": "transformers.models.mamba.modeling_mamba",
    "language/mistral": "transformers.models.mistral.modeling_mistral",
    "language/mixtral": "transformers.models.mixtral.modeling_mixtral",
    "language/modernbert": "transformers.models.modernbert.modeling_modernbert",
    "language/qwen3": "transformers.models.qwen3.modeling_qwen3",
    "language/t5": "transformers.models.t5.modeling_t5",
    "multimodal/clip": "transformers.models.clip.modeling_clip",
    "multimodal/llava": "transformers.models.llava.modeling_llava",
    "multimodal/siglip": "transformers.models.siglip.modeling_siglip",
    "timeseries/patchtst": "transformers.models.patchtst.modeling_patchtst",
    "vision/segformer": "transformers.models.segformer.modeling_segformer",
    "vision/efficientnet": "timm.models.efficientnet",
    "vision/convnext": "timm.models.convnext",
    "vision/swin": "timm.models.swin_transformer",
    "vision/vit": "timm.models.vision_transformer",
    "vision/regnet": "timm.models.regnet",
    "vision/mixer": "timm.models.mlp_mixer",
    "vision/resnet": "torchvision.models.resnet",
    "vision/densenet": "torchvision.models.densenet",
}
"""The file of each reference; it may hold more than the spec: other heads, loading, training."""

LIMITS = {"vision/yolov8": 47, "vision/efficientnet": 109}
"""Lines that a spec with all its variants may have, without the blocks that it shares."""


def run() -> Result:
    """Count the lines of every spec."""
    names = sorted(path.relative_to(SPECS).with_suffix("").as_posix() for path in _models())
    goals = tuple(
        Goal(f"lines of `{name}`, all variants", _lines(SPECS / f"{name}.yaml"), limit, "lines")
        for name, limit in LIMITS.items()
    )
    head = ("spec", "variants", "lines", "of shared blocks", "of emitted source", "of reference")
    notes = ("a reference that is not installed is left out",)
    return Result("lines", "Lines", (), goals, notes, Table(head, tuple(map(_row, names))))


def _models() -> Iterator[Path]:
    for path in SPECS.rglob("*.yaml"):
        module = load_file(path).module
        if module is not None and module.model is not None:
            yield path


def _row(name: str) -> tuple[str, ...]:
    path = SPECS / f"{name}.yaml"
    module = load(path, params=REQUIRED.get(name, {})).module
    emitted = netwright.emit(path, params=REQUIRED.get(name, {}))
    variants = sum(variant.purpose == "" for variant in module.variants.values())
    shared = sum(_lines(Path(file)) for file in {used.file for used in _used(module)})
    counts = (variants, _lines(path), shared, len(emitted.splitlines()))
    return (name, *map(str, counts), _reference(name))


def _used(module: Module) -> Iterator[Module]:
    for used in module.uses.values():
        yield used
        yield from _used(used)


def _reference(name: str) -> str:
    dotted = REFERENCES.get(name, "")
    if not dotted or find_spec(dotted.partition(".")[0]) is None:
        return ""
    found = find_spec(dotted)
    return "" if found is None or found.origin is None else str(_lines(Path(found.origin)))


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())
