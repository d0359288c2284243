"""Attention against its definition in loops, its own composition, and PyTorch; order, masks, caches; and what it learns."""
import math
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edugen import check_gradients, grad, value_and_grad
from edugen.autodiff import cross_entropy, softmax, tree
from edugen.blocks import (
    AttentionBlock,
    Cache,
    Linear,
    MultiHead,
    attend,
    attend_lean,
    attention_weights,
    causal_mask,
)
from edugen.classification import Adam, Cosine
from edugen.kernels import use


def by_loops(q, k, v, mask=None, scale=1.0):
    """Weights and results, one number after the other."""
    alpha, y = np.zeros((len(q), len(k))), np.zeros((len(q), v.shape[1]))
    for i in range(len(q)):
        e = [math.exp(scale * float(q[i] @ k[j])) if mask is None or mask[i, j] else 0.0 for j in range(len(k))]
        for j in range(len(k)):
            alpha[i, j] = e[j] / sum(e)
            y[i] += alpha[i, j] * v[j]
    return alpha, y


def composed(q, k, v, mask=None, scale=1.0):
    return softmax(scale * (q @ np.swapaxes(k, -1, -2)), where=mask) @ v


def triple(rng, N=5, M=7, d=3, m=4, batch=()):
    return rng.normal(size=batch + (N, d)), rng.normal(size=batch + (M, d)), rng.normal(size=batch + (M, m))


def some_mask(rng, N, M, batch=()):
    mask = rng.random(batch + (N, M)) < 0.5
    mask[..., rng.integers(M)] = True
    return mask


# attend ---------------------------------------------------------------------------------------------------------------------

