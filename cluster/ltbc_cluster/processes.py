"""The processes of a run: one alone, or those that torchrun started."""

from __future__ import annotations

import datetime
import os
from dataclasses import dataclass
from typing import Optional, Sequence

import torch
import torch.distributed as distributed
from torch import Tensor

from .user_error import UserError


@dataclass(frozen=True)
class Processes:
    rank: int
    world_size: int
    local_rank: int
    local_world_size: int
    device: torch.device
    #: Group for small numbers in host memory, so that agreeing on them does not wait for a GPU.
    control: Optional[object] = None

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def sum_on_host(self, numbers: Sequence[float]) -> list[float]:
        """Sums over the processes, the same in each."""
        values = torch.tensor(numbers, dtype=torch.float64)
        if self.world_size > 1:
            distributed.all_reduce(values, group=self.control)
        return values.tolist()

    def sum(self, values: Tensor) -> Tensor:
        """Sums a tensor on the device over the processes, in place."""
        if self.world_size > 1:
            distributed.all_reduce(values)
        return values

    def barrier(self) -> None:
        self.sum_on_host([0.0])


def join_processes(device: str) -> Processes:
    """Joins the processes that torchrun started (its environment variables say which this is).

    :param device: "auto" (CUDA where there is one), "cpu" or "cuda"
    """
    rank, world_size, local_rank, local_world_size = (
        int(os.environ.get(name, default))
        for name, default in (
            ("RANK", "0"),
            ("WORLD_SIZE", "1"),
            ("LOCAL_RANK", "0"),
            ("LOCAL_WORLD_SIZE", "1"),
        )
    )
    cuda = device == "cuda" or (device == "auto" and torch.cuda.is_available())
    if cuda and torch.cuda.device_count() < local_world_size:
        raise UserError(
            f"Expected a GPU for each of the {local_world_size} processes of this machine but "
            f"PyTorch finds {torch.cuda.device_count()}: lower --nproc_per_node or use --device cpu."
        )
    place = torch.device("cuda", local_rank) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(place)
    control = None
    if world_size > 1:
        # Long enough for the slowest process to decode its part of the cache.
        patience = datetime.timedelta(hours=6)
        distributed.init_process_group("nccl" if cuda else "gloo", timeout=patience)
        control = distributed.new_group(backend="gloo", timeout=patience) if cuda else None
    return Processes(rank, world_size, local_rank, local_world_size, place, control)


def leave_processes() -> None:
    if distributed.is_initialized():
        distributed.destroy_process_group()
