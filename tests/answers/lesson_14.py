"""Right answers in two writings, and wrong ones with words of the verdict that they deserve."""

import numpy as np

import deconvlab as dl

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def squares(values):
    return values.reshape(values.shape[0] // 2, 2, -1, 2).mean(axis=(1, 3))


def smaller(levels):
    light = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    light = squares(light)
    return np.where(light <= 0.04045 / 12.92, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def never_straight(levels):
    light = squares(((levels + 0.055) / 1.055) ** 2.4)
    return 1.055 * light ** (1 / 2.4) - 0.055


def mixed_ends(levels):
    """The way back is straight up to the level, not the light, where the piece ends."""
    light = squares(dl.srgb_to_linear(levels))
    return np.where(light <= 0.04045, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def put_together(luminance, base, colour):
    """Two ways for edges and colours; `base` and `colour` say what is made of g and of a channel."""

    def two_ways(light, sharp, smooth):
        g = light @ luminance
        return np.dstack([base(g, sharp, smooth) + colour(light[..., k], g, sharp, smooth) for k in range(3)])

    return two_ways


def base(g, sharp, smooth):
    return sharp(g)


def colour(channel, g, sharp, smooth):
    return smooth(channel - g)


two_ways = put_together(LUMINANCE, base, colour)


def in_a_loop(light, sharp, smooth):
    red, green, blue = light[..., 0], light[..., 1], light[..., 2]
    g = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    x, middle = np.zeros(light.shape), sharp(g)
    for k, channel in enumerate((red, green, blue)):
        x[:, :, k] = middle + smooth(channel - g)
    return x


def tikhonov(weight, taper=True, inside=dl.srgb_to_linear, outside=np.array):
    """Channel by channel; `inside` is applied to the levels, `outside` to what comes out."""

    def restore(levels, psf):
        def channel(y):
            return dl.tikhonov(dl.edge_taper(y, psf) if taper else y, psf, weight)

        return outside(dl.by_channel(channel, inside(levels)))

    return restore


def edges(weight, luminance=False):
    """Total variation, channel by channel."""

    def restore(levels, psf):
        H = dl.Blur(psf, levels.shape[:2], "unknown")

        def channel(y):
            return H.crop(dl.run(dl.total_variation(H, y, weight), 30, progress=False).x)

        return dl.by_channel(channel, dl.srgb_to_linear(levels), luminance=luminance)

    return restore


def grey(levels, psf):
    return np.dstack(3 * [dl.srgb_to_linear(levels) @ LUMINANCE])


def as_light(x):
    return dl.srgb_to_linear(x.clip(0, 1))


ANSWERS = {
    "14-speed-from-a-streak": {
        "right": [25.92, 8 * 3 * 0.003 * 100 * 3.6, 26],
        "wrong": {"brought together": 8.64, "longer or shorter": 2.88, "metres a second: kilometres": 7.2,
                  "as long as on the copy": 2.4, "divided by 3.6": 2, "millimetres for metres": 25920,
                  "in millimetres: in which time": 72, "counted twice": 77.76, "Got 30": 30},
    },
    "14-shrink-a-file": {
        "right": [smaller, lambda v: dl.linear_to_srgb(dl.shrink(dl.srgb_to_linear(v), 2))],
        "wrong": {
            "mean of the levels": squares,
            "It holds light": lambda v: squares(dl.srgb_to_linear(v)),
            "the wrong way round": lambda v: dl.srgb_to_linear(squares(dl.linear_to_srgb(v))),
            "three pixels of four": lambda v: v[::2, ::2],
            "in both directions": never_straight,
            "ends at a light": mixed_ends,
            "take their mean": lambda v: dl.linear_to_srgb(4 * squares(dl.srgb_to_linear(v))),
            "The power 2.2": lambda v: squares(v**2.2) ** (1 / 2.2),
            "255 times too large": lambda v: 255 * smaller(v),
            "It has the shape": dl.linear_to_srgb,
        },
    },
    "14-two-ways": {
        "right": [two_ways, in_a_loop],
        "wrong": {
            "count alike": put_together(np.full(3, 1 / 3), base, colour),
            "Red and blue are exchanged": put_together(LUMINANCE[::-1], base, colour),
            "are exchanged.": lambda light, sharp, smooth: two_ways(light, smooth, sharp),
            "colours are gone": put_together(LUMINANCE, base, lambda *others: 0),
            "where is the luminance": put_together(LUMINANCE, lambda *others: 0, colour),
            "`smooth` should restore them": lambda light, sharp, smooth: dl.by_channel(sharp, light, luminance=True),
            "`sharp` should restore it": put_together(LUMINANCE, lambda g, sharp, smooth: g, colour),
            "is in twice": put_together(LUMINANCE, base, lambda channel, g, sharp, smooth: smooth(channel)),
            "from the restored g": put_together(
                LUMINANCE, base, lambda channel, g, sharp, smooth: smooth(channel - sharp(g))
            ),
            "wrong way round": put_together(LUMINANCE, base, lambda channel, g, sharp, smooth: smooth(g - channel)),
            "through `sharp` by itself": lambda light, sharp, smooth: dl.by_channel(sharp, light),
            "channels come first": lambda light, sharp, smooth: np.moveaxis(two_ways(light, sharp, smooth), 2, 0),
        },
    },
    "14-mend-the-mask": {
        "right": [lambda y: (y < 0.95).all(axis=2), lambda y: y.max(axis=2) < 0.95, lambda y: ~(y >= 0.95).any(axis=2)],
        "wrong": {
            "turned round": lambda y: (y >= 0.95).any(axis=2),
            "as it was": lambda y: y.mean(axis=2) < 0.95,
            "The luminance, too": lambda y: y @ LUMINANCE < 0.95,
            "only if all three": lambda y: y.min(axis=2) < 0.95,
            "not from 1 on": lambda y: y.max(axis=2) < 1,
            "red alone": lambda y: y[..., 0] < 0.95,
            "along the rows": lambda y: (y < 0.95).all(axis=0),
            "along the columns": lambda y: (y < 0.95).all(axis=1),
            "a mask for each channel": lambda y: y < 0.95,
            "neighbours of full pixels": lambda y: ~dl.saturated(y),
            "sRGB's curve does not belong": lambda y: dl.srgb_to_linear(y).max(axis=2) < 0.95,
            "a mask holds True and False": lambda y: (y.max(axis=2) < 0.95) * 1.0,
        },
    },
    "14-beat-tikhonov": {
        "right": [edges(0.001), edges(0.001, luminance=True)],
        "wrong": {
            "1 dB more is asked for": tikhonov(0.02),
            "what did you assume outside": tikhonov(0.02, taper=False),
            "deblurred as levels": tikhonov(0.03, inside=np.array, outside=as_light),
            "It holds levels": tikhonov(0.03, inside=np.array),
            "as rough as the truth": tikhonov(0.003),
            "nothing was deblurred": lambda levels, psf: dl.srgb_to_linear(levels),
            "no colours": grey,
            "255 times": lambda levels, psf: 255 * levels,
            "no rim": lambda levels, psf: levels[..., 0],
            "finite floats": lambda levels, psf: levels * np.nan,
        },
    },
}  # fmt: skip
