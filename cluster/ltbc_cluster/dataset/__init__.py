"""Pictures in folders, zips and Places365's lists: the same items, order and labels as
`ltbc train` finds (packages/node/src/dataset)."""

from .dataset import Dataset, fingerprint, split_dataset
from .open_dataset import Source, open_dataset
from .picture_list import read_class_list

__all__ = [
    "Dataset",
    "Source",
    "fingerprint",
    "open_dataset",
    "read_class_list",
    "split_dataset",
]
