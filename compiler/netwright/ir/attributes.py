"""Names that modules of torch have themselves, and that nothing of ours may take."""

from __future__ import annotations

MODULE_ATTRIBUTES = frozenset({
    "T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children",
    "compile", "cpu", "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward",
    "get_buffer", "get_extra_state", "get_parameter", "get_submodule", "half", "ipu",
    "load_state_dict", "modules", "mtia", "named_buffers", "named_children", "named_modules",
    "named_parameters", "parameters", "register_backward_hook", "register_buffer",
    "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook",
    "register_full_backward_pre_hook", "register_load_state_dict_post_hook",
    "register_load_state_dict_pre_hook", "register_module", "register_parameter",
    "register_state_dict_post_hook", "register_state_dict_pre_hook", "requires_grad_",
    "set_extra_state", "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train",
    "type", "xpu", "zero_grad",
})  # fmt: skip
"""What every `nn.Module` has already, so that no node that owns weights may take its place."""
GRAPH_ATTRIBUTES = frozenset({
    "add_submodule", "code", "delete_all_unused_submodules", "delete_submodule", "graph", "meta",
    "print_readable", "recompile", "shape_env", "to_folder",
})  # fmt: skip
"""What a `torch.fx.GraphModule` has besides: at the root of a model's weights, no one's either."""
