"""Loss and metrics over a whole split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from lightning.fabric import Fabric
from torch import nn
from torch.utils.data import DataLoader

from netwright_runtime.train.calling import Signature
from netwright_runtime.train.data.columns import Sample
from netwright_runtime.train.data.prepare import INDEX
from netwright_runtime.train.draws import Draws
from netwright_runtime.train.evidence import Evidence
from netwright_runtime.train.losses import Loss, LossMean
from netwright_runtime.train.metrics import Metrics
from netwright_runtime.train.seeds import reseed


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Measures a model on a split. Nothing is drawn that would change what training draws."""

    fabric: Fabric
    signature: Signature
    loss: Loss
    metrics: Metrics
    seed: int

    @torch.no_grad()
    def run(
        self,
        model: nn.Module,
        batches: DataLoader[Sample],
        interrupted: Callable[[], bool] = lambda: False,
        evidence: Evidence | None = None,
    ) -> dict[str, float] | None:
        """Loss, its parts and the metrics; None where `interrupted` says so on the way.

        evidence  is given every batch too
        """
        mean = LossMean(self.loss)
        self.metrics.reset()
        model.eval()
        reseed(self.seed, "evaluation")
        try:
            for batch in batches:
                if interrupted():
                    return None
                outputs, prepared = self._add(model, self.fabric.to_device(batch), mean)
                if evidence is not None:
                    evidence.update(outputs, prepared)
        finally:
            model.train()
        return {**mean.compute(), **self.metrics.compute()}

    def _add(self, model: nn.Module, batch: Sample, mean: LossMean) -> tuple[Sample, Sample]:
        """Add a batch; gives the outputs, and the batch as the loss saw it."""
        batch = self.loss.prepare(batch, Draws(self.seed, 0, batch[INDEX].tolist()))
        outputs = self.signature.named(model(**self.signature.arguments(batch)))
        mean.update(self.loss(outputs, batch))
        self.metrics.update(outputs, batch)
        return outputs, batch
