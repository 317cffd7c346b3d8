"""Lesson 10, iterate faster."""

import contextlib
import functools

import numpy as np

from .. import criteria, iterative, operators, problem
from .. import psf as psfs
from . import compare
from ._answer import Function, Mistake
from ._tasks import Tasks, random_psf

tasks = Tasks()
WEIGHT, MARGIN = 0.01, 0.6


@tasks.task(
    "10-best-step-by-hand",
    "Up to which step is the slow wave the worse one, and from where on the fast one? Look where the lines cross.",
    "Where they cross, step - 1 = 1 - 0.25 step.",
)
def best_step_by_hand(answer):
    compare.number(
        answer,
        1.6,
        within=0.005,
        wrong={
            "There the fast wave arrives at once, and the slow one keeps 0.75: can it have less?": 1,
            "There the fast wave only changes its sign, and never shrinks.": 2,
            "There the slow wave arrives at once, and the fast one triples in each step.": 4,
            "That is the limit of the slow wave; the fast one has long broken out.": 8,
            "That is what the best step leaves of both: which step is it?": 0.6,
            "That is the mean of the two λ.": 0.625,
            "That is the mean of two steps, each good for one wave: the fast wave breaks out above 2.": 2.5,
            "That is the sum of the two λ: a step is an inverse of λ.": 1.25,
            "That is one divided by the sum of the λ: there the slow wave still decides.": 0.8,
            "Halfway from 1 to 2; draw more exactly where the two lines cross.": 1.5,
        },
    )
    return "Both are left with 0.6 in each step. Neither the longest step nor that of 1 / L is best."


def objective(rng, shape, weight):
    H = operators.Blur(random_psf(rng, (3, 5)), shape)
    y = rng.random(shape)
    return H, y, iterative.least_squares(H, y, weight)


def gradients(f, x, p):
    """g at x, and A p."""
    g = f.gradient(x)
    return g, f.gradient(x + p) - g


@tasks.task(
    "10-bottom-of-the-parabola",
    "g at x + p is A(x + p) - b: what remains if you take off g at x? Then where is the derivative 0?",
    "Ap = f.gradient(x + p) - f.gradient(x), and s = -np.sum(g * p) / np.sum(p * Ap).",
)
def bottom_of_the_parabola(answer):
    bottom, rng = Function(answer, "f", "x", "p"), np.random.default_rng()
    for shape in ((12, 16), (13, 15), (9, 16)):
        _, _, f = objective(rng, shape, 0.1)
        x, p = rng.random(shape), rng.standard_normal(shape) + 0.3
        g, Ap = gradients(f, x, p)
        gp, pAp, there = np.sum(g * p), np.sum(p * Ap), f.gradient(p)
        compare.number(
            bottom(f, x, p),
            -gp / pAp,
            wrong={
                "The sign is the wrong way round: at this s the derivative is twice what it was.": gp / pAp,
                "The gradient at p is A p - b, not A p: how does b drop out?": -gp / np.sum(p * there),
                "The gradient at x + p is A p and the gradient at x: take that off.":
                    -gp / np.sum(p * (g + Ap)),
                "A is missing below: that is how far p and -g point the same way.": -gp / np.sum(p * p),
                "g times g stands above: that is right only if p is -g.": np.sum(g * g) / pAp,
                "You solved for another power: the root was taken of the lower sum.": -gp / pAp**0.5,
                "The derivative of s² p·Ap / 2 is s p·Ap: a factor 2 is too many below.": -gp / pAp / 2,
                "The upper sum lacks p.": -g.sum() / pAp,
            },
        )  # fmt: skip
    return "Two gradients are enough: along a line f is a parabola."


def rolled(f, x, step, share, k, heavy=False, forget=False):
    """x and z after k iterations; `heavy` takes the gradient at x, `forget` mistakes z for the last x."""
    z = x
    for _ in range(k):
        before, at = (z if forget else x), (x if heavy else z)
        x = z - step * f.gradient(at)
        z = x + share * (x - before)
    return x, z


@tasks.task(
    "10-momentum",
    "x and z. The new x is made from z, and the old x is needed once more, for the new z.",
    "In the loop: before, x = x, z - step * f.gradient(z), and then z = x + share * (x - before).",
)
def momentum(answer):
    walk, rng = Function(answer, "f", "x", "step", "share", "k"), np.random.default_rng()
    for shape, k in (((12, 16), 6), ((13, 15), 9), ((9, 16), 4)):
        _, _, f = objective(rng, shape, 0.1)
        x, step, share = rng.random(shape), rng.uniform(0.3, 0.5), rng.uniform(0.4, 0.7)
        rest = (f, x, step, share)
        compare.array(
            walk(*rest, k),
            rolled(*rest, k)[0],
            wrong={
                "That is z: x is asked for.": rolled(*rest, k)[1],
                "That is plain descent: nothing rolls.": rolled(f, x, step, 0, k)[0],
                "The gradient is taken at x; it belongs to z.": rolled(*rest, k, heavy=True)[0],
                "x rolls on by a share of its way from z, not from the x before.": rolled(*rest, k, forget=True)[0],
                "It rolls back instead of on: x - x_before, not x_before - x.": rolled(f, x, step, -share, k)[0],
                "That is one iteration too many.": rolled(*rest, k + 1)[0],
                "That is one iteration too few.": rolled(*rest, k - 1)[0],
                "The step leads uphill: minus the gradient.": rolled(f, x, -step, share, k)[0],
            },
        )
    return "In each iteration it needs one gradient, as plain descent does."


