"""The index of a data set, in a few large arrays: worker processes share their memory."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Sequence

import numpy as np

from ..random_numbers import random_permutation
from ..user_error import UserError

#: Columns of a zip entry: position of its header, packed and unpacked size, CRC-32, method.
ZIP_COLUMNS = 5


@dataclass(frozen=True)
class DatasetSource:
    kind: str  # "folder" or "zip"
    path: str  # absolute
    given_path: str  # as the user wrote it, for messages


@dataclass(frozen=True)
class Dataset:
    """Items are ordered by source, then by name in UTF-16 code units."""

    sources: tuple[DatasetSource, ...]
    #: Class names in label order; empty if nothing is labelled.
    classes: tuple[str, ...]
    #: UTF-8 bytes of all names in a row, and where each ends: uint8 [..], int64 [items].
    names: np.ndarray
    name_ends: np.ndarray
    #: int32 [items]; labels are -1 where there is none.
    source_indices: np.ndarray
    labels: np.ndarray
    #: int64 [items, ZIP_COLUMNS]; zeros for files in folders.
    zip_entries: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def name(self, item: int) -> str:
        start = self.name_ends[item - 1] if item > 0 else 0
        return self.names[start : self.name_ends[item]].tobytes().decode("utf-8")

    def item_path(self, item: int) -> str:
        """As messages show it: the source as given, then the name."""
        source = self.sources[self.source_indices[item]]
        return f"{source.given_path.rstrip('/')}/{self.name(item)}"

    def subset(self, items: np.ndarray) -> "Dataset":
        chosen = [self.name(item) for item in items.tolist()]
        names, ends = pack_names(chosen)
        return replace(
            self,
            names=names,
            name_ends=ends,
            source_indices=self.source_indices[items],
            labels=self.labels[items],
            zip_entries=self.zip_entries[items],
        )


def pack_names(names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    packed = [name.encode("utf-8") for name in names]
    ends = np.cumsum([len(each) for each in packed], dtype=np.int64)
    return np.frombuffer(b"".join(packed), np.uint8), ends


def fingerprint(dataset: Dataset) -> str:
    """SHA-256 over classes, names and labels, as `ltbc train` records it."""
    classes = json.dumps(list(dataset.classes), ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(classes.encode())
    for item in range(len(dataset)):
        line = f"\n{dataset.source_indices[item]} {dataset.labels[item]} {dataset.name(item)}"
        digest.update(line.encode())
    return digest.hexdigest()


def split_dataset(dataset: Dataset, fraction: float, seed: int) -> tuple[Dataset, Dataset]:
    """Training and validation set: of every class the same share, as `ltbc train` splits."""
    chosen = np.zeros(len(dataset), bool)
    seen = 0
    taken = 0
    for label in range(-1, len(dataset.classes)):
        indices = np.flatnonzero(dataset.labels == label)
        seen += len(indices)
        # Rounding the running total keeps the overall share right where classes are small.
        count = int(np.floor(fraction * seen + 0.5)) - taken
        order = random_permutation(len(indices), seed, label)
        chosen[indices[order[:count]]] = True
        taken += count
    if taken == 0 or taken == len(dataset):
        raise UserError(
            f"A validation fraction of {fraction} of {len(dataset)} pictures leaves nothing to "
            f"{'validate' if taken == 0 else 'train'} on: choose another fraction or add pictures."
        )
    return dataset.subset(np.flatnonzero(~chosen)), dataset.subset(np.flatnonzero(chosen))
