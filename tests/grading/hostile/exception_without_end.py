# tier: process
# says: `double` did not return within 5 s. It was at line \d of answer.py, in `__str__`
class Lengthy(BaseException):
    def __str__(self):
        while True:
            pass


def double(x):
    raise Lengthy
