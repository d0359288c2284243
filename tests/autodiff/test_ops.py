"""The engine's own operations against fifty decimal digits, SciPy, and closed forms of their derivatives."""
from decimal import Decimal, getcontext, localcontext

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special

from edugen import check_gradients, grad, hessian, jacobian, vjp
from edugen.autodiff import cross_entropy, linear, log1mexp, log_sigmoid, log_softmax, logsumexp, relu, sigmoid, softmax, softplus
from edugen.kernels import use
from edugen.kernels.matmul import LEAST

QUIET = {"over": "raise", "divide": "raise", "invalid": "raise"}          # an underflow to zero is right and silent


def exactly(row):
    """softmax, log_softmax and logsumexp of one row of floats, rounded once from fifty digits."""
    with localcontext() as context:
        context.prec, context.Emin, context.Emax = 50, -10 ** 6, 10 ** 6
        numbers = [Decimal(float(v)) for v in row]
        total = sum((v - max(numbers)).exp() for v in numbers)
        normalizer = max(numbers) + total.ln()
        return ([float((v - normalizer).exp()) for v in numbers], [float(v - normalizer) for v in numbers], float(normalizer))


ROWS = hnp.arrays(np.float64, st.integers(1, 6), elements=st.floats(-1e4, 1e4))


@given(ROWS)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_softmax_family_to_twelve_digits(row):
    shares, logs, normalizer = exactly(row)
    with np.errstate(**QUIET):
        np.testing.assert_allclose(softmax(row), shares, rtol=1e-12, atol=1e-300)
        np.testing.assert_allclose(log_softmax(row), logs, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(logsumexp(row), normalizer, rtol=1e-12, atol=1e-15)
        for label, log in enumerate(logs):
            np.testing.assert_allclose(cross_entropy(row, np.array(label)), -log, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0, 1e4])
@pytest.mark.parametrize("axis", [0, 1, 2, -1, (0, 2), None])
def test_softmax_family_along_any_axis(rng, scale, axis):
    x = rng.normal(size=(2, 3, 4)) * scale
    np.testing.assert_allclose(softmax(x, axis=axis), special.softmax(x, axis=axis), rtol=1e-11, atol=1e-300)
    np.testing.assert_allclose(log_softmax(x, axis=axis), special.log_softmax(x, axis=axis), rtol=1e-11, atol=1e-11)
    for keepdims in (False, True):
        y, z = logsumexp(x, axis=axis, keepdims=keepdims), special.logsumexp(x, axis=axis, keepdims=keepdims)
        assert np.shape(y) == np.shape(z)
        np.testing.assert_allclose(y, z, rtol=1e-12)
    np.testing.assert_allclose(np.sum(softmax(x, axis=axis), axis=axis), np.ones(np.shape(logsumexp(x, axis=axis))))
    np.testing.assert_allclose(softmax(x + 7.0, axis=axis), softmax(x, axis=axis), rtol=1e-10, atol=1e-300)


def test_no_share_for_minus_infinity_and_none_at_all_where_all_are():
    x = np.array([[0.0, -np.inf, np.log(3.0)], [-np.inf, -np.inf, -np.inf], [-np.inf, 5.0, -np.inf]])
    with np.errstate(**QUIET):
        np.testing.assert_allclose(softmax(x), [[0.25, 0, 0.75], [0, 0, 0], [0, 1, 0]])
        np.testing.assert_allclose(logsumexp(x), [np.log(4.0), -np.inf, 5.0])
        np.testing.assert_allclose(logsumexp(x, keepdims=True), [[np.log(4.0)], [-np.inf], [5.0]])
        np.testing.assert_allclose(np.exp(log_softmax(x)), softmax(x))
        np.testing.assert_array_equal(log_softmax(x)[1], np.full(3, -np.inf))
        g = np.array([[1.0, 2.0, 3.0]] * 3)
        pulled = vjp(softmax, x)[1](g)[0]
        np.testing.assert_allclose(pulled, [[-0.375, 0, 0.375], [0, 0, 0], [0, 0, 0]], atol=1e-15)
        np.testing.assert_allclose(vjp(logsumexp, x)[1](np.array([1.0, 2.0, 3.0]))[0], softmax(x) * [[1], [2], [3]])
    assert not np.shares_memory(softmax(x), x) and np.isneginf(x).sum() == 6                # and x is as it was


