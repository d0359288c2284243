"""Every function of the engine's registry, drawn by one harness.  A rule without a case fails it.

A case is how a function is called: what its arrays are drawn from, and its options. On each case the harness asks for the
value that NumPy gives, first and second derivatives against central differences (with a curved layer before the function and
a random curved contraction after it, so that neither the argument nor the cotangent is simple), float32 kept, any memory
layout, inputs left alone, and options that are either obeyed or refused.
"""
import inspect
import itertools
import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy import special

from edugen.autodiff import grad, log1mexp, log_softmax, logsumexp, operators, relu, sigmoid, softmax, softplus, tensor, vjp
from edugen.autodiff.ops.attention import _attend
from edugen.autodiff.ops.convolution import (
    _at_max,
    _correlate,
    _filter_gradient,
    _input_gradient,
    _layer,
    _max_gradient,
    _max_pool,
    _relu_layer,
)
from edugen.autodiff.ops.cross_entropy import _cross_entropy, _cross_entropy_gradient
from edugen.autodiff.ops.distances import _squared_distances
from edugen.autodiff.ops.gru import _gru
from edugen.autodiff.ops.linear import _linear, _linear_relu, _linear_tanh
from edugen.autodiff.ops.normalization import _back, _normalize
from edugen.autodiff.rules import linalg, reduction, shape
from edugen.autodiff.rules import special as special_rules
from edugen.autodiff.tensor import Tensor
from edugen.kernels import convolution as convolution_kernels
from edugen.kernels import gru as gru_kernels
from edugen.kernels import normalization as normalization_kernels
from edugen.kernels import pooling as pooling_kernels

NEWER = np.lib.NumpyVersion(np.__version__) >= "2.1.0"


class Case(NamedTuple):
    draws: tuple                      # a function of a generator draws an array; anything else is passed as it is
    options: dict[str, Any]
    call: Callable                    # (function, *arrays, **options) -> result


def plainly(f, *args, **options):
    return f(*args, **options)


def listed(f, *arrays, **options):
    return f(list(arrays), **options)


def case(*draws, call=plainly, **options):
    return Case(draws, options, call)


# Where arrays are drawn from. real(2, 3) is a function of a generator --------------------------------------------------

def drawn_by(f):
    return lambda *size: lambda rng: np.asarray(f(rng, size), dtype=float)


real = drawn_by(lambda rng, size: rng.normal(size=size))
positive = drawn_by(lambda rng, size: rng.uniform(0.5, 2.5, size))
inside = drawn_by(lambda rng, size: rng.uniform(-0.9, 0.9, size))
share = drawn_by(lambda rng, size: rng.uniform(0.1, 0.9, size))
above = drawn_by(lambda rng, size: rng.uniform(1.2, 3.0, size))
away = drawn_by(lambda rng, size: rng.uniform(0.3, 2.0, size) * rng.choice([-1, 1], size))              # from 0
apart = drawn_by(lambda rng, size: (rng.permutation(math.prod(size)).reshape(size) - math.prod(size) / 3 + 0.1) * 0.4
                 + rng.uniform(-0.05, 0.05, size))                                                       # from each other
square = drawn_by(lambda rng, size: rng.normal(size=size) + 2 * np.eye(size[-1]) * np.ones(size))       # well conditioned
nearby = drawn_by(lambda rng, size: rng.normal(size=size) * 0.3 + np.diag(np.arange(1.0, size[-1] + 1)) * np.ones(size))


def a(x):
    """A given array, for zeros in products, ties and the like."""
    return lambda rng: np.array(x, dtype=float)


def symmetric(f, x, **options):
    return f(0.5 * (x + np.swapaxes(x, -1, -2)), **options)


def definite(f, x, **options):
    return f(x @ np.swapaxes(x, -1, -2) + 0.5 * np.eye(3), **options)


# The table -------------------------------------------------------------------------------------------------------------

UNARY = {
    np.negative: real, np.positive: real, np.absolute: away, np.fabs: away, np.square: real, np.sqrt: positive, np.cbrt: away,
    np.reciprocal: away, np.exp: real, np.exp2: real, np.expm1: real, np.log: positive, np.log2: positive, np.log10: positive,
    np.log1p: positive, np.sin: real, np.cos: real, np.tan: inside, np.arcsin: inside, np.arccos: inside, np.arctan: real,
    np.sinh: real, np.cosh: real, np.tanh: real, np.arcsinh: real, np.arccosh: above, np.arctanh: inside, np.copy: real,
    special.expit: real, special.logit: share, special.log_expit: real, special.erf: real, special.erfc: real,
    special.erfinv: inside, special.ndtr: real, special.log_ndtr: real, special.ndtri: share, special.gammaln: positive,
    special.gamma: positive, special.psi: positive, relu: away, sigmoid: real, softplus: real, log1mexp: positive,
}
BINARY: dict[Callable, tuple] = {
    np.add: (real, real), np.subtract: (real, real), np.multiply: (real, real), np.divide: (real, away),
    np.power: (positive, real), np.arctan2: (away, away), np.hypot: (away, away), np.remainder: (real, above),
    np.maximum: (real, real), np.minimum: (real, real), np.logaddexp: (real, real), special.xlogy: (real, positive),
    special.xlog1py: (real, positive),
}
SIZES: list[tuple[int, ...]] = [(), (1,), (0,), (0, 3), (4,), (2, 3)]
PAIRS: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((3,), (3,)), ((3,), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((1, 3), (2, 1)), ((1,), (2, 3)), ((2, 3), (1, 1)),
    ((), (2, 3)), ((2, 3), ()), ((), ()), ((1,), (1,)), ((4, 1, 3), (2, 1)), ((2, 1), (4, 1, 3)), ((0, 3), (3,)), ((3,), (0, 3)),
    ((1,), (0,)), ((0,), (1,))]
PRODUCTS = [((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 2)),
            ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)), ((5, 2, 3), (1, 3, 4)),
            ((5, 1, 2, 3), (4, 3, 2)), ((4, 3, 2), (5, 1, 2, 3)), ((4, 2, 3), (3, 1)), ((1,), (1,)), ((1, 1), (1, 1)), ((0,),
            (0,)),
            ((2, 0), (0, 3)), ((0, 3), (3, 2)), ((3, 2), (2, 0)), ((3, 0), (0,)), ((0,), (0, 3)), ((0, 2, 3), (3, 2)),
            ((0, 2, 3), (0, 3, 2)), ((2, 3), (0, 3, 4))]


def reductions(draw, several=True, empty=False):
    cases = [case(draw(2, 3)), case(draw(2, 3), axis=0), case(draw(2, 3), axis=-1, keepdims=True), case(draw(1)), case(draw()),
             case(draw(2, 1, 3), axis=1), case(draw(2, 3), keepdims=True), case(draw(0, 3), axis=1), case(draw(1, 1), axis=0)]
    if several:
        cases += [case(draw(2, 3, 2), axis=(0, -1)), case(draw(2, 3, 2), axis=(1, 0), keepdims=True), case(draw(2, 2), axis=())]
    return cases + ([case(draw(0)), case(draw(0, 3), axis=0), case(draw(0, 3))] if empty else [])


def einsums(*calls):
    """Each call is the subscripts and the shapes."""
    return [case(*(real(*s) for s in shapes), call=partial(lambda sub, f, *x, **o: f(sub, *x, **o), subscripts))
            for subscripts, *shapes in calls]


EINSUMS = [("ij,jk->ik", (2, 3), (3, 4)), ("ij,jk", (2, 3), (3, 4)), ("ij,ij->", (2, 3), (2, 3)), ("ij->ji", (2, 3)),
           ("ij->", (2, 3)), ("ij->j", (2, 3)), ("ba", (2, 3)), ("ii->", (3, 3)), ("ii", (3, 3)), ("ii->i", (3, 3)),
           ("iii->i", (2, 2, 2)), ("iij->j", (2, 2, 3)), ("iij,j->i", (2, 2, 3), (3,)), ("i,j->ij", (2,), (3,)),
           ("i,i,i->", (3,), (3,), (3,)), ("ij,jk,kl->il", (2, 3), (3, 2), (2, 4)), ("bij,bjk->bik", (2, 3, 2), (2, 2, 4)),
           ("...ij,...jk->...ik", (5, 2, 3), (3, 4)), ("...ij,...jk", (2, 1, 2, 3), (4, 3, 2)), ("i...->...", (2, 3, 4)),
           ("...i->...", (2, 3)), ("...,...->...", (2, 3), (3,)), ("i...,j...->ij...", (2, 3), (4, 3)), ("...->...", (2, 3)),
           ("ij,ij->i", (2, 3), (1, 3)), ("ij,jk->ik", (2, 1), (3, 4)), ("ij,kj->k", (2, 3), (4, 3)), ("ij,k->", (2, 3), (4,)),
           ("i,->i", (3,), ()), (",->", (), ()), ("ij,jk->ik", (2, 0), (0, 3)), ("ij,jk->ik", (0, 2), (2, 3)), ("i->", (0,)),
           ("ij,jk->ik", (1, 1), (1, 1)), ("ii,ij,jj->i", (2, 2), (2, 3), (3, 3)), ("i j , j -> i", (2, 3), (3,)),
           ("Ab,bA->A", (2, 3), (3, 2))]

CHOOSER = np.random.default_rng(5).integers(0, 4, (2, 2, 5, 6)) * 0.5       # with ties
def biased(x, f, bias, **options):
    y = convolution_kernels.correlate.reference(x, f, **options)
    return y + bias.reshape(-1, *[1] * (y.ndim - 2))


