r"""Optimizers: from a gradient to a step.  Cho §2.3, §2.3.3.

Each is a value, and a pair of pure functions over trees of parameters: `state = optimizer.init(theta)`, then
`theta, state = optimizer.step(theta, g, state)` for each gradient `g`, which nothing overwrites. The lecture writes its adaptive
updates with a plus, (2.90) to (2.95), and would climb; the steps here go down (see `edugen errata`).

A learning rate is a number or a schedule, a function of the number t = 1, 2, ... of the step: `Decay`, `Cosine`, or any other,
`SGD(lambda t: 0.1 / t ** 0.5)`.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from edugen.autodiff import tree
from edugen.autodiff.ops import adam

__all__ = ["SGD", "Adagrad", "AdagradState", "Adam", "AdamState", "AdamW", "Cosine", "Decay", "SGDState", "rmsprop"]

Schedule = Callable[[int], float]


@dataclass(frozen=True)
class Decay:
    r"""A learning rate that falls with a power of the step, :math:`\alpha_t = \alpha / (1 + (t - 1) / \tau)^p`.

    With :math:`\tfrac12 < p \le 1` the rates sum to infinity and their squares do not, which is what Robbins & Monro (1951) ask
    of SGD for convergence.

    Parameters
    ----------
    lr : float, :math:`\alpha`, that of the first step
    scale : float > 0, :math:`\tau`, steps until it begins to fall in earnest
    power : float, :math:`p`

    Examples
    --------
    >>> schedule = Decay(0.1, scale=10)
    >>> [round(schedule(t), 3) for t in (1, 11, 91)]
    [0.1, 0.05, 0.01]
    """

    lr: float
    scale: float = 1.0
    power: float = 1.0

    def __post_init__(self):
        _number("Decay's lr", self.lr, math.inf)
        _validate(self, scale=math.inf, power=math.inf)
        if self.scale == 0:
            raise ValueError("Decay: scale must be positive, got 0")

    def __call__(self, t: int) -> float:
        return self.lr / (1 + (t - 1) / self.scale) ** self.power


@dataclass(frozen=True)
class Cosine:
    r"""A learning rate that climbs for `warmup` steps, then falls along half a cosine to `end`, and stays there.

    Loshchilov & Hutter (2017), "SGDR", without restarts.

    Parameters
    ----------
    lr : float, the largest
    steps : int, those of the whole training
    warmup : int, fewer than `steps`
    end : float, the last

    Examples
    --------
    >>> schedule = Cosine(0.1, steps=100, warmup=10)
    >>> [round(schedule(t), 3) for t in (1, 5, 10, 55, 100, 200)]
    [0.01, 0.05, 0.1, 0.05, 0.0, 0.0]
    """

    lr: float
    steps: int
    warmup: int = 0
    end: float = 0.0

    def __post_init__(self):
        _number("Cosine's lr", self.lr, math.inf)
        _validate(self, end=math.inf)
        if not 0 <= self.warmup < self.steps:
            raise ValueError(f"Cosine: warmup must be at least 0 and below steps={self.steps}, got {self.warmup}")

    def __call__(self, t: int) -> float:
        if t <= self.warmup:
            return self.lr * t / self.warmup
        done = min((t - self.warmup) / (self.steps - self.warmup), 1.0)
        return self.end + (self.lr - self.end) * (1 + math.cos(math.pi * done)) / 2


class SGDState(NamedTuple):
    """How many steps were taken, and the velocity of each leaf (none without momentum)."""

    t: float                                        # a float, as all that changes in a state: see training.Optimizer
    u: list


@dataclass(frozen=True)
class SGD:
    r"""Stochastic gradient descent, :math:`\theta_{t+1} = \theta_t - \alpha_t g_t`.  Cho (2.73).

    With momentum the gradients are summed up to a velocity first, :math:`u_t = \mu u_{t-1} + g_t`, which takes the place of
    :math:`g_t`; Nesterov's takes :math:`g_t + \mu u_t`, the velocity one step ahead.

    Parameters
    ----------
    lr : float or function of the step, :math:`\alpha_t`
    momentum : float in [0, 1), :math:`\mu`
    nesterov : bool

    Raises
    ------
    ValueError
        A number out of its range; `step`: a gradient whose structure or shapes are not those of `theta`.

    Examples
    --------
    >>> optimizer = SGD(0.1)
    >>> theta = {"w": np.array([1.0, 2.0])}
    >>> theta, state = optimizer.step(theta, {"w": np.array([1.0, -1.0])}, optimizer.init(theta))
    >>> theta
    {'w': array([0.9, 2.1])}
    """

    lr: float | Schedule
    momentum: float = 0.0
    nesterov: bool = False

    def __post_init__(self):
        _validate(self, lr=math.inf, momentum=1.0)
        if self.nesterov and not self.momentum:
            raise ValueError("SGD: nesterov=True looks ahead along the velocity, and needs momentum > 0")

    def init(self, theta: Any) -> SGDState:
        """Nothing has moved yet."""
        return SGDState(0.0, _zeros(theta) if self.momentum else [])

    def step(self, theta: Any, g: Any, state: SGDState) -> tuple[Any, SGDState]:
        """Parameters and state after a step."""
        (theta, g), build = _leaves(theta, g)
        (t, u), mu = state, self.momentum
        if mu:
            u = [mu * a + b for a, b in zip(u, g, strict=True)]
            g = [b + mu * a for a, b in zip(u, g, strict=True)] if self.nesterov else u
        alpha = _rate(self.lr, t + 1)
        return build([p - alpha * d for p, d in zip(theta, g, strict=True)]), SGDState(t + 1, u)             # (2.73)


class AdagradState(NamedTuple):
    """How many steps were taken, and the sum of the squared gradients of each leaf."""

    t: float
    s: list


@dataclass(frozen=True)
class Adagrad:
    r"""A learning rate for each parameter, smaller the more its gradients have summed up to.  Cho (2.90), (2.91).

    .. math:: \theta_t = \theta_{t-1} - \eta_t \odot g_t, \qquad \eta_t = \alpha / (\sqrt{g_1^2 + \dots + g_t^2} + \epsilon)

    The first step has length :math:`\alpha` along every axis. Duchi, Hazan & Singer (2011), "Adaptive subgradient methods".

    Parameters
    ----------
    lr : float or function of the step, :math:`\alpha`; the lecture's is 1
    eps : float, :math:`\epsilon`
        What keeps 0/0 away from a parameter whose gradient has always been zero; the lecture has none.

    Raises
    ------
    ValueError
        As `SGD`.

    Examples
    --------
    >>> optimizer, theta = Adagrad(0.1), np.zeros(3)
    >>> optimizer.step(theta, np.array([1e-3, -50.0, 0.0]), optimizer.init(theta))[0].round(6)
    array([-0.1,  0.1,  0. ])
    """

    lr: float | Schedule = 0.01
    eps: float = 1e-10

    def __post_init__(self):
        _validate(self, lr=math.inf, eps=math.inf)

    def init(self, theta: Any) -> AdagradState:
        """Nothing has been summed yet."""
        return AdagradState(0.0, _zeros(theta))

    def step(self, theta: Any, g: Any, state: AdagradState) -> tuple[Any, AdagradState]:
        """Parameters and state after a step."""
        (theta, g), build = _leaves(theta, g)
        alpha = _rate(self.lr, state.t + 1)
        s = [a + d * d for a, d in zip(state.s, g, strict=True)]
        eta = [alpha / (np.sqrt(a) + self.eps) for a in s]                                                   # (2.91)
        return build([p - e * d for p, e, d in zip(theta, eta, g, strict=True)]), AdagradState(state.t + 1, s)   # (2.90)


class AdamState(NamedTuple):
    """How many steps were taken, and the averages of gradients and of squared gradients of each leaf."""

    t: float
    m: list
    v: list


@dataclass(frozen=True)
class Adam:
    r"""A step along the averaged gradient, in units of its root mean square.  Cho (2.92)-(2.95).

    .. math::

        v_t &= \beta_v v_{t-1} + (1 - \beta_v) g_t^2, \qquad m_t = \beta_m m_{t-1} + (1 - \beta_m) g_t \\
        \theta_t &= \theta_{t-1} - \alpha\, \hat m_t / (\sqrt{\hat v_t} + \epsilon), \qquad
        \hat m_t = m_t / (1 - \beta_m^t), \quad \hat v_t = v_t / (1 - \beta_v^t)

    as in Kingma & Ba (2014), "Adam". The averages start at zero and are too small at first; the hats correct that. The lecture
    leaves them out and has :math:`\epsilon` under the root: `Adam(lr, bias_correction=False, eps_inside=True)`. With `beta1=0`
    that is its (2.93), known as RMSprop.

    Parameters
    ----------
    lr : float or function of the step, :math:`\alpha`
    beta1, beta2 : float in [0, 1), :math:`\beta_m` and :math:`\beta_v`
    eps : float, :math:`\epsilon`
    bias_correction : bool
    eps_inside : bool
        Whether :math:`\epsilon` stands under the root, :math:`\sqrt{\hat v_t + \epsilon}`.

    Raises
    ------
    ValueError
        As `SGD`.

    Examples
    --------
    A constant gradient moves every parameter by the learning rate, whatever its size:

    >>> optimizer, theta = Adam(0.1), np.zeros(2)
    >>> state = optimizer.init(theta)
    >>> for _ in range(10):
    ...     theta, state = optimizer.step(theta, np.array([1e3, -1e-3]), state)
    >>> theta.round(4)
    array([-1.,  1.])
    """

    lr: float | Schedule = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    bias_correction: bool = True
    eps_inside: bool = False

    def __post_init__(self):
        _validate(self, lr=math.inf, beta1=1.0, beta2=1.0, eps=math.inf)

    def init(self, theta: Any) -> AdamState:
        """Averages of nothing: zeros."""
        return AdamState(0.0, _zeros(theta), _zeros(theta))

    def step(self, theta: Any, g: Any, state: AdamState) -> tuple[Any, AdamState]:
        """Parameters and state after a step."""
        (theta, g), build = _leaves(theta, g)
        beta_m, beta_v, t = self.beta1, self.beta2, state.t + 1
        m_sum, v_sum = (1 - beta_m ** t, 1 - beta_v ** t) if self.bias_correction else (1.0, 1.0)            # weights so far
        options = {"m_sum": m_sum, "v_sum": v_sum, "eps_inside" if self.eps_inside else "eps": self.eps}
        alpha = _rate(self.lr, t)
        steps = [adam(p, d, m, v, alpha, beta_m, beta_v, **options)                                          # (2.92) to (2.95)
                 for p, d, m, v in zip(theta, g, state.m, state.v, strict=True)]                             # in one pass
        theta, m, v = ([step[i] for step in steps] for i in range(3))
        return build(theta), AdamState(t, m, v)


@dataclass(frozen=True)
class AdamW(Adam):
    r"""Adam with weights that decay beside its step, :math:`\theta_t = (1 - \alpha\lambda)\,\theta_{t-1} - \alpha\,\hat m_t / (\sqrt{\hat v_t} + \epsilon)`.

    With the penalty :math:`\tfrac\lambda2 \lVert\theta\rVert^2` in the loss, Adam would divide the pull to zero by the gradients' root mean
    square: weights with large gradients would hardly be pulled. Loshchilov & Hutter (2019), "Decoupled weight decay".

    Parameters
    ----------
    lr, beta1, beta2, eps, bias_correction, eps_inside
        As in `Adam`.
    weight_decay : float, :math:`\lambda`

    Raises
    ------
    ValueError
        As `SGD`.

    Examples
    --------
    Where there is no gradient, a weight shrinks by the same share every step:

    >>> optimizer, theta = AdamW(0.1, weight_decay=0.5), np.array([1.0, -20.0])
    >>> optimizer.step(theta, np.zeros(2), optimizer.init(theta))[0]
    array([  0.95, -19.  ])
    """                                                                         # noqa: E501

    weight_decay: float = 0.01

    def __post_init__(self):
        super().__post_init__()
        _validate(self, weight_decay=math.inf)

    def step(self, theta: Any, g: Any, state: AdamState) -> tuple[Any, AdamState]:
        """Parameters and state after a step."""
        keep = 1 - _rate(self.lr, state.t + 1) * self.weight_decay
        return super().step(tree.map(lambda p: keep * p, theta), g, state)


def rmsprop(lr: float | Schedule = 0.01, beta2: float = 0.99, eps: float = 1e-8, eps_inside: bool = False) -> Adam:
    r"""A step along the gradient, in units of its root mean square: `Adam` without momentum and without correction.  Cho (2.93).

    Tieleman & Hinton (2012), "RMSprop". The lecture has :math:`\epsilon` under the root.

    Examples
    --------
    >>> optimizer, theta = rmsprop(0.1, beta2=0.75), np.zeros(2)
    >>> optimizer.step(theta, np.array([1e3, -1e-3]), optimizer.init(theta))[0].round(3)        # the first average is too small
    array([-0.2,  0.2])
    """
    return Adam(lr, 0.0, beta2, eps, bias_correction=False, eps_inside=eps_inside)


def _leaves(theta, g):
    """([leaves of theta], [those of g in the same order]), and the way back to a tree."""
    columns, build = tree.columns(theta, g)
    for i, (p, d) in enumerate(zip(*columns, strict=True)):
        if getattr(p, "shape", ()) != getattr(d, "shape", ()):
            raise ValueError(f"the gradient of theta{tree.paths(theta)[i]} must have its shape, {np.shape(p)}, got {np.shape(d)}")
    return columns, build


def _zeros(theta):
    return [np.zeros_like(leaf) for leaf in tree.flatten(theta)[0]]


def _validate(optimizer, **bounds):
    """Each number in [0, bound), and a plain Python float: an np.float64 would widen float32 parameters."""
    for name, bound in bounds.items():
        value = getattr(optimizer, name)
        if name != "lr" or not callable(value):
            object.__setattr__(optimizer, name, _number(f"{type(optimizer).__name__}: {name}", value, bound))


def _number(name, value, bound):
    if isinstance(value, (np.generic, np.ndarray)) and value.size == 1:
        value = value.item()
    try:
        if 0 <= value < bound:
            return value
    except (TypeError, ValueError):                 # not a number at all
        pass
    wanted = "a finite number of at least 0" if bound == math.inf else f"a number in [0, {bound:g})"
    raise ValueError(f"{name} must be {wanted}{', or a function of the step' * name.endswith(': lr')}, got {value!r}")


def _rate(lr, t):
    """The learning rate of step t."""
    return _number(f"lr({int(t)})", lr(int(t)), math.inf) if callable(lr) else lr
