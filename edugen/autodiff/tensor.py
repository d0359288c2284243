r"""The engine: a `Tensor` wraps an array and remembers how it was made.

Reverse-mode differentiation needs a record of the computation, and one backward sweep over it (Cho §2.2.2).

The record. NumPy asks every argument whether it wants to take over a call (NEP 13 for ufuncs, NEP 18 for the rest).
A `Tensor` says yes, computes the value on the array that it wraps, and returns a new `Tensor` that remembers the function
and its arguments. What a lecture writes as NumPy is therefore differentiable as it stands.

Levels. Each call of `grad` opens a level, a number never used before, and wraps its arguments at that level. An operation
unwraps the tensors of the highest level among its arguments and calls itself on what is inside: an array, or a tensor of
a lower level, which records in turn. So inside one `grad` the rules run on bare arrays; inside two, the inner rules are
themselves recorded and can be differentiated again. A level is a property of the data: there is nothing to restore after an
exception and nothing that two threads could share.

The record keeps arrays, not copies of them: an array that is changed in place between its use and the end of `grad` (a buffer
filled anew for each batch inside the function) changes the gradient with it.

The sweep. A tensor is born after its arguments, so if we always process the youngest tensor that is waiting, every user of a
value has been heard before the value itself. No recursion, no separate sort.
"""
from __future__ import annotations

import inspect
import itertools
import sys
from collections.abc import Callable
from contextlib import contextmanager
from heapq import heappop, heappush
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

__all__ = ["COMPOSITES", "CONSTANTS", "FIRST", "RULES", "Tensor", "apply", "backward", "composite", "constant", "debug",
           "dispatch", "name", "next_level", "primitive", "raw", "rule", "unbroadcast"]

next_level = itertools.count(1).__next__
_next_birth = itertools.count(1).__next__

RULES: dict[Callable, dict[Any, Callable]] = {}      # function -> {position of the argument: its rule; `...`: every position}
FIRST: dict[Callable, Callable] = {}                 # function -> what its rules would all begin with
COMPOSITES: dict[Callable, Callable] = {}            # function -> the same function written with others that have rules
CONSTANTS: set[Callable] = set()                     # derivative zero wherever there is one, or none at all: argmax, >, shape
_SIGNATURES: dict[Callable, tuple] = {}              # function -> (how many arrays, names of positions, names of options)
_NO_OPTIONS: dict[str, Any] = {}
_SEQUENCES = {list, tuple}


class Tensor:
    """A value at a level, with the call that made it.  Student code receives tensors from `grad`; it never makes one.

    Attributes
    ----------
    value : array, float, or Tensor of a lower level
    level : int, which `grad` it belongs to
    birth : int, larger than the births of all its arguments
    function, args, options : the call, with `function` None for a leaf
    inside : the arguments as the function saw them, without this level's tensors
    """

    __slots__ = ("__weakref__", "args", "birth", "function", "inside", "level", "options", "origin", "value")

    def __init__(self, value: Any, level: int, function: Callable | None = None, args: tuple = (), inside: list | tuple = (),
                 options: dict[str, Any] = _NO_OPTIONS):
        self.value = value
        self.level = level
        self.function = function
        self.args = args
        self.inside = inside
        self.options = options
        self.birth = _next_birth()
        self.origin = _caller() if _debugging else None

    __hash__ = None                                                       # type: ignore[assignment]   # as for arrays

    if TYPE_CHECKING:                                                     # what operators.py adds
        def __getattr__(self, key: str) -> Any: ...

    @property
    def parents(self) -> tuple[tuple[int, Tensor], ...]:
        """The tensors of the same level among the arguments, with their positions."""
        return tuple((i, a) for i, a in enumerate(self.args) if type(a) is Tensor and a.level == self.level)

    def __array_ufunc__(self, ufunc, method, *args, **options):
        if method == "__call__" and not options and ufunc in RULES:
            return apply(ufunc, args)
        if method == "reduce" and ufunc in _REDUCTIONS:                   # np.add.reduce(t) is np.sum(t), but along axis 0
            options.setdefault("axis", 0)
            return dispatch(_REDUCTIONS[ufunc], args, {k: v for k, v in options.items() if v is not None or k == "axis"})
        if method != "__call__":
            raise TypeError(f"np.{ufunc.__name__}.{method} has no gradient rule. {_WAY_OUT.get(method, _COMPOSE)}")
        return dispatch(ufunc, args, options)

    def __array_function__(self, function, types, args, options):
        return dispatch(function, args, options)


