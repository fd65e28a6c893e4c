"""The drawer's form of an email step, and the mail that it sends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from cdp.lib import db
from journeys.editor.controls import Answers, Choices, Control, Section, plain
from journeys.editor.drawing import Step
from journeys.editor.setting import Setting, needed
from journeys.messages import chips, fillings

# What can be chosen: mails, senders, topics.
OFFERED: Final = """
    SELECT
        (SELECT json_agg(json_build_array(id::text, name) ORDER BY name) FROM journeys_content
            WHERE archived_at IS NULL AND channel = 'email'),
        (SELECT json_agg(json_build_array(id::text, name || ' <' || email || '>') ORDER BY is_default DESC, name)
            FROM journeys_sender),
        (SELECT json_agg(json_build_array(id::text, name) ORDER BY name) FROM profiles_topic WHERE archived_at IS NULL)
"""
# A mail's name and its subject in the language of its fallback: as it is written now, else as it was last kept.
CALLED: Final = """
    SELECT name, coalesce(
        nullif(draft -> 'languages' -> (draft ->> 'fallback') ->> 'subject', ''),
        (SELECT languages -> fallback ->> 'subject' FROM journeys_contentrevision
            WHERE content_id = content.id ORDER BY number DESC LIMIT 1),
        ''
    )
    FROM journeys_content content WHERE id = %s
"""


@dataclass(frozen=True, slots=True)
class Mail:
    """What an email step sends, for its drawer."""

    name: str
    subject: str
    url: str  # where it is written


def mail_of(step: Mapping[str, Any]) -> Mail | None:
    """The mail of an email step; None while none is chosen."""
    number = step.get("content") or 0
    for name, subject in db.fetch(CALLED, [number]) if number else ():
        words = chips.plain(subject, fillings.labels()) if "{{" in subject else subject
        return Mail(name, words, reverse("email_edit", args=[number]))
    return None


def show(step: Step, setting: Setting) -> list[Section]:
    """The controls of an email."""
    ((mails, senders, topics),) = db.fetch(OFFERED)
    purposes = [
        ("marketing", _("Marketing: they subscribed to a topic")),
        ("transactional", _("Transactional: it belongs to something they did")),
    ]
    chosen = str(step.get("content") or "")
    return [
        plain(Control("content", _("Mail"), "select", chosen, [("", "…"), *_pairs(mails)], reshapes=True,
                      error=needed(chosen, _("Choose what the mail says, or write a new one.")))),
        plain(
            Control("purpose", _("Why do people get it?"), "select", step.get("purpose", "marketing"), purposes,
                    reshapes=True),
            _reason(step, topics),
            Control("sender", _("From"), "select", str(step.get("sender") or ""), _pairs(senders)),
        ),
    ]  # fmt: skip


def _pairs(rows: Sequence[Sequence[str]] | None) -> Choices:
    return [(value, label) for value, label in rows or ()]


def _reason(step: Step, topics: Sequence[Sequence[str]] | None) -> Control:
    if step.get("purpose") == "transactional":
        why = step.get("why", "")
        return Control("why", _("What does it belong to?"), "text", why,
                       help=_("“Order confirmation”, say. It is kept with every message."),
                       error=needed(why, _("Say what it belongs to.")))  # fmt: skip
    topic = str(step.get("topic") or "")
    return Control("topic", _("Topic"), "select", topic, [("", "…"), *_pairs(topics)],
                   help=_("Who is not subscribed to it does not get the mail."),
                   error=needed(topic, _("Choose the topic, so that people can unsubscribe from it.")))  # fmt: skip


def read(step: Step, answers: Answers) -> Step:
    """The email that the answers say."""
    changed = {key: value for key, value in step.items() if key not in ("topic", "why", "revision")}
    changed["content"] = answers.reference("content")
    changed["sender"] = answers.reference("sender")
    changed["purpose"] = answers.choice("purpose", ("marketing", "transactional"), "marketing")
    if changed["purpose"] == "transactional":
        changed["why"] = answers.text("why", str(step.get("why", "")))[:120]
    else:
        changed["topic"] = answers.reference("topic") if answers.has("topic") else step.get("topic")
    return {key: value for key, value in changed.items() if value is not None}
