"""Normalization against NumPy's own calls, PyTorch, finite differences, and what it is all for: descent that arrives."""
import numpy as np
import pytest

from edugen import check_gradients, grad, hessian, vjp
from edugen.blocks import (
    BatchNorm,
    GroupNorm,
    LayerNorm,
    Linear,
    Pointwise,
    Residual,
    RMSNorm,
    Sequential,
    condition_number,
    fixed,
    least_squares,
    least_squares_hessian,
    running,
    statistics,
    whitening,
)


def stretched(rng, N=60, D=3):
    """Correlated features of different sizes, far from the origin, and answers."""
    x = rng.normal(size=(N, D)) @ rng.normal(size=(D, D)) * 10 ** rng.uniform(-1, 1, size=D) + 3 * rng.normal(size=D)
    return x, rng.normal(size=N)


# Curvature -----------------------------------------------------------------------------------------------------------------

@pytest.mark.equation("3.3", "3.4", "3.5", "3.6", "3.7")
def test_energy_gradient_and_hessian(rng):
    x, y = stretched(rng)
    u, c = rng.normal(size=3), 0.7
    theta = np.append(u, c)
    energies = [0.5 * (sum(u[i] * row[i] for i in range(3)) + c - to) ** 2 for row, to in zip(x, y, strict=True)]        # (3.3)
    np.testing.assert_allclose(least_squares(theta, x, y), sum(energies) / len(x), rtol=1e-12)                         # (3.4)
    wrong = x @ u + c - y
    by_u, by_c = sum(w * row for w, row in zip(wrong, x, strict=True)) / len(x), sum(wrong) / len(x)               # (3.5), (3.6)
    np.testing.assert_allclose(grad(least_squares)(theta, x, y), np.append(by_u, by_c), rtol=1e-11)
    H = least_squares_hessian(x)                                                                                       # (3.7)
    np.testing.assert_allclose(H, hessian(least_squares)(theta, x, y), rtol=1e-10, atol=1e-12)
    step, slope = 1e-4, grad(least_squares)
    differences = [(slope(theta + step * e, x, y) - slope(theta - step * e, x, y)) / (2 * step) for e in np.eye(4)]
    np.testing.assert_allclose(H, differences, rtol=1e-6, atol=1e-8)
    assert np.linalg.eigvalsh(H).min() > -1e-12


@pytest.mark.equation("3.8")
def test_condition_number_is_that_of_numpy(rng):
    H = least_squares_hessian(stretched(rng)[0])
    np.testing.assert_allclose(condition_number(H), np.linalg.cond(H), rtol=1e-8)
    assert condition_number(np.diag([-6.0, 2.0])) == 3 and condition_number(np.eye(4)) == 1       # a saddle, by absolute values
    assert condition_number(np.diag([1.0, 0.0])) == np.inf
    flat = rng.normal(size=(5, 2)) @ rng.normal(size=(2, 4))                     # two directions; the rest is rounding
    assert condition_number(flat.T @ flat) == np.inf == condition_number((flat.T @ flat).astype(np.float32))
    assert condition_number([[4, 0], [0, 2]]) == 2 and condition_number(np.diag([1, 1e-12])) == 1e12


def steps_needed(H, to=1e-6):
    """Of gradient descent on a bowl, with the best constant step, from a start that has a share in every direction."""
    values = np.linalg.eigvalsh(H)
    at, n = np.linalg.eigh(H)[1].sum(axis=1), 0
    first = np.linalg.norm(at)
    while np.linalg.norm(at) > to * first:
        at, n = at - 2 / (values[0] + values[-1]) * H @ at, n + 1
    return n


@pytest.mark.equation("3.8")
def test_steps_grow_in_proportion_to_the_condition_number(rng):
    numbers = [10.0, 30, 100, 300, 1000, 3000]
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    needed = [steps_needed(turn @ np.diag([1, kappa ** 0.5, kappa]) @ turn.T) for kappa in numbers]
    slope = np.polyfit(np.log(numbers), np.log(needed), 1)[0]
    assert 0.95 < slope < 1.05
    assert steps_needed(np.eye(3)) == 1


