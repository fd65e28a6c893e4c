"""The email editor from the server's side: who may do what, and what every edit answers."""

import io
import re
from typing import Any, Final

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow

from journeys.messages import contents
from journeys.models import Content, ContentRevision, Image
from profiles.models import Brand

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("furnished")]
HTMX: Final = {"HX-Request": "true"}


@pytest.fixture
def mail(ada: User) -> Content:
    return contents.begin("Welcome", "welcome", by=ada, now=timezone.now())


def does(client: Client, mail: Content, op: str, **said: Any) -> Any:
    return client.post(
        f"/content/emails/{mail.pk}/change/", {"op": op, "language": "en", **said}, headers=HTMX
    )


def blocks_of(mail: Content) -> list[dict[str, Any]]:
    mail.refresh_from_db()
    rows: list[dict[str, Any]] = mail.draft["languages"]["en"]["blocks"]
    return rows


def picture() -> SimpleUploadedFile:
    out = io.BytesIO()
    Pillow.new("RGB", (60, 30), "teal").save(out, "PNG")
    return SimpleUploadedFile("a_bicycle.png", out.getvalue(), "image/png")


def test_it_begins_from_a_layout(signed_in: Client) -> None:
    answer = signed_in.post("/content/emails/new/", {"name": "News", "start": "news"})
    again = signed_in.post("/content/emails/new/", {"name": "news", "start": "news"})

    mail = Content.objects.get()
    assert answer["Location"] == f"/content/emails/{mail.pk}/edit/"
    assert [row["kind"] for row in blocks_of(mail)][:2] == ["heading", "image"]
    assert "That name is already used." in again.content.decode()


def test_it_answers_an_edit_with_what_changed(signed_in: Client, mail: Content) -> None:
    block = blocks_of(mail)[0]["id"]

    answer = does(signed_in, mail, "write", block=block, text="Hi <script>x</script><b>you</b>")

    said = answer.content.decode()
    assert blocks_of(mail)[0]["text"] == "Hi <strong>you</strong>"
    assert 'id="mail-canvas"' in said
    assert "Saved " in said
    assert "<script" not in said
    assert 'id="mail-words"' not in said


def test_it_tells_of_somebody_elses_change(signed_in: Client, mail: Content) -> None:
    grace = User.objects.create_superuser("grace", first_name="Grace")
    hers = Client()
    hers.force_login(grace)
    block = blocks_of(mail)[0]["id"]
    does(hers, mail, "write", block=block, text="Hers", since="1")

    answer = does(signed_in, mail, "write", block=block, text="Mine", since="1")

    assert "Grace changed this mail at" in answer.content.decode()
    assert blocks_of(mail)[0]["text"] == "Hers"


@pytest.mark.parametrize("op", ["nonsense", "source"])
def test_it_refuses_what_cannot_be_done(signed_in: Client, mail: Content, op: str) -> None:
    before = blocks_of(mail)

    answer = does(signed_in, mail, op, source="x")

    assert 'id="mail-refused"' in answer.content.decode()
    assert blocks_of(mail) == before


def test_it_says_that_a_block_is_gone(signed_in: Client, mail: Content) -> None:
    assert "not there any more" in does(signed_in, mail, "write", block="gone").content.decode()


def test_it_deletes_with_an_undo(signed_in: Client, mail: Content) -> None:
    before = blocks_of(mail)

    does(signed_in, mail, "duplicate", block=before[0]["id"])
    copied = blocks_of(mail)
    answer = does(signed_in, mail, "delete", block=before[0]["id"])
    at = re.findall(r'name="at" value="(\d+)"><button class="toast-undo"', answer.content.decode())[-1]
    for _ in ("the toast", "and once more"):
        signed_in.post(f"/content/emails/{mail.pk}/change/", {"op": "undo", "at": at})

    assert "The block is deleted." in answer.content.decode()
    assert blocks_of(mail) == copied


def test_it_is_to_be_looked_at_by_those_who_may_not_edit(mail: Content) -> None:
    grace = User.objects.create_user("grace")
    grace.user_permissions.add(Permission.objects.get(codename="see"))
    client = Client()
    client.force_login(grace)

    page = client.get(f"/content/emails/{mail.pk}/edit/")

    assert page.status_code == 200
    assert "mail-tools" not in page.content.decode()
    assert does(client, mail, "delete", block=blocks_of(mail)[0]["id"]).status_code == 403
    assert client.post("/content/images/", {"alt": "x", "file": picture()}).status_code == 403
    assert client.get("/settings/brands/").status_code == 403


def test_it_shows_made_up_people_to_those_who_may_not_see_real_ones(mail: Content, signed_in: Client) -> None:
    grace = User.objects.create_user("grace")
    grace.user_permissions.add(Permission.objects.get(codename="see"))
    client = Client()
    client.force_login(grace)

    assert "Wolkenstein" in client.get(f"/content/emails/{mail.pk}/preview/").content.decode()


@pytest.mark.parametrize(("view", "has"), [("dark", "@media all"), ("bare", "data-src"), ("desktop", "<img")])
def test_it_shows_the_mail_as_others_see_it(signed_in: Client, mail: Content, view: str, has: str) -> None:
    signed_in.post("/content/images/", {"alt": "A bicycle", "file": picture()})
    added = does(signed_in, mail, "add", kind="image", place="", at="0")
    block = blocks_of(mail)[0]["id"]
    does(signed_in, mail, "write", block=block, image=Image.objects.get().pk)

    frame = signed_in.get(f"/content/emails/{mail.pk}/frame/?view={view}")

    assert added.status_code == 200
    assert has in frame.content.decode()
    assert "default-src 'none'" in frame["Content-Security-Policy"]
    assert "sandbox" in frame["Content-Security-Policy"]


