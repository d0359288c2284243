"""The loop: what it computes, what it records, where it stops, and that it goes on as if it had never stopped."""
import io
import json
import math
import os
import pickle
import subprocess
import sys
import time
import zipfile
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest

from edugen import grad
from edugen.autodiff import tree
from edugen.classification.optimizers import SGD, Adagrad, Adam, Cosine, Decay
from edugen.data import Dataset
from edugen.plots import loss_curves
from edugen.training import History, minibatches, train

# History ----------------------------------------------------------------------------------------------------------------


def test_history_is_columns_of_equal_length():
    history = History("loss", "error")
    assert len(history) == 0 and history.loss.shape == (0,)
    for k in range(3):
        history.append(error=k, loss=k / 2)
    np.testing.assert_array_equal(history.loss, [0.0, 0.5, 1.0])
    np.testing.assert_array_equal(history["error"], [0, 1, 2])
    assert history.error.dtype.kind == "i" and len(history) == 3 and history.names == ("loss", "error")
    assert [name for name, _ in history.items()] == list(dict(history)) == list(history.keys()) == ["loss", "error"]
    assert repr(history) == "<History of loss, error: 3 rows>" and "error" in dir(history)


def test_history_without_names_takes_them_from_its_first_row():
    history = History()
    assert len(history) == 0 and history.names == ()
    history.append(loss=1.0)
    with pytest.raises(ValueError, match="this history records loss, got loss, error"):
        history.append(loss=1.0, error=2.0)
    assert history.names == ("loss",) and len(history) == 1


def test_history_is_drawn_and_sent_to_other_processes():
    history = History("loss", "validation")
    history.append(loss=2.0, validation=3.0)
    history.append(loss=1.0, validation=2.5)
    assert "validation from 3 to 2.5" in loss_curves(history).alt
    assert "loss from 2 to 1" in loss_curves(dict(history)).alt
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(history)).validation, [3.0, 2.5])


@pytest.mark.parametrize("act, error, message", [
    (lambda h: h.append(loss=1.0, eror=2.0), ValueError, "records loss, error, got loss, eror; a row has a value for each"),
    (lambda h: h.append(loss=1.0), ValueError, r"records loss, error, got loss; .*math\.nan where nothing was measured"),
    (lambda h: h.append(), ValueError, "got nothing"),
    (lambda h: h.accuracy, AttributeError, "records loss, error, got 'accuracy'"),
    (lambda h: h["accuracy"], KeyError, "records loss, error, got 'accuracy'"),
    (lambda h: list(h), TypeError, "not iterable"),
    (lambda h: History("loss", "loss"), ValueError, "each once.*got 'loss'"),
    (lambda h: History("train loss"), ValueError, "identifiers.*got 'train loss'"),
    (lambda h: History("items"), ValueError, "none of its methods, got 'items'"),
    (lambda h: History("_columns").append(_columns=1) or History(3), ValueError, "got 3"),
])
def test_history_says_what_it_records(act, error, message):
    history = History("loss", "error")
    with pytest.raises(error, match=message):
        act(history)
    assert len(history) == 0


# Batches ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n, size, drop_last, sizes", [
    (10, 4, False, [4, 4, 2]), (10, 4, True, [4, 4]), (8, 4, False, [4, 4]), (8, 4, True, [4, 4]), (3, 5, False, [3]),
    (1, 1, True, [1])])
def test_an_epoch_has_each_observation_once(n, size, drop_last, sizes, rng):
    x = rng.normal(size=(n, 2))
    batches = minibatches(rng, (x, np.arange(n)), size, drop_last=drop_last)
    for _ in range(3):
        epoch = list(batches)
        assert [len(y) for _, y in epoch] == sizes and len(batches) == len(sizes)
        seen = np.concatenate([y for _, y in epoch])
        assert len(set(seen)) == sum(sizes)
        np.testing.assert_array_equal(np.concatenate([x for x, _ in epoch]), x[seen])       # inputs stay with their labels


def test_batches_are_of_the_kind_of_the_data(rng):
    x, y = rng.normal(size=(6, 2)), np.arange(6)
    assert all(type(batch) is Dataset and batch.y.shape == (3,) for batch in minibatches(0, Dataset(x, y), 3))
    assert all(type(batch) is tuple and len(batch) == 2 for batch in minibatches(0, (x, y), 3))
    assert all(type(batch) is np.ndarray and batch.shape == (3, 2) for batch in minibatches(0, x, 3))


def test_order_is_drawn_from_the_generator_anew_each_epoch():
    """120 orders of 5: over 1,200 epochs each 10 times on average; chi-square with 119 degrees, false alarm 1e-6 at 201."""
    batches = minibatches(7, np.arange(5), 5)
    orders = [tuple(next(iter(batches))) for _ in range(1200)]
    counts = np.array([orders.count(order) for order in set(orders)] + [0] * (120 - len(set(orders))))
    assert np.sum((counts - 10.0) ** 2) / 10 < 201
    again = minibatches(np.random.default_rng(7), np.arange(5), 5)
    assert orders[:20] == [tuple(next(iter(again))) for _ in range(20)]


