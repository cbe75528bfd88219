"""PyTorch modules to specs: `trace` exports the module's operations, `translate` words them as layers, `measure` counts.

The only part of the importers that loads torch.
"""