@pytest.mark.equation("3.9", "3.10")
def test_white_inputs_have_the_identity_as_hessian_and_one_step_arrives(rng):
    x, y = stretched(rng)
    mean, matrix = whitening(x)
    white = (x - mean) @ matrix
    np.testing.assert_allclose(np.cov(white.T, bias=True), np.eye(3), atol=1e-10)
    np.testing.assert_allclose(least_squares_hessian(white), np.eye(4), atol=1e-10)
    assert condition_number(least_squares_hessian(white)) < 1 + 1e-9 < condition_number(least_squares_hessian(x))
    start = rng.normal(size=4)
    arrived = start - grad(least_squares)(start, white, y)
    best = np.linalg.lstsq(np.column_stack([white, np.ones(60)]), y, rcond=None)[0]
    np.testing.assert_allclose(arrived, best, atol=1e-10)
    # the inverse root of the covariance; the one that turns nothing: symmetric, and closest to the data of all that whiten
    np.testing.assert_allclose(matrix @ matrix @ np.cov(x.T, bias=True), np.eye(3), atol=1e-8)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    assert np.sum((white - (x - mean)) ** 2) < np.sum((white @ turn - (x - mean)) ** 2)


def test_centering_alone_cuts_the_block_out_of_the_hessian(rng):
    x, _ = stretched(rng)
    H = least_squares_hessian(x - x.mean(axis=0))
    np.testing.assert_allclose(H[-1], [0, 0, 0, 1], atol=1e-12)


def test_whitening_of_flat_data_is_refused_or_bounded(rng):
    x = np.column_stack([rng.normal(size=20), np.ones(20)])
    with pytest.raises(ValueError, match="1 have no variance.*eps"):
        whitening(x)
    mean, matrix = whitening(x, eps=0.1)
    assert np.isfinite(matrix).all() and np.linalg.eigvalsh(matrix).max() <= 0.1 ** -0.5 + 1e-9
    short = rng.normal(size=(200, 2)).astype(np.float32)
    assert whitening(short)[1].dtype == np.float32
    with pytest.raises(ValueError, match="of 3 directions, 1 have no variance"):
        whitening(np.column_stack([short, short @ np.array([1, 2], np.float32)]))


def test_lists_and_integers_are_taken_as_numbers():
    x, y, theta = [[1, 2], [3, 5], [0, 7]], [1, 0, 2], [1, 0, 2]
    float_x = np.array(x, float)
    np.testing.assert_array_equal(least_squares(theta, x, y), least_squares(np.array(theta, float), float_x, np.array(y, float)))
    for f in (least_squares_hessian, whitening):
        for ours, theirs in zip(f(x), f(float_x), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        np.testing.assert_array_equal(f(np.array(x))[0], f(float_x)[0])
    for block in (BatchNorm(2), LayerNorm(2), GroupNorm(2), RMSNorm(2)):
        np.testing.assert_array_equal(block(block.init(), x), block(block.init(), float_x))
    given = BatchNorm(2, mean=[1, 2], variance=[4, 9], eps=0.0)
    np.testing.assert_allclose(given(given.init(), np.array([[3.0, 5.0]])), [[1, 1]])


@pytest.mark.parametrize("block", [BatchNorm(3), LayerNorm(3), GroupNorm(3), RMSNorm(3)])
def test_bytes_do_not_go_round(block):
    images = np.array([[0, 200, 255], [17, 255, 3]], np.uint8)
    np.testing.assert_allclose(block(block.init(), images), block(block.init(), images.astype(float)), rtol=1e-12)


# Blocks against NumPy's own calls --------------------------------------------------------------------------------------------

def plain_batch(x, m, s, eps):
    over = (0, *range(2, x.ndim))
    shape = (-1,) + (1,) * (x.ndim - 2)
    mean, variance = np.mean(x, axis=over, keepdims=True), np.var(x, axis=over, keepdims=True)
    return np.reshape(m, shape) + np.reshape(np.exp(s), shape) * (x - mean) / np.sqrt(variance + eps)


def plain_layer(x, m, s, eps):
    return m + np.exp(s) * (x - np.mean(x, axis=-1, keepdims=True)) / np.sqrt(np.var(x, axis=-1, keepdims=True) + eps)


def plain_group(x, m, s, eps):
    halves = [part for part in np.split(x, 2, axis=1)]
    over = tuple(range(1, x.ndim))
    shape = (-1,) + (1,) * (x.ndim - 2)
    standard = np.concatenate([(p - np.mean(p, axis=over, keepdims=True)) / np.sqrt(np.var(p, axis=over, keepdims=True) + eps)
                               for p in halves], axis=1)
    return np.reshape(m, shape) + np.reshape(np.exp(s), shape) * standard


def plain_rms(x, m, s, eps):
    return np.exp(s) * x * (np.mean(x ** 2, axis=-1, keepdims=True) + eps) ** -0.5


PAIRS = {"batch": (BatchNorm(4, 1e-3), plain_batch), "layer": (LayerNorm(4, 1e-3), plain_layer),
         "group": (GroupNorm(4, 1e-3, 2), plain_group), "rms": (RMSNorm(4, 1e-3), plain_rms)}
each = pytest.mark.parametrize("name", PAIRS)


def some(name, rng, shape):
    block, plain = PAIRS[name]
    theta = {key: 0.5 * rng.normal(size=4) for key in block.init()}
    return block, lambda theta, x: plain(x, theta.get("m", 0), theta["s"], 1e-3), theta, 2 * rng.normal(size=shape) + 1


def shapes(name):
    return [(5, 4), (2, 4)] + ([(3, 4, 5), (1, 4, 3, 2)] if name in ("batch", "group") else [(3, 5, 4), (1, 1, 4)])


def second(f, theta, x, g, c):
    """The gradient of c times the gradient of g times f."""
    return grad(lambda x: np.sum(c * vjp(lambda x: f(theta, x), x)[1](g)[0]))(x)


@each
@pytest.mark.equation("3.11", "3.12")
def test_block_is_its_composition_in_both_orders(rng, name):
    for shape in shapes(name):
        block, plain, theta, x = some(name, rng, shape)
        np.testing.assert_allclose(block(theta, x), plain(theta, x), rtol=1e-10, atol=1e-12)
        g, c = rng.normal(size=shape), rng.normal(size=shape)
        ours, theirs = (vjp(f, theta, x)[1](g) for f in (block, plain))
        np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-10, atol=1e-11)
        for key in theta:
            np.testing.assert_allclose(ours[0][key], theirs[0][key], rtol=1e-10, atol=1e-11)
        np.testing.assert_allclose(second(block, theta, x, g, c), second(plain, theta, x, g, c), rtol=1e-9, atol=1e-10)