@pytest.mark.parametrize("arrays, size, options, error, message", [
    ((np.zeros((3, 2)), np.zeros(4)), 2, {}, ValueError, r"same length, at least 1, got shapes \(3, 2\), \(4,\)"),
    (np.zeros((0, 2)), 2, {}, ValueError, r"at least 1, got shapes \(0, 2\)"),
    (np.float64(3.0), 2, {}, ValueError, r"got shapes \(\)"),
    ((), 2, {}, ValueError, "got shapes of nothing"),
    ([np.zeros(3), np.zeros(3)], 2, {}, TypeError, r"a tuple of arrays, got a list: pass \(x, y\)"),
    ({"x": np.zeros(3)}, 2, {}, TypeError, "got a dict"),
    (np.zeros(3), 0, {}, ValueError, "size must be at least 1, got 0"),
    (np.zeros(3), 4, {"drop_last": True}, ValueError, "size must be at least 1 and at most 3, else no batch is left, got 4"),
    (np.zeros(3), 1.5, {}, TypeError, "size must be a whole number, got 1.5"),
])
def test_batches_that_cannot_be_cut(arrays, size, options, error, message):
    with pytest.raises(error, match=message):
        minibatches(0, arrays, size, **options)


# The loop ---------------------------------------------------------------------------------------------------------------


class Line(NamedTuple):
    w: np.ndarray
    b: np.ndarray


def squares(theta, x, y):
    return np.mean((x @ theta.w + theta.b - y) ** 2)


def problem(rng, n=20):
    x = rng.normal(size=(n, 3))
    return Line(rng.normal(size=3), np.zeros(())), Dataset(x, x @ [1.0, -2.0, 3.0] + 0.5 + 0.1 * rng.normal(size=n))


def leaves(theta):
    return np.concatenate([np.ravel(leaf) for leaf in tree.flatten(theta)[0]])


def identical(one, two):
    """Bit for bit: parameters and history."""
    for a, b in zip(one, two, strict=True):
        if isinstance(a, History):
            assert a.names == b.names
            a, b = dict(a), dict(b)
        for p, q in zip(tree.flatten(a)[0], tree.flatten(b)[0], strict=True):
            assert np.asarray(p).dtype == np.asarray(q).dtype and np.asarray(p).tobytes() == np.asarray(q).tobytes()


@pytest.mark.equation("2.73")
def test_it_is_the_loop_that_one_would_write(rng):
    theta, data = problem(rng)
    found, history = train(theta, squares, minibatches(3, data, 6), SGD(0.05), epochs=5)
    order, means = np.random.default_rng(3), []
    for _ in range(5):
        index, losses = order.permutation(20), []
        for i in (index[:6], index[6:12], index[12:18], index[18:]):
            residual = data.x[i] @ theta.w + theta.b - data.y[i]
            losses.append(np.mean(residual ** 2))
            theta = Line(theta.w - 0.05 * 2 * data.x[i].T @ residual / len(i), theta.b - 0.05 * 2 * np.mean(residual))
        means.append(np.mean(losses))
    np.testing.assert_allclose(leaves(found), leaves(theta), rtol=1e-12)
    np.testing.assert_allclose(history.loss, means, rtol=1e-12)
    assert type(found) is Line and history.names == ("loss",)


def test_any_iterable_of_batches(rng):
    theta, data = problem(rng)
    half = [Dataset(data.x[:10], data.y[:10]), Dataset(data.x[10:], data.y[10:])]

    def generate():
        yield from half
    run = partial(train, theta, squares, optimizer=SGD(0.05), epochs=3)
    expected = run(batches=half)
    identical(run(batches=generate), expected)
    identical(run(batches=lambda: iter([list(batch) for batch in half])), expected)
    identical(train(theta, squares, generate(), SGD(0.05)), train(theta, squares, half, SGD(0.05)))
    one = train(theta, lambda theta, x: np.mean((x @ theta.w) ** 2), [half[0].x], SGD(0.05))        # a bare array is one argument
    identical(one, train(theta, lambda theta, x: np.mean((x @ theta.w) ** 2), [(half[0].x,)], SGD(0.05)))


def test_loss_is_called_once_a_step_and_gets_only_arrays(rng):
    theta, data = problem(rng)
    calls = []

    def loss(theta, x, y):
        calls.append(type(x))
        return squares(theta, x, y)
    train(theta, loss, minibatches(rng, data, 8), SGD(0.05), epochs=2)
    assert calls == [np.ndarray] * 6


def test_what_comes_with_the_loss_is_recorded(rng):
    theta, data = problem(rng)
    data = data._replace(x=data.x[:16], y=data.y[:16])

    def loss(theta, x, y):
        residual = x @ theta.w + theta.b - y
        return np.mean(residual ** 2), {"worst": np.max(residual), "wins": int(np.sum(residual > 0)), "norms": np.abs(theta.w)}
    _, history = train(theta, loss, [data[:], data[:]], SGD(0.0), epochs=2)
    residual = data.x @ theta.w + theta.b - data.y
    np.testing.assert_allclose(history.worst, [np.max(residual)] * 2, rtol=1e-14)
    np.testing.assert_array_equal(history.wins, [np.sum(residual > 0)] * 2)
    np.testing.assert_array_equal(history.norms, [np.abs(theta.w)] * 2)
    assert history.names == ("loss", "worst", "wins", "norms")


