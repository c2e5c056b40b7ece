"""Runs the steps in their order, says one line of each, and cleans up whatever happens."""

from __future__ import annotations

from collections.abc import Callable

from .api import Failed
from .story import Step, Story


def run(story: Story, say: Callable[[str], None]) -> bool:
    """Run a story. Returns whether everything works."""
    failed: set[str] = set()
    try:
        for step in story.steps():
            if not _try(step, failed, say):
                failed.add(step.name)
    finally:
        try:
            story.clean_up()
        except Failed as why:
            failed.add("clean-up")
            say(f"FAIL  clean-up   {why}")
    return not failed


def _try(step: Step, failed: set[str], say: Callable[[str], None]) -> bool:
    missing = [name for name in step.needs if name in failed]
    if missing:
        say(f"--    {step.name:9}  not tried, because it needs {' and '.join(missing)}")
        return False
    try:
        told = step.run()
    except Failed as why:
        say(f"FAIL  {step.name:9}  {why}. Look at: {step.look}")
        return False
    except (KeyError, TypeError, ValueError) as why:
        say(f"FAIL  {step.name:9}  an answer lacks something ({type(why).__name__}: {why}). Look at: {step.look}")
        return False
    say(f"ok    {step.name:9}  {told}")
    return True
