"""The differentiable convolution: options, gradients to second order, transposes, and what it refuses."""
import numpy as np
import pytest

from edugen import check_gradients, grad
from edugen.autodiff import average_pool, convolution, max_pool, transposed_convolution
from edugen.kernels import use


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("options", [
    {}, {"padding": "same"}, {"stride": 2, "padding": 1}, {"dilation": (2, 1), "groups": 2},
    {"padding": [(2, 0), 1], "mode": "circular"}, {"padding": "same", "mode": "reflect"}], ids=str)
def test_gradients_to_second_order(backend, options, rng):
    x, f = rng.normal(size=(2, 4, 6, 5)), rng.normal(size=(4, 4 // options.get("groups", 1), 3, 2))
    with use(backend):
        check_gradients(lambda x, f: np.tanh(convolution(np.sin(x), f, **options)), x, f, order=2)


def test_transposed_convolution(rng):
    g, f = rng.normal(size=(2, 3, 4)), rng.normal(size=(3, 2, 3))
    check_gradients(lambda g, f: np.tanh(transposed_convolution(np.sin(g), f, stride=2)), g, f, order=2)
    for image in (9, 10):                                                  # both shrink to 4 again
        x = rng.normal(size=(2, 2, image))
        np.testing.assert_allclose(np.sum(x * transposed_convolution(g, f, stride=2, image=(image,))),
                                   np.sum(g * convolution(x, f, stride=2)), rtol=1e-12)
    with pytest.raises(ValueError, match=r"image \(11,\) doesn't fit; with stride \(2,\) it is at least \(9,\)"):
        transposed_convolution(g, f, stride=2, image=(11,))


def test_same_keeps_the_size_and_circular_commutes_with_shifts(rng):
    x, f = rng.normal(size=(1, 2, 7, 6)), rng.normal(size=(3, 2, 3, 3))
    y = convolution(x, f, padding="same", mode="circular")
    assert y.shape == (1, 3, 7, 6)
    np.testing.assert_allclose(convolution(np.roll(x, (2, -1), (2, 3)), f, padding="same", mode="circular"),
                               np.roll(y, (2, -1), (2, 3)), rtol=1e-12, atol=1e-12)
    assert convolution(x, rng.normal(size=(1, 2, 4, 2)), padding="same", dilation=(1, 3)).shape == (1, 1, 7, 6)


@pytest.mark.parametrize("pool, oracle", [(max_pool, np.max), (average_pool, np.mean)])
@pytest.mark.parametrize("size, stride", [(2, None), ((3, 2), None), (3, 1), ((2, 3), (1, 2))])
def test_pooling(pool, oracle, size, stride, rng):
    x = rng.normal(size=(2, 3, 7, 6))
    y = pool(x, size, stride)
    k = (size, size) if np.ndim(size) == 0 else size
    s = k if stride is None else (stride, stride) if np.ndim(stride) == 0 else stride
    for i, j in np.ndindex(y.shape[2:]):
        window = x[:, :, i * s[0]:i * s[0] + k[0], j * s[1]:j * s[1] + k[1]]
        np.testing.assert_allclose(y[:, :, i, j], oracle(window, axis=(2, 3)), rtol=1e-12)
    assert y.shape[2:] == ((7 - k[0]) // s[0] + 1, (6 - k[1]) // s[1] + 1)
    check_gradients(lambda x: np.tanh(pool(np.sin(x), size, stride)), x, order=2)


def test_float32_stays(rng):
    x, f = rng.normal(size=(1, 2, 8)).astype(np.float32), rng.normal(size=(2, 2, 3)).astype(np.float32)
    assert convolution(x, f).dtype == np.float32
    assert grad(lambda f: np.sum(convolution(x, f, padding="same") ** 2))(f).dtype == np.float32
    assert max_pool(x, 2).dtype == average_pool(x, 2).dtype == np.float32


@pytest.mark.parametrize("wrong, message", [
    (lambda x, f: convolution(x[0], f), r"as many dimensions, got shapes \(2, 6, 5\) and \(3, 2, 3, 3\)"),
    (lambda x, f: convolution(x[:, :1], f), r"1 channels of x don't fit f of shape \(3, 2, 3, 3\) in 1 groups: expected 2 x 1"),
    (lambda x, f: convolution(x, f, groups=2), "don't fit"),
    (lambda x, f: convolution(x, f[..., :0]), "at least one tap"),
    (lambda x, f: convolution(x[..., :2], f), r"reach over \(3, 3\) places are larger than the \(padded\) image \(6, 2\)"),
    (lambda x, f: convolution(x, f, stride=0), "stride must be a positive integer, or 2 of them, got 0"),
    (lambda x, f: convolution(x, f, dilation=(1, 2, 3)), "dilation must be a positive integer"),
    (lambda x, f: convolution(x, f, padding="full"), "padding must be \"valid\", \"same\" or numbers, got 'full'"),
    (lambda x, f: convolution(x, f, padding=-1), "padding must be a number"),
    (lambda x, f: convolution(x, f, padding=1, mode="wrap"), "mode must be one of zeros, circular, reflect, edge, got 'wrap'"),
    (lambda x, f: transposed_convolution(x, f), r"g of shape \(1, 2, 6, 5\) doesn't fit filters of shape \(3, 2, 3, 3\)"),
    (lambda x, f: max_pool(x, 7), r"windows \(7, 7\) are larger than the image \(6, 5\)"),
    (lambda x, f: max_pool(x[0, 0], 2), r"pooling expects x \(N, C, \*image\), got shape \(6, 5\)"),
])
def test_what_is_refused(wrong, message, rng):
    with pytest.raises(ValueError, match=message):
        wrong(rng.normal(size=(1, 2, 6, 5)), rng.normal(size=(3, 2, 3, 3)))
