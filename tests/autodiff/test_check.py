"""check_gradients passes what is right and, of everything planted, says what is wrong."""
from typing import NamedTuple

import numpy as np
import pytest

from edugen import check_gradients, grad, primitive, stop_gradient
from edugen.autodiff import GradientError, cross_entropy, rule

N, D, H, K = 7, 4, 4, 3                                          # a square matrix, so that a transpose fits
RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(N, D)), RNG.integers(K, size=N)
THETA = RNG.normal(size=(D, H)), RNG.normal(size=H), RNG.normal(size=(H, K)), RNG.normal(size=K)


def loss(w, b, v, c):
    """A network with one hidden layer, cross-entropy, and a little weight decay: its gradient is below, by hand."""
    return np.mean(cross_entropy(np.tanh(X @ w + b) @ v + c, LABELS)) + 0.1 * np.sum(w ** 2)


HAND = """
def gradient(w, b, v, c):
    h = np.tanh(X @ w + b)
    p = np.exp(h @ v + c)
    p = p / np.sum(p, axis=1, keepdims=True)
    d = (p - np.eye(K)[LABELS]) / N
    e = (d @ v.T) * (1 - h ** 2)
    return X.T @ e + 0.2 * w, e.sum(0), h.T @ d, d.sum(0)
"""


def by_hand(old="", new=""):
    assert HAND.count(old) >= 1
    scope = dict(globals())
    exec(HAND.replace(old, new, 1), scope)
    return scope["gradient"]


PLANTED = {
    "sign": ("return X.T @ e + 0.2 * w", "return -(X.T @ e + 0.2 * w)", r"argument 0 at \[\d, \d\].*opposite sign"),
    "sign of one part": ("1 - h ** 2", "h ** 2 - 1", r"argument 0.*\d+ of 16 entries are wrong|argument 0.*16 of 16 entries"),
    "labels added": ("p - np.eye", "p + np.eye", "argument 0"),
    "transposed": ("X.T @ e + 0.2 * w", "(X.T @ e + 0.2 * w).T", "argument 0.*transpose"),
    "transposed, not square": ("h.T @ d", "(h.T @ d).T", r"argument 2 has shape \(3, 4\), the argument \(4, 3\).*transposed"),
    "missing 1/N": ("d.sum(0)", "N * d.sum(0)", r"argument 3.*7 times too large: did you average"),
    "1/N twice": ("d.sum(0)", "d.sum(0) / N", r"argument 3.*7 times too small: did you average where a sum"),
    "a mean over units": ("e.sum(0), h", "e.sum(0) / H, h", "argument 1.*4 times too small: did you average where a sum"),
    "missing sum over the batch": ("e.sum(0), h", "e, h", r"argument 1 has shape \(7, 4\), .*\(4,\).*sum over the batch"),
    "sum over the wrong axis": ("e.sum(0), h", "e.sum(1), h", r"shape \(7,\), the argument \(4,\).*along the wrong axis"),
    "one sum too many": ("h.T @ d, d", "(h.T @ d).sum(0), d", r"shape \(3,\), the argument \(4, 3\).*an axis too few"),
    "only the first example": ("e.sum(0), h", "e[0], h", r"argument 1.*4 of 4 entries are wrong"),
    "labels off by one": ("[LABELS]", "[(LABELS + 1) % K]", r"argument 0.*16 of 16 entries are wrong"),
    "units off by one": ("e.sum(0), h", "np.roll(e.sum(0), 1), h", "argument 1.*stand one place too late: off by one"),
    "reversed": ("e.sum(0), h", "e.sum(0)[::-1], h", "argument 1.*right numbers stand in the wrong places"),
    "missing square": ("h ** 2", "h", r"argument 0.*16 of 16 entries are wrong"),
    "swapped arguments": ("X.T @ e + 0.2 * w, e.sum(0), h.T @ d, d.sum(0)",
                          "X.T @ e + 0.2 * w, d.sum(0), h.T @ d, e.sum(0)", r"argument 1 has shape \(3,\), the argument \(4,\)"),
    "detached": ("e.sum(0), h", "0 * e.sum(0), h", "argument 1.*All entries are zero: was the gradient cut"),
    "part detached": ("e.sum(0), h", "e.sum(0) * [1, 1, 0, 1], h",
                      r"argument 1 at \[2\]: got -?0,.*1 of 4 entries are wrong, the others agree"),
    "slope of another activation": ("1 - h ** 2", "h > 0", "argument 0"),
    "sizes without signs": ("h.T @ d, d", "np.abs(h.T @ d), d", "argument 2.*sizes are right and some signs are wrong"),
    "weight decay forgotten": (" + 0.2 * w", "", "argument 0.*16 of 16"),
    "factor two forgotten": ("d.sum(0)", "0.5 * d.sum(0)", "argument 3.*2 times too small"),
    "an odd factor": ("d.sum(0)", "0.73 * d.sum(0)", "argument 3.*0.73 times as large as they should be: a forgotten constant"),
    "a division by zero": ("d.sum(0)", "d.sum(0) / [1, 0, 1]", "argument 3.*1 of 3 entries are not finite"),
    "nothing returned": ("return X", "X", r"gradient of loss\(\) is None: did you forget to return it"),
}


