r"""Backpropagation by hand: the linear energy, hidden layers, target propagation.  Cho §2.2.

A linear classifier can lower its loss by changing its weights or, were that allowed, its input. Let the input be the output of
an earlier layer, and it is allowed: the step that the layer's output would take becomes what the layer has to learn. The
gradient in each layer's parameters follows from the error signal at its output, and the error signal at its input is that
at its output, times the slope, sent back through the same weights.

The lecture's x is a column and its formulas are for one input. Here x has N rows, one an input, so its formulas appear
transposed, and parameters add up over the inputs: :math:`h = \sigma(U^\top x + c)` is `x @ U + c`,
:math:`\nabla_U = x (\nabla_h \odot h')^\top` is `x.T @ (grad_h * slope)`, and :math:`U (\nabla_h \odot h')` is
`(grad_h * slope) @ U.T`. No function here calls the engine for a gradient; the tests compare with it.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from edugen.autodiff import relu, sigmoid, tree
from edugen.training import History, Optimizer, minibatches, train

from .cross_entropy import cross_entropy_loss, probabilities
from .losses import LinearEnergy, best_wrong, margin_loss, one_hot, prediction
from .optimizers import Adam

__all__ = ["LOSSES", "MLP", "NONLINEARITIES", "Activations", "Flip", "Hidden", "Kept", "Nonlinearity", "TwoLayer", "fit_mlp",
           "flipping_step", "follow_target", "input_gradient", "linear_backward", "loss_and_error", "loss_and_gradient",
           "target_energy", "target_gradient", "target_step"]


# Nonlinearities and losses, each with its derivative ---------------------------------------------------------------------


class Nonlinearity(NamedTuple):
    r"""A function of each number by itself, and its slope.  Cho (2.51).

    Parameters
    ----------
    value : function of the array a
    slope : function of a and of `value(a)`, for many a slope is easier told by the value
    """

    value: Callable[[Any], Any]
    slope: Callable[[Any, Any], Any]


#: By name. The relu has a kink at 0, and its slope there is taken to be 0, as the engine does. The bump rises to its top at 0
#: and falls beyond: an example of negative slope.
NONLINEARITIES = {
    "identity": Nonlinearity(lambda a: a, lambda a, h: np.ones_like(a)),
    "relu": Nonlinearity(relu, lambda a, h: np.heaviside(a, 0)),
    "sigmoid": Nonlinearity(sigmoid, lambda a, h: h * (1 - h)),
    "tanh": Nonlinearity(np.tanh, lambda a, h: 1 - h * h),
    "bump": Nonlinearity(lambda a: np.exp(-0.5 * a * a), lambda a, h: -a * h),
}

#: By name: of energies (N, K) and categories (N,), the losses (N,) and their gradients in the energies (N, K).
LOSSES: dict[str, Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]] = {
    "cross_entropy": lambda energies, y: (
        cross_entropy_loss(energies, y), one_hot(y, energies.shape[1]) - probabilities(energies)),  # (2.30), (2.32)
    "margin": lambda energies, y: _margin(energies, y, 1.0),
    "perceptron": lambda energies, y: _margin(energies, y, 0.0),
}


def _margin(energies, y, m):
    losses = margin_loss(energies, y, m)                                                            # (2.12)
    push = one_hot(y, energies.shape[1]) - one_hot(best_wrong(energies, y), energies.shape[1])
    return losses, (losses > 0)[:, None] * push                                                     # (2.37)


def loss_and_error(energies: np.ndarray, y: np.ndarray, loss: str = "cross_entropy") -> tuple[np.ndarray, np.ndarray]:
    r"""Where every backward pass starts: the losses, and the error signal :math:`\partial L / \partial e`.  Cho (2.37), (2.38).

    Parameters
    ----------
    energies : array (N, K)
    y : integers (N,)
    loss : str, a key of `LOSSES`: "cross_entropy", "margin" (of 1) or "perceptron"

    Returns
    -------
    array (N,), array (N, K)
        For each input its own.

    Examples
    --------
    >>> loss_and_error(np.array([[1.0, 0.0]]), np.array([0]), "perceptron")
    (array([1.]), array([[ 1., -1.]]))
    """
    losses, g = _named("loss", loss, LOSSES)(energies, y)
    return losses, g.astype(energies.dtype, copy=False)


# One layer ----------------------------------------------------------------------------------------------------------------


def linear_backward(model: LinearEnergy, x: np.ndarray, g: np.ndarray) -> tuple[LinearEnergy, np.ndarray]:
    r"""Backward through the linear energy :math:`e_y = -w_y^\top x - b_y`.  Cho (2.39)-(2.41), (2.47).

    Parameters
    ----------
    model : LinearEnergy
    x : array (N, d)
    g : array (N, K), the error signal :math:`\partial L / \partial e`

    Returns
    -------
    LinearEnergy
        The gradient in the parameters, summed over inputs.
    array (N, d)
        The gradient in each input. With the perceptron's error signal a row of it is :math:`w_{\hat y} - w_y`, (2.47).

    Examples
    --------
    >>> model = LinearEnergy(np.array([[1.0, 0.0], [0.0, 2.0]]), np.zeros(2))
    >>> gradient, grad_x = linear_backward(model, np.array([[3.0, 4.0]]), np.array([[1.0, -1.0]]))
    >>> gradient.W
    array([[-3., -4.],
           [ 3.,  4.]])
    >>> grad_x
    array([[-1.,  2.]])
    """
    return _like(model, -g.T @ x, -g.sum(axis=0)), -g @ model.W                                     # (2.40), (2.41), (2.47)


class Kept(NamedTuple):
    """What a hidden layer keeps of its forward pass: its inputs, and its slopes there.  The lecture's book-keeping."""

    x: np.ndarray
    slope: np.ndarray


