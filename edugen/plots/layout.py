"""Where to put the nodes of a directed graph: in layers along the arrows, with few crossings and short arrows.

The manner of Sugiyama, Tagawa and Toda (1981), small: a layer for each node, a waypoint wherever an arrow passes a layer,
an order within each layer, and then distances.
"""
from typing import NamedTuple

import numpy as np

__all__ = ["layered"]


class Item(NamedTuple):
    """What stands in a layer: a node (source and target are one), or a waypoint of the arrow from source to target."""

    source: int
    target: int
    layer: int


class Link(NamedTuple):
    """An arrow from one layer to the next; `port` is the place of the arrow among those that enter its target."""

    tail: Item
    head: Item
    port: float


def layered(parents: list[list[int]], sizes: np.ndarray | None = None,
            gap: float = 0.0) -> tuple[np.ndarray, dict[tuple[int, int], list[float]]]:
    """Layers and offsets of the nodes of a graph whose last node is its only sink.

    Parameters
    ----------
    parents : list of lists
        For each node the positions of its parents, all smaller than its own.
    sizes : array (N,), optional
        How much room each node takes within its layer; by default 1. A waypoint takes a quarter of the smallest.
    gap : float
        The room between neighbors in a layer.

    Returns
    -------
    layers : integers (N,)
        The layer of each node, counted from 0; a parent's is smaller than its child's.
    offsets : dict
        The middles within the layers, nothing reaching below 0 or into its neighbor: under (k, k) the place of node k,
        and under (parent, child) the places of the waypoints in the layers between them, if any.

    Examples
    --------
    >>> layers, offsets = layered([[], [], [0, 1], [0, 2]])
    >>> layers.tolist(), len(offsets[0, 3])
    ([0, 0, 1, 2], 1)
    """
    n = len(parents)
    sizes = np.ones(n) if sizes is None else sizes
    height = np.zeros(n, dtype=int)                          # longest way to the sink: a leaf stands close to its first user
    for child in reversed(range(n)):
        for parent in parents[child]:
            height[parent] = max(height[parent], height[child] + 1)
    layers = height.max() - height

    rows: list[list[Item]] = [[] for _ in range(layers.max() + 1)]
    links: list[Link] = []
    for child in range(n):
        rows[layers[child]].append(Item(child, child, layers[child]))
        for port, parent in enumerate(dict.fromkeys(parents[child])):
            way = [Item(parent, child, layer) for layer in range(layers[parent] + 1, layers[child])]
            for item in way:
                rows[item.layer].append(item)
            way = [Item(parent, parent, layers[parent]), *way, Item(child, child, layers[child])]
            links += [Link(a, b, 0.01 * port * (b is way[-1])) for a, b in zip(way, way[1:])]
    places = _distances(_untangle(rows, links), links, sizes, gap)

    offsets: dict[tuple[int, int], list[float]] = {(p, k): [] for k in range(n) for p in [k, *parents[k]]}
    for item in sorted(places, key=lambda item: item.layer):
        offsets[item.source, item.target].append(places[item])
    return layers, offsets


def _untangle(rows: list[list[Item]], links: list[Link]) -> list[list[Item]]:
    """The layers in an order with few crossings: the best of some local searches, from the order given and from others."""
    before = {item: [link for link in links if link.head == item] for row in rows for item in row}
    after = {item: [link for link in links if link.tail == item] for row in rows for item in row}
    place: dict[Item, int] = {}

    def crossed(a: Item, b: Item) -> int:
        """Crossings of the arrows at `a` with those at `b`, when `a` stands before `b`."""
        return (sum(place[c.tail] > place[d.tail] for c in before[a] for d in before[b])
                + sum(place[c.head] + c.port > place[d.head] + d.port for c in after[a] for d in after[b]))

    rng, best, fewest = np.random.default_rng(0), rows, np.inf
    for _ in range(12 if len(links) < 60 else 2):
        place |= {item: k for row in rows for k, item in enumerate(row)}
        for sweep in range(8):
            for row in rows if sweep % 2 == 0 else rows[::-1]:                  # order by the mean place of the neighbors
                if sweep % 2 == 0:
                    mean = {a: np.mean([place[c.tail] for c in before[a]] or [place[a]]) for a in row}
                else:
                    mean = {a: np.mean([place[c.head] + c.port for c in after[a]] or [place[a]]) for a in row}
                row.sort(key=mean.__getitem__)
                place |= {item: k for k, item in enumerate(row)}
            swapped = True
            while swapped:                                                      # swap neighbors while that undoes crossings
                swapped = False
                for row in rows:
                    for k in range(len(row) - 1):
                        a, b = row[k], row[k + 1]
                        if crossed(a, b) > crossed(b, a):
                            row[k], row[k + 1], place[a], place[b], swapped = b, a, k + 1, k, True
            crossings = sum(crossed(a, b) for row in rows for k, b in enumerate(row) for a in row[:k])
            if crossings < fewest:
                best, fewest = [list(row) for row in rows], crossings
        if fewest == 0:
            break
        rows = [[row[k] for k in rng.permutation(len(row))] for row in rows]
    return best


def _distances(rows: list[list[Item]], links: list[Link], sizes: np.ndarray, gap: float) -> dict[Item, float]:
    """Every item as near to its neighbors as the order and the room leave it; a leaf makes way for what flows."""
    near: dict[Item, list[Item]] = {item: [] for row in rows for item in row}
    for link in links:
        near[link.head].append(link.tail)
        near[link.tail].append(link.head)
    fed = {link.head for link in links}
    room = {item: gap + (sizes[item.source] if item.source == item.target else sizes.min() / 4) for item in near}
    pull = {item: 1.0 if item in fed else 0.05 for item in near}
    place = {item: float(k) for row in rows for k, item in enumerate(row)}
    for _ in range(60):
        for row in rows:
            wish = [np.average([place[b] for b in near[a] or [a]], weights=[pull[b] for b in near[a] or [a]]) for a in row]
            widths = np.array([room[a] for a in row])
            middles = np.cumsum(widths) - widths / 2         # packed without a hole; the holes must not shrink
            found = _increasing(np.array(wish) - middles, [pull[a] for a in row]) + middles
            place |= dict(zip(row, found.tolist()))
    low = min(place[item] - (room[item] - gap) / 2 for item in place)
    return {item: place[item] - low for item in place}


def _increasing(wish: np.ndarray, weight: list[float]) -> np.ndarray:
    """The increasing numbers closest to the wishes in weighted squares: isotonic regression, by pooling neighbors."""
    pools: list[tuple[float, float, int]] = []               # value, weight, how many
    for value, heavy in zip(wish, weight):
        pools.append((value, heavy, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, m, i), (b, k, j) = pools[-2:]
            pools[-2:] = [((m * a + k * b) / (m + k), m + k, i + j)]
    return np.repeat([value for value, _, _ in pools], [count for _, _, count in pools])
