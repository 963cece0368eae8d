"""Reads safetensors files (https://github.com/huggingface/safetensors#format)."""

import json
import struct

import torch

# Type and bytes of an element.
TYPES = {"F32": (torch.float32, 4), "I64": (torch.int64, 8)}


def read_tensors(path):
    with open(path, "rb") as file:
        content = bytearray(file.read())
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype, size = TYPES[entry["dtype"]]
        count = (end - begin) // size
        flat = torch.frombuffer(content, dtype=dtype, count=count, offset=8 + length + begin)
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors
