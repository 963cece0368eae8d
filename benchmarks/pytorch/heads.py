"""How predictions become colours, and what is lost by them."""

import math

import torch
from torch.nn import functional

from tensors import read_tensors


class RegressionHead:
    """Normalised chroma, judged by its mean squared error."""

    channels = 2
    kernel = 3
    measure = "colorLoss"

    def __init__(self, activation, offset, scale, stride=2):
        self.activate = activation
        self.offset = offset
        self.scale = scale
        self.stride = stride

    def add_state(self, module):
        """It has no parameters of its own."""

    def loss(self, prediction, ab):
        reduced = functional.avg_pool2d(ab, self.stride)
        return functional.mse_loss(prediction, (reduced - self.offset) / self.scale)

    def colors(self, prediction):
        return prediction * self.scale + self.offset


class QuantizedHead:
    """Logits of bins of the a*b* plane `[N, bins, h, w]`, judged by their cross entropy."""

    kernel = 1
    measure = "colorCrossEntropy"

    def __init__(self, stride, bins, step, side, minimumChroma, readOut):
        tables = read_tensors(bins)
        self.stride = stride
        self.centres = tables["centres"]
        self.channels = len(self.centres)
        # Bins of each cell of a fine grid over the plane, and their shares.
        self.cell_bins = tables["bins"]
        self.cell_shares = tables["shares"]
        self.step = step
        self.side = side
        self.minimum_chroma = minimumChroma
        self.read_out = readOut

    def add_state(self, module):
        module.register_buffer("prior", torch.zeros(self.channels))
        self.module = module

    def activate(self, logits):
        # Bins innermost: what follows goes along them. In channels_last they lie so already.
        return logits.permute(0, 2, 3, 1)

    def loss(self, logits, ab):
        reduced = functional.avg_pool2d(ab, self.stride)
        places = (reduced / self.step + self.side / 2).clamp(0, self.side - 1).long()
        cells = places[:, 0] * self.side + places[:, 1]
        logarithms = functional.log_softmax(logits, -1).gather(-1, self.cell_bins[cells])
        losses = -(logarithms * self.cell_shares[cells]).sum(-1).mean((1, 2))
        chroma = reduced.square().sum(1).sqrt().mean((1, 2))
        counts = (chroma >= self.minimum_chroma).float()
        return (losses * counts).sum() / counts.sum().clamp(min=1)

    def colors(self, logits):
        correction, fade = self.read_out["prior"], self.read_out["fade"]
        logarithms = functional.log_softmax(logits, -1)
        moments = (logarithms.exp() * logarithms).sum(-1) / -math.log(self.channels)
        entropy = functional.avg_pool2d(
            moments[:, None], 5, stride=1, padding=2, count_include_pad=False
        )
        beyond = (entropy - fade["from"]) / (fade["to"] - fade["from"])
        leaning = (1 - beyond.clamp(0, 1))[:, 0, :, :, None] * (correction * self.module.prior.log())
        probabilities = torch.softmax((logits - leaning) / self.read_out["temperature"], -1)
        ab = (probabilities @ self.centres) * self.read_out["saturation"]
        return ab.permute(0, 3, 1, 2)