def directed(f, x, k, share):
    """Walk k steps, the share of the last direction being a function of the squares now and before."""
    g = f.gradient(x)
    p = -g
    for _ in range(k):
        Ap = f.gradient(x + p) - f.gradient(x)
        s = -np.sum(g * p) / np.sum(p * Ap)
        x = x + s * p
        before, g = g, g + s * Ap
        p = -g + share(np.sum(g**2), np.sum(before**2)) * p
    return x


@tasks.task(
    "10-mend-the-directions",
    "q·A(-g + share·q) = 0 says what the share is. Which line of the program makes the new direction?",
    "The share is the square of the gradient now over the square before: np.sum(g**2) / np.sum(before**2).",
)
def mend_the_directions(answer):
    walk, rng = Function(answer, "f", "x", "k"), np.random.default_rng()
    for shape, k in (((12, 16), 4), ((13, 15), 7), ((9, 16), 5)):
        _, _, f = objective(rng, shape, 0.03)
        x = rng.random(shape)
        right = directed(f, x, k, lambda now, before: now / before)
        compare.array(
            walk(f, x, k),
            right,
            wrong={
                "The share is still before over now: with it q·Ap is not 0.":
                    directed(f, x, k, lambda now, before: before / now),
                "Nothing of the last direction is left: that is descent with the best step, and it zigzags.":
                    directed(f, x, k, lambda now, before: 0),
                "The whole last direction is added: how much of it makes q·Ap = 0?":
                    directed(f, x, k, lambda now, before: 1),
                "The last direction is taken off instead of added.":
                    directed(f, x, k, lambda now, before: -now / before),
                "The share is of lengths here; it is of their squares.":
                    directed(f, x, k, lambda now, before: (now / before) ** 0.5),
                "That is one step too many.": directed(f, x, k + 1, lambda now, before: now / before),
                "That is one step too few.": directed(f, x, k - 1, lambda now, before: now / before),
            },
        )  # fmt: skip
    return "No direction spoils the last one, nor any earlier one."


@contextlib.contextmanager
def counted():
    """Count the products with any Blur and its transpose: each filters once."""
    filtered, products = operators.Blur._filter, []

    def counting(*arguments):
        products.append(1)
        return filtered(*arguments)

    operators.Blur._filter = counting
    try:
        yield products
    finally:
        operators.Blur._filter = filtered


@functools.cache
def races():
    """What the learner has not seen: name, H, y, the minimum, and the products of plain conjugate gradients."""
    made = []
    for name, psf in (
        ("coins", psfs.disk(3)), ("clock", psfs.motion(9, angle=30)), ("chelsea", psfs.shake(11, rng=3)),
        ("brick", psfs.disk(5)), ("text", psfs.gaussian(1.5)), ("rocket", psfs.shake(9, rng=5)),
    ):  # fmt: skip
        scene = problem.sample_image(name, size=(96, 112))
        y = problem.simulate(scene, psf, sigma=0.01, boundary="unknown", rng=0).y
        H = operators.Blur(psf, y.shape, "unknown")
        reach = [(r, r) for r in (k // 2 for k in psf.shape)]
        near = iterative.conjugate_gradient(H, y, weight=WEIGHT, x0=np.pad(y, reach, mode="edge"), precondition=True)
        minimum = iterative.run(near, 60, progress=False).x
        plain = iterative.conjugate_gradient(H, y, weight=WEIGHT)
        steps = next(it.k for it in plain if to_go(H, it.x, minimum) < 1)
        made.append((name, H, y, minimum, 2 * steps + 1))
    return made


def to_go(H, x, minimum):
    """Grey levels of 255 from the minimum, inside the frame."""
    return 255 * criteria.rms(H.crop(x - minimum))


@tasks.task(
    "10-fewest-products",
    "Black is far away from any photograph, inside the frame and outside of it. np.pad(y, ..., mode='edge') repeats "
    "the outermost pixels. Then count: how many steps are enough on the photographs that you try?",
    "Start from dl.tikhonov(dl.edge_taper(wide, H.psf), H.psf, 0.01) with y padded to H.shape_in as `wide`; then 13 "
    "steps of dl.conjugate_gradient(H, y, weight=0.01, x0=start, precondition=True).",
)
def fewest_products(answer):
    deblur, used, far = Function(answer, "H", "y"), [], {}
    for name, H, y, minimum, _ in races():
        with counted() as products:
            x = deblur(H, y)
        used.append(len(products))
        x = np.asarray(x)
        if x.shape == y.shape != H.shape_in:
            raise Mistake(
                f"It has the shape of y, {y.shape}: return the whole scene, {H.shape_in}; H.crop comes later."
            )
        if x.shape != H.shape_in or x.dtype.kind != "f" or not np.isfinite(x).all():
            raise Mistake(f"Expected finite numbers of shape {H.shape_in}, got shape {x.shape}, type {x.dtype}.")
        far[name] = to_go(H, x, minimum)
    mean, plain = np.mean(used), np.mean([race[-1] for race in races()])
    worst = max(far, key=far.get)
    if far[worst] >= 1:
        why = "Without a product nobody looks at what the frame did. " if not mean else ""
        raise Mistake(
            f"{why}{sum(value < 1 for value in far.values())} of {len(far)} pictures are within one grey level; the "
            f"worst, {worst}, has {far[worst]:.1f} to go, after {mean:.0f} products on average."
        )
    if mean > MARGIN * plain:
        raise Mistake(
            f"All pictures are near enough, after {mean:.1f} products on average: the figure to beat is "
            f"{MARGIN * plain:.1f}. Begin nearer, make the waves equal, or stop sooner."
        )
    return (
        f"{mean:.1f} products on average. Plain conjugate gradients from black need {plain:.1f}, and "
        f"{MARGIN * plain:.1f} was the figure to beat."
    )
