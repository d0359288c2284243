"""Spaces there and back, random search against its probability, the cross-entropy method on hills that are known."""
import math

import numpy as np
import pytest
from scipy import stats

from edugen.classification import Choice, Integer, Real, Space, Trials, cross_entropy_method, random_configurations

SPACE = Space(rate=Real(1e-4, 1e-1, log=True), momentum=Real(0.0, 0.9), width=Integer(4, 64, log=True), layers=Integer(1, 3),
              sigma=["relu", "tanh", "sigmoid"])


def rosenbrock(x):
    return (1 - x[:, 0]) ** 2 + 100 * (x[:, 1] - x[:, 0] ** 2) ** 2


# Spaces -------------------------------------------------------------------------------------------------------------------

def test_one_space_holds_log_scales_numbers_and_categories(rng):
    assert SPACE.dimension == 1 + 1 + 1 + 1 + 3
    drawn = [SPACE.decode(u) for u in SPACE.sample(rng, 4000)]
    rates = np.log10([c["rate"] for c in drawn])
    assert stats.kstest(rates, "uniform", (-4, 3)).pvalue > 1e-3 < stats.kstest([c["momentum"] for c in drawn], "uniform",
                                                                                (0, 0.9)).pvalue
    assert {c["width"] for c in drawn} == set(range(4, 65)) and all(isinstance(c["width"], int) for c in drawn)
    for name, options in (("layers", (1, 2, 3)), ("sigma", ("relu", "tanh", "sigmoid"))):        # each as likely
        counts = [sum(c[name] == option for c in drawn) for option in options]
        assert stats.chisquare(counts).pvalue > 1e-3
    small = np.mean([c["width"] < 16 for c in drawn])
    assert abs(small - 0.5) < 0.05                                               # half of the log scale


def test_encode_is_undone_by_decode(rng):
    for u in SPACE.sample(rng, 200):
        configuration = SPACE.decode(u)
        again = SPACE.decode(SPACE.encode(configuration))
        assert again.keys() == configuration.keys()
        for name, value in configuration.items():
            assert again[name] == (pytest.approx(value) if isinstance(value, float) else value)
    assert SPACE.decode(np.zeros(7)) == {"rate": 1e-4, "momentum": 0.0, "width": 4, "layers": 1, "sigma": "relu"}
    ends = SPACE.decode(np.ones(7))
    assert (ends["width"], ends["layers"], ends["momentum"]) == (64, 3, 0.9) and math.isclose(ends["rate"], 0.1)


def test_coordinates_of_a_number_are_its_share_of_the_way():
    assert Real(2.0, 6.0).decode(np.array([0.25])) == 3.0 and Real(2.0, 6.0).encode(3.0) == 0.25
    assert math.isclose(Real(0.1, 1000.0, log=True).encode(1.0)[0], 0.25)
    np.testing.assert_allclose([Integer(1, 3).encode(k)[0] for k in (1, 2, 3)], [1 / 6, 1 / 2, 5 / 6])     # the middle of each


@pytest.mark.parametrize("build, message", [
    (lambda: Real(2.0, 1.0), "Real needs low < high, and 0 < low on a log scale, got 2.0 and 1.0"),
    (lambda: Integer(0, 5, log=True), "Integer needs low < high, and 0 < low on a log scale"),
    (lambda: Real(0.0, math.inf), "got 0.0 and inf"),
    (lambda: Integer(1.5, 3), "Integer needs whole numbers for low and high, got 1.5 and 3"),
    (lambda: SPACE.decode(np.zeros(6)), r"u must be coordinates \(7,\) of rate, momentum, .*, got shape \(6,\)"),
    (lambda: Choice(["one"]), r"Choice needs at least two options, got \['one'\]"),
    (lambda: Space(), "Space takes hyperparameters by name"),
    (lambda: Space(rate=0.1), "rate is a float"),
    (lambda: SPACE.encode({"rate": 0.1}), r"a configuration has the names \['layers', .*\], got \['rate'\]"),
])
def test_what_is_no_space_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


