"""Computation graphs: of the engine's tensors and of a student's own tape."""
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from edugen import plots
from edugen.autodiff import Tensor, softmax


class Node:
    """A tape as a student would write it: the value is called `data`, parents are bare nodes."""

    def __init__(self, data, parents=(), op=""):
        self.data, self.parents, self.op = data, parents, op

    def __mul__(self, other):
        return Node(self.data * other.data, (self, other), "*")

    def __add__(self, other):
        return Node(self.data + other.data, (self, other), "+")

    def __eq__(self, other):
        raise AssertionError("nodes are told apart by identity")

    __hash__ = None


def boxes(picture):
    """(lines of text, box) of every node, by where the text stands."""
    (ax,) = picture.axes
    found = []
    for box in (patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)):
        x, y, w, h = box.get_x(), box.get_y(), box.get_width(), box.get_height()
        inside = [text for text in ax.texts if x < text.get_position()[0] < x + w and y < text.get_position()[1] < y + h]
        found.append(([text.get_text() for text in sorted(inside, key=lambda text: text.get_position()[1])], (x, y, w, h)))
    return found


def arrows(picture):
    """Pairs (first word of the source, first word of the target), by where each arrow starts and ends."""
    def nearest(point):
        def distance(box):
            x, y, w, h = box[1]
            return max(x - point[0], point[0] - x - w, 0) + max(y - point[1], point[1] - y - h, 0)
        best = min(boxes(picture), key=distance)
        assert distance(best) < 0.05
        return best[0][0]

    ends = [patch._path_original.vertices for patch in picture.axes[0].patches if isinstance(patch, FancyArrowPatch)]
    return [(nearest(path[0]), nearest(path[-1])) for path in ends]


def tensor(value):
    return Tensor(value, 1)


def test_nodes_and_arrows_of_a_tensor():
    w, x, b = tensor(0.5), tensor(3.0), tensor(-1.0)
    picture = plots.computation_graph(np.tanh(w * x + b), names={"w": w, "x": x, "b": b})
    assert sorted(text for text, _ in boxes(picture)) == sorted(
        [["w", "0.5"], ["x", "3"], ["b", "-1"], ["×", "1.5"], ["+", "0.5"], ["tanh", "0.462"]])
    assert sorted(arrows(picture)) == sorted([("w", "×"), ("x", "×"), ("×", "+"), ("b", "+"), ("+", "tanh")])
    assert picture.alt == ("Computation graph of 6 nodes: 1 w, leaf; 2 x, leaf; 3 × of 1 and 2; 4 b, leaf; "
                           "5 + of 3 and 4; 6 tanh of 5.")


def test_a_students_tape_is_drawn_without_being_compared():
    a, b = Node(2.0), Node(4.0)
    picture = plots.computation_graph(a * b + a, names={"a": a, "b": b})
    assert sorted(text for text, _ in boxes(picture)) == [["*", "8"], ["+", "10"], ["a", "2"], ["b", "4"]]
    assert sorted(arrows(picture)) == [("*", "+"), ("a", "*"), ("a", "+"), ("b", "*")]


def test_parents_may_stand_in_tuples_with_local_rules():
    leaf = SimpleNamespace(value=1.0, parents=())
    out = SimpleNamespace(value=2.0, parents=((leaf, lambda g: 2 * g),), function="double")
    assert plots.computation_graph(out, names={"x": leaf}).alt == "Computation graph of 2 nodes: 1 x, leaf; 2 double of 1."


def test_arrays_show_their_shape_and_data_are_dashed(rng):
    x, w = rng.normal(size=(5, 3)), tensor(np.zeros((3, 2)))
    picture = plots.computation_graph(np.sum(softmax(x @ w, axis=1)), names={"x": x, "W": w})
    assert ["x", "(5, 3)"] in [text for text, _ in boxes(picture)] and ["W", "(3, 2)"] in [text for text, _ in boxes(picture)]
    assert ["softmax", "axis=1", "(5, 2)"] in [text for text, _ in boxes(picture)]
    dashed = [patch for patch in picture.axes[0].patches if isinstance(patch, FancyBboxPatch) and patch.get_linestyle() == "--"]
    assert len(dashed) == 1
    assert "1 x, data; 2 W, leaf; 3 @ of 1 and 2" in picture.alt


def test_arguments_enter_in_order():
    a, b = tensor(1.0), tensor(2.0)
    for value in (a - b, np.subtract(b, a)):
        picture = plots.computation_graph(value, names={"a": a, "b": b})
        starts = {}
        for patch in picture.axes[0].patches:
            if isinstance(patch, FancyArrowPatch):
                path = patch._path_original.vertices
                starts[path[-1][1]] = path[0][1]
        first, second = (starts[y] for y in sorted(starts))
        upper = {text[0]: y for text, (_, y, _, h) in boxes(picture)}
        names = ("a", "b") if value.value == -1.0 else ("b", "a")
        assert abs(first - upper[names[0]]) < abs(first - upper[names[1]])
        assert abs(second - upper[names[1]]) < abs(second - upper[names[0]])


