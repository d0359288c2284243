"""Optimizers against closed forms of the papers, over a thousand steps, and where they should arrive."""
import math
from dataclasses import dataclass

import numpy as np
import pytest

from edugen import check_gradients, grad
from edugen.autodiff import tree
from edugen.classification.optimizers import SGD, Adagrad, Adam, AdamW, Cosine, Decay, rmsprop

EACH = pytest.mark.parametrize("optimizer", [
    SGD(0.1), SGD(0.1, 0.9), SGD(0.1, 0.9, nesterov=True), SGD(lambda t: 0.1 / t), Adagrad(0.1), Adam(0.1),
    Adam(0.1, bias_correction=False, eps_inside=True), AdamW(0.1, weight_decay=0.01)],
    ids=lambda o: repr(o).split(" at 0x")[0])   # xdist: no addresses
RATE = pytest.mark.parametrize("lr", [0.03, lambda t: 0.3 / t ** 0.5], ids=["constant", "schedule"])
STEPS = 1000


@dataclass(frozen=True, eq=False)
class Layer:
    weights: np.ndarray
    bias: np.ndarray
    name: str = "linear"


def a_tree(rng):
    return {"layers": [Layer(rng.normal(size=(2, 3)), rng.normal(size=3))], "scale": (rng.normal(), np.zeros((0, 2))), "depth": 3}


def trace(optimizer, rng):
    """Run on a stream of random gradients of very different sizes: the start, the gradients (T, n), and where it was (T, n)."""
    theta = a_tree(rng)
    start, unravel = tree.ravel(theta)
    gradients = rng.normal(size=(STEPS, start.size)) * 10.0 ** rng.integers(-3, 3, size=start.size) + rng.normal(size=start.size)
    state, places = optimizer.init(theta), []
    for g in gradients:
        theta, state = optimizer.step(theta, unravel(g), state)
        places.append(tree.ravel(theta)[0])
    assert theta["depth"] == 3 and theta["layers"][0].name == "linear"
    return start, gradients, np.stack(places)


def rates(lr):
    """A column: the learning rate of each step."""
    return np.array([[lr(t) if callable(lr) else lr] for t in range(1, STEPS + 1)])


def sums(decay):
    """The matrix that sums a stream with weights decay^(t-s), s <= t: what a recursion x <- decay x + g arrives at."""
    lag = np.subtract.outer(np.arange(STEPS), np.arange(STEPS))
    return np.where(lag >= 0, float(decay) ** np.maximum(lag, 0), 0.0)


