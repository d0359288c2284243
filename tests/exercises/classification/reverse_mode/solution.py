import numpy as np


def local_rules(name, g, y, args):
    if name == "add":
        return [g, g]
    if name == "multiply":
        return [g * args[1], g * args[0]]
    if name == "divide":
        return [g / args[1], -g * y / args[1]]
    if name == "tanh":
        return [g * (1 - y * y)]
    if name == "exp":
        return [g * y]
    return [g / args[0]]


def topological_order(parents, output):
    users, reached, waiting = [0] * len(parents), {output}, [output]
    while waiting:
        for p in parents[waiting.pop()]:
            users[p] += 1
            if p not in reached:
                reached.add(p)
                waiting.append(p)
    order, ready = [], [output]
    while ready:
        order.append(ready.pop())
        for p in parents[order[-1]]:
            users[p] -= 1
            if users[p] == 0:
                ready.append(p)
    return order


def backward(parents, derivatives, output):
    gradient = np.zeros(len(parents))
    gradient[output] = 1
    for k in topological_order(parents, output):
        for p, d in zip(parents[k], derivatives[k]):
            gradient[p] += gradient[k] * d
    return gradient


def unbroadcast(g, shape):
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for axis, n in enumerate(shape):
        if n == 1:
            g = g.sum(axis=axis, keepdims=True)
    return g


def solve_rule(g, A, b):
    w = np.linalg.solve(A.T, g)
    return -np.outer(w, np.linalg.solve(A, b)), w


def forward_mode(program, x, v):
    numbers, tangents = list(x), list(v)
    for name, i, *rest in program:
        a, da = numbers[i], tangents[i]
        if name == "sin":
            y, dy = np.sin(a), np.cos(a) * da
        elif name == "exp":
            y, dy = np.exp(a), np.exp(a) * da
        else:
            b, db = numbers[rest[0]], tangents[rest[0]]
            y, dy = (a + b, da + db) if name == "add" else (a * b, da * b + a * db)
        numbers.append(y)
        tangents.append(dy)
    return float(numbers[-1]), float(tangents[-1])


def is_gradient(f, gradient, x, seed):
    g = gradient(x)
    for i in range(len(x)):
        h = 1e-5 * max(abs(x[i]), 1e-1)
        e = np.zeros(len(x))
        e[i] = h
        difference = (f(x + e) - f(x - e)) / (2 * h)
        if abs(difference - g[i]) > 1e-4 * max(abs(difference), 0.01 * np.max(np.abs(g))):
            return False
    return True
