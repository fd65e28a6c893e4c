"""How the partner API describes itself, for Django's settings."""

from typing import Any, Final

REST_FRAMEWORK: Final[dict[str, Any]] = {
    "DEFAULT_SCHEMA_CLASS": "profiles.rest.schema.Schema",
    "EXCEPTION_HANDLER": "profiles.rest.problems.handle",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,  # money is no float
}

GUIDE: Final = """
Read and write what Kindred knows, with a key from *Settings → Developers*.

* **Keys**: `Authorization: Bearer kc_…`. A key has scopes: each family of addresses is read or written; whoever may
  write may read. Names, addresses and what people typed are shown only with `personal_data`; without it they are null.
* **Errors** have one shape, `application/problem+json` (RFC 9457); `type` is for programs, `errors` says where.
* **Pages**: follow `next` until it is null. Cursors are opaque and stay good.
* **Repeats**: send an `Idempotency-Key` with a POST, and it is done once, however often it is sent within 24 hours.
* **Versions**: one resource carries an `ETag`. `If-None-Match` saves a transfer (304); edits name what they change
  with `If-Match` (412 when it changed since, 428 when nothing is named).
* **Allowance**: `RateLimit` says what is left; after a 429 wait for `Retry-After` seconds.
* **Accepted, then digested**: what you send about people is accepted at once (202) and becomes facts a moment later,
  in order of arrival. The answer has an address under `/api/v1/changes/` that says when it is done, and what of it was
  not accepted and why.
"""

SPECTACULAR_SETTINGS: Final[dict[str, Any]] = {
    "TITLE": "Kindred partner API",
    "DESCRIPTION": GUIDE,
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_URLCONF": "cdp.rest.urls",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_NAME_OVERRIDES": {
        "ChannelEnum": "profiles.models.Channel",
        "BasisEnum": "profiles.models.Basis",
        "ConsentStateEnum": "profiles.models.ConsentState",
        "StageEnum": "profiles.stages.Stage",
        "JourneyStatusEnum": "journeys.models.Journey.Status",
        "RunStateEnum": "journeys.models.Run.State",
        "MessageStateEnum": "journeys.models.Message.State",
    },
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "displayRequestDuration": True, "validatorUrl": None},
}