def apply(function: Callable, args: tuple, options: dict[str, Any] = _NO_OPTIONS) -> Tensor:
    """Call `function`, which has rules, at the highest level among its arguments, and record the call."""
    inside: Any
    if len(args) == 1 and type(args[0]) is Tensor:                           # half of all calls, without the loops below
        level, inside = args[0].level, (args[0].value,)
    else:
        level, rules = 0, RULES[function]
        for a in args:
            if type(a) is Tensor and a.level > level:
                level = a.level
        if len(rules) < len(args) and ... not in rules:
            _refuse_argument(function, rules, args, level)
        inside = [a.value if type(a) is Tensor and a.level == level else np.asarray(a) if type(a) in _SEQUENCES else a
                  for a in args]
    try:
        return Tensor(function(*inside, **options), level, function, args, inside, options)
    except ValueError as error:
        if isinstance(function, np.ufunc) and not hasattr(error, "__notes__"):
            error.add_note(f"This was {name(function)} of shapes {', '.join(str(np.shape(raw(a))) for a in args)}. Axes are "
                           "matched from the last to the first and must be equal or 1 (for @: the inner two must be equal); "
                           "x[:, None] adds an axis, x.T turns a matrix.")
        raise


def _refuse_argument(function, rules, args, level):
    for i, a in enumerate(args):
        if type(a) is Tensor and a.level == level and i not in rules:
            raise TypeError(f"{name(function)} has no gradient rule for its argument {i}. {_COMPOSE}")


def dispatch(function: Callable, args: tuple, options: dict[str, Any]) -> Any:
    """Every NumPy function that meets a tensor arrives here: by a rule, composed, as a constant, or refused."""
    if function in RULES and not options and len(args) == _SIGNATURES[function][0]:
        return apply(function, args)
    if function not in RULES and function not in COMPOSITES and function not in CONSTANTS:
        _load_scipy_rules()
    if options.get("out") is not None:
        raise TypeError(f"{name(function)} can't write its result into an array (out=, or `array += tensor`): the record of how "
                        "it was made would be lost. Write h = h + t instead of h += t, and leave out= away.")
    if function in RULES:
        args, options = _canonical(function, args, options)
        for k, v in options.items():
            if type(v) is Tensor:
                raise TypeError(f"{name(function)}: {k}= is a traced value, and no gradient flows through {k}=; "
                                f"if it is a constant, pass stop_gradient({k})")
        return apply(function, args, options)
    if function in COMPOSITES:
        args, options = _canonical(function, args, options)
        return COMPOSITES[function](*args, **options)
    if function in CONSTANTS:
        return function(*raw(args), **raw(options))
    raise TypeError(f"{name(function)} has no gradient rule. {_COMPOSE}")


def backward(output: Tensor, g: Any) -> dict[int, Any]:
    """Sweep from `output` with cotangent `g` to the leaves of its level: {birth of the leaf: its cotangent}.

    The cotangent of a value is the derivative of the final scalar with respect to that value. A value used in several places
    gets one contribution from each, and they add, for that is what the chain rule does with several paths.
    """
    level, waiting, youngest = output.level, {output.birth: (output, g)}, [-output.birth]
    leaves: dict[int, Any] = {}
    while youngest:
        tensor, g = waiting.pop(-heappop(youngest))
        function = tensor.function
        if function is None:                                      # the output is a leaf itself
            return {tensor.birth: g}
        rules, y, args, options = RULES[function], tensor.value, tensor.inside, tensor.options
        if function in FIRST:
            g = FIRST[function](g, y, *args, **options)
        for i, a in enumerate(tensor.args):
            if type(a) is not Tensor or a.level != level:
                continue                                          # data, or another level's: its cotangent is nobody's business
            try:
                if i in rules:
                    contribution = rules[i](g, y, *args, **options)
                else:
                    contribution = rules[...](g, y, i, *args, **options)
                contribution = unbroadcast(contribution, a.value)
            except Exception as error:
                if not hasattr(error, "__notes__"):
                    error.add_note(f"in the backward rule of {name(function)}, argument {i}; {_where(tensor)}")
                raise
            if _debugging:
                _refuse_newborn_nan(contribution, g, tensor, i)
            birth = a.birth
            if a.function is None:                                # a leaf passes nothing on, and need not wait
                leaves[birth] = leaves[birth] + contribution if birth in leaves else contribution
            elif birth in waiting:
                waiting[birth] = a, waiting[birth][1] + contribution             # fan-out: contributions add
            else:
                waiting[birth] = a, contribution
                heappush(youngest, -birth)
    return leaves


