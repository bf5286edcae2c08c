"""What trained models are held to: plain methods on the same training and test samples.

Each gives its values by the names of the metrics that a run logs. None sees the validation split.
"""

from __future__ import annotations

import gzip
import lzma
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from netwright_runtime.train.data.prepare import Data
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    accuracy_score,
    jaccard_score,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)
from sklearn.svm import SVC

Array = NDArray[Any]
Values = Mapping[str, float]


@dataclass(frozen=True)
class Baseline:
    """A method by its name, which is fitted and measured by `values`."""

    name: str
    values: Callable[[Data], Values]


def column(data: Data, split: str, name: str) -> Array:
    """A column of a whole split, samples along the first axis, prepared as for the model."""
    samples = data.splits[split]
    return torch.stack([samples[place][name] for place in range(len(samples))]).numpy()


def _pair(data: Data, inputs: str, target: str) -> tuple[Array, Array, Array, Array]:
    """Rows of numbers and their targets: of the training split, then of the test split."""
    rows = (column(data, split, inputs) for split in ("train", "test"))
    train, test = (array.reshape(len(array), -1) for array in rows)
    wanted, truth = (column(data, split, target).squeeze() for split in ("train", "test"))
    return train, wanted, test, truth


def classifier(model: Any, inputs: str) -> Callable[[Data], Values]:
    """A classifier of scikit-learn on the numbers of a sample."""

    def values(data: Data) -> Values:
        train, wanted, test, truth = _pair(data, inputs, "label")
        fitted = model.fit(train, wanted)
        found = {"accuracy": accuracy_score(truth, fitted.predict(test))}
        if len(set(wanted)) == 2:
            found["auroc"] = roc_auc_score(truth, fitted.predict_proba(test)[:, 1])
        return found

    return values


def regressor(model: Any, inputs: str, target: str) -> Callable[[Data], Values]:
    """A regressor of scikit-learn on the numbers of a sample."""

    def values(data: Data) -> Values:
        train, wanted, test, truth = _pair(data, inputs, target)
        told = model.fit(train, wanted).predict(test)
        return {"r2": r2_score(truth, told), "mae": mean_absolute_error(truth, told)}

    return values


def seasonal(period: int, drift: bool = False) -> Callable[[Data], Values]:
    """The values of one period before; with `drift`, moved by what changed since then."""

    def values(data: Data) -> Values:
        past, future = (column(data, "test", f"{which}_values") for which in ("past", "future"))
        steps = np.arange(future.shape[1])
        told = past[:, past.shape[1] - period + steps % period]
        if drift:
            told = told + past[:, -1:] - past[:, [-1 - period]]
        flat = future.ravel(), told.ravel()
        return {"mae": mean_absolute_error(*flat), "rmse": root_mean_squared_error(*flat)}

    return values


def counts(order: int) -> Callable[[Data], Values]:
    """How often each byte followed the `order` bytes before it in the training text.

    An order is smoothed by the one below it, weighted by the number of different bytes that were
    seen to follow (Witten and Bell, 1991), and the lowest by equal shares of all 256.
    """

    def values(data: Data) -> Values:
        text = _text(data, "train")
        seen = [_followers(text, length) for length in range(order + 1)]
        bits = [-math.log2(_share(seen, before, byte)) for before, byte in _predicted(data, order)]
        return {"bits_per_byte": sum(bits) / len(bits)}

    return values


def _followers(text: bytes, length: int) -> dict[bytes, Counter[int]]:
    found: dict[bytes, Counter[int]] = {}
    for place in range(length, len(text)):
        found.setdefault(text[place - length : place], Counter())[text[place]] += 1
    return found


def _share(seen: Sequence[Mapping[bytes, Counter[int]]], before: bytes, byte: int) -> float:
    share = 1 / 256
    for length, followers in enumerate(seen[: len(before) + 1]):
        found = followers.get(before[len(before) - length :])
        if found is not None:
            share = (found[byte] + len(found) * share) / (found.total() + len(found))
    return share


def _predicted(data: Data, order: int) -> list[tuple[bytes, int]]:
    """Every byte of the test windows that the model is measured by, after what it may see."""
    tokens, following = (column(data, "test", name) for name in ("tokens", "next_tokens"))
    return [
        (bytes(window[max(0, place + 1 - order) : place + 1].tolist()), int(byte))
        for window, row in zip(tokens, following, strict=True)
        for place, byte in enumerate(row)
    ]


def _text(data: Data, split: str) -> bytes:
    """The bytes of a split's windows, each once."""
    windows = column(data, split, "tokens")
    stride = windows.shape[1] // ((data.source.gap or 0) + 1)
    return bytes(windows[:-1, :stride].ravel().tolist() + windows[-1].tolist())


def compressor(compress: Callable[[bytes], bytes]) -> Callable[[Data], Values]:
    """What the test text adds to a compressed file of the training text."""

    def values(data: Data) -> Values:
        train, test = _text(data, "train"), _text(data, "test")
        added = len(compress(train + test)) - len(compress(train))
        return {"bits_per_byte": 8 * added / len(test)}

    return values


