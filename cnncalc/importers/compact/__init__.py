"""A sketch as a readable Spec: structures become stacks, forks become branches, what repeats becomes blocks.

Every step keeps its place in the order of execution, so every figure stays what it is in the flat form. Knows nothing
of the format that the sketch was read from: the structures around the steps are hints, not more.
"""

from cnncalc.importers.compact.spec import compact

__all__ = ["compact"]
