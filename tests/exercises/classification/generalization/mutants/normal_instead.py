# fails: test_exact_bound
# says: a normal distribution in the place of the binomial one
from solution import *


def exact_bound(wrong, n, delta):
    from scipy.stats import norm
    p = wrong / n
    return min(1.0, p + norm.ppf(1 - delta) * math.sqrt(p * (1 - p) / n))


def best_of_many(wrong, n, delta):                                       # Chernoff's bound will do as well
    k = int(np.argmin(wrong))
    return k, largest_risk(np.array([wrong[k] / n]), np.array([math.log(len(wrong) / delta) / n]))[0]
