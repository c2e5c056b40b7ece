"""Tests of the reference of the API, as `make docs` builds it."""

from __future__ import annotations

import re
import subprocess
import tempfile
import unittest
from html.parser import HTMLParser
from pathlib import Path

import reference
import yaml

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".local/openapi/bin/python"


class _Tags(HTMLParser):
    """Parses what the browser uses of a page: its tags with their attributes, and the text of its styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.styles = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "style":
            self.styles += data


def _parsed(page: str) -> _Tags:
    tags = _Tags()
    tags.feed(page)
    return tags


class BuiltPage(unittest.TestCase):
    """The page with the real Redoc."""

    page: str

    @classmethod
    def setUpClass(cls) -> None:
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / "docs" / "reference.html"
            subprocess.run([PYTHON, ROOT / "infra/local/reference.py", file], check=True, capture_output=True)
            cls.page = file.read_text()

    def test_nothing_in_it_is_loaded_from_elsewhere(self) -> None:
        parsed = _parsed(self.page)
        self.assertEqual(["script", "script"], [tag for tag, _ in parsed.tags if tag == "script"])
        for tag, attributes in parsed.tags:
            self.assertFalse({"src", "href", "srcset", "data", "poster"} & attributes.keys(), f"{tag} {attributes}")
        self.assertNotRegex(parsed.styles, r"url\(|@import")

    def test_the_browser_may_fetch_nothing(self) -> None:
        policies = [attributes["content"] for _, attributes in _parsed(self.page).tags if "http-equiv" in attributes]
        self.assertEqual(1, len(policies))
        rules = dict(rule.split(maxsplit=1) for rule in policies[0].split("; "))
        self.assertEqual("'none'", rules.pop("default-src"))
        self.assertLessEqual(set(rules.values()), {"'unsafe-inline'", "data:", "blob:"})

    def test_every_route_is_in_it(self) -> None:
        document = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())
        operations = [operation for item in document["paths"].values() for operation in item.values() if isinstance(operation, dict)]
        for operation in operations:
            self.assertIn(f'"operationId": "{operation["operationId"]}"', self.page)


class Parts(unittest.TestCase):
    """Parts of the page for a description."""

    def _page(self, description: str, redoc: str = "") -> str:
        operation = {"description": description, "requestBody": {"x-max-bytes": 16384}}
        return reference.page({"paths": {"/users": {"post": operation, "parameters": []}}}, redoc, "../../docs")

    def test_links_to_other_documents_lead_to_them(self) -> None:
        page = self._page("[a](api.md#limits) [b](https://example.com) [c](#tag/users)")
        self.assertIn("[a](../../docs/api.md#limits) [b](https://example.com) [c](#tag/users)", page)

    def test_the_size_of_a_body_is_named(self) -> None:
        self.assertIn("At most 16384 bytes.", self._page(""))

    def test_no_text_ends_its_script(self) -> None:
        page = self._page("</script><script src=https://example.com>", redoc="'</SCRIPT>'.length; '</script>'; '<!--'")
        self.assertEqual([{}, {}], [attributes for tag, attributes in _parsed(page).tags if tag == "script"])
        self.assertEqual(2, len(re.findall("</script>", page)))


if __name__ == "__main__":
    unittest.main()
