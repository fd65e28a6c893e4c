"""The partner API's description and its documentation page; both are public, as the code is."""

from functools import cache
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.csp import CSP
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.csp import csp_override
from django.views.decorators.http import condition, require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularSwaggerSplitView

from profiles.rest import versions

MEDIA_TYPE: Final = "application/vnd.oai.openapi+json"
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


@cache
def written() -> tuple[bytes, str]:
    """The description as JSON, and its ETag. Written once a process: it takes seconds, and anybody may ask for it."""
    with translation.override("en"):
        generator = SchemaGenerator(urlconf="cdp.rest.urls")  # type: ignore[no-untyped-call]
        content = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        return OpenApiJsonRenderer().render(content), versions.tag(content)


@require_safe
@cache_control(public=True, max_age=300)
@condition(etag_func=lambda _request: written()[1])
def description(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1, as JSON."""
    return HttpResponse(written()[0], content_type=MEDIA_TYPE)


@method_decorator(csp_override(POLICY), name="dispatch")
class Documentation(SpectacularSwaggerSplitView):
    """The description as a page, to read and to try."""

    url_name = "api_schema"
    template_name = "cdp/api_docs.html"
    authentication_classes: Any = ()