CASES: dict[Callable, list[Case]] = {
    **{f: [case(draw(*s)) for s in SIZES] for f, draw in UNARY.items()},
    **{f: [case(one(*s), other(*t)) for s, t in PAIRS] for f, (one, other) in BINARY.items()},

    # reductions
    np.sum: reductions(real, empty=True), np.mean: reductions(real), np.max: reductions(apart), np.min: reductions(apart),
    np.amax: reductions(apart), np.amin: reductions(apart), np.ptp: reductions(apart), np.prod: reductions(real, empty=True)
    + [case(a([2.0, 0.0, 3.0])), case(a([0.0, 0.0, 3.0])), case(a([[0.0, 1.0], [2.0, 3.0]]), axis=1)],
    np.cumsum: [case(real(2, 3)), case(real(2, 3), axis=0), case(real(2, 3), axis=-1), case(real()), case(real(1)), case(real(0)),
                case(real(0, 3), axis=1), case(real(0, 3), axis=0)],
    np.cumprod: [case(real(2, 3)), case(real(2, 3), axis=0), case(real(2, 3), axis=-1), case(real()), case(real(1)),
                 case(real(0)), case(real(0, 3), axis=1), case(real(0, 3), axis=0), case(a([2.0, 0.0, 3.0, 4.0])),
                 case(a([0.0, 2.0, 0.0]))],
    np.var: [*reductions(real), case(real(2, 3), ddof=1), case(real(4, 3), axis=0, ddof=1),
             case(real(2, 3), real(2, 1), call=lambda f, x, m: f(x, axis=1, mean=m)), case(real(4), correction=1)],
    np.std: [case(real(2, 3)), case(real(2, 3), axis=0), case(real(2, 3), axis=-1, keepdims=True), case(real(2, 3), ddof=1),
             case(real(2, 3, 2), axis=(0, -1)), case(real(4, 3), axis=0, ddof=1, keepdims=True), case(real(0, 3), axis=1),
             case(a([0.5, 2.0]), correction=1), case(real(1)), case(real(3, 1), axis=1)],
    np.average: [case(real(2, 3)), case(real(2, 3), axis=0),
                 case(real(2, 3), positive(2, 3), call=lambda f, x, w: f(x, weights=w)),
                 case(real(2, 3), positive(3), call=lambda f, x, w: f(x, axis=1, weights=w)),
                 case(real(2, 3), positive(2), call=lambda f, x, w: f(x, axis=0, weights=w, keepdims=True)),
                 case(real(2, 3), positive(2, 3), call=lambda f, x, w: f(x, axis=-1, weights=w, returned=True)),
                 case(real(3), call=lambda f, x: f(x, weights=[0.2, 0.3, 0.5])), case(real(2, 3), returned=True),
                 case(real(1)), case(real(0, 2), positive(2), call=lambda f, x, w: f(x, 1, w))],
    np.median: reductions(apart),
    np.diff: [case(real(4)), case(real(2, 4), n=2), case(real(4, 2), axis=0), case(real(1)), case(real(0, 3)),
              case(real(2, 2), n=0)],

    # shape
    np.reshape: [case(real(2, 3), shape=(3, 2)), case(real(2, 3), shape=-1), case(real(6), shape=(2, -1)),
                 case(real(), shape=(1, 1)), case(real(0, 2), shape=(2, 0)), case(real(1), shape=()),
                 case(real(2, 3), shape=(3, 2), order="F")] if NEWER else
                [case(real(2, 3), call=lambda f, x: f(x, (3, 2))), case(real(1), call=lambda f, x: f(x, ())),
                 case(real(0, 2), call=lambda f, x: f(x, (2, 0)))],
    np.ravel: [*(case(real(*s)) for s in SIZES), case(real(2, 3, 2), order="F")],
    np.squeeze: [case(real(1, 3, 1)), case(real(1, 3, 1), axis=0), case(real(1, 3, 1), axis=(0, -1)), case(real(0, 1)),
                 case(real(1)), case(real())],
    np.expand_dims: [case(real(2, 3), axis=0), case(real(2, 3), axis=-1), case(real(2, 3), axis=(0, 2)), case(real(), axis=0),
                     case(real(0), axis=1), case(real(1), axis=0)],
    np.transpose: [case(real(2, 3)), case(real(2, 3, 4)), case(real(2, 3, 4), axes=(1, 2, 0)),
                   case(real(2, 3, 4), axes=(-1, 0, 1)),
                   case(real(3)), case(real()), case(real(0, 3)), case(real(1, 1))],
    np.swapaxes: [case(real(2, 3, 4), axis1=0, axis2=-1), case(real(2, 3, 4), axis1=1, axis2=2),
                  case(real(0, 3), axis1=0, axis2=1),
                  case(real(1), axis1=0, axis2=0)],
    np.moveaxis: [case(real(2, 3, 4), source=0, destination=-1), case(real(2, 3, 4), source=(0, 1), destination=(2, 0)),
                  case(real(2, 3, 4), source=[-1, 0], destination=[0, 1]), case(real(0, 3), source=0, destination=1),
                  case(real(1), source=0, destination=0)],
    np.matrix_transpose: [case(real(2, 3)), case(real(4, 2, 3)), case(real(0, 3)), case(real(1, 1))],
    np.linalg.matrix_transpose: [case(real(2, 3)), case(real(4, 2, 3)), case(real(0, 3)), case(real(1, 1))],
    np.broadcast_to: [case(real(3), shape=(2, 3)), case(real(2, 1), shape=(2, 3)), case(real(), shape=(2, 2)),
                      case(real(1), shape=(4,)), case(real(1), shape=(0,)), case(real(0, 1), shape=(0, 3)),
                      case(real(1, 3, 1), shape=(2, 1, 3, 2))],
    np.broadcast_arrays: [case(real(3), real(2, 1)), case(real(), real(2, 2), real(1, 2)), case(real(3)), case(real(0), real(1))],
    np.flip: [case(real(2, 3)), case(real(2, 3), axis=0), case(real(2, 3, 2), axis=(0, -1)), case(real()), case(real(0)),
              case(real(1))],
    np.flipud: [case(real(2, 3)), case(real(3)), case(real(0, 2)), case(real(1))],
    np.fliplr: [case(real(2, 3)), case(real(3, 0)), case(real(1, 1))],
    np.roll: [case(real(5), shift=2), case(real(2, 3), shift=-1), case(real(2, 3), shift=1, axis=1),
              case(real(2, 3), shift=(1, -1), axis=(0, 1)), case(real(2, 3), shift=[1, 2], axis=[0, 1]),
              case(real(2, 3), shift=2, axis=(0, 1)), case(real(0), shift=1), case(real(1), shift=3), case(real(), shift=1)],
    np.concatenate: [case(real(2, 3), real(1, 3), call=listed), case(real(2, 3), real(2, 1), real(2, 0), call=listed, axis=-1),
                     case(real(2), real(2, 2), call=listed, axis=None), case(real(0), real(3), call=listed),
                     case(real(1), call=listed), case(real(2, 3), call=lambda f, x: f((x, np.ones((1, 3))))),
                     case(real(2), call=lambda f, x: f([[1.0, 2.0], x, x]))],
    np.append: [case(real(2), real(2, 2)), case(real(2, 3), real(1, 3), axis=0), case(real(2, 3), 1.0), case(real(0), real(1))],
    np.stack: [case(real(2, 3), real(2, 3), call=listed), case(real(2, 3), real(2, 3), call=listed, axis=-1),
               case(real(2, 3), real(2, 3), call=listed, axis=1), case(real(), real(), real(), call=listed),
               case(real(0), real(0), call=listed), case(real(1), call=listed), case(real(), call=lambda f, x: f([x, 1.0, x]))],
    np.vstack: [case(real(3), real(2, 3), call=listed), case(real(), real(), call=listed), case(real(1), call=listed),
                case(real(0, 2), real(1, 2), call=listed)],
    np.hstack: [case(real(3), real(2), call=listed), case(real(2, 1), real(2, 3), call=listed),
                case(real(), real(2), call=listed),
                case(real(0), real(1), call=listed)],
    np.dstack: [case(real(2, 3), real(2, 3), call=listed), case(real(3), real(3), call=listed), case(real(), real(), call=listed),
                case(real(0), call=listed), case(real(1), call=listed), case(real(2, 1, 2), real(2, 1, 1), call=listed)],
    np.column_stack: [case(real(2), real(2), call=listed), case(real(2), real(2, 3), call=listed), case(real(0), call=listed),
                      case(real(1), call=listed)],
    np.split: [case(real(6), indices_or_sections=3), case(real(2, 4), indices_or_sections=2, axis=1),
               case(real(6), indices_or_sections=[1, 4]), case(real(3), indices_or_sections=[2, 5]),
               case(real(2, 4), indices_or_sections=(1, 3), axis=-1), case(real(0, 2), indices_or_sections=2),
               case(real(1), indices_or_sections=1), case(real(6), indices_or_sections=[-2])],
    np.array_split: [case(real(7), indices_or_sections=3), case(real(2, 5), indices_or_sections=2, axis=1),
                     case(real(5), indices_or_sections=[2]), case(real(2), indices_or_sections=3),
                     case(real(0), indices_or_sections=2),
                     case(real(1), indices_or_sections=1), case(real(3, 2), indices_or_sections=2, axis=-2)],
    np.vsplit: [case(real(4, 2), indices_or_sections=2), case(real(0, 2), indices_or_sections=1),
                case(real(1, 1), indices_or_sections=1)],
    np.hsplit: [case(real(2, 4), indices_or_sections=2), case(real(4), indices_or_sections=[1]),
                case(real(0), indices_or_sections=1),
                case(real(1), indices_or_sections=1)],
    np.tile: [case(real(3), reps=2), case(real(2, 3), reps=(2, 1)), case(real(3), reps=(2, 2)), case(real(2, 3), reps=2),
              case(real(), reps=3), case(real(2), reps=(2, 1, 1)), case(real(2), reps=0), case(real(0), reps=2),
              case(real(1), reps=2)],
    np.repeat: [case(real(3), repeats=2), case(real(2, 3), repeats=2), case(real(2, 3), repeats=2, axis=1),
                case(real(3), repeats=[1, 0, 2]), case(real(2, 3), repeats=np.array([2, 1]), axis=0), case(real(), repeats=3),
                case(real(0), repeats=2), case(real(1), repeats=2), case(real(2, 3), repeats=0, axis=-1)],
    np.pad: [case(real(3), pad_width=2), case(real(2, 3), pad_width=((1, 0), (0, 2))), case(real(2, 3), pad_width=(1, 2)),
             case(real(2, 3), pad_width=1, constant_values=3.0), case(real(4), pad_width=2, mode="edge"),
             case(real(4), pad_width=(2, 1), mode="reflect"), case(real(4), pad_width=(5, 3), mode="symmetric"),
             case(real(2, 3), pad_width=((1, 1), (2, 4)), mode="wrap"), case(real(0), pad_width=1), case(real(1), pad_width=1),
             case(real(0, 2), pad_width=0), case(real(), pad_width=1)]
            + ([case(real(2, 3), pad_width={-1: (1, 2)}), case(real(2, 3), pad_width={0: 2})]
               if np.lib.NumpyVersion(np.__version__) >= "2.2.0" else []),
    np.atleast_1d: [*(case(real(*s)) for s in SIZES), case(real(), real(2))],
    np.atleast_2d: [*(case(real(*s)) for s in SIZES), case(real(), real(2, 1, 2))],
    np.atleast_3d: [*(case(real(*s)) for s in SIZES), case(real(3), real(2, 2), real(2, 1, 2))],
    np.full_like: [case(real(2, 3), real()), case(real(2, 3), real(3)), case(real(2), 3.0), case(real(0), real()),
                   case(real(1), real(1)), case(real(2, 3), real(), shape=(4,)), case(real(2, 3), 1.5, shape=(2,))],

    # selection
    np.where: [case(a(m), real(*s), real(*t)) for m, s, t in
               [([1, 0, 1], (3,), (3,)), ([1, 0, 1], (2, 3), (3,)), ([[1], [0]], (3,), ()), ([1, 0], (1,), (2,)), ([1, 0], (),
               ()),
                ([], (0,), (1,)), ([[1, 0]], (2, 1), (1, 2))]],
    np.clip: [case(real(2, 3), call=lambda f, x: f(x, -0.31, 0.63)), case(real(2, 3), call=lambda f, x: f(x, None, 0.63)),
              case(real(2, 3), call=lambda f, x: f(x, -0.31, None)),
              case(apart(2, 3), call=lambda f, x: f(x, a_min=0.111, a_max=0.9)),
              case(real(2, 3), real(3), positive(2, 1), call=lambda f, x, m, n: f(x, m, m + n)),
              case(real(0), call=lambda f, x: f(x, 0.1, 0.5)), case(real(1), call=lambda f, x: f(x, -5.0, 5.0)),
              *([case(real(2, 3), call=lambda f, x: f(x, min=0.1)), case(real(2, 3), call=lambda f, x: f(x, min=-0.7, max=0.2))]
                if NEWER else [])],
    np.take: [case(real(4), indices=[0, 2, 0]), case(real(2, 3), indices=(0, 0, 5)),
              case(real(2, 3), indices=np.array([[0, -1]]), axis=1),
              case(real(2, 3), indices=1, axis=0), case(real(2, 3), indices=np.array(2)),
              case(real(2, 3), indices=[2, 2], axis=-1),
              case(real(0, 3), indices=[1], axis=1), case(real(1), indices=[0, 0]), case(real(3), indices=np.array([], int))],
    np.take_along_axis: [case(real(2, 3), indices=np.array([[0, 0], [2, 1]]), axis=1),
                         case(real(2, 3), indices=np.array([[1, 0, 1]]), axis=0),
                         case(real(2, 3), indices=np.array([4, 4]), axis=None),
                         case(real(2, 3, 2), indices=np.zeros((2, 1, 2), int), axis=-2),
                         case(real(0, 3), indices=np.zeros((0, 1), int), axis=1),
                         case(real(1), indices=np.array([0, 0]), axis=0)],
    np.sort: [case(apart(2, 3)), case(apart(4, 3), axis=0), case(apart(2, 3), axis=None), case(apart(5), kind="stable"),
              case(real(0)), case(real(1)), case(apart(3, 2), axis=-2), case(apart(4), stable=True)],
    np.tril: [case(real(3, 3)), case(real(2, 3, 4), k=1), case(real(3, 2), k=-1), case(real(3)), case(real(0, 2)),
              case(real(1, 1))],
    np.triu: [case(real(3, 3)), case(real(2, 3, 4), k=1), case(real(3, 2), k=-1), case(real(3)), case(real(0, 2)),
              case(real(1, 1))],
    np.diag: [case(real(3)), case(real(3), k=1), case(real(2), k=-2), case(real(3, 3)), case(real(2, 4), k=1),
              case(real(4, 2), k=-1),
              case(real(0)), case(real(1)), case(real(2, 2), k=5), case(real(0, 3))],
    np.diagonal: [case(real(3, 3)), case(real(2, 4), offset=1), case(real(4, 2), offset=-3), case(real(2, 3, 3)),
                  case(real(2, 3, 4), offset=-1, axis1=2, axis2=1), case(real(2, 3, 4), axis1=-1, axis2=0), case(real(0, 3)),
                  case(real(1, 1)), case(real(2, 2), offset=7)],
    np.linalg.diagonal: [case(real(3, 3)), case(real(2, 3, 3)), case(real(4, 2, 3), offset=1), case(real(0, 2, 2)),
                         case(real(1, 1))],
    np.trace: [case(real(3, 3)), case(real(2, 4), offset=1), case(real(2, 3, 4), axis1=1, axis2=2),
               case(real(2, 3, 3), offset=-1),
               case(real(0, 0)), case(real(1, 1))],
    np.linalg.trace: [case(real(3, 3)), case(real(2, 3, 3)), case(real(2, 3, 4), offset=1), case(real(0, 2, 2)),
                      case(real(1, 1))],
    np.nan_to_num: [case(real(2, 3)), case(real(2), nan=1.0), case(real(0)), case(real(1)),
                    case(real(3), posinf=5.0, neginf=-5.0)],

    # products
    np.matmul: [case(real(*s), real(*t)) for s, t in PRODUCTS],
    np.dot: [case(real(*s), real(*t)) for s, t in
             [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((2, 4, 3), (3,)), ((3,), (2, 3, 4)),
              ((5, 2, 3), (4, 3, 2)), ((5, 2, 3), (3, 2)), ((2, 3), (4, 3, 2)), ((), (2, 3)), ((2, 3), ()), ((0,), (0,)),
              ((2, 0), (0, 3)), ((1,), (1,))]] + [case(2.0, real(3)), case(real(3), [1.0, 2.0, 3.0])],
    np.vdot: [case(real(3), real(3)), case(real(2, 3), real(2, 3)), case(real(), real()), case(real(0), real(0)),
              case(real(1), real(1))],
    np.inner: [case(real(3), real(3)), case(real(2, 3), real(3)), case(real(2, 3), real(4, 3)),
               case(real(2, 2, 3), real(4, 1, 3)),
               case(real(), real(2)), case(real(2, 0), real(3, 0)), case(real(1), real(1))],
    np.outer: [case(real(2), real(3)), case(real(2, 2), real(3)), case(real(), real(2)), case(real(0), real(3)),
               case(real(1), real(1))],
    np.linalg.outer: [case(real(2), real(3)), case(real(0), real(3)), case(real(1), real(1))],
    np.tensordot: [case(real(2, 3), real(3, 4), axes=1), case(real(2, 3), real(2, 3)), case(real(2), real(3), axes=0),
                   case(real(2, 3, 4), real(4, 3, 5), axes=([1, 2], [1, 0])), case(real(2, 3), real(4, 3), axes=(-1, -1)),
                   case(real(2, 3), real(4, 2), axes=((0,), (1,))), case(real(2, 0), real(0, 3), axes=1),
                   case(real(0, 2), real(2, 3), axes=1),
                   case(real(1), real(1), axes=1), case(real(3, 2, 3), real(3, 3), axes=([0, 2], [1, 0]))],
    np.linalg.tensordot: [case(real(2, 3), real(3, 4), axes=1), case(real(2, 3), real(2, 3)),
                          case(real(2, 0), real(0, 3), axes=1),
                          case(real(1), real(1), axes=0)],
    np.linalg.vecdot: [case(real(3), real(3)), case(real(2, 3), real(3)), case(real(3, 2), real(3, 1), axis=0),
                       case(real(0), real(0)),
                       case(real(1), real(1))],
    np.kron: [case(real(2, 2), real(2, 3)), case(real(2), real(3)), case(real(2), real(2, 2)), case(real(2, 2, 1), real(2, 2)),
              case(real(), real(2)), case(real(2, 0), real(1, 2)), case(real(1), real(1))],
    np.einsum: [*einsums(*EINSUMS), case(real(2, 3), real(3, 2), call=lambda f, x, y: f("ij,jk->ik", x, y, optimize=True)),
                case(real(2, 3), real(3, 2), real(2, 2), call=lambda f, *x: f("ij,jk,kl->", *x, optimize="greedy")),
                case(real(2, 3), call=lambda f, x: f("ij,j->i", x, [1.0, 2.0, 3.0])),
                case(real(2, 3), call=lambda f, x: f("ij,ij->ij", x, np.arange(6).reshape(2, 3)))],

    # linalg
    np.linalg.inv: [case(square(3, 3)), case(square(4, 2, 2)), case(square(1, 1)), case(square(0, 2, 2)), case(square(0, 0))],
    np.linalg.pinv: [case(real(3, 2)), case(real(2, 3)), case(square(3, 3)), case(real(4, 3, 2)), case(real(1, 1)),
                     case(real(0, 2)),
                     case(real(0, 2, 3)), case(real(3, 2), rcond=1e-10), case(real(2), call=lambda f, x: f(x[:, None])),
                     case(square(3, 3), call=partial(symmetric, hermitian=True))],
    np.linalg.solve: [case(square(3, 3), real(3)), case(square(3, 3), real(3, 2)), case(square(2, 3, 3), real(2, 3, 1)),
                      case(square(2, 3, 3), real(3, 2)), case(square(3, 3), real(2, 3, 2)), case(square(3, 3, 3), real(3)),
                      case(square(2, 3, 3), real(3)), case(square(1, 1), real(1)), case(square(0, 2, 2), real(0, 2, 1)),
                      case(square(2, 1, 2, 2), real(3, 2, 2)), case(square(2, 2), real(2, 0))],
    np.linalg.det: [case(square(3, 3)), case(square(4, 2, 2)), case(square(1, 1)), case(square(0, 2, 2)), case(square(0, 0))],
    np.linalg.slogdet: [case(square(3, 3)), case(square(4, 2, 2)), case(square(1, 1)), case(square(0, 2, 2)),
                        case(square(3, 3), call=lambda f, x: f(-x))],
    np.linalg.cholesky: [case(real(3, 3), call=definite), case(real(2, 3, 3), call=definite), case(real(0, 3, 3), call=definite),
                         case(real(3, 3), call=partial(definite, upper=True)), case(positive(1, 1))],
    np.linalg.eigh: [case(nearby(3, 3), call=symmetric), case(nearby(2, 3, 3), call=symmetric),
                     case(nearby(0, 2, 2), call=symmetric),
                     case(nearby(3, 3), call=partial(symmetric, UPLO="U")), case(real(1, 1))],
    np.linalg.eigvalsh: [case(nearby(3, 3), call=symmetric), case(nearby(2, 3, 3), call=symmetric),
                         case(nearby(0, 2, 2), call=symmetric),
                         case(nearby(3, 3), call=partial(symmetric, UPLO="U")), case(real(1, 1))],
    np.linalg.matrix_power: [case(square(3, 3), n=n) for n in (-3, -1, 0, 1, 2, 3, 6, 7)] + [case(square(2, 2, 2), n=3),
                             case(square(2, 2, 2), n=0), case(square(1, 1), n=5), case(square(0, 2, 2), n=2)],
    np.linalg.multi_dot: [case(real(2, 3), real(3, 4), real(4, 2), call=listed), case(real(3), real(3, 4), real(4), call=listed),
                          case(real(1, 1), real(1, 1), call=listed), case(real(2, 0), real(0, 3), real(3, 2), call=listed)],
    np.linalg.norm: [case(away(4), ord=p) for p in (None, 1, 2, 3, 0.5, -1, np.inf, -np.inf, 0)]
    + [case(apart(3, 2), ord=p) for p in (None, "fro", 1, -1, 2, -2, np.inf, -np.inf, "nuc")]
    + [case(apart(2, 3, 4), ord=p, axis=(2, 0)) for p in (None, "fro", 1, -1, 2, -2, np.inf, -np.inf, "nuc")]
    + [case(apart(2, 3), ord=p, axis=1, keepdims=True) for p in (None, 1, 2, 3, np.inf, -np.inf, 0)]
    + [case(apart(2, 3), ord=p, keepdims=True) for p in (None, "fro", 1, 2, "nuc")]
    + [case(real(2, 3, 2)), case(real()), case(real(1)), case(real(0)), case(real(0, 3), axis=1), case(real(2, 5), ord="nuc"),
       case(real(2, 3, 4), ord="nuc", axis=(0, -1), keepdims=True), case(real(5, 2), ord=2), case(apart(2, 3), axis=0)],

    # what tensors are made of: the primitives behind the functions above, and the operators'
    operators.astype: [case(real(2, 3), dtype=np.float64), case(real(0), dtype=float), case(real(1), dtype="f8")],
    operators.getitem: [case(real(4, 3), index=i) for i in (
        0, -1, slice(1, 3), (slice(None), 1), (..., 0), None, (None, 0, slice(None, None, -2)), [0, 0, 2], np.array([[0, 1],
        [1, 1]]),
        (np.array([0, 0, 3]), np.array([1, 1, 2])), ((0, 0), (1, 1)), (slice(None), [2, 2]), ([0, 0], slice(None), None),
        np.array([True, False, True, True]), (np.eye(4, 3) > 0), (np.array([[0], [1]]), np.array([0, 0, 2])), (), np.int64(2),
        (np.array([True, False, True, False]), 1), (0, [1, 1]), (np.array(0), np.array([1, 1])), range(2), ([], 0))]
    + [case(real(0, 3), index=(slice(None), [1, 1])), case(real(1), index=[0, 0]), case(real(), index=()),
    case(real(), index=None)],
    operators.scatter: [case(real(2), index=(slice(0, 2), 1), shape=(3, 2)), case(real(3), index=[0, 0, 1], shape=(2,)),
                        case(real(2, 3), index=np.array([1, 1]), shape=(2, 3)), case(real(0), index=slice(0), shape=(3,)),
                        case(real(1), index=np.array([True, False]), shape=(2,)), case(real(), index=1, shape=(3,))],
    shape._concatenate: [case(real(2, 3), real(1, 3), axis=0), case(real(2, 0), real(2, 1), axis=-1), case(real(1), axis=0)],
    shape._pad: [case(real(2, 3), widths=[(1, 0), (2, 1)], value=1.0), case(real(0), widths=[(1, 1)]),
                 case(real(1), widths=[(0, 2)])],
    reduction._prod_last: [case(real(2, 3)), case(real(2, 0)), case(real(1)), case(a([0.0, 2.0, 0.0]))],
    reduction._cumprod_last: [case(real(2, 3)), case(real(2, 0)), case(real(1)), case(a([2.0, 0.0, 3.0]))],
    reduction._root_sum_square: [case(real(2, 3)), case(real(2, 3), axis=0, keepdims=True), case(real(0, 2), axis=1),
                                 case(real(1))],
    linalg._einsum: [case(real(2, 3), real(3, 2), subscripts="ij,jk->ik"), case(real(0, 3), subscripts="ij->j"),
                     case(real(1, 1), subscripts="ii->i")],
    linalg._pinv: [case(real(3, 2)), case(real(1, 1)), case(real(0, 2, 3))],
    linalg._logabsdet: [case(square(3, 3)), case(square(0, 2, 2)), case(square(1, 1))],
    linalg._cholesky: [case(real(2, 3, 3), call=definite), case(real(0, 3, 3), call=definite), case(positive(1, 1))],
    linalg._eigh: [case(nearby(2, 3, 3), call=symmetric), case(nearby(0, 2, 2), call=symmetric),
                   case(nearby(1, 1), call=symmetric)],
    special_rules.polygamma: [case(positive(2, 3), n=1), case(positive(), n=2), case(positive(0), n=1), case(positive(1), n=3)],
    _normalize: [case(real(4, 3), real(3), real(3)), case(real(4, 3), real(3), real(3), axis=0, eps=0.1),
                 case(real(0, 3), real(3), real(3)), case(real(1, 1), real(1), real(1), eps=0.1)],
    _back: [case(real(4, 3), real(4, 3)), case(real(4, 3), real(4, 3), axis=0, eps=0.1),
            case(real(0, 3), real(0, 3)), case(real(1, 1), real(1, 1), eps=0.1)],
    _squared_distances: [case(real(4, 3), real(2, 3)), case(real(0, 3), real(2, 3)), case(real(2, 3), real(0, 3)),
                         case(real(1, 1), real(1, 1)), case(real(3, 20), real(2, 20))],
    _gru: [case(real(3, 2, 6), real(2, 2), real(2, 6)), case(real(1, 1, 3), real(1, 1), real(1, 3)),
           case(real(2, 0, 6), real(0, 2), real(2, 6))],
    softmax: [case(real(2, 3)), case(real(2, 3), axis=0), case(real(4, 2, 3), axis=1), case(real(2, 3), axis=None), case(real(1)),
              case(real(0, 3)), case(real(2, 3, 2), axis=(0, 2)), case(real(2, 3, 3), where=np.tri(3, dtype=bool))],
    log_softmax: [case(real(2, 3)), case(real(2, 3), axis=0), case(real(4, 2, 3), axis=1), case(real(2, 3), axis=None),
                  case(real(1)),
                  case(real(0, 3)), case(real(2, 3, 2), axis=(0, 2))],
    logsumexp: [case(real(2, 3)), case(real(2, 3), axis=0), case(real(4, 2, 3), axis=1, keepdims=True),
                case(real(2, 3), axis=None),
                case(real(1)), case(real(0, 3)), case(real(2, 3, 2), axis=(0, 2)),
                case(real(2, 3, 3), where=np.tri(3, dtype=bool)), case(real(3, 2), axis=0, where=np.array([[1], [0], [1]]) == 1)],
    **{f: [case(x(*s), real(s[-1], m), real(*bias)) for s, m, bias in (
        ((2, 3), 4, (4,)), ((3,), 4, (4,)), ((2, 5, 3), 4, (4,)), ((2, 3), 1, (1,)), ((1, 1), 1, (1,)), ((0, 3), 2, (2,)),
        ((2, 0), 3, (3,)), ((2, 3), 4, ()), ((2, 3), 4, (2, 4)), ((2, 0, 3), 2, (2,)))] + [case(x(2, 3), real(3, 4), 0.0)]
       for f, x in ((_linear, real), (_linear_relu, real), (_linear_tanh, real))},
    _cross_entropy: [case(real(2, 3), labels=np.array([0, 2])), case(real(4, 2), labels=np.array([0, 1, 1, 1])),
                     case(real(0, 3), labels=np.zeros(0, int)), case(real(1, 1), labels=np.array([0]))],
    _cross_entropy_gradient: [case(real(2), real(2, 3), labels=np.array([0, 2])),
                              case(real(0), real(0, 3), labels=np.zeros(0, int)),
                              case(real(1), real(1, 1), labels=np.array([0]))],
    _attend: [case(real(2, 3, 4), real(2, 5, 4), real(2, 5, 3), scale=0.7), case(real(1, 1), real(1, 1), real(1, 1)),
              case(real(3, 4), real(5, 4), real(5, 2), mask=np.tri(3, 5, 1, dtype=bool)),
              case(real(2, 1, 3, 2), real(3, 4, 2), real(3, 4, 2)), case(real(0, 3, 2), real(0, 2, 2), real(0, 2, 2))],
    **{f: [case(real(2, 4, 7, 6), real(2, 2, 3, 2), real(2), stride=(2, 1), dilation=(1, 2), groups=2),
           case(real(2, 1, 3), real(2, 1, 2), real(2), stride=(2,), dilation=(1,), groups=1, padding=((2, 1),)),
           case(real(0, 1, 3), real(2, 1, 2), real(2), stride=(1,), dilation=(1,), groups=1),
           case(real(1, 1, 1), real(1, 1, 1), real(1), stride=(1,), dilation=(1,), groups=1)] for f in (_layer, _relu_layer)},
    _correlate: [case(real(2, 4, 7, 6), real(2, 2, 3, 2), stride=(2, 1), dilation=(1, 2), groups=2),
                 case(real(2, 1, 3), real(2, 1, 2), stride=(2,), dilation=(1,), groups=1, padding=((2, 1),)),
                 case(real(0, 1, 3), real(2, 1, 2), stride=(1,), dilation=(1,), groups=1),
                 case(real(1, 1, 1), real(1, 1, 1), stride=(1,), dilation=(1,), groups=1)],
    _input_gradient: [case(real(2, 2, 3, 4), real(2, 2, 3, 2), image=(7, 6), stride=(2, 1), dilation=(1, 2), groups=2),
                      case(real(2, 2, 3), real(2, 1, 2), image=(3,), stride=(2,), dilation=(1,), groups=1, padding=((2, 1),)),
                      case(real(0, 2, 2), real(2, 1, 2), image=(3,), stride=(1,), dilation=(1,), groups=1),
                      case(real(1, 1, 1), real(1, 1, 1), image=(1,), stride=(1,), dilation=(1,), groups=1)],
    _filter_gradient: [case(real(2, 4, 7, 6), real(2, 2, 3, 4), taps=(3, 2), stride=(2, 1), dilation=(1, 2), groups=2),
                       case(real(2, 1, 3), real(2, 2, 3), taps=(2,), stride=(2,), dilation=(1,), groups=1, padding=((2, 1),)),
                       case(real(0, 1, 3), real(0, 2, 2), taps=(2,), stride=(1,), dilation=(1,), groups=1),
                       case(real(1, 1, 1), real(1, 1, 1), taps=(1,), stride=(1,), dilation=(1,), groups=1)],
    _max_pool: [case(apart(2, 2, 5, 6), size=(2, 3), stride=(2, 1), padding=((1, 0), (0, 2))),
                case(apart(0, 2, 5), size=(2,), stride=(2,), padding=((0, 0),)),
                case(apart(1, 1, 1), size=(1,), stride=(1,), padding=((0, 0),))],
    _at_max: [case(real(2, 2, 5, 6), x=CHOOSER, size=(2, 3), stride=(2, 1), padding=((1, 0), (0, 2))),
              case(real(0, 2, 5), x=CHOOSER[:0, :, :, 0], size=(2,), stride=(2,), padding=((0, 0),)),
              case(real(1, 1, 1), x=np.ones((1, 1, 1)), size=(1,), stride=(1,), padding=((0, 0),))],
    _max_gradient: [case(real(2, 2, 3, 6), x=CHOOSER, size=(2, 3), stride=(2, 1), padding=((1, 0), (0, 2))),
                    case(real(0, 2, 2), x=CHOOSER[:0, :, :, 0], size=(2,), stride=(2,), padding=((0, 0),)),
                    case(real(1, 1, 1), x=np.ones((1, 1, 1)), size=(1,), stride=(1,), padding=((0, 0),))],
}
CASES[np.where] = [Case((partial(lambda draw, rng: draw(rng) > 0, c.draws[0]), *c.draws[1:]), {},
                   plainly) for c in CASES[np.where]]
