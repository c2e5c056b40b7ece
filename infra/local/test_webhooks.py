"""Verifies signed callbacks by an independent implementation of Standard Webhooks. `tests/it/webhooks.rs` holds the
product to the same file."""

from __future__ import annotations

import json
import unittest
from datetime import datetime, timezone
from pathlib import Path
from unittest import mock

from standardwebhooks import Webhook, WebhookVerificationError

FIXTURE = Path(__file__).resolve().parents[2] / "tests" / "fixtures" / "callbacks" / "signed.json"


def _webhook(secret: str) -> Webhook:
    return Webhook(secret if secret.startswith("whsec_") else secret.encode())


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
                _webhook(secret).verify(callback["body"], callback, json_parse=False)

    def test_nothing_else_verifies_them(self) -> None:
        """Another secret or another body is refused."""
        for callback in self.callbacks:
            with self.assertRaises(WebhookVerificationError):
                _webhook("another secret").verify(callback["body"], callback, json_parse=False)
            with self.assertRaises(WebhookVerificationError):
                _webhook(callback["secrets"][0]).verify(callback["body"] + " ", callback, json_parse=False)


if __name__ == "__main__":
    unittest.main()