def test_infinities_and_nans_are_not_hidden():
    assert np.isnan(softmax(np.array([np.nan, 1.0]))).all()
    assert np.isnan(logsumexp(np.array([np.nan, 1.0])))
    assert logsumexp(np.array([np.inf, 1.0])) == np.inf


def test_single_precision_and_integers():
    x = np.array([[1, 2, 3], [400, -400, 0]])
    for f in (softmax, log_softmax, logsumexp):
        assert f(x.astype(np.float32)).dtype == np.float32 and f(x).dtype == np.float64
        np.testing.assert_allclose(f(x.astype(np.float32)), f(x), rtol=2e-6, atol=1e-30)
    assert cross_entropy(x.astype(np.float32), [0, 2]).dtype == np.float32
    for f in (relu, sigmoid, softplus, log_sigmoid, log1mexp):
        assert f(np.array([0.5, 2.0], np.float32)).dtype == np.float32
        np.testing.assert_allclose(f(np.array([1, 2])), f(np.array([1.0, 2.0])))


def test_empty_rows_and_numbers():
    assert softmax(np.zeros((0, 3))).shape == (0, 3) and log_softmax(np.zeros((2, 0))).shape == (2, 0)
    assert logsumexp(np.zeros((0, 3))).shape == (0,)
    np.testing.assert_array_equal(logsumexp(np.zeros((2, 0))), [-np.inf, -np.inf])         # a sum of nothing
    for f in (softmax, log_softmax, logsumexp):
        with pytest.raises(ValueError, match="axis"):
            f(np.array(1.0))
        with pytest.raises(ValueError, match="axis"):
            f(np.zeros((2, 3)), axis=2)


def test_derivatives_of_softmax_family_in_closed_form(rng):
    x = rng.normal(size=4)
    p = special.softmax(x)
    covariance = np.diag(p) - np.outer(p, p)
    np.testing.assert_allclose(jacobian(softmax)(x), covariance, atol=1e-15)
    np.testing.assert_allclose(grad(logsumexp)(x), p)
    np.testing.assert_allclose(hessian(logsumexp)(x), covariance, atol=1e-15)
    np.testing.assert_allclose(jacobian(log_softmax)(x), np.eye(4) - p, atol=1e-15)
    third = jacobian(hessian(logsumexp))(x)                                                 # third cumulants
    d = np.eye(4) - p
    np.testing.assert_allclose(third, np.einsum("a,ai,aj,ak->ijk", p, d, d, d), atol=1e-15)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_mask_is_minus_infinity_whatever_it_hides(rng, backend, dtype):
    x = rng.normal(size=(2, 4, 5)).astype(dtype)
    mask = rng.random((4, 5)) < 0.5
    mask[1], mask[2] = False, True                                                          # nothing takes part, all do
    hidden = np.where(mask, x, -np.inf).astype(dtype)
    with use(backend), np.errstate(**QUIET):
        for axis in (-1, 1, (1, 2)):
            for f in (softmax, log_softmax, logsumexp):
                dirty = np.where(mask, x, np.nan).astype(dtype)
                np.testing.assert_array_equal(f(dirty, axis=axis, where=mask), f(hidden, axis=axis))
                assert f(x, axis=axis, where=mask).dtype == dtype
        assert not softmax(x, where=mask)[:, 1].any()
        g = rng.normal(size=x.shape).astype(dtype)
        for f in (softmax, log_softmax):
            pulled = vjp(lambda t, f=f: f(t, where=mask), dirty)[1](g)[0]
            assert np.isfinite(pulled).all() and not pulled[:, ~mask].any()
        np.testing.assert_array_equal(vjp(lambda t: logsumexp(t, where=mask), dirty)[1](np.ones((2, 4), dtype))[0],
                                      softmax(hidden))


