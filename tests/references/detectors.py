"""References of detectors that are known by other names than the spec's."""

import pkgutil
import re
from typing import Any

from torch import Tensor, nn

HEADS = re.compile(r"\.(bbox_embed|class_embed)\.(\d+)\.")


def rt_detr(backbone: dict[str, Any], **config: Any) -> nn.Module:
    """An RT-DETR of transformers, the heads of each layer named as part of the layer."""
    transformers: Any = pkgutil.resolve_name("transformers")
    encoder = transformers.RTDetrResNetConfig(out_indices=[2, 3, 4], **backbone)
    options = transformers.RTDetrConfig(backbone_config=encoder, **config)
    model: nn.Module = transformers.RTDetrForObjectDetection(options)
    model.register_state_dict_post_hook(_renamed)
    return model


def _renamed(model: object, state: dict[str, Tensor], *_: object) -> None:
    entries = dict(state)
    state.clear()
    state.update({HEADS.sub(r".layers.\2.\1.", name): entry for name, entry in entries.items()})
