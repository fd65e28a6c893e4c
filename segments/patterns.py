"""Patterns that are safe to run on anybody's data: a small part of regular expressions, linear in the text.

Only what a finite automaton can do is let in: no references to what was found before, no looking around, and a
limit on how large repetition makes it. What is let in is spelled anew, so that it is always valid, means the same
in every engine, and ignores case.
"""

from typing import Final

LONGEST: Final = 200  # characters of a pattern
LARGEST: Final = 600  # characters it may stand for once repetitions are written out
MOST_TIMES: Final = 50
CLASSES: Final = {"d": "0-9", "w": "a-z0-9_", "s": " \\t\\n\\r"}
SPECIAL: Final = frozenset(".^$*+?()[]{}|\\")
BREAKS: Final = {"t": "\\t", "n": "\\n", "r": "\\r"}
RANGES: Final = ("0123456789", "abcdefghijklmnopqrstuvwxyz")


class InvalidPattern(Exception):
    """A pattern that is not let in; the message says what to do."""


def translated(pattern: str) -> str:
    """The pattern as it is run, against text in lower case. Raises InvalidPattern."""
    if len(pattern) > LONGEST:
        raise InvalidPattern(f"This pattern is too long: use at most {LONGEST} characters.")
    reader = _Reader(pattern)
    text, size = reader.alternatives(0)
    if reader.ahead:
        raise InvalidPattern("A bracket is closed in this pattern that was never opened.")
    if size > LARGEST:
        raise InvalidPattern("This pattern repeats too much. Use smaller numbers of times.")
    return text


class _Reader:
    """Reads a pattern from left to right; each method gives the new spelling and how much it stands for."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    @property
    def ahead(self) -> str:
        """The next character; "" at the end."""
        return self.pattern[self.at : self.at + 1]

    def take(self) -> str:
        """The next character, read."""
        letter = self.ahead
        self.at += 1
        return letter

    def alternatives(self, depth: int) -> tuple[str, int]:
        """Branches with "|" between them."""
        if depth > 10:
            raise InvalidPattern("The brackets of this pattern are nested too deeply.")
        branches = [self.branch(depth)]
        while self.ahead == "|":
            self.take()
            branches.append(self.branch(depth))
        return "|".join(text for text, _ in branches), sum(size for _, size in branches)

    def branch(self, depth: int) -> tuple[str, int]:
        """Pieces one after the other."""
        texts, sizes = [], 0
        while self.ahead not in ("", "|", ")"):
            if self.ahead in ("^", "$"):
                texts.append(self.take())
                if self.ahead in ("*", "+", "?", "{"):
                    raise InvalidPattern("The beginning or end of a text cannot be repeated.")
                continue
            text, size = self.atom(depth)
            repeat, times = self.repetition()
            texts.append(text + repeat)
            sizes += size * times
        if not texts:
            raise InvalidPattern("A part of this pattern is empty. Write what to look for.")
        return "".join(texts), max(sizes, 1)

    def atom(self, depth: int) -> tuple[str, int]:
        """One character, one class of characters, or a part in brackets."""
        letter = self.take()
        match letter:
            case "(":
                if self.ahead == "?" and self.pattern[self.at : self.at + 2] != "?:":
                    raise InvalidPattern("Looking ahead or back is not possible in a pattern here.")
                self.at += 2 * (self.ahead == "?")
                text, size = self.alternatives(depth + 1)
                if self.take() != ")":
                    raise InvalidPattern("A bracket is opened in this pattern that is never closed.")
                return f"(?:{text})", size
            case "[":
                return self.characters(), 1
            case ".":
                return ".", 1
            case "\\":
                return self.escaped(inside=False), 1
            case "*" | "+" | "?" | "{" | "}" | "]":
                raise InvalidPattern(
                    f"“{letter}” stands alone in this pattern. Write “\\{letter}” to mean the sign."
                )
            case _:
                return _literal(letter), 1

    def escaped(self, *, inside: bool) -> str:
        """What follows a backslash."""
        letter = self.take()
        if letter in CLASSES and letter:
            return CLASSES[letter] if inside else f"[{CLASSES[letter]}]"
        if letter.lower() in CLASSES and letter and not inside:
            return f"[^{CLASSES[letter.lower()]}]"
        if letter in BREAKS and letter:
            return BREAKS[letter]
        if letter.isalnum() or not letter:
            raise InvalidPattern(
                "A backslash in this pattern means nothing here: use \\d, \\w, \\s, or a sign after it."
            )
        return _literal(letter)

    def characters(self) -> str:
        """A class: "[" is read already."""
        negated = self.ahead == "^" and bool(self.take())
        parts: list[str] = []
        while (letter := self.take()) != "]":
            if not letter:
                raise InvalidPattern("A square bracket is opened in this pattern that is never closed.")
            if letter == "[":
                raise InvalidPattern("Write “\\[” to mean the sign inside square brackets.")
            if letter == "\\":
                parts.append(self.escaped(inside=True))
            elif self.ahead == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                parts.append(self.range(letter))
            else:
                parts.append(_literal(letter))
        if not parts:
            raise InvalidPattern("These square brackets are empty. Write which characters to look for.")
        return f"[{'^' if negated else ''}{''.join(parts)}]"

    def range(self, first: str) -> str:
        """A range such as "a-z"."""
        self.take()
        low, high = first.lower(), self.take().lower()
        for letters in RANGES:
            if low in letters and high in letters and low <= high:
                return f"{low}-{high}"
        raise InvalidPattern("A range in square brackets goes from a to z or from 0 to 9.")

    def repetition(self) -> tuple[str, int]:
        """How often the piece before it may come, and at most how often it must be written out."""
        if self.ahead in ("*", "+", "?") and self.ahead:
            sign = self.take()
            self.refuse_second()
            return sign, 2 if sign == "+" else 1
        if self.ahead != "{":
            return "", 1
        end = self.pattern.find("}", self.at)
        low, comma, high = self.pattern[self.at + 1 : end].partition(",")
        self.at = end + 1
        if end < 0 or not _is_number(low) or (high and not _is_number(high)):
            raise InvalidPattern("Write how many times in curly brackets, such as {2} or {2,5}.")
        times = int(high or low)
        if times > MOST_TIMES or int(low) > times:
            raise InvalidPattern(
                f"Something can be repeated at most {MOST_TIMES} times in a pattern, few to many."
            )
        self.refuse_second()
        return f"{{{int(low)}{comma}{int(high) if high else ''}}}", max(times, 1) + bool(comma and not high)

    def refuse_second(self) -> None:
        """No repetition of a repetition, and no lazy ones: whether it matches is all that is asked."""
        if self.ahead in ("*", "+", "?", "{") and self.ahead:
            raise InvalidPattern(
                "One repetition stands behind another in this pattern. Put brackets around the first."
            )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3


def _literal(letter: str) -> str:
    lowered = letter.lower()
    return f"\\{lowered}" if lowered in SPECIAL or lowered in "-/#&~'\"" else lowered
