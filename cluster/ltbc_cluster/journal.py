"""The journal of a run, one JSON object a line, as packages/node/src/training/journal.ts."""

from __future__ import annotations

import json
import os
from typing import Any

from .atomic_file import flush_folder, write_file_atomically


class Journal:
    """Continues a journal after its first `lines` lines; later ones are deleted."""

    def __init__(self, path: str, lines: int = 0):
        kept: list[bytes] = []
        if os.path.exists(path):
            with open(path, "rb") as file:
                kept = [line for line in file.readlines() if line.endswith(b"\n")][:lines]
        write_file_atomically(path, kept)
        flush_folder(os.path.dirname(path) or ".")
        self._file = open(path, "ab", buffering=0)
        self.lines = len(kept)

    def append(self, record: dict[str, Any]) -> None:
        text = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        self._file.write(f"{text}\n".encode())
        self.lines += 1

    def flush(self) -> None:
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()
