"""The server: documents come and go, one thread reviews them, every answer is made from the newest text.

A review may take long (a network of 100,000 layers), so it never stands in the way of reading the next key stroke: only
the newest version of a document is reviewed, and completion does not wait for any review.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException, PyglsError
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from cnncalc import __version__
from cnncalc.lint.config import NAMES
from cnncalc.lint.lock import NAME as LOCK
from cnncalc.lsp import actions, outline
from cnncalc.lsp.completion import completion
from cnncalc.lsp.diagnostics import diagnostics, remove_pages
from cnncalc.lsp.document import Document, Studied, fresh_linter
from cnncalc.lsp.hover import hover
from cnncalc.lsp.language import language
from cnncalc.lsp.positions import sound

Answer = TypeVar("Answer")
WATCHED = (*NAMES, LOCK)
"""The files on which reviews depend besides the spec."""


class Server(LanguageServer):
    """The documents that are open, and the one thread that reviews them."""

    def __init__(self) -> None:
        # whole texts: specs are small, and counting columns of an edit in characters that editors and Python count
        # differently is how servers and editors drift apart
        super().__init__("cnncalc", __version__, types.TextDocumentSyncKind.Full)
        self.documents: dict[str, Document] = {}
        self.linter = fresh_linter()
        self.stopped = False
        """Whether the client asked for the end before it left."""
        self._thread = ThreadPoolExecutor(1, "review")
        self._tasks: set[asyncio.Task[None]] = set()

    def report_server_error(self, error: Exception, source: type[PyglsError] | type[JsonRpcException]) -> None:
        """A defect is told to the client's log, not in a window over what the user is typing."""
        message = f"internal error: {type(error).__name__}: {error}"
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, message))

    @property
    def snippets(self) -> bool:
        """Whether the client takes suggestions with places to fill in."""
        text = self.client_capabilities.text_document
        item = text.completion.completion_item if text is not None and text.completion is not None else None
        return bool(item is not None and item.snippet_support)

    # -- documents -------------------------------------------------------------------------------------------------

    def put(self, uri: str, text: str, version: int | None) -> None:
        """A document's newest text; its review begins."""
        encoding = str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding))
        path = to_fs_path(uri) or f"<{uri}>"
        self.documents[uri] = Document(uri, path, sound(text), version, encoding, self.documents.get(uri))
        task = asyncio.ensure_future(self.publish(uri))
        self._tasks.add(task)
        task.add_done_callback(self._published)

    def _published(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self.report_server_error(error, PyglsError)

    def renew(self) -> None:
        """Everything again, after a change of the configuration."""
        self.linter = fresh_linter()
        for uri, document in list(self.documents.items()):
            self.put(uri, document.text, document.version)

    async def publish(self, uri: str) -> None:
        """Sends the diagnostics of a document, if it is still the newest when its turn comes."""
        document = self.documents[uri]
        studied = await self.work(lambda: self._newest(document))
        if studied is None or self.documents.get(uri) is not document:
            return
        found = diagnostics(document, studied)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, document.version))

    def _newest(self, document: Document) -> Studied | None:
        return document.study(self.linter) if self.documents.get(document.uri) is document else None

    async def work(self, job: Callable[[], Answer]) -> Answer:
        """A job's answer, made in the thread that reviews."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, job)

    def shutdown(self) -> None:
        """The end; a review that has not begun is dropped."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        super().shutdown()  # type: ignore[no-untyped-call]


def build() -> Server:
    """The server with everything that it answers."""
    server = Server()

    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        await _watch(server)
        # the first suggestion should not wait for the language to be made out
        await server.work(language)

    @server.feature(types.SHUTDOWN)
    def shutdown(*_: Any) -> None:
        server.stopped = True

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        server.put(document.uri, document.text, document.version)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.put(uri, server.workspace.get_text_document(uri).source, params.text_document.version)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        server.renew()

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.documents.pop(uri, None)
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(params: types.DidChangeWatchedFilesParams) -> None:
        server.renew()

    _answers(server)
    return server


async def _watch(server: Server) -> None:
    """Asks to be told when a configuration or lock file changes, where the client can do that."""
    workspace = server.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace is not None else None
    if watching is None or not watching.dynamic_registration:
        return
    watchers = [types.FileSystemWatcher(f"**/{name}") for name in WATCHED]
    options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
    registration = types.Registration("cnncalc-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
    await server.client_register_capability_async(types.RegistrationParams([registration]))


def _answers(server: Server) -> None:
    """The requests. What needs the review is made in its thread; completion needs the text alone."""
    documents = server.documents

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[" ", "-", "{", "[", ":"])
    )
    def complete(params: types.CompletionParams) -> list[types.CompletionItem]:
        document = documents.get(params.text_document.uri)
        return completion(document, params.position, server.snippets) if document is not None else []

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hovered(params: types.HoverParams) -> types.Hover | None:
        document = documents.get(params.text_document.uri)
        if document is None:
            return None
        return await server.work(lambda: hover(document, params.position, server.linter))

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=actions.KINDS))
    async def acted(params: types.CodeActionParams) -> list[types.CodeAction]:
        document = documents.get(params.text_document.uri)
        if document is None:
            return []
        return await server.work(lambda: actions.actions(document, params.range, params.context.only, server.linter))

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def outlined(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        document = documents.get(params.text_document.uri)
        return await server.work(lambda: outline.symbols(document, server.linter)) if document is not None else []

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def defined(params: types.DefinitionParams) -> types.Location | None:
        document = documents.get(params.text_document.uri)
        return outline.definition(document, params.position) if document is not None else None

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    async def hinted(params: types.InlayHintParams) -> list[types.InlayHint]:
        document = documents.get(params.text_document.uri)
        return (
            await server.work(lambda: outline.hints(document, params.range, server.linter))
            if document is not None
            else []
        )


def serve(source: BinaryIO, sink: BinaryIO) -> int:
    """Serves one client until it leaves; 0 when it said so first, else 1."""
    server = build()
    try:
        server.start_io(source, sink)
    finally:
        remove_pages()
    return 0 if server.stopped else 1
