"""Identity by chance: random streams with merges and undos mean in the database what the oracle says they mean."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles import identity, moving
from profiles.models import (
    Contact,
    ContactActivity,
    Event,
    EventCount,
    IdentifierRule,
    IdentityLink,
    IdentityLinkMove,
    Merge,
    Party,
    Persona,
    Record,
    RecordLink,
    Source,
)
from tests.profiles.arriving import Sender, digested
from tests.profiles.oracle import Oracle

pytestmark = pytest.mark.django_db

IDENTIFIERS = [
    *(("user_id", f"u{number}") for number in range(3)),
    *(("email", f"p{number}@example.com") for number in range(3)),
    *(("anonymous_id", f"a{number}") for number in range(3)),
]
KEYS = {"user_id": "userId", "anonymous_id": "anonymousId"}


@dataclass(frozen=True)
class Say:
    """One message."""

    identifiers: tuple[tuple[str, str], ...]
    is_browser: bool
    plan: str | None
    hours_ago: int


@dataclass(frozen=True)
class Alias:
    """Somebody was called something else before."""

    user: str
    previous: str
    is_browser: bool


@dataclass(frozen=True)
class Group:
    """Somebody belongs to a company, of which something is said."""

    company: str
    user: str
    is_browser: bool
    plan: str | None
    role: str
    hours_ago: int


type Message = Say | Alias | Group
type Step = Message | Digest | Undo | ByHand


@dataclass(frozen=True)
class Digest:
    """The end of a batch."""


@dataclass(frozen=True)
class Undo:
    """Undo one of the merges so far."""

    which: int


@dataclass(frozen=True)
class ByHand:
    """Somebody merges two contacts."""

    one: int
    other: int


def one_of_each(chosen: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """At most one identifier of each kind."""
    return tuple({namespace: (namespace, value) for namespace, value in chosen}.values())


says = st.builds(
    Say,
    st.lists(st.sampled_from(IDENTIFIERS), min_size=1, max_size=3).map(one_of_each),
    st.booleans(),
    st.sampled_from([None, None, None, "gold", "silver", "tin"]),
    st.integers(0, 5),
)
browsers = st.booleans()
user_ids = st.sampled_from([value for namespace, value in IDENTIFIERS if namespace == "user_id"])
aliases = st.builds(Alias, user_ids, st.sampled_from([value for _, value in IDENTIFIERS]), browsers).filter(
    lambda alias: alias.user != alias.previous
)
groups = st.builds(
    Group,
    st.sampled_from(["acme", "globex"]),
    user_ids,
    browsers,
    st.sampled_from([None, "free", "pro", "scale"]),
    st.sampled_from(["", "", "owner", "buyer"]),
    st.integers(0, 5),
)
messages = st.one_of(says, says, says, aliases, groups)
steps = st.one_of(
    messages,
    messages,
    messages,
    messages,
    st.just(Digest()),
    st.builds(Undo, st.integers(0, 5)),
    st.builds(ByHand, st.integers(0, 8), st.integers(0, 8)),
)


@dataclass
class World:
    """The product and the oracle, side by side."""

    shop: Sender
    website: Sender
    oracle: Oracle = field(default_factory=Oracle)
    waiting: list[tuple[Message, str]] = field(default_factory=list)
    said: int = 0
    base: int = 0

    @property
    def now(self) -> dt.datetime:
        """A minute a batch."""
        return self.shop.now + dt.timedelta(minutes=self.oracle.batch)

    def do(self, step: Step) -> None:
        """One step in both."""
        if isinstance(step, Say | Alias | Group):
            self.send(step)
            return
        self.digest()
        if isinstance(step, Undo):
            self.undo(step.which)
        elif isinstance(step, ByHand):
            self.by_hand(step.one, step.other)

    def send(self, message: Message) -> None:
        """Some messages come twice: they count once."""
        if isinstance(message, Say):
            self.say(message)
            return
        sender = self.website if message.is_browser else self.shop
        if isinstance(message, Alias):
            id_ = sender.alias(message.user, message.previous)
            sender.alias(message.user, message.previous, message_id=id_)
        else:
            traits = {key: value for key in ("plan", "role") if (value := getattr(message, key))}
            at = self.shop.now - dt.timedelta(hours=message.hours_ago)
            id_ = sender.group(message.company, traits, at=at, userId=message.user)
            sender.group(message.company, traits, at=at, userId=message.user, message_id=id_)
        self.waiting.append((message, ""))

    def say(self, say: Say) -> None:
        sender = self.website if say.is_browser else self.shop
        name = f"Event {self.said}"
        self.said += 1
        body: dict[str, Any] = {KEYS[kind]: value for kind, value in say.identifiers if kind in KEYS}
        traits = {kind: value for kind, value in say.identifiers if kind not in KEYS}
        at = self.shop.now - dt.timedelta(hours=say.hours_ago)
        if traits or say.plan:
            sender.identify(traits | ({"plan": say.plan} if say.plan else {}), at=at, **body)
            self.waiting.append((say, ""))
        if body:
            sender.track("Thing Done", {"name": name}, at=at, **body)
            named = tuple(pair for pair in say.identifiers if pair[0] in KEYS)
            self.waiting.append((replace(say, identifiers=named, plan=None), name))

    def digest(self) -> None:
        self.oracle.batch += 1
        for said, name in self.waiting:
            self.hear(said, name)
        self.waiting = []
        digested(now=self.now)

    def hear(self, say: Message, name: str) -> None:
        """What the oracle makes of one message."""
        oracle = self.oracle
        if isinstance(say, Alias):
            oracle.alias(say.user, say.previous, is_browser=say.is_browser)
        elif isinstance(say, Group):
            persona = oracle.say([("user_id", say.user)], is_browser=say.is_browser)
            party = 2 if say.is_browser else 1
            rank = (party, say.hours_ago, -len(oracle.companies))
            oracle.companies.append((say.company, persona, rank, say.plan, say.role))
        else:
            persona = oracle.say(list(say.identifiers), is_browser=say.is_browser)
            if name:
                oracle.facts.append((persona, name))
            if say.plan:
                party = 2 if say.is_browser else 1
                rank = (party, say.hours_ago, -len(oracle.statements))
                oracle.statements.append((persona, rank, say.plan))

    def numbers(self) -> dict[int, int]:
        """Real personas -> the oracle's."""
        return {
            real: number
            for number, real in enumerate(Persona.objects.order_by("id").values_list("id", flat=True))
        }

    def undo(self, which: int) -> None:
        standing = [index for index, union in enumerate(self.oracle.unions) if union.stands]
        if standing:
            index = standing[which % len(standing)]
            self.oracle.unions[index].stands = False
            identity.unmerge(Merge.objects.order_by("id")[index], by=None, now=self.now)

    def by_hand(self, one: int, other: int) -> None:
        oracle = self.oracle
        if not oracle.personas:
            return
        mine, theirs = (oracle.contact(number % oracle.personas) for number in (one, other))
        if mine == theirs:
            return
        real = {number: persona for persona, number in self.numbers().items()}
        call: dict[str, Any] = {
            "survivor_id": real[mine],
            "absorbed_id": real[theirs],
            "cause": Merge.Cause.BY_HAND,
            "evidence": {},
            "by": None,
            "now": self.now,
        }
        if oracle.clash(mine, theirs):
            with pytest.raises(identity.MergeRefused):
                identity.merge(**call)
            return
        oracle.unite(mine, theirs)
        identity.merge(**call)

    def check(self) -> None:
        """Everything means the same in both."""
        while identity.move_rows(limit=3, now=self.now):
            pass
        oracle, numbers = self.oracle, self.numbers()
        links = {
            (link.namespace, link.value): numbers[link.persona_id] for link in IdentityLink.objects.all()
        }
        assert links == oracle.links
        contact_of = {numbers[p.id]: numbers[p.contact_id] for p in Persona.objects.all()}
        assert contact_of == {persona: oracle.contact(persona) for persona in range(oracle.personas)}
        events = Event.objects.filter(definition__name="Thing Done")
        assert sorted(
            (e.properties["name"], numbers[e.persona_id], numbers[e.contact_id]) for e in events
        ) == sorted((name, persona, oracle.contact(persona)) for persona, name in oracle.facts)
        self.check_counters(numbers)
        self.check_contacts(numbers)
        self.check_companies(numbers)
        assert IdentityLinkMove.objects.count() == oracle.moves

    def check_counters(self, numbers: dict[int, int]) -> None:
        done = Counter(persona for persona, _ in self.oracle.facts)
        rows = EventCount.objects.filter(definition__name="Thing Done")
        assert {(numbers[row.persona_id], numbers[row.contact_id]): row.count for row in rows} == {
            (persona, self.oracle.contact(persona)): count for persona, count in done.items()
        }
        totals: Counter[int] = Counter()
        for persona, count in done.items():
            totals[self.oracle.contact(persona)] += count
        activity = ContactActivity.objects.filter(event_count__gt=0)
        assert {numbers[row.contact_id]: row.event_count for row in activity} == totals

    def check_contacts(self, numbers: dict[int, int]) -> None:
        for contact in Contact.objects.all():
            number = numbers[contact.pk]
            root = self.oracle.contact(number)
            assert (numbers[contact.merged_into_id] if contact.merged_into_id else number) == root
            if root == number:
                assert (contact.known_since_at is not None) == self.oracle.is_known(number)
                assert contact.attributes.get("plan") == self.oracle.plan(number)

    def check_companies(self, numbers: dict[int, int]) -> None:
        records = Record.objects.all()
        assert {record.key: record.fields.get("plan") for record in records} == {
            key: self.oracle.company(key) for key, *_ in self.oracle.companies
        }
        links = RecordLink.objects.select_related("record")
        assert {
            (link.record.key, numbers[link.persona_id], numbers[link.contact_id], link.role) for link in links
        } == self.oracle.parts()


