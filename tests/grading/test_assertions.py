"""Assertions: what they let pass, what they catch, and what they say."""
import tracemalloc

import numpy as np
import pytest

from edugen.grading import assert_close, assert_distribution, assert_gradient, assert_monotone, parts
from edugen.grading.diagnosis import diagnose
from edugen.grading.fingerprint import fingerprint, same_answer
from edugen.grading.student import Call, last_call


def complaint(assertion, *args, **kwargs):
    with pytest.raises(AssertionError) as caught:
        assertion(*args, **kwargs)
    return str(caught.value)


# -- parts -------------------------------------------------------------------------------------------------------------


def test_parts_have_the_names_that_were_asked_for():
    assert parts((1, "b"), "x", "y") == {"x": 1, "y": "b"} and parts([3], "only") == {"only": 3}


@pytest.mark.parametrize("answer, words", [
    (None, "return mean, variance: a tuple of 2, got None. Was `return` forgotten?"), ((1.0,), "a tuple of 2"),
    ((1, 2, 3), "return mean, variance"), (np.ones(2), "return mean, variance: a tuple of 2, got array"), ("ab", "got 'ab'"),
])
def test_other_numbers_of_values_are_named(answer, words):
    assert words in complaint(parts, answer, "mean", "variance")


# -- assert_close ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("actual, expected", [
    (np.array([1.0, 2.0]), np.array([1.0, 2.0 + 1e-9])), (3, 3), (0, 0.0), (1.0, np.float64(1.0)), (True, True), ("a", "a"),
    (np.array([np.nan, np.inf, -np.inf]), np.array([np.nan, np.inf, -np.inf])), (np.zeros((0, 3)), np.zeros((0, 3))),
    ((np.ones(2), 3), [np.ones(2), 3]), ({"a": np.ones(2)}, {"a": np.ones(2)}), ([1.0, 2.0], np.array([1.0, 2.0])),
    (np.float32(1), np.array(1.0)), (np.ones(2, np.int32), np.ones(2, np.int64)), (np.array([1j]), np.array([1j]))])
def test_right_answers_pass(actual, expected):
    assert_close(actual, expected)


@pytest.mark.parametrize("actual, expected, words", [
    (None, np.ones(2), "got None. Was `return` forgotten?"), (None, (1, 2), "Was `return` forgotten?"),
    (np.ones(3), np.ones(2), "floating numbers of shape (2,), got shape (3,)"), (np.ones(1), 1.0, "a single value"),
    (2.0, np.ones(2), "got a single value, 2.0"), (np.ones(2, int), np.ones(2), "expected floating numbers, got integers"),
    (np.ones(2), np.ones(2, int), "expected integers, got floating numbers"),
    (np.ones(2), np.ones(2, bool), "expected booleans"),
    (np.ones(2, complex), np.ones(2), "got complex numbers"), (1.0, 1, "expected integers"), (True, 1, "got booleans"),
    ("a", 1.0, "got strings"), ([1.0, [2.0]], np.ones(2), "no array of numbers"),
    (np.ones(2), (1.0, 1.0), "a tuple of 2, got array"),
    ((1.0,), (1.0, 1.0), "a tuple of 2, got (1.0)"), (10**400, 1.0, "no array of numbers"),
    ({"a": 1}, {"b": 1}, "the keys ['b'], got the keys ['a']"),
    (3.0, {"b": 1}, "got 3.0"), ({"a": {"b": 1.0}}, {"a": {"b": 2.0}}, "the answer['a']['b']: expected 2, got 1"),
    ((1.0, 3.0), (1.0, 2.0), "the answer[1]: expected 2, got 3"), ("a", "b", "expected 'b', got 'a'"),
    (3, 4, "expected 4, got 3"),
    (np.array([1.0, np.nan]), np.ones(2), "1 of 2 entries are NaN, the first at [1]"),
    (np.array([[1.0], [-np.inf]]), np.ones((2, 1)), "1 of 2 entries are infinite, the first at [1, 0]"),
    (np.array([1.0]), np.array([np.nan]), "[0]      nan         1"), (np.array([np.inf]), np.array([-np.inf]), "-inf"),
    (np.array([1.0, 2.0]), np.array([np.inf, 2.0]), "[0]      inf         1"),
    (float("nan"), 1.0, "it is NaN"), (1.0 + 1e-9, 1.0, "expected 1, got 1.000000001")])
