"""Memory of a run on device meta, where nothing is allocated: a ledger of the tensors that operations would have made.

A dispatch mode sees every result, and a weak reference to its storage says when it goes. An active mode changes one thing
about the run: where gradients meet, torch never adds in place. What is predicted for such a run has to know that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from weakref import finalize

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

CONVS = ("conv", "conv1d", "conv2d", "conv3d")
OTHERWISE: tuple[tuple[str, Callable[[Any, Tensor], bool], str], ...] = (
    ("mish", lambda layer, x: True, "its backward pass is put together from several operations"),
    ("dense", lambda layer, x: x.dim() > 2, "a product along an axis of a map takes another way"),
    ("maxpool", lambda layer, x: x.dim() == 3, "a signal's prediction makes indices, too"),
    ("batchnorm", lambda layer, x: not x.requires_grad, "it makes a gradient of its input that nobody asked for"),
    ("instancenorm", lambda layer, x: not x.requires_grad, "it makes a gradient of its input that nobody asked for"),
    *((kind, lambda layer, x: layer.connections is not None, "picking channels makes other tensors") for kind in CONVS),
)
"""Kinds for which torch makes other tensors on device meta than on a CPU, when, and which: found by measuring both."""
NORMS = ("native_batch_norm", "_native_batch_norm_legit_no_training", "cudnn_batch_norm")


class Ledger(TorchDispatchMode):
    """Counts the bytes of storages that are made inside it and still alive."""

    def __init__(self, resident: Iterable[Tensor]) -> None:
        super().__init__()
        self.known = {tensor.untyped_storage()._cdata for tensor in resident}
        self.live = 0
        self.most = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Runs the operation and enters what it made."""
        result = func(*args, **(kwargs or {}))
        made = [one for one in tree_leaves(result) if isinstance(one, Tensor) and one.is_meta]
        if func.overloadpacket.__name__ in NORMS and not _trains(func, args):
            made = made[:1]  # on a real device a norm that does not train makes no statistics
        for tensor in made:
            self._enter(tensor)
        self.most = max(self.most, self.live)
        return result

    def _enter(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key not in self.known:
            self.known.add(key)
            self.live += size
            finalize(storage, self._leave, key, size)

    def _leave(self, key: int, size: int) -> None:
        self.known.discard(key)
        self.live -= size


def _trains(func: Any, args: Any) -> bool:
    names = [argument.name for argument in func._schema.arguments]
    return "training" in names and bool(args[names.index("training")])


def otherwise(kind: str, layer: Any, x: Tensor) -> str:
    """Why a layer on this input holds other tensors on device meta than on a real one; empty where it does not."""
    return next((why for name, applies, why in OTHERWISE if name == kind and applies(layer, x)), "")


def most(run: Callable[[], Any], resident: Iterable[Tensor]) -> int:
    """The most bytes alive at once during a run on device meta, besides those of `resident`."""
    with Ledger(resident) as ledger:
        run()
    return ledger.most