distribution: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def show_distribution() -> Iterator[None]:
    """A trivial generator would show here."""
    yield
    print("\nidentity by chance:", dict(sorted(distribution.items())))


@pytest.fixture(params=[5_000, 0], ids=["at once", "in chunks"])
def moved(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Whether merges move their rows at once or later."""
    monkeypatch.setattr(moving, "AT_ONCE", request.param)
    return int(request.param)


@settings(
    max_examples=40,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=st.lists(steps, min_size=14, max_size=30))
def test_it_means_what_the_oracle_says(
    shop: Source, website: Source, now: dt.datetime, moved: int, story: list[Step]
) -> None:
    with transaction.atomic():
        as_in_the_oracle(website)
        world = World(Sender(shop, now), Sender(website, now))

        for step in [*story, Digest()]:
            world.do(step)

        world.check()
        distribution.update(
            cases=1,
            merges=len(world.oracle.unions),
            undone=sum(not union.stands for union in world.oracle.unions),
            moved=world.oracle.moves,
            refused=world.oracle.refusals,
            personas=world.oracle.personas,
            events=len(world.oracle.facts),
            companies=len(world.oracle.companies),
            cases_with_undo=any(not union.stands for union in world.oracle.unions),
        )
        transaction.set_rollback(True)


def as_in_the_oracle(website: Source) -> None:
    """Two addresses a person, and a website that speaks for others: what the oracle takes for granted."""
    IdentifierRule.objects.filter(namespace="email").update(limit=2)
    Source.objects.filter(pk=website.pk).update(party=Party.SECOND)


def snapshot() -> dict[str, list[Any]]:
    """All that a merge may change."""
    return {
        "personas": list(Persona.objects.order_by("id").values_list("id", "contact")),
        "contacts": list(
            Contact.objects.order_by("id").values_list(
                "id", "email", "attributes", "provenance", "known_since_at", "merged_into"
            )
        ),
        "events": list(Event.objects.order_by("id").values_list("id", "contact", "persona")),
        "counters": list(
            EventCount.objects.order_by("persona").values_list("persona", "contact", "count", "last_at")
        ),
        "activity": list(ContactActivity.objects.order_by("contact").values_list()),
        "companies": list(Record.objects.order_by("id").values_list("key", "fields", "provenance")),
        "parts": list(RecordLink.objects.order_by("id").values_list("record", "persona", "contact", "role")),
        "links": list(IdentityLink.objects.order_by("id").values_list("namespace", "value", "persona")),
    }


@settings(
    max_examples=40,
    deadline=None,
    print_blob=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)
@given(
    story=st.lists(messages, min_size=4, max_size=20), pair=st.tuples(st.integers(0, 8), st.integers(0, 8))
)
def test_it_is_as_if_a_merge_that_is_undone_had_never_been(
    shop: Source, website: Source, now: dt.datetime, moved: int, story: list[Message], pair: tuple[int, int]
) -> None:
    with transaction.atomic():
        as_in_the_oracle(website)
        world = World(Sender(shop, now), Sender(website, now))
        for said in story:
            world.do(said)
        world.do(Digest())
        before = snapshot()
        merges = Merge.objects.count()

        world.by_hand(*pair)
        made = Merge.objects.count() - merges
        if made:
            identity.move_rows(limit=1, now=world.now)
            identity.unmerge(Merge.objects.latest("id"), by=None, now=world.now)

        assert snapshot() == before
        distribution.update({"undone at once": made})
        transaction.set_rollback(True)
