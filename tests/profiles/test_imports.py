"""Files of people: read however they were saved, each row once, refusals kept, no voice for who said no."""

import datetime as dt

import pytest

from cdp import pipeline
from profiles import consent, imports, tables
from profiles.consent import Statement
from profiles.models import (
    Brand,
    Consent,
    Contact,
    Import,
    InboxItem,
    Persona,
    RefusedRow,
    Topic,
)
from profiles.tables import Unreadable

pytestmark = pytest.mark.django_db
PEOPLE = "E-mail;First name;Favourite colour\nAda@Example.com;Ada;green\ngrace@example.com;Grace;blue\n"


def bring(
    text: str, *, now: dt.datetime, topic: Topic | None = None, columns: list[str] | None = None
) -> Import:
    """An import that runs."""
    table = tables.read(text.encode())
    one = Import.objects.create(
        name="people.csv",
        content=table.text.encode(),
        separator=table.separator,
        columns=columns or tables.guess(table.heading),
        rows=table.rows,
        topic=topic,
        proof="Shop, 2026" if topic else "",
    )
    imports.begin(one, now=now)
    return one


def finish(one: Import, *, now: dt.datetime) -> Import:
    """Take it to its end, and digest what came in."""
    while imports.go_on(now=now):
        continue
    while pipeline.digest(now=now).taken:
        continue
    one.refresh_from_db()
    return one


@pytest.fixture
def news(db: None) -> Topic:
    brand, _made = Brand.objects.get_or_create(is_default=True, defaults={"name": "Kindred"})
    return Topic.objects.get_or_create(key="news", defaults={"name": "News", "brand": brand})[0]


def test_it_brings_people_in_under_what_their_columns_say(now: dt.datetime) -> None:
    one = finish(bring(PEOPLE, now=now), now=now)

    assert (one.state, one.accepted, one.refused) == (Import.State.DONE, 2, 0)
    people = Contact.objects.order_by("email").values_list("email", "first_name", "attributes")
    assert list(people) == [
        ("ada@example.com", "Ada", {"favourite_colour": "green"}),
        ("grace@example.com", "Grace", {"favourite_colour": "blue"}),
    ]


def test_it_doubles_nobody_who_is_in_two_files(now: dt.datetime) -> None:
    finish(bring(PEOPLE, now=now), now=now)
    finish(bring("mail,city\nADA@example.com,Utrecht\n", now=now), now=now)

    assert Contact.objects.count() == 2
    assert Contact.objects.get(email="ada@example.com").city == "Utrecht"


def test_it_takes_each_row_once_though_it_is_killed_between(
    now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "PORTION", 2)
    one = bring("email\n" + "".join(f"user{n}@example.com\n" for n in range(5)), now=now)

    assert imports.go_on(now=now) == 2
    assert imports.go_on(now=now) == 2
    one.refresh_from_db()
    assert (one.place, one.state) == (4, Import.State.RUNNING)
    finish(one, now=now)

    assert (Contact.objects.count(), InboxItem.objects.count()) == (5, 0)


@pytest.mark.parametrize("portion", [1, 2, 3, 10])
def test_it_reads_on_where_it_stopped_also_within_odd_rows(portion: int) -> None:
    text = 'email,note\r\n\r\nada@example.com,"two\r\nlines"\r\nzoë@example.com,"a ""word"""\n\nlinus@example.com,'
    read, offset = list[list[str]](), 0

    while found := tables.following(text, ",", offset=offset, limit=portion)[0]:
        offset = tables.following(text, ",", offset=offset, limit=portion)[1]
        read += found

    assert read == list(tables.rows_of(text, ","))[1:]
    assert [row[0] for row in read] == ["ada@example.com", "zoë@example.com", "linus@example.com"]


def test_it_keeps_each_refused_row_with_its_reason(now: dt.datetime) -> None:
    rows = ["nobody,,X", ",,Nameless", "linus@example.com,soon,Linus", "ada@example.com,1815-12-10,=1+1"]
    text = "\n".join(["email,birth_date,name", *rows])

    one = finish(bring(text, now=now), now=now)

    assert (one.accepted, one.refused) == (1, 3)
    refused = RefusedRow.objects.order_by("number")
    assert [row.number for row in refused] == [2, 3, 4]
    assert "nobody" in refused[0].reason
    assert "does not say who" in refused[1].reason
    assert "birth_date" in refused[2].reason
    file = list(imports.refusals_as_csv(one))
    assert file[0].startswith('email,birth_date,name,"Not accepted, because"')
    assert len(file) == 4


def test_it_does_not_speak_for_those_who_said_no(now: dt.datetime, news: Topic) -> None:
    finish(bring(PEOPLE, now=now), now=now)
    ada = Contact.objects.get(email="ada@example.com")
    persona = Persona.objects.filter(contact=ada).values_list("pk", flat=True).get()
    consent.record([Statement(ada.pk, persona, "email", "unsubscribed", now, topic_id=news.pk)], now=now)

    finish(bring(PEOPLE, now=now + dt.timedelta(days=1), topic=news), now=now + dt.timedelta(days=1))

    grace = Consent.objects.get(contact__first_name="Grace")
    assert grace.proof["import"] == {"name": "people.csv", "row": 3, "proof": "Shop, 2026"}
    latest = {one.contact.first_name: one.state for one in Consent.objects.order_by("at", "id")}
    assert latest == {"Ada": "unsubscribed", "Grace": "subscribed"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"email\n", "between 1 and"),
        (b"email\0name\n\0\n", "no text file"),
        (b"\xff\xfe\x00", "no text file"),
        (b"a," * 300 + b"b\nx\n", "columns"),
    ],
)
def test_it_says_what_is_wrong_with_a_file(content: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        tables.read(content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_it_reads_tables_however_they_were_saved(encoding: str, separator: str) -> None:
    text = (
        separator.join(["E-mail", "Last name"])
        + "\r\n"
        + separator.join(["zoë@example.com", '"Müller"'])
        + "\r\n"
    )

    table = tables.read(text.encode(encoding))

    assert (table.heading, table.rows) == (["E-mail", "Last name"], 1)
    assert tables.guess(table.heading) == ["email", "last_name"]
    assert "zoë@example.com" in table.text


@pytest.mark.parametrize("columns", [["", "first_name", ""], ["email", "email", ""]])
def test_it_does_not_begin_while_columns_make_no_sense(columns: list[str], now: dt.datetime) -> None:
    with pytest.raises(Unreadable):
        bring(PEOPLE, now=now, columns=columns)
    assert imports.go_on(now=now) == 0
