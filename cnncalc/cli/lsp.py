"""`cnncalc lsp`: the language server."""

from __future__ import annotations

import gc
import os
import sys
from importlib.util import find_spec

INSTALL = "pip install 'cnncalc[lsp]'"


def lsp() -> None:
    """The language server, which an editor starts: the Language Server Protocol over standard input and output.

    Findings while typing, hover with shapes and figures, quick fixes, completion; docs/editors.md says how to set it up.
    """
    from cnncalc.cli.run import complain
    from cnncalc.core.diagnostic import Diagnostic, SpecError

    if find_spec("pygls") is None:
        problem = Diagnostic("the language server needs pygls, which is not installed", remedy=INSTALL)
        complain([SpecError(problem)])
        sys.exit(2)
    if sys.stdin is None:
        problem = Diagnostic("standard input is closed", remedy="an editor starts cnncalc lsp and talks to it there")
        complain([SpecError(problem)])
        sys.exit(2)
    if sys.stdin.isatty():
        print("cnncalc lsp waits for an editor's messages on standard input; Ctrl+C ends it", file=sys.stderr)
    # short commands do not collect; this one lives as long as the editor
    gc.enable()
    from cnncalc.lsp.server import serve

    # what anything else may print must not get between the messages
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as sink:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        code = serve(sys.stdin.buffer, sink)
    # the review of a huge network may still be running, and nobody waits for it any more
    os._exit(code)
