"""The record and the sweep: depth, memory, threads, cost, what is refused and what the message says."""
import gc
import math
import re
import subprocess
import sys
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy import special

import edugen
from edugen import Tensor, check_gradients, grad, hessian, jacobian, primitive, value_and_grad, vjp
from edugen.autodiff import composite, rule, tensor

# Depth and memory ------------------------------------------------------------------------------------------------------

def chain(n):
    def f(x):
        for _ in range(n):
            x = x + 1.0
        return x
    return f


def tensors():
    return sum(type(o) is Tensor for o in gc.get_objects())


def test_a_chain_of_100_000_additions_forward_and_backward():
    limit = sys.getrecursionlimit()
    value, g = value_and_grad(chain(100_000))(1.0)
    assert value == 100_001 and g == 1 and sys.getrecursionlimit() == limit
    assert grad(lambda x: grad(chain(10_000))(x) * x)(2.0) == 1                           # and two levels deep
    x, y = np.ones(3), np.arange(3.0)
    doubled = grad(lambda x: np.sum(chain(1000)(x) * y))(x)
    np.testing.assert_array_equal(doubled, y)


def test_memory_is_linear_in_the_length():
    def peak(n):
        gc.collect()
        tracemalloc.start()
        grad(chain(n))(1.0)
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top
    peak(10)
    short, long = peak(5_000), peak(50_000)
    assert 8 < long / short < 12
    assert long / 50_000 < 1000                                                          # bytes an operation


@pytest.mark.parametrize("collector", [True, False])
def test_the_graph_is_freed_at_once_by_counting_references(collector):
    """No cycles: not one tensor waits for the garbage collector."""
    gc.collect()
    before = tensors()
    (gc.enable if collector else gc.disable)()
    try:
        w, x = np.ones((3, 2)), np.ones((4, 3))

        def loss(w):
            a, b = np.split(np.tanh(x @ w), 2, axis=1)
            return np.sum(np.concatenate([a, b]) ** 2) + np.linalg.norm(w) + np.sum(np.stack([w, w])[0, [0, 0]])
        grad(loss)(w)
        value_and_grad(loss)(w)
        hessian(loss)(w)
        jacobian(lambda w: np.tanh(w))(w)
        grad(lambda w: np.sum(grad(loss)(w) ** 2))(w)
        grad(chain(20_000))(1.0)
        check_gradients(loss, w)
        with pytest.raises(TypeError):
            grad(lambda w: loss(w) * np.ones(2))(w)
        assert tensors() == before
        pull = vjp(loss, w)[1]                                                            # alive as long as it may be asked
        assert tensors() > before
        del pull
        assert tensors() == before
    finally:
        gc.enable()