def test_a_masked_row_is_the_row_of_what_takes_part(rng):
    x, mask = rng.normal(size=5), np.array([True, False, True, True, False])
    np.testing.assert_allclose(softmax(x, where=mask)[mask], special.softmax(x[mask]))
    np.testing.assert_allclose(log_softmax(x, where=mask)[mask], special.log_softmax(x[mask]))
    np.testing.assert_allclose(hessian(lambda t: logsumexp(t, where=mask))(x)[np.ix_(mask, mask)],
                               hessian(logsumexp)(x[mask]), atol=1e-15)
    check_gradients(lambda t: log_softmax(t, where=mask)[mask], x, order=2)


def test_a_mask_of_numbers_or_of_another_shape_is_refused():
    with pytest.raises(TypeError, match="booleans.*got int64"):
        softmax(np.zeros((2, 3)), where=np.array([1, 0, 1]))
    with pytest.raises(ValueError, match=r"shape \(2,\), must broadcast to the shape of x, \(2, 3\)"):
        softmax(np.zeros((2, 3)), where=np.array([True, False]))


# The linear layer ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("activation, phi", [("identity", lambda a: a), ("relu", relu), ("tanh", np.tanh)])
@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 3), (0, 3), (1, 3)])
def test_linear_is_its_composition(activation, phi, shape, rng):
    args = rng.normal(size=shape), rng.normal(size=(3, 2)), rng.normal(size=2)
    g = rng.normal(size=(*shape[:-1], 2))
    ours, pull = vjp(lambda *a: linear(*a, activation), *args)
    composed, pull_composed = vjp(lambda x, W, b: phi(x @ W + b), *args)
    np.testing.assert_allclose(ours, composed, rtol=1e-14)
    for one, other in zip(pull(g), pull_composed(g), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
    single = linear(*(a.astype(np.float32) for a in args), activation=activation)
    assert single.dtype == np.float32
    assert linear(args[0].astype(np.float32), args[1].astype(np.float32), args[2], activation).dtype == np.float64      # as NumPy
    np.testing.assert_allclose(linear(args[0][..., ::-1], args[1][::-1], 0.0, activation), phi(args[0] @ args[1]), rtol=1e-13)
    y = linear(np.ones((2, 2), int), np.eye(2), np.array([1, 2]), activation)
    np.testing.assert_allclose(y, phi(np.array([[2., 3], [2, 3]])))


@pytest.mark.parametrize("activation, phi", [("identity", lambda a: a), ("relu", relu), ("tanh", np.tanh)])
@pytest.mark.parametrize("lead", [(2, 1100), (2200,)])
def test_a_linear_layer_so_large_that_threads_share_it(lead, activation, phi, rng):
    x, W, b, g = (rng.normal(size=s) for s in ((*lead, 70), (70, 64), (64,), (*lead, 64)))
    assert x.size * 64 >= LEAST
    for bias in (b, b[None], rng.normal(size=g.shape), 0.5):               # the first is added while its rows are near
        y, pull = vjp(lambda x, W, c: linear(x, W, c, activation), x, W, bias)
        z, pull_composed = vjp(lambda x, W, c: phi(x @ W + c), x, W, bias)
        np.testing.assert_allclose(y, z, rtol=1e-10, atol=1e-12)
        for ours, theirs in zip(pull(g), pull_composed(g), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-10)
    single = linear(*(v.astype(np.float32) for v in (x, W, b)), activation)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, phi(x @ W + b), atol=2e-4)
    with pytest.raises(ValueError, match="linear: x .* must have a common n"):
        linear(x[..., :-1], W, b, activation)


def test_linear_layers_are_one_record_each(rng):
    x, W, b = rng.normal(size=(4, 3)), rng.normal(size=(3, 3)), rng.normal(size=3)

    def records(t):
        return 0 if t.function is None else 1 + max(records(p) for _, p in t.parents)
    seen = []
    grad(lambda W: np.sum(seen.append(records(linear(linear(x, W, b, "tanh"), W, b, "relu"))) or W))(W)
    assert seen == [2]
    third = grad(lambda s: grad(lambda s: grad(lambda s: np.sum(linear(s * x, W, b, "tanh")))(s))(s))(0.3)
    composed = grad(lambda s: grad(lambda s: grad(lambda s: np.sum(np.tanh(s * x @ W + b)))(s))(s))(0.3)
    np.testing.assert_allclose(third, composed, rtol=1e-10)


