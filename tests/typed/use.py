"""A script of a colleague who has her types checked: all of it is right, and it runs."""

# mypy: disallow-untyped-calls, disallow-untyped-defs, disallow-any-generics

import numpy as np
from numpy.typing import NDArray

import deconvlab as dl
from deconvlab import figures, live


def main() -> None:
    x_true = dl.sample_image("camera", size=64)
    psf = dl.gaussian((1.0, np.float32(1.5)), size=9)
    observation = dl.simulate(x_true, psf, sigma=0.01, boundary="unknown", rng=np.random.default_rng(0))
    y, H = observation.y.astype(np.float32), dl.Blur(psf, observation.y.shape, observation.boundary)

    gain = dl.wiener_gain(dl.psf_to_otf(psf, y.shape), observation.sigma**2 / y.var())
    x: NDArray[np.floating] = dl.apply_gain(dl.edge_taper(y, psf), gain)
    selection: dl.Selection = dl.gcv(y, psf, penalty="identity")
    weight = 0.01 if np.isnan(selection.weight) else selection.weight
    decibels: float = dl.psnr(H.crop(x_true), dl.tikhonov(y, psf, weight)) + dl.psnr(H.crop(x_true), x)

    history = dl.run(dl.conjugate_gradient(H, y, weight=weight), 3, stop=lambda it: it.residual_norm < 1.0, keep=[0, 2])
    kept: NDArray[np.floating] = history.kept[2]
    for iterate in dl.blind_richardson_lucy(y, psf, mask=y < 1):
        last: NDArray[np.floating] = iterate.psf
        break
    step: float | None = dl.least_squares(H, y, 0.1).lipschitz

    colour: NDArray[np.floating] = dl.by_channel(lambda c: dl.wiener(c, psf, 0.01), np.stack([y, y, y], axis=2))
    walks = dl.by_channel(lambda c: (H.crop(it.x) for it in dl.total_variation(H, c, 0.01)), y, in_turn=True)
    first: NDArray[np.floating] = next(walks)
    dl.as_psf([[0, 1, 0], [1, 2, 1], [0, 1, 0]])

    @live.lab(sigma=live.Slider(1.0, 0.5, 3.0, unit="px"))
    def blur(sigma: float) -> live.Frame:
        return live.Frame(images={"blurred": dl.Blur(dl.gaussian(sigma), y.shape) @ y})

    numbers = blur(sigma=2).numbers
    picture = figures.show_images(
        {"restored": x, "error": live.Panel(H.crop(kept) - first, None, None, "RdBu")}, alt="Two"
    )
    print(decibels, step, last.sum(), colour.shape, numbers, picture.alt)


if __name__ == "__main__":
    main()
