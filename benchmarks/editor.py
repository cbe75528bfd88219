"""`cnncalc lsp`: what a key stroke costs on a large spec, over standard input and output as an editor sees it.

python benchmarks/editor.py [--spec specs/resnet152.yaml] [--strokes 30]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from measure import ROOT, slowness, table


class Client:
    """The protocol by hand: messages with their lengths."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "cnncalc", "lsp"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
        self._numbers = count(1)

    def send(self, method: str, params: dict[str, Any], number: int | None = None) -> None:
        """A notification, or a request where it has a number."""
        own = {} if number is None else {"id": number}
        body = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **own}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def read(self) -> dict[str, Any]:
        """The next message."""
        assert self.process.stdout is not None
        length = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return message

    def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """A request's answer; what comes between is passed over."""
        number = next(self._numbers)
        self.send(method, params, number)
        while (message := self.read()).get("id") != number:
            pass
        return message

    def until_told(self, version: int) -> None:
        """Waits for the diagnostics of a version."""
        while (message := self.read()).get("params", {}).get("version") != version:
            assert "error" not in message, message


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spec", default="specs/resnet152.yaml")
    parser.add_argument("--strokes", type=int, default=30)
    options = parser.parse_args()
    path = (ROOT / options.spec).resolve()
    text, uri = path.read_text(encoding="utf-8"), path.as_uri()
    start = time.perf_counter()
    client = Client()
    client.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    client.send("initialized", {})
    document = {"uri": uri, "languageId": "yaml", "version": 0, "text": text}
    client.send("textDocument/didOpen", {"textDocument": document})
    client.until_told(0)
    rows = [["start to first findings", f"{1e3 * (time.perf_counter() - start):.0f}", ""]]
    here = {
        "textDocument": {"uri": uri},
        "position": {"line": text[: text.index("- conv")].count("\n"), "character": 5},
    }
    for name, job in (("findings", "told"), ("completion", "textDocument/completion"), ("hover", "textDocument/hover")):
        times = []
        for number in range(1, options.strokes + 1):
            version = number if job == "told" else 1_000_000 + number
            typed = f"{text}# {number}\n"
            before = time.perf_counter()
            edit = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": typed}]}
            client.send("textDocument/didChange", edit)
            if job == "told":
                client.until_told(version)
            else:
                client.ask(job, here)
            times.append(1e3 * (time.perf_counter() - before))
        rows.append([f"key stroke to {name}", f"{median(times):.1f}", f"{max(times):.1f}"])
    client.process.kill()
    print(f"{Path(options.spec).stem}; this machine is {slowness():.2f} times slower than the one of the limits")
    print(table(["", "median ms", "worst ms"], rows))


if __name__ == "__main__":
    main()
