# tier: process
# says: every entry is 0.5 times
import weakref


class Stays:
    def __del__(self):
        while True:
            pass


weakref.finalize(Stays, Stays.__del__, None)
stays = Stays()
stays.itself = stays


def double(x):
    return x
