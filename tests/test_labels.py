"""One label, one meaning: the name of every control and of every curve in the whole course.

A lesson that brings a new name adds it here, and finds out whether the course uses it for something else already.
"""

import ast
import itertools
import re

from lessons import LESSONS, read, source

from deconvlab import live

CONTROLS = {  # label: unit, and what moves with it
    "8 bits": ("", "whether the data are rounded to 256 levels"),
    "PSF": ("", "which PSF blurs a few points"),
    "found by": ("", "how the PSF is found"),
    "lamps": ("", "light of the lamps"),
    "leave full pixels out": ("", "whether saturated pixels have no say"),
    "luminance only": ("", "whether the colours stay as blurred as they were"),
    "region": ("", "which part of a photograph is restored"),
    "your photograph": ("", "what is restored"),
    "PSF size": ("px", "rows and columns of the PSF to be found"),
    "PSF radius": ("px", "radius of a disk"),
    "PSF spread": ("px", "standard deviation of a Gaussian PSF"),
    "background": ("", "light in the data that is not the scene's"),
    "background assumed": ("", "the same, as the method believes"),
    "angle": ("degrees", "direction of a motion"),
    "blur": ("", "what blurs the photograph"),
    "boundary assumed": ("", "what a method believes of the outside"),
    "boundary of the data": ("", "what the outside was when the data were made"),
    "columns": ("px", "width of the frame"),
    "crests": ("", "how many crests a wave has in the frame"),
    "crests across": ("", "the same, from left to right"),
    "crests down": ("", "the same, from top to bottom"),
    "epsilon": ("", "small number added before a division"),
    "divide by H.T 1": ("", "whether Richardson-Lucy knows what the frame cut off"),
    "how y is made": ("", "by which model the data are simulated"),
    "inputs": ("", "how many singular vectors are added up"),
    "kind": ("", "Gaussian, disk or line"),
    "length": ("px", "length of a motion"),
    "method": ("", "which way of deblurring"),
    "noise sigma": ("", "standard deviation of the noise"),
    "penalty": ("", "what a method makes dear"),
    "photograph": ("", "the sharp photograph"),
    "photons": ("", "how many are expected in a white pixel"),
    "prior": ("", "what a method believes about pictures"),
    "random shift": ("turns", "how far each wave of a photograph is moved, at most"),
    "pixel": ("", "at which pixel of a row pointers are drawn"),
    "regularization weight": ("", "the price of what is dear"),
    "scene": ("", "the photograph or the drawing behind the data"),
    "shift": ("turns", "where the crests of a wave lie"),
    "sign": ("", "of the step in the sum: convolution or correlation"),
    "start": ("", "where an iteration begins"),
    "step": ("", "how far an iteration walks at a time"),
    "strength of the second": ("", "of two waves"),
    "the seam": ("", "what is done about opposite sides that do not meet"),
    "trouble": ("", "which belief of the rules is wrong"),
    "overlap": ("px", "what a tile sees of its neighbours"),
    "tile size": ("px", "rows and columns of a tile"),
    "weight for each tile": ("", "whether each tile picks its own weight"),
    "waves": ("", "how many of a picture's waves are added up"),
    "way": ("", "how epsilon enters the gain"),
}
CURVES = {
    "-epsilon": "a level line at minus epsilon",
    "GCV": "pick of generalized cross-validation",
    "Gaussian": "|OTF| of a Gaussian",
    "Gaussian slopes": "histogram in which the gradient penalty believes",
    "L-curve": "pick of the corner of the L-curve",
    "OTF": "of the PSF",
    "P conjugate": "way left to go of preconditioned conjugate gradients",
    "P descent": "way left to go of preconditioned descent",
    "PSNR": "nearness to the true picture",
    "SURE": "pick of Stein's unbiased risk estimate",
    "Tikhonov": "gain of Tikhonov's filter",
    "Wiener": "gain of Wiener's filter",
    "added": "gain of the inverse with epsilon added",
    "after": "a row after the blur",
    "any frequency": "|OTF| between the waves of a frame, too",
    "astronaut": "slopes of the astronaut",
    "before": "the same row before the blur",
    "bias²": "mean squared error without noise",
    "bias² + noise²": "mean squared error",
    "blurred": "spectrum of the blurred photograph",
    "blurred: times 0.01": "a wave after a blur",
    "camera": "slopes of the cameraman",
    "coffee": "slopes of the cup",
    "coins": "slopes of the coins",
    "conjugate gradients": "way left to go of conjugate gradients",
    "corrected": "pick of the corrected discrepancy principle",
    "counted": "how often a count was drawn",
    "cut at 4 spreads": "OTF of a Gaussian that ends there",
    "cut at 5 spreads": "OTF of a Gaussian that ends there, a little later",
    "data": "spectrum of the blurred and noisy picture",
    "descent": "way left to go of descent",
    "discrepancy": "pick of the discrepancy principle",
    "disk": "|OTF| of a disk",
    "error added, divided": "a wave that was blurred, disturbed and divided",
    "error of Hx": "predictive risk",
    "error of x": "error of the restored picture",
    "exponential": "a histogram with heavier tails than a Gaussian",
    "first": "one wave of two",
    "gain": "of a division",
    "gain of the blur": "the OTF as a factor",
    "gain of the division": "the factor that undoes it",
    "gradient": "power spectrum in which the gradient penalty believes",
    "identity": "power spectrum in which the identity penalty believes",
    "influence": "what of a pixel changes with all that is farther away",
    "rms difference": "usual size of the difference between tiles and one whole solve",
    "left of the way": "way left to go, of one descent",
    "line": "|OTF| of a line",
    "mean / photons": "the variance that counted light has",
    "measured": "variance in a patch",
    "measured on the star": "contrast of blurred stripes",
    "momentum": "way left to go of momentum",
    "noise floor": "spectrum of the noise",
    "noise of the circuits": "spectrum of the part of the noise that light has no share in",
    "noise²": "mean squared error that the noise makes",
    "noisy": "a row with noise",
    "objective": "what a method makes small",
    "observed": "a row of the blurred and noisy picture",
    "photograph": "the sharp photograph",
    "ramp": "a row that climbs steadily",
    "restored": "a row of the restored picture",
    "result": "spectrum of the restored picture",
    "rms error": "usual size of the error",
    "rocket": "slopes of the rocket",
    "roots": "PSNR under a sum of roots",
    "s": "singular values",
    "second": "the other wave of two",
    "share": "how much light of a PSF goes into each column",
    "share x stripes": "the same times the stripes that it covers",
    "sharp": "a wave before it is blurred",
    "slopes": "histogram of a picture's slopes",
    "squares": "PSNR under a sum of squares",
    "stripes / 10": "stripes behind a PSF",
    "sum": "of two waves",
    "the cat": "power spectrum of the cat",
    "this photograph": "power spectrum of the photograph at hand",
    "threshold": "gain of the truncated inverse",
    "total variation": "what total variation makes of the data",
    "waves of this frame": "|OTF| at the waves of a frame",
    "weights from 0.001 to 1": "the L-curve",
    "zero": "a level line at zero",
    "|u·y|": "share of the data in a singular vector",
    "|u·y| / s": "the same, divided by the singular value",
}


