"""The record of a computation, drawn: which value was made of which."""
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from edugen.plots.layout import layered
from edugen.plots.picture import Picture
from edugen.plots.style import BLACK, BLUE, GRAY, ORANGE, styled

__all__ = ["computation_graph"]

SYMBOLS = {"add": "+", "subtract": "−", "multiply": "×", "divide": "÷", "power": "**", "matmul": "@", "negative": "−"}
FILL = {"leaf": ("#FCEBC6", ORANGE), "operation": ("#E3EFF7", BLUE), "data": ("#F0F0F0", GRAY)}


class Data:
    """An array among the arguments that is no node of the graph, drawn as if it were one."""

    def __init__(self, value: Any) -> None:
        self.value, self.parents = value, ()


@styled
def computation_graph(output: Any, names: Mapping[str, Any] | None = None, values: bool = True,
                      notes: Callable[[Any], str] | None = None, label: Callable[[Any], str] | None = None,
                      order: Sequence[Any] | None = None, direction: Literal["right", "down"] | None = None,
                      title: str | None = None, alt: str | None = None) -> Picture:
    """The graph of a computation from its leaves to `output`, along the arrows; the first argument enters first.

    Leaves are amber and square, operations blue and round, data that is not differentiated gray and dashed.

    Parameters
    ----------
    output : node
        Anything with `.parents`: nodes, or tuples that hold one each, such as (position, Tensor) or (node, local rule);
        no parents for a leaf. A label is taken from `.function`, `.operation`, `.op` or `.name`, a string or a function,
        and a value from `.value` or `.data`, where a node has them. A `Tensor` is such a node.
    names : dict of nodes, optional
        What to call the leaves, or any node: {"w": w}. Arrays among the arguments of a `Tensor` can be named too.
    values : bool
        Show the value of a node where it is one number, else its shape.
    notes : function, optional
        Takes a node, returns another line to write in it, such as its gradient, or "".
    label : function, optional
        Takes a node, returns what to write in it, instead of the rule above.
    order : sequence of nodes, optional
        Numbers the nodes 1, 2, 3, ... in this order.
    direction : "right" or "down", optional
        Where the arrows lead; by default to the right, and down when the graph is deeper than seven.
    title : str, optional
    alt : str, optional
        The description; by default the list of all nodes with what they are made of.

    Returns
    -------
    Picture

    Raises
    ------
    TypeError
        When `output` or one of its ancestors has no `.parents`.
    ValueError
        When the graph has more than 80 nodes, and so could not be read, or a node is its own ancestor.

    Examples
    --------
    >>> from types import SimpleNamespace as Node
    >>> x, w = Node(value=2.0, parents=()), Node(value=3.0, parents=())
    >>> y = Node(value=6.0, parents=(x, w), function=np.multiply)
    >>> computation_graph(y, names={"x": x, "w": w}).alt
    'Computation graph of 3 nodes: 1 x, leaf; 2 w, leaf; 3 × of 1 and 2.'
    """
    if direction not in (None, "right", "down"):
        raise ValueError(f'direction must be None, "right" or "down", got {direction!r}')
    nodes, parents = _collect(output)
    place = {id(node): k for k, node in enumerate(nodes)}
    called = {id(node): name for name, node in (names or {}).items()}
    words = [label(node) if label else called.get(_identity(node)) or _label(node) for node in nodes]
    kinds = ["data" if isinstance(node, Data) else "operation" if parents[k] else "leaf" for k, node in enumerate(nodes)]
    texts = []
    for node, word in zip(nodes, words):
        parts = [word, _value(node) if values else "", notes(node) if notes and not isinstance(node, Data) else ""]
        texts.append([line for part in parts for line in part.split("\n") if line])
    numbers = {place[id(node)]: k + 1 for k, node in enumerate(order or ()) if id(node) in place}

    picture = Picture()
    picture.set_layout_engine("none")
    wide = np.array([max(0.62, 0.24 + 0.105 * max(map(len, text))) for text in texts])
    high = np.array([0.2 + 0.21 * len(text) for text in texts])
    depth = [0] * len(nodes)
    for k, sources in enumerate(parents):
        depth[k] = 1 + max((depth[source] for source in sources), default=-1)
    right = (direction or ("right" if depth[-1] < 7 else "down")) == "right"
    along, aside = (wide, high) if right else (high, wide)   # the size of a node in the direction of the arrows, and across
    layers, across = layered(parents, aside, gap=0.25)
    extent = np.array([along[layers == k].max() for k in range(layers.max() + 1)])
    start = np.concatenate([[0.0], np.cumsum(extent + (0.6 if right else 0.42))])[:-1] + 0.2

    def at(layer: float, offset: float) -> np.ndarray:
        """Inches from the upper left; y grows downward."""
        return np.array((layer, offset + 0.2) if right else (offset + 0.2, layer))

    breadth = max(across[k, k][0] + aside[k] / 2 for k in range(len(nodes)))
    breadth = max([breadth, *(o for way in across.values() for o in way)]) + 0.4
    length = start[-1] + extent[-1] + 0.2
    size = (length, breadth) if right else (breadth, length)
    head = 0.4 if title else 0.0
    picture.set_size_inches(max(size[0], 3.0), size[1] + head)
    ax = picture.add_axes((0, 0, 1, size[1] / (size[1] + head)))
    margin = max(0.0, 3.0 - size[0]) / 2
    ax.set(xlim=(-margin, size[0] + margin), ylim=(size[1], 0))
    ax.set_axis_off()
    if title:
        picture.text(0.5, 1 - 0.2 / (size[1] + head), title, ha="center", va="center", fontsize=13)

    middle = {k: at(start[layers[k]] + extent[layers[k]] / 2, across[k, k][0]) for k in range(len(nodes))}
    for child, sources in enumerate(parents):
        for port, source in enumerate(sources):
            shift = (port - (len(sources) - 1) / 2) * min(0.22, 0.7 * aside[child] / len(sources))
            twin = (port - sources.index(source)) * 0.12     # x * x: the second arrow leaves a little beside the first
            ways = [at(start[layer] + end, offset) for layer, offset in enumerate(across[source, child], layers[source] + 1)
                    for end in (0.0, extent[layer])] if source != child else []
            here = middle[source] + ((along[source] / 2, twin) if right else (twin, along[source] / 2))
            there = middle[child] + ((-along[child] / 2 - 0.03, shift) if right else (shift, -along[child] / 2 - 0.03))
            _arrow(ax, [here, *ways, there], right)
    for k, (text, kind) in enumerate(zip(texts, kinds)):
        x, y = middle[k]
        face, edge = FILL[kind]
        rounding = 0.04 if kind != "operation" else min(0.2, high[k] / 2)
        ax.add_patch(FancyBboxPatch((x - wide[k] / 2, y - high[k] / 2), wide[k], high[k],
                                    boxstyle=f"round,pad=0,rounding_size={rounding}", facecolor=face, edgecolor=edge,
                                    linewidth=3.0 if nodes[k] is output else 1.6,
                                    linestyle="--" if kind == "data" else "-", zorder=3))
        for row, line in enumerate(text):
            ax.text(x, y + 0.21 * (row - (len(text) - 1) / 2), line, ha="center", va="center", zorder=4,
                    fontsize=12.5 if row == 0 else 11, fontweight="bold" if row == 0 else "normal")
        if k in numbers:
            corner = (x - wide[k] / 2, y - high[k] / 2)
            ax.add_patch(Circle(corner, 0.125, facecolor=BLACK, zorder=5))
            ax.text(*corner, str(numbers[k]), ha="center", va="center", color="white", fontsize=10, zorder=6,
                    fontweight="bold")

    listed = "; ".join(f"{k + 1} {' '.join(words[k].split())}" + (" of " + " and ".join(str(p + 1) for p in parents[k])
                       if parents[k] else f", {kinds[k]}" * (words[k] != kinds[k])) for k in range(len(nodes)))
    subject = f"{title}. " if title else ""
    picture.describe(f"{subject}Computation graph of {len(nodes)} node{'s' * (len(nodes) > 1)}: {listed}.", alt)
    return picture


