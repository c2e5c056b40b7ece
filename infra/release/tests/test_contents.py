"""A release holds all that a deployment needs, and says what it is made of."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import tempfile
import unittest
import zipfile
from pathlib import Path

from deployed import ROOT, CommandError
from release.contents import lay_out
from release.dependencies import Dependency, of_console, selected
from release.licences import licences
from settings import StackError

from .stand_ins import COMMIT, FUNCTIONS, OURS, RING, binaries, program, release


class ContentsTest(unittest.TestCase):
    """A release of stand-ins."""

    def setUp(self) -> None:
        self.work = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def files(self, architecture: str) -> dict[str, bytes]:
        with tarfile.open(release(self.work, architecture)) as opened:
            contents = {it.name.partition("/")[2]: opened.extractfile(it) for it in opened}
            return {name: content.read() for name, content in contents.items() if content}

    def test_the_template_points_to_a_zip_of_each_function(self) -> None:
        files = self.files("x86_64")
        codes = set(re.findall(r"CodeUri: (\S+)", files["template.yaml"].decode()))
        self.assertEqual(codes, {f"functions/{function}.zip" for function in FUNCTIONS})
        for function in FUNCTIONS:
            with zipfile.ZipFile(io.BytesIO(files[f"functions/{function}.zip"])) as opened:
                self.assertEqual(opened.read("bootstrap"), program("x86_64", function))

    def test_it_is_for_one_architecture(self) -> None:
        files = self.files("x86_64")
        self.assertIn("    Default: x86_64\n    AllowedValues: [x86_64]\n", files["template.yaml"].decode())
        self.assertEqual(set(re.findall(r"Architecture=\w+", files["samconfig.toml"].decode())), {"Architecture=x86_64"})
        self.assertEqual(json.loads(files["release.json"]), {"version": "0.1.0", "architecture": "x86_64", "commit": COMMIT.id})

    def test_functions_of_two_architectures_or_of_the_wrong_one_are_refused(self) -> None:
        mixed = binaries(self.work / "mixed", "arm64")
        with self.assertRaisesRegex(CommandError, "are for arm64"):
            lay_out(ROOT, mixed, self.work / "curlew-0.1.0-x86_64", COMMIT, [])
        (mixed / "push-vendor" / "bootstrap").write_bytes(program("x86_64"))
        with self.assertRaisesRegex(StackError, "one is needed"):
            lay_out(ROOT, mixed, self.work / "curlew-0.1.0-arm64", COMMIT, [])

    def test_the_bill_of_materials_has_every_function_every_package_and_no_time(self) -> None:
        text = self.files("arm64")["sbom.cdx.json"].decode()
        bill = json.loads(text)
        hashes = {it["name"]: it["hashes"][0]["content"] for it in bill["components"]}
        self.assertEqual(hashes["push-vendor"], hashlib.sha256(program("arm64", "push-vendor")).hexdigest())
        self.assertEqual(set(hashes), {*FUNCTIONS, "ring"})
        self.assertIn({"ref": "pkg:cargo/push-vendor@0.1.0", "dependsOn": ["pkg:cargo/ring@0.17.14"]}, bill["dependencies"])
        self.assertFalse({"serialNumber", "timestamp"} & set(re.findall(r'"(\w+)":', text)))

    def test_it_says_what_changed_and_what_may_be_done_with_it(self) -> None:
        files = self.files("arm64")
        for document in ("CHANGELOG.md", "LICENSE"):
            self.assertEqual(files[document], (ROOT / document).read_bytes())
        self.assertIn("ring 0.17.14", files["LICENCES.md"].decode())


class DependenciesTest(unittest.TestCase):
    """What is compiled in, and its licences."""

    def test_only_what_is_compiled_in_is_listed_with_what_it_needs(self) -> None:
        def package(name: str) -> dict[str, str | None]:
            return {"id": name, "name": name, "version": "1.0.0", "license": "MIT", "manifest_path": f"/p/{name}/Cargo.toml"}

        def edge(name: str, kind: str | None) -> dict[str, object]:
            return {"pkg": name, "dep_kinds": [{"kind": kind}]}

        nodes = [{"id": "a", "deps": [edge("b", None), edge("tester", "dev"), edge("macro", None)]}, {"id": "b", "deps": []}, {"id": "tester", "deps": []}]
        metadata = {"packages": [package(it) for it in ("a", "b", "tester", "macro")], "resolve": {"nodes": nodes}}
        found = selected({("a", "1.0.0"), ("b", "1.0.0")}, metadata, {("a", "1.0.0"): "", ("b", "1.0.0"): "c" * 64})
        self.assertEqual([(it.name, it.needs, it.ours) for it in found], [("a", (("b", "1.0.0"),), True), ("b", (), False)])

    def test_what_the_console_imports_is_listed(self) -> None:
        sources = ROOT / "functions/serve-console/ui/src"
        files = [it for suffix in ("ts", "svelte") for it in sources.rglob(f"*.{suffix}") if not re.search(r"(\.test|harness|/testing?/)", str(it))]
        imported = set(re.findall(r"^\s*import (?!type)[^;]*?from ['\"]([a-z@][\w@-]*)", "\n".join(it.read_text() for it in files), re.MULTILINE))
        tools = {"vitest", "@testing-library", "node", "@testing"}
        self.assertEqual(imported - tools, {it.name for it in of_console(ROOT, ["openapi-fetch", "svelte"])})

    def test_a_text_stands_once_with_all_its_packages(self) -> None:
        with tempfile.TemporaryDirectory() as work:
            made = []
            for name in ("one", "two"):
                folder = Path(work, name)
                folder.mkdir()
                (folder / "LICENSE-MIT").write_text("Do what you want.  \n")
                made.append(Dependency(name, "1.0.0", licence="MIT", checksum="c", folder=folder))
            text = licences(made, "")
        self.assertEqual(text.count("Do what you want."), 1)
        self.assertIn("## one 1.0.0 (MIT), two 1.0.0 (MIT)", text)

    def test_a_package_without_a_text_is_refused_unless_apache_covers_it(self) -> None:
        self.assertIn("the text of Apache", licences([RING, OURS], "the text of Apache"))
        with self.assertRaisesRegex(CommandError, "bare 1.0.0 is under MIT and comes without its text"):
            licences([Dependency("bare", "1.0.0", licence="MIT", checksum="c")], "the text of Apache")


if __name__ == "__main__":
    unittest.main()