@pytest.mark.parametrize("value, message", [
    (lambda v: (v, 3.0), "beside its scalar must be a dict of numbers .*got float"),
    (lambda v: (v, {"validation": 1.0}), "other than loss and validation, got {'validation'"),
    (lambda v: (v, {}, {}), "returned tuple"),
    (lambda v: None, "loss.* returned NoneType; did you forget to return it"),
    (lambda v: v * np.ones(3), r"loss.* returned shape \(3,\)"),
])
def test_loss_of_another_kind_is_refused(value, message, rng):
    theta, data = problem(rng)

    def loss(theta, x, y):
        return value(squares(theta, x, y))
    with pytest.raises(TypeError, match=message):
        train(theta, loss, [data], SGD(0.1))


def test_gradient_may_come_from_the_loss_itself(rng):
    theta, data = problem(rng)

    def loss(theta, x, y):
        residual = x @ theta.w + theta.b - y
        return (np.mean(residual ** 2), {"worst": np.max(residual)}), Line(2 * x.T @ residual / len(y), 2 * np.mean(residual))
    found, history = train(theta, loss, minibatches(3, data, 6), SGD(0.05), epochs=5, by_hand=True)
    expected, _ = train(theta, squares, minibatches(3, data, 6), SGD(0.05), epochs=5)
    np.testing.assert_allclose(leaves(found), leaves(expected), rtol=1e-12)
    assert history.names == ("loss", "worst")
    with pytest.raises(TypeError, match=r"by_hand=True: loss must return \(what it returns without, its gradient\), got float64"):
        train(theta, squares, [data], SGD(0.05), by_hand=True)


def test_best_parameters_by_validation_come_back(rng):
    """Validation 3, 1, 2, 1 after the four epochs: those of the second come back, not those of the fourth."""
    theta, data = problem(rng)
    seen, told = [], iter([3, 1, 2, 1])

    def validate(theta):
        seen.append(theta)
        return next(told)
    best, history = train(theta, squares, [data], SGD(0.05), epochs=4, validate=validate)
    last, _ = train(theta, squares, [data], SGD(0.05), epochs=4)
    assert best is seen[1]
    np.testing.assert_array_equal(history.validation, [3, 1, 2, 1])
    np.testing.assert_array_equal(leaves(seen[3]), leaves(last))


def test_first_validation_counts_even_when_it_is_infinite(rng):
    theta, data = problem(rng)
    found, history = train(theta, squares, [data], SGD(0.05), validate=lambda theta: math.inf)
    assert history.validation[0] == math.inf and not np.array_equal(found.w, theta.w)


def test_start_is_not_changed_and_float32_stays(rng):
    theta, data = problem(rng)
    theta = tree.map(lambda p: p.astype(np.float32), theta)
    before = tree.map(np.copy, theta)
    for optimizer in (SGD(0.05, 0.9), Adagrad(0.1), Adam(lambda t: 0.1 / np.sqrt(t))):
        found, _ = train(theta, squares, minibatches(rng, data, 7), optimizer, epochs=2)
        assert {p.dtype for p in tree.flatten(found)[0]} == {np.dtype(np.float32)} and not np.array_equal(found.w, theta.w)
    np.testing.assert_array_equal(leaves(before), leaves(theta))


@pytest.mark.parametrize("change, error, message", [
    ({"optimizer": Adam}, TypeError, r"optimizer must have init\(theta\) and step\(theta, g, state\), such as SGD\(0\.1\)"),
    ({"optimizer": 0.1}, TypeError, "optimizer must have .*got 0.1"),
    ({"epochs": 0}, ValueError, "epochs must be at least 1, got 0"),
    ({"epochs": 2.0}, TypeError, "epochs must be a whole number, got 2.0"),
    ({"patience": 2.5, "validate": np.sum}, TypeError, "patience must be a whole number, got 2.5"),
    ({"loss": 3}, TypeError, "loss must be a function, got 3"),
    ({"loss": None}, TypeError, "loss must be a function, got None"),
    ({"validate": 3}, TypeError, "validate must be a function, got 3"),
    ({"validate": lambda theta: None}, TypeError, r"validate\(theta\) must return a number, got None"),
    ({"validate": lambda theta: np.ones(2)}, TypeError, r"validate\(theta\) must return a number, got array"),
    ({"batches": None}, TypeError, "batches must be an iterable, .* got None"),
    ({"rng": 0}, TypeError, "rng must be the Generator that the loss draws from, got 0"),
    ({"batches": []}, ValueError, "epoch 1 has no batch"),
    ({"batches": iter([(np.zeros((1, 3)), np.zeros(1))])}, ValueError, "epoch 2 has no batch. An iterator is spent"),
    ({"theta": {"w": np.zeros(3, int)}}, TypeError, "holds no floating array"),
    ({"validate": lambda theta: math.nan}, FloatingPointError, r"validate\(theta\) returned nan after epoch 1"),
    ({"checkpoint": os.path.join("no", "such", "folder", "run.npz")}, FileNotFoundError, "checkpoint: there is no folder no"),
])
def test_wrong_arguments(change, error, message, rng):
    theta, data = problem(rng)
    with pytest.raises(error, match=message):
        train(**{"theta": theta, "loss": squares, "batches": [data], "optimizer": SGD(0.1), "epochs": 2} | change)


