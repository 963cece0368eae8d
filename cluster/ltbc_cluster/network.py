"""The exported graphs as a torch module, with the parameters under their own names."""

from __future__ import annotations

from typing import Any, Callable, Mapping

import torch
from torch import Tensor, nn

from .graph_program import GraphProgram, NetworkBoundary
from .onnx_graph import dependencies
from .training_export import ExportedGraph, TrainingExport


class Network(nn.Module):
    """Training and evaluation graphs of all crops over one set of parameters.

    :param synchronize: batch normalisation over the pictures of all processes
    :param workers: number of processes
    :param sum_over_processes: of a tensor on the device
    """

    def __init__(
        self,
        export: TrainingExport,
        synchronize: bool = False,
        workers: int = 1,
        sum_over_processes: Callable[[Tensor], Tensor] = lambda value: value,
    ):
        super().__init__()
        self.specifications = export.description["parameters"]
        self._workers = workers
        self._noise = {crop: graphs.noise for crop, graphs in export.crops.items()}
        names = frozenset(each["name"] for each in self.specifications)

        def program(exported: ExportedGraph, **options: Any) -> GraphProgram:
            boundary = NetworkBoundary(exported.network["input"], tuple(exported.network["outputs"]))
            return GraphProgram(exported.graph, boundary, names, **options)

        self._training = {
            crop: program(
                graphs.training,
                synchronize=synchronize,
                totals=graphs.totals,
                sum_over_processes=sum_over_processes,
            )
            for crop, graphs in export.crops.items()
        }
        self._evaluation = {
            crop: program(graphs.evaluation) for crop, graphs in export.crops.items()
        }
        first = next(iter(export.crops.values())).training.graph
        # What the loss does not depend on (the classification network with alpha 0) stays as it is.
        used = dependencies(first.nodes, ["loss"])
        #: Sums over this process's pictures that `forward` gives, in order.
        self.measured = tuple(
            name for name in first.outputs if name.endswith(("/sum", "/weight"))
        )
        #: What `evaluate` gives, in order.
        self.evaluated = next(iter(export.crops.values())).evaluation.graph.outputs
        self.statistics = tuple(
            name[: -len("/next")] for name in first.outputs if name.endswith("/next")
        )
        for each in self.specifications:
            name = each["name"]
            value = first.initializers[name].clone()
            if each["trainable"]:
                learns = name in used and each["learningRateFactor"] > 0
                self.register_parameter(_key(name), nn.Parameter(value, learns))
            else:
                self.register_buffer(_key(name), value)

    def noise(self, crop: int) -> list[dict[str, Any]]:
        """Names and shapes of the random numbers that a step takes at a crop."""
        return self._noise[crop]

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
        self, batch: Mapping[str, Tensor], noise: Mapping[str, Tensor], bf16: bool
    ) -> tuple[Tensor, Tensor]:
        """The loss, whose mean over the processes is that of the whole batch, and `measured`.

        The running statistics move on by this batch.

        :param batch: `luminance` L* 0..100 [N, 1, H, W], `ab` CIELAB units [N, 2, H, W], `labels`
        """
        workers = torch.full((), float(self._workers), device=batch["luminance"].device)
        feeds = {**self._own(), **batch, **noise, "workers": workers}
        results = self._program(self._training, batch).run(feeds, bf16)
        with torch.no_grad():
            for name in self.statistics:
                self.tensor(name).copy_(results[f"{name}/next"])
            measured = torch.stack([results[name].detach().float() for name in self.measured])
        return results["loss"], measured

    @torch.no_grad()
    def evaluate(
        self, batch: Mapping[str, Tensor], averages: Mapping[str, Tensor], bf16: bool
    ) -> dict[str, Tensor]:
        """`<measure>/values` and `<weight>/weights` of every picture.

        :param averages: take the place of the parameters of these names
        """
        feeds = {**self._own(), **averages, **batch}
        return self._program(self._evaluation, batch).run(feeds, bf16)

    def _own(self) -> dict[str, Tensor]:
        return {each["name"]: self.tensor(each["name"]) for each in self.specifications}

    def _program(
        self, programs: Mapping[int, GraphProgram], batch: Mapping[str, Tensor]
    ) -> GraphProgram:
        return programs[batch["luminance"].shape[-1]]


def _key(name: str) -> str:
    """torch allows no dots in the names of parameters."""
    return name.replace(".", "/")
