"""From the regions that containers mark in an HTML mail to hints: what is a quote, and what only looks like one."""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from app.mail.reply.containers import Role
from app.mail.reply.hints import Hint, HintKind
from app.mail.reply.htmlreader import Region

LONGEST_ATTRIBUTION = 300
MOST_HEADER_LINES = 12
MOST_SIGNATURE_LINES = 15
MOST_PROSE_LINES = 3
PROSE_WIDTH = 80
COLONS = (":", "：")

TOP_RULE, BLOCK_QUOTE = "top rule", "block quote"
QUOTES = {Role.QUOTE, Role.BELOW, TOP_RULE}

Span = tuple[int, int, HintKind]


def hints_of(lines: Sequence[str], regions: Sequence[Region]) -> tuple[Hint, ...]:
    if not regions:
        return ()
    spans = sorted(set(_Regions(lines, regions).spans()), key=lambda span: (span[0], -span[1]))
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    length = max(0, starts[-1] - 1)
    return tuple(Hint(starts[start], min(starts[end], length), kind) for start, end, kind in spans if start < end)


class _Regions:
    def __init__(self, lines: Sequence[str], regions: Sequence[Region]) -> None:
        self._lines = lines
        self._outer = [region for region in regions if not region.is_nested and region.start < region.end]
        self._cut = [False] * len(lines)  # lines of a quote, attribution or signature that is certain

    def spans(self) -> Iterator[Span]:
        yield from self._certain()
        yield from self._block_quotes()

    def _certain(self) -> Iterator[Span]:
        quoted_to = 0
        for region in self._outer:
            if region.role == Role.ATTRIBUTION and region.end - region.start <= MOST_HEADER_LINES:
                yield self._span(region.start, region.end, HintKind.ATTRIBUTION)
            elif region.start < quoted_to:
                continue  # a quote inside a quote tells nothing new
            elif region.role == Role.SIGNATURE and self._is_signature(region):
                yield self._span(region.start, region.end, HintKind.SIGNATURE)
            elif region.role == Role.SHELL and self._is_forward(region):
                quoted_to = region.end
                yield self._span(region.start, region.end, HintKind.QUOTE)
            elif region.role in QUOTES and (region.role != TOP_RULE or self._is_header_block(region)):
                quoted_to = self._end_below(region) if region.role == TOP_RULE else region.end
                yield from self._certain_quote(region, quoted_to)

    def _certain_quote(self, region: Region, end: int) -> Iterator[Span]:
        if region.role == Role.QUOTE:
            yield from self._quote(region.start, end)
            return
        if region.role == TOP_RULE:
            yield self._span(region.start, region.end, HintKind.ATTRIBUTION)
        yield from self._heading(region.start, end)
        yield self._span(region.start, end, HintKind.QUOTE)

    def _heading(self, start: int, end: int) -> Iterator[Span]:
        """The attribution, or the block of headers, at the top of what a container holds."""
        first = next((i for i in range(start, min(end, start + 4)) if self._lines[i].strip("> ")), end)
        last = first
        while last < min(end, first + MOST_HEADER_LINES) and _is_header(self._lines[last].lstrip("> ")):
            last += 1
        if last - first >= 2 and any(_says_who(line) for line in self._lines[first:last]):
            yield self._span(first, last, HintKind.ATTRIBUTION)
        elif first < end and self._attribution_above(first + 1):
            yield self._span(first, first + 1, HintKind.ATTRIBUTION)

    def _block_quotes(self) -> Iterator[Span]:
        """A block quote without a program's name: hers, when she wrote above and nothing attributes it."""
        has_quote = False
        for region in self._outer:
            has_quote = has_quote or (region.role == Role.QUOTE and self._cut[region.start])
            if region.role != BLOCK_QUOTE or self._cut[region.start]:
                continue
            if not has_quote and self._is_own(region):
                yield self._span(region.start, region.end, HintKind.OWN, is_cut=False)
            else:
                has_quote = True
                yield from self._quote(region.start, region.end)

    def _is_own(self, region: Region) -> bool:
        if not any(self._is_hers(i) for i in range(region.start)) or self._attribution_above(region.start):
            return False
        # Gmail's own quotes stand in a wrapper; elsewhere what ends the mail is rather a quote.
        return region.is_gmail or any(self._lines[i].strip() for i in range(region.end, len(self._lines)))

    def _is_hers(self, i: int) -> bool:
        return bool(self._lines[i].strip()) and not self._cut[i]

    def _quote(self, start: int, end: int) -> Iterator[Span]:
        above = self._attribution_above(start)
        if above:
            yield self._span(*above, HintKind.ATTRIBUTION)
        yield from self._heading(start, end)
        yield self._span(start, end, HintKind.QUOTE)

    def _attribution_above(self, start: int) -> tuple[int, int] | None:
        """The line right above a quote that ends in a colon and names a time or an address, in any language."""
        last = next((i for i in range(start - 1, max(-1, start - 4), -1) if self._lines[i].strip()), -1)
        if last < 0 or self._lines[last].startswith(">"):
            return None
        first = last
        if not _says_who(self._lines[last]) and last > 0 and self._lines[last].rstrip("* ").endswith(COLONS):
            first = last - 1
        joined = " ".join(self._lines[first : last + 1]).strip(" *")
        if len(joined) > LONGEST_ATTRIBUTION or not joined.endswith(COLONS) or not _says_who(joined):
            return None
        return first, last + 1

    def _is_forward(self, region: Region) -> bool:
        """Gmail's "---------- Forwarded message ---------", in any language."""
        first = next((line for line in self._lines[region.start : region.end] if line.strip()), "").strip("* ")
        return first.startswith("-----") and first.endswith("-----")

    def _is_header_block(self, region: Region) -> bool:
        lines = self._lines[region.start : region.end]
        return sum(map(_is_header, lines)) >= 2 and len(lines) <= MOST_HEADER_LINES

    def _end_below(self, region: Region) -> int:
        """An Outlook quote goes on to the end of what holds it: the mail, or the quote around it."""
        holders = (one for one in self._outer if one.role == Role.QUOTE and one.start <= region.start < one.end)
        return min((one.end for one in holders), default=len(self._lines))

    def _is_signature(self, region: Region) -> bool:
        """Apple Mail lets people write on inside of it."""
        lines = [line for line in self._lines[region.start : region.end] if line.strip()]
        prose = sum(1 + len(line) // PROSE_WIDTH for line in lines if len(line) > 50 and len(line.split()) > 7)
        return len(lines) <= MOST_SIGNATURE_LINES and prose <= MOST_PROSE_LINES

    def _span(self, start: int, end: int, kind: HintKind, *, is_cut: bool = True) -> Span:
        if is_cut:
            self._cut[start:end] = [True] * (end - start)
        return start, end, kind


def _is_header(line: str) -> bool:
    return any(colon in line[:30] for colon in COLONS)


def _says_who(line: str) -> bool:
    return "@" in line or any(map(str.isdigit, line))
