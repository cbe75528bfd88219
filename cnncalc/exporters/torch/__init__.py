"""PyTorch source: a class per block, no dependency on this package."""