def test_a_bias_that_is_no_vector_of_its_length_broadcasts(rng):
    x, W = rng.normal(size=(4, 3)), rng.normal(size=(3, 5))
    for b in (rng.normal(size=1), rng.normal(size=(4, 1)), rng.normal(size=(1, 5)), np.array(0.5)):
        for activation, phi in (("identity", lambda a: a), ("relu", relu), ("tanh", np.tanh)):
            np.testing.assert_allclose(linear(x, W, b, activation), phi(x @ W + b), rtol=1e-12)


def test_a_linear_layer_takes_lists_as_numpy_does():
    y = linear([[1.0, 2.0]], [[1.0, 0.0], [3.0, -1.0]], [0.5, 0.0], "relu")
    assert np.array_equal(y, [[7.5, 0.0]])
    g = grad(lambda W: np.sum(linear([[1.0, 2.0]], W, [0.5, 0.0])))(np.eye(2))
    assert np.array_equal(g, [[1.0, 1.0], [2.0, 2.0]])


@pytest.mark.parametrize("x, W, b, how, words", [
    ((2, 3), (2, 4), (4,), "tanh", r"common n, got \(2, 3\) and \(2, 4\)"),
    ((2, 3), (3,), (), "relu", r"matrix \(n, m\), got shape \(3,\)"),
    ((), (3, 2), (2,), "relu", "common n"), ((2, 3), (3, 4), (3,), "identity", r"b must be of shape \(4,\).*got \(3,\)"),
    ((2, 3), (3, 4), (5, 2, 4), "tanh", r"b must be of shape"),
    ((2, 3), (3, 4), (3,), "tanh", r"b must be of shape \(4,\).*got \(3,\)"),
    ((2, 3), (3, 4), (4,), "gelu", "identity, relu, tanh, got 'gelu'")])
def test_what_does_not_fit_a_linear_layer_is_named(x, W, b, how, words):
    with pytest.raises(ValueError, match=words):
        linear(np.ones(x), np.ones(W), np.ones(b), how)
    with pytest.raises(ValueError, match=words):
        grad(lambda W: np.sum(linear(np.ones(x), W, np.ones(b), how)))(np.ones(W))


# Cross-entropy ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", [np.int64, np.int32, np.int8, np.uint8, list])
def test_cross_entropy_of_integers_one_hot_and_soft_labels(rng, kind):
    logits, labels = rng.normal(size=(6, 4)), rng.integers(4, size=6)
    expected = [-exactly(row)[1][k] for row, k in zip(logits, labels, strict=True)]
    given_labels = labels.tolist() if kind is list else labels.astype(kind)
    np.testing.assert_allclose(cross_entropy(logits, given_labels), expected, rtol=1e-13)
    np.testing.assert_allclose(cross_entropy(-logits, given_labels, energies=True), expected, rtol=1e-13)
    for one_hot in (np.eye(4)[labels], np.eye(4, dtype=int)[labels], np.eye(4, dtype=bool)[labels]):
        np.testing.assert_allclose(cross_entropy(logits, one_hot), expected, rtol=1e-13)
    soft = rng.dirichlet(np.ones(4), size=6)
    np.testing.assert_allclose(cross_entropy(logits, soft), -np.sum(soft * special.log_softmax(logits, 1), 1), rtol=1e-13)
    for got in (cross_entropy(logits.tolist(), given_labels), cross_entropy(logits.T, given_labels, axis=0)):
        np.testing.assert_allclose(got, expected, rtol=1e-13)


def test_cross_entropy_of_any_shape(rng):
    logits, labels = rng.normal(size=(2, 5, 3)), rng.integers(5, size=(2, 3))
    expected = [[-exactly(logits[i, :, j])[1][labels[i, j]] for j in range(3)] for i in range(2)]
    np.testing.assert_allclose(cross_entropy(logits, labels, axis=1), expected)
    np.testing.assert_allclose(cross_entropy(logits, labels, axis=-2), expected)
    np.testing.assert_allclose(cross_entropy(logits, np.moveaxis(np.eye(5)[labels], -1, 1), axis=1), expected)
    np.testing.assert_allclose(cross_entropy(logits[0, :, 0], labels[0, 0]), expected[0][0])
    assert cross_entropy(np.zeros((0, 3)), np.zeros(0, int)).shape == (0,)
    wide = np.zeros((12, 2), int)
    wide[::2, 1] = rng.integers(4, size=6)
    strided = wide[::2, 1]
    np.testing.assert_allclose(cross_entropy(np.eye(4)[:1].repeat(6, 0), strided), cross_entropy(np.eye(4)[:1].repeat(6, 0),
                                                                                                 strided.copy()))


