"""Who a message is about, decided in memory: the identifiers of a batch, in order of arrival, against what is known.

Nothing here asks or writes the database: `profiles.identity` loads a `Known` and writes down what became of it.
New personas carry provisional negative numbers until then.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from profiles.identifiers import Identifier, Rules

# Where we write to a person: what anybody can send must not turn it aside.
ADDRESSES: Final = frozenset({"email", "phone"})
LATER: Final = 2**40  # provisional numbers are younger than every real one


@dataclass(slots=True)
class Link:
    """Where an identifier points, since when."""

    persona: int
    since_at: dt.datetime
    source_id: int | None = None


@dataclass(slots=True)
class Person:
    """A contact as far as identity is concerned."""

    id: int
    known_since_at: dt.datetime | None = None
    personas: set[int] = field(default_factory=set)
    # namespace -> value -> when the link was made
    values: dict[str, dict[str, dt.datetime]] = field(default_factory=lambda: defaultdict(dict))

    @property
    def age(self) -> tuple[bool, dt.datetime, int]:
        """Sorts the one who survives a merge first: known before visitor, then the oldest."""
        order = self.id if self.id > 0 else LATER - self.id
        return (
            self.known_since_at is None,
            self.known_since_at or dt.datetime.min.replace(tzinfo=dt.UTC),
            order,
        )


@dataclass(frozen=True, slots=True)
class Union:
    """A merge that the batch brought about."""

    survivor: int
    absorbed: int
    evidence: list[Identifier]


@dataclass(frozen=True, slots=True)
class Move:
    """An identifier that went to another persona."""

    identifier: Identifier
    from_persona: int
    to_persona: int
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """An identifier that a message named and that was not followed: why, and to whom it belongs."""

    identifier: Identifier
    reason: str
    other: int | None = None  # persona


@dataclass(frozen=True, slots=True)
class Resolved:
    """The persona a message is about, and what was refused on the way."""

    persona: int
    refused: Sequence[Refused] = ()


@dataclass
class Known:
    """What the database knows of the identifiers of a batch, changed in place as the batch goes on."""

    rules: Rules
    links: dict[Identifier, Link] = field(default_factory=dict)
    contact_of: dict[int, int] = field(default_factory=dict)  # persona -> contact
    people: dict[int, Person] = field(default_factory=dict)  # by contact
    apart: set[frozenset[int]] = field(default_factory=set)  # personas that a person has separated by hand
    founded: list[int] = field(default_factory=list)
    unions: list[Union] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    changed: set[Identifier] = field(default_factory=set)
    became_known: set[int] = field(default_factory=set)  # contacts

    def person(self, persona: int) -> Person:
        """The contact that a persona belongs to now."""
        return self.people[self.contact_of[persona]]

    def renumber(self, numbers: Mapping[int, int]) -> None:
        """Put real numbers in the place of provisional ones."""

        def real(number: int) -> int:
            return numbers.get(number, number)

        self.contact_of = {real(persona): real(contact) for persona, contact in self.contact_of.items()}
        self.founded = [real(persona) for persona in self.founded]
        self.became_known = {real(contact) for contact in self.became_known}
        self.unions = [
            replace(union, survivor=real(union.survivor), absorbed=real(union.absorbed))
            for union in self.unions
        ]
        self.moves = [
            replace(move, from_persona=real(move.from_persona), to_persona=real(move.to_persona))
            for move in self.moves
        ]
        for identifier in self.changed:
            self.links[identifier].persona = real(self.links[identifier].persona)

    def resolve(
        self, identifiers: Iterable[Identifier], *, is_browser: bool, source_id: int, now: dt.datetime
    ) -> Resolved:
        """Whom these identifiers, highest rank first, name. They are linked to that persona from now on.

        Where one does not fit (a clash of hard identifiers, a limit, a browser's key) it is the lowest-ranked so
        far: it is left out, or moves over if it is soft, and the others go on.
        """
        return _Resolving(self, is_browser=is_browser, source_id=source_id, now=now).run(list(identifiers))


@dataclass
class _Resolving:
    known: Known
    is_browser: bool
    source_id: int
    now: dt.datetime
    persona: int | None = None
    pending: list[Identifier] = field(default_factory=list)  # new ones, until the persona is found
    followed: list[Identifier] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def run(self, identifiers: list[Identifier]) -> Resolved:
        for identifier in identifiers:
            link = self.known.links.get(identifier)
            if link is None:
                self.pending.append(identifier)
                if self.persona is not None:
                    self.settle()
            elif self.persona is None:
                self.adopt(identifier, link)
            else:
                self.meet(identifier, link)
        if self.persona is None:
            self.found()
        return Resolved(self.persona or 0, self.refused)

    def adopt(self, identifier: Identifier, link: Link) -> None:
        """The first linked identifier says who it is, unless the new ones above it do not fit that person."""
        person = self.known.person(link.persona)
        if all(self.fits(new, person) for new in self.pending):
            self.persona = link.persona
            self.followed.append(identifier)
            self.settle()
        else:
            self.found()
            self.meet(identifier, link)

    def found(self) -> None:
        """A new persona, of a new contact, for the identifiers that nobody has."""
        known = self.known
        number = -1 - len(known.founded)
        known.founded.append(number)
        known.contact_of[number] = number
        known.people[number] = Person(number, personas={number})
        self.persona = number
        self.settle()

    def settle(self) -> None:
        """Link the new identifiers to the persona, as far as its limits allow."""
        assert self.persona is not None
        person = self.known.person(self.persona)
        for identifier in self.pending:
            if self.fits(identifier, person):
                self.link(identifier, person)
                self.followed.append(identifier)
            else:
                self.refused.append(Refused(identifier, self.misfit(identifier, person)))
        self.pending = []

    def meet(self, identifier: Identifier, link: Link) -> None:
        """One more identifier that somebody already has: the same person, another, or the same from now on."""
        assert self.persona is not None
        known = self.known
        mine, other = known.person(self.persona), known.person(link.persona)
        if mine is other:
            self.followed.append(identifier)
        elif self.clash(mine, other):
            self.part(identifier, link, other)
        elif reason := self.objection(mine, other):
            self.refused.append(Refused(identifier, reason, link.persona))
        else:
            self.unite(mine, other, identifier)

    def clash(self, mine: Person, other: Person) -> bool:
        """Whether both have a value, not the same, of an identifier that is unique to one person."""
        return any(
            rule.is_hard
            and mine.values.get(namespace)
            and other.values.get(namespace)
            and mine.values[namespace].keys() != other.values[namespace].keys()
            for namespace, rule in self.known.rules.items()
        )

    def part(self, identifier: Identifier, link: Link, other: Person) -> None:
        """Two different people share this: a soft identifier goes on with the one named last."""
        assert self.persona is not None
        known, rule = self.known, self.known.rules[identifier.namespace]
        mine = known.person(self.persona)
        if rule.is_hard:
            self.refused.append(Refused(identifier, "clash", link.persona))
        elif self.is_browser and rule.makes_known and other.known_since_at is not None:
            self.refused.append(Refused(identifier, "browser", link.persona))
        elif not self.fits(identifier, mine):
            self.refused.append(Refused(identifier, self.misfit(identifier, mine), link.persona))
        else:
            known.moves.append(Move(identifier, link.persona, self.persona, "identified_as_another"))
            other.values[identifier.namespace].pop(identifier.value, None)
            self.link(identifier, mine)
            self.followed.append(identifier)

    def objection(self, mine: Person, other: Person) -> str:
        """Why these two, who do not clash, are not merged all the same; "" where nothing speaks against it."""
        if self.is_browser and mine.known_since_at is not None and other.known_since_at is not None:
            return "browser"
        if self.is_browser and self.turns_aside(mine, other):
            return "address"
        if self.known.apart and self.were_separated(mine, other):
            return "kept_apart"
        for namespace, rule in self.known.rules.items():
            together = mine.values.get(namespace, {}) | other.values.get(namespace, {})
            if len(together) > rule.limit and self.recent(namespace, together) > rule.limit:
                return "limit"
        return ""

    def were_separated(self, mine: Person, other: Person) -> bool:
        contact_of = self.known.contact_of
        pair = {mine.id, other.id}
        return any({contact_of.get(persona) for persona in personas} == pair for personas in self.known.apart)

    def unite(self, mine: Person, other: Person, identifier: Identifier) -> None:
        known = self.known
        survivor, absorbed = sorted((mine, other), key=lambda person: person.age)
        known.contact_of.update(dict.fromkeys(absorbed.personas, survivor.id))
        survivor.personas |= absorbed.personas
        for namespace, values in absorbed.values.items():
            survivor.values[namespace].update(values)
        del known.people[absorbed.id]
        self.followed.append(identifier)
        known.unions.append(Union(survivor.id, absorbed.id, list(self.followed)))

    def fits(self, identifier: Identifier, person: Person) -> bool:
        """Whether the person may have this value too."""
        rule = self.known.rules[identifier.namespace]
        values = person.values.get(identifier.namespace, {})
        if identifier.value in values:
            return True
        if self.is_browser and self.is_settled(identifier.namespace, person):
            return False
        return len(values) < rule.limit or self.recent(identifier.namespace, values) < rule.limit

    def misfit(self, identifier: Identifier, person: Person) -> str:
        if self.is_browser and self.is_settled(identifier.namespace, person):
            return "address"
        return "clash" if self.known.rules[identifier.namespace].is_hard else "limit"

    def is_settled(self, namespace: str, person: Person) -> bool:
        """Whether we know where to write to this person: only a trusted source says something else."""
        return (
            namespace in ADDRESSES
            and person.known_since_at is not None
            and bool(person.values.get(namespace))
        )

    def turns_aside(self, mine: Person, other: Person) -> bool:
        """Whether a merge would give one of these two, whom we know, one more address."""
        return any(
            self.is_settled(namespace, one)
            and two.values.get(namespace, {}).keys() - one.values[namespace].keys()
            for one, two in ((mine, other), (other, mine))
            for namespace in ADDRESSES
        )

    def recent(self, namespace: str, values: dict[str, dt.datetime]) -> int:
        """How many of these values count for the limit."""
        window = self.known.rules[namespace].window
        return len(values) if window is None else sum(since > self.now - window for since in values.values())

    def link(self, identifier: Identifier, person: Person) -> None:
        assert self.persona is not None
        known = self.known
        known.links[identifier] = Link(self.persona, self.now, self.source_id)
        known.changed.add(identifier)
        person.values[identifier.namespace][identifier.value] = self.now
        if known.rules[identifier.namespace].makes_known and person.known_since_at is None:
            person.known_since_at = self.now
            known.became_known.add(person.id)
