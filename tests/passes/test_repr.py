"""What a debugger and a failing test show of a program ends."""

from __future__ import annotations

import netwright


def test_programs_and_instances_are_shown_briefly() -> None:
    elaboration = netwright.load("vision/segformer").elaborate()
    assert repr(elaboration.primary) == "Instance(SegFormer)"
    assert repr(elaboration.module) == "Module(vision/segformer.yaml)"
    assert len(repr(elaboration)) < 2000
