"""What numbers depend on."""

from __future__ import annotations

import platform

import torch
from netwright_runtime.measure.machine import machine, versions


def test_versions_of_what_is_installed() -> None:
    found = versions(["torch", "no-such-package"])
    assert found == {"python": platform.python_version(), "torch": str(torch.__version__)}


def test_a_machine_says_its_processor_and_threads() -> None:
    found = machine(torch.device("cpu"))
    assert found["threads"] == torch.get_num_threads()
    assert found["processor"]
    assert found["device"] == "cpu"
