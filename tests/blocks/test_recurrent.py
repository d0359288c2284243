"""Recurrent blocks against themselves composed of NumPy calls, against loops over numbers, and against PyTorch."""
import math
from functools import partial

import numpy as np
import pytest

from edugen import check_gradients, grad, jacobian, stop_gradient
from edugen.autodiff import tree
from edugen.blocks import GRU, LSTM, Bidirectional, Linear, Recurrent, Reversed, Sequential, from_torch, reverse, to_torch
from edugen.classification import Adam
from edugen.kernels import use
from edugen.training import train

BLOCKS = [Recurrent(3, 4), GRU(3, 4), LSTM(3, 4)]
SIGMAS = {"tanh": np.tanh, "relu": lambda a: np.maximum(0, a), "sigmoid": lambda a: 1 / (1 + np.exp(-a)), "identity": lambda a: a}
name = lambda block: type(block).__name__


def shaken(block, rng):
    """Parameters none of which is zero."""
    return tree.map(lambda leaf: leaf + 0.3 * rng.normal(size=np.shape(leaf)), block.init(rng))


# The same blocks, step by step, of NumPy calls -------------------------------------------------------------------------------

def sigma(a):
    return 1 / (1 + np.exp(-a))


def recurrent_step(theta, x, state, f=np.tanh):
    return (f(np.concatenate([x, state[0]], axis=1) @ theta["W"] + theta["b"]),)                             # (3.18)


def gru_step(theta, x, state):
    m = len(theta["h"])
    (Wr, Wu, Wh), (Ur, Uu, Uh) = ([theta[M][:, k * m:(k + 1) * m] for k in range(3)] for M in "WU")
    br, bu, bh = (theta["b"][k * m:(k + 1) * m] for k in range(3))
    h, = state
    r = sigma(x @ Wr + h @ Ur + br)                                                                          # (3.20)
    u = sigma(x @ Wu + h @ Uu + bu)                                                                          # (3.21)
    candidate = np.tanh(x @ Wh + (r * h) @ Uh + bh)                                                          # (3.22)
    return (u * h + (1 - u) * candidate,)                                                                    # (3.19)


def lstm_step(theta, x, state):
    (h, c), m = state, len(theta["h"])
    i, f, g, o = ((x @ theta["W"] + h @ theta["U"] + theta["b"])[:, k * m:(k + 1) * m] for k in range(4))
    c = sigma(f) * c + sigma(i) * np.tanh(g)
    return sigma(o) * np.tanh(c), c


STEPS = {"Recurrent": recurrent_step, "GRU": gru_step, "LSTM": lstm_step}


def composed(block, theta, x, mask=None, chunk=None, step=None):
    """What a block should do; None of it is the block's own code."""
    step = step or STEPS[name(block)]
    state = tuple(theta[k] + np.zeros((len(x), block.m)) for k in ("h", "c") if k in theta)
    states = []
    for t in range(x.shape[1]):
        if chunk and t and t % chunk == 0:
            state = stop_gradient(state)
        new = step(theta, x[:, t], state)
        state = new if mask is None else tuple(np.where(mask[:, t, None], a, b) for a, b in zip(new, state, strict=True))
        states.append(state[0])
    return np.stack(states, axis=1)


def lengths_mask(rng, count, steps):
    return np.arange(steps) < rng.integers(1, steps + 1, size=(count, 1))


# Values -----------------------------------------------------------------------------------------------------------------------

@pytest.mark.equation("3.18")
@pytest.mark.parametrize("nonlinearity", SIGMAS)
def test_recurrent_block_is_the_formula_number_by_number(rng, nonlinearity):
    block = Recurrent(3, 2, nonlinearity)
    theta, x = shaken(block, rng), rng.normal(size=(2, 4, 3))
    states = block(theta, x)
    for sequence, found in zip(x, states, strict=True):
        h = theta["h"]
        for item, after in zip(sequence, found, strict=True):
            together = [*item, *h]
            h = [float(SIGMAS[nonlinearity](sum(v * theta["W"][i, j] for i, v in enumerate(together)) + theta["b"][j]))
                 for j in range(2)]
            np.testing.assert_allclose(after, h, rtol=1e-12)


def by_numbers(theta, x, h):
    """One step of a GRU, (3.19) to (3.22), with numbers only: no slices, no broadcasting."""
    m = len(h)
    W = {"rug"[k]: [[theta["W"][i, k * m + j] for j in range(m)] for i in range(len(x))] for k in range(3)}
    U = {"rug"[k]: [[theta["U"][i, k * m + j] for j in range(m)] for i in range(m)] for k in range(3)}
    b = {"rug"[k]: [theta["b"][k * m + j] for j in range(m)] for k in range(3)}

    def weighed(gate, state, j):
        return sum(x[i] * W[gate][i][j] for i in range(len(x))) + sum(state[i] * U[gate][i][j] for i in range(m)) + b[gate][j]
    r = [1 / (1 + math.exp(-weighed("r", h, j))) for j in range(m)]                                          # (3.20)
    u = [1 / (1 + math.exp(-weighed("u", h, j))) for j in range(m)]                                          # (3.21)
    candidate = [math.tanh(weighed("g", [a * b for a, b in zip(r, h, strict=True)], j)) for j in range(m)]     # (3.22)
    return r, u, candidate, [u[j] * h[j] + (1 - u[j]) * candidate[j] for j in range(m)]                      # (3.19)


