"""Keras source in the functional style, channels last: a function per block, no dependency on this package."""
