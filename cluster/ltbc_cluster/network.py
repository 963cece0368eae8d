"""The exported network as a torch module, with the parameters under their own names."""

from __future__ import annotations

from typing import Mapping, Optional

import torch
from torch import Tensor, nn

from .graph_program import GraphProgram
from .onnx_graph import OnnxGraph
from .training_export import TrainingExport


class Network(nn.Module):
    """Training and evaluation graph over one set of parameters.

    :param synchronize: batch normalisation over the pictures of all processes
    """

    def __init__(self, export: TrainingExport, synchronize: bool = False):
        super().__init__()
        description = export.description
        self._outputs = description["outputs"]
        self.specifications = description["parameters"]
        self.noise = description["inputs"]["noise"]
        names = frozenset(each["name"] for each in self.specifications)
        self._programs = {
            True: GraphProgram(export.training, names, synchronize),
            False: GraphProgram(export.evaluation, names),
        }
        used = self._used_by_loss(export)
        for each in self.specifications:
            name = each["name"]
            value = export.training.initializers[name].clone()
            if each["trainable"]:
                self.register_parameter(_key(name), nn.Parameter(value, name in used))
            else:
                self.register_buffer(_key(name), value)

    def _used_by_loss(self, export: TrainingExport) -> set[str]:
        """With alpha 0 the classification network has no gradient and stays as it is."""
        outputs = [self._outputs["chroma"]]
        if self._outputs["logits"] and export.configuration["loss"]["alpha"] != 0:
            outputs.append(self._outputs["logits"])
        return dependencies(export.training, outputs)

    def tensor(self, name: str) -> Tensor:
        """The parameter or running statistic `name`."""
        return getattr(self, _key(name))

    def trained(self) -> dict[str, nn.Parameter]:
        """Parameters that gradients change, by name, in the order of checkpoints."""
        return {
            each["name"]: self.tensor(each["name"])
            for each in self.specifications
            if self.tensor(each["name"]).requires_grad
        }

    def forward(
        self, luminance: Tensor, noise: Optional[Mapping[str, Tensor]] = None
    ) -> tuple[Tensor, Optional[Tensor]]:
        """Normalised chroma [N, 2, H/2, W/2] and scene logits [N, classes] (None without).

        In training mode the running statistics move on by this batch.

        :param luminance: L* 0..100, [N, 1, H, W]
        :param noise: of training mode, by name
        """
        feeds = {each["name"]: self.tensor(each["name"]) for each in self.specifications}
        feeds["luminance"] = luminance
        results = self._programs[self.training].run({**feeds, **(noise or {})})
        if self.training:
            with torch.no_grad():
                for each in self.specifications:
                    following = results.get(f"{each['name']}/next")
                    if following is not None:
                        self.tensor(each["name"]).copy_(following)
        logits = self._outputs["logits"]
        return results[self._outputs["chroma"]], results[logits] if logits else None


def dependencies(graph: OnnxGraph, outputs: list[str]) -> set[str]:
    """Names of all values that outputs are computed from."""
    used = set(outputs)
    for node in reversed(graph.nodes):
        if used.intersection(node.outputs):
            used.update(node.inputs)
    return used


def _key(name: str) -> str:
    """torch allows no dots in the names of parameters."""
    return name.replace(".", "/")
