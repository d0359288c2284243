# fails: test_rotate_pairs
# says: frequencies grow from pair to pair, as the lecture prints them
from solution import *


def rotate_pairs(x, positions, L):
    n = x.shape[1]
    angle = positions[:, None] * L ** (np.arange(1, n // 2 + 1) / n)
    cos, sin, a, b = np.cos(angle), np.sin(angle), x[:, 0::2], x[:, 1::2]
    return np.stack([cos * a - sin * b, sin * a + cos * b], axis=-1).reshape(x.shape)


def grid_rotation(x, rows, columns, L):
    half = x.shape[1] // 2
    parts = []
    for part, m in ((x[:, :half], rows), (x[:, half:], columns)):
        angle = m[:, None] * L ** (-np.arange(0, half, 2) / half)
        z = (part[:, 0::2] + 1j * part[:, 1::2]) * np.exp(1j * angle)
        parts.append(np.stack([z.real, z.imag], axis=-1).reshape(part.shape))
    return np.concatenate(parts, axis=1)