def test_freeing_a_very_deep_graph_does_not_overflow_the_c_stack():
    """In a process of its own, with a small stack in a thread: a crash would take the tests along."""
    program = """if True:
        import threading
        from edugen import vjp
        def f(x):
            for _ in range(200_000):
                x = x + 1.0
            return x
        def run():
            value, pull = vjp(f, 1.0)
            assert pull(1.0) == (1.0,)
            del pull
        threading.stack_size(256 * 1024)
        thread = threading.Thread(target=run); thread.start(); thread.join()
        print("alive")"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stdout.strip() == "alive", done.stderr


def test_fan_out_adds_up_and_each_rule_runs_once(monkeypatch):
    """A ladder with 2^40 paths: contributions are added before they are passed on."""
    calls = []
    double = tensor.RULES[np.add][0]
    monkeypatch.setitem(tensor.RULES[np.add], 0, lambda g, *rest: (calls.append(1), double(g, *rest))[1])

    def ladder(x):
        for _ in range(40):
            x = x + x
        return x
    assert grad(ladder)(1.0) == 2.0 ** 40 and len(calls) == 40
    y, x = [], np.arange(3.0)

    def late_users(x):                                        # users born in another order than their values are used
        a = np.sin(x)
        y.append(a * 2)
        b = np.cos(a)
        return np.sum(b * y[-1] + a * x + np.exp(b))
    check_gradients(late_users, x, order=2)


def test_a_tensor_shows_how_it_was_made():
    def f(x, y):
        z = np.multiply(x, y)
        assert (z.function, z.args, z.options) == (np.multiply, (x, y), {}) or z.function is np.multiply and z.args[0] is x
        assert z.level == x.level and z.birth > x.birth > 0 and x.function is None and x.parents == ()
        assert [(i, id(p)) for i, p in z.parents] == [(0, id(x)), (1, id(y))]
        s = np.sum(z, axis=0)
        assert s.options["axis"] == 0 and s.parents[0][1] is z and type(s.value) is np.ndarray
        return np.sum(s)
    grad(f, (0, 1))(np.ones((2, 3)), np.ones((2, 3)))
    levels = []
    grad(lambda x: (levels.append(x.level), grad(lambda y: (levels.append(y.level), (x * y).level, x * y)[2])(x))[1])(1.0)
    grad(lambda x: (levels.append(x.level), x)[1])(1.0)
    assert levels == sorted(set(levels))                                                  # never reused


# Cost ------------------------------------------------------------------------------------------------------------------

class Counted(np.ndarray):
    """An array that counts the NumPy calls that it takes part in."""

    calls = 0

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        return self.count(getattr(ufunc, method), inputs, options)

    def __array_function__(self, function, types, args, options):
        return self.count(function, args, options)

    @staticmethod
    def count(function, args, options):
        Counted.calls += 1
        strip = lambda x: (x.view(np.ndarray) if isinstance(x, Counted) else
                           type(x)(map(strip, x)) if type(x) in (list, tuple) else x)
        options = {k: strip(v) for k, v in options.items()}
        y = function(*strip(args), **options)
        return y.view(Counted) if isinstance(y, np.ndarray) else np.asarray(y).view(Counted) if isinstance(y, np.floating) else y


def counting(f, *args):
    """What f returns, and how many calls of NumPy it took."""
    Counted.calls = 0
    return f(*args), Counted.calls


PROGRAMS = {
    "network": lambda w, v, b: np.mean(np.square(np.tanh(np.matmul(np.ones((8, 3)), w) + b) @ v)),
    "elementwise": lambda w, v, b: np.sum(np.exp(-np.square(w)) * np.log1p(np.square(w)) / (1 + np.abs(w))),
    "broadcasting": lambda w, v, b: np.sum((w[:, :, None] - v[None] + b[:, None]) ** 2),
    "reductions": lambda w, v, b: np.sum(np.max(w, axis=0) * np.sum(w, axis=0)) + np.linalg.norm(v),
    "joining": lambda w, v, b: np.sum(np.tanh(np.concatenate([w, np.stack([b, b])]))),
    "long": lambda w, v, b: chain(200)(np.sum(w * 2)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_backward_costs_at_most_five_times_forward(name):
    """Baur and Strassen's bound, counted in calls of NumPy."""
    f = PROGRAMS[name]
    args = [x.view(Counted) for x in (np.full((3, 4), 0.5), np.full((4, 2), 0.3), np.ones(4))]
    _, plain = counting(f, *args)
    (y, pull), forward = counting(vjp, f, *args)
    _, backward = counting(pull, np.ones(()).view(Counted))
    assert plain <= forward <= 2 * plain and 0 < backward <= 5 * forward, (plain, forward, backward)
    (y, pull), again = counting(vjp, grad(f), *args)
    _, twice = counting(pull, np.ones((3, 4)).view(Counted))
    assert again + twice <= 5 * (forward + backward), (again, twice)                                  # and so on, order by order