CASES[np.power] += [case(real(2, 3), 2), case(real(2, 3), 3.0), case(real(2, 3), 1), case(real(2, 3), 0), case(away(3), -2.0),
                    case(positive(3), a([0.0, 1.0, 2.0])), case(2, real(3)), case(away(3), np.array([1, 2, -3])),
                    case(a([0.0, 0.0]), np.array([3, 1])), case(positive(2), np.float64(2.5))]
for _f in (np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum, np.arctan2, np.remainder):
    CASES[_f] += [case(away(2, 3), 1.25), case(2, above(2, 3)), case(away(3), [3.0, 2.0, 1.0]),
                  case(np.arange(1, 4), above(2, 3))]
if hasattr(np, "vecdot"):
    CASES[np.vecdot] = CASES[np.linalg.vecdot]
if hasattr(np, "unstack"):
    CASES[np.unstack] = [case(real(2, 3)), case(real(2, 3), axis=-1), case(real(0, 2), axis=1), case(real(1))]

# What a primitive of ours should give: its definition in NumPy or SciPy.
ORACLES: dict[Callable, Callable] = {
    relu: lambda x: np.where(x > 0, x, 0), sigmoid: special.expit, softplus: lambda x: np.logaddexp(0, x),
    log1mexp: lambda x: np.log(1 - np.exp(-x)),
    log_softmax: lambda x, where=True, **o: special.log_softmax(np.where(where, x, -np.inf), **o),
    softmax: lambda x, where=True, **o: special.softmax(np.where(where, x, -np.inf), **o),
    logsumexp: lambda x, where=True, **o: special.logsumexp(np.where(where, x, -np.inf), **o),
    special_rules.polygamma: lambda x, n: special.polygamma(n, x),
    _linear: lambda x, W, b: x @ W + b, _linear_relu: lambda x, W, b: np.maximum(x @ W + b, 0),
    _linear_tanh: lambda x, W, b: np.tanh(x @ W + b),
    _cross_entropy: lambda x, labels: -special.log_softmax(x, 1)[np.arange(len(x)), labels],
    **{op: getattr(convolution_kernels, op.__name__.lstrip("_")).reference
       for op in (_correlate, _input_gradient, _filter_gradient)},
    _attend: lambda q, k, v, mask=True, scale=1.0: special.softmax(
        np.where(mask, scale * q @ np.swapaxes(k, -1, -2), -np.inf), axis=-1) @ v,
    _layer: biased, _relu_layer: lambda x, f, bias, **o: np.maximum(biased(x, f, bias, **o), 0),
    **{op: getattr(pooling_kernels, op.__name__[1:]).reference for op in (_max_pool, _at_max, _max_gradient)},
    _cross_entropy_gradient: lambda g, x, labels: g[:, None] * (special.softmax(x, 1) - np.eye(x.shape[1])[labels]),
    _normalize: lambda x, gain, bias, axis=1, eps=1e-5: (x - x.mean(axis, keepdims=True)) * gain / np.sqrt(
        x.var(axis, keepdims=True) + eps) + bias,
    _back: lambda u, x, axis=1, eps=1e-5: normalization_kernels.normalize_gradients.reference(
        u, x, np.ones(x.shape[1]), axis, eps)[0],
    _squared_distances: lambda x, y: np.sum((x[:, None] - y) ** 2, axis=2), _gru: gru_kernels.gru.reference,
    operators.astype: lambda x, dtype: x.astype(dtype), operators.getitem: lambda x, index: x[index],
    operators.scatter: lambda g, index, shape: np.bincount(
        np.ravel(np.arange(math.prod(shape)).reshape(shape)[index]), np.ravel(np.broadcast_to(
            g, np.shape(np.empty(shape)[index]))), math.prod(shape)).reshape(shape).astype(g.dtype),
    shape._concatenate: lambda *x, axis: np.concatenate(x, axis), shape._pad: lambda x, widths, value=0: np.pad(
        x, widths, constant_values=value),
    reduction._prod_last: lambda x: np.prod(x, -1), reduction._cumprod_last: lambda x: np.cumprod(x, -1),
    reduction._root_sum_square: lambda x, axis=None, keepdims=False: np.linalg.norm(x, axis=axis, keepdims=keepdims),
    linalg._einsum: lambda *x, subscripts: np.einsum(subscripts, *x), linalg._pinv: np.linalg.pinv,
    linalg._logabsdet: lambda x: np.linalg.slogdet(x)[1], linalg._cholesky: np.linalg.cholesky,
    linalg._eigh: lambda x: np.concatenate([np.linalg.eigh(x)[0][..., None, :], np.linalg.eigh(x)[1]], -2),
}
AXIS_ALL = {softmax, log_softmax, logsumexp}               # their default axis is -1, SciPy's all

