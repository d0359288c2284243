"""What doesn't fit a kernel is refused above it, in both versions: compiled code would read whatever lies there."""
import numpy as np
import pytest

from edugen.kernels import (
    adam,
    attention,
    convolution,
    distances,
    gibbs,
    gru,
    matmul,
    normalization,
    pooling,
    relu,
    scatter,
    softmax,
    tanh,
    use,
)
from edugen.kernels.arguments import fitting


def ones(*shape):
    return np.ones(shape, np.float32)


IMAGES, FILTERS = ones(2, 3, 8, 8), ones(4, 3, 3, 3)
PLAIN, WINDOW = ((1, 1), (1, 1)), ((2, 2), (2, 2), ((0, 0), (0, 0)))
REFUSED = [
    (adam.adam, ones(3), ones(4), ones(3), ones(3), 0.1, 0.9, 0.999),
    (attention.attend, ones(1, 1, 3, 2), ones(1, 1, 4, 3), ones(1, 1, 4, 2), 1.0),
    (attention.attend, ones(1, 1, 3, 2), ones(1, 1, 4, 2), ones(1, 1, 5, 2), 1.0),
    (attention.attend, ones(1, 1, 3, 2), ones(1, 1, 4, 2), ones(1, 1, 4, 2), 1.0, np.ones((1, 1, 3, 5), bool)),
    (attention.attend_gradients, ones(1, 1, 3, 3), ones(1, 1, 3, 2), ones(1, 1, 3, 2), ones(1, 1, 4, 2), ones(1, 1, 4, 2), 1.0),
    (convolution.correlate, IMAGES[0], FILTERS, *PLAIN),
    (convolution.correlate, IMAGES[:, :2], FILTERS, *PLAIN),
    (convolution.correlate, IMAGES[:, :, :2], FILTERS, *PLAIN),
    (convolution.correlate, IMAGES, FILTERS, (0, 1), (1, 1)),
    (convolution.correlate, IMAGES, FILTERS, *PLAIN, 1, None, ones(3)),
    (convolution.correlate, IMAGES, FILTERS, *PLAIN, 2),
    (convolution.input_gradient, ones(2, 4, 5, 6), FILTERS, (8, 8), *PLAIN),
    (convolution.filter_gradient, IMAGES, ones(2, 4, 5, 6), (3, 3), *PLAIN),
    (distances.squared_distances, ones(3, 2), ones(4, 3)),
    (gibbs.bernoulli, ones(3, 2), ones(3), 1, 0),
    (gibbs.gaussian, ones(3, 2), ones(3), 1, 0),
    (gibbs.rbm_sweeps, ones(3, 2), ones(2, 4), ones(2), ones(2), 1, 1),
    (gibbs.boltzmann_sweeps, ones(1, 4), ones(4, 3), ones(4), 1, 1),
    (gibbs.boltzmann_sweeps, ones(1, 4), ones(4, 4), ones(4), 1, 1, "sideways"),
    (gibbs.ising_sweeps, np.ones((3, 4), np.int8), 0.4, 1, 1),
    (gibbs.ising_sweeps, np.ones(4, np.int8), 0.4, 1, 1),
    (gru.gru, ones(5, 2, 9), ones(2, 3), ones(3, 8)),
    (gru.gru, ones(5, 2, 9), ones(3, 3), ones(3, 9)),
    (gru.gru_gradients, ones(5, 2, 3), ones(4, 2, 3), ones(5, 2, 9), ones(2, 3), ones(3, 9)),
    (matmul.matmul, ones(3, 2), ones(3, 2)),
    (normalization.normalize, ones(3, 2), ones(3), ones(3), 1, 1e-5),
    (normalization.normalize_gradients, ones(3, 2), ones(2, 2), ones(2), 1, 1e-5),
    (pooling.max_pool, IMAGES[0], *WINDOW),
    (pooling.max_pool, IMAGES[..., :1], *WINDOW),
    (pooling.max_gradient, ones(2, 3, 4, 3), IMAGES, *WINDOW),
    (pooling.at_max, ones(2, 3, 8, 7), IMAGES, *WINDOW),
    (relu.relu_gradient, ones(3, 2), ones(3, 3)),
    (tanh.add_tanh, ones(3, 2), ones(3)),
    (scatter.add_rows, np.array([0, 1]), ones(3, 2), (3, 2)),
    (softmax.cross_entropy, ones(3, 2), np.zeros(2, int)),
]


@pytest.mark.parametrize("call", REFUSED, ids=lambda call: call[0].__name__)
@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_refused(call, backend):
    f, *arguments = call
    with use(backend), pytest.raises(ValueError, match=r"\d|sideways"):      # the message says what came
        f(*arguments)


def test_the_message_says_what_fits_and_what_came():
    check = fitting("paint", "a (T, N, 3H), h (N, H), s (*shape)")
    check(ones(5, 2, 9), ones(2, 3), ones(1, 2, 3, 4), 0.5)
    check(ones(5, 2, 9), ones(2, 3), ones())
    with pytest.raises(ValueError, match=r"paint: expected a \(T, N, 3H\), h \(N, H\), s \(\*shape\), got shapes \(5, 2, 8\)"):
        check(ones(5, 2, 8), ones(2, 3), ones(1))
    with pytest.raises(ValueError, match="paint"):
        check(ones(5, 2, 9), ones(3, 3), ones(1))
    with pytest.raises(TypeError, match="paint: expected arrays.*got ndarray, list, float.*np.asarray"):
        check(ones(5, 2, 9), [1.0], 2.0)


def test_any_number_of_axes_is_the_same_wherever_it_stands():
    check = fitting("paint", "x (*chains, L), y (*chains, M, L)")
    check(ones(3), ones(2, 3))
    check(ones(5, 4, 3), ones(5, 4, 2, 3))
    with pytest.raises(ValueError, match="paint"):
        check(ones(5, 3), ones(4, 2, 3))
    with pytest.raises(ValueError, match="paint"):
        check(ones(3), ones(3))