def unknown_labels(labs, drawn):
    """Names that the lists above lack or know otherwise: of the controls of labs, of lines, and of their axes."""
    controls = {(c.label or name, getattr(c, "unit", "")) for lab in labs for name, c in lab.controls.items()}
    other = set(CONTROLS) - set(CURVES) - {"pixel"}  # it moves along that axis
    return [
        *(f"{label!r} with the unit {unit!r}: not in CONTROLS" for label, unit in controls if unit_of(label) != unit),
        *(f"the line {line!r}: not in CURVES" for line in {line for line, _ in drawn} - set(CURVES)),
        *(f"the axis {axis!r}: named as a control" for axis in {axis for _, axis in drawn} & other),
    ]


def unit_of(label):
    return CONTROLS.get(label, (None,))[0]


def words():
    """What could be a label in the code of the course: texts, those with a value in them, and names of arguments."""
    code = [source(cell) for path in LESSONS for cell in read(path)["cells"] if cell["cell_type"] == "code"]
    for node in itertools.chain.from_iterable(map(ast.walk, map(ast.parse, code))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.escape(node.value)
        elif isinstance(node, ast.JoinedStr):
            parts = [re.escape(part.value) if isinstance(part, ast.Constant) else ".+" for part in node.values]
            if re.search("[a-z]{3}", "".join(parts)):  # else it could be any label
                yield "".join(parts)
        elif isinstance(node, ast.arg | ast.keyword):
            yield re.escape(node.arg or "")


def test_labels_that_nobody_has_explained_are_found():
    """Catches: a control, a line or an axis that is let through, and another unit than elsewhere."""

    @live.lab(angle=live.Slider(0, 0, 9, unit="px"), haste=live.Toggle(False), epsilon=live.Slider(0, 0, 1))
    def lab(angle, haste, epsilon):
        raise NotImplementedError

    assert sorted(unknown_labels([lab], [("data", "column"), ("a ghost", "crests")])) == [
        "'angle' with the unit 'px': not in CONTROLS",
        "'haste' with the unit '': not in CONTROLS",
        "the axis 'crests': named as a control",
        "the line 'a ghost': not in CURVES",
    ]


def test_every_meaning_has_one_label():
    """Catches: a meaning that goes by two names, a name with two meanings, or one that no lesson uses any more."""
    used = set(words())
    assert not [label for label in CONTROLS | CURVES if not any(re.fullmatch(word, label) for word in used)]
    meanings = [meaning for _, meaning in CONTROLS.values()]
    assert len(set(meanings)) == len(CONTROLS) and len(set(CURVES.values())) == len(CURVES)
    assert not {label for label in set(CONTROLS) & set(CURVES) if CONTROLS[label][1] != CURVES[label]}
