"""Networks of diffusion models, and the autoencoder of their latents."""

from typing import Any

from .case import Case, call, drawn

HERE = f"{__package__.rpartition('.')[0]}.diffusion"

DIT = {
    "dit_s_8": {"patch": 8, "dim": 384, "depth": 12, "heads": 6},
    "dit_b_4": {"patch": 4, "dim": 768, "depth": 12, "heads": 12},
    "dit_l_2": {"patch": 2, "dim": 1024, "depth": 24, "heads": 16},
    "dit_xl_2": {"patch": 2, "dim": 1152, "depth": 28, "heads": 16},
    "dit_xl_2_512": {"size": 64, "patch": 2, "dim": 1152, "depth": 28, "heads": 16},
    "tiny": {"size": 8, "patch": 2, "dim": 32, "depth": 2, "heads": 4, "classes": 10},
}
DIT_INPUTS = {
    "x": drawn("normal", 2, 4, 8, 8),
    "t": drawn("tokens:1000", 2),
    "y": drawn("tokens:11", 2),
}


def dit(variant: str, **kept: Any) -> Case:
    """A diffusion transformer."""
    return Case(variant=variant, reference=call(f"{HERE}.DiT", **DIT[variant]), **kept)


CASES = {
    "generative/dit": (
        dit("dit_s_8", names=True),
        *map(dit, ("dit_b_4", "dit_l_2", "dit_xl_2", "dit_xl_2_512")),
        dit("tiny", inputs=(DIT_INPUTS,)),
    ),
}