@pytest.mark.equation("3.19")
@pytest.mark.equation("3.20")
@pytest.mark.equation("3.21")
@pytest.mark.equation("3.22")
@pytest.mark.parametrize("n, m", [(3, 2), (1, 1), (2, 5)])
def test_gru_is_the_formula_number_by_number(rng, n, m):
    block = GRU(n, m)
    theta, x = shaken(block, rng), rng.normal(size=(2, 5, n))
    for backend in ("numpy", "numba"):
        with use(backend):
            for sequence, found in zip(x, block(theta, x), strict=True):
                h = list(theta["h"])
                for item, after in zip(sequence, found, strict=True):
                    *_, h = by_numbers(theta, list(item), h)
                    np.testing.assert_allclose(after, h, rtol=1e-11, atol=1e-13)


@pytest.mark.equation("3.20")
def test_reset_gate_at_zero_forgets_and_at_one_lets_everything_through(rng):
    block = GRU(2, 3, remember=-50.0)                                            # u = 0: the state is the candidate
    theta, x = shaken(block, rng), rng.normal(size=(4, 1, 2))
    theta["W"][:, :6] = theta["U"][:, :6] = 0                                    # gates of their biases alone
    plain = x[:, 0] @ theta["W"][:, 6:] + theta["b"][6:]
    theta["b"][:3] = -50
    np.testing.assert_allclose(block(theta, x)[:, 0], np.tanh(plain), rtol=1e-12)
    theta["b"][:3] = 50
    np.testing.assert_allclose(block(theta, x)[:, 0], np.tanh(plain + theta["h"] @ theta["U"][:, 6:]), rtol=1e-12)


@pytest.mark.equation("3.21")
def test_update_gate_at_one_keeps_the_state(rng):
    block = GRU(2, 3, remember=60.0)
    theta, x = block.init(rng) | {"h": rng.normal(size=3)}, rng.normal(size=(4, 50, 2))
    np.testing.assert_allclose(block(theta, x), np.broadcast_to(theta["h"], (4, 50, 3)), rtol=1e-12)


@pytest.mark.parametrize("remember, steps", [(0.0, 1), (1.0, 2), (3.0, 14)])
def test_what_the_first_bias_of_the_update_gate_does(remember, steps):
    block = GRU(1, 1, remember=remember)
    theta = block.init(0) | {"W": np.zeros((1, 3)), "U": np.zeros((1, 3)), "h": np.ones(1)}
    left = block(theta, np.zeros((1, steps + 1, 1))).ravel()
    assert left[steps] < 0.5 and left[steps - 1] >= 0.49                         # about half is left, as its docstring says


# Gradients --------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("block", BLOCKS, ids=name)
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("steps", [1, 6])
def test_a_block_is_its_composed_form_in_both_orders(rng, block, masked, steps):
    theta, x, weight = shaken(block, rng), rng.normal(size=(3, steps, 3)), rng.normal(size=(3, steps, 4))
    mask = np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0], [0, 1, 1, 0, 1, 1]], bool)[:, :steps] if masked else None
    if masked and steps == 1:
        mask = np.array([[True], [False], [True]])
    ours = lambda theta, x: np.sum(weight * block(theta, x, mask))
    plain = lambda theta, x: np.sum(weight * composed(block, theta, x, mask))
    np.testing.assert_allclose(block(theta, x, mask), composed(block, theta, x, mask), rtol=1e-10, atol=1e-13)
    along = tree.map(lambda leaf: rng.normal(size=np.shape(leaf)), (theta, x))

    def directional(f):
        def slope(theta, x):
            g = grad(f, (0, 1))(theta, x)
            return sum(np.sum(a * b) for a, b in zip(tree.flatten(g)[0], tree.flatten(along)[0], strict=True))
        return slope
    for a, b in ((ours, plain), (directional(ours), directional(plain))):
        found, expected = grad(a, (0, 1))(theta, x), grad(b, (0, 1))(theta, x)
        for path, left, right in zip(tree.paths(found), tree.flatten(found)[0], tree.flatten(expected)[0], strict=True):
            np.testing.assert_allclose(left, right, rtol=1e-10, atol=1e-12, err_msg=path)
    assert np.any(grad(ours)(theta, x)["h"])                                     # the first state has a gradient


@pytest.mark.parametrize("block", [*BLOCKS, Recurrent(3, 4, "sigmoid"), Recurrent(3, 4, "identity"), Recurrent(3, 4, "relu")],
                         ids=str)
def test_gradients_are_central_differences(rng, block):
    theta, x, mask = shaken(block, rng), rng.normal(size=(3, 5, 3)), lengths_mask(rng, 3, 5)
    check_gradients(lambda theta, x: block(theta, x, mask), theta, x, order=1 if "relu" in str(block) else 2)


@pytest.mark.parametrize("block", BLOCKS, ids=name)
def test_gradient_in_a_start_that_was_given(rng, block):
    theta, x = shaken(block, rng), rng.normal(size=(3, 5, 3))
    start = rng.normal(size=(3, 4))
    if name(block) == "LSTM":
        check_gradients(lambda h, c: block(theta, x, h=(h, c)), start, rng.normal(size=(3, 4)), order=2)
    else:
        check_gradients(lambda h: block(theta, x, h=h), start, order=2)
    unused = grad(lambda theta: np.sum(block(theta, x, h=(start, start) if name(block) == "LSTM" else start)))(theta)["h"]
    assert not np.any(unused)


