"""Mails of the workspace: drafts with undo, checks, freezing, languages, tests to the team."""

import datetime as dt
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.contrib.auth.models import User

from journeys import drafts
from journeys.channels.base import Accepted, Envelope, Outcome, Refused
from journeys.content import history
from journeys.content.changes import OPERATIONS, Asked, Change
from journeys.messages import content, contents, drafting, trials
from journeys.messages.contents import ContentProblem
from journeys.messages.trials import NotSent
from journeys.models import Content, ContentRevision
from profiles.models import AttributeDefinition, Brand, Contact, Settings
from tests.journeys.cast import person

pytestmark = pytest.mark.django_db
NAME = '{{ contact.first_name | default: "there" }}'


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", "ada@kindred.example", first_name="Ada")


@pytest.fixture
def letter(ada: User, now: dt.datetime) -> Content:
    """A mail that lacks nothing."""
    mail = contents.begin("Welcome", "blank", by=ada, now=now)
    rows = [
        {"kind": "heading", "id": "hi", "text": f"Hi {NAME}"},
        {"kind": "button", "id": "go", "label": "Look", "url": "https://shop.example"},
    ]
    state = {
        "mode": "blocks",
        "fallback": "en",
        "languages": {"en": {"subject": f"Hi {NAME}", "blocks": rows}},
    }
    contents.keep(mail, drafting.load(state), by=ada, now=now)
    return mail


def does(mail: Content, op: str, by: User, now: dt.datetime, language: str = "en", **said: Any) -> Change:
    draft = contents.draft_of(mail)
    change = OPERATIONS[op](Asked(draft, language, {"op": op, **said}, lambda: contents.look_of(mail, draft)))
    contents.keep(mail, change.draft, by=by, now=now)
    return change


def sentences(mail: Content) -> list[str]:
    return [one.sentence for one in contents.check(mail)]


def test_it_freezes_what_can_be_sent(letter: Content, ada: User, now: dt.datetime) -> None:
    revision = contents.freeze(letter, by=ada, now=now)

    words = revision.languages["en"]
    parts = content.revision(revision.pk).parts("en")
    assert (revision.number, revision.saved_by, revision.saved_at) == (1, ada, now)
    assert NAME in words["html"]
    assert "<script" not in words["html"]
    assert words["is_inlined"]
    assert not parts.has_style
    assert words["blocks"] == letter.draft["languages"]["en"]["blocks"]
    assert words["text"].startswith(f"Hi {NAME}")
    assert "Look (https://shop.example)" in words["text"]


def test_it_freezes_once_what_does_not_change(letter: Content, ada: User, now: dt.datetime) -> None:
    first = contents.freeze(letter, by=ada, now=now)
    again = contents.freeze(letter, by=ada, now=now + dt.timedelta(hours=1))
    does(letter, "write", ada, now, block="go", label="Look here")
    changed = contents.freeze(letter, by=ada, now=now)

    assert again == first
    assert (changed.number, ContentRevision.objects.filter(content=letter).count()) == (2, 2)


def test_it_keeps_the_revision_of_mails_from_before_there_was_an_editor(ada: User, now: dt.datetime) -> None:
    old = Content.objects.create(name="Old")
    words = {"en": {"subject": "Hello", "html": "<p>Hi</p>", "text": "", "preheader": ""}}
    revision = ContentRevision.objects.create(content=old, number=1, languages=words)

    assert contents.freeze(old, by=ada, now=now) == revision
    assert contents.draft_of(old).mode == "html"
    assert contents.draft_of(old).words("en").source == "<p>Hi</p>"


