"""Places365's list files: a line "path label" for each picture, and the names of the labels."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Optional

from ..user_error import UserError

_CATEGORY = re.compile(r"/[a-z]/(\S+)\s+(\d+)$")
_ENTRY = re.compile(r"(.*\S)\s+(\d+)$")
_CATEGORIES_NAME = "categories_places365.txt"


@dataclass(frozen=True)
class ListEntry:
    name: str
    #: The number behind the path, or None.
    label: Optional[int]
    line: int


def read_class_list(path: str) -> list[str]:
    """Class names in order, one a line; Places365's `/a/abbey 0` gives the name alone."""
    names = []
    for index, (line, text) in enumerate(_lines(path, "a class list, one name on each line")):
        places = _CATEGORY.match(text)
        if places and int(places[2]) != index:
            raise UserError(f'{path}, line {line}: expected the number {index} but found "{text}".')
        names.append(places[1] if places else text)
    return names


def read_picture_list(path: str) -> list[ListEntry]:
    entries = []
    for line, text in _lines(path, 'a list of pictures, "path label" on each line'):
        match = _ENTRY.match(text)
        name, label = (match[1], int(match[2])) if match else (text, None)
        parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
        if not parts or ".." in parts or re.match(r"[A-Za-z]:$", parts[0]):
            raise UserError(
                f"{path}, line {line}: expected a path inside the folder of pictures but found "
                f'"{name}".'
            )
        entries.append(ListEntry("/".join(parts), label, line))
    return entries


def find_categories(list_path: str) -> str:
    """The categories file beside a list. Raises UserError if there is none."""
    path = os.path.join(os.path.dirname(list_path), _CATEGORIES_NAME)
    if not os.path.exists(path):
        raise UserError(
            f"{list_path} has labels but there is no {_CATEGORIES_NAME} beside it: name the file "
            "with --categories."
        )
    return path


def _lines(path: str, content: str) -> list[tuple[int, str]]:
    try:
        with open(path, encoding="utf-8-sig") as file:
            lines = [(number, text.strip()) for number, text in enumerate(file, 1)]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}): expected {content}.") from None
    lines = [(number, text) for number, text in lines if text]
    if not lines:
        raise UserError(f"{path} is empty: expected {content}.")
    return lines
