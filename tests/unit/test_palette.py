"""Colours that people must tell apart, with full colour vision and without."""

import sys
from itertools import combinations
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "superset"))
try:
    import palette
finally:
    sys.path.pop(0)

# Machado, Oliveira and Fernandes (2009), complete deficiency, on linear RGB.
VISIONS = {
    "entière": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "deutéranopie": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "protanopie": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "tritanopie": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}
WHITE = (0.95047, 1.0, 1.08883)
# Under 10 (CIE 1976) two thin lines are confused; text needs 4.5 on its ground, a bar 3 on white (WCAG).
LEAST_DISTANCE, LEAST_TEXT_CONTRAST, LEAST_BAR_CONTRAST = 10, 4.5, 3

Colour = tuple[float, float, float]


def linear(colour: str) -> Colour:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)


def seen(colour: str, vision: str) -> Colour:
    rgb = linear(colour)
    return tuple(min(1.0, max(0.0, sum(m * c for m, c in zip(row, rgb, strict=True)))) for row in VISIONS[vision])


def lab(rgb: Colour) -> Colour:
    matrix = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    ratios = [sum(m * c for m, c in zip(row, rgb, strict=True)) / w for row, w in zip(matrix, WHITE, strict=True)]
    x, y, z = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in ratios)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(first: str, second: str, vision: str) -> float:
    pairs = zip(lab(seen(first, vision)), lab(seen(second, vision)), strict=True)
    return sum((a - b) ** 2 for a, b in pairs) ** 0.5


def luminance(colour: str) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("group", ["PROCESSUS", "SERVICES", "FICHIERS", "NATURES"])
def test_series_of_one_picture_are_told_apart(group: str, vision: str) -> None:
    colours = getattr(palette, group)
    close = {
        (a, b): round(distance(colours[a], colours[b], vision), 1)
        for a, b in combinations(colours, 2)
        if distance(colours[a], colours[b], vision) < LEAST_DISTANCE
    }
    assert close == {}


def test_texts_are_legible_on_their_ground() -> None:
    pills = [palette.ATTEINT, palette.EN_BONNE_VOIE, palette.EN_COURS, palette.A_RENFORCER, palette.NON_CALCULE]
    grounds = [*pills, palette.DEMONSTRATION[:2]]
    grounds += [(text, "#FFFFFF") for text in (palette.TEXTE, palette.CORPS, palette.SECONDAIRE)]
    grounds += [(palette.TEXTE, ground) for ground in (*palette.COUVERTURE, *palette.REFUS)]
    assert [pair for pair in grounds if contrast(*pair) < LEAST_TEXT_CONTRAST] == []


def test_bars_and_lines_stand_out_from_the_page() -> None:
    drawn = [*palette.SERVICES.values(), palette.ENSEMBLE, *palette.NEUTRES.values()]
    assert [colour for colour in drawn if contrast(colour, "#FFFFFF") < LEAST_BAR_CONTRAST] == []
