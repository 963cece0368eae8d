"""Batches of uint8 crops, made ahead by worker processes. Batch k of epoch e depends on the data
set, the plan, e and k alone, and is the batch that `ltbc train` takes there; every process of a
run makes its own slice of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterator, Optional, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from .dataset import Dataset
from .dataset.item_reader import ItemReader
from .dataset.picture import decode_picture, mean_chroma
from .dataset.view import view_of
from .random_numbers import (
    CROP_LEFT,
    CROP_TOP,
    FLIP,
    ORDER,
    SUBSTITUTE,
    VIEW,
    random_permutation,
    random_uniform,
)
from .user_error import UserError

#: Draws for one place in a batch before the data set is given up as unusable.
_MAXIMUM_ATTEMPTS = 64


@dataclass(frozen=True)
class BatchPlan:
    """All that the content of batches depends on, besides the data set."""

    batch_size: int  # of all processes together
    crop: int
    resize: int
    seed: int
    minimum_chroma: float
    #: Shares of a picture's short side that a training crop shows, least and most; None cuts crops
    #: from pictures scaled to `resize`.
    views: Optional[tuple[float, float]] = None


@dataclass
class Batch:
    """uint8 pictures [n, crop, crop, 3] and int64 labels [n], -1 where unknown."""

    rgb: Tensor
    labels: Tensor
    #: (item, what is wrong with it, or None if it is merely grey)
    rejections: list[tuple[int, Optional[str]]]

    def pin_memory(self) -> "Batch":
        return Batch(self.rgb.pin_memory(), self.labels.pin_memory(), self.rejections)


class Pictures(Protocol):
    """Where decoded pictures come from: files, or the cache of decoded pictures."""

    def picture(self, item: int) -> tuple[Optional[np.ndarray], Optional[str]]:
        """Pixels [H, W, 3], or None and what is wrong with the file (None if it is grey)."""


class DecodedFromFiles:
    """Reads and decodes a picture whenever it is asked for."""

    def __init__(self, dataset: Dataset, plan: BatchPlan):
        self._reader = ItemReader(dataset)
        self._resize = plan.resize
        self._enlarge = plan.views is None
        self._minimum_chroma = plan.minimum_chroma

    def picture(self, item: int) -> tuple[Optional[np.ndarray], Optional[str]]:
        try:
            rgb = decode_picture(self._reader.read(item), self._resize, self._enlarge)
        except UserError:
            raise
        except Exception as error:  # whatever a decoder finds wrong with a file
            return None, str(error).split("\n", 1)[0] or type(error).__name__
        if self._minimum_chroma > 0 and mean_chroma(rgb) < self._minimum_chroma:
            return None, None
        return rgb, None


class _TrainingBatches(TorchDataset):
    """Item k is this process's slice of batch k of one epoch."""

    def __init__(self, dataset, pictures: Pictures, plan: BatchPlan, epoch: int, rank, world_size):
        self._dataset = dataset
        self._pictures = pictures
        self._plan = plan
        self._epoch = epoch
        self._order = random_permutation(len(dataset), plan.seed, ORDER, epoch)
        self._local = plan.batch_size // world_size
        self._offset = rank * self._local

    def __len__(self) -> int:
        return len(self._dataset) // self._plan.batch_size

    def __getitem__(self, batch: int) -> Batch:
        crop = self._plan.crop
        rgb = np.empty((self._local, crop, crop, 3), np.uint8)
        labels = np.empty(self._local, np.int64)
        rejections: list[tuple[int, Optional[str]]] = []
        first = batch * self._plan.batch_size + self._offset
        for slot in range(self._local):
            position = first + slot
            item, picture = self._usable(position, rejections)
            rgb[slot] = self._random_crop(picture, position)
            labels[slot] = self._dataset.labels[item]
        return Batch(torch.from_numpy(rgb), torch.from_numpy(labels), rejections)

    def _usable(self, position: int, rejections: list) -> tuple[int, np.ndarray]:
        """The picture of a place in the epoch, or a substitute for a broken or grey one."""
        seed = self._plan.seed
        item = int(self._order[position])
        for attempt in range(1, _MAXIMUM_ATTEMPTS + 1):
            picture, problem = self._pictures.picture(item)
            if picture is not None:
                return item, picture
            rejections.append((item, problem))
            draw = random_uniform(seed, SUBSTITUTE, self._epoch, position, attempt)
            item = math.floor(float(draw) * len(self._dataset))
        last, problem = rejections[-1]
        raise UserError(
            f"No usable picture in {_MAXIMUM_ATTEMPTS} draws; the last one, "
            f"{self._dataset.item_path(last)}, is {problem or 'grey'}. Check the data set, or "
            f"export with a lower --minimum-chroma than {self._plan.minimum_chroma}."
        )

    def _random_crop(self, picture: np.ndarray, position: int) -> np.ndarray:
        crop, views = self._plan.crop, self._plan.views

        def draw(purpose: int) -> float:
            return float(random_uniform(self._plan.seed, purpose, self._epoch, position))

        height, width, _ = picture.shape
        side = crop
        if views is not None:
            short_side = min(height, width)
            # No closer than the pixels that there are, unless the picture is smaller than the crop.
            least = max(views[0], min(views[1], crop / short_side))
            share = least * (views[1] / least) ** draw(VIEW)
            side = min(short_side, max(1, math.floor(share * short_side + 0.5)))
        x = math.floor(draw(CROP_LEFT) * (width - side + 1))
        y = math.floor(draw(CROP_TOP) * (height - side + 1))
        return view_of(picture, x, y, side, crop, draw(FLIP) < 0.5)


