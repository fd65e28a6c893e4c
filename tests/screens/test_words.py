"""The words on screen are the marketer's, and the icons are there."""

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
TEMPLATES: Final = sorted((ROOT / "templates").rglob("*.html"))
MODULES: Final = sorted(
    path for app in ("cdp", "profiles", "segments", "journeys") for path in (ROOT / app).rglob("*.py")
    if "migrations" not in path.parts
)  # fmt: skip
SPEAKING: Final = [path for path in MODULES if "gettext" in path.read_text() and "models" not in path.parts]

# The left-hand words of the house's dictionary, as they would stand in a sentence.
CODE_WORDS: Final = [
    r"contact page", r"memberships?", r"runs?", r"visits?", r"receipts?", r"audiences?", r"mail sandbox", r"rejected",
    r"skipped", r"suppressed", r"hold-?outs?", r"keyed", r"P\(alive\)", r"draining", r"running", r"uncertain",
    r"(?<!is )(?<!includes )none of", r"(hard|soft) identifiers?", r"write keys?", r"persona", r"digest",
]  # fmt: skip
FOUND: Final = re.compile(rf"(?<![\w/-])({'|'.join(CODE_WORDS)})(?![\w/-])", re.IGNORECASE)


def said_by_template(source: str) -> str:
    """What a template shows: its text and the sentences it translates, without tags and attributes of the code."""
    sentences = re.findall(r"{%\s*translate\s+(\"[^\"]*\"|'[^']*')", source)
    source = re.sub(
        r"{%\s*comment.*?endcomment\s*%}|{#.*?#}|<script.*?</script>|<style.*?</style>",
        " ",
        source,
        flags=re.S,
    )
    labels = re.findall(r'(?:aria-label|placeholder|title|alt)="([^"{]*)"', source)
    text = re.sub(r"{%.*?%}|{{.*?}}|<[^>]*>", " ", source, flags=re.S)
    return "\n".join([*sentences, *labels, text])


def said_by_module(source: str) -> str:
    """The sentences a module hands to gettext."""
    return "\n".join(re.findall(r"(?:_|lazy|gettext|gettext_lazy|ngettext)\(\s*[\"“]([^\"]*)\"", source))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_it_speaks_the_marketers_language_in_templates(path: Path) -> None:
    assert FOUND.findall(said_by_template(path.read_text())) == []


@pytest.mark.parametrize("path", SPEAKING, ids=lambda path: str(path.relative_to(ROOT)))
def test_it_speaks_the_marketers_language_in_views(path: Path) -> None:
    assert FOUND.findall(said_by_module(path.read_text())) == []


@pytest.mark.parametrize(
    "sentence",
    [
        '{% translate "Skipped" %}',
        "<p>Run 4</p>",
        '<b title="uncertain">x</b>',
        "{% translate 'Your write key' %}",
    ],
)
def test_it_hears_the_words_of_the_code(sentence: str) -> None:
    assert FOUND.findall(said_by_template(sentence))


def test_it_has_every_icon_that_is_used_and_no_other() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/vendor/icons.svg").read_text()))
    templates = "\n".join(path.read_text() for path in TEMPLATES)
    used = set(re.findall(r'{% icon "([^"]+)"', templates)) | set(re.findall(r'picture="([^"]+)"', templates))
    modules = "\n".join(path.read_text() for path in MODULES)
    used |= {name for name in sprite if f'"{name}"' in modules}

    assert used == sprite


def test_it_translates_every_sentence_of_a_template() -> None:
    bare = {
        str(path.relative_to(ROOT)): words
        for path in TEMPLATES
        if path.name != "500.html" and (words := _bare(path.read_text()))
    }

    assert bare == {}


def _bare(source: str) -> list[str]:
    """Runs of letters that stand in a template outside any translation."""
    source = re.sub(
        r"{%\s*blocktranslate.*?endblocktranslate\s*%}|<pre.*?</pre>|<code.*?</code>|{#.*?#}",
        " ",
        source,
        flags=re.S,
    )
    text = re.sub(r"{%.*?%}|{{.*?}}|<[^>]*>", " ", source, flags=re.S)
    return re.findall(r"[A-Za-z]{3,}", text)