def test_data_costs_nothing():
    """The cotangent of an argument that nobody differentiates is not computed."""
    x, w = np.ones((5, 3)), np.ones((3, 2))
    asked = []
    original = dict(tensor.RULES[np.matmul])
    try:
        for i in (0, 1):
            tensor.RULES[np.matmul][i] = lambda g, y, *rest, i=i: (asked.append(i), original[i](g, y, *rest))[1]
        grad(lambda w: np.sum(np.matmul(x, w)))(w)
        assert asked == [1]
        asked.clear()
        grad(lambda a: grad(lambda w: np.sum(np.matmul(a * x, w)))(w).sum())(1.0)    # at the inner level the outer's is data
        assert asked[0] == 1 and asked.count(1) < 3
    finally:
        tensor.RULES[np.matmul].update(original)


# Refusals --------------------------------------------------------------------------------------------------------------

def fill(t):
    h = np.zeros(3)
    for i in range(3):
        h[i] = t[i] * 2
    return np.sum(h)


def fill_rows(t):
    h = np.zeros((2, 3))
    h[0] = t
    return np.sum(h)


def assign(t):
    t[0] = 1.0
    return np.sum(t)


def add_to_array(t):
    h = np.zeros(3)
    h += t
    return np.sum(h)


REFUSALS = {
    "a function without rule": (lambda t: np.sum(np.fft.fft(t)), TypeError, "np.fft.fft has no gradient rule.*stop_gradient"),
    "a ufunc without rule": (lambda t: np.sum(np.deg2rad(t)), TypeError, "np.deg2rad has no gradient rule.*rule"),
    "a ufunc of SciPy without rule": (lambda t: np.sum(special.jv(1, t)), TypeError, "scipy.special.jv has no gradient rule"),
    "np.asarray": (lambda t: np.sum(np.asarray(t)), TypeError, r"np.asarray\(t\).*lose its gradient.*stop_gradient"),
    "float": (lambda t: float(t[0]), TypeError, r"float\(t\).*np.exp\(t\), not math.exp\(t\)"),
    "int": (lambda t: int(t[0]), TypeError, r"int\(t\)"),
    "complex": (lambda t: complex(t[0]), TypeError, r"complex\(t\)"),
    "an index": (lambda t: [1, 2, 3][t[0]], TypeError, "t as an index"),
    "item": (lambda t: t[0].item(), TypeError, r"t.item\(\).*gradient"),
    "tolist": (lambda t: sum(t.tolist()), TypeError, r"t.tolist\(\)"),
    "assignment": (assign, TypeError, r"t\[index\] = value.*never change in place.*np.where\(mask, new, t\)"),
    "filling rows of an array": (fill_rows, TypeError, r"np.stack\(list\)"),
    "adding to an array": (add_to_array, TypeError, r"np.add can't write.*h = h \+ t instead of h \+= t"),
    "out=": (lambda t: np.sum(np.exp(t, out=np.empty(3))), TypeError, "np.exp can't write.*leave out= away"),
    "an array of tensors": (lambda t: np.sum(np.array([t, t])), TypeError, r"Instead of np.array\(\[t1, t2\]\) write np.stack"),
    "an array of scalar tensors": (lambda t: np.sum(np.array([t[0], t[1]])), TypeError, r"np.stack\(\[t1, t2\]\)"),
    "the mean of a list": (lambda t: np.mean([t, t]), TypeError, r"np.mean\(np.stack\(\[t1, t2\]\)\)"),
    "math": (lambda t: math.exp(t[0]), TypeError, r"math.exp\(t\).*np.exp\(t\)"),
    "SciPy's own functions": (lambda t: special.logsumexp(t), TypeError, "scipy.*edugen.autodiff"),
    "a condition that is traced": (lambda t: np.sum(np.where(t, t, 0)), TypeError,
                                   "np.where has no gradient rule for its argument 0"),
    "an option that a rule doesn't know": (lambda t: np.sum(t, where=np.array([True, False, True])), TypeError,
                                           "np.sum: where= is not differentiated here; known are axis, keepdims"),
    "an option that is traced": (lambda t: np.sum(np.roll(t, shift=t[0])), TypeError, "shift= is a traced value"),
    "shapes that don't match": (lambda t: np.sum(t + np.ones(4)), ValueError, r"np.add of shapes \(3,\), \(4,\).*equal or 1"),
    "shapes that don't match in @": (lambda t: np.sum(np.ones((2, 4)) @ t), ValueError,
                                     r"np.matmul of shapes \(2, 4\), \(3,\).*inner two"),
    "shapes that don't match inside a composition": (lambda t: np.sum(np.kron(t, t) + t), ValueError, r"shapes \(9,\), \(3,\)"),
}