def test_a_value_used_twice_has_two_arrows():
    a = tensor(3.0)
    picture = plots.computation_graph(a * a, names={"a": a})
    assert arrows(picture) == [("a", "×"), ("a", "×")]
    paths = [patch._path_original.vertices for patch in picture.axes[0].patches if isinstance(patch, FancyArrowPatch)]
    assert abs(paths[0][0][1] - paths[1][0][1]) > 0.05 and abs(paths[0][-1][1] - paths[1][-1][1]) > 0.05


def test_constants_stand_in_the_label():
    a = tensor(3.0)
    words = [text[0] for text, _ in boxes(plots.computation_graph(np.maximum(2 * a**2, 0.5)))]
    assert {"· ** 2", "2 × ·", "maximum(·, 0.5)", "leaf"} == set(words)


def test_tensors_of_higher_levels_show_the_number_inside():
    inner = Tensor(2.0, 1)
    outer = Tensor(inner, 2)
    picture = plots.computation_graph(outer * inner, names={"outer": outer})
    assert sorted(text for text, _ in boxes(picture)) == [["outer", "2"], ["· × 2", "4"]]


def test_notes_labels_values_and_numbers():
    a, b = Node(2.0), Node(4.0)
    c = a * b
    picture = plots.computation_graph(c, values=False, notes=lambda node: f"grad {node.data:g}\nsecond", order=[b, a, c],
                                      label=lambda node: "product" if node.parents else f"leaf {node.data:g}")
    found = {text[0]: text[1:] for text, _ in boxes(picture)}
    assert found == {"product": ["grad 8", "second"], "leaf 2": ["grad 2", "second"], "leaf 4": ["grad 4", "second"]}
    where = {text[0]: box for text, box in boxes(picture)}
    badges = [patch for patch in picture.axes[0].patches if isinstance(patch, Circle)]
    texts = {text.get_position(): text.get_text() for text in picture.axes[0].texts}
    assert {texts[tuple(badge.center)]: next(k for k, box in where.items() if np.allclose(box[:2], badge.center))
            for badge in badges} == {"1": "leaf 4", "2": "leaf 2", "3": "product"}


def deep(depth):
    node = Node(1.0)
    for _ in range(depth):
        node = Node(1.0, (node,), "f")
    return node


@pytest.mark.parametrize("depth, direction, wide", [(3, None, True), (12, None, False), (3, "down", False),
                                                    (12, "right", True)])
def test_shallow_graphs_lead_right_and_deep_ones_down(depth, direction, wide):
    places = np.array([box[:2] for _, box in boxes(plots.computation_graph(deep(depth), direction=direction))])
    assert (np.ptp(places[:, 0]) > np.ptp(places[:, 1])) == wide
    assert np.all(np.diff(places, axis=0)[:, 0 if wide else 1] > 0)


def test_texts_fit_into_their_boxes_and_boxes_into_the_picture():
    w = tensor(np.zeros((12, 34)))
    picture = plots.computation_graph(np.sum(np.logaddexp(w, w), axis=1), names={"a long name": w}, title="title",
                                      notes=lambda node: "gradient 1.2345")
    picture.draw_without_rendering()
    (ax,) = picture.axes
    frames = [patch.get_window_extent() for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    for text in ax.texts:
        extent = text.get_window_extent()
        assert any(f.x0 < extent.x0 and extent.x1 < f.x1 and f.y0 < extent.y0 and extent.y1 < f.y1 for f in frames), text
    assert all(f.x0 > 0 and f.y0 > 0 and f.x1 < picture.bbox.x1 and f.y1 < picture.bbox.y1 for f in frames)


def test_a_picture_can_be_svg(tmp_path):
    plots.computation_graph(deep(2)).savefig(tmp_path / "graph.svg")
    text = (tmp_path / "graph.svg").read_text(encoding="utf-8")
    assert "<title>Computation graph of 3 nodes" in text and ">leaf</text>" in text


def cycle():
    a = Node(1.0)
    a.parents = (Node(2.0, (a,), "f"),)
    return a


@pytest.mark.parametrize("output, error, message", [
    (3.0, TypeError, r"a node must have .parents .* got float; computation_graph takes the tensor"),
    (Node(1.0, (2.0,)), TypeError, "parent 0 of a Node must be a node or a tuple that holds one, got 2.0"),
    (deep(80), ValueError, "more than 80 nodes"),
    (deep(100_000), ValueError, "more than 80 nodes"),
    (cycle(), ValueError, "cycle: a node is among its own ancestors"),
])
def test_what_cannot_be_drawn_is_explained(output, error, message):
    with pytest.raises(error, match=message):
        plots.computation_graph(output)


def test_an_unknown_direction_is_named():
    with pytest.raises(ValueError, match='direction must be None, "right" or "down", got \'up\''):
        plots.computation_graph(Node(1.0), direction="up")