@dataclass(frozen=True, eq=False)
class Hidden:
    r"""A transformation of the input, :math:`h = \sigma(U^\top x + c)`.  Cho (2.48), (2.61).

    Parameters
    ----------
    U : array (d, H)
    c : array (H,)
    sigma : str, a key of `NONLINEARITIES`: "identity", "relu", "sigmoid", "tanh" or "bump"

    Examples
    --------
    >>> layer = Hidden(np.array([[1.0, -1.0]]), np.zeros(2), "relu")
    >>> h, kept = layer.forward(np.array([[3.0]]))
    >>> h, kept.slope
    (array([[3., 0.]]), array([[1., 0.]]))
    >>> gradient, grad_x = layer.backward(kept, np.array([[10.0, 20.0]]))
    >>> gradient.U, gradient.c, grad_x
    (array([[30.,  0.]]), array([10.,  0.]), array([[10.]]))
    """

    U: np.ndarray
    c: np.ndarray
    sigma: str = "tanh"

    def __post_init__(self) -> None:
        _named("sigma", self.sigma, NONLINEARITIES)
        if np.ndim(self.U) != 2 or np.shape(self.c) != np.shape(self.U)[1:]:
            raise ValueError(f"Hidden: U must be an array (d, H), and c one number for each of its columns, (H,); got shapes "
                             f"{np.shape(self.U)} and {np.shape(self.c)}")

    def __call__(self, x: Any) -> Any:
        """The value alone: array (..., d) to (..., H)."""
        return NONLINEARITIES[self.sigma].value(_matched(x, self.U) @ self.U + self.c)

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Kept]:
        """The value, and what `backward` will need: array (N, d) to array (N, H), `Kept`."""
        sigma = NONLINEARITIES[self.sigma]
        a = _matched(x, self.U) @ self.U + self.c
        h = sigma.value(a)                                                                          # (2.61)
        return h, Kept(x, sigma.slope(a, h))                                                        # (2.51)

    def backward(self, kept: Kept, grad_h: np.ndarray) -> tuple[Hidden, np.ndarray]:
        r"""Gradients of the loss in the parameters and in the input, given :math:`\nabla_h L`.  Cho (2.56), (2.57), (2.59).

        Parameters
        ----------
        kept : Kept, of the forward pass
        grad_h : array (N, H)

        Returns
        -------
        Hidden
            The gradient in U and c, summed over inputs.
        array (N, d)
            The error signal for whatever computed the input; of the identity it is :math:`U \nabla_h`, Cho (2.60).
        """
        error = grad_h * kept.slope
        return _like(self, kept.x.T @ error, error.sum(axis=0)), error @ self.U.T                   # (2.56), (2.57), (2.59)


