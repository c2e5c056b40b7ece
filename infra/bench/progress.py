"""Lines of progress."""

import sys


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"[bench] {text}", file=sys.stderr, flush=True)