def words_of(error):
    return " ".join([str(error), *getattr(error, "__notes__", [])])


@pytest.mark.parametrize("name", REFUSALS)
def test_what_would_lose_a_gradient_is_refused_with_the_way_out(name):
    f, kind, words = REFUSALS[name]
    for g in (grad(f), grad(lambda t: np.sum(grad(f)(t)))):
        with pytest.raises(kind) as caught:
            g(np.array([0.1, 0.2, 0.3]))
        assert re.search(words, words_of(caught.value)), words_of(caught.value)


def test_filling_an_array_with_scalars_shows_our_message_as_the_cause():
    """NumPy's C code insists on a ValueError of its own."""
    for x in (np.array([0.1, 0.2, 0.3]),):
        with pytest.raises((ValueError, TypeError)) as caught:
            grad(fill)(x)
        error = caught.value
        words = [str(e) for e in (error, error.__cause__, error.__context__) if e is not None]
        assert any("collect the steps in a list, then np.stack(list)" in w for w in words), words
        assert np.all(grad(lambda t: np.sum(np.stack([t[i] * 2 for i in range(3)])))(x) == 2)       # as it advises


def test_a_mismatch_is_explained_once_however_deep():
    with pytest.raises(ValueError, match="broadcast") as caught:
        grad(grad(grad(lambda x: np.sum(x * np.ones(2) + np.ones(3)))))(1.0)
    assert len(caught.value.__notes__) == 1
    for other in (lambda x: np.sum(np.reshape(x, (2, 2))), lambda x: np.sum(np.linalg.inv(x * np.zeros((2, 2))))):
        with pytest.raises(ValueError) as caught:                                         # nothing to do with broadcasting
            grad(other)(1.0)
        assert not hasattr(caught.value, "__notes__")


def test_an_exception_leaves_the_engine_as_it_was():
    def fails_late(x):
        y = grad(lambda z: z ** 3)(x)
        raise KeyError(float(edugen.stop_gradient(y)))
    registered = {f: dict(r) for f, r in tensor.RULES.items()}
    for _ in range(3):
        with pytest.raises(KeyError, match="12"):
            grad(fails_late)(2.0)
        with pytest.raises(KeyError):
            grad(grad(fails_late))(2.0)
        with pytest.raises(TypeError):
            grad(lambda x: grad(lambda y: y.item())(x))(2.0)
        assert grad(grad(lambda x: x ** 3))(2.0) == 12

    def recovers(x):
        try:
            return grad(fails_late)(x)
        except KeyError:
            return x ** 2
    assert grad(recovers)(3.0) == 6
    assert {f: dict(r) for f, r in tensor.RULES.items()} == registered


def test_a_rule_that_returns_the_wrong_thing_is_named():
    for wrong, kind, words in ((lambda g, y, x: None, TypeError, "returned None"),
                               (lambda g, y, x: g[:2], ValueError, r"shape \(2,\) for an argument of shape \(3,\)"),
                               (lambda g, y, x: np.sum(g), ValueError, r"shape \(\) for an argument of shape \(3,\)"),
                               (lambda g, y, x: g @ x @ x, ValueError, "matmul")):
        @primitive
        def halve(x):
            return 0.5 * x
        rule(halve)(wrong)
        with pytest.raises(kind) as caught:
            grad(lambda x, halve=halve: np.sum(halve(x)))(np.ones(3))
        text = words_of(caught.value)
        assert re.search(words, text) and "backward rule of halve, argument 0" in text and "debug()" in text

    @primitive
    def twice(x):
        return 2 * x
    rule(twice)(lambda g, y, x, z: 2 * g)                                                 # forgot what twice takes
    with pytest.raises(TypeError, match=r"twice takes 2 arrays \(x\), got 1"):
        grad(twice)(1.0)

    @primitive
    def number(x):
        return float(x) ** 2
    rule(number)(lambda g, y, x: 2.0 * float(x))                                          # a student's rule in plain floats
    assert grad(number)(3.0) == 6 and number(3.0) == 9