# Target propagation -------------------------------------------------------------------------------------------------------


def target_step(h: np.ndarray, grad_h: np.ndarray, step: float = 1.0) -> np.ndarray:
    r"""Where the output of a layer should rather be: :math:`\hat h = h - \nabla_h L`.  Cho (2.54), (2.55), (2.63).

    Examples
    --------
    >>> target_step(np.array([[0.5, 0.5]]), np.array([[1.0, -1.0]]))
    array([[-0.5,  1.5]])
    """
    return h - step * grad_h                                                                        # (2.55)


def target_energy(layer: Hidden, x: Any, h_hat: Any) -> Any:
    r"""The auxiliary energy :math:`e' = \tfrac12 \lVert \sigma(U^\top x + c) - \hat h \rVert^2`.  Cho (2.48), (2.49), (2.62).

    One number an input, (N,). It is its own loss: low when the layer gives what it was asked for.

    Examples
    --------
    >>> target_energy(Hidden(np.eye(2), np.zeros(2), "identity"), np.array([[1.0, 2.0]]), np.array([[1.0, 0.0]]))
    array([2.])
    """
    return 0.5 * np.sum((layer(x) - h_hat) ** 2, axis=-1)                                           # (2.48)


def target_gradient(layer: Hidden, x: np.ndarray, h_hat: np.ndarray) -> tuple[Hidden, np.ndarray]:
    r"""Gradient of the auxiliary energy, summed over inputs, in the parameters, and in each input.  Cho (2.50)-(2.53), (2.58).

    At the unit-step target :math:`h - \hat h = \nabla_h L`, so this is the layer's backward pass: no target is needed.

    Parameters
    ----------
    layer : Hidden
    x : array (N, d)
    h_hat : array (N, H), a constant: it does not move with the layer

    Returns
    -------
    Hidden, array (N, d)

    Examples
    --------
    >>> layer = Hidden(np.array([[2.0]]), np.zeros(1), "identity")
    >>> gradient, grad_x = target_gradient(layer, np.array([[1.0]]), np.array([[5.0]]))
    >>> gradient.U, grad_x
    (array([[-3.]]), array([[-6.]]))
    """
    h, kept = layer.forward(x)
    error = (h - h_hat) * kept.slope
    return _like(layer, x.T @ error, error.sum(axis=0)), error @ layer.U.T                          # (2.50), (2.52), (2.58)


def follow_target(layer: Hidden, x: np.ndarray, h_hat: np.ndarray, lr: float, n_steps: int) -> tuple[Hidden, History]:
    r"""Let the layer approach its target: gradient descent on the mean auxiliary energy.  The text after Cho (2.53).

    Returns
    -------
    Hidden
    History
        `energy`, the mean of :math:`e'` before each step and after the last.

    Examples
    --------
    >>> layer = Hidden(np.array([[2.0]]), np.zeros(1), "identity")
    >>> layer, history = follow_target(layer, np.array([[1.0]]), np.array([[5.0]]), lr=0.25, n_steps=2)
    >>> history.energy
    array([4.5   , 1.125 , 0.28125])
    """
    history = History("energy")
    history.append(energy=np.mean(target_energy(layer, x, h_hat)))
    for _ in range(n_steps):
        g, _ = target_gradient(layer, x, h_hat)
        layer = tree.map(lambda p, d: p - lr / len(x) * d, layer, g)
        history.append(energy=np.mean(target_energy(layer, x, h_hat)))
    return layer, history


