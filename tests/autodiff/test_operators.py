"""A tensor feels like an array: operators, methods, indexing, comparisons, printing; and its refusals."""
import operator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edugen import Tensor, grad, jacobian, vjp
from edugen.autodiff import operators


def compare(f, *arrays, cotangent_of=1.0):
    """f with operators on tensors against f on arrays; its pullback against central differences."""
    seen = []

    def run(*tensors):
        seen.append(f(*tensors))
        return seen[-1]
    y, pull = vjp(run, *arrays)
    expected = f(*arrays)
    assert type(seen[0]) is Tensor and np.shape(y) == np.shape(expected) and y.dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(y, expected, rtol=1e-13)
    rng = np.random.default_rng(7)
    g = rng.normal(size=np.shape(y)) * cotangent_of
    for k, (x, got) in enumerate(zip(arrays, pull(g), strict=True)):
        assert np.shape(got) == np.shape(x)
        v, h = rng.normal(size=np.shape(x)), 1e-6
        up, down = (np.sum(g * f(*arrays[:k], x + s * v, *arrays[k + 1:])) for s in (h, -h))
        np.testing.assert_allclose(np.sum(got * v), (up - down) / (2 * h), rtol=1e-6, atol=1e-7)
    return seen[0]


BINARY = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.mod]


@pytest.mark.parametrize("f", BINARY, ids=lambda f: f.__name__)
def test_binary_operators_with_everything_that_can_stand_beside_a_tensor(f, rng):
    x, y = rng.uniform(1, 2, (2, 3)), rng.uniform(2.1, 3, (2, 3))
    compare(f, x, y)
    compare(f, x, y[0])
    compare(f, x[:, :1], y[0])
    for other in (2.5, 2, np.float64(2.5), np.array(2.5), np.int64(2), y, y[:1], np.arange(2, 5), [2.5, 2.0, 3.0]):
        compare(lambda t, other=other: f(t, other), x)
        compare(lambda t, other=other: f(other, t), x)
    compare(f, np.float64(1.5), np.float64(2.3))
    narrow = x.astype(np.float32)
    for other in (2, 2.5, np.float32(2.5), narrow):
        assert vjp(lambda t, other=other: f(t, other), narrow)[0].dtype == np.float32
        assert vjp(lambda t, other=other: f(other, t), narrow)[0].dtype == np.float32
    assert vjp(lambda t: f(t, np.float64(2.5)), narrow)[0].dtype == np.float64            # as NumPy


def test_unary_operators_and_matrix_products(rng):
    x, w = rng.normal(size=(2, 3)), rng.normal(size=(3, 4))
    for f in (operator.neg, operator.pos, abs):
        compare(f, x)
        assert f(np.float64(-2.0)) == grad(lambda t, f=f: f(t) * 1.0)(-2.0) * -2.0 or f is abs
    compare(operator.matmul, x, w)
    compare(lambda t: x @ t, w)
    compare(lambda t: t @ w, x)
    compare(lambda t: [[1.0, 2.0]] @ t, x)
    compare(lambda t: t @ [1.0, 2.0, 3.0], x)
    compare(lambda t: t @ (1.0, 2.0, 3.0), x)
    compare(lambda t: (1.0, 2.0) @ t * (1.0, 2.0, 3.0), x)


def test_augmented_assignment_makes_a_new_tensor(rng):
    def f(t):
        h = t
        h += 1.0
        h *= t
        h -= 2 * t
        h /= 3.0
        h **= 2
        h @= np.ones((3, 2))
        return h
    x = rng.normal(size=(2, 3))
    keep = x.copy()
    compare(lambda t: ((t + 1) * t - 2 * t) ** 2 / 9 @ np.ones((3, 2)), x)
    np.testing.assert_allclose(vjp(f, x)[0], ((x + 1) * x - 2 * x) ** 2 / 9 @ np.ones((3, 2)))
    np.testing.assert_array_equal(x, keep)
    total = 0.0
    assert grad(lambda t: sum((total + t[i] for i in range(3)), start=0.0))(np.ones(3)).tolist() == [1, 1, 1]


