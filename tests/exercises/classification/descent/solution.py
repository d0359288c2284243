import numpy as np


def stochastic_gradients(theta, x, y):
    return (x @ theta - y)[:, None] * x


def descent_bound(fx, g, d, L):
    return fx + d @ g + L / 2 * np.sum(d * d, axis=1)                    # (2.74)


def sgd_terms(gradients, alpha, L):
    mean, square = gradients.mean(axis=0), np.mean(np.sum(gradients ** 2, axis=1))
    return alpha * mean @ mean, alpha ** 2 * L / 2 * square              # (2.88)


def best_noisy_step(gradients, L):
    mean, square = gradients.mean(axis=0), np.mean(np.sum(gradients ** 2, axis=1))
    return mean @ mean / (L * square)


def minibatch_noise(gradients, size):
    n, mean = len(gradients), gradients.mean(axis=0)
    variance = np.mean(np.sum((gradients - mean) ** 2, axis=1))
    return mean @ mean + variance / size * (n - size) / (n - 1)


def find_step(f, slope, theta, L):
    height, g = f(theta), slope(theta)
    while True:
        new = theta - g / L
        if f(new) <= height - g @ g / (2 * L):
            return new, L
        L = 2 * L


def falling_steps(steps, L):
    return np.minimum(0.5, 24 / (1 + np.arange(steps))) / L
