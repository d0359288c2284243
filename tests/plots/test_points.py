"""Points and decision regions: what is drawn where."""
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from edugen import plots
from edugen.data import two_moons
from edugen.plots.style import MARKERS, PALETTE


def offsets(ax, label):
    """Where the markers of one legend entry are."""
    return next(np.asarray(c.get_offsets()) for c in ax.collections if c.get_label() == label)


def drawn(ax, color, edge):
    """All markers of one color with one edge color."""
    marked = [c for c in ax.collections if len(c.get_offsets()) and len(c.get_facecolors())]
    return np.concatenate([np.asarray(c.get_offsets()) for c in marked
                           if np.allclose(c.get_facecolors()[0, :3], to_rgb(color))
                           and np.allclose(c.get_edgecolors()[0, :3], to_rgb(edge))])


def test_points_of_each_class_are_where_they_are():
    x, y = two_moons(0, 60)
    ax = plots.points(x, y, names={1: "lower"}, title="moons").axes[0]
    np.testing.assert_array_equal(offsets(ax, "class 0"), x[y == 0])
    np.testing.assert_array_equal(offsets(ax, "lower"), x[y == 1])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["class 0", "lower"]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("$x_1$", "$x_2$", "moons")
    assert ax.get_aspect() == 1.0
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert left < x[:, 0].min() and x[:, 0].max() < right and bottom < x[:, 1].min() and x[:, 1].max() < top


def test_scales_that_differ_are_not_forced_to_be_equal(rng):
    assert plots.points(rng.normal(size=(9, 2)) * [1, 1000], np.arange(9) % 2).axes[0].get_aspect() == "auto"


def test_a_single_point_has_room():
    ax = plots.points([[2.0, 3.0]], [0]).axes[0]
    assert ax.get_xlim() == (1.5, 2.5) and ax.get_ylim() == (2.5, 3.5)


def boundaries(ax):
    """The corners of all boundary lines."""
    return np.concatenate([path.vertices for c in ax.collections if type(c).__name__ == "QuadContourSet"
                           for path in c.get_paths()])


def half_plane(x):
    return (x[:, 0] > 0.25).astype(int)


def test_labels_paint_flat_regions_with_the_boundary_between(rng):
    x = rng.uniform(-1, 1, size=(50, 2))
    ax = plots.decision_regions(half_plane, x, half_plane(x)).axes[0]
    image = ax.images[0].get_array()
    left, right, bottom, top = ax.images[0].get_extent()
    columns = np.linspace(left, right, image.shape[1]) > 0.25
    for k in (0, 1):
        tint = 1 - 0.45 * (1 - np.array(to_rgb(PALETTE[k])))
        np.testing.assert_allclose(image[:, columns == k], np.broadcast_to(tint, image[:, columns == k].shape), atol=1e-12)
    boundary = boundaries(ax)
    assert np.all(np.abs(boundary[:, 0] - 0.25) < (right - left) / 199)
    assert boundary[:, 1].min() == pytest.approx(bottom) and boundary[:, 1].max() == pytest.approx(top)


def test_rows_of_the_image_are_x2_upward(rng):
    x = rng.uniform(-1, 1, size=(50, 2))
    image = plots.decision_regions(lambda x: (x[:, 1] > 0).astype(int), x, (x[:, 1] > 0).astype(int)).axes[0].images[0]
    assert image.origin == "lower"
    assert np.allclose(image.get_array()[0, 0], 1 - 0.45 * (1 - np.array(to_rgb(PALETTE[0]))))
    assert np.allclose(image.get_array()[-1, 0], 1 - 0.45 * (1 - np.array(to_rgb(PALETTE[1]))))


def test_probabilities_fade_where_the_classifier_is_unsure(rng):
    def logistic(x):
        p = 1 / (1 + np.exp(-5 * x[:, 0]))
        return np.stack([1 - p, p], axis=1)

    x = rng.uniform(-1, 1, size=(50, 2))
    ax = plots.decision_regions(logistic, x, (x[:, 0] > 0).astype(int), resolution=301).axes[0]
    image, (left, right, *_) = ax.images[0].get_array(), ax.images[0].get_extent()
    p = np.stack([logistic(np.array([[a, 0.0]]))[0] for a in np.linspace(left, right, 301)])
    strength = 0.06 + 0.39 * np.abs(p[:, 1] - p[:, 0])       # for two classes (p_max - 1/2) / (1/2)
    hue = np.array([to_rgb(PALETTE[k]) for k in (p[:, 1] > p[:, 0]).astype(int)])
    np.testing.assert_allclose(image[0], 1 - strength[:, None] * (1 - hue), atol=1e-12)
    np.testing.assert_allclose(boundaries(ax)[:, 0], 0.0, atol=1e-3)            # where both are as likely


