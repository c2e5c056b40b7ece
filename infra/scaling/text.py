"""Numbers and tables as text."""

from __future__ import annotations

from collections.abc import Iterable


def short(number: float) -> str:
    """Return a number with two or three digits, above a hundred thousand in M, above a thousand million in G."""
    if number >= 1e9:
        return f"{rounded(number / 1e9)} G"
    return f"{rounded(number / 1e6)} M" if number >= 1e5 else rounded(number)


def rounded(number: float) -> str:
    """Return a number with three digits, thousands apart."""
    if number == 0:
        return "0"
    if number < 100:
        return f"{number:.2g}" if number < 10 else f"{number:.0f}"
    digits = len(str(int(number))) - 3
    return f"{round(number / 10**digits) * 10**digits:,.0f}".replace(",", " ")


def dollars(amount: float) -> str:
    """Return dollars with cents below ten, and three digits above a thousand."""
    return f"{amount:.2f}" if amount < 10 else rounded(amount)


def table(head: Iterable[str], align: str, rows: Iterable[Iterable[str]]) -> str:
    """Return a table in Markdown. `align` has a letter for each column, r for numbers."""
    lines = [head, ["---:" if letter == "r" else "---" for letter in align], *rows]
    return "".join(f"|{'|'.join(cell if set(cell) <= set('-:') and cell else f' {cell} ' for cell in line)}|\n" for line in lines)
