"""The page's half of a lab as one text: a widget sends one, and no module in it can import another by its address."""

import re
from collections import Counter
from pathlib import Path

FOLDER = Path(__file__).with_name("page")
IMPORT = re.compile(r'^import \{ [\w, ]+ \} from "\./(\w+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)
NAME = re.compile(r"^(?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)


def script(path=FOLDER / "live.js"):
    """A JavaScript module and all that it imports, as one module.

    Parameters
    ----------
    path : Path
        Where it lies, beside the others. Each import is a line ``import { a, b } from "./other.js";``.

    Returns
    -------
    text : str
        Every module once, after those that it imports, without the lines and words that joined them.

    Raises
    ------
    ValueError
        If two modules define the same name at their top level: here they would be one.
    """
    text = "\n".join(_parts(path, set()))
    twice = [name for name, times in Counter(NAME.findall(text)).items() if times > 1]
    if twice:
        raise ValueError(f"{path.name}: got two of {', '.join(twice)}, expected another name in one of the modules")
    return text


def _parts(path, seen):
    if path not in seen:
        seen.add(path)
        text = path.read_text(encoding="utf-8")
        for name in IMPORT.findall(text):
            yield from _parts(path.with_name(name), seen)
        yield EXPORT.sub("", IMPORT.sub("", text))
