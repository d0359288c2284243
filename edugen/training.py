"""The loop: batches, a loss, an optimizer that it is handed, a history, and a checkpoint to go on from.  Cho §2.3."""
from __future__ import annotations

import json
import math
import os
import re
import zipfile
from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, Sized
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from edugen.autodiff import tree, value_and_grad
from edugen.progress import bar

__all__ = ["History", "Optimizer", "minibatches", "train"]


class History:
    """What was measured while learning: named columns, a row for each measurement.

    Parameters
    ----------
    *names : str
        The columns; without any, the first row names them. Each is an attribute: an array as long as the history.

    Raises
    ------
    ValueError
        A name that is no identifier, stands twice or is a method's; a row that lacks a column or has one too many.

    Examples
    --------
    >>> history = History("loss", "accuracy")
    >>> history.append(loss=2.5, accuracy=0.5)
    >>> history.append(loss=1.0, accuracy=1.0)
    >>> history.loss
    array([2.5, 1. ])
    >>> len(history), list(dict(history))
    (2, ['loss', 'accuracy'])
    """

    def __init__(self, *names: str):
        for i, name in enumerate(names):
            if not (isinstance(name, str) and name.isidentifier()) or name in names[:i] or hasattr(History, name):
                raise ValueError(f"the names of a history are identifiers, each once, and none of its methods, got {name!r}")
        self._columns: dict[str, list] = {name: [] for name in names}

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in the order in which they were named."""
        return tuple(self._columns)

    def append(self, **row: Any) -> None:
        """Add a row: a value for each name."""
        if not self._columns:
            self._columns = History(*row)._columns
        if row.keys() != self._columns.keys():
            raise ValueError(f"this history records {', '.join(self.names)}, got {', '.join(row) or 'nothing'}; "
                             "a row has a value for each (math.nan where nothing was measured)")
        for name, value in row.items():
            self._columns[name].append(value)

    def plot(self, **options: Any) -> Any:
        """Draw it: a panel for each quantity, the best validation marked. `options` are those of `edugen.plots.loss_curves`."""
        from edugen.plots import loss_curves
        return loss_curves({name: column for name, column in self.items() if column.ndim == 1}, **options)

    def keys(self) -> KeysView[str]:
        """The names, as a dict has them: `dict(history)` is a plain dict of arrays."""
        return self._columns.keys()

    def items(self) -> ItemsView[str, np.ndarray]:
        """Names with their arrays, as a dict has them."""
        return {name: self[name] for name in self._columns}.items()

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._columns:
            raise KeyError(f"this history records {', '.join(self.names) or 'nothing yet'}, got {name!r}")
        return np.array(self._columns[name])

    def __getattr__(self, name: str) -> np.ndarray:
        if name not in vars(self).get("_columns", ()):
            raise AttributeError(f"this history records {', '.join(vars(self).get('_columns', ()))}, got {name!r}")
        return self[name]

    def __len__(self) -> int:
        return len(next(iter(self._columns.values()), ()))

    __iter__ = None                                                 # over rows or over names? Say which: history.names

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._columns]

    def __repr__(self) -> str:
        return f"<History of {', '.join(self.names) or 'nothing yet'}: {len(self)} rows>"


class minibatches:                                                  # reads as a verb at the call, as `zip` and `range` do
    """Batches in random order, each observation once: iterate for one epoch, and again for another one.

    Parameters
    ----------
    rng : seed or Generator
        Draws the order when an epoch starts.
    arrays : array (N, ...), or a tuple or named tuple of such
        What is cut along its first axis. A tuple gives tuples of its kind: a `Dataset` gives `Dataset`s.
    size : int
        Observations in a batch.
    drop_last : bool
        Whether the last batch is left out where it would be smaller than the others.

    Examples
    --------
    >>> for x, y in minibatches(0, (np.arange(5.0), np.arange(5)), 2):
    ...     print(x, y)
    [2. 4.] [2 4]
    [3. 0.] [3 0]
    [1.] [1]
    """

    def __init__(self, rng: int | np.random.Generator | None, arrays: Any, size: int, drop_last: bool = False):
        if isinstance(arrays, (list, dict)):
            raise TypeError(f"arrays must be an array or a tuple of arrays, got a {type(arrays).__name__}: pass (x, y)")
        self.rng, self.arrays, self.size, self.drop_last = np.random.default_rng(rng), arrays, _whole("size", size), drop_last
        self._columns = [np.asarray(a) for a in (arrays if isinstance(arrays, tuple) else (arrays,))]
        lengths = {a.shape[:1] or (0,) for a in self._columns}
        if len(lengths) != 1 or lengths == {(0,)}:
            raise ValueError("arrays must have a first axis of the same length, at least 1, "
                             f"got shapes {', '.join(str(a.shape) for a in self._columns) or 'of nothing'}")
        (self._n,), = lengths
        if not 1 <= self.size <= (self._n if drop_last else math.inf):
            raise ValueError(f"size must be at least 1{f' and at most {self._n}, else no batch is left' * drop_last}, got {size}")

    def __len__(self) -> int:
        return self._n // self.size if self.drop_last else -(-self._n // self.size)

    def __iter__(self) -> Iterator[Any]:
        order = self.rng.permutation(self._n)
        for start in range(0, len(self) * self.size, self.size):
            batch = [a[order[start:start + self.size]] for a in self._columns]
            yield (type(self.arrays)(*batch) if hasattr(self.arrays, "_fields") else
                   tuple(batch) if isinstance(self.arrays, tuple) else batch[0])

    def __repr__(self) -> str:
        shapes = ", ".join(f"{a.dtype} {a.shape}" for a in self._columns)
        return f"<minibatches of {self.size} from {shapes}{', the smaller last one dropped' * self.drop_last}>"


class Optimizer(Protocol):
    """What the loop is handed: two pure functions over trees, such as those of `edugen.classification.optimizers`."""

    def init(self, theta: Any) -> Any:
        """The state before the first step: a tree. What changes in it are floats and floating arrays, a count of steps too."""

    def step(self, theta: Any, g: Any, state: Any) -> tuple[Any, Any]:
        """Parameters and state after one step with the gradient `g`."""


def train(theta: Any, loss: Callable[..., Any], batches: Iterable | Callable[[], Iterable], optimizer: Optimizer, epochs: int = 1,
          validate: Callable[[Any], float] | None = None, checkpoint: str | os.PathLike | None = None,
          rng: np.random.Generator | None = None, progress: bool = True, by_hand: bool = False, clip_norm: float | None = None,
          patience: int | None = None) -> tuple[Any, History]:
    """Go `epochs` times over the batches, one step of the optimizer for each.  Cho (2.73).

    Parameters
    ----------
    theta : tree of floating arrays
        Where to start. It is not changed.
    loss : function
        `loss(theta, *batch)`: a scalar, or (scalar, dict of more to record). A batch that is no tuple or list is one argument.
    batches : iterable, or a function without arguments that returns one
        `minibatches(...)`, a list, a generator function. An epoch goes over it once.
    optimizer : Optimizer
    epochs : int
    validate : function, optional
        `validate(theta)`, called after each epoch: a number, lower is better. With it the **best** parameters are returned (the
        first of equals; the bar tells of which epoch they are, `np.argmin(history.validation)` too), without it the last.
    checkpoint : path, optional
        A file written after each epoch, wholly or not at all. If it is there, the run goes on from it and not from `theta`, and
        ends with the very numbers of a run that never stopped. `loss`, `validate` and the data must be the same again.
    rng : Generator, optional
        What `loss`, `validate` or a generator function draws from, if one does, so that a checkpoint can save its state and set
        it back. The generator of `minibatches` is seen to without.
    progress : bool
        Whether to show a bar with the loss and the speed, where stderr is a terminal.
    by_hand : bool
        `loss` brings its own gradient, and the engine stays out: it returns (what it would return else, gradient), the latter
        shaped like `theta`.
    clip_norm : float, optional
        A longer gradient is shortened to this length, all leaves together and its direction kept, before the optimizer sees it.
    patience : int, optional
        Stop early, after that many epochs without a new best validation.

    Returns
    -------
    theta, History
        A row for each epoch: `loss` and what came with it, means over the steps; with `clip_norm` also `gradient_norm`, as it was
        before; `validation`. `history.plot()` draws it.

    Raises
    ------
    FloatingPointError
        The loss, a parameter or the validation became NaN or infinite; the message says at which step, and where.
    ValueError
        The checkpoint is damaged or of another training; an epoch has no batch.
    KeyboardInterrupt
        Ctrl-C is passed on: half a training must not pass for one. The checkpoint stays, and the same call goes on from it.

    Examples
    --------
    >>> from edugen.classification.optimizers import SGD
    >>> x = np.arange(8.0)
    >>> theta, history = train(0.0, lambda theta, x: np.mean((x - theta) ** 2), [x[:4], x[4:]], SGD(0.25), epochs=20)
    >>> round(float(theta), 3), len(history)
    (4.167, 20)
    """
    _check(loss, batches, optimizer, epochs, rng, clip_norm, patience, validate)
    run = _Run(theta, optimizer.init(theta), theta if validate else None)
    file = _Checkpoint(checkpoint, run, optimizer, batches, rng, clip_norm) if checkpoint is not None else None
    if file and file.path.exists():
        run = file.load(run)
        if len(run.history) > epochs:
            raise ValueError(f"checkpoint {file.path} is {len(run.history)} epochs old, more than epochs={epochs}: "
                             "ask for more, or delete it")
    both = _clipped(_differentiated(loss, by_hand), clip_norm)
    total = epochs * len(batches) if isinstance(batches, Sized) else None
    try:
        with bar(progress, total, run.step) as tell:
            for epoch in range(len(run.history) + 1, epochs + 1):
                if patience and epoch > 1 and epoch - 2 - np.argmin(run.history.validation) >= patience:
                    break                                           # told from the history: a resumed run stops there too
                row = _epoch(run, both, batches, optimizer, tell)
                if validate:
                    row["validation"] = value = _number(validate(run.theta))
                    if math.isnan(value):
                        raise FloatingPointError(f"validate(theta) returned nan after epoch {epoch}")
                    if not len(run.history) or value < run.history.validation.min():
                        run.best = run.theta
                        tell(0, best=f"{value:.3g} of epoch {epoch}")
                run.history.append(**row)
                if file:
                    file.save(run)
    except BaseException as error:
        error.add_note(f"The training stopped after {len(run.history)} of {epochs} epochs." + (
            f" The same call goes on from the checkpoint {file.path}." if file and file.path.exists() else ""))
        raise
    return run.best if validate else run.theta, run.history


@dataclass
class _Run:
    """Where a training stands after an epoch. A tree, whose leaves are what a checkpoint saves."""

    theta: Any
    state: Any
    best: Any
    history: History = field(default_factory=History)
    step: int = 0


def _epoch(run, both, batches, optimizer, tell):
    """Move `run` on by one pass over the batches; the means of what was measured."""
    measured, g = History(), None
    for batch in batches() if callable(batches) else batches:
        run.step, last = run.step + 1, g
        (value, more), g = both(run.theta, *(batch if isinstance(batch, (tuple, list)) else (batch,)))
        if not math.isfinite(value):
            raise FloatingPointError(f"the loss is {value} at step {run.step}: {_diagnosis(run.theta, g, last)}")
        run.theta, run.state = optimizer.step(run.theta, g, run.state)           # (2.73)
        measured.append(loss=float(value), **more)
        tell(1, loss=f"{value:.3g}")
    if not len(measured):
        raise ValueError(f"epoch {len(run.history) + 1} has no batch. An iterator is spent after one epoch: pass a list, "
                         "minibatches(...), or the generator function itself, uncalled")
    if _broken(run.theta):
        raise FloatingPointError(f"a parameter is not finite after step {run.step}: {_diagnosis(run.theta, None, g)}")
    return {name: np.mean(values, axis=0) for name, values in measured.items()}


def _differentiated(loss, by_hand):
    """The function (theta, *batch) -> ((scalar, dict), gradient)."""
    def both(theta, *batch):
        pair = loss(theta, *batch)
        if not (isinstance(pair, tuple) and len(pair) == 2):
            raise TypeError(f"by_hand=True: loss must return (what it returns without, its gradient), got {type(pair).__name__}")
        return _with_dict(pair[0]), pair[1]
    return both if by_hand else value_and_grad(wraps(loss)(lambda *args: _with_dict(loss(*args))), has_aux=True)


def _clipped(both, norm):
    """`both`, its gradient no longer than `norm`, and its length among what is recorded."""
    def clipped(theta, *batch):
        (value, more), g = both(theta, *batch)
        leaves, build = tree.flatten(g)
        length = largest = float(max(np.max(np.abs(leaf), initial=0) for leaf in leaves))
        if 0 < largest < math.inf:                                  # squares of what is at most 1 are in range
            length *= math.sqrt(sum(float(np.sum(np.square(leaf / largest))) for leaf in leaves))
            if length > norm:
                g = build([leaf * (norm / length) for leaf in leaves])
        return (value, {**more, "gradient_norm": length}), g
    return both if norm is None else clipped


def _with_dict(value):
    """What a loss returned, as (scalar, dict of more to record)."""
    value, more = value if isinstance(value, tuple) and len(value) == 2 else (value, {})
    if not isinstance(more, dict) or more.keys() & {"loss", "validation"}:
        raise TypeError("what loss returns beside its scalar must be a dict of numbers under names other than loss and "
                        f"validation, got {more if isinstance(more, dict) else type(more).__name__}")
    return value, more


def _number(value):
    if np.ndim(value) or np.asarray(value).dtype.kind not in "biuf":
        raise TypeError(f"validate(theta) must return a number, got {value!r}")
    return float(value)


def _whole(name, value):
    if not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    return int(value)


def _check(loss, batches, optimizer, epochs, rng, clip_norm, patience, validate):
    for name, function in (("loss", loss), *([] if validate is None else [("validate", validate)])):
        if not callable(function):
            raise TypeError(f"{name} must be a function, got {function!r}")
    if not (callable(batches) or hasattr(batches, "__iter__") or hasattr(batches, "__getitem__")):
        raise TypeError("batches must be an iterable, such as minibatches(rng, (x, y), 32), or a function that returns one, got "
                        f"{batches!r}")
    if isinstance(optimizer, type) or not (hasattr(optimizer, "init") and hasattr(optimizer, "step")):
        raise TypeError(f"optimizer must have init(theta) and step(theta, g, state), such as SGD(0.1), got {optimizer!r}")
    if _whole("epochs", epochs) < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")
    if not isinstance(rng, (np.random.Generator, type(None))):
        raise TypeError(f"rng must be the Generator that the loss draws from, got {rng!r}: a seed would start another one")
    if clip_norm is not None and not (isinstance(clip_norm, int | float | np.floating) and 0 < clip_norm < math.inf):
        raise ValueError(f"clip_norm must be a positive number, got {clip_norm!r}")
    if patience is not None and (_whole("patience", patience) < 1 or validate is None):
        raise ValueError(f"patience must be at least 1, and counts epochs without a better validate(theta), got {patience!r}"
                         f"{' and no validate' * (validate is None)}")


def _broken(theta):
    """The paths of the leaves that are not finite, in words."""
    pairs = zip(tree.paths(theta), tree.flatten(theta)[0], strict=True)
    return ", ".join(f"theta{path}" for path, leaf in pairs if not np.all(np.isfinite(leaf)))


def _diagnosis(theta, g, last):
    """Why a number is not finite, from the parameters, their gradient, and the gradient of the step before."""
    if not _broken(theta):
        cause = f"its gradient is {f'not finite at {_broken(g)}' if _broken(g) else 'finite everywhere'}"
    elif last is None:
        cause = f"{_broken(theta)} is not finite to begin with"
    else:
        before = f"the gradient before it is not finite at {_broken(last)}" if _broken(last) else "the step before was too long"
        cause = f"{_broken(theta)} is not finite, because {before}"
    return f"{cause}. Lower the learning rate, look at the batch, or find the line inside `with edugen.debug():`"


class _Checkpoint:
    """A file that holds a `_Run`: npz, never pickle. `origin` describes the training that it belongs to."""

    def __init__(self, path, run, optimizer, batches, rng, clip_norm):
        self.path, self.generators = Path(path), [
            r for r in (getattr(batches, "rng", None), rng) if isinstance(r, np.random.Generator)]
        if not self.path.parent.is_dir():
            raise FileNotFoundError(f"checkpoint: there is no folder {self.path.parent}")
        self.carried = _carried(run.state)
        leaves = zip(tree.paths(run.theta), tree.flatten(run.theta)[0], strict=True)
        self.origin = {"format": "1", "optimizer": re.sub(r" at 0x\w+", "", repr(optimizer)),
                       "batches": repr(batches) if isinstance(batches, minibatches) else type(batches).__name__,
                       **({} if clip_norm is None else {"clip_norm": f"{clip_norm:g}"}),
                       "validation": "without" if run.best is None else "with",
                       "rng": ", ".join(type(r.bit_generator).__name__ for r in self.generators) or "none",
                       **{f"theta{path}": f"{np.asarray(leaf).dtype} {np.shape(leaf)}" for path, leaf in leaves}}

    def save(self, run):
        """Write beside the file, then rename: at any moment there is the old checkpoint or the new one."""
        if _carried(run.state) != self.carried:
            raise TypeError("a checkpoint saves the floating numbers of the optimizer's state, but something else in it changed: "
                            f"{self.carried} became {_carried(run.state)} (leaves shown as 0). Count steps in a float: t = 0.0")
        leaves = dict(zip(tree.paths(run), tree.flatten(run)[0], strict=True))
        note = {"origin": self.origin, "step": run.step, "rng": [r.bit_generator.state for r in self.generators],
                "history": run.history.names, "floats": [path for path, leaf in leaves.items() if type(leaf) is float]}
        history = {f".history.{name}": column for name, column in run.history.items()}
        part = self.path.with_name(self.path.name + ".part")
        try:
            with part.open("wb") as file:
                np.savez(file, note=json.dumps(note, default=np.ndarray.tolist), **leaves, **history)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def load(self, run):
        """The run in the file, shaped like `run`; the generators are set to where it left them."""
        with self.path.open("rb") as file:
            try:
                if zipfile.ZipFile(file).testzip():
                    raise zipfile.BadZipFile("its checksum is wrong")
                file.seek(0)
                arrays = dict(np.load(file))
                note = json.loads(str(arrays.pop("note")))
                origin, states = note["origin"], note["rng"]
                history = {name: arrays.pop(f".history.{name}") for name in note["history"]}
                leaves = {path: float(leaf) if path in note["floats"] else leaf[()] for path, leaf in arrays.items()}
            except Exception as error:
                raise ValueError(f"{self.path} is no checkpoint, or a damaged one ({error}). Delete it to start anew") from error
        differ = [f"{key}: {origin.get(key, 'missing')} in the file, {self.origin.get(key, 'missing')} here"
                  for key in {**origin, **self.origin} if origin.get(key) != self.origin.get(key)]
        if not differ and leaves.keys() != set(tree.paths(run)):
            differ = [f"{name} is on one side only" for name in sorted(leaves.keys() ^ set(tree.paths(run)))]
        if differ:
            raise ValueError(f"checkpoint {self.path} is of another training: {'; '.join(differ)}. Delete it, or write elsewhere")
        run = tree.unflatten(run, [leaves[path] for path in tree.paths(run)])
        run.step, run.history = note["step"], History(*history)
        for row in zip(*history.values(), strict=True):
            run.history.append(**dict(zip(history, row, strict=True)))
        for generator, state in zip(self.generators, states, strict=True):
            generator.bit_generator.state = state
        return run


def _carried(state):
    """What a checkpoint does not save, as text."""
    return repr(tree.map(lambda leaf: 0, state))
