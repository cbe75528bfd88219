"""A module made of one function, for operations that no class of torch.nn stands for."""

from typing import Any

from torch import Tensor, nn


class Of(nn.Module):
    """A module of one function, which gets the module and its inputs; `parts` are the module's attributes."""

    def __init__(self, function: Any, **parts: Any) -> None:
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)
        self.function = function

    def forward(self, *inputs: Tensor) -> Any:
        return self.function(self, *inputs)
