# tier: process
# says: `double` raised MemoryError|`double` did not return within 5 s
class Endless(dict):
    def items(self):
        while True:
            yield 0, 0


def double(x):
    return Endless()
