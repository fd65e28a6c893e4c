"""What every resource of the partner API shares: keys, scopes, allowances, time limits, one shape of errors."""

import datetime as dt
from typing import Any, ClassVar, Final

import msgspec
from django.db import models
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cdp.lib import db
from profiles import bodies, spec
from profiles.models import ApiKey
from profiles.rest import allowances, keys, problems, repeats, scopes
from profiles.rest.cursors import Order, cut
from profiles.rest.problems import Problem
from profiles.rest.schema import deed_of
from profiles.rest.shapes import Input, Shape

READ_MS: Final = 5_000  # what a question may take
BODY_BYTES: Final = 256 * 1024
SAFE: Final = ("GET", "HEAD")


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer kc_…`."""

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        """The key that is asked with; None where the request has none."""
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        now = timezone.now()
        key = keys.find(secret.strip(), now=now) if scheme.lower() == "bearer" else None
        if key is None:
            raise AuthenticationFailed
        keys.note_use(key, now=now)
        return None, key

    def authenticate_header(self, request: Request) -> str:
        """What to answer a stranger."""
        return "Bearer"


class Json(BaseParser):
    """JSON bodies within their limit: no NaN, no NUL, no depth bombs."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The body as Python has it. Raises bodies.BadRequest, ParseError."""
        view = parser_context["view"]
        raw = bodies.read(parser_context["request"]._request, most=view.body_bytes)
        if b"\\u0000" in raw and spec.NUL.search(raw):
            raise Problem(
                400, "nul_character", 'It holds a NUL character ("\\u0000"), which no text may have.'
            )
        try:
            return msgspec.json.decode(raw)
        except (ValueError, RecursionError) as error:
            raise Problem(400, "malformed", f"The body is not JSON: {error}.") from None


class OnlyJson(BaseContentNegotiation):
    """There is one kind of answer, whatever is asked for."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The parser of this content type; None, and so 415, where there is none."""
        said = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == said), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        """JSON."""
        return renderers[0], renderers[0].media_type


class Resource(APIView):
    """One address. Subclasses name their family and have handlers that `schema.describe` describes."""

    family: ClassVar[str] = ""
    tag: ClassVar[str] = ""  # its chapter in the documentation, where that is not the family
    needs: ClassVar[tuple[str, ...]] = ()  # scopes beside the family's own, for all methods
    body_bytes: ClassVar[int] = BODY_BYTES

    authentication_classes = (KeyAuthentication,)
    permission_classes = ()
    throttle_classes = ()
    parser_classes = (Json,)
    renderer_classes: Any = (JSONRenderer,)
    content_negotiation_class = OnlyJson
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    now: dt.datetime
    allowance: allowances.Allowance | None = None

    @property
    def key(self) -> ApiKey:
        """The key that is asked with."""
        key = self.request.auth
        assert isinstance(key, ApiKey)
        return key

    @property
    def sees_people(self) -> bool:
        """Whether the key may see personal data."""
        return scopes.PERSONAL in self.key.scopes

    def scopes_for(self, method: str) -> list[str]:
        """What a key must hold for this method."""
        own = scopes.reading(self.family) if method in SAFE else scopes.writing(self.family)
        return [own, *self.needs]

    # --- What comes in

    def query(self) -> dict[str, Any]:
        """The parameters of the address, checked. Raises Problem (400)."""
        shape = deed_of(self, self._method()).query
        assert shape is not None, "say in `describe` which parameters it takes"
        return shape.read(self.request.query_params)

    def body(self, shape: type[Input]) -> dict[str, Any]:
        """The body, checked. Raises ValidationError (422)."""
        given = shape(data=self.request.data)
        given.is_valid(raise_exception=True)
        found: dict[str, Any] = given.validated_data
        return found

    # --- What goes out

    def page[M: models.Model](
        self, rows: "models.QuerySet[M]", shape: Shape, order: Order, query: dict[str, Any]
    ) -> Response:
        """A page of these rows."""
        found = cut(rows, order, cursor=query["cursor"], limit=query["limit"])
        return self.pages(self.shown(shape, found.rows, many=True), found.next)

    def pages(self, results: Any, following: str | None) -> Response:
        """A page of what is shown already; `following` is the cursor of the next one."""
        return Response({"results": results, "next": self._next(following)})

    def shown(self, shape: Shape, found: Any, *, many: bool = False) -> Any:
        """As it is told; shapes find the view in their context, and so whether the key sees people."""
        return shape(found, many=many, context={"view": self, "request": self.request}).data

    def _next(self, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        asked = self.request.query_params.copy()
        asked["cursor"] = cursor
        return self.request.build_absolute_uri(f"{self.request.path}?{asked.urlencode()}")

    # --- How a request goes

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As DRF does it, with the handler inside the kit's promises."""
        self.args, self.kwargs = args, kwargs
        self.now = timezone.now()
        asked = self.initialize_request(request, *args, **kwargs)
        self.request = asked
        self.headers = self.default_response_headers
        try:
            self.initial(asked, *args, **kwargs)
            response = self._handled(asked)
        except Exception as error:  # noqa: BLE001  # every answer has the one shape
            response = self.handle_exception(error)
        self.response = self.finalize_response(asked, response, *args, **kwargs)
        return self.response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who asks, whether this key may, and whether it has asked too much."""
        super().initial(request, *args, **kwargs)
        if request.auth is None:
            raise NotAuthenticated
        if self._method() not in self.http_method_names or not hasattr(self, self._method()):
            self.http_method_not_allowed(request)
        held = self.key.scopes
        if lacking := [
            scope for scope in self.scopes_for(request.method or "") if not scopes.holds(held, scope)
        ]:
            words = " and ".join(lacking)
            header = f'Bearer error="insufficient_scope", scope="{" ".join(lacking)}"'
            raise Problem(
                403, "insufficient_scope", f"This key lacks {words}.", headers={"WWW-Authenticate": header}
            )
        cost = deed_of(self, self._method()).cost
        self.allowance = allowances.spend(self.key, name="requests", cost=cost, now=self.now)
        if any("\0" in value for value in self.kwargs.values() if isinstance(value, str)):
            raise problems.missing()

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """JSON, also where the request is refused."""
        renderer: BaseRenderer = JSONRenderer()
        return renderer, renderer.media_type

    def _method(self) -> str:
        method = (self.request.method or "").lower()
        return "get" if method == "head" else method

    def _handled(self, request: Request) -> Response:
        handler = getattr(self, self._method())
        if request.method in SAFE:
            with db.time_limit(READ_MS):
                answer: Response = handler(request, *self.args, **self.kwargs)
                return answer
        name = request.headers.get(repeats.HEADER)
        if request.method != "POST" or name is None:
            return handler(request, *self.args, **self.kwargs)  # type: ignore[no-any-return]
        _ = request.data  # read within its limits before it is remembered

        def do() -> Response:
            return handler(request, *self.args, **self.kwargs)  # type: ignore[no-any-return]

        return repeats.once(request, self.key, name=name, do=do, now=self.now)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """With what every answer carries."""
        done = super().finalize_response(request, response, *args, **kwargs)
        if self.allowance is not None:
            for name, value in self.allowance.headers.items():
                done.headers.setdefault(name, value)
        patch_vary_headers(done, ["Authorization"])
        patch_cache_control(done, private=True, no_cache=True)
        return done

    def get_exception_handler(self) -> Any:
        """RFC 9457, whatever the settings of other APIs."""
        return problems.handle


def nowhere(detail: str = "") -> Any:
    """A view for addresses that are none."""

    class Nowhere(APIView):
        authentication_classes = ()
        permission_classes = ()
        content_negotiation_class = OnlyJson
        renderer_classes = (JSONRenderer,)

        def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            self.headers = {}
            asked = self.initialize_request(request, *args, **kwargs)
            self.request = asked
            asked.accepted_renderer, asked.accepted_media_type = JSONRenderer(), "application/json"
            said = "Addresses end with a slash." if not request.path.endswith("/") else ""
            response = problems.answer(problems.missing(said or "There is no such address."), request.path)
            return self.finalize_response(asked, response, *args, **kwargs)

    return Nowhere.as_view()
