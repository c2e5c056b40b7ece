"""The app's own server of the story, which is told about pushes, and the scenes that concern it."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from story_calls import call

if TYPE_CHECKING:
    from story import Story

# An app whose server wants no callbacks.
QUIET = "quiet"
# The server does not take what concerns this user, or a notifier. So rows hold events of every kind.
FAILING = "ivy"
_EVENTS = ["push", "suppressed", "receipt", "click", "notifier", "token_removed", "user_status"]


class Server:
    """A server that answers most callbacks."""

    def __init__(self) -> None:
        self.busy = False
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                self.send_response(server.status(self.path, body))
                self.send_header("retry-after", "3600")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{listening.server_port}"

    def status(self, path: str, body: str) -> int:
        """Return the answer to a callback."""
        if path == f"/{QUIET}":
            return 410
        if self.busy:
            return 429
        fails = FAILING in body or json.loads(body)["event"] == "notifier"
        return 500 if fails else 200

    def setting(self, path: str = "/callback", **more: Any) -> dict[str, Any]:
        """Return the app's setting."""
        return {"url": self.url + path, "secret": "of-a-test-stack", "events": _EVENTS} | more


def switched_off(story: Story) -> None:
    """An app whose callback is switched off, because its server answers 410."""
    story.manage("POST", "", {"org": story.org, "app": QUIET})
    bearer = story.manage("POST", f"/{story.org}/{QUIET}/token", {})["access_token"]
    base = f"{story.state['api_url']}/{story.org}/{QUIET}"
    call(f"{base}/push/settings", "PUT", {"callback": story.server.setting(f"/{QUIET}")}, bearer)
    credential = call(f"{story.simulators}/test-accounts")["fcm"]
    call(f"{base}/notifiers", "POST", {"name": "fcm", "vendor": "fcm", "credential": credential}, bearer)
    call(f"{base}/notifiers/fcm", "PUT", {"state": "disabled"}, bearer)


def asks_for_rest(story: Story) -> None:
    """The server asks to be left alone. What waits then gets a row too."""
    story.server.busy = True
    story.send("unheard", "nov", "nobody hears of it")
    story.ended("unheard")
    time.sleep(2)