def test_it_runs_no_script_of_a_mail_in_code(signed_in: Client, mail: Content) -> None:
    does(signed_in, mail, "code", mode="html")
    does(signed_in, mail, "source", source="<p>Hi</p><script>alert(1)</script>")

    frame = signed_in.get(f"/content/emails/{mail.pk}/frame/").content.decode()
    page = signed_in.get(f"/content/emails/{mail.pk}/edit/?tab=code").content.decode()

    assert "<p>Hi</p>" in frame
    assert "<script" not in frame
    assert "&lt;script&gt;alert(1)" in page


def test_it_says_on_which_line_the_code_is_wrong(signed_in: Client, mail: Content) -> None:
    does(signed_in, mail, "code", mode="mjml")

    answer = does(signed_in, mail, "source", source="<mjml>\n<mj-body>\n</mjml>")

    assert 'data-line="3"' in answer.content.decode()


def test_it_sends_tests_to_the_team_only(signed_in: Client, mail: Content) -> None:
    answer = signed_in.post(
        f"/content/emails/{mail.pk}/test/", {"to": "grace@elsewhere.example"}, follow=True
    )

    assert "people of the workspace only" in answer.content.decode()


def test_it_keeps_versions_and_goes_back(signed_in: Client, mail: Content) -> None:
    unfinished = signed_in.post(f"/content/emails/{mail.pk}/versions/keep/", follow=True)
    button = next(row for row in blocks_of(mail) if row["kind"] == "button")
    does(signed_in, mail, "write", block=button["id"], url="shop.example")
    signed_in.post(f"/content/emails/{mail.pk}/versions/keep/")
    finished = blocks_of(mail)
    does(signed_in, mail, "delete", block=button["id"])

    signed_in.post(f"/content/emails/{mail.pk}/versions/1/restore/")

    assert "No version yet." in unfinished.content.decode()
    assert ContentRevision.objects.get(content=mail).number == 1
    assert blocks_of(mail) == finished
    assert "Version 1" in signed_in.get(f"/content/emails/{mail.pk}/versions/").content.decode()


def test_it_puts_an_upload_into_its_block(signed_in: Client, mail: Content) -> None:
    does(signed_in, mail, "add", kind="image", place="", at="0")
    block = blocks_of(mail)[0]["id"]
    path = f"/content/emails/{mail.pk}/upload/"

    refused = signed_in.post(
        path,
        {"block": block, "language": "en", "file": SimpleUploadedFile("x.png", b"x"), "alt": "A"},
        headers=HTMX,
    )
    taken = signed_in.post(
        path, {"block": block, "language": "en", "file": picture(), "alt": "A bicycle"}, headers=HTMX
    )

    assert "not a picture" in refused.content.decode()
    assert 'id="mail-tab" name="tab" value="write"' in taken.content.decode()
    assert blocks_of(mail)[0]["image"] == Image.objects.get(alt="A bicycle").pk


def test_it_archives_an_image_with_an_undo(signed_in: Client) -> None:
    signed_in.post("/content/images/", {"alt": "A bicycle", "file": picture()})
    image = Image.objects.get()

    gone = signed_in.post(f"/content/images/{image.pk}/archive/", follow=True)
    signed_in.post(f"/content/images/{image.pk}/restore/")

    assert "The image is archived." in gone.content.decode()
    assert "A bicycle" in signed_in.get("/content/images/").content.decode()


def test_it_asks_what_an_image_shows(signed_in: Client) -> None:
    answer = signed_in.post("/content/images/", {"alt": "", "file": picture()})

    assert not Image.objects.exists()
    assert "This field is required." in answer.content.decode()


def test_it_lets_a_brand_choose_its_look(signed_in: Client, mail: Content) -> None:
    brand = Brand.objects.get(is_default=True)
    look = {
        "primary": "#aa0000",
        "text": "#cccccc",
        "background": "#eeeeee",
        "paper": "#ffffff",
        "font": "georgia",
    }
    form = {
        "name": "Noord",
        "postal_address": "Kanaalweg 12",
        "website": "https://noord.example",
        "logo_width": 100,
    }

    page = signed_in.post(f"/settings/brands/{brand.pk}/", {**form, **look}, follow=True)
    refused = signed_in.post(f"/settings/brands/{brand.pk}/", {**form, **look, "primary": "red;}x{"})
    sample = signed_in.get(f"/settings/brands/{brand.pk}/sample/", {**look, "primary": "#00aa00"})
    frame = signed_in.get(f"/content/emails/{mail.pk}/frame/").content.decode()

    assert "hard to read" in page.content.decode()
    assert "Choose a colour." in refused.content.decode()
    assert "#00aa00" in sample.content.decode()
    assert "#aa0000" in frame
    assert "Georgia" in frame
    assert "Kanaalweg 12" in frame


def test_it_opens_mails_from_before_there_was_an_editor(signed_in: Client) -> None:
    old = Content.objects.create(name="Old")
    words = {
        "en": {"subject": "Hello", "html": "<p>Hi {{ contact.first_name }}</p>", "text": "", "preheader": ""}
    }
    ContentRevision.objects.create(content=old, number=1, languages=words)

    pages = [f"/content/emails/{old.pk}/edit/{tab}" for tab in ("", "?tab=code", "?language=xx")]
    answers = [
        signed_in.get(page) for page in [*pages, f"/content/emails/{old.pk}/preview/", "/content/emails/"]
    ]

    assert [answer.status_code for answer in answers] == [200] * 5
    assert "&lt;p&gt;Hi {{ contact.first_name }}" in answers[1].content.decode()
    assert does(signed_in, old, "source", source="<p>Bye</p>").status_code == 200
    assert contents.draft_of(Content.objects.get(pk=old.pk)).words("en").source == "<p>Bye</p>"
