"""grad and what is built on it: orders, closed forms, closures, trees, and every wrong use by its error."""
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import optimize, special

from edugen import Tensor, grad, hessian, hvp, jacobian, stop_gradient, value_and_grad, vjp
from edugen.autodiff import logsumexp, sigmoid, softplus, tree

# Orders one to four ----------------------------------------------------------------------------------------------------

TOWERS = {
    "sin": (np.sin, [np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin]),
    "exp": (np.exp, [np.exp] * 4),
    "log": (np.log, [lambda x: 1 / x, lambda x: -1 / x ** 2, lambda x: 2 / x ** 3, lambda x: -6 / x ** 4]),
    "tanh": (np.tanh, [lambda x: 1 - np.tanh(x) ** 2, lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2),
                       lambda x: (1 - np.tanh(x) ** 2) * (6 * np.tanh(x) ** 2 - 2),
                       lambda x: (1 - np.tanh(x) ** 2) * (16 * np.tanh(x) - 24 * np.tanh(x) ** 3)]),
    "power": (lambda x: x ** 5, [lambda x: 5 * x ** 4, lambda x: 20 * x ** 3, lambda x: 60 * x ** 2, lambda x: 120 * x]),
    "square root": (np.sqrt, [lambda x: 0.5 * x ** -0.5, lambda x: -0.25 * x ** -1.5, lambda x: 0.375 * x ** -2.5,
                              lambda x: -0.9375 * x ** -3.5]),
    "reciprocal": (lambda x: 1 / x, [lambda x: -x ** -2, lambda x: 2 * x ** -3, lambda x: -6 * x ** -4, lambda x: 24 * x ** -5]),
    "bell": (lambda x: np.exp(-x * x / 2), [lambda x: -x * np.exp(-x * x / 2), lambda x: (x ** 2 - 1) * np.exp(-x * x / 2),
                                            lambda x: (3 * x - x ** 3) * np.exp(-x * x / 2),
                                            lambda x: (x ** 4 - 6 * x ** 2 + 3) * np.exp(-x * x / 2)]),      # Hermite
    "log gamma": (special.gammaln, [partial(special.polygamma, k) for k in range(4)]),
    "softplus": (softplus, [sigmoid, lambda x: sigmoid(x) * sigmoid(-x),
                            lambda x: sigmoid(x) * sigmoid(-x) * (1 - 2 * sigmoid(x)),
                            lambda x: sigmoid(x) * sigmoid(-x) * (1 - 6 * sigmoid(x) * sigmoid(-x))]),
}


@pytest.mark.parametrize("name", TOWERS)
def test_four_nested_gradients(name):
    f, tower = TOWERS[name]
    d = f
    for order, expected in enumerate(tower, start=1):
        d = grad(d)
        for x in (0.3, 1.7):
            assert d(x) == pytest.approx(float(expected(x)), rel=1e-12), f"order {order} at {x}"
    every = np.linspace(0.3, 1.7, 5)
    d = f
    for expected in tower:
        d = (lambda g: lambda x: grad(lambda x: np.sum(g(x)))(x))(d)
        np.testing.assert_allclose(d(every), expected(every), rtol=1e-12)


def test_mixed_fourth_derivative():
    def f(x, y):
        return np.sin(x) * np.exp(2 * y) + x ** 3 * y ** 2
    dxxyy = grad(grad(grad(grad(f, 0), 1), 0), 1)
    assert dxxyy(0.4, 0.2) == pytest.approx(-4 * np.sin(0.4) * np.exp(0.4) + 12 * 0.4)
    assert grad(grad(grad(grad(f, 1), 1), 0), 0)(0.4, 0.2) == pytest.approx(float(dxxyy(0.4, 0.2)))


# Jacobians and Hessians ------------------------------------------------------------------------------------------------

