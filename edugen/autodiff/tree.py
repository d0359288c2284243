"""Trees: parameters in dicts, lists, tuples and dataclasses.

A leaf is a floating array (or a float, or a tensor). Everything else, integers, strings, functions, is carried along unchanged.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any

import numpy as np

from .tensor import Tensor

__all__ = ["columns", "flatten", "is_leaf", "map", "paths", "ravel", "unflatten"]


def is_leaf(x: Any) -> bool:
    """Whether `x` is something that has a gradient: a floating array, a float, a tensor."""
    kind = type(x)
    if kind is np.ndarray:
        return x.dtype.kind == "f"
    return kind is Tensor or kind is float or (isinstance(x, (np.ndarray, np.floating)) and x.dtype.kind == "f")


def flatten(tree: Any) -> tuple[list, Callable[[list], Any]]:
    """The leaves of a tree, and the function that builds the same tree around others.

    Examples
    --------
    >>> leaves, build = flatten({"W": np.ones(2), "depth": 3, "b": 0.5})
    >>> leaves
    [array([1., 1.]), 0.5]
    >>> build([7, 8])
    {'W': 7, 'depth': 3, 'b': 8}
    """
    leaves: list = []
    _collect(tree, leaves)
    return leaves, partial(unflatten, tree)


def unflatten(like: Any, leaves: list) -> Any:
    """A tree shaped like `like` around `leaves`. Constructors are not called: a gradient is no model, and isn't validated."""
    remaining = iter(leaves)
    try:
        tree = _build(like, remaining)
    except StopIteration:
        raise ValueError("unflatten: fewer leaves than the tree has") from None
    if next(remaining, None) is not None:
        raise ValueError(f"unflatten: got {len(leaves)} leaves, more than the tree has")
    return tree


def map(f: Callable, tree: Any, *others: Any) -> Any:
    """Apply `f` to corresponding leaves; the result has the structure of the first tree.

    Examples
    --------
    >>> map(lambda t, g: t - 0.1 * g, {"w": 1.0}, {"w": 2.0})
    {'w': 0.8}
    """
    leaves, build = columns(tree, *others)
    return build([f(*row) for row in zip(*leaves, strict=True)])


def columns(tree: Any, *others: Any) -> tuple[list[list], Callable[[list], Any]]:
    """The leaves of several trees, in the order of the first, and the function that builds that one around others.

    Examples
    --------
    >>> (theta, g), build = columns({"w": 1.0, "b": 2.0}, {"b": 3.0, "w": 4.0})
    >>> theta, g
    ([1.0, 2.0], [4.0, 3.0])
    """
    leaves, build = flatten(tree)
    found = [leaves]
    for other in others:
        found.append([])
        if not _collect_like(tree, other, found[-1]):
            raise ValueError(_difference(tree, other, "") or "trees differ")
    return found, build


def paths(tree: Any) -> list[str]:
    """Where each leaf is, as one would write it after the tree's name: `['W']`, `[0].mean`; `''` for a bare array."""
    return [path for path, _ in _walk(tree, "")]


def ravel(tree: Any) -> tuple[Any, Callable[[Any], Any]]:
    """All leaves in one vector, and the differentiable way back.

    Examples
    --------
    >>> vector, unravel = ravel({"W": np.zeros((2, 2)), "b": np.ones(2)})
    >>> vector
    array([0., 0., 0., 0., 1., 1.])
    >>> unravel(vector)["b"]
    array([1., 1.])
    """
    leaves, build = flatten(tree)
    shapes = [np.shape(leaf) for leaf in leaves]
    ends = np.cumsum([0] + [int(np.prod(s)) for s in shapes])

    def unravel(vector):
        if np.shape(vector) != (ends[-1],):
            raise ValueError(f"unravel: expected a vector of {ends[-1]} numbers, got shape {np.shape(vector)}")
        return build([np.reshape(vector[a:b], s) for a, b, s in zip(ends, ends[1:], shapes, strict=False)])

    return (np.concatenate([np.reshape(leaf, -1) for leaf in leaves]) if leaves else np.zeros(0)), unravel


def _children(tree: Any) -> Iterator[tuple[Any, str]] | None:
    """(key, how it is written) of each child, or None where the tree ends."""
    if isinstance(tree, dict):
        return ((k, f"[{k!r}]") for k in tree)
    if isinstance(tree, (list, tuple)):
        names = getattr(tree, "_fields", None)                            # a namedtuple's
        return ((i, f".{names[i]}" if names else f"[{i}]") for i in range(len(tree)))
    if is_dataclass(tree) and not isinstance(tree, type):
        return ((f.name, f".{f.name}") for f in fields(tree))
    return None