def test_it_ends_with_the_way_out_and_the_postal_address(
    letter: Content, ada: User, now: dt.datetime
) -> None:
    Brand.objects.filter(is_default=True).update(
        postal_address="Veldstraat 1\nGhent", theme={"background": "#222222"}
    )

    rendered = trials.draw(
        letter, contents.draft_of(letter), Contact(id=1, first_name="Grace", random_bucket=0)
    )

    assert rendered.subject == "Hi Grace"
    assert "Hi Grace" in rendered.html
    assert "Unsubscribe" in rendered.html
    assert "Veldstraat 1 · Ghent" in rendered.html
    assert "color:#d5dae1;background:#222222" in rendered.html
    assert "/t/c/" not in rendered.html
    assert "/t/o/" not in rendered.html


def test_it_speaks_the_readers_language(letter: Content, ada: User, now: dt.datetime) -> None:
    does(letter, "add_language", ada, now, add="nl")
    does(letter, "subject", ada, now, language="nl", subject="Hallo", preheader="")

    draft = contents.draft_of(letter)

    def subject(language: str) -> str:
        return trials.draw(letter, draft, Contact(id=1, language=language, random_bucket=0)).subject

    assert [subject(one) for one in ("nl-BE", "nl", "fr", "")] == ["Hallo", "Hallo", "Hi there", "Hi there"]


def test_it_says_what_is_missing(ada: User, now: dt.datetime) -> None:
    Settings.objects.update(languages=["en", "nl", "de"])
    mail = contents.begin("News", "blank", by=ada, now=now)

    assert sentences(mail)[:2] == ["Write a subject.", "The mail is empty: add a block."]
    for kind in ("heading", "button", "image", "product", "columns"):
        does(mail, "add", ada, now, kind=kind, place="", at="99")
    does(mail, "subject", ada, now, subject="{{ contact.shoe_size }}", preheader="{% if %}")

    said = sentences(mail)

    assert "Write the heading." in said
    assert "Say what stands on the button." in said
    assert "Choose the image." in said
    assert "Choose the product." in said
    assert "Put something into the columns." in said
    assert "No contact has an attribute called “shoe_size”." in said
    assert any(one.startswith("The preview text cannot be filled in") for one in said)
    assert "There is no version in 2 languages: those people get English." in said
    assert contents.check(mail)[-1].about == ("Dutch", "German")
    Settings.objects.update(languages=["en", "nl"])
    assert "There is no version in Dutch: those people get English." in sentences(mail)
    with pytest.raises(ContentProblem) as told:
        contents.freeze(mail, by=ada, now=now)
    assert "Choose the image." in told.value.sentences
    assert "There is no version in Dutch: those people get English." not in told.value.sentences


def test_it_knows_the_workspaces_own_attributes(letter: Content, ada: User, now: dt.datetime) -> None:
    AttributeDefinition.objects.create(key="shoe_size", type="number")
    does(letter, "subject", ada, now, subject="{{ contact.shoe_size }}", preheader="")

    assert sentences(letter) == []


def test_it_warns_of_mails_that_are_cut_off(letter: Content, ada: User, now: dt.datetime) -> None:
    long = "<p>" + "word " * 9000 + "</p>"
    for _ in range(3):
        added = does(letter, "add", ada, now, kind="text", place="", at="0")
        does(letter, "write", ada, now, block=added.selected, html=long)

    (warning,) = contents.check(letter)

    assert warning.is_warning
    assert "Gmail cuts it off" in warning.sentence


def test_it_undoes_and_redoes_every_kind_of_change(letter: Content, ada: User, now: dt.datetime) -> None:
    before = letter.draft
    does(letter, "delete", ada, now, block="go")
    does(letter, "code", ada, now, mode="mjml")
    after = letter.draft
    assert after["mode"] == "mjml"
    assert "<mj-text" in after["languages"]["en"]["source"]

    contents.step(letter, forward=False, by=ada)
    contents.step(letter, forward=False, by=ada)
    assert Content.objects.get(pk=letter.pk).draft == before

    contents.step(letter, forward=True, by=ada)
    contents.step(letter, forward=True, by=ada)
    assert Content.objects.get(pk=letter.pk).draft == after


