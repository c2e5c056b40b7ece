"""Verifies signed callbacks by an independent implementation of Standard Webhooks. `tests/it/webhooks.rs` holds the
product to the same file, and `callback_server.py` verifies the callbacks of the deployed stack in the same way."""

from __future__ import annotations

import json
import unittest
from datetime import datetime, timezone
from pathlib import Path
from unittest import mock

from standardwebhooks import WebhookVerificationError

from callback_server import refusal, webhook

FIXTURE = Path(__file__).resolve().parents[2] / "tests" / "fixtures" / "callbacks" / "signed.json"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class SignedCallbacks(unittest.TestCase):
    """Signed callbacks at their own time."""

    def setUp(self) -> None:
        """Read the callbacks, and stop the implementation's clock."""
        self.callbacks = json.loads(FIXTURE.read_text())
        at = datetime.fromtimestamp(int(self.callbacks[0]["webhook-timestamp"]), tz=timezone.utc)
        clock = mock.patch("standardwebhooks.webhooks.datetime", wraps=datetime)
        clock.start().now.return_value = at
        self.addCleanup(clock.stop)

    def test_each_secret_verifies_its_callbacks(self) -> None:
        """Every live secret is enough."""
        for callback in self.callbacks:
            for secret in callback["secrets"]:
                webhook(secret).verify(callback["body"], callback, json_parse=False)

    def test_nothing_else_verifies_them(self) -> None:
        """Another secret or another body is refused."""
        for callback in self.callbacks:
            with self.assertRaises(WebhookVerificationError):
                webhook("another secret").verify(callback["body"], callback, json_parse=False)
            with self.assertRaises(WebhookVerificationError):
                webhook(callback["secrets"][0]).verify(callback["body"] + " ", callback, json_parse=False)


class ServerOfAnApp(unittest.TestCase):
    """What the app's server of the end-to-end tests takes."""

    def test_it_takes_what_the_secret_signed_and_nothing_else(self) -> None:
        """Signature and `security` must both fit."""
        # printf 'acme#chat_1whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw1656398024142' | md5sum
        shown = {"callId": "acme#chat_1", "timestamp": 1656398024142, "security": "feea2fa456b354a84a7a3494db0cf6c3"}
        body = json.dumps(shown)
        self.assertIsNone(refusal(SECRET, _signed(body), body))
        self.assertIn("signature", refusal("another secret", _signed(body), body) or "")
        self.assertIn("signature", refusal(SECRET, _signed(body), body + " ") or "")
        self.assertIn("headers", refusal(SECRET, {}, body) or "")
        body = json.dumps({**shown, "security": "0" * 32})
        self.assertIn("MD5", refusal(SECRET, _signed(body), body) or "")


def _signed(body: str) -> dict[str, str]:
    """Return the headers of a callback of this moment."""
    now = datetime.now(tz=timezone.utc)
    signature = webhook(SECRET).sign("msg_1", now, body)
    return {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}


if __name__ == "__main__":
    unittest.main()