def test_jacobians_in_closed_form(rng):
    a, x = rng.normal(size=(4, 3)), rng.normal(size=3)
    np.testing.assert_allclose(jacobian(lambda x: a @ x)(x), a)
    np.testing.assert_allclose(jacobian(lambda x: np.tanh(a @ x))(x), (1 - np.tanh(a @ x) ** 2)[:, None] * a)
    np.testing.assert_array_equal(jacobian(lambda x: x[::-1])(x), np.eye(3)[::-1])
    np.testing.assert_allclose(jacobian(lambda x: np.outer(x, x))(x),
                               np.einsum("ik,j->ijk", np.eye(3), x) + np.einsum("jk,i->ijk", np.eye(3), x))
    b, m = rng.normal(size=(3, 2)), rng.normal(size=(4, 3))
    of_product = jacobian(lambda m: m @ b)(m)
    assert of_product.shape == (4, 2, 4, 3)
    np.testing.assert_allclose(of_product, np.einsum("ik,lj->ijkl", np.eye(4), b))
    np.testing.assert_allclose(jacobian(lambda x: np.sum(x ** 2))(x), 2 * x)                       # a scalar: the gradient
    polar = jacobian(lambda p: np.stack([p[0] * np.cos(p[1]), p[0] * np.sin(p[1])]))(np.array([2.0, 0.7]))
    np.testing.assert_allclose(polar, [[np.cos(0.7), -2 * np.sin(0.7)], [np.sin(0.7), 2 * np.cos(0.7)]])
    assert np.linalg.det(polar) == pytest.approx(2.0)


def test_jacobians_of_trees_several_arguments_and_nothing(rng):
    x, y = rng.normal(size=2), rng.normal(size=3)
    blocks = jacobian(lambda p: {"sum": p["a"].sum() + p["b"][0], "b": 2 * p["b"], "n": 3})({"a": x, "b": y})
    np.testing.assert_array_equal(blocks["sum"]["a"], [1, 1])
    np.testing.assert_array_equal(blocks["sum"]["b"], [1, 0, 0])
    np.testing.assert_array_equal(blocks["b"]["a"], np.zeros((3, 2)))
    np.testing.assert_array_equal(blocks["b"]["b"], 2 * np.eye(3))
    assert blocks["n"] == 3
    left, right = jacobian(np.outer, argnums=(0, 1))(x, y)
    assert left.shape == (2, 3, 2) and right.shape == (2, 3, 3)
    np.testing.assert_array_equal(jacobian(np.outer, argnums=1)(x, y), right)
    assert jacobian(lambda x: x[:0])(x).shape == (0, 2)
    np.testing.assert_array_equal(jacobian(lambda x: np.ones(4))(x), np.zeros((4, 2)))
    assert jacobian(lambda x: x * 2.0)(np.zeros(0)).shape == (0, 0)
    with pytest.raises(TypeError, match="floating arrays.*returned NoneType"):
        jacobian(lambda x: None)(x)


def test_hessians_in_closed_form(rng):
    a, x = rng.normal(size=(4, 4)), rng.normal(size=4)
    np.testing.assert_allclose(hessian(lambda x: x @ a @ x)(x), a + a.T, atol=1e-14)
    p = special.softmax(x)
    np.testing.assert_allclose(hessian(logsumexp)(x), np.diag(p) - np.outer(p, p), atol=1e-15)

    def rosenbrock(x):
        return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
    np.testing.assert_allclose(grad(rosenbrock)(x), optimize.rosen_der(x))
    np.testing.assert_allclose(hessian(rosenbrock)(x), optimize.rosen_hess(x))
    b, m = rng.normal(size=(2, 2)), rng.normal(size=(3, 2))
    s = rng.normal(size=(3, 3))
    h = hessian(lambda m: np.trace(m.T @ s @ m @ b))(m)
    np.testing.assert_allclose(h, np.einsum("ik,lj->ijkl", s, b) + np.einsum("ki,jl->ijkl", s, b), atol=1e-14)
    np.testing.assert_allclose(hessian(lambda a, x: np.sum(a * x ** 3), argnums=1)(x, x), np.diag(6 * x * x), atol=1e-14)
    assert hessian(lambda x: x ** 3)(2.0) == 12


