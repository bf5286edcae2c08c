"""Predictions of an exported file on files of data.

| step | file |
|---|---|
| an ONNX file or a pt2, with what it says of itself | `artifact` |
| images, tables, texts and arrays as samples | `reading` |
| samples held to what the graph takes | `checking` |
| batches, and answers in the words of the data | `predicting`, `answers` |

With ONNX nothing here imports torch, so that a service may be made of it:

    from netwright_runtime.predict import opened, respond

    artifact = opened("digits.onnx")
    (answer,) = respond(artifact, [{"image": pixels}])
"""

from __future__ import annotations

from netwright_runtime.predict.artifact import Artifact, BadFile, opened
from netwright_runtime.predict.predicting import predict, respond

__all__ = ["Artifact", "BadFile", "opened", "predict", "respond"]