# Where it stops ---------------------------------------------------------------------------------------------------------


def network(theta, x):
    return np.sum(np.log(theta["inner"]["a"]) * x) + np.sum(theta["b"] ** 2)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("theta, batches, lr, message", [
    ({"a": np.array([1.0, 0.0]), "b": np.ones(2)}, [1.0], 0.1,                             # log 0, and 1/0 behind it
     r"the loss is -inf at step 1: its gradient is not finite at theta\['inner'\]\['a'\]\. Lower the learning rate"),
    ({"a": np.array([1.0, 3.0]), "b": np.ones(2)}, [1.0, 1.0, np.nan], 0.1,                # an observation is missing
     r"the loss is nan at step 3: its gradient is not finite at theta\['inner'\]\['a'\]\."),
    ({"a": np.ones(2), "b": np.array([1.0, np.inf])}, [1.0], 0.1,
     r"the loss is inf at step 1: theta\['b'\] is not finite to begin with"),
    ({"a": np.ones(2), "b": np.full(2, 1e9)}, [0.0] * 9, 1e200,                            # finite gradient, overflowing step
     r"the loss is inf at step 2: its gradient is finite everywhere\."),
    ({"a": np.ones(2), "b": np.full(2, 1e150)}, [0.0] * 9, 1e160,
     r"the loss is inf at step 2: theta\['b'\] is not finite, because the step before was too long\."),
])
def test_a_loss_that_is_not_finite_stops_with_step_and_parameter(theta, batches, lr, message):
    theta = {"inner": {"a": theta["a"]}, "b": theta["b"]}
    with pytest.raises(FloatingPointError, match=message):
        train(theta, network, batches, SGD(lr))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_gradient_that_is_not_finite_is_found_by_its_step():
    """sqrt has a finite value and an infinite slope at 0: the loss notices one step late, the message does not."""
    def loss(theta, x):
        return np.sum(np.sqrt(theta[0] * x)) + np.sum(theta[1])
    theta = [np.zeros(2), np.ones(2)]
    with pytest.raises(FloatingPointError, match=r"the loss is nan at step 2: theta\[0\] is not finite, because the gradient "
                                                 r"before it is not finite at theta\[0\]\."):
        train(theta, loss, [1.0, 1.0], SGD(0.1))
    with pytest.raises(FloatingPointError, match=r"a parameter is not finite after step 1: theta\[0\] is not finite, because the "
                                                 r"gradient before it is not finite at theta\[0\]\."):
        train(theta, loss, [1.0], SGD(0.1))


def test_a_bare_array_is_called_theta():
    with pytest.raises(FloatingPointError, match=r"not finite at theta\. "), np.errstate(all="ignore"):
        train(np.zeros(2), lambda theta: np.sum(np.log(theta)), [()], SGD(0.1))


def notes(error):
    return " ".join(getattr(error.value, "__notes__", ()))


def interrupted_at(step, error=KeyboardInterrupt):
    """`squares`, until it is called for that step."""
    count = iter(range(1, 10_000))

    def loss(theta, x, y):
        if next(count) == step:
            raise error
        return squares(theta, x, y)
    return loss


def test_ctrl_c_is_passed_on_and_says_where_it_stands(rng, tmp_path):
    theta, data = problem(rng)
    with pytest.raises(KeyboardInterrupt) as error:
        train(theta, interrupted_at(9), minibatches(1, data, 5), SGD(0.05), epochs=5)
    assert notes(error) == "The training stopped after 2 of 5 epochs."
    path = tmp_path / "run.npz"
    with pytest.raises(KeyboardInterrupt) as error:
        train(theta, interrupted_at(9), minibatches(1, data, 5), SGD(0.05), epochs=5, checkpoint=path)
    assert f"The same call goes on from the checkpoint {path}" in notes(error)
    resumed = train(theta, squares, minibatches(1, data, 5), SGD(0.05), epochs=5, checkpoint=path)
    identical(resumed, train(theta, squares, minibatches(1, data, 5), SGD(0.05), epochs=5))
    with pytest.raises(KeyboardInterrupt) as error:
        train(theta, interrupted_at(1), minibatches(1, data, 5), SGD(0.05), checkpoint=tmp_path / "other.npz")
    assert notes(error) == "The training stopped after 0 of 1 epochs." and not (tmp_path / "other.npz").exists()


# Checkpoints ------------------------------------------------------------------------------------------------------------

