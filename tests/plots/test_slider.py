"""A slider moves one parameter; where nothing moves it is a row of panels with their words."""
import sys

import numpy as np
import pytest

from edugen import plots
from edugen.plots.slider import WIDGET


def draw(beta, ax):
    plots.bars([beta, 1.0], ax=ax, alt=f"beta is {beta:g}.")


@pytest.fixture
def displayed(monkeypatch):
    """What is displayed, in place of a notebook."""
    import IPython.display
    shown = []
    monkeypatch.setattr(IPython.display, "display", lambda data, raw, metadata: shown.append(data))
    return shown


def test_panels_are_spread_over_the_values():
    slider = plots.slider(draw, np.arange(9) / 2, "beta", panels=3)
    assert slider.picture.alt == "beta is 0. beta is 2. beta is 4."
    assert [ax.get_title() for ax in slider.picture.axes] == ["beta = 0", "beta = 2", "beta = 4"]
    assert len(plots.slider(draw, [1.0, 2.0], "beta").picture.axes) == 2, "not more panels than values"
    assert len(plots.slider(draw, [1.0], "beta", panels=5).picture.axes) == 1


def test_it_moves(displayed):
    """The handle's move draws the picture of its value; both lie in the box that JupyterLab shows."""
    import ipywidgets
    boxes, VBox = [], ipywidgets.VBox
    ipywidgets.VBox = lambda children: boxes.append(VBox(children)) or boxes[-1]
    try:
        plots.slider(draw, [0.0, 0.5, 1.0], "beta")._ipython_display_()
    finally:
        ipywidgets.VBox = VBox
    handle, picture = boxes[0].children
    assert displayed[0][WIDGET]["model_id"] == boxes[0].model_id
    assert handle.description == "beta" and handle.label == "0.5" and 'alt="beta is 0.5."' in picture.value
    handle.value = 2
    assert 'alt="beta is 1."' in picture.value
    assert 'alt="beta is 0. beta is 0.5. beta is 1."' in displayed[0]["text/html"], "what a page shows"


def test_without_widgets_the_panels_are_left(displayed, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    plots.slider(draw, [0.0, 1.0], "beta")._ipython_display_()
    assert displayed[0].keys() == {"text/html", "image/png", "text/plain"}


@pytest.mark.parametrize("options, message", [
    ({"values": []}, "values must be at least one number"),
    ({"panels": 0}, "panels must be at least 1, got 0"),
    ({"start": 3}, "start must be a position from 0 to 1, got 3"),
])
def test_wrong_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        plots.slider(draw, **{"values": [1.0, 2.0], "name": "beta"} | options)
