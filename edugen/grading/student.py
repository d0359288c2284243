"""The grader's side of the wire: a student's file, whose functions can be called and whose word is not taken.

Whatever goes wrong over there (a missing function, an exception, an endless loop, junk on the wire) becomes a
`StudentError` with a message for the student, and so a failed check.
"""
from __future__ import annotations

import signal
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edugen.grading.process import Limits, Process
from edugen.grading.wire import MAX_NESTED_CALLS, Peer, RemoteFunction, Unsendable, WireError

__all__ = ["Call", "Student", "StudentError", "StudentFunction", "StudentRaised", "describe", "last_call", "plain", "read"]


class StudentError(AssertionError):
    """The submission could not answer.

    `kind` says why: unwritten, missing, not callable, value, raised, exit, timeout, died, junk, file.
    """

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(plain(message))
        self.kind = kind


class StudentRaised(StudentError):
    """The student's code raised an exception, and not the stub's NotImplementedError: `pytest.raises(StudentRaised)`.

    `type` is the exception's name, such as "ValueError", and `text` its message.
    """

    def __init__(self, message: str, type: str, text: str) -> None:
        super().__init__(message, "raised")
        self.type, self.text = type, text


class StudentFunction(RemoteFunction):
    """A function that the student's code returned, or passed to one of ours; call it like any other."""

    def __repr__(self) -> str:
        return self.__name__