METHODS = {
    "sum": [lambda t: t.sum(), lambda t: t.sum(0), lambda t: t.sum(axis=-1, keepdims=True), lambda t: t.sum((0, 1))],
    "mean": [lambda t: t.mean(), lambda t: t.mean(1), lambda t: t.mean(axis=0, keepdims=True)],
    "prod": [lambda t: t.prod(), lambda t: t.prod(1)],
    "max": [lambda t: t.max(), lambda t: t.max(axis=1)],
    "min": [lambda t: t.min(), lambda t: t.min(0)],
    "var": [lambda t: t.var(), lambda t: t.var(0, ddof=1)],
    "std": [lambda t: t.std(), lambda t: t.std(axis=1, keepdims=True)],
    "cumsum": [lambda t: t.cumsum(), lambda t: t.cumsum(1)],
    "cumprod": [lambda t: t.cumprod(), lambda t: t.cumprod(axis=0)],
    "ravel": [lambda t: t.ravel()],
    "flatten": [lambda t: t.flatten()],
    "reshape": [lambda t: t.reshape(3, 2), lambda t: t.reshape((3, 2)), lambda t: t.reshape(-1), lambda t: t.reshape([2, 1, 3])],
    "transpose": [lambda t: t.transpose(), lambda t: t.transpose(1, 0), lambda t: t.transpose((1, 0)),
                  lambda t: t.transpose(None), lambda t: t[None].transpose(2, 0, 1)],
    "T": [lambda t: t.T, lambda t: t[0].T],
    "mT": [lambda t: t[None].mT],
    "squeeze": [lambda t: t[:, None].squeeze(), lambda t: t[:, None].squeeze(1)],
    "swapaxes": [lambda t: t.swapaxes(0, 1)],
    "repeat": [lambda t: t.repeat(2), lambda t: t.repeat([1, 2], axis=0)],
    "clip": [lambda t: t.clip(-0.3, 0.4), lambda t: t.clip(0.1, None)],
    "trace": [lambda t: t.trace(), lambda t: t.trace(1)],
    "diagonal": [lambda t: t.diagonal(), lambda t: t.diagonal(1)],
    "take": [lambda t: t.take([0, 0, 4]), lambda t: t.take([1], axis=1)],
    "dot": [lambda t: t.dot(np.ones(3)), lambda t: t.dot(t.T)],
    "copy": [lambda t: t.copy() * 1.0],
    "astype": [lambda t: t.astype(float), lambda t: t.astype("f8"), lambda t: t.astype(np.longdouble).astype(float)],
    "iteration": [lambda t: np.stack([row * i for i, row in enumerate(t)]), lambda t: sum(t), lambda t: max(t[0]),
                  lambda t: np.stack(sorted(t[0])), lambda t: (lambda a, b: a * b)(*t),
                  lambda t: np.stack(list(reversed(list(t)))),
                  lambda t: np.stack([a * b for a, b in zip(*t, strict=True)])],
}


@pytest.mark.parametrize("name", METHODS)
def test_methods(name, rng):
    x = rng.normal(size=(2, 3))
    for f in METHODS[name]:
        compare(f, x)