@each
def test_gradients_against_differences(rng, name):
    block, _, theta, x = some(name, rng, (4, 4))
    check_gradients(lambda theta, x: block(theta, x), theta, x, order=2, rtol=1e-5)


@each
def test_float32_stays_and_inputs_are_not_changed(rng, name):
    block, plain, theta, x = some(name, rng, (6, 4))
    short, y = {key: value.astype(np.float32) for key, value in theta.items()}, x.astype(np.float32)[::-1]
    kept = y.copy()
    value, back = vjp(block, short, y)
    assert value.dtype == np.float32 and back(value)[1].dtype == np.float32
    np.testing.assert_allclose(value, plain(theta, x)[::-1], rtol=2e-4, atol=2e-5)
    np.testing.assert_array_equal(y, kept)
    assert all(leaf.dtype == np.float32 for leaf in block.init(dtype=np.float32).values())


@each
def test_the_size_of_what_comes_does_not_matter(rng, name):
    block, _, theta, x = some(name, rng, (6, 4))
    exact = type(block)(4, 0.0, **({"groups": 2} if name == "group" else {}))
    np.testing.assert_allclose(exact(theta, 7 * x), exact(theta, x), rtol=1e-10)
    if name != "rms":                                                            # which takes no mean off
        np.testing.assert_allclose(exact(theta, x + 5), exact(theta, x), rtol=1e-9, atol=1e-9)
    # so the gradient in x is at right angles to x, and shrinks as x grows: Euler
    by_x = lambda x: vjp(lambda x: exact(theta, x), x)[1](np.arange(24.0).reshape(6, 4))[0]
    assert abs(np.sum(by_x(x) * x)) < 1e-9
    np.testing.assert_allclose(by_x(7 * x), by_x(x) / 7, rtol=1e-9, atol=1e-12)


@pytest.mark.equation("3.11")
def test_batch_norm_has_the_mean_and_deviation_it_is_told(rng):
    block, _, theta, x = some("batch", rng, (50, 4))
    y = BatchNorm(4, 0.0)(theta, x)
    np.testing.assert_allclose(y.mean(axis=0), theta["m"], atol=1e-12)
    np.testing.assert_allclose(y.std(axis=0), np.exp(theta["s"]), rtol=1e-12)


