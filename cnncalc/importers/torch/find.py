"""`MODULE:CALLABLE` to a torch module: imports the user's code, which runs it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

from torch import nn

from cnncalc.core.diagnostic import Diagnostic, SpecError, did_you_mean
from cnncalc.spec.yaml import resolve

_PICKLES = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".safetensors")


def find(target: str, call_args: str = "") -> nn.Module:
    """The module that `package.models:resnet` or `models.py:Net` names, called with the arguments where it is no module.

    Raises SpecError with what is wrong.
    """
    place, colon, name = target.rpartition(":")
    if not colon or not place or not name:
        if target.endswith(_PICKLES):
            raise _pickle(target)
        raise _wrong(target, "expected MODULE:CALLABLE", "write models.py:Net or torchvision.models:resnet18")
    if place.endswith(_PICKLES):
        raise _pickle(place)
    found = _attribute(_code(place), place, name)
    if isinstance(found, nn.Module):
        if call_args:
            raise _wrong(target, "is a module already and takes no --call-args", "leave out --call-args")
        return found
    if not callable(found):
        raise _wrong(target, f"is a {type(found).__name__}", "name a function, a class or a module")
    try:
        module = found(**arguments(call_args))
    except Exception as error:
        raise _failed(f"calling {target}({call_args})", error) from None
    if not isinstance(module, nn.Module):
        raise _wrong(f"{target}({call_args})", f"gives a {type(module).__name__}", "it must give a torch.nn.Module")
    return module


def _code(place: str) -> Any:
    try:
        if place.endswith(".py") or "/" in place:
            return _file(Path(place))
        sys.path.insert(0, "")
        try:
            return importlib.import_module(place)
        finally:
            sys.path.remove("")
    except SpecError:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise _failed(f"importing {place}", error) from None


def _file(path: Path) -> Any:
    if not path.is_file():
        raise _wrong(str(path), "is no file", "name a Python file, or a module as package.name")
    name = path.stem if path.stem not in sys.modules else f"_imported_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise _wrong(str(path), "is no Python file", "name a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    # the file may import its neighbours, and its classes must be findable
    sys.modules[name] = module
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent.resolve()))
    return module


def _attribute(code: Any, place: str, name: str) -> Any:
    found = code
    for part in name.split("."):
        if not hasattr(found, part):
            known = [word for word in vars(code) if not word.startswith("_")] if hasattr(code, "__dict__") else []
            raise _wrong(place, f"has no {name}", did_you_mean(part, known))
        found = getattr(found, part)
    return found


def arguments(text: str) -> dict[str, Any]:
    """`num_classes=10, pretrained=false` as keyword arguments; values as in a spec.

    >>> arguments("depth=18, bias=false, kind=basic")
    {'depth': 18, 'bias': False, 'kind': 'basic'}
    """
    found: dict[str, Any] = {}
    for part in text.split(",") if text.strip() else []:
        name, equals, value = part.partition("=")
        if not equals or not name.strip().isidentifier():
            remedy = "write --call-args num_classes=10,width=0.5"
            raise SpecError(
                Diagnostic(f"--call-args {part.strip()} cannot be read", expected="name=value", remedy=remedy)
            )
        found[name.strip()] = resolve(value.strip())
    return found


def _wrong(what: str, why: str, remedy: str) -> SpecError:
    return SpecError(Diagnostic(f"{what} {why}", remedy=remedy))


def _pickle(name: str) -> SpecError:
    why = "holds weights, not the network's structure (and a pickled module would run code when it is read)"
    return _wrong(name, why, "name the code that builds the network: models.py:Net")


def _failed(what: str, error: BaseException) -> SpecError:
    text = next((line for line in str(error).splitlines() if line.strip()), "").strip()
    place, trace = "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file != __file__ and not file.startswith("<"):
            place = f" ({file}:{trace.tb_lineno})"
        trace = trace.tb_next
    return SpecError(Diagnostic(f"{what} fails: {type(error).__name__}: {text}{place}"))
