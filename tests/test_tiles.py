"""Tiles join without a seam, fit into memory, and outlive a stopped run and a dead worker."""

import os
import socket
import subprocess
import sys
import threading

import dask
import dask.array as da
import numpy as np
import pytest
import zarr
from distributed import LocalCluster
from helpers import ramp

import deconvlab as dl
from deconvlab.tiles import influence, map_tiles, reach

SCENE = dl.sample_image("camera")[100:340, 150:370]
GAUSSIAN, SHAKE = dl.gaussian(1.5), dl.shake(7, rng=3)


def photograph(psf, dtype=float):
    return dl.simulate(SCENE, psf, sigma=0.01, boundary="unknown", rng=0).y.astype(dtype)


def mirror(psf, weight):
    return lambda y: dl.tikhonov(y, psf, weight, boundary="reflect")


def unknown(solver, psf, steps, **settings):
    """An iterative method as a user writes it: any picture in, its answer inside the frame out."""

    def deblur(y):
        H = dl.Blur(psf, y.shape, "unknown")
        return H.crop(dl.run(solver(H, y.clip(0), **settings), steps, progress=False).x)

    return deblur


METHODS = {
    "mirror, gaussian": (GAUSSIAN, mirror(GAUSSIAN, 1e-2)),
    "mirror, line": (dl.motion(7), mirror(dl.motion(7), 0.1)),
    "conjugate gradients, shake": (SHAKE, unknown(dl.conjugate_gradient, SHAKE, 60, weight=0.05)),
    "conjugate gradients, ramp": (ramp(3, 5), unknown(dl.conjugate_gradient, ramp(3, 5), 60, weight=0.03)),
    "Richardson-Lucy, shake": (SHAKE, unknown(dl.richardson_lucy, SHAKE, 15)),
    "Richardson-Lucy, ramp": (ramp(7, 3), unknown(dl.richardson_lucy, ramp(7, 3), 15)),
    "total variation, disk": (dl.disk(2), unknown(dl.total_variation, dl.disk(2), 60, weight=1e-3)),
    "total variation, shake": (SHAKE, unknown(dl.total_variation, SHAKE, 60, weight=1e-3)),
}


@pytest.mark.parametrize("name", METHODS)
def test_no_seam(name):
    """Catches: an overlap too small, on one side or in one axis; tiles that are swapped or off by one pixel."""
    psf, deblur = METHODS[name]
    y = photograph(psf)
    whole = deblur(y)
    error = abs(map_tiles(deblur, y, psf, tile=(120, 110)).compute() - whole)
    apart = abs(map_tiles(deblur, y, psf, tile=(120, 110), overlap=0).compute() - whole)
    assert error.max() < 1e-3 * np.ptp(y) < apart.max() / 10


# How far a method looks


def test_a_division_looks_farther_than_the_psf_and_farther_with_a_smaller_weight():
    """Catches: an overlap as wide as the PSF; a distance measured from the wrong pixel, or in the wrong axis."""
    distances = [reach(mirror(GAUSSIAN, weight), GAUSSIAN)[0] for weight in (1e-1, 1e-2, 1e-3)]
    assert len(GAUSSIAN) // 2 < distances[0] < distances[1] < distances[2]
    rows, columns = reach(mirror(dl.motion(7), 0.1), dl.motion(7))
    assert rows < 20 < columns
    left = influence(lambda y: np.roll(y, (5, -2), (0, 1)), dl.delta(), 32)
    assert [int(np.argmax(line < 1e-9)) for line in left] == [5, 2]
    np.testing.assert_allclose([left[0, 4], left[1, 1]], 1)


