"""Confusion matrices against scikit-learn's."""
import numpy as np
import pytest
from sklearn import metrics

from edugen import plots


def test_counts_are_scikit_learns(rng):
    y = rng.integers(0, 6, 300)
    predicted = np.where(rng.random(300) < 0.7, y, rng.integers(0, 6, 300))
    expected = metrics.confusion_matrix(y, predicted)
    picture = plots.confusion_matrix(y, predicted, title="counts")
    ax = picture.axes[0]
    found = np.zeros((6, 6), dtype=int)
    for text in ax.texts:
        column, row = text.get_position()
        found[row, column] = int(text.get_text())
    np.testing.assert_array_equal(found, expected)
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("predicted", "true", "counts")
    assert f"{np.trace(expected)} of 300 right" in picture.alt
    off = expected - np.diag(np.diag(expected))
    i, j = np.unravel_index(off.argmax(), off.shape)
    assert f"Most frequent mistakes: {i} taken for {j}, {off.max()} times" in picture.alt


def test_mistakes_are_orange_red_and_deeper_where_they_are_more():
    image = plots.confusion_matrix([0] * 10 + [1] * 10 + [2], [0] * 9 + [1] + [1] * 6 + [0] * 4 + [2]).axes[0]
    color = image.images[0].get_array()
    assert color[0, 0, 2] > color[0, 0, 0] and color[1, 0, 0] > color[1, 0, 2]           # blue hit, orange-red mistake
    assert color[1, 0].sum() < color[0, 1].sum() < 3.0 and color[0, 2].sum() == 3.0      # four, one, none


def test_numbers_can_be_read_on_their_ground(rng):
    y = rng.integers(0, 5, 500)
    ax = plots.confusion_matrix(y, np.where(rng.random(500) < 0.5, y, (y * 2) % 5)).axes[0]
    color = ax.images[0].get_array()
    for text in ax.texts:
        j, i = text.get_position()
        ground = np.where(color[i, j] <= 0.04045, color[i, j] / 12.92, ((color[i, j] + 0.055) / 1.055) ** 2.4)
        light = ground @ [0.2126, 0.7152, 0.0722]
        contrast = 1.05 / (light + 0.05) if text.get_color() == "white" else (light + 0.05) / 0.05
        assert contrast > 4.3


def test_names_and_unseen_classes():
    ax = plots.confusion_matrix([0, 1], [0, 1], names=["cat", "dog", "cow"]).axes[0]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["cat", "dog", "cow"]
    assert plots.confusion_matrix([0, 1], [0, 1]).alt == "Confusion matrix of 2 classes: 2 of 2 right, 100 %. No mistakes."


@pytest.mark.parametrize("y, predicted, names, message", [
    ([0.0, 1.0], [0, 1], None, "y must hold classes, integers .* got float64"),
    ([0, 1], [[0, 1]], None, r"predicted must hold classes, integers \(N,\) from 0 up, got int64 of shape \(1, 2\)"),
    ([0, -1], [0, 1], None, "y must hold classes"),
    ([0, 1], [0, 1, 1], None, "y and predicted must be of one length, got 2 and 3"),
    ([0, 2], [0, 1], ["a", "b"], "names must be as many as the 3 classes, got 2"),
])
def test_what_does_not_fit_is_named(y, predicted, names, message):
    with pytest.raises(ValueError, match=message):
        plots.confusion_matrix(y, predicted, names)