class _ValidationBatches(TorchDataset):
    """This process's share of all pictures: centre crops, without the broken and grey ones."""

    def __init__(self, dataset, pictures: Pictures, plan: BatchPlan, rank: int, world_size: int):
        self._dataset = dataset
        self._pictures = pictures
        self._crop = plan.crop
        self._views = plan.views is not None
        size = max(1, plan.batch_size // world_size)
        items = np.arange(rank, len(dataset), world_size)
        self._batches = [items[start : start + size] for start in range(0, len(items), size)]

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> Batch:
        crop = self._crop
        rejections: list[tuple[int, Optional[str]]] = []
        crops, labels = [], []
        for item in self._batches[index].tolist():
            picture, problem = self._pictures.picture(item)
            if picture is None:
                rejections.append((item, problem))
                continue
            side = min(picture.shape[:2]) if self._views else crop
            y, x = ((length - side) >> 1 for length in picture.shape[:2])
            crops.append(view_of(picture, x, y, side, crop, False))
            labels.append(int(self._dataset.labels[item]))
        rgb = np.stack(crops) if crops else np.empty((0, crop, crop, 3), np.uint8)
        return Batch(
            torch.from_numpy(rgb), torch.tensor(labels, dtype=torch.int64), rejections
        )


@dataclass(frozen=True)
class BatchSource:
    """Makes the batches of one process.

    :param workers: processes that decode and crop; 0 does it in this one
    """

    dataset: Dataset
    pictures: Pictures
    plan: BatchPlan
    rank: int
    world_size: int
    workers: int
    pin: bool

    def training(self, epoch: int, start: int) -> Iterator[Batch]:
        """Batches of an epoch (from 0) from index `start` on."""
        batches = _TrainingBatches(
            self.dataset, self.pictures, self.plan, epoch, self.rank, self.world_size
        )
        return iter(self._loader(batches, range(start, len(batches))))

    def validation(self) -> Iterator[Batch]:
        batches = _ValidationBatches(
            self.dataset, self.pictures, self.plan, self.rank, self.world_size
        )
        return iter(self._loader(batches, range(len(batches))))

    def _loader(self, batches: TorchDataset, indices: range) -> DataLoader:
        return DataLoader(
            batches,
            batch_size=None,
            sampler=indices,
            num_workers=self.workers,
            pin_memory=self.pin,
            worker_init_fn=prepare_worker,
            **({"prefetch_factor": 4} if self.workers else {}),
        )


def prepare_worker(index: int) -> None:
    """Workers share the cores among themselves, and leave signals to the process they serve."""
    import signal

    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
