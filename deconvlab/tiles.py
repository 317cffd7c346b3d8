"""Pictures larger than memory: any method on overlapping tiles, with Dask.

``from deconvlab.tiles import map_tiles``; the extra ``deconvlab[big]`` brings what only this module needs.
"""

import hashlib
from contextlib import contextmanager
from pathlib import Path

import dask
import dask.array as da
import numpy as np
import zarr
from scipy import fft

from . import _check
from ._run import Progress
from .problem import by_channel

LARGEST = 1024  # pixels: the widest picture on which a method is measured
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
        Dask array, Zarr array or its path, or NumPy array. Colour goes through `by_channel`.
    psf : (K, L) float array
        The PSF that `deblur` assumes.
    tile : int or pair of ints, optional
        Most rows and columns of a tile, without its overlap. Larger costs less time and more memory.
    overlap : int or pair of ints, optional
        Rows and columns that a tile sees of its neighbours. By default measured, see Notes.
    tolerance : float > 0, optional
        How much a result may depend on what its tile does not see, as a share of the range of `y`. Smaller makes the
        measured overlap larger.
    out : path, optional
        Where to write the result: a Zarr array, one chunk for each tile. Where a run was stopped, the next one goes on
        with the tiles that are not finished.
    scheduler : str, optional
        Who computes for `out`: the address of a cluster, "tcp://...", or "threads", "processes" or "synchronous". By
        default whom Dask has been told to use: threads, if nobody.
    progress : bool, optional
        Show how far it is. By default only when the work takes longer than two seconds.

    Returns
    -------
    x : dask.array.Array
        Of the shape and dtype of `y`. Without `out` nothing is computed before it is asked for; with it all is there.

    Raises
    ------
    ValueError
        If a tile is smaller than the PSF, no overlap is enough, `out` holds something else or another run's tiles, or
        nobody answers at the address.
    TypeError
        If `deblur` is no function, or y does not hold floats.
    """
    y = _picture(y)
    shape = y.shape[:2]
    psf, tile = _check.psf(psf, shape), _sizes("tile", tile, 1)
    if not callable(deblur):
        raise TypeError(f"deblur: got {type(deblur).__name__}, expected a function of one picture")
    if any(n < k for n, k in zip(tile, psf.shape, strict=True)):
        raise ValueError(f"tile: got {tile}, expected at least the PSF's {psf.shape}")
    tile = tuple(-(-n // -(-n // most)) for n, most in zip(shape, tile, strict=True))  # alike: no narrow rest
    if overlap is None:
        overlap = (0, 0) if tile == shape else _enough(deblur, psf, tile, tolerance)
    overlap = _sizes("overlap", overlap, 0)
    tiles = [[_Tile(deblur, y, here, overlap) for here in row] for row in _places(shape, tile)]
    if out is None:
        return da.block([[one.lazy() for one in row] for row in tiles])
    settings = {"tile": list(tile), "overlap": list(overlap), "psf": _hash(psf), "deblur": _answer(deblur, psf)}
    store = _Store(Path(out), y, tile, settings)
    _run(store, [one for row in tiles for one in row], scheduler, progress)
    return da.from_zarr(str(out))


def influence(deblur, size=256):
    """What the light far from a pixel can still change there.

    Parameters
    ----------
    deblur : function of (M, N) array -> (M, N) array
        The method.
    size : int, optional
        Pixels on a side of the picture that it is given: grey, but for one brighter pixel in the middle.

    Returns
    -------
    left : (2, size//2) array
        What is left beyond 0, 1, 2, ... rows, and beyond as many columns: the rms change of a pixel when all that is
        farther away changes at random, with an rms of 1. A smaller weight makes it fall more slowly.
    """
    middle = _check.whole("size", size, 2, 10**4) // 2
    grey = np.full((size, size), 0.5)
    bright = grey.copy()
    bright[middle, middle] = 1
    power = np.square((deblur(bright) - deblur(grey)) / 0.5, dtype=float)
    distance = abs(np.arange(size) - middle)
    lines = power.sum(axis=1), power.sum(axis=0)
    return np.sqrt([[line[distance > far].sum() for far in range(middle)] for line in lines])


def reach(deblur, tolerance=1e-3):
    """How far a method looks: the distance beyond which its `influence` is below the tolerance.

    Parameters
    ----------
    deblur : function of (M, N) array -> (M, N) array
        The method.
    tolerance : float > 0, optional
        Smaller looks farther.

    Returns
    -------
    rows, columns : ints
    """
    tolerance, size = _check.number("tolerance", tolerance, above=True), 128
    while size <= LARGEST:
        left = influence(deblur, size)
        near = np.argmax(left < tolerance, axis=1)
        if left[:, -1].max() < tolerance and near.max() < 0.4 * size:
            return tuple(near.tolist())
        size *= 2
    raise ValueError(
        f"deblur: got a method whose result still changes by {left[:, -1].max():.2g} for a pixel {LARGEST // 2} pixels "
        "away, expected one for which an overlap is enough: use a larger weight or a larger tolerance"
    )


def _enough(deblur, psf, tile, tolerance):
    """The overlap with which a tile comes out as it would of the whole picture, up to the tolerance."""
    overlap = [r + k - 1 for r, k in zip(reach(deblur, tolerance), psf.shape, strict=True)]
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

    def __init__(self, deblur, y, place, overlap):
        wide = [
            slice(max(part.start - more, 0), min(part.stop + more, n))
            for part, more, n in zip(place, overlap, y.shape, strict=False)
        ]
        inside = [slice(part.start - w.start, part.stop - w.start) for part, w in zip(place, wide, strict=True)]
        self.place, self.seen, self.dtype = place, y[tuple(wide)], y.dtype
        self.x = dask.delayed(_solve)(deblur, self.seen, tuple(inside))

    def lazy(self):
        shape = tuple(part.stop - part.start for part in self.place) + self.seen.shape[2:]
        return da.from_delayed(self.x, shape, self.dtype)


def _solve(deblur, y, inside):
    return by_channel(deblur, y)[inside].astype(y.dtype, copy=False)


class _Store:
    """A Zarr array that knows what it was made with, and which of its chunks are whole."""

    def __init__(self, path, y, tile, settings):
        self.path, self.marks = path, path / "finished"
        settings |= {"shape": list(y.shape), "dtype": str(y.dtype)}
        if not path.exists():
            zarr.create_array(
                path, shape=y.shape, dtype=y.dtype, chunks=(*tile, *y.shape[2:]), fill_value=np.nan,
                attributes={"deconvlab": settings},
            )  # fmt: skip
            return
        try:
            made = zarr.open_array(path, mode="r").attrs["deconvlab"]
        except (KeyError, zarr.errors.BaseZarrError, FileNotFoundError):
            raise ValueError(f"out: got {path}, which holds something else, expected a new path") from None
        other = [key for key in settings if not _alike(made.get(key), settings[key])]
        if other:
            raise ValueError(
                f"out: got {path}, which holds tiles of a run with another {', '.join(other)}, expected a new path"
            )

    def mark(self, place):
        return self.marks / ".".join(str(part.start) for part in place)

    def write(self, x, place):
        zarr.open_array(self.path, mode="r+")[place] = x
        self.marks.mkdir(exist_ok=True)
        self.mark(place).touch()  # only now: a chunk without its mark is computed again


def _run(store, tiles, scheduler, progress):
    tasks = [dask.delayed(store.write)(one.x, one.place) for one in tiles if not store.mark(one.place).exists()]
    bar = Progress(len(tasks), progress, "tile")
    with _computers(scheduler) as (scheduler, threads):
        for start in range(0, len(tasks), AT_ONCE * threads):
            bar.show(start)
            dask.compute(*tasks[start : start + AT_ONCE * threads], scheduler=scheduler)
    bar.close()


@contextmanager
def _computers(scheduler):
    """The scheduler as Dask takes it, and how many threads it has."""
    if scheduler and "://" in scheduler:
        from distributed import Client

        try:
            client = Client(scheduler, set_as_default=False, timeout=10)
        except OSError as error:
            raise ValueError(f"scheduler: got {scheduler!r}, where nobody answers") from error
        with client:
            yield client, sum(client.nthreads().values())
    else:
        yield scheduler, dask.config.get("num_workers", None) or dask.system.CPU_COUNT


def _picture(y):
    if isinstance(y, (str, Path, zarr.Array)):
        y = da.from_zarr(y)
    elif not isinstance(y, da.Array):
        y = da.from_array(y)
    if y.ndim not in (2, 3) or y.shape[2:] not in ((), (3,)):
        raise ValueError(f"y: got shape {y.shape}, expected (rows, columns) or (rows, columns, 3)")
    _check.floats("y", np.empty(0, y.dtype))
    return y


def _sizes(name, value, low):
    return tuple(_check.whole(name, n, low, 10**9) for n in _check.pair(name, value))


def _hash(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def _answer(deblur, psf):
    """What tells one method from another: some pixels of what it makes of noise."""
    y = np.random.default_rng(0).random(tuple(2 * k + 32 for k in psf.shape))
    return deblur(y).ravel()[:: y.size // 50].tolist()


def _alike(one, other):
    return one == other or (
        isinstance(one, list) and len(one) == len(other) and np.allclose(one, other, rtol=1e-6, atol=1e-6)
    )
