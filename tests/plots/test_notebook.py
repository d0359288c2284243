"""In a real notebook a picture is shown exactly once, and its words reach the page that nbconvert writes."""
from html.parser import HTMLParser

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter, LatexExporter

pytestmark = pytest.mark.slow

CELLS = {
    "setup": "import numpy as np\nfrom edugen import plots",
    "value": "plots.bars([1, 2, 3], alt='bare value')",
    "semicolon": "plots.bars([1, 2, 3], alt='semicolon');",
    "assigned": "kept = plots.bars([1, 2, 3], alt='assigned')",
    "shown-again": "kept",
    "displayed": "display(plots.bars([1, 2], alt='displayed'));",
    "changed": "late = plots.bars([1, 2], alt='not yet')\nlate.alt = 'changed after drawing'",
    "two": "plots.bars([1], alt='first of two')\nplots.bars([2], alt='second of two')",
    "panels": "row = plots.panels(1, 2)\nfor k, ax in enumerate(row.axes): plots.bars([k], ax=ax, alt=f'panel {k}')",
    "hostile": "plots.bars([1], alt='\"><b>5 < 6 & \"quoted\"')",
    "raises": "plots.bars([4], alt='before the error')\nraise ValueError('on purpose')",
    "after-error": "'nothing to show'",
    "inline": "%matplotlib inline\nimport matplotlib.pyplot as plt\nplots.bars([1], alt='beside pyplot');",
    "inline-value": "plots.bars([1], alt='pyplot imported')",
    "pyplot": "plt.plot([1, 2]);",
    "slider": "from ipywidgets import interact\n@interact(k=(0, 5))\ndef draw(k=3):\n    return plots.bars([k], alt=f'k = {k}')",
    "default": "plots.bars({'mass': [0.25, 0.75]}, labels=['a', 'b'], ylabel='$p$');",
}


@pytest.fixture(scope="module")
def notebook():
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source, id=name) for name, source in CELLS.items()]
    notebook.cells[list(CELLS).index("raises")].metadata["tags"] = ["raises-exception"]
    NotebookClient(notebook, kernel_name="python3", timeout=120, store_widget_state=True).execute()
    return notebook


class Images(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.found.append(dict(attributes))


@pytest.mark.parametrize("cell, expected", [
    ("value", ["bare value"]), ("semicolon", ["semicolon"]), ("assigned", ["assigned"]), ("shown-again", ["assigned"]),
    ("displayed", ["displayed"]), ("changed", ["changed after drawing"]), ("two", ["second of two", "first of two"]),
    ("panels", ["panel 0 panel 1"]), ("hostile", ['"><b>5 < 6 & "quoted"']), ("raises", ["before the error"]),
    ("after-error", []), ("slider", []), ("inline", ["beside pyplot"]), ("inline-value", ["pyplot imported"]),
    ("default", ["Bar chart of p. mass: a 0.25, b 0.75."]),
])
def test_a_cell_shows_each_picture_once(notebook, cell, expected):
    outputs = [out for out in notebook.cells[list(CELLS).index(cell)].outputs if "image/png" in out.get("data", {})]
    images = [image for out in outputs for image in Images(out.data["text/html"]).found]
    assert [image["alt"] for image in images] == expected
    for out, alt in zip(outputs, expected):
        assert out.metadata["image/png"]["alt"] == alt
        assert out.data["text/plain"] == f"<Picture: {alt}>"
        assert f'base64,{out.data["image/png"].strip()}"' in out.data["text/html"]        # the same image both ways


@pytest.mark.parametrize("template", ["lab", "classic"])
def test_alt_text_reaches_the_html_of_nbconvert(notebook, template):
    html, _ = HTMLExporter(template_name=template).from_notebook_node(notebook)
    alts = [image.get("alt") for image in Images(html).found]
    drawn = ["bare value", "semicolon", "assigned", "assigned", "displayed", "changed after drawing", "second of two",
             "first of two", "panel 0 panel 1", '"><b>5 < 6 & "quoted"', "before the error", "beside pyplot",
             "pyplot imported", "Bar chart of p. mass: a 0.25, b 0.75."]
    assert [alt for alt in alts if alt in drawn] == drawn
    assert len(alts) == len(drawn) + 1                       # and pyplot's own, which has no words


def test_the_plain_image_is_there_for_pdf(notebook):
    _, resources = LatexExporter().from_notebook_node(notebook)
    assert sum(name.endswith(".png") for name in resources["outputs"]) == 15


def test_a_slider_shows_its_picture_once_in_its_own_place(notebook):
    state = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"].values()
    outputs = [out for model in state if model["model_name"] == "OutputModel" for out in model["state"]["outputs"]]
    assert [out["data"]["text/plain"] for out in outputs] == ["<Picture: k = 3>"]


def test_page_size_is_half_the_pixels(notebook):
    out = notebook.cells[list(CELLS).index("value")].outputs[0]
    size = out.metadata["image/png"]
    assert int(Images(out.data["text/html"]).found[0]["width"]) == size["width"]
    assert 500 < size["width"] < 700 and 280 < size["height"] < 420
