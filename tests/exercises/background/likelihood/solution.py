import numpy as np
from scipy import special


def coin_log_likelihood(theta, heads, tails):
    return special.xlogy(heads, theta) + special.xlog1py(tails, -theta)         # (G-21)


def monte_carlo(values):
    return float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))


def gaussian_gradient(mean, log_std, batch, size):
    z = (batch - mean) / np.exp(log_std)
    return float(size * np.mean(z) / np.exp(log_std)), float(size * np.mean(z ** 2 - 1))


def poisson_gradient(w, X, y):
    return X.T @ (y - np.exp(X @ w)) / len(y)


def control_variate(g, h, h_mean):
    c = np.cov(g, h)[0, 1] / np.var(h, ddof=1)
    return monte_carlo(g - c * (h - h_mean))


def predict(x, y, x_new, seed):
    basis, candidates = np.polynomial.legendre.legvander, []
    for degree in range(25):
        X = basis(x, degree)
        w = np.linalg.lstsq(X, y, rcond=None)[0]
        loss = np.sum((y - X @ w) ** 2) / (2 * 0.3 ** 2)
        candidates.append((loss + 0.5 * np.log(len(x)) * (degree + 1), degree, w))              # (G-33)
    _, degree, w = min(candidates, key=lambda c: c[:2])
    return basis(x_new, degree) @ w
