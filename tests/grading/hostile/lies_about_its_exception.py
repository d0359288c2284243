# tier: process
# says: `double` raised an exception: \(it could not be read\)
class Kind(type):
    @property
    def __name__(cls):
        raise SystemExit


class Lie(Exception, metaclass=Kind):
    __traceback__ = property(__import__("sys").exit)


def double(x):
    raise Lie
