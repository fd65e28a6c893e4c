"""Identifiers as partners write them: `email:ada@example.com`, or an object {"email": "ada@example.com"}."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from profiles import identifiers
from profiles.identifiers import Identifier, Rules, Unusable
from profiles.models import Contact, IdentityLink, Settings
from profiles.rest import scopes
from profiles.rest.problems import Problem, unusable

OPEN: Final = ("user_id",)  # the partner's own name for somebody: no personal data


def named(text: str, *, sees_people: bool) -> Identifier:
    """What `namespace:value` in an address names. Raises Problem: 400, or 403 where the key may not ask."""
    namespace, colon, value = text.partition(":")
    rules = identifiers.rules()
    if not colon or namespace not in rules:
        known = ", ".join(rules)
        raise unusable("identifier", f"Write it as namespace:value; the namespaces are {known}.")
    if namespace not in OPEN and not sees_people:
        # Whether we know an address is personal data too.
        raise lacks(f"To look somebody up by {namespace}")
    try:
        return identifiers.normalised(rules[namespace], value, country=_country())
    except Unusable as error:
        raise unusable("identifier", str(error)) from None


def lacks(what: str) -> Problem:
    """403 for what takes personal data."""
    return Problem(403, "insufficient_scope", f"{what}, a key needs {scopes.PERSONAL}.")


def check(given: Mapping[str, Any], *, rules: Rules, country: str) -> tuple[list[Identifier], dict[str, str]]:
    """The identifiers of an object, highest rank first, and what is wrong with the others, by namespace."""
    found, wrong = [], {}
    for namespace, value in given.items():
        rule = rules.get(namespace)
        if rule is None:
            wrong[namespace] = f"There is no such identifier; there are {', '.join(rules)}."
            continue
        try:
            found.append(identifiers.normalised(rule, value, country=country))
        except Unusable as error:
            wrong[namespace] = str(error)
    return sorted(found, key=lambda one: rules[one.namespace].priority), wrong


def holder(identifier: Identifier) -> Contact | None:
    """Whom it names now."""
    link = (
        IdentityLink.objects.select_related("persona__contact")
        .filter(namespace=identifier.namespace, value=identifier.value)
        .first()
    )
    return link.persona.contact if link else None


def of(contacts: Iterable[int]) -> dict[int, list[IdentityLink]]:
    """The identifiers of these contacts, oldest first."""
    found: dict[int, list[IdentityLink]] = {contact: [] for contact in contacts}
    links = IdentityLink.objects.filter(persona__contact__in=list(found)).select_related("persona")
    for link in links.order_by("created_at", "id"):
        found[link.persona.contact_id].append(link)
    return found


def strongest(contact: Contact) -> Identifier | None:
    """The identifier that names somebody most surely."""
    ranks = {namespace: rule.priority for namespace, rule in identifiers.rules().items()}
    links = of([contact.pk])[contact.pk]
    best = min(links, key=lambda link: (ranks.get(link.namespace, 99), link.pk), default=None)
    return Identifier(best.namespace, best.value) if best else None


def _country() -> str:
    return Settings.objects.values_list("country", flat=True).first() or ""
