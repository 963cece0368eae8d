"""The preset `mobilenet`: MobileNet v1 of width 0.75 with frozen normalisation as the encoder."""

import torch
from torch import nn
from torch.nn import functional

from layers import Convolution, Fusion, fully_connected

# Of the first convolution and the thirteen blocks.
CHANNELS = [24, 48, 96, 96, 192, 192, 384, 384, 384, 384, 384, 384, 768, 768]
STRIDES = [2, 1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
HIDDEN = [256]
FUSION = 256
# Of the stages behind the fusion, each at twice the size of the one before.
STAGES = [128, 64, 64]
CLASSES = 100


class FrozenConvolution(nn.Conv2d):
    """Convolution with batch normalisation by running statistics in its weights, ReLU6."""

    def __init__(self, inputs, outputs, kernel, stride, groups=1):
        # TensorFlow's "same" padding: at a stride of 2 the zeros are at the bottom and right.
        padding = (kernel - 1) // 2 if stride == 1 else 0
        super().__init__(
            inputs, outputs, kernel, stride=stride, padding=padding, groups=groups, bias=False
        )
        self.normalization = nn.BatchNorm2d(outputs, eps=1e-3)
        self.constants = None

    def fold(self):
        normalization = self.normalization
        gain = normalization.weight / torch.sqrt(normalization.running_var + normalization.eps)
        bias = normalization.bias - normalization.running_mean * gain
        return self.weight * gain[:, None, None, None], bias

    def keep(self):
        """Folds once: for parameters that do not change."""
        with torch.no_grad():
            self.constants = self.fold()

    def forward(self, x):
        weight, bias = self.constants or self.fold()
        if self.stride == (2, 2):
            x = functional.pad(x, (0, 1, 0, 1))
        sums = functional.conv2d(
            x, weight, bias, self.stride, self.padding, self.dilation, self.groups
        )
        return functional.relu6(sums, inplace=True)


class Join(nn.Conv2d):
    """1x1 convolutions of the smaller map and of the encoder's, normalisation, ReLU."""

    def __init__(self, below, beside, outputs):
        super().__init__(beside, outputs, 1, bias=False)
        self.below = nn.Conv2d(below, outputs, 1, bias=False)
        self.normalization = nn.BatchNorm2d(outputs)

    def forward(self, below, beside):
        climbed = functional.interpolate(self.below(below), scale_factor=2.0, mode="nearest")
        return functional.relu(self.normalization(climbed + super().forward(beside)), inplace=True)


class BackboneNetwork(nn.Module):
    """L* (0..100) `[N, 1, H, W]` -> what the head predicts at a quarter of the size, logits `[N, classes]`."""

    final = "bilinear"

    def __init__(self, head):
        super().__init__()
        self.head = head
        self.encoder = nn.Module()
        self.encoder.first = FrozenConvolution(1, CHANNELS[0], 3, STRIDES[0])
        for block in range(1, len(CHANNELS)):
            inputs, outputs = CHANNELS[block - 1 : block + 1]
            layers = nn.Module()
            layers.depthwise = FrozenConvolution(inputs, inputs, 3, STRIDES[block], groups=inputs)
            layers.pointwise = FrozenConvolution(inputs, outputs, 1, 1)
            self.encoder.add_module(f"block{block}", layers)
        global_features = nn.Module()
        global_features.hidden = fully_connected([CHANNELS[-1], *HIDDEN], True)
        self.add_module("global", global_features)
        self.fusion = Fusion(CHANNELS[-1], HIDDEN[-1], FUSION, True)
        self.colorization = nn.Module()
        # The last map in front of a stride, from the smallest on.
        beside = [CHANNELS[block - 1] for block in range(1, len(CHANNELS)) if STRIDES[block] == 2]
        below = FUSION
        for index, (channels, skipped) in enumerate(zip(STAGES, reversed(beside))):
            stage = nn.Module()
            stage.join = Join(below, skipped, channels)
            stage.add_module("0", Convolution(channels, channels, 1, True))
            self.colorization.add_module(str(index + 1), stage)
            below = channels
        self.colorization.output = nn.Conv2d(
            below, head.channels, head.kernel, padding=head.kernel // 2
        )
        head.add_state(self.colorization)
        self.classification = nn.Module()
        self.classification.output = nn.Linear(CHANNELS[-1], CLASSES)

    def forward(self, luminance):
        x = self.encoder.first(gray_codes(luminance))
        maps = []
        for block in range(1, len(CHANNELS)):
            layers = getattr(self.encoder, f"block{block}")
            if STRIDES[block] == 2:
                maps.append(x)
            x = layers.pointwise(layers.depthwise(x))
        pooled = x.mean((2, 3))
        vector = pooled
        for layer in getattr(self, "global").hidden:
            vector = layer(vector)
        x = self.fusion(x, vector)
        for index in range(1, len(STAGES) + 1):
            stage = getattr(self.colorization, str(index))
            x = getattr(stage, "0")(stage.join(x, maps[-index]))
        prediction = self.head.activate(self.colorization.output(x))
        return prediction, self.classification.output(pooled)


def gray_codes(lightness):
    """Lightness as the sRGB code of its grey, -1..1: as `grayCodes` of this project."""
    t = (lightness + 16) * (1 / 116)
    toe = 1.055 * (16 / 116) ** 1.25 - 0.055
    depth = functional.relu(1 - lightness * (1 / 8))
    return 2 * 1.055 * t * torch.sqrt(torch.sqrt(t)) - (2 * 0.055 + 1) - 2 * toe * depth * depth
