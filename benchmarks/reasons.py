"""Why a format does not take a model: what an error means, in our words, and where to read more."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """What an error of a format that holds `pattern` means; `link` leads to where that is told."""

    format: str
    pattern: str
    text: str
    link: str


REASONS = (
    Reason(
        "executorch",
        r"error: 0x:14\b",
        "the model needs an operator for which ExecuTorch brings no kernel, such as `sort`. Its "
        "runtime says so when it loads the file, and names the operator on its error stream.",
        "https://github.com/pytorch/executorch/issues/21950",
    ),
)


def reason_of(format_: str, fault: str) -> str:
    """The reason in Markdown; the fault itself where no reason is known."""
    for reason in REASONS:
        if reason.format == format_ and re.search(reason.pattern, fault):
            return f"`{format_}`: {reason.text} ([more]({reason.link}))"
    return f"`{format_}`: {fault}"
