"""Predictions of an exported file on files of data.

| step | file |
|---|---|
| an ONNX file or a pt2, with what it says of itself | `artifact` |
| images, tables, texts and arrays as samples | `reading` |
| samples held to what the graph takes | `checking` |
| batches, and answers in the words of the data | `predicting`, `answers` |

With ONNX nothing here imports torch.
"""
