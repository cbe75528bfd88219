"""A PNG as a matrix: brightness from 0 to 255, one channel for grey and three for colour. Needs Pillow."""

from __future__ import annotations

from array import array
from pathlib import Path

from cnncalc.core.diagnostic import Diagnostic, SpecError
from cnncalc.solve.convolve.kernels import Matrix

LARGEST_SIDE = 1024


def read_picture(path: Path) -> tuple[Matrix, ...]:
    """The picture's channels. A transparent picture is put on white. Raises SpecError."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise _stop(path, "reading a PNG needs Pillow", "pip install 'cnncalc[plot]'") from None
    try:
        with Image.open(path, formats=["PNG"]) as picture:
            if max(picture.size) > LARGEST_SIDE:
                size = f"{picture.size[0]}x{picture.size[1]} pixels"
                raise _stop(
                    path, "the picture is too large", "scale it down first", f"at most {LARGEST_SIDE} a side", size
                )
            if picture.mode.startswith("I"):
                return (_matrix(list(array("i", picture.convert("I").tobytes())), picture.size),)
            if picture.mode in ("LA", "RGBA", "PA") or "transparency" in picture.info:
                colour = picture.convert("RGBA")
                flat = Image.new("RGBA", picture.size, "white")
                flat.alpha_composite(colour)
                bands = flat.convert("L" if picture.mode == "LA" else "RGB").split()
            else:
                bands = picture.convert("L" if picture.mode in ("1", "L") else "RGB").split()
            return tuple(_matrix(list(band.tobytes()), picture.size) for band in bands)
    except UnidentifiedImageError:
        raise _stop(path, "the file is no PNG", "save the picture as PNG") from None
    except (OSError, SyntaxError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is damaged"
        raise _stop(path, f"the picture cannot be read: {reason}", "check the file") from None


def _matrix(values: list[int], size: tuple[int, int]) -> Matrix:
    width, height = size
    return tuple(tuple(values[row * width : (row + 1) * width]) for row in range(height))


def _stop(path: Path, message: str, remedy: str, expected: str = "", received: str = "") -> SpecError:
    return SpecError(Diagnostic(message, expected=expected, received=received, remedy=remedy, file=str(path)))