def unbroadcast(g, like):
    """Give the cotangent `g` the shape and dtype of `like`: what broadcasting copied, its transpose sums."""
    shape, dtype = (like.shape, like.dtype) if type(like) is not float else ((), _FLOAT64)
    try:
        came = g.shape
    except AttributeError:                                                   # a rule of ours never does; a student's may
        if g is None:
            raise TypeError("the rule returned None; it must return the cotangent of its argument") from None
        g = np.asarray(g, dtype)[()]
        came = g.shape
    if came != shape:
        while g.ndim > len(shape):
            g = np.add.reduce(g)                                             # over the first axis
        if g.shape != shape:
            stretched = tuple(i for i, (n, m) in enumerate(zip(shape, g.shape, strict=False)) if n == 1 and m != 1)
            g = np.add.reduce(g, axis=stretched, keepdims=True)
        if g.shape != shape:
            raise ValueError(f"the rule returned a cotangent of shape {came} for an argument of shape {shape}")
    if g.dtype is not dtype and g.dtype != dtype:                            # the first is faster, and nearly always enough
        if g.dtype.kind == "c":
            raise TypeError("a complex number entered the computation; edugen differentiates real numbers only. "
                            "Carry real and imaginary parts as two arrays.")
        g = g.astype(dtype)
    return g


_FLOAT64 = np.dtype(float)


# Declaring rules --------------------------------------------------------------------------------------------------------


def rule(function: Callable, *positions: Any) -> Callable:
    """Declare the cotangent of an argument: `@rule(np.matmul, 0)`, then `def _(g, y, a, b): return g @ b.T`.

    The rule receives the cotangent `g` of the result, the result `y`, and the call's arguments: arrays first (the parameters
    without default), then options (those with one; an option that the rule doesn't name is refused at the call).
    It may ignore broadcasting: the engine sums what NumPy stretched. Write it in NumPy and it can itself be differentiated.

    Parameters
    ----------
    function : a NumPy function, a ufunc, or a `primitive`
    *positions : of the arguments that this rule is for, 0 if none is given; `...` for a function of any number of arrays,
        whose rule gets the position as an extra argument after `y`; "first" for what the rules of all positions would begin with:
        they receive what it returns in place of `g`

    Examples
    --------
    >>> import numpy as np
    >>> from edugen import grad
    >>> @rule(np.spacing)                       # a strange choice: the gap to the next float, taken to be constant
    ... def _(g, y, x):
    ...     return 0 * g
    >>> float(grad(lambda x: np.spacing(x) + x)(2.0))
    1.0
    """
    def declare(f):
        _remember_signature(function, list(inspect.signature(f).parameters.values())[2:])
        if positions == ("first",):
            FIRST[function] = f
        else:
            RULES.setdefault(function, {}).update(dict.fromkeys(positions or (0,), f))
        return f
    return declare


def composite(*functions: Callable) -> Callable:
    """Declare that a NumPy function is best written with others: `@composite(np.kron)`."""
    def declare(f):
        for function in functions:
            _remember_signature(function, list(inspect.signature(f).parameters.values()))
            COMPOSITES[function] = f
        return f
    return declare


def constant(*functions: Callable) -> None:
    """Declare functions that see only values and return plain arrays: argmax, comparisons, shape."""
    CONSTANTS.update(functions)


def primitive(f: Callable) -> Callable:
    """Make a function one operation of the engine: on arrays it is itself; on tensors its rules decide.

    Examples
    --------
    >>> import numpy as np
    >>> from edugen import check_gradients
    >>> @primitive
    ... def cube(x):
    ...     return x ** 3
    >>> @rule(cube)
    ... def _(g, y, x):
    ...     return g * 3 * x ** 2
    >>> check_gradients(cube, np.array([1.0, 2.0]))
    """
    def call(*args, **options):
        for a in args:
            if type(a) is Tensor:
                return dispatch(call, args, options)
        for a in options.values():
            if type(a) is Tensor:
                return dispatch(call, args, options)
        return f(*args, **options)
    call.__name__, call.__qualname__, call.__module__, call.__doc__ = f.__name__, f.__qualname__, f.__module__, f.__doc__
    call.__wrapped__ = f                          # type: ignore[attr-defined]
    return call


