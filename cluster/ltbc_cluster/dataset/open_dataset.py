"""Indexes folders and zips as one data set; nothing is decoded yet."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from typing import Optional, Sequence

import numpy as np

from ..user_error import UserError
from .dataset import ZIP_COLUMNS, Dataset, DatasetSource, pack_names
from .names import classes_of_paths, code_units, is_hidden, is_picture
from .picture_list import find_categories, read_class_list, read_picture_list


@dataclass(frozen=True)
class Source:
    """A folder or zip, as given on the command line."""

    path: str
    #: Without labels its folders mean nothing and its pictures train the colour loss only.
    labelled: bool = True
    list: Optional[str] = None
    categories: Optional[str] = None


@dataclass(frozen=True)
class _Opened:
    source: DatasetSource
    names: list[str]
    zip_entries: np.ndarray
    class_names: list[Optional[str]]
    ordered_classes: list[str]


def open_dataset(sources: Sequence[Source], classes: Optional[Sequence[str]] = None) -> Dataset:
    """
    :param classes: names in label order; by default those of list files in their order, then all
        other folder names by code units
    """
    opened = [_open(source) for source in sources]
    names = list(classes) if classes is not None else _merge_classes(opened)
    label_of: dict[Optional[str], int] = {name: index for index, name in enumerate(names)}
    label_of[None] = -1
    labels: list[int] = []
    for each in opened:
        for name in each.class_names:
            if name not in label_of:
                raise UserError(
                    f'{each.source.given_path} has the class "{name}", which is not among the '
                    f"{len(names)} expected classes ({', '.join(names[:3])}, ...). Rename or "
                    "remove it, or use this source without labels."
                )
            labels.append(label_of[name])
    packed, ends = pack_names([name for each in opened for name in each.names])
    counts = [len(each.names) for each in opened]
    return Dataset(
        sources=tuple(each.source for each in opened),
        classes=tuple(names),
        names=packed,
        name_ends=ends,
        source_indices=np.repeat(np.arange(len(opened), dtype=np.int32), counts),
        labels=np.array(labels, np.int32),
        zip_entries=np.concatenate([each.zip_entries for each in opened]),
    )


def _open(given: Source) -> _Opened:
    path = os.path.abspath(given.path)
    if not os.path.exists(path):
        raise UserError(
            f"There is no file or folder {given.path}: expected a folder of pictures, a folder "
            "with a folder per class, or a zip of either."
        )
    kind = "folder" if os.path.isdir(path) else "zip"
    source = DatasetSource(kind, path, given.path)
    if given.list is not None:
        return _open_listed(source, given, given.list)
    entries = _list_zip(source) if kind == "zip" else dict.fromkeys(_list_folder(path))
    names = sorted(entries, key=code_units)
    if not names:
        raise UserError(f"There is no picture in {given.path}: expected .jpg, .png or .webp files.")
    class_names: list[Optional[str]] = [None] * len(names)
    if given.labelled:
        class_names = classes_of_paths(names, given.path)
    return _Opened(source, names, _columns(names, entries), class_names, [])


def _open_listed(source: DatasetSource, given: Source, list_path: str) -> _Opened:
    listed = sorted(read_picture_list(list_path), key=lambda entry: code_units(entry.name))
    names = [entry.name for entry in listed]
    if source.kind == "zip":
        entries = _list_zip(source)
        missing = next((entry for entry in listed if entry.name not in entries), None)
    else:
        # There may be millions: others that are missing count as broken when their turn comes.
        entries = dict.fromkeys(names)
        first = os.path.join(source.path, names[0])
        missing = None if os.path.exists(first) else listed[0]
    if missing:
        raise UserError(
            f"{list_path}, line {missing.line}: there is no {missing.name} in "
            f"{source.given_path}. Give the folder or zip that the list's paths start from."
        )
    columns = _columns(names, entries)
    if not given.labelled or all(entry.label is None for entry in listed):
        return _Opened(source, names, columns, [None] * len(names), [])
    categories_path = given.categories or find_categories(list_path)
    categories = read_class_list(categories_path)
    class_names: list[Optional[str]] = []
    for entry in listed:
        if entry.label is not None and entry.label >= len(categories):
            raise UserError(
                f"{list_path}, line {entry.line}: expected a label from 0 to "
                f"{len(categories) - 1} (the lines of {categories_path}) but found {entry.label}."
            )
        class_names.append(None if entry.label is None else categories[entry.label])
    return _Opened(source, names, columns, class_names, categories)


def _list_folder(root: str) -> list[str]:
    """Paths of the pictures in a folder and those below; links back to an outer folder end."""
    found: list[str] = []

    def walk(folder: str, prefix: str, enclosing: tuple[str, ...]) -> None:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = f"{prefix}{entry.name}"
                if is_hidden(entry.name):
                    continue
                if entry.is_dir():
                    real = os.path.realpath(entry.path)
                    if real not in enclosing:
                        walk(entry.path, f"{name}/", (*enclosing, real))
                elif is_picture(name):
                    found.append(name)

    walk(root, "", (os.path.realpath(root),))
    return found


def _list_zip(source: DatasetSource) -> dict[str, tuple[int, ...]]:
    entries: dict[str, tuple[int, ...]] = {}
    try:
        with zipfile.ZipFile(source.path) as archive:
            for info in archive.infolist():
                name = info.filename
                if info.is_dir() or not is_picture(name):
                    continue
                if info.flag_bits & 1:
                    raise UserError(f"{source.given_path}: {name} is encrypted.")
                if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise UserError(f"{source.given_path}: {name} is not packed by deflate.")
                sizes = (info.compress_size, info.file_size)
                entries[name] = (info.header_offset, *sizes, info.CRC, info.compress_type)
    except (zipfile.BadZipFile, OSError) as error:
        raise UserError(
            f"{source.given_path} is neither a folder nor a readable zip ({error})."
        ) from None
    return entries


def _columns(names: list[str], entries: dict) -> np.ndarray:
    nothing = (0,) * ZIP_COLUMNS
    rows = [entries[name] or nothing for name in names]
    return np.array(rows, np.int64).reshape(len(names), ZIP_COLUMNS)


def _merge_classes(opened: list[_Opened]) -> list[str]:
    ordered = dict.fromkeys(name for each in opened for name in each.ordered_classes)
    others = {name for each in opened for name in each.class_names if name is not None}
    return [*ordered, *sorted(others - ordered.keys(), key=code_units)]