# Networks -----------------------------------------------------------------------------------------------------------------


class Activations(NamedTuple):
    """The forward activations of a `TwoLayer`, with their slopes: what must be stored for the way back."""

    x: np.ndarray
    z: np.ndarray
    h: np.ndarray
    z_slope: np.ndarray
    h_slope: np.ndarray


@dataclass(frozen=True, eq=False)
class TwoLayer:
    r"""Two hidden layers below a linear energy, in the lecture's letters.  Cho (2.39), (2.61)-(2.67).

    .. math:: e_y = -w_y^\top h - b_y, \qquad h = \sigma(U^\top z + c), \qquad z = \sigma(V^\top x + s)

    Parameters
    ----------
    W : array (K, H), b : array (K,)
    U : array (J, H), c : array (H,)
    V : array (d, J), s : array (J,)
    sigma : str, a key of `NONLINEARITIES`

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> model = TwoLayer(W=rng.normal(size=(2, 3)), b=np.zeros(2), U=rng.normal(size=(4, 3)), c=np.zeros(3),
    ...                  V=rng.normal(size=(5, 4)), s=np.zeros(4))
    >>> energies, kept = model.forward(rng.normal(size=(7, 5)))
    >>> gradient, grad_x = model.backward(kept, rng.normal(size=(7, 2)))
    >>> energies.shape, gradient.V.shape, grad_x.shape
    ((7, 2), (5, 4), (7, 5))
    """

    W: np.ndarray
    b: np.ndarray
    U: np.ndarray
    c: np.ndarray
    V: np.ndarray
    s: np.ndarray
    sigma: str = "tanh"

    def __post_init__(self) -> None:
        MLP((Hidden(self.V, self.s, self.sigma), Hidden(self.U, self.c, self.sigma)), LinearEnergy(self.W, self.b))

    def energy(self, x: Any) -> Any:
        """Energies of all categories: array (..., d) to (..., K)."""
        sigma = NONLINEARITIES[self.sigma].value
        return -(sigma(sigma(_matched(x, self.V) @ self.V + self.s) @ self.U + self.c) @ self.W.T + self.b)

    def predict(self, x: Any) -> Any:
        """The category of lowest energy: array (..., d) to integers (...)."""
        return prediction(self.energy(x))

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Activations]:
        """Energies, and the activations that `backward` needs: the lecture's book-keeping."""
        sigma = NONLINEARITIES[self.sigma]
        before_z = _matched(x, self.V) @ self.V + self.s
        z = sigma.value(before_z)
        before_h = z @ self.U + self.c
        h = sigma.value(before_h)                                           # (2.61)
        kept = Activations(x, z, h, sigma.slope(before_z, z), sigma.slope(before_h, h))      # (2.51)
        return -(h @ self.W.T + self.b), kept                               # (2.39)

    def backward(self, kept: Activations, g: np.ndarray) -> tuple[TwoLayer, np.ndarray]:
        r"""One sweep from the error signal :math:`\partial L / \partial e`, (N, K), all the way back to x.

        Returns
        -------
        TwoLayer
            The gradient in all six parameters, summed over inputs.
        array (N, d)
            The gradient in each input.
        """
        x, z, h, z_slope, h_slope = kept
        grad_h = -g @ self.W                                                # (2.47)
        error_h = grad_h * h_slope
        grad_z = error_h @ self.U.T                                         # (2.67), with the slope that the print lacks
        error_z = grad_z * z_slope
        gradient = _like(self, -g.T @ h, -g.sum(axis=0),                    # (2.40), (2.41)
                         z.T @ error_h, error_h.sum(axis=0),                # (2.56), (2.57)
                         x.T @ error_z, error_z.sum(axis=0))                # (2.65), (2.66)
        return gradient, error_z @ self.V.T                                 # (2.59)