def test_hessian_vector_products_are_exact_on_quadratics(rng):
    a, x, v = (rng.integers(-4, 5, size=s).astype(float) for s in ((5, 5), (5,), (5,)))
    np.testing.assert_array_equal(hvp(lambda x: x @ a @ x)(x, v), (a + a.T) @ v)                   # integers: exactly
    np.testing.assert_array_equal(hvp(lambda c, x: c * x @ a @ x, argnums=1)(3.0, x, v), 3 * (a + a.T) @ v)
    np.testing.assert_array_equal(hvp(lambda c, x: c * x @ a @ x, argnums=-1)(3.0, x, v), 3 * (a + a.T) @ v)
    np.testing.assert_array_equal(hvp(lambda x, c: c * x @ a @ x, argnums=-2)(x, 3.0, v), 3 * (a + a.T) @ v)
    for i, three in ((-1, (3.0, v, x)), (-2, (3.0, x, v)), (-3, (x, 3.0, v)), (2, (3.0, v, x))):
        product = hvp(lambda *t, i=i: 3.0 * t[i] @ a @ t[i], argnums=i)(*three, v)
        np.testing.assert_array_equal(product, 3 * (a + a.T) @ v)
    np.testing.assert_array_equal(hvp(lambda x, c=1.0: c * x @ a @ x)(x, v, c=2.0), 2 * (a + a.T) @ v)
    np.testing.assert_array_equal(hvp(lambda x: x @ v)(x, v), np.zeros(5))                         # linear: no curvature
    f = lambda p: np.sum(np.tanh(p["w"] * p["b"]))
    p, u = {"w": x[:3] / 4, "b": v[:3] / 4}, {"w": v[:3], "b": x[:3]}
    vector, unravel = tree.ravel(p)
    flat = hessian(lambda z: f(unravel(z)))(vector) @ tree.ravel(u)[0]
    np.testing.assert_allclose(tree.ravel(hvp(f)(p, u))[0], flat, atol=1e-13)
    with pytest.raises(ValueError, match=r"shape of the argument, \(5,\), got \(4,\)"):
        hvp(lambda x: x @ x)(x, v[:4])
    with pytest.raises(TypeError, match="then the vector"):
        hvp(lambda x: x @ x)(x)


def test_vjp_is_linear_in_the_cotangent_and_can_be_asked_again(rng):
    a, x, y = rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=4)
    value, pull = vjp(lambda x, y: (a @ x * y, {"norm": np.sum(y ** 2)}), x, y)
    np.testing.assert_array_equal(value[0], a @ x * y)
    g, h = rng.normal(size=4), 0.7
    to_x, to_y = pull((g, {"norm": h}))
    np.testing.assert_allclose(to_x, a.T @ (g * y))
    np.testing.assert_allclose(to_y, g * (a @ x) + 2 * h * y)
    np.testing.assert_array_equal(pull((g, {"norm": h}))[0], to_x)
    np.testing.assert_allclose(pull((2 * g, {"norm": 2 * h}))[1], 2 * to_y)
    np.testing.assert_array_equal(pull((np.zeros(4), {"norm": 0.0}))[0], np.zeros(3))
    assert pull((g.astype(np.float32), {"norm": 1}))[0].dtype == np.float64
    with pytest.raises(ValueError, match=r"shape of the value, \(4,\), got \(3,\)"):
        pull((x, {"norm": h}))
    with pytest.raises(ValueError, match="trees differ"):
        pull((g, {"other": h}))
    with pytest.raises(ValueError, match="trees differ"):
        pull([g, {"norm": h}])
    value, pull = vjp(lambda x: 3, x)                                                     # no floating result: nothing to pull
    assert value == 3 and pull(3)[0].tolist() == [0, 0, 0]


