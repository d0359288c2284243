"""The tape against hand-written derivatives, differences, and the engine that it grows up to be."""
import ast
import inspect

import numpy as np
import pytest

import edugen
from edugen.classification import reverse_mode
from edugen.classification.reverse_mode import RULES, Variable, grad, topological_order, unbroadcast

EXAMPLES = {
    np.add: lambda a, b: a + b, np.subtract: lambda a, b: a - b, np.multiply: lambda a, b: a * b, np.divide: lambda a, b: a / b,
    np.negative: lambda a, b: -a, np.exp: lambda a, b: np.exp(a), np.log: lambda a, b: np.log(a),
    np.tanh: lambda a, b: np.tanh(a), np.matmul: lambda a, b: a @ b.T, np.transpose: lambda a, b: a.T * b.T,
    np.sum: lambda a, b: np.sum(a, axis=1),
    np.expand_dims: lambda a, b: np.expand_dims(np.sum(a, axis=0), axis=0),
}


@pytest.mark.parametrize("function", RULES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("which", [0, 1])
def test_every_rule_against_the_engine_at_both_orders(function, which, rng):
    x, weights, direction = rng.uniform(0.5, 2, size=(2, 3, 4)), rng.normal(size=40), rng.normal(size=(3, 4))

    def f(v):
        y = EXAMPLES[function](*((v, x[1]) if which == 0 else (x[0], v)))
        return np.sum(y * weights[:np.prod(y.shape)].reshape(y.shape))
    np.testing.assert_allclose(grad(f)(x[which]), edugen.grad(f)(x[which]), rtol=1e-12)
    if which:
        return

    def second(grad):
        return grad(lambda v: np.sum(grad(f)(v) * direction + v * direction))(x[0])
    np.testing.assert_allclose(second(grad), second(edugen.grad), rtol=1e-12)


def test_rules_have_examples():
    assert EXAMPLES.keys() == RULES.keys()


def network(W, V, x, y):
    z = np.tanh(x @ V)
    return np.sum((np.tanh(z @ W) - y) * (np.tanh(z @ W) - y)) / 5


@pytest.mark.equation("2.59", "2.65")
def test_network_against_the_chain_written_by_hand(rng):
    W, V, x, y = rng.normal(size=(4, 2)), rng.normal(size=(3, 4)), rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    tape = [Variable(p) for p in (W, V)]
    network(*tape, x, y).backward()
    z = np.tanh(x @ V)
    h = np.tanh(z @ W)
    error_h = 2 * (h - y) / 5 * (1 - h**2)
    error_z = (error_h @ W.T) * (1 - z**2)                                # (2.59): back through the weights, times the slope
    np.testing.assert_allclose(tape[0].grad, z.T @ error_h, rtol=1e-12)
    np.testing.assert_allclose(tape[1].grad, x.T @ error_z, rtol=1e-12)   # (2.65)


def test_fan_out_adds_and_a_diamond_is_visited_once():
    x = Variable(3.0)
    a, b = x * 2, x * x
    (a * b + a).backward()                                                # 2x^3 + 2x
    assert x.grad == 6 * 9 + 2
    assert b.grad == 6.0


def test_depth_first_order_would_be_wrong():
    """x is reached by a short path and a long one: visited on first sight, it would pass on only half of its gradient."""
    w = Variable(2.0)
    x = w * 1.0
    y = x * np.exp(np.log(x))
    y.backward()
    assert w.grad == pytest.approx(2 * 2.0)
    order = topological_order(y, lambda v: [p for p, _ in v.parents])
    assert order[0] is y and order[-2:] == [x, w] and len(order) == 5


def test_backward_twice_starts_afresh():
    x = Variable(3.0)
    y = x * x
    y.backward()
    y.backward(2.0)
    assert x.grad == 12.0


def test_fourth_derivative():
    f = np.tanh
    for _ in range(4):
        f = grad(f)
    t = np.tanh(0.5)
    np.testing.assert_allclose(f(0.5), 8 * t * (1 - t**2) * (2 - 3 * t**2), rtol=1e-12)      # closed form of tanh''''


def test_levels_tell_the_two_derivatives_apart():
    np.testing.assert_allclose(grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0), 1.0)     # d/dx [x * 1]; confused, it is 2
    np.testing.assert_allclose(grad(lambda x: x * grad(lambda y: x * y)(3.0))(5.0), 10.0)


def test_a_chain_of_ten_thousand():
    x = Variable(1.0)
    y = x
    for _ in range(10_000):
        y = y + x
    y.backward()
    assert x.grad == 10_001


@pytest.mark.parametrize("shape, big", [((3,), (4, 3)), ((4, 1), (4, 3)), ((1, 3), (2, 4, 3)), ((), (2, 3)), ((2, 3), (2, 3)),
                                        ((1,), (1,)), ((0, 1), (0, 3))])
def test_unbroadcast_is_the_transpose_of_broadcasting(shape, big, rng):
    g, x = rng.normal(size=big), rng.normal(size=shape)
    summed = unbroadcast(g, shape)
    assert np.shape(summed) == shape
    np.testing.assert_allclose(np.sum(g * np.broadcast_to(x, big)), np.sum(summed * x), rtol=1e-12)


def test_what_the_tape_refuses():
    x = Variable(np.ones((2, 3)))
    with pytest.raises(TypeError, match="no rule for sin"):
        np.sin(x)
    with pytest.raises(TypeError, match="no rule for np.add.reduce"):
        np.add.reduce(x)
    with pytest.raises(TypeError, match="grad needs a scalar, but the function returned shape"):
        grad(lambda v: v * 2)(np.ones(3))
    with pytest.raises(ValueError, match=r"gradient of shape \(\) to a value of shape \(3, 3\)"):
        np.matmul(np.ones(3), Variable(np.ones((3, 3)))).backward(np.ones(3))         # its rule is for matrices
    np.testing.assert_array_equal(grad(lambda v: 1.0)(np.ones(3)), np.zeros(3))


def test_it_is_as_short_as_promised():
    """80 lines of code, without docstrings, blank lines, and the table of rules."""
    tree = ast.parse(inspect.getsource(reverse_mode))
    table = next(node for node in tree.body if isinstance(node, ast.AnnAssign) and node.target.id == "RULES")
    words = [node.body[0] for node in ast.walk(tree) if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
             and isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)]
    others = {n for node in (table, *words) for n in range(node.lineno, node.end_lineno + 1)}
    code = {n for n, line in enumerate(inspect.getsource(reverse_mode).splitlines(), 1) if line.strip()} - others
    assert len(code) <= 80
