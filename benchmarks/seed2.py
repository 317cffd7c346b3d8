"""Seed 2 against TensorFlow: the same 500 gradient steps, and how much sooner the exact minimizer is below their end.

    python benchmarks/seed2.py [--repeats 5] [--json]

The problem: astronaut at a third (171x171, no anti-aliasing), the post's PSF, darkness outside, weight 0.2, step 0.5,
start from the same noise. TensorFlow's times leave out building its graph, ours include building the operator.
Medians of interleaved repeats after a warm-up of each; ratios are against the faster of TensorFlow's two ways.
"""

import json
import os
import statistics
import sys

import numpy as np
from measure import interleaved, machine, options
from scipy import ndimage
from skimage import color, data, transform

import deconvlab as dl

MU, STEP, STEPS, START = 0.2, 0.5, 500, 0
END = 2.192  # where the post's 500 steps end
TARGET, AIM = 30, 100  # times sooner than TensorFlow


def problem():
    """The PSF, the blurred picture and the start."""
    grey = color.rgb2gray(data.astronaut())
    x_true = transform.rescale(grey, 1 / 3, mode="constant", anti_aliasing=False)
    point = np.zeros((13, 13))
    point[6, 6] = 1
    psf = ndimage.gaussian_filter(point, (1, 3))
    psf /= psf.sum()
    assert np.allclose(psf, psf[::-1, ::-1])  # TensorFlow's convolution is a correlation: here it makes no difference
    y = dl.Blur(psf, x_true.shape, "zero") @ x_true
    return psf, y, np.random.default_rng(START).standard_normal(y.shape) / 10


def tensorflow_ways(psf, y, x0):
    """The post's loss in TensorFlow, minimized as the post does and inside one compiled loop."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import tensorflow as tf
    except ImportError:
        sys.exit('TensorFlow is missing, which this compares with: install it by  pip install -e ".[bench]"')

    def loss(x):
        kernel = tf.constant(psf[:, :, None, None], tf.float32)
        blurred = tf.nn.conv2d(x[None, :, :, None], kernel, [1, 1, 1, 1], "SAME")[0, :, :, 0]
        fit = tf.sqrt(tf.nn.l2_loss(blurred - tf.constant(y, tf.float32)))
        return fit + MU * tf.sqrt(tf.nn.l2_loss(x[:-1] - x[1:]) + tf.nn.l2_loss(x[:, :-1] - x[:, 1:]))

    with tf.Graph().as_default():
        v1 = tf.compat.v1
        variable = v1.get_variable("x", initializer=x0.astype(np.float32), use_resource=True)
        value = loss(variable)
        train = v1.train.GradientDescentOptimizer(STEP).minimize(value)
        init, session = v1.global_variables_initializer(), v1.Session()

    def session_steps():
        session.run(init)
        losses = [session.run(value)]
        for _ in range(STEPS):
            session.run(train)
            losses.append(session.run(value))
        return losses, session.run(variable)

    @tf.function
    def loop(x):
        losses = tf.TensorArray(tf.float32, STEPS + 1)
        for k in tf.range(STEPS):
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = loss(x)
            losses = losses.write(k, value)
            x -= STEP * tape.gradient(value, x)
        return losses.write(STEPS, loss(x)).stack(), x

    def loop_steps():
        losses, x = loop(tf.constant(x0, tf.float32))
        return losses.numpy().tolist(), x.numpy()

    return tf.__version__, {
        "TensorFlow, 500 steps, session as in the post": session_steps,
        "TensorFlow, 500 steps, one compiled loop": loop_steps,
    }


def our_ways(psf, y, x0):
    """Gradient descent, and the exact minimizer until it is below the post's end and until its own."""

    def descend(dtype):
        H, y_ = dl.Blur(psf, y.shape, "zero"), y.astype(dtype)
        iterates = dl.gradient_descent(dl.root_least_squares(H, y_, MU), x0.astype(dtype), step=STEP)
        history = dl.run(iterates, STEPS, progress=False)
        return history.objective, history.x

    def minimize(dtype, stop=None):
        H, y_ = dl.Blur(psf, y.shape, "zero"), y.astype(dtype)
        history = dl.run(dl.minimize_root(H, y_, MU), STEPS, stop=stop, progress=False)
        return history.objective, history.x

    ways = {}
    for dtype in (np.float64, np.float32):
        name = np.dtype(dtype).name
        ways[f"gradient_descent, 500 steps, {name}"] = lambda dtype=dtype: descend(dtype)
        ways[f"minimize_root to below {END}, {name}"] = lambda dtype=dtype: minimize(
            dtype, lambda it: it.objective < END
        )
        ways[f"minimize_root to its end, {name}"] = lambda dtype=dtype: minimize(dtype)
    return ways


def measured(repeats):
    """TensorFlow's version, and one row for each way."""
    psf, y, x0 = problem()
    version, theirs = tensorflow_ways(psf, y, x0)
    results, seconds = interleaved(theirs | our_ways(psf, y, x0), repeats)

    objective = dl.root_least_squares(dl.Blur(psf, y.shape, "zero"), y, MU)
    reference = next(losses for name, (losses, _) in results.items() if name.startswith("gradient_descent"))
    baseline = min(statistics.median(seconds[name]) for name in theirs)
    rows = []
    for name, (losses, x) in results.items():
        if len(losses) == STEPS + 1:
            assert np.allclose(losses, reference, rtol=2e-3), f"{name} solves another problem"
        median = statistics.median(seconds[name])
        end = objective(x.astype(float))
        verdict = ""
        if " below " in name:
            assert end < END, f"{name} ends at {end}"
            ratio = baseline / median
            verdict = f"target {TARGET}x {'met' if ratio >= TARGET else 'MISSED'}, aim {AIM}x"
            verdict += " met" if ratio >= AIM else " not met"
        spread = [min(seconds[name]), max(seconds[name])]
        rows.append({
            "way": name, "steps": len(losses) - 1, "objective": end, "seconds": median, "range": spread,
            "ratio": baseline / median, "verdict": verdict,
        })  # fmt: skip
    return version, rows


def main():
    choice = options(__doc__, 5)
    version, rows = measured(choice.repeats)
    about = machine() | {"tensorflow": version, "repeats": choice.repeats}
    if choice.json:
        print(json.dumps({"machine": about, "rows": rows}, indent=1))
        return
    print(", ".join(f"{key} {value}" for key, value in about.items()))
    print(f"{'':46s} {'iterates':>8s} {'objective':>9s} {'median ms':>9s} {'min to max':>15s} {'ratio':>7s}")
    for row in rows:
        low, high = (1000 * value for value in row["range"])
        print(f"{row['way']:46s} {row['steps']:8d} {row['objective']:9.4f} {1000 * row['seconds']:9.1f} "
              f"{low:7.1f} {high:7.1f} {row['ratio']:6.1f}x {row['verdict']}")  # fmt: skip


if __name__ == "__main__":
    main()