def test_misplaced_points_have_black_edges_and_are_counted():
    x = np.array([[-1.0, 0.0], [1.0, 0.0], [-1.0, 1.0], [1.0, 1.0], [0.9, 0.5]])
    y = np.array([0, 1, 1, 1, 0])
    picture = plots.decision_regions(half_plane, x, y)
    ax = picture.axes[0]
    np.testing.assert_array_equal(drawn(ax, PALETTE[0], "black"), [[0.9, 0.5]])
    np.testing.assert_array_equal(drawn(ax, PALETTE[1], "black"), [[-1.0, 1.0]])
    np.testing.assert_array_equal(drawn(ax, PALETTE[0], "white"), [[-1.0, 0.0]])
    assert "misplaced" in [text.get_text() for text in ax.get_legend().get_texts()]
    assert "60 % of the points" in picture.alt


def test_any_integers_may_be_labels():
    x = np.array([[-1.0, 0.0], [1.0, 0.5]])
    ax = plots.decision_regions(lambda x: np.where(x[:, 0] > 0, 1, -1), x, np.array([-1, 1])).axes[0]
    np.testing.assert_array_equal(offsets(ax, "class -1"), x[:1])
    np.testing.assert_array_equal(offsets(ax, "class 1"), x[1:])


def test_a_class_without_points_still_has_its_region():
    def three(x):
        return np.digitize(x[:, 0], [-0.5, 0.5])

    ax = plots.decision_regions(three, np.array([[-1.0, 0.0], [1.0, 1.0]]), np.array([0, 2])).axes[0]
    middle = ax.images[0].get_array()[0, 100]
    np.testing.assert_allclose(middle, 1 - 0.45 * (1 - np.array(to_rgb(PALETTE[1]))))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["class 0", "class 1", "class 2"]
    assert ax.collections[-1] is not None and MARKERS[2] == "s"


def test_a_row_of_panels_has_one_legend():
    x, y = two_moons(0, 30)
    picture = plots.panels(1, 3)
    for ax in picture.axes:
        plots.decision_regions(half_plane, x, y, ax=ax)
    assert [ax.get_legend() is not None for ax in picture.axes] == [False, False, True]


@pytest.mark.parametrize("predict, message", [
    (lambda x: x[:, 0], r"labels, integers \(40000,\), or probabilities \(40000, K\), got float64 .* np.stack\(\[1 - p, p\]"),
    (lambda x: x, "no entry negative and rows that sum to one, .* softmax"),
    (lambda x: 1.0, r"predict must turn points \(40000, 2\) into"),
    (lambda x: np.zeros((len(x), 2, 2)), r"of shape \(40000, 2, 2\)"),
    (lambda x: np.zeros(3, dtype=int), r"of shape \(3,\)"),
    (lambda x: np.ones((len(x), 1)), r"classes 0 to 0, but y holds the labels \[1\] too"),
])
def test_predictions_that_are_none_are_explained(predict, message):
    with pytest.raises(ValueError, match=message):
        plots.decision_regions(predict, np.eye(2), np.array([0, 1]))


@pytest.mark.parametrize("x, y, message", [
    (np.zeros((3, 3)), [0, 1, 1], r"x must hold points in the plane, .* got shape \(3, 3\); pick two columns"),
    (np.full((3, 2), np.nan), [0, 1, 1], "finite"),
    (np.zeros((3, 2)), [0, 1], r"each of the 3 rows of x, got int64 of shape \(2,\)"),
    (np.zeros((3, 2)), [0.0, 1.0, 1.0], "got float64"),
])
def test_data_that_do_not_fit_are_named(x, y, message):
    with pytest.raises(ValueError, match=message):
        plots.points(x, y)
