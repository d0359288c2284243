"""Trees of parameters: what a leaf is, order, structure, dataclasses, and the errors where two trees differ."""
from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edugen import Tensor, grad
from edugen.autodiff import tree


class Layer(NamedTuple):
    w: Any
    b: Any
    name: str = "layer"


@dataclass(frozen=True, eq=False)
class Gaussian:
    """Validates what it is given; counts how often it was constructed."""

    mean: Any
    scale: Any
    size: int = 3
    built = [0]

    def __post_init__(self):
        self.built[0] += 1
        if np.any(np.asarray(self.scale) <= 0):
            raise ValueError("a scale is positive")


@dataclass
class Slotted:
    __slots__ = ("a", "n")
    a: Any
    n: int


@dataclass
class Nested:
    """With a factory, a default, and a class variable."""

    parts: dict = field(default_factory=lambda: {"x": 1.0})
    note: str = "note"
    shared = np.ones(3)


def same(a, b):
    """Equal values, equal types, equal structure; arrays by content."""
    if isinstance(a, (np.ndarray, np.generic)):
        return type(a) is type(b) and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if isinstance(a, dict):
        return type(a) is type(b) and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, Slotted):
        return type(a) is type(b) and same((a.a, a.n), (b.a, b.n))
    return type(a) is type(b) and (a == b or a != a)


LEAVES = st.one_of(st.floats(), hnp.arrays(st.sampled_from([np.float32, np.float64]), hnp.array_shapes(min_dims=0, max_side=3)),
                   st.builds(np.float32, st.floats(width=32)))
OTHERS = st.one_of(st.integers(), st.text(max_size=3), st.none(), st.booleans(), hnp.arrays(np.int64, 2), hnp.arrays(bool, 2),
                   st.just(np.tanh), st.just(1j))
TREES = st.recursive(st.one_of(LEAVES, OTHERS), lambda children: st.one_of(
    st.lists(children, max_size=3), st.tuples(children, children), st.dictionaries(st.text(max_size=2), children, max_size=3),
    st.builds(Layer, children, children), st.builds(Slotted, children, st.integers()),
    st.dictionaries(st.integers(0, 3), children, max_size=3).map(OrderedDict)), max_leaves=8)


