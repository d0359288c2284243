"""A picture describes itself, keeps to itself, and carries its words into files."""
import os
import subprocess
import sys
from io import BytesIO
from types import SimpleNamespace
from urllib.parse import urlparse
from urllib.request import url2pathname

import matplotlib
import matplotlib.figure
import numpy as np
import pytest
from PIL import Image

from edugen import plots
from edugen.plots.style import PALETTE

LEAF = SimpleNamespace(value=1.0, parents=())
PLOTS = {
    "bars": ([1.0, 2.0],), "computation_graph": (LEAF,), "confusion_matrix": ([0, 1], [1, 1]),
    "decision_regions": (lambda x: (x[:, 0] > 0).astype(int), np.eye(2), [0, 1]),
    "ellipses": ({"prior": ([0, 0], [[2, 1], [1, 1]])},), "histogram": ([1.0, 2.0, 4.0],), "image_grid": (np.ones((2, 3, 3)),),
    "intervals": ({"a": (1, 0, 2)},), "lines": ([0, 1], [2, 3]),
    "loss_curves": ({"loss": [2, 1]},), "loss_shapes": ({"margin": lambda t: np.maximum(0, 1 + t)},),
    "points": (np.eye(2), [0, 1]), "roofline": ({"sum": (1, 2)}, {"core": 9}, {"memory": 3}),
    "simplex": (lambda p: p[:, 0],), "table": ([[0.3, 0.1], [0.2, 0.4]], "ab", "cd"),
}


@pytest.fixture(params=PLOTS)
def draw(request):
    """Every plot of the package, to be drawn with the options given."""
    return lambda **options: getattr(plots, request.param)(*PLOTS[request.param], **options)


def test_every_plot_of_the_package_is_tried_here():
    assert set(PLOTS) == set(plots.__all__) - {"Picture", "Slider", "panels", "slider"}


def test_every_plot_returns_a_picture_with_words(draw):
    picture = draw()
    assert isinstance(picture, matplotlib.figure.Figure) and isinstance(picture, plots.Picture)
    assert len(picture.alt) > 25 and picture.alt.endswith(".")
    assert repr(picture) == f"<Picture: {picture.alt}>"


def test_every_plot_takes_words_of_ones_own(draw):
    assert draw(alt="my own words").alt == "my own words"
    assert draw(alt="").alt == ""                            # decoration, in the language of the web


def test_every_plot_is_drawn_in_one_style_whatever_the_reader_has_set(draw):
    def pixels():
        buffer = BytesIO()
        draw(title="title").savefig(buffer)
        return np.asarray(Image.open(buffer))

    plain = pixels()
    with matplotlib.rc_context({"axes.facecolor": "black", "font.size": 30, "lines.linewidth": 9, "axes.grid": False,
                                "savefig.dpi": 30, "figure.facecolor": "red", "legend.fontsize": 40}):
        before = dict(matplotlib.rcParams)
        other = pixels()
        assert dict(matplotlib.rcParams) == before
    np.testing.assert_array_equal(plain, other)
    assert plain.std() > 5


def test_the_title_is_drawn(draw):
    picture = draw(title="a title of its own")
    texts = [*(ax.get_title() for ax in picture.axes), *(text.get_text() for text in picture.texts)]     # suptitle included
    assert texts.count("a title of its own") == 1


def test_pyplot_never_hears_of_it():
    code = ("import io, sys\nfrom edugen import plots\nplots.bars([1, 2]).savefig(io.BytesIO())\n"
            "print({'matplotlib.pyplot', 'IPython', 'scipy', 'numba'} & set(sys.modules))")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("set()\n", "")


@pytest.mark.parametrize("kind, expected", [("png", None), ("svg", "<title>two &amp; three</title>"), ("pdf", None)])
def test_files_carry_the_words(tmp_path, kind, expected):
    path = tmp_path / f"picture.{kind}"
    plots.bars([2, 3], alt="two & three").savefig(path)
    if kind == "png":
        assert Image.open(path).text["Description"] == "two & three"
    elif kind == "svg":
        assert expected in path.read_text(encoding="utf-8")
    else:
        assert b"/Title (two & three)" in path.read_bytes()


