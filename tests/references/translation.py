"""Reference of a recurrent translator with attention, in plain torch."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class Seq2Seq(nn.Module):
    """Global attention in its general form (arXiv:1508.04025); 0 is the padding of a source."""

    def __init__(
        self, source_vocab: int, target_vocab: int, dim: int, hidden: int, depth: int
    ) -> None:
        super().__init__()
        self.depth = depth
        self.encoder = embedded_gru(source_vocab, dim, hidden, depth)
        self.decoder = embedded_gru(target_vocab, dim, hidden, depth)
        self.bridge = nn.Linear(hidden, depth * hidden)
        self.decoder["score"] = nn.Linear(hidden, hidden, bias=False)
        self.decoder["combine"] = nn.Linear(2 * hidden, hidden)
        self.decoder["out"] = nn.Linear(hidden, target_vocab)

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, S) -> states (B, S, hidden), which are real, and (depth, B, hidden) to start from."""
        real = source != 0
        lengths = real.sum(dim=1)
        words = self.encoder["embedding"](source)
        packed = pack_padded_sequence(words, lengths, batch_first=True, enforce_sorted=False)
        read, _ = self.encoder["gru"](packed)
        states, _ = pad_packed_sequence(read, batch_first=True, total_length=source.shape[1])
        bridged = torch.tanh(self.bridge(states.sum(dim=1) / lengths[:, None]))
        return states, real, torch.stack(bridged.chunk(self.depth, dim=-1))

    def decode(
        self, target: Tensor, states: Tensor, real: Tensor, start: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Scores of the next tokens (B, T, vocabulary), what was looked at, and the last states."""
        hidden, last = self.decoder["gru"](self.decoder["embedding"](target), start)
        scores = torch.einsum("btd,bsd->bts", hidden, self.decoder["score"](states))
        weights = scores.where(real[:, None], -torch.inf).softmax(dim=-1)
        seen = torch.einsum("bts,bsd->btd", weights, states)
        combined = torch.tanh(self.decoder["combine"](torch.cat([seen, hidden], dim=-1)))
        return self.decoder["out"](combined), weights, last

    def forward(self, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Both in turn."""
        logits, weights, _ = self.decode(target, *self.encode(source))
        return logits, weights


def embedded_gru(vocab: int, dim: int, hidden: int, depth: int) -> nn.ModuleDict:
    """A GRU over tokens."""
    gru = nn.GRU(dim, hidden, depth, batch_first=True)
    return nn.ModuleDict({"embedding": nn.Embedding(vocab, dim), "gru": gru})