def test_value_methods_attributes_and_questions(rng):
    x = np.array([[0.5, -1.5, 2.0], [1.0, 0.0, -1.0]])

    def f(t):
        assert (t.shape, t.ndim, t.size, t.dtype, len(t)) == ((2, 3), 2, 6, np.dtype(float), 2)
        assert t.argmax() == 2 and t.argmin(axis=1).tolist() == [1, 2] and t.argsort(axis=1).tolist() == x.argsort(1).tolist()
        assert t.any() and not t.all() and t.round().tolist() == x.round().tolist()
        assert [a.tolist() for a in t.nonzero()] == [a.tolist() for a in x.nonzero()]
        assert t[0].searchsorted(0.7) == x[0].searchsorted(0.7)
        for op in (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge):
            for other in (0.0, x, t, x[0], [0.5, 0.0, 2.0]):
                got = op(t, other)
                assert type(got) is np.ndarray and got.dtype == bool
                np.testing.assert_array_equal(got, op(x, x if type(other) is Tensor else np.asarray(other)))
            np.testing.assert_array_equal(op(0.0, t), op(0.0, x))
            np.testing.assert_array_equal(op(x[0], t), op(x[0], x))
        assert bool(t[0, 0]) and not t[1, 1] and t[0, 0] > 0
        assert 0.5 in t and 9.0 not in t
        assert type(t // 2) is np.ndarray and (t // 2).tolist() == (x // 2).tolist()
        assert (2 // t[:, :1]).tolist() == (2 // x[:, :1]).tolist()
        assert type(t.astype(int)) is np.ndarray and t.astype(int).dtype == int and t.astype(bool).dtype == bool
        assert x[:, t[0] > 0].shape == (2, 2) and x[:, t.argmax(axis=1)].shape == (2, 2)
        assert t.copy() is t and str(t) == str(x) and repr(t) == f"Tensor({x!r})" and f"{t[0, 0]:.3f}" == "0.500"
        return np.sum(t)
    grad(f)(x)
    grad(lambda t: grad(f)(t).sum() + np.sum(t))(x)                                       # two levels deep as well
    with pytest.raises(ValueError, match="ambiguous"):
        grad(lambda t: 1.0 if t > 0 else 2.0)(x)
    with pytest.raises(TypeError, match=r"len\(\).*no axis"):
        grad(lambda t: len(t))(1.0)
    with pytest.raises(TypeError, match="no axis"):
        grad(lambda t: sum(t))(1.0)
    with pytest.raises(TypeError, match="unhashable"):
        grad(lambda t: {t: 1})(1.0)
    assert grad(lambda t: f"{t}" and t * (2 if t > 1 else 3))(2.0) == 2                   # branches follow the value


# Indexing --------------------------------------------------------------------------------------------------------------

@st.composite
def indexed(draw):
    size = draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4))
    index = draw(st.one_of(
        hnp.basic_indices(size, allow_newaxis=True), hnp.integer_array_indices(size, result_shape=hnp.array_shapes(max_dims=2,
        max_side=4)),
        hnp.arrays(bool, size), hnp.arrays(bool, size[:1]), st.lists(st.integers(-size[0], size[0] - 1), max_size=5)))
    return size, index


@given(indexed())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_gradient_of_an_index_is_its_transpose(case):
    size, index = case
    x = np.random.default_rng(0).normal(size=size)
    places = np.arange(x.size).reshape(size)[index]                                       # where each result comes from
    y, pull = vjp(lambda t: t[index], x)
    np.testing.assert_array_equal(y, x[index])
    g = np.random.default_rng(1).normal(size=np.shape(y))
    expected = np.zeros(x.size)
    for place, cotangent in zip(np.ravel(places), np.ravel(g), strict=True):              # one by one: repeats add up
        expected[place] += cotangent
    np.testing.assert_allclose(pull(g)[0], expected.reshape(size), atol=1e-12)
    back = grad(lambda g: np.sum(x * pull(g)[0]))(np.asarray(g))                          # and the transpose's transpose
    np.testing.assert_allclose(back, x[index])


@given(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3, min_side=0))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_broadcasting_of_any_shapes(shapes):
    rng = np.random.default_rng(0)
    a, b, c = (rng.normal(size=s) for s in shapes.input_shapes)
    y, pull = vjp(lambda a, b, c: a * b + np.where(c > 0, a, c) * c, a, b, c)
    assert np.shape(y) == shapes.result_shape
    g = rng.normal(size=shapes.result_shape)
    wide = [np.broadcast_to(x, shapes.result_shape) for x in (a, b, c)]
    slopes = [g * (wide[1] + np.where(wide[2] > 0, wide[2], 0)), g * wide[0],
              g * np.where(wide[2] > 0, wide[0], 2 * wide[2])]
    for x, slope, got in zip((a, b, c), slopes, pull(g), strict=True):
        lead = slope.ndim - x.ndim
        expected = slope.sum(tuple(range(lead)))
        expected = expected.sum(tuple(i for i, n in enumerate(x.shape) if n == 1), keepdims=True)
        assert np.shape(got) == x.shape
        np.testing.assert_allclose(got, expected, atol=1e-12)


