# tier: process
# says: `double` raised Nasty: \(its message could not be read\)
class Nasty(Exception):
    def __str__(self):
        raise SystemExit

    __repr__ = __str__


def double(x):
    raise Nasty