def same(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


# Traces -----------------------------------------------------------------------------------------------------------------


@RATE
@pytest.mark.equation("2.73")
def test_sgd_is_the_sum_of_its_steps(lr, rng):
    start, g, places = trace(SGD(lr), rng)
    same(places, start - np.cumsum(rates(lr) * g, axis=0))


@RATE
@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_with_momentum(lr, nesterov, rng):
    start, g, places = trace(SGD(lr, momentum=0.9, nesterov=nesterov), rng)
    velocity = sums(0.9) @ g
    same(places, start - np.cumsum(rates(lr) * (g + 0.9 * velocity if nesterov else velocity), axis=0))


def test_nesterov_is_the_look_ahead_form_of_the_paper(rng):
    """Sutskever et al. (2013), (3)-(4): the gradient is taken at phi + mu v; ours is that point itself."""
    slope, phi, v, mu, lr = grad(lambda p: np.sum(np.cosh(p))), rng.normal(size=3), np.zeros(3), 0.8, 0.05
    theta, optimizer = phi, SGD(lr, mu, nesterov=True)
    state = optimizer.init(theta)
    for _ in range(50):
        theta, state = optimizer.step(theta, slope(theta), state)
        v = mu * v - lr * slope(phi + mu * v)
        phi = phi + v
        same(theta, phi + mu * v)


@RATE
@pytest.mark.equation("2.90", "2.91")
def test_adagrad(lr, rng):
    start, g, places = trace(Adagrad(lr, eps=1e-6), rng)
    eta = rates(lr) / (np.sqrt(np.cumsum(g ** 2, axis=0)) + 1e-6)
    same(places, start - np.cumsum(eta * g, axis=0))


@RATE
@pytest.mark.equation("2.92", "2.94", "2.95")
@pytest.mark.parametrize("bias_correction", [False, True])
@pytest.mark.parametrize("eps_inside", [False, True])
def test_adam(lr, bias_correction, eps_inside, rng):
    start, g, places = trace(Adam(lr, 0.8, 0.99, 1e-4, bias_correction, eps_inside), rng)
    m, v = 0.2 * sums(0.8) @ g, 0.01 * sums(0.99) @ g ** 2
    if bias_correction:                                          # a true mean: the weights sum to one
        m, v = m / (0.2 * sums(0.8).sum(1, keepdims=True)), v / (0.01 * sums(0.99).sum(1, keepdims=True))
    root = np.sqrt(v + 1e-4) if eps_inside else np.sqrt(v) + 1e-4
    same(places, start - np.cumsum(rates(lr) * m / root, axis=0))


@pytest.mark.equation("2.92", "2.93")
def test_adam_without_momentum_is_the_rms_normalized_step(rng):
    start, g, places = trace(Adam(0.02, beta1=0.0, beta2=0.9, eps=1e-6, bias_correction=False, eps_inside=True), rng)
    same(places, start - np.cumsum(0.02 * g / np.sqrt(0.1 * sums(0.9) @ g ** 2 + 1e-6), axis=0))


@pytest.mark.equation("2.92", "2.93")
@pytest.mark.parametrize("eps_inside", [False, True])
def test_rmsprop(eps_inside, rng):
    start, g, places = trace(rmsprop(0.02, 0.9, 1e-6, eps_inside), rng)
    v = 0.1 * sums(0.9) @ g ** 2
    same(places, start - np.cumsum(0.02 * g / (np.sqrt(v + 1e-6) if eps_inside else np.sqrt(v) + 1e-6), axis=0))


@RATE
def test_adamw_is_algorithm_2_of_loshchilov_and_hutter(lr, rng):
    """Line by line: the decay is no part of the gradient, and so of neither average."""
    start, gradients, places = trace(AdamW(lr, weight_decay=0.3), rng)
    theta, m, v = start, np.zeros_like(start), np.zeros_like(start)
    for t, (g, alpha) in enumerate(zip(gradients, rates(lr)[:, 0], strict=True), 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        theta = theta - alpha * (m / (1 - 0.9 ** t) / (np.sqrt(v / (1 - 0.999 ** t)) + 1e-8) + 0.3 * theta)
        same(places[t - 1], theta)


def test_without_decay_adamw_is_adam_and_with_it_no_penalty_in_the_loss(rng):
    start, gradients, places = trace(AdamW(0.02, weight_decay=0.0), rng)
    same(places, trace(Adam(0.02), np.random.default_rng(0))[2])
    theta = {"AdamW": start, "penalty": start}
    decayed, plain = AdamW(0.02, weight_decay=0.1), Adam(0.02)
    state = {"AdamW": decayed.init(start), "penalty": plain.init(start)}
    for g in gradients[:100]:
        theta["AdamW"], state["AdamW"] = decayed.step(theta["AdamW"], g, state["AdamW"])
        theta["penalty"], state["penalty"] = plain.step(theta["penalty"], g + 0.1 * theta["penalty"], state["penalty"])
    large = np.abs(gradients).mean(axis=0) > 10                  # divided by large gradients, a penalty pulls at nothing
    pulled = {name: np.abs(value - places[99])[large] for name, value in theta.items()}
    assert large.sum() >= 2 and np.all(pulled["AdamW"] > 5 * pulled["penalty"])


def test_traces_are_pytorchs(rng):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    start, gradients = rng.normal(size=7), rng.normal(size=(STEPS, 7)) * 10.0 ** rng.integers(-3, 3, size=7)
    for ours, theirs in (
        (SGD(0.03, 0.9), lambda p: torch.optim.SGD(p, 0.03, momentum=0.9)),
        (SGD(0.03, 0.9, nesterov=True), lambda p: torch.optim.SGD(p, 0.03, momentum=0.9, nesterov=True)),
        (Adagrad(0.1), lambda p: torch.optim.Adagrad(p, 0.1)),
        (rmsprop(0.01), lambda p: torch.optim.RMSprop(p, 0.01)),
        (Adam(0.02), lambda p: torch.optim.Adam(p, 0.02)),
        (AdamW(0.02, weight_decay=0.3), lambda p: torch.optim.AdamW(p, 0.02, weight_decay=0.3)),
    ):
        theta, state = start, ours.init(start)
        parameter = torch.nn.Parameter(torch.tensor(start))
        peer = theirs([parameter])
        for g in gradients:
            theta, state = ours.step(theta, g, state)
            parameter.grad = torch.tensor(g)
            peer.step()
        same(theta, parameter.detach().numpy())


def test_adam_is_algorithm_1_of_kingma_and_ba(rng):
    """Line by line, one number at a time, in Python's own arithmetic, with the defaults of the paper."""
    start, gradients, places = trace(Adam(), rng)
    theta, m, v = start.tolist(), [0.0] * start.size, [0.0] * start.size
    for t, g in enumerate(gradients.tolist(), 1):
        for i in range(start.size):
            m[i] = 0.9 * m[i] + (1 - 0.9) * g[i]
            v[i] = 0.999 * v[i] + (1 - 0.999) * g[i] ** 2
            theta[i] -= 0.001 * (m[i] / (1 - 0.9 ** t)) / (math.sqrt(v[i] / (1 - 0.999 ** t)) + 1e-8)
        same(places[t - 1], theta)


def test_schedule_is_asked_for_every_step_counted_from_one():
    asked, theta = [], np.zeros(1)
    for optimizer in (cls(lambda t: asked.append(t) or 0.1) for cls in (SGD, Adagrad, Adam)):
        state = optimizer.init(theta)
        for _ in range(3):
            _, state = optimizer.step(theta, np.ones(1), state)
    assert asked == [1, 2, 3] * 3 and {type(t) for t in asked} == {int}


# Where they go ----------------------------------------------------------------------------------------------------------


@pytest.mark.equation("2.91")
def test_first_step_of_adagrad_has_length_lr_along_every_axis(rng):
    g = rng.normal(size=100) * 10.0 ** rng.integers(-9, 9, size=100)
    optimizer = Adagrad(0.3, eps=0.0)
    np.testing.assert_allclose(optimizer.step(np.zeros(100), g, optimizer.init(np.zeros(100)))[0], -0.3 * np.sign(g), rtol=1e-15)


def test_adagrad_leaves_alone_what_never_had_a_gradient():
    optimizer, theta = Adagrad(0.1), np.array([1.0, 1.0])
    state = optimizer.init(theta)
    for _ in range(5):
        theta, state = optimizer.step(theta, np.array([0.0, 2.0]), state)
    assert theta[0] == 1.0 and theta[1] < 0.8


@pytest.mark.equation("2.92", "2.94", "2.95")
def test_constant_gradient_moves_adam_by_lr_a_step(rng):
    """With the bias corrected; without, the first step is (1 - beta1) / sqrt(1 - beta2) times as long."""
    g = rng.normal(size=20) * 10.0 ** rng.integers(-6, 6, size=20)
    for corrected, first in ((True, 1.0), (False, 0.1 / math.sqrt(0.001))):
        optimizer, theta = Adam(0.01, eps=0.0, bias_correction=corrected), np.zeros(20)
        state = optimizer.init(theta)
        for t in range(1, 101):
            theta, state = optimizer.step(theta, g, state)
            if corrected or t == 1:
                np.testing.assert_allclose(theta, -0.01 * t * first * np.sign(g), rtol=1e-12)


@EACH
@pytest.mark.equation("2.90")
def test_one_small_step_lowers_a_smooth_loss_along_every_axis(optimizer, rng):
    """Generalized descent: every parameter moves against its own partial derivative."""
    theta = rng.normal(size=10)
    g = grad(lambda p: np.sum(np.cosh(p)))(theta)
    moved = optimizer.step(theta, g, optimizer.init(theta))[0] - theta
    np.testing.assert_array_equal(np.sign(moved), -np.sign(g))


def rosenbrock(theta):
    a, b = theta
    return (1 - a) ** 2 + 100 * (b - a * a) ** 2, np.array([-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)])


def bowl(theta):
    """Condition number 50, axes turned by 30 degrees, minimum 0 at (1, -2)."""
    c, s = math.cos(math.pi / 6), math.sin(math.pi / 6)
    A = np.array([[c, -s], [s, c]]) @ np.diag([1.0, 50.0]) @ np.array([[c, s], [-s, c]])
    d = theta - np.array([1.0, -2.0])
    return d @ A @ d / 2, A @ d


@pytest.mark.parametrize("optimizer, valley, steps", [
    (SGD(0.03), bowl, 300), (SGD(0.01, 0.9), bowl, 300), (SGD(0.01, 0.9, True), bowl, 300), (Adagrad(1.0), bowl, 2_000),
    (Adam(0.1), bowl, 2_000),
    (SGD(0.001), rosenbrock, 16_000), (SGD(0.0005, 0.9), rosenbrock, 4_000), (SGD(0.0002, 0.99, True), rosenbrock, 2_000),
    (Adagrad(0.5), rosenbrock, 10_000), (Adam(0.02), rosenbrock, 4_000),
    (Adam(0.02, bias_correction=False, eps_inside=True), rosenbrock, 4_000)])
def test_it_arrives(optimizer, valley, steps):
    theta = np.array([-1.2, 1.0])
    state = optimizer.init(theta)
    for _ in range(steps):
        theta, state = optimizer.step(theta, valley(theta)[1], state)
    assert valley(theta)[0] < 1e-6


# What a step keeps ------------------------------------------------------------------------------------------------------


@EACH
def test_a_step_is_a_pure_function(optimizer, rng):
    theta, g = a_tree(rng), a_tree(rng)
    _, state = optimizer.step(theta, g, optimizer.init(theta))
    for leaf in (leaf for part in (theta, g, state) for leaf in tree.flatten(part)[0]):
        if isinstance(leaf, np.ndarray):
            leaf.flags.writeable = False                         # an in-place update would raise
    one, two = optimizer.step(theta, g, state), optimizer.step(theta, g, state)
    for a, b in zip(tree.flatten(one)[0], tree.flatten(two)[0], strict=True):
        np.testing.assert_array_equal(a, b)


@EACH
def test_float32_stays_float32(optimizer, rng):
    theta = {"w": rng.normal(size=(2, 2)).astype(np.float32), "b": np.float32(0.5)}
    state = optimizer.init(theta)
    for _ in range(3):
        theta, state = optimizer.step(theta, tree.map(lambda p: p * p, theta), state)
    assert {leaf.dtype for leaf in tree.flatten((theta, state[1:]))[0]} == {np.dtype(np.float32)}


@pytest.mark.parametrize("optimizer", [
    SGD(np.float64(0.1), np.float64(0.9)), SGD(lambda t: np.sqrt(0.1)), Adagrad(np.array(0.1), np.float64(1e-8)),
    Adam(lambda t: np.float64(0.1), np.float64(0.9), np.float64(0.99), np.float64(1e-8))])
def test_float32_stays_float32_when_the_numbers_are_numpys(optimizer):
    theta = np.ones(2, np.float32)
    theta, state = optimizer.step(theta, theta, optimizer.init(theta))
    assert {leaf.dtype for leaf in tree.flatten((theta, state[1:]))[0]} == {np.dtype(np.float32)}


@EACH
def test_a_step_can_be_differentiated(optimizer, rng):
    """Two steps on a loss, as a function of where they start: what hyper-gradients and meta-learning need."""
    def after(theta):
        state = optimizer.init(theta)
        for _ in range(2):
            theta, state = optimizer.step(theta, grad(lambda p: np.sum(np.cosh(p["w"])))(theta), state)
        return np.sum(theta["w"] ** 3)
    check_gradients(after, {"w": rng.uniform(0.5, 1.5, size=4)}, order=1)


def test_gradient_may_list_its_parts_in_another_order():
    theta, _ = SGD(1.0).step({"a": 1.0, "b": 2.0}, {"b": 20.0, "a": 10.0}, SGD(1.0).init({"a": 1.0, "b": 2.0}))
    assert theta == {"a": -9.0, "b": -18.0}


# What it refuses --------------------------------------------------------------------------------------------------------


@EACH
@pytest.mark.parametrize("g, message", [
    ({"w": np.zeros(3), "b": np.zeros((1, 3))}, r"the gradient of theta\['b'\] must have its shape, \(3,\), got \(1, 3\)"),
    ({"w": np.zeros(3), "b": np.zeros(1)}, r"theta\['b'\] must have its shape, \(3,\), got \(1,\)"),
    ({"w": np.zeros(3), "b": 0.0}, r"theta\['b'\] must have its shape, \(3,\), got \(\)"),
    ({"w": np.zeros(3)}, r"trees differ at the top"),
    ({"w": np.zeros(3), "b": None}, r"trees differ: \['b'\]"),
])
def test_gradient_of_another_shape_is_refused(optimizer, g, message):
    """NumPy would broadcast, and the parameters would grow."""
    theta = {"w": np.zeros(3), "b": np.zeros(3)}
    with pytest.raises(ValueError, match=message):
        optimizer.step(theta, g, optimizer.init(theta))


@pytest.mark.parametrize("make, message", [
    (lambda: SGD(-0.1), r"SGD: lr must be a finite number of at least 0, or a function of the step, got -0\.1"),
    (lambda: SGD(math.nan), "SGD: lr .*got nan"),
    (lambda: SGD(math.inf), "SGD: lr .*got inf"),
    (lambda: SGD("0.1"), "SGD: lr .*got '0.1'"),
    (lambda: SGD(None), "SGD: lr .*got None"),
    (lambda: SGD(np.ones(2)), r"SGD: lr .*got array\(\[1\., 1\.\]\)"),
    (lambda: SGD(0.1, momentum=1.0), r"SGD: momentum must be a number in \[0, 1\), got 1\.0"),
    (lambda: SGD(0.1, nesterov=True), "SGD: nesterov=True .* needs momentum > 0"),
    (lambda: Adagrad(0.1, eps=-1e-9), "Adagrad: eps must be a finite number of at least 0, got -1e-09"),
    (lambda: Adam(beta1=-0.1), r"Adam: beta1 must be a number in \[0, 1\), got -0\.1"),
    (lambda: Adam(beta2=1), r"Adam: beta2 must be a number in \[0, 1\), got 1"),
    (lambda: AdamW(weight_decay=-1.0), "AdamW: weight_decay must be a finite number of at least 0, got -1.0"),
    (lambda: AdamW(lr=-1.0), "AdamW: lr must be a finite number"),
    (lambda: rmsprop(beta2=1.0), r"Adam: beta2 must be a number in \[0, 1\), got 1\.0"),
    (lambda: Adam(eps=None), "Adam: eps must be a finite number of at least 0, got None"),
])
def test_number_out_of_range_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_schedule_that_goes_astray_is_refused_with_its_step():
    optimizer, theta = SGD(lambda t: 0.2 - 0.1 * t), 1.0
    state = optimizer.init(theta)
    for _ in range(2):
        theta, state = optimizer.step(theta, np.float64(1.0), state)
    with pytest.raises(ValueError, match=r"lr\(3\) must be a finite number of at least 0, got -0\.1"):
        optimizer.step(theta, np.float64(1.0), state)


def test_they_are_values():
    assert SGD(0.1) == SGD(0.1, 0.0) != SGD(0.2) and hash(Adam()) == hash(Adam(0.001))
    with pytest.raises(AttributeError):
        SGD(0.1).lr = 0.2


# Schedules --------------------------------------------------------------------------------------------------------------


def test_decay_follows_its_formula_and_robbins_and_monro():
    """Of power 0.75 the rates sum beyond any bound, their squares do not: by the tails of their integrals."""
    schedule = Decay(0.2, scale=4.0, power=0.75)
    t = np.arange(1, 200_001)
    rates = np.array([schedule(int(step)) for step in t])
    np.testing.assert_allclose(rates, 0.2 * (1 + (t - 1) / 4) ** -0.75, rtol=1e-12)
    assert rates[:100_000].sum() < 0.9 * rates.sum() and (rates[:100_000] ** 2).sum() > 0.99 * (rates ** 2).sum()
    assert Decay(0.3)(2) == 0.15 and Decay(0.3, power=0.0)(10 ** 6) == 0.3


def test_cosine_warms_up_and_comes_to_its_end():
    schedule = Cosine(0.4, steps=50, warmup=8, end=0.1)
    rates = np.array([schedule(t) for t in range(1, 61)])
    np.testing.assert_allclose(rates[:8], 0.05 * np.arange(1, 9))
    assert rates[7] == rates.max() == 0.4 and np.all(np.diff(rates[7:50]) < 0)
    np.testing.assert_allclose(rates[28], 0.25, atol=1e-12)                 # half of the way, half of the height
    np.testing.assert_allclose(rates[49:], 0.1, rtol=1e-12)
    np.testing.assert_allclose(rates[7:50] + rates[7:50][::-1], 0.5, rtol=1e-12)


@pytest.mark.parametrize("make, message", [
    (lambda: Decay(-1.0), "Decay's lr must be a finite number of at least 0, got -1.0"),
    (lambda: Cosine(lambda t: 0.1, steps=5), "Cosine's lr must be a finite number"),
    (lambda: Decay(0.1, scale=0.0), "Decay: scale must be positive, got 0"),
    (lambda: Cosine(0.1, steps=5, warmup=5), "Cosine: warmup must be at least 0 and below steps=5, got 5"),
    (lambda: Cosine(0.1, steps=0), "warmup must be at least 0 and below steps=0"),
])
def test_schedules_that_are_none(make, message):
    with pytest.raises(ValueError, match=message):
        make()
