r"""Entropy, divergence, mutual information, and the codes that turn them into measured bits.

Vidal (V-22)-(V-32), Grover (G-2)-(G-5), (G-35).

The surprise at an event of probability p is -log p: certainty surprises nobody, and the surprises at independent events add.
Entropy is the average surprise; the KL divergence, what is added to it by believing in q where p is true; mutual
information, what is taken from it by knowing another variable. Logarithms are natural, so all are in *nats*: divide by log 2
for bits.

A surprise in bits is also a length. A code that gives each symbol about -log2 p bits is the shortest that can be read back,
so a probabilistic model is a compressor: `arithmetic_encode` turns one into the other, to within two bits.

Distributions over K symbols are arrays (..., K), joint ones over two variables arrays (..., X, Y).
"""
from __future__ import annotations

import heapq
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edugen.autodiff import Tensor, stop_gradient

__all__ = ["ContextModel", "arithmetic_decode", "arithmetic_encode", "block_probabilities", "conditional_entropy", "entropy",
           "estimate_mutual_information", "expected_length", "fit_context_model", "gaussian_mutual_information",
           "huffman", "kl_divergence", "mutual_information", "shannon_lengths"]


# Averages of surprises --------------------------------------------------------------------------------------------------


def entropy(p: Any) -> Any:
    r"""Average surprise, :math:`H = -\sum_k p_k \log p_k` in nats; 0 log 0 counts as 0.  (V-22), (V-24); Cho (2.15), (2.16).

    Parameters
    ----------
    p : array (..., K), no entry negative
        At an entry of exactly 0 the slope is infinite; the engine takes that term as a constant.

    Returns
    -------
    array (...)

    Examples
    --------
    >>> entropy(np.array([[0.25, 0.25, 0.25, 0.25], [0.0, 0.5, 0.5, 0.0], [0.0, 1.0, 0.0, 0.0]])) / np.log(2)
    array([2., 1., 0.])
    """
    p = _no_negative("p", p)
    return -np.sum(np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0), axis=-1) + 0.0     # (V-24), (2.15); no -0


def kl_divergence(p: Any, q: Any) -> Any:
    r"""Extra surprise of who believes q where p is true, :math:`D(p \| q) = \sum_k p_k \log (p_k / q_k)`.  (V-28), (G-2).

    Never negative, and zero for p = q alone (V-29), (G-3); infinite where q excludes what p allows; not symmetric (G-5).

    Parameters
    ----------
    p, q : arrays (..., K), no entry negative

    Returns
    -------
    array (...), in nats

    Examples
    --------
    >>> fair, biased = np.array([0.5, 0.5]), np.array([0.75, 0.25])
    >>> np.round([kl_divergence(fair, biased), kl_divergence(biased, fair)], 4)
    array([0.1438, 0.1308])
    >>> kl_divergence(fair, np.array([1.0, 0.0]))
    np.float64(inf)
    """
    p, q = _no_negative("p", p), _no_negative("q", q)
    if np.shape(p)[-1:] != np.shape(q)[-1:]:
        raise ValueError(f"kl_divergence: p and q must be distributions over the same K symbols, got shapes {np.shape(p)} and "
                         f"{np.shape(q)}")
    both = (p > 0) & (q > 0)
    terms = np.where(both, p * (np.log(np.where(both, p, 1)) - np.log(np.where(both, q, 1))), np.where(p > 0, np.inf, 0.0))
    return np.sum(terms, axis=-1)                                                            # (V-28), (G-2)


def conditional_entropy(joint: Any) -> Any:
    r"""What is left to learn of x by who knows y, :math:`H(x \mid y) = \mathbb{E}[-\log p(x \mid y)]`.  (V-27).

    Parameters
    ----------
    joint : array (..., X, Y), p(x, y); transposed it gives H(y | x)

    Returns
    -------
    array (...), in nats

    Examples
    --------
    >>> joint = np.array([[0.25, 0.0], [0.25, 0.5]])             # knowing that y = 1 settles x, knowing that y = 0 doesn't help
    >>> conditional_entropy(joint) / np.log(2)
    np.float64(0.5)
    """
    joint = _no_negative("joint", joint)
    p_y = np.sum(joint, axis=-2, keepdims=True)
    given_y = joint / np.where(p_y > 0, p_y, 1)                                              # p(x | y)
    return -np.sum(np.where(joint > 0, joint * np.log(np.where(joint > 0, given_y, 1)), 0), axis=(-2, -1)) + 0.0     # (V-27)