@dataclass
class Call:
    """A call and what came back, for the feedback."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    result: list[Any] = field(default_factory=list)         # empty while it runs

    def __str__(self) -> str:
        given = [describe(a) for a in self.args] + [f"{k}={describe(a)}" for k, a in self.kwargs.items()]
        return f"{self.name}({', '.join(given)})" + "".join(f" -> {describe(r)}" for r in self.result)

    def factors(self) -> list[tuple[float, str]]:
        """Numbers that a wrong factor may come from, and what they are: lengths of arrays, and numbers that were passed."""
        given = [(f"argument {i + 1}", a) for i, a in enumerate(self.args)] + list(self.kwargs.items())
        lengths = [(n, f"the length of axis {axis} of {label}") for label, a in given if isinstance(a, np.ndarray)
                   for axis, n in enumerate(a.shape)]
        return lengths + [(float(a), label) for label, a in given if isinstance(a, (int, float)) and abs(a) < 1e300]


last_call: ContextVar[Call | None] = ContextVar("last_call", default=None)


class Student(Peer):
    """A submission, imported in a worker of its own at the first call.

    Parameters
    ----------
    path : file of the submission
    stem : name of the exercise, under which the file is imported; by default the file's own
    limits : what it may use
    process : where the worker comes from; by default a new one
    source : the file's bytes, where they have been read already
    guard : what it may import, by `edugen.grading.guard.rules`; by default everything

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "doubling.py")
    >>> _ = path.write_text("def double(x): return 2 * x")
    >>> with Student(path) as student:
    ...     student.call("double", np.array([1.0, 2.0]))
    array([2., 4.])
    >>> folder.cleanup()
    """

    def __init__(self, path: Path, stem: str | None = None, limits: Limits | None = None,
                 process: Callable[[Limits], Process] = Process, source: bytes | None = None,
                 guard: dict[str, Any] | None = None) -> None:
        self.limits = limits or Limits()
        super().__init__(self.limits.message)
        self.path, self.stem, self.source, self.guard = Path(path), stem or Path(path).stem, source, guard
        self.file = f"{self.stem}.py"
        self.process: Process | None = None
        self.calls: list[Call] = []
        self.over = ""                              # why the worker answers no more
        self._start, self._depth = process, 0
        self._deadline, self._spent = 0.0, 0.0

    def __repr__(self) -> str:
        return "student"

    def __enter__(self) -> Student:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call the student's function `name`. What comes back is a plain array or builtin, or a function to call."""
        return self._log(Call(name, args, kwargs), {"name": name}, (args, kwargs))

    def get(self, name: str) -> Any:
        """The student's constant `name`, or their function as one that can be passed on and called."""
        value = self._ask({"name": name}, None, name)
        if isinstance(value, StudentFunction):
            value.__name__ = name
        return value

    def limit(self, limits: Limits) -> None:
        """New limits, from now on."""
        self.limits, self._spent = limits, 0.0

    def close(self) -> None:
        """Kill the worker."""
        if self.process is not None:
            self.process.kill()
            self.over = self.over or "its worker was closed"

    def printed(self) -> str:
        """What the submission printed, capped."""
        if self.process is None:
            return ""
        text, size = self.process.output()
        for start in ("Stack (most recent call first)", "Current thread 0x", "Fatal Python error: "):
            text = text.partition(start)[0]                 # our own question where it was, not the student's print
        return plain(text, 2000) + (f"\n... ({size:,} bytes in all)" if size > 2000 else "")

    # -- conversation ----------------------------------------------------------------------------------------------

    def _log(self, call: Call, header: dict[str, Any], value: Any) -> Any:
        self.calls = [*self.calls[-1:], call]
        last_call.set(call)
        call.result.append(self._ask(header, value, call.name))
        return call.result[0]

    def call_remote(self, function: RemoteFunction, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self._log(Call(function.__name__, args, kwargs), {"number": function._number}, (args, kwargs))

    def _ask(self, header: dict[str, Any], value: Any, name: str) -> Any:
        if self.over:
            raise StudentError(f"`{name}` was not called: {self.over}", "died")
        if self.process is None:
            source = np.frombuffer(self.source if self.source is not None else read(self.path, self.limits.source), np.uint8)
            self.process = self._start(self.limits)
            self._wake()
            answer, _ = self._converse({"stem": self.stem, "cap": self.limits.message, "guard": self.guard}, source, self.file)
            if answer["op"] == "error":
                self._end(f"{self.file} could not be imported")
                raise unimported(answer, self.file)
        answer, result = self._converse(header, value, name)
        if answer["op"] == "error":
            raise explained(answer, name, self.file)
        return result

    def _wake(self) -> None:
        """Wait until the worker has started, which is not charged to the student."""
        self._deadline = time.monotonic() + self.limits.start
        try:
            self.request({"ready": True}, None)
        except (TimeoutError, EOFError) as error:
            self._end("it did not start")
            raise RuntimeError(f"the worker did not start within {self.limits.start:g} s: {self.printed()}") from error

    def _converse(self, header: dict[str, Any], value: Any, name: str) -> tuple[dict[str, Any], Any]:
        """One question and its answer. Whatever is wrong with the answer ends the worker."""
        outermost, began = self._depth == 0, time.monotonic()
        if outermost:
            self._deadline = began + min(self.limits.seconds, self.limits.total - self._spent)
        self._depth += 1
        try:
            return self.request(header, value)
        except Unsendable as error:
            raise TypeError(f"the check passes {error}") from None
        except TimeoutError:
            place = self._place()
            self._end(f"{name} did not return in time")
            if self.process is not None and self.process.reason:            # its limit says more than the clock
                raise StudentError(f"`{name}` did not return: {self.process.reason}.{place}", "died") from None
            limit = (f"within {self.limits.seconds:g} s" if self._spent + self.limits.seconds <= self.limits.total
                     else f"in time: the calls of one check have {self.limits.total:g} s together")
            raise StudentError(f"`{name}` did not return {limit}.{place}\nDoes a loop never end? Does one go over single "
                               "entries where NumPy could take the whole array?", "timeout") from None
        except EOFError:
            place = self._place()
            self._end(f"the worker ended during {name}")
            raise StudentError(f"`{name}` did not return: {self._ending()}.{place}", "died") from None
        except WireError as error:
            self._end(f"{name} sent something that is not an answer")
            raise StudentError(f"`{name}` sent something that is not an answer ({error}).\nDoes your code write to files "
                               "or pipes that it did not open, or fork?", "junk") from None
        except BaseException:                       # from a function of the check's own, which the student's code called
            if outermost:
                self._end("the check stopped in the middle of a call")
            raise
        finally:
            self._depth -= 1
            if outermost:
                self._spent += time.monotonic() - began

    def exchange(self, frame: bytes) -> tuple[dict[str, Any], memoryview]:
        assert self.process is not None
        return self.process.exchange(frame, self._deadline)

    def serve(self, header: dict[str, Any], value: Any) -> bytes:
        number = header.get("id")
        if type(number) is not int or not isinstance(value, tuple) or list(map(type, value)) != [tuple, dict]:
            raise WireError("a malformed call")
        try:
            if self._depth > MAX_NESTED_CALLS:
                raise RecursionError("the check's functions and yours call each other too deeply")
            return self.pack({"op": "return", "id": number}, self.function(header.get("number"))(*value[0], **value[1]))
        except StudentRaised as error:              # theirs called ours, which called theirs: it passes through
            kind, text = error.type, error.text
        except (AssertionError, WireError) as error:
            if not isinstance(error, Unsendable):
                raise
            kind, text = "TypeError", f"this function returned {error}"
        except Exception as error:
            kind, text = type(error).__name__, str(error)
        return self.pack({"op": "error", "id": number, "type": kind, "text": text[:1000]})

    def _decode(self, node: Any, payload: memoryview, cursor: list[int], depth: int) -> Any:
        value = super()._decode(node, payload, cursor, depth)
        return StudentFunction(self, value._number) if type(value) is RemoteFunction else value

    # -- endings ---------------------------------------------------------------------------------------------------

    def _place(self) -> str:
        """A sentence that says where in the student's file the worker is, or was when it crashed."""
        place = self.process.where(self.file) if self.process is not None else None
        return f" It was at line {place[0]} of {self.file}, in `{place[1]}`." if place else ""

    def _end(self, reason: str) -> None:
        """Kill the worker for good."""
        assert self.process is not None
        self.over = self.over or reason
        self.process.kill()

    def _ending(self) -> str:
        """How the worker ended, as far as it can be told."""
        code, reason = (self.process.code, self.process.reason) if self.process is not None else (None, "")
        if reason:
            return reason
        if code in (None, -9, -getattr(signal, "SIGUSR1", 9)):          # the last when what it became was asked where it is
            return "its process was killed (for want of memory?) or closed the descriptor that it answers on"
        if code == -getattr(signal, "SIGXCPU", 0):
            return f"it used more than {self.limits.cpu} s of processor time"
        if code < 0:
            return f"its process crashed ({next((s.name for s in signal.Signals if s == -code), f'signal {-code}')})"
        return f"its process ended itself with exit code {code} (os._exit?)"


def read(path: Path, cap: int) -> bytes:
    """The bytes of a submission. They are read, never run, on this side."""
    try:
        if path.exists() and not path.is_file():        # a pipe would keep us waiting
            raise StudentError(f"{path.name} is not a file", "file")
        with open(path, "rb") as stream:
            source = stream.read(cap + 1)
    except OSError as error:
        raise StudentError(f"{path.name} could not be read: {error.strerror}", "file") from None
    if len(source) > cap:
        raise StudentError(f"{path.name} has more than {cap:,} bytes", "file")
    return source


def unimported(answer: dict[str, Any], file: str) -> StudentError:
    """Why the student's file could not be imported."""
    kind, text, rows = facts(answer)
    if kind in ("SyntaxError", "IndentationError", "TabError") and not (rows and rows[0][1]):
        where = f"\n  line {rows[0][0]}:  {rows[0][2]}" if rows else ""
        return StudentError(f"{file} is not valid Python: {text}{where}", "file")
    return StudentError(f"{file} could not be imported: {kind}: {text}{trace(rows, file)}", "file")


def explained(answer: dict[str, Any], name: str, file: str) -> StudentError:
    """Why a call gave no value."""
    kind, text, rows = facts(answer)
    match answer.get("kind"):
        case "missing":
            near = answer.get("close")
            hint = f" There is `{near[0]}`: is that it?" if isinstance(near, list) and near else " Was it renamed?"
            return StudentError(f"{file} has no `{name}`.{hint}", "missing")
        case "not callable":
            return StudentError(f"`{name}` in {file} is of type {kind}, not a function. Was the name used twice?", "not callable")
        case "value":
            return StudentError(f"`{name}` returned {text}", "value")
    if kind == "NotImplementedError" and rows and "NotImplementedError" in rows[-1][2]:
        inner = rows[-1][1]
        what = f"`{name}` is" if inner == name else f"`{name}` needs `{inner}`, which is"
        return StudentError(f"{what} not written yet. In {file}, replace `{rows[-1][2]}` with your own lines.", "unwritten")
    if not text and kind == "AssertionError" and rows:
        text = rows[-1][2]
    where = trace(rows, file)
    if kind in ("SystemExit", "KeyboardInterrupt", "GeneratorExit"):
        return StudentError(f"`{name}` left by {kind} instead of returning (sys.exit?){where}", "exit")
    return StudentRaised(f"`{name}` raised {kind}: {text}{where}", kind, text)


def facts(answer: dict[str, Any]) -> tuple[str, str, list[tuple[Any, str, str]]]:
    """Exception name, message and the student's lines from an error message, which may hold anything."""
    rows = answer.get("lines")
    kept = [(row[0] if type(row[0]) is int else "", plain(str(row[1]), 80), plain(str(row[2]), 200))
            for row in (rows[:10] if isinstance(rows, list) else []) if isinstance(row, list) and len(row) == 3]
    return plain(str(answer.get("type", "")), 80), plain(str(answer.get("text", "")), 1000), kept


def trace(rows: list[tuple[Any, str, str]], file: str) -> str:
    """The student's own lines of a traceback."""
    return "".join(f"\n  {file}, line {n}, in {name}\n      {line}" if n else f"\n  {name}" for n, name, line in rows)


def describe(value: Any, inside: bool = False) -> str:
    """A value in a few words: small ones as they are, arrays (and all that are inside something) by shape and dtype."""
    if isinstance(value, np.ndarray):
        if value.size <= 4 and value.ndim < 2 and not inside:
            return f"array({np.array2string(value, separator=', ', threshold=8)})"
        return f"array {value.shape} {value.dtype}"
    if isinstance(value, (list, tuple)):
        opening, closing = "[]" if isinstance(value, list) else "()"
        items = ", ".join(describe(v, True) for v in value[:4])
        return f"{opening}{items}{closing}" if len(value) <= 4 else f"{type(value).__name__} of {len(value)}"
    if isinstance(value, dict):
        pairs = [f"{k!r}: {describe(v, True)}" for k, v in list(value.items())[:4]] + ["..."] * (len(value) > 4)
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, np.generic):
        return describe(value.item())
    if callable(value):
        return f"function {getattr(value, '__name__', '')}".strip()
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def plain(text: str, limit: int = 8000) -> str:
    """Text that is safe to print: no terminal escapes or lone surrogates, and capped."""
    text = text.encode("utf-8", "replace").decode()
    text = "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text[:limit + 1])
    return text if len(text) <= limit else text[:limit] + " ..."
