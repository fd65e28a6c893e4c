"""`python -m cdp.runtime.probe`: whether the web process in this container answers; exits 0 or 1.

Asks as the outside does, by a name of ALLOWED_HOSTS: another would be refused, and mean nothing.
"""

import http.client
import os
import sys
from collections.abc import Mapping
from typing import Final

PORT: Final = 8000
SECONDS: Final = 4


def host(environment: Mapping[str, str]) -> str:
    """A name that the web process answers to."""
    first = environment.get("ALLOWED_HOSTS", "").split(",")[0].strip()
    return "localhost" if first in ("", "*") else first.removeprefix(".")


def answers(port: int = PORT) -> bool:
    """Whether /health says yes."""
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        asking.request("GET", "/health", headers={"Host": host(os.environ)})
        return asking.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asking.close()


if __name__ == "__main__":
    sys.exit(not answers())
