r"""A step of Adam.  Cho (2.92)-(2.95).

NumPy walks through memory once for each of a dozen operations, with an array of its own for each result. A twin reads four
numbers, has all of a parameter's step in registers, and writes three: that is what the memory asks for, and no more.
"""
import numpy as np

from .arguments import fitting
from .jit import compilable, jit, kernel

__all__ = ["adam"]


@kernel(check=fitting("adam", "theta (*shape), g (*shape), m (*shape), v (*shape)"))
def adam(theta, g, m, v, lr, beta_m, beta_v, m_sum=1.0, v_sum=1.0, eps=0.0, eps_inside=0.0):
    """Parameters and both averages after a step: four arrays of one shape -> three; the rest are numbers.

    `m_sum` and `v_sum` are what the weights of the averages have summed up to; `eps` stands beside the root, `eps_inside` under
    it.
    """
    v = beta_v * v + (1 - beta_v) * (g * g)                               # (2.92)
    m = beta_m * m + (1 - beta_m) * g                                     # (2.94)
    scale = np.sqrt(v / v_sum + eps_inside) + eps                         # (2.93)
    return theta - lr / m_sum * m / scale, m, v                           # (2.95)


@jit(fastmath={"contract"})
def _adam(theta, g, m, v, alpha, fresh_m, fresh_v, v_sum, eps, eps_inside, new, new_m, new_v):
    """Serial: one pass for all, eight numbers at a time; the memory sets the pace.

    `fresh` is 1 - beta, subtracted in double precision: in single, 1 - 0.999 would keep five digits.
    """
    for i in range(theta.size):
        new_v[i] = v[i] + fresh_v * (g[i] * g[i] - v[i])
        new_m[i] = m[i] + fresh_m * (g[i] - m[i])
        new[i] = theta[i] - alpha * new_m[i] / (np.sqrt(new_v[i] / v_sum + eps_inside) + eps)


@adam.numba
def _(theta, g, m, v, lr, beta_m, beta_v, m_sum=1.0, v_sum=1.0, eps=0.0, eps_inside=0.0):
    arrays, dtype = (theta, g, m, v), theta.dtype
    if not compilable(*arrays):
        return adam.reference(theta, g, m, v, lr, beta_m, beta_v, m_sum, v_sum, eps, eps_inside)
    out = [np.empty(theta.shape, dtype) for _ in range(3)]
    numbers = map(dtype.type, (lr / m_sum, 1 - beta_m, 1 - beta_v, v_sum, eps, eps_inside))
    _adam(*(np.ascontiguousarray(x).reshape(-1) for x in arrays), *numbers, *(x.reshape(-1) for x in out))
    return tuple(out)