@dataclass(frozen=True, eq=False)
class MLP:
    r"""A multilayer perceptron: any number of hidden layers below a linear energy.

    The backward pass is a loop over the layers, last one first; each turns the error signal at its output into the gradient
    of its parameters and the error signal at its input.

    Parameters
    ----------
    hidden : tuple of Hidden, first one first; with none it is the linear classifier
    output : LinearEnergy

    Examples
    --------
    >>> model = MLP.init(0, n_features=2, widths=(8, 8), n_categories=3)
    >>> model.energy(np.zeros((5, 2))).shape
    (5, 3)
    """

    hidden: tuple[Hidden, ...]
    output: LinearEnergy

    def __post_init__(self) -> None:
        takes = [np.shape(layer.U)[0] for layer in self.hidden[1:]] + [np.shape(self.output.W)[1]]
        for k, (layer, n) in enumerate(zip(self.hidden, takes), 1):
            if np.shape(layer.U)[1] != n:
                raise ValueError(f"hidden layer {k} gives {np.shape(layer.U)[1]} numbers, but the layer after it takes {n}")

    @classmethod
    def init(cls, rng: int | np.random.Generator, n_features: int, widths: Sequence[int], n_categories: int,
             sigma: str = "relu", dtype: Any = np.float64) -> MLP:
        r"""Random weights such that a relu or the identity neither shrinks nor blows up what passes, and biases of zero.

        Weights are normal with variance 2 / (number of inputs) before a relu (He et al. 2015), 1 / (number of inputs) else.
        """
        rng = np.random.default_rng(rng)
        gain, sizes = (2.0 if sigma == "relu" else 1.0), [n_features, *widths]

        def weights(n_in, shape, gain):
            return (rng.normal(size=shape) * np.sqrt(gain / n_in)).astype(dtype)
        hidden = tuple(Hidden(weights(n, (n, m), gain), np.zeros(m, dtype), sigma) for n, m in zip(sizes, sizes[1:]))
        return cls(hidden, LinearEnergy(weights(sizes[-1], (n_categories, sizes[-1]), 1.0), np.zeros(n_categories, dtype)))

    def energy(self, x: Any) -> Any:
        """Energies of all categories: array (..., d) to (..., K)."""
        for layer in self.hidden:
            x = layer(x)
        return self.output.energy(x)

    def predict(self, x: Any) -> Any:
        """The category of lowest energy: array (..., d) to integers (...)."""
        return prediction(self.energy(x))

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, tuple[list[Kept], np.ndarray]]:
        """Energies (N, K), and what `backward` needs: what each layer kept, and the input of the last."""
        kept = []
        for layer in self.hidden:
            x, k = layer.forward(x)
            kept.append(k)
        return self.output.energy(x), (kept, x)

    def backward(self, kept: tuple[list[Kept], np.ndarray], g: np.ndarray) -> tuple[MLP, np.ndarray]:
        r"""Given the error signal :math:`\partial L / \partial e`, (N, K): the gradient in all parameters, and in each input."""
        output, signal = linear_backward(self.output, kept[1], g)
        parameters = [output.W, output.b]
        for layer, k in zip(reversed(self.hidden), reversed(kept[0]), strict=True):
            gradient, signal = layer.backward(k, signal)                    # (2.56), (2.57), (2.59)
            parameters = [gradient.U, gradient.c, *parameters]
        return _like(self, *parameters), signal


