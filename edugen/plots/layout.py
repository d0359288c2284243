"""Where to put the nodes of a directed graph: in layers along the arrows, with few crossings and short arrows.

The manner of Sugiyama, Tagawa and Toda (1981), small: a layer for each node, a waypoint wherever an arrow passes a layer,
an order within each layer, and then distances.
"""
import numpy as np

__all__ = ["layered"]


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

    rows: list[list[tuple[int, int, int]]] = [[] for _ in range(layers.max() + 1)]       # nodes and waypoints, by layer
    links: list[tuple[tuple[int, int, int], tuple[int, int, int]]] = []
    for child in range(n):
        rows[layers[child]].append((child, child, layers[child]))
        for parent in dict.fromkeys(parents[child]):
            chain = [(parent, child, layer) for layer in range(layers[parent] + 1, layers[child])]
            for item in chain:
                rows[item[2]].append(item)
            way = [(parent, parent, layers[parent]), *chain, (child, child, layers[child])]
            links += zip(way, way[1:])
    before = {item: [a for a, b in links if b == item] for row in rows for item in row}
    after = {item: [b for a, b in links if a == item] for row in rows for item in row}

    best, fewest = rows, np.inf
    for sweep in range(24):                                  # order each layer by the mean place of its neighbors
        place = {item: k for row in rows for k, item in enumerate(row)}
        crossings = sum((place[a] - place[c]) * (place[b] - place[d]) < 0
                        for k, (a, b) in enumerate(links) for c, d in links[:k] if a[2] == c[2])
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
        neighbors, walk = (before, rows) if sweep % 2 == 0 else (after, rows[::-1])
        for row in walk:
            row.sort(key=lambda item: np.mean([place[other] for other in neighbors[item]] or [place[item]]))
            place |= {item: k for k, item in enumerate(row)}

    room = {item: sizes[item[0]] if item[0] == item[1] else sizes.min() / 4 for row in best for item in row}
    pull = {item: 1.0 if before[item] else 0.05 for row in best for item in row}     # leaves make way for what flows
    y = {item: float(k) for row in best for k, item in enumerate(row)}
    for _ in range(60):                                      # then move each toward its neighbors, as near as room allows
        for row in best:
            near = [before[item] + after[item] or [item] for item in row]
            wish = [np.average([y[other] for other in others], weights=[pull[other] for other in others]) for others in near]
            ends = np.cumsum([room[item] + gap for item in row])
            middles = ends - np.array([room[item] + gap for item in row]) / 2
            y |= dict(zip(row, _increasing(np.array(wish) - middles, np.array([pull[item] for item in row])) + middles))
    low = min(y[item] - room[item] / 2 for item in y)
    offsets: dict[tuple[int, int], list[float]] = {}
    for item in sorted(y, key=lambda item: item[2]):
        offsets.setdefault(item[:2], []).append(float(y[item] - low))
    for child in range(n):
        for parent in parents[child]:
            offsets.setdefault((parent, child), [])
    return layers, offsets


def _increasing(wish: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The increasing numbers closest to the wishes in weighted squares: isotonic regression, by pooling neighbors."""
    pools: list[tuple[float, float, int]] = []               # value, weight, how many
    for value, heavy in zip(wish, weight):
        pools.append((value, heavy, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, m, i), (b, k, j) = pools[-2:]
            pools[-2:] = [((m * a + k * b) / (m + k), m + k, i + j)]
    return np.repeat([value for value, _, _ in pools], [count for _, _, count in pools])
