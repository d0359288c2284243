# fails: test_permutation_test
# says: a t-test, which assumes normal differences
from solution import *


def permutation_test(differences):
    from scipy.stats import ttest_1samp
    with np.errstate(all="ignore"):
        return float(np.nan_to_num(ttest_1samp(differences, 0).pvalue)) if len(differences) > 1 else 0.5
