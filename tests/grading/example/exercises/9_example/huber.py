"""A loss that outliers cannot shout down.  Huber (1964).     15 points, and an exercise for the grader itself."""
import numpy as np  # noqa: F401


def loss(r, delta):
    """Mean over observations of r^2 / 2 where |r| <= delta, and of delta (|r| - delta / 2) beyond.   (2 points)

    Parameters
    ----------
    r : array (N,)
    delta : float, positive

    Returns
    -------
    float
    """
    raise NotImplementedError("loss")


def gradient(w, x, y, delta):
    """Gradient of `loss(y - x @ w, delta)` with respect to `w`, by hand.   (3 points)

    Parameters
    ----------
    w : array (D,)
    x : array (N, D)
    y : array (N,)
    delta : float, positive

    Returns
    -------
    array (D,)
    """
    raise NotImplementedError("gradient")


def newton(f, slope, start, steps):
    """Where `f` is zero, after so many steps of Newton's from `start`.   (2 points)

    Parameters
    ----------
    f, slope : functions of a number, the second the derivative of the first
    start : float
    steps : int

    Returns
    -------
    float
    """
    raise NotImplementedError("newton")


def momentum(lr, beta):
    """The step of gradient descent with momentum: v <- beta v + g, theta <- theta - lr v.   (2 points)

    Parameters
    ----------
    lr, beta : float

    Returns
    -------
    function (theta, g, v) -> (theta, v), arrays of one shape
    """
    raise NotImplementedError("momentum")


def sample_noise(n, seed):
    """Independent draws from the density exp(-|x|) / 2.   (3 points)

    Parameters
    ----------
    n, seed : int

    Returns
    -------
    array (n,)
    """
    raise NotImplementedError("sample_noise")


def fit(x, y, delta, steps):
    """Weights that lower the loss, step by step.   (3 points)

    Parameters
    ----------
    x : array (N, D)
    y : array (N,)
    delta : float, positive
    steps : int

    Returns
    -------
    w : array (D,)
    history : array (steps,), the loss after each step
    """
    raise NotImplementedError("fit")
