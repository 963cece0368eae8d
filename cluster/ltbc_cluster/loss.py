"""The hybrid loss of the paper (equations 5 to 7), as packages/core/src/loss computes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

import torch
import torch.nn.functional as functional
from torch import Tensor


@dataclass(frozen=True)
class LossTerms:
    """Per picture, float32 [N]; the class terms are 0 where there is no label."""

    color: Tensor
    squared_error: Tensor
    cross_entropy: Tensor
    correct: Tensor
    labelled: Tensor


def normalized_target(ab: Tensor, target: dict[str, Any]) -> Tensor:
    """a*b* [N, 2, H, W] in CIELAB units -> normalised chroma [N, 2, H/2, W/2]."""
    halved = functional.avg_pool2d(ab, target["pooling"])
    return (halved - target["offset"]) / target["scale"]


def loss_terms(
    chroma: Tensor, target: Tensor, logits: Optional[Tensor], labels: Tensor, reduction: str
) -> LossTerms:
    """
    :param chroma: prediction, normalised, [N, 2, h, w]
    :param target: of the same shape
    :param logits: [N, classes], or None
    :param labels: int64 [N], -1 where unknown
    :param reduction: "mean" or "sum" over channels and pixels
    """
    squares = (chroma.float() - target) ** 2
    mean = squares.mean((1, 2, 3))
    color = mean if reduction == "mean" else squares.sum((1, 2, 3))
    zeros = torch.zeros_like(mean)
    if logits is None:
        return LossTerms(color, mean.detach(), zeros, zeros, zeros)
    labelled = (labels >= 0).float()
    known = labels.clamp(min=0)
    entropy = functional.cross_entropy(logits.float(), known, reduction="none") * labelled
    correct = (logits.argmax(1) == labels).float()
    return LossTerms(color, mean.detach(), entropy, correct, labelled)


def total_loss(terms: LossTerms, alpha: float, labelled: float) -> tuple[Tensor, Tensor, Tensor]:
    """The scalar to minimise, its colour part, and its class part before alpha.

    :param labelled: labelled pictures in the whole batch over the number of processes, so that the
        mean over the processes is the mean over the labelled pictures
    """
    color = terms.color.mean()
    classification = terms.cross_entropy.sum() / labelled
    total = color if alpha == 0 else color + alpha * classification
    return total, color, classification