def test_a_primitive_is_a_plain_function_on_arrays_and_takes_keywords():
    @primitive
    def scaled(x, y, power=2):
        """Its docstring."""
        return x * y ** power
    with pytest.raises(TypeError, match="scaled has no gradient rule"):
        grad(lambda x: scaled(x, 2.0))(1.0)
    rule(scaled)(lambda g, y, x, z, power=2: g * z ** power)
    assert scaled(3.0, 2.0) == 12 and scaled.__doc__ == "Its docstring." and scaled.__name__ == "scaled"
    assert grad(lambda x: scaled(x, 2.0))(3.0) == 4 and grad(lambda x: scaled(y=2.0, x=x, power=3))(3.0) == 8
    with pytest.raises(TypeError, match="scaled has no gradient rule for its argument 1"):
        grad(lambda y: scaled(3.0, y))(2.0)
    with pytest.raises(TypeError, match="width= is not differentiated here; known are power"):
        grad(lambda x: scaled(x, 2.0, width=3))(1.0)
    with pytest.raises(TypeError, match="power= is a traced value"):
        grad(lambda p: scaled(3.0, 2.0, power=p))(2.0)
    with pytest.raises(TypeError, match="takes 2 arrays"):
        grad(lambda x: scaled(x))(1.0)

    @composite(scaled)
    def _(x, y, power=2):
        raise AssertionError("a rule goes first")
    try:
        assert grad(lambda x: scaled(x, 2.0))(3.0) == 4
    finally:
        del tensor.COMPOSITES[scaled]


# Threads ---------------------------------------------------------------------------------------------------------------

def test_many_threads_differentiate_at_once():
    n, rounds = 8, 15
    start = threading.Barrier(n)
    switch = sys.getswitchinterval()

    def work(k):
        rng = np.random.default_rng(k)
        start.wait()
        for _ in range(rounds):
            x = rng.normal(size=3)
            third = grad(lambda x: np.sum(grad(lambda y: np.sum(grad(lambda z: np.sum(z ** 4 * x[0]))(y)))(x)))(x)
            expected = 24 * x[0] * x + np.array([12 * np.sum(x ** 2), 0, 0])
            np.testing.assert_allclose(third, expected)
            np.testing.assert_allclose(hessian(lambda x: np.sum(np.sin(x * k)))(x), np.diag(-k * k * np.sin(x * k)), atol=1e-12)
        return k
    try:
        sys.setswitchinterval(1e-6)
        with ThreadPoolExecutor(n) as pool:
            assert sorted(pool.map(work, range(n))) == list(range(n))
    finally:
        sys.setswitchinterval(switch)


def test_a_gradient_that_opens_inside_another_threads_and_outlives_it():
    """A counter of open gradients that threads share would now give this inner gradient a level that is taken."""
    theirs_open, ours_open, theirs_closed = (threading.Event() for _ in range(3))

    def theirs(x):
        theirs_open.set()
        assert ours_open.wait(10)
        return x ** 2

    def ours(x):
        ours_open.set()
        assert theirs_closed.wait(10)
        return x * grad(lambda y: x + y)(1.0) + grad(lambda y: x * y ** 2)(x)             # x + 2 x^2

    def their_thread():
        results.append(grad(theirs)(3.0))
        theirs_closed.set()
    results: list = []
    thread = threading.Thread(target=their_thread)
    thread.start()
    assert theirs_open.wait(10)
    assert grad(ours)(3.0) == 13
    thread.join()
    assert results == [6]