def test_traced_integers_as_an_index_come_from_values(rng):
    x = rng.normal(size=(3, 4))
    np.testing.assert_array_equal(grad(lambda t: np.sum(t[t > 0]))(x), x > 0)
    np.testing.assert_array_equal(grad(lambda t: np.sum(t[t.astype(int) == 0]))(x), x.astype(int) == 0)
    np.testing.assert_array_equal(grad(lambda t: np.sum(t[np.argmax(t, 0), np.arange(4)]))(x), x == x.max(0))
    with pytest.raises(IndexError):
        grad(lambda t: t[5])(x)
    with pytest.raises((IndexError, TypeError)):
        grad(lambda t: t[t[0, 0]])(x)


def test_casting_passes_the_gradient_in_the_dtype_of_its_argument():
    x = np.array([1.25, -2.5], np.float32)
    y, pull = vjp(lambda t: t.astype(float) ** 2, x)
    assert y.dtype == float and pull(np.ones(2))[0].dtype == np.float32
    assert grad(lambda t: np.sum(t.astype(np.float32) * 3))(np.ones(2)).dtype == float
    np.testing.assert_array_equal(jacobian(lambda t: t.astype(float))(x), np.eye(2))


# Reductions spelled as ufunc methods -----------------------------------------------------------------------------------

def test_ufunc_reduce_is_its_reduction_along_axis_0(rng):
    x = rng.normal(size=(2, 3))
    for f in (np.add, np.multiply, np.maximum, np.minimum):
        compare(lambda t, f=f: f.reduce(t), x)
        compare(lambda t, f=f: f.reduce(t, 1), x)
        compare(lambda t, f=f: f.reduce(t, axis=None), x)
        compare(lambda t, f=f: f.reduce(t, axis=-1, keepdims=True), x)


@pytest.mark.parametrize(("call", "words"), [
    (lambda t: np.add.outer(t, t), r"a\[:, None\]"), (lambda t: np.multiply.accumulate(t), "np.cumprod"),
    (lambda t: np.add.accumulate(t), "np.cumsum"), (lambda t: np.add.at(t, [0], 1.0), "indexing"),
    (lambda t: np.logaddexp.reduce(t), "np.logaddexp.reduce has no gradient rule"),
    (lambda t: np.add.reduceat(t, [0]), "reduceat"),
    (lambda t: np.add.reduce(t, where=np.array([True, False])), "where"), (lambda t: np.add.reduce(t, initial=1.0), "initial"),
    (lambda t: np.add.reduce(t, out=np.empty(())), "out="), (lambda t: np.divmod(t, 2.0), "np.divmod has no gradient rule"),
    (lambda t: np.modf(t), "np.modf has no gradient rule")])
def test_other_ufunc_methods_are_refused(call, words):
    with pytest.raises(TypeError, match=words):
        grad(lambda t: np.sum(call(t)))(np.ones(2))


def test_missing_methods_say_what_to_use():
    def attribute(key):
        def f(t):
            return getattr(t, key)
        return f
    for key, words in (("sort", r"use np.sort\(t\)"), ("fill", "no gradient rule"), ("partition", "stop_gradient"),
                       ("nothing", "no attribute 'nothing'"), ("tobytes", "no gradient rule"),
                       ("backward", "no attribute 'backward'; edugen.grad"), ("grad", "no attribute 'grad'; edugen.grad")):
        with pytest.raises(AttributeError, match=words):
            grad(attribute(key))(np.ones(2))
    seen = []
    grad(lambda t: (seen.append((hasattr(t, "__array_interface__"), hasattr(t, "real"), hasattr(t, "sum"))),
    np.sum(t))[1])(np.ones(2))
    assert seen == [(False, False, True)]


def test_scatter_is_a_plain_function_on_arrays():
    np.testing.assert_array_equal(operators.scatter(np.array([1.0, 2.0, 3.0]), index=[0, 2, 0], shape=(3,)), [4, 0, 2])
    np.testing.assert_array_equal(operators.getitem(np.arange(4.0), index=slice(1, 3)), [1, 2])