def test_cross_entropy_gradient_is_model_minus_data(rng):
    logits, labels, weights = rng.normal(size=(5, 3)), rng.integers(3, size=5), rng.normal(size=5)
    p, data = special.softmax(logits, 1), np.eye(3)[labels]

    def loss(z, y, **how):
        return np.sum(weights * cross_entropy(z, y, **how))
    for y in (labels, data):
        np.testing.assert_allclose(grad(loss)(logits, y), weights[:, None] * (p - data), atol=1e-15)
        np.testing.assert_allclose(grad(loss)(-logits, y, energies=True), weights[:, None] * (data - p), atol=1e-15)
        np.testing.assert_allclose(grad(loss)(logits.T, y if y is labels else y.T, axis=0), (weights[:, None] * (p - data)).T,
                                   atol=1e-15)
    np.testing.assert_allclose(hessian(lambda z: cross_entropy(z, np.array(1)))(logits[0]), np.diag(p[0]) - np.outer(p[0], p[0]),
                               atol=1e-15)
    np.testing.assert_allclose(grad(loss, argnums=1)(logits, data), -weights[:, None] * special.log_softmax(logits, 1))
    labels = rng.integers(4, size=(2, 3))
    check_gradients(lambda z: cross_entropy(z, labels, axis=1), rng.normal(size=(2, 4, 3)), order=2)


def test_cross_entropy_far_out():
    with np.errstate(**QUIET):
        logits = np.array([[1e4, -1e4], [-1e4, 1e4], [1e4, 1e4 - 20]])
        np.testing.assert_allclose(cross_entropy(logits, [0, 0, 0]), [0, 2e4, np.log1p(np.exp(-20.0))], rtol=1e-7)
        np.testing.assert_array_equal(grad(lambda z: np.sum(cross_entropy(z, [0, 0])))(logits[:2]), [[0, 0], [-1, 1]])
        masked = np.array([[0.0, -np.inf, np.log(3.0)]])
        for label in ([2], np.array([[0.0, 0.0, 1.0]]), np.array([[False, False, True]])):          # 0 log 0 = 0
            np.testing.assert_allclose(cross_entropy(masked, label), [np.log(4 / 3)])
            np.testing.assert_allclose(grad(lambda z, y=label: np.sum(cross_entropy(z, y)))(masked), [[0.25, 0, -0.25]])
        assert cross_entropy(masked, [1]).tolist() == [np.inf]                                      # impossible, and it happened
        np.testing.assert_allclose(grad(lambda z: np.sum(cross_entropy(z, [1])))(masked), [[0.25, -1, 0.75]])


@pytest.mark.parametrize(("scores", "labels", "words"), [
    (np.zeros((2, 3)), [0, 3], r"labels must lie in 0\.\.2, got 0\.\.3"), (np.zeros((2, 3)), [-1, 0], r"got -1\.\.0"),
    (np.zeros((2, 3)), np.array([-1, 0], np.int8), r"got -1\.\.0"),
    (np.zeros((2, 3)), [0.0, 1.0], r"integers of shape \(2,\)"),
    (np.zeros((2, 3)), [0, 1, 2], r"shape \(2,\).*got int64 of shape \(3,\)"),
    (np.zeros((2, 3)), [[0], [1]], r"shape \(2,\)"), (np.zeros((2, 3)), np.array([[0, 2, 0], [1, 0, 0]]), r"shape \(2,\)"),
    (np.zeros((2, 3)), np.zeros((3, 2)), r"\(2, 3\), got float64 of shape \(3, 2\)"), (np.float64(1), 0, "no axis"),
    (np.zeros((2, 3)), ["a", "b"], "integers")])
def test_bad_labels_are_named(scores, labels, words):
    with pytest.raises(ValueError, match=words):
        cross_entropy(scores, labels)