def test_vjp_is_differentiable(rng):
    x, g = rng.normal(size=3), rng.normal(size=3)
    through_pull = grad(lambda x: np.sum(vjp(np.tanh, x)[1](g)[0]))(x)
    np.testing.assert_allclose(through_pull, g * -2 * np.tanh(x) * (1 - np.tanh(x) ** 2))
    jvp = grad(lambda g: np.sum(x * vjp(np.tanh, x)[1](g)[0]))(g)                         # the double-vjp trick: J x
    np.testing.assert_allclose(jvp, x * (1 - np.tanh(x) ** 2))


# Closures over outer tensors: perturbation confusion -------------------------------------------------------------------

def test_the_classic_confusion():
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1                       # Siskind and Pearlmutter (2005)
    assert grad(lambda x: x * grad(lambda y: x * y)(2.0))(3.0) == 6                       # d/dx x^2
    assert grad(lambda x: x * grad(lambda y: x * y * y)(x))(3.0) == 54                    # d/dx x (2 x^2)
    assert grad(lambda x: grad(lambda y: x ** 2 * y ** 3)(x))(2.0) == 12 * 8              # d/dx 3 x^4
    assert grad(lambda x: grad(lambda x: grad(lambda x: x ** 4)(x) * x)(x) * x)(1.0) == 4 * 4 * 4
    assert grad(lambda x: grad(lambda y: x)(1.0) + x)(1.0) == 1                           # the inner ignores its own


def test_inner_gradient_at_a_point_that_depends_on_the_outer():
    f = lambda x, y: np.sin(x * y)
    g = grad(lambda x: grad(f, 1)(x, x ** 2))                                             # d/dx x cos(x^3)
    assert g(0.8) == pytest.approx(np.cos(0.512) - 3 * 0.512 * np.sin(0.512))


def test_loops_of_closures_do_not_mix_their_levels():
    fs = [lambda x, k=k: grad(lambda y: x ** k * y ** 2)(x) for k in range(4)]            # 2 x^(k+1)
    for k, f in enumerate(fs):
        assert grad(f)(1.5) == pytest.approx(2 * (k + 1) * 1.5 ** k)
    assert grad(lambda x: sum(f(x) for f in fs))(1.5) == pytest.approx(sum(2 * (k + 1) * 1.5 ** k for k in range(4)))


def test_jacobian_and_hessian_inside_a_gradient(rng):
    x = rng.normal(size=3)
    a = rng.normal(size=(3, 3))
    np.testing.assert_allclose(grad(lambda x: np.sum(jacobian(lambda y: x * (a @ y))(x)))(x), a.sum(1))
    np.testing.assert_allclose(grad(lambda x: np.trace(hessian(lambda y: np.sum(x * y ** 3))(x)))(x), 12 * x)
    laplacian = grad(lambda x: np.trace(hessian(lambda y: np.sum(np.sin(y)))(x)))(x)
    np.testing.assert_allclose(laplacian, -np.cos(x))


def test_gradient_through_a_gradient_step(rng):
    """Ridge regression after one step of gradient descent, differentiated in step size, start and penalty."""
    x, y, w, lr, penalty = rng.normal(size=(6, 3)), rng.normal(size=6), rng.normal(size=3), 0.05, 0.3
    h = x.T @ x + penalty * np.eye(3)

    def loss(w, penalty):
        return 0.5 * np.sum((x @ w - y) ** 2) + 0.5 * penalty * np.sum(w ** 2)

    def after_a_step(w, lr, penalty):
        return loss(w - lr * grad(loss)(w, penalty), 0.0)
    g = h @ w - x.T @ y
    r = x.T @ (x @ (w - lr * g) - y)
    to_w, to_lr, to_penalty = grad(after_a_step, argnums=(0, 1, 2))(w, lr, penalty)
    np.testing.assert_allclose(to_w, r - lr * h @ r)
    assert to_lr == pytest.approx(-r @ g) and to_penalty == pytest.approx(-lr * r @ w)