def test_wrong_answers_are_explained(actual, expected, words):
    assert words in complaint(assert_close, actual, expected, rtol=1e-10)


def test_the_first_wrong_entries_are_listed():
    expected = np.arange(12.0).reshape(3, 4)
    actual = expected + 5 * np.array([[0, 0, 1, 0], [1, 1, 0, 1], [0, 1, 0, 0]])
    text = complaint(assert_close, actual, expected)
    assert "5 of 12 entries are wrong" in text and "[0, 2]    2           7" in text and "... and 1 more" in text


def test_tolerances_are_those_of_the_formula():
    assert_close(np.array([100.0]), np.array([101.0]), rtol=0, atol=1.0)
    assert_close(np.array([100.0]), np.array([101.0]), rtol=1 / 101 + 1e-12)
    complaint(assert_close, np.array([100.0]), np.array([101.0]), rtol=0, atol=0.999)
    complaint(assert_close, np.array([100.0]), np.array([101.0]), rtol=1 / 101 - 1e-12)
    complaint(assert_close, 3, 4, atol=10)                              # integers are equal or not


# -- diagnosis ---------------------------------------------------------------------------------------------------------

E = np.random.default_rng(5).normal(size=(4, 4)) ** 2 + 0.1
P = E / E.sum(axis=1, keepdims=True)
W = E[:, :3]


@pytest.mark.parametrize("got, expected, words", [
    (0 * E, E, "every entry is zero"), (-E, E, "wrong sign"), (E.T, E, "transposed"),
    (W.T, W, "the right numbers, transposed"),
    (np.ones((3, 4)), W, "the shape is that of the transpose"), (E * 4, E, "4 is the length of axis 0"),
    (E / 4, E, "1/4 of"),
    (-E * 4, E, "4 times what it should be and has the wrong sign"), (E * 7, E, "7 is the length of the flock"),
    (E / 7, E, "a mean where a sum is asked"), (E * 0.3, E, "3.33333 is argument 2 and argument 3"),
    (E * 0.31, E, "0.31 times what it should be"), (E + 2, E, "off by the same amount, 2"),
    (E, P, "each row is off by a factor of its own: it should sum to one"),
    (P * E[:1], P, "each column is off by a factor of its own"),
    (E / E.sum(0), P, "sums to one along axis 0, and should along axis 1"), (E + E[:, :1], E, "a constant of its own"),
    (np.log(P), P, "the logarithm of"), (-np.log(P), P, "minus the logarithm"),
    (P, np.log(P), "a probability where its logarithm"),
    (1 - P, P, "one minus"), (1 / P, P, "one over"), (P**2, P, "the square of"), (np.sqrt(P), P, "the square root"),
    (E[::-1], E, "reverse order along axis 0"),
    (np.roll(E, 1, 0), E, "off by one along axis 0: entry i holds what belongs in entry i - 1"),
    (np.roll(E, -1, 1), E, "off by one along axis 1: entry i holds what belongs in entry i + 1"),
    (np.random.default_rng(0).permuted(E), E, "another order"), (E.astype(np.float32), E, "computed in float32"),
    (E * (1 + 1e-7 * np.sin(np.arange(16.0).reshape(4, 4) ** 2)), E, "(to about 1e-07) but not exact"),
    (E * (1 + 1e-5 * np.cos(E * 9)), E, "not exact"),
    (np.where(np.arange(4)[:, None] == 3, 9.0, E), E, "only the last row is wrong"),
    (np.where(np.arange(4) == 1, 9.0 * E**3, E), E, "only column 1 is wrong"),
    (np.where(np.arange(9) < 2, 5.0, np.arange(9.0) ** 2), np.arange(9.0) ** 2, "only entries 0, 1 are wrong"),
    (E[:, :, None], E, "axis of length 1 too many"), (E, E[:, None], "axis of length 1 too few"),
    (E.ravel(), E, "reshape them to (4, 4)"),
    (E, E.sum(0), "a sum over axis 0 is missing"), (E, E.mean(1), "a mean over axis 1 is missing"),
    (E.sum(1), E, "summed over its axis 1"), (E.mean(0), E, "averaged over its axis 0"), (E[:3], E, "off by one"),
    (np.float64(14.0), np.float64(2.0), "7 is the length of the flock"), (np.float64(-2.0), np.float64(2.0), "wrong sign"),
    (np.random.default_rng(1).normal(size=(4, 4)), E, None), (np.ones((2, 9)), E, None),
    (np.float64(1.3), np.float64(2.0), None),
    (np.array([1, 2, 3]), np.array([2, 3, 4]), "off by the same amount, -1"), (np.zeros(0), np.ones(3), None),
    (np.full((4, 4), np.inf), E, None), (np.array(["a"]), np.array(["b"]), None)])
