"""Lesson 06, tame it: Wiener and Tikhonov."""

import functools

import numpy as np

from .. import criteria, filters, operators, problem
from .. import psf as psfs
from . import compare
from ._answer import Function, Mistake
from ._tasks import Tasks, random_psf

tasks = Tasks()


@tasks.task(
    "06-what-a-wave-costs",
    "The derivative with respect to G is zero at the best G. Then put that G into the formula.",
    "G = H / (H**2 + sigma**2 / S) = 0.4 / (0.16 + 0.04); now (G * 0.4 - 1)**2 * 0.25 + G**2 * 0.01.",
)
def what_a_wave_costs(answer):
    H, S, noise = 0.4, 0.25, 0.01

    def cost(G):
        return (G * H - 1) ** 2 * S + G**2 * noise

    best = H / (H**2 + noise / S)
    compare.number(
        answer,
        cost(best),
        within=0.01,
        wrong={
            "That is the best gain: what does the wave cost with it?": best,
            "That is the price of the division, G = 1 / H: no bias, much noise. It can be less.": cost(1 / H),
            "That is the price of leaving the wave as it is, G = 1. It can be less.": cost(1),
            "That is the price of giving the wave up, G = 0. It can be less.": cost(0),
            "That is the bias alone: the noise costs, too.": (best * H - 1) ** 2 * S,
            "That is the noise alone: the bias costs, too.": best**2 * noise,
            "Your gain has sigma where sigma squared belongs.": cost(H / (H**2 + noise**0.5 / S)),
            "Your gain has S / sigma², upside down.": cost(H / (H**2 + S / noise)),
            "Your gain has H where H squared belongs.": cost(H / (H + noise / S)),
            "That is the root of the squared error; the squared error was asked for.": cost(best) ** 0.5,
        },
    )
    return "Division costs 0.0625, giving up 0.25. The best gain, 2, lets the wave come back by 80 %."


@tasks.task(
    "06-stay-near-a-guess",
    "Write down one wave: 1/2 |HX - Y|² + weight/2 |X - G|². Where is its derivative with respect to X zero?",
    "conj(H) (H X - Y) + weight (X - G) = 0: solve it for X; G is the spectrum of the guess.",
)
def stay_near_a_guess(answer):
    near, rng = Function(answer, "y", "psf", "weight", "guess"), np.random.default_rng()
    for shape in ((12, 16), (13, 15), (16, 16)):
        y, guess = rng.standard_normal((2, *shape))
        psf, w = random_psf(rng, (3, 5)), rng.uniform(0.2, 0.4)
        H, Y, G = psfs.psf_to_otf(psf, shape), np.fft.rfft2(y), np.fft.rfft2(guess)
        H2, D2 = abs(H) ** 2, operators.gradient_power(shape)

        def back(spectrum, shape=shape):
            return np.fft.irfft2(spectrum, s=shape)

        compare.array(
            near(y, psf, w, guess),
            back((H.conj() * Y + w * G) / (H2 + w)),
            wrong={
                "This is Tikhonov's own filter: where is the guess? Write down the derivative of its term.":
                    back(H.conj() * Y / (H2 + w)),
                "The guess comes in without its weight.": back((H.conj() * Y + G) / (H2 + w)),
                "The guess has the wrong sign: move it to the other side with care.":
                    back((H.conj() * Y - w * G) / (H2 + w)),
                "The guess was added to Tikhonov's answer: see what is under the fraction.":
                    back(H.conj() * Y / (H2 + w)) + guess,
                "The guess was added to Tikhonov's answer, times the weight: see what is under the fraction.":
                    back(H.conj() * Y / (H2 + w)) + w * guess,
                "The guess is multiplied by conj(H), too: was it blurred? The wish compares it with x itself.":
                    back(H.conj() * (Y + w * G) / (H2 + w)),
                "The data are not multiplied by conj(H).": back((Y + w * G) / (H2 + w)),
                "H stands where conj(H) belongs: this turns the PSF round.": back((H * Y + w * G) / (H2 + w)),
                "H stands where |H|² belongs.": back((H.conj() * Y + w * G) / (H + w)),
                "|H| stands where |H|² belongs.": back((H.conj() * Y + w * G) / (abs(H) + w)),
                "The weight is missing under the fraction.": back((H.conj() * Y + w * G) / H2),
                "The weight is squared: it stands in the wish as it is.": back((H.conj() * Y + w**2 * G) / (H2 + w**2)),
                "That is half of a derivative: the 1/2 belongs to both terms of the wish.":
                    back((H.conj() * Y + w / 2 * G) / (H2 + w / 2)),
                "This penalizes the roughness of x - g; the wish names its size.":
                    back((H.conj() * Y + w * D2 * G) / (H2 + w * D2)),
            },
        )  # fmt: skip
    return "Where H is small the guess speaks, elsewhere the data: no wave has to fade out."


