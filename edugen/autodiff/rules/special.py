"""scipy.special's ufuncs. Loaded when the first of them meets a tensor, for importing scipy.special takes a fifth of a second."""
import math

import numpy as np
from scipy import special

from ..tensor import primitive, rule

__all__ = ["polygamma"]


@rule(special.expit)
def _(g, y, x):
    return g * y * (1 - y)


@rule(special.logit)
def _(g, y, x):
    return g / (x * (1 - x))


@rule(special.log_expit)
def _(g, y, x):
    return g * special.expit(-x)


@rule(special.erf)
def _(g, y, x):
    return g * np.exp(-x * x) * (2 / math.sqrt(math.pi))


@rule(special.erfc)
def _(g, y, x):
    return -g * np.exp(-x * x) * (2 / math.sqrt(math.pi))


@rule(special.erfinv)
def _(g, y, x):
    return g * np.exp(y * y) * (math.sqrt(math.pi) / 2)


@rule(special.ndtr)
def _(g, y, x):
    return g * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


@rule(special.log_ndtr)
def _(g, y, x):
    return g * np.exp(-x * x / 2 - y) / math.sqrt(2 * math.pi)


@rule(special.ndtri)
def _(g, y, x):
    return g * np.exp(y * y / 2) * math.sqrt(2 * math.pi)


@rule(special.gammaln)
def _(g, y, x):
    return g * special.psi(x)


@rule(special.gamma)
def _(g, y, x):
    return g * y * special.psi(x)


@rule(special.psi)
def _(g, y, x):
    return g * polygamma(x, n=1)


@primitive
def polygamma(x, n):
    """The n-th derivative of psi.  scipy.special.polygamma(n, x), which is no ufunc."""
    return special.polygamma(n, x).astype(getattr(x, "dtype", float))


@rule(polygamma)
def _(g, y, x, n=0):
    return g * polygamma(x, n=n + 1)


@rule(special.xlogy, 0)
def _(g, y, x, b):
    return g * np.log(b)


@rule(special.xlogy, 1)
def _(g, y, x, b):
    return g * x / np.where((x == 0) & (b == 0), 1, b)                    # 0 log 0 = 0


@rule(special.xlog1py, 0)
def _(g, y, x, b):
    return g * np.log1p(b)


@rule(special.xlog1py, 1)
def _(g, y, x, b):
    return g * x / (1 + b)
