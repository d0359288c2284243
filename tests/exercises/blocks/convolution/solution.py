import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def correlate(x, f):
    M, T = f.shape[2] // 2, x.shape[1]
    padded = np.pad(x, ((0, 0), (M, M)))
    return np.stack([np.einsum("kdm,dm->k", f, padded[:, t:t + 2 * M + 1]) for t in range(T)], axis=1)


def correlate_backward(g, x, f):
    M, T = f.shape[2] // 2, x.shape[1]
    padded = np.pad(x, ((0, 0), (M, M)))
    by_padded, by_f = np.zeros_like(padded), np.zeros_like(f)
    for t in range(T):
        by_padded[:, t:t + 2 * M + 1] += np.einsum("k,kdm->dm", g[:, t], f)
        by_f += np.einsum("k,dm->kdm", g[:, t], padded[:, t:t + 2 * M + 1])
    return by_padded[:, M:M + T], by_f


def max_pool_backward(g, x, size):
    N, H, W = x.shape
    windows = x.reshape(N, H // size, size, W // size, size)
    largest = windows == windows.max(axis=(2, 4), keepdims=True)
    return (largest * g[:, :, None, :, None]).reshape(x.shape)


def reach(taps, dilations, strides):
    seen, step = 1, 1
    for k, dilation, stride in zip(taps, dilations, strides, strict=True):
        seen += step * dilation * (k - 1)
        step *= stride
    return int(seen), int(step)


def soft_pool_slopes(x, b):
    top = x.max()
    weights = np.exp(b * (x - top))
    p = weights / weights.sum()
    y = top + np.log(weights.mean()) / b
    return p, float((p @ x - y) / b)


def separable(x, depth, point):
    H, W = x.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    filtered = sum(depth[:, a, b][:, None, None] * padded[:, :, a:a + H, b:b + W] for a in range(3) for b in range(3))
    return np.einsum("kc,nchw->nkhw", point, filtered)


def together(patches, stride):
    n, m, k, _ = patches.shape
    total, count = np.zeros((2, (n - 1) * stride + k, (m - 1) * stride + k))
    for i in range(n):
        for j in range(m):
            total[i * stride:i * stride + k, j * stride:j * stride + k] += patches[i, j]
            count[i * stride:i * stride + k, j * stride:j * stride + k] += 1
    return total / count


def detector(x, y):
    rng = np.random.default_rng(0)
    windows = sliding_window_view(x, (5, 5), axis=(1, 2)).reshape(len(x), -1, 25)
    inside = windows[y == 1]
    best, chosen = 0.0, None
    for _ in range(40):
        patches = inside[rng.integers(len(inside))]
        f = patches[np.argmax(np.sum(patches ** 2, axis=1) * rng.uniform(0.8, 1, size=len(patches)))]
        for _ in range(8):
            at = (inside @ f).argmax(axis=1)
            f = inside[np.arange(len(inside)), at].mean(axis=0)
        largest = (windows @ f).max(axis=1)
        cuts = np.sort(largest)
        right = [np.mean((largest > cut) == y) for cut in cuts]
        if max(right) > best:
            best, chosen = max(right), (f.reshape(5, 5), float(cuts[int(np.argmax(right))]))
        if best > 0.96:
            break
    return chosen