@tasks.task(
    "06-mend-the-wiener-filter",
    "sigma² is the power of the noise in a wave only if the transform is scaled so. Is this one?",
    'np.fft.rfft2(like, norm="ortho"): then noise has sigma² in every wave, and S is its match.',
)
def mend_the_wiener_filter(answer):
    wiener, rng = Function(answer, "y", "psf", "sigma", "like"), np.random.default_rng()
    for shape in ((12, 16), (13, 15), (16, 16)):
        y, like, sigma = rng.standard_normal(shape), rng.standard_normal(shape), rng.uniform(0.4, 0.6)
        psf = random_psf(rng, (3, 5))
        H, size = psfs.psf_to_otf(psf, shape), y.size
        S = abs(np.fft.rfft2(like, norm="ortho")) ** 2

        def restored(nsr, phase=np.conj, H=H, y=y):
            return filters.apply_gain(y, phase(H) / (abs(H) ** 2 + nsr))

        compare.array(
            wiener(y, psf, sigma, like),
            restored(sigma**2 / S),
            wrong={
                "It is as it was: S is too large. By how much does the transform of white noise of rms 1 exceed 1?":
                    restored(sigma**2 / (size * S)),
                "S was divided by the root of the number of pixels: that is for the transform, before it is squared.":
                    restored(sigma**2 / (size**0.5 * S)),
                "S is too small now: norm=\"forward\" divides by all pixels, and the square by their square.":
                    restored(sigma**2 / (S / size)),
                "S is the size of each wave now, not its power.": restored(sigma**2 / S**0.5),
                "S is the size of each wave now, not its power, and the scale of the transform is still in it.":
                    restored(sigma**2 / (size * S) ** 0.5),
                "That has sigma where sigma² belongs.": restored(sigma / S),
                "The quotient is upside down: it should be large where the photograph is weak.": restored(S / sigma**2),
                "S and sigma² are multiplied.": restored(sigma**2 * S),
                "conj(H) was right: H turns the phase on instead of back.": restored(sigma**2 / S, np.positive),
                "One number for all waves, the mean power: use the power of each.": restored(sigma**2 / S.mean()),
                "One number for all waves, the variance of `like`: use the power of each.":
                    restored(sigma**2 / like.var()),
            },
        )  # fmt: skip
    return "Noise and signal stand on one scale now, at any size."


NOISES, WEIGHTS, MARGIN = (0.003, 0.01, 0.05), (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.2), 0.7


@functools.cache
def _trials():
    """For each PSF and noise its OTF, the noise, and pairs of a photograph and the spectrum of its data."""
    names, shape = ("astronaut", "brick", "coffee", "coins", "retina", "rocket"), (128, 144)
    pictures = [problem.sample_image(name, size=shape) for name in names]
    ramp = np.arange(1.0, 8)[None] / 28  # lopsided
    trials = []
    for psf in (psfs.disk(3), psfs.motion(9, 20), psfs.gaussian(1.5), ramp):
        for noise in NOISES:
            data = (problem.simulate(x, psf, sigma=noise, rng=k).y for k, x in enumerate(pictures))
            trials.append(
                (psfs.psf_to_otf(psf, shape), noise, list(zip(pictures, map(np.fft.rfft2, data), strict=True)))
            )
    frequency = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1]))
    return trials, frequency


def _score(gain):
    """The mean PSNR of what a gain makes of all data, told the OTF, the noise and (for an oracle) the picture."""
    return np.mean([
        criteria.psnr(x, np.fft.irfft2(gain(otf, noise, x) * Y, s=x.shape))
        for otf, noise, pairs in _trials()[0] for x, Y in pairs
    ])  # fmt: skip


