"""Which files are pictures, in which order, and which class their folders mean."""

from __future__ import annotations

import re
from typing import Optional, Sequence

from ..user_error import UserError

_PICTURE = re.compile(r"\.(jpe?g|jpe|jfif|png|webp|tiff?|gif|avif)$", re.IGNORECASE)
_SET = re.compile(
    r"(train|training|val|valid|validation|test|testing|(data|val|test)_(256|large|challenge))$",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[a-z]$")


def code_units(text: str) -> bytes:
    """Sort key by UTF-16 code units: the same on every machine, whatever its locale."""
    return text.encode("utf-16-be", "surrogatepass")


def is_hidden(part: str) -> bool:
    return part.startswith(".") or part == "__MACOSX"


def is_picture(name: str) -> bool:
    """Whether a path inside a source names a picture that is not hidden."""
    return bool(_PICTURE.search(name)) and not any(map(is_hidden, name.split("/")))


def classes_of_paths(names: Sequence[str], given_path: str) -> list[Optional[str]]:
    """The class of every picture by its folders, None for a picture in no folder.

    Raises UserError if the folders are sets (train, val), not classes.
    """
    paths = [name.split("/") for name in names]
    while not _is_places365(paths) and _has_outer_folder(paths):
        paths = [parts[1:] for parts in paths]
    if _is_places365(paths):
        return ["/".join(parts[1:-1]) for parts in paths]
    classes = [parts[0] if len(parts) > 1 else None for parts in paths]
    folders = list(dict.fromkeys(name for name in classes if name is not None))
    if len(folders) > 1 and all(_SET.match(name) for name in folders):
        raise UserError(
            f"{given_path} is already split into sets ({', '.join(folders)}): expected a folder "
            f"per class. Give the sets one by one, as in {given_path}/{folders[0]}."
        )
    return classes


def _has_outer_folder(paths: list[list[str]]) -> bool:
    outer = paths[0][0]
    return all(len(parts) > 2 and parts[0] == outer for parts in paths)


def _is_places365(paths: list[list[str]]) -> bool:
    """Places365 sorts its class folders into folders of their first letters."""
    return all(
        len(parts) > 2 and _LETTER.match(parts[0]) and parts[1].startswith(parts[0])
        for parts in paths
    )