def test_the_right_gradient_passes():
    check_gradients(loss, *THETA, gradient=by_hand())
    check_gradients(loss, *THETA, gradient=by_hand(), order=1, rtol=1e-8, rng=5, directions=20)
    check_gradients(loss, *THETA, order=2)                                                # and the engine's own


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_mistake_is_found_and_named(name, seed):
    old, new, words = PLANTED[name]
    with np.errstate(all="ignore"), pytest.raises(GradientError, match=f"(?s){words}"):
        check_gradients(loss, *THETA, gradient=by_hand(old, new), rng=seed)


def test_swapped_arguments_of_one_shape_are_recognized():
    with pytest.raises(GradientError, match=r"(?s)in argument 0 at.*It is the gradient in argument 1: were the two swapped\?"):
        check_gradients(lambda a, b: np.sum(a ** 2 * np.sin(b)), np.array([1.0, 2.0]), np.array([0.3, 0.4]),
                        gradient=lambda a, b: (a ** 2 * np.cos(b), 2 * a * np.sin(b)))


def test_rounding_to_single_precision_is_recognized():
    rounded = by_hand("np.tanh(X @ w + b)", "np.tanh(X @ w + b).astype(np.float32)")
    check_gradients(loss, *THETA, gradient=rounded, rtol=1e-5)
    with pytest.raises(GradientError, match=r"(?s)Nearly right, with a relative error of \de-0[789].*float32"):
        check_gradients(loss, *THETA, gradient=rounded, rtol=1e-9, directions=10)


def test_differences_off_by_one():
    def bending(x):
        return np.sum((x[1:] - x[:-1]) ** 2 * np.arange(1, len(x)))

    def gradient(x, shift=0):
        d = 2 * (x[1:] - x[:-1]) * np.arange(1, len(x))
        g = np.zeros(len(x))
        g[1:] += d
        g[:-1] -= d
        return np.concatenate([[0.0], g[:-1]]) if shift == 1 else np.concatenate([g[1:], [0.0]]) if shift else g
    x = np.random.default_rng(1).normal(size=8)
    check_gradients(bending, x, gradient=gradient)
    for shift, words in ((1, "too late"), (-1, "too early")):
        with pytest.raises(GradientError, match=f"one place {words}: off by one"):
            check_gradients(bending, x, gradient=lambda x, shift=shift: gradient(x, shift))


def test_a_wrong_entry_among_thousands_is_found():
    x = np.random.default_rng(2).normal(size=1500)
    for place in (0, 1234, 1499):
        def gradient(x, place=place):
            g = 2 * x
            g[place] += 1.0
            return g
        with pytest.raises(GradientError, match=rf"at \[{place}\]: .*\n.*1 of 1500 entries are wrong, the others agree"):
            check_gradients(lambda x: np.sum(x ** 2), x, gradient=gradient)
    with pytest.raises(GradientError, match="along a random direction got"):
        check_gradients(lambda x: np.sum(x ** 2), np.ones(6000), gradient=lambda x: x)


