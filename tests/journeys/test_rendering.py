"""What a message says: personal, in the reader's language, within limits, and with a footer that stays."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.messages import content, markup, mime, rendering
from journeys.messages.content import About, Parts, Revision
from journeys.messages.links import Named
from journeys.messages.mime import Mail
from journeys.messages.rendering import TemplateProblem
from profiles.models import Brand, Contact
from tests.smtp_sink import Received

NOW = dt.datetime(2026, 11, 18, 12, 0, tzinfo=dt.UTC)
UNICODE = st.text(st.characters(exclude_categories=["Cs"]))


def about(*, marketing: bool = True, variables: dict[str, Any] | None = None, **fields: Any) -> About:
    """A message to Ada from a shop in Ghent."""
    contact = Contact(
        **{"id": 1, "first_name": "Ada", "email": "ada@example.com", "attributes": {}, **fields}
    )
    brand = Brand(name="Shop & Co", postal_address="Veldstraat 1\nGhent")
    return About(Named(1, NOW), contact, 1, 1, marketing, variables or {}, brand)


def rendered(html: str = "<p>Hi</p>", *, to: About | None = None, **words: str) -> content.Rendered:
    return content.render(Parts({"subject": "Hello", "html": html, **words}), to or about(), language="en")


def test_it_fills_in_what_we_know_of_the_contact() -> None:
    to = about(attributes={"plan": "gold"}, variables={"event": {"properties": {"total": 12}}})

    words = rendered(
        "<p>{{ contact.plan }} {{ event.total }} {{ event.properties.total }}{{ contact.nothing }}</p>",
        to=to,
        subject="Hi {{ contact.first_name | default: 'you' }}",
    )

    assert words.subject == "Hi Ada"
    assert "<p>gold 12 12</p>" in words.html


def test_it_escapes_in_html_and_only_there() -> None:
    to = about(first_name="<b>Ada & Co</b>")

    words = rendered("<p>{{ contact.first_name }}</p>", to=to, subject="{{ contact.first_name }}")

    assert "<p>&lt;b&gt;Ada &amp; Co&lt;/b&gt;</p>" in words.html
    assert words.subject == "<b>Ada & Co</b>"
    assert words.text.startswith("<b>Ada & Co</b>")


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{% for a in (1..200) %}{% for b in (1..200) %}x{% endfor %}{% endfor %}", "more than 10,000 times"),
        ("{% for a in (1..9000) %}" + "x" * 1000 + "{% endfor %}", "larger than 2 MB"),
        ("Hello\n{% if contact.first_name %}never closed", "cannot be filled in"),
        ("Hello\n{{ contact.first_name | shout }}", "there is no such filter"),
        ("{% include 'other' %}", "cannot be filled in"),
        ("{{ 1 | divided_by: 0 }}", "cannot be filled in"),
    ],
)
def test_it_says_what_is_wrong_in_a_sentence(template: str, says: str) -> None:
    with pytest.raises(TemplateProblem, match=says) as caught:
        rendering.parse("subject", template, is_html=False).render({"contact": {}})

    assert str(caught.value).startswith("The subject cannot be filled in")
    assert str(caught.value).endswith(".")


def test_it_shows_where_a_template_is_wrong() -> None:
    with pytest.raises(TemplateProblem, match="line 2"):
        rendering.parse("subject", "Hello\n{{ contact.first_name | shout }}", is_html=False).render({})


@pytest.mark.parametrize(
    ("language", "says"),
    [("nl", "Hallo"), ("nl-BE", "Hallo"), ("fr", "Hello"), ("", "Hello"), ("NL_be", "Hallo")],
)
def test_it_speaks_the_readers_language(language: str, says: str) -> None:
    revision = Revision({"en": {"subject": "Hello"}, "nl": {"subject": "Hallo"}}, "en")

    chosen = revision.language_for(Contact(language=language))

    assert revision.parts(chosen).subject.render({}) == says


def test_it_makes_text_of_html() -> None:
    html = """<html><head><title>No</title><style>p{}</style></head><body><h1>Sale</h1>
      <p>Dear   {{ contact.first_name }},<br>look:</p><ul><li>One</li><li>Two</li></ul>
      {% if a < 3 %}<a href="https://shop.example/?a=1&amp;b=2">the shop</a>{% endif %}</body></html>"""

    text = markup.text_of(html)

    assert text == (
        "Sale\n\nDear {{ contact.first_name }},\nlook:\n\n• One\n• Two\n\n"
        "{% if a < 3 %}the shop (https://shop.example/?a=1&b=2){% endif %}"
    )


def test_it_makes_html_of_text() -> None:
    words = rendered("", text="1 < 2\n{{ contact.first_name }}")

    assert "1 &lt; 2\nAda" in words.html


@pytest.mark.parametrize(
    "ending",
    ["", "</body></html>", "<!-- forgotten", "<!-- </body>", "<style>p{", "<textarea>", "</BODY ></HTML>"],
)
def test_it_always_ends_with_who_writes_and_how_to_stop_it(ending: str) -> None:
    words = rendered(f"<html><body><p>Hi</p>{ending}")

    last = words.html.rpartition("<div")[2]
    assert words.html.endswith("</body></html>")
    assert "Shop &amp; Co · Veldstraat 1 · Ghent" in last
    assert words.unsubscribe_url in last
    before = words.html.removesuffix(last)
    assert before.rfind("<!--") <= before.rfind("-->")
    assert before.lower().count("<style") == before.lower().count("</style")
    assert "Shop & Co · Veldstraat 1 · Ghent" in words.text
    assert words.unsubscribe_url in words.text


def test_it_offers_no_way_out_of_needed_messages() -> None:
    words = rendered(to=about(marketing=False))

    assert words.unsubscribe_url == ""
    assert "/u/" not in words.html


def test_it_tracks_links_to_web_pages_only() -> None:
    words = rendered(
        """<a class="x" href="https://a.example/?q=1&amp;r=2">1</a> <A title='a>b' HREF='http://b.example'>2</A>
        <a href="mailto:a@b.example">3</a><a href="javascript:alert(1)">4</a><a href="#top">5</a>
        <a href="{{ unsubscribe_url }}">6</a>"""
    )

    assert words.html.count("/t/c/") == 2
    assert 'href="mailto:a@b.example"' in words.html
    assert "javascript:" not in words.html
    assert words.html.count(words.unsubscribe_url) == 2
    assert words.html.count("/t/o/") == 1


def test_it_does_not_track_who_asked_for_that() -> None:
    words = rendered('<a href="https://a.example/">1</a>', to=about(do_not_track_since_at=NOW))

    assert "/t/" not in words.html
    assert 'href="https://a.example/"' in words.html


def test_it_moves_styles_to_the_elements() -> None:
    words = rendered(
        "<html><head><style>p{color:red} @media (max-width:9px){p{color:blue}}</style></head>"
        "<body><p>x</p></body></html>"
    )

    assert '<p style="color: red;">' in words.html.replace("color:red", "color: red")
    assert "@media" in words.html


def test_it_hides_the_preview_text() -> None:
    words = rendered("<body class='a'><p>Hi</p></body>", preheader="For {{ contact.first_name }}")

    assert words.html.startswith("<body class='a'><div style=\"display:none")
    assert "For Ada</div><p>" in words.html


def mail(**changes: str) -> Mail:
    fields = {
        "sender_name": "Shop",
        "sender": "shop@shop.example",
        "address": "ada@example.com",
        "subject": "Hello",
        "text": "Hi",
        "html": "<p>Hi</p>",
        "message_id": "<1.abc@shop.example>",
        "date": "Wed, 18 Nov 2026 12:00:00 +0000",
        **changes,
    }
    return Mail(**fields)


def lines(text: str) -> str:
    """A body as mail carries it: what ends a line ends it, and one more at the end does not count."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