OPTIMIZERS = pytest.mark.parametrize("optimizer", [
    SGD(0.05), SGD(lambda t: 0.01 / t, 0.9, nesterov=True), Adagrad(0.1), Adam(lambda t: 0.1 / np.sqrt(t))],
    ids=["SGD", "Nesterov", "Adagrad", "Adam"])
KINDS = pytest.mark.parametrize("kind", [np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64],
                                ids=lambda kind: kind.__name__)


def noisy_training(optimizer, kind=np.random.PCG64, dtype=float, stop=None, **options):
    """Batches from one generator, noise in the loss and the validation from another; `stop` is the step of a power cut."""
    rng = np.random.default_rng(5)
    theta, data = problem(rng)
    theta = {"line": tree.map(lambda p: p.astype(dtype), theta), "scale": 1.0, "name": "line"}
    noise, count = np.random.Generator(kind(8)), iter(range(1, 10_000))

    def loss(theta, x, y):
        if next(count) == stop:
            raise RuntimeError("power cut")
        value = squares(theta["line"], x + noise.normal(size=x.shape).astype(dtype), y) * theta["scale"] ** 2
        return value, {"noise": noise.normal()}

    def validate(theta):
        return squares(theta["line"], data.x, data.y) + noise.normal()
    batches = minibatches(np.random.Generator(kind(9)), data, 6)
    return train(theta, loss, batches, optimizer, **{"epochs": 6, "validate": validate, "rng": noise} | options)


@OPTIMIZERS
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_resumed_equals_uninterrupted_bit_for_bit(optimizer, dtype, tmp_path):
    whole = noisy_training(optimizer, dtype=dtype)
    identical(noisy_training(optimizer, dtype=dtype, checkpoint=tmp_path / "unused.npz"), whole) # writing changes nothing
    for stop in (1, 5, 14, 24):                                 # before the first checkpoint, after one, three and five epochs
        path = tmp_path / f"{stop}.npz"
        with pytest.raises(RuntimeError, match="power cut"):
            noisy_training(optimizer, dtype=dtype, checkpoint=path, stop=stop)
        assert path.exists() == (stop > 4)
        identical(noisy_training(optimizer, dtype=dtype, checkpoint=path), whole)
    identical(noisy_training(optimizer, dtype=dtype, checkpoint=path, stop=1), whole)         # all done: nothing is computed


@KINDS
def test_every_bit_generator_goes_on_where_it_was(kind, tmp_path):
    path = tmp_path / "run.npz"
    with pytest.raises(RuntimeError):
        noisy_training(SGD(0.05), kind, checkpoint=path, stop=10)
    identical(noisy_training(SGD(0.05), kind, checkpoint=path), noisy_training(SGD(0.05), kind))


def test_more_epochs_go_on_from_fewer(tmp_path):
    noisy_training(Adam(0.1), epochs=2, checkpoint=tmp_path / "run.npz")
    identical(noisy_training(Adam(0.1), epochs=6, checkpoint=str(tmp_path / "run.npz")), noisy_training(Adam(0.1), epochs=6))


def test_best_parameters_survive_too(rng, tmp_path):
    theta, data = problem(rng)
    for epochs, told in ((2, [3, 1]), (4, [2, 1])):
        seen = iter(told)
        best, _ = train(theta, squares, [data], SGD(0.05), epochs=epochs, validate=lambda theta: next(seen),     # noqa: B023
                        checkpoint=tmp_path / "run.npz")
    np.testing.assert_array_equal(leaves(best), leaves(train(theta, squares, [data], SGD(0.05), epochs=2)[0]))


def test_step_numbers_go_on(tmp_path):
    path, theta = tmp_path / "run.npz", np.ones(2)
    train(theta, lambda theta, x: np.sum(theta * x), [1.0, 1.0], SGD(0.1), epochs=3, checkpoint=path)
    with pytest.raises(FloatingPointError, match="nan at step 8"):
        train(theta, lambda theta, x: np.sum(theta * x), [1.0, math.nan], SGD(0.1), epochs=4, checkpoint=path)


def test_the_file_is_plain_arrays(tmp_path):
    noisy_training(SGD(0.05, 0.9), checkpoint=tmp_path / "run.npz", epochs=2)
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]
    with np.load(tmp_path / "run.npz", allow_pickle=False) as file:
        arrays = dict(file)
    note = json.loads(str(arrays.pop("note")))
    assert arrays[".theta['line'].w"].shape == (3,) and arrays[".history.loss"].shape == (2,) and note["step"] == 8
    assert not [name for name, array in arrays.items() if array.dtype.kind != "f"]
    assert note["origin"]["format"] == "1" and note["origin"]["optimizer"] == "SGD(lr=0.05, momentum=0.9, nesterov=False)"


class CountsInIntegers(SGD):
    def init(self, theta):
        return {"steps": 0}

    def step(self, theta, g, state):
        return super().step(theta, g, SGD(0.1).init(theta))[0], {"steps": state["steps"] + 1}


def test_state_that_would_be_lost_is_refused(rng, tmp_path):
    theta, data = problem(rng)
    with pytest.raises(TypeError, match=r"{'steps': 0} became {'steps': 1} .*Count steps in a float: t = 0\.0"):
        train(theta, squares, [data], CountsInIntegers(0.1), checkpoint=tmp_path / "run.npz")


