"""Convolution blocks against SciPy, loops and PyTorch; what commutes with a shift, and what stops doing so at a boundary."""
from itertools import product

import numpy as np
import pytest
from scipy import signal

from edugen import check_gradients, data, grad, hessian, value_and_grad, vjp
from edugen.autodiff import cross_entropy, tree
from edugen.blocks import (
    Convolution,
    Flatten,
    GlobalPool,
    Linear,
    Pool,
    Sequential,
    TransposedConvolution,
    equivariance_gap,
    invariance_gap,
)
from edugen.classification import Adam, Cosine


def shift(by, axis=-1):
    return lambda x: np.roll(x, by, axis)


def some(block, rng):
    """Parameters with biases that are not zero."""
    theta = block.init(rng)
    return {"f": theta["f"], "c": rng.normal(size=theta["c"].shape)}


# Checkers --------------------------------------------------------------------------------------------------------------------

@pytest.mark.equation("3.13", "3.14")
def test_checkers_tell_what_commutes_from_what_does_not(rng):
    x, order = rng.normal(size=(6, 2)), rng.permutation(6)
    permute = lambda x: x[order]
    assert equivariance_gap(np.tanh, permute, x).max() == 0 and invariance_gap(lambda x: x.max(axis=0), permute, x).max() == 0
    assert equivariance_gap(lambda x: np.cumsum(x, axis=0), permute, x).max() > 0.1
    assert invariance_gap(lambda x: x[0], permute, x).shape == (2,)
    double = lambda x: 2 * x
    assert equivariance_gap(lambda x: x ** 2, double, x, after=lambda y: 4 * y).max() == 0        # what T is for the output
    bytes_, ones = np.array([1, 200], np.uint8), np.array([1, 0, 1])
    np.testing.assert_array_equal(equivariance_gap(lambda x: x[[1, 1]], np.flip, bytes_), [199, 199])     # bytes would go round
    np.testing.assert_array_equal(equivariance_gap(lambda x: np.cumsum(x) > 1, np.flip, ones), [1, 0, 1])
    short = np.array([-128, 127], np.int8)
    np.testing.assert_array_equal(equivariance_gap(lambda x: x[[0, 0]], np.flip, short), [255, 255])
    with pytest.raises(ValueError, match="after"):
        equivariance_gap(lambda x: x[:3], lambda x: np.concatenate([x, x]), x)
    # a stack of what is equivariant, and a reduction, is invariant
    F, G = lambda x: np.tanh(3 * x), lambda x: x - x.mean(axis=0)
    assert invariance_gap(lambda x: F(G(F(x))).sum(axis=0), permute, x).max() < 1e-12


# Sums -------------------------------------------------------------------------------------------------------------------------

@pytest.mark.equation("3.15")
def test_one_dimension_is_scipys_correlation_and_the_sum_of_the_lecture(rng):
    d, K, M, T = 3, 4, 2, 11
    block = Convolution(d, K, 2 * M + 1, "identity")
    theta, x = some(block, rng), rng.normal(size=(2, d, T))
    y = block(theta, x)
    for n in range(2):
        for k in range(K):
            whole = sum(signal.correlate(x[n, i], theta["f"][k, i], mode="same") for i in range(d))
            np.testing.assert_allclose(y[n, k], whole + theta["c"][k], rtol=1e-12, atol=1e-12)
            for t in range(M, T - M):
                h = sum(x[n, :, t + m] @ theta["f"][k, :, m + M] for m in range(-M, M + 1))       # (3.15), which counts from 1
                np.testing.assert_allclose(y[n, k, t], h + theta["c"][k], rtol=1e-12, atol=1e-12)


@pytest.mark.equation("3.16", "3.17")
def test_the_same_as_a_sum_of_matrices(rng):
    d, K, M, T = 3, 4, 1, 9
    block = Convolution(d, K, 2 * M + 1, "identity")
    theta, x = block.init(rng), rng.normal(size=(1, d, T))
    F = [np.stack([theta["f"][k, :, m] for k in range(K)]) for m in range(2 * M + 1)]              # (3.17): a filter a row
    assert F[0].shape == (K, d)
    padded = np.pad(x[0], ((0, 0), (M, M)))
    h = np.stack([sum(F[m + M] @ padded[:, t + m + M] for m in range(-M, M + 1)) for t in range(T)], axis=1)      # (3.16)
    np.testing.assert_allclose(block(theta, x)[0], h, rtol=1e-12, atol=1e-12)
    assert theta["f"].size == d * K * (2 * M + 1)


