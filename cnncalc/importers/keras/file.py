"""Reading the configuration from a file that a stranger may have made: sizes and depth are limited, nothing is executed."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from cnncalc.core.diagnostic import Diagnostic, SpecError

LARGEST = 64 * 2**20
"""A configuration of more bytes is refused."""

_MEMBER = "config.json"


def configuration(file: str) -> dict[str, Any]:
    """The model's configuration. Raises SpecError for anything that is none."""
    path = Path(file)
    try:
        size = path.stat().st_size
        if zipfile.is_zipfile(path):
            text = _member(path)
        elif path.suffix in (".h5", ".hdf5"):
            raise _wrong(
                file, "is an HDF5 file", "save the model as .keras, or write model.to_json() into a .json file"
            )
        elif size > LARGEST:
            raise _wrong(file, f"has {size:,} B; a configuration may have {LARGEST:,} B", "")
        else:
            text = path.read_bytes()
    except FileNotFoundError:
        raise _wrong(file, "there is no such file", "check the name") from None
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise _wrong(file, f"cannot be read: {error}", "") from None
    try:
        found = json.loads(text)
    except RecursionError:
        raise _wrong(file, "is nested too deeply", "") from None
    except (ValueError, UnicodeDecodeError):
        raise _wrong(file, "is no JSON", "give a .keras archive, or a file with model.to_json()") from None
    if not isinstance(found, dict) or "class_name" not in found or not isinstance(found.get("config"), dict | list):
        raise _wrong(file, "is no Keras configuration", "give a .keras archive, or a file with model.to_json()")
    return found


def _member(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        try:
            entry = archive.getinfo(_MEMBER)
        except KeyError:
            raise _wrong(str(path), f"holds no {_MEMBER}", "give a .keras archive as Keras 3 writes it") from None
        if entry.file_size > LARGEST:
            raise _wrong(str(path), f"holds a {_MEMBER} of {entry.file_size:,} B; {LARGEST:,} B are allowed", "")
        with archive.open(entry) as stream:
            # the archive's own word on the size may be false
            text = stream.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise _wrong(str(path), f"holds a {_MEMBER} of more than {LARGEST:,} B", "")
    return text


def _wrong(file: str, message: str, remedy: str) -> SpecError:
    return SpecError(Diagnostic(message, file=file, expected="a Keras model's configuration", remedy=remedy))
