"""The small networks of the course documents: two exercises and two single layers."""

from torch import nn


def mnist_exercise() -> nn.Sequential:
    """Course document 000, lines 663-676, as printed: C3 with a 2x2 kernel, a dropout of 0.25 after every pool."""

    def stage(inputs: int, outputs: int, kernel: int) -> list[nn.Module]:
        before, after = (kernel - 1) // 2, kernel // 2
        pad = nn.ZeroPad2d((before, after, before, after))
        return [pad, nn.Conv2d(inputs, outputs, kernel), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25)]

    return nn.Sequential(
        *stage(1, 16, 5), *stage(16, 32, 2), *stage(32, 64, 5), *stage(64, 128, 5),
        nn.Flatten(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip


def exercise_200x300() -> nn.Sequential:
    """Course document 000, lines 929-931. On these sizes SAME pads one row after, except 75 columns: one on either side."""
    after, around = (0, 1, 0, 1), (1, 1, 0, 1)
    return nn.Sequential(
        nn.ZeroPad2d(after), nn.Conv2d(3, 100, 3, 2),
        nn.ZeroPad2d(after), nn.Conv2d(100, 200, 3, 2),
        nn.ZeroPad2d(around), nn.Conv2d(200, 400, 3, 2),
    )  # fmt: skip


def memory_example() -> nn.Sequential:
    """Course document 000, lines 484-498: 200 maps of 5x5 on a 150x100 RGB image."""
    return nn.Sequential(nn.Conv2d(3, 200, 5, padding=2))


def fc_100x100() -> nn.Sequential:
    """Course document 000, line 77: a 100x100 image into 1000 units."""
    return nn.Sequential(nn.Flatten(), nn.Linear(10_000, 1000))


def mlp_36m() -> nn.Sequential:
    """Course document 001, lines 60-97: 36 million inputs into 100 units."""
    return nn.Sequential(nn.Linear(36_000_000, 100), nn.Sigmoid())