@given(st.lists(st.floats(-2, 2), min_size=5, max_size=5), st.floats(-1.5, 1.5), st.integers(1, 4))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_derivatives_of_polynomials(coefficients, x, order):
    p = np.polynomial.Polynomial(coefficients)
    d = lambda x: sum(c * x ** k for k, c in enumerate(coefficients))
    for _ in range(order):
        d = grad(d)
    assert float(d(x)) == pytest.approx(float(p.deriv(order)(x)), abs=1e-9)


# Trees -----------------------------------------------------------------------------------------------------------------

class Layer(NamedTuple):
    w: np.ndarray
    b: np.ndarray
    activation: str = "tanh"


@dataclass(frozen=True, eq=False)
class Model:
    """Its constructor refuses what a gradient would hold."""

    layers: list
    scale: float
    depth: int = 2
    name: str = "model"

    def __post_init__(self):
        if self.scale <= 0 or any(type(layer.w) is not np.ndarray for layer in self.layers):
            raise ValueError("a model has arrays, and a positive scale")

    def energy(self, x):
        for layer in self.layers:
            x = getattr(np, layer.activation)(x @ layer.w + layer.b)
        return self.scale * np.sum(x ** 2)


def test_a_model_is_a_tree_and_so_is_its_gradient(rng):
    model = Model([Layer(rng.normal(size=(3, 2)), np.zeros(2)), Layer(rng.normal(size=(2, 2)), rng.normal(size=2), "sin")], 0.5)
    x = rng.normal(size=(4, 3))
    g = grad(Model.energy)(model, x)
    assert type(g) is Model and type(g.layers) is list and type(g.layers[1]) is Layer
    assert (g.depth, g.name, g.layers[1].activation) == (2, "model", "sin")
    assert g.scale == pytest.approx(model.energy(x) / 0.5)
    for k in range(2):
        for part in ("w", "b"):
            at = getattr(model.layers[k], part)
            index, h = tuple(0 for _ in at.shape), 1e-6
            ups = []
            for s in (h, -h):
                moved = at.copy()
                moved[index] += s
                layers = list(model.layers)
                layers[k] = layers[k]._replace(**{part: moved})
                ups.append(Model(layers, 0.5).energy(x))
            assert getattr(g.layers[k], part)[index] == pytest.approx((ups[0] - ups[1]) / (2 * h), rel=1e-5, abs=1e-8)
    second = grad(lambda m: np.sum(grad(Model.energy)(m, x).layers[0].w))(model)
    assert type(second) is Model and np.any(second.layers[0].b)
    half = tree.map(lambda p, d: p - 0.01 * d, model, g)
    assert half.energy(x) < model.energy(x)


def test_dicts_lists_and_tuples_carry_what_is_not_a_number(rng):
    f = np.tanh
    theta = {"w": rng.normal(size=2), "f": f, "n": 3, "flags": (True, None), "ids": np.arange(2), "rest": [1.5, np.float32(2)]}
    g = grad(lambda t: np.sum(t["f"](t["w"])) * t["n"] + t["rest"][0] * t["rest"][1] + t["ids"][1])(theta)
    assert list(g) == list(theta) and g["f"] is f and g["n"] == 3 and g["flags"] == (True, None)
    np.testing.assert_array_equal(g["ids"], [0, 1])
    np.testing.assert_allclose(g["w"], 3 * (1 - np.tanh(theta["w"]) ** 2))
    assert g["rest"] == [2.0, 1.5] and g["rest"][1].dtype == np.float32
    assert theta["rest"] == [1.5, np.float32(2)]                                          # the argument is as it was


# Arguments and results -------------------------------------------------------------------------------------------------