# Random search ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("k, q", [(5, 0.2), (20, 0.05)])
def test_random_search_finds_the_best_share_with_its_probability(k, q):
    """Risks are ranks: the best share q of the unit interval is below q."""
    found = [random_configurations(lambda c, seed: c["x"], Space(x=Real(0, 1)), k, rng=seed).risk < q for seed in range(1500)]
    expected = 1 - (1 - q) ** k
    assert abs(np.mean(found) - expected) < 4 * math.sqrt(expected * (1 - expected) / 1500)


def test_trials_remember_all_in_order():
    risk = lambda c, seed: (c["x"] - 0.5) ** 2 if c["x"] < 0.9 else math.nan
    trials = random_configurations(risk, Space(x=Real(0, 1)), 40, rng=1)
    assert len(trials) == len(trials.configurations) == len(trials.coordinates) == 40
    assert trials.risk == min(trials.risks) == trials.curve()[-1]
    assert trials.best["x"] == trials.configurations[int(np.argmin(trials.risks))]["x"]
    assert np.all(np.diff(trials.curve()) <= 0)
    failed = [r for r, c in zip(trials.risks, trials.configurations, strict=True) if c["x"] >= 0.9]
    assert failed and all(r == math.inf for r in failed)                         # what failed is never the best
    assert "best so far" in trials.plot().alt
    again = random_configurations(lambda c, seed: c["x"], Space(x=Real(0, 1)), 40, rng=1)
    np.testing.assert_array_equal(np.array(again.coordinates), np.array(trials.coordinates))
    with pytest.raises(ValueError, match="at least one configuration, got n = 0"):
        random_configurations(lambda c, seed: 0.0, SPACE, 0)


def test_runs_in_other_processes_give_the_same_trials(importable):
    from edugen.executors import process_pool
    seed_of_a_run = importable("def seed_of(configuration, seed): return float(seed % 1000)").seed_of
    with process_pool(2) as pool:
        there = random_configurations(seed_of_a_run, SPACE, 5, rng=2, executor=pool)
    here = random_configurations(seed_of_a_run, SPACE, 5, rng=2)
    assert there.risks == here.risks and there.configurations == here.configurations
    assert len(set(here.risks)) == 5 and isinstance(here, Trials)


# The cross-entropy method -------------------------------------------------------------------------------------------------

def test_rosenbrock_on_every_seed():
    for seed in range(10):
        best, curve = cross_entropy_method(rosenbrock, np.array([-1.0, 1.0]), 2.0, rng=seed)
        assert rosenbrock(best[None])[0] < 1e-6
        assert np.all(np.diff(curve) <= 0) and curve[-1] < 1e-6


@pytest.mark.parametrize("d", [1, 2, 6])
def test_sphere_converges_from_afar(d):
    center = np.linspace(-2, 3, d)
    best, curve = cross_entropy_method(lambda x: np.sum((x - center) ** 2, axis=1), np.zeros(d), 3.0)
    np.testing.assert_allclose(best, center, atol=1e-7)
    rates = np.diff(np.log(curve[20:60]))
    assert np.mean(rates) < -0.1                                                 # a constant factor a round


def test_without_smoothing_it_closes_in_too_soon():
    reached = [rosenbrock(cross_entropy_method(rosenbrock, np.array([-1.0, 1.0]), 2.0, smoothing=1.0, rng=s)[0][None])[0]
               for s in range(10)]
    assert max(reached) > 1e-3


@pytest.mark.parametrize("options, message", [
    ({"samples": 10, "elite": 0.1}, "a share of elite = 0.1 is 1: keep at least two"), ({"elite": 1.5}, "at most all"),
])
def test_an_elite_that_is_none_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        cross_entropy_method(rosenbrock, np.zeros(2), 1.0, **options)


def test_a_function_of_one_point_is_refused():
    with pytest.raises(ValueError, match=r"f must give one number for each of 200 points, an array \(200,\), got shape \(\)"):
        cross_entropy_method(lambda x: np.sum(x ** 2), np.zeros(2), 1.0)
