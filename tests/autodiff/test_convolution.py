"""The differentiable convolution: options, gradients to second order, transposes, and what it refuses."""
import numpy as np
import pytest

import edugen
from edugen import check_gradients, grad, vjp
from edugen.autodiff import average_pool, convolution, max_pool, transposed_convolution
from edugen.kernels import use


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("options", [
    {}, {"padding": "same"}, {"stride": 2, "padding": [(1, 0), 2]}, {"dilation": (2, 1), "groups": 2, "padding": 1},
    {"padding": [(2, 0), 1], "mode": "circular"}, {"padding": "same", "mode": "reflect"},
    {"padding": 2, "mode": "edge"}], ids=str)
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


@pytest.mark.parametrize("options", [{"padding": 1, "groups": 2}, {"stride": 2, "padding": "same"},
                                     {"stride": 3, "padding": [(2, 0)]},
                                     {"stride": 2, "dilation": 2, "padding": "same"}], ids=str)
def test_transposed_convolution_is_the_transpose_of_a_padded_one(options, rng):
    g, f = rng.normal(size=(2, 4, 5)), rng.normal(size=(4, 2 // options.get("groups", 1), 3))
    x = transposed_convolution(g, f, **options)
    if options["padding"] == "same":
        assert x.shape[2] == 5 * options["stride"]                         # it undoes the shrinking
    z = rng.normal(size=x.shape)
    np.testing.assert_allclose(np.sum(z * x), np.sum(g * convolution(z, f, **options)), rtol=1e-12)
    check_gradients(lambda g, f: np.tanh(transposed_convolution(np.sin(g), f, **options)), g, f, order=2)


@pytest.mark.parametrize("stride", [1, 2, 3, 5])
@pytest.mark.parametrize("taps", [1, 2, 3, 4])
@pytest.mark.parametrize("image", [1, 4, 5, 7])
def test_same_with_a_stride_is_every_stride_th_place(image, taps, stride, rng):
    x, f = rng.normal(size=(1, 1, image)), rng.normal(size=(1, 1, taps))
    y = convolution(x, f, padding="same", stride=stride)
    assert y.shape[2] == -(-image // stride)
    full = np.correlate(np.pad(x[0, 0], ((taps - 1) // 2, taps // 2)), f[0, 0])
    np.testing.assert_allclose(y[0, 0], full[::stride], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("mode, pad", [("zeros", "constant"), ("circular", "wrap"), ("reflect", "reflect"), ("edge", "edge")])
def test_padding_is_numpys(mode, pad, rng):
    x, f = rng.normal(size=(2, 1, 5, 4)), rng.normal(size=(2, 1, 3, 2))
    for padding, widths in ((2, ((2, 2), (2, 2))), ((1, 3), ((1, 1), (3, 3))), (np.array([[0, 1], [2, 0]]), ((0, 1), (2, 0)))):
        np.testing.assert_allclose(convolution(x, f, padding=padding, mode=mode),
                                   convolution(np.pad(x, ((0, 0), (0, 0), *widths), mode=pad), f), rtol=1e-12, atol=1e-14)


def test_one_and_three_dimensions_are_slices_of_two(rng):
    """A length of one more changes nothing."""
    x, f = rng.normal(size=(2, 3, 6, 5)), rng.normal(size=(4, 3, 2, 3))
    y = convolution(x, f)
    np.testing.assert_allclose(convolution(x[:, :, None], f[:, :, None])[:, :, 0], y, rtol=1e-12, atol=1e-14)
    thin = convolution(x[..., :1], f[..., :1])
    np.testing.assert_allclose(convolution(x[..., 0], f[..., 0]), thin[..., 0], rtol=1e-12, atol=1e-14)


def test_groups_are_convolutions_side_by_side(rng):
    x, f = rng.normal(size=(2, 6, 7)), rng.normal(size=(9, 2, 3))
    np.testing.assert_allclose(convolution(x, f, groups=3), np.concatenate(
        [convolution(x[:, 2 * i:2 * i + 2], f[3 * i:3 * i + 3]) for i in range(3)], axis=1), rtol=1e-12, atol=1e-14)


def test_empty_whole_and_listed(rng):
    f = rng.normal(size=(3, 2, 2))
    assert convolution(np.zeros((0, 2, 5)), f).shape == (0, 3, 4)
    np.testing.assert_array_equal(convolution(np.zeros((2, 0, 5)), np.zeros((3, 0, 2))), np.zeros((2, 3, 4)))
    assert convolution(np.zeros((2, 2, 5)), f[:0]).shape == (2, 0, 4)
    y, pull = vjp(convolution, np.zeros((0, 2, 5)), f)
    x_gradient, f_gradient = pull(np.zeros(y.shape))
    assert x_gradient.shape == (0, 2, 5) and np.array_equal(f_gradient, np.zeros(f.shape))
    assert convolution([[[1, 2, 4]]], [[[-1, 1]]]).tolist() == [[[1, 2]]]
    images = rng.integers(0, 256, (1, 2, 5)).astype(np.uint8)               # as pictures come; no sum wraps at 256
    np.testing.assert_allclose(convolution(images, f), convolution(images.astype(float), f), rtol=1e-12)
    assert max_pool(np.zeros((0, 2, 4)), 2).shape == average_pool(np.zeros((0, 2, 4)), 2).shape == (0, 2, 2)
    assert average_pool(np.array([[[1, 2, 4, 4]]]), 2).tolist() == [[[1.5, 4]]]


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
    for backend in ("numpy", "numba"):
        with use(backend):
            check_gradients(lambda x: np.tanh(pool(np.sin(x), size, stride)), x, order=2)


def test_padded_pooling(rng):
    """The padding is no entry: neither the largest, nor part of a mean."""
    x = -1 - rng.uniform(size=(1, 2, 5, 4))
    y, mean = max_pool(x, 3, 2, padding=1), average_pool(x, 3, 2, padding=1)
    for i, j in np.ndindex(3, 2):
        window = x[:, :, max(2 * i - 1, 0):2 * i + 2, max(2 * j - 1, 0):2 * j + 2]
        np.testing.assert_array_equal(y[:, :, i, j], window.max((2, 3)))
        np.testing.assert_allclose(mean[:, :, i, j], window.mean((2, 3)), rtol=1e-12)
    assert y.shape[2:] == mean.shape[2:] == (3, 2)
    for pool in (max_pool, average_pool):
        assert pool(x, 3, 1, padding="same").shape == x.shape
        check_gradients(lambda x, pool=pool: np.tanh(pool(np.sin(x), (3, 2), 2, padding=((1, 1), (0, 1)))), x, order=2)


def test_equal_entries_share_the_gradient():
    g = grad(lambda x: np.sum(max_pool(x, 2) * np.array([[[6.0, 10.0]]])))(np.array([[[3.0, 3.0, 1.0, 2.0]]]))
    np.testing.assert_array_equal(g, [[[3, 3, 0, 10]]])
    x = np.array([[[3.0, 3.0, 1.0, 2.0]]])
    by_numpy = grad(lambda x: np.sum(np.max(np.reshape(x, (2, 2)), axis=1) * np.array([6.0, 10.0])))(x)
    np.testing.assert_array_equal(g, by_numpy)                             # the convention of np.max


def test_float32_stays(rng):
    x, f = rng.normal(size=(1, 2, 8)).astype(np.float32), rng.normal(size=(2, 2, 3)).astype(np.float32)
    assert convolution(x, f).dtype == np.float32
    assert grad(lambda f: np.sum(convolution(x, f, padding="same") ** 2))(f).dtype == np.float32
    assert max_pool(x, 2).dtype == average_pool(x, 2).dtype == np.float32


@pytest.mark.parametrize("wrong, message", [
    (lambda x, f: convolution(x[0], f), r"as many dimensions, got shapes \(2, 6, 5\) and \(3, 2, 3, 3\)"),
    (lambda x, f: convolution(x[:, :1], f), r"1 channels of x don't fit f of shape \(3, 2, 3, 3\) in 1 groups: expected 2 x 1"),
    (lambda x, f: convolution(x, f, groups=2), "groups must be a positive integer that divides the 3 filters, got 2"),
    (lambda x, f: convolution(x, f, groups=3), r"2 channels of x don't fit f of shape \(3, 2, 3, 3\) in 3 groups"),
    (lambda x, f: convolution(x, f, groups=0), "groups must be a positive integer"),
    (lambda x, f: convolution(x, f, groups=1.5), "groups must be a positive integer"),
    (lambda x, f: convolution(x, f, stride=-1), "stride must be a positive integer"),
    (lambda x, f: convolution(x, f, stride=1.0), "stride must be a positive integer"),
    (lambda x, f: convolution(x, f, padding=[(1, 2, 3), 1]), "padding must be"),
    (lambda x, f: convolution(x, f, padding=0.5), "padding must be"),
    (lambda x, f: convolution(x, f, padding=None), "padding must be"),
    (lambda x, f: convolution(x, f, padding=(1, 1, 1)), "one \\(or a pair\\) for each of 2 dimensions, got \\(1, 1, 1\\)"),
    (lambda x, f: convolution(x[..., :0], f, padding=2, mode="edge"), r"\(6, 0\) has nothing to fill a edge padding with"),
    (lambda x, f: transposed_convolution(x[:, :1], f[:1], groups=2), "divides the 1 filters, got 2"),
    (lambda x, f: transposed_convolution(x[:, :, :0], f[:2]), "at least one entry in each dimension"),
    (lambda x, f: transposed_convolution(x, f[:2], image=(3, 3)), r"image \(3, 3\) doesn't fit; .* at least \(8, 7\)"),
    (lambda x, f: max_pool(x, 2, padding=2), r"has room for whole windows \(2, 2\)"),
    (lambda x, f: average_pool(x, 0), "average_pool: size must be a positive integer"),
    (lambda x, f: max_pool(x[..., :0], 1), "larger than the image"),
    (lambda x, f: convolution(x, f[..., :0]), "at least one tap"),
    (lambda x, f: convolution(x[..., :2], f), r"reach over \(3, 3\) places are larger than the \(padded\) image \(6, 2\)"),
    (lambda x, f: convolution(x, f, stride=0), "stride must be a positive integer, or 2 of them, got 0"),
    (lambda x, f: convolution(x, f, dilation=(1, 2, 3)), "dilation must be a positive integer"),
    (lambda x, f: convolution(x, f, padding="full"), "padding must be \"valid\", \"same\", a number, .* got 'full'"),
    (lambda x, f: convolution(x, f, padding=-1), "padding must be .* got -1"),
    (lambda x, f: convolution(x, f, padding=1, mode="wrap"), "mode must be one of zeros, circular, reflect, edge, got 'wrap'"),
    (lambda x, f: transposed_convolution(x, f), r"g of shape \(1, 2, 6, 5\) doesn't fit filters of shape \(3, 2, 3, 3\)"),
    (lambda x, f: max_pool(x, 7), r"windows \(7, 7\) are larger than the image \(6, 5\)"),
    (lambda x, f: max_pool(x[0, 0], 2), r"max_pool expects x \(N, C, \*image\), got shape \(6, 5\)"),
])
def test_what_is_refused(wrong, message, rng):
    with pytest.raises(ValueError, match=message):
        wrong(rng.normal(size=(1, 2, 6, 5)), rng.normal(size=(3, 2, 3, 3)))


@pytest.mark.parametrize("wrong", [np.ones((1, 2, 6, 5), bool), np.ones((1, 2, 6, 5), complex), np.full((1, 2, 6, 5), "1"),
                                   np.full((1, 2, 6, 5), None)], ids=lambda x: str(x.dtype))
def test_what_is_no_real_number_is_refused(wrong):
    with pytest.raises(TypeError, match="x must be an array of real numbers, got dtype"):
        convolution(wrong, np.ones((3, 2, 3, 3)))
    with pytest.raises(TypeError, match=r"got dtype bool; f\.astype\(float\) makes them"):
        convolution(np.ones((1, 1, 3)), np.ones((1, 1, 2), bool))
    with pytest.raises(TypeError, match="max_pool: x must be an array of real numbers"):
        max_pool(wrong, 2)


@pytest.mark.parametrize("options", [{}, {"stride": 2, "padding": 1}, {"groups": 2, "padding": "same"},
                                     {"mode": "circular", "padding": 1}])
@pytest.mark.parametrize("activation", ["identity", "relu"])
def test_a_bias_and_a_relu_with_the_sums_are_those_after_them(rng, options, activation):
    x, f, bias = rng.normal(size=(3, 4, 7, 6)), rng.normal(size=(6, 4 // options.get("groups", 1), 3, 3)), rng.normal(size=6)
    cut = (lambda y: np.maximum(y, 0)) if activation == "relu" else (lambda y: y)
    plain = lambda x, f, bias: cut(convolution(x, f, **options) + bias[:, None, None])
    fused = lambda x, f, bias: convolution(x, f, **options, bias=bias, activation=activation)
    y = plain(x, f, bias)
    np.testing.assert_allclose(fused(x, f, bias), y, rtol=1e-12, atol=1e-12)
    g = rng.normal(size=y.shape)
    for ours, theirs in zip(*(vjp(h, x, f, bias)[1](g) for h in (fused, plain)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-11)
    check_gradients(lambda x, f, bias: np.tanh(fused(np.sin(x), f, bias)), x, f, bias, order=2, rtol=1e-5)
    short = [v.astype(np.float32) for v in (x, f, bias)]
    assert fused(*short).dtype == np.float32
    np.testing.assert_allclose(fused(*short), y, rtol=1e-4, atol=1e-4)
    with edugen.kernels.use("numpy"):
        np.testing.assert_allclose(fused(x, f, bias), y, rtol=1e-12, atol=1e-12)
    assert np.isnan(fused(x * np.nan, f, bias)).all()


def test_a_bias_that_does_not_fit_and_an_activation_that_is_not_there(rng):
    x, f = rng.normal(size=(1, 2, 5)), rng.normal(size=(3, 2, 3))
    with pytest.raises(ValueError, match=r"bias must be of shape \(3,\), a number for each filter, got \(2,\)"):
        convolution(x, f, bias=np.zeros(2))
    with pytest.raises(ValueError, match="activation must be one of identity, relu, got 'tanh'"):
        convolution(x, f, activation="tanh")
    np.testing.assert_allclose(convolution(x, f, activation="relu"), np.maximum(convolution(x, f), 0))