def test_diagnosis(got, expected, words):
    factors = [(7, "the length of the flock"), (1 / 0.3, "argument 2"), (1 / 0.3, "argument 3"), (0.0, "nothing")]
    said = diagnose(got, expected, factors)
    assert (said is None) if words is None else (said is not None and words in said), said


def test_an_axis_too_many_is_told_whether_or_not_the_numbers_are_right():
    assert diagnose(E[None], E) == "the right numbers, with an axis of length 1 too many (keepdims, or x[:, None]?)"
    assert diagnose(np.cos(E)[None], E) == "an axis of length 1 too many (keepdims, or x[:, None]?)"


def test_lengths_of_the_arguments_explain_a_factor():
    last_call.set(Call("gradient", (np.ones((11, 3)), 0.5), {}))
    try:
        text = complaint(assert_close, 11 * E, E)
    finally:
        last_call.set(None)
    assert text.endswith("11 is the length of axis 0 of argument 1: a sum where a mean is asked?")


def test_a_number_that_was_passed_may_explain_it_too():
    last_call.set(Call("slope", (np.ones((8, 5)),), {"beta": 0.2}))
    try:
        text = complaint(assert_close, 5 * E, E)
    finally:
        last_call.set(None)
    assert text.endswith("5 is the length of axis 1 of argument 1 and one over beta.")


# -- assert_gradient ---------------------------------------------------------------------------------------------------


def f(x):
    return np.sum(np.sin(x) * x[..., ::-1] ** 2)


def f_slope(x):
    return np.cos(x) * x[..., ::-1] ** 2 + 2 * x * np.sin(x[..., ::-1])


@pytest.mark.parametrize("method", ["central", "complex"])
@pytest.mark.parametrize("shape", [(), (5,), (2, 3)])
def test_right_gradients_pass(rng, method, shape):
    x = rng.normal(size=shape)
    if shape:
        assert_gradient(f, f_slope, x, method=method, rtol=1e-8)
    assert_gradient(lambda x: np.sum(x**3), lambda x: 3 * x**2, x, method=method, rtol=1e-8)


@pytest.mark.parametrize("function, gradient, words", [
    (f, lambda x: -f_slope(x), "every entry has the wrong sign"),
    (f, lambda x: f_slope(x)[:-1], "expected floating numbers of shape (5,)"),
    (f, lambda x: None, "got None"), (lambda x: np.sin(x), f_slope, "the function: expected a single value"),
    (lambda x: 7.0, lambda x: 0 * x, "does not change"), (lambda x: 0.0, lambda x: 0 * x, "does not change"),
    (lambda x: np.nan, lambda x: 0 * x, "it is NaN"), (lambda x: np.random.default_rng().normal(), f_slope, "another value"),
    (f, lambda x: f_slope(x) + 1e-5 * np.arange(5), "are wrong"), (f, lambda x: np.full(5, np.inf), "infinite")])
