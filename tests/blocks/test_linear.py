"""The linear block against NumPy's own calls and PyTorch, its first weights against the variances that they were made for."""
import math

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from edugen import check_gradients, grad, hessian
from edugen.autodiff import tree
from edugen.blocks import (
    INITIALIZERS,
    NONLINEARITIES,
    Linear,
    Pointwise,
    Residual,
    Sequential,
    gelu,
    glorot,
    he,
    layers,
    leaky_relu,
    orthogonal,
)

#: Each nonlinearity once more, of NumPy calls alone.
PLAIN = {
    "identity": lambda a: a, "relu": lambda a: np.maximum(0, a), "tanh": np.tanh, "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "leaky_relu": lambda a: np.maximum(a, 0.01 * a), "softplus": lambda a: np.log1p(np.exp(a)),
    "gelu": lambda a: a * stats.norm.cdf(a),
}


def arrays(theta):
    return [leaf for part in theta for leaf in part.values()]


# Values and gradients -------------------------------------------------------------------------------------------------------

@pytest.mark.equation("3.1")
@pytest.mark.parametrize("sigma", NONLINEARITIES)
@pytest.mark.parametrize("shape", [(5, 4), (4,), (2, 3, 4), (0, 4)])
def test_linear_block_is_the_formula(rng, sigma, shape):
    block = Linear(4, 3, sigma)
    theta = block.init(rng) | {"c": rng.normal(size=3)}
    x = rng.normal(size=shape)
    np.testing.assert_allclose(block(theta, x), PLAIN[sigma](x @ theta["U"] + theta["c"]), rtol=1e-12, atol=1e-14)
    if shape == (4,):
        by_letter = PLAIN[sigma](theta["U"].T @ x + theta["c"])                                             # (3.1)
        np.testing.assert_allclose(block(theta, x), by_letter, rtol=1e-12, atol=1e-14)


@pytest.mark.equation("3.2")
def test_relu_is_the_larger_of_zero_and_what_comes(rng):
    a = np.concatenate([rng.normal(size=(3, 5)), np.zeros((1, 5))])
    np.testing.assert_array_equal(Pointwise()({}, a), np.where(a > 0, a, 0))
    assert Pointwise().init(0) == {}


@pytest.mark.parametrize("sigma", NONLINEARITIES)
def test_gradients_in_both_orders(rng, sigma):
    block = Linear(3, 2, sigma)
    theta, x = block.init(rng), rng.normal(size=(4, 3))
    weight = rng.normal(size=(4, 2))
    loss = lambda theta, x: np.sum(weight * block(theta, x))
    check_gradients(loss, theta, x)
    a = x @ theta["U"] + theta["c"]
    if sigma == "gelu":                                                          # whose PLAIN has no gradient: by hand
        phi = stats.norm.pdf(a)
        by_c = grad(lambda c: loss(theta | {"c": c}, x))(theta["c"])
        np.testing.assert_allclose(by_c, (weight * (stats.norm.cdf(a) + a * phi)).sum(axis=0), rtol=1e-10, atol=1e-12)
        twice = hessian(lambda c: loss(theta | {"c": c}, x))(theta["c"])
        np.testing.assert_allclose(twice, np.diag((weight * (2 - a * a) * phi).sum(axis=0)), rtol=1e-10, atol=1e-12)
        check_gradients(loss, theta, x, order=2)
        return
    plain = lambda theta, x: np.sum(weight * PLAIN[sigma](x @ theta["U"] + theta["c"]))
    flat, shaped = tree.ravel([theta, x])
    for order in (grad, hessian):
        ours, theirs = (order(lambda v, f=f: f(*shaped(v)))(flat) for f in (loss, plain))
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


