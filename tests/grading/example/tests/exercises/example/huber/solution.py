import numpy as np


def loss(r, delta):
    a = np.abs(r)
    return np.mean(np.where(a <= delta, 0.5 * r**2, delta * (a - 0.5 * delta)))


def gradient(w, x, y, delta):
    return -np.clip(y - x @ w, -delta, delta) @ x / len(y)


def newton(f, slope, start, steps):
    for _ in range(steps):
        start = start - f(start) / slope(start)
    return start


def momentum(lr, beta):
    def step(theta, g, v):
        v = beta * v + g
        return theta - lr * v, v
    return step


def sample_noise(n, seed):
    u = np.random.default_rng(seed).uniform(-1, 1, n)
    return -np.sign(u) * np.log1p(-np.abs(u))


def fit(x, y, delta, steps):
    w, history, lr = np.zeros(x.shape[1]), [], len(y) / np.linalg.norm(x, 2) ** 2
    for _ in range(steps):
        w = w - lr * gradient(w, x, y, delta)
        history.append(loss(y - x @ w, delta))
    return w, np.array(history)
