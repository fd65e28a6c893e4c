"""The partner API's description and its documentation page; both are public, as the code is."""

from typing import Any, Final

from django.utils.csp import CSP
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.csp import csp_override
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.negotiation import BaseContentNegotiation

# Swagger's page sets styles from its script, and draws its icons from data: addresses. Nothing comes from elsewhere.
POLICY: Final[dict[str, list[str]]] = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}


class First(BaseContentNegotiation):
    """There is one kind of answer."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        """Whatever comes."""
        return parsers[0]

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        """Whatever is asked for."""
        return renderers[0], renderers[0].media_type


@method_decorator(cache_control(public=True, max_age=300), name="dispatch")
class Description(SpectacularAPIView):
    """OpenAPI 3.1, as JSON."""

    renderer_classes = [OpenApiJsonRenderer]
    content_negotiation_class = First
    authentication_classes: Any = ()


@method_decorator(csp_override(POLICY), name="dispatch")
class Documentation(SpectacularSwaggerSplitView):
    """The description as a page, to read and to try."""

    url_name = "api_schema"
    template_name = "cdp/api_docs.html"
    authentication_classes: Any = ()
