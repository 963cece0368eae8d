"""The networks of let-there-be-color, written by hand in torch.nn as a PyTorch user would.

Modules are named so that `our_name` turns the names of PyTorch's parameters into those of this
project's checkpoints.
"""

import torch
from torch import nn
from torch.nn import functional

from backbone_network import BackboneNetwork, FrozenConvolution
from heads import QuantizedHead, RegressionHead
from paper_network import PRESETS, PaperNetwork


def create_network(specification):
    """The network of a case; `network(luminance)` gives its prediction and the logits of classes."""
    name = specification["network"]
    if name in PRESETS:
        return PaperNetwork(PRESETS[name])
    if name == "mobilenet-hybrid":
        return BackboneNetwork(RegressionHead(torch.tanh, 0.0, 100.0, 4))
    return BackboneNetwork(QuantizedHead(**specification["quantized"]))


class InferenceNetwork(nn.Module):
    """The network as a model file has it: a*b* in CIELAB units at the size of the picture, logits."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, luminance):
        prediction, logits = self.network(luminance)
        head = self.network.head
        final = {"mode": self.network.final}
        if self.network.final == "bilinear":
            final["align_corners"] = False
        colors = head.colors(prediction)
        return functional.interpolate(colors, scale_factor=float(head.stride), **final), logits


def load_parameters(network, tensors):
    """Copies values by this project's names; every tensor on either side must have its partner."""
    state = {our_name(name): value for name, value in network.state_dict().items()}
    state = {name: value for name, value in state.items() if name}
    if set(state) != set(tensors):
        raise ValueError(f"parameters differ: {sorted(set(state) ^ set(tensors))}")
    with torch.no_grad():
        for name, value in state.items():
            value.copy_(tensors[name])


def fold_frozen(network):
    """Layers that do not learn fold their normalisation once and for all."""
    for layer in network.modules():
        frozen = not any(each.requires_grad for each in layer.parameters())
        if isinstance(layer, FrozenConvolution) and frozen:
            layer.keep()


def our_name(name):
    """`global.hidden.0.normalization.weight` -> `global.hidden.0.normalization.scale`."""
    renamed = {"weight": "scale", "bias": "bias", "running_var": "running_variance"}
    stem, _, last = name.rpartition(".")
    if not stem.endswith("normalization"):
        return name
    if last == "num_batches_tracked":
        return None
    return f"{stem}.{renamed.get(last, last)}"
