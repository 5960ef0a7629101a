"""Without the sent mail: where the quote begins that has no marks, and that it goes on to the end.

Something must say so: an attribution that nobody writes by hand, a block of headers, or a line such as "-----Original
Message-----" and "Reply above this line". When marked text follows, the marks say where the quote ends.
"""

from dataclasses import dataclass

from app.mail.reply.attribution import is_groupwise, strong_attributions
from app.mail.reply.draft import Draft
from app.mail.reply.headerblock import HeaderBlock, end_of_forwarded, genuine_blocks


@dataclass(frozen=True)
class _Border:
    start: int
    end: int
    reason: str
    below: str


def label_below(draft: Draft) -> None:
    attributions = [
        _Border(one.start, one.end, "attribution-line", "below-attribution") for one in strong_attributions(draft)
    ]
    for border in sorted([*attributions, *map(_of_block, genuine_blocks(draft))], key=lambda one: one.start):
        if not draft.is_new(border.start) and draft.lines[border.start].depth == 0:
            continue  # inside of what an earlier one has cut
        draft.label(border.start, border.end, border.reason)
        if border.below == "forwarded-message":
            draft.label(border.end, end_of_forwarded(draft, border.end), border.below)
            break
        if not _marks_follow(draft, border):
            _label_rest(draft, border)
            break


def _of_block(block: HeaderBlock) -> _Border:
    if block.marker == "forwarded":
        return _Border(block.start, block.end, "header-block", "forwarded-message")
    if block.marker == "reply-above":
        return _Border(block.start, block.end, "reply-above-line", "below-reply-line")
    return _Border(block.start, block.end, "header-block", "below-header-block")


def _marks_follow(draft: Draft, border: _Border) -> bool:
    """The quote below has marks of its own, or the border stands inside of marks itself."""
    if border.reason == "reply-above-line":
        return False
    following = draft.after(border.end)
    is_inside = draft.lines[border.start].depth > 0 and not is_groupwise(draft.lines[border.start].text)
    return is_inside or (following < len(draft.lines) and draft.lines[following].depth > 0)


def _label_rest(draft: Draft, border: _Border) -> None:
    """With nothing of hers above, what stands below an attribution may be her answer: it is kept, and doubtful."""
    is_alone = not any(draft.is_new(i) and not draft.lines[i].is_blank for i in range(border.start))
    is_doubtful = is_alone and border.reason == "attribution-line" and draft.after(border.end) < len(draft.lines)
    draft.label(border.end, len(draft.lines), "below-lone-attribution" if is_doubtful else border.below)
