"""No word and no call before it is explained: the course read from its door to its end.

Two lists say which lesson introduces what: the glossary has the words, CALLS the functions. A word or a call that turns
up in an earlier lesson fails, and so does one that its own lesson uses before it says what it is.
"""

import ast
import builtins
import functools
import re

import pytest
from lessons import LESSONS, read, source
from test_notebooks import GLOSSARY, PREAMBLE, without_code

# What lesson 01 presupposes: Python's own functions, and those of NumPy whose name says what they compute.
NUMPY = """
    np.array np.zeros np.ones np.full np.arange np.linspace np.zeros_like np.full_like np.append np.repeat
    np.sum np.mean np.median np.sqrt np.exp np.log np.log10 np.cos np.sin np.round np.minimum np.maximum np.floor
    .sum .mean .min .max .round .astype .tolist .reshape .repeat .ravel .all .clip
"""
PLAIN = {*dir(builtins), *(f".{name}" for kind in (str, list, dict) for name in dir(kind)), *NUMPY.split()}
CALLS = {  # that each lesson introduces: it says in prose or in a comment what they do
    number: names.split()
    for number, names in {
        "01": """
            check dl.as_psf dl.disk dl.gaussian dl.motion dl.sample_image dl.simulate figures.show_images
            live.Choice live.Frame live.Panel live.Slider live.lab ndimage.convolve ndimage.correlate np.pad
            np.roll signal.fftconvolve
        """,
        "02": """
            figures.show_curves figures.show_spectrum live.Curves live.LogSlider np.angle np.arctan2
            np.argwhere np.fft.fft np.fft.fft2 np.fft.fftshift np.fft.ifft np.fft.ifft2 np.fft.rfft2
            np.hypot np.sign np.sort np.std np.tile np.where
        """,
        "03": """
            .picture .uniform dl.Blur dl.oracle dl.psf_to_otf dl.quantize dl.rms dl.tikhonov
            ndimage.fourier_gaussian ndimage.gaussian_filter np.add.outer np.argmax np.argmin np.bincount
            np.divide np.eye np.fft.irfft2 np.linalg.svd np.outer np.random.default_rng np.stack
            signal.freqz uft.ir2tf
        """,
        "04": "dl.apply_gain dl.inverse_filter dl.inverse_gain live.Toggle np.fft.rfftfreq np.gcd np.rint",
        "05": """
            .argmax .conj .normal .standard_normal dl.add_poisson dl.radial_mean dl.shake np.allclose
            np.cumsum np.fft.fftfreq np.linalg.pinv np.reshape
        """,
        "06": """
            .argmin .var dl.Gradient dl.gradient_power dl.psnr dl.tikhonov_gain dl.truncated_gain dl.wiener
            dl.wiener_gain np.geomspace np.interp np.polyfit restoration.wiener
        """,
        "07": """
            .crop dl.conjugate_gradient dl.edge_taper dl.run np.flatnonzero np.prod np.ptp program
            restoration.richardson_lucy
        """,
        "08": """
            .std dl.discrepancy dl.gcv dl.l_curve dl.sure np.diag np.isfinite np.ix_ np.linalg.solve
            restoration.unsupervised_wiener
        """,
        "09": """
            .gradient color.rgb2gray data.astronaut dl.add_gaussian dl.gradient_descent dl.least_squares
            dl.minimize_root dl.root_least_squares np.diff time.sleep transform.rescale
        """,
        "10": ".any LinearOperator cg dl.nesterov np.argsort np.linalg.norm np.ones_like time.perf_counter",
        "11": """
            .binomial .choice .poisson .random dl.relative_error dl.richardson_lucy islice maximum_filter
            signal.convolve
        """,
        "12": """
            .laplace dl.Iterate dl.delta dl.plug_and_play dl.total_variation np.clip np.corrcoef
            np.histogram np.quantile restoration.denoise_tv_bregman restoration.denoise_tv_chambolle
        """,
        "13": """
            dl.blind_richardson_lucy dl.doubts dl.estimate_psf dl.motion_from_cepstrum dl.psf_from_edge
            ndimage.shift
        """,
        "14": """
            .full_size .grey .part dl.Pyramid dl.by_channel dl.coarse_psf dl.linear_to_srgb dl.read_photo
            dl.saturated dl.srgb_to_linear live.Region live.Upload lru_cache np.dstack
            tracemalloc.get_traced_memory tracemalloc.start tracemalloc.stop
        """,
        "15": """
            .barh .cleanup .compute .getvalue .savefig .set .subplots .to_zarr Figure LocalCluster Profiler
            apply_parallel da.from_array da.from_zarr da.tile dask.config.set figures.Picture influence io.BytesIO
            map_tiles partial reach solver stop tempfile.TemporaryDirectory work
        """,
    }.items()
}
FORMS = {  # how a word stands in a sentence, where it has another meaning in plain English, or parts
    "halves": r"(?<=\*)halves",
    "lazy": r"(?<=\*\*)lazy(?=\*\*)",
    "reach": r"(?<=\*\*)reach(?=\*\*)",
    "step": r"(?<=\*\*)step(?=\*\*)",
    "white noise": r"(?:(?<=\*)white|white\snoise)",
}
DOOR = "00"  # its code need not be read, and its words are plain or explained on the spot


