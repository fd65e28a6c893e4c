"""How a brand's mails look: colours, font and logo, from the brand's `theme`."""

import re
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
LEAST_CONTRAST: Final = 4.5  # WCAG AA for text
INK: Final = ("#5f6b7a", "#d5dae1", "#000000", "#ffffff")  # for small print, the gentle ones first

# Fonts that stand on every device: mail programs load no others.
FONTS: Final[dict[str, tuple[Promise, str]]] = {
    "sans": (_("Sans serif (Helvetica, Arial)"), "Helvetica, Arial, sans-serif"),
    "verdana": (_("Wide (Verdana)"), "Verdana, Geneva, sans-serif"),
    "trebuchet": (_("Friendly (Trebuchet)"), "'Trebuchet MS', Tahoma, sans-serif"),
    "georgia": (_("Serif (Georgia)"), "Georgia, 'Times New Roman', serif"),
    "mono": (_("Typewriter (Courier)"), "'Courier New', Courier, monospace"),
}


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as #rrggbb, the key of a font, the library's number of the logo and its width in pixels."""

    primary: str = "#0a5cad"
    text: str = "#1f2937"
    background: str = "#f3f4f6"
    paper: str = "#ffffff"
    font: str = "sans"
    logo: int | None = None
    logo_width: int = 140

    @property
    def stack(self) -> str:
        """The font as CSS."""
        return FONTS[self.font][1]

    @property
    def on_primary(self) -> str:
        """White or black, whichever is easier to read on the primary colour."""
        return max(("#ffffff", "#000000"), key=lambda ink: contrast(ink, self.primary))


def load(theme: Any) -> Theme:
    """The theme that a brand's JSON describes; what is missing or odd is as we make it."""
    said = theme if isinstance(theme, dict) else {}
    plain = Theme()
    colours = {
        name: said[name].lower()
        for name in ("primary", "text", "background", "paper")
        if isinstance(said.get(name), str) and COLOUR.fullmatch(said[name])
    }
    width = said.get("logo_width")
    return Theme(
        **colours,
        font=said["font"] if said.get("font") in FONTS else plain.font,
        logo=said["logo"] if isinstance(said.get("logo"), int) else None,
        logo_width=min(400, max(40, width)) if isinstance(width, int) else plain.logo_width,
    )


def dump(theme: Theme) -> dict[str, Any]:
    """The theme as JSON."""
    return asdict(theme)


@lru_cache(maxsize=512)
def contrast(one: str, other: str) -> float:
    """How far apart two colours are in brightness, from 1 to 21, as WCAG counts."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def small_print(background: str) -> str:
    """A colour for small print that can be read on this one."""
    return next((ink for ink in INK if contrast(ink, background) >= LEAST_CONTRAST), INK[2])


def hard_to_read(theme: Theme) -> list[tuple[str, float]]:
    """Which pairs of its colours are too close for reading ("text", "primary"), with their contrast."""
    pairs = {"text": (theme.text, theme.paper), "primary": (theme.primary, theme.paper)}
    found = [(name, contrast(*pair)) for name, pair in pairs.items()]
    return [(name, ratio) for name, ratio in found if ratio < LEAST_CONTRAST]


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
