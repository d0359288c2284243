"""Vector registers by name: eight or sixteen float32 numbers that are loaded, multiplied and added in one instruction.

A core can do two vector multiply-adds in a cycle, but only two or three loads and one or two stores. So a fast sum of products
keeps its totals in registers from the first term to the last, and uses each number that it loads several times. A compiler
vectorizes an innermost loop by itself, but stores such totals each time round; so the totals that must stay in registers are
named here:

    total = zeros(x)
    for k in range(n):
        total = multiply_add(fill(w, k), load(x, start[k]), total)
    store(total, y, 0)

A processor with AVX2 has 16 such registers of 32 bytes, one with AVX-512 32 of 64. Where vectors are shorter or there are
fewer, the compiler splits and spills.
Arrays are contiguous and indexed as if they were flat. Nobody checks bounds: leave room for a whole vector.
"""
import functools
from typing import Any

import numpy as np

from .jit import operation

__all__ = ["AVX", "clear", "fill", "lanes", "load", "move", "multiply_add", "store", "total", "zeros"]

try:
    from numpy._core._multiarray_umath import __cpu_features__ as _features  # type: ignore[import-not-found]
except ImportError:
    _features = {}
BYTES = 64 if _features.get("AVX512F") else 32                            # a vector; NumPy has asked the processor already
AVX = bool(_features.get("AVX2"))                                         # whether it has the registers of a tile


@operation
def lanes(a):
    """How many numbers of this array a vector has."""
    return BYTES // a.itemsize


@operation
def zeros(a):
    """A vector of zeros, in the array's precision."""
    return np.zeros(BYTES // a.itemsize, a.dtype)


@operation
def load(a, i):
    """The numbers from a[i] on."""
    return a.reshape(-1)[i:i + BYTES // a.itemsize].copy()


@operation
def fill(a, i):
    """a[i], in every lane."""
    return np.full(BYTES // a.itemsize, a.reshape(-1)[i])


@operation
def multiply_add(a, b, c):
    """a * b + c, rounded once where the processor can."""
    return a * b + c


@operation
def store(v, a, i):
    """The numbers from a[i] on become v."""
    a.reshape(-1)[i:i + v.size] = v


@operation
def move(a, i, b, j, count):
    """The numbers from b[j] on become the `count` ones from a[i] on."""
    b.reshape(-1)[j:j + count] = a.reshape(-1)[i:i + count]


@operation
def clear(a):
    """All of a's numbers become 0."""
    a.reshape(-1)[:] = 0


@operation
def total(v):
    """Sum of the lanes."""
    return v.sum()


# The same for the compiler: each operation's type and its one or two instructions in LLVM ------------------------------------

@functools.cache
def _vector_type() -> Any:
    """Numba's type of a vector, for each type of element."""
    from llvmlite import ir
    from numba.core import types
    from numba.extending import models, register_model

    class Vector(types.Type):
        def __init__(self, dtype):
            super().__init__(f"Vector({dtype})")
            self.dtype, self.lanes = dtype, BYTES * 8 // dtype.bitwidth

    @register_model(Vector)
    class _(models.PrimitiveModel):
        def __init__(self, manager, v):
            super().__init__(manager, v, ir.VectorType(manager[v.dtype].get_value_type(), v.lanes))
    return functools.cache(Vector)


def _address(context, builder, kind, array, i):
    """Where a[i] is."""
    return builder.gep(context.make_array(kind)(context, builder, array).data, [i])


def _constant(bits, value):
    from llvmlite import ir
    integer = ir.IntType(bits)
    return ir.Constant(ir.VectorType(integer, len(value)) if isinstance(value, list) else integer, value)


@lanes.llvm
def _(typing, a):
    from numba import intp
    return intp(a), lambda context, builder, signature, args: _constant(64, BYTES * 8 // a.dtype.bitwidth)


@zeros.llvm
def _(typing, a):
    vector = _vector_type()(a.dtype)
    return vector(a), lambda context, builder, signature, args: context.get_constant_null(vector)


@load.llvm
def _(typing, a, i):
    from numba import intp
    vector = _vector_type()(a.dtype)

    def generate(context, builder, signature, args):
        place = builder.bitcast(_address(context, builder, a, *args), context.get_value_type(vector).as_pointer())
        value = builder.load(place)
        value.align = a.dtype.bitwidth // 8                               # a vector may start at any number
        return value
    return vector(a, intp), generate


@store.llvm
def _(typing, v, a, i):
    from numba import intp, void

    def generate(context, builder, signature, args):
        value, array, i = args
        place = builder.bitcast(_address(context, builder, a, array, i), value.type.as_pointer())
        builder.store(value, place, align=a.dtype.bitwidth // 8)
        return context.get_dummy_value()
    return void(v, a, intp), generate


@move.llvm
def _(typing, a, i, b, j, count):
    from numba import intp, void
    from numba.core import cgutils

    def generate(context, builder, signature, args):
        source, at, target, to, count = args
        cgutils.raw_memcpy(builder, _address(context, builder, b, target, to), _address(context, builder, a, source, at), count,
                           a.dtype.bitwidth // 8)
        return context.get_dummy_value()
    return void(a, intp, b, intp, intp), generate


@clear.llvm
def _(typing, a):
    from numba import void
    from numba.core import cgutils

    def generate(context, builder, signature, args):
        array = context.make_array(a)(context, builder, args[0])
        cgutils.memset(builder, array.data, builder.mul(array.nitems, array.itemsize), 0)
        return context.get_dummy_value()
    return void(a), generate


@fill.llvm
def _(typing, a, i):
    from numba import intp
    vector = _vector_type()(a.dtype)

    def generate(context, builder, signature, args):
        number = builder.load(_address(context, builder, a, *args))
        empty = context.get_constant_undef(vector)
        first = builder.insert_element(empty, number, _constant(32, 0))
        return builder.shuffle_vector(first, empty, _constant(32, [0] * vector.lanes))
    return vector(a, intp), generate


@multiply_add.llvm
def _(typing, a, b, c):
    def generate(context, builder, signature, args):
        fused = ("contract",)                                             # permits the one instruction that does both
        return builder.fadd(builder.fmul(*args[:2], flags=fused), args[2], flags=fused)
    return a(a, a, a), generate


@total.llvm
def _(typing, v):
    def generate(context, builder, signature, args):
        value, n = args[0], v.lanes
        while n > 1:                                                      # the upper half is added to the lower
            n //= 2
            halves = [builder.shuffle_vector(value, value, _constant(32, list(range(k, k + n)))) for k in (0, n)]
            value = builder.fadd(*halves)
        return builder.extract_element(value, _constant(32, 0))
    return v.dtype(v), generate