# Elementwise -----------------------------------------------------------------------------------------------------------

EVERYWHERE = np.concatenate([-np.logspace(4, -20, 97), [0.0], np.logspace(-20, 4, 97)])


def rounded(f, x):
    with localcontext() as context:
        context.prec, context.Emin, context.Emax = 60, -10 ** 6, 10 ** 6
        return np.array([float(f(Decimal(float(v)))) for v in x])


def test_sigmoid_softplus_and_log_sigmoid_keep_their_digits():
    with np.errstate(**QUIET):
        np.testing.assert_allclose(sigmoid(EVERYWHERE), rounded(lambda v: 1 / (1 + (-v).exp()), EVERYWHERE), rtol=1e-14,
                                   atol=1e-300)
        np.testing.assert_allclose(sigmoid(EVERYWHERE), special.expit(EVERYWHERE), rtol=1e-14, atol=1e-300)
        np.testing.assert_allclose(softplus(EVERYWHERE), rounded(lambda v: (1 + v.exp()).ln() if v > -100 else v.exp(),
                                   EVERYWHERE),
                                   rtol=1e-14, atol=1e-300)
        np.testing.assert_allclose(log_sigmoid(EVERYWHERE), special.log_expit(EVERYWHERE), rtol=1e-13, atol=1e-300)
        np.testing.assert_array_equal(relu(EVERYWHERE), np.where(EVERYWHERE > 0, EVERYWHERE, 0))
        for f, slope in ((sigmoid, lambda x: special.expit(x) * special.expit(-x)), (softplus, special.expit),
                         (log_sigmoid, lambda x: special.expit(-x)), (relu, lambda x: (x > 0) * 1.0)):
            got = grad(lambda x, f=f: np.sum(f(x)))(EVERYWHERE)
            np.testing.assert_allclose(got, slope(EVERYWHERE), rtol=1e-13, atol=1e-300)
            assert np.isfinite(grad(lambda x, f=f: np.sum(grad(lambda x: np.sum(f(x)))(x)))(EVERYWHERE)).all()


def test_log1mexp_keeps_its_digits():
    x = np.logspace(-20, 2.8, 200)
    with np.errstate(**QUIET):
        expected = rounded(lambda v: (1 - (-v).exp()).ln() if v < 50 else -(-v).exp(), x)
        np.testing.assert_allclose(log1mexp(x), expected, rtol=1e-13, atol=1e-300)
        assert log1mexp(np.array(1e4)) == 0 and grad(log1mexp)(1e4) == 0
        np.testing.assert_allclose(grad(lambda x: np.sum(log1mexp(x)))(x), rounded(lambda v: 1 / (v.exp() - 1), x), rtol=1e-13,
                                   atol=1e-300)
    np.testing.assert_allclose(np.exp(log1mexp(0.7)) + np.exp(-0.7), 1)


def test_infinities_of_the_elementwise():
    ends = np.array([-np.inf, np.inf])
    with np.errstate(**QUIET):
        assert sigmoid(ends).tolist() == [0, 1] and softplus(ends).tolist() == [0, np.inf] and relu(ends).tolist() == [0, np.inf]
        assert log_sigmoid(ends).tolist() == [-np.inf, 0]
        assert log1mexp(np.inf) == 0
        for f in (sigmoid, softplus, log_sigmoid, relu):
            assert np.isfinite(grad(lambda x, f=f: np.sum(f(x)))(ends)).all()
    for f in (sigmoid, softplus, log_sigmoid, relu, log1mexp):
        assert np.isnan(f(np.array([np.nan]))).all()


def test_on_plain_numbers_they_are_plain_functions():
    for f, expected in ((relu, 2.0), (sigmoid, special.expit(2.0)), (softplus, np.log1p(np.exp(2.0)))):
        assert type(f(np.ones(2))) is np.ndarray and float(f(2.0)) == pytest.approx(expected)
        assert grad(f)(2.0).dtype == np.float64
    assert np.shape(logsumexp(np.ones(2))) == np.shape(cross_entropy(np.ones(2), 0)) == ()
    assert getcontext().prec == 28                                                          # the oracle cleaned up
