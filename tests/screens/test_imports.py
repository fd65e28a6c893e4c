"""Importing people on screen: a file, what its columns are, what came of it."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from profiles import imports
from profiles.models import Import, Topic

PEOPLE = b"E-mail,First name,Shoe size\nada@example.com,Ada,38\nnobody,Grace,40\n"


def upload(client: Client, content: bytes = PEOPLE) -> str:
    """Send a file up; the address of its page."""
    answer = client.post("/data/imports/new/", {"file": SimpleUploadedFile("people.csv", content)})
    assert answer.status_code == 302, answer.content
    return answer["Location"]


def test_it_asks_what_the_columns_are_before_anything_happens(signed_in: Client) -> None:
    page = signed_in.get(upload(signed_in)).content.decode()

    assert '<option value="email" selected>' in page
    assert "New: shoe_size" in page
    assert "ada@example.com" in page
    assert Import.objects.get().state == Import.State.DRAFT


def test_it_imports_and_offers_what_was_refused_as_a_file(signed_in: Client, today: object) -> None:
    address = upload(signed_in)
    signed_in.post(f"{address}begin/", {"column-0": "email", "column-1": "first_name", "column-2": ""})
    while imports.go_on(now=timezone.now()):
        continue

    page = signed_in.get(address).content.decode()
    listed = signed_in.get("/data/imports/").content.decode()
    file = b"".join(signed_in.get(f"{address}refused.csv")).decode()

    assert "nobody" in page
    assert "Imported" in listed
    assert file.splitlines()[1].startswith("nobody,Grace,40,")


def test_it_asks_for_the_proof_of_what_they_agreed_to(signed_in: Client) -> None:
    address = upload(signed_in)
    topic = Topic.objects.first()
    assert topic is not None

    answer = signed_in.post(f"{address}begin/", {"column-0": "email", "topic": topic.pk})

    assert answer.status_code == 422
    assert "where and when they agreed" in answer.content.decode()
    assert Import.objects.get().state == Import.State.DRAFT


def test_it_says_beside_the_field_what_is_wrong_with_the_file(signed_in: Client) -> None:
    nothing = signed_in.post("/data/imports/new/")
    empty = signed_in.post("/data/imports/new/", {"file": SimpleUploadedFile("people.csv", b"email\n")})

    assert (nothing.status_code, empty.status_code) == (422, 422)
    assert "Choose a file first" in nothing.content.decode()
    assert "between 1 and" in empty.content.decode()
