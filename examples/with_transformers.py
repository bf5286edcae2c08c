"""A model from a spec in the Trainer of Hugging Face Transformers.

    pip install 'transformers[torch]'
    python examples/with_transformers.py examples/rescnn.yaml --epochs 10

The Trainer wants a model that takes the columns of the data by name and gives its loss first.
"""

from __future__ import annotations

import argparse
import tempfile

import netwright
import torch.nn.functional as F
from digits import accuracy, digits
from torch import Tensor, nn
from torch.utils.data import Dataset
from transformers import Trainer, TrainingArguments


class Digits(Dataset[dict[str, Tensor]]):
    """Images and labels by the names that the model's `forward` has for them."""

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        self.images, self.labels = images, labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return {"image": self.images[index], "labels": self.labels[index]}


class WithLoss(nn.Module):
    """A model that takes `image` and gives logits, with its loss beside them."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor, labels: Tensor) -> dict[str, Tensor]:
        logits = self.model(image)
        return {"loss": F.cross_entropy(logits, labels), "logits": logits}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("spec", help="a spec whose input is `image: float[B, 1, 8, 8]`")
    parser.add_argument("--variant", help="a variant of the spec")
    parser.add_argument("--epochs", type=int, default=10)
    args = parser.parse_args()

    model = netwright.build(args.spec, args.variant)
    train_x, train_y, test_x, test_y = digits(0)
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            num_train_epochs=args.epochs,
            per_device_train_batch_size=64,
            learning_rate=3e-3,
            weight_decay=0.01,
            seed=0,
            save_strategy="no",
            report_to=[],
            dataloader_pin_memory=False,
        )
        Trainer(WithLoss(model), arguments, train_dataset=Digits(train_x, train_y)).train()
    print(f"after {args.epochs} epochs: {accuracy(model.cpu(), test_x, test_y):.1%}")


if __name__ == "__main__":
    main()
