"""The update of Adam, for `edugen.classification.Adam`."""
from typing import Any

import numpy as np

from ...kernels import adam as kernels

__all__ = ["adam"]


def adam(theta: Any, g: Any, m: Any, v: Any, lr: float, beta_m: float, beta_v: float, **options: float) -> tuple[Any, Any, Any]:
    r"""Parameters and averages after a step, :math:`\theta_t, m_t, v_t`.  Cho (2.92)-(2.95).

    Compiled for arrays. For traced values, where somebody differentiates through the training itself, the formulas as they stand.

    Parameters
    ----------
    theta, g, m, v : arrays of one shape: parameters, gradient, and the averages of gradients and of their squares so far
    lr, beta_m, beta_v : floats
    m_sum, v_sum : floats, 1 if left out; what the weights of the averages have summed up to, :math:`1 - \beta^t`
    eps, eps_inside : floats, 0 if left out; added to the root of the average, and under it

    Examples
    --------
    >>> adam(np.zeros(2), np.array([3.0, -0.1]), np.zeros(2), np.zeros(2), 0.1, 0.9, 0.99, m_sum=0.1, v_sum=0.01)[0]
    array([-0.1,  0.1])
    """
    arrays = all(type(x) is np.ndarray for x in (theta, g, m, v))
    return (kernels.adam if arrays else kernels.adam.reference)(theta, g, m, v, lr, beta_m, beta_v, **options)
