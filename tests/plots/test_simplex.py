"""The simplex: where the maximum is, where points and paths lie."""
import numpy as np
import pytest

from edugen import plots

CORNERS = np.array([[0, 0], [1, 0], [0.5, np.sqrt(3) / 2]])


def of(ax, label):
    return next(np.array(line.get_data()).T for line in ax.lines if line.get_label() == label)


def test_the_star_is_at_the_maximum_which_is_the_softmax(rng):
    """Cho (2.17)-(2.29): the maximum of entropy minus expected energy is softmax(-a), known in closed form."""
    for a in rng.normal(size=(5, 3)):
        best = np.exp(-a) / np.sum(np.exp(-a))
        ax = plots.simplex(lambda p, a=a: -p @ a - np.sum(p * np.log(p), axis=1), points={"softmax": best}).axes[0]
        np.testing.assert_allclose(of(ax, "largest")[0], best @ CORNERS, atol=1 / 120)
        np.testing.assert_allclose(of(ax, "softmax")[0], best @ CORNERS, atol=1e-12)


def test_corners_are_corners():
    for k in range(3):
        ax = plots.simplex(lambda p, k=k: p[:, k], resolution=20).axes[0]
        np.testing.assert_allclose(of(ax, "largest")[0], CORNERS[k], atol=1e-8)
    assert [text.get_text() for text in ax.texts] == ["$p_1 = 1$", "$p_2 = 1$", "$p_3 = 1$"]
    np.testing.assert_allclose([text.xy for text in ax.texts], CORNERS)


def test_the_function_is_asked_about_distributions_without_zeros():
    asked = []
    plots.simplex(lambda p: asked.append(p) or p[:, 0], resolution=10)
    (p,) = asked
    assert p.shape == (66, 3) and np.all(p > 0)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-12)
    assert len(np.unique(np.round(10 * p), axis=0)) == 66


def test_paths_are_drawn_from_start_to_end():
    path = np.array([[1, 1, 1], [0.5, 0.3, 0.2], [1, 0, 0]]) / np.array([[3], [1], [1]])
    picture = plots.simplex(lambda p: p[:, 0], paths={"cooling": path})
    np.testing.assert_allclose(of(picture.axes[0], "cooling"), path @ CORNERS, atol=1e-12)
    assert "cooling: from (0.33, 0.33, 0.33) to (1.00, 0.00, 0.00)." in picture.alt


@pytest.mark.parametrize("arguments, message", [
    ({"function": lambda p: p}, r"function must turn probabilities \(7381, 3\) into finite numbers \(7381,\), got shape"),
    ({"function": lambda p: np.log(p[:, 0] - 0.5)}, "some not finite"),
    ({"function": lambda p: p[:, 0], "points": {"q": [0.5, 0.6, 0.1]}}, "'q' must hold three probabilities that sum to one"),
    ({"function": lambda p: p[:, 0], "paths": {"r": [[1.5, -0.5, 0.0]]}}, "'r' must hold three probabilities"),
])
@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_does_not_fit_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        plots.simplex(**arguments)
