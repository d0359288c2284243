"""Lines, bars, intervals and loss shapes: the numbers that were given are the numbers that are drawn."""
import numpy as np
import pytest

from edugen import plots


def test_lines_hold_the_series():
    x, series = np.array([0.1, 1.0, 10.0]), {"a": [1.0, 2.0, 3.0], "b": [3.0, np.nan, 1.0]}
    picture = plots.lines(x, series, xlabel="time", ylabel="height", title="two", logx=True, logy=True)
    ax = picture.axes[0]
    for line, (name, values) in zip(ax.lines, series.items(), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), x)
        np.testing.assert_array_equal(line.get_ydata(), values)
        assert line.get_label() == name
    assert len({(line.get_color(), str(line.get_dash_capstyle()), str(line._unscaled_dash_pattern)) for line in ax.lines}) == 2
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("time", "height", "two")
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert picture.alt == ("Line plot of height against time, from 0.1 to 10. a from 1 to 3, between 1 and 3. "
                           "b from 3 to 1, between 1 and 3.")


def test_twenty_lines_all_look_different():
    lines = plots.lines([0, 1], {str(k): [k, k] for k in range(20)}).axes[0].lines
    assert len({(line.get_color(), str(line._unscaled_dash_pattern)) for line in lines}) == 20


def test_marks_are_drawn_and_named():
    picture = plots.lines([0.0, 1.0], [0.0, 1.0], marks={"half way": (0.5, 0.5)})
    ax = picture.axes[0]
    np.testing.assert_array_equal(np.array(ax.lines[1].get_data()).ravel(), [0.5, 0.5])
    assert [(text.get_text(), text.xy) for text in ax.texts] == [("half way", (0.5, 0.5))]
    assert picture.alt.endswith("Marked: half way at (0.5, 0.5).") and ax.get_legend() is None


def test_few_places_on_a_logarithmic_axis_are_written_out():
    few, many = (plots.lines(x, x, logx=True).axes[0] for x in (np.array([32.0, 64, 1500]), np.logspace(0, 3, 30)))
    assert [text.get_text() for text in few.get_xticklabels()] == ["32", "64", "1,500"]
    assert not [text.get_text() for text in few.get_xticklabels(minor=True)]
    assert "30" not in {text.get_text() for text in many.get_xticklabels()}


def test_bars_have_the_heights_side_by_side():
    picture = plots.bars({"before": [1.0, -2.0], "after": [0.5, 3.0]}, labels=["a", "b"], ylabel="energy", xlabel="class")
    ax = picture.axes[0]
    assert [bar.get_height() for bar in ax.patches] == [1.0, -2.0, 0.5, 3.0]
    middles = np.array([bar.get_x() + bar.get_width() / 2 for bar in ax.patches]).reshape(2, 2)
    np.testing.assert_allclose(middles.mean(axis=0), [0, 1])
    edges = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches)
    assert all(b - 1e-12 <= c for (_, b), (c, _) in zip(edges, edges[1:]))
    assert len({(bar.get_facecolor(), bar.get_hatch()) for bar in ax.patches}) == 2
    assert [text.get_text() for text in ax.get_xticklabels()] == ["a", "b"]
    assert picture.alt == "Bar chart of energy. before: a 1, b -2. after: a 0.5, b 3."


def test_many_bars_are_summed_up_in_words(rng):
    heights = rng.random(50)
    alt = plots.bars(heights).alt
    assert alt == f"Bar chart of values. 50 values between {heights.min():.3g} and {heights.max():.3g}."


def test_intervals_reach_from_end_to_end():
    picture = plots.intervals({"random": (0.98, 0.96, 0.99), "ordered": (0.92, 0.9, 0.95)}, xlabel="accuracy")
    ax = picture.axes[0]
    for k, (container, (m, a, b)) in enumerate(zip(ax.containers, [(0.98, 0.96, 0.99), (0.92, 0.9, 0.95)])):
        point, _, (bar,) = container
        assert (point.get_xdata()[0], point.get_ydata()[0]) == (m, k)
        np.testing.assert_allclose(bar.get_segments()[0], [[a, k], [b, k]])
    assert [text.get_text() for text in ax.get_yticklabels()] == ["random", "ordered"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]               # the first on top
    assert "ordered 0.92 in [0.9, 0.95]" in picture.alt


def test_loss_shapes_are_the_losses_and_a_jump_is_no_slope():
    picture = plots.loss_shapes({"zero-one": lambda t: 1.0 * (t > 0), "margin": lambda t: np.maximum(0, 1 + t)})
    ax = picture.axes[0]
    step, margin = (np.array(line.get_data()) for line in ax.lines[:2])
    np.testing.assert_allclose(margin[1], np.maximum(0, 1 + margin[0]), atol=1e-12)
    assert np.sum(np.isnan(step[1])) == 1 and abs(step[0][np.isnan(step[1])][0]) < 0.006
    seen = ~np.isnan(step[1])
    np.testing.assert_array_equal(step[1][seen], step[0][seen] > 0)
    assert ax.get_xlim() == (-3, 3) and {text.get_text() for text in ax.texts} == {"right", "wrong"}
    assert not np.isnan(margin[1]).any()
    shaded = ax.patches[0].get_extents()
    np.testing.assert_allclose(ax.transData.inverted().transform(shaded.get_points())[:, 0], [0, 3], atol=1e-9)


