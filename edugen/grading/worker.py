"""The student's side of the wire: a process that imports one file and does what the grader asks of it.

It is started by path (`python -I worker.py`) in an empty folder with a clean environment, and is thrown away after one
check. It can lie about values and about nothing else: it never sees an expected value and never reports a verdict, and
the grader believes neither its exit code nor its word (`edugen.grading.student` reads every answer as hostile).

What it may use is limited, and it is ended, by `edugen.grading.supervisor`; what it may reach depends on the tier
(`edugen.grading.isolation`): at the tier `process` alone, it can read and write what the grader's user can.
"""
from __future__ import annotations

import difflib
import faulthandler
import importlib.util
import io
import linecache
import os
import signal
import sys
import threading
import traceback
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edugen.grading import guard, wire
else:
    def sibling(name: str) -> types.ModuleType:
        """A neighbor loaded by path: the worker does not import edugen for itself, for that takes a student's time."""
        spec = importlib.util.spec_from_file_location(f"edugen_{name}", Path(__file__).with_name(f"{name}.py"))
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    guard, wire = sibling("guard"), sibling("wire")

__all__ = ["CourseFinder", "Worker", "main"]

MAX_LINES, MAX_LINE = 8, 400
SAME = {kind.__name__: kind for kind in (       # exceptions that pass from the check's functions to the student's code
    ArithmeticError, AttributeError, FloatingPointError, IndexError, KeyError, LookupError, NotImplementedError, OverflowError,
    RecursionError, RuntimeError, StopIteration, TypeError, ValueError, ZeroDivisionError)}


class CourseFinder:
    """Finds the edugen that the grader itself runs, wherever it is installed."""

    root = Path(__file__).parent.parent

    @classmethod
    def find_spec(cls, name: str, path: Any = None, target: Any = None) -> Any:
        """Where the package lies; its modules are then found inside it."""
        if name != cls.root.name:
            return None
        return importlib.util.spec_from_file_location(name, cls.root / "__init__.py",
                                                      submodule_search_locations=[str(cls.root)])


