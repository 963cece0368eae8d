"""Reads the bytes of single pictures; every process opens zips by itself."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib

from ..user_error import UserError
from .dataset import Dataset

_LOCAL_HEADER_SIZE = 30
_LOCAL_HEADER_SIGNATURE = 0x04034B50
#: Room for the extra field of most local headers, so that one read fetches header and data.
_USUAL_EXTRA_SIZE = 64
#: Larger files are refused before they are read: no photograph to train on needs more.
_MAXIMUM_BYTES = 256 * 2**20


class ItemReader:
    def __init__(self, dataset: Dataset):
        self._dataset = dataset
        self._descriptors: dict[tuple[int, int], int] = {}

    def read(self, item: int) -> bytes:
        """Raises ValueError or OSError if this file is damaged, UserError if its zip has gone."""
        source_index = int(self._dataset.source_indices[item])
        source = self._dataset.sources[source_index]
        name = self._dataset.name(item)
        if source.kind == "folder":
            path = os.path.join(source.path, name)
            _check_size(os.path.getsize(path))
            with open(path, "rb") as file:
                return file.read()
        offset, packed_size, size, crc, method = self._dataset.zip_entries[item].tolist()
        _check_size(packed_size)
        _check_size(size)
        packed = self._read_packed(source_index, offset, packed_size, len(name.encode()))
        content = packed
        if method == zipfile.ZIP_DEFLATED:
            unpacker = zlib.decompressobj(-15)
            content = unpacker.decompress(packed, size)
        if len(content) != size or zlib.crc32(content) != crc:
            raise ValueError("damaged in the zip: its size or checksum does not match")
        return content

    def _read_packed(self, source: int, offset: int, size: int, name_size: int) -> bytes:
        descriptor = self._descriptor(source)
        guess = _LOCAL_HEADER_SIZE + name_size + _USUAL_EXTRA_SIZE + size
        block = os.pread(descriptor, guess, offset)
        if len(block) < _LOCAL_HEADER_SIZE:
            raise ValueError("cut off: the zip ends within it")
        (signature,) = struct.unpack_from("<I", block)
        if signature != _LOCAL_HEADER_SIGNATURE:
            raise ValueError("damaged in the zip: no entry where the directory says")
        name_length, extra_length = struct.unpack_from("<HH", block, 26)
        start = _LOCAL_HEADER_SIZE + name_length + extra_length
        if start + size <= len(block):
            return block[start : start + size]
        return os.pread(descriptor, size, offset + start)

    def _descriptor(self, source: int) -> int:
        # By process: worker processes must not share a file position, nor inherit a closed file.
        key = (os.getpid(), source)
        if key not in self._descriptors:
            given = self._dataset.sources[source]
            try:
                self._descriptors[key] = os.open(given.path, os.O_RDONLY)
            except OSError as error:
                raise UserError(f"{given.given_path} cannot be opened any more: {error}.") from None
        return self._descriptors[key]


def _check_size(size: int) -> None:
    if size == 0:
        raise ValueError("the file is empty")
    if size > _MAXIMUM_BYTES:
        raise ValueError(f"the file has {size >> 20} MiB, more than 256 MiB")