# A checkpoint that is damaged, or another training's


def trained(path, **change):
    rng = np.random.default_rng(0)
    theta, data = problem(rng)
    arguments = {"theta": theta, "loss": squares, "batches": minibatches(1, data, 5), "optimizer": Adam(0.1), "epochs": 2}
    return train(checkpoint=path, **arguments | change)


@pytest.mark.parametrize("change, message", [
    ({"theta": Line(np.zeros(4), np.zeros(()))}, r"theta\.w: float64 \(3,\) in the file, float64 \(4,\) here"),
    ({"theta": Line(np.zeros(3, np.float32), np.zeros(()))}, r"theta\.w: float64 \(3,\) in the file, float32 \(3,\) here"),
    ({"theta": {"w": np.zeros(3)}}, r"theta\.w: float64 \(3,\) in the file, missing here; .*theta\['w'\]: missing in the file"),
    ({"optimizer": SGD(0.1)}, r"optimizer: Adam\(lr=0\.1, .*\) in the file, SGD\(lr=0\.1, .*\) here"),
    ({"optimizer": Adam(0.2)}, r"optimizer: Adam\(lr=0\.1, .*Adam\(lr=0\.2"),
    ({"batches": minibatches(1, np.zeros((20, 3)), 5)}, "batches: <minibatches of 5 from float64"),
    ({"batches": [(np.zeros((5, 3)), np.zeros(5))]}, "batches: <minibatches .* in the file, list here"),
    ({"batches": minibatches(np.random.Generator(np.random.MT19937(0)), problem(np.random.default_rng(0))[1], 5)},
     "rng: PCG64 in the file, MT19937 here"),
    ({"rng": np.random.default_rng(0)}, "rng: PCG64 in the file, PCG64, PCG64 here"),
    ({"validate": lambda theta: 0.0}, "validation: without in the file, with here"),
    ({"epochs": 1}, "is 2 epochs old, more than epochs=1"),
])
def test_another_trainings_checkpoint_is_refused(change, message, tmp_path):
    path = tmp_path / "run.npz"
    trained(path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=message) as error:
        trained(path, **change)
    assert str(path) in str(error.value) and path.read_bytes() == before


def test_a_schedule_is_the_same_wherever_it_lies_in_memory(tmp_path):
    for _ in range(2):
        trained(tmp_path / "run.npz", optimizer=Adam((lambda: lambda t: 0.1)()))


def test_optimizer_whose_state_has_other_parts_is_refused(tmp_path):
    class Same(SGD):
        def __repr__(self):
            return "Same"
    trained(tmp_path / "run.npz", optimizer=Same(0.1))
    with pytest.raises(ValueError, match=r"\.state\.u\[0\] is on one side only"):
        trained(tmp_path / "run.npz", optimizer=Same(0.1, 0.9))


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize("content", [b"", b"hello", npz(x=np.zeros(3)), npz(note="{}"), pickle.dumps({"theta": 0}),
                                     npz(note='{"origin": {}, "rng": []}')], ids=range(6))
def test_a_file_that_is_no_checkpoint(content, tmp_path):
    path = tmp_path / "run.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is no checkpoint, or a damaged one .*Delete it to start anew") as error:
        trained(path)
    assert str(path) in str(error.value)


def test_damage_never_passes(tmp_path):
    """Each truncation, and each single byte flipped: an error that names the file, or the very same numbers."""
    path, theta = tmp_path / "run.npz", np.arange(3.0)
    run = partial(train, theta, lambda theta: np.sum(theta ** 2), [()], SGD(0.1), epochs=2, checkpoint=path)
    whole, harmless = run(), 0
    good = path.read_bytes()
    damaged = [good[:n] for n in range(0, len(good), 7)]
    damaged += [good[:i] + bytes([good[i] ^ 0x55]) + good[i + 1:] for i in range(0, len(good), 3)]
    damaged += [good.replace(b"'shape': (2,)", b"'shape': (1,)")]           # a shorter array reads well: only the checksum tells
    assert damaged[-1] != good
    for content in damaged:
        path.write_bytes(content)
        try:
            identical(run(), whole)
            harmless += 1                                          # a date in the zip's directory, say
        except ValueError as error:
            assert str(path) in str(error)
    assert harmless < len(damaged) / 10


# Killed while writing


def test_a_write_that_fails_leaves_the_checkpoint_before_it(monkeypatch, tmp_path):
    path = tmp_path / "run.npz"
    trained(path)
    before = path.read_bytes()

    def half(file, **arrays):
        file.write(before[:100])
        raise failure
    for failure in (OSError("No space left on device"), KeyboardInterrupt()):
        with monkeypatch.context() as patch, pytest.raises(type(failure)):
            patch.setattr(np, "savez", half)
            trained(path, epochs=5)
        assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
    identical(trained(path, epochs=5), trained(tmp_path / "other.npz", epochs=5))


