"""Right answers in two writings, and wrong ones with words of the verdict that they deserve."""

import numpy as np

import deconvlab as dl


def quotient(above, below):
    """A place along the line that comes out of g, p, A p, f and x in another way."""

    def bottom(f, x, p):
        g = f.gradient(x)
        Ap = f.gradient(x + p) - g
        return above(g, p) / below(f, x, g, p, Ap)

    return bottom


def three_values(f, x, p):
    back, here, on = f(x - p), f(x), f(x + p)
    return (back - on) / (back - 2 * here + on) / 2


def steep(g, p):
    return -np.sum(g * p)


def momentum(f, x, step, share, k, where=lambda x, z: z, returns=lambda x, z: x):
    z = x
    for _ in range(k):
        before, x = x, z - step * f.gradient(where(x, z))
        z = x + share * (x - before)
    return returns(x, z)


def remembering_all(f, x, step, share, k):
    xs = [x, x]
    for _ in range(k):
        z = xs[-1] + share * (xs[-1] - xs[-2])
        xs.append(z - step * f.gradient(z))
    return xs[-1]


def conjugate(f, x, k, share=lambda now, before: now / before):
    g = f.gradient(x)
    p = -g
    for _ in range(k):
        Ap = f.gradient(x + p) - f.gradient(x)
        s = -np.sum(g * p) / np.sum(p * Ap)
        x = x + s * p
        before, g = g, g + s * Ap
        p = -g + share(np.sum(g**2), np.sum(before**2)) * p
    return x


def by_the_condition(f, x, k):
    q = Aq = None
    for _ in range(k):
        g = f.gradient(x)
        p = -g if q is None else -g + np.sum(g * Aq) / np.sum(q * Aq) * q
        q, Aq = p, f.gradient(x + p) - g
        x = x - np.sum(g * q) / np.sum(q * Aq) * q
    return x


def wide(H, y, mode):
    return np.pad(y, [((n - m) // 2, (n - m) // 2) for n, m in zip(H.shape_in, y.shape, strict=True)], mode=mode)


def walked(H, y, k, start=None, precondition=False):
    x0 = None if start is None else start(H, y)
    walk = dl.conjugate_gradient(H, y, weight=0.01, x0=x0, precondition=precondition)
    return dl.run(walk, k, progress=False).x


def tapered(H, y):
    return dl.tikhonov(dl.edge_taper(wide(H, y, "symmetric"), H.psf), H.psf, 0.01)


ANSWERS = {
    "10-best-step-by-hand": {
        "right": [1.6, 2 / 1.25],
        "wrong": {
            "can it have less": 1,
            "only changes its sign": 2,
            "triples in each step": 4,
            "limit of the slow wave": 8,
            "which step is it": 0.6,
            "each good for one wave": 2.5,
            "slow wave still decides": 0.8,
            "draw more exactly": 1.5,
        },
    },
    "10-bottom-of-the-parabola": {
        "right": [quotient(steep, lambda f, x, g, p, Ap: np.sum(p * Ap)), three_values],
        "wrong": {
            "wrong way round": quotient(lambda g, p: np.sum(g * p), lambda f, x, g, p, Ap: np.sum(p * Ap)),
            "how does b drop out": quotient(steep, lambda f, x, g, p, Ap: np.sum(p * f.gradient(p))),
            "take that off": quotient(steep, lambda f, x, g, p, Ap: np.sum(p * f.gradient(x + p))),
            "A is missing": quotient(steep, lambda f, x, g, p, Ap: np.sum(p * p)),
            "only if p is -g": quotient(lambda g, p: np.sum(g * g), lambda f, x, g, p, Ap: np.sum(p * Ap)),
            "a factor 2": quotient(steep, lambda f, x, g, p, Ap: 2 * np.sum(p * Ap)),
        },
    },
    "10-momentum": {
        "right": [momentum, remembering_all],
        "wrong": {
            "That is z": lambda *a: momentum(*a, returns=lambda x, z: z),
            "nothing rolls": lambda f, x, step, share, k: momentum(f, x, step, 0, k),
            "it belongs to z": lambda *a: momentum(*a, where=lambda x, z: x),
            "It rolls back": lambda f, x, step, share, k: momentum(f, x, step, -share, k),
            "too many": lambda f, x, step, share, k: momentum(f, x, step, share, k + 1),
            "uphill": lambda f, x, step, share, k: momentum(f, x, -step, share, k),
        },
    },
    "10-mend-the-directions": {
        "right": [conjugate, by_the_condition],
        "wrong": {
            "before over now": lambda f, x, k: conjugate(f, x, k, lambda now, before: before / now),
            "it zigzags": lambda f, x, k: conjugate(f, x, k, lambda now, before: 0),
            "The whole last direction": lambda f, x, k: conjugate(f, x, k, lambda now, before: 1),
            "taken off": lambda f, x, k: conjugate(f, x, k, lambda now, before: -now / before),
            "of their squares": lambda f, x, k: conjugate(f, x, k, lambda now, before: (now / before) ** 0.5),
            "too many": lambda f, x, k: conjugate(f, x, k + 1),
        },
    },
    "10-fewest-products": {
        "right": [
            lambda H, y: walked(H, y, 13, tapered, True),
            lambda H, y: walked(H, y, 15, lambda H, y: wide(H, y, "edge")),
        ],
        "wrong": {
            "the figure to beat is": lambda H, y: walked(H, y, 50),
            "of 6 pictures": lambda H, y: walked(H, y, 13, None, True),
            "Without a product": lambda H, y: wide(H, y, "edge"),
            "the shape of y": lambda H, y: H.crop(walked(H, y, 13, tapered, True)),
        },
    },
}  # fmt: skip
