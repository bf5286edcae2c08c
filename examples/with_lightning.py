"""A model from a spec in Lightning's Trainer: it is an ordinary `nn.Module`.

python examples/with_lightning.py examples/rescnn.yaml --epochs 10
"""

from __future__ import annotations

import argparse

import lightning
import netwright
import torch
import torch.nn.functional as F
from digits import accuracy, digits
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

Batch = tuple[Tensor, Tensor]


class Classifier(lightning.LightningModule):
    """Cross entropy and AdamW around any model that takes `image` and gives logits."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def training_step(self, batch: Batch, number: int) -> Tensor:
        images, labels = batch
        return F.cross_entropy(self.model(images), labels)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), lr=3e-3, weight_decay=0.01)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("spec", help="a spec whose input is `image: float[B, 1, 8, 8]`")
    parser.add_argument("--variant", help="a variant of the spec")
    parser.add_argument("--epochs", type=int, default=10)
    args = parser.parse_args()

    lightning.seed_everything(0)
    model = netwright.build(args.spec, args.variant)
    train_x, train_y, test_x, test_y = digits(0)
    batches = DataLoader(TensorDataset(train_x, train_y), batch_size=64, shuffle=True)
    trainer = lightning.Trainer(
        max_epochs=args.epochs, accelerator="cpu", logger=False, enable_checkpointing=False
    )
    trainer.fit(Classifier(model), batches)
    print(f"after {args.epochs} epochs: {accuracy(model, test_x, test_y):.1%}")


if __name__ == "__main__":
    main()
