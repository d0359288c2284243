"""Positions against loops written out, the complex plane and PyTorch; and what is learned with them beyond the trained length."""
import cmath
import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import sici

from edugen import check_gradients, grad, hessian, jacobian
from edugen.autodiff import softmax
from edugen.blocks import (
    Learned,
    Rotary,
    Sinusoidal,
    four_terms,
    frequencies,
    rotary,
    rotation,
    shift_map,
    sinusoidal,
)

PLACES = st.floats(-1000, 1000, allow_nan=False)
HALVES = st.integers(1, 12)
BASES = st.sampled_from([1.0, 7.5, 100.0, 10000.0])


def by_letter(i, n, L):
    """(3.30), a number at a time."""
    return np.array([math.sin(i / L ** (d / n)) if d % 2 == 0 else math.cos(i / L ** ((d - 1) / n)) for d in range(n)])


def turned(x, m, L):
    """R_m x in the complex plane, a pair at a time."""
    n, y = len(x), np.empty(len(x))
    for k in range(1, n // 2 + 1):
        z = complex(x[2 * k - 2], x[2 * k - 1]) * cmath.exp(1j * m * L ** (-2 * (k - 1) / n))
        y[2 * k - 2:2 * k] = z.real, z.imag
    return y


# Sinusoids --------------------------------------------------------------------------------------------------------------------

@pytest.mark.equation("3.30")
@pytest.mark.parametrize("n", [1, 2, 5, 8])
@pytest.mark.parametrize("L", [1.0, 10.0, 10000.0])
def test_sinusoids_are_the_formula(rng, n, L):
    np.testing.assert_allclose(sinusoidal(20, n, L), [by_letter(i, n, L) for i in range(20)], rtol=1e-12, atol=1e-12)
    places = rng.uniform(-50, 50, size=(2, 3))
    e = sinusoidal(places, n, L)
    assert e.shape == (2, 3, n)
    np.testing.assert_allclose(e[1, 2], by_letter(places[1, 2], n, L), rtol=1e-12, atol=1e-12)
    assert sinusoidal(0, n, L).shape == (0, n) and sinusoidal([4], n, L).shape == (1, n)


@settings(deadline=None)
@given(i=PLACES, k=PLACES, half=HALVES, L=BASES)
def test_a_shift_is_one_linear_map_whatever_the_position(i, k, half, L):
    n = 2 * half
    M = shift_map(k, n, L)
    np.testing.assert_allclose(M @ by_letter(i, n, L), by_letter(i + k, n, L), atol=1e-9)
    np.testing.assert_allclose(M.T @ M, np.eye(n), atol=1e-12)
    np.testing.assert_allclose(shift_map(i, n, L) @ M, shift_map(i + k, n, L), atol=1e-9)


@settings(deadline=None)
@given(i=PLACES, j=PLACES, half=HALVES, L=BASES)
def test_similarity_depends_on_the_distance_alone(i, j, half, L):
    n = 2 * half
    e = sinusoidal([i, j], n, L)
    assert math.isclose(e[0] @ e[1], sum(math.cos((j - i) * L ** (-2 * k / n)) for k in range(half)), abs_tol=1e-9)


@pytest.mark.parametrize("n, until", [(32, 4), (64, 5), (128, 11)])
def test_neighbors_are_similar_and_less_so_from_step_to_step(n, until):
    e = sinusoidal(2000, n)
    similarity = e[700] @ e.T / (n / 2)
    assert similarity[700] == pytest.approx(1) and similarity[701] > 0.95
    assert np.all(np.diff(similarity[700:700 + until + 1]) < 0) and np.all(np.diff(similarity[700 - until:701]) > 0)
    assert np.max(similarity[1200:]) < 0.6


@pytest.mark.parametrize("n", [4, 64])
def test_no_two_positions_below_the_base_share_a_vector(n):
    distance = np.arange(1, 10000)
    similarity = np.cos(distance[:, None] * frequencies(n)).mean(axis=1)
    apart = np.sqrt(n * (1 - similarity))                                        # |e_i - e_j|, of all pairs at that distance
    assert np.min(apart) > 0.01 and (n == 4 or np.argmin(apart) == 0)
    e = sinusoidal(200, n)
    gaps = np.linalg.norm(e[:, None] - e, axis=-1)
    np.testing.assert_allclose(gaps[0, 1:], apart[:199], rtol=1e-8)


def test_mean_over_many_frequencies_is_a_cosine_integral():
    for distance in (1, 3, 30, 1000):
        mean = np.cos(distance * frequencies(20000)).mean()
        exact = (sici(distance)[1] - sici(distance / 1e4)[1]) / math.log(1e4)
        assert abs(mean - exact) < 1e-3


# Rotations --------------------------------------------------------------------------------------------------------------------

@pytest.mark.equation("3.34", "3.35")
@settings(deadline=None)
@given(m=PLACES, half=HALVES, L=BASES)
def test_rotation_is_orthogonal_and_turns_each_pair(m, half, L):
    n = 2 * half
    R, x = rotation(m, n, L), np.random.default_rng(half).normal(size=n)
    np.testing.assert_allclose(R @ x, turned(x, m, L), atol=1e-10)
    np.testing.assert_allclose(R.T @ R, np.eye(n), atol=1e-12)
    assert np.linalg.det(R) == pytest.approx(1)
    blocks = np.kron(np.eye(half), np.ones((2, 2)))
    assert not np.any(R[blocks == 0])
    np.testing.assert_allclose(rotary(x, m, L), R @ x, atol=1e-12)


@pytest.mark.equation("3.33")
@settings(deadline=None)
@given(i=PLACES, j=PLACES, c=PLACES, half=HALVES, L=BASES)
def test_score_depends_on_the_relative_position_alone(i, j, c, half, L):
    n = 2 * half
    q, k = np.random.default_rng(half).normal(size=(2, n)) / math.sqrt(n)
    score = lambda i, j: rotary(q, i, L) @ rotary(k, j, L)
    assert abs(score(i, j) - score(i + c, j + c)) < 1e-10
    assert abs(score(i, j) - q @ rotation(i, n, L).T @ rotation(j, n, L) @ k) < 1e-10                           # (3.33)
    assert abs(score(i, j) - q @ rotation(j - i, n, L) @ k) < 1e-10
    assert abs(np.linalg.norm(rotary(q, i, L)) - np.linalg.norm(q)) < 1e-12
    np.testing.assert_allclose(rotary(rotary(q, i, L), j, L), rotary(q, i + j, L), atol=1e-10)


def test_rows_of_an_array_each_by_its_own_position(rng):
    x, places = rng.normal(size=(2, 3, 5, 8)), rng.uniform(-9, 9, size=5)
    y = rotary(x, places)
    for b, h, t in np.ndindex(2, 3, 5):
        np.testing.assert_allclose(y[b, h, t], turned(x[b, h, t], places[t], 10000.0), atol=1e-12)
    each = rng.uniform(-9, 9, size=(2, 1, 5))                                    # sequences of a batch with places of their own
    np.testing.assert_allclose(rotary(x, each)[1, 2], rotary(x[1, 2], each[1, 0]), atol=1e-12)
    np.testing.assert_array_equal(Rotary(8)(x, places), y)
    np.testing.assert_array_equal(Rotary(8, L=10.0)(x, places), rotary(x, places, 10.0))
    np.testing.assert_array_equal(rotary(x[..., ::-1].copy(), places), rotary(x[..., ::-1], places))
    np.testing.assert_allclose(rotary([[1, 0]], [1]), [[math.cos(1), math.sin(1)]])           # integers become floats
    assert rotary(x[:, :, :0], places[:0]).shape == (2, 3, 0, 8)
    assert Rotary(2) == Rotary(2) and dataclasses.is_dataclass(Rotary(2)) and hash(Rotary(2))


def test_gradients_in_both_orders(rng):
    x, places = rng.normal(size=(2, 3, 4)), [0.0, -1.5, 70.0]
    check_gradients(lambda x: rotary(x, places), x, order=2)
    check_gradients(lambda x: np.tanh(rotary(x, places, L=3.0)) ** 2, x, order=2)
    J = jacobian(lambda x: rotary(x, 2.5))(x[0, 0])
    np.testing.assert_allclose(J, rotation(2.5, 4), atol=1e-14)
    H = hessian(lambda x: np.sum(rotary(x, 2.5) ** 2))(x[0, 0])
    np.testing.assert_allclose(H, 2 * np.eye(4), atol=1e-12)                     # lengths are kept
    f = lambda q, k: softmax(rotary(q, places) @ rotary(k, places).T)
    check_gradients(f, x[0], x[1], order=2)
    g = rng.normal(size=(3, 4))
    back = grad(lambda x: np.sum(g * rotary(x, places)))(x[0])
    np.testing.assert_allclose(back, [turned(a, -m, 1e4) for a, m in zip(g, places, strict=True)], atol=1e-12)
    check_gradients(lambda x, W: np.sum(sum(four_terms(x, sinusoidal(3, 4), W, 2 * W)) ** 2), x, rng.normal(size=(5, 4)), order=2)
    with pytest.raises(TypeError, match="rotary has no gradient rule for its argument 1"):
        grad(lambda m: np.sum(rotary(x, m)))(np.arange(3.0))                     # positions are data


def test_rotation_is_torchs_complex_product(rng):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    x, places = rng.normal(size=(2, 7, 10)), np.arange(7.0)
    angles = torch.tensor(places)[:, None] * 10000.0 ** (-torch.arange(0, 10, 2, dtype=torch.float64) / 10)
    pairs = torch.view_as_complex(torch.tensor(x).reshape(2, 7, 5, 2))
    theirs = torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2)
    np.testing.assert_allclose(rotary(x, places), theirs.numpy(), atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_is_kept(rng, dtype):
    x, places = rng.normal(size=(3, 4, 6)).astype(dtype), np.arange(4)
    assert rotary(x, places).dtype == Rotary(6)(x, places.astype(dtype)).dtype == dtype
    assert grad(lambda x: np.sum(rotary(x, places) ** 2))(x).dtype == dtype
    learned, fixed = Learned(9, 6), Sinusoidal(6)
    theta = learned.init(rng, dtype)
    assert theta["E"].dtype == learned(theta, x).dtype == fixed({}, x).dtype == dtype
    assert grad(lambda theta: np.sum(learned(theta, x) ** 2))(theta)["E"].dtype == dtype
    assert grad(lambda x: np.sum(fixed({}, x) ** 2))(x).dtype == dtype
    assert all(part.dtype == dtype for part in four_terms(x, x[0], x[0], x[1]))


def test_far_positions_are_as_exact_in_float32(rng):
    q, k = rng.normal(size=(2, 64))
    far = [99_997, 100_000]
    exact = np.stack([turned(q, far[0], 1e4), turned(k, far[1], 1e4)])
    rows = rotary(np.stack([q, k]).astype(np.float32), far)
    np.testing.assert_allclose(rows, exact, atol=1e-6)
    assert abs(rows[0] @ rows[1] - q @ rotation(3, 64) @ k) < 1e-4
    coarse = np.float32(100_000) * frequencies(64).astype(np.float32)            # what angles in float32 would be off by
    assert np.max(np.abs(coarse - 100_000 * frequencies(64))) > 1e-3


def test_score_of_a_vector_with_itself_fades_with_the_distance(rng):
    q = rng.normal(size=(500, 128))
    distances = np.array([0.0, 1.0, 100.0, 3000.0])
    score = np.array([np.mean(np.sum(q * rotary(q, np.full(500, r)), axis=1)) for r in distances])
    expected = 128 * np.cos(distances[:, None] * frequencies(128)).mean(axis=1)
    np.testing.assert_allclose(score, expected, atol=4)
    assert score[0] > score[1] > 1.5 * score[2] > 0 and score[2] > 2 * abs(score[3])


def test_attention_heads_turn_their_queries_and_keys(rng):
    from edugen.blocks.attention import MultiHead, causal_mask
    block = MultiHead(12, 2, position=Rotary(6))
    theta, x = block.init(rng), rng.normal(size=(3, 7, 12))
    theta |= {name: rng.normal(size=12) for name in "qk"}
    heads = lambda name: (x @ theta[name.upper()] + theta[name]).reshape(3, 7, 2, 6)
    q, k, weights = heads("q"), heads("k"), block.weights(theta, x)
    for b, h, i in np.ndindex(3, 2, 7):
        scores = np.array([q[b, i, h] @ rotation(j - i, 6) @ k[b, j, h] for j in range(7)]) / math.sqrt(6)
        np.testing.assert_allclose(weights[b, h, i], np.exp(scores) / np.exp(scores).sum(), atol=1e-12)
    assert not np.allclose(block(theta, x[:, ::-1]), block(theta, x)[:, ::-1], atol=0.01)            # the order matters now
    cache, one_by_one = None, []
    for t in range(7):
        y, cache = block.step(theta, x[:, t], cache)
        one_by_one.append(y)
    np.testing.assert_allclose(np.stack(one_by_one, axis=1), block(theta, x, causal_mask(7)), atol=1e-12)
    check_gradients(lambda theta: block(theta, x[:1, :3]), theta, order=2)


# Blocks that add ----------------------------------------------------------------------------------------------------------------

def test_sinusoidal_block_adds_the_vectors(rng):
    x, block = rng.normal(size=(2, 3, 5, 6)), Sinusoidal(6, L=100.0)
    assert block.init(0) == {}
    y = block({}, x)
    for t in range(5):
        np.testing.assert_allclose(y[:, :, t] - x[:, :, t], np.broadcast_to(by_letter(t, 6, 100.0), (2, 3, 6)), atol=1e-12)
    np.testing.assert_allclose(block({}, x, [7.5, -1, 0, 2, 1e5])[1, 1, 0], x[1, 1, 0] + by_letter(7.5, 6, 100.0), atol=1e-12)
    check_gradients(lambda x: block({}, x) ** 2, x, order=2)
    np.testing.assert_allclose(Sinusoidal(5)({}, np.zeros((4, 5), int)), [by_letter(i, 5, 1e4) for i in range(4)], atol=1e-12)


def test_learned_block_adds_its_rows_and_trains_those_it_used(rng):
    block = Learned(7, 3)
    theta, x = block.init(1), rng.normal(size=(2, 4, 3))
    for a, b in ((block.init(1), theta), (block.init(np.random.default_rng(1)), theta)):
        np.testing.assert_array_equal(a["E"], b["E"])
    assert not np.array_equal(block.init(2)["E"], theta["E"])
    big = Learned(1000, 50).init(0)["E"]
    assert abs(big.std() - 0.1) < 0.002 and abs(big.mean()) < 0.002
    np.testing.assert_allclose(block(theta, x), x + theta["E"][:4])
    np.testing.assert_allclose(block(theta, x, [6, 0, 0, 2]), x + theta["E"][[6, 0, 0, 2]])
    check_gradients(lambda theta, x: np.sum(np.tanh(block(theta, x, [6, 0, 0, 2]))), theta, x, order=2)
    used = grad(lambda theta: np.sum(block(theta, x)))(theta)["E"]
    np.testing.assert_allclose(used, np.repeat([2.0, 0.0], [4, 3])[:, None] * np.ones(3))    # two sequences, four places
    assert block(theta, np.zeros((2, 7, 3))).shape == (2, 7, 3) and block(theta, np.zeros((0, 3))).shape == (0, 3)


# The score's four terms ---------------------------------------------------------------------------------------------------------

@pytest.mark.equation("3.31", "3.32")
@pytest.mark.parametrize("T, n, d", [(5, 4, 3), (1, 2, 1), (4, 1, 6)])
def test_four_terms_are_the_score(rng, T, n, d):
    x, e, W_q, W_k = rng.normal(size=(T, n)), rng.normal(size=(T, n)), rng.normal(size=(d, n)), rng.normal(size=(d, n))
    terms = four_terms(x, e, W_q, W_k)
    A = W_q.T @ W_k
    for i, j in np.ndindex(T, T):
        each = x[i] @ A @ x[j], e[i] @ A @ x[j], x[i] @ A @ e[j], e[i] @ A @ e[j]                                # (3.32)
        np.testing.assert_allclose([term[i, j] for term in terms], each, rtol=1e-10, atol=1e-12)
        q, k = W_q @ (x[i] + e[i]), W_k @ (x[j] + e[j])
        assert math.isclose(sum(each), q @ k, rel_tol=1e-10, abs_tol=1e-12)                                     # (3.31)
    batch = rng.normal(size=(2, 3, T, n))
    for a, b in zip(four_terms(batch, e, W_q, W_k), four_terms(batch[1, 2], e, W_q, W_k), strict=True):
        np.testing.assert_allclose(np.broadcast_to(a, (2, 3, T, T))[1, 2], b, rtol=1e-10, atol=1e-12)
    for a, b in zip(four_terms(*(each.tolist() for each in (x, e, W_q, W_k))), terms, strict=True):             # lists, too
        np.testing.assert_array_equal(a, b)


def test_content_alone_knows_no_position_and_positions_alone_can_look_back(rng):
    T, n, back = 200, 64, 3
    x, e = 0.02 * rng.normal(size=(T, n)), sinusoidal(T, n)
    W_k = 3 * np.eye(n)
    W_q = W_k @ shift_map(-back, n)
    content, *_, place = four_terms(x, e, W_q, W_k)
    order = rng.permutation(T)
    np.testing.assert_allclose(four_terms(x[order], e, W_q, W_k)[0], content[order][:, order], atol=1e-12)
    for weights in (softmax(place), softmax(sum(four_terms(x, e, W_q, W_k)))):
        assert np.all(np.argmax(weights, axis=1)[back:] == np.arange(T - back)) and np.min(np.diag(weights, -back)) > 0.9


# What was trained at one length, at another -----------------------------------------------------------------------------------

def learn_to_look_back(add, turn, steps, V=8, n=32, T=16, back=3):
    """One head that has to name the symbol `back` places before; returns its accuracy as a function of positions."""
    from edugen.autodiff import cross_entropy
    from edugen.classification import Adam
    rng = np.random.default_rng(0)
    theta = {name: rng.normal(size=(n, n)) / n ** 0.5 for name in ("W_q", "W_k", "W_v")}
    theta |= {"items": rng.normal(size=(V, n)), "W_o": rng.normal(size=(n, V)) / n ** 0.5, "b_q": np.full(n, 0.1),
              "b_k": np.full(n, 0.1), "E": add.init(rng) if add else {}}

    def scores(theta, s, places):
        x = theta["items"][s]
        x = add(theta["E"], x, places) if add else x
        q, k = x @ theta["W_q"] + theta["b_q"], x @ theta["W_k"] + theta["b_k"]
        q, k = (turn(q, places), turn(k, places)) if turn else (q, k)
        return softmax(q @ np.swapaxes(k, -1, -2) / n ** 0.5) @ (x @ theta["W_v"]) @ theta["W_o"]

    loss = lambda theta, s: np.mean(cross_entropy(scores(theta, s, np.arange(T))[:, back:], s[:, :-back]))
    optimizer, slope = Adam(0.01), grad(loss)
    state = optimizer.init(theta)
    for _ in range(steps):
        theta, state = optimizer.step(theta, slope(theta, rng.integers(V, size=(32, T))), state)

    def accuracy(places):
        s = np.random.default_rng(1).integers(V, size=(100, len(places)))
        return np.mean(np.argmax(scores(theta, s, places)[:, back:], axis=-1) == s[:, :-back])
    return accuracy


@pytest.mark.slow
def test_what_each_knows_beyond_the_trained_length():
    trained, longer, far = np.arange(16), np.arange(64), np.arange(16) + 1000
    none = learn_to_look_back(None, None, 600)
    assert none(trained) < 0.4
    learned = learn_to_look_back(Learned(16, 32), None, 600)
    assert learned(trained) > 0.99
    with pytest.raises(ValueError, match="position 16 came, and positions were learned for 16"):
        learned(longer)
    roomy = learn_to_look_back(Learned(64, 32), None, 600)
    assert roomy(trained) > 0.99 and roomy(longer) < 0.5                         # rows that no sequence trained
    fixed = learn_to_look_back(Sinusoidal(32), None, 600)
    assert fixed(trained) > 0.99 and fixed(longer) < 0.7
    turned = learn_to_look_back(None, Rotary(32), 600)
    assert turned(trained) > 0.99 and turned(longer) > 0.85 and turned(far) > 0.99


# Bad input ----------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("call, message", [
    (lambda: sinusoidal(3, 0), "sinusoidal: n must be an integer, at least 1, got 0"),
    (lambda: sinusoidal(3, 2.5), "sinusoidal: n must be an integer, at least 1, got 2.5"),
    (lambda: sinusoidal(-3, 4), r"number of positions must not be negative, got -3; for this one position write \[-3\]"),
    (lambda: sinusoidal(2.5, 4), r"positions must be an int, which says how many, or an array, got 2.5; .* write \[2.5\]"),
    (lambda: sinusoidal([0, np.nan], 4), "positions must be finite numbers, got nan"),
    (lambda: sinusoidal(3, 4, L=0.5), "L must be a finite number of at least 1, got 0.5: below it the frequencies would grow"),
    (lambda: sinusoidal(3, 4, L=np.nan), "L must be a finite number of at least 1, got nan$"),
    (lambda: sinusoidal(3, 4, L=np.inf), "L must be a finite number of at least 1, got inf$"),
    (lambda: shift_map(1, 5), "n must be even and at least 2, for numbers are turned in pairs, got n = 5"),
    (lambda: rotation(1, 0), "n must be even and at least 2, .* got n = 0"),
    (lambda: Rotary(7), "d must be even and at least 2, .* got d = 7"),
    (lambda: Rotary(8, L=0), "L must be a finite number of at least 1, got 0"),
    (lambda: frequencies(4.0), "n must be even and at least 2, .* got n = 4.0"),
    (lambda: rotation(np.nan, 4), "the position must be a finite number, got nan"),
    (lambda: shift_map(np.inf, 4), "the position must be a finite number, got -inf"),
    (lambda: Rotary(8)(np.ones((3, 6)), np.arange(3)), r"Rotary\(d=8.*\): x must be an array \(..., T, 8\), got shape \(3, 6\)"),
    (lambda: rotary(np.ones((3, 5)), np.arange(3)), r"in pairs and must be even, got shape \(3, 5\); make heads of an even size"),
    (lambda: rotary(np.float64(1), 0), r"in pairs and must be even, got shape \(\)"),
    (lambda: rotary(np.ones((3, 4)), np.arange(4)), r"rotary: positions must be of shape \(3,\), .*, got \(4,\)"),
    (lambda: rotary(np.ones((3, 4)), 3), r"rotary: positions must be of shape \(3,\), .*, got \(\)"),
    (lambda: rotary(np.ones((3, 4)), [5]), r"rotary: positions must be of shape \(3,\), .*, got \(1,\)"),
    (lambda: rotary(np.ones((2, 3, 4)), np.ones((5, 3))), r"or broadcast to \(2, 3\), got \(5, 3\)"),
    (lambda: rotary(np.ones((3, 4)), np.ones((2, 3))), r"rotary: positions must be of shape \(3,\), .*, got \(2, 3\)"),
    (lambda: rotary(np.ones((2, 4)), [0, np.inf]), "positions must be finite numbers, got inf"),
    (lambda: Sinusoidal(0), "n must be an integer, at least 1"),
    (lambda: Sinusoidal(4)({}, np.ones((3, 6))), r"x must be an array \(..., T, 4\), got shape \(3, 6\)"),
    (lambda: Sinusoidal(4)({}, np.ones(4)), r"x must be an array \(..., T, 4\), got shape \(4,\)"),
    (lambda: Sinusoidal(4)({}, np.ones((3, 4)), [1, 2]), r"Sinusoidal: positions must be of shape \(3,\), .*, got \(2,\)"),
    (lambda: Learned(0, 4), "Learned takes integers, at least one position and one number, got length = 0 and n = 4"),
    (lambda: Learned(2.5, 4), "Learned takes integers, .*, got length = 2.5 and n = 4"),
    (lambda: Learned(16, 4).init(0, int), "parameters are floating numbers, .*, got int64"),
    (lambda: rotation(np.arange(3), 4), r"the position must be a finite number, got \[0 1 2\]"),
    (lambda: rotation(1, 4.0), "n must be even and at least 2, .* got n = 4.0"),
    (lambda: Learned(16, 4)(Learned(16, 4).init(0), np.ones((2, 64, 4))),
     "Learned: x has 64 items, and positions were learned for 16, 0 to 15. Cut x to 16, or train a block of the length you need, "
     "or use Sinusoidal or Rotary"),
    (lambda: Learned(16, 4)(Learned(16, 4).init(0), np.ones((17, 4))),
     "Learned: x has 17 items, and positions were learned for 16"),
    (lambda: Learned(16, 4)(Learned(16, 4).init(0), np.ones((1, 4)), [-1]), "Learned: position -1 came, .* learned for 16"),
    (lambda: Learned(16, 4)(Learned(16, 4).init(0), np.ones((1, 4)), [0.5]), "Learned: positions must be integers, got float64"),
    (lambda: Learned(16, 4)(Learned(16, 4).init(0), np.ones((3, 5))), r"x must be an array \(..., T, 4\), got shape \(3, 5\)"),
    (lambda: Learned(16, 4)(Learned(8, 4).init(0), np.ones((3, 4))), r"its parameters are arrays .*E': \(16, 4\).*\(8, 4\)"),
    (lambda: four_terms(np.ones((3, 4)), np.ones((2, 4)), np.eye(4), np.eye(4)), r"a common T and n, got \(3, 4\) and \(2, 4\)"),
    (lambda: four_terms(np.ones((3, 4)), np.ones((3, 4)), np.eye(4), np.ones((3, 4))),
     r"matrices \(d, 4\), got \(4, 4\) and \(3, 4\)"),
    (lambda: four_terms(np.ones((3, 4)), np.ones((3, 4)), np.eye(3), np.eye(3)), r"matrices \(d, 4\), got \(3, 3\) and \(3, 3\)"),
])
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("call, message", [
    (lambda: rotary(np.ones((3, 4), complex), np.arange(3)), "rotary: x must be of real numbers, got complex128"),
    (lambda: rotary(np.full((3, 4), "a"), np.arange(3)), "rotary: x must be of real numbers, got <U1"),
    (lambda: Learned(5, 4)(Learned(5, 4).init(0), np.ones((3, 4), np.float32)), "x is of float32 and E of float64"),
    (lambda: Learned(5, 4)(Learned(5, 4).init(0, np.float32), np.ones((3, 4))), "x is of float64 and E of float32"),
    (lambda: Learned(5, 4)(Learned(5, 4).init(0), np.ones((3, 4), complex)), "x is of complex128 and E of float64"),
    (lambda: Learned(5, 4)(Learned(5, 4).init(0), np.ones((3, 4), int)), "x is of int64 and E of float64"),
])
def test_numbers_of_another_kind_are_named(call, message):
    with pytest.raises(TypeError, match=message):
        call()
