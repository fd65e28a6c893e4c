"""The admin's site: who gets in, what its pages may load, and which models are shown at all."""

import functools
from collections.abc import Callable
from typing import Any, Final

from django.contrib.admin import ModelAdmin, autodiscover
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.csp import CSP
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csp import csp_override
from unfold.sites import UnfoldAdminSite

from cdp.lib.admin import Shown

# The kit evaluates attributes (Alpine) and sets colours in a <style>. That holds for these pages alone: the
# product's own keep to scripts and styles that carry the answer's nonce.
POLICY: Final[dict[str, list[str]]] = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.UNSAFE_EVAL],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}

type View = Callable[..., HttpResponseBase]


class KindredSite(UnfoldAdminSite):
    """The admin of Kindred. People sign in where everybody does, so that the second factor is asked there too."""

    site_title = _("Kindred administration")
    site_header = "Kindred"
    index_title = _("Administration")

    def register(
        self, model_or_iterable: Any, admin_class: "type[ModelAdmin[Any]] | None" = None, **options: Any
    ) -> None:
        """Only what is shown our way: other packages' models have screens of their own, or secrets."""
        if admin_class is not None and issubclass(admin_class, Shown):
            super().register(model_or_iterable, admin_class, **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """A page of the admin, under the admin's own policy."""
        inner: View = super().admin_view(view, cacheable)

        @functools.wraps(inner)
        def guarded(request: HttpRequest, *arguments: Any, **keywords: Any) -> HttpResponseBase:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied  # the sign-in would only send them back here
            return inner(request, *arguments, **keywords)

        return csp_override(POLICY)(guarded)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """Its own pages beside those of the models, which are found by now."""
        from cdp.administration import rows as admin_rows

        autodiscover()

        def rows(request: HttpRequest, name: str) -> HttpResponse:
            return admin_rows.rows(request, name, site=self)

        own: list[URLResolver | URLPattern] = [path("rows/<str:name>/", self.admin_view(rows), name="rows")]
        return own + super().get_urls()

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The navigation at large, and what wants looking at."""
        from cdp.administration import menu as admin_menu

        found = {"attention": admin_menu.attention(request, now=timezone.now())}
        return super().index(request, {**found, **(extra_context or {})})

    def rotate_secrets(self) -> int:
        """Encrypt every stored secret with today's key; how many."""
        from cdp import rotation

        return sum(rotation.rotate().values())

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """To the sign-in of the product."""
        target = request.GET.get("next") or reverse("admin:index")
        return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': target})}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """By the product's own page."""
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """By the product's own page."""
        return redirect("account_change_password")