@functools.cache
def course():
    """Number and cells of each lesson."""
    return {path.name[:2]: [(c["cell_type"], source(c)) for c in read(path)["cells"]] for path in LESSONS}


def glossary():
    """Each word and the number of the lesson that explains it."""
    text = "\n".join(map(source, read(GLOSSARY)["cells"]))
    return re.findall(r"^\| (.+?) \| .+? \| \[(\d\d)\]", text, re.MULTILINE)


def prose(text):
    """What is read as a sentence: no code, no formulas, no titles of lessons, no addresses, no pictures."""
    text = re.sub(r"\[[^]]*\]\([^)]*\.ipynb\)|\]\([^)]*\)|!\[[^]]*\]", "]", without_code(text))
    return re.sub(r"`[^`]*`|\$\$?[^$]*\$\$?", " ", text)


def calls(code):
    """Names of the functions that a cell calls and has not defined; a method of anything is `.method`."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = ast.unparse(node.func)
            plain = re.fullmatch(r"[\w.]+", name) and name.split(".")[0] in modules()
            yield node.lineno, name if plain or "." not in name else "." + node.func.attr


@functools.cache
def modules():
    """What the course imports."""
    found = set()
    for cells in course().values():
        for kind, text in cells:
            if kind == "code":
                for node in ast.walk(ast.parse(text)):
                    if isinstance(node, ast.Import | ast.ImportFrom):
                        found |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
    return found


def own(cells):
    """The functions that a lesson writes itself, its labs and what they are bound to."""
    trees = [node for kind, text in cells if kind == "code" for node in ast.walk(ast.parse(text))]
    defined = {node.name for node in trees if isinstance(node, ast.FunctionDef)}
    return defined | {node.id for node in trees if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


@functools.cache
def first_uses():
    """Lesson, cell and line of the first use of each call outside the door, and whether it is explained there."""
    seen = {}
    for number, cells in course().items():
        if number == DOOR:
            continue
        theirs = own(cells)
        for index, (kind, text) in enumerate(cells):
            if kind != "code" or text.strip() == PREAMBLE:
                continue
            for line, name in calls(text):
                if name not in seen and name not in PLAIN and name.split(".")[0] not in theirs:
                    seen[name] = number, index, told(cells, index, line, name)
    return seen


def told(cells, index, line, name):
    """Whether prose up to the next piece of it names the call, or a comment in its cell does, or one on its line."""
    following = next((k for k in range(index + 1, len(cells)) if cells[k][0] == "markdown"), index)
    text = "\n".join(t for kind, t in cells[: following + 1] if kind == "markdown")
    comments = [
        re.sub(r".*?(#|$)", "", re.sub(r"# (fmt|noqa).*", "", t), count=1) for t in cells[index][1].splitlines()
    ]
    short = re.escape(name.split(".")[-1])
    named = re.search(rf"`[^`\n]*\b{short}\b[^`\n]*`", text) or re.search(rf"\b{short}\b", "\n".join(comments))
    return bool(named or comments[line - 1])


def body(cells):
    """Index and sentences of where a lesson explains things: not its title, promises, headings and further reading."""
    for index, (kind, text) in enumerate(cells):
        apart = text.startswith("## What you will learn") or "### Further reading" in text
        if kind == "markdown" and index > 0 and not apart:
            yield index, re.sub(r"^#.*$", "", prose(text), flags=re.MULTILINE)


def pattern(word):
    word = re.sub(r" \(.*\)", "", word)
    sign = re.escape(word).replace(r"\ ", r"\s").replace("'s", "(?:'s)?")
    return re.compile(rf"(?<!\w){FORMS.get(word, sign)}(?:s|es|'s)?(?!\w)", re.IGNORECASE if word.islower() else 0)


def first_meeting(word):
    """Lesson in whose prose a word comes first, and whether it is set off there, as a word that is explained."""
    form = pattern(word)
    for number, cells in course().items():
        for _, text in body(cells):
            if number != DOOR and form.search(text):
                return number, any(form.search(part) for part in re.findall(r"\*+[^*]+\*+", text))
    return None, False


def test_no_call_comes_before_its_lesson():
    """Catches: a function in lesson 02 that 05 explains; one that is new, and that nobody thought of explaining."""
    introduced = {}
    for name, (number, _, _) in first_uses().items():
        introduced.setdefault(number, []).append(name)
    assert {number: sorted(names) for number, names in introduced.items()} == {n: sorted(c) for n, c in CALLS.items()}


@pytest.mark.parametrize("number", sorted(course())[1:])
def test_each_call_is_explained_where_it_comes_first(number):
    """Catches: a line of code that a reader can only skip."""
    untold = [
        f"cell {index + 1}: {name}" for name, (n, index, said) in first_uses().items() if n == number and not said
    ]
    assert not untold


@pytest.mark.parametrize(("word", "number"), [row for row in glossary() if row[1] != DOOR])
def test_no_word_comes_before_it_is_explained(word, number):
    """Catches: a word of the glossary in an earlier lesson, or one that is used before it stands in bold or italics."""
    assert first_meeting(word) == (number, True)
