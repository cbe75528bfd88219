"""ONNX files to specs with the onnx package alone: `file` reads under limits, `graph` makes plain nodes, `translate` words them."""