def test_what_is_written_reaches_the_disk_before_it_gets_its_name(monkeypatch, tmp_path):
    """After a power cut a file that was renamed but not synced can be empty."""
    path, events = tmp_path / "run.npz", []
    fsync = os.fsync

    def sync(handle):
        events.append(("fsync", os.fstat(handle).st_size, path.exists()))
        fsync(handle)
    monkeypatch.setattr(os, "fsync", sync)
    trained(path, epochs=1)
    assert events == [("fsync", path.stat().st_size, False)]


KILLED = """
import sys
import numpy as np
from edugen.training import train
from edugen.classification.optimizers import SGD

rng = np.random.default_rng(0)
print("started", flush=True)
train(np.ones(1_000_000), lambda theta, x: np.sum(theta * x), [1.0], SGD(1e-9), epochs=int(sys.argv[2]), checkpoint=sys.argv[1])
"""


def test_killed_in_the_middle_of_a_write(rng, tmp_path):
    """SIGKILL at random times, until three have hit a write: what is left is a whole checkpoint, and the run goes on from it."""
    path, part, hits, finished = tmp_path / "run.npz", tmp_path / "run.npz.part", 0, 0
    for _ in range(60):
        part.unlink(missing_ok=True)
        process = subprocess.Popen([sys.executable, "-c", KILLED, path, "100000"], stdout=subprocess.PIPE)
        process.stdout.readline()
        while not path.exists():
            time.sleep(0.01)
        time.sleep(rng.uniform(0.05, 0.2))
        process.kill()
        process.wait()
        hits += part.exists()
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
        with np.load(path) as file:
            epochs = len(file[".history.loss"])
            assert epochs >= finished and np.all(file[".theta"] == file[".theta"][0])
        finished = epochs
        if hits == 3:
            break
    assert hits == 3 and finished > 0
    run = partial(train, np.ones(1_000_000), lambda theta, x: np.sum(theta * x), [1.0], SGD(1e-9), epochs=finished + 1)
    identical(run(checkpoint=path), run())
    assert list(tmp_path.iterdir()) == [path]


# The bar ----------------------------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_bar_tells_loss_speed_and_best(monkeypatch, rng):
    theta, data = problem(rng)
    monkeypatch.setattr(sys, "stderr", Terminal())
    told = iter([2.0, 0.5, 1.0])
    train(theta, squares, minibatches(0, data, 5), SGD(0.05), epochs=3, validate=lambda theta: next(told))
    last = sys.stderr.getvalue().replace("\n", "\r").split("\r")[-2]
    assert "12/12" in last and "step/s" in last and "loss 0." in last and "best 0.5 of epoch 2" in last


def test_bar_without_a_length(monkeypatch, rng):
    theta, data = problem(rng)
    monkeypatch.setattr(sys, "stderr", Terminal())
    train(theta, squares, lambda: iter([data, data]), SGD(0.05), epochs=2)
    assert "4step" in sys.stderr.getvalue()


@pytest.mark.parametrize("stderr, options", [(Terminal(), {"progress": False}), (io.StringIO(), {}), (None, {})])
def test_no_bar_without_a_terminal(stderr, options, monkeypatch, capfd, rng):
    theta, data = problem(rng)
    monkeypatch.setattr(sys, "stderr", stderr)
    train(theta, squares, [data], SGD(0.05), epochs=3, **options)
    assert not (stderr and stderr.getvalue()) and capfd.readouterr() == ("", "")


@pytest.mark.parametrize("disabled", ["", "1"])
def test_a_notebook_has_a_bar_unless_told_not_to(disabled):
    code = ("import sys, types; sys.modules['IPython'] = ipython = types.ModuleType('IPython')\n"
            "ipython.get_ipython = lambda: types.SimpleNamespace(kernel=True)\n"
            "from edugen.training import train; from edugen.classification.optimizers import SGD\n"
            "train(1.0, lambda theta, x: theta * x, [1.0], SGD(0.1), epochs=3); print('tqdm' in sys.modules)")
    environment = os.environ | {"TQDM_DISABLE": disabled}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{not disabled}\n" and ("3/3" in done.stderr) is not bool(disabled)


def test_tqdm_is_not_imported_for_a_quiet_training():
    code = ("import sys; from edugen.training import train; from edugen.classification.optimizers import SGD\n"
            "train(1.0, lambda theta, x: theta * x, [1.0], SGD(0.1), epochs=3); print('tqdm' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False\n", "")


