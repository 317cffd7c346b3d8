"""How fast: slider ticks and iterations in FFT pairs, and whole runs against other people's programs.

    python benchmarks/speed.py [--repeats 15] [--json]

A pair is one rfft2 and irfft2 of scipy.fft in float32 at 512x512, with as many workers as everything else here has.
Every ratio compares medians of ways that take turns in this one run. Close everything else first.
"""

import itertools
import time
import tracemalloc
import warnings

import numpy as np
import seed2
from measure import interleaved, machine, medians, options, row, show
from scipy import fft
from skimage import restoration

import deconvlab as dl

SIZE = 512


def picture(size=SIZE, dtype=np.float32):
    return dl.sample_image("astronaut", size=size).astype(dtype)


def pair(y):
    return fft.irfft2(fft.rfft2(y), s=y.shape)


def step_of(iterates):
    """One more step of a solver, as a function."""
    next(iterates)
    return lambda: next(iterates)


def ticks(repeats):
    """What one move of a slider costs."""
    y, psf = picture(), dl.gaussian(3)
    filters = [dl.inverse_filter, dl.truncated_inverse, dl.tikhonov, dl.wiener]
    knobs, psfs = itertools.cycle([1e-3, 2e-3]), itertools.cycle([dl.gaussian(sigma) for sigma in (2, 2.5, 3)])
    for what, limit, tick in (
        ("knob moved", 1.3, lambda method: method(y, psf, next(knobs))),
        ("PSF moved", 2.5, lambda method: method(y, next(psfs), 1e-3)),
    ):
        ways = {"pair": lambda: pair(y)} | {f.__name__: (lambda f=f, tick=tick: tick(f)) for f in filters}
        times = medians(interleaved(ways, 3 * repeats)[1])
        base = times.pop("pair")
        slowest = max(times, key=times.get)
        ratio = times[slowest] / base
        yield row(
            f"slider tick, {what}: slowest of four filters", f"{ratio:.2f} pairs ({slowest})",
            f"pair {base:.2f} ms", f"at most {limit}", ratio <= limit,
        )  # fmt: skip


