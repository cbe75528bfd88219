"""From real models to specs: PyTorch modules, ONNX files, Keras files.

An importer produces a Spec (never a Graph): what was imported can be saved, read, linted and verified like a written one.
"""