def test_second_order_finds_a_constant_that_is_not_one():
    """A rule that hides part of its formula from the outer level: right at first order, wrong at second."""
    @primitive
    def cube(x):
        return x ** 3
    rule(cube)(lambda g, y, x: g * 3 * stop_gradient(x) ** 2)
    check_gradients(cube, np.array([1.0, 2.0]))
    with pytest.raises(GradientError, match=r"second order: the gradient of .*cube.*(\n.*)?All entries are zero"):
        check_gradients(cube, np.array([1.0, 2.0]), order=2)
    rule(cube)(lambda g, y, x: g * 3 * x ** 2)
    check_gradients(cube, np.array([1.0, 2.0]), order=3)


class Pair(NamedTuple):
    w: np.ndarray
    b: float


def test_trees_are_named_by_path_and_outputs_may_be_trees():
    theta = {"first": Pair(np.ones((2, 3)), 0.5), "n": 2, "list": [np.ones(2)]}

    def f(t, x):
        return {"y": np.tanh(x @ t["first"].w) * t["first"].b, "z": (np.sum(t["list"][0] ** t["n"]), "text")}
    check_gradients(f, theta, np.ones((4, 2)), order=2)
    for part, words in ((lambda g: g | {"first": Pair(g["first"].w, 2 * g["first"].b)}, r"at \['first'\]\.b: got"),
                        (lambda g: g | {"list": [g["list"][0] + [0, 1]]}, r"at \['list'\]\[0\]\[1\]: got"),
                        (lambda g: g | {"first": Pair(g["first"].w.T, 1.0)}, r"has shape \[\(3, 2\), \(\), \(2,\)\]")):
        with pytest.raises(GradientError, match=words):
            check_gradients(lambda t: np.sum(t["first"].w ** 3) * t["first"].b + np.sum(t["list"][0] ** 2), theta,
                            gradient=lambda t, part=part: part(grad(
                                lambda t: np.sum(t["first"].w ** 3) * t["first"].b + np.sum(t["list"][0] ** 2))(t)))


@pytest.mark.parametrize("scale", [1e-9, 1e-4, 1.0, 1e4, 1e9])
def test_no_false_alarm_whatever_the_scale(scale, rng):
    x = rng.normal(size=20)
    for f, at in ((lambda x: np.sum(np.sin(x)) * scale, x), (lambda x: scale + np.sum(x ** 2) * scale, x),
                  (lambda x: np.sum((x / scale) ** 2), x * scale), (lambda x: np.sum(np.exp(-(x / scale) ** 2)), x * scale)):
        for seed in range(3 if scale >= 1 or at is x else 0):                             # the step is 1e-5 at the least
            check_gradients(f, at, rng=seed)
    if scale < 1e-4:
        return
    with pytest.raises(GradientError, match="2 times too large"):
        check_gradients(lambda x: np.sum(x ** 2) * scale, x, gradient=lambda x: 4 * x * scale)


def test_small_things_pass():
    check_gradients(np.tanh, 0.5)
    check_gradients(np.tanh, np.zeros(0))
    check_gradients(lambda x: 3.0 * np.ones(2), np.ones(2), order=2)                      # a constant has gradient zero
    check_gradients(lambda x, k: x ** k, np.float32(1.5), 3, order=2)                     # integers are carried along
    check_gradients(np.sum, np.ones(3), gradient=lambda x: np.array([1, 1, 1]))           # a gradient in integers
    check_gradients(np.sum, np.ones(3), gradient=lambda x: (np.ones(3),))
    check_gradients(lambda a, b: np.sum(a * b), np.ones(2), np.ones(2), gradient=lambda a, b: b)   # of the first argument alone


def test_what_cannot_be_checked_is_refused():
    with pytest.raises(TypeError, match="no argument holds floating arrays"):
        check_gradients(lambda x: x, 3)
    with pytest.raises(TypeError, match="gradient= checks the gradient of a scalar"):
        check_gradients(lambda x: x, np.ones(2), gradient=lambda x: x)
    with pytest.raises(TypeError, match="returned no floating array"):
        check_gradients(lambda x: None, np.ones(2))