def test_a_gradient_inside_which_other_threads_differentiate():
    def f(x):
        with ThreadPoolExecutor(4) as pool:                                               # they close over this level's tensor
            parts = list(pool.map(lambda k: grad(lambda y: x * y ** k)(2.0), range(1, 5)))
        return sum(parts)
    assert grad(f)(3.0) == sum(k * 2.0 ** (k - 1) for k in range(1, 5))


# Finding the line ------------------------------------------------------------------------------------------------------

def born_here(x):
    return np.sqrt(x) * 0.0                                   # line A: infinity times zero on the way back


def test_debug_names_the_line_where_a_nan_was_born():
    line = born_here.__code__.co_firstlineno + 1
    with edugen.debug(), np.errstate(all="ignore"), pytest.raises(FloatingPointError) as caught:
        grad(lambda x: np.sum(born_here(x) + 1))(np.array([0.0, 1.0]))
    text = str(caught.value)
    assert "NaN born in the backward rule of np.sqrt, argument 0" in text and f"test_tensor.py:{line}, in born_here" in text
    with edugen.debug(), np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="infinity born in.*np.log"):
        grad(lambda x: np.sum(np.log(x)))(np.zeros(2))
    with np.errstate(all="ignore"):
        assert np.isnan(grad(lambda x: np.sum(born_here(x)))(np.zeros(1)))                # silent without it
    with edugen.debug(), np.errstate(all="ignore"), pytest.raises(FloatingPointError, match=f"test_tensor.py:{line}"):
        grad(lambda x: np.sum(grad(lambda x: np.sum(born_here(x)))(x)))(np.zeros(1))      # two levels deep


def test_debug_names_the_line_of_an_error_in_a_rule():
    @primitive
    def broken(x):
        return x
    rule(broken)(lambda g, y, x: g / [][0])

    def forward(x):
        return broken(x)
    with edugen.debug(), pytest.raises(IndexError) as caught:
        grad(forward)(1.0)
    assert f"test_tensor.py:{forward.__code__.co_firstlineno + 1}, in forward" in words_of(caught.value)
    with pytest.raises(IndexError) as caught:
        grad(forward)(1.0)
    assert "with edugen.debug()" in words_of(caught.value) and "forward" not in words_of(caught.value).split("debug")[0]

    def inside_a_composition(m):
        return np.linalg.norm(m, 2) + np.linalg.det(m)
    with edugen.debug(), pytest.raises(np.linalg.LinAlgError) as caught:
        grad(inside_a_composition)(np.zeros((2, 2)))
    assert f"test_tensor.py:{inside_a_composition.__code__.co_firstlineno + 1}" in words_of(caught.value)


def test_debug_ends_with_its_block_even_after_an_error_and_nests():
    def origin():
        seen = []
        grad(lambda x: (seen.append((x * 2).origin), x)[1])(1.0)
        return seen[0]
    assert origin() is None
    with edugen.debug():
        with edugen.debug():
            assert "in <lambda>" in origin()
        assert "test_tensor.py" in origin()
    assert origin() is None
    with pytest.raises(KeyError), edugen.debug():
        raise KeyError
    assert origin() is None


# What importing costs ----------------------------------------------------------------------------------------------------

def test_scipys_rules_are_there_when_first_needed_and_not_before():
    program = """if True:
        import sys
        import edugen
        assert not [m for m in sys.modules if m.split(".")[0] in ("scipy", "numba", "matplotlib")]
        import numpy as np
        assert edugen.grad(np.tanh)(0.0) == 1
        assert "scipy" not in sys.modules
        from scipy import special
        assert "edugen.autodiff.rules.special" not in sys.modules
        assert abs(edugen.grad(special.expit)(0.0) - 0.25) < 1e-15
        assert abs(edugen.grad(lambda q: special.xlogy(2.0, q))(4.0) - 0.5) < 1e-15
        print("right")"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "right", done.stderr
