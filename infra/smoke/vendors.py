"""The notifier of the check: the caller's credential, or a made-up one that the vendor refuses.

A refusal shows that the push function reached the vendor and understood its answer.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployed import CommandError


@dataclass(frozen=True)
class Notifier:
    """A vendor, a credential and a device token."""

    vendor: str
    credential: dict[str, Any]
    token: str
    # Whether the vendor is expected to refuse the credential.
    made_up: bool


def notifier(vendor: str | None, credential: str | None, token: str | None, *, in_china: bool) -> Notifier:
    """Return the notifier of a run. Google's servers cannot be reached from China, so Huawei is asked there."""
    named = vendor or ("huawei" if in_china else "fcm")
    if credential:
        if not token:
            raise CommandError("TOKEN is missing in the environment: the device token of a phone of this vendor")
        try:
            read = json.loads(Path(credential).read_text())
        except (OSError, ValueError) as why:
            # A JSON error quotes nothing of the file.
            raise CommandError(f"the file of CREDENTIAL cannot be read: {type(why).__name__}") from None
        return Notifier(named, read, token, made_up=False)
    made_up = {"fcm": _fcm, "huawei": _huawei}.get(named)
    if made_up is None:
        raise CommandError(f"for {named} name a file in CREDENTIAL; without one, VENDOR is fcm or huawei")
    return Notifier(named, made_up(), secrets.token_hex(32), made_up=True)


def _huawei() -> dict[str, Any]:
    number = str(secrets.randbelow(9 * 10**8) + 10**8)
    return {"app_id": number, "client_id": number, "client_secret": secrets.token_hex(32)}


def _fcm() -> dict[str, Any]:
    """Return a service account that Google does not know, with a key of its own."""
    # Only this case needs the package.
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    project = f"curlew-smoke-{secrets.token_hex(4)}"
    key = generate_private_key(public_exponent=65537, key_size=2048)
    return {
        "type": "service_account",
        "project_id": project,
        "private_key_id": secrets.token_hex(20),
        "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "client_email": f"smoke@{project}.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