# Functions of values alone: how each is called.
VALUES: dict[Callable, list[Callable]] = {
    **{f: [lambda f, t: f(t)] for f in (
        np.sign, np.floor, np.ceil, np.rint, np.trunc, np.isfinite, np.isnan, np.isinf, np.signbit, np.logical_not, np.shape,
        np.ndim,
        np.nonzero, np.argwhere, np.flatnonzero, np.iscomplexobj, np.isrealobj, np.zeros_like, np.ones_like, np.array_repr,
        np.array_str, np.array2string, np.min_scalar_type, np.linalg.matrix_rank, np.tril_indices_from, np.triu_indices_from,
        np.diag_indices_from)},
    **{f: [lambda f, t: f(t, 0.2), lambda f, t: f(0.2, t), lambda f, t: f(t, t)] for f in (
        np.heaviside, np.floor_divide, np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal,
        np.logical_and,
        np.logical_or, np.logical_xor, np.allclose, np.isclose, np.array_equal, np.array_equiv, np.isin, np.result_type)},
    **{f: [lambda f, t: f(t), lambda f, t: f(t, axis=0), lambda f, t: f(t, -1, keepdims=True)]
       for f in (np.argmax, np.argmin, np.any, np.all, np.count_nonzero)},
    np.size: [lambda f, t: f(t), lambda f, t: f(t, 1)],
    np.argsort: [lambda f, t: f(t), lambda f, t: f(t, axis=0, kind="stable")],
    np.argpartition: [lambda f, t: np.sort(f(t, 1, axis=0)[:2], axis=0)],
    np.round: [lambda f, t: f(t), lambda f, t: f(t, decimals=1)],
    np.around: [lambda f, t: f(t), lambda f, t: f(t, 1)],
    np.searchsorted: [lambda f, t: f(np.array([-1.0, 0.0, 1.0]), t), lambda f, t: f(np.sort(t[0]), [0.1, 0.2], side="right")],
    np.unique: [lambda f, t: f(t), lambda f, t: f(t, return_inverse=True, return_counts=True)],
    np.digitize: [lambda f, t: f(t, np.array([-1.0, 0.0, 1.0]))],
    np.lexsort: [lambda f, t: f(t), lambda f, t: f((t[0], t[1]))],
    np.can_cast: [lambda f, t: f(t.dtype, np.float64)],
    np.empty_like: [lambda f, t: (f(t).shape, f(t, dtype=int).dtype)],
}


