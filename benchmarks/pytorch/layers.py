"""Layers of both kinds of network, named so that `our_name` of `networks.py` finds their parameters."""

import torch
from torch import nn
from torch.nn import functional


class Convolution(nn.Conv2d):
    """3x3 convolution, batch normalisation (if the preset has it; then no bias), ReLU."""

    def __init__(self, inputs, outputs, stride, normalized):
        super().__init__(inputs, outputs, 3, stride=stride, padding=1, bias=not normalized)
        self.normalization = nn.BatchNorm2d(outputs) if normalized else nn.Identity()

    def forward(self, x):
        return functional.relu(self.normalization(super().forward(x)), inplace=True)


class FullyConnected(nn.Linear):
    """Matrix product, batch normalisation (if the preset has it), ReLU."""

    def __init__(self, inputs, outputs, normalized):
        super().__init__(inputs, outputs, bias=not normalized)
        self.normalization = nn.BatchNorm1d(outputs) if normalized else nn.Identity()

    def forward(self, x):
        return functional.relu(self.normalization(super().forward(x)), inplace=True)


class Fusion(nn.Module):
    """1x1 convolution of the map beside the global vector; the vector's part is computed once."""

    def __init__(self, channels, features, outputs, normalized):
        super().__init__()
        self.mid_level = nn.Conv2d(channels, outputs, 1, bias=False)
        setattr(self, "global", nn.Linear(features, outputs, bias=False))
        self.bias = None if normalized else nn.Parameter(torch.zeros(outputs))
        self.normalization = nn.BatchNorm2d(outputs) if normalized else nn.Identity()

    def forward(self, mid_level, vector):
        everywhere = functional.linear(vector, getattr(self, "global").weight, self.bias)
        fused = self.mid_level(mid_level) + everywhere[:, :, None, None]
        return functional.relu(self.normalization(fused), inplace=True)


def fully_connected(widths, normalized):
    return nn.ModuleList(
        FullyConnected(inputs, outputs, normalized) for inputs, outputs in zip(widths, widths[1:])
    )
