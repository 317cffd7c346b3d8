"""How Sphinx makes the pages. Execution is off: what was stored is what is shown."""

import re

import forge
import pages

from deconvlab import __version__

project, author, release = "deconvlab", "deconvlab contributors", __version__
copyright = author
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath"]
myst_html_meta = {"description": "Learn image deblurring by moving sliders."}  # a lesson has its question instead
mathjax_path = "mathjax/tex-svg.js"

default_role = "py:obj"  # of what stands between single backticks
add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say them in words, with shapes and ranges
napoleon_use_ivar = True
toc_object_entries_show_parents = "hide"

html_theme = "pydata_sphinx_theme"
html_title = "deconvlab"
html_static_path = ["static", "../build/mathjax", "../deconvlab/page", "life.py"]
html_favicon = "static/icon.svg"
html_css_files = ["live.css", "site.css", "life.css"]
html_js_files = [("life.js", {"type": "module"})]  # it imports labs.js, which a second address would run twice
html_copy_source = False
html_use_index = html_domain_indices = False
html_context = {
    "default_mode": "auto",  # of light and dark: what the reader's system says
    "runs": pages.running(),
    "elsewhere": forge.links(),
}
templates_path = ["templates"]
html_sidebars = {"**": ["contents.html"]}
html_theme_options = {
    "navbar_center": [],
    "navbar_end": ["theme-switcher"],
    "article_header_end": ["run.html"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "search_bar_text": "Search the lessons",
}


def setup(app):
    app.connect("autodoc-process-docstring", as_it_reads, priority=600)  # after napoleon


def as_it_reads(app, what, name, obj, options, lines):
    """Let a docstring look as in the terminal: |x| is a size and no substitution, and references are a list.

    Numpydoc's ``.. [1]`` would be a target, and all docstrings stand on one page.
    """
    for k, line in enumerate(lines):
        line = re.sub(r"``.+?``|`.+?`|\|", lambda part: r"\|" if part[0] == "|" else part[0], line)
        lines[k] = re.sub(r"\.\. \[(\d+)\] ", r"\1. \\", line).replace("]_", "]")