def mutual_information(joint: Any) -> Any:
    r"""What knowing y takes from the uncertainty about x, and x from that about y: :math:`D(p(x, y) \| p(x) p(y))`.  (V-30).

    It is :math:`H(x) - H(x \mid y) = H(y) - H(y \mid x)` (V-32), and zero for independent variables alone (V-31).

    Parameters
    ----------
    joint : array (..., X, Y), p(x, y)

    Returns
    -------
    array (...), in nats

    Examples
    --------
    >>> mutual_information(np.outer([0.5, 0.5], [0.25, 0.75]))
    np.float64(0.0)
    >>> mutual_information(np.eye(4) / 4) / np.log(2)               # y tells x, which is two bits
    np.float64(2.0)
    """
    joint = _no_negative("joint", joint)
    apart = np.sum(joint, axis=-1, keepdims=True) * np.sum(joint, axis=-2, keepdims=True)    # p(x) p(y)
    flat = np.shape(joint)[:-2] + (-1,)
    return kl_divergence(np.reshape(joint, flat), np.reshape(apart, flat))                   # (V-30)


def gaussian_mutual_information(covariance: Any, n_x: int) -> Any:
    r"""Mutual information of the first `n_x` variables of a Gaussian and the rest.

    .. math:: I(x; y) = \tfrac12 \log \frac{\det \Sigma_x \det \Sigma_y}{\det \Sigma}

    Parameters
    ----------
    covariance : array (D, D), positive definite
    n_x : int, 1 to D - 1

    Examples
    --------
    >>> rho = 0.6
    >>> np.isclose(gaussian_mutual_information(np.array([[1, rho], [rho, 1]]), 1), -0.5 * np.log(1 - rho ** 2))
    np.True_
    """
    if np.ndim(covariance) != 2 or not 0 < n_x < np.shape(covariance)[0]:
        raise ValueError(f"gaussian_mutual_information: covariance must be (D, D) and n_x at least 1 and less than D, got shape "
                         f"{np.shape(covariance)} and n_x = {n_x}")
    parts = covariance[:n_x, :n_x], covariance[n_x:, n_x:], covariance
    signs, logs = zip(*(np.linalg.slogdet(part) for part in parts))
    if not all(stop_gradient(sign) > 0 for sign in signs):
        raise ValueError("gaussian_mutual_information: covariance is not positive definite: a variable is a combination of "
                         "others, and knows them exactly (infinite information), or this is no covariance")
    return 0.5 * (logs[0] + logs[1] - logs[2])


