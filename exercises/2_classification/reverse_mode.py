"""Reverse mode.  Cho §2.2.2.     22 points: four core tasks, then three next steps

Fill in the functions; `edugen check reverse_mode` tells you how far you are.

A call may take 10 seconds and 1 GiB of memory, all calls of a task a minute, unless the task says otherwise.
"""
import numpy as np


def local_rules(name, g, y, args):
    r"""What one operation passes to its arguments: the gradient g of its result times each local derivative.   (2 points, core)

    Parameters
    ----------
    name : str, one of "add", "multiply", "divide", "tanh", "exp", "log"
    g : array, the gradient of the loss with respect to the result
    y : array of the same shape, the result
    args : list of arrays of the same shape, the operation's one or two arguments

    Returns
    -------
    list of arrays, one for each argument
    """
    raise NotImplementedError("local_rules")


def topological_order(parents, output):
    """The order in which the backward sweep visits a graph: every node after all the nodes that used it.   (3 points, core)

    A node that is visited before one of its users passes on a gradient that is still incomplete. Numbers of nodes mean nothing.

    Parameters
    ----------
    parents : list of lists of int; parents[k] are the nodes that node k was computed from
    output : int, the node to start from; graphs may be chains of 20,000 nodes

    Returns
    -------
    list of int: `output` first, then all that it was computed from, each once; nothing else
    """
    raise NotImplementedError("topological_order")


def backward(parents, derivatives, output):
    r"""The derivative of node `output` with respect to every node of a graph of numbers.   (3 points, core)

    Parameters
    ----------
    parents : list of lists of int, as above; a node that was used twice stands there twice
    derivatives : list of lists of float; derivatives[k][j] is the derivative of node k with respect to its j-th parent
    output : int

    Returns
    -------
    array (len(parents),); 0 for a node that `output` doesn't depend on
    """
    raise NotImplementedError("backward")


def unbroadcast(g, shape):
    """Undo broadcasting: the gradient of an array of `shape` whose broadcast copy has the gradient g.   (2 points, core)

    Parameters
    ----------
    g : array
    shape : list of int, a shape that NumPy broadcasts to g.shape

    Returns
    -------
    array of that shape
    """
    raise NotImplementedError("unbroadcast")


def solve_rule(g, A, b):
    r"""A rule for :math:`x = A^{-1} b` (`np.linalg.solve`): the gradients for A and b, given g, that for x.   (4 points, by hand)

    Differentiate :math:`A x = b` on paper, :math:`dA\,x + A\,dx = db`, then find the matrix and the vector whose inner products
    with dA and db add up to :math:`g^\top dx`. No differences: the answer is exact.

    Parameters
    ----------
    g : array (n,)
    A : array (n, n)
    b : array (n,)

    Returns
    -------
    array (n, n), array (n,)
    """
    raise NotImplementedError("solve_rule")


def forward_mode(program, x, v):
    """The other direction: value and directional derivative of a program in a single pass from the inputs on.   (4 points, build)

    Carry with each number its tangent, the derivative along v, and never look back.

    Parameters
    ----------
    program : list of [name, i] or [name, i, j], run in order; name is "add", "multiply", "sin" or "exp", and i, j count the
        numbers there are so far: the inputs, then the results of the instructions before
    x : array (n,), the inputs
    v : array (n,), the direction

    Returns
    -------
    float, float: the last number, and its derivative along v
    """
    raise NotImplementedError("forward_mode")


def is_gradient(f, gradient, x, seed):
    """Whether `gradient` is the gradient of f, judged from values alone.   (4 points, experiment)

    The check shows you 16 gradients, right ones and wrong ones: a flipped sign, a forgotten factor, two entries exchanged, a
    single entry that is off by a thousandth. Functions may be large or small, curved, and may need inputs that stay near x.
    Judge all of them rightly.

    Parameters
    ----------
    f : function of an array like x, returns a float
    gradient : function of the same array, returns an array like x
    x : array (n,)
    seed : int, for whatever you draw

    Returns
    -------
    bool
    """
    raise NotImplementedError("is_gradient")
