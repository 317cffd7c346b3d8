"""What `python lab.py` tells Jupyter's server: a saved lesson holds the still pictures of its labs only.

A live view dies with its kernel. Saved, it would hide the still picture behind "Error displaying widget".
"""

VIEW = "application/vnd.jupyter.widget-view+json"


def without_dead_views(model, **_):
    """Take the live view out of each output that has a still picture too; the open page keeps its own."""
    cells = model["content"]["cells"] if model["type"] == "notebook" else ()
    for cell in cells:
        for output in cell.get("outputs", ()):
            if "text/html" in output.get("data", {}):
                output["data"].pop(VIEW, None)


c = get_config()  # noqa: F821, Jupyter hands it to this file
c.ContentsManager.pre_save_hook = without_dead_views
