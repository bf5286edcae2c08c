"""Train a model from a spec on scikit-learn's handwritten digits, with a plain PyTorch loop.

    python examples/digits.py digits.yaml --variant small --export digits.onnx

The model is an ordinary `nn.Module`: nothing in the loop knows of netwright. At the end the model
is exported to ONNX, and run there beside PyTorch at sizes that the export did not see.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import netwright
import netwright_runtime
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn


def digits(seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Images (N, 1, 8, 8) in 0..1 and labels (N), four fifths to train on and one to test."""
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 1, 8, 8).astype(np.float32) / 16
    split = train_test_split(images, labels, test_size=0.2, random_state=seed, stratify=labels)
    train_x, test_x, train_y, test_y = (torch.as_tensor(part) for part in split)
    return train_x, train_y.long(), test_x, test_y.long()


def accuracy(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """The share of `images` that the model labels rightly."""
    model.eval()
    with torch.no_grad():
        return (model(images).argmax(1) == labels).float().mean().item()


def train(model: nn.Module, images: Tensor, labels: Tensor, *, seconds: float, batch: int) -> int:
    """AdamW with a one-cycle schedule for about `seconds`; gives the number of epochs."""
    epochs = 30
    steps = epochs * (len(images) // batch)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=3e-3, total_steps=steps)
    start = time.monotonic()
    for epoch in range(epochs):
        model.train()
        order = torch.randperm(len(images))
        for part in order[: len(images) // batch * batch].split(batch):
            loss = F.cross_entropy(model(images[part]), labels[part])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        if time.monotonic() - start > seconds:
            return epoch + 1
    return epochs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("spec", help="a spec whose input is `image: float[B, 1, 8, 8]`")
    parser.add_argument("--variant", help="a variant of the spec")
    parser.add_argument("--seconds", type=float, default=60.0, help="stop training after this")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--export", type=Path, help="write the trained model as ONNX")
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    model = netwright.build(args.spec, args.variant)
    train_x, train_y, test_x, test_y = digits(args.seed)
    count = sum(p.numel() for p in model.parameters())
    print(f"{type(model).__name__}: {count:,} parameters, {len(train_x)} images to train on")
    print(f"before training: {accuracy(model, test_x, test_y):.1%} of {len(test_x)} test images")
    epochs = train(model, train_x, train_y, seconds=args.seconds, batch=args.batch)
    print(f"after {epochs} epochs: {accuracy(model, test_x, test_y):.1%}")
    if args.export:
        (file,) = netwright_runtime.export(model, to="onnx", path=args.export).files
        print(f"{file.path.name}: {file.close}")


if __name__ == "__main__":
    main()