@pytest.mark.parametrize("block", BLOCKS, ids=name)
@pytest.mark.parametrize("chunk", [1, 2, 3, 5])
def test_truncated_gradients_are_those_of_chunks(rng, block, chunk):
    theta, x, weight = shaken(block, rng), rng.normal(size=(2, 7, 3)), rng.normal(size=(2, 7, 4))
    short = type(block)(block.n, block.m, truncated=chunk)
    np.testing.assert_array_equal(short(theta, x), block(theta, x))
    found = grad(lambda t, x: np.sum(weight * short(t, x)), (0, 1))(theta, x)
    expected = grad(lambda t, x: np.sum(weight * composed(block, t, x, chunk=chunk)), (0, 1))(theta, x)
    for a, b in zip(tree.flatten(found)[0], tree.flatten(expected)[0], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    # the last state knows of the inputs of its own chunk, and of no other
    reach = np.abs(grad(lambda x: np.sum(short(theta, x)[:, -1]))(x)).sum(axis=(0, 2)) > 0
    np.testing.assert_array_equal(reach, np.arange(7) >= 6 // chunk * chunk)


@pytest.mark.parametrize("block", BLOCKS, ids=name)
@pytest.mark.parametrize("chunk", [7, 8, 100])
def test_chunks_no_shorter_than_the_sequence_change_nothing(rng, block, chunk):
    theta, x, weight = shaken(block, rng), rng.normal(size=(2, 7, 3)), rng.normal(size=(2, 7, 4))
    long = type(block)(block.n, block.m, truncated=chunk)
    full = grad(lambda t: np.sum(weight * block(t, x)))(theta)
    for key, array in grad(lambda t: np.sum(weight * long(t, x)))(theta).items():
        np.testing.assert_array_equal(array, full[key])
    six = grad(lambda t: np.sum(weight * type(block)(3, 4, truncated=6)(t, x)))(theta)
    assert not np.allclose(six["W"], full["W"], rtol=1e-6)                       # one step less, and it is another


# Masks ------------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("block", [*BLOCKS, Bidirectional(GRU(3, 4), LSTM(4, 4)), Reversed(GRU(3, 4))], ids=name)
def test_a_sequence_in_a_batch_is_the_sequence_alone(rng, block):
    theta, x, lengths = shaken(block, rng), rng.normal(size=(4, 6, 3)), [6, 1, 3, 5]
    mask = np.arange(6) < np.array(lengths)[:, None]
    x[~mask] = np.nan                                                            # whatever is there is not read
    states = block(theta, x, mask)
    for sequence, found, length in zip(x, states, lengths, strict=True):
        np.testing.assert_allclose(found[:length], block(theta, sequence[None, :length])[0], rtol=1e-12, atol=1e-14)
    if block in BLOCKS:
        for found, length in zip(states, lengths, strict=True):
            np.testing.assert_array_equal(found[length:], np.broadcast_to(found[length - 1], (6 - length, 4)))
    slope = grad(lambda x: np.sum(block(theta, x, mask)))(x)
    assert np.all(np.isfinite(slope)) and not np.any(slope[~mask]) and np.all(np.any(slope[mask], axis=-1))


@pytest.mark.parametrize("block", BLOCKS, ids=name)
def test_masked_steps_in_the_middle_are_as_if_left_out(rng, block):
    theta, x = shaken(block, rng), rng.normal(size=(1, 6, 3))
    mask = np.array([[True, False, True, True, False, True]])
    np.testing.assert_allclose(block(theta, x, mask)[:, mask[0]], block(theta, x[:, mask[0]]), rtol=1e-12, atol=1e-14)
    nothing = block(theta, x, np.zeros((1, 6), bool))
    np.testing.assert_array_equal(nothing[0], np.broadcast_to(theta["h"], (6, 4)))     # of no step at all: the first state


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gru_keeps_masked_states_exactly_in_both_backends(rng, backend, dtype):
    block = GRU(3, 4)
    theta = tree.map(lambda leaf: 20 * leaf.astype(dtype), shaken(block, rng))
    x, mask = rng.normal(size=(5, 9, 3)).astype(dtype), lengths_mask(rng, 5, 9)
    with use(backend):
        states = block(theta, x, mask)
        assert all(np.all(np.isfinite(leaf)) for leaf in grad(lambda t: np.sum(block(t, x, mask) ** 2))(theta).values())
    for found, length in zip(states, mask.sum(axis=1), strict=True):
        np.testing.assert_array_equal(found[length:], np.broadcast_to(found[length - 1], (9 - length, 4)))


@pytest.mark.parametrize("block", BLOCKS, ids=name)
def test_a_sequence_in_two_halves_is_the_whole(rng, block):
    theta, x = shaken(block, rng), rng.normal(size=(3, 8, 3))
    whole = block(theta, x)
    if name(block) == "LSTM":
        h, c = block.states(theta, x[:, :5])
        np.testing.assert_array_equal(h, whole[:, :5])
        rest = block(theta, x[:, 5:], h=(h[:, -1], c[:, -1]))
    else:
        rest = block(theta, x[:, 5:], h=whole[:, 4])
    np.testing.assert_allclose(rest, whole[:, 5:], rtol=1e-12, atol=1e-14)


# In both directions -------------------------------------------------------------------------------------------------------------

def test_reverse_within_each_length(rng):
    x, lengths = rng.normal(size=(4, 5, 2)), [5, 1, 3, 0]
    mask = np.arange(5) < np.array(lengths)[:, None]
    turned = reverse(x, mask)
    for before, after, length in zip(x, turned, lengths, strict=True):
        np.testing.assert_array_equal(after, np.concatenate([before[:length][::-1], before[length:]]))
    np.testing.assert_array_equal(reverse(turned, mask), x)
    np.testing.assert_array_equal(reverse(x), x[:, ::-1])
    gaps = np.array([[True, False, True, False, True]] * 4)
    np.testing.assert_array_equal(reverse(x, gaps), x[:, [4, 1, 2, 3, 0]])
    np.testing.assert_array_equal(reverse([[1, 2, 3]]), [[3, 2, 1]])
    check_gradients(lambda x: reverse(x, mask), x)


@pytest.mark.parametrize("make", [Recurrent, GRU, LSTM])
def test_every_output_depends_on_every_input_in_both_directions_alone(rng, make):
    both, one, back = Bidirectional(make(2, 3), make(3, 2)), make(2, 3), Reversed(make(2, 3))
    x, reach = rng.normal(size=(1, 6, 2)), {}
    for label, block in (("both", both), ("one", one), ("back", back)):
        theta = shaken(block, rng)
        J = jacobian(lambda x, block=block, theta=theta: block(theta, x[None])[0])(x[0])       # (6, m, 6, n)
        reach[label] = np.abs(J).max(axis=(1, 3))
    assert np.all(reach["both"] > 1e-8)
    np.testing.assert_array_equal(reach["one"] > 0, np.tri(6) > 0)               # from the past
    np.testing.assert_array_equal(reach["back"] > 0, np.tri(6).T > 0)            # from the future


def test_bidirectional_is_a_stack_with_a_reversal_between(rng):
    block = Bidirectional(GRU(2, 3), Recurrent(3, 4))
    theta, x = shaken(block, rng), rng.normal(size=(3, 5, 2))
    inner = composed(block.forward, theta["forward"], x)
    np.testing.assert_allclose(block(theta, x), composed(block.backward, theta["backward"], inner[:, ::-1])[:, ::-1], rtol=1e-10)
    mask = lengths_mask(rng, 3, 5)
    check_gradients(lambda theta, x: block(theta, x, mask), theta, x)


def test_blocks_of_both_directions_go_into_another(rng):
    inner = Bidirectional(GRU(2, 3), Reversed(Recurrent(3, 4)))
    block = Bidirectional(inner, Bidirectional(LSTM(4, 3), GRU(3, 2)))
    assert (inner.n, inner.m, block.n, block.m) == (2, 4, 2, 2)
    theta, x, mask = shaken(block, rng), rng.normal(size=(3, 5, 2)), np.arange(5) < np.array([[5], [2], [4]])
    states = block(theta, x, mask)
    for sequence, found, length in zip(x, states, (5, 2, 4), strict=True):
        np.testing.assert_allclose(found[:length], block(theta, sequence[None, :length])[0], rtol=1e-12, atol=1e-14)


def test_the_last_state_of_a_block_that_reads_backward_is_its_first(rng):
    block, x, mask = Reversed(GRU(2, 3)), rng.normal(size=(3, 5, 2)), np.arange(5) < np.array([[5], [2], [4]])
    theta = shaken(block, rng)
    for sequence, found, length in zip(x, block(theta, x, mask), (5, 2, 4), strict=True):
        np.testing.assert_allclose(found[0], block.block(theta, sequence[None, :length][:, ::-1])[0, -1], rtol=1e-12)


# PyTorch ------------------------------------------------------------------------------------------------------------------------

def torchs(kind, theta, x, h=None, c=None):
    """States of PyTorch's own block, and the gradient of their weighted sum in each of its parameters."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    n, m = theta["W"].shape[0] - (theta["h"].shape[0] if "U" not in theta else 0), len(theta["h"])
    module = {"Recurrent": torch.nn.RNN, "GRU": torch.nn.GRU, "LSTM": torch.nn.LSTM}[kind](n, m, batch_first=True).double()
    module.load_state_dict({key: torch.tensor(value) for key, value in to_torch(theta).items()})
    start = [torch.tensor(np.broadcast_to(theta[k], (1, len(x), m)).copy(), requires_grad=True) for k in "hc" if k in theta]
    states, _ = module(torch.tensor(x), tuple(start) if len(start) == 2 else start[0])
    return module, start, states


@pytest.mark.parametrize("block", [Recurrent(3, 4), LSTM(3, 4)], ids=name)
def test_states_and_gradients_are_torchs(rng, block):
    theta, x, weight = shaken(block, rng), rng.normal(size=(5, 7, 3)), rng.normal(size=(5, 7, 4))
    module, start, states = torchs(name(block), theta, x)
    np.testing.assert_allclose(block(theta, x), states.detach().numpy(), rtol=1e-10, atol=1e-13)
    (states * states.new_tensor(weight)).sum().backward()
    ours = grad(lambda t: np.sum(weight * block(t, x)))(theta)
    theirs = from_torch({key: p.grad.numpy() * (key != "bias_hh_l0") for key, p in module.named_parameters()})
    for key in ("W", "U", "b"):
        if key in ours:
            np.testing.assert_allclose(ours[key], theirs[key], rtol=1e-9, atol=1e-12)
    for key, leaf in zip("hc", start, strict=False):
        np.testing.assert_allclose(ours[key], leaf.grad.numpy()[0].sum(axis=0), rtol=1e-9, atol=1e-12)


@pytest.mark.equation("3.19")
@pytest.mark.equation("3.22")
@pytest.mark.parametrize("case", ["diagonal", "one number", "open"])
def test_gru_is_torchs_where_the_two_conventions_coincide(rng, case):
    m = 1 if case == "one number" else 4
    block = GRU(3, m)
    theta, x = shaken(block, rng), rng.normal(size=(5, 7, 3))
    if case == "diagonal":                                                       # then (r h) U_h = r (h U_h), whatever r is
        theta["U"][:, 2 * m:] *= np.eye(m)
    elif case == "open":
        theta["b"][:m] = 60.0                                                    # r = 1
    _, _, states = torchs("GRU", theta, x)
    np.testing.assert_allclose(block(theta, x), states.detach().numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.equation("3.22")
def test_gru_is_not_torchs_elsewhere(rng):
    block = GRU(3, 4)
    theta, x = shaken(block, rng), rng.normal(size=(5, 7, 3))
    _, _, states = torchs("GRU", theta, x)
    states = states.detach().numpy()
    assert np.abs(block(theta, x) - states).max() > 1e-3

    def reset_after(theta, x, state):                                            # and this is what theirs is
        h, m = state[0], 4
        a, b = x @ theta["W"] + theta["b"], h @ theta["U"]
        r, u = sigma(a[:, :m] + b[:, :m]), sigma(a[:, m:2 * m] + b[:, m:2 * m])
        return (u * h + (1 - u) * np.tanh(a[:, 2 * m:] + r * b[:, 2 * m:]),)
    np.testing.assert_allclose(composed(block, theta, x, step=reset_after), states, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("block", BLOCKS, ids=name)
def test_parameters_there_and_back(rng, block):
    theta = shaken(block, rng)
    theta |= {key: np.zeros(4) for key in "hc" if key in theta}
    back = from_torch(to_torch(theta))
    assert back.keys() == theta.keys()
    for key, array in theta.items():
        np.testing.assert_array_equal(back[key], array)
    parameters = to_torch(theta)
    parameters["bias_hh_l0"] = np.ones_like(parameters["bias_hh_l0"])
    if name(block) == "GRU":
        with pytest.raises(ValueError, match="bias_hh_l0 of the candidate must be zero"):
            from_torch(parameters)
        parameters["bias_hh_l0"][8:] = 0
        np.testing.assert_array_equal(from_torch(parameters)["b"], theta["b"] + np.repeat([1, 0], [8, 4]))
    else:
        np.testing.assert_array_equal(from_torch(parameters)["b"], theta["b"] + 1)


@pytest.mark.parametrize("change, message", [
    (lambda p: p | {key.replace("l0", "l1"): value for key, value in p.items()}, "one layer with biases .* weight_ih_l1"),
    (lambda p: p | {key + "_reverse": value for key, value in p.items()}, "that reads forward, got .*weight_hh_l0_reverse"),
    (lambda p: {key: value for key, value in p.items() if "bias" not in key}, "with biases .*, got weight_ih_l0, weight_hh_l0;"),
    (lambda p: p | {"weight_hh_l0": np.ones((12, 6))}, r"4 for an LSTM, got \(12, 2\), \(12, 6\), \(12,\) and \(12,\)"),
    (lambda p: p | {"weight_ih_l0": np.ones((9, 2))}, r"expected arrays \(k m, n\), .*, got \(9, 2\), \(12, 3\)"),
    (lambda p: p | {"bias_ih_l0": np.ones(1)}, r"expected arrays .*, got \(12, 2\), \(12, 3\), \(1,\) and \(12,\)"),
])
def test_parameters_that_would_be_lost_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        from_torch(change(to_torch(LSTM(2, 3).init(0))))
    with pytest.raises(ValueError, match="got the names forward, backward; of a stack, pass those of each block"):
        to_torch(Bidirectional(GRU(2, 3), GRU(3, 3)).init(0))


# First parameters, precision, bad input ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("block", [Recurrent(30, 40), GRU(30, 40), LSTM(30, 40, remember=2.5)], ids=name)
def test_first_parameters(block):
    theta = block.init(7)
    parts = {"Recurrent": 1, "GRU": 3, "LSTM": 4}[name(block)]
    U = theta["U"] if parts > 1 else theta["W"][30:]
    for k in range(parts):
        part = U[:, 40 * k:40 * (k + 1)]
        np.testing.assert_allclose(part.T @ part, np.eye(40), atol=1e-12)
        assert abs(theta["W"][:30, 40 * k:40 * (k + 1)].var() * 35 - 1) < 0.15
    bias = theta["b"].reshape(parts, 40)
    if parts > 1:
        np.testing.assert_array_equal(bias[1], block.remember)
        bias = np.delete(bias, 1, axis=0)
    assert not bias.any() and not theta["h"].any()
    for key, array in block.init(7).items():
        np.testing.assert_array_equal(array, theta[key])
    assert not np.array_equal(block.init(8)["W"], theta["W"])


def test_two_blocks_of_a_stack_begin_differently():
    stack = Bidirectional(GRU(4, 4), GRU(4, 4))
    theta, again = stack.init(3), stack.init(3)
    assert not np.allclose(theta["forward"]["W"], theta["backward"]["W"])
    np.testing.assert_array_equal(theta["backward"]["U"], again["backward"]["U"])
    wider = Bidirectional(GRU(9, 4), GRU(4, 4)).init(3)                          # what one draws is no other's business
    np.testing.assert_array_equal(wider["backward"]["W"], theta["backward"]["W"])


@pytest.mark.parametrize("block", [*BLOCKS, Recurrent(3, 4, "relu", truncated=2), GRU(3, 4, truncated=2),
                                   Bidirectional(GRU(3, 4), LSTM(4, 2)), Sequential(GRU(3, 4), Recurrent(4, 2), Linear(2, 1))],
                         ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_is_kept(rng, block, dtype):
    theta, x = block.init(rng, dtype), rng.normal(size=(2, 5, 3)).astype(dtype)
    assert block(theta, x).dtype == dtype
    leaves = tree.flatten(grad(lambda t: np.sum(block(t, x)))(theta))[0]
    assert leaves and all(leaf.dtype == dtype for leaf in leaves)
    if not isinstance(block, Sequential):
        mask = lengths_mask(rng, 2, 5)
        assert block(theta, x, mask).dtype == dtype
        assert all(leaf.dtype == dtype for leaf in tree.flatten(grad(lambda t: np.sum(block(t, x, mask)))(theta))[0])


@pytest.mark.parametrize("block", BLOCKS, ids=name)
def test_nothing_given_is_changed_and_no_sequence_is_no_error(rng, block):
    theta, x, mask = shaken(block, rng), rng.normal(size=(3, 5, 3)), lengths_mask(rng, 3, 5)
    before = tree.map(np.copy, (theta, x)), mask.copy()
    grad(lambda t, x: np.sum(block(t, x, mask)), (0, 1))(theta, x)
    for a, b in zip(tree.flatten(before[0])[0], tree.flatten((theta, x))[0], strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(before[1], mask)
    assert block(theta, np.zeros((0, 5, 3))).shape == (0, 5, 4)


@pytest.mark.parametrize("block", BLOCKS, ids=name)
@pytest.mark.parametrize("arguments, message", [
    ({"x": np.ones((2, 0, 3))}, r"a sequence must have at least one step, got x of shape \(2, 0, 3\)"),
    ({"x": np.ones((2, 5, 2))}, r"x must be sequences \(N, T, 3\), got shape \(2, 5, 2\)"),
    ({"x": np.ones((5, 3))}, r"x must be sequences \(N, T, 3\), got shape \(5, 3\)"),
    ({"mask": np.ones((2, 4), bool)}, r"mask must be an array of booleans \(2, 5\), .*, got bool of shape \(2, 4\)"),
    ({"mask": np.ones((2, 5))}, r"mask must be an array of booleans \(2, 5\), .*, got float64 of shape \(2, 5\)"),
    ({"mask": [[True] * 5] * 2}, "mask must be an array of booleans .*, got list"),
    ({"h": np.ones(3)}, r"the start h must be of shape \(2, 4\) or \(4,\), got \(3,\)"),
    ({"h": np.ones((3, 4))}, r"the start h must be of shape \(2, 4\) or \(4,\), got \(3, 4\)"),
])
def test_what_does_not_fit_is_named(block, arguments, message):
    arguments = {"x": np.ones((2, 5, 3)), **arguments}
    if name(block) == "LSTM" and "h" in arguments:
        arguments["h"] = arguments["h"], np.ones(4)
    with pytest.raises(ValueError, match=message):
        block(block.init(0), **arguments)


@pytest.mark.parametrize("block", BLOCKS, ids=name)
def test_numbers_of_another_kind_are_named(block):
    theta, x, pair = block.init(0), np.ones((2, 5, 3)), name(block) == "LSTM"
    start = lambda h: {"h": (h, np.zeros(4)) if pair else h}
    for call, message in (
            (lambda: block(theta, x.astype(np.float32)), r"x is of float32 and W of float64; x.astype\(float64\), or init"),
            (lambda: block(theta, x.astype(int)), "x is of int64 and W of float64"),
            (lambda: block(theta, x + 0j), "x is of complex128 and W of float64"),
            (lambda: block(theta, x, **start(np.zeros(4, np.float32))), "h is of float32 and W of float64"),
            (lambda: block(theta | {"h": np.zeros(4, np.float32)}, x), "h is of float32 and W of float64"),
            (lambda: block(theta | {"b": theta["b"].astype(np.float32)}, x), "b is of float32 and W of float64"),
            (lambda: block(theta | {"b": [0.0] * theta["b"].size}, x), "the parameter b must be an array, got list; np.asarray"),
            (lambda: block(tree.map(lambda leaf: leaf + 0j, theta), x + 0j), "must be floating numbers, got a W of complex128")):
        with pytest.raises(TypeError, match=message):
            call()
    with pytest.raises(ValueError, match="its parameters are arrays of shapes .* are they another block's"):
        type(block)(3, 5)(theta, x)
    with pytest.raises(ValueError, match="its parameters are arrays of shapes .* are they another block's"):
        type(block)(2, 4)(theta, x[..., :2])
    np.testing.assert_array_equal(block(theta, x.tolist()), block(theta, x))     # lists are arrays of float64
    if pair:
        np.testing.assert_array_equal(block(theta, x, h=[theta["h"], theta["c"]]), block(theta, x))


@pytest.mark.parametrize("call, message", [
    (lambda: Recurrent(0, 3), "Recurrent takes integers, at least one number in an input and in a state, got n = 0 and m = 3"),
    (lambda: GRU(2, 0), "GRU takes integers, at least one number"),
    (lambda: LSTM(2.0, 3), "LSTM takes integers, .*, got n = 2.0 and m = 3"),
    (lambda: GRU(2, 3, remember=np.nan), "GRU: remember must be a finite number, the first bias of the gate that keeps, got nan"),
    (lambda: LSTM(2, 3, remember=None), "LSTM: remember must be a finite number, .*, got None"),
    (lambda: Recurrent(2, 3).init(0, int), "parameters are floating numbers, .*, got int64"),
    (lambda: GRU(2, 3).init(0, int), "parameters are floating numbers, .*, got int64"),
    (lambda: GRU(2, 3)(None, np.ones((1, 1, 2))), "its parameters are arrays of shapes .*, got a NoneType"),
    (lambda: LSTM(2, 3)({}, np.ones((1, 1, 2))), "its parameters are arrays of shapes .*, got {}"),
    (lambda: Reversed(GRU), "Reversed takes recurrent blocks, such as GRU.2, 3., got <class"),
    (lambda: Bidirectional(GRU(2, 3), 3), "Bidirectional takes recurrent blocks, such as GRU.2, 3., got 3"),
    (lambda: Bidirectional(GRU(2, 3), GRU(3, 2))(GRU(2, 3).init(0), np.ones((1, 1, 2))),
     "its parameters are those of two blocks, forward and backward, got W, U, b, h"),
    (lambda: Recurrent(2, 3, "gelu"), "sigma must be one of identity, relu, tanh, sigmoid, got 'gelu'"),
    (lambda: LSTM(2, 3, truncated=0), "LSTM: truncated must be the number of steps .*, at least 1, or None for all, got 0"),
    (lambda: GRU(2, 3, truncated=2.0), "GRU: truncated must be the number of steps .*, got 2.0"),
    (lambda: LSTM(2, 3)(LSTM(2, 3).init(0), np.ones((1, 1, 2)), h=np.ones(3)), "h must be a pair, .*, got ndarray"),
    (lambda: LSTM(2, 3)(LSTM(2, 3).init(0), np.ones((1, 1, 2)), h=(np.ones(3), np.ones(2))), "the start c must be of shape"),
    (lambda: Bidirectional(GRU(2, 3), GRU(2, 3)), r"the first block, GRU\(.*\), gives 3 numbers, and the second, .*, takes 2"),
    (lambda: Bidirectional(Reversed(GRU(2, 3)), Bidirectional(GRU(2, 3), GRU(3, 2))), "gives 3 numbers, .*, takes 2"),
    (lambda: reverse(np.ones(3)), r"x must be sequences \(N, T, ...\), got shape \(3,\); of a single one pass x\[None\]"),
    (lambda: reverse(np.ones((2, 3)), np.ones((2, 2), bool)), r"reverse: mask must be an array of booleans \(2, 3\)"),
])
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# What the section says about memory --------------------------------------------------------------------------------------------

def reach_of_the_start(block, theta, x, steps):
    """The length (Frobenius) of dh_T / dh_0 for each T of `steps`, by forward runs of the engine's jacobian."""
    return np.array([np.linalg.norm(jacobian(lambda h, T=T: block(theta, x[:, :T], h=h)[0, -1])(theta["h"])) for T in steps])


def test_gradients_vanish_in_a_plain_block_and_hardly_in_a_gru(rng):
    steps, x = [1, 20, 40, 60, 80], rng.normal(size=(1, 80, 2))
    plain, gated = Recurrent(2, 16), GRU(2, 16, remember=4.0)
    theta = plain.init(1)
    reach = reach_of_the_start(plain, theta, x, steps)
    rates = np.diff(np.log(reach)) / 20
    assert reach[-1] < 1e-5 * reach[0] and np.all(rates < -0.1)                  # exponentially
    kept = reach_of_the_start(gated, gated.init(1), x, steps)
    assert kept[-1] > 0.1 * kept[0]


def test_reach_of_a_linear_recurrence_is_a_power_of_its_matrix(rng):
    block = Recurrent(2, 5, "identity")
    theta, x = shaken(block, rng), rng.normal(size=(1, 30, 2))
    steps = [1, 2, 10, 30]
    powers = [np.linalg.norm(np.linalg.matrix_power(theta["W"][2:], T)) for T in steps]
    np.testing.assert_allclose(reach_of_the_start(block, theta, x, steps), powers, rtol=1e-10)


@pytest.mark.parametrize("width", [1, 3])
def test_a_convolution_sees_its_window_and_a_recurrent_block_everything(rng, width):
    x, M, T = rng.normal(size=(1, 20, 2)), width, 20
    f = rng.normal(size=(2 * M + 1, 2, 3))
    windowed = lambda x: sum(np.concatenate([np.zeros((M, 2)), x, np.zeros((M, 2))])[k:k + T] @ f[k] for k in range(2 * M + 1))
    seen = np.abs(jacobian(windowed)(x[0])).max(axis=(1, 3)) > 0
    np.testing.assert_array_equal(seen, np.abs(np.subtract.outer(np.arange(T), np.arange(T))) <= M)
    block = GRU(2, 3)
    theta = shaken(block, rng)
    seen = np.abs(jacobian(lambda x: block(theta, x[None])[0])(x[0])).max(axis=(1, 3)) > 0
    np.testing.assert_array_equal(seen, np.tri(T) > 0)


def first_symbol(rng, count, T):
    """Sequences of two symbols, one-hot, whose label is the first one."""
    symbols = rng.integers(2, size=(count, T))
    return np.eye(2, dtype=np.float32)[symbols], symbols[:, 0]


def test_a_gru_learns_what_no_window_can_tell(rng):
    """The label is the first symbol of 20; a window of 2M + 1 = 7 at the end holds none of it, whatever its weights."""
    T, block, out = 20, GRU(2, 16, remember=2.0), Linear(16, 1, "identity")
    theta = {"block": block.init(0, np.float32), "out": out.init(1, np.float32)}
    energy = lambda theta, x: out(theta["out"], block(theta["block"], x)[:, -1])[:, 0]
    loss = lambda theta, x, y: np.mean(np.logaddexp(0, -(2 * y - 1).astype(np.float32) * energy(theta, x)))
    theta, _ = train(theta, loss, lambda: (first_symbol(rng, 64, T) for _ in range(250)), Adam(0.01), clip_norm=1.0,
                     progress=False)
    x, y = first_symbol(rng, 1000, T)
    assert np.mean((energy(theta, x) > 0) == y) > 0.99
    window = x[:, -7:].argmax(axis=-1) @ (2 ** np.arange(7))                     # all a window sees: 128 cases
    table = np.array([np.mean(y[window == w]) if np.any(window == w) else 0.5 for w in range(128)]) > 0.5
    x, y = first_symbol(rng, 4000, T)
    window = x[:, -7:].argmax(axis=-1) @ (2 ** np.arange(7))
    assert abs(np.mean(table[window] == y) - 0.5) < 0.04                         # the best of all functions of it: a coin


def adding(rng, count, T):
    """Uniform numbers, two of them marked, one in each half; the answer is their sum."""
    x, which = np.zeros((count, T, 2), np.float32), np.arange(count)
    x[..., 0] = rng.uniform(size=(count, T))
    a, b = rng.integers(T // 2, size=count), rng.integers(T // 2, T, size=count)
    x[which, a, 1] = x[which, b, 1] = 1
    return x, x[which, a, 0] + x[which, b, 0]


def learn_adding(block, T, updates, lr, seed=0):
    """The mean squared error on 1,000 new sequences, after so many updates of 64 new ones each."""
    rng, out = np.random.default_rng(seed), Linear(block.m, 1, "identity")
    theta = {"block": block.init(rng, np.float32), "out": out.init(rng, np.float32)}

    def loss(theta, x, y):
        return np.mean((out(theta["out"], block(theta["block"], x)[:, -1])[:, 0] - y) ** 2)
    theta, _ = train(theta, loss, lambda: (adding(rng, 64, T) for _ in range(updates)), Adam(lr), clip_norm=1.0, progress=False)
    error = loss(theta, *adding(np.random.default_rng(seed + 1000), 1000, T))
    assert error.dtype == np.float32
    return float(error)


def test_predicting_one_is_off_by_a_sixth(rng):
    x, y = adding(rng, 20000, 10)
    assert abs(np.mean((y - 1) ** 2) - 1 / 6) < 0.005 and np.all(x[..., 1].sum(axis=1) == 2)


@pytest.mark.slow
def test_a_gru_adds_two_numbers_a_hundred_steps_apart():
    assert learn_adding(GRU(2, 64), 100, 400, 0.01) < 0.01                       # a constant: 0.167


@pytest.mark.slow
def test_a_plain_recurrent_block_does_not():
    assert learn_adding(Recurrent(2, 64), 100, 1000, 0.001) > 0.12               # a constant: 0.167


@pytest.mark.slow
def test_an_lstm_adds_two_numbers_too():
    assert learn_adding(LSTM(2, 32), 40, 600, 0.01) < 0.02


@pytest.mark.parametrize("block", [Recurrent(2, 8), LSTM(2, 8)], ids=name)
def test_one_record_a_sequence_is_faster_than_many_a_step(rng, block):
    from time import perf_counter
    theta, x = block.init(0), rng.normal(size=(8, 60, 2))
    times = {}
    for label, f in (("block", block), ("composed", partial(composed, block))):
        slope = grad(lambda theta, f=f: np.sum(f(theta, x) ** 2))
        runs = []
        for _ in range(5):
            start = perf_counter()
            slope(theta)
            runs.append(perf_counter() - start)
        times[label] = min(runs)
    assert times["block"] < times["composed"]                                    # about a fifth