# The registry ----------------------------------------------------------------------------------------------------------

def ours(f):
    return f.__module__.startswith("edugen.autodiff")


def registry():
    """The functions that the engine differentiates: those with rules or a composition in edugen.autodiff."""
    ruled = [f for f, rules in tensor.RULES.items() if any(map(ours, rules.values()))]
    return ruled + [f for f, composed in tensor.COMPOSITES.items() if ours(composed)]


def without_case():
    missing = [f for f in registry() if not CASES.get(f)] + [f for f in tensor.CONSTANTS if not VALUES.get(f)]
    return sorted(tensor.name(f) for f in missing)


REGISTRY = registry()               # before any test or doctest adds rules of its own
FUNCTIONS = pytest.mark.parametrize("f", [pytest.param(f, id=tensor.name(f)) for f in REGISTRY])


def test_every_function_of_the_registry_has_cases():
    missing = [tensor.name(f) for f in REGISTRY if f not in CASES]
    assert not missing, f"rules without a case in CASES: {missing}"
    assert not [f.__name__ for f in CASES if f not in REGISTRY], "cases of functions that have no rule"
    assert tensor.CONSTANTS == set(VALUES)


def test_a_function_without_a_case_is_missed(monkeypatch):
    before = without_case()
    for table, f in ((tensor.RULES, np.float_power), (tensor.COMPOSITES, np.rot90)):
        def fake(g, y, x):
            return g
        fake.__module__ = "edugen.autodiff.rules.elementwise"
        monkeypatch.setitem(table, f, {0: fake} if table is tensor.RULES else fake)
    monkeypatch.setattr(tensor, "CONSTANTS", tensor.CONSTANTS | {np.isneginf})
    assert set(without_case()) - set(before) == {"np.float_power", "np.rot90", "np.isneginf"}


