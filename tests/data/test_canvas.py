"""Images on a canvas: each whole, at its place, and all places alike."""
import numpy as np
import pytest
from scipy import stats

from edugen import data


def test_each_image_is_there_whole_and_nothing_else(rng):
    images = rng.uniform(0.1, 1, size=(40, 3, 5)).astype(np.float32)
    kept = images.copy()
    canvas = data.on_canvas(images, 0, size=9)
    assert canvas.shape == (40, 9, 9) and canvas.dtype == np.float32
    np.testing.assert_array_equal(images, kept)
    for image, whole in zip(images, canvas, strict=True):
        rows, columns = np.nonzero(whole.any(axis=1))[0], np.nonzero(whole.any(axis=0))[0]
        np.testing.assert_array_equal(whole[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1], image)


def test_every_place_is_equally_likely():
    """False alarms: 1 in 1,000."""
    canvas = data.on_canvas(np.ones((9000, 1, 1)), 1, size=3)
    counts = canvas.sum(axis=0).ravel()
    assert counts.sum() == 9000 and stats.chisquare(counts).pvalue > 1e-3


def test_the_middle_the_seed_and_an_image_that_fills_the_canvas(rng):
    images = rng.normal(size=(4, 8, 8))
    middle = data.on_canvas(images, 0, anywhere=False)
    np.testing.assert_array_equal(middle[:, 6:14, 6:14], images)
    np.testing.assert_array_equal(data.on_canvas(images, 3), data.on_canvas(images, 3))
    np.testing.assert_array_equal(data.on_canvas(images, 3, size=8), images)
    assert data.on_canvas(images[:0], 0).shape == (0, 20, 20)


@pytest.mark.parametrize("images, size, says", [
    (np.ones((4, 64)), 20, r"\(N, h, w\), got shape \(4, 64\).*reshape"),
    (np.ones((4, 8, 8)), 7, "8 x 8 have no room on a canvas of 7 x 7"),
    (np.ones((4, 8, 8)), 20.5, "size must be a whole number, at least 1, got 20.5"),
])
def test_bad_input(images, size, says):
    with pytest.raises(ValueError, match=says):
        data.on_canvas(images, 0, size=size)
