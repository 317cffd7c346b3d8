"""How Sphinx makes the pages. Execution is off: what was stored is what is shown."""

from deconvlab import __version__

project, author, release = "deconvlab", "deconvlab contributors", __version__
copyright = author
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath"]
mathjax_path = "mathjax/tex-svg.js"
default_role = "py:obj"  # what docstrings put between single backticks

html_theme = "pydata_sphinx_theme"
html_title = "deconvlab"
html_static_path = ["static", "../build/mathjax", "../deconvlab/live.js", "../deconvlab/live.css"]
html_css_files = ["live.css", "site.css"]
html_js_files = [("labs.js", {"type": "module"})]
html_copy_source = False
templates_path = ["templates"]
html_sidebars = {"**": ["contents.html"]}
html_theme_options = {
    "navbar_center": [],
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
