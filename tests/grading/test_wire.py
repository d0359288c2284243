"""The wire: what goes in comes out, and nothing else does."""
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edugen.grading import wire
from edugen.grading.wire import DTYPES, MAGIC, MAX_HEADER, PREFIX, Peer, RemoteFunction, Unsendable, WireError


class Echo(Peer):
    """An end whose other end sends everything back."""

    def __init__(self):
        super().__init__(cap=1 << 20)

    def exchange(self, frame):
        return received(frame)

    def serve(self, header, value):
        raise NotImplementedError

    def call_remote(self, function, args, kwargs):
        raise NotImplementedError


def received(frame, cap=1 << 20):
    rest = [memoryview(frame)]

    def readinto(view):
        n = min(len(view), len(rest[0]))
        view[:n], rest[0] = rest[0][:n], rest[0][n:]
        return n
    return wire.read_frame(readinto, cap)


def there_and_back(value, peer=None):
    peer = peer or Echo()
    return peer.unpack(*received(peer.pack({"op": "return"}, value)))[1]


def same(a, b):
    if isinstance(b, np.ndarray):
        return type(a) is np.ndarray and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(b, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(b, dict):
        return type(a) is dict and list(a) == list(b) and all(same(a[k], b[k]) for k in b)
    return type(a) is type(b) and (a == b or a != a and b != b)


shapes = hnp.array_shapes(min_dims=0, min_side=0, max_side=4)
arrays = st.sampled_from(sorted(DTYPES)).flatmap(lambda name: hnp.arrays(name, shapes))
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | st.text()
keys = st.text() | st.integers() | st.booleans()
values = st.recursive(scalars | arrays, lambda v: st.lists(v, max_size=4) | st.lists(v, max_size=4).map(tuple)
                      | st.dictionaries(keys, v, max_size=3), max_leaves=12)


@given(values)
def test_every_value_comes_back_the_same(value):
    assert same(there_and_back(value), value)


def test_subclasses_and_layouts_become_plain():
    class Liar(np.ndarray):
        def __eq__(self, other):
            return True
    x = np.arange(6.0).reshape(2, 3)
    for sent in (x.T, x[:, ::2], x.astype(">f8"), x.view(Liar), np.asfortranarray(x)):
        back = there_and_back(sent)
        assert type(back) is np.ndarray and back.dtype == np.float64 and back.flags.c_contiguous and back.flags.writeable
        np.testing.assert_array_equal(back, np.asarray(sent))
    assert [type(there_and_back(v)) for v in (np.float64(1), np.int32(1), np.bool_(True), np.str_("a"), np.complex128(1))] == [
        float, int, bool, str, complex]
    assert there_and_back(np.float32(0.1)).dtype == np.float32       # a Python float would lose its dtype


@pytest.mark.parametrize("value, words", [
    (np.array([1, None]), "dtype object"), (np.array(["a"]), "dtype <U1"), (np.zeros(2, "M8[s]"), "datetime64"),
    ({1, 2}, "make it a list"),
    (iter([1]), "make it a list"), (b"x", "decode"), ({(1, 2): 3}, "a key of type tuple"), (np.zeros(1 << 18), "too much data"),
    ("x" * (MAX_HEADER + 1), "too much data outside of arrays"), (10**5000, "4300"),
    (np.longdouble(1), "dtype (float128|longdouble|float64)"),
    (np.zeros(2, [("a", float)]), "dtype"), (object(), "type object")], ids=lambda value: type(value).__name__)
def test_what_cannot_be_sent_is_named(value, words):
    if isinstance(value, np.longdouble) and value.dtype == np.float64:
        return                                                         # where a long double is a double
    with pytest.raises(Unsendable, match=words):
        Echo().pack({"op": "return"}, value)


def test_a_list_that_contains_itself():
    loop: list = []
    loop.append(loop)
    with pytest.raises(Unsendable, match="contains itself"):
        Echo().pack({"op": "return"}, loop)


def test_functions_go_by_handle_and_come_home_as_themselves():
    here, there = Echo(), Echo()
    node = here.unpack(*received(there.pack({"op": "return"}, [len, max, len])))[1]
    assert [type(f) for f in node] == [RemoteFunction] * 3
    first, second, third = there.unpack(*received(here.pack({"op": "return"}, node)))[1]
    assert first is len and second is max and third is len
    for handle in (-1, True, 2, "0", None):                             # Python would take the first two for an index
        with pytest.raises(WireError):
            there.unpack(*received(frame({"y": handle})))


def frame(value, payload=b"", **header):
    raw = json.dumps({"op": "return", "value": value, **header}).encode()
    return PREFIX.pack(MAGIC, len(raw), len(payload)) + raw + payload


def nested(n):
    return {"l": [nested(n - 1)]} if n else 1


@pytest.mark.parametrize("value, payload", [
    ({"a": ["object", [1]]}, bytes(8)), ({"a": ["O", [1]]}, bytes(8)), ({"a": ["float64", [2]]}, bytes(8)),
    ({"a": ["float64", [1]]}, bytes(16)), ({"a": ["float64", [-1]]}, bytes(8)), ({"a": ["float64", [-1, -1]]}, bytes(8)),
    ({"a": ["float64", [True]]}, bytes(8)), ({"a": ["float64", [1.0]]}, bytes(8)), ({"a": ["float64", "1"]}, bytes(8)),
    ({"a": ["float64", [1] * 65]}, bytes(8)), ({"a": ["float64", [2**62, 2**62, 0]]}, b""), ({"a": ["int8", [0, 2**60]]}, b""),
    ({"a": ["float64"]}, bytes(8)),
    ({"a": [["float64"], [1]]}, bytes(8)), ({"a": None}, b""), (1, bytes(1)), ({"x": 1}, b""), ({}, b""), ({"l": 1, "t": 2}, b""),
    ({"lt": [1]}, b""), ([1, 2], b""), ({"l": 3}, b""), ({"d": [[1]]}, b""), ({"d": [[{"l": []}, 1]]}, b""), ({"c": [1]}, b""),
    ({"c": ["x", 1]}, b""), ({"c": [10**400, 1]}, b""), ({"f": -1}, b""), ({"f": True}, b""), ({"f": "0"}, b""),
    ({"y": 0}, b""), ({"y": -1}, b""),
    (nested(wire.MAX_DEPTH + 1), b""),
    ({"a": ["uint8", [5]]}, bytes(4)), ({"l": [{"a": ["uint8", [3]]}, {"a": ["uint8", [2]]}]}, bytes(4))])
def test_forged_values_are_refused(value, payload):
    with pytest.raises(WireError):
        Echo().unpack(*received(frame(value, payload)))


@pytest.mark.parametrize("raw", [
    b"hello, world: this is print", PREFIX.pack(b"EDU\x01", 2, 0) + b"{}", PREFIX.pack(MAGIC, MAX_HEADER + 1, 0),
    PREFIX.pack(MAGIC, 2**32 - 1, 2**64 - 1), PREFIX.pack(MAGIC, 2, (1 << 20) + 1) + b"{}", PREFIX.pack(MAGIC, 3, 0) + b"[1]",
    PREFIX.pack(MAGIC, 2, 0) + b"\xff\xfe", PREFIX.pack(MAGIC, 10**5, 0) + b"[" * 10**5,
    PREFIX.pack(MAGIC, 6000, 0) + b"1" * 6000])
def test_forged_frames_are_refused(raw):
    with pytest.raises(WireError):
        received(raw)


@pytest.mark.parametrize("raw", [b"", PREFIX.pack(MAGIC, 10, 0) + b"{}", PREFIX.pack(MAGIC, 2, 10) + b"{}"])
def test_a_frame_that_stops_short_is_an_end(raw):
    with pytest.raises(EOFError):
        received(raw)


def test_lengths_are_refused_before_memory_is_taken():
    import tracemalloc
    tracemalloc.start()
    with pytest.raises(WireError):
        received(PREFIX.pack(MAGIC, 2, 1 << 40), cap=1 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def test_booleans_have_two_values():
    back = Echo().unpack(*received(frame({"a": ["bool", [4]]}, bytes([0, 1, 2, 255]))))[1]
    assert back.tobytes() == bytes([0, 1, 1, 1])


@settings(max_examples=300)
@given(values, st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4), st.integers(0, 40))
def test_damaged_frames_give_an_error_or_plain_values(value, changes, cut):
    peer = Echo()
    raw = bytearray(peer.pack({"op": "return", "id": 1}, value))
    for place, byte in changes:
        raw[place % len(raw)] = byte
    try:
        back = peer.unpack(*received(bytes(raw[:len(raw) - cut])))[1]
    except (WireError, EOFError):
        return
    assert only_plain(back)


def only_plain(value):
    if isinstance(value, (list, tuple)):
        return all(map(only_plain, value))
    if isinstance(value, dict):
        return all(map(only_plain, value.values()))
    return value is None or type(value) in (bool, int, float, complex, str, RemoteFunction) or (
        type(value) is np.ndarray and value.dtype.name in DTYPES)


def test_an_answer_to_another_question_is_refused():
    class Confused(Echo):
        def exchange(self, sent):
            return received(frame(1, id=99))
    with pytest.raises(WireError, match="not asked"):
        Confused().request({}, None)


def test_sizes_of_numbers_survive():
    assert there_and_back(2**200) == 2**200 and math.isinf(there_and_back(math.inf)) and there_and_back(-0.0).hex() == "-0x0.0p+0"
