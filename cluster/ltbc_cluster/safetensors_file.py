"""The safetensors format (https://github.com/huggingface/safetensors#format) for float32 tensors."""

from __future__ import annotations

import hashlib
import json
import struct
from typing import Iterable, Mapping

import numpy as np

from .user_error import UserError

_TYPES = {"F32": np.dtype("<f4"), "I64": np.dtype("<i8")}


def safetensors_parts(
    tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]
) -> Iterable[bytes]:
    """The file's content piece by piece; 8-byte types first, so that all data is aligned."""
    names = {dtype: name for name, dtype in _TYPES.items()}
    ordered = sorted(tensors.items(), key=lambda item: -item[1].dtype.itemsize)
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    offset = 0
    for name, value in ordered:
        end = offset + value.nbytes
        header[name] = {
            "dtype": names[value.dtype.newbyteorder("<")],
            "shape": list(value.shape),
            "data_offsets": [offset, end],
        }
        offset = end
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield struct.pack("<Q", len(text))
    yield text
    for _, value in ordered:
        yield np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<")).tobytes()


def read_safetensors(path: str) -> tuple[dict[str, np.ndarray], int, str]:
    """Tensors by name, length and SHA-256 of the file. Raises UserError if it is damaged."""
    with open(path, "rb") as file:
        content = file.read()
    try:
        (length,) = struct.unpack_from("<Q", content)
        header = json.loads(content[8 : 8 + length])
        start = 8 + length
        tensors = {}
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            dtype = _TYPES[entry["dtype"]]
            begin, end = entry["data_offsets"]
            values = np.frombuffer(content[start + begin : start + end], dtype)
            tensors[name] = values.reshape(entry["shape"])
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not a readable safetensors file ({error}).") from None
    return tensors, len(content), hashlib.sha256(content).hexdigest()