class Worker(wire.Peer):
    """Serves calls of a student's functions, one at a time."""

    def __init__(self, wire_end: io.FileIO | io.RawIOBase) -> None:
        super().__init__(cap=1 << 40)               # the grader says what it accepts when it loads the file
        self.wire_end = wire_end
        self.module = types.ModuleType("unloaded")
        self.file = ""
        self.thread = threading.get_ident()

    def run(self) -> None:
        """Answer until the grader hangs up."""
        header, payload = wire.read_frame(self.wire_end.readinto, self.cap)
        while True:
            header, payload = self.exchange(self.serve(*self.unpack(header, payload)))

    def exchange(self, frame: bytes) -> tuple[dict[str, Any], memoryview]:
        for name in ("stdout", "stderr"):
            try:
                getattr(sys, name).flush()
            except BaseException:                   # the student may have put anything there
                pass
        view = memoryview(frame)
        while view:
            view = view[self.wire_end.write(view):]
        return wire.read_frame(self.wire_end.readinto, self.cap)

    def serve(self, header: dict[str, Any], value: Any) -> bytes:
        number, name = header["id"], header.get("name", "")
        try:
            if "ready" in header:
                result = None
            elif "stem" in header:
                self.cap = header["cap"]
                self.load(header["stem"], bytes(value), header["guard"])
                result = None
            elif "number" in header:
                result = self.function(header["number"])(*value[0], **value[1])
            elif not hasattr(self.module, name):
                return self.error(number, "missing", close=difflib.get_close_matches(name, self.functions(), 1))
            elif value is None:
                result = getattr(self.module, name)
            elif not callable(getattr(self.module, name)):
                return self.error(number, "not callable", type=type(getattr(self.module, name)).__name__)
            else:
                result = getattr(self.module, name)(*value[0], **value[1])
        except EOFError as error:
            if self.hung_up(error):
                raise
            return self.raised(number, error)
        except BaseException as error:              # SystemExit and KeyboardInterrupt too: this worker goes on
            return self.raised(number, error)
        try:
            return self.pack({"op": "return", "id": number}, result)
        except wire.Unsendable as error:
            return self.error(number, "value", text=str(error))
        except BaseException as error:              # a property or a subclass of the student's, while being read
            return self.raised(number, error)

    def load(self, stem: str, source: bytes, rules: dict[str, Any] | None) -> None:
        """Run the student's file as the module `stem`. Its lines are kept for tracebacks."""
        self.file = f"{stem}.py"
        try:
            text = importlib.util.decode_source(source)
        except UnicodeDecodeError as error:
            raise SyntaxError(f"its bytes are not text in UTF-8 ({error})") from None
        linecache.cache[self.file] = (len(text), None, text.splitlines(True), self.file)
        self.module = sys.modules[stem] = types.ModuleType(stem)
        self.module.__file__ = self.file
        if rules is not None:
            guard.Guard(self.module.__dict__, **rules).install()
        exec(compile(source, self.file, "exec", dont_inherit=True), self.module.__dict__)

    def functions(self) -> list[str]:
        """Names of what the student defined."""
        return [name for name, value in vars(self.module).items() if getattr(value, "__module__", "") == self.module.__name__]

    def call_remote(self, function: wire.RemoteFunction, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if threading.get_ident() != self.thread:
            raise RuntimeError("a function that the check gave you can only be called from the main thread")
        try:
            header, value = self.request({"number": function._number}, (args, kwargs))
        except wire.Unsendable as error:
            raise TypeError(f"a function that the check gave you was called with {error}") from None
        if header["op"] == "error":
            raise SAME.get(header["type"], RuntimeError)(header["text"])
        return value

    @staticmethod
    def hung_up(error: BaseException) -> bool:
        """Whether the end of file is the wire's, and not the student's own (`input()` in a file that has no keyboard)."""
        frames = traceback.extract_tb(error.__traceback__)
        return bool(frames) and frames[-1].filename == wire.__file__

    def raised(self, number: int, error: BaseException) -> bytes:
        """What an exception says, and the student's own lines that led to it."""
        try:
            text, rows = self.account(error)
            return self.error(number, "raised", type=type(error).__name__, text=text, lines=rows)
        except BaseException:                       # a property or a subclass of the student's, while being read
            return self.error(number, "raised", type="an exception", text="(it could not be read)", lines=[])

    def account(self, error: BaseException) -> tuple[str, list[tuple[int | None, str, str]]]:
        """The message of an exception, and number, function and text of each of the student's lines, no longer than is shown."""
        try:
            text = str(error)
        except BaseException:
            text = "(its message could not be read)"
        frames = traceback.extract_tb(error.__traceback__)
        rows: list[tuple[int | None, str, str]] = [
            (f.lineno, f.name, (f.line or "")[:MAX_LINE]) for f in frames if f.filename == self.file]
        if isinstance(error, SyntaxError) and error.filename == self.file:
            text, rows = error.msg, [(error.lineno, "", (error.text or "").strip()[:MAX_LINE])]
        if len(rows) > MAX_LINES:
            rows = [*rows[:3], (None, f"({len(rows) - 6} more)", ""), *rows[-3:]]
        return text[:4000], rows

    def error(self, number: int, kind: str, **facts: Any) -> bytes:
        return self.pack({"op": "error", "id": number, "kind": kind, **facts})


def main() -> None:
    """Take descriptor 0 as a private wire, point the usual ones elsewhere, and serve."""
    if os.name == "posix":
        wire_end: Any = io.FileIO(os.dup(0), "r+")
    else:
        import socket
        wire_end = socket.fromshare(sys.stdin.buffer.read()).makefile("rwb", buffering=0)     # type: ignore[attr-defined]
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)                                   # what the student prints goes where its errors go, in order
    faulthandler.enable(file=2)                     # a crash names the student's line
    if hasattr(signal, "SIGUSR1"):
        faulthandler.register(signal.SIGUSR1, file=2, all_threads=False)    # the grader asks: where are you now?
    sys.meta_path.insert(0, CourseFinder)
    try:
        Worker(wire_end).run()
    except (EOFError, ConnectionError):
        os._exit(0)                                 # the grader hung up: nothing of the student's runs any more


if __name__ == "__main__":
    main()