@pytest.mark.equation("3.12")
def test_two_classes_that_layer_norm_makes_one():
    pair = np.array([[0.9, 0.0], [2.0, 0.0]])
    block = LayerNorm(2, 0.0)
    np.testing.assert_allclose(block(block.init(), pair), [[1, -1], [1, -1]], atol=1e-12)
    both = BatchNorm(2)
    apart = both(both.init(), pair)
    assert apart[1, 0] - apart[0, 0] > 1.9                                       # batch norm treats all examples alike


def test_torch(rng):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    x = rng.normal(size=(5, 4, 3))
    gain, bias = rng.uniform(0.5, 2, size=4), rng.normal(size=4)
    theta = {"s": np.log(gain), "m": bias}
    t = [torch.tensor(v) for v in (x, gain, bias)]
    F, rows = torch.nn.functional, np.moveaxis(x, 1, 2)
    last = torch.tensor(rows)
    scale = {"s": theta["s"]}
    for ours, theirs in (
            (BatchNorm(4)(theta, x), F.batch_norm(t[0], None, None, t[1], t[2], training=True)),
            (GroupNorm(4, groups=2)(theta, x), F.group_norm(t[0], 2, t[1], t[2])),
            (LayerNorm(4)(theta, rows), F.layer_norm(last, (4,), t[1], t[2])),
            (RMSNorm(4)(scale, rows), F.rms_norm(last, (4,), t[1], eps=1e-5))):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-10)


# Statistics -------------------------------------------------------------------------------------------------------------------

def deep(rng):
    inner = Residual(Sequential(Linear(5, 5), BatchNorm(5)))
    network = Sequential(Linear(3, 5, "tanh"), BatchNorm(5), inner, Linear(5, 2, "identity"))
    theta = network.init(rng)
    theta[1]["m"], theta[1]["s"] = rng.normal(size=5), rng.normal(size=5)
    return network, theta