@settings(deadline=None, max_examples=200)
@given(subject=UNICODE, name=UNICODE, text=UNICODE, html=UNICODE)
def test_it_writes_what_the_standard_library_reads(subject: str, name: str, text: str, html: str) -> None:
    raw = mime.write(mail(subject=subject, sender_name=name, text=text, html=html))

    parsed = Received("", "", raw).parsed
    assert parsed["Subject"] == mime.one_line(subject)
    (sender,) = parsed["From"].addresses
    assert sender.addr_spec == "shop@shop.example"
    # The standard library's parser keeps a space between the encoded words of a name, which RFC 2047 drops, and
    # drops a no-break space beside another.
    assert "".join(sender.display_name.split()) == "".join(mime.one_line(name).split())
    assert [address.addr_spec for address in parsed["To"].addresses] == ["ada@example.com"]
    bodies = [part.get_payload(decode=True) for part in parsed.iter_parts()]
    assert [body.decode() for body in bodies if isinstance(body, bytes)] == [
        lines(text).replace("\n", "\r\n"),
        lines(html).replace("\n", "\r\n"),
    ]
    assert raw.isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert raw.replace(b"\r\n", b"").count(b"\n") == raw.replace(b"\r\n", b"").count(b"\r") == 0


@settings(deadline=None)
@given(
    bad=st.sampled_from(["\r\nBcc: all@example.com", "\nX: y", "\r\n\r\n<p>", "\x0bX: y", "\u2028X: y"]),
    word=UNICODE,
)
def test_it_lets_nobody_write_headers(bad: str, word: str) -> None:
    raw = mime.write(mail(subject=word + bad + word, sender_name=word + bad))

    parsed = Received("", "", raw).parsed
    assert sorted(parsed.keys()) == sorted(
        ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"]
    )


def test_it_adds_one_click_unsubscribing_to_marketing() -> None:
    parsed = Received(
        "", "", mime.write(mail(unsubscribe="https://cdp.example/u/abc", feedback_id="a:1:m:k"))
    ).parsed

    assert parsed["List-Unsubscribe"] == "<https://cdp.example/u/abc>"
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert parsed["Feedback-ID"] == "a:1:m:k"
