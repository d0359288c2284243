# fails: test_disguised_digits_are_close_and_fool_the_network
from solution import *
from solution import disguise as right


def disguise(theta, x, wanted):
    pattern = right(theta, np.zeros(64), wanted)
    for size in np.linspace(0, 60, 601):
        image = x + size * pattern
        h = np.tanh(np.tanh(image @ theta["V"] + theta["s"]) @ theta["U"] + theta["c"])
        if np.argmin(-(theta["W"] @ h + theta["b"])) == wanted:
            break
    return image
