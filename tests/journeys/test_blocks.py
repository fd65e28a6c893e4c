"""Mails of blocks: read and written, put somewhere else, cleaned of what could harm, drawn as MJML and HTML."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.messages import arranging, blocks, chips, cleaning, guarding, mjml, themes
from journeys.messages.blocks import BlockProblem, Blocks, Columns
from journeys.messages.chips import Chip
from journeys.messages.mjml import Goods, Look, Picture
from journeys.messages.proofreading import MarkupProblem

WORDS = st.text(st.sampled_from("ab <>&\"'é👩‍👧{}%\\/\u00a0"), max_size=12)
LEAVES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"kind": st.just("heading"), "text": WORDS, "level": st.integers(0, 4)}),
    st.fixed_dictionaries(
        {"kind": st.just("text"), "html": WORDS, "align": st.sampled_from(["left", "odd"])}
    ),
    st.fixed_dictionaries({"kind": st.just("button"), "label": WORDS, "url": WORDS}),
    st.fixed_dictionaries({"kind": st.just("image"), "image": st.sampled_from([None, 3]), "alt": WORDS}),
    st.fixed_dictionaries(
        {"kind": st.just("product"), "product": st.sampled_from([None, 1]), "label": WORDS}
    ),
    st.fixed_dictionaries({"kind": st.sampled_from(["divider", "spacer", "footer"])}),
)
COLUMNS = st.fixed_dictionaries(
    {"kind": st.just("columns"), "left": st.lists(LEAVES, max_size=2), "right": st.lists(LEAVES, max_size=2)}
)
MAILS = st.lists(st.one_of(LEAVES, COLUMNS), max_size=5).map(blocks.load)
LOOK = Look(
    brand="Shop & Co",
    pictures={3: Picture("https://cdp.example/i/x.png", 'A "red" bicycle', 800, 400)},
    goods={1: Goods("Bell & Horn", "EUR 9.00", "EUR 12.00", "https://shop.example/bell?a=1&b=2", "")},
)


def mail(*rows: dict[str, Any]) -> Blocks:
    return blocks.load(list(rows))


def drawn(*rows: dict[str, Any]) -> str:
    return mjml.to_html(mjml.write(mail(*rows), LOOK, language="en"))


@settings(max_examples=200, deadline=None)
@given(MAILS)
def test_it_reads_what_it_wrote(letter: Blocks) -> None:
    assert blocks.load(blocks.dump(letter)) == letter


@settings(max_examples=100, deadline=None)
@given(MAILS)
def test_it_draws_whatever_blocks_say(letter: Blocks) -> None:
    source = mjml.write(letter, LOOK, language="en")

    html = mjml.to_html(source)

    assert "<mj-" not in html
    assert "\\u{" not in html
    assert "<script" not in html


@settings(max_examples=150, deadline=None)
@given(MAILS.filter(bool), st.data())
def test_it_loses_no_block_whatever_is_moved(letter: Blocks, data: st.DataObject) -> None:
    names = [block.id for block in blocks.every(letter)]
    name = data.draw(st.sampled_from(names))
    place = data.draw(st.sampled_from(arranging.places(letter)))
    is_nesting = isinstance(arranging.found(letter, name), Columns) and place != ""

    try:
        moved = arranging.moved(letter, name, place=place, at=data.draw(st.integers(0, 5)))
    except BlockProblem:
        assert is_nesting
        return

    assert not is_nesting
    assert sorted(block.id for block in blocks.every(moved)) == sorted(names)
    assert arranging.where(moved, name)[0] == place


def test_it_puts_a_deleted_block_back_where_it_stood() -> None:
    letter = mail({"kind": "heading", "text": "Hi"}, {"kind": "divider"}, {"kind": "text", "html": "Bye"})
    line = letter[1]

    without = arranging.removed(letter, line.id)

    assert [blocks.kind(one) for one in without] == ["heading", "text"]
    assert arranging.inserted(without, line, place="", at=1) == letter


def test_it_copies_columns_with_names_of_their_own() -> None:
    letter = mail({"kind": "columns", "left": [{"kind": "text", "html": "a"}], "right": []})

    twice, copy = arranging.duplicated(letter, letter[0].id)

    assert twice[1].id == copy
    assert len({one.id for one in blocks.every(twice)}) == 4


@pytest.mark.parametrize(
    "rows",
    [
        "text",
        [1],
        [{"kind": "iframe"}],
        [{"kind": "columns", "left": [{"kind": "columns"}], "right": []}],
        [{"kind": "text", "id": "a"}, {"kind": "text", "id": "a"}],
        [{"kind": "text", "id": '"><script>'}],
        [{"kind": "divider"}] * 201,
    ],
)
def test_it_refuses_what_is_no_mail(rows: Any) -> None:
    with pytest.raises(BlockProblem):
        blocks.load(rows)


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("<script>alert(1)</script>Hi", "<p>Hi</p>"),
        ('<p onclick="x()" style="color:red" class="y">Hi</p>', "<p>Hi</p>"),
        ("<img src=x onerror=alert(1)>Hi", "<p>Hi</p>"),
        ('<a href="javascript:alert(1)">x</a>', "<p><a>x</a></p>"),
        ('<a href=" java\tscript:alert(1)">x</a>', "<p><a>x</a></p>"),
        ('<a href="data:text/html,x">x</a>', "<p><a>x</a></p>"),
        ("<svg><script>alert(1)</script></svg>Hi", "<p>Hi</p>"),
        ("<style>p{}</style><b>Hi</b>", "<p><strong>Hi</strong></p>"),
        ("<math><mi//xlink:href='data:x,<script>alert(4)</script>'>Hi", None),
        ("<div>One</div><div>Two</div>", "<p>One</p><p>Two</p>"),
        ("<!-- x --><h2>Title</h2>", "<p>Title</p>"),
        ("<ul><li>a</li></ul>", "<ul><li>a</li></ul>"),
        ('{{ contact.first_name | default: "there" }}', '<p>{{ contact.first_name | default: "there" }}</p>'),
        ("{{ '<script>' }}", None),
    ],
)
def test_it_keeps_only_what_is_harmless(pasted: str, kept: str | None) -> None:
    cleaned = cleaning.rich(pasted)

    assert cleaned == (kept if kept is not None else cleaned)
    assert "<script" not in cleaned
    assert cleaning.rich(cleaned) == cleaned


@pytest.mark.parametrize(
    ("typed", "leads"),
    [
        ("shop.example/a?b=1", "https://shop.example/a?b=1"),
        ("https://shop.example", "https://shop.example"),
        ("mailto:ada@example.com", "mailto:ada@example.com"),
        ("{{ contact.page }}", "{{ contact.page }}"),
        ("javascript:alert(1)", ""),
        ("JaVaScript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("vbscript:x", ""),
        ("not an address", ""),
    ],
)
def test_it_knows_where_links_may_lead(typed: str, leads: str) -> None:
    assert cleaning.link(typed) == leads


def test_it_draws_every_block() -> None:
    html = drawn(
        {"kind": "heading", "text": 'Hi {{ contact.first_name | default: "there" }}'},
        {"kind": "text", "html": "<p>Look <a href='https://shop.example/?a=1&b=2'>here</a></p>"},
        {
            "kind": "button",
            "label": "Buy",
            "url": 'https://shop.example/?q={{ contact.plan | default: "x" }}',
        },
        {"kind": "image", "image": 3},
        {"kind": "columns", "ratio": "1:2", "left": [{"kind": "product", "product": 1}], "right": []},
        {"kind": "divider"},
        {"kind": "spacer", "height": 48},
        {"kind": "footer", "html": "Small"},
    )

    assert 'Hi {{ contact.first_name | default: "there" }}' in html
    assert 'href="https://shop.example/?a=1&amp;b=2"' in html
    assert "href=\"https://shop.example/?q={{ contact.plan | default: 'x' }}\"" in html
    assert 'alt="A &quot;red&quot; bicycle"' in html
    assert "Bell &amp; Horn" in html
    assert "EUR 9.00" in html
    assert "height:48px" in html
    assert "prefers-color-scheme:dark" in html


def test_it_leaves_out_what_is_not_chosen_yet() -> None:
    html = drawn({"kind": "image"}, {"kind": "product"}, {"kind": "text", "html": "Hi"})

    assert "<img" not in html


def test_it_spells_attributes_as_html_does() -> None:
    html = drawn({"kind": "image", "image": 3, "alt": "Née 👩‍👧 C:\\x"})

    assert 'alt="N&#233;e &#128105;&#8205;&#128103; C:&#92;x"' in html


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        ("<mjml>\n<mj-body>\n<mj-section></mj-body></mjml>", 3, "still open"),
        ("<mjml>\n\n<mj-body><mj-foo></mj-foo></mj-body></mjml>", 3, "no tag <mj-foo>"),
        ('<mjml><mj-body>\n<mj-include path="/etc/passwd"/></mj-body></mjml>', 2, "included"),
        ("<mjml><mj-body>\n<mj-section>", 2, "never closed"),
        ("Hello", 1, "begins with <mjml>"),
        ("<mjml>\n<mj-head></mj-head>\n{% if a %}\n<mj-body></mj-body></mjml>", 3, "not MJML"),
        ("<mjml>{% if a < b %}\n</mj-body>", 2, "still open"),
    ],
)
def test_it_says_on_which_line_code_is_wrong(source: str, line: int, says: str) -> None:
    with pytest.raises(MarkupProblem, match=says) as told:
        mjml.to_html(source)

    assert told.value.line == line


def test_it_lets_liquid_through_untouched() -> None:
    loop = "{% for one in event.items %}{% if one.price < 3 && true %}{{ one.name }}{% endif %}{% endfor %}"
    around = "<mjml><mj-body><mj-section><mj-column><mj-text>%s</mj-text></mj-column></mj-section></mj-body></mjml>"
    source = around.replace("%s", loop)

    assert loop in mjml.to_html(source)


def test_it_inlines_styles_around_liquid() -> None:
    source = (
        "<html><head><style>p{color:red}</style></head><body><table>"
        "{% for one in many %}<tr><td><p>{{ one }}</p></td></tr>{% endfor %}</table>"
        '{% if 1 < 2 %}<p>x</p>{% endif %}<a href="{{ page }}">y</a></body></html>'
    )

    inlined = guarding.inlined(source)

    assert inlined is not None
    assert inlined.count('<p style="color: red;">') == 2
    assert inlined.index("{% for") < inlined.index("<tr>") < inlined.index("{% endfor")
    assert "{% if 1 < 2 %}" in inlined
    assert 'href="{{ page }}"' in inlined


def test_it_leaves_styles_to_delivery_where_liquid_makes_tags() -> None:
    assert guarding.inlined("<style>p{color:red}</style><p {% if a %}class='b'{% endif %}>x</p>") is None


@pytest.mark.parametrize(
    "chip",
    [Chip("first_name", "there"), Chip("plan"), Chip("Favourite colour", "blue"), Chip("name", root="brand")],
)
def test_it_reads_the_chips_it_wrote(chip: Chip) -> None:
    assert chips.read(chips.liquid(chip)) == chip


def test_it_lets_no_fallback_break_out_of_its_chip() -> None:
    written = chips.liquid(Chip("first_name", 'x" }}{% include "secret" %}<b>'))

    assert chips.read(written) == Chip("first_name", "x include secret b")


def test_it_shows_chips_instead_of_liquid() -> None:
    shown = chips.shown(
        '<a href="{{ page }}">Hi</a> {{ contact.first_name | default: "there" }} {% if x %}',
        {"contact.first_name": "First name"},
        is_html=True,
        or_else="or %s",
    )

    assert shown.startswith('<a href="{{ page }}">Hi</a> <span class="chip"')
    assert ">First name <i>or there</i></span>" in shown
    assert "<code>{% if x %}</code>" in shown


@pytest.mark.parametrize("ground", ["#ffffff", "#000000", "#777777", "#ff0000", "#0a5cad"])
def test_it_prints_small_print_that_can_be_read(ground: str) -> None:
    assert themes.contrast(themes.small_print(ground), ground) >= 4.5


def test_it_takes_no_odd_theme() -> None:
    odd = {"primary": "red;}body{display:none", "font": "x", "logo": "1", "logo_width": 9999}

    assert themes.load(odd) == themes.Theme(logo_width=400)
    assert themes.load(themes.dump(themes.Theme(primary="#112233"))).primary == "#112233"
