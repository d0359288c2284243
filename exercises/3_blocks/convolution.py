r"""Convolution.  Cho §3.2.     20 points: three core tasks, then five next steps

Fill in the functions; `edugen check convolution` tells you how far you are.

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import numpy as np


def correlate(x, f):
    r"""A series seen through K filters, (3.15).   (3 points, core)

    Beyond both ends of the series lie zeros.

    Parameters
    ----------
    x : array (d, T), a series of vectors with d numbers
    f : array (K, d, 2M + 1), the filters

    Returns
    -------
    array (K, T)
    """
    raise NotImplementedError("correlate")


def correlate_backward(g, x, f):
    r"""The backward pass of `correlate`.   (3 points, core)

    Parameters
    ----------
    g : array (K, T), the gradient of a loss in its output
    x : array (d, T), f : array (K, d, 2M + 1)

    Returns
    -------
    by_x, by_f : arrays (d, T), (K, d, 2M + 1)
    """
    raise NotImplementedError("correlate_backward")


def max_pool_backward(g, x, size):
    r"""The backward pass of keeping the largest entry of each window.   (2 points, core)

    Windows of `size` by `size` don't overlap and fill the images; no two entries of a window are equal.

    Parameters
    ----------
    g : array (N, H / size, W / size), the gradient in what was kept
    x : array (N, H, W)
    size : int

    Returns
    -------
    by_x : array (N, H, W)
    """
    raise NotImplementedError("max_pool_backward")


def reach(taps, dilations, strides):
    r"""How much of the input a stack of convolutions sees.   (2 points, build)

    Parameters
    ----------
    taps, dilations, strides : arrays of L ints, of the blocks from the first to the last; all taps are odd

    Returns
    -------
    seen, step : ints
        The length of the stretch of input from the first to the last place that one output depends on, gaps included; and how
        far that stretch moves from one output to the next.
    """
    raise NotImplementedError("reach")


def soft_pool_slopes(x, b):
    r"""Derivatives of a pooling between mean and largest.   (3 points, by hand)

    :math:`y = \frac1b \log \frac1n \sum_i e^{b x_i}`: the mean for b near 0, and the largest for a large one.

    Parameters
    ----------
    x : array (n,)
    b : float, positive; b times x may be as large as ten thousand

    Returns
    -------
    by_x, by_b : array (n,), float, to 12 digits
    """
    raise NotImplementedError("soft_pool_slopes")


def separable(x, depth, point):
    r"""A convolution in two cheap steps (Sifre 2014).   (2 points, build)

    First each channel is correlated with a filter of its own, with zeros beyond the boundary, so that the image keeps its size.
    Then, at each place, the channels are mixed.

    Parameters
    ----------
    x : array (N, C, H, W)
    depth : array (C, 3, 3), a filter for each channel
    point : array (K, C)

    Returns
    -------
    array (N, K, H, W)
    """
    raise NotImplementedError("separable")


def together(patches, stride):
    r"""An image from its overlapping patches.   (2 points, build)

    Patch (i, j) has its upper left corner at row i stride and column j stride. Where several lie over each other, their mean
    counts.

    Parameters
    ----------
    patches : array (n, m, k, k)
    stride : int, from 1 to k

    Returns
    -------
    array ((n - 1) stride + k, (m - 1) stride + k)
    """
    raise NotImplementedError("together")


def detector(x, y):
    r"""A filter that finds a pattern wherever it is.   (3 points, experiment)

    Images are normal noise of deviation 1. Those with label 1 have a pattern of 5 x 5 pixels added somewhere inside; it is always
    the same, and of root mean square 1.5. The check computes the largest correlation of your filter over all places inside of an
    image, and calls it a 1 where it is above your threshold. At least 90 % of 400 new images must be right, in ten seconds.

    Parameters
    ----------
    x : array (300, 16, 16)
    y : integers (300,), 0 or 1

    Returns
    -------
    f, threshold : array (5, 5), float
    """
    raise NotImplementedError("detector")