def loss_and_gradient(model: Any, x: np.ndarray, y: np.ndarray, loss: str = "cross_entropy") -> tuple[np.floating, Any]:
    r"""The mean loss of a batch and its gradient: forward, error signal, backward.  Cho (2.37), (2.38) for these energies.

    Parameters
    ----------
    model : MLP or TwoLayer
    x : array (N, d)
    y : integers (N,)
    loss : str, a key of `LOSSES`

    Returns
    -------
    float, and the gradient: a tree like `model`

    Examples
    --------
    >>> from edugen import grad
    >>> model = MLP.init(0, 2, (3,), 2)
    >>> x, y = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([0, 1])
    >>> value, by_hand = loss_and_gradient(model, x, y)
    >>> engine = grad(lambda model: np.mean(cross_entropy_loss(model.energy(x), y)))(model)
    >>> np.allclose(by_hand.hidden[0].U, engine.hidden[0].U, rtol=1e-12)
    True
    """
    energies, kept = model.forward(x)
    losses, g = loss_and_error(energies, y, loss)
    return np.mean(losses), model.backward(kept, g / len(x))[0]


def input_gradient(model: Any, x: np.ndarray, y: np.ndarray, loss: str = "cross_entropy") -> np.ndarray:
    r"""How each input would have to move to raise its own loss, (N, d).  Cho (2.47), (2.59).

    Examples
    --------
    >>> model = MLP((), LinearEnergy(np.array([[1.0, 0.0], [0.0, 2.0]]), np.zeros(2)))
    >>> input_gradient(model, np.array([[1.0, 1.0]]), np.array([0]), "perceptron")              # the other row less this one
    array([[-1.,  2.]])
    """
    energies, kept = model.forward(x)
    return model.backward(kept, loss_and_error(energies, y, loss)[1])[1]


def fit_mlp(rng: int | np.random.Generator, x: np.ndarray, y: np.ndarray, widths: Sequence[int] = (128, 64), sigma: str = "relu",
            loss: str = "cross_entropy", epochs: int = 60, size: int = 32, noise: float = 0.0,
            optimizer: Optimizer | None = None, validation: tuple[np.ndarray, np.ndarray] | None = None,
            dtype: Any = np.float32, progress: bool = True) -> tuple[MLP, History]:
    r"""Train a multilayer perceptron by stochastic gradient descent on gradients written by hand.

    Parameters
    ----------
    rng : seed or Generator
        Draws the weights, the batches and the noise.
    x : array (N, d), its columns best of about unit size
    y : integers (N,), categories from 0 to K - 1
    widths : integers, one a hidden layer
    sigma, loss : str, keys of `NONLINEARITIES` and `LOSSES`
    epochs : int, passes over the data
    size : int
        Inputs in a batch. Products of 32 rows with 128 x 64 weights are small enough for BLAS not to spread them over threads,
        which on a busy machine would make each wait for the slowest.
    noise : float
        Standard deviation of the normal noise added to the inputs, drawn anew each time: what is close shall be of one category.
    optimizer : Optimizer
        By default Adam, its learning rate falling from 0.003 to 0 along half a cosine.
    validation : (x, y), optional
        After each epoch the mean loss on it is recorded, and the best parameters are returned instead of the last.
    dtype : of the parameters
    progress : bool, whether to show a bar

    Returns
    -------
    MLP, History
        `loss` of each epoch, and `validation`.

    Examples
    --------
    >>> from edugen.data import xor
    >>> x, y = xor(0, 200)
    >>> model, history = fit_mlp(0, x, y, widths=(8,), epochs=50)
    >>> np.mean(model.predict(x) == y)
    np.float64(1.0)
    """
    rng, x, y = np.random.default_rng(rng), np.asarray(x, dtype), np.asarray(y)
    if x.ndim != 2 or y.shape != x.shape[:1] or y.dtype.kind not in "iu" or not y.size:
        raise ValueError("x must be an array (N, d) and y the category of each of its rows, integers (N,), with N at least 1; "
                         f"got x of shape {x.shape} and y, {y.dtype}, of shape {y.shape}")
    if not 0 <= noise < np.inf:
        raise ValueError(f"noise must be a standard deviation, 0 or a positive number, got {noise!r}")
    batches = minibatches(rng, (x, y), size)
    model = MLP.init(rng, x.shape[1], widths, int(max(y.max(), 1)) + 1, sigma, dtype)
    n_steps = epochs * len(batches)

    def by_hand(model, x, y):
        if noise:
            x = x + x.dtype.type(noise) * rng.standard_normal(x.shape, dtype=x.dtype)
        return loss_and_gradient(model, x, y, loss)

    def validate(model, x, y):
        return np.mean(loss_and_error(model.energy(np.asarray(x, dtype)), np.asarray(y), loss)[0])
    return train(model, by_hand, batches, optimizer or Adam(lambda t: 0.0015 * (1 + np.cos(np.pi * t / n_steps))), epochs,
                 validate=(lambda model: validate(model, *validation)) if validation else None, progress=progress, by_hand=True)


