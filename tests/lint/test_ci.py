"""The hooks and the action: valid by their published schemas, and their steps run as far as they can without the service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from .schemas import ACTION, HOOKS, SARIF, validate

ROOT = Path(__file__).parents[2]
Write = Callable[[str, str], Path]
GOOD = "cnncalc: 1\ninput: 3x32x32\nlayers:\n  - conv: {filters: 4, kernel: 3, padding: 1}\n  - relu\n"
FAILS = GOOD.replace("kernel: 3", "kernel: 35")


def test_hooks_are_valid_and_their_commands_exist(write: Write) -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    validate(hooks, HOOKS)
    write("specs/x.yaml", GOOD)
    run("cnncalc lock specs/x.yaml", {})
    for hook in hooks:
        assert run(f"{hook['entry']} specs/x.yaml", {}).returncode == 0, hook["id"]


def run(script: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs a script as the hosting service does (bash, stopping at the first failure), with this checkout's cnncalc."""
    shims = Path("shims").absolute()
    shims.mkdir(exist_ok=True)
    for name, line in (
        ("python", f'exec "{sys.executable}" "$@"'),
        ("cnncalc", f'exec "{sys.executable}" -m cnncalc "$@"'),
    ):
        shim = shims / name
        shim.write_text(f"#!/bin/sh\n{line}\n")
        shim.chmod(0o755)
    paths = {"PATH": f"{shims}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, env={**os.environ, **paths, **env}, capture_output=True, text=True, check=False)


@pytest.fixture
def action() -> dict[str, Any]:
    """The action."""
    result: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return result


def test_the_action_is_valid(action: dict[str, Any]) -> None:
    validate(action, ACTION)
    steps = action["runs"]["steps"]
    assert all("run" not in step or step["shell"] == "bash" for step in steps)
    # what a pull request can choose reaches a script only through its environment
    assert not any("${{" in step.get("run", "") for step in steps)


class Service:
    """As much of the hosting service as the steps need: inputs, the files for outputs and the summary."""

    def __init__(self, action: dict[str, Any], **inputs: str) -> None:
        self.steps = {step["name"]: step for step in action["runs"]["steps"]}
        self.values = {name: str(given.get("default", "")) for name, given in action["inputs"].items()} | inputs
        self.output, self.summary = Path("output.txt"), Path("summary.md")
        for file in (self.output, self.summary):
            file.write_text("")

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        """One step."""
        step = self.steps[name]
        env = {key: self._filled(value) for key, value in step.get("env", {}).items()}
        files = {"GITHUB_OUTPUT": str(self.output), "GITHUB_STEP_SUMMARY": str(self.summary)}
        return run(step["run"], {**env, **files})

    def _filled(self, text: str) -> str:
        for name, value in self.values.items():
            text = text.replace(f"${{{{ inputs.{name} }}}}", value)
        for line in self.output.read_text().splitlines():
            key, _, value = line.partition("=")
            text = text.replace(f"${{{{ steps.lint.outputs.{key} }}}}", value)
        return text


@pytest.mark.parametrize(("text", "code"), [(GOOD, 0), (FAILS, 1), ("layers: [", 2)])
def test_the_steps_of_the_action(write: Write, action: dict[str, Any], text: str, code: int) -> None:
    write("specs/x.yaml", text)
    write("specs/odd name.yaml", GOOD)
    service = Service(action, arguments="--select CN001,CN310 --ignore CN9")
    done = service.run("Review the networks")
    assert done.returncode == 0, done.stderr
    assert service.output.read_text() == f"exit-code={code}\n"
    assert service.run("Fail where the review does").returncode == code
    assert "## cnncalc lint" in service.summary.read_text()
    assert ("::error title=" in done.stdout) is (code > 0)
    validate(json.loads(Path("cnncalc.sarif").read_text()), SARIF)


def test_specs_stand_one_per_line_and_are_never_run(write: Write, action: dict[str, Any]) -> None:
    write("a b/x.yaml", GOOD)
    write("c/y.yaml", FAILS)
    service = Service(action, specs="a b\n\nc/*.yaml\n$(touch owned)\n", arguments="--select CN001")
    service.run("Review the networks")
    assert "3 specs: **2 errors**" in service.summary.read_text()
    assert service.output.read_text() == "exit-code=2\n"
    assert not Path("owned").exists()


def test_the_comparison(write: Write, action: dict[str, Any]) -> None:
    identity = "git -c user.name=n -c user.email=e@example.org -c commit.gpgsign=false"
    write("specs/x.yaml", GOOD)
    write("specs/same.yaml", GOOD)
    assert run(f"git init -q; git add specs; {identity} commit -qm first", {}).returncode == 0
    write("specs/x.yaml", GOOD.replace("filters: 4", "filters: 5"))
    write("specs/new.yaml", GOOD)
    service = Service(action, **{"compare-with": "HEAD"})
    done = service.run("Compare with the other revision")
    assert done.returncode == 0, done.stderr
    page = service.summary.read_text()
    assert "| parameters | 112 | 140 | +28 | +25.0 % |" in page
    assert page.count("from **git:HEAD:") == 1