def test_a_method_without_a_reach_is_refused(monkeypatch):
    """Catches: an endless search; tiles of a method that looks at all of the picture."""
    monkeypatch.setattr("deconvlab.tiles.SIZES", (64, 128))
    with pytest.raises(ValueError, match=r"^deblur: got a method for which 1 is left .* of 51 pixels.* larger weight"):
        map_tiles(lambda y: np.roll(y, y.shape[0] // 2, axis=0), np.ones((99, 99)), dl.delta(), tile=50)


# What goes in and comes out


def test_every_kind_of_array_gives_the_same(tmp_path):
    """Catches: chunks of y that do not fit the tiles, big-endian floats, a path that is not opened, float64 out."""
    y, deblur = photograph(GAUSSIAN, np.float32), mirror(GAUSSIAN, 0.1)
    how = {"psf": GAUSSIAN, "tile": 100, "overlap": 12}
    expected = map_tiles(deblur, y, **how).compute()
    stored = zarr.create_array(tmp_path / "y.zarr", shape=y.shape, chunks=(64, 70), dtype=y.dtype)
    stored[:] = y
    mapped = np.memmap(tmp_path / "y.raw", y.dtype, "w+", shape=y.shape)
    mapped[:] = y
    others = [stored, tmp_path / "y.zarr", da.from_array(y, chunks=(50, 333)), y.astype(">f4"), mapped]
    for other in others:
        x = map_tiles(deblur, other, **how)
        assert x.dtype == np.float32 and x.dtype.isnative
        np.testing.assert_array_equal(x.compute(), expected)


def test_colour_goes_channel_by_channel(tmp_path):
    """Catches: three channels taken for three pictures, a place in the store that leaves two of them out."""
    y = np.dstack([photograph(GAUSSIAN), np.sqrt(photograph(GAUSSIAN).clip(0)), photograph(GAUSSIAN) ** 2])
    x = map_tiles(mirror(GAUSSIAN, 0.1), y, GAUSSIAN, tile=200, out=tmp_path / "x.zarr")
    np.testing.assert_allclose(x, dl.by_channel(mirror(GAUSSIAN, 0.1), y), atol=1e-3)


def test_a_picture_of_one_tile_is_solved_whole():
    """Catches: a measure where nothing is cut, which refuses methods without a reach."""
    y = photograph(SHAKE)
    x = map_tiles(lambda y: y[::-1] - y.mean(), y, SHAKE)
    np.testing.assert_array_equal(x.compute(), y[::-1] - y.mean())


def test_what_deblur_returns_is_looked_at():
    """Catches: the scene with its rim, as solvers return it, joined into a shifted picture."""
    y = photograph(SHAKE)
    for overlap in (9, None):
        with pytest.raises(ValueError, match=r"return H.crop\(x\)"):
            map_tiles(lambda y: np.pad(y, 3), y, SHAKE, tile=200, overlap=overlap).compute()


def test_a_path_leads_home(tmp_path, monkeypatch):
    """Catches: a folder that is called ~, or a result looked for in one."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert map_tiles(mirror(GAUSSIAN, 0.1), SCENE, GAUSSIAN, out="~/x.zarr").shape == SCENE.shape
    assert (tmp_path / "x.zarr").exists()


def test_an_error_says_in_which_tile(tmp_path):
    """Catches: one dead pixel of a billion, and nobody knows where."""
    y = photograph(SHAKE)
    y[110, 7] = np.nan
    stored = zarr.create_array(tmp_path / "y.zarr", shape=y.shape, chunks=y.shape, dtype=y.dtype)
    stored[:] = y
    with pytest.raises(ValueError, match="^y: got 1 values that are NaN") as caught:
        map_tiles(mirror(GAUSSIAN, 0.1), stored, GAUSSIAN, tile=80, overlap=9, out=tmp_path / "x.zarr")
    assert caught.value.__notes__ == ["This was in the tile of rows 78:156 and columns 0:72."]


# A run that was stopped


class Stopped(Exception):
    pass


def stopping(after, weight=0.1):
    """A method that counts the tiles it has solved, and stops the run in the middle of one of them."""
    lock, solved = threading.Lock(), []

    def deblur(y):
        if y.shape[0] != 2 * len(GAUSSIAN) + 32:  # not the little picture that tells methods apart
            with lock:
                if len(solved) == after:
                    raise Stopped
                solved.append(y.shape)
        return mirror(GAUSSIAN, weight)(y)

    return deblur, solved


def test_a_stopped_run_goes_on_where_it_was(tmp_path):
    """Catches: finished tiles computed again, or tiles taken for finished that are half-written or not there."""
    y, out = photograph(GAUSSIAN), tmp_path / "x.zarr"
    how = {"psf": GAUSSIAN, "tile": 80, "overlap": 12, "out": out, "scheduler": "synchronous"}
    with pytest.raises(Stopped):
        map_tiles(stopping(4)[0], y, **how)
    assert np.isnan(zarr.open_array(out)[:]).any()
    finished = sorted((out / "finished").iterdir())
    assert len(finished) == 4
    sides = zarr.open_array(out).chunks
    row, column = (str(int(start) // n) for start, n in zip(finished[0].name.split("."), sides, strict=True))
    assert (out / "c" / row / column).exists()
    (out / "c" / row / column).write_bytes(b"half")  # as if it had been killed while it wrote this chunk
    finished[0].unlink()
    deblur, solved = stopping(None)
    x = map_tiles(deblur, y, **how)
    assert len(solved) == 3 * 3 - 4 + 1
    np.testing.assert_array_equal(x, map_tiles(mirror(GAUSSIAN, 0.1), y, GAUSSIAN, tile=80, overlap=12))
    map_tiles(deblur, y, **how)
    assert len(solved) == 3 * 3 - 4 + 1


@pytest.mark.parametrize("other", ["deblur", "y", "psf", "tile", "overlap", "dtype", "shape"])
def test_tiles_of_another_run_are_not_taken(tmp_path, other):
    """Catches: a picture half of one weight and half of another."""
    run = {"deblur": mirror(GAUSSIAN, 0.1), "y": photograph(GAUSSIAN), "psf": GAUSSIAN, "tile": 150, "overlap": 12}
    map_tiles(**run, out=tmp_path / "x.zarr")
    changed = {
        "deblur": mirror(GAUSSIAN, 0.1001),
        "y": run["y"] * 1.0001,
        "psf": dl.gaussian(1.6),
        "tile": 90,
        "overlap": 13,
        "dtype": run["y"].astype(np.float32),
        "shape": run["y"][1:],
    }[other]
    run[{"dtype": "y", "shape": "y"}.get(other, other)] = changed
    with pytest.raises(ValueError, match=rf"^out: got .*x.zarr, which holds tiles of a run with another .*{other}"):
        map_tiles(**run, out=tmp_path / "x.zarr")


def test_what_is_no_result_is_not_overwritten(tmp_path):
    """Catches: the observation, or somebody's folder, lost under the result."""
    y = photograph(GAUSSIAN)
    stored = zarr.create_array(tmp_path / "y.zarr", shape=y.shape, chunks=(64, 70), dtype=y.dtype)
    stored[:] = y
    (tmp_path / "folder").mkdir()
    for name in ("y.zarr", "folder"):
        with pytest.raises(ValueError, match="holds something else, expected a new path"):
            map_tiles(mirror(GAUSSIAN, 0.1), stored, GAUSSIAN, tile=150, overlap=12, out=tmp_path / name)
    np.testing.assert_array_equal(stored[:], y)


def test_a_long_run_says_how_far_it_is(tmp_path, capsys):
    """Catches: a line that stays, counts tiles that were finished before, or comes where nobody asked."""
    how = {"psf": GAUSSIAN, "tile": 80, "overlap": 12, "scheduler": "synchronous", "out": tmp_path / "x.zarr"}
    with pytest.raises(Stopped):
        map_tiles(stopping(4)[0], photograph(GAUSSIAN), progress=False, **how)
    assert capsys.readouterr().err == ""
    map_tiles(mirror(GAUSSIAN, 0.1), photograph(GAUSSIAN), progress=True, **how)
    words = capsys.readouterr().err
    assert "of 5, at most" in words and words.endswith(" \r")


# Memory


LIMITED = """
import resource, sys
import dask, psutil, zarr
import numpy as np
import deconvlab as dl
from deconvlab.tiles import map_tiles

source, target, room = sys.argv[1:]
psf = dl.gaussian(2.5, size=25)
how = {"tile": 512, "overlap": 64, "progress": False}
deblur = lambda y: dl.tikhonov(y, psf, 1e-2, boundary="reflect")
dask.config.set(num_workers=2)
zarr.config.set({"async.concurrency": 2, "threading.max_workers": 2})  # so that chance does not say who reads when
map_tiles(deblur, np.ones((600, 600), np.float32), psf, out=target + ".small", **how)  # what every run needs
limit = psutil.Process().memory_info().vms + int(room)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
map_tiles(deblur, source, psf, out=target, **how)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit a process")
def test_memory_is_less_than_a_picture_and_a_half(tmp_path):
    """Catches: the picture or the result in memory, which 16384 x 16384 in 2 GB has hardly room for.

    All threads share one arena of the allocator: each would reserve 64 MB of addresses for its own, used or not.
    """
    side, part = 4096, np.random.default_rng(0).random((1024, 4096), np.float32)
    y = zarr.create_array(tmp_path / "y.zarr", shape=(side, side), chunks=(512, 512), dtype=part.dtype)
    for row in range(0, side, 1024):
        y[row : row + 1024] = part
    paths = [tmp_path / "y.zarr", tmp_path / "x.zarr"]
    command = [sys.executable, "-c", LIMITED, *paths, str(6 * side**2)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "MALLOC_ARENA_MAX": "1"})
    assert done.returncode == 0, done.stderr[-2000:]


# A cluster


def test_a_cluster_of_two_survives_the_death_of_one(tmp_path):
    """Catches: tiles lost with their worker, marked before they are written, or a method that cannot be pickled."""
    y, psf, died = photograph(SHAKE), SHAKE, tmp_path / "died"
    main = os.getpid()

    def deblur(y):
        if os.getpid() != main and (tmp_path / "x.zarr" / "finished" / "0.0").exists() and not died.exists():
            died.touch()
            os._exit(1)
        return dl.tikhonov(y, psf, 0.1)

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        address = cluster.scheduler_address
        x = map_tiles(deblur, y, psf, tile=60, overlap=12, out=tmp_path / "x.zarr", scheduler=address)
    assert died.exists()
    np.testing.assert_array_equal(x, map_tiles(deblur, y, psf, tile=60, overlap=12))


def test_nobody_at_the_address_is_said(tmp_path):
    """Catches: half a minute of waiting, and then a sentence about sockets; a store that is there already."""
    with socket.socket() as free, dask.config.set({"distributed.comm.timeouts.connect": 0.2}):
        free.bind(("127.0.0.1", 0))
        address = "tcp://{}:{}".format(*free.getsockname())
        with pytest.raises(ValueError, match=rf"^scheduler: got '{address}', where no Dask cluster answers"):
            map_tiles(mirror(GAUSSIAN, 0.1), SCENE, GAUSSIAN, tile=99, out=tmp_path / "x.zarr", scheduler=address)
    assert not (tmp_path / "x.zarr").exists()