@pytest.mark.equation("3.26", "3.27")
@pytest.mark.parametrize("sizes", [(5, 7, 3, 4), (1, 1, 1, 1), (6, 1, 2, 3), (1, 8, 4, 2)])
@pytest.mark.parametrize("masked", [False, True])
def test_attention_is_the_formula(rng, sizes, masked):
    q, k, v = triple(rng, *sizes)
    mask = some_mask(rng, sizes[0], sizes[1]) if masked else None
    alpha, y = by_loops(q, k, v, mask, 0.7)
    np.testing.assert_allclose(attention_weights(q, k, mask, 0.7), alpha, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(attend(q, k, v, mask, 0.7), y, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(attention_weights(q, k, mask).sum(axis=-1), 1, rtol=1e-14)
    assert masked is False or np.all(attention_weights(q, k, mask)[~mask] == 0)


@pytest.mark.parametrize("batch", [(), (2,), (2, 3)])
@pytest.mark.parametrize("masked", [False, True])
def test_attention_is_its_composition_in_both_orders(rng, batch, masked):
    args = triple(rng, batch=batch)
    mask = some_mask(rng, 5, 7, batch) if masked else None
    weight = rng.normal(size=batch + (5, 4))
    np.testing.assert_allclose(attend(*args, mask, 0.6), composed(*args, mask, 0.6), rtol=1e-10, atol=1e-12)

    def gradients(f):
        return grad(lambda *a: np.sum(weight * np.tanh(f(*a, mask, 0.6))), (0, 1, 2))

    def twice(f):
        return grad(lambda *a: sum(np.sum(np.sin(g)) for g in gradients(f)(*a)), (0, 1, 2))
    for order in gradients, twice:
        for ours, theirs in zip(order(attend)(*args), order(composed)(*args), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-11)


def test_gradients_are_those_of_differences(rng):
    q, k, v = triple(rng, batch=(2,))
    check_gradients(lambda q, k, v: attend(q, k, v, scale=0.7), q, k, v, order=2)
    check_gradients(lambda q, k, v: attend(q, k, v, some_mask(np.random.default_rng(3), 5, 7)), q, k, v, order=2)
    check_gradients(lambda q, k, v: attend(q, k, v), q[0], k, v[0], order=2)               # axes that broadcast
    check_gradients(lambda q, k: attention_weights(q, k, scale=0.7), q, k, order=2)
    check_gradients(lambda x: attend(x, x, x, causal_mask(5)), q, order=2)                 # one array, three parts


@pytest.mark.parametrize("masked", [False, True])
def test_leading_axes_broadcast(rng, masked):
    q, weight = rng.normal(size=(3, 1, 5, 4)), rng.normal(size=(3, 2, 5, 4))
    k, v = rng.normal(size=(2, 2, 7, 4))
    mask = rng.random((3, 1, 5, 7)) < 0.7 if masked else None
    if masked:
        mask[..., 0] = True
    f = lambda *a: np.sum(weight * attend(*a, mask, 0.5))
    y, slopes = attend(q, k, v, mask, 0.5), grad(f, (0, 1, 2))(q, k, v)
    for n, h in np.ndindex(3, 2):
        np.testing.assert_allclose(y[n, h], attend(q[n, 0], k[h], v[h], mask[n, 0] if masked else None, 0.5), rtol=1e-12)
    assert [each.shape for each in slopes] == [q.shape, k.shape, v.shape]
    check_gradients(lambda *a: attend(*a, mask), q, k, v, order=2)


def test_what_is_hidden_has_no_say(rng):
    q, k, v = triple(rng)
    mask = some_mask(rng, 5, 7)
    mask[:, 2] = False
    mask[:, 0] = True
    others = [a.copy() for a in (k, v)]
    others[0][2], others[1][2] = 1e3, -1e3
    np.testing.assert_array_equal(attend(q, k, v, mask), attend(q, *others, mask))
    by_k, by_v = grad(lambda k, v: np.sum(attend(q, k, v, mask) ** 2), (0, 1))(k, v)
    assert np.all(by_k[2] == 0) and np.all(by_v[2] == 0) and np.all(by_v[0] != 0)
    without = np.delete(np.arange(7), 2)
    np.testing.assert_allclose(attend(q, k[without], v[without], mask[:, without]), attend(q, k, v, mask), rtol=1e-13)


def test_a_mask_of_the_items_that_count(rng):
    x, counts = rng.normal(size=(4, 4, 6)), np.arange(4) < np.array([[4], [2], [3], [1]])    # as many sequences as items
    block = MultiHead(6, 2)
    theta = block.init(rng)
    for y, sequence, length in zip(block(theta, x, counts[:, None, :]), x, (4, 2, 3, 1), strict=True):
        np.testing.assert_allclose(y[:length], block(theta, sequence[:length]), rtol=1e-12, atol=1e-14)


def test_uniform_where_nothing_is_asked_and_one_item_where_it_is_certain(rng):
    _, k, v = triple(rng)
    np.testing.assert_allclose(attend(np.zeros((5, 3)), k, v), np.broadcast_to(v.mean(axis=0), (5, 4)), rtol=1e-13)
    best = int(np.argmax(k @ k[3]))
    sharp = attend(1e4 * k[3:4], k, v)
    np.testing.assert_allclose(sharp, v[best:best + 1], rtol=1e-10)
    assert np.all(np.isfinite(grad(lambda q: np.sum(attend(q, k, v)))(1e4 * k)))           # products of 1e4 don't overflow


def test_a_result_is_a_mean_and_stays_between_the_values(rng):
    q, k, v = triple(rng, 50, 20)
    y = attend(3 * q, k, v)
    assert np.all(y <= v.max(axis=0)) and np.all(y >= v.min(axis=0))


def test_attention_is_torchs(rng):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    for masked in (False, True):
        args, mask = triple(rng, batch=(2, 3)), some_mask(rng, 5, 7, (2, 1)) if masked else None
        weight = rng.normal(size=(2, 3, 5, 4))
        theirs = [torch.tensor(a, requires_grad=True) for a in args]
        out = torch.nn.functional.scaled_dot_product_attention(*theirs, None if mask is None else torch.tensor(mask))
        (out * torch.tensor(weight)).sum().backward()
        f = lambda *a, mask=mask, weight=weight: np.sum(weight * attend(*a, mask, 3 ** -0.5))
        np.testing.assert_allclose(f(*args), float((out * torch.tensor(weight)).sum().detach()), rtol=1e-10)
        for ours, leaf in zip(grad(f, (0, 1, 2))(*args), theirs, strict=True):
            np.testing.assert_allclose(ours, leaf.grad.numpy(), rtol=1e-9, atol=1e-12)


# The lean form ----------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("block", [1, 3, 4, 12, 100])
@pytest.mark.parametrize("batch", [(), (2,)])
def test_lean_is_plain(rng, causal, block, batch):
    args = triple(rng, 12, 12 if causal else 10, batch=batch)
    mask = causal_mask(12) if causal else None
    weight = rng.normal(size=batch + (12, 4))
    lean = lambda *a: np.sum(weight * attend_lean(*a, causal=causal, scale=2.0, block=block))
    plain = lambda *a: np.sum(weight * attend(*a, mask, 2.0))
    np.testing.assert_allclose(attend_lean(*args, causal=causal, block=block), attend(*args, mask), rtol=1e-12, atol=1e-13)
    for ours, theirs in zip(grad(lean, (0, 1, 2))(*args), grad(plain, (0, 1, 2))(*args), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-12)


def test_lean_gradients_of_gradients(rng):
    args = triple(rng, 5, 5, batch=(2,))
    check_gradients(lambda *a: attend_lean(*a, causal=True, scale=0.7, block=2), *args, order=2)
    check_gradients(lambda *a: attend_lean(*a, block=3), args[0][0], args[1], args[2], order=2)


def test_lean_survives_large_products_and_keeps_float32(rng):
    q, k, v = (a.astype(np.float32) for a in triple(rng, 40, 40))
    ours = attend_lean(100 * q, 100 * k, v, block=7)
    assert ours.dtype == np.float32 and np.all(np.isfinite(ours))
    np.testing.assert_allclose(ours, attend(100 * q, 100 * k, v), atol=1e-5)
    both = [grad(lambda q, k, v, f=f: np.sum(f(q, k, v) ** 2), (0, 1, 2))(q, k, v)
            for f in (lambda *a: attend_lean(*a, True, block=7), lambda *a: attend(*a, causal_mask(40)))]
    for a, b in zip(*both, strict=True):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("causal", [False, True])
def test_lean_is_plain_to_a_millionth_in_float32(rng, causal):
    q, k, v, weight = rng.normal(size=(4, 1000, 64)).astype(np.float32)
    mask = causal_mask(1000) if causal else None
    forms = lambda *a: attend_lean(*a, causal, 1 / 8), lambda *a: attend(*a, mask, 1 / 8)
    ours, theirs = ((f(q, k, v), *grad(lambda *a, f=f: np.sum(weight * f(*a)), (0, 1, 2))(q, k, v)) for f in forms)
    for a, b in zip(ours, theirs, strict=True):
        assert np.abs(a - b).max() < 2e-6 * np.abs(b).max()                       # sums of a thousand terms


def test_lean_makes_nothing_of_size_N_N(rng):
    q, k, v = rng.normal(size=(3, 2000, 8))
    peaks = {}
    for name, f in (("lean", lambda *a: attend_lean(*a, block=64)), ("plain", attend)):
        tracemalloc.start()
        with use("numpy"):                                                        # the compiled kernel of attend is lean, too
            grad(lambda *a, f=f: np.sum(f(*a)), (0, 1, 2))(q, k, v)
        peaks[name] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks["lean"] < 0.1 * 2000 ** 2 * 8 < 2000 ** 2 * 8 < peaks["plain"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no getrusage on Windows")
@pytest.mark.parametrize("causal", [False, True])
def test_eight_thousand_items_in_less_than_a_gigabyte(causal):
    code = f"""
import resource, sys
import numpy as np
from edugen import grad
from edugen.blocks import attend, attend_lean
rng = np.random.default_rng(0)
q, k, v, weight = (rng.normal(size=(8192, 64)).astype(np.float32) for _ in range(4))
f = lambda q, k, v: np.sum(weight * attend_lean(q, k, v, causal={causal}, scale=1 / 8))
y, g = attend_lean(q, k, v, causal={causal}, scale=1 / 8), grad(f, (0, 1, 2))(q, k, v)
some = rng.integers(8192, size=20)                                  # rows of the plain form in float64, one mask for each
mask = np.arange(8192) <= some[:, None] if {causal} else None
exact, k, v, on = (a.astype(np.float64) for a in (q[some], k, v, weight[some]))
plain = attend(exact, k, v, mask, 1 / 8)
assert np.abs(y[some] - plain).max() < 1e-6 * np.abs(plain).max()
by_q = grad(lambda q: np.sum(on * attend(q, k, v, mask, 1 / 8)))(exact)
assert np.abs(g[0][some] - by_q).max() < 2e-6 * np.abs(by_q).max()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
assert all(each.dtype == np.float32 and np.all(np.isfinite(each)) for each in g)
print(peak)
"""
    peak = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert peak < 1e9


# Heads ------------------------------------------------------------------------------------------------------------------------

@pytest.mark.equation("3.23", "3.24", "3.25")
def test_keys_queries_and_values_are_linear_blocks_of_the_items(rng):
    block = MultiHead(4, 1, 3, scaled=False)
    theta = {name: rng.normal(size=leaf.shape) for name, leaf in block.init(0).items()}
    x = rng.normal(size=(6, 4))
    k, q, v = (Linear(4, 3, "identity")({"U": theta[name], "c": theta[name.lower()]}, x) for name in "KQV")
    by_hand = np.array([[theta["K"].T @ item + theta["k"], theta["Q"].T @ item + theta["q"], theta["V"].T @ item + theta["v"]]
                        for item in x])
    for one, many in zip((k, q, v), np.moveaxis(by_hand, 1, 0), strict=True):
        np.testing.assert_allclose(one, many, rtol=1e-12)
    alpha, y = by_loops(q, k, v)
    np.testing.assert_allclose(block(theta, x), y, rtol=1e-11)
    np.testing.assert_allclose(block.weights(theta, x)[0], alpha, rtol=1e-11)


@pytest.mark.equation("3.28")
@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("batch", [(), (3,), (2, 3)])
def test_heads_are_single_ones_side_by_side(rng, scaled, batch):
    block, one = MultiHead(6, 3, 5, scaled), MultiHead(6, 1, 5, scaled)
    theta = {name: rng.normal(size=leaf.shape) for name, leaf in block.init(0).items()}
    x, mask = rng.normal(size=batch + (4, 6)), some_mask(rng, 4, 4, batch)
    parts = [{name: leaf[..., 5 * h:5 * h + 5] for name, leaf in theta.items()} for h in range(3)]
    alone = np.concatenate([one(part, x, mask) for part in parts], axis=-1)
    np.testing.assert_allclose(block(theta, x, mask), alone, rtol=1e-12, atol=1e-14)
    weights = np.concatenate([one.weights(part, x, mask) for part in parts], axis=-3)
    np.testing.assert_allclose(block.weights(theta, x, mask), weights, rtol=1e-12, atol=1e-14)


def test_scaled_products_have_variance_one_and_plain_ones_d(rng):
    q, k = rng.normal(size=(2, 200, 64))
    assert abs(np.var(q @ k.T) / 64 - 1) < 0.1
    block = MultiHead(8, 2, 4)
    theta, x = block.init(rng), rng.normal(size=(5, 8))
    halved = theta | {"Q": theta["Q"] / 2, "q": theta["q"] / 2}                              # 1 / sqrt(4)
    np.testing.assert_allclose(block(theta, x), MultiHead(8, 2, 4, scaled=False)(halved, x), rtol=1e-13)


def shuffled(block, theta, x, order):
    np.testing.assert_allclose(block(theta, x[..., order, :]), block(theta, x)[..., order, :], rtol=0, atol=1e-12)


@given(st.integers(0, 2 ** 32 - 1), st.integers(1, 9), st.sampled_from([1, 2, 3]))
@settings(deadline=None, max_examples=40)
def test_items_in_another_order_give_the_same_in_that_order(seed, N, heads):
    rng = np.random.default_rng(seed)
    x, order = rng.normal(size=(2, N, 6)), rng.permutation(N)
    for block in (MultiHead(6, heads), AttentionBlock(6, heads, hidden=8), AttentionBlock(6, heads, m=4)):
        shuffled(block, block.init(rng), x, order)


def test_a_mask_or_a_position_breaks_that_symmetry(rng):
    block, x = MultiHead(6, 2), rng.normal(size=(5, 6))
    theta = block.init(rng)
    late = block(theta, x[::-1], causal_mask(5))
    assert np.abs(late - block(theta, x, causal_mask(5))[::-1]).max() > 0.1
    np.testing.assert_allclose(late, block(theta, x, causal_mask(5).T)[::-1], rtol=1e-12)     # the mask turned with it
    marked = MultiHead(6, 2, position=lambda a, at: a + at[:, None])
    assert np.abs(marked(theta, x[::-1]) - marked(theta, x)[::-1]).max() > 1e-3


def test_one_block_for_sets_of_any_size(rng):                                                 # system A.10
    block = AttentionBlock(6, 2, hidden=12)
    theta = block.init(rng)
    for N in (3, 30, 300):
        x = rng.normal(size=(N, 6))
        assert block(theta, x).shape == (N, 6)
        shuffled(block, theta, x, rng.permutation(N))
        np.testing.assert_allclose(block.weights(theta, x).sum(axis=-1), 1, rtol=1e-12)
        np.testing.assert_allclose(block(theta, np.repeat(x, 2, axis=0))[::2], block(theta, x), rtol=1e-10, atol=1e-12)   # a mean


@pytest.mark.equation("3.28")
def test_results_are_linear_in_the_values_and_not_in_the_input(rng):
    block, x = MultiHead(4, 2), rng.normal(size=(2, 5, 4))
    theta = block.init(rng)
    assert np.abs(block(theta, 2 * x[0]) - 2 * block(theta, x[0])).max() > 0.1
    assert np.abs(block(theta, x[0] + x[1]) - block(theta, x[0]) - block(theta, x[1])).max() > 0.1
    q, k, v = triple(rng)
    w = rng.normal(size=v.shape)
    np.testing.assert_allclose(attend(q, k, 2 * v - 3 * w), 2 * attend(q, k, v) - 3 * attend(q, k, w), rtol=1e-12, atol=1e-13)


def test_memory_is_looked_at_and_x_only_asks(rng):
    block = MultiHead(4, 2, 3)
    theta = {name: rng.normal(size=leaf.shape) for name, leaf in block.init(0).items()}
    x, memory = rng.normal(size=(2, 5, 4)), rng.normal(size=(2, 7, 4))
    parts = [{name: leaf[..., 3 * h:3 * h + 3] for name, leaf in theta.items()} for h in range(2)]
    expected = [np.concatenate([by_loops(a @ p["Q"] + p["q"], b @ p["K"] + p["k"], b @ p["V"] + p["v"], scale=3 ** -0.5)[1]
                                for p in parts], axis=1) for a, b in zip(x, memory, strict=True)]
    np.testing.assert_allclose(block(theta, x, memory=memory), expected, rtol=1e-11)
    mask = some_mask(rng, 5, 7, (2,))
    assert block.weights(theta, x, mask, memory).shape == (2, 2, 5, 7)
    assert np.all(block.weights(theta, x, mask, memory)[~np.broadcast_to(mask[:, None], (2, 2, 5, 7))] == 0)
    np.testing.assert_array_equal(block(theta, x, memory=x), block(theta, x))


# The block --------------------------------------------------------------------------------------------------------------------

def normal(theta, rng):
    flat, shaped = tree.ravel(theta)
    return shaped(0.5 * rng.normal(size=flat.shape))


@pytest.mark.equation("3.29")
@pytest.mark.parametrize("m", [None, 3])
def test_block_is_the_formula(rng, m):
    block = AttentionBlock(4, 2, m=m)
    theta, x = normal(block.init(0), rng), rng.normal(size=(5, 4))
    assert ("r" in theta) == (m is not None)
    v_hat = block.attention(theta["heads"], x)
    for i in range(5):
        a = np.maximum(theta["h"]["U"].T @ v_hat[i] + theta["h"]["c"], 0)
        a = (a - a.mean()) / math.sqrt(a.var() + 1e-5) * theta["gain"] + theta["bias"]
        kept = x[i] if m is None else theta["r"]["U"].T @ x[i] + theta["r"]["c"]
        np.testing.assert_allclose(block(theta, x)[i], a + kept, rtol=1e-10, atol=1e-12)
    deep = AttentionBlock(4, 2, hidden=7, m=m, sigma="tanh")
    theta = normal(deep.init(0), rng)
    h = AttentionBlock(4, 2, m=m, sigma="tanh")(theta, x)
    added = np.tanh(h @ theta["inner"]["U"] + theta["inner"]["c"]) @ theta["outer"]["U"] + theta["outer"]["c"]
    added = (added - added.mean(1, keepdims=True)) / np.sqrt(added.var(1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(deep(theta, x), h + added * theta["gain_2"] + theta["bias_2"], rtol=1e-10, atol=1e-12)


def test_identity_path_is_exact(rng):
    block = AttentionBlock(4, 2, hidden=8)
    theta, x = normal(block.init(0), rng), rng.normal(size=(3, 5, 4))
    still = theta | {name: np.zeros(4) for name in ("gain", "bias", "gain_2", "bias_2")}
    np.testing.assert_array_equal(block(still, x), x)
    weight = rng.normal(size=x.shape)
    np.testing.assert_array_equal(grad(lambda x: np.sum(weight * block(still, x)))(x), weight)


@pytest.mark.parametrize("options", [{}, {"hidden": 6, "sigma": "tanh"}, {"m": 3, "scaled": False, "sigma": "gelu", "d": 2}])
def test_gradients_of_the_block(rng, options):
    options = {"sigma": "tanh"} | options
    block = AttentionBlock(4, 2, **options)
    theta, x = normal(block.init(0), rng), rng.normal(size=(2, 4, 4))
    check_gradients(lambda theta, x: block(theta, x, causal_mask(4)), theta, x, order=2, rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_of_the_parameters_is_kept(rng, dtype):
    block = AttentionBlock(6, 3, hidden=8, m=4)
    theta, x = block.init(rng, dtype), rng.normal(size=(2, 5, 6)).astype(dtype)
    assert all(leaf.dtype == dtype for leaf in tree.flatten(theta)[0])
    assert block(theta, x, causal_mask(5)).dtype == block.weights(theta, x).dtype == dtype
    assert attend(x, x, x, scale=np.float64(0.3)).dtype == dtype
    assert attend_lean(x, x, x, scale=np.float64(0.3), block=2).dtype == dtype
    y, cache = block.step(theta, x[:, 0])
    assert y.dtype == cache.k.dtype == dtype
    assert all(leaf.dtype == dtype for leaf in tree.flatten(grad(lambda t: np.sum(block(t, x)))(theta))[0])


def test_first_parameters_are_of_the_seed_and_of_each_heads_own_size():
    block = MultiHead(100, 4)
    theta = block.init(3)
    for a, b in zip(tree.flatten(theta)[0], tree.flatten(block.init(3))[0], strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(theta["Q"], block.init(4)["Q"]) and not np.array_equal(theta["Q"], theta["K"])
    assert abs(theta["Q"].var() / (2 / 125) - 1) < 0.05
    kept = dict(theta)
    block(theta, np.ones((3, 100)))
    assert all(np.array_equal(theta[name], kept[name]) for name in theta)


# One item after the other -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("make", [
    lambda: MultiHead(6, 3), lambda: AttentionBlock(6, 2, hidden=8, scaled=False), lambda: AttentionBlock(6, 2, m=4),
    lambda: MultiHead(6, 2, position=lambda a, at: a * np.cos(at)[:, None])])
@pytest.mark.parametrize("batch", [(), (3,)])
def test_step_by_step_is_the_causal_whole(rng, make, batch):
    block = make()
    theta, x = normal(block.init(0), rng), rng.normal(size=batch + (7, 6))
    whole, cache, past = block(theta, x, causal_mask(7)), None, []
    for t in range(7):
        past.append((cache, None if cache is None else cache.k.copy()))
        y, cache = block.step(theta, x[..., t, :], cache)
        np.testing.assert_allclose(y, whole[..., t, :], rtol=0, atol=1e-12)
        assert isinstance(cache, Cache) and cache.k.shape[-2] == cache.v.shape[-2] == t + 1
    for cache, before in past[1:]:                                       # a value: what was there is as it was
        np.testing.assert_array_equal(cache.k, before)
    again, _ = block.step(theta, x[..., 3, :], past[3][0])               # so one may go back to it
    np.testing.assert_allclose(again, whole[..., 3, :], atol=1e-12)


def test_what_comes_later_changes_nothing_before(rng):
    block, x = AttentionBlock(6, 2, hidden=8), rng.normal(size=(7, 6))
    theta, other = block.init(rng), x.copy()
    other[4:] = rng.normal(size=(3, 6))
    np.testing.assert_array_equal(causal_mask(7), [[j <= i for j in range(7)] for i in range(7)])
    a, b = block(theta, x, causal_mask(7)), block(theta, other, causal_mask(7))
    np.testing.assert_allclose(a[:4], b[:4], rtol=0, atol=1e-13)
    assert np.all(np.abs(a[4:] - b[4:]).max(axis=1) > 1e-3)


# What does not fit ------------------------------------------------------------------------------------------------------------

ONES, HALF = np.ones((4, 3)), np.ones((4, 3), np.float32)
HIDDEN = causal_mask(4) & (np.arange(4)[:, None] != 2)
BLOCK = MultiHead(6, 2)
THETA = BLOCK.init(0)


@pytest.mark.parametrize("call, message", [
    (lambda: attend(np.ones((4, 2)), ONES, ONES), r"expected q \(\.\.\., N, d\), .*got q \(4, 2\), k \(4, 3\), v \(4, 3\)"),
    (lambda: attend(ONES, ONES, np.ones((5, 3))), r"expected q .* v \(5, 3\)"),
    (lambda: attend(np.ones(3), ONES, ONES), r"expected q .* got q \(3,\)"),
    (lambda: attend(np.ones((2, 4, 3)), np.ones((3, 4, 3)), ONES), "the axes before the last two must broadcast"),
    (lambda: attend(np.ones((0, 3)), ONES, ONES), r"a set must hold at least one item, got q \(0, 3\)"),
    (lambda: attend(ONES, np.ones((0, 3)), np.ones((0, 3))), "a set must hold at least one item"),
    (lambda: attend(ONES, ONES, ONES, HIDDEN), "mask hides everything from query 2, .*look at itself"),
    (lambda: attend(ONES, ONES, ONES, np.zeros(4, bool)), "mask hides everything from query 0"),
    (lambda: attend(ONES[None], ONES[None], ONES[None], HIDDEN[None]), r"mask hides everything from query \(0, 2\)"),
    (lambda: attention_weights(ONES, ONES, HIDDEN), "attention_weights: mask hides everything from query 2"),
    (lambda: attend(ONES, ONES, ONES, causal_mask(5)), r"mask must broadcast to \(4, 4\), a row for each query, got"),
    (lambda: attend(ONES, ONES, ONES, np.ones((2, 4, 4), bool)), r"mask must broadcast to \(4, 4\)"),
    (lambda: attend_lean(ONES, ONES, ONES, scale=np.nan), "attend_lean: scale must be a finite number, got nan"),
    (lambda: attend(*[np.ones((2, 4, 3))] * 3, np.ones((2, 4), bool)), r"got shape \(2, 4\); a mask of .* mask\[..., None, :\]"),
    (lambda: attend(ONES, ONES, ONES, scale=np.nan), "attend: scale must be a finite number, got nan"),
    (lambda: attention_weights(ONES, ONES, scale=np.inf), "attention_weights: scale must be a finite number, got inf"),
    (lambda: causal_mask(-1), "T must say how many items there are, a whole number from 0 on, got -1"),
    (lambda: causal_mask(2.5), "T must say how many items there are, .*, got 2.5"),
    (lambda: attend_lean(ONES, np.ones((5, 3)), np.ones((5, 3)), causal=True), "as many queries as keys, got 4 and 5"),
    (lambda: attend_lean(ONES, ONES, ONES, block=0), "attend_lean: block must be an integer from 1 on, got 0"),
    (lambda: attend_lean(ONES, ONES, ONES, block=2.5), "attend_lean: block must be an integer from 1 on, got 2.5"),
    (lambda: MultiHead(6, 4), "4 heads don't divide n = 6; say how large one is"),
    (lambda: AttentionBlock(6, 4), "4 heads don't divide n = 6"),
    (lambda: MultiHead(6, 0), "n, heads and d must be integers, at least 1, got 6, 0 and None"),
    (lambda: MultiHead(6, 2.0), "n, heads and d must be integers, at least 1, got 6, 2.0 and None"),
    (lambda: MultiHead(6, 2, 1.5), "n, heads and d must be integers, at least 1, got 6, 2 and 1.5"),
    (lambda: BLOCK.init(0, int), "parameters are floating numbers, .*, got int64"),
    (lambda: MultiHead(6, 2)(MultiHead(6, 2, 4).init(0), np.ones((4, 6))), "its parameters are arrays .* another block's"),
    (lambda: MultiHead(6, 2)(None, np.ones((4, 6))), "its parameters are arrays of shapes .*, got a NoneType"),
    (lambda: MultiHead(6, 2)(MultiHead(6, 2).init(0) | {"q": np.zeros(1)}, np.ones((4, 6))), "its parameters are arrays"),
    (lambda: AttentionBlock(6, 2, hidden=4)(AttentionBlock(6, 2).init(0), np.ones((4, 6))),
     "a dict of heads, h, inner, outer, gain, bias, gain_2, bias_2, got heads, h, gain, bias; are they another block's"),
    (lambda: AttentionBlock(6, 2, m=3).step(None, np.ones(6)), "a dict of heads, h, r, gain, bias, got a NoneType"),
    (lambda: AttentionBlock(6, 2, sigma="swish"), "sigma must be one of"),
    (lambda: AttentionBlock(6, 2, hidden=0), "at least one input and one output, got n = 6 and m = 0"),
    (lambda: AttentionBlock(6, 2, m=0), "at least one input and one output, got n = 6 and m = 0"),
    (lambda: BLOCK(THETA, np.ones((4, 5))), r"x must be an array \(\.\.\., N, 6\), an item a row, got shape \(4, 5\)"),
    (lambda: BLOCK(THETA, np.ones(6)), r"x must be an array .* got shape \(6,\)"),
    (lambda: BLOCK(THETA, np.ones((0, 6))), r"x is an empty set, of shape \(0, 6\)"),
    (lambda: BLOCK(THETA, np.ones((4, 6)), memory=np.ones((4, 5))), r"memory must be an array"),
    (lambda: BLOCK(THETA, np.ones((2, 4, 6)), np.ones((3, 4, 4), bool)), r"mask must broadcast to \(2, 4, 4\)"),
    (lambda: BLOCK(THETA, np.ones((2, 4, 6)), HIDDEN[None]), r"mask hides everything from query \(0, 2\)"),
    (lambda: BLOCK.step(THETA, np.ones((3, 6)), BLOCK.step(THETA, np.ones((2, 6)))[1]),
     r"for x \(3, 6\) a cache holds keys \(3, 2\) by t by 3, got \(2, 2, 1, 3\); is it another batch's"),
    (lambda: BLOCK.step(THETA, np.ones(6), MultiHead(6, 3).step(THETA, np.ones(6))[1]), r"got \(3, 1, 2\)"),
    (lambda: BLOCK.step(THETA, np.ones(5)), r"one item must be an array \(\.\.\., 6\), got shape \(5,\)"),
])
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("call, message", [
    (lambda: attend(ONES, HALF, HALF), "floating numbers of one precision, got float64, float32 and float32; .*astype"),
    (lambda: attend(*[np.ones((4, 3), int)] * 3), "floating numbers of one precision, got int64"),
    (lambda: attend_lean(ONES, ONES, HALF), "attend_lean: q, k and v must be floating numbers of one precision"),
    (lambda: attend_lean(ONES, ONES, ONES, causal_mask(4)), "causal must be True or False, got ndarray; it is attend"),
    (lambda: attend(ONES, ONES, ONES, np.eye(4)), "mask must hold booleans, True where a query may look, got float64; mask == 1"),
    (lambda: BLOCK(THETA, np.ones((4, 6), np.float32)), "x is of float32 and the parameters of float64"),
    (lambda: BLOCK(THETA, np.ones((4, 6), int)), "x is of int64 and the parameters of float64"),
    (lambda: BLOCK(THETA, np.ones((4, 6)), memory=np.ones((4, 6), np.float32)), "memory is of float32"),
    (lambda: MultiHead(6, 2)(MultiHead(6, 2).init(0) | {"K": np.ones((6, 6), np.float32)}, np.ones((4, 6))),
     "parameters must be arrays of one precision, got Q of float64, q of float64, K of float32"),
    (lambda: MultiHead(2, 1)(dict.fromkeys("QKV", [[1.0, 0.0], [0.0, 1.0]]) | dict.fromkeys("qkv", [0.0, 0.0]), np.ones((4, 2))),
     "parameters must be arrays of one precision, got Q of <class 'list'>"),
    (lambda: MultiHead(6, 2).step(MultiHead(6, 2).init(0), np.ones(6), (1, 2)), "cache must be what the step .*, got tuple"),
])
def test_numbers_of_the_wrong_kind_are_named(call, message):
    with pytest.raises(TypeError, match=message):
        call()


# What it learns ---------------------------------------------------------------------------------------------------------------

class Reader:
    """Symbols and learned places, two attention blocks, scores of the symbols; with `uniform` no item asks for anything."""

    def __init__(self, symbols, T, answers, n=64, heads=4, causal=False, uniform=False):
        self.symbols, self.T, self.answers, self.n, self.uniform = symbols, T, answers, n, uniform
        self.block, self.mask = AttentionBlock(n, heads), causal_mask(T) if causal else None

    def init(self, seed):
        rng = np.random.default_rng(seed)
        theta = {"E": rng.normal(size=(self.symbols, self.n)), "P": rng.normal(size=(self.T, self.n)),
                 "O": np.zeros((self.n, self.answers))}
        theta = {name: leaf.astype(np.float32) for name, leaf in theta.items()}
        return theta | {"blocks": [self.block.init(rng, np.float32) for _ in range(2)]}

    def __call__(self, theta, x):
        h = theta["E"][x] + theta["P"]
        for part in theta["blocks"]:
            if self.uniform:
                part = part | {"heads": part["heads"] | {name: 0 * part["heads"][name] for name in "QqKk"}}
            h = self.block(part, h, self.mask)
        return h @ theta["O"]


def sorting(rng, count, symbols=16, T=16):
    x = rng.integers(symbols, size=(count, T))
    return x, np.sort(x, axis=1), np.ones(x.shape, bool)


def order(rng, count, symbols=12, T=8):
    """Where in the input the symbol stands that belongs at each place of the sorted sequence; all are different."""
    x = np.argsort(rng.random((count, symbols)), axis=1)[:, :T]
    return x, np.argsort(x, axis=1), np.ones(x.shape, bool)


def induction(rng, count, symbols=12, T=24):
    """What followed the last time; asked wherever the symbol has been there before."""
    x = rng.integers(symbols, size=(count, T))
    same = (x[:, :, None] == x[:, None, :]) & np.tri(T, k=-1, dtype=bool)
    before = np.where(same, np.arange(T), -1).max(axis=2)
    return x, np.take_along_axis(x, np.maximum(before, 0) + 1, axis=1), before >= 0


def accuracy(task, steps, seed=0, **options):
    reader = Reader(*{sorting: (16, 16, 16), order: (12, 8, 8), induction: (12, 24, 12)}[task], causal=task is induction,
                    **options)

    def loss(theta, x, y, asked):
        return np.mean(cross_entropy(reader(theta, x)[asked], y[asked]))
    theta, optimizer, rng = reader.init(seed), Adam(Cosine(3e-3, steps, 50)), np.random.default_rng(seed + 1)
    state, slope = optimizer.init(theta), value_and_grad(loss)
    for _ in range(steps):
        theta, state = optimizer.step(theta, slope(theta, *task(rng, 64))[1], state)
    x, y, asked = task(np.random.default_rng(99), 2000)
    right = reader(theta, x).argmax(axis=-1) == y
    return right[asked].mean()


def test_the_tasks_are_what_they_say():
    x, y, asked = induction(np.random.default_rng(0), 50)
    for row in range(50):
        for t in range(24):
            places = [s for s in range(t) if x[row, s] == x[row, t]]
            assert asked[row, t] == bool(places)
            if places:
                assert y[row, t] == x[row, places[-1] + 1]


@pytest.mark.slow
@pytest.mark.parametrize("task, steps", [(sorting, 1000), (induction, 800)])
def test_two_layers_learn_to_sort_and_to_continue_what_was_seen(task, steps):
    assert accuracy(task, steps) >= 0.99


@pytest.mark.slow
@pytest.mark.parametrize("task, steps, most", [(sorting, 1000, 0.95), (order, 600, 0.3), (induction, 800, 0.35)])
def test_uniform_attention_learns_none_of_it_in_as_many_steps(task, steps, most):
    assert accuracy(task, steps, uniform=True) < most
    assert task is not order or accuracy(task, steps) > 2 * most


def test_sorting_can_be_read_off_the_mean(rng):
    x, y, _ = sorting(rng, 500)
    at_most = np.sum(x[:, :, None] <= np.arange(16), axis=1)             # of the counts alone
    score = (np.arange(1, 17)[:, None] - 0.5) * np.arange(16) - (np.cumsum(at_most, axis=1) - at_most)[:, None]
    np.testing.assert_array_equal(score.argmax(axis=-1), y)              # a part from the place and one from the mean: a sum