def raw(x: Any) -> Any:
    """What a tensor wraps, through all levels; lists, tuples and dicts of tensors likewise; anything else as it is."""
    while type(x) is Tensor:
        x = x.value
    if type(x) in (list, tuple):
        return type(x)(map(raw, x))
    return {k: raw(v) for k, v in x.items()} if type(x) is dict else x


def name(function: Callable) -> str:
    """As a person would write it: np.linalg.inv, scipy.special.erf, edugen's softmax."""
    if isinstance(function, np.ufunc):
        return ("np." if getattr(np, function.__name__, None) is function else "scipy.special.") + function.__name__
    module = getattr(function, "__module__", None) or ""
    label = getattr(function, "__name__", repr(function)).lstrip("_")
    return f"{module.replace('numpy', 'np', 1)}.{label}" if module.split(".")[0] in ("numpy", "scipy") else label


def _remember_signature(function, parameters):
    """Parameters without default are arrays, the others options; options that NumPy takes by position get its names."""
    options = {p.name for p in parameters if p.default is not p.empty or p.kind is p.KEYWORD_ONLY}
    variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    try:
        names = [p.name for p in inspect.signature(function).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    except ValueError:                                                       # functions in C may not tell
        names = [p.name for p in parameters]
    _SIGNATURES[function] = None if variadic else len(parameters) - len(options), names, options


def _canonical(function, args, options):
    """Arrays by position, options by keyword, whichever way the caller wrote them; unknown options are refused."""
    arrays, names, known = _SIGNATURES[function]
    if arrays is not None and (len(args) != arrays or options):
        options = dict(zip(names[arrays:], args[arrays:], strict=False)) | options
        args = args[:arrays] + tuple(options.pop(n) for n in names[len(args):arrays] if n in options)
        if len(args) < arrays:
            raise TypeError(f"{name(function)} takes {arrays} arrays ({', '.join(names[:arrays])}), got {len(args)}")
        if options.get("out", 0) is None:
            del options["out"]
    if options.keys() - known:
        _refuse(function, options.keys() - known, known)
    return args, options


def _refuse(function, unknown, known):
    raise TypeError(f"{name(function)}: {', '.join(sorted(unknown))}= is not differentiated here; "
                    f"known are {', '.join(sorted(known)) or 'no options'}. {_COMPOSE}")


def _load_scipy_rules():
    if "scipy.special" in sys.modules:                  # whoever holds one of its ufuncs has imported it
        from .rules import special  # noqa: F401


_COMPOSE = ("Compose it from functions that have one, declare one with @edugen.autodiff.rule, "
            "or pass stop_gradient(t) where only the value is needed.")
_WAY_OUT = {"outer": "Write a[:, None] * b[None, :].", "at": "Write indexing, t[i], whose gradient adds up repeated indices.",
            "accumulate": "Write np.cumsum or np.cumprod."}
_REDUCTIONS: dict[Callable, Callable] = {np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min}


# Finding the line -------------------------------------------------------------------------------------------------------

_debugging = 0


@contextmanager
def debug():
    """Inside `with edugen.debug():` an error or a NaN born in a backward rule names the forward line that recorded it.

    Slower, for every operation then remembers where it was called. Holds for the whole process.

    Examples
    --------
    >>> import numpy as np
    >>> from edugen import grad
    >>> with debug(), np.errstate(all="ignore"):
    ...     grad(lambda x: np.sum(np.sqrt(x) * 0))(np.zeros(1))  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    FloatingPointError: NaN born in the backward rule of np.sqrt
    """
    global _debugging
    _debugging += 1
    try:
        yield
    finally:
        _debugging -= 1


def _caller():
    """The innermost line outside the engine, as `file:line, in function`."""
    frame: FrameType | None = sys._getframe(1)
    while frame and frame.f_globals.get("__name__", "").split(".")[:2] in (["edugen", "autodiff"], ["contextlib"]):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}, in {frame.f_code.co_name}" if frame else "an unknown line"


def _where(tensor):
    return f"recorded at {tensor.origin}" if tensor.origin else "run it inside `with edugen.debug():` to see the forward line"


def _refuse_newborn_nan(contribution, g, tensor, i):
    if not np.all(np.isfinite(raw(contribution))) and all(np.all(np.isfinite(raw(c))) for c in (g if type(g) is tuple else (g,))):
        kind = "NaN" if np.any(np.isnan(raw(contribution))) else "infinity"
        raise FloatingPointError(f"{kind} born in the backward rule of {name(tensor.function)}, argument {i}; {_where(tensor)}")
