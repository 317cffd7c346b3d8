"""Pictures larger than memory: any method on overlapping tiles, with Dask.

``from deconvlab.tiles import map_tiles``; the extra ``deconvlab[big]`` brings what only this module needs.
"""

import hashlib
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from scipy import fft

from . import _check
from ._run import Progress
from .problem import by_channel, simulate

try:
    import dask
    import dask.array as da
    import zarr
except ImportError as error:
    raise ImportError(f"deconvlab.tiles needs {error.name}: pip install dask distributed zarr") from error

__all__ = ["influence", "map_tiles", "reach"]

SIZES = (128, 256, 512, 1024)  # pixels on a side of the pictures on which a method is measured, one after the other
AT_ONCE = 4  # tiles for each thread that computes, handed to Dask together


def map_tiles(deblur, y, psf, *, tile=1024, overlap=None, tolerance=1e-3, out=None, scheduler=None, progress=None):
    """Restore a picture of any size tile by tile.

    Parameters
    ----------
    deblur : function of (M, N) array -> (M, N) array
        Any method for one grey picture of any size, such as
        ``lambda y: dl.tikhonov(y, psf, 1e-3, boundary="reflect")``. It is given a tile with its overlap. A method that
        iterates has to run until it has converged.
    y : (M, N) or (M, N, 3) array of floats, or path
        Dask array, Zarr array or its path, memory map, or NumPy array. Colour goes through `by_channel`.
    psf : (K, L) float array
        The PSF that `deblur` assumes.
    tile : int or pair of ints, optional
        Most rows and columns of a tile, without its overlap. Larger costs less time and more memory.
    overlap : int or pair of ints, optional
        Rows and columns that a tile sees of its neighbours. By default measured: the method's `reach`, and one less
        than the PSF is wide.
    tolerance : float > 0, optional
        How much a result may depend on what its tile does not see, as a share of the range of `y`. Smaller makes the
        measured overlap larger.
    out : path, optional
        Where to write the result: a Zarr array, one chunk for each tile. Where a run was stopped, the same call goes on
        with the tiles that are not finished.
    scheduler : str, optional
        Who computes for `out`: the address of a cluster, "tcp://...", or "threads", "processes" or "synchronous". By
        default whom Dask has been told to use: threads, if nobody.
    progress : bool, optional
        Show how far the work for `out` is. By default only when it takes longer than two seconds.

    Returns
    -------
    x : dask.array.Array
        Of the shape and dtype of `y`. Without `out` nothing is computed before it is asked for; with it all is there.

    Raises
    ------
    ValueError
        If a tile is smaller than the PSF, no overlap is enough, `out` holds something else or tiles of another run, or
        nobody answers at the address.
    TypeError
        If `deblur` is no function, or y does not hold floats.

    Notes
    -----
    A tile's own frame is a frame like any other: near it the answer is a guess. So each tile is solved with an overlap
    that is thrown away. The guess reaches as far as the method does, and starts within the PSF of the frame. Where a
    tile lies at the frame of the picture, it has what the whole picture would have there, unless the method takes the
    picture for periodic: then it meets its own other side, and both are wrong. So let the boundary be unknown or a
    mirror.

    The reach is measured on a picture on 0 to 1. A step length or a stopping rule that depends on all of the picture
    differs from tile to tile; what is left of that at convergence is no seam, and no overlap takes it away.

    The tiles are alike and at most `tile` large. They need not agree with the chunks of `y`, but a chunk is read for
    each tile that sees a part of it: chunks larger than a tile take memory, much smaller ones time. With `out`, Dask is
    given four tiles for each of its threads at a time, so the memory is what these take, whatever the picture's size. A
    chunk counts as finished when its name stands in the folder ``finished`` of `out`, where it gets after the chunk is
    written. The settings, and a fingerprint of what the middle tile sees, are among the attributes of `out`. A worker
    that dies has its tiles computed by another one, and when four have died with the same tile Dask raises
    ``KilledWorker``: too little memory for it, most likely.

    Examples
    --------
    >>> import deconvlab as dl
    >>> psf, y = dl.gaussian(1), np.random.default_rng(0).random((100, 150))
    >>> deblur = lambda y: dl.tikhonov(y, psf, 0.1, boundary="reflect")
    >>> x = map_tiles(deblur, y, psf, tile=50)
    >>> x.chunks, bool(abs(x.compute() - deblur(y)).max() < 1e-3)
    (((50, 50), (50, 50, 50)), True)
    """
    y = _picture(y)
    shape = y.shape[:2]
    psf, tile = _check.psf(psf, shape), _sizes("tile", tile, 1)
    _check_method(deblur)
    if any(n < k for n, k in zip(tile, psf.shape, strict=True)):
        raise ValueError(f"tile: got {tile}, expected at least the PSF's shape {psf.shape}")
    tolerance = _check.number("tolerance", tolerance, above=True)
    if not (out is None or isinstance(out, (str, Path))):
        raise TypeError(f"out: got {type(out).__name__}, expected a path")
    if not (isinstance(scheduler, str) and "://" in scheduler):
        _check.choice("scheduler", scheduler, (None, "threads", "processes", "synchronous"))
    progress = _check.choice("progress", progress, (None, True, False))
    tile = tuple(-(-n // -(-n // most)) for n, most in zip(shape, tile, strict=True))  # alike: no narrow rest
    if overlap is not None:
        overlap = _sizes("overlap", overlap, 0)
    else:
        overlap = (0, 0) if tile == shape else _enough(deblur, psf, tile, tolerance)
    made, places = partial(_Tile, deblur, y, overlap), _places(shape, tile)
    if out is None:
        return da.block([[made(place).lazy() for place in row] for row in places])
    settings = {"tile": tile, "overlap": overlap, "psf": _hash(psf), "deblur": _answer(deblur, psf)}
    path = Path(out).expanduser().absolute()
    _run(made, [place for row in places for place in row], path, y, settings, scheduler, progress)
    return da.from_zarr(str(path))


def influence(deblur, psf, size=256):
    """What the light far from a pixel can still change there.

    Parameters
    ----------
    deblur : function of (M, N) array -> (M, N) array
        The method.
    psf : (K, L) float array
        The PSF that it assumes.
    size : int, optional
        Pixels on a side of the picture on which it is measured.

    Returns
    -------
    left : (2, size//2) array
        What is left beyond 0, 1, 2, ... rows, and beyond as many columns: the rms change of a pixel when all that is
        farther away changes at random, with an rms of 1. A smaller weight makes it fall more slowly.

    Notes
    -----
    One pixel of the blurred picture is made brighter; what the method makes of that, squared and summed from each
    distance outwards, is the square of what is left. For a filter that is its gain, seen as a picture, whatever lies
    around. Other methods answer differently on even grey and on edges, so there are edges: squares of random grey, 8
    pixels wide, and noise of 0.01. Surroundings that conspire, each of their pixels with the sign that hurts, change
    more than random ones do.

    Examples
    --------
    >>> from deconvlab import delta
    >>> influence(lambda y: (y + np.roll(y, 1, axis=0)) / 2, delta(), 8).round(2)
    array([[0.5, 0. , 0. , 0. ],
           [0. , 0. , 0. , 0. ]])
    """
    _check_method(deblur)
    psf, size = _check.psf(psf), _check.whole("size", size, 2, 10**4)
    y = _squares(psf, size)
    brighter, middle = y.copy(), size // 2
    brighter[middle, middle] += 0.5
    power = np.square((by_channel(deblur, brighter) - by_channel(deblur, y)) / 0.5, dtype=float)
    distance = abs(np.arange(size) - middle)
    lines = power.sum(axis=1), power.sum(axis=0)
    return np.sqrt([[line[distance > far].sum() for far in range(middle)] for line in lines])


def reach(deblur, psf, tolerance=1e-3):
    """How far a method looks: the distance beyond which its `influence` is below the tolerance.

    Parameters
    ----------
    deblur : function of (M, N) array -> (M, N) array
        The method.
    psf : (K, L) float array
        The PSF that it assumes.
    tolerance : float > 0, optional
        Smaller looks farther.

    Returns
    -------
    rows, columns : ints

    Raises
    ------
    ValueError
        If it looks farther than 400 pixels: a weight near zero, or an iteration that has not converged.

    Notes
    -----
    A division spreads further than the PSF: what it takes back at one place it has to correct at the next. The smaller
    the weight, the longer that goes on.

    Examples
    --------
    >>> import deconvlab as dl
    >>> psf = dl.gaussian(2)
    >>> [reach(lambda y: dl.tikhonov(y, psf, weight), psf) for weight in (1e-1, 1e-2, 1e-3)]
    [(16, 16), (22, 22), (29, 29)]
    """
    psf, tolerance = _check.psf(psf), _check.number("tolerance", tolerance, above=True)
    for size in sorted({max(size, 2 * max(psf.shape)) for size in SIZES}):
        left, far = influence(deblur, psf, size), 2 * size // 5  # beyond, the other side may look in
        if left[:, far].max() < tolerance:
            return tuple(np.argmax(left < tolerance, axis=1).tolist())
    raise ValueError(
        f"deblur: got a method for which {left[:, far].max():.2g} is left at a distance of {far} pixels, expected less "
        f"than tolerance={tolerance:g}, or no overlap is enough: use a larger weight, more iterations or a larger "
        "tolerance"
    )


def _squares(psf, size):
    """A blurred scene of random grey squares, with a little noise."""
    rng, (rows, columns) = np.random.default_rng(0), (size + k - 1 for k in psf.shape)
    squares = np.kron(rng.random((-(-rows // 8), -(-columns // 8))), np.ones((8, 8)))[:rows, :columns]
    return simulate(squares, psf, sigma=0.01, boundary="unknown", rng=rng).y


def _enough(deblur, psf, tile, tolerance):
    """The overlap with which a tile comes out as it would of the whole picture, up to the tolerance."""
    overlap = [r + k - 1 for r, k in zip(reach(deblur, psf, tolerance), psf.shape, strict=True)]
    return tuple(_fast(n, more) for n, more in zip(tile, overlap, strict=True))


def _fast(tile, overlap):
    """A little more overlap, where that gives the tile a size that Fourier transforms like."""
    while fft.next_fast_len(tile + 2 * overlap, real=True) > tile + 2 * overlap:
        overlap += 1
    return overlap


def _places(shape, tile):
    """Rows of places, each a slice of rows and one of columns."""
    rows, columns = (
        [slice(start, min(start + t, n)) for start in range(0, n, t)] for n, t in zip(shape, tile, strict=True)
    )
    return [[(row, column) for column in columns] for row in rows]


class _Tile:
    """A part of the picture, what is seen of its neighbours, and where in that it lies."""

    def __init__(self, deblur, y, overlap, place):
        wide = [
            slice(max(part.start - more, 0), min(part.stop + more, n))
            for part, more, n in zip(place, overlap, y.shape, strict=False)
        ]
        inside = [slice(part.start - w.start, part.stop - w.start) for part, w in zip(place, wide, strict=True)]
        self.place, self.dtype = place, y.dtype
        (self.seen,) = dask.optimize(y[tuple(wide)])  # reads from each chunk what is seen of it, not all
        self.x = dask.delayed(_solve)(deblur, self.seen, tuple(inside), place)

    def lazy(self):
        shape = tuple(part.stop - part.start for part in self.place) + self.seen.shape[2:]
        return da.from_delayed(self.x, shape, self.dtype)


def _solve(deblur, y, inside, place):
    try:
        return by_channel(deblur, y)[inside].astype(y.dtype, copy=False)
    except Exception as error:
        error.add_note("This was in the tile of rows {0.start}:{0.stop} and columns {1.start}:{1.stop}.".format(*place))
        raise


class _Store:
    """A Zarr array that knows what it was made with, and which of its chunks are whole."""

    def __init__(self, path, y, settings):
        self.path, self.marks = path, path / "finished"
        if not path.exists():
            zarr.create_array(
                path,
                shape=y.shape,
                dtype=y.dtype,
                chunks=(*settings["tile"], *y.shape[2:]),
                fill_value=np.nan,
                attributes={"deconvlab": settings},
            )
        try:
            made = zarr.open_array(path, mode="r").attrs["deconvlab"]
        except (KeyError, ValueError, OSError):
            raise ValueError(f"out: got {path}, which holds something else, expected a new path") from None
        others = ", ".join(key for key in settings if not _alike(made.get(key), settings[key]))
        if others:
            fix = "expected a new path, or the settings of that run"
            raise ValueError(f"out: got {path}, which holds tiles of a run with another {others}, {fix}")

    def mark(self, place):
        return self.marks / ".".join(str(part.start) for part in place)

    def write(self, x, place):
        zarr.open_array(self.path, mode="r+")[place] = x
        self.marks.mkdir(exist_ok=True)
        self.mark(place).touch()  # only now: a chunk without its mark is computed again


def _run(made, places, path, y, settings, scheduler, progress):
    """Write the tiles that are `made` at these places, some at a time, or the plan for all would take memory itself."""
    with _computers(scheduler) as (scheduler, threads):
        (sample,) = dask.compute(made(places[len(places) // 2]).seen, scheduler=scheduler)
        settings |= {"shape": y.shape, "dtype": str(y.dtype), "y": _hash(sample)}
        store = _Store(path, y, settings)
        left = [place for place in places if not store.mark(place).exists()]
        bar, few = Progress(len(left), progress, "tile"), AT_ONCE * threads
        try:
            for start in range(0, len(left), few):
                tiles = map(made, left[start : start + few])
                dask.compute(*[dask.delayed(store.write)(one.x, one.place) for one in tiles], scheduler=scheduler)
                bar.show(min(start + few, len(left)))
        finally:
            bar.close()


@contextmanager
def _computers(scheduler):
    """The scheduler as Dask takes it, and how many threads it has."""
    client = None
    if scheduler is not None and "://" in scheduler:
        from distributed import Client

        try:
            client = scheduler = Client(scheduler, set_as_default=False)
        except OSError as error:
            raise ValueError(
                f"scheduler: got {scheduler!r}, where no Dask cluster answers, expected the address of one"
            ) from error
    try:
        yield scheduler, _threads(scheduler)
    finally:
        if client:
            client.close()


def _threads(scheduler):
    get = dask.base.get_scheduler(scheduler=scheduler)
    client = getattr(get, "__self__", None)  # a cluster's, if somebody has told Dask to use one
    if client is not None:
        return max(1, sum(client.nthreads().values()))
    return dask.config.get("num_workers", None) or dask.system.CPU_COUNT


def _picture(y):
    """`y` as a Dask array of floats, looked at before any work as far as it lies in memory."""
    if isinstance(y, (str, Path)):
        try:
            y = zarr.open_array(y, mode="r")
        except (OSError, ValueError):
            raise ValueError(f"y: got {str(y)!r}, where there is no Zarr array, expected the path of one") from None
    in_memory = isinstance(y, np.ndarray) and not isinstance(y, np.memmap)
    if in_memory or not hasattr(y, "dtype"):
        y = _check.photograph("y", y)
    _check.floats("y", np.empty(0, y.dtype))
    if not (y.ndim == 2 or y.ndim == 3 and y.shape[2] == 3) or 0 in y.shape:
        raise ValueError(f"y: got shape {y.shape}, expected (rows, columns) or (rows, columns, 3)")
    if not isinstance(y, da.Array):
        y = da.from_array(y, chunks=getattr(y, "chunks", None) or 1024)
    if np.isnan(y.shape).any():
        raise ValueError("y: got a Dask array of unknown shape, expected a known one: y.compute_chunk_sizes()")
    return y.astype(y.dtype.newbyteorder("="))


def _check_method(deblur):
    if not callable(deblur):
        raise TypeError(f"deblur: got {type(deblur).__name__}, expected a function of one picture")


def _sizes(name, value, low):
    return tuple(_check.whole(name, n, low, 10**9) for n in _check.pair(name, value))


def _hash(array):
    return hashlib.sha256(np.ascontiguousarray(array)).hexdigest()


def _answer(deblur, psf):
    """What tells one method from another: some pixels of what it makes of a small picture."""
    x = by_channel(deblur, _squares(psf, 2 * max(psf.shape) + 32))
    return x.ravel()[:: x.size // 50].tolist()


def _alike(made, wanted):
    """The same names and, up to round-off, the same numbers."""
    if isinstance(wanted, str):
        return made == wanted
    return np.shape(made) == np.shape(wanted) and np.allclose(made, wanted, rtol=1e-6, atol=1e-6)
