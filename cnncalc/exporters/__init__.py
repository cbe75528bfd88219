"""From a spec to code and diagrams: torch and Keras source, ONNX, Mermaid, dot, normalised YAML."""
