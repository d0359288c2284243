"""Checks of the reverse-mode exercise. The student's code runs in a worker; what it should give is computed here."""
import numpy as np
import pytest

from edugen.grading import assert_close

DERIVATIVES = {"add": lambda a, b: (1, 1), "multiply": lambda a, b: (b, a), "divide": lambda a, b: (1 / b, -a / b**2),
               "tanh": lambda a: (1 / np.cosh(a)**2,), "exp": lambda a: (np.exp(a),), "log": lambda a: (1 / a,)}


@pytest.mark.points(2)
@pytest.mark.hint("Each answer is g times the derivative of the result with respect to that argument.",
                  "error signals: Cho (2.59)", "if name == 'multiply': return [g * args[1], g * args[0]]")
@pytest.mark.parametrize("name", list(DERIVATIVES))
def test_local_rules(student, rng, name):
    rules = DERIVATIVES[name]
    args = [rng.uniform(0.5, 2, size=(3, 2)) for _ in range(rules.__code__.co_argcount)]
    y = getattr(np, name)(*args)
    g = rng.normal(size=y.shape)
    assert_close(student.call("local_rules", name, g, y, args), [g * d for d in rules(*args)], rtol=1e-10)


def random_graph(rng, n):
    """Parents, with the numbers of the nodes shuffled, and an output somewhere in the middle."""
    order = rng.permutation(n)
    parents = [[] for _ in range(n)]
    for k in range(3, n):
        parents[order[k]] = [int(order[j]) for j in rng.integers(0, k, rng.integers(1, 4))]
    return parents, int(order[2 * n // 3])


def ancestors(parents, output):
    reached, waiting = {output}, [output]
    while waiting:
        for p in parents[waiting.pop()]:
            if p not in reached:
                reached.add(p)
                waiting.append(p)
    return reached


def assert_order(order, parents, output):
    order = [int(k) for k in order]
    assert order[:1] == [output], f"the sweep starts at the output, node {output}, got {order[:1]}"
    reached = ancestors(parents, output)
    assert len(order) == len(set(order)), "a node is visited more than once"
    assert set(order) == reached, f"the output was computed from {len(reached)} nodes (itself included), got {len(set(order))}"
    place = {k: i for i, k in enumerate(order)}
    for k in order:
        for p in parents[k]:
            assert place[k] < place[p], f"node {p} is visited before node {k}, which used it: its gradient is not yet complete"


@pytest.mark.points(3)
@pytest.mark.hint("When is a node ready? Count.", "Kahn's algorithm: how many users are still to be visited",
                  "users = [0] * len(parents)   # then count the edges among what the output needs")
@pytest.mark.parametrize("n", [6, 40])
def test_topological_order(student, rng, n):
    for _ in range(8):
        parents, output = random_graph(rng, n)
        assert_order(student.call("topological_order", parents, output), parents, output)
    chain = [[k + 1] for k in range(19_999)] + [[]]
    assert_order(student.call("topological_order", chain, 0), chain, 0)


@pytest.mark.points(3)
@pytest.mark.hint("Visit the nodes in topological order; contributions add.", "the chain rule, summed over paths",
                  "gradient = np.zeros(len(parents)); gradient[output] = 1")
@pytest.mark.parametrize("n", [5, 30])
def test_backward(student, rng, n):
    for _ in range(6):
        parents, output = random_graph(rng, n)
        parents[output].append(parents[output][0])                        # used twice by the same node
        derivatives = [[float(d) for d in rng.normal(size=len(p))] for p in parents]
        direct = np.zeros((n, n))                                         # direct[k, p]: sum over edges from k to p
        for k in range(n):
            for p, d in zip(parents[k], derivatives[k]):
                direct[k, p] += d
        paths = np.linalg.inv(np.eye(n) - direct)                         # I + D + D^2 + ...: all paths at once
        assert_close(student.call("backward", parents, derivatives, output), paths[output], rtol=1e-8, atol=1e-10)


@pytest.mark.points(2)
@pytest.mark.hint("Copying forward is adding backward.", "NumPy's broadcasting rules: leading axes, then axes of length one",
                  "while g.ndim > len(shape): g = g.sum(axis=0)")
@pytest.mark.parametrize("shape, big", [((3,), (4, 3)), ((4, 1), (4, 3)), ((1, 3), (2, 4, 3)), ((), (2, 3)),
                                        ((2, 1, 1), (2, 5, 3))])
def test_unbroadcast(student, rng, shape, big):
    g = rng.normal(size=big)
    expected = np.zeros(shape)
    for index in np.ndindex(shape):
        one = np.zeros(shape)
        one[index] = 1
        expected[index] = np.sum(g * np.broadcast_to(one, big))           # the transpose of a linear map, column by column
    assert_close(student.call("unbroadcast", g, list(shape)), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.points(4)
@pytest.mark.hint("Which vector w turns g'A^-1 db into w'db?", "dx = A^-1 (db - dA x)", "w = np.linalg.solve(A.T, g)")
@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.imports(by_hand=True)
def test_solve_rule_is_exact(student, rng, n):
    A, b, g = rng.normal(size=(n, n)) + 3 * np.eye(n), rng.normal(size=n), rng.normal(size=n)

    def complex_step(x, f):
        out, h = np.zeros(x.shape), 1e-30                                 # exact to rounding: differences don't pass
        for index in np.ndindex(x.shape):
            nudged = x.astype(complex)
            nudged[index] += 1j * h
            out[index] = (g @ f(nudged)).imag / h
        return out
    expected = (complex_step(A, lambda a: np.linalg.solve(a, b.astype(complex))),
                complex_step(b, lambda c: np.linalg.solve(A.astype(complex), c)))
    assert_close(student.call("solve_rule", g, A, b), expected, rtol=1e-10, atol=1e-12)


OPERATIONS = {"add": np.add, "multiply": np.multiply, "sin": np.sin, "exp": np.exp}


def run(program, x):
    numbers = list(x)
    for name, *places in program:
        numbers.append(OPERATIONS[name](*(numbers[i] for i in places)))
    return numbers[-1]


@pytest.mark.points(4)
@pytest.mark.hint("Keep two lists: numbers, and their tangents.", "the product rule, with tangents", "tangents = list(v)")
@pytest.mark.parametrize("length", [2, 5, 12])
def test_forward_mode(student, rng, length):
    for _ in range(4):
        program, x, v, end = random_program(rng, length)
        expected = float(end.real), float(end.imag / 1e-30)               # complex step: exact to rounding
        assert_close(student.call("forward_mode", program, x, v), expected, rtol=1e-11, atol=1e-13)


def random_program(rng, length):
    """A program that squares, exponentiates and more, and whose result is neither huge nor flat."""
    while True:
        x, v, program = rng.normal(size=3), rng.normal(size=3), []
        for k in range(length):
            name = ["multiply", "exp"][k] if k < 2 else str(rng.choice(["add", "multiply", "sin"]))
            places = rng.integers(0, 3 + k, 2 if name in ("add", "multiply") else 1)
            program.append([name, *([3] if k == 1 else [int(i) for i in places])])
        program.append(["multiply", len(program) + 2, len(program) + 2])
        end = run(program, x + 1e-30j * v)
        if 1e-3 < abs(end) < 1e3 and 1e-2 < abs(end.imag) * 1e30 < 1e4:
            return program, x, v, end


def planted(rng):
    """(f, right gradient, point, shape of the mistakes): functions of several scales and curvatures."""
    n = 6
    A = rng.normal(size=(n, n))
    A, c = A @ A.T + np.eye(n), rng.normal(size=n)
    yield lambda x: float(0.5 * x @ A @ x - c @ x), lambda x: A @ x - c, rng.normal(size=n)
    yield lambda x: float(1e5 * np.sum(np.tanh(A @ x))), lambda x: 1e5 * A.T @ (1 - np.tanh(A @ x)**2), 0.3 * rng.normal(size=n)
    yield lambda x: float(1e-4 * np.sum(np.sin(3 * x) * c)), lambda x: 3e-4 * c * np.cos(3 * x), rng.normal(size=n)
    yield lambda x: float(np.sum(np.log(x))), lambda x: 1 / x, rng.uniform(0.01, 2, size=n)       # log: x must stay positive


def mistakes(g, rng):
    k = int(np.argmax(np.abs(g)))
    other = (k + 1 + int(np.argmax(np.abs(np.delete(np.roll(g, -k), 0) - g[k])))) % len(g)
    off, swapped = g.copy(), g.copy()
    off[k] *= 1.001
    swapped[[k, other]] = swapped[[other, k]]
    return [-g, g / len(g), swapped, off]


@pytest.mark.points(4)
@pytest.mark.hint("One direction can miss a single wrong entry among large ones.", "central differences, entry by entry",
                  "h = 1e-5 * max(1, abs(x[i]))   # is x - h still where f is defined?")
def test_gradient_checker_judges_rightly(student, rng):
    wrong = []
    for f, right, x in planted(rng):
        names = ["a flipped sign", "a forgotten factor", "two entries exchanged", "one entry off by a thousandth"]
        cases = list(zip(names, mistakes(right(x), rng)))
        which = int(rng.integers(4))
        for k, (name, g) in enumerate(cases):
            judged = student.call("is_gradient", f, (lambda z, g=g: g) if k != which else right, x, int(rng.integers(2**31)))
            assert isinstance(judged, (bool, np.bool_)), f"expected True or False, got {judged!r}"
            if bool(judged) != (k == which):
                wrong.append("a right gradient was refused" if k == which else f"{name} was let through")
    assert not wrong, f"{len(wrong)} of 16 judged wrongly: {', '.join(sorted(set(wrong)))}"