@functools.cache
def _to_beat():
    """The score of the best single weight, and that of Wiener's gain with each photograph's own spectrum."""
    trials, frequency = _trials()
    roughness = operators.gradient_power(trials[0][2][0][0].shape)

    def own(otf, noise, x):
        rings, power = filters.radial_mean(abs(np.fft.rfft2(x, norm="ortho")) ** 2, x.shape)
        return filters.wiener_gain(otf, noise**2 / np.interp(frequency, rings, power))

    fixed = [_score(lambda otf, noise, x, w=w: filters.tikhonov_gain(otf, w, roughness)) for w in WEIGHTS]
    return max(fixed), _score(own)


@tasks.task(
    "06-a-gain-of-your-own",
    "Wiener: conj(H) / (|H|² + sigma² / S). S is a belief: strong slow waves, weak fast ones. Let it fall like 1 / f².",
    "nsr = c * sigma**2 * frequency**2, and otf.conj() / (abs(otf)**2 + nsr): try c = 100, 1000 and 10,000.",
)
def a_gain_of_your_own(answer):
    mine, (trials, frequency) = Function(answer, "otf", "frequency", "sigma"), _trials()
    gains = {}
    for otf, noise, _ in trials:
        gain = np.asarray(mine(otf, frequency, noise))
        if gain.shape != otf.shape or gain.dtype.kind not in "iufc":
            raise Mistake(f"It returns {gain.dtype} of shape {gain.shape}, expected a number for each of {otf.shape}.")
        if not np.isfinite(gain).all():
            raise Mistake(
                f"{np.count_nonzero(~np.isfinite(gain))} of the gains are NaN or infinite: is something divided by 0, "
                "or by the frequency 0?"
            )
        gains[id(otf), noise] = gain
    (plain, oracle), score = _to_beat(), _score(lambda otf, noise, x: gains[id(otf), noise])
    if score < plain + MARGIN:
        raise Mistake(f"Mean PSNR {score:.2f} dB, to beat {plain + MARGIN:.2f} dB. {_why(list(gains.values()))}")
    return (
        f"Mean PSNR {score:.2f} dB. The best single weight has {plain:.2f} dB, and an oracle, Wiener's gain with the "
        f"spectrum of each photograph, {oracle:.2f} dB."
    )


def _why(gains):
    """What is amiss with gains that lose."""
    otfs = [otf for otf, _, _ in _trials()[0]]
    passed = [gain * otf for gain, otf in zip(gains, otfs, strict=True)]
    if max(abs(p.imag).sum() / abs(p).sum() for p in passed) > 0.01:
        return "One PSF is lopsided, and its waves come back shifted: what turns the phase of H back?"
    if max(abs(p[0, 0] - 1) for p in passed) > 0.02:
        grey = max((p[0, 0].real for p in passed), key=lambda share: abs(share - 1))
        return f"An even grey comes back {grey:.2f} times as bright: what should the gain be at frequency 0?"
    loud = len(NOISES) - 1
    if all(np.allclose(gains[k], gains[k + loud]) for k in range(0, len(gains), len(NOISES))):
        return "Your gain is the same for every noise. What should happen to it when sigma grows?"
    damped = [np.mean(abs(passed[k + loud]) / (abs(passed[k]) + 1e-12)) for k in range(0, len(gains), len(NOISES))]
    if np.mean(damped) > 1:
        return "With more noise your gain lets more through: is something upside down?"
    shares = ", ".join(f"{share:.0%} at noise {noise}" for noise, share in zip(NOISES, _noisy(gains), strict=True))
    return f"Of your squared error, noise makes {shares}; the rest is bias. Where do you fear too much, or too little?"


def _noisy(gains):
    """For each noise, its share of the squared error."""
    for k, noise in enumerate(NOISES):
        trials = list(zip(gains, _trials()[0], strict=True))[k :: len(NOISES)]
        errors = [np.mean((np.fft.irfft2(g * Y, s=x.shape) - x) ** 2) for g, (_, _, pairs) in trials for x, Y in pairs]
        yield min(noise**2 * np.mean([criteria.rms(gain) ** 2 for gain, _ in trials]) / np.mean(errors), 1)
