"""Measures every witness network on device meta and writes figures.json: `python -m tests.witness.figures` from the repository's root.

Parameters are unique parameters, frozen ones included; buffers leave out the step counters of batch norm; MACs are half of what
torch's FlopCounterMode counts in one forward pass in evaluation mode on one image.
"""

import json
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from tests.witness import small
from tests.witness.alexnet import AlexNet
from tests.witness.convnext import ConvNeXtTiny
from tests.witness.densenet import DenseNet
from tests.witness.efficientnet import EfficientNetB0
from tests.witness.googlenet import GoogLeNet
from tests.witness.highway import HighwayMNIST
from tests.witness.inception_v3 import InceptionV3
from tests.witness.inception_v4 import InceptionV4
from tests.witness.lenet5 import LeNet5
from tests.witness.mobilenet import MobileNetV1, MobileNetV2
from tests.witness.nin import NIN
from tests.witness.resnet import ResNet
from tests.witness.shufflenet import ShuffleNetV2
from tests.witness.squeezenet import SqueezeNet
from tests.witness.unet import UNet
from tests.witness.vgg import VGG
from tests.witness.xception import Xception
from tests.witness.zfnet import ZFNet

FIGURES = Path(__file__).with_name("figures.json")

IMAGENET = (3, 224, 224)
NETWORKS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "lenet5": (LeNet5, (1, 32, 32)),
    "mnist-exercise": (small.mnist_exercise, (1, 28, 28)),
    "alexnet": (AlexNet, (3, 227, 227)),
    "alexnet-grouped": (lambda: AlexNet(groups=2), (3, 227, 227)),
    "zfnet": (ZFNet, IMAGENET),
    "nin": (NIN, (3, 32, 32)),
    "vgg-a": (lambda: VGG("a"), IMAGENET),
    "vgg-a-lrn": (lambda: VGG("a", lrn=True), IMAGENET),
    "vgg-b": (lambda: VGG("b"), IMAGENET),
    "vgg-c": (lambda: VGG("c"), IMAGENET),
    "vgg-d": (lambda: VGG("d"), IMAGENET),
    "vgg-e": (lambda: VGG("e"), IMAGENET),
    "googlenet": (GoogLeNet, IMAGENET),
    "googlenet-without-heads": (lambda: GoogLeNet(heads=False), IMAGENET),
    "inception-v3": (InceptionV3, (3, 299, 299)),
    "inception-v3-without-heads": (lambda: InceptionV3(heads=False), (3, 299, 299)),
    "inception-v4": (InceptionV4, (3, 299, 299)),
    "resnet18": (lambda: ResNet((2, 2, 2, 2), "basic"), IMAGENET),
    "resnet34": (lambda: ResNet((3, 4, 6, 3), "basic"), IMAGENET),
    "resnet50": (lambda: ResNet((3, 4, 6, 3)), IMAGENET),
    "resnet101": (lambda: ResNet((3, 4, 23, 3)), IMAGENET),
    "resnet152": (lambda: ResNet((3, 8, 36, 3)), IMAGENET),
    "plain34": (lambda: ResNet((3, 4, 6, 3), "plain"), IMAGENET),
    "highway": (HighwayMNIST, (1, 28, 28)),
    "xception": (Xception, (3, 299, 299)),
    "se-resnet50": (lambda: ResNet((3, 4, 6, 3), "squeeze_excite"), IMAGENET),
    "exercise-200x300": (small.exercise_200x300, (3, 200, 300)),
    "memory-example": (small.memory_example, (3, 150, 100)),
    "mlp-36m": (small.mlp_36m, (36_000_000,)),
    "fc-100x100": (small.fc_100x100, (1, 100, 100)),
    "mobilenet-v1": (MobileNetV1, IMAGENET),
    "mobilenet-v2": (MobileNetV2, IMAGENET),
    "squeezenet": (SqueezeNet, (3, 227, 227)),
    "squeezenet-224": (SqueezeNet, IMAGENET),
    "shufflenet-v2": (ShuffleNetV2, IMAGENET),
    "densenet121": (DenseNet, IMAGENET),
    "resnext50": (lambda: ResNet((3, 4, 6, 3), "resnext"), IMAGENET),
    "unet": (UNet, (1, 572, 572)),
    "efficientnet-b0": (EfficientNetB0, IMAGENET),
    "convnext-tiny": (ConvNeXtTiny, IMAGENET),
}


def measure(build: Callable[[], nn.Module], shape: tuple[int, ...]) -> dict[str, int | list[int]]:
    with torch.device("meta"):
        network = build().eval()
        image = torch.empty(1, *shape)
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        output = network(image)
    parameters = list(network.parameters())
    return {
        "input": list(shape),
        "output": list(output.shape[1:]),
        "params": sum(p.numel() for p in parameters),
        "trainable_params": sum(p.numel() for p in parameters if p.requires_grad),
        "buffers": sum(b.numel() for name, b in network.named_buffers() if not name.endswith("num_batches_tracked")),
        "macs": counter.get_total_flops() // 2,
    }


def main() -> None:
    figures = {name: measure(*row) for name, row in NETWORKS.items()}
    for name, row in figures.items():
        print(f"{name!r}: {row},")
    rows = ",\n".join(f"    {json.dumps(name)}: {json.dumps(row)}" for name, row in figures.items())
    version = torch.__version__.split("+")[0]
    FIGURES.write_text(f'{{\n  "torch": "{version}",\n  "networks": {{\n{rows}\n  }}\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
