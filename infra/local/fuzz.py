"""Runs fuzz targets one after the other: `make fuzz SECONDS=60 TARGET=..`."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests/fuzz/corpus"
WORKING = ROOT / ".local/fuzz"
# Inputs longer than this are no better, and slower.
MAX_BYTES = 8192


def build() -> Path:
    """Builds the driver, and returns its path."""
    environment = os.environ | {"RUSTC_WORKSPACE_WRAPPER": str(ROOT / "tests/fuzz/sancov.py"), "CARGO_INCREMENTAL": "0"}
    command = ["cargo", "build", "--package", "curlew-fuzz", "--features", "engine", "--bin", "fuzz"]
    print("Building the targets with libFuzzer", flush=True)
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    metadata = subprocess.run(
        ["cargo", "metadata", "--no-deps", "--format-version", "1"], cwd=ROOT, check=True, capture_output=True
    )
    return Path(json.loads(metadata.stdout)["target_directory"]) / "debug/fuzz"


def run(driver: Path, target: str, seconds: int, inputs: list[str]) -> bool:
    """Fuzzes a target, or calls it with these inputs. Returns whether it held."""
    found, failures = WORKING / "corpus" / target, WORKING / "failures"
    for folder in (found, failures):
        folder.mkdir(parents=True, exist_ok=True)
    options = [f"-artifact_prefix={failures}/{target}-", f"-max_len={MAX_BYTES}", "-timeout=20", "-rss_limit_mb=2048"]
    if not inputs:
        options += [f"-max_total_time={seconds}", "-print_final_stats=1", "-verbosity=1"]
        inputs = [str(found), str(CORPUS / target)]
    print(f"\n== {target}", flush=True)
    command = [str(driver), *options, *inputs]
    # The product logs what it refuses. libFuzzer prints on stderr, so stdout is dropped.
    ended = subprocess.run(command, env=os.environ | {"CURLEW_FUZZ_TARGET": target}, stdout=subprocess.DEVNULL)
    if ended.returncode != 0:
        print(f"{target} fails. Its input is in {failures}; repeat it by make fuzz TARGET={target} INPUT=<file>")
    return ended.returncode == 0


def merge(driver: Path, target: str) -> None:
    """Adds what was found and reaches new code to the stored corpus."""
    command = [str(driver), "-merge=1", f"-max_len={MAX_BYTES}", str(CORPUS / target), str(WORKING / "corpus" / target)]
    environment = os.environ | {"CURLEW_FUZZ_TARGET": target}
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="time of each target")
    parser.add_argument("--target", default="", help="the only target; all without it")
    parser.add_argument("--input", default="", help="a file: the target is called with it once")
    parser.add_argument("--merge", action="store_true", help="stores the inputs that reach new code in the corpus")
    options = parser.parse_args()
    known = sorted(folder.name for folder in CORPUS.iterdir())
    if options.target and options.target not in known:
        parser.error(f"TARGET must be one of: {', '.join(known)}")
    if options.input and not options.target:
        parser.error("INPUT needs a TARGET")
    driver = build()
    targets = [options.target] if options.target else known
    inputs = [options.input] if options.input else []
    failed = [target for target in targets if not run(driver, target, options.seconds, inputs)]
    if options.merge:
        for target in targets:
            merge(driver, target)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
