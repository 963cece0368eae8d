"""The presets with the paper's encoder."""

import torch
from torch import nn
from torch.nn import functional

from heads import RegressionHead
from layers import Convolution, Fusion, fully_connected

# Channels with "/2" have stride 2.
IIZUKA2016 = {
    "low_level": ["64/2", "128", "128/2", "256", "256/2", "512"],
    "mid_level": [512, 256],
    "global": ["512/2", "512", "512/2", "512"],
    "flattened_map": 7 * 7,
    "hidden": [1024, 512, 256],
    "fusion": 256,
    "stages": [[128], [64, 64], [32]],
    "classifier": [],
    "classes": 365,
    "normalized": True,
    "skips": False,
    "head": RegressionHead(torch.sigmoid, -128.0, 255.0),
    "final": "nearest",
}

PRESETS = {
    "iizuka2016": IIZUKA2016,
    "jacob-darcet2021": {**IIZUKA2016, "normalized": False, "classifier": [400]},
    "compact": {
        "low_level": ["32/2", "64", "64/2", "128", "128/2", "256"],
        "mid_level": [256, 128],
        "global": ["256/2", "256", "256/2", "256"],
        "flattened_map": None,
        "hidden": [512, 256, 128],
        "fusion": 128,
        "stages": [[128], [64, 64], [32]],
        "classifier": [],
        "classes": 100,
        "normalized": True,
        "skips": True,
        "head": RegressionHead(torch.tanh, 0.0, 100.0),
        "final": "bilinear",
    },
}

# Side of the global image of a network that flattens its map.
GLOBAL_IMAGE = 224


class Colorization(nn.Module):
    """Stages with a twofold enlargement between them, optional residual connections, two channels."""

    def __init__(self, inputs, stages, skipped, normalized):
        super().__init__()
        self.stages = stages
        self.skipped = skipped
        for index, stage in enumerate(stages):
            layers = nn.Module()
            for layer, channels in enumerate(stage):
                layers.add_module(str(layer), Convolution(inputs, channels, 1, normalized))
                inputs = channels
            if index > 0 and skipped:
                layers.skip = nn.Conv2d(skipped[index], stage[0], 1)
            self.add_module(str(index), layers)
        self.output = nn.Conv2d(inputs, 2, 3, padding=1)

    def forward(self, x, sources):
        for index, stage in enumerate(self.stages):
            layers = getattr(self, str(index))
            if index > 0:
                x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
            for layer in range(len(stage)):
                x = getattr(layers, str(layer))(x)
                if layer == 0 and index > 0 and self.skipped:
                    x = x + layers.skip(sources[index])
        return self.output(x)


class PaperNetwork(nn.Module):
    """L* (0..100) `[N, 1, H, W]` -> normalised chroma `[N, 2, H/2, W/2]`, logits `[N, classes]`."""

    def __init__(self, options):
        super().__init__()
        self.head = options["head"]
        self.final = options["final"]
        normalized = options["normalized"]
        self.options = options
        self.low_level, channels = convolutions(1, options["low_level"], normalized)
        self.mid_level, mid_channels = convolutions(
            channels, [str(each) for each in options["mid_level"]], normalized
        )
        global_features = nn.Module()
        global_features.convolution, width = convolutions(channels, options["global"], normalized)
        width *= options["flattened_map"] or 1
        widths = [width, *options["hidden"]]
        global_features.hidden = fully_connected(widths, normalized)
        self.add_module("global", global_features)
        self.fusion = Fusion(mid_channels, widths[-1], options["fusion"], normalized)
        # The last low-level map of half, and of a quarter of the picture's size.
        low = [int(each.split("/")[0]) for each in options["low_level"]]
        skipped = [None, low[2 + 1], low[0 + 1]] if options["skips"] else None
        self.colorization = Colorization(options["fusion"], options["stages"], skipped, normalized)
        classification = nn.Module()
        classified = [widths[-2], *options["classifier"]]
        classification.hidden = fully_connected(classified, normalized)
        classification.output = nn.Linear(classified[-1], options["classes"])
        self.classification = classification

    def low_level_maps(self, luminance):
        x = luminance * (1 / 50) - 1
        maps = []
        for layer in self.low_level:
            x = layer(x)
            maps.append(x)
        return maps

    def forward(self, luminance):
        maps = self.low_level_maps(luminance)
        flattened = self.options["flattened_map"] is not None
        shared = not flattened or luminance.shape[2:] == (GLOBAL_IMAGE, GLOBAL_IMAGE)
        global_features = getattr(self, "global")
        x = maps[-1]
        if not shared:
            size = (GLOBAL_IMAGE, GLOBAL_IMAGE)
            small = functional.interpolate(
                luminance, size, mode="bilinear", align_corners=False, antialias=True
            )
            x = self.low_level_maps(small)[-1]
        for layer in global_features.convolution:
            x = layer(x)
        x = x.flatten(1) if flattened else x.mean((2, 3))
        vectors = [x]
        for layer in global_features.hidden:
            vectors.append(layer(vectors[-1]))
        mid_level = maps[-1]
        for layer in self.mid_level:
            mid_level = layer(mid_level)
        fused = self.fusion(mid_level, vectors[-1])
        chroma = self.head.activate(self.colorization(fused, [None, maps[3], maps[1]]))
        classified = vectors[-2]
        for layer in self.classification.hidden:
            classified = layer(classified)
        return chroma, self.classification.output(classified)


def convolutions(inputs, specifications, normalized):
    layers = nn.ModuleList()
    for specification in specifications:
        channels, _, stride = specification.partition("/")
        layers.append(Convolution(inputs, int(channels), int(stride or 1), normalized))
        inputs = int(channels)
    return layers, inputs
