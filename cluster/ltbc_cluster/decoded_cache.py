"""The whole data set decoded once, as uint8 in one file for each process of a machine; all of them
map all files into memory, so a machine holds every picture once."""

from __future__ import annotations

import json
import os
from typing import Callable, Optional

import numpy as np
import torch
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from .atomic_file import write_file_atomically
from .batches import BatchPlan, DecodedFromFiles, prepare_worker
from .dataset import Dataset, fingerprint


class DecodedCache:
    """Pictures of a cache that `fill_cache` completed.

    :param folder: with `<part>.index.npy`, `<part>.pixels` and `<part>.json` for each part
    """

    def __init__(self, folder: str, parts: int, pictures: int):
        # Columns: part, first byte, height, width; height 0 marks a picture that is not used.
        self._index = np.zeros((pictures, 4), np.int64)
        self._problems: dict[int, Optional[str]] = {}
        self._paths = [os.path.join(folder, f"{part}.pixels") for part in range(parts)]
        self._maps: dict[int, np.memmap] = {}
        for part in range(parts):
            self._index[part::parts] = np.load(os.path.join(folder, f"{part}.index.npy"))
            with open(os.path.join(folder, f"{part}.json"), encoding="utf-8") as file:
                problems = json.load(file)
            self._problems.update({int(item): problem for item, problem in problems.items()})

    def __getstate__(self) -> dict:
        return {**self.__dict__, "_maps": {}}

    def picture(self, item: int) -> tuple[Optional[np.ndarray], Optional[str]]:
        part, start, height, width = self._index[item].tolist()
        if height == 0:
            return None, self._problems[item]
        if part not in self._maps:
            self._maps[part] = np.memmap(self._paths[part], np.uint8, "r")
        size = height * width * 3
        return self._maps[part][start : start + size].reshape(height, width, 3), None


class _Decoding(TorchDataset):
    def __init__(self, pictures: DecodedFromFiles, items: range):
        self._pictures = pictures
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int):
        return self._pictures.picture(self._items[index])


def fill_cache(
    folder: str,
    dataset: Dataset,
    plan: BatchPlan,
    part: int,
    parts: int,
    workers: int,
    barrier: Callable[[], None],
) -> DecodedCache:
    """Decodes this process's part (every `parts`-th picture) unless that was done before.

    :param folder: on a fast disk, or in memory (/dev/shm); the data set's own folder is made in it
    :param part: this process among those of its machine, from 0
    :param barrier: returns once all processes of the run have called it
    """
    kind = f"{plan.resize}{'' if plan.views is None else '-unenlarged'}-{plan.minimum_chroma}"
    own = os.path.join(folder, f"{fingerprint(dataset)[:16]}-{kind}-{parts}")
    os.makedirs(own, exist_ok=True)
    done = os.path.join(own, f"{part}.json")
    if not os.path.exists(done):
        pictures = DecodedFromFiles(dataset, plan)
        _decode_part(own, pictures, range(part, len(dataset), parts), part, workers)
    barrier()
    return DecodedCache(own, parts, len(dataset))


def _decode_part(
    folder: str, pictures: DecodedFromFiles, items: range, part: int, workers: int
) -> None:
    index = np.zeros((len(items), 4), np.int64)
    problems: dict[str, Optional[str]] = {}
    loader = DataLoader(
        _Decoding(pictures, items),
        batch_size=None,
        num_workers=workers,
        collate_fn=None,
        worker_init_fn=prepare_worker,
    )
    position = 0
    with open(os.path.join(folder, f"{part}.pixels"), "wb") as file:
        for row, (picture, problem) in enumerate(loader):
            if picture is None:
                problems[str(items[row])] = problem
                continue
            pixels = picture.numpy() if isinstance(picture, torch.Tensor) else picture
            index[row] = (part, position, *pixels.shape[:2])
            file.write(pixels.tobytes())
            position += pixels.nbytes
    np.save(os.path.join(folder, f"{part}.index.npy"), index)
    # Its existence says that the part is complete.
    write_file_atomically(os.path.join(folder, f"{part}.json"), [json.dumps(problems).encode()])
