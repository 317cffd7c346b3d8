"""Right answers in two writings, and wrong ones with words of the verdict that they deserve."""

import numpy as np

import deconvlab as dl


def counted(light, photons, seed):
    return np.random.default_rng(seed).poisson(photons * light) / photons


def blurred(x, psf):
    return dl.Blur(psf, x.shape) @ x


def camera(x, psf, background, photons, seed):
    return counted(blurred(x, psf) + background, photons, seed)


def two_counters(x, psf, background, photons, seed):
    rng = np.random.default_rng(seed)
    scene = np.fft.irfft2(np.fft.rfft2(x) * dl.psf_to_otf(psf, x.shape), s=x.shape)
    glow = rng.poisson(photons * background, x.shape)
    return (rng.poisson(photons * np.maximum(scene, 0)) + glow) / photons


def bell_shaped(x, psf, background, photons, seed):
    light = blurred(x, psf) + background
    return light + np.sqrt(light / photons) * np.random.default_rng(seed).standard_normal(x.shape)


def squared(y1, y2):
    return np.mean((y1 - y2) ** 2)


def slope(y1, y2):
    """Photons from the line through the origin, level by level."""
    mean, noise = (y1 + y2).ravel() / 2, (y1 - y2).ravel() ** 2 / 2
    levels = np.array_split(np.argsort(mean), 4)
    return np.sum([mean[level].mean() for level in levels]) / np.sum([noise[level].mean() for level in levels])


def quotient(x, H, y, b):
    return H.T @ (y / (H @ x + b))


def seen(H, y):
    return H.T @ np.ones_like(y)


def both(x, H1, y1, H2, y2, b):
    return x * (quotient(x, H1, y1, b) + quotient(x, H2, y2, b)) / (seen(H1, y1) + seen(H2, y2))


def downhill(x, H1, y1, H2, y2, b):
    """A step along the gradient, of its own length in each pixel."""
    gradient = sum(H.T @ (1 - y / (H @ x + b)) for H, y in ((H1, y1), (H2, y2)))
    return x - x / (H1.T @ np.ones(y1.shape) + H2.T @ np.ones(y2.shape)) * gradient


def step(x, H, y, b):
    return x / seen(H, y) * quotient(x, H, y, b)


ANSWERS = {
    "11-step-by-hand": {
        "right": [[3, 5, 8, 0], np.array([4, 4, 8, 0]) * [0.75, 1.25, 1, 0.5]],
        "wrong": {
            "the way of the blur": [2, 3, 10, 0],
            "not spread back": [2, 4, 12, 0],
            "And then?": [0.75, 1.25, 1, 0.5],
            "Those are the quotients": [0.5, 1, 1.5, 0.5],
            "as gradient descent does": [3.5, 5.5, 8.5, -1.5],
            "what x predicts": [2, 4, 6, 4],
            "left neighbour, not": [2.5, 11 / 6, 35 / 3, 0],
            "Which of the three slips?": [3, 5, 9, 0],
            "turned round": [0, 8, 5, 3],
            "It has the shape (3,)": [3, 5, 8],
        },
    },
    "11-photons-of-a-wall": {
        "right": [200, 800 / ((1600 - 800) / (900 - 500)) ** 2],
        "wrong": {
            "no photon has come": 250, "in the camera's units": 400, "do to a variance": 800,
            "mean that was stored": 500, "leaves the offset out": 312.5, "is the offset": 100, "is the factor": 2,
        },
    },
    "11-mend-the-camera": {
        "right": [camera, two_counters, lambda x, psf, b, photons, seed:
                  dl.add_poisson(blurred(x, psf) + b, photons, rng=seed)],
        "wrong": {
            "The scene's light was counted before": lambda x, psf, b, photons, seed:
                blurred(counted(x, photons, seed), psf) + b,
            "All light was counted before": lambda x, psf, b, photons, seed:
                blurred(counted(x + b, photons, seed), psf),
            "The background has no grain": lambda x, psf, b, photons, seed: counted(blurred(x, psf), photons, seed) + b,
            "The blur is missing": lambda x, psf, b, photons, seed: counted(x + b, photons, seed),
            "not multiplied by photons": lambda x, psf, b, photons, seed:
                counted(blurred(x, psf) + b / photons, photons, seed),
            "The background is missing": lambda x, psf, b, photons, seed: counted(blurred(x, psf), photons, seed),
            "These are counts": lambda x, psf, b, photons, seed: photons * camera(x, psf, b, photons, seed),
            "no grain at all": lambda x, psf, b, photons, seed: blurred(x, psf) + b,
            "a camera counts": bell_shaped,
        },
    },
    "11-photons-of-two": {
        "right": [lambda y1, y2: np.mean(y1 + y2) / squared(y1, y2), lambda y1, y2: 2 * y1.mean() / np.var(y2 - y1),
                  slope],
        "wrong": {
            "noise of both": lambda y1, y2: y1.mean() / squared(y1, y2),
            "mean of y1 + y2 is twice": lambda y1, y2: 2 * np.mean(y1 + y2) / squared(y1, y2),
            "every pixel were white:": lambda y1, y2: 2 / squared(y1, y2),
            "one photograph without noise": lambda y1, y2: 1 / squared(y1, y2),
            "mostly that of its scene": lambda y1, y2: y1.mean() / y1.var(),
            "one divided by it": lambda y1, y2: squared(y1, y2) / np.mean(y1 + y2),
            "standard deviation where": lambda y1, y2: np.mean(y1 + y2) / np.std(y1 - y2),
        },
    },
    "11-two-blurs-one-scene": {
        "right": [both, downhill],
        "wrong": {
            "first photograph alone": lambda x, H1, y1, H2, y2, b: step(x, H1, y1, b),
            "one after the other": lambda x, H1, y1, H2, y2, b: step(step(x, H1, y1, b), H2, y2, b),
            "the mean of two steps": lambda x, H1, y1, H2, y2, b: (step(x, H1, y1, b) + step(x, H2, y2, b)) / 2,
            "It is divided by 2": lambda x, H1, y1, H2, y2, b:
                x * (quotient(x, H1, y1, b) + quotient(x, H2, y2, b)) / 2,
            "not divided by H1.T 1": lambda x, H1, y1, H2, y2, b:
                x * (quotient(x, H1, y1, b) + quotient(x, H2, y2, b)),
            "x doubles": lambda x, H1, y1, H2, y2, b: step(x, H1, y1, b) + step(x, H2, y2, b),
            "background is missing": lambda x, H1, y1, H2, y2, b: both(x, H1, y1, H2, y2, 0),
            "were multiplied": lambda x, H1, y1, H2, y2, b: step(x, H1, y1, b) * step(x, H2, y2, b) / x,
            "multiply x by this": lambda x, H1, y1, H2, y2, b: both(x, H1, y1, H2, y2, b) / x,
        },
    },
}  # fmt: skip
