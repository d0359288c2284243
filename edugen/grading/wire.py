"""The wire between the grader and a worker: capped frames of a small JSON header and the raw bytes of arrays.

A frame is a magic word, two lengths, a header and the arrays' bytes in the order in which the header names them. Nothing is
unpickled and no name is looked up from the wire: what arrives is None, a bool, int, float, complex, str, a plain ndarray
of an allow-listed dtype, a list, tuple or dict of these, or a function *handle* (a number).

Functions go by handle both ways. The two ends are peers that speak in turn: each message is a call or the answer to the
innermost open call, so the student's code can call back while its own call runs.

The worker loads this file by its path, without importing edugen: it imports only NumPy and the standard library.
"""
from __future__ import annotations

import itertools
import json
import math
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["DTYPES", "MAX_DEPTH", "MAX_HEADER", "Peer", "RemoteFunction", "Unsendable", "WireError", "read_frame"]

ReadInto = Callable[[memoryview], int]      # fills the front of a buffer and says how far; 0 at the end
MAGIC = b"edu\x01"
PREFIX = struct.Struct("<4sIQ")     # magic, bytes of the header, bytes of the arrays
MAX_HEADER = 4 << 20
MAX_DEPTH = 32
MAX_NESTED_CALLS = 16
DTYPES = {name: np.dtype(name) for name in (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "complex64", "complex128")}
NAMES = {dtype: name for name, dtype in DTYPES.items()}             # dtype.name costs ten times as much
encode = json.JSONEncoder(separators=(",", ":")).encode


class WireError(ValueError):
    """Bytes that are not what they claim to be."""


class Unsendable(WireError):
    """A value that has no place on the wire; the message completes "it returned ..."."""


def read_exactly(readinto: ReadInto, size: int) -> bytearray:
    """Read `size` bytes; EOFError if the other side ends first."""
    data = bytearray(size)
    view, done = memoryview(data), 0
    while done < size:
        n = readinto(view[done:])
        if not n:
            raise EOFError("the other side closed the wire")
        done += n
    return data


def read_frame(readinto: ReadInto, cap: int) -> tuple[dict[str, Any], memoryview]:
    """Header and payload of the next frame. Lengths are checked before anything is allocated."""
    magic, n_header, n_payload = PREFIX.unpack(read_exactly(readinto, PREFIX.size))
    if magic != MAGIC:
        raise WireError("these bytes are not a frame")
    if n_header > MAX_HEADER or n_payload > cap:
        raise WireError(f"a frame of {n_header} + {n_payload} bytes; at most {MAX_HEADER} + {cap} are allowed")
    body = memoryview(read_exactly(readinto, n_header + n_payload))
    try:
        header = json.loads(bytes(body[:n_header]))
    except (ValueError, RecursionError) as error:
        raise WireError(f"the header is not JSON: {error}") from None
    if not isinstance(header, dict):
        raise WireError("the header is not an object")
    return header, body[n_header:]


class RemoteFunction:
    """A function of the other side: calling it sends a message there and waits for the answer."""

    def __init__(self, peer: Peer, number: int) -> None:
        self._peer, self._number = peer, number
        self.__name__ = "function"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._peer.call_remote(self, args, kwargs)