def test_argnums_and_keywords():
    f = lambda a, b, c=1.0, *, d=1.0: a * b ** 2 * c ** 3 * d ** 4
    assert grad(f)(2.0, 3.0) == 9 and grad(f, 1)(2.0, 3.0) == 12 and grad(f, argnums=-1)(2.0, 3.0) == 12
    assert grad(f, (0, 2))(2.0, 3.0, 1.0, d=2.0) == (144.0, 864.0)
    assert grad(f, (1,))(2.0, 3.0) == (12.0,) and grad(f, [0])(2.0, 3.0) == (9.0,) and grad(f, np.int64(1))(2.0, 3.0) == 12
    assert value_and_grad(f, (1, 0))(2.0, 3.0, c=2.0) == (144.0, (96.0, 72.0))
    assert grad(f)(2.0, b=3) == 9                                                         # not differentiated: any type
    for wrong in (2, -3, (0, 5)):
        with pytest.raises(TypeError, match="out of range.*2 positional arguments"):
            grad(f, wrong)(2.0, 3.0)
    with pytest.raises(TypeError, match="0 positional arguments; .* by position"):
        grad(f)(a=2.0, b=3.0)
    for transform in (grad, value_and_grad, jacobian, hessian):
        with pytest.raises(TypeError, match=r"got float.*not grad\(f\(x\)\)"):
            transform(f(2.0, 3.0))(2.0)


def test_auxiliary_results():
    def f(x, n):
        return np.sum(x ** 2), {"x": x, "n": n, "double": [2 * x], "grad": 1.0}
    x = np.array([1.0, 2.0])
    g, aux = grad(f, has_aux=True)(x, 7)
    np.testing.assert_array_equal(g, 2 * x)
    assert aux["n"] == 7 and type(aux["x"]) is np.ndarray and type(aux["double"][0]) is np.ndarray
    (value, aux), g = value_and_grad(f, has_aux=True)(x, 7)
    assert value == 5 and aux["double"][0].tolist() == [2, 4]

    def inner_penalty(x):
        g, aux = grad(f, has_aux=True)(x, 7)
        return np.sum(g ** 2) + np.sum(aux["double"][0])                                  # still traced outside
    np.testing.assert_array_equal(grad(inner_penalty)(x), 8 * x + 2)
    for wrong in (lambda x: x, lambda x: (x, 1, 2), lambda x: [x, 1]):
        with pytest.raises(TypeError, match=r"has_aux=True needs \(scalar, anything else\)"):
            grad(wrong, has_aux=True)(1.0)


def test_a_function_that_ignores_its_argument_has_gradient_zero():
    theta = {"used": np.ones(2, np.float32), "unused": np.ones((2, 3)), "number": 1.0}
    g = grad(lambda t: np.sum(t["used"]) * 2)(theta)
    np.testing.assert_array_equal(g["unused"], np.zeros((2, 3)))
    assert g["number"] == 0 and g["used"].dtype == np.float32
    for constant in (lambda x: 3.0, lambda x: 3, lambda x: np.float64(3), lambda x: np.array(3.0),
                     lambda x: np.sum(stop_gradient(x)),
                     lambda x: np.sum(np.sign(x)), lambda x: np.argmax(x), lambda x: x.size, lambda x: float(np.shape(x)[0])):
        g = grad(constant)(np.ones(2, np.float32))
        assert g.tolist() == [0, 0] and g.dtype == np.float32
    assert grad(lambda x, y: y ** 2)(1.0, 2.0) == 0 and grad(grad(lambda x: 3 * x))(1.0) == 0
    assert grad(lambda x: grad(lambda y: x ** 2)(1.0))(1.0) == 0


@pytest.mark.parametrize(("f", "words"), [
    (lambda x: x, r"returned shape \(2,\).*jacobian"), (lambda x: x[:1], r"returned shape \(1,\)"),
    (lambda x: np.ones(3), r"returned shape \(3,\)"), (lambda x: None, "returned NoneType; did you forget to return it"),
    (lambda x: [np.sum(x)], "returned list"), (lambda x: (np.sum(x), 1), "returned tuple; has_aux=True"),
    (lambda x: {"loss": np.sum(x)}, "returned dict"), (lambda x: "loss", "returned str"), (lambda x: 1j, "returned complex")])
def test_what_is_not_a_scalar_is_refused(f, words):
    for transform in (grad, value_and_grad):
        with pytest.raises(TypeError, match=words):
            transform(f)(np.ones(2))