def test_every_function_that_the_course_promises_is_there():
    promised = {np: """
        add subtract multiply divide power negative positive absolute fabs sign square sqrt cbrt reciprocal exp exp2 expm1 log
        log2 log10 log1p sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh arccosh arctanh maximum minimum logaddexp
        floor ceil rint trunc heaviside greater greater_equal less less_equal equal not_equal isfinite isnan
        argmax argmin argsort shape ndim size any all allclose isclose array_equal searchsorted unique count_nonzero round sign
        sum mean prod max min amax amin var std cumsum cumprod average median reshape ravel transpose swapaxes moveaxis
        expand_dims squeeze broadcast_to broadcast_arrays concatenate stack vstack hstack column_stack split array_split tile
        repeat roll flip pad atleast_1d atleast_2d atleast_3d full_like zeros_like ones_like where clip take take_along_axis sort
        diag diagonal trace tril triu nan_to_num dot vdot inner outer matmul tensordot einsum kron""",
                np.linalg: "inv pinv solve det slogdet cholesky norm eigh matrix_power",
                special: "expit logit erf gammaln psi xlogy log_ndtr"}
    known = {*CASES, *VALUES}
    missing = [n for module, names in promised.items() for n in names.split() if getattr(module, n) not in known]
    assert not missing


@FUNCTIONS
def test_cases_include_empty_arrays_and_single_numbers(f):
    sizes = [[np.size(x) for x in draw(c)] for c in CASES[f]]
    assert any(0 in s for s in sizes) and any(1 in s for s in sizes)


# Value -----------------------------------------------------------------------------------------------------------------

def draw(c, seed=0):
    rng = np.random.default_rng(seed)
    return [d(rng) if callable(d) else d for d in c.draws]