class Flip(NamedTuple):
    """An input moved until its prediction changed.

    Parameters
    ----------
    x : array (d,), just beyond the border
    step : array (d,), what was added
    size : float, its length
    was, became : int, the predictions before and after
    """

    x: np.ndarray
    step: np.ndarray
    size: float
    was: int
    became: int


def flipping_step(model: Any, x: np.ndarray, limit: float = 10.0, n_steps: int = 500) -> Flip:
    r"""The shortest step along the input gradient that changes the prediction for an input.  Cho (2.47), turned around.

    The perceptron's gradient at x says how to lower the energy of the best wrong category against that of the predicted one.
    Follow this one direction until some other category wins.

    Parameters
    ----------
    model : MLP or TwoLayer
    x : array (d,)
    limit : float, how far to go
    n_steps : int, how many points up to there to look at, before the first that flips is closed in on

    Raises
    ------
    ValueError
        When nothing flips up to `limit`, or the gradient is zero.

    Examples
    --------
    >>> model = MLP((), LinearEnergy(np.array([[3.0, 4.0], [0.0, 0.0]]), np.zeros(2)))
    >>> flip = flipping_step(model, np.array([3.0, 4.0]))               # distance 5 from the line 3 x_1 + 4 x_2 = 0
    >>> round(flip.size, 6), flip.was, flip.became
    (5.0, 0, 1)
    """
    x = np.asarray(x, dtype=float)
    if x.ndim != 1:
        raise ValueError(f"x must be one input, an array (d,), got shape {x.shape}; pass a row: x[0]")
    energies, kept = model.forward(x[None])
    was, n_categories = int(prediction(energies)[0]), energies.shape[1]
    push = one_hot([was], n_categories) - one_hot(best_wrong(energies, np.array([was])), n_categories)
    direction = model.backward(kept, push)[1][0]                                              # (2.47), up
    length = np.linalg.norm(direction)
    if not length > 0:
        raise ValueError("the input gradient is zero here: no direction to go")
    direction = direction / length
    sizes = limit / n_steps * np.arange(1, n_steps + 1)
    flipped = model.predict(x + sizes[:, None] * direction) != was
    if not flipped.any():
        raise ValueError(f"no step up to limit={limit:g} along the input gradient changes the prediction; try a larger one")
    high = sizes[np.argmax(flipped)]
    low = high - limit / n_steps
    while high - low > 1e-9 * limit:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if model.predict(x + middle * direction) != was else (middle, high)
    there = x + high * direction
    return Flip(there, high * direction, float(high), was, int(model.predict(there)))


def _like(model, *leaves):
    """A gradient: it has the structure of the model, and is none."""
    return tree.unflatten(model, list(leaves))


def _named(argument, key, table):
    if key not in table:
        raise ValueError(f"{argument} must be one of {', '.join(table)}, got {key!r}")
    return table[key]


def _matched(x, U):
    if np.shape(x)[-1:] != np.shape(U)[:1]:
        raise ValueError(f"x must hold {np.shape(U)[0]} numbers an input, one for each row of the layer's weights; "
                         f"got shape {np.shape(x)}")
    return x
