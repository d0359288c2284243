import numpy as np


def best_wrong(energies, y):
    others = energies.copy()
    others[np.arange(len(y)), y] = np.inf
    return np.argmin(others, axis=1)


def error_rate(energies, y):
    return float(np.mean(np.argmin(energies, axis=1) != y))


def margin_loss(energies, y, m):
    n = np.arange(len(y))
    return np.maximum(0, m + energies[n, y] - energies[n, best_wrong(energies, y)])


def perceptron_step(W, b, x, y, eta):
    W, b = W.copy(), b.copy()
    predicted = np.argmin(-(W @ x + b))
    if predicted != y:
        W[y] += eta * x
        b[y] += eta
        W[predicted] -= eta * x
        b[predicted] -= eta
    return W, b


def soft_margin_gradient(W, b, x, y, m, gamma):
    energies, n = -(x @ W.T + b), np.arange(len(y))
    wrong = best_wrong(energies, y)
    z = gamma * (m + energies[n, y] - energies[n, wrong])
    share = np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))         # the logistic function: where (2.37) has 1 and 0
    K = len(b)
    push = share[:, None] * (np.eye(K)[y] - np.eye(K)[wrong]) / len(y)
    return -push.T @ x, -push.sum(axis=0)


def averaged_perceptron(x, y, n_categories, n_epochs):
    W, b = np.zeros((n_categories, x.shape[1])), np.zeros(n_categories)
    W_sum, b_sum = np.zeros_like(W), np.zeros_like(b)
    for _ in range(n_epochs):
        for x_n, y_n in zip(x, y):
            W, b = perceptron_step(W, b, x_n, y_n, 1.0)
            W_sum += W
            b_sum += b
    return W_sum / (n_epochs * len(y)), b_sum / (n_epochs * len(y))


def black_box(loss, W, b, n_calls, seed):
    rng = np.random.default_rng(seed)
    least, since = loss(W, b), 0
    best, answer = least, (W, b)
    for _ in range(n_calls - 1):
        if best == 0:
            break
        if since > 100:                                                 # stuck: begin somewhere else
            W_new, b_new, least = rng.normal(size=W.shape), rng.normal(size=b.shape), np.inf
        else:
            W_new, b_new = W.copy(), b.copy()
            k, size = rng.integers(len(b)), 10 ** rng.uniform(-1, 0.5)
            W_new[k] += size * rng.normal(size=W.shape[1])
            b_new[k] += size * rng.normal()
        new = loss(W_new, b_new)
        since = 0 if new < least else since + 1
        if new <= least:                                                # sideways too: the loss is flat nearly everywhere
            W, b, least = W_new, b_new, new
        if least < best:
            best, answer = least, (W, b)
    return answer
