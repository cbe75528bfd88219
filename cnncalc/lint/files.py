"""Reading and writing the linter's own files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cnncalc.core.diagnostic import Diagnostic, SpecError


def replace_file(path: str | Path, content: str | bytes) -> None:
    """Writes a file at once: readers see the old one or the new one, never half of it. Raises SpecError."""
    import tempfile

    target = Path(os.path.realpath(path))
    temporary = ""
    try:
        mode = target.stat().st_mode & 0o7777 if target.exists() else None
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, mode if mode is not None else _usual_mode())
        os.replace(temporary, target)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        message = f"the file cannot be written: {error.strerror or error}"
        raise SpecError(Diagnostic(message, file=str(path), remedy="check the folder and its permissions")) from None


def _usual_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def read_json(path: str, schema: str, what: str) -> dict[str, Any]:
    """The object in a file of ours. Raises SpecError when there is none, or it is something else."""
    import json

    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SpecError(Diagnostic(f"there is no {what} here", file=path, remedy="check the name")) from None
    except (OSError, ValueError) as error:
        raise SpecError(Diagnostic(f"the {what} cannot be read: {error}", file=path)) from None
    if not isinstance(data, dict) or data.get("schema") != schema:
        received = str(data.get("schema")) if isinstance(data, dict) else "something else"
        raise SpecError(
            Diagnostic(f"this is no {what}", expected=f'"schema": "{schema}"', received=received, file=path)
        )
    return data


def relative(name: str, root: str) -> str:
    """How a file of ours, which lies in `root`, names a spec: its path from there, with slashes."""
    if name.startswith(("<", "zoo:", "git:")):
        return name
    return os.path.relpath(os.path.abspath(name), os.path.abspath(root or ".")).replace(os.sep, "/")