def _child(tree, key):
    return getattr(tree, key) if isinstance(key, str) and not isinstance(tree, dict) else tree[key]


def _collect(tree, leaves):
    """Append the leaves of `tree`.  On the way of every gradient, so the frequent kinds come first."""
    kind = type(tree)
    if kind is np.ndarray and tree.dtype.kind == "f":
        leaves.append(tree)
    elif kind is tuple or kind is list:
        for child in tree:
            if type(child) is np.ndarray and child.dtype.kind == "f":     # most children are, and need no call
                leaves.append(child)
            else:
                _collect(child, leaves)
    elif kind is dict:
        for child in tree.values():
            _collect(child, leaves)
    elif is_leaf(tree):
        leaves.append(tree)
    else:
        for key, _ in _children(tree) or ():
            _collect(_child(tree, key), leaves)


def _collect_like(like, tree, leaves):
    """Append what stands in `tree` where `like` has leaves, in the order of `like`; False where they don't match."""
    kind = type(like)
    if kind is np.ndarray is type(tree) and like.dtype.kind == "f":
        leaves.append(tree)
        return True
    if kind is tuple or kind is list:
        if type(tree) is not kind or len(tree) != len(like):
            return False
        for a, b in zip(like, tree):                                      # without a call for each array
            if type(a) is np.ndarray is type(b) and a.dtype.kind == "f":
                leaves.append(b)
            elif not _collect_like(a, b, leaves):
                return False
        return True
    elif kind is dict:
        if type(tree) is not kind or like.keys() != tree.keys():
            return False
        pairs = ((child, tree[key]) for key, child in like.items())
    elif is_leaf(like):
        leaves.append(tree)
        return type(tree) is kind or is_leaf(tree) or isinstance(tree, (np.ndarray, np.generic, int))
    elif _children(like) is None:
        return True
    elif type(tree) is not kind or _keys(like) != _keys(tree):
        return False
    else:
        pairs = ((_child(like, key), _child(tree, key)) for key, _ in _children(like) or ())
    for a, b in pairs:
        if not _collect_like(a, b, leaves):
            return False
    return True


def _difference(like, tree, path):
    """The first place where two trees don't match, in words."""
    if is_leaf(like):
        if not _collect_like(like, tree, []):
            return f"trees differ: {path or 'the top'} is an array in the first, {type(tree).__name__} in another"
        return ""
    if _children(like) is not None and (type(like) is not type(tree) or _keys(like) != _keys(tree)):
        return f"trees differ at {path or 'the top'}: {_describe(like)} in the first, {_describe(tree)} in another"
    return next(filter(None, (_difference(_child(like, key), _child(tree, key), path + written)
                              for key, written in _children(like) or ())), "")


def _keys(tree):
    return {key for key, _ in _children(tree) or ()}


def _describe(tree):
    return type(tree).__name__ + (f" with {sorted(str(key) for key in _keys(tree))}" if _keys(tree) else "")


def _build(like, remaining):
    kind = type(like)
    if kind is np.ndarray and like.dtype.kind == "f":                     # as in _collect, the frequent kinds come first
        return next(remaining)
    if kind is tuple or kind is list:
        children = []
        for child in like:
            known = type(child) is np.ndarray and child.dtype.kind == "f"
            children.append(next(remaining) if known else _build(child, remaining))
        return children if kind is list else tuple(children)
    if kind is dict:
        return {key: _build(child, remaining) for key, child in like.items()}
    if is_leaf(like):
        return next(remaining)
    if isinstance(like, dict):
        twin = copy(like)                                                 # a defaultdict keeps its default
        twin.update({key: _build(child, remaining) for key, child in like.items()})
        return twin
    if isinstance(like, (list, tuple)):
        children = [_build(child, remaining) for child in like]
        return kind(*children) if hasattr(like, "_fields") else kind(children)
    if is_dataclass(like) and not isinstance(like, type):
        twin = object.__new__(kind)
        for f in fields(like):
            object.__setattr__(twin, f.name, _build(getattr(like, f.name), remaining))
        return twin
    return like


def _walk(tree, path):
    if is_leaf(tree):
        yield path, tree
    for key, written in _children(tree) or ():
        yield from _walk(_child(tree, key), path + written)