def test_own_metadata_and_formats_without_words_pass(tmp_path):
    picture = plots.bars([2, 3], alt="words")
    picture.savefig(tmp_path / "a.png", metadata={"Author": "me", "Description": "mine"}, dpi=50)
    assert {"Author": "me", "Description": "mine"}.items() <= Image.open(tmp_path / "a.png").text.items()
    picture.savefig(tmp_path / "a.jpg")
    assert Image.open(tmp_path / "a.jpg").format == "JPEG"


def test_show_in_a_script_opens_the_image(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    plots.bars([1, 2], alt="shown").show()
    assert len(opened) == 1 and opened[0].startswith("file:") and capsys.readouterr().out == ""
    assert Image.open(url2pathname(urlparse(opened[0]).path)).text["Description"] == "shown"


def test_show_without_a_browser_says_where_the_image_is(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("webbrowser.open", lambda address: False)
    plots.bars([1, 2]).show()
    assert Image.open(capsys.readouterr().out.removeprefix("No browser to show the picture in; it is in ").strip())


def test_panels_share_a_picture_and_join_their_words():
    picture = plots.panels(1, 2)
    first = plots.bars([1, 2], ax=picture.axes[0])
    second = plots.bars([3], ax=picture.axes[1], alt="in my words.")
    assert first is picture and second is picture
    assert picture.alt == "Bar chart of values. 0 1, 1 2. in my words."
    assert plots.panels(2, 2, alt="four").alt == "four"
    assert [len(ax.patches) for ax in picture.axes] == [2, 1]


def test_panels_may_share_limits():
    picture = plots.panels(1, 2, share=True)
    plots.lines([0, 1], [0, 5], ax=picture.axes[0])
    assert picture.axes[1].get_ylim() == picture.axes[0].get_ylim()


def test_a_foreign_axes_is_drawn_in():
    figure = matplotlib.figure.Figure()
    assert plots.lines([0, 1], [2, 3], ax=figure.subplots()) is figure
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_ydata(), [2, 3])


def test_all_axes_at_once_are_refused():
    with pytest.raises(TypeError, match=r"ax must be one matplotlib Axes, such as picture.axes\[0\], got ndarray"):
        plots.bars([1, 2], ax=np.array(plots.panels(1, 2).axes))


def test_mathematics_and_large_numbers_are_made_speakable():
    assert plots.bars([12345.6, 2e9, 0.00012346, -1999]).alt == "Bar chart of values. 0 12,346, 1 2e+09, 2 0.000123, 3 -1,999."
    assert plots.lines([0, 1], [2, 3], xlabel=r"$\beta$", ylabel="$p_{1}$").alt.startswith("Line plot of p_1 against beta,")


def test_classes_can_be_told_apart_without_color():
    """Okabe and Ito's colors; the first four, as a person without red or green cones sees them, stay apart."""
    rgb = np.array([matplotlib.colors.to_rgb(color) for color in PALETTE[:4]])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    for matrix in ([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
                   [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]):
        seen = np.clip(linear @ np.array(matrix).T, 0, 1)    # Machado, Oliveira and Fernandes (2009): protanopia, deuteranopia
        gaps = np.linalg.norm(seen[:, None] - seen, axis=2)[np.triu_indices(4, 1)]
        assert gaps.min() > 0.1


def test_a_terminal_shell_prints_the_words_once(tmp_path):
    code = "from edugen import plots; plots.bars([1, 2], alt='seen once');"
    run = subprocess.run([sys.executable, "-m", "IPython", "-c", code], capture_output=True, text=True,
                         env=os.environ | {"IPYTHONDIR": str(tmp_path)})
    assert run.stdout.count("<Picture: seen once>") == 1