# Clipping, stopping early, drawing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_long_gradient_is_shortened_and_keeps_its_direction(dtype, rng):
    """One step of plain descent is the gradient: its length over all leaves, before and after."""
    theta, data = problem(rng)
    theta = tree.map(lambda p: p.astype(dtype), theta)
    g = leaves(grad(squares)(theta, *data))
    for clip in (0.5, float(0.75 * np.linalg.norm(g)), 1e6):                     # far below its length, a little, and above
        found, history = train(theta, squares, [data], SGD(1.0), clip_norm=clip)
        moved = leaves(theta) - leaves(found)
        tolerance = 1e-5 if dtype is np.float32 else 1e-12
        np.testing.assert_allclose(moved, g * min(1, clip / np.linalg.norm(g)), rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(history.gradient_norm, [np.linalg.norm(g)], rtol=1e-5)
        assert history.names == ("loss", "gradient_norm") and leaves(found).dtype == dtype


@pytest.mark.parametrize("size", [1e-200, 1e200, 0.0])
def test_lengths_neither_overflow_nor_vanish(size):
    theta, history = train(np.zeros(2), lambda theta: np.sum(theta * size), [()], SGD(1.0), clip_norm=1.0)
    np.testing.assert_allclose(theta, -np.full(2, min(size, 0.5 ** 0.5)), rtol=1e-12)
    np.testing.assert_allclose(history.gradient_norm[0], size * 2 ** 0.5, rtol=1e-12)


def test_clipping_hides_no_nan():
    with pytest.raises(FloatingPointError, match=r"not finite at theta\."), np.errstate(all="ignore"):
        train(np.zeros(2), lambda theta: np.sum(np.log(theta)), [()], SGD(0.1), clip_norm=1.0)


def test_it_stops_after_epochs_without_a_better_validation(rng, tmp_path):
    """Validation 3, 1, 2, 1, 0: two epochs without a better one are over after the fourth."""
    theta, data = problem(rng)

    def run(patience, told, **options):
        told = iter(told)
        return train(theta, squares, [data], SGD(0.05), validate=lambda theta: next(told), patience=patience,
                     **{"epochs": 9} | options)
    best, history = run(2, [3, 1, 2, 1, 0])
    np.testing.assert_array_equal(history.validation, [3, 1, 2, 1])
    np.testing.assert_array_equal(leaves(best), leaves(train(theta, squares, [data], SGD(0.05), epochs=2)[0]))
    _, history = run(3, [3, 1, 2, 1, 0, 1, 1, 1, 1])
    assert len(history) == 8
    path = tmp_path / "run.npz"
    run(2, [3, 1, 2], epochs=3, checkpoint=path)
    _, history = run(2, [1, 0], checkpoint=path)                            # resumed, it counts what was before
    np.testing.assert_array_equal(history.validation, [3, 1, 2, 1])
    _, history = run(2, [], checkpoint=path)                                # and once stopped, it stays stopped
    assert len(history) == 4


@pytest.mark.parametrize("change, message", [
    ({"clip_norm": 0.0}, "clip_norm must be a positive number, got 0.0"),
    ({"clip_norm": "much"}, "clip_norm must be a positive number, got 'much'"),
    ({"clip_norm": math.nan}, "clip_norm must be a positive number, got nan"),
    ({"patience": 0, "validate": lambda theta: 0.0}, "patience must be at least 1, .* got 0"),
    ({"patience": 3}, r"counts epochs without a better validate\(theta\), got 3 and no validate"),
])
def test_wrong_limits(change, message, rng):
    theta, data = problem(rng)
    with pytest.raises(ValueError, match=message):
        train(theta, squares, [data], SGD(0.1), **change)


@pytest.mark.parametrize("optimizer", [SGD(Decay(0.1, 5)), Adam(Cosine(0.1, 24, warmup=4))], ids=["Decay", "Cosine"])
def test_schedules_and_clipping_resume_too(optimizer, tmp_path):
    whole = noisy_training(optimizer, clip_norm=0.3)
    path = tmp_path / "run.npz"
    with pytest.raises(RuntimeError, match="power cut"):
        noisy_training(optimizer, checkpoint=path, stop=14, clip_norm=0.3)
    identical(noisy_training(optimizer, checkpoint=path, clip_norm=0.3), whole)
    with pytest.raises(ValueError, match=r"clip_norm: 0\.3 in the file, missing here"):
        noisy_training(optimizer, checkpoint=path)
    with pytest.raises(ValueError, match="optimizer: .* in the file"):
        noisy_training(SGD(Decay(0.1, 6)), checkpoint=path, clip_norm=0.3)


def test_history_draws_itself(rng):
    theta, data = problem(rng)

    def loss(theta, x, y):
        return squares(theta, x, y), {"size": np.abs(theta.w)}
    _, history = train(theta, loss, [data], SGD(0.05), epochs=3, validate=lambda theta: squares(theta, *data), clip_norm=9.0)
    picture = history.plot(title="a line")
    assert "Best validation" in picture.alt
    assert len(picture.axes) == 2, "losses, and the norm; an array for each epoch is no curve"
    with pytest.raises(ValueError, match="none of its methods, got 'plot'"):
        History("plot")


# Learning ---------------------------------------------------------------------------------------------------------------


def test_a_line_is_found(rng):
    """The least-squares solution, to the last digits, by full batches."""
    theta, data = problem(rng, n=100)
    found, history = train(theta, squares, [data], SGD(0.2), epochs=300)
    design = np.column_stack([data.x, np.ones(100)])
    np.testing.assert_allclose(leaves(found), np.linalg.lstsq(design, data.y, rcond=None)[0], rtol=1e-10)
    assert np.all(np.diff(history.loss) <= 1e-15)
    np.testing.assert_allclose(leaves(grad(squares)(found, *data)), 0, atol=1e-10)