def test_wrong_gradients_are_caught(rng, function, gradient, words):
    assert words in complaint(assert_gradient, function, gradient, rng.normal(size=5))


def test_a_complex_step_catches_finite_differences(rng):
    def rough(x):
        return np.array([(f(x + h) - f(x - h)) / 2e-6 for h in 1e-6 * np.eye(5)])
    assert "not exact" in complaint(assert_gradient, f, rough, rng.normal(size=5), method="complex", rtol=1e-12, atol=1e-14)


def test_an_unknown_method_is_the_authors_mistake():
    with pytest.raises(ValueError, match="method must be"):
        assert_gradient(f, f_slope, np.ones(3), method="forward")


# -- assert_distribution -----------------------------------------------------------------------------------------------


def uniform(x):
    return np.clip(x, 0, 1)


@pytest.mark.parametrize("n", [5, 200])
def test_false_alarms_are_no_more_frequent_than_stated(n):
    rng, runs, alarm = np.random.default_rng(2), 3000, 0.02
    p, cov = np.array([0.1, 0.2, 0.7]), np.array([[2.0, 0.8], [0.8, 1.0]])
    alarms = np.zeros(2)
    for _ in range(runs):
        draws = (rng.random(n), {"cdf": uniform}), (rng.choice(3, n, p=p), {"probabilities": p})
        for i, (samples, options) in enumerate(draws):
            try:
                assert_distribution(samples, alarm=alarm, **options)
            except AssertionError:
                alarms[i] += 1
    # Bounds, so at most `alarm` for every n; at n = 200 the first is nearly sharp, and must not be far below.
    assert np.all(alarms / runs < alarm + 4 * np.sqrt(alarm / runs)), alarms / runs
    if n == 200:
        assert alarms[0] / runs > alarm / 3, alarms / runs
        moments = 0
        for _ in range(runs):
            try:
                assert_distribution(rng.multivariate_normal([1.0, -1.0], cov, 2000), mean=[1.0, -1.0], cov=cov, alarm=alarm)
            except AssertionError:
                moments += 1
        assert alarm / 3 < moments / runs < alarm + 4 * np.sqrt(alarm / runs), moments / runs


def test_kurtosis_sets_the_spread_of_a_variance():
    """Of Laplace's distribution, 6: with the normal's 3 the check would cry wolf."""
    rng, wolf = np.random.default_rng(0), {3.0: 0, 6.0: 0}
    for _ in range(400):
        x = rng.laplace(size=3000)
        for kurtosis in wolf:
            try:
                assert_distribution(x, mean=0.0, cov=2.0, kurtosis=kurtosis, alarm=0.01)
            except AssertionError:
                wolf[kurtosis] += 1
    assert wolf[3.0] > 20 and wolf[6.0] <= 12, wolf


