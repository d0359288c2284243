r"""PAC-Bayes: a bound for a distribution over models, which may be learned, against one that may not.  Cho §2.4.1.

P is chosen before the data are seen, Q afterwards. Both are distributions over all parameters. The price of having looked is how
far Q went from P:

.. math:: \mathrm{kl}(\hat R(Q) \Vert R(Q)) \le \frac1N \Bigl(D_{\mathrm{KL}}(Q \Vert P) + \log \frac{N+1}\delta\Bigr)

holds with probability :math:`1 - \delta` for all Q at once, (2.110); kl is between two coins. Read backwards it gives the largest
risk that the data do not contradict: `kl_inverse`.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from edugen.autodiff import value_and_grad
from edugen.distributions import Bernoulli, DiagonalNormal, kl

from .optimizers import Adam

__all__ = ["Certificate", "binary_kl", "certify", "kl_inverse", "pac_bayes_bound", "tighten"]


def binary_kl(q: Any, p: Any) -> Any:
    """KL divergence between two coins, in nats, by their probabilities of a loss.

    Examples
    --------
    >>> binary_kl(0.0, 0.5), binary_kl(0.3, 0.3), binary_kl(0.5, 0.0)
    (np.float64(0.693...), np.float64(0.0), np.float64(inf))
    """
    q, p = np.asarray(q, dtype=float), np.asarray(p, dtype=float)
    return kl(Bernoulli(probs=q), Bernoulli(probs=p))


def kl_inverse(q: Any, c: Any, side: str = "upper") -> Any:
    r"""The largest p with :math:`\mathrm{kl}(q \Vert p) \le c`; with side="lower", the least.

    Kl grows as p leaves q, so halving an interval that holds the end finds it, to the last digit in 60 rounds.

    Parameters
    ----------
    q : float, or array; from 0 to 1
    c : float, or array; at least 0

    Returns
    -------
    float or array

    Raises
    ------
    ValueError
        Where q is no probability, c is negative, or the side is neither.

    Examples
    --------
    >>> round(kl_inverse(0.0, 0.1), 6), round(kl_inverse(0.2, 0.02), 6)              # the first is 1 - exp(-0.1)
    (np.float64(0.095163), np.float64(0.287...))
    """
    q, c = np.broadcast_arrays(np.asarray(q, dtype=float), np.asarray(c, dtype=float))
    if not np.all((q >= 0) & (q <= 1)) or not np.all(c >= 0):
        raise ValueError(f"kl_inverse takes q from 0 to 1 and c of at least 0, got q = {q} and c = {c}")
    if side not in ("upper", "lower"):
        raise ValueError(f'side must be "upper" or "lower", got {side!r}')
    inside, outside = q, np.full_like(q, {"upper": 1.0, "lower": 0.0}[side])
    for _ in range(60):
        middle = (inside + outside) / 2
        close = binary_kl(q, middle) <= c
        inside, outside = np.where(close, middle, inside), np.where(close, outside, middle)
    return outside[()]                                                           # on the safe side


def pac_bayes_bound(empirical: Any, divergence: Any, n: Any, delta: float, relaxed: bool = False) -> Any:
    r"""What R(Q) is below with probability :math:`1 - \delta`.  Cho (2.110), relaxed: (2.115).

    Parameters
    ----------
    empirical : float, or array; :math:`\hat R(Q)`, (2.112)
    divergence : float, or array; :math:`D_{\mathrm{KL}}(Q \Vert P)` in nats
    n : int, or array; examples that P knows nothing of
    delta : float
    relaxed : bool
        By Pinsker's inequality, (2.113): in closed form, and never below the other.

    Examples
    --------
    >>> pac_bayes_bound(0.02, 5.0, 1000, 0.05).round(3), pac_bayes_bound(0.02, 5.0, 1000, 0.05, relaxed=True).round(3)
    (np.float64(0.054), np.float64(0.106))
    """
    if not 0 < delta < 1:
        raise ValueError(f"delta must be a probability of failure between 0 and 1, got {delta!r}")
    if not np.all(np.asarray(divergence) >= 0) or not np.all(np.asarray(n) >= 1):
        raise ValueError(f"divergence must be at least 0 and n at least 1, got {divergence!r} and {n!r}")
    c = (divergence + np.log((np.asarray(n) + 1) / delta)) / n                   # (2.110)
    return empirical + np.sqrt(c / 2) if relaxed else kl_inverse(empirical, c)   # (2.115), (2.110)


@dataclass(frozen=True)
class Certificate:
    """What `certify` found: R(Q) is at most `bound`, but for bad luck of probability `delta`.

    Attributes
    ----------
    bound : float
        Of the risk of a model drawn from Q anew for each example.
    relaxed : float
        The same by (2.115).
    empirical : float
        Mean loss of the models drawn, on the n examples.
    limit : float
        What the mean loss over *all* models, (2.112), is below: `empirical` and its Monte Carlo error.
    divergence : float, in nats
    n : int
    delta : float
    prior, posterior : distributions
    """

    bound: float
    relaxed: float
    empirical: float
    limit: float
    divergence: float
    n: int
    delta: float
    prior: Any
    posterior: Any


def certify(x: np.ndarray, y: np.ndarray, prior: Callable[..., Any], posterior: Callable[..., Any], errors: Callable[..., Any],
            share: float = 0.5, delta: float = 0.05, draws: int = 1000, rng: int | np.random.Generator = 0) -> Certificate:
    r"""A bound on the risk of a randomized classifier, from the data that it was trained on.  Cho (2.110).

    P must not know the examples that the bound counts. So the data come in here whole, and a random part is all that `prior` gets
    to see; the rest is for Q and the bound.

    Parameters
    ----------
    x, y : arrays (N, ...)
    prior : function (x, y) -> distribution P over parameters
        Of a share of the examples; with share 0 they are none, and P is a guess.
    posterior : function (P, x, y) -> distribution Q, of the other examples
    errors : function (parameters, x, y) -> losses (n,), each from 0 to 1
    share : float, from 0 to below 1
    delta : float
        Probability of failure, one half for the data and one half for the draws.
    draws : int
        Models from Q for the mean loss. With m of them :math:`\mathrm{kl}(\text{mean} \Vert \hat R(Q)) \le \log(4 / \delta) / m`.
    rng : seed or Generator

    Raises
    ------
    ValueError
        Where nothing would be left for the bound, or a loss is not between 0 and 1.

    Examples
    --------
    What comes next, of zeros and ones? P and Q guess at random, one as often as it was seen in the first half.

    >>> from edugen.distributions import Bernoulli
    >>> y = np.arange(400) % 5 > 0
    >>> found = certify(y, y, prior=lambda x, y: Bernoulli(probs=np.mean(y)), posterior=lambda p, x, y: p,
    ...                 errors=lambda guess, x, y: y != guess)
    >>> round(found.empirical, 2), round(found.limit, 2), round(found.bound, 2)
    (0.32, 0.36, 0.51)
    """
    rng, n = np.random.default_rng(rng), len(x)
    seen = round(share * n)
    if len(y) != n or not 0 <= seen < n:
        raise ValueError(f"certify: of {n} x and {len(y)} y a share of {share} for the prior leaves nothing for the bound; "
                         "x and y need one length, and share lies from 0 to below 1")
    order = rng.permutation(n)
    first, rest = order[:seen], order[seen:]
    p = prior(x[first], y[first])
    q = posterior(p, x[rest], y[rest])
    means = np.empty(draws)
    for m in range(draws):
        losses = np.asarray(errors(q.sample(rng), x[rest], y[rest]), dtype=float)
        if losses.shape != (n - seen,) or not np.all((losses >= 0) & (losses <= 1)):
            raise ValueError(f"errors must give a loss from 0 to 1 for each of {n - seen} examples, got shape {losses.shape}")
        means[m] = losses.mean()
    limit = kl_inverse(means.mean(), np.log(4 / delta) / draws)                  # a mean of draws is a mean of losses, too
    divergence = float(kl(q, p))
    bound, relaxed = (pac_bayes_bound(limit, divergence, n - seen, delta / 2, relaxed) for relaxed in (False, True))
    return Certificate(float(bound), float(relaxed), float(means.mean()), float(limit), divergence, n - seen, delta, p, q)


def tighten(prior: DiagonalNormal, loss: Callable[[Any], Any], n: int, delta: float = 0.05, steps: int = 1000,
            rate: float = 0.01, rng: int | np.random.Generator = 0) -> DiagonalNormal:
    r"""Learn Q by descending its own bound: its mean loss, and its divergence from P.

    For small risks (2.115) is far from (2.110). What is descended lies between, by :math:`\mathrm{kl}(q \Vert p) \ge (p - q)^2 / 2p`:
    with c the right side of (2.110), :math:`R(Q) \le (\sqrt{\hat R(Q) + c/2} + \sqrt{c/2})^2`.

    Parameters
    ----------
    prior : DiagonalNormal (D,), P; Q starts from it
    loss : function of parameters (D,) -> number, differentiable
        In place of the zero-one loss, which has no slope: such as the mean cross-entropy on the n examples over the log of the
        number of categories.
    n, delta : as of `pac_bayes_bound`
    steps : int
        Of Adam, each along the gradient at parameters drawn from Q, reparametrized.
    rate : float

    Returns
    -------
    DiagonalNormal, Q

    Examples
    --------
    >>> prior = DiagonalNormal(np.zeros(2), np.ones(2))
    >>> q = tighten(prior, lambda theta: np.mean((theta - np.array([0.3, 0.0])) ** 2), n=50)
    >>> bool(q.mean[0] > 0.05), bool(np.all(q.std < 1))                              # nearer, but not all the way
    (True, True)
    """                                                                         # noqa: E501
    rng, optimizer = np.random.default_rng(rng), Adam(rate)

    def objective(free, noise):
        q = DiagonalNormal(free["mean"], log_std=free["log_std"])
        c = (kl(q, prior) + np.log((n + 1) / delta)) / n
        return (np.sqrt(loss(q.mean + q.std * noise) + c / 2) + np.sqrt(c / 2)) ** 2
    free = {"mean": np.array(prior.mean), "log_std": np.array(prior.log_std)}
    both, state = value_and_grad(objective), optimizer.init(free)
    for _ in range(steps):
        _, slope = both(free, rng.normal(size=free["mean"].shape))
        free, state = optimizer.step(free, slope, state)
    return DiagonalNormal(free["mean"], log_std=free["log_std"])
