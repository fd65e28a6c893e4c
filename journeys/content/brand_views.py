"""The brands of the workspace: what stands at the end of mails, and how they look."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods, require_safe

from journeys.content.forms import BrandForm
from journeys.content.trial_views import POLICY
from journeys.messages import blocks, content, lookups, mjml, themes
from profiles.models import Brand
from profiles.pages import PageRequest, page
from profiles.permissions import MANAGE_DATA

SAMPLE = (
    {"kind": "heading", "id": "h", "text": "{title}", "level": 1},
    {"kind": "text", "id": "t", "html": "<p>{words} <a href='https://example.com'>{link}</a></p>"},
    {"kind": "button", "id": "b", "label": "{button}", "url": "https://example.com"},
)


@dataclass(frozen=True, slots=True)
class TooClose:
    """Two colours that are hard to tell apart."""

    what: str
    ratio: float


@page(MANAGE_DATA)
@require_safe
def brands(request: PageRequest) -> HttpResponse:
    """Every brand."""
    found = [
        {"brand": one, "theme": themes.load(one.theme)}
        for one in Brand.objects.order_by("-is_default", "name")
    ]
    return render(request, "journeys/content/brands.html", {"brands": found})


@page(MANAGE_DATA)
@require_http_methods(["GET", "POST"])
def brand(request: PageRequest, brand_id: int) -> HttpResponse:
    """One brand and its look."""
    kept = get_object_or_404(Brand, pk=brand_id)
    form = BrandForm(request.POST or None, instance=kept)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("brand", kept.pk)
    context = {"brand": kept, "form": form, "warnings": warnings(themes.load(kept.theme))}
    return render(request, "journeys/content/brand.html", context)


@csp_override(POLICY)
@xframe_options_sameorigin
@page(MANAGE_DATA)
@require_safe
def sample(request: PageRequest, brand_id: int) -> HttpResponse:
    """A mail in the look that the form describes, before it is saved."""
    kept = get_object_or_404(Brand, pk=brand_id)
    said = request.GET.dict()
    logo, width = said.get("logo", ""), said.get("logo_width", "")
    kept.theme = {
        **kept.theme,
        **said,
        "logo": int(logo) if logo.isdecimal() else None,
        "logo_width": int(width) if width.isdecimal() else 140,
    }
    kept.name, kept.postal_address = (
        said.get("name", kept.name),
        said.get("postal_address", kept.postal_address),
    )
    return HttpResponse(_sample(kept))


def _sample(brand: Brand) -> str:
    words = {
        "{title}": _("A heading"),
        "{words}": _("A few words, as your customers read them, and"),
        "{link}": _("a link"),
        "{button}": _("A button"),
    }
    rows = [{key: words_in(value, words) for key, value in row.items()} for row in SAMPLE]
    mail = blocks.load(rows)
    look = lookups.look(brand, [mail])
    footer, _text = content.footer_of(brand, "en")
    html = mjml.to_html(mjml.write(mail, look, language="en"))
    return html.replace("</body>", footer.replace("%URL%", "#") + "</body>")


def words_in(value: object, words: dict[str, str]) -> object:
    """The value with its words filled in."""
    if isinstance(value, str):
        for name, word in words.items():
            value = value.replace(name, word)
    return value


def warnings(theme: themes.Theme) -> list[TooClose]:
    """Which of the brand's colours are hard to read on its paper."""
    names = {"text": _("Text"), "primary": _("Buttons and links")}
    return [TooClose(names[name], round(ratio, 1)) for name, ratio in themes.hard_to_read(theme)]
