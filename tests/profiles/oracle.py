"""What identity means, said slowly and obviously: the rules of DESIGN §6 over plain lists, recomputed each time."""

from dataclasses import dataclass, field
from typing import Any

RANK = ("user_id", "email", "anonymous_id")
HARD = {"user_id"}
MAKES_KNOWN = {"user_id", "email"}
ADDRESSES = {"email"}
LIMIT = {"user_id": 1, "email": 2, "anonymous_id": 200}

type Identifier = tuple[str, str]


@dataclass
class Union:
    """A merge: two founding contacts, and whether it still stands."""

    absorbed: int
    survivor: int
    stands: bool = True


@dataclass
class Oracle:
    """Everything that was said so far. Personas and contacts are numbered in the order of their founding."""

    personas: int = 0
    links: dict[Identifier, int] = field(default_factory=dict)
    first_known: dict[int, int] = field(default_factory=dict)  # persona -> the batch in which it became known
    unions: list[Union] = field(default_factory=list)
    facts: list[tuple[int, str]] = field(default_factory=list)  # (persona, event)
    statements: list[tuple[int, tuple[Any, ...], str]] = field(default_factory=list)  # (persona, rank, value)
    companies: list[tuple[str, int, tuple[Any, ...], str | None, str]] = field(default_factory=list)
    moves: int = 0
    refusals: int = 0
    batch: int = 0

    def contact(self, persona: int) -> int:
        """Follow the merges that stand."""
        for union in self.unions:
            if union.stands and union.absorbed == persona:
                return self.contact(union.survivor)
        return persona

    def together(self, contact: int) -> list[int]:
        """The personas of a contact."""
        return [persona for persona in range(self.personas) if self.contact(persona) == contact]

    def values(self, contact: int, namespace: str) -> set[str]:
        """The identifiers of one kind that a contact has."""
        return {
            value
            for (kind, value), persona in self.links.items()
            if kind == namespace and self.contact(persona) == contact
        }

    def age(self, contact: int) -> tuple[int, int]:
        """The one who survives sorts first."""
        known = [
            self.first_known[persona] for persona in self.together(contact) if persona in self.first_known
        ]
        return (min(known, default=10**9), contact)

    def is_known(self, contact: int) -> bool:
        """Whether the contact is more than a visitor."""
        return any(persona in self.first_known for persona in self.together(contact))

    def clash(self, one: int, other: int) -> bool:
        """Two people, by an identifier unique to one."""
        for namespace in HARD:
            mine, theirs = self.values(one, namespace), self.values(other, namespace)
            if mine and theirs and mine != theirs:
                return True
        return False

    def apart(self, one: int, other: int) -> bool:
        """Somebody separated them."""
        return any(
            {self.contact(union.absorbed), self.contact(union.survivor)} == {one, other}
            for union in self.unions
            if not union.stands
        )

    def room(self, contact: int, identifier: Identifier, is_browser: bool) -> bool:
        """Whether one more value fits; a browser gives nobody we know a second address."""
        values = self.values(contact, identifier[0])
        if is_browser and identifier[0] in ADDRESSES and self.is_known(contact) and values:
            return identifier[1] in values
        return identifier[1] in values or len(values) < LIMIT[identifier[0]]

    def say(self, identifiers: list[Identifier], *, is_browser: bool) -> int:
        """The persona that a message is about, after everything it brings about."""
        ranked = sorted(identifiers, key=lambda identifier: RANK.index(identifier[0]))
        persona: int | None = None
        waiting: list[Identifier] = []
        for identifier in ranked:
            holder = self.links.get(identifier)
            if holder is None:
                waiting.append(identifier)
            elif persona is None and all(self.room(self.contact(holder), new, is_browser) for new in waiting):
                persona = holder
            else:
                if persona is None:
                    persona = self.found()
                waiting = self.attach(persona, waiting, is_browser)
                self.meet(persona, identifier, holder, is_browser)
                continue
            if persona is not None:
                waiting = self.attach(persona, waiting, is_browser)
        if persona is None:
            persona = self.found()
        self.attach(persona, waiting, is_browser)
        return persona

    def alias(self, user: str, previous: str, *, is_browser: bool) -> int:
        """Two names of one person: a user id is nobody's second one, else an address, else a visitor's id."""
        mine = ("user_id", user)
        if ("user_id", previous) in self.links:
            holder = self.contact(self.links["user_id", previous])
            if mine not in self.links or self.contact(self.links[mine]) != holder:
                self.refusals += 1
            return self.say([mine], is_browser=is_browser)
        namespace = "email" if ("email", previous) in self.links else "anonymous_id"
        return self.say([mine, (namespace, previous)], is_browser=is_browser)

    def company(self, key: str) -> str | None:
        """The present plan of a company: the best statement of anybody."""
        said = [(rank, plan) for name, _, rank, plan, _ in self.companies if name == key and plan]
        return min(said)[1] if said else None

    def parts(self) -> set[tuple[str, int, int, str]]:
        """Who belongs to which company: its key, persona, contact and role."""
        roles: dict[tuple[str, int], set[str]] = {}
        for key, persona, _, _, role in self.companies:
            roles.setdefault((key, persona), set()).add(role)
        return {
            (key, persona, self.contact(persona), role)
            for (key, persona), named in roles.items()
            for role in named - {""} or {""}
        }

    def found(self) -> int:
        """One more person."""
        self.personas += 1
        return self.personas - 1

    def attach(self, persona: int, identifiers: list[Identifier], is_browser: bool) -> list[Identifier]:
        """New identifiers join a persona where they fit."""
        for identifier in identifiers:
            if self.room(self.contact(persona), identifier, is_browser):
                self.link(identifier, persona)
        return []

    def link(self, identifier: Identifier, persona: int) -> None:
        """From now on it names this persona."""
        self.links[identifier] = persona
        if identifier[0] in MAKES_KNOWN:
            self.first_known.setdefault(persona, self.batch)

    def meet(self, persona: int, identifier: Identifier, holder: int, is_browser: bool) -> None:
        """An identifier that another persona has already."""
        mine, other = self.contact(persona), self.contact(holder)
        if mine == other:
            return
        if self.clash(mine, other):
            stolen = is_browser and identifier[0] in MAKES_KNOWN and self.is_known(other)
            if identifier[0] in HARD or stolen or not self.room(mine, identifier, is_browser):
                self.refusals += 1
                return
            self.moves += 1
            self.link(identifier, persona)
            return
        too_many = any(
            len(self.values(mine, namespace) | self.values(other, namespace)) > LIMIT[namespace]
            for namespace in RANK
        )
        both_known = self.is_known(mine) and self.is_known(other)
        if (is_browser and both_known) or self.apart(mine, other) or too_many:
            self.refusals += 1
            return
        self.unite(*sorted((mine, other), key=self.age))

    def unite(self, survivor: int, absorbed: int) -> None:
        """Two contacts are one."""
        self.unions.append(Union(absorbed, survivor))

    def plan(self, contact: int) -> str | None:
        """The present value of the one attribute: the best statement of any of its personas."""
        said = [(rank, value) for persona, rank, value in self.statements if self.contact(persona) == contact]
        return min(said)[1] if said else None
