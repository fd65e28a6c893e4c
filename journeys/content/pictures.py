"""The library of images: what people upload is decoded within limits, made small, and written anew by us.

So no file of a stranger ever goes out: no metadata with the place where a photo was taken, no picture that is also
a script. Nothing is fetched from elsewhere.
"""

import datetime as dt
import hashlib
import io
import re
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _
from PIL import Image as Pillow
from PIL import ImageOps, ImageSequence, UnidentifiedImageError

from cdp.lib import audit
from journeys.models import Content, Image
from profiles.models import Brand

LARGEST_UPLOAD: Final = 10 * 1024 * 1024  # bytes
MOST_PIXELS: Final = 40_000_000  # of one picture
MOST_MOVING_PIXELS: Final = 60_000_000  # of all pictures of an animation together
WIDEST: Final = 1200  # pixels: twice the width of a mail, for fine screens
HIGHEST: Final = 4000
THUMBNAIL: Final = (360, 240)
FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP")
TYPES: Final = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif"}
TROUBLE: Final = (
    UnidentifiedImageError, Pillow.DecompressionBombError, Pillow.DecompressionBombWarning,
    OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError, ArithmeticError, AttributeError,
)  # fmt: skip  # what the decoders raise for files that are broken on purpose


class NotAnImage(Exception):
    """What was uploaded cannot be taken; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as we wrote it."""

    content: bytes
    thumbnail: bytes
    extension: str
    width: int
    height: int


def read(uploaded: bytes) -> Picture:
    """Decode, make small and write anew. Raises NotAnImage."""
    if len(uploaded) > LARGEST_UPLOAD:
        raise NotAnImage(_("The file is larger than 10 MB."))
    try:
        with Pillow.open(io.BytesIO(uploaded), formats=FORMATS) as opened:
            _refuse_giants(opened)
            return _moving(opened) if _moves(opened) else _still(opened)
    except TROUBLE as error:
        raise NotAnImage(_("This is not a picture that we can read: PNG, JPEG, GIF or WebP.")) from error


def add(uploaded: bytes, *, name: str, alt: str, by: User, now: dt.datetime) -> Image:
    """Put an upload into the library; the same picture again is the one that is there. Raises NotAnImage."""
    picture = read(uploaded)
    image, is_new = Image.objects.get_or_create(
        digest=hashlib.sha256(picture.content).digest(),
        defaults={
            "name": named(name),
            "alt": alt,
            "extension": picture.extension,
            "content": picture.content,
            "thumbnail": picture.thumbnail,
            "width": picture.width,
            "height": picture.height,
            "size": len(picture.content),
            "uploaded_at": now,
            "uploaded_by": by,
        },
    )
    if not is_new and image.archived_at is not None:
        audit.update(Image.objects.filter(pk=image.pk), archived_at=None, alt=alt)
    return image


def named(file: str) -> str:
    """A file's name as people would say it: "summer_sale-01.png" is "summer sale 01"."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", file.replace("\\", "/").rpartition("/")[2])
    return " ".join(re.sub(r"[_-]+", " ", stem).split())[:120] or _("Image")


def library(words: str = "") -> QuerySet[Image]:
    """The images that can be chosen, newest first, without their bytes."""
    found = Image.objects.filter(archived_at=None).defer("content", "thumbnail")
    for word in words.split()[:5]:
        found = found.filter(name__icontains=word) | found.filter(alt__icontains=word)
    return found.order_by("-uploaded_at", "-id")


def used_in(image: Image) -> list[Content | Brand]:
    """The mails whose drafts show it, and the brands whose logo it is."""
    shows = RawSQL(
        "jsonb_path_exists(draft, '$.**.image ? (@ == $n)', jsonb_build_object('n', %s::bigint))", [image.pk]
    )
    mails: list[Any] = list(Content.objects.alias(shows=shows).filter(shows=True).order_by("name")[:50])
    return [*mails, *Brand.objects.filter(theme__logo=image.pk)]


def _refuse_giants(opened: Pillow.Image) -> None:
    width, height = opened.size
    if width * height > MOST_PIXELS:
        raise NotAnImage(_("The picture has more than 40 million pixels."))


def _moves(opened: Pillow.Image) -> bool:
    frames = getattr(opened, "n_frames", 1) if opened.format == "GIF" else 1
    return frames > 1 and frames * opened.size[0] * opened.size[1] <= MOST_MOVING_PIXELS


def _still(opened: Pillow.Image) -> Picture:
    picture = ImageOps.exif_transpose(opened)
    has_alpha = "A" in picture.getbands() or "transparency" in picture.info
    picture = _fitted(picture.convert("RGBA" if has_alpha else "RGB"), (WIDEST, HIGHEST))
    # Mail programs show PNG and JPEG everywhere; WebP, many do not.
    extension = "png" if has_alpha or opened.format in ("PNG", "GIF") else "jpg"
    small = _fitted(picture, THUMBNAIL)
    return Picture(_written(picture, extension), _written(small, extension), extension, *picture.size)


def _moving(opened: Pillow.Image) -> Picture:
    frames, pauses = [], []
    for frame in ImageSequence.Iterator(opened):
        pauses.append(int(frame.info.get("duration", 100)) or 100)
        frames.append(_fitted(frame.convert("RGBA"), (WIDEST, HIGHEST)))
    out = io.BytesIO()
    frames[0].save(
        out,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=pauses,
        loop=0,
        disposal=2,
        optimize=True,
    )
    return Picture(out.getvalue(), _written(_fitted(frames[0], THUMBNAIL), "png"), "gif", *frames[0].size)


def _fitted(picture: Pillow.Image, into: tuple[int, int]) -> Pillow.Image:
    small = picture.copy()
    small.thumbnail(into, Pillow.Resampling.LANCZOS)
    small.info = {}  # nothing of what came with the file
    return small


def _written(picture: Pillow.Image, extension: str) -> bytes:
    out = io.BytesIO()
    if extension == "jpg":
        picture.save(out, "JPEG", quality=85, optimize=True, progressive=True)
    else:
        picture.save(out, "PNG", optimize=True)
    return out.getvalue()