def iterations(repeats):
    """What one iteration costs, objective and residual norm included."""
    y, psf = picture(), dl.gaussian(3)
    H, dark = dl.Blur(psf, y.shape), dl.Blur(psf, y.shape, "zero")
    f, g, start = dl.least_squares(H, y, 1e-3), dl.least_squares(dark, y), np.zeros_like(y)
    wide = np.zeros([fft.next_fast_len(n + psf.shape[0] // 2, real=True) for n in y.shape], y.dtype)
    cases = [  # what, pairs of the formula, target
        ("gradient_descent, periodic", dl.gradient_descent(f, start), 1, 1.3),
        ("nesterov, periodic", dl.nesterov(f, start), 1, 1.3),
        ("conjugate_gradient, periodic", dl.conjugate_gradient(H, y, weight=1e-6), 1, 1.3),
        ("richardson_lucy, periodic", dl.richardson_lucy(H, y), 2, 2.6),
        ("richardson_lucy accelerated, periodic", dl.richardson_lucy(H, y, accelerate=True), 2, None),
        ("total_variation, periodic", dl.total_variation(H, y, 1e-3), 1, 3.5),
        ("gradient_descent, zero, weight 0", dl.gradient_descent(g, start), 2, 2.6),
        ("richardson_lucy, zero", dl.richardson_lucy(dark, y), 2, 2.6),
    ]
    ways = {"pair": lambda: pair(y), "pair of its grid": lambda: pair(wide)}
    ways |= {what: step_of(iterates) for what, iterates, *_ in cases}
    times = medians(interleaved(ways, 3 * repeats)[1])
    for what, _, needs, limit in cases:
        base = "pair of its grid" if "zero" in what else "pair"
        ratio = times[what] / times[base]
        of = f" of {wide.shape[0]}x{wide.shape[1]}" if "zero" in what else ""
        target, met = (f"at most {limit}", ratio <= limit) if limit else ("", None)
        yield row(f"iteration of {what}", f"{ratio:.2f} pairs{of}", f"formula: {needs}", target, met)


def photons(repeats):
    """Richardson-Lucy against scikit-image: the same 30 iterations, the same pictures."""
    for dtype, size in itertools.product((np.float32, np.float64), (25, 9)):
        psf = dl.gaussian(size / 10, size=size)
        H = dl.Blur(psf, (SIZE, SIZE), "zero")
        y = dl.add_gaussian(H @ picture(dtype=dtype), 0.01, rng=0).clip(0)
        start = np.full_like(y, 0.5)

        def ours(H=H, y=y, start=start):
            return dl.run(dl.richardson_lucy(H, y, x0=start, frame_correction=False), 30, progress=False).x

        def theirs(y=y, psf=psf):
            return restoration.richardson_lucy(y, psf.astype(y.dtype), 30, clip=False)

        results, seconds = interleaved({"ours": ours, "theirs": theirs}, repeats)
        assert np.allclose(results["ours"], results["theirs"], atol=1e-3 if dtype == np.float32 else 1e-6)
        mine, other = medians(seconds).values()
        yield row(
            f"richardson_lucy, 30 iterations, {size}x{size} PSF, zero, {np.dtype(dtype).name}", f"{mine:.0f} ms",
            f"scikit-image {other:.0f} ms: {other / mine:.2f}x",
        )  # fmt: skip
    H = dl.Blur(dl.gaussian(2.5, size=25), (SIZE, SIZE), "zero")
    y = dl.add_gaussian(H @ picture(), 0.01, rng=0).clip(0)
    plain = dl.run(dl.richardson_lucy(H, y), 30, progress=False)
    fast = dl.run(
        dl.richardson_lucy(H, y, accelerate=True), 30, stop=lambda it: it.objective <= plain.objective[-1],
        progress=False,
    )  # fmt: skip
    target = "at most 8 iterations"
    yield row("richardson_lucy accelerated, to the likelihood of 30 iterations", str(fast.k), "", target, fast.k <= 8)


def frames(repeats):
    """What the honest boundary costs the splitting methods: "unknown" against periodic, 255x255 and a 27x27 PSF."""
    scene, psf = picture(281, np.float64), np.zeros((27, 27))
    rows, columns = dl.shake(26, rng=5).shape
    psf[13 - rows // 2 : 14 + rows // 2, 13 - columns // 2 : 14 + columns // 2] = dl.shake(26, rng=5)
    y = dl.simulate(scene, psf, sigma=0.01, boundary="unknown", rng=0).y
    methods = {
        "total_variation, 60 iterations": lambda H: dl.run(dl.total_variation(H, y, 3e-4), 60, progress=False),
        "plug_and_play without its denoiser": lambda H: list(dl.plug_and_play(H, y, lambda x, s: x, sigma=0.01)),
    }
    for what, method in methods.items():
        Hs = {boundary: dl.Blur(psf, y.shape, boundary) for boundary in ("periodic", "unknown")}
        ways = {boundary: (lambda H=H, method=method: method(H)) for boundary, H in Hs.items()}
        periodic, unknown = medians(interleaved(ways, repeats)[1]).values()
        ratio = unknown / periodic
        yield row(
            f"{what}, unknown, 255x255", f"{unknown:.0f} ms", f"periodic {periodic:.0f} ms: {ratio:.1f}x",
            "at most 3x", ratio <= 3,
        )  # fmt: skip


def linear_operators(repeats):
    """Conjugate gradients against PyLops, where it is installed."""
    try:
        import pylops
    except ImportError:
        yield row("conjugate_gradient, 30 iterations, zero", "", "PyLops is not installed")
        return
    y, psf = picture(dtype=np.float64), dl.gaussian(2.5, size=25)
    H = dl.Blur(psf, y.shape, "zero")
    A = pylops.signalprocessing.Convolve2D(y.shape, psf, offset=(12, 12))
    results, seconds = interleaved({
        "ours": lambda: dl.run(dl.conjugate_gradient(H, y), 30, progress=False).x,
        "theirs": lambda: pylops.optimization.basic.cgls(A, y.ravel(), niter=30, tol=0)[0].reshape(y.shape),
    }, repeats)  # fmt: skip
    assert np.allclose(results["ours"], results["theirs"], atol=1e-6)
    mine, other = medians(seconds).values()
    yield row(
        "conjugate_gradient, 30 iterations, zero, 25x25 PSF, float64", f"{mine:.0f} ms",
        f"PyLops {other:.0f} ms: {other / mine:.2f}x",
    )  # fmt: skip


def root(repeats):
    """Seed 2's objective, below the value where its 500 steps end, against TensorFlow."""
    try:
        import tensorflow  # noqa: F401
    except ImportError:
        yield row("minimize_root below 2.192", "", "TensorFlow is not installed", "at least 30x, aim 100x")
        return
    for line in seed2.measured(repeats)[1]:
        if " below " in line["way"]:
            yield row(
                line["way"], f"{1e3 * line['seconds']:.1f} ms", f"TensorFlow, 500 steps: {line['ratio']:.0f}x",
                "at least 30x, aim 100x", line["ratio"] >= seed2.TARGET,
            )  # fmt: skip


def growth(repeats):
    """Time and memory against image size: a tick whose picture and PSF are new."""
    sizes, psf, times, memory = (256, 512, 1024, 2048, 4096), dl.gaussian(3), {}, {}
    for size in sizes:
        y = np.random.default_rng(0).random((size, size), dtype=np.float32)
        pictures = itertools.cycle([y, y[::-1].copy()])
        tick = {"tick": lambda pictures=pictures: dl.tikhonov(next(pictures), psf, 1e-3)}
        times[size] = medians(interleaved(tick, max(repeats // 3, 3))[1])["tick"]
        tracemalloc.start()
        tick["tick"]()
        memory[size] = tracemalloc.get_traced_memory()[1] / y.nbytes
        tracemalloc.stop()
    cost = {size: times[size] / (size**2 * np.log2(size)) for size in sizes}
    worst = max(cost.values()) / cost[512]
    steps = ", ".join(f"{size}: {times[size]:.3g} ms" for size in sizes)
    yield row("tikhonov, new picture, 256 to 4096 squared", steps, f"per N log N at most {worst:.1f}x that at 512",
              "as N log N (caches: within 3x)", worst <= 3)  # fmt: skip
    most = max(memory.values())
    yield row("its peak memory, result included", f"{most:.1f} images", "", "at most 12", most <= 12)
    for name, make in (
        ("gradient_descent", lambda H, y: dl.gradient_descent(dl.least_squares(H, y, 1e-3), y)),
        ("richardson_lucy", lambda H, y: dl.richardson_lucy(H, y)),
        ("total_variation", lambda H, y: dl.total_variation(H, y, 1e-3)),
    ):
        y = picture()
        tracemalloc.start()
        dl.run(make(dl.Blur(psf, y.shape), y), 5, progress=False)
        peak = tracemalloc.get_traced_memory()[1] / y.nbytes
        tracemalloc.stop()
        limit = None if name == "total_variation" else 12  # its slopes alone are twelve
        target = f"at most {limit}" if limit else ""
        yield row(f"peak memory of {name}, periodic", f"{peak:.1f} images", "", target, limit and peak <= limit)


def megapixels(repeats):
    """A photograph of 12 megapixels in colour: what a moved slider shows, and all of it."""
    photo = dl.Pyramid(dl.sample_image("coffee", size=(3000, 4000), colour=True).astype(np.float32))
    part, halvings = photo.part((0, 1, 0, 1))

    def restored(y, psf):
        return dl.by_channel(lambda channel: dl.tikhonov(dl.edge_taper(channel, psf), psf, 1e-3), y)

    def preview():
        return restored(part, dl.coarse_psf(dl.motion(40, 20), 2**halvings))

    _, seconds = interleaved({"preview": preview}, repeats)
    took = medians(seconds)["preview"]
    rows, columns = part.shape[:2]
    yield row(
        "12 megapixels in colour: preview of a slider move, new PSF", f"{took:.0f} ms", f"{columns}x{rows} pixels",
        "at most 150 ms", took <= 150,
    )  # fmt: skip
    tracemalloc.start()
    start = time.perf_counter()
    restored(photo.sizes[0], dl.motion(40, 20))
    took, peak = time.perf_counter() - start, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    yield row(
        "... all of it, Tikhonov on each channel", f"{took:.1f} s",
        f"memory {peak / photo.sizes[0].nbytes:.1f} times the photograph's {photo.sizes[0].nbytes / 1e6:.0f} MB",
    )  # fmt: skip


def beyond_memory(repeats):
    """Tiles against the whole, on one thread: what the overlaps cost."""
    from deconvlab.tiles import map_tiles

    psf = dl.gaussian(2.5, size=25)
    y = np.random.default_rng(0).random((4096, 4096), dtype=np.float32)

    def mirror(y):
        return dl.tikhonov(y, psf, 1e-2, boundary="reflect")

    def photons(y):
        H = dl.Blur(psf, y.shape, "unknown")
        return H.crop(dl.run(dl.richardson_lucy(H, y), 10, progress=False).x)

    for what, method in (("tikhonov, mirror", mirror), ("richardson_lucy, unknown, 10 iterations", photons)):
        tiled = map_tiles(method, y, psf)  # the reach is measured here, once for a picture of any size
        ways = {"whole": lambda method=method: method(y), "tiled": lambda x=tiled: x.compute(scheduler="synchronous")}
        results, seconds = interleaved(ways, max(repeats // 7, 1))
        seam = abs(results["tiled"] - results["whole"]).max()
        whole, tiles = medians(seconds).values()
        yield row(
            f"map_tiles, 4096x4096, 25x25 PSF, {what}", f"{tiles / 1e3:.1f} s, largest difference {seam:.1e}",
            f"whole {whole / 1e3:.1f} s: {tiles / whole:.2f}x", "at most 1.5x, 1e-3",
            tiles <= 1.5 * whole and seam < 1e-3,
        )  # fmt: skip


def main():
    choice = options(__doc__, 15)
    warnings.simplefilter("ignore")
    rows = []
    for part in (ticks, iterations, photons, frames, linear_operators, root, growth, megapixels, beyond_memory):
        rows += part(choice.repeats)
    show(rows, machine(), choice.json)


if __name__ == "__main__":
    main()
