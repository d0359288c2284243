import numpy as np


def log_density(x, mean, cov):
    L = np.linalg.cholesky(cov)
    z = np.linalg.solve(L, (x - mean).T)
    return -0.5 * np.sum(z ** 2, axis=0) - np.sum(np.log(np.diag(L))) - 0.5 * len(mean) * np.log(2 * np.pi)      # (V-2)


def marginal(mean, cov, a):
    return mean[a], cov[np.ix_(a, a)]                                   # (V-11)


def conditional(mean, cov, b, x_b):
    a = np.setdiff1d(np.arange(len(mean)), b)
    gain = np.linalg.solve(cov[np.ix_(b, b)], cov[np.ix_(b, a)]).T
    return mean[a] + gain @ (x_b - mean[b]), cov[np.ix_(a, a)] - gain @ cov[np.ix_(b, a)]        # (V-13), (V-14)


def covariance_gradient(mean, cov, x):
    P, d = np.linalg.inv(cov), x - mean
    return 0.5 * P @ (d.T @ d) @ P - 0.5 * len(x) * P


def kalman_update(mean, cov, H, R, z):
    S = H @ cov @ H.T + R
    gain = np.linalg.solve(S, H @ cov).T
    evidence = log_density(z[None], H @ mean, S)[0]
    return mean + gain @ (z - H @ mean), cov - gain @ H @ cov, float(evidence)


def student_fit(x, dof):
    mu, S = x.mean(axis=0), np.atleast_2d(np.cov(x.T, bias=True))
    for _ in range(2000):
        d = x - mu
        w = (dof + x.shape[1]) / (dof + np.sum(d * np.linalg.solve(S, d.T).T, axis=1))
        mu = w @ x / w.sum()
        S = (w[:, None] * (x - mu)).T @ (x - mu) / len(x)
    return mu, S


def complete_digits(x, y, torn):
    b, a = np.arange(32), np.arange(32, 64)
    log_p, below = np.empty((len(torn), 10)), np.empty((10, len(torn), 32))
    for k in range(10):
        own = x[y == k]
        mean, cov = own.mean(axis=0), np.cov(own.T, bias=True) + 0.01 * np.eye(64)
        log_p[:, k] = log_density(torn[:, b], mean[b], cov[np.ix_(b, b)]) + np.log(np.mean(y == k))
        gain = np.linalg.solve(cov[np.ix_(b, b)], cov[np.ix_(b, a)]).T
        below[k] = mean[a] + (torn[:, b] - mean[b]) @ gain.T
    weights = np.exp(log_p - log_p.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return np.hstack([torn[:, b], np.einsum("nk,kna->na", weights, below)])