def test_gradients_are_torchs(rng):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    network = Sequential(Linear(5, 7, "gelu"), Linear(7, 6, "leaky_relu"), Residual(Linear(6, 6, "softplus")),
                         Linear(6, 2, "identity"))
    theta, x, weight = network.init(rng), rng.normal(size=(8, 5)), rng.normal(size=(8, 2))
    flat, shaped = tree.ravel(theta)
    ours = tree.ravel(grad(lambda theta: np.sum(weight * network(theta, x)))(theta))[0]
    leaves = [{name: torch.tensor(value, requires_grad=True) for name, value in part.items()} for part in theta]
    functions = [torch.nn.functional.gelu, torch.nn.functional.leaky_relu, torch.nn.functional.softplus, lambda a: a]
    h = torch.tensor(x)
    for k, (part, f) in enumerate(zip(leaves, functions, strict=True)):
        new = f(h @ part["U"] + part["c"])
        h = h + new if k == 2 else new
    (h * torch.tensor(weight)).sum().backward()
    theirs = tree.ravel([{name: leaf.grad.numpy() for name, leaf in part.items()} for part in leaves])[0]
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(shaped(flat)[0]["U"], theta[0]["U"])


@pytest.mark.parametrize("f, plain, ends", [(gelu, PLAIN["gelu"], (-40, 40)), (leaky_relu, PLAIN["leaky_relu"], (-1e6, 1e6))])
def test_nonlinearities_at_their_ends(f, plain, ends):
    x = np.array([ends[0], -1e-8, 0.0, 1e-8, ends[1]])
    np.testing.assert_allclose(f(x), plain(x), rtol=1e-12, atol=1e-300)
    assert np.all(np.isfinite(grad(lambda x: np.sum(f(x)))(x)))
    assert f(x.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_of_the_parameters_is_kept(rng, dtype):
    network = Sequential(Linear(3, 4), Residual(Linear(4, 4, "gelu"), scale=0.5), Pointwise("sigmoid"), Linear(4, 1, "identity"))
    theta = network.init(rng, dtype)
    assert all(leaf.dtype == dtype for leaf in arrays(theta))
    x = rng.normal(size=(6, 3)).astype(dtype)
    assert network(theta, x).dtype == dtype
    assert all(leaf.dtype == dtype for leaf in arrays(grad(lambda t: np.sum(network(t, x)))(theta)))


# First weights --------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("make, variance", [(glorot, 2 / 700), (he, 2 / 400)])
def test_weights_have_the_variance_of_their_name(rng, make, variance):
    U = make(rng, 400, 300)
    assert abs(U.var() / variance - 1) < 0.02 and abs(U.mean()) < 4 * math.sqrt(variance / U.size)
    assert stats.kstest(U.ravel()[:5000] / math.sqrt(variance), "norm").pvalue > 1e-4


@pytest.mark.parametrize("sigma", NONLINEARITIES)
def test_first_weights_suit_the_nonlinearity_unless_told_otherwise(sigma):
    like_relu = sigma in ("relu", "leaky_relu", "gelu", "softplus")
    assert abs(Linear(400, 100, sigma).init(0)["U"].var() / (2 / 400 if like_relu else 2 / 500) - 1) < 0.03
    assert abs(Linear(400, 100, sigma, "glorot").init(0)["U"].var() * 250 - 1) < 0.03


@pytest.mark.parametrize("n, m", [(5, 5), (8, 3), (3, 8), (1, 1)])
def test_orthogonal_weights_keep_lengths(rng, n, m):
    U = orthogonal(rng, n, m)
    assert U.shape == (n, m)
    np.testing.assert_allclose(U.T @ U if n >= m else U @ U.T, np.eye(min(n, m)), atol=1e-12)
    if n <= m:
        x = rng.normal(size=n)
        assert math.isclose(np.linalg.norm(x @ U), np.linalg.norm(x), rel_tol=1e-12)


@pytest.mark.parametrize("make", INITIALIZERS.values())
def test_first_weights_of_a_seed_are_those_of_its_generator(make):
    np.testing.assert_array_equal(make(3, 4, 2), make(np.random.default_rng(3), 4, 2))


def test_no_direction_is_preferred_by_orthogonal_weights(rng):
    first = np.array([orthogonal(rng, 4, 4)[:, 0] for _ in range(4000)])
    assert np.all(np.abs(first.mean(axis=0)) < 4 * 0.5 / math.sqrt(4000))        # QR alone would give one sign
    np.testing.assert_allclose((first ** 2).mean(axis=0), 0.25, atol=0.03)


def spread(first, sigma, rng, depth=50, width=200):
    network = Sequential(*[Linear(width, width, sigma, first) for _ in range(depth)])
    values = layers(network, network.init(rng), rng.normal(size=(100, width)))
    return np.array([np.sqrt(np.mean(h ** 2)) for h in values])


def test_fifty_layers_keep_the_signal_with_the_right_weights_alone(rng):
    kept, lost = spread("he", "relu", rng), spread("glorot", "relu", rng)
    assert 0.3 < kept[-1] / kept[0] < 3 and lost[-1] < 1e-6                      # half of E[x^2] is lost at each layer: 2^-25
    assert abs(np.mean(np.log2(lost[1:] / lost[:-1])) + 0.5) < 0.05
    assert np.max(spread("he", "identity", rng)) > 1e6                           # and here it doubles
    np.testing.assert_allclose(spread("orthogonal", "identity", rng), 1, atol=0.02)


@pytest.mark.parametrize("sigma", ["relu", "leaky_relu"])
def test_half_of_the_square_passes_a_relu(sigma):
    kept = quad(lambda z: PLAIN[sigma](z) ** 2 * stats.norm.pdf(z), -10, 10, points=[0])[0]
    assert math.isclose(kept, 0.5 * (1 + (0.01 ** 2 if sigma == "leaky_relu" else 0)), rel_tol=1e-8)


@pytest.mark.parametrize("first, a_layer", [("he", 1), ("glorot", 1 / 2)])
def test_on_the_way_back_a_relu_layer_multiplies_the_mean_square_by_m_v_over_2(rng, first, a_layer):
    width, depth = 200, 50
    network = Sequential(*[Linear(width, width, "relu", first) for _ in range(depth)])
    theta, x, g = network.init(rng), rng.normal(size=(100, width)), rng.normal(size=(100, width))
    back = grad(lambda x: np.sum(g * network(theta, x)))(x)
    assert abs(np.log(np.mean(back ** 2)) / depth - np.log(a_layer)) < 0.05


def test_gradients_reach_the_first_of_fifty_residual_blocks(rng):
    plain = Sequential(*[Linear(20, 20, "sigmoid") for _ in range(50)])
    deep = Sequential(*[Residual(Linear(20, 20, "sigmoid"), scale=50 ** -0.5) for _ in range(50)])
    x = rng.normal(size=(10, 20))
    reach = {}
    for name, network in (("plain", plain), ("residual", deep)):
        theta = network.init(1)
        g = grad(lambda theta, network=network: np.sum(network(theta, x)[:, 0]))(theta)
        reach[name] = np.linalg.norm(g[0]["U"]) / np.linalg.norm(g[-1]["U"])
    assert reach["plain"] < 1e-9 < 0.03 < reach["residual"] < 3


# Stacks -----------------------------------------------------------------------------------------------------------------------

def test_a_stack_is_its_blocks_one_after_the_other(rng):
    blocks = Linear(3, 5), Pointwise("tanh"), Residual(Linear(5, 5)), Linear(5, 2, "identity")
    network = Sequential(*blocks)
    theta, x = network.init(rng), rng.normal(size=(4, 3))
    h = x
    for block, part, value in zip(blocks, theta, layers(network, theta, x), strict=True):
        h = block(part, h)
        np.testing.assert_array_equal(h, value)
    np.testing.assert_array_equal(network(theta, x), h)
    assert not np.allclose(theta[0]["U"][:2, :2], theta[2]["U"][:2, :2])
    nested = Sequential(Sequential(blocks[0], blocks[1]), Sequential(*blocks[2:]))
    np.testing.assert_array_equal(nested([theta[:2], theta[2:]], x), h)


def test_parameters_are_the_same_for_a_seed():
    network = Sequential(Linear(3, 4), Linear(4, 2))
    for a, b in zip(arrays(network.init(7)), arrays(network.init(7)), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(network.init(7)[0]["U"], network.init(8)[0]["U"])
    wider = Sequential(Linear(9, 4), Linear(4, 2))                               # what one block draws is no other's business
    np.testing.assert_array_equal(wider.init(7)[1]["U"], network.init(7)[1]["U"])


@pytest.mark.parametrize("first", INITIALIZERS)
def test_a_network_learns_from_any_of_the_first_weights(first):
    from edugen.classification import Adam
    from edugen.data import xor
    x, y = xor(0, 100, noise=0.1)
    network = Sequential(Linear(2, 16, "tanh", first), Linear(16, 1, "identity", first))
    loss = lambda theta: np.mean(np.logaddexp(0, -(2 * y - 1) * network(theta, x)[:, 0]))
    theta, optimizer = network.init(0), Adam(0.05)
    state, slope = optimizer.init(theta), grad(loss)
    for _ in range(300):
        theta, state = optimizer.step(theta, slope(theta), state)
    assert loss(theta) < 0.05


def test_lists_are_taken_as_arrays():
    rows = [[1.0, -2.0, 3.0], [0.5, 0.0, -1.0]]
    for block in (Linear(3, 2), Linear(3, 2, "gelu"), *map(Pointwise, NONLINEARITIES)):
        theta = block.init(0)
        np.testing.assert_array_equal(block(theta, rows), block(theta, np.array(rows)))


@pytest.mark.parametrize("call, message", [
    (lambda: Linear(0, 3), "at least one input and one output, got n = 0 and m = 3"),
    (lambda: Linear(2.0, 3), "takes integers, .*, got n = 2.0 and m = 3"),
    (lambda: Linear("2", 3), "takes integers, .*, got n = '2' and m = 3"),
    (lambda: Linear(2, 3).init(0, int), "dtype must be np.float64 or np.float32, got int"),
    (lambda: Linear(2, 3)(Linear(2, 4).init(0), np.ones(2)), r"shapes {'U': \(2, 3\), 'c': \(3,\)}, got {'U': \(2, 4\)"),
    (lambda: Linear(2, 3)([], np.ones(2)), "got a list; are they another block's"),
    (lambda: Linear(2, 3, "swish"), "sigma must be one of identity, relu, tanh, .*, got 'swish'"),
    (lambda: Linear(2, 3, ["relu"]), r"sigma must be one of identity, .*, got \['relu'\]"),
    (lambda: he(0, 0, 3), "he: n must be an integer from 1 on, got 0"),
    (lambda: glorot(0, 2, -1), "glorot: m must be an integer from 1 on, got -1"),
    (lambda: orthogonal(0, 2.0, 2), "orthogonal: n must be an integer from 1 on, got 2.0"),
    (lambda: Linear(2, 3, first="zeros"), "first must be one of glorot, he, orthogonal, got 'zeros'"),
    (lambda: Pointwise("swish"), "sigma must be one of"),
    (lambda: Linear(2, 3)(Linear(2, 3).init(0), np.ones((4, 3))), r"x must be an array \(..., 2\), got shape \(4, 3\)"),
    (lambda: Sequential(), "Sequential needs at least one block"),
    (lambda: Sequential([Linear(2, 3)]), r"one by one, Sequential\(\*blocks\).*got \[Linear"),
    (lambda: Sequential(Linear(2, 3), np.tanh), r"a function is Pointwise\('tanh'\); got <ufunc 'tanh'>"),
    (lambda: Sequential(Pointwise), "got <class"),
    (lambda: Sequential(Linear(2, 3), Linear(4, 1)), r"block 1, Linear\(.*\), gives 3 numbers, and block 2, .*, takes 4"),
    (lambda: Sequential(Linear(2, 3))([], np.ones(2)), "a list of parameters for each of 1 blocks, got 0"),
    (lambda: Sequential(Linear(2, 3))(Linear(2, 3).init(0), np.ones(2)), "each of 1 blocks, got a dict"),
    (lambda: layers(Linear(2, 3), Linear(2, 3).init(0), np.ones(2)), "takes a Sequential, .*, got Linear"),
    (lambda: Residual(np.tanh), r"Residual takes a block, .*got <ufunc 'tanh'>"),
    (lambda: Residual(Linear), "got <class"),
    (lambda: Residual([Linear(2, 2)]), r"Sequential\(\*blocks\); got \[Linear"),
    (lambda: Residual(Linear(2, 3))(Linear(2, 3).init(0), np.ones((4, 2))), r"makes shape \(4, 3\) of \(4, 2\)"),
])
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
