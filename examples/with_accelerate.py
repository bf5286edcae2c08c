"""A model from a spec in a loop of one's own, on whatever devices Hugging Face Accelerate finds.

pip install accelerate
accelerate launch examples/with_accelerate.py examples/rescnn.yaml --epochs 10
"""

from __future__ import annotations

import argparse

import netwright
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from accelerate.utils import set_seed
from digits import accuracy, digits
from torch.utils.data import DataLoader, TensorDataset


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("spec", help="a spec whose input is `image: float[B, 1, 8, 8]`")
    parser.add_argument("--variant", help="a variant of the spec")
    parser.add_argument("--epochs", type=int, default=10)
    args = parser.parse_args()

    set_seed(0)
    accelerator = Accelerator()
    model = netwright.build(args.spec, args.variant)
    train_x, train_y, test_x, test_y = digits(0)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    batches = DataLoader(TensorDataset(train_x, train_y), batch_size=64, shuffle=True)
    model, optimiser, batches = accelerator.prepare(model, optimiser, batches)
    for _ in range(args.epochs):
        model.train()
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimiser.zero_grad()
            accelerator.backward(loss)
            optimiser.step()
    trained = accelerator.unwrap_model(model).cpu()
    accelerator.print(f"after {args.epochs} epochs: {accuracy(trained, test_x, test_y):.1%}")


if __name__ == "__main__":
    main()
