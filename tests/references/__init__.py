"""Recordings of reference libraries (timm, torchvision, transformers, ...) for the parity tests.

The tests read the JSON files and need none of those libraries: `filling` gives both sides the
same weights and inputs, `fixture` says what a file holds and measures tensors. `record` and `cases`
write the files.
"""