def named(x):
    return np.sum(x)


@pytest.mark.parametrize(("x", "words"), [
    (3, r"argument 0 of (grad\()?named\)?\(\) is of type int.*pass 3.0 instead of 3, or x.astype\(float\)"),
    (np.arange(3), "dtype int64"),
    (True, "type bool"), (np.array([True]), "dtype bool"), (np.int32(3), "dtype int32"), (1j, "real numbers only"),
    (np.ones(2) * 1j, "dtype complex128.*two arrays"), ([1, 2], "is list and holds no floating array"),
    ({}, "is dict and holds no"), (None, "is NoneType"), ("w", "is str"),
    ([np.arange(2)], "is list and holds no floating array")])
def test_what_holds_no_floating_number_is_refused(x, words):
    for transform in (grad, value_and_grad, jacobian, hessian):
        with pytest.raises(TypeError, match=words):
            transform(named)(x)
    with pytest.raises(TypeError, match=words):
        vjp(named, x)


def test_complex_results_are_refused():
    with pytest.raises(TypeError, match="real numbers only.*two arrays"):
        grad(lambda x: np.abs(x * 1j))(1.0)
    with pytest.raises(TypeError, match="real numbers only"):
        grad(lambda x: np.sum(x.astype(complex)))(np.ones(2))


def test_python_floats_numpy_scalars_and_arrays_without_axes():
    f = lambda x: x ** 3 + np.exp(x) * 2
    for x in (0.5, np.float64(0.5), np.float32(0.5), np.array(0.5), np.array(0.5, np.float32)):
        value, g = value_and_grad(f)(x)
        assert np.shape(g) == np.shape(value) == () and isinstance(g, (np.floating, np.ndarray))
        assert g.dtype == np.asarray(x).dtype and float(g) == pytest.approx(0.75 + 2 * np.exp(0.5), rel=1e-6)
    assert type(value_and_grad(lambda x: x)(1.0)[0]) is np.float64 and type(grad(lambda x: x)(1.0)) is np.float64
    assert type(grad(lambda x: x.sum() + x[None][0] + x[()] + x.T)(1.0)) is np.float64
    w = np.ones(2, np.float32)
    assert grad(lambda a: np.sum(a * w))(2.0) == 2 and (2.0 * w).dtype == np.float32      # a Python float is weak


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_a_gradient_has_its_arguments_dtype(dtype, rng):
    w, b, x = rng.normal(size=(3, 2)).astype(dtype), np.ones(2, dtype), rng.normal(size=(5, 3))
    for data in (x, x.astype(np.float32), np.arange(15).reshape(5, 3)):
        gw, gb = grad(lambda w, b, data=data: np.mean(np.tanh(data @ w + b) ** 2), (0, 1))(w, b)
        assert gw.dtype == gb.dtype == dtype
    hv = hvp(lambda w: np.mean(np.tanh(x @ w) ** 2))(w, np.ones_like(w))
    assert hv.dtype == dtype
    assert grad(lambda w: np.sum(grad(lambda w: np.sum(np.exp(w)))(w)))(w).dtype == dtype


def test_results_are_plain_arrays_that_share_no_memory(rng):
    w, c = rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
    keep = w.copy()
    for f in (np.sum, lambda w: np.sum(w.T), lambda w: np.sum(w + c), lambda w: np.sum(w * c), lambda w: np.sum(w[::-1]),
              lambda w: np.sum(np.reshape(w, 6)), lambda w: np.sum(np.broadcast_to(w, (4, 3, 2))), np.mean):
        g = grad(f)(w)
        assert type(g) is np.ndarray and g.flags.writeable and not np.shares_memory(g, w) and not np.shares_memory(g, c)
        twice = grad(f)(w)
        g *= 0
        np.testing.assert_array_equal(grad(f)(w), twice)
    a, b = grad(lambda a, b: np.sum(np.tanh(a + b)), (0, 1))(w, c)
    assert not np.shares_memory(a, b)
    seed = np.ones((3, 2))
    back, = vjp(lambda w: w, w)[1](seed)
    assert not np.shares_memory(back, seed)
    both = vjp(lambda a: (a, a), w)[1]((seed, seed))[0]
    np.testing.assert_array_equal(both, 2 * np.ones((3, 2)))
    np.testing.assert_array_equal(w, keep)
    value, g = value_and_grad(lambda w: w[0, 0] * 1.0)(w)
    assert type(value) is np.float64 and type(g) is np.ndarray


