"""A small OpenID provider that speaks the documented protocol strictly, and lies where it is told to."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

CLIENT = "kindred"
SECRET = "a secret of the provider"


@dataclass
class Provider:
    """Its keys, whom it signs in, and in which way it misbehaves."""

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    lie: dict[str, Any] = field(default_factory=dict)  # claims that are not as they should be
    forge: bool = False  # sign with a key that the JWKS does not name
    tells_by_userinfo: bool = False
    userinfo_lie: dict[str, Any] = field(default_factory=dict)
    pending: dict[str, dict[str, str]] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    is_elliptic: bool = False

    def __post_init__(self) -> None:
        self.key: Any = _key(self.is_elliptic)

    def authorize(self, address: str) -> str:
        """What a browser does that follows us there: the address it is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        for name, value in (
            *(("response_type", "code"), ("client_id", CLIENT), ("code_challenge_method", "S256")),
        ):
            if asked.get(name) != value:
                self.complaints.append(f"{name} is {asked.get(name)}")
        for name in ("state", "nonce", "redirect_uri", "code_challenge"):
            if not asked.get(name):
                self.complaints.append(f"no {name}")
        if not {"openid", "email"} <= set(asked.get("scope", "").split()):
            self.complaints.append(f"scope {asked.get('scope')}")
        code = hashlib.sha256(asked["state"].encode()).hexdigest()
        self.pending[code] = asked
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}"

    def tokens(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The token endpoint: a code works once, with its verifier, for who asked."""
        asked = self.pending.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != asked["redirect_uri"]
            or base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        token = self.id_token(nonce=asked["nonce"])
        return 200, {"access_token": "opaque", "token_type": "Bearer", "expires_in": 60, "id_token": token}

    def id_token(self, *, nonce: str) -> str:
        """The signed word about the person."""
        now = int(time.time())
        told = {} if self.tells_by_userinfo else self.person
        claims = {
            **told, "iss": self.issuer, "aud": CLIENT, "sub": self.person["sub"], "nonce": nonce, "iat": now,
            "exp": now + 60, **self.lie,
        }  # fmt: skip
        key = _key(self.is_elliptic) if self.forge else self.key
        return jwt.encode(claims, key, "ES256" if self.is_elliptic else "RS256", headers={"kid": "one"})

    def document(self, path: str) -> Any:
        """Discovery, keys, and what it tells about the person."""
        if path == "/.well-known/openid-configuration":
            names = ("authorization", "token", "userinfo")
            return {
                "issuer": self.issuer,
                **{f"{name}_endpoint": f"{self.issuer}/{name}" for name in names},
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                "id_token_signing_alg_values_supported": ["ES256" if self.is_elliptic else "RS256"],
            }
        if path == "/keys":
            public = self.key.public_key()
            if self.is_elliptic:
                one = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256).to_jwk(
                    public, as_dict=True
                )
            else:
                one = jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True)
            return {
                "keys": [{**one, "kid": "one", "use": "sig", "alg": "ES256" if self.is_elliptic else "RS256"}]
            }
        return {**self.person, **self.userinfo_lie} if path == "/userinfo" else None


def _key(is_elliptic: bool) -> Any:
    if is_elliptic:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@contextmanager
def running(provider: Provider) -> Iterator[Provider]:
    """Serve it on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/userinfo" and self.headers.get("Authorization") != "Bearer opaque":
                return self._answer(401, {"error": "invalid_token"})
            found = provider.document(self.path)
            return self._answer(200 if found else 404, found or {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(*provider.tokens(form) if self.path == "/token" else (404, {}))

        def _answer(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider.issuer = provider.issuer or f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