def ground(data: Data) -> Values:
    """Every pixel is ground."""
    truth = column(data, "test", "mask").ravel()
    return _masks(truth, np.zeros_like(truth))


def neighbourhoods(data: Data, side: int = 9, pixels: int = 20_000) -> Values:
    """Gradient boosting on the square around a pixel; pixels without ink are ground."""
    random = np.random.default_rng(0)
    rows, wanted = _inked(data, "train", side)
    chosen = random.permutation(len(rows))[:pixels]
    model = HistGradientBoostingClassifier(max_iter=50, random_state=0)
    model.fit(rows[chosen], wanted[chosen])
    truth = column(data, "test", "mask")
    told = np.zeros_like(truth)
    told[column(data, "test", "image")[:, 0] > 0] = model.predict(_inked(data, "test", side)[0])
    return _masks(truth.ravel(), told.ravel())


def _inked(data: Data, split: str, side: int) -> tuple[Array, Array]:
    """Squares around the pixels that are not empty, flat, and the classes of these pixels."""
    image, mask = column(data, split, "image")[:, 0], column(data, split, "mask")
    around = [(0, 0), (side // 2, side // 2), (side // 2, side // 2)]
    squares = np.lib.stride_tricks.sliding_window_view(np.pad(image, around), (side, side), (1, 2))
    ink = image > 0
    return squares[ink].reshape(-1, side * side), mask[ink]


def _masks(truth: Array, told: Array) -> Values:
    classes = list(range(11))
    iou = jaccard_score(truth, told, labels=classes, average="macro", zero_division=0)
    return {"iou": iou, "accuracy": accuracy_score(truth, told)}


def harmonic(data: Data) -> Values:
    """Each member's club is the mean of its neighbours' (Zhu, Ghahramani and Lafferty, 2003)."""
    import networkx
    from networkx.algorithms.node_classification import harmonic_function

    known, truth = (column(data, split, "label").reshape(-1) for split in ("train", "test"))
    graph = networkx.Graph(column(data, "train", "edge_index")[0].T.tolist())
    marked = {member: int(club) for member, club in enumerate(known) if club >= 0}
    networkx.set_node_attributes(graph, marked, "label")
    told = dict(zip(graph, harmonic_function(graph), strict=True))
    return {"accuracy": float(np.mean([told[m] == c for m, c in enumerate(truth) if c >= 0]))}


def components(count: int) -> Callable[[Data], Values]:
    """Principal components: no linear code of this length loses less of the training images."""

    def values(data: Data) -> Values:
        train, test = (column(data, split, "image") for split in ("train", "test"))
        train, test = (array.reshape(len(array), -1) for array in (train, test))
        model = PCA(count, random_state=0).fit(train)
        made = model.inverse_transform(model.transform(test))
        return {"rmse": float(np.sqrt(np.mean((made - test) ** 2)))}

    return values


def popularity(data: Data, k: int = 10) -> Values:
    """The same items for every user: those most often chosen in training.

    Items are those that occur in the test split, as for the model; each user has one of them.
    """
    chosen = Counter(column(data, "train", "item").tolist())
    wanted = column(data, "test", "item").tolist()
    ranked = sorted(set(wanted), key=lambda item: (-chosen[item], item))
    ranks = [ranked.index(item) for item in wanted]
    gains = [1 / math.log2(rank + 2) if rank < k else 0.0 for rank in ranks]
    return {
        f"recall_{k}": float(np.mean([r < k for r in ranks])),
        f"ndcg_{k}": float(np.mean(gains)),
    }


_BOOSTING = "gradient boosting"

DIGITS = (
    Baseline(_BOOSTING, classifier(HistGradientBoostingClassifier(random_state=0), "image")),
    Baseline("support vectors", classifier(SVC(), "image")),
)
CLASSES = (
    Baseline(_BOOSTING, classifier(HistGradientBoostingClassifier(random_state=0), "features")),
    Baseline("logistic regression", classifier(LogisticRegression(), "features")),
)
QUANTITIES = (
    Baseline(
        _BOOSTING,
        regressor(HistGradientBoostingRegressor(random_state=0), "features", "progression"),
    ),
    Baseline("ridge regression", regressor(Ridge(), "features", "progression")),
)
TEXT = (
    *(Baseline(f"counts of order {order}", counts(order)) for order in range(3)),
    Baseline("gzip", compressor(gzip.compress)),
    Baseline("lzma", compressor(lzma.compress)),
)
WEEKS = (
    Baseline("seasonal naive", seasonal(52)),
    Baseline("seasonal naive with drift", seasonal(52, drift=True)),
)
SCENES = (
    Baseline("all ground", ground),
    Baseline("gradient boosting on 9 x 9 pixels", neighbourhoods),
)
GRAPH = (Baseline("harmonic function", harmonic),)
IMAGES = (Baseline("16 principal components", components(16)),)
CHOICES = (Baseline("popularity", popularity),)
