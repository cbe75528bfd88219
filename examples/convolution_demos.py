"""The documents' convolution demonstrations, run by cnncalc's own layers in PyTorch; feature maps are saved as PNG.

Two 7x7 filters that see vertical and horizontal lines (course document 000, lines 350-368), and the 3x3 filters for
edges, sharpening and blur (001, line 20), on an image that is generated here. The first argument names the folder to
write to; without one a temporary folder is used.

    python examples/convolution_demos.py [FOLDER]
"""

from __future__ import annotations

import struct
import sys
import tempfile
import zlib
from pathlib import Path

import torch

from cnncalc.layers import layer_class
from cnncalc.verify.twins import twin


def picture(side: int = 96) -> torch.Tensor:
    """A house under a bright sky: vertical, horizontal and slanted lines, a disc, and a gradient. One channel, 0 to 1."""
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    image = 0.35 + 0.4 * rows / side
    wall = (rows > 50) & (rows < 86) & (columns > 24) & (columns < 72)
    roof = (rows <= 50) & (rows > 22) & ((columns - 48).abs() < rows - 22)
    window = (rows > 58) & (rows < 72) & (((columns > 32) & (columns < 44)) | ((columns > 52) & (columns < 64)))
    sun = (rows - 16) ** 2 + (columns - 80) ** 2 < 81
    for shape, brightness in ((wall, 0.9), (roof, 0.15), (window, 0.1), (sun, 1.0)):
        image = torch.where(shape, torch.tensor(brightness), image)
    return image.expand(1, 1, side, side)


def filters() -> dict[str, torch.Tensor]:
    """Each demonstration's filter."""
    vertical, horizontal = torch.zeros(7, 7), torch.zeros(7, 7)
    vertical[:, 3] = 1
    horizontal[3, :] = 1
    return {
        "vertical_lines": vertical / 7,
        "horizontal_lines": horizontal / 7,
        "edges": torch.tensor([[-1.0, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
        "sharpened": torch.tensor([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
        "blurred": torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16,
    }


def convolve(image: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """The feature map under SAME padding, which keeps the sides."""
    layer = layer_class("conv")(filters=1, kernel=len(kernel), padding="same", bias=False)
    module = twin("conv", layer, image)
    with torch.no_grad():
        module.weight.copy_(kernel)
        return module(image)


def save(path: Path, image: torch.Tensor) -> None:
    """A grey PNG, 8 bits a pixel; the smallest number is black, the largest white."""
    low, high = image.min(), image.max()
    pixels = ((image - low) / (high - low).clamp(min=1e-9) * 255).round().to(torch.uint8)[0, 0]
    height, width = pixels.shape
    rows = b"".join(b"\x00" + bytes(row.tolist()) for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(chunk(*part) for part in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")))
    )


def chunk(kind: bytes, data: bytes) -> bytes:
    """One part of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def main(folder: Path) -> None:
    image = picture()
    save(folder / "picture.png", image)
    print(f"writing to {folder}")
    for name, kernel in filters().items():
        found = convolve(image, kernel)
        assert found.shape == image.shape
        save(folder / f"{name}.png", found)
        strongest = divmod(int(found[0, 0].argmax()), found.shape[3])
        print(
            f"{name + '.png':22} {len(kernel)}x{len(kernel)}, from {found.min():.2f} to {found.max():.2f}, strongest at row {strongest[0]}, column {strongest[1]}"
        )
    flat = convolve(torch.full((1, 1, 9, 9), 0.5), filters()["edges"])
    assert flat[0, 0, 1:-1, 1:-1].abs().max() < 1e-6, "an even area has no edges"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        target = Path(sys.argv[1])
        target.mkdir(parents=True, exist_ok=True)
        main(target)
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(Path(temporary))