class Peer(ABC):
    """One end of the wire. A subclass says how frames travel (`exchange`) and what a call to it does (`serve`)."""

    def __init__(self, cap: int) -> None:
        self.cap = cap
        self._functions: list[Callable[..., Any]] = []      # ours, which the other side may call by their index
        self._numbers: dict[int, int] = {}                  # id of a function of ours -> its index
        self._questions = itertools.count(1)

    @abstractmethod
    def exchange(self, frame: bytes) -> tuple[dict[str, Any], memoryview]:
        """Send a frame and return the one that comes back."""

    @abstractmethod
    def serve(self, header: dict[str, Any], value: Any) -> bytes:
        """Do what a call asks for and return the answer as a frame."""

    @abstractmethod
    def call_remote(self, function: RemoteFunction, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function of the other side."""

    def request(self, header: dict[str, Any], value: Any) -> tuple[dict[str, Any], Any]:
        """Ask, serve whatever the other side calls meanwhile, and return the answer's header and value."""
        number = next(self._questions)
        answer, result = self.unpack(*self.exchange(self.pack({**header, "op": "call", "id": number}, value)))
        while answer["op"] == "call":
            answer, result = self.unpack(*self.exchange(self.serve(answer, result)))
        if answer.get("id") != number:
            raise WireError("an answer to a question that was not asked")
        return answer, result

    def function(self, number: Any) -> Callable[..., Any]:
        """Our own function with this handle."""
        if type(number) is not int or not 0 <= number < len(self._functions):
            raise WireError("a handle that was never given out")
        return self._functions[number]

    # -- values to frames ------------------------------------------------------------------------------------------

    def pack(self, header: dict[str, Any], value: Any = None) -> bytes:
        """A whole frame; Unsendable if the value cannot be sent."""
        chunks: list[bytes] = []
        node = self._encode(value, chunks, 0)
        try:
            raw = encode({**header, "value": node}).encode()
        except ValueError as error:                                     # an int of more than 4,300 digits
            raise Unsendable(str(error)) from None
        size = sum(map(len, chunks))
        if len(raw) > MAX_HEADER:
            raise Unsendable(f"too much data outside of arrays: {len(raw):,} bytes, and at most {MAX_HEADER:,} fit "
                             "(long lists of numbers fit better as arrays)")
        if size > self.cap:
            raise Unsendable(f"too much data: {size:,} bytes of arrays, and at most {self.cap:,} fit")
        return b"".join([PREFIX.pack(MAGIC, len(raw), size), raw, *chunks])

    def _encode(self, value: Any, chunks: list[bytes], depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise Unsendable(f"lists nested more than {MAX_DEPTH} deep, or a list that contains itself")
        if value is None or isinstance(value, (bool, np.bool_)):
            return None if value is None else bool(value)
        if isinstance(value, (int, np.integer)):
            return int(value)
        if isinstance(value, float):
            return float(value)
        if isinstance(value, str):
            return str(value)
        if isinstance(value, complex):
            return {"c": [value.real, value.imag]}
        if isinstance(value, (np.ndarray, np.generic)):
            return self._encode_array(np.asarray(value), chunks)
        if isinstance(value, (list, tuple)):
            return {"t" if isinstance(value, tuple) else "l": [self._encode(v, chunks, depth + 1) for v in value]}
        if isinstance(value, dict):
            return {"d": [[self._encode_key(k), self._encode(v, chunks, depth + 1)] for k, v in value.items()]}
        if isinstance(value, RemoteFunction) and value._peer is self:
            return {"y": value._number}                                 # yours: it goes home as itself
        if callable(value):
            if id(value) not in self._numbers:
                self._numbers[id(value)] = len(self._functions)
                self._functions.append(value)                           # kept alive, so its id stays its own
            return {"f": self._numbers[id(value)]}
        raise Unsendable(f"a value of type {type(value).__name__}{_advice(value)}; "
                        "arrays, numbers, strings, None, and lists, tuples and dicts of these can be sent")

    @staticmethod
    def _encode_array(array: np.ndarray, chunks: list[bytes]) -> Any:
        name = NAMES.get(array.dtype) or NAMES.get(array.dtype.newbyteorder("="))
        if name is None:
            raise Unsendable(f"an array of dtype {array.dtype}" + (
                " (rows of different lengths, or None among the numbers?)" if array.dtype == object else "")
                + "; numbers and booleans can be sent")
        chunks.append(np.asarray(array, dtype=DTYPES[name]).tobytes())                  # native byte order, C order
        return {"a": [name, list(array.shape)]}

    @staticmethod
    def _encode_key(key: Any) -> Any:
        if key is None or isinstance(key, (bool, int, float, str, np.bool_, np.integer)):
            return key.item() if isinstance(key, np.generic) else key
        raise Unsendable(f"a dict with a key of type {type(key).__name__}; strings and numbers can be keys")

    # -- frames to values ------------------------------------------------------------------------------------------

    def unpack(self, header: dict[str, Any], payload: memoryview) -> tuple[dict[str, Any], Any]:
        """Header and value of a frame; WireError unless every byte is accounted for."""
        if header.get("op") not in ("call", "return", "error"):
            raise WireError("a message of no known kind")
        cursor = [0]
        try:
            value = self._decode(header.pop("value", None), payload, cursor, 0)
        except (TypeError, AttributeError, LookupError, ArithmeticError, ValueError, RecursionError, MemoryError) as error:
            raise error if isinstance(error, WireError) else WireError(f"a malformed value: {error}") from None
        if cursor[0] != len(payload):
            raise WireError(f"{len(payload)} bytes where {cursor[0]} were announced")
        return header, value

    def _decode(self, node: Any, payload: memoryview, cursor: list[int], depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise WireError(f"values nested more than {MAX_DEPTH} deep")
        if node is None or isinstance(node, (bool, int, float, str)):
            return node
        (kind, body), = node.items()
        if kind in ("l", "t"):
            items = [self._decode(n, payload, cursor, depth + 1) for n in body]
            return items if kind == "l" else tuple(items)
        if kind == "d":
            if not all(k is None or isinstance(k, (bool, int, float, str)) for k, _ in body):
                raise WireError("a dict with an unknown kind of key")
            return {k: self._decode(n, payload, cursor, depth + 1) for k, n in body}
        if kind == "c":
            return complex(float(body[0]), float(body[1]))
        if kind == "a":
            return self._decode_array(body, payload, cursor)
        if kind == "f":
            if type(body) is not int or body < 0:
                raise WireError("a handle that is not a number")
            return RemoteFunction(self, body)
        if kind == "y":
            return self.function(body)
        raise WireError("a value of no known kind")

    @staticmethod
    def _decode_array(body: list[Any], payload: memoryview, cursor: list[int]) -> np.ndarray:
        name, shape = body
        dtype = DTYPES[name]
        if len(shape) > 32 or any(type(n) is not int or n < 0 for n in shape) or math.prod(max(n, 1) for n in shape) > 1 << 40:
            raise WireError("an array with an impossible shape")
        start, size = cursor[0], math.prod(shape) * dtype.itemsize
        if start + size > len(payload):
            raise WireError("an array with fewer bytes than its shape says")
        cursor[0] = start + size
        raw = payload[start:start + size]
        if name == "bool":                                              # any other byte would be a third truth value
            return (np.frombuffer(raw, np.uint8) != 0).reshape(shape)
        return np.frombuffer(raw, dtype).reshape(shape).copy()


def _advice(value: Any) -> str:
    """What to do about a value that cannot be sent."""
    if isinstance(value, (set, frozenset, range)) or hasattr(value, "__next__"):
        return " (make it a list: list(...))"
    if isinstance(value, bytes):
        return " (make it a string: .decode())"
    return ""
