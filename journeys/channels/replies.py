"""What an SMTP server's refusal means: whose fault, try again or not, is the address itself bad."""

import re
from typing import Final

from journeys.channels.base import Refused

ENHANCED: Final = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
NOBODY: Final = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"}  # RFC 3463: there is no such mailbox
UNKNOWN_USER: Final = re.compile(
    r"(no such|unknown|invalid|nonexistent|non-existent|not a valid)\s+(user|recipient|mailbox|address)"
    r"|(user|recipient|mailbox|address|account)\s+(is\s+)?(unknown|does\s*n[o']t exist|not found|disabled)"
    r"|does not exist|no mailbox here",
    re.IGNORECASE,
)


def refusal(step: str, code: int, text: str) -> Refused:
    """The server's answer `code` to MAIL, RCPT, DATA or the content, judged."""
    said = f"The mail server said {code} {' '.join(text.split())[:500]}"
    permanent = code // 100 == 5
    if not permanent:
        return Refused("deferred", said)
    if step == "RCPT":
        if _nobody_there(code, text):
            return Refused("bounced", said, permanent=True, suppress=True)
        return Refused("refused", said, permanent=True)
    return Refused("sender_refused" if step == "MAIL" else "refused", said, permanent=True)


def _nobody_there(code: int, text: str) -> bool:
    """Whether the address itself is bad. A policy ("blocked", "relay denied") says nothing about the address."""
    enhanced = ENHANCED.search(text)
    if enhanced:
        return enhanced.group() in NOBODY
    return code in {550, 551, 553} and bool(UNKNOWN_USER.search(text))
