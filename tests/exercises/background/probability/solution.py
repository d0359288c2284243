import numpy as np

RIDGE = 0.04                                                            # variance that pixels which never vary are given


def marginal_and_conditional(joint):
    p_x = joint.sum(axis=1)                                             # (V-6)
    return p_x, joint / p_x[:, None]                                    # (V-7)


def bayes(likelihood, prior):
    joint = likelihood * prior[:, None]                                 # (V-8)
    return (joint / joint.sum(axis=0)).T                                # (V-9)


def covariance(joint, x, y):
    x = x - joint.sum(axis=1) @ x
    y = y - joint.sum(axis=0) @ y
    return x.T @ joint @ y                                              # (V-21)


def adjusted_difference(counts):
    whole = counts.sum(axis=0)
    plain = whole[:, 1] / whole.sum(axis=1)
    share = counts[:, :, 1] / counts.sum(axis=2)
    p_z = counts.sum(axis=(1, 2)) / counts.sum()
    return float(plain[1] - plain[0]), float(p_z @ (share[:, 1] - share[:, 0]))


def paradox(gap):
    mild, severe = 0.95 - gap, 0.02                                     # shares that recover untreated
    people = np.array([[9900, 100], [100, 9900]])                       # by group and treatment: the severe are treated
    recovered = np.array([[mild, mild + gap + 0.02], [severe, severe + gap + 0.02]]) * people
    recovered = np.round(recovered).astype(int)
    return np.stack([people - recovered, recovered], axis=2)


def smoothed(counts, alpha):
    weights = counts + alpha - 1
    return weights / weights.sum(axis=-1, keepdims=True)


def torn_digits(x, y, torn):
    scores = np.empty((len(torn), 10))
    lost = np.isnan(torn)
    patterns = np.unique(lost, axis=0)
    for k in range(10):
        own = x[y == k]
        mean, cov = own.mean(axis=0), np.cov(own.T, bias=True) + RIDGE * np.eye(64)
        for gone in patterns:
            rows, a = np.all(lost == gone, axis=1), np.flatnonzero(~gone)
            d = torn[rows][:, a] - mean[a]
            S = cov[np.ix_(a, a)]
            quadratic = np.sum(d * np.linalg.solve(S, d.T).T, axis=1)
            scores[rows, k] = -0.5 * quadratic - 0.5 * np.linalg.slogdet(S)[1] + np.log(np.mean(y == k))
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)