@pytest.mark.parametrize("call, message", [
    (lambda: plots.lines([0, 1], {"a": [1, 2, 3]}), r"x of shape \(2,\) and series 'a' of shape \(3,\)"),
    (lambda: plots.bars({"a": [1], "b": [1, 2]}), r"one shape \(K,\), got \{'a': \(1,\), 'b': \(2,\)\}"),
    (lambda: plots.bars([]), r"one array \(K,\)"),
    (lambda: plots.bars([1, 2], labels=["a"]), "labels must be as many as the 2 values, got 1"),
    (lambda: plots.intervals({"a": (1, 2, 3)}), r"the estimate between the ends, .* \{'a': \(1, 2, 3\)\}"),
    (lambda: plots.intervals({}), "at least one"),
    (lambda: plots.loss_shapes({"a": lambda t: 1.0}), "loss 'a' must return one number a gap"),
    (lambda: plots.loss_shapes({}, gap=(1, 2)), r"gap must reach from below to above zero, got \(1, 2\)"),
])
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_table_writes_its_numbers_and_sums():
    picture = plots.table([[0.3, 0.1], [0.2, 0.4]], ["clear", "gray"], ["dry", "rain"], "sky", "weather", title="today")
    ax = picture.axes[0]
    written = {tuple(text.get_position()): text.get_text() for text in ax.texts}
    assert written == {(0, 0): "0.3", (1, 0): "0.1", (0, 1): "0.2", (1, 1): "0.4", (2, 0): "0.4", (2, 1): "0.6",
                       (0, 2): "0.5", (1, 2): "0.5", (2, 2): "1"}
    assert [text.get_text() for text in ax.get_xticklabels()] == ["dry", "rain", "sum"]
    np.testing.assert_array_equal(ax.images[0].get_array(), [[0.3, 0.1], [0.2, 0.4]])
    assert len(plots.table(np.eye(2), "ab", "cd", margins=False).axes[0].texts) == 4
    with pytest.raises(ValueError, match=r"a table \(2, 3\)"):
        plots.table(np.eye(2), "ab", "cde")


def test_ellipses_are_where_the_density_is_the_same(rng):
    mean, cov, x = np.array([1.0, -2.0]), np.array([[4.0, 1.5], [1.5, 1.0]]), rng.normal(size=(30, 2))
    picture = plots.ellipses({"one": (mean, cov)}, x=x, deviations=(1, 2.5))
    ax = picture.axes[0]
    for line, r in zip(ax.lines[:2], (1, 2.5), strict=True):
        d = np.array(line.get_data()) - mean[:, None]
        np.testing.assert_allclose(np.sum(d * np.linalg.solve(cov, d), axis=0), r * r, rtol=1e-9)
    np.testing.assert_array_equal(np.ravel(ax.lines[2].get_data()), mean)
    np.testing.assert_array_equal(ax.collections[0].get_offsets(), x)
    assert "standard deviations 2 and 1, correlation 0.75" in picture.alt and ax.get_aspect() == 1
    with pytest.raises(ValueError, match="'one' must be"):
        plots.ellipses({"one": (np.zeros(3), np.eye(3))})


def test_histogram_has_unit_area_and_the_ends_take_the_rest(rng):
    x = rng.normal(size=500)
    picture = plots.histogram({"x": x, "y": x + 1}, bins=20, limits=(-1.0, 1.0), lines={"zero": 0.0}, density=np.cos)
    ax = picture.axes[0]
    heights, edges, _ = ax.patches[1].get_data()
    np.testing.assert_allclose(np.sum(heights * np.diff(edges)), 1)
    np.testing.assert_allclose(heights[0] * 0.1, np.mean(x < -0.9))
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.cos(ax.lines[0].get_xdata()))
    assert ax.lines[1].get_xdata()[0] == 0 and "zero at 0." in picture.alt
    with pytest.raises(ValueError, match="finite"):
        plots.histogram([np.nan])


def test_roofline_holds_points_and_roofs():
    points = {"slow": (0.25, 2.0), "fast": (20.0, 150.0)}
    picture = plots.roofline(points, {"one core": 100.0, "two cores": 200.0}, {"memory": 20.0, "cache": 400.0})
    ax = picture.axes[0]
    assert ax.get_xscale() == ax.get_yscale() == "log"
    flat, higher, memory, cache, slow, fast = (np.array(line.get_data()) for line in ax.lines)
    assert np.all(flat[1] == 100) and np.all(higher[1] == 200) and flat[0, 0] == 100 / 400
    for slope, rate in ((memory, 20), (cache, 400)):
        np.testing.assert_allclose(slope[1], rate * slope[0])                   # bytes a second, times operations for each
        assert slope[1, -1] == 200
    assert (*slow.ravel(), *fast.ravel()) == (0.25, 2, 20, 150)
    assert ax.get_xlim()[0] < 0.25 and ax.get_ylim()[0] < 2 and ax.get_ylim()[1] > 200
    assert "fast at intensity 20 reaches 150." in picture.alt and "cache 400 billion bytes a second" in picture.alt
    labels = {text.get_text() for text in ax.get_legend().get_texts()}
    assert labels == {"slow", "fast", "memory: 20 GB/s", "cache: 400 GB/s"}


@pytest.mark.parametrize("points, peaks, bandwidths, name", [
    ({}, {"a": 1}, {"b": 1}, "points"), ({"p": (1, 0)}, {"a": 1}, {"b": 1}, "points"),
    ({"p": (1, 1)}, {"a": np.nan}, {"b": 1}, "peaks"), ({"p": (1, 1)}, {"a": 1}, {"b": np.inf}, "bandwidths"),
])
def test_roofline_wants_positive_numbers(points, peaks, bandwidths, name):
    with pytest.raises(ValueError, match=f"{name} must hold at least one, of positive numbers"):
        plots.roofline(points, peaks, bandwidths)
