"""How the admin's kit looks: Kindred's name, mark and colours."""

from typing import Any, Final

from django.templatetags.static import static

_THEMES: Final = {"light": "light", "dark": "dark"}  # as chosen in the product; else as the device

UNFOLD: Final[dict[str, Any]] = {
    "SITE_TITLE": "Kindred",
    "SITE_HEADER": "Kindred",
    "SITE_SUBHEADER": "Administration",
    "SITE_URL": "/",
    "SITE_ICON": lambda _request: static("img/kindred.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("img/kindred.svg")}
    ],
    "STYLES": [lambda _request: static("css/admin.css")],
    "SCRIPTS": [lambda _request: static("js/admin.js")],
    "THEME": lambda request: _THEMES.get(request.COOKIES.get("theme", "")),
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": True,
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": {  # the product's blue
            "50": "#eff6fd",
            "100": "#dbeafa",
            "200": "#bbd8f5",
            "300": "#8fbdee",
            "400": "#5c9ce3",
            "500": "#2f7fd6",
            "600": "#066fd1",
            "700": "#0a58a6",
            "800": "#0f4a88",
            "900": "#123e70",
            "950": "#0c284a",
        },
        "font": {  # as shipped, the quiet greys are too pale to read
            "subtle-light": "var(--color-base-600)",
            "subtle-dark": "var(--color-base-300)",
        },
    },
    "ACCOUNT": {"navigation": []},
    "COMMAND": {"search_models": False},
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "cdp.administration.menu.navigation",
    },
}
