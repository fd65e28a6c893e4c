"""Identifiers: how each is spelled, which are never accepted, and where a message carries them."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from profiles.models import IdentifierRule

LONGEST: Final = 200
EXTERNAL_TYPES: Final = {  # Segment's names for context.externalIds
    "android.push_token": "device_token",
    "ios.push_token": "device_token",
    "userId": "user_id",
    "anonymousId": "anonymous_id",
}


class Identifier(NamedTuple):
    """One identifier as the database knows it."""

    namespace: str
    value: str


class Unusable(Exception):
    """This value cannot identify anybody; the message is a sentence for a marketer."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True)
class Rule:
    """An `IdentifierRule`, ready for use."""

    namespace: str
    is_hard: bool
    priority: int
    makes_known: bool
    limit: int
    window: dt.timedelta | None
    blocked_values: frozenset[str]
    blocked_patterns: tuple[re.Pattern[str], ...]

    def blocks(self, value: str) -> bool:
        """Whether this value stands for nobody in particular ("null", all zeros, unknown@…)."""
        lowered = value.lower()
        return lowered in self.blocked_values or any(
            pattern.search(lowered) for pattern in self.blocked_patterns
        )


type Rules = dict[str, Rule]


def rules() -> Rules:
    """The rules of this workspace, highest rank first."""
    return {
        rule.namespace: Rule(
            namespace=rule.namespace,
            is_hard=rule.kind == IdentifierRule.Kind.HARD,
            priority=rule.priority,
            makes_known=rule.makes_known,
            limit=rule.limit,
            window=None if rule.limit_days is None else dt.timedelta(days=rule.limit_days),
            blocked_values=frozenset(value.lower() for value in rule.blocked_values),
            blocked_patterns=tuple(re.compile(pattern, re.IGNORECASE) for pattern in rule.blocked_patterns),
        )
        for rule in IdentifierRule.objects.order_by("priority", "namespace")
    }


def normalised(rule: Rule, given: Any, *, country: str = "") -> Identifier:
    """The one spelling of this identifier; `country` reads phone numbers without a country code.

    Raises Unusable where the value is not of its kind, is blocked, or is too long.
    """
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise Unusable("identifier_invalid", f"The {rule.namespace} is not text.")
    text = str(given).strip()
    if rule.blocks(text):
        raise Unusable(
            "identifier_blocked", f"“{text[:60]}” is on the list of values that are never a {rule.namespace}."
        )
    if rule.namespace == "email":
        text = email(text)
    elif rule.namespace == "phone":
        text = phone(text, country)
    if not text or len(text) > LONGEST or "\x00" in text:
        raise Unusable(
            "identifier_invalid", f"The {rule.namespace} is empty or longer than {LONGEST} characters."
        )
    if rule.blocks(text):
        raise Unusable(
            "identifier_blocked", f"“{text[:60]}” is on the list of values that are never a {rule.namespace}."
        )
    return Identifier(rule.namespace, text)


@lru_cache(maxsize=20_000)
def email(text: str) -> str:
    """An e-mail address in its one spelling, lower case. Raises Unusable."""
    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError as error:
        raise Unusable("identifier_invalid", f"“{text[:80]}” is not an e-mail address: {error}") from error


@lru_cache(maxsize=20_000)
def phone(text: str, country: str) -> str:
    """A phone number in E.164. Raises Unusable."""
    try:
        number = phonenumbers.parse(text, country.upper() or None)
    except phonenumbers.NumberParseException as error:
        hint = "" if country else " A number without a country code needs a home country in the settings."
        raise Unusable("identifier_invalid", f"“{text[:40]}” is not a phone number.{hint}") from error
    if not phonenumbers.is_possible_number(number):
        raise Unusable("identifier_invalid", f"“{text[:40]}” is not a possible phone number.")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def given(message: dict[str, Any], *, rules: Rules) -> Iterator[tuple[str, Any]]:
    """Every (namespace, value) that a message names itself with, as it was sent."""
    yield "user_id", message.get("userId")
    yield "anonymous_id", message.get("anonymousId")
    if message.get("type") == "identify" and isinstance(traits := message.get("traits"), dict):
        yield "email", traits.get("email")
        yield "phone", traits.get("phone")
    if not isinstance(context := message.get("context"), dict):
        return
    if isinstance(device := context.get("device"), dict):
        yield "device_token", device.get("token")
    externals = context.get("externalIds")
    for external in externals if isinstance(externals, list) else ():
        if isinstance(external, dict):
            kind = EXTERNAL_TYPES.get(str(external.get("type")), str(external.get("type")))
            if kind in rules:
                yield kind, external.get("id")


def home_country(message: dict[str, Any], *, default: str) -> str:
    """The country whose phone numbers need no code: of the traits' address, else the workspace's."""
    traits = message.get("traits")
    if isinstance(traits, dict):
        address = traits.get("address")
        for place in (address if isinstance(address, dict) else {}, traits):
            country = place.get("country")
            if isinstance(country, str) and len(country) == 2 and country.isalpha():
                return country.upper()
    return default
