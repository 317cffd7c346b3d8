"""How good: restored pictures against the best weight, and against other people's programs.

    python benchmarks/quality.py [--json]

Simulated, periodic data with white Gaussian noise. "Oracle" is the weight picked with the true picture: nobody has it.
"""

import itertools

import numpy as np
from measure import machine, options, row, show
from skimage import restoration

import deconvlab as dl


def edges():
    """Total variation and plug-and-play: 9x9 uniform blur, BSNR 40 dB, camera at 256x256."""
    x_true, psf = dl.sample_image("camera", size=256), np.full((9, 9), 1 / 81)
    H = dl.Blur(psf, x_true.shape)
    blurred = H @ x_true
    sigma = blurred.std() / 100
    y = dl.add_gaussian(blurred, sigma, rng=0)

    def restored(weight, steps):
        return dl.run(dl.total_variation(H, y, weight), steps, progress=False)

    weights = np.geomspace(1e-5, 1e-3, 17)
    scores = [dl.psnr(x_true, restored(weight, 100).x) for weight in weights]
    weight, best = weights[np.argmax(scores)], max(scores)
    objective = restored(weight, 3000).objective
    least = min(objective)
    steps = next(k for k, value in enumerate(objective) if value <= least * (1 + 1e-4))
    yield row(
        "total_variation: steps to within 1e-4 of the minimum", str(steps), f"best weight {weight:.2g} (oracle)",
        "at most 60", steps <= 60,
    )  # fmt: skip

    def non_local_means(x, level):
        return restoration.denoise_nl_means(x, 5, 7, h=0.9 * level, sigma=level)

    plugged = dl.run(dl.plug_and_play(H, y, non_local_means, sigma=sigma), 20, progress=False)
    gain = dl.psnr(x_true, plugged.x) - best
    yield row(
        "plug_and_play with non-local means", f"{best + gain:.2f} dB",
        f"best total variation {best:.2f} dB: {gain:+.2f} dB", "at least +0.5 dB", gain >= 0.5,
    )  # fmt: skip


def choosers():
    """The rules for the weight, against the oracle: two PSFs, three photographs, three noises."""
    lost = {"gcv": [], "sure": [], "l_curve": [], "discrepancy": []}
    misfit = []
    psfs, names = (dl.gaussian(2), dl.motion(15)), ("camera", "coins", "astronaut")
    for psf, name, seed in itertools.product(psfs, names, range(3)):
        x_true, sigma = dl.sample_image(name, size=256), 0.01
        y = dl.simulate(x_true, psf, sigma=sigma, rng=seed).y
        picks = {
            "gcv": dl.gcv(y, psf), "sure": dl.sure(y, psf, sigma), "l_curve": dl.l_curve(y, psf),
            "discrepancy": dl.discrepancy(y, psf, sigma),
        }  # fmt: skip
        best = dl.psnr(x_true, dl.tikhonov(y, psf, dl.oracle(y, psf, x_true).weight))
        for rule, pick in picks.items():
            lost[rule].append(best - dl.psnr(x_true, dl.tikhonov(y, psf, pick.weight)))
        residual = dl.Blur(psf, y.shape) @ dl.tikhonov(y, psf, picks["discrepancy"].weight) - y
        misfit.append(abs(np.linalg.norm(residual) / (sigma * np.sqrt(y.size)) - 1))
    for rule, losses in lost.items():
        limit = 0.15 if rule in ("gcv", "sure") else None
        target = f"at most {limit} dB" if limit else ""
        yield row(f"{rule}: lost to the oracle, worst of {len(losses)}", f"{max(losses):.2f} dB", "", target,
                  limit and max(losses) <= limit)  # fmt: skip
    yield row("discrepancy: its residual against sigma sqrt(n)", f"{100 * max(misfit):.2f} %", "", "at most 2 %",
              max(misfit) <= 0.02)  # fmt: skip


def others():
    """The same data through deconvlab, weights by gcv, and through scikit-image with its own defaults."""
    for name, psf in itertools.product(("camera", "coins"), (dl.gaussian(2), dl.motion(15))):
        x_true = dl.sample_image(name, size=256)
        y = dl.simulate(x_true, psf, sigma=0.01, rng=0).y
        ours = dl.psnr(x_true, dl.tikhonov(y, psf, dl.gcv(y, psf).weight))
        theirs = dl.psnr(x_true, restoration.unsupervised_wiener(y, psf, clip=False, rng=0)[0])
        blur = "gaussian(2)" if psf.shape[0] > 1 else "motion(15)"
        yield row(
            f"tikhonov by gcv: {name}, {blur}", f"{ours:.2f} dB",
            f"unsupervised_wiener of scikit-image {theirs:.2f} dB",
        )  # fmt: skip


def main():
    choice = options(__doc__)
    rows = [line for part in (edges, choosers, others) for line in part()]
    show(rows, machine(), choice.json)


if __name__ == "__main__":
    main()
