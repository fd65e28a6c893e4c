"""What a contact can have: the catalogue of attributes, and how values that arrive become values of its types."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.utils.dateparse import parse_date, parse_datetime

from cdp.lib import db
from cdp.lib.json import Json
from profiles import identifiers
from profiles.models import AttributeDefinition, Contact

Type = AttributeDefinition.Type

STANDARD: Final = (
    "email", "phone", "first_name", "last_name", "birth_date", "gender", "language", "timezone", "country", "region",
    "city", "postal_code",
)  # fmt: skip
WIDEST: Final = {key: getattr(Contact._meta.get_field(key), "max_length", None) for key in STANDARD}
LONGEST_KEY: Final = 100
LONGEST_TEXT: Final = 10_000

# How Segment and its clients spell what is standard here; everything else keeps its own name.
SPELLINGS: Final = {
    "firstName": "first_name", "firstname": "first_name", "lastName": "last_name", "lastname": "last_name",
    "birthday": "birth_date", "birthDate": "birth_date", "birthdate": "birth_date", "dateOfBirth": "birth_date",
    "locale": "language", "timeZone": "timezone", "time_zone": "timezone", "postalCode": "postal_code",
    "zip": "postal_code", "state": "region", "createdAt": "created_at",
    # Ours is decided by the orders (profiles.stages); what others call so is kept beside it.
    "lifecycleStage": "given_lifecycle_stage", "lifecycle_stage": "given_lifecycle_stage",
}  # fmt: skip
ADDRESS: Final = {"city", "country", "postalCode", "postal_code", "state", "region", "zip"}
NOT_ATTRIBUTES: Final = {"subscriptions"}  # consent: profiles.consent
TRUE: Final = {"true", "yes", "1", "y", "t", "on"}
FALSE: Final = {"false", "no", "0", "n", "f", "off"}
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")


class NotAccepted(Exception):
    """This value cannot be one of its attribute; the message is a sentence for a marketer."""


@dataclass(frozen=True, slots=True)
class Definition:
    """An attribute of the catalogue."""

    id: int
    key: str
    type: str
    is_standard: bool


type Catalogue = dict[str, Definition]


def stated(traits: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The attributes that traits speak of, under their names here; a part of a name or address has its own."""
    for key, value in traits.items():
        if key == "address" and isinstance(value, dict):
            yield from _address(value)
        elif key == "name" and isinstance(value, str) and not _has_names(traits):
            first, _, last = value.strip().partition(" ")
            yield from (
                (("first_name", first), ("last_name", last.strip())) if last else (("first_name", first),)
            )
        elif key not in NOT_ATTRIBUTES:
            yield SPELLINGS.get(key, key), value


def _has_names(traits: dict[str, Any]) -> bool:
    return any(SPELLINGS.get(key, key) in ("first_name", "last_name") for key in traits)


def _address(address: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in address.items():
        if key in ADDRESS:
            yield SPELLINGS.get(key, key), value
    rest = {key: value for key, value in address.items() if key not in ADDRESS}
    if rest:
        yield "address", rest


def catalogue(seen: dict[str, Any]) -> Catalogue:
    """The definitions of these keys; a key that is new is defined by the first value seen of it."""
    found = _load(seen)
    missing = {key: type_of(value) for key, value in seen.items() if key not in found and value is not None}
    if missing:
        AttributeDefinition.objects.bulk_create(
            [AttributeDefinition(key=key, type=kind) for key, kind in missing.items()], ignore_conflicts=True
        )
        found |= _load(missing)
    return found


def _load(keys: Iterable[str]) -> Catalogue:
    rows = db.fetch(
        "SELECT key, id, type, is_standard FROM profiles_attributedefinition WHERE key = ANY(%s)",
        [list(keys)],
    )
    return {key: Definition(id_, key, type_, standard) for key, id_, type_, standard in rows}


def type_of(value: Any) -> str:
    """The type that a first value suggests."""
    match value:
        case bool():
            return Type.BOOLEAN
        case int() | float():
            return Type.NUMBER
        case list():
            return Type.LIST
        case dict():
            return Type.OBJECT
        case str() if DAY.fullmatch(value) and _day(value):
            return Type.DATE
        case str() if MOMENT.match(value) and _moment(value):
            return Type.DATETIME
    return Type.TEXT


def coerce(definition: Definition, value: Any, *, country: str = "") -> Json:
    """`value` as this attribute keeps it; None (removed) stays None.

    Raises NotAccepted with a sentence where it cannot be one.
    """
    if value is None or (value == "" and definition.type != Type.TEXT):
        return None
    made = COERCE[definition.type](value)
    if made is None:
        shown = str(value)[:60]
        raise NotAccepted(f"“{shown}” is not a {Type(definition.type).label}, which “{definition.key}” is.")
    if definition.is_standard and isinstance(made, str):
        return _standard(definition.key, made, country) or None
    return made


def _standard(key: str, value: str, country: str) -> str:
    value = value.strip()
    try:
        if value and key == "email":
            value = identifiers.email(value)
        elif value and key == "phone":
            value = identifiers.phone(value, country)
    except identifiers.Unusable as error:
        raise NotAccepted(str(error)) from error
    if key == "country":
        value = value.upper()
        if value and not (len(value) == 2 and value.isalpha()):
            raise NotAccepted(f"“{value[:60]}” is not a country code of two letters, such as NL.")
    widest = WIDEST[key]
    if widest is not None and len(value) > widest:
        raise NotAccepted(f"“{value[:60]}…” is longer than the {widest} characters that “{key}” holds.")
    return value


def _text(value: Any) -> Json:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        text = str(value)
        return text if len(text) <= LONGEST_TEXT and "\x00" not in text else None
    return None


def _number(value: Any) -> Json:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    try:
        number = float(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if number is None or number != number or number in (float("inf"), float("-inf")):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _boolean(value: Any) -> Json:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    return True if word in TRUE else False if word in FALSE else None


def _day(value: Any) -> str | None:
    try:
        day = parse_date(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
    return day.isoformat() if day else None


def _moment(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        moment = parse_datetime(value) or (
            parse_datetime(f"{value}T00:00:00") if DAY.fullmatch(value) else None
        )
    except ValueError:
        return None
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    try:
        return moment.astimezone(dt.UTC).isoformat()
    except OverflowError:
        return None


def _list(value: Any) -> Json:
    return value if isinstance(value, list) else [value]


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else None


COERCE: Final[dict[str, Callable[[Any], Json]]] = {
    Type.TEXT: _text,
    Type.NUMBER: _number,
    Type.BOOLEAN: _boolean,
    Type.DATE: _day,
    Type.DATETIME: _moment,
    Type.LIST: _list,
    Type.OBJECT: _object,
}