def estimate_mutual_information(x: np.ndarray, y: np.ndarray, correct: bool = True) -> float:
    """Mutual information of two columns of categories, estimated from their counts.

    Frequencies put into (V-30) find dependence in noise: with few observations for each pair, some pairs are met more often
    than their fair share by luck. To first order the excess is known, and taken out (Miller 1955).

    Parameters
    ----------
    x, y : arrays (N,) of anything that can be told apart
    correct : bool, whether to take out the excess; then the estimate can fall below 0

    Returns
    -------
    float, in nats

    Examples
    --------
    >>> x = np.arange(1000) % 4
    >>> round(estimate_mutual_information(x, x // 2, correct=False), 6) == round(np.log(2), 6)       # which half: one bit
    np.True_
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.shape != y.shape or x.ndim != 1 or not len(x):
        raise ValueError(f"estimate_mutual_information: x and y must be columns (N,) of one length, got shapes {x.shape} "
                         f"and {y.shape}")
    (_, i), (_, j) = (np.unique(column, return_inverse=True) for column in (x, y))
    counts = np.zeros((i.max() + 1, j.max() + 1))
    np.add.at(counts, (i, j), 1)
    information = mutual_information(counts / len(x))                                        # (V-30)
    excess = (np.count_nonzero(counts) - counts.shape[0] - counts.shape[1] + 1) / (2 * len(x))
    return float(information - excess * correct)


def _no_negative(name, p):
    p = p if isinstance(p, Tensor) else np.asarray(p)
    if not np.all(p >= 0):
        raise ValueError(f"{name} must hold no negative number, nor NaN: it is a distribution; its smallest is "
                         f"{np.min(stop_gradient(p))}. Energies become probabilities by softmax(-energies)")
    return p


# Codes ------------------------------------------------------------------------------------------------------------------


def shannon_lengths(p: Any) -> np.ndarray:
    r"""Lengths :math:`\lceil -\log_2 p_k \rceil` in bits, which a prefix code can have: entropy rounded up, symbol by symbol.

    Examples
    --------
    >>> shannon_lengths([0.5, 0.25, 0.125, 0.125])
    array([1, 2, 3, 3])
    """
    p = np.asarray(p, dtype=float)
    if not np.all(p > 0):
        raise ValueError("shannon_lengths: every symbol needs a positive probability; leave out those that never occur")
    return np.ceil(np.round(-np.log2(p), 9)).astype(int)                        # rounded first: -log2 of 1/8 may be 3.0000000001


def huffman(p: Any) -> list[str]:
    """The prefix code of least average length: codewords of "0" and "1", one a symbol.  Huffman (1952); (G-35).

    Join the two least probable symbols into one, and again, until one is left; a symbol's word says which way to turn at each
    join from there. No word begins another one, so a sequence of them can be read without commas.

    Parameters
    ----------
    p : array (K,)

    Examples
    --------
    >>> huffman([0.5, 0.25, 0.125, 0.125])
    ['0', '10', '110', '111']
    """
    p = np.asarray(p, dtype=float)
    if p.ndim != 1 or not len(p) or not np.all(p >= 0):
        raise ValueError(f"huffman: p must be probabilities (K,), got shape {p.shape}{'' if p.ndim != 1 else ' with ' + str(p)}")
    words = [""] * len(p)
    heap = [(float(share), -k, [k]) for k, share in enumerate(p)]               # among equals, the last first
    heapq.heapify(heap)
    while len(heap) > 1:
        (rare, last, right), (common, other, left) = heapq.heappop(heap), heapq.heappop(heap)
        for digit, symbols in (("0", left), ("1", right)):
            for k in symbols:
                words[k] = digit + words[k]
        heapq.heappush(heap, (rare + common, min(last, other), left + right))
    return words if len(p) > 1 else ["0"]


def expected_length(p: Any, code: Sequence[str] | np.ndarray) -> float:
    """Bits a symbol on average, of codewords or their lengths.

    Examples
    --------
    >>> expected_length([0.5, 0.25, 0.125, 0.125], huffman([0.5, 0.25, 0.125, 0.125]))
    1.75
    """
    lengths = [len(word) if isinstance(word, str) else int(word) for word in code]
    if len(lengths) != len(np.asarray(p)):
        raise ValueError(f"expected_length: p has {len(np.asarray(p))} symbols, the code {len(lengths)} words")
    return float(np.dot(p, lengths))


def block_probabilities(p: Any, n: int) -> np.ndarray:
    """Probabilities of all sequences of n independent symbols, (K ** n,), the last symbol changing fastest.

    Examples
    --------
    >>> block_probabilities([0.9, 0.1], 2)
    array([0.81, 0.09, 0.09, 0.01])
    """
    p = block = np.asarray(p, dtype=float)
    for _ in range(n - 1):
        block = np.outer(block, p).ravel()
    return block


PRECISION = 16                                                                   # bits to which probabilities are rounded


def _shares(p):
    """Probabilities (..., K) as whole numbers that add up to 2 ** PRECISION, none zero, and what stands before each and all."""
    p, total = np.asarray(p, dtype=float), 1 << PRECISION
    if not np.all(p >= 0) or not np.all(np.abs(p.sum(axis=-1) - 1) < 1e-6) or not p.shape[-1] < total:
        raise ValueError(f"a model must give probabilities (K,) that sum to 1, got {p}")
    shares = 1 + np.floor(p * (total - p.shape[-1])).astype(int)
    largest = np.argmax(shares, axis=-1)[..., None]
    np.put_along_axis(shares, largest, np.take_along_axis(shares, largest, -1) + total - shares.sum(axis=-1, keepdims=True), -1)
    return shares, np.cumsum(shares, axis=-1) - shares


def arithmetic_encode(symbols: Sequence[int] | np.ndarray, probabilities: np.ndarray) -> bytes:
    r"""One number in [0, 1) for a whole sequence, in about :math:`-\log_2 p(\text{sequence})` bits.

    Each symbol narrows the interval [low, low + width) to its share of it: in the end its width is the model's probability of
    the sequence, and -log2(width) + 2 binary digits suffice to name a number inside. The interval's ends are kept exactly, as
    whole numbers that grow with the sequence, so code a long one in parts of a few thousand symbols. Coders in use stay within a
    machine's word, and send leading digits as soon as they are settled.

    Parameters
    ----------
    symbols : integers (n,), each 0 to K - 1
    probabilities : array (n, K)
        What the model says of each symbol, knowing those before it.

    Returns
    -------
    bytes

    Examples
    --------
    >>> coin = np.tile([0.99, 0.01], (1000, 1))
    >>> flips = np.zeros(1000, int)
    >>> flips[[137, 500]] = 1
    >>> code = arithmetic_encode(flips, coin)
    >>> 8 * len(code), -np.sum(np.log2(coin[np.arange(1000), flips])).round(1)
    (32, np.float64(27.8))
    >>> np.array_equal(arithmetic_decode(code, 1000, lambda past: coin[0]), flips)
    True
    """
    symbols, probabilities = np.asarray(symbols), np.asarray(probabilities)
    if probabilities.ndim != 2 or symbols.shape != probabilities.shape[:1]:
        raise ValueError(f"arithmetic_encode: probabilities must have a row for each symbol, (n, K), got shapes {symbols.shape} "
                         f"of symbols and {probabilities.shape} of probabilities")
    if symbols.size and not (symbols.dtype.kind in "iu" and 0 <= symbols.min() and symbols.max() < probabilities.shape[1]):
        raise ValueError(f"arithmetic_encode: symbols must be integers from 0 to {probabilities.shape[1] - 1}, got "
                         f"{symbols.dtype} from {symbols.min()} to {symbols.max()}")
    symbols = symbols.astype(int)
    low, width = 0, 1                                                            # in units of 2 ** -(PRECISION * symbols so far)
    for before, share in zip(*(np.take_along_axis(a, symbols[:, None], 1)[:, 0].tolist() for a in _shares(probabilities)[::-1])):
        low, width = (low << PRECISION) + width * before, width * share
    finest = PRECISION * len(symbols)
    digits = finest - width.bit_length() + 2                                     # 2 ** -digits is half the width or less
    digits += -digits % 8                                                        # whole bytes
    number = -(-low >> (finest - digits)) if digits <= finest else low << (digits - finest)      # the first multiple from low on
    return number.to_bytes(digits // 8, "big")


def arithmetic_decode(code: bytes, n: int, conditional: Callable[[list[int]], Any]) -> np.ndarray:
    """The n symbols that `arithmetic_encode` made `code` of, given the model that it was given.

    Parameters
    ----------
    code : bytes
    n : int, how many symbols
    conditional : function of the list of symbols so far: probabilities (K,) of the next one, the encoder's to the last digit

    Returns
    -------
    integers (n,)
    """
    n = operator.index(n)
    finest = max(PRECISION * n, 8 * len(code))
    rest, width = int.from_bytes(code, "big") << (finest - 8 * len(code)), 1 << finest
    symbols: list[int] = []
    for _ in range(n):
        shares, before = _shares(conditional(symbols))
        unit = width >> PRECISION
        k = int(np.searchsorted(before, rest // unit, side="right")) - 1         # in whose share does it lie?
        symbols.append(k)
        rest, width = rest - unit * int(before[k]), unit * int(shares[k])
    return np.array(symbols, dtype=int)


# A model of images, to code them by -----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ContextModel:
    r"""Each pixel given its place and its neighbors to the left and above, as a table of probabilities.

    An autoregressive model, :math:`p(x) = \prod_i p(x_i \mid x_{<i})` (V-71), that looks at two of the pixels before.

    Parameters
    ----------
    table : array (height, width, B, B, levels)
        Row, column, the neighbors' ranks, and the level of the pixel itself, over which it sums to one.
    ranks : integers (levels,), the rank 0 to B - 1 of each level of a neighbor; outside the image the level counts as 0
    """

    table: np.ndarray
    ranks: np.ndarray

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Of every level at every pixel: integers (N, height, width) to (N, height, width, levels)."""
        height, width = self.table.shape[:2]
        images = np.asarray(images)
        if images.shape[1:] != (height, width):
            raise ValueError(f"images must be (N, {height}, {width}), got shape {images.shape}")
        left, above = _neighbors(self.ranks, images)
        row, column = np.indices((height, width))
        return self.table[row, column, left, above]

    def log_prob(self, images: np.ndarray) -> np.ndarray:
        """Integers (N, height, width) to (N,), in nats."""
        chosen = np.take_along_axis(self.probabilities(images), np.asarray(images)[..., None], axis=-1)
        return np.sum(np.log(chosen), axis=(1, 2, 3))

    def conditional(self, past: Sequence[int]) -> np.ndarray:
        """Of the next pixel, given all before it, row by row, image after image: (levels,)."""
        height, width = self.table.shape[:2]
        row, column = divmod(len(past) % (height * width), width)
        left = past[-1] if column else 0
        above = past[-width] if row else 0
        return self.table[row, column, self.ranks[left], self.ranks[above]]