def test_the_function_runs_once():
    calls = []

    def f(x):
        calls.append(x)
        return np.sum(x ** 2)
    for transform in (grad, value_and_grad, jacobian):
        calls.clear()
        transform(f)(np.ones(3))
        assert len(calls) == 1
    calls.clear()
    _, pull = vjp(f, np.ones(3))
    pull(1.0), pull(2.0)
    assert len(calls) == 1


def test_methods_partials_and_callable_objects():
    class Square:
        def __call__(self, x):
            return np.sum(x ** 2)

        def method(self, x, power):
            return np.sum(x ** power)
    x = np.array([1.0, 2.0])
    for f in (Square(), partial(Square().method, power=2), Square().__call__):
        np.testing.assert_array_equal(grad(f)(x), 2 * x)
    with pytest.raises(TypeError, match=r"partial\(\) returned shape \(2,\)"):
        grad(partial(np.multiply, 2.0))(x)
    with pytest.raises(TypeError, match=r"grad\(named\)\(\) returned shape \(2,\)"):
        grad(grad(named))(x)


# Stopping, and tensors that escape -------------------------------------------------------------------------------------

def test_stop_gradient_stops_every_level_and_every_leaf():
    assert grad(lambda x: x * stop_gradient(x))(3.0) == 3 and grad(lambda x: stop_gradient(x) ** 2)(3.0) == 0
    assert grad(grad(lambda x: x ** 2 * stop_gradient(x ** 2)))(3.0) == 18                # 2 c with c = 9 a constant
    assert grad(lambda x: grad(lambda y: y * stop_gradient(x * y))(2.0) * x)(3.0) == 6    # x y is 6 for everyone
    stopped = []
    grad(lambda t: (stopped.append(stop_gradient({"w": t["w"], "n": t["n"], "l": [t["w"] * 2]})), np.sum(t["w"]))[1])(
        {"w": np.ones(2), "n": 3})
    assert type(stopped[0]["w"]) is np.ndarray and stopped[0]["n"] == 3 and stopped[0]["l"][0].tolist() == [2, 2]
    x = np.ones(2)
    assert stop_gradient(x) is x and stop_gradient("name") == "name"


def test_an_inner_tensor_that_escapes_is_refused_where_it_would_be_differentiated():
    kept = []

    def inner(y):
        kept.append(y ** 2)
        return np.sum(y)
    with pytest.raises(TypeError, match="inside another grad that has ended.*stop_gradient"):
        grad(lambda x: (grad(inner)(x), kept[-1] * x)[1])(2.0)
    with pytest.raises(TypeError, match="inside another grad that has ended"):
        jacobian(lambda x: (grad(inner)(x), kept[-1] + x)[1])(2.0)
    grad(inner)(2.0)
    late = grad(lambda x: x * kept[-1])(3.0)                                              # older than this grad: a constant
    assert type(late) is Tensor and float(stop_gradient(late)) == 4
    assert float(stop_gradient(kept[-1] + 1)) == 5


def test_a_list_of_numbers_is_a_tree_and_an_error_says_so():
    assert grad(lambda t: t[0] * t[1])([2.0, 3.0]) == [3.0, 2.0]
    with pytest.raises(TypeError) as error:
        grad(lambda t: np.sum(np.asarray(t) * 2))([1.0, 2.0])
    assert "Argument 0 is a list of numbers" in error.value.__notes__[0] and "np.array" in error.value.__notes__[0]