def _arrow(ax, points, right):
    """A smooth arrow through the points, level where it leaves, passes and arrives."""
    path, codes = [points[0]], [Path.MOVETO]
    for a, b in zip(points, points[1:]):
        bend = np.array((0.5 * (b - a)[0], 0.0) if right else (0.0, 0.5 * (b - a)[1]))
        path += [a + bend, b - bend, b]
        codes += [Path.CURVE4] * 3
    ax.add_patch(FancyArrowPatch(path=Path(path, codes), arrowstyle="-|>,head_length=6,head_width=3.2", color="#444444",
                                 linewidth=1.5, zorder=2, shrinkA=0, shrinkB=0))


def _collect(output: Any) -> tuple[list[Any], list[list[int]]]:
    """All ancestors of `output`, every node after its parents, and the positions of each node's parents in that list."""
    found: dict[int, Any] = {}
    above: dict[int, list[Any]] = {}
    data: dict[int, Data] = {}
    open_, done, stack = set(), list[int](), [(output, False)]
    while stack:
        node, finished = stack.pop()
        key = id(node)
        if finished:
            open_.discard(key)
            done.append(key)
        elif key in open_:
            raise ValueError("the graph has a cycle: a node is among its own ancestors")
        elif key not in found:
            found[key], above[key] = node, _parents(node, data)
            if len(found) > 80:
                raise ValueError("the graph has more than 80 nodes, too many to read; draw the output of a smaller "
                                 "computation, such as one example and one layer")
            open_.add(key)
            stack.append((node, True))
            stack.extend((parent, False) for parent in reversed(above[key]))
    place = {key: k for k, key in enumerate(done)}
    return [found[key] for key in done], [[place[id(parent)] for parent in above[key]] for key in done]