def _neighbors(ranks, images):
    padded = ranks[np.pad(images, ((0, 0), (1, 0), (1, 0)))]
    return padded[:, 1:, :-1], padded[:, :-1, 1:]


def fit_context_model(images: np.ndarray, levels: int, bins: int = 4, strength: float = 30.0) -> ContextModel:
    """Count, and fill up what was seen too rarely: `strength` pixels' worth of the same neighbors at any place.

    Parameters
    ----------
    images : integers (N, height, width), 0 to levels - 1
    bins : ranks of neighbors, one of them for level 0
    strength : float, positive

    Examples
    --------
    >>> images = np.array([[[0, 2], [0, 2]]] * 50)
    >>> model = fit_context_model(images, levels=3, strength=1.0)
    >>> model.table.shape, bool(model.log_prob(images)[0] > -0.2)
    ((2, 2, 4, 4, 3), True)
    """
    images = np.asarray(images)
    if images.ndim != 3 or images.dtype.kind not in "iu" or not len(images) or images.min() < 0 or images.max() >= levels:
        raise ValueError(f"images must be integers (N, height, width) from 0 to {levels - 1}, got {images.dtype} of shape "
                         f"{images.shape}")
    ranks = np.concatenate([[0], 1 + np.arange(levels - 1) * (bins - 1) // (levels - 1)])
    left, above = _neighbors(ranks, images)
    anywhere = np.full((bins, bins, levels), 0.1)                                # never zero: an unseen level must have a code
    np.add.at(anywhere, (left, above, images), 1)
    anywhere /= anywhere.sum(axis=-1, keepdims=True)
    row, column = np.indices(images.shape[1:])
    counts = strength * np.broadcast_to(anywhere, (*images.shape[1:], *anywhere.shape))
    np.add.at(counts, (np.broadcast_to(row, images.shape), np.broadcast_to(column, images.shape), left, above, images), 1)
    return ContextModel(counts / counts.sum(axis=-1, keepdims=True), ranks)