def test_it_tells_of_somebody_elses_save(letter: Content, ada: User, now: dt.datetime) -> None:
    grace = User.objects.create_user("grace")
    place = drafts.place("content", letter.pk)
    assert place is not None
    does(letter, "delete", grace, now, block="go")
    mine = drafting.load(place.state)

    with pytest.raises(drafts.Conflict):
        contents.keep(
            letter, mine.with_words("en", drafting.Words("Mine")), by=ada, now=now, since=place.number
        )

    assert len(contents.draft_of(Content.objects.get(pk=letter.pk)).words("en").blocks) == 1


def test_it_writes_the_same_mail_as_code(letter: Content, ada: User, now: dt.datetime) -> None:
    blocks = contents.freeze(letter, by=ada, now=now).languages["en"]
    does(letter, "code", ada, now, mode="mjml")
    code = contents.freeze(letter, by=ada, now=now).languages["en"]

    assert code["html"] == blocks["html"]


def test_it_says_in_words_what_a_version_changed(letter: Content, ada: User, now: dt.datetime) -> None:
    contents.freeze(letter, by=ada, now=now)
    does(letter, "subject", ada, now, subject="Hello", preheader="")
    does(letter, "duplicate", ada, now, block="go")
    contents.freeze(letter, by=ada, now=now)

    newest, first = history.history(letter)

    assert newest.changes == ["English: the subject is “Hello”.", "English: 1 block is new."]
    assert first.changes == ["The first version."]


def test_it_goes_back_to_a_version(letter: Content, ada: User, now: dt.datetime) -> None:
    revision = contents.freeze(letter, by=ada, now=now)
    before = letter.draft
    does(letter, "delete", ada, now, block="go")

    contents.keep(letter, contents.of_revision(revision), by=ada, now=now)

    assert letter.draft == before


def test_it_picks_people_who_differ(letter: Content, now: dt.datetime) -> None:
    person("Ada", now=now, last_name="Lovelace", language="en", city="London", country="GB")
    person("Grace", now=now, last_name="Brewster Murray Hopper", language="en", city="Arlington")
    person("", now=now, email="nobody@example.com")
    Settings.objects.update(languages=["en", "nl"])
    person("Edsger", now=now, language="nl")

    picked = {one.why: one.name for one in trials.somebodies(contents.draft_of(letter), real=True, now=now)}

    assert picked["Longest name"] == "Grace Brewster Murray Hopper"
    assert picked["Least known"] == "No name known"
    assert picked["Reads Dutch"] == "Edsger"
    made_up = trials.somebodies(contents.draft_of(letter), real=False, now=now)
    assert {one.contact.email for one in made_up} <= {f"sample{n}@example.com" for n in range(9)}


class Post:
    """A channel that keeps what it is given."""

    answer: Outcome = Accepted("post")
    sent: list[Envelope]

    def __init__(self) -> None:
        Post.sent = []

    def hand_over(self, envelopes: list[Envelope], *, within_seconds: float) -> dict[int, Outcome]:
        Post.sent += envelopes
        return {one.key: self.answer for one in envelopes}


def test_it_sends_a_test(letter: Content, now: dt.datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "EmailChannel", Post)
    rendered = trials.draw(
        letter, contents.draft_of(letter), Contact(id=1, first_name="Grace", random_bucket=0)
    )

    trials.send(letter, rendered, to="ada@kindred.example", now=now)

    (envelope,) = Post.sent
    mail = message_from_bytes(envelope.content, policy=policy.default)
    assert (envelope.address, mail["Subject"]) == ("ada@kindred.example", "[Test] Hi Grace")
    assert mail["List-Unsubscribe"] is None


def test_it_says_why_a_test_was_not_sent(
    letter: Content, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "EmailChannel", Post)
    monkeypatch.setattr(Post, "answer", Refused("refused", "Nobody lives there.", permanent=True))
    rendered = trials.draw(letter, contents.draft_of(letter), Contact(id=1, random_bucket=0))

    with pytest.raises(NotSent, match="Nobody lives there"):
        trials.send(letter, rendered, to="ada@kindred.example", now=now)