@pytest.mark.equation("3.11")
def test_of_the_whole_set_the_fixed_network_is_the_one_that_learned(rng):
    network, theta = deep(rng)
    x = rng.normal(size=(40, 3))
    told = statistics(network, theta, x)
    ready = fixed(network, told)
    np.testing.assert_allclose(ready(theta, x), network(theta, x), rtol=1e-9, atol=1e-11)
    one_by_one = np.concatenate([ready(theta, x[i:i + 1]) for i in range(40)])
    np.testing.assert_allclose(one_by_one, network(theta, x), rtol=1e-9, atol=1e-11)
    hidden = np.tanh(x @ theta[0]["U"] + theta[0]["c"])
    np.testing.assert_allclose(told[1]["mean"], hidden.mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(told[1]["variance"], hidden.var(axis=0), rtol=1e-10)
    assert told[0] == {} and set(told[2][1]) == {"mean", "variance"}


def test_running_statistics_come_near_those_of_the_whole_set(rng):
    network, theta = deep(rng)
    x = rng.normal(size=(4000, 3))
    whole = statistics(network, theta, x)
    batches = (statistics(network, theta, x[i:i + 40]) for i in range(0, 4000, 40))
    near = running(batches, keep=0.95)
    for told in (near[1], near[2][1]):
        reference = whole[1] if told is near[1] else whole[2][1]
        np.testing.assert_allclose(told["mean"], reference["mean"], atol=0.12)      # means of 40, over about 40 batches
        np.testing.assert_allclose(told["variance"], reference["variance"], rtol=0.25)
    by_hand = None
    for i in range(0, 400, 40):
        mean = statistics(network, theta, x[i:i + 40])[1]["mean"]
        by_hand = mean if by_hand is None else 0.95 * by_hand + 0.05 * mean
    ten = running((statistics(network, theta, x[i:i + 40]) for i in range(0, 400, 40)), 0.95)
    np.testing.assert_allclose(ten[1]["mean"], by_hand)


def test_variances_of_batches_of_four_are_three_quarters_unless_unbiased(rng):
    block = Sequential(BatchNorm(2))
    theta, x = block.init(0), rng.normal(size=(20_000, 2)) * [1.0, 3.0]
    for unbiased, share in ((False, 0.75), (True, 1.0)):
        each = [statistics(block, theta, rows, unbiased)[0]["variance"] for rows in np.split(x, 5000)]
        np.testing.assert_allclose(np.mean(each, axis=0), share * x.var(axis=0), rtol=0.05)
    images = rng.normal(size=(2, 3, 4, 5))
    told = statistics(BatchNorm(3), None, images, unbiased=True)["variance"]
    np.testing.assert_allclose(told, images.transpose(1, 0, 2, 3).reshape(3, -1).var(axis=1, ddof=1), rtol=1e-12)


def test_images_have_statistics_by_channel(rng):
    x = rng.normal(size=(6, 3, 4, 5)) * np.arange(1, 4).reshape(3, 1, 1)
    block = BatchNorm(3)
    theta, told = block.init(), statistics(BatchNorm(3), None, x)
    np.testing.assert_allclose(told["variance"], x.transpose(1, 0, 2, 3).reshape(3, -1).var(axis=1), rtol=1e-12)
    np.testing.assert_allclose(fixed(block, told)(theta, x), block(theta, x), rtol=1e-9, atol=1e-12)
    assert block(theta, x[:1]).shape == (1, 3, 4, 5)                             # one image has twenty places


# Through depth ------------------------------------------------------------------------------------------------------------------

def lengths(norm, size, depth=30, width=64):
    """Of the gradient at each of many relu layers, for a relative change of its weights."""
    rng = np.random.default_rng(1)
    network = Sequential(*[Linear(width, width, "identity"), *norm, Pointwise()] * depth)
    theta = network.init(rng)
    for part in theta:
        if "U" in part:
            part["U"] = size * np.sqrt(2 / width) * rng.normal(size=(width, width))
    x, answer = rng.normal(size=(50, width)), rng.normal(size=(50, width))
    slope = grad(lambda theta: np.mean(answer * network(theta, x)))(theta)
    return [np.linalg.norm(g["U"]) * np.linalg.norm(part["U"]) for g, part in zip(slope, theta, strict=True) if "U" in g]


def test_no_size_of_the_weights_stops_a_normalized_network():
    plain = [lengths([], size)[0] for size in (0.3, 1.0, 3.0)]
    assert plain[0] < 1e-12 * plain[1] and plain[2] > 1e12 * plain[1]
    for norm in (LayerNorm(64), GroupNorm(64, groups=4), RMSNorm(64)):
        small, large = (lengths([norm], size) for size in (0.3, 3.0))
        assert 0.1 < small[0] / small[-1] < 10, norm
        np.testing.assert_allclose(small, large, rtol=0.02)


def test_batch_norm_makes_gradients_grow_towards_the_first_layer():
    """By about pi / (pi - 1) a layer in mean square (Yang et al. 2019): why a deep network needs residuals all the same."""
    each = lengths([BatchNorm(64)], 1.0)
    assert abs((each[0] / each[20]) ** (1 / 20) / np.sqrt(np.pi / (np.pi - 1)) - 1) < 0.05


# Bad input ----------------------------------------------------------------------------------------------------------------------

PAIR = Sequential(Linear(2, 2), BatchNorm(2))


def test_an_empty_batch_passes_where_no_statistics_are_needed():
    for block in (GroupNorm(4, groups=2), LayerNorm(4), RMSNorm(4)):
        assert block(block.init(), np.ones((0, 4))).shape == (0, 4)


@pytest.mark.parametrize("call, says", [
    (lambda: BatchNorm(0), "BatchNorm: n must be an integer from 1 on, got 0"),
    (lambda: RMSNorm(2.0), "RMSNorm: n must be an integer from 1 on, got 2.0"),
    (lambda: BatchNorm(2).init(0, int), "dtype must be"),
    (lambda: LayerNorm(1), "nothing would be left"),
    (lambda: GroupNorm(4, groups=4)(GroupNorm(4).init(), np.ones((3, 4))), r"nothing is left; x has shape \(3, 4\)"),
    (lambda: GroupNorm(4, groups=2)(GroupNorm(4).init(), np.ones((3, 4, 0))), r"fewer than two.* shape \(3, 4, 0\)"),
    (lambda: RMSNorm(3)({"s": np.zeros(1)}, np.ones((2, 3))), r"shapes {'s': \(3,\)}, got {'s': \(1,\)}"),
    (lambda: BatchNorm(2)(LayerNorm(3).init(), np.ones((2, 2))), "are they another block's"),
    (lambda: BatchNorm(2, variance=np.ones(2)), r"must both be arrays \(2,\), .*got mean = None"),
    (lambda: BatchNorm(2, mean=np.ones(2)), "got variance = None"),
    (lambda: BatchNorm(2, mean=np.ones(3), variance=np.ones(3)), r"must both be arrays \(2,\)"),
    (lambda: BatchNorm(2, mean=np.ones(2), variance=np.array([1.0, -1.0])), "a variance is at least 0"),
    (lambda: BatchNorm(2)(BatchNorm(2).init(), np.ones((1, 2, 1))), "a batch of one example.*fixed"),
    (lambda: statistics(BatchNorm(2), BatchNorm(2).init(), np.ones((0, 2))), "none of 0 examples"),
    (lambda: statistics(BatchNorm(2), BatchNorm(2).init(), np.ones((1, 2)), unbiased=True), "none of 1 examples"),
    (lambda: fixed(BatchNorm(2), {}), "takes mean and variance, got {}"),
    (lambda: fixed(PAIR, [{"mean": np.ones(2), "variance": np.ones(2)}, {}]), r"Linear\(.* takes no statistics, got {'mean'"),
    (lambda: fixed(PAIR, [{}, {"mean": np.ones(2)}]), "takes mean and variance, got {'mean'"),
    (lambda: fixed(PAIR, [{}]), "a list for each of 2 blocks"),
    (lambda: fixed(PAIR, [{}, {"mean": np.ones(3), "variance": np.ones(3)}]), r"must both be arrays \(2,\)"),
    (lambda: LayerNorm(3, -1.0), "eps must be at least 0"),
    (lambda: GroupNorm(6, groups=4), "groups must divide n = 6, got 4"),
    (lambda: BatchNorm(3)(BatchNorm(3).init(), np.ones((4, 2))), r"\(N, 3\) or \(N, 3, \*image\), got shape \(4, 2\)"),
    (lambda: LayerNorm(3)(LayerNorm(3).init(), np.ones((4, 2))), r"\(N, ..., 3\), got shape \(4, 2\)"),
    (lambda: BatchNorm(2)(BatchNorm(2).init(), np.ones((1, 2))), "a batch of one example.*fixed"),
    (lambda: running([]), "at least one batch"),
    (lambda: running([{}], keep=1.0), "keep must be in"),
    (lambda: running({"mean": np.ones(2), "variance": np.ones(2)}), "got a single dict; pass a list"),
    (lambda: fixed(BatchNorm(2), None), "takes mean and variance, got None"),
    (lambda: condition_number(np.ones((2, 3))), "square matrix"),
    (lambda: condition_number(np.array([[1.0, np.nan], [np.nan, 1.0]])), "infinite entries or NaN"),
    (lambda: condition_number(np.array([[1.0, 2.0], [0.0, 1.0]])), "symmetric"),
    (lambda: whitening(np.ones(3)), r"\(N, D\)"),
    (lambda: whitening(np.empty((0, 3))), "at least one example"),
    (lambda: whitening(np.array([[1.0, np.nan], [2.0, 0.0]])), "x must be finite"),
    (lambda: whitening(np.array([[1.0, np.inf], [2.0, 0.0]])), "x must be finite"),
    (lambda: whitening(np.ones((3, 2)), eps=float("nan")), "eps must be at least 0"),
    (lambda: least_squares(np.ones(2), np.ones((3, 2)), np.ones(3)), "got shapes"),
    (lambda: least_squares(np.ones(3), np.ones((0, 2)), np.ones(0)), "at least one example, got shapes"),
])
def test_bad_input(call, says):
    with pytest.raises(ValueError, match=says):
        call()


@pytest.mark.parametrize("call", [
    lambda: whitening(np.ones((3, 2), complex)), lambda: least_squares_hessian(np.ones((3, 2), complex)),
    lambda: least_squares(np.ones(3), np.ones((3, 2), complex), np.ones(3)),
    lambda: RMSNorm(2)(RMSNorm(2).init(), np.ones((3, 2), complex))])
def test_complex_numbers_are_refused(call):
    with pytest.raises(TypeError, match="real numbers, got complex128"):
        call()
