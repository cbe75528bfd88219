"""What eager PyTorch holds, to the byte, without torch: storages, autograd nodes and the engine, simulated.

`machine` runs a layer's operations forward and backward, `network` a whole graph through prediction and a training step,
`trace` keeps who was born and freed in which order. Sizes enter only when a trace is replayed: one trace answers for any
batch. What the figures are used for (views, checks, remedies) does not belong here.
"""
