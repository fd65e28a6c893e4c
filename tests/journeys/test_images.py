"""The library of images: only what we wrote ourselves goes out, and files made to harm do none."""

import datetime as dt
import io
import struct
import zlib
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from PIL import Image as Pillow

from journeys.content import pictures
from journeys.content.pictures import NotAnImage
from journeys.messages import contents, drafting
from journeys.models import Image
from profiles.models import Brand


def file(form: str = "PNG", size: tuple[int, int] = (80, 40), mode: str = "RGB", **how: Any) -> bytes:
    out = io.BytesIO()
    Pillow.new(mode, size, 100 if mode == "L" else None).save(out, form, **how)
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is enormous."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 999))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


@pytest.mark.parametrize(
    ("uploaded", "extension"),
    [
        (file(), "png"),
        (file("JPEG"), "jpg"),
        (file("WEBP"), "jpg"),
        (file("WEBP", mode="RGBA"), "png"),
        (file("GIF"), "png"),
        (file("JPEG", mode="CMYK"), "jpg"),
        (file(mode="P"), "png"),
        (file(mode="L"), "png"),
    ],
)
def test_it_writes_anew_what_every_mail_program_shows(uploaded: bytes, extension: str) -> None:
    picture = pictures.read(uploaded)

    assert (picture.extension, picture.width, picture.height) == (extension, 80, 40)
    assert Pillow.open(io.BytesIO(picture.content)).format == {"png": "PNG", "jpg": "JPEG"}[extension]


def test_it_makes_small_what_is_large() -> None:
    picture = pictures.read(file("JPEG", (3000, 1500)))

    assert (picture.width, picture.height) == (1200, 600)
    assert Pillow.open(io.BytesIO(picture.thumbnail)).size == (360, 180)


def test_it_forgets_where_a_photo_was_taken_and_turns_it_upright() -> None:
    exif = Pillow.Exif()
    exif[0x0112], exif[0x010F] = 6, "Spy camera"

    picture = pictures.read(file("JPEG", exif=exif))

    assert b"Spy" not in picture.content
    assert (picture.width, picture.height) == (40, 80)


def test_it_keeps_animations_moving() -> None:
    out = io.BytesIO()
    frames = [Pillow.new("RGB", (40, 40), colour) for colour in ("red", "green", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=90)

    picture = pictures.read(out.getvalue())

    moving = Pillow.open(io.BytesIO(picture.content))
    assert (picture.extension, getattr(moving, "n_frames", 1)) == ("gif", 3)


@pytest.mark.parametrize(
    "uploaded",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script></html>",
        b"%PDF-1.7",
        b"GIF89a<script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        file()[:60],
        file("JPEG")[:200],
        file("BMP"),
        file("TIFF"),
        bomb(30_000, 30_000),
        bomb(8_000, 8_000),
        bomb(2**31 - 1, 2**31 - 1),
        b"0" * (pictures.LARGEST_UPLOAD + 1),
    ],
)
def test_it_refuses_what_is_no_picture_or_too_large_a_one(uploaded: bytes) -> None:
    with pytest.raises(NotAnImage):
        pictures.read(uploaded)


def test_it_drops_what_hides_behind_a_picture() -> None:
    picture = pictures.read(file() + b"<script>alert(1)</script>")

    assert b"script" not in picture.content


@pytest.mark.django_db
def test_it_keeps_the_same_picture_once(ada: User, now: dt.datetime) -> None:
    first = pictures.add(file(), name="summer_sale-01.png", alt="A sale", by=ada, now=now)
    again = pictures.add(file(), name="other.png", alt="Another", by=ada, now=now)

    assert again == first
    assert (first.name, first.alt) == ("summer sale 01", "A sale")


@pytest.mark.django_db
def test_it_serves_images_to_everybody_who_knows_their_address(ada: User, now: dt.datetime) -> None:
    image = pictures.add(file("JPEG"), name="a.jpg", alt="A", by=ada, now=now)

    answer = Client().get(f"/i/{image.token}.jpg")

    assert answer.content == bytes(image.content)
    assert answer["Content-Type"] == "image/jpeg"
    assert "immutable" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert Client().get(f"/i/{image.token}/small.jpg").status_code == 200
    assert Client().get(f"/i/{image.token}.png").status_code == 404
    assert Client().get("/i/guessed.jpg").status_code == 404
    assert Client().get(f"/i/{image.pk}.jpg").status_code == 404


@pytest.mark.django_db
def test_it_knows_where_an_image_is_used(ada: User, now: dt.datetime) -> None:
    image = pictures.add(file(), name="a.png", alt="A", by=ada, now=now)
    mail = contents.begin("News", "blank", by=ada, now=now)
    rows = [{"kind": "columns", "left": [{"kind": "image", "image": image.pk}], "right": []}]
    state = {"languages": {"en": {"subject": "x", "blocks": rows}}, "fallback": "en"}
    contents.keep(mail, drafting.load(state), by=ada, now=now)
    brand = Brand.objects.get(is_default=True)
    brand.theme = {"logo": image.pk}
    brand.save()

    assert pictures.used_in(image) == [mail, brand]
    assert pictures.used_in(Image(pk=image.pk + 1)) == []
