"""What a run allocates, event by event, from torch's own profiler, which does not disturb the run.

Memory is looked at on two levels. The allocator's: every allocation. The tensors': without what is born and freed inside
one atomic operation, a kernel's scratch (a convolution's reordered operands, say), which depends on the machine.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch.profiler import ProfilerActivity, profile, record_function

RUN = "run "
"""How the profiled runs are marked."""


class Event(NamedTuple):
    """An allocation (bytes > 0) or a release (bytes < 0), and the operations that it happened in, outermost first."""

    bytes: int
    operations: tuple[str, ...]


class Events(NamedTuple):
    """A run: the events of its tensors, and how many bytes the allocator had out at most besides those before it."""

    tensors: tuple[Event, ...]
    allocated: int

    def peak(self, base: int) -> int:
        """The most bytes of tensors alive at once, where `base` bytes are there from the start."""
        return base + _most(event.bytes for event in self.tensors)


class _Raw(NamedTuple):
    time: int
    pointer: int
    bytes: int
    scope: int
    """The atomic operation that it happened in; negative: none."""
    operations: tuple[str, ...]


def record(*runs: Callable[[], Any]) -> list[Events]:
    """The allocations and releases of each run, in order. One session for all, because starting one is slow."""
    with _quiet(), _no_collection(), profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        for number, run in enumerate(runs):
            with record_function(f"{RUN}{number}"):
                run()
    tree = profiler.profiler.kineto_results.experimental_event_tree()
    raw: dict[str, list[_Raw]] = {f"{RUN}{number}": [] for number in range(len(runs))}
    for event in sorted(_walk(tree), key=lambda event: event.time):
        if event.operations and event.operations[0] in raw:
            raw[event.operations[0]].append(event)
    return [_events(part) for part in raw.values()]


@contextmanager
def _quiet() -> Iterator[None]:
    """The profiler's library tells of its start and stop on standard error, unless its first use finds this set."""
    given = "KINETO_LOG_LEVEL" in os.environ
    if not given:
        os.environ["KINETO_LOG_LEVEL"] = "6"
    try:
        yield
    finally:
        if not given:
            os.environ.pop("KINETO_LOG_LEVEL", None)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Garbage of the caller's is not freed in the middle of a run."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _walk(nodes: Any) -> Iterator[_Raw]:
    stack: list[tuple[Any, int, tuple[str, ...]]] = [(node, -1, ()) for node in nodes]
    while stack:
        node, scope, path = stack.pop()
        kind = str(node.typed[0])
        if kind == "_EventType.Allocation":
            fields = node.typed[1]
            yield _Raw(node.start_time_ns, fields.ptr, fields.alloc_size, scope, path)
            continue
        if kind == "_EventType.TorchOp":
            path = (*path, node.name)
            if scope < 0 and atomic(node.name) and not _calls_itself(node):
                scope = id(node)
        stack += [(child, scope, path) for child in node.children]


def _events(raw: list[_Raw]) -> Events:
    born: dict[int, int] = {}
    scratch: set[int] = set()
    foreign: set[int] = set()  # releases of what was there before the run: somebody's garbage, no part of it
    for index, event in enumerate(raw):
        if event.bytes > 0:
            born[event.pointer] = index
        elif event.pointer in born:
            start = born.pop(event.pointer)
            kernel = event.scope >= 0 and raw[start].scope == event.scope
            if kernel or _python_number(raw[start]):
                scratch |= {start, index}
        else:
            foreign.add(index)
    scratch |= foreign
    kept = tuple(Event(one.bytes, one.operations[1:]) for index, one in enumerate(raw) if index not in scratch)
    return Events(kept, _most(event.bytes for index, event in enumerate(raw) if index not in foreign))


def _python_number(event: _Raw) -> bool:
    """Whether it is a Python number (8 bytes) on its way into an operation: made by no operation."""
    return event.bytes == 8 and not any(name.startswith("aten::") for name in event.operations)


def _most(changes: Iterator[int]) -> int:
    most = live = 0
    for change in changes:
        live += change
        most = max(most, live)
    return most


@lru_cache(maxsize=None)
def atomic(name: str) -> bool:
    """Whether an `aten::` operation has a kernel of its own (a composite one only calls others)."""
    namespace, _, base = name.partition("::")
    if namespace != "aten" or getattr(torch.ops.aten, base, None) is None:
        return False
    return False in _kinds(name)


@lru_cache(maxsize=None)
def _kinds(name: str) -> frozenset[bool | None]:
    packet = getattr(torch.ops.aten, name.partition("::")[2])
    ordinary = [overload for overload in packet.overloads() if not overload.endswith("out")]
    return frozenset(_composite(getattr(packet, overload).name()) for overload in ordinary)


def _calls_itself(node: Any) -> bool:
    """Whether it only calls the kernel of the same name: a composite overload, or autocast after casting operands."""
    called = {child.name for child in node.children if str(child.typed[0]) == "_EventType.TorchOp"}
    casts = called == {"aten::to", node.name}
    return node.name in called and (casts or True in _kinds(node.name))


def _composite(name: str) -> bool | None:
    try:
        return bool(torch._C._dispatch_has_kernel_for_dispatch_key(name, "CompositeImplicitAutograd"))
    except RuntimeError:  # an overload of TorchScript's alone
        return None