@pytest.mark.parametrize("samples, options, words", [
    (lambda rng: rng.random(4000) ** 1.3, {"cdf": uniform}, "are expected"),
    (lambda rng: rng.random(4000) + 0.1, {"cdf": uniform}, "below"),
    (lambda rng: np.full(4000, 0.5), {"cdf": uniform}, "0 of them are below 0.5, where 0.5"),
    (lambda rng: rng.random((4000, 1)), {"cdf": uniform}, "of shape (n,)"),
    (lambda rng: None, {"cdf": uniform}, "got None"), (lambda rng: [[1.0], 2.0], {"cdf": uniform}, "of shape (n,)"),
    (lambda rng: np.append(rng.random(4000), np.nan), {"cdf": uniform}, "NaN"),
    (lambda rng: np.zeros(0), {"cdf": uniform}, "of shape (n,)"),
    (lambda rng: rng.integers(0, 3, 4000), {"probabilities": [0.4, 0.3, 0.3]}, "are 0, where 0.4"),
    (lambda rng: rng.integers(0, 4, 4000), {"probabilities": [0.4, 0.3, 0.3]}, "expected integers from 0 to 2"),
    (lambda rng: rng.integers(0, 2, 4000), {"probabilities": [0.5, 0.5, 0.0]}, None),
    (lambda rng: rng.integers(0, 3, 4000), {"probabilities": [0.5, 0.5, 0.0]}, "where 0"),
    (lambda rng: rng.random(4000), {"probabilities": [0.5, 0.5]}, "expected integers"),
    (lambda rng: rng.normal(0.2, 1, 4000), {"mean": 0.0, "cov": 1.0}, "their mean is"),
    (lambda rng: rng.normal(0, 4.0, 4000), {"mean": 0.0, "cov": 4.0}, "a variance where a standard deviation is asked"),
    (lambda rng: rng.normal(0, 2**0.5, 4000), {"mean": 0.0, "cov": 4.0}, "a root too many"),
    (lambda rng: rng.normal(size=(4000, 2)), {"mean": [0, 0], "cov": [[1, 0.5], [0.5, 1]]}, "covariance of coordinates 0 and 1"),
    (lambda rng: rng.normal(size=(4000, 2)) * [1, 2], {"mean": [0, 0], "cov": np.eye(2)}, "variance in coordinate 1"),
    (lambda rng: rng.normal(size=(4000, 2)) + [0, 1], {"mean": [0, 0], "cov": np.eye(2)}, "their mean in coordinate 1"),
    (lambda rng: rng.normal(size=(4000, 3)), {"mean": [0, 0], "cov": np.eye(2)}, "of shape (n, 2)"),
    (lambda rng: np.zeros(4000), {"mean": 0.0, "cov": 1.0}, "variance")])
def test_wrong_samplers_are_caught(rng, samples, options, words):
    if words is None:
        assert_distribution(samples(rng), **options)
    else:
        assert words in complaint(assert_distribution, samples(rng), **options)


def test_the_false_alarm_rate_is_in_the_message(rng):
    assert "at most once in 1,000,000 runs" in complaint(assert_distribution, rng.random(500) ** 2, cdf=uniform)


@pytest.mark.parametrize("options", [{}, {"cdf": uniform, "probabilities": [1.0]}, {"mean": 0.0}, {"cov": 1.0}])
def test_one_distribution_is_asked_for(options):
    with pytest.raises(ValueError, match="give either"):
        assert_distribution(np.zeros(3), **options)


# -- assert_monotone ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values, options, words", [
    ([3.0, 2.0, 2.0, 1.0], {}, None), (np.array([1, 2, 3]), {"increasing": True}, None),
    ([1.0, 1.0 + 1e-13, 0.5], {"slack": 1e-12}, None),
    ([3.0, 2.0, 2.5, 1.0], {}, "rises from 2 to 2.5 at step 2, and in 1 of 3 steps"),
    ([1.0, 2.0, 1.5], {"increasing": True}, "falls from 2 to 1.5"),
    ([1.0, 1.0, 1.0], {}, "nothing moved"), ([1.0], {}, "at least two"), (None, {}, "got None"),
    (np.ones((2, 2)), {}, "at least two"),
    ([2.0, np.nan, 1.0], {}, "NaN"), ([np.inf, 1.0], {}, "infinite"), ("abc", {}, "at least two"),
    ([[1.0], 2.0], {}, "at least two"),
    (np.array([250, 5], np.uint8), {}, None), (np.array([5, 250], np.uint8), {}, "rises from 5 to 250")])
def test_monotone(values, options, words):
    if words is None:
        assert_monotone(values, **options)
    else:
        assert words in complaint(assert_monotone, values, **options)


def test_an_answer_far_too_large_costs_no_memory():
    """60 MB of a submission's, as float64 they would be half a gigabyte."""
    large = np.ones(60 << 20, np.int8)
    fingerprint(large[:3])                              # NumPy imports more of itself at the first call
    for summed_up in (lambda: fingerprint(large), lambda: diagnose(large, np.ones(5))):
        tracemalloc.start()
        summed_up()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1 << 20
    other = large.copy()
    other[0] = 7
    assert same_answer(fingerprint(large), fingerprint(large.copy())) and not same_answer(fingerprint(large), fingerprint(other))
