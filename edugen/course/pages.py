"""A notebook as one file of HTML that needs nothing else: no script, no address, its mathematics, pictures and font inside."""
from __future__ import annotations

import base64
import logging
import re
from html import escape
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from .mathematics import mathml
from .places import write_atomically

__all__ = ["loads", "render", "write_html"]

# No script at all, and a policy by which the browser itself fetches nothing. Solutions are folded.
TEMPLATE = """\
{%- extends 'index.html.j2' -%}
{% block html_head_js %}<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; media-src data:; font-src data:; style-src 'unsafe-inline'">{% endblock %}
{% block jupyter_widgets %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
{% block data_javascript %}{% endblock %}
{% block data_latex %}<div class="jp-RenderedHTMLCommon jp-OutputArea-output">
{{- output.data['text/latex'] | markdown2html -}}</div>{% endblock %}
{% block html_head_css %}<style>
@font-face { font-family: "STIX Two Math"; src: url(data:font/woff;base64,{{ font }}) }
math { font-family: "STIX Two Math", math; font-size: 1.15em }
mo.prime { transform: scale(1.5); transform-origin: 0 30% }
main { max-width: 72rem; margin: auto }
.equation { display: flex; align-items: center; gap: 1em; margin: 1em 0; overflow-x: auto; overflow-y: hidden }
.equation > math { flex: 1 }
.equation > a, .equation > a:hover { color: inherit !important; text-decoration: none !important }
.equation:target { background: #fff3c4 }
.jp-InputArea-editor .highlight pre { white-space: pre-wrap; overflow-wrap: anywhere }
.jp-OutputArea-output { overflow-x: auto }
.jp-OutputArea-output.jp-RenderedMarkdown { padding-left: 17px }
details.solution > summary { cursor: pointer; margin: 0 0 .5rem 5rem; font-family: var(--jp-content-font-family) }
</style>{% endblock %}
{% block codecell %}
{%- if 'solution' in cell.metadata.get('tags', []) -%}
<details class="solution"><summary>A solution</summary>{{ super() }}</details>
{%- else -%}{{ super() }}{%- endif -%}
{% endblock %}
"""


class _Renderer(IPythonRenderer):
    """Markdown with its mathematics drawn. What cannot be drawn stays TeX, and is noted."""

    complaints: list[str]

    def _drawn(self, tex: str, display: bool) -> str:
        try:
            return mathml(tex, display)
        except ValueError as error:
            self.complaints.append(str(error))
            return f'<code class="tex">{escape(tex)}</code>'

    def block_math(self, body: str) -> str:
        return self._drawn(body, True)

    def inline_math(self, body: str) -> str:
        return self._drawn(body, False)

    def latex_environment(self, name: str, body: str) -> str:
        return self._drawn(f"\\begin{{{name}}}{body}\\end{{{name}}}", True)


class _Exporter(HTMLExporter):
    def __init__(self, **options: Any):
        super().__init__(**options)
        self.complaints: list[str] = []

    @jinja2.pass_context
    def markdown2html(self, context, source):
        """nbconvert's filter of this name, with our renderer."""
        html, complaints = render(source, context.get("cell", {}).get("attachments", {}))
        self.complaints += complaints
        return html


def render(source: str, attachments: dict | None = None) -> tuple[str, list[str]]:
    r"""Markdown as HTML, and what is said about each formula that could not be drawn.

    Examples
    --------
    >>> html, complaints = render(r"*Now* $\foo$.")
    >>> html
    '<p><em>Now</em> <code class="tex">\\foo</code>.</p>'
    >>> len(complaints)
    1
    """
    renderer = _Renderer(escape=False, attachments=attachments or {})
    renderer.complaints = []
    return MarkdownWithMath(renderer=renderer).render(source).strip(), renderer.complaints


def write_html(notebook: NotebookNode, path: Path, title: str) -> list[str]:
    """Write a notebook as one HTML file: the whole of it or, if anything fails, nothing.

    Returns
    -------
    What is said about each formula that could not be drawn, and stands on the page as TeX.

    Raises
    ------
    ValueError
        Where the page would load something from elsewhere; the message says what.
    """
    font = base64.b64encode((files("edugen.course") / "stix_two_math.woff").read_bytes()).decode()
    exporter = _Exporter(
        template_name="lab", template_file="edugen.html.j2",
        extra_loaders=[jinja2.DictLoader({"edugen.html.j2": TEMPLATE})],
    )
    exporter.environment.globals["font"] = font
    exporter.log.setLevel(logging.CRITICAL)
    notebook.metadata["title"] = title
    page, _ = exporter.from_notebook_node(notebook)
    if found := loads(page):
        raise ValueError(f"{path.name} would load {found[0]}, and a page has to open without a network. In the notebook, draw "
                         "the picture, or attach it to its cell")
    write_atomically(path, page)
    return exporter.complaints


class _Loads(HTMLParser):
    """What a browser fetches by itself: not the addresses of links, which wait for a click."""

    FETCHED = frozenset({"src", "srcset", "poster", "data", "background", "xlink:href", "action", "formaction"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.in_style = tag == "style"
        for name, value in attrs:
            value = value or ""
            if name in self.FETCHED or (name == "href" and tag not in ("a", "area", "math")):
                self._look(value)
            elif name == "style":
                self._style(value)
            elif name == "srcdoc":
                self.found += loads(value)

    def handle_data(self, data: str) -> None:
        if self.in_style:
            self._style(data)

    def _style(self, css: str) -> None:
        for address in re.findall(r"url\(\s*['\"]?([^'\")]*)|@import\s+['\"]([^'\"]*)", css):
            self._look(address[0] or address[1])

    def _look(self, address: str) -> None:
        if address and not address.startswith(("data:", "#")):
            self.found.append(address)


def loads(page: str) -> list[str]:
    """The addresses that a browser would fetch to show a page, without those inside it.

    Examples
    --------
    >>> loads('<img src="https://example.org/a.png"><img src="data:,"><a href="https://example.org">click</a>')
    ['https://example.org/a.png']
    """
    parser = _Loads()
    parser.feed(page)
    return parser.found
