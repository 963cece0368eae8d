"""Files that appear under their name only when complete and flushed to the disk."""

from __future__ import annotations

import hashlib
import os
from typing import Iterable

UNFINISHED_SUFFIX = ".tmp"


def write_file_atomically(path: str, parts: Iterable[bytes]) -> tuple[int, str]:
    """Writes a neighbour file and renames it. Returns length and SHA-256."""
    unfinished = path + UNFINISHED_SUFFIX
    digest = hashlib.sha256()
    length = 0
    with open(unfinished, "wb") as file:
        for part in parts:
            digest.update(part)
            length += len(part)
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)
    return length, digest.hexdigest()


def flush_folder(path: str) -> None:
    """Makes the renames and deletions in a folder survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