def is_floating(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def flat(y):
    """The arrays of a result, which may be a tuple or a list."""
    return [leaf for part in y for leaf in flat(part)] if isinstance(y, (tuple, list)) else [y]


def is_numpys(f):
    return isinstance(f, np.ufunc) or f.__module__.split(".")[0] == "numpy"


def traced(f, c, arrays):
    """The result of a case on tensors, as arrays, and its pullback. Only floating arrays are traced."""
    floating = [i for i, x in enumerate(arrays) if is_floating(x)]

    def run(*tensors):
        args = list(arrays)
        for i, t in zip(floating, tensors, strict=True):
            args[i] = t
        return c.call(f, *args, **c.options)
    return vjp(run, *(arrays[i] for i in floating))


def oracle(f, c):
    if f in AXIS_ALL:
        return partial(lambda x, axis=-1, **more: ORACLES[f](x, axis=axis, **more))
    return ORACLES.get(f, f)


def label(f, c, arrays):
    return f"{tensor.name(f)} of shapes {[np.shape(x) for x in arrays]} with {c.options}"


@FUNCTIONS
def test_value_is_numpys(f):
    assert is_numpys(f) or f in ORACLES, "a primitive of ours needs an oracle"
    for c in CASES[f]:
        arrays = draw(c)
        expected, got = c.call(oracle(f, c), *arrays, **c.options), traced(f, c, arrays)[0]
        assert type(got) is type(expected) or not isinstance(expected, (tuple, list)), label(f, c, arrays)
        for y, z in zip(flat(got), flat(expected), strict=True):
            assert np.shape(y) == np.shape(z) and np.asarray(y).dtype == np.asarray(z).dtype, label(f, c, arrays)
            np.testing.assert_allclose(y, z, rtol=1e-12, atol=1e-13, err_msg=label(f, c, arrays))


@pytest.mark.parametrize("f", [pytest.param(f, id=tensor.name(f)) for f in REGISTRY if is_numpys(f)])
def test_arrays_without_axes_are_taken_or_refused_as_by_numpy(f):
    c = next(c for c in CASES[f] if draw(c) and all(np.size(x) for x in draw(c)))
    arrays = [np.asarray(np.ravel(x)[0]) if isinstance(x, np.ndarray) else x for x in draw(c)]
    try:
        expected = c.call(oracle(f, c), *arrays, **c.options)
    except (ValueError, IndexError, TypeError):
        with pytest.raises((ValueError, IndexError, TypeError)):
            traced(f, c, arrays)
        return
    got, _ = traced(f, c, arrays)
    for y, z in zip(flat(got), flat(expected), strict=True):
        assert np.shape(y) == np.shape(z)
        np.testing.assert_allclose(y, z, rtol=1e-12)
    check_order(f, c, arrays, 1)


# Derivatives -----------------------------------------------------------------------------------------------------------

def loss_of(f, c, arrays, rng):
    """A scalar function of the layer before: x = x0 + s (sin u - sin u0), then f, then a curved contraction.

    At u0 the function sees the arrays that were drawn.
    """
    floating = [i for i, x in enumerate(arrays) if is_floating(x)]
    slopes = [rng.uniform(0.5, 1.0, np.shape(arrays[i])) for i in floating]
    start = [rng.uniform(-1, 1, np.shape(arrays[i])) for i in floating]
    weights: dict = {}

    def loss(us):
        args = list(arrays)
        for i, u, u0, s in zip(floating, us, start, slopes, strict=True):
            args[i] = arrays[i] + s * (np.sin(u) - np.sin(u0))
        total = 0.0
        for k, y in enumerate(flat(c.call(f, *args, **c.options))):
            if k not in weights:
                weights[k] = rng.normal(size=(2, *np.shape(y)))
            total = total + np.sum(weights[k][0] * y) + 0.5 * np.sum(weights[k][1] * y * y)
        return total
    return loss, start


def slope_along(f, x, v, h=1e-3):
    """Fourth order central difference of a function of a list of arrays."""
    near, far = (f([a + k * h * b for a, b in zip(x, v, strict=True)]) - f([a - k * h * b for a, b in zip(x, v, strict=True)])
                 for k in (1, 2))
    return (8 * near - far) / (12 * h)


def inner(a, b):
    return sum(np.sum(x * y) for x, y in zip(a, b, strict=True))


def check_order(f, c, arrays, order):
    rng = np.random.default_rng(1)
    loss, u = loss_of(f, c, arrays, rng)
    size = sum(x.size for x in u)
    function = loss
    if order == 2:
        across = [rng.normal(size=x.shape) for x in u]

        def function(u):
            return inner(grad(loss)(u), across)
    g = grad(function)(u)
    assert [x.shape for x in g] == [x.shape for x in u] and all(np.asarray(x).dtype == float for x in g), label(f, c, arrays)
    for _ in range(3 - order if size else 0):
        v = [rng.normal(size=x.shape) for x in u]
        length = float(inner(v, v)) ** 0.5
        v = [x / length for x in v]
        analytic, numeric = float(inner(g, v)), float(slope_along(function, u, v))
        scale = max(abs(numeric), float(inner(g, g) / size) ** 0.5, 1e-3)
        assert abs(analytic - numeric) <= 1e-6 * scale, f"order {order} of {label(f, c, arrays)}: {analytic} is not {numeric}"


@pytest.fixture
def spied(monkeypatch):
    """Every rule reports its name, position, and the type of what it returns."""
    reports = []

    def spying(f, position, r):
        def spy(g, y, *args, **options):
            contribution = r(g, y, *args, **options)
            reports.append((f, args[0] if position is ... else position, contribution))
            return contribution
        return spy
    for f, rules in list(tensor.RULES.items()):
        monkeypatch.setitem(tensor.RULES, f, {position: spying(f, position, r) for position, r in rules.items()})
    return reports


@FUNCTIONS
def test_first_derivative(f, spied):
    positions = set(tensor.RULES.get(f, {}))
    for c in CASES[f]:
        check_order(f, c, draw(c), 1)
    seen = {position for g, position, _ in spied if g is f}
    assert positions <= seen or positions == {...} and seen, f"rules of {tensor.name(f)} that no case has reached"


@FUNCTIONS
def test_second_derivative(f):
    for c in CASES[f]:
        check_order(f, c, draw(c), 2)


@pytest.mark.parametrize("f", [pytest.param(f, id=tensor.name(f)) for f in REGISTRY
                               if any(len(c.draws) > 1 for c in CASES.get(f, []))])
def test_arguments_of_different_levels(f):
    """One argument belongs to an outer gradient, the other to an inner one: the mixed derivative is that of one level."""
    for c in CASES[f]:
        arrays = draw(c)
        loss, u = loss_of(f, c, arrays, np.random.default_rng(5))
        if len(u) < 2:
            continue
        v = np.random.default_rng(6).normal(size=u[1].shape)
        mixed = grad(lambda a, loss=loss, u=u, v=v: np.sum(v * grad(lambda b: loss([a, b, *u[2:]]))(u[1])))(u[0])
        together = grad(lambda us, loss=loss, v=v: np.sum(v * grad(loss)(us)[1]))(u)[0]
        np.testing.assert_allclose(mixed, together, rtol=1e-9, atol=1e-10, err_msg=label(f, c, arrays))


@FUNCTIONS
def test_float32_stays_float32(f, spied):
    for c in CASES[f]:
        wide = draw(c)
        if f is operators.astype or any(np.asarray(x).dtype.kind == "i" or type(x) is list or isinstance(x, np.float64)
                                        for x in wide if not isinstance(x, (int, float))):
            continue                                    # integers and lists beside it are float64 in NumPy too
        narrow = [x.astype(np.float32) if is_floating(x) else x for x in wide]
        expected = flat(c.call(oracle(f, c), *narrow, **c.options))
        if any(np.asarray(y).dtype != np.float32 for y in expected if np.asarray(y).dtype.kind == "f"):
            continue
        y, pull = traced(f, c, narrow)
        assert [np.asarray(a).dtype for a in flat(y)] == [np.asarray(a).dtype for a in expected], label(f, c, narrow)
        rng = np.random.default_rng(2)
        seeds = [rng.normal(size=np.shape(a)).astype(np.float32) for a in flat(y)]
        spied.clear()
        gradient = pull(rebuilt(y, seeds))
        for g, x in zip(gradient, filter(is_floating, narrow), strict=True):
            assert g.dtype == np.float32 and g.shape == x.shape, label(f, c, narrow)
        widened = {tensor.name(g) for g, _, contribution in spied if contribution.dtype != np.float32}
        assert not widened, f"rules that widen float32: {widened}, in {label(f, c, narrow)}"
        y64, pull64 = traced(f, c, wide)
        for g, g64 in zip(gradient, pull64(rebuilt(y64, [s.astype(float) for s in seeds])), strict=True):
            scale = 1 + np.max(np.abs(g64), initial=0)
            np.testing.assert_allclose(g, g64, rtol=1e-3, atol=1e-4 * scale, err_msg=label(f, c, narrow))


def rebuilt(y, leaves):
    """`leaves` in the structure of y."""
    remaining = iter(leaves)

    def build(y):
        if not isinstance(y, (tuple, list)):
            return next(remaining)
        return type(y)(*map(build, y)) if hasattr(y, "_fields") else type(y)(map(build, y))
    return build(y)


# What must not matter --------------------------------------------------------------------------------------------------

def strided(x):
    wide = np.full(tuple(2 * n + 1 for n in x.shape), np.nan)
    view = wide[(..., *(slice(1, None, 2) for _ in x.shape))]              # the dots keep an array an array
    view[...] = x
    return view


def backwards(x):
    flip = (..., *(slice(None, None, -1) for _ in x.shape))
    return x[flip].copy()[flip]


LAYOUTS = {"strided": strided, "column by column": lambda x: x.copy(order="F"), "negative stride": backwards,
           "swapped axes": lambda x: np.moveaxis(np.moveaxis(x, 0, -1).copy(), -1, 0) if x.ndim else x}


@FUNCTIONS
def test_memory_layout_does_not_matter(f):
    for c in CASES[f]:
        plain = draw(c)
        y, pull = traced(f, c, plain)
        seeds = [np.random.default_rng(3).normal(size=np.shape(a)) for a in flat(y)]
        gradient = pull(rebuilt(y, seeds))
        for kind, layout in LAYOUTS.items():
            arrays = [layout(x) if is_floating(x) else x for x in plain]
            z, pull = traced(f, c, arrays)
            pulled = pull(rebuilt(z, [layout(np.asarray(s)) for s in seeds]))
            for p, q in zip([*flat(z), *pulled], [*flat(y), *gradient], strict=True):
                np.testing.assert_allclose(p, q, rtol=1e-9, atol=1e-11, err_msg=f"{kind}: {label(f, c, plain)}")


@FUNCTIONS
def test_inputs_and_cotangents_are_left_alone(f):
    for c in CASES[f]:
        arrays = draw(c)
        copies = [np.copy(x) for x in arrays]
        y, pull = traced(f, c, arrays)
        seeds = [np.random.default_rng(4).normal(size=np.shape(a)) for a in flat(y)]
        twins = [s.copy() for s in seeds]
        first = [np.copy(g) for g in pull(rebuilt(y, seeds))]
        for x, z in zip([*arrays, *seeds], [*copies, *twins], strict=True):
            np.testing.assert_array_equal(x, z, err_msg=label(f, c, arrays))
        for g in pull(rebuilt(y, seeds)):                                  # gradients belong to whoever asked for them
            np.asarray(g)[...] = np.nan
        for x, z in zip([*arrays, *seeds, *pull(rebuilt(y, seeds))], [*copies, *twins, *first], strict=True):
            np.testing.assert_array_equal(x, z, err_msg=label(f, c, arrays))
        for x in [*arrays, *seeds]:
            if isinstance(x, np.ndarray):
                x.flags.writeable = False
        traced(f, c, arrays)[1](rebuilt(y, seeds))                         # nobody even tries


# How it is called ------------------------------------------------------------------------------------------------------

def parameters(f):
    try:
        return list(inspect.signature(f).parameters.values())
    except ValueError:                                                      # some of NumPy's C functions don't tell
        return []


NAMED = [f for f in REGISTRY if not isinstance(f, np.ufunc) and parameters(f)
         and not any(p.kind is p.VAR_POSITIONAL for p in parameters(f)) and any(c.call is plainly for c in CASES.get(f, []))]


@pytest.mark.parametrize("f", [pytest.param(f, id=tensor.name(f)) for f in NAMED])
def test_arguments_by_position_and_by_keyword_are_the_same(f):
    named = [p.name for p in parameters(f) if p.kind is not p.KEYWORD_ONLY]
    by_keyword_only_position = {p.name for p in parameters(f) if p.kind is p.POSITIONAL_ONLY}
    for c in CASES[f]:
        if c.call is not plainly:
            continue
        arrays = draw(c)
        expected = flat(traced(f, c, arrays)[0])
        everything = dict(zip(named, arrays, strict=False)) | c.options
        in_order = list(itertools.takewhile(everything.__contains__, named))
        forms = [(in_order, [n for n in everything if n not in in_order]),
                 ([n for n in in_order if n in by_keyword_only_position],
                  [n for n in everything if n not in by_keyword_only_position])]
        for positional, keywords in forms:
            def call(f, *traced_arrays, positional=positional, keywords=keywords, **options):
                all_of_them = dict(zip(named, traced_arrays, strict=False)) | options
                return f(*(all_of_them[n] for n in positional), **{k: all_of_them[k] for k in keywords})
            for y, z in zip(flat(traced(f, Case(c.draws, c.options, call), arrays)[0]), expected, strict=True):
                np.testing.assert_array_equal(y, z, err_msg=f"{positional} {keywords} {label(f, c, arrays)}")


OPTIONS = {"out": np.empty(()), "where": np.array([True]), "dtype": np.float32, "casting": "unsafe", "order": "F", "subok": True,
           "initial": 2.0, "copy": True, "overwrite_input": False, "method": "linear", "prepend": 0.0, "append": 0.0,
           "mode": "clip",
           "nonsense": 1, "keepdims": True, "ddof": 1, "reflect_type": "odd", "stat_length": 2, "axis": 0, "stable": True}


@pytest.mark.parametrize("f", [pytest.param(f, id=tensor.name(f)) for f in REGISTRY if "axis" in {p.name for p in parameters(f)}])
def test_an_axis_that_is_not_there_is_refused(f):
    for c, axis in itertools.product(CASES[f], [6, -7]):
        if c.call in (plainly, listed):
            with pytest.raises((ValueError, IndexError, TypeError)):
                traced(f, Case(c.draws, c.options | {"axis": axis}, c.call), draw(c))


@FUNCTIONS
def test_an_option_is_obeyed_or_refused(f):
    """Never ignored: where the engine takes an option, value and derivative are those that NumPy gives with it."""
    c = next(c for c in CASES[f] if all(np.size(x) > 1 for x in draw(c)))
    arrays = draw(c)
    for option in set(OPTIONS) - set(c.options):
        with_it = Case(c.draws, c.options | {option: OPTIONS[option]}, c.call)
        try:
            got = flat(traced(f, with_it, arrays)[0])
        except (TypeError, ValueError, LookupError) as error:
            if isinstance(error, TypeError) and is_numpys(f) and option in {p.name for p in parameters(f)}:
                assert option in str(error), f"{label(f, with_it, arrays)}: {error}"
            continue
        refused = ("out", "nonsense", "casting") + (() if f in AXIS_ALL else ("where",))      # the softmaxes take a mask
        assert option not in refused, f"{label(f, with_it, arrays)} was taken"
        expected = flat(with_it.call(oracle(f, c), *arrays, **with_it.options))
        for y, z in zip(got, expected, strict=True):
            assert np.asarray(y).dtype == np.asarray(z).dtype
            np.testing.assert_allclose(y, z, rtol=1e-12, atol=1e-13, err_msg=label(f, with_it, arrays))
        if option != "dtype":
            check_order(f, with_it, arrays, 1)


@pytest.mark.parametrize("f", [pytest.param(f, id=tensor.name(f)) for f in REGISTRY if isinstance(f, np.ufunc)])
@pytest.mark.parametrize("option", ["out", "where", "dtype", "casting", "order"])
def test_a_ufunc_refuses_options_by_name(f, option):
    arrays = draw(CASES[f][4])
    with pytest.raises(TypeError, match=option):
        traced(f, Case((), {option: OPTIONS[option]}, plainly), arrays)


# Functions of values ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("f", [pytest.param(f, id=tensor.name(f)) for f in sorted(VALUES, key=tensor.name)])
def test_function_of_values_gives_what_numpy_gives(f, rng):
    x = rng.normal(size=(3, 3))
    x[0, 0] = 0.2
    for call in VALUES[f]:
        seen = []

        def run(t, call=call, seen=seen):
            seen.append(call(f, t))
            return np.sum(t) * 1.0
        grad(run)(x)
        grad(lambda t: grad(run)(t)[0, 0])(x)                               # two levels deep as well
        expected = call(f, x)
        for got in seen:
            for y, z in zip(flat(got), flat(expected), strict=True):
                assert type(y) is not Tensor and type(y) is type(z)
                if isinstance(y, (np.ndarray, np.generic)):
                    assert y.dtype == z.dtype
                    np.testing.assert_array_equal(y, z)
                else:
                    assert y == z


def test_values_carry_no_gradient(rng):
    x = rng.normal(size=(3, 4))
    np.testing.assert_array_equal(grad(lambda t: np.sum(np.sign(t) * t))(x), np.sign(x))
    np.testing.assert_array_equal(grad(lambda t: np.sum(np.round(t) + t))(x), np.ones_like(x))
    np.testing.assert_array_equal(grad(lambda t: np.sum(t[np.arange(3), np.argmax(t, axis=1)]))(x),
                                  np.eye(4)[np.argmax(x, axis=1)])


# Conventions ------------------------------------------------------------------------------------------------------------

def test_ties_share_the_gradient_equally():
    x = np.array([1.0, 3.0, 3.0, 2.0])
    for f in (np.max, np.amax, lambda t: -np.min(-t)):
        np.testing.assert_allclose(grad(f)(x), [0, 0.5, 0.5, 0])
    for f in (np.maximum, np.minimum):
        np.testing.assert_allclose(grad(lambda p, f=f: np.sum(f(p[0], p[1])))((x, x))[0], 0.5 * np.ones(4))
        np.testing.assert_allclose(grad(lambda p, f=f: np.sum(f(p[0], p[1])))((x, x))[1], 0.5 * np.ones(4))
    np.testing.assert_allclose(grad(lambda t: np.linalg.norm(t, np.inf))(x), [0, 0.5, 0.5, 0])
    np.testing.assert_allclose(grad(lambda t: np.max(t, axis=1).sum())(np.ones((2, 4))), np.full((2, 4), 0.25))
    np.testing.assert_allclose(grad(np.median)(np.array([2.0, 1.0, 3.0])), [1, 0, 0])
    assert grad(lambda t: np.sum(np.maximum(t, 0)))(np.zeros(2)).tolist() == [0.5, 0.5]
    assert grad(lambda t: np.sum(relu(t)))(np.zeros(2)).tolist() == [0, 0]


def test_zero_where_a_norm_or_an_absolute_value_has_a_corner():
    zero = np.zeros(3)
    for f in (np.linalg.norm, np.std, lambda t: np.linalg.norm(t, 3), lambda t: np.sum(np.abs(t)), lambda t: np.sum(np.fabs(t)),
              lambda t: np.sum(np.hypot(t, t)), lambda t: np.linalg.norm(t, 1)):
        np.testing.assert_array_equal(grad(f)(zero), zero)
    x = np.array([[0.0, 0.0], [3.0, 4.0]])
    np.testing.assert_allclose(grad(lambda t: np.sum(np.linalg.norm(t, axis=1)))(x), [[0, 0], [0.6, 0.8]])


def test_powers_and_logarithms_at_zero():
    assert grad(lambda t: t ** 0)(0.0) == 0 and grad(lambda t: t ** 1)(0.0) == 1 and grad(lambda t: t ** 2)(0.0) == 0
    assert grad(grad(lambda t: t ** 2))(0.0) == 2 and grad(grad(grad(lambda t: t ** 2)))(0.0) == 0
    np.testing.assert_array_equal(grad(lambda t: np.sum(t ** np.array([0, 1, 2])))(np.zeros(3)), [0, 1, 0])
    assert grad(lambda b: np.power(0.0, b))(2.0) == 0
    assert grad(lambda q: special.xlogy(0.0, q))(0.0) == 0 and grad(lambda q: special.xlogy(0.0, q))(1.0) == 0
    assert grad(lambda x: np.logaddexp(x, -np.inf))(1.0) == 1
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert grad(lambda x: np.logaddexp(x, 0.0))(-800.0) == 0


def test_nan_to_num_passes_nothing_where_it_replaces():
    x = np.array([1.0, np.nan, np.inf, -np.inf])
    y, pull = vjp(lambda t: np.nan_to_num(t, nan=7.0, posinf=8.0, neginf=9.0), x)
    np.testing.assert_array_equal(y, np.nan_to_num(x, nan=7.0, posinf=8.0, neginf=9.0))
    np.testing.assert_array_equal(pull(np.array([1.0, 2.0, 3.0, 4.0]))[0], [1, 0, 0, 0])
    np.testing.assert_array_equal(vjp(np.nan_to_num, x)[0], np.nan_to_num(x))


def test_eigenvectors_sign_free_functions_and_repeated_eigenvalues(rng):
    """Projections do not depend on the sign of an eigenvector, nor traces on the choice within an eigenspace."""
    b = rng.normal(size=(4, 4))
    symmetrized = b @ b.T

    def projection(t):
        w, v = np.linalg.eigh(0.5 * (t + t.T))
        return np.sum(np.outer(v[:, -1], v[:, -1]) * b) + w[0]

    def by_power(t):
        p = np.linalg.matrix_power(0.5 * (t + t.T) / 10, 300)
        return np.sum(p / np.trace(p) * b)
    top = grad(lambda t: projection(t) - np.linalg.eigvalsh(0.5 * (t + t.T))[0])(symmetrized)
    np.testing.assert_allclose(top, grad(by_power)(symmetrized), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(grad(lambda t: np.sum(np.linalg.eigh(t)[0] ** 2))(np.eye(3)), 2 * np.eye(3), atol=1e-14)
    np.testing.assert_allclose(grad(lambda t: np.sum(np.linalg.eigvalsh(t) ** 3))(symmetrized), 3 * symmetrized @ symmetrized)
    w, v = vjp(np.linalg.eigh, symmetrized)[0]
    np.testing.assert_allclose(v * w @ v.T, symmetrized)


def test_symmetric_functions_read_one_triangle_and_return_a_symmetric_gradient(rng):
    m = rng.normal(size=(3, 3))
    m = m @ m.T + np.eye(3)
    weights = rng.normal(size=(3, 3))
    for f in (lambda t: np.sum(weights * np.linalg.cholesky(t)), lambda t: np.sum(weights[0] * np.linalg.eigvalsh(t))):
        g = grad(f)(m)
        np.testing.assert_allclose(g, g.T)
        spoiled = np.tril(m) + 99 * np.triu(np.ones((3, 3)), 1)
        np.testing.assert_allclose(f(spoiled), f(m))


def test_linalg_against_closed_forms(rng):
    m = rng.normal(size=(3, 3)) + 3 * np.eye(3)
    spd = m @ m.T
    np.testing.assert_allclose(grad(np.linalg.det)(m), np.linalg.det(m) * np.linalg.inv(m).T)                     # Jacobi
    np.testing.assert_allclose(grad(lambda t: np.linalg.slogdet(t)[1])(m), np.linalg.inv(m).T)
    np.testing.assert_allclose(grad(lambda t: np.linalg.slogdet(t).logabsdet)(m), np.linalg.inv(m).T)
    np.testing.assert_allclose(grad(lambda t: 2 * np.sum(np.log(np.diag(np.linalg.cholesky(t)))))(spd), np.linalg.inv(spd))
    np.testing.assert_allclose(grad(lambda t: np.trace(np.linalg.inv(t)))(m), -np.linalg.matrix_power(np.linalg.inv(m), 2).T)
    u, s, vt = np.linalg.svd(m)
    np.testing.assert_allclose(grad(lambda t: np.linalg.norm(t, "nuc"))(m), u @ vt)
    np.testing.assert_allclose(grad(lambda t: np.linalg.norm(t, 2))(m), np.outer(u[:, 0], vt[0]))
    np.testing.assert_allclose(grad(lambda t: np.trace(np.linalg.matrix_power(t, 4)))(m), 4 * np.linalg.matrix_power(m, 3).T)


def test_singular_matrices_raise_numpys_error():
    for f in (np.linalg.inv, lambda t: np.linalg.solve(t, np.ones(2))):
        with pytest.raises(np.linalg.LinAlgError, match="[Ss]ingular"):
            grad(lambda t, f=f: np.sum(f(t)))(np.zeros((2, 2)))
    with pytest.raises(np.linalg.LinAlgError, match="[Ss]ingular"):
        grad(np.linalg.det)(np.zeros((2, 2)))


@pytest.mark.parametrize(("call", "words"), [
    (lambda t: np.einsum("i...->i", t), "right"), (lambda t: np.einsum("ij,jk", t), "operands"),
    (lambda t: np.einsum(t, [0, 1], [0]), "string"), (lambda t: np.split(t, 2, axis=1), "array_split"),
    (lambda t: np.stack([t, t[0]]), "one shape"), (lambda t: np.linalg.norm(t, "nuclear"), "nuclear"),
    (lambda t: np.linalg.norm(t[0], "fro"), "fro"), (lambda t: np.linalg.norm(t[None], 1), "axis="),
    (lambda t: np.tensordot(t, t, 1), "don't match"), (lambda t: np.pad(t, 1, mode="linear_ramp"), "linear_ramp"),
    (lambda t: np.take(t, [9], mode="wrap"), "wrap"), (lambda t: np.average(t, weights=[1.0, 2.0, 3.0]), "axis="),
    (lambda t: np.sum(t, axis=t), "stop_gradient"), (lambda t: np.where(t, t, t), "argument 0"),
    (lambda t: np.bincount([0, 1, 1], weights=t[0]), "np.bincount has no"),            # its weights would lose their gradient
    (lambda t: np.histogram(t)[1], "np.histogram has no")])                             # and here the edges
def test_calls_that_are_refused_say_why(call, words):
    with pytest.raises((TypeError, ValueError), match=words):
        grad(lambda t: np.sum(call(t)))(np.ones((2, 3)))
