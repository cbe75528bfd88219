"""The networks by name, each with its input."""

from collections.abc import Callable
from typing import NamedTuple

from torch import nn

from tests.importers.models import branched, mobile, plain, residual

Shape = tuple[int, ...]


class Model(NamedTuple):
    """A network and its inputs' shapes, channels first."""

    build: Callable[[], nn.Module]
    inputs: tuple[Shape, ...]


def _resnet(**options: int) -> Callable[[], nn.Module]:
    return lambda: residual.ResNet(residual.Bottleneck, (2, 2), **options)


MODELS: dict[str, Model] = {
    "lenet": Model(plain.LeNet, ((1, 32, 32),)),
    "alexnet": Model(plain.AlexNet, ((3, 160, 160),)),
    "vgg": Model(plain.VGG, ((3, 64, 64),)),
    "network in network": Model(plain.NetworkInNetwork, ((3, 32, 32),)),
    "audio": Model(plain.Audio, ((1, 8000),)),
    "c3d": Model(plain.C3D, ((3, 8, 32, 32),)),
    "dcgan generator": Model(plain.Generator, ((32,),)),
    "highway": Model(plain.Highway, ((1, 28, 28),)),
    "resnet18": Model(lambda: residual.ResNet(residual.BasicBlock, (2, 2, 2, 2)), ((3, 64, 64),)),
    "resnext": Model(_resnet(groups=32, base=4), ((3, 64, 64),)),
    "se-resnet": Model(_resnet(reduce=16), ((3, 64, 64),)),
    "wide resnet": Model(residual.WideResNet, ((3, 32, 32),)),
    "regnet": Model(residual.RegNet, ((3, 64, 64),)),
    "densenet": Model(lambda: residual.DenseNet(8, (3, 4), 16), ((3, 64, 64),)),
    "squeezenet": Model(residual.SqueezeNet, ((3, 96, 96),)),
    "xception": Model(residual.Xception, ((3, 95, 95),)),
    "mobilenet v1": Model(mobile.MobileNetV1, ((3, 32, 32),)),
    "mobilenet v2": Model(mobile.MobileNetV2, ((3, 64, 64),)),
    "mobilenet v3": Model(mobile.MobileNetV3, ((3, 64, 64),)),
    "mobilenet v3 by hand": Model(lambda: mobile.MobileNetV3(own=True), ((3, 64, 64),)),
    "shufflenet v2": Model(mobile.ShuffleNetV2, ((3, 64, 64),)),
    "mnasnet": Model(mobile.MnasNet, ((3, 64, 64),)),
    "efficientnet": Model(mobile.EfficientNet, ((3, 64, 64),)),
    "convnext": Model(mobile.ConvNeXt, ((3, 64, 64),)),
    "googlenet": Model(branched.GoogLeNet, ((3, 96, 96),)),
    "inception v3": Model(branched.InceptionV3, ((3, 75, 75),)),
    "u-net": Model(branched.UNet, ((1, 64, 64),)),
    "u-net of odd size": Model(lambda: branched.UNet(learned=False), ((1, 60, 52),)),
    "dilated fcn": Model(branched.DilatedFCN, ((3, 64, 64),)),
    "siamese": Model(branched.Siamese, ((3, 32, 32), (3, 32, 32))),
}

RESNET50 = Model(lambda: residual.ResNet(residual.Bottleneck, (3, 4, 6, 3)), ((3, 224, 224),))
RESNET152 = Model(lambda: residual.ResNet(residual.Bottleneck, (3, 8, 36, 3)), ((3, 224, 224),))
DENSENET121 = Model(residual.DenseNet, ((3, 224, 224),))
DENSE_LIST = Model(residual.DenseList, ((3, 32, 32),))