@given(TREES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_flatten_and_build_are_inverse(t):
    leaves, build = tree.flatten(t)
    assert all(map(tree.is_leaf, leaves)) and same(build(leaves), t) and same(tree.unflatten(t, leaves), t)
    assert same(tree.map(lambda x: x, t), t) and same(tree.map(lambda x, y: y, t, t), t)
    assert len(tree.paths(t)) == len(leaves)
    for path, leaf in zip(tree.paths(t), leaves, strict=True):
        assert same(eval("t" + path, {"t": t}), leaf)                                     # a path is what one would write
    doubled = tree.flatten(tree.map(lambda x: [x, x], t))[0]
    assert len(doubled) == 2 * len(leaves)


@given(TREES)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_ravel_and_unravel_are_inverse(t):
    vector, unravel = tree.ravel(t)
    assert vector.ndim == 1 and vector.size == sum(np.size(x) for x in tree.flatten(t)[0])
    for x, y in zip(tree.flatten(unravel(vector))[0], tree.flatten(t)[0], strict=True):
        np.testing.assert_array_equal(x, y)
    assert tree.paths(unravel(vector)) == tree.paths(t)
    with pytest.raises(ValueError, match="unravel: expected a vector of"):
        unravel(np.zeros(vector.size + 1))
    with pytest.raises(ValueError, match="unravel: expected a vector of"):
        unravel(np.zeros((vector.size, 1)))


def test_what_a_leaf_is():
    for leaf in (1.0, np.float64(1), np.float32(1), np.ones(2), np.ones(2, np.float16), np.array(1.0), np.ones(2, np.longdouble),
                 np.zeros(0)):
        assert tree.is_leaf(leaf)
    for other in (1, True, "w", None, 1j, np.ones(2, int), np.ones(2, bool), np.ones(2, complex), np.int64(1), np.tanh, float,
                  [1.0], (1.0,), {"w": 1.0}, np.array(["w"]), np.array([None])):
        assert not tree.is_leaf(other)
    seen = []
    grad(lambda x: (seen.append(tree.is_leaf(x) and tree.flatten({"x": x})[0][0] is x), x)[1])(1.0)
    assert seen == [True]


def test_gradients_are_not_validated_and_models_are():
    model = Gaussian(np.zeros(3), np.ones(3))
    count = Gaussian.built[0]
    g = grad(lambda m: np.sum((m.mean - 1) ** 2) - np.sum(np.log(m.scale)))(model)
    assert type(g) is Gaussian and g.size == 3 and np.all(g.scale == -1) and np.all(g.mean == -2)   # a negative scale: a gradient
    step = tree.map(lambda p, d: p - 0.1 * d, model, g)
    np.testing.assert_allclose(step.scale, 1.1)
    assert Gaussian.built[0] == count
    with pytest.raises(ValueError, match="positive"):
        Gaussian(np.zeros(3), -np.ones(3))
    traced = []
    grad(lambda m: (traced.append(type(m.mean)), np.sum(m.mean))[1])(model)
    assert traced == [Tensor]


def test_dataclasses_of_every_kind():
    slotted = tree.map(lambda x: x + 1, Slotted(np.zeros(2), 3))
    assert type(slotted) is Slotted and slotted.n == 3 and slotted.a.tolist() == [1, 1]
    nested = tree.map(lambda x: -x, Nested())
    assert nested.parts == {"x": -1.0} and nested.note == "note" and nested.shared is Nested.shared
    assert tree.flatten(Gaussian)[0] == []                                                # the class itself is no tree
    assert tree.flatten([Layer, Slotted])[0] == []


def test_structures_keep_their_type_and_order():
    t = {"b": 1.0, "a": [2.0, (3.0, Layer(4.0, 5.0))], "od": OrderedDict(z=6.0, y=7.0), "dd": defaultdict(list, k=8.0)}
    leaves, build = tree.flatten(t)
    assert leaves == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    again = build([10 * x for x in leaves])
    assert list(again) == ["b", "a", "od", "dd"] and type(again["od"]) is OrderedDict and list(again["od"]) == ["z", "y"]
    assert type(again["dd"]) is defaultdict and again["dd"]["new"] == [] and type(again["a"][1][1]) is Layer
    assert tree.paths(t) == ["['b']", "['a'][0]", "['a'][1][0]", "['a'][1][1].w", "['a'][1][1].b", "['od']['z']", "['od']['y']",
                             "['dd']['k']"]
    assert tree.paths(1.0) == [""] and tree.paths(Gaussian(1.0, [2.0])) == [".mean", ".scale[0]"]
    assert tree.paths({3: np.ones(2)}) == ["[3]"] and tree.paths({}) == []
    other = {"a": [20.0, (30.0, Layer(40.0, 50.0))], "b": 10.0, "od": OrderedDict(y=70.0, z=60.0),
             "dd": defaultdict(list, k=80.0)}
    assert tree.map(lambda x, y: y - x, t, other)["od"] == OrderedDict(z=54.0, y=63.0)    # by key, whatever the order
    assert tree.map(lambda x, y: y, {"n": 3, "w": 1.0}, {"n": 4, "w": 2.0}) == {"n": 3, "w": 2.0}


def test_the_trees_themselves_are_left_alone():
    t = {"w": np.zeros(2), "l": [1.0, 2.0]}
    u = tree.map(lambda x: x + 1, t)
    u["l"].append(9.0)
    u["w"][...] = 7
    assert t["l"] == [1.0, 2.0] and t["w"].tolist() == [0, 0]


@pytest.mark.parametrize(("one", "other", "words"), [
    ({"w": 1.0}, {"v": 1.0}, r"trees differ at the top: dict with \['w'\] in the first, dict with \['v'\] in another"),
    ({"w": 1.0}, [1.0], r"at the top: dict with \['w'\].*list with \['0'\]"), ([1.0, 2.0], [1.0], "list with.*list with"),
    ({"a": [1.0, {"b": 2.0}]}, {"a": [1.0, {"c": 2.0}]}, r"trees differ at \['a'\]\[1\]: dict with"),
    ({"a": np.ones(2)}, {"a": "text"}, r"trees differ: \['a'\] is an array in the first, str in another"),
    ({"a": np.ones(2)}, {"a": None}, r"\['a'\] is an array in the first, NoneType in another"),
    ({"a": 1.0}, {"a": [1.0]}, r"\['a'\] is an array in the first, list"), ((1.0,), [1.0], "tuple.*list"),
    (Layer(1.0, 2.0), (1.0, 2.0, "layer"), "Layer.*tuple"), (Gaussian(1.0, 2.0), Layer(1.0, 2.0), "Gaussian.*Layer"),
    ({"a": 1.0, 1: 2.0}, {"a": 1.0, 2: 2.0}, "dict with"), (Gaussian(1.0, [2.0]), Gaussian(1.0, [2.0, 3.0]), r"at \.scale"),
    (1.0, {"a": 1.0}, "the top is an array in the first, dict in another"),
    (OrderedDict(a=1.0), {"a": 1.0}, "OrderedDict.*dict")])
def test_trees_that_differ_say_where(one, other, words):
    with pytest.raises(ValueError, match=words):
        tree.map(lambda x, y: x, one, other)


def test_the_number_of_leaves_is_checked():
    t = {"a": 1.0, "b": [2.0]}
    with pytest.raises(ValueError, match="unflatten: fewer leaves than the tree has"):
        tree.unflatten(t, [1.0])
    with pytest.raises(ValueError, match="unflatten: got 3 leaves, more than the tree has"):
        tree.unflatten(t, [1.0, 2.0, 3.0])


def test_ravel_and_map_are_differentiable(rng):
    theta = {"w": rng.normal(size=(2, 3)), "b": rng.normal(size=3), "n": 2}
    vector, unravel = tree.ravel(theta)

    def f(t):
        return np.sum(np.tanh(t["w"]) @ t["b"] * t["n"])
    np.testing.assert_allclose(grad(lambda v: f(unravel(v)))(vector), tree.ravel(grad(f)(theta))[0])
    weights = rng.normal(size=9)
    g = grad(lambda t: np.sum(tree.ravel(t)[0] ** 2 * weights))(theta)
    np.testing.assert_allclose(tree.ravel(g)[0], 2 * vector * weights)
    g = grad(lambda t: sum(np.sum(x) for x in tree.flatten(tree.map(lambda p, q: p * q, t, theta))[0]))(theta)
    np.testing.assert_allclose(g["w"], theta["w"])
