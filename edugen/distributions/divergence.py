"""Closed forms of the Kullback-Leibler divergence, one for each pair of families."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .distribution import Distribution

__all__ = ["CLOSED_FORMS", "closed_form", "kl"]

CLOSED_FORMS: dict[tuple[type, type], Callable[[Any, Any], Any]] = {}


def closed_form(p: type, q: type) -> Callable[[Callable], Callable]:
    """Register the function below as KL[p || q] of these two families: it stands beside the class that it is about."""
    def register(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        CLOSED_FORMS[p, q] = function
        return function
    return register


def kl(p: Distribution, q: Distribution) -> Any:
    r"""Divergence :math:`\mathrm{KL}[p \,\|\, q] = \mathbb{E}_{x \sim p}[\log p(x) - \log q(x)]`, batch_shape.  Vidal (V-28).

    Raises
    ------
    TypeError
        There is no closed form for these two.

    Examples
    --------
    >>> import numpy as np
    >>> from edugen.distributions import Bernoulli
    >>> kl(Bernoulli(0.5), Bernoulli(np.array([0.5, 0.25, 0.0]))).round(4)
    array([0.    , 0.1438,    inf])
    """
    for a in type(p).__mro__:
        for b in type(q).__mro__:
            if (a, b) in CLOSED_FORMS:
                return CLOSED_FORMS[a, b](p, q)
    known = ", ".join(f"({a.__name__}, {b.__name__})" for a, b in CLOSED_FORMS)
    raise TypeError(f"no closed form of KL[{type(p).__name__} || {type(q).__name__}]; there is one for {known}. Estimate it: "
                    "x = p.sample(rng, n); np.mean(p.log_prob(x) - q.log_prob(x), axis=0)")
