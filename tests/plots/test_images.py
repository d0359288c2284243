"""Grids of images: the pixels, the titles, the frames."""
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from edugen import plots
from edugen.data import digits
from edugen.plots.style import RED


def test_pixels_titles_and_places():
    x, y = digits()
    picture = plots.image_grid(x[:7], titles=y[:7], columns=4, title="seven")
    shown = [ax for ax in picture.axes if ax.images]
    assert len(picture.axes) == 8 and len(shown) == 7 and not picture.axes[7].axison
    for k, ax in enumerate(shown):
        np.testing.assert_array_equal(ax.images[0].get_array(), x[k].reshape(8, 8))
        assert ax.get_title() == str(y[k]) and len(ax.get_xticks()) == len(ax.get_yticks()) == 0
        place = ax.get_subplotspec()
        assert (place.rowspan.start, place.colspan.start) == divmod(k, 4)
    assert picture.get_suptitle() == "seven"
    assert picture.alt == "seven. Grid of 7 images of 8 by 8 pixels, in 2 rows of at most 4: 0; 1; 2; 3; 4; 5; 6."


def test_all_gray_images_are_on_one_scale_ink_dark():
    images = np.array([[[0.0, 1.0]], [[2.0, 5.0]]])
    shown = [ax.images[0] for ax in plots.image_grid(images).axes]
    assert [image.get_clim() for image in shown] == [(0.0, 5.0), (0.0, 5.0)]
    assert shown[0].to_rgba(np.array([0.0, 5.0]))[:, :3].mean(axis=1).tolist() == [1.0, 0.0]
    assert plots.image_grid(images, limits=(-1, 9)).axes[0].images[0].get_clim() == (-1, 9)


def test_signed_images_are_white_at_zero_with_a_scale():
    picture = plots.image_grid(np.array([[[-1.0, 0.0], [0.5, 4.0]]]))
    image = picture.axes[0].images[0]
    assert image.get_clim() == (-4.0, 4.0)
    np.testing.assert_allclose(image.to_rgba(np.array([0.0]))[0, :3], 1.0, atol=0.01)
    np.testing.assert_allclose(image.to_rgba(np.array([4.0]))[0, :3], to_rgb(RED), atol=0.01)
    assert len(picture.axes) == 2                            # the image and its color bar


def test_wrong_ones_stand_in_a_frame_and_are_named():
    picture = plots.image_grid(np.ones((3, 2, 2)), titles=["a", "b", "c"], wrong=[False, True, False])
    for ax, framed in zip(picture.axes, (False, True, False)):
        red = [np.allclose(spine.get_edgecolor()[:3], to_rgb(RED)) for spine in ax.spines.values()]
        assert red == [framed] * 4 and all(spine.get_visible() for spine in ax.spines.values())
        assert ax.get_title().startswith("✗") == framed
    assert "a; b (wrong); c" in picture.alt
    assert "image 1 (wrong); image 2." in plots.image_grid(np.ones((2, 2, 2)), wrong=[True, False]).alt


def test_colors_are_kept():
    images = np.random.default_rng(0).random((2, 4, 5, 3))
    picture = plots.image_grid(images)
    np.testing.assert_array_equal(picture.axes[1].images[0].get_array(), images[1])
    assert "4 by 5 pixels" in picture.alt


def test_digits_are_large_enough_to_read():
    """At half size a digit of a row of ten is still 40 pixels of the page wide: 96 to the inch."""
    picture = plots.image_grid(digits().x[:10], titles=range(10))
    picture.draw_without_rendering()
    for ax in picture.axes:
        width, height = ax.get_window_extent().size / picture.dpi * 96 / 2
        assert width > 40 and height > 40


def test_long_titles_do_not_touch():
    picture = plots.image_grid(np.ones((5, 8, 8)), titles=["true 3, taken for 5"] * 5)
    picture.draw_without_rendering()
    boxes = [ax.title.get_window_extent() for ax in picture.axes]
    assert all(a.x1 < b.x0 for a, b in zip(boxes, boxes[1:]))


def test_many_titles_are_cut_in_the_words():
    alt = plots.image_grid(np.ones((45, 2, 2)), titles=range(45)).alt
    assert "; 39; and more." in alt and "; 40" not in alt


@pytest.mark.parametrize("arguments, message", [
    ({"images": np.zeros((8, 8))[0]}, r"images must be an array \(N, H, W\), .* got shape \(8,\)"),
    ({"images": np.zeros((2, 63))}, r"D a square, .* got shape \(2, 63\)"),
    ({"images": np.zeros((0, 8, 8))}, "N at least 1"),
    ({"images": np.full((1, 2, 2), np.nan)}, "images must be finite, but 4 values are not"),
    ({"images": np.zeros((2, 2, 2)), "titles": ["a"]}, "titles must be as many as the 2 images, got 1"),
    ({"images": np.zeros((2, 2, 2)), "wrong": [True]}, r"wrong must hold True or False for each of the 2 images, .* \(1,\)"),
    ({"images": np.zeros((2, 2, 2)), "columns": 0}, "columns must be at least 1, got 0"),
])
def test_what_does_not_fit_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        plots.image_grid(**arguments)
