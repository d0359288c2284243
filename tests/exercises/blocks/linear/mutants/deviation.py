# fails: test_weights_from_data
# says: the deviation, which takes the mean away, not the mean square
from solution import *


def weights_from_data(x, Us):
    scaled = []
    for U in Us:
        U = U / np.std(np.maximum(0, x @ U))
        scaled.append(U)
        x = np.maximum(0, x @ U)
    return scaled
