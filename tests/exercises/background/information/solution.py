import numpy as np
from scipy import special


def entropy(p):
    return -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=1)                   # (V-24)


def kl_divergence(p, q):
    both = (p > 0) & (q > 0)
    terms = np.where(p > 0, np.inf, 0.0)
    terms[both] = p[both] * np.log(p[both] / q[both])                           # (V-28)
    return terms.sum(axis=1)


def mutual_information(joint):
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    return float(kl_divergence(joint.reshape(1, -1), apart.reshape(1, -1))[0])  # (V-30)


def fisher(logits):
    p = np.exp(logits - logits.max())
    p = p / p.sum()
    return np.diag(p) - np.outer(p, p)


def lempel_ziv(symbols):
    phrases, current, out = {(): 0}, (), []
    for i, symbol in enumerate(symbols):
        longer = (*current, symbol)
        if longer in phrases and i + 1 < len(symbols):
            current = longer
            continue
        out.append((phrases[current], symbol))
        phrases.setdefault(longer, len(out))
        current = ()
    return out


def dependence(x, y):
    def gaussian(t):
        return special.ndtri((np.argsort(np.argsort(t)) + 0.5) / len(t))

    rho = np.corrcoef(gaussian(x), gaussian(y))[0, 1]
    return float(-0.5 * np.log(1 - rho ** 2))