def _parents(node: Any, data: dict[int, Data]) -> list[Any]:
    """Parents of a node in the order of its arguments, and among them the arrays of a Tensor that are no nodes."""
    if not hasattr(node, "parents"):
        raise TypeError(f"a node must have .parents (nodes, or tuples that hold one each), got {type(node).__name__}; "
                        "computation_graph takes the tensor or tape node itself, not its value")
    entries: list[tuple[Any, Any]] = []
    for k, entry in enumerate(node.parents):
        members = entry if isinstance(entry, tuple) else (entry,)
        inner = next((member for member in members if hasattr(member, "parents")), None)
        if inner is None:
            raise TypeError(f"parent {k} of a {type(node).__name__} must be a node or a tuple that holds one, got {entry!r}")
        entries.append((members[0] if isinstance(members[0], int) else k, inner))
    taken = {position for position, _ in entries}
    for position, value in enumerate(getattr(node, "args", ())):
        value = _plain(value)
        if position not in taken and isinstance(value, np.ndarray) and value.ndim:
            entries.append((position, data.setdefault(id(value), Data(value))))
    return [parent for _, parent in sorted(entries, key=lambda entry: entry[0])]


def _plain(value: Any) -> Any:
    """What a node holds, through all levels of nodes in nodes."""
    while hasattr(value, "parents"):
        value = getattr(value, "value", getattr(value, "data", None))
    return value


def _identity(node: Any) -> int:
    return id(node.value) if isinstance(node, Data) else id(node)


def _label(node: Any) -> str:
    if isinstance(node, Data):
        return "data"
    found = next((found for found in (getattr(node, key, None) for key in ("function", "operation", "op", "name"))
                  if found not in (None, "")), None)
    if found is None:
        return "leaf" if not node.parents else type(node).__name__
    name = found if isinstance(found, str) else getattr(found, "__name__", str(found)).lstrip("_")
    word = SYMBOLS.get(name, name)
    numbers = {k: value for k, value in enumerate(map(_plain, getattr(node, "args", ())))
               if np.ndim(value) == 0 and isinstance(value, (int, float, np.number, np.ndarray))}
    taken = {entry[0] for entry in node.parents if isinstance(entry, tuple) and isinstance(entry[0], int)}
    if len(taken) == 1 and len(numbers.keys() - taken) == 1 and len(node.args) == 2:
        sides = [f"{numbers[k]:.3g}" if k not in taken else "·" for k in range(2)]
        word = f"{sides[0]} {word} {sides[1]}" if name in SYMBOLS else f"{word}({sides[0]}, {sides[1]})"
    options = getattr(node, "options", None) or {}
    return word + "".join(f"\n{key}={value}" for key, value in options.items()
                          if isinstance(value, (int, float, str, tuple)) and value is not False)


def _value(node: Any) -> str:
    value = _plain(node)
    if value is None:
        return ""
    shape = np.shape(value)
    return str(shape) if shape else f"{float(value):.3g}"
