"""Files as tables: read however they were saved, with a guess at what each column is."""

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from profiles import attributes

MOST_COLUMNS: Final = 200
MOST_ROWS: Final = 500_000
MOST_BYTES: Final = 20 * 1024 * 1024
SEPARATORS: Final = ",;\t|"
# Headings that people give, without case, spaces and signs.
HEADINGS: Final = {
    "email": "email", "mail": "email", "emailaddress": "email", "emailadres": "email", "phone": "phone",
    "mobile": "phone", "telephone": "phone", "phonenumber": "phone", "userid": "user_id", "customerid": "user_id",
    "customernumber": "user_id", "id": "user_id", "firstname": "first_name", "givenname": "first_name",
    "lastname": "last_name", "surname": "last_name", "familyname": "last_name", "birthday": "birth_date",
    "dateofbirth": "birth_date", "birthdate": "birth_date", "zip": "postal_code", "zipcode": "postal_code",
    "postcode": "postal_code", "postalcode": "postal_code", "town": "city", "state": "region",
}  # fmt: skip


class Unreadable(Exception):
    """The file is no table of people; the message is a sentence for a marketer."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file as a table: its heading, its separator, and how many rows stand below."""

    heading: list[str]
    separator: str
    text: str
    rows: int


def read(content: bytes) -> Table:
    """The table in a file. Raises Unreadable."""
    if len(content) > MOST_BYTES:
        raise Unreadable(f"The file is larger than {MOST_BYTES >> 20} MB. Cut it into several.")
    text = _text(content)
    separator = _separator(text)
    lines = list(rows_of(text, separator))
    if not lines or not any(cell.strip() for cell in lines[0]):
        raise Unreadable("The file is empty. Its first row must name the columns.")
    if len(lines[0]) > MOST_COLUMNS:
        raise Unreadable(f"The file has more than {MOST_COLUMNS} columns.")
    if not 1 < len(lines) <= MOST_ROWS + 1:
        raise Unreadable(f"The file must have between 1 and {MOST_ROWS:,} rows below its heading.")
    return Table([cell.strip()[:100] for cell in lines[0]], separator, text, len(lines) - 1)


def _text(content: bytes) -> str:
    """UTF-8, UTF-16 with its mark, or what Windows wrote before."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise Unreadable("This is no text file. Export your table as CSV, in UTF-8.")


def _separator(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(SEPARATORS, key=first.count) if any(one in first for one in SEPARATORS) else ","


def rows_of(text: str, separator: str) -> Iterator[list[str]]:
    """The rows that hold anything."""
    return _filled(io.StringIO(text, newline=""), separator)


def _filled(file: io.StringIO, separator: str) -> Iterator[list[str]]:
    try:
        for row in csv.reader(file, delimiter=separator):
            if any(cell.strip() for cell in row):
                yield row
    except csv.Error as error:
        raise Unreadable(f"The file cannot be read as a table: {error}.") from error


def following(text: str, separator: str, *, offset: int, limit: int) -> tuple[list[list[str]], int]:
    """At most `limit` rows below the heading from this place on (0: the first), and the place behind them."""
    file = io.StringIO(text, newline="")
    if offset == 0:
        next(_filled(file, separator))
    else:
        file.seek(offset)
    # A reader takes line by line, so that the file stands behind the row that was read last.
    return list(itertools.islice(_filled(file, separator), limit)), file.tell()


def guess(heading: Sequence[str]) -> list[str]:
    """What each column probably is; a heading that says nothing we know becomes an attribute of that name."""
    found: list[str] = []
    for name in heading:
        plain = "".join(letter for letter in name.casefold() if letter.isalnum())
        key = HEADINGS.get(plain) or next(
            (one for one in attributes.STANDARD if one.replace("_", "") == plain), _key(name)
        )
        found.append("" if key in found else key)
    return found


def _key(name: str) -> str:
    """An attribute's key from a heading: "Favourite colour" is `favourite_colour`."""
    letters = [letter if letter.isalnum() else "_" for letter in name.strip().casefold()]
    return "_".join(part for part in "".join(letters).split("_") if part)[: attributes.LONGEST_KEY]