@pytest.mark.equation("3.15")
@pytest.mark.parametrize("taps, image", [((3, 3), (6, 7)), ((1, 4), (5, 8)), ((2, 3, 2), (4, 5, 3))])
def test_more_dimensions_are_scipys(rng, taps, image):
    block = Convolution(2, 3, taps, "identity", padding="valid")
    theta, x = some(block, rng), rng.normal(size=(2, 2, *image))
    y = block(theta, x)
    for n in range(2):
        for k in range(3):
            whole = sum(signal.correlate(x[n, i], theta["f"][k, i], mode="valid") for i in range(2)) + theta["c"][k]
            np.testing.assert_allclose(y[n, k], whole, rtol=1e-11, atol=1e-11)


def shifted_copies(x, f, c, stride, dilation, groups, mode):
    """A convolution with padding "same", of slices of a padded image, tap by tap, that the engine differentiates by itself."""
    taps, image = f.shape[2:], x.shape[2:]
    reach = [dilation * (k - 1) for k in taps]
    x = np.pad(x, [(0, 0), (0, 0)] + [(r // 2, r - r // 2) for r in reach], mode={"zeros": "constant", "circular": "wrap"}[mode])
    h = 0
    for tap in product(*map(range, taps)):
        at = tuple(slice(dilation * t, dilation * t + n, stride) for t, n in zip(tap, image, strict=True))
        here, part = x[(slice(None), slice(None), *at)], f[(slice(None), slice(None), *tap)]
        C, K = here.shape[1] // groups, len(f) // groups
        sums = [np.tensordot(here[:, g * C:(g + 1) * C], part[g * K:(g + 1) * K], ((1,), (1,))) for g in range(groups)]
        h = h + np.moveaxis(np.concatenate(sums, axis=-1), -1, 1)
    return h + np.reshape(c, (-1,) + (1,) * len(taps))


@pytest.mark.equation("3.15")
@pytest.mark.parametrize("taps, stride, dilation, groups, mode", [
    (3, 1, 1, 1, "zeros"), (3, 2, 1, 2, "zeros"), (3, 1, 2, 1, "circular"), ((3, 2), 1, 1, 2, "zeros"),
    ((3, 3), 2, 1, 1, "circular")])
@pytest.mark.parametrize("sigma", ["identity", "tanh"])
def test_a_composition_has_the_same_gradients_in_both_orders(rng, taps, stride, dilation, groups, mode, sigma):
    block = Convolution(2, 2, taps, sigma, stride, "same", dilation, groups, mode)
    theta, x = some(block, rng), rng.normal(size=(2, 2, *(5, 4)[:len(block.taps)]))
    bend = np.tanh if sigma == "tanh" else lambda h: h
    plain = lambda theta, x: bend(shifted_copies(x, theta["f"], theta["c"], stride, dilation, groups, mode))
    value = block(theta, x)
    np.testing.assert_allclose(value, plain(theta, x), rtol=1e-10, atol=1e-10)
    weight = rng.normal(size=value.shape)
    flat, shaped = tree.ravel([theta, x])
    for order in (grad, hessian):
        ours, theirs = (order(lambda v, F=F: np.sum(weight * F(*shaped(v))))(flat) for F in (block, plain))
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("options", [{"stride": 2, "padding": 1}, {"dilation": 2}, {"groups": 2},
                                     {"stride": (1, 2), "padding": "valid"}, {"mode": "circular"}, {"mode": "reflect"},
                                     {"sigma": "tanh"}, {"sigma": "gelu"}])
def test_torch(rng, options):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    block = Convolution(4, 6, (3, 3), **{"sigma": "identity", **options})
    theta, x = some(block, rng), rng.normal(size=(2, 4, 9, 8))
    t = {key: torch.tensor(value, requires_grad=True) for key, value in (("x", x), *theta.items())}
    pad = {"same": block.dilation, "valid": 0}.get(block.padding, block.padding)
    padded = t["x"]
    if block.mode != "zeros":
        padded, pad = torch.nn.functional.pad(t["x"], (1, 1, 1, 1), block.mode), 0
    y = torch.nn.functional.conv2d(padded, t["f"], t["c"], block.stride, pad, block.dilation, block.groups)
    y = {"tanh": torch.tanh, "gelu": torch.nn.functional.gelu}.get(block.sigma, lambda y: y)(y)
    ours, back = vjp(block, theta, x)
    np.testing.assert_allclose(ours, y.detach(), rtol=1e-9, atol=1e-10)
    g = rng.normal(size=ours.shape)
    y.backward(torch.tensor(g))
    by_theta, by_x = back(g)
    np.testing.assert_allclose(by_x, t["x"].grad, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(by_theta["f"], t["f"].grad, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(by_theta["c"], t["c"].grad, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("block", [Convolution(2, 3, (3, 2), "tanh"), Convolution(2, 4, 3, "softplus", stride=2, groups=2),
                                   TransposedConvolution(2, 3, (3, 3), "tanh", 2)])
def test_gradients_against_differences(rng, block):
    x = rng.normal(size=(2, 2, *(5, 4)[:len(block.taps)]))
    check_gradients(lambda theta, x: block(theta, x), some(block, rng), x, order=2, rtol=1e-5)


@pytest.mark.parametrize("taps, stride", [(3, 1), ((3, 3), 2), ((5, 4), (2, 1))])
def test_the_transposed_one_is_the_transpose(rng, taps, stride):
    """<y, F x> = <F' y, x>: one's output is the other's input."""
    up = TransposedConvolution(3, 2, taps, "identity", stride)
    theta = {**up.init(rng), "c": np.zeros(2)}
    small = rng.normal(size=(1, 3, 4, 5)[:2 + len(up.taps)])
    large = up(theta, small)
    stride = np.broadcast_to(stride, len(up.taps))
    assert large.shape == (1, 2, *(np.array(small.shape[2:]) * stride))
    down = Convolution(2, 3, taps, "identity", tuple(stride.tolist()))
    x = rng.normal(size=large.shape)
    np.testing.assert_allclose(np.sum(large * x), np.sum(small * down({"f": theta["f"], "c": np.zeros(3)}, x)), rtol=1e-10)


# Shifts -------------------------------------------------------------------------------------------------------------------------

@pytest.mark.equation("3.13", "3.15")
def test_exact_inside_and_off_at_the_boundary_by_how_the_padding_fills_it(rng):
    M, x = 2, rng.normal(size=(1, 2, 30)) + 1
    moved = shift(3)
    gap = {}
    for mode in ("zeros", "circular", "reflect", "edge"):
        block = Convolution(2, 3, 2 * M + 1, mode=mode)
        theta = block.init(0)
        gap[mode] = equivariance_gap(lambda x, block=block, theta=theta: block(theta, x), moved, x).max(axis=(0, 1))
        np.testing.assert_allclose(gap[mode][3 + M:-M], 0, atol=1e-12)           # from what came round to where it could not see
    assert gap["circular"].max() < 1e-12 and min(gap[mode].max() for mode in ("zeros", "reflect", "edge")) > 0.1
    wide = Convolution(2, 3, 7, mode="zeros")
    far = equivariance_gap(lambda x: wide(wide.init(0), x), moved, x).max(axis=(0, 1))
    assert np.sum(far > 1e-12) > np.sum(gap["zeros"] > 1e-12)                    # the wider the filter, the wider the margin


@pytest.mark.equation("3.14")
def test_an_equivariant_stack_and_a_reduction_are_invariant(rng):
    stack = [Convolution(1, 4, (3, 3), mode="circular"), Convolution(4, 5, (3, 3), "tanh", mode="circular")]
    x = rng.normal(size=(2, 1, 8, 8))
    both = lambda x: np.roll(x, (3, -2), (2, 3))
    for by in ("max", "mean", "sum"):
        network = Sequential(*stack, GlobalPool(by), Linear(5, 3, "identity"))
        theta = network.init(1)
        assert invariance_gap(lambda x, network=network, theta=theta: network(theta, x), both, x).max() < 1e-12
    flat = Sequential(*stack, Flatten(), Linear(320, 3, "identity"))
    assert invariance_gap(lambda x: flat(flat.init(1), x), both, x).max() > 0.1


def test_a_stride_leaves_shifts_by_the_stride(rng):
    block, x = Convolution(1, 3, 3, stride=2, mode="circular"), rng.normal(size=(1, 1, 12))
    F = lambda x: block(block.init(0), x)
    assert equivariance_gap(F, shift(2), x, after=shift(1)).max() < 1e-12
    assert invariance_gap(F, shift(1), x).max() > 0.1 < equivariance_gap(F, shift(1), x, after=shift(1)).max()


def test_pools(rng):
    x = rng.normal(size=(2, 3, 6, 5))
    windows = x[:, :, :6, :4].reshape(2, 3, 3, 2, 2, 2)
    np.testing.assert_allclose(Pool(2)({}, x), windows.max(axis=(3, 5)))
    np.testing.assert_allclose(Pool((2, 2), "mean")({}, x), windows.mean(axis=(3, 5)))
    np.testing.assert_allclose(Pool(3, stride=1)({}, x)[0, 0, 0, 0], x[0, 0, :3, :3].max())
    for by, reduce in (("max", np.max), ("mean", np.mean), ("sum", np.sum)):
        np.testing.assert_allclose(GlobalPool(by)({}, x), reduce(x.reshape(2, 3, -1), axis=2), rtol=1e-12)
    check_gradients(lambda x: Pool(2)({}, x) ** 2, x, order=2, rtol=1e-5)
    np.testing.assert_array_equal(Flatten()({}, x), x.reshape(2, -1))
    assert Flatten()({}, x[:0]).shape == (0, 90)
    for by in ("max", "mean", "sum"):
        assert GlobalPool(by)({}, x[:0]).shape == (0, 3)


def test_float32_stays_views_are_fine_and_inputs_are_not_changed(rng):
    network = Sequential(Convolution(2, 4, (3, 3)), TransposedConvolution(4, 3, (3, 3), stride=2), Pool(2), GlobalPool("mean"))
    theta = network.init(0, np.float32)
    x = rng.normal(size=(3, 6, 7, 2)).astype(np.float32).transpose(0, 3, 1, 2)[::-1]
    kept = x.copy()
    value, slope = value_and_grad(lambda theta, x: np.sum(network(theta, x) ** 2), argnums=(0, 1))(theta, x)
    assert value.dtype == np.float32 and slope[1].dtype == np.float32 and slope[0][0]["f"].dtype == np.float32
    np.testing.assert_array_equal(x, kept)
    double = network([{key: leaf.astype(float) for key, leaf in part.items()} for part in theta], x.astype(float))
    np.testing.assert_allclose(network(theta, x), double, rtol=1e-4, atol=1e-5)


def test_first_filters_keep_the_signal(rng):
    x = rng.normal(size=(40, 8, 12, 12))
    for block in (Convolution(8, 32, (3, 3), mode="circular"), Convolution(8, 32, (5, 5), mode="circular", groups=4),
                  Convolution(8, 8, (3, 3), "identity", mode="circular"),
                  Convolution(8, 8, (3, 3), "identity", mode="circular", groups=2)):
        y = block(block.init(0), x)
        assert abs(np.mean(y ** 2) - 1) < 0.15, block
    for up in (TransposedConvolution(8, 32, (4, 4), stride=2), TransposedConvolution(8, 2, (4, 4), "identity", 2)):
        y = up(up.init(0), x)[:, :, 2:-2, 2:-2]
        assert abs(np.mean(y ** 2) - 1) < 0.15, up


def test_glorots_filters_are_between_what_keeps_the_signal_and_what_keeps_the_gradient(rng):
    """Of C channels to K: 2 / (n + m) with n = C k numbers that an output sees, and m = K k that an input goes to."""
    x, g = rng.normal(size=(40, 8, 12, 12)), rng.normal(size=(40, 24, 12, 12))
    block = Convolution(8, 24, (3, 3), "identity", mode="circular")
    y, back = vjp(lambda x: block(block.init(0), x), x)
    assert abs(np.mean(y ** 2) / 0.5 - 1) < 0.1 and abs(np.mean(back(g)[0] ** 2) / 1.5 - 1) < 0.1
    he = Convolution(8, 24, (3, 3), "identity", mode="circular", first="he")
    assert abs(np.mean(he(he.init(0), x) ** 2) / 2 - 1) < 0.1


# What it is for -----------------------------------------------------------------------------------------------------------------

def learn(network, x, y, seed, epochs, rate=3e-3, batch=50, wiggle=False):
    """Parameters after minibatches of Adam with a rate that falls to nothing; wiggle: each batch moved by a pixel at random."""
    rng = np.random.default_rng(seed)
    theta, optimizer = network.init(rng, np.float32), Adam(Cosine(rate, epochs * (len(x) // batch)))
    state, slope = optimizer.init(theta), grad(lambda theta, x, y: np.mean(cross_entropy(network(theta, x), y)))
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for rows in np.split(order[:len(x) // batch * batch], len(x) // batch):
            images = np.roll(x[rows], rng.integers(-1, 2, size=2), (2, 3)) if wiggle else x[rows]
            theta, state = optimizer.step(theta, slope(theta, images, y[rows]), state)
    return theta


def accuracy(network, theta, x, y):
    return np.mean(network(theta, x).argmax(axis=1) == y)


@pytest.mark.slow
def test_digits():
    """At least 98.5 % on 447 digits that were held out, on average over ten random splits."""
    network = Sequential(Convolution(1, 16, (3, 3)), Convolution(16, 32, (3, 3)), Pool(2), Convolution(32, 64, (3, 3)), Flatten(),
                         Linear(1024, 10, "identity"))
    right = []
    for seed in range(10):
        split = data.digits("random", seed)
        images = lambda part: part.x.reshape(-1, 1, 8, 8).astype(np.float32)
        both = split.train.join(split.validation)
        theta = learn(network, images(both), both.y, seed, epochs=20, wiggle=True)
        right.append(accuracy(network, theta, images(split.test), split.test.y))
    assert np.mean(right) >= 0.985, right


@pytest.mark.slow
def test_digits_anywhere_on_a_canvas():
    """Cho's argument for convolution: a network with weights of its own for every pixel has to learn each place by itself."""
    split = data.digits("random", 0)
    both = split.train.join(split.validation)
    place = lambda part, rng, **where: data.on_canvas(part.x.reshape(-1, 8, 8).astype(np.float32), rng, **where)[:, None]
    flat = Sequential(Flatten(), Linear(400, 128), Linear(128, 10, "identity"))
    network = Sequential(Convolution(1, 16, (3, 3)), Convolution(16, 32, (3, 3), dilation=2),
                         Convolution(32, 48, (3, 3), dilation=2), GlobalPool(), Linear(48, 10, "identity"))
    anywhere = place(split.test, 1)
    found = {}
    for name, model in (("flat", flat), ("convolution", network)):
        for where in (True, False):
            theta = learn(model, place(both, 0, anywhere=where), both.y, 0, epochs=30 if model is flat else 12)
            found[name, where] = accuracy(model, theta, anywhere, split.test.y)
    dozen = np.concatenate([place(both, seed) for seed in range(12)])               # it is no law that it must fail
    shown = learn(flat, dozen, np.tile(both.y, 12), 0, epochs=10)
    found["flat", "in a dozen places"] = accuracy(flat, shown, anywhere, split.test.y)
    assert 0.3 < found["flat", True] < 0.5 and found["flat", False] < 0.15, found
    assert 0.84 < found["flat", "in a dozen places"] < 0.93, found
    assert found["convolution", True] > 0.98 and found["convolution", False] > 0.975, found
    wide = place(split.test, 1, size=44, anywhere=False).astype(float)               # the same network; the edge is out of reach
    assert invariance_gap(lambda x: network(theta, x), lambda x: np.roll(x, (6, -5), (2, 3)), wide).max() < 1e-4


@pytest.mark.parametrize("call, says", [
    (lambda: Convolution(0, 1, 3), "Convolution: channels must be an integer from 1 on, got 0"),
    (lambda: Convolution(1, 1, (3, 0)), "taps must be an integer from 1 on, got 0"),
    (lambda: Convolution(1, 1, 3.0), "taps must be an integer from 1 on, got 3.0"),
    (lambda: Convolution(1, 1, ()), "taps must be"),
    (lambda: Convolution(1, 1, 3, stride=0), "stride must be an integer from 1 on, got 0"),
    (lambda: Convolution(1, 1, (3, 3), dilation=(1, 2, 3)), r"dilation must be a number, or one for each of 2 dimensions, got"),
    (lambda: Convolution(1, 1, 3, mode="zero"), "mode must be one of zeros, circular, reflect, edge, got 'zero'"),
    (lambda: Convolution(1, 1, 3, padding="sme"), "padding must be one of same, valid, got 'sme'"),
    (lambda: Convolution(1, 1, 3).init(0, int), "dtype must be"),
    (lambda: Convolution(1, 2, 3)(Convolution(1, 2, 5).init(0), np.ones((1, 1, 9))), r"got {'f': \(2, 1, 5\).*another block's"),
    (lambda: TransposedConvolution(0, 1, 3), "TransposedConvolution: channels must be an integer from 1 on, got 0"),
    (lambda: TransposedConvolution(1, 0, 3), "TransposedConvolution: filters must be an integer from 1 on, got 0"),
    (lambda: TransposedConvolution(1, 1, 3, "relo"), "sigma must be one of"),
    (lambda: TransposedConvolution(1, 1, 3)(Convolution(1, 2, 3).init(0), np.ones((1, 1, 9))), "another block's"),
    (lambda: Pool(0), "Pool: size must be an integer from 1 on, got 0"),
    (lambda: Pool(2, stride=0), "Pool: stride must be an integer from 1 on, got 0"),
    (lambda: Convolution(4, 6, 3, groups=4), "groups must divide 4 channels and 6 filters, got 4"),
    (lambda: Convolution(1, 1, 3, sigma="relo"), "sigma must be one of .*relu.*got 'relo'"),
    (lambda: Convolution(1, 1, 3, first="normal"), "first must be one of"),
    (lambda: Convolution(2, 1, (3, 3))({}, np.ones((2, 8, 8))), r"\(N, 2, \*image\), an image of 2 dimensions, got.*2, 8, 8\)"),
    (lambda: Convolution(2, 1, 3)({}, np.ones((1, 3, 8))), r"got shape \(1, 3, 8\)"),
    (lambda: TransposedConvolution(2, 1, 3)({}, np.ones((1, 3, 8))), r"TransposedConvolution: x must be"),
    (lambda: Pool(2, "median"), "by must be one of max, mean"),
    (lambda: Pool(9)({}, np.ones((1, 1, 8))), "larger than the image"),
    (lambda: GlobalPool("min"), "by must be one of max, mean, sum"),
    (lambda: GlobalPool()({}, np.ones((2, 3))), r"got shape \(2, 3\)"),
    (lambda: GlobalPool()({}, np.ones((2, 3, 0))), "not empty"),
])
def test_bad_input(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_integers_and_filters_that_reach_too_far(rng):
    block = Convolution(1, 2, 5, padding="valid")
    with pytest.raises(ValueError, match="larger than"):
        block(block.init(0), np.ones((1, 1, 4)))
    whole = block(block.init(0), np.arange(8).reshape(1, 1, 8))
    np.testing.assert_allclose(whole, block(block.init(0), np.arange(8.0).reshape(1, 1, 8)))
    with pytest.raises(TypeError):
        block(block.init(0), np.ones((1, 1, 8), complex))
