"""The page's half of a lab: its modules, and the one text that a widget sends."""

import re

import pytest

from deconvlab import _page

MODULES = sorted(_page.FOLDER.glob("*.js"))


def test_a_widget_sends_every_module_once_and_nothing_that_joins_them():
    """Catches: a part that nobody imports; an import in words that `script` does not know, which no widget resolves."""
    text = _page.script()
    for path in MODULES:
        assert text.count(path.read_text(encoding="utf-8").splitlines()[0]) == 1, path.name
    assert re.findall(r"^ *(?:import|export)\b.*", text, re.MULTILINE) == ["export default { render };"]


def test_a_module_comes_after_those_that_it_imports(tmp_path):
    """Catches: a constant that is read before its module has run; a module that two others import, sent twice."""
    (tmp_path / "a.js").write_text("export const A = 1;\n")
    (tmp_path / "b.js").write_text('import { A } from "./a.js";\n\nexport const B = A + 1;\n')
    (tmp_path / "c.js").write_text(
        'import { A } from "./a.js";\nimport { B } from "./b.js";\n\nexport default { C: A + B };\n'
    )
    lines = filter(None, _page.script(tmp_path / "c.js").splitlines())
    assert list(lines) == ["const A = 1;", "const B = A + 1;", "export default { C: A + B };"]


@pytest.mark.parametrize("again", ["const twice = 2;", "export function twice() {}", "async function twice() {}"])
def test_a_name_that_two_modules_define_is_refused(tmp_path, again):
    """Catches: modules that work alone and on a site, and are one syntax error in JupyterLab."""
    (tmp_path / "a.js").write_text("let twice = 1;\nexport const A = 1;\n")
    (tmp_path / "b.js").write_text(f'import {{ A }} from "./a.js";\n\n{again}\nexport default A;\n')
    with pytest.raises(ValueError, match="b.js: got two of twice, expected another name"):
        _page.script(tmp_path / "b.js")
