"""An editor for tests: pygls' own client, which starts `cnncalc lsp` and talks to it over its standard input and output."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.client import LanguageClient

Answer = TypeVar("Answer")
WAIT = 60


class Editor:
    """One client and its server. The protocol's coroutines run in a thread, so that tests are plain functions."""

    def __init__(self, folder: Path, encodings: list[str] | None = None, snippets: bool = True) -> None:
        self.folder = folder
        self.client = LanguageClient("editor", "1")
        self.told: dict[str, list[types.PublishDiagnosticsParams]] = {}
        self.logged: list[str] = []
        self.registered: list[types.Registration] = []
        self._versions: dict[str, int] = {}
        self._loop = asyncio.new_event_loop()
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._listen()
        self.server = self.run(self._begin(encodings, snippets))

    def run(self, job: Coroutine[Any, Any, Answer]) -> Answer:
        """A coroutine's answer."""
        return asyncio.run_coroutine_threadsafe(job, self._loop).result(WAIT)

    def _listen(self) -> None:
        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            with self._news:
                self.told.setdefault(params.uri, []).append(params)
                self._news.notify_all()

        @self.client.feature(types.WINDOW_LOG_MESSAGE)
        def logged(params: types.LogMessageParams) -> None:
            self.logged.append(params.message)

        @self.client.feature(types.CLIENT_REGISTER_CAPABILITY)
        def registered(params: types.RegistrationParams) -> None:
            self.registered += params.registrations

    async def _begin(self, encodings: list[str] | None, snippets: bool) -> types.InitializeResult:
        await self.client.start_io(sys.executable, "-m", "cnncalc", "lsp", cwd=self.folder)
        item = types.ClientCompletionItemOptions(snippet_support=snippets)
        capabilities = types.ClientCapabilities(
            workspace=types.WorkspaceClientCapabilities(
                did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
            ),
            text_document=types.TextDocumentClientCapabilities(
                completion=types.CompletionClientCapabilities(completion_item=item)
            ),
            general=types.GeneralClientCapabilities(position_encodings=encodings) if encodings else None,
        )
        result = await self.client.initialize_async(types.InitializeParams(capabilities, root_uri=self.folder.as_uri()))
        self.client.initialized(types.InitializedParams())
        return result

    # -- documents -------------------------------------------------------------------------------------------------

    def open(self, name: str, text: str) -> list[types.Diagnostic]:
        """Opens a document; its diagnostics."""
        uri = self.uri(name)
        self._versions[uri] = 1
        document = types.TextDocumentItem(uri, "yaml", 1, text)
        self._call(self.client.text_document_did_open, types.DidOpenTextDocumentParams(document))
        return self.wait(name)

    def write(self, name: str, text: str, wait: bool = True) -> list[types.Diagnostic]:
        """Replaces the text of an open document, as typing does; its diagnostics."""
        uri = self.uri(name)
        self._versions[uri] += 1
        document = types.VersionedTextDocumentIdentifier(self._versions[uri], uri)
        change = types.TextDocumentContentChangeWholeDocument(text)
        self._call(self.client.text_document_did_change, types.DidChangeTextDocumentParams(document, [change]))
        return self.wait(name) if wait else []

    def save(self, name: str) -> list[types.Diagnostic]:
        """Tells that a document was saved; the diagnostics that follow."""
        before = len(self.told[self.uri(name)])
        self._call(self.client.text_document_did_save, types.DidSaveTextDocumentParams(self.document(name)))
        with self._news:
            assert self._news.wait_for(lambda: len(self.told[self.uri(name)]) > before, WAIT)
        return list(self.told[self.uri(name)][-1].diagnostics)

    def close(self, name: str) -> None:
        """Closes a document; its diagnostics go."""
        self._call(self.client.text_document_did_close, types.DidCloseTextDocumentParams(self.document(name)))
        with self._news:
            assert self._news.wait_for(lambda: not self.told[self.uri(name)][-1].diagnostics, WAIT)

    def wait(self, name: str) -> list[types.Diagnostic]:
        """The diagnostics of a document's newest version."""
        uri = self.uri(name)
        with self._news:
            arrived = self._news.wait_for(
                lambda: any(one.version == self._versions[uri] for one in self.told.get(uri, ())), WAIT
            )
        assert arrived, (self.logged, self.told)
        return list(self.told[uri][-1].diagnostics)

    def _call(self, notify: Any, params: Any) -> None:
        async def job() -> None:
            notify(params)

        self.run(job())

    def uri(self, name: str) -> str:
        """A document's address."""
        return name if ":" in name else (self.folder / name).as_uri()

    def document(self, name: str) -> types.TextDocumentIdentifier:
        """A document, as requests name it."""
        return types.TextDocumentIdentifier(self.uri(name))

    # -- questions -------------------------------------------------------------------------------------------------

    def complete(self, name: str, line: int, character: int) -> dict[str, types.CompletionItem]:
        """The suggestions at a place, by label, in the order in which an editor shows them."""
        params = types.CompletionParams(self.document(name), types.Position(line, character))
        items = self.run(self.client.text_document_completion_async(params))
        assert isinstance(items, list | tuple)
        return {item.label: item for item in sorted(items, key=lambda item: item.sort_text or item.label)}

    def hover(self, name: str, line: int, character: int) -> str:
        """What is told at a place; empty for nothing."""
        params = types.HoverParams(self.document(name), types.Position(line, character))
        answer = self.run(self.client.text_document_hover_async(params))
        assert answer is None or isinstance(answer.contents, types.MarkupContent)
        return answer.contents.value if answer is not None else ""  # type: ignore[union-attr]

    def actions(self, name: str, where: types.Range, only: list[str] | None = None) -> dict[str, types.CodeAction]:
        """The actions in a range, by title."""
        context = types.CodeActionContext([], only=only)
        params = types.CodeActionParams(self.document(name), where, context)
        found = self.run(self.client.text_document_code_action_async(params)) or []
        return {action.title: action for action in found if isinstance(action, types.CodeAction)}

    def symbols(self, name: str) -> list[types.DocumentSymbol]:
        """The outline."""
        params = types.DocumentSymbolParams(self.document(name))
        return list(self.run(self.client.text_document_document_symbol_async(params)) or [])  # type: ignore[arg-type]

    def definition(self, name: str, line: int, character: int) -> types.Location | None:
        """Where a name leads."""
        params = types.DefinitionParams(self.document(name), types.Position(line, character))
        answer = self.run(self.client.text_document_definition_async(params))
        assert answer is None or isinstance(answer, types.Location)
        return answer

    def hints(self, name: str, first: int, last: int) -> dict[int, str]:
        """The hints at the ends of some lines, by line."""
        where = types.Range(types.Position(first, 0), types.Position(last, 0))
        params = types.InlayHintParams(self.document(name), where)
        found = self.run(self.client.text_document_inlay_hint_async(params)) or []
        return {hint.position.line: str(hint.label) for hint in found}

    def leave(self) -> int | None:
        """Ends the server as the protocol asks; its exit code."""
        self.run(self.client.shutdown_async(None))

        async def end() -> None:
            self.client.exit(None)
            await asyncio.wait_for(self.client.stop(), WAIT)

        self.run(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        process = self.client._server
        return process.returncode if process is not None else None


def applied(text: str, action: types.CodeAction) -> str:
    """A text after an action's edits; columns must count characters (no emoji before them)."""
    assert action.edit is not None
    assert action.edit.changes is not None
    [edits] = action.edit.changes.values()
    lines = text.split("\n")
    offsets = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines) + 1)]
    places = [
        (
            offsets[edit.range.start.line] + edit.range.start.character,
            offsets[edit.range.end.line] + edit.range.end.character,
            edit.new_text,
        )
        for edit in edits
    ]
    for start, end, new in sorted(places, reverse=True):
        text = text[:start] + new + text[end:]
    return text
