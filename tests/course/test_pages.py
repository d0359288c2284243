"""The page of a notebook: one file that opens without a network and without a script, whole or not there."""
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from nbformat.v4 import new_output

from edugen.course.notebooks import execute, read
from edugen.course.pages import loads, write_html


class Reader(HTMLParser):
    """What a reader meets: text outside code, formulas, images; and what a page must not have."""

    def __init__(self, page):
        super().__init__()
        self.text, self.maths, self.alts, self.scripts, self.open = "", 0, [], 0, []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.maths += tag == "math"
        self.scripts += tag == "script" or any(name.startswith("on") for name, _ in attrs)
        if tag == "img":
            self.alts.append(dict(attrs).get("alt"))
        elif tag in ("style", "pre", "code", "annotation", "title", "summary"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_data(self, data):
        self.text += "" if self.open else data


def written(notebook, tmp_path, title="title"):
    complaints = write_html(notebook, tmp_path / "page.html", title)
    return (tmp_path / "page.html").read_text(encoding="utf-8"), complaints


def test_page(write_notebook, tmp_path):
    path = write_notebook(
        "# Title\n\nLet $a < b$ and `$5` be\n\n$$a \\tag{2.30}$$\n\n\\begin{align} c &= d \\end{align}",
        ("print('solved')", ["solution"]),
        "print('ha' + 'lf', end='\\r', flush=True); print('w' + 'hole')",
        "from IPython.display import HTML, Latex, Markdown, Math, display\nHTML('<img src=\"data:,\" alt=\"a dot\">')",
        "display(Markdown('of $m$'), Math('n'), Latex('\\\\begin{align}o\\\\end{align}'))",
    )
    page, complaints = written(execute(path, limit=60), tmp_path / "new", "A <title>")
    reader = Reader(page)
    assert "<title>A &lt;title&gt;</title>" in page and not complaints
    assert (reader.maths, reader.scripts, reader.alts) == (6, 0, ["a dot"]) and "$" not in reader.text
    assert 'id="2.30"' in page and "<code>$5</code>" in page
    assert re.search(r'<details class="solution">.*?solved.*?</details>', page, re.DOTALL)
    assert "half" not in page and "whole" in page, "what was overwritten is not shown"
    assert not loads(page)


def test_browser_is_told_to_fetch_nothing(write_notebook, tmp_path):
    page, _ = written(read(write_notebook("# Title")), tmp_path)
    policy = re.search(r'<meta content="([^"]*)" http-equiv="Content-Security-Policy"/>', page)[1]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules == {"default-src": "'none'", "img-src": "data:", "media-src": "data:", "font-src": "data:",
                     "style-src": "'unsafe-inline'"}
    assert page.index("Content-Security-Policy") < page.index("<style")
    assert "url(data:font/woff;base64,d09GRg" in page, "the font is inside"                     # wOFF


def test_no_template_of_nbconvert_brings_an_address(write_notebook, tmp_path):
    notebook = read(write_notebook("# Title", "1"))
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    notebook.cells[1].outputs = [
        new_output("display_data", {"application/javascript": "fetch('https://example.org')"}),
        new_output("display_data", {"text/vnd.mermaid": "graph TD;"}),
        new_output("display_data", {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/html": "<p>static</p>"}),
    ]
    page, _ = written(notebook, tmp_path)
    assert "src=" not in page and "example.org" not in page and "require" not in page.lower()
    assert not re.findall(r"(?:https?:)?//[\w.-]+\.\w+", re.sub(r"/\*.*?\*/|data:[^)\"']*", "", page, flags=re.DOTALL))


@pytest.mark.parametrize("html, found", [
    ('<img src="https://example.org/a.png">', ["https://example.org/a.png"]),
    ('<img src="//cdn.example.org/a.png">', ["//cdn.example.org/a.png"]),
    ('<img src="picture.png">', ["picture.png"]),
    ('<img srcset="https://a/b.png 2x" src="data:,">', ["https://a/b.png 2x"]),
    ('<script src="https://a/b.js"></script>', ["https://a/b.js"]),
    ('<link rel="stylesheet" href="https://a/b.css">', ["https://a/b.css"]),
    ('<iframe srcdoc="&lt;img src=http://a&gt;"></iframe>', ["http://a"]),
    ('<iframe src="https://a"></iframe><video poster="b.png"></video><object data="c"></object>', ["https://a", "b.png", "c"]),
    ('<svg><image href="https://a/b.png"/><use xlink:href="#in"/></svg>', ["https://a/b.png"]),
    ('<style>@import "https://a/b.css"; p { background: url( "https://c" ) } q { background: url(data:,) }</style>',
     ["https://a/b.css", "https://c"]),
    ('<p style="background: url(\'https://a\')">url(https://text)</p>', ["https://a"]),
    ('<a href="https://a">click</a><p>https://b</p><!-- <img src="https://c"> --><img src="data:,">', []),
])
def test_what_a_browser_would_fetch(html, found):
    assert loads(html) == found


@pytest.mark.parametrize("cell", ["# Title\n\n![a cat](https://example.org/cat.png)", "# Title\n\n<img src='cat.png'>"])
def test_a_notebook_that_needs_more_than_itself_is_refused(cell, write_notebook, tmp_path):
    with pytest.raises(ValueError, match=r"page\.html would load .*cat\.png.*without a network.*attach it to its cell"):
        written(read(write_notebook(cell)), tmp_path)
    assert not (tmp_path / "page.html").exists()


def test_an_attached_picture_is_inside(write_notebook, tmp_path):
    notebook = read(write_notebook("# Title\n\n![a cat](attachment:cat.png)"))
    notebook.cells[0]["attachments"] = {"cat.png": {"image/png": "iVBORw0KGgo="}}
    page, _ = written(notebook, tmp_path)
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in page and Reader(page).alts == ["a cat"]


def test_a_formula_that_is_not_known_stays_tex_and_is_told(write_notebook, tmp_path):
    page, complaints = written(read(write_notebook("# Title\n\n$$a < \\foo$$ and $b$")), tmp_path)
    assert '<code class="tex">a &lt; \\foo</code>' in page and Reader(page).maths == 1
    assert len(complaints) == 1 and "foo" in complaints[0] and complaints[0].endswith("In: a < \\foo")


def test_page_is_written_whole_or_not_at_all(write_notebook, tmp_path, monkeypatch):
    page = tmp_path / "page.html"
    page.write_text("old")
    notebook = read(write_notebook("x = 1"))

    def full(self, content):
        with open(self, "wb") as file:
            file.write(content[:100])
        raise failure

    monkeypatch.setattr(Path, "write_bytes", full)
    for failure in (OSError(28, "No space left on device"), KeyboardInterrupt()):
        with pytest.raises(type(failure)):
            write_html(notebook, page, "title")
        assert page.read_text() == "old" and not list(tmp_path.glob(".page*"))
