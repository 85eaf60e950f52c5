"""Command rules of a group: which command lines its members may send over the API, and how that is decided.

What is compared, exactly (docs/api/webxterm.md tells the same):

- A command line is cut at `;` `&` `|` `(` `)` backtick, `<` `>` and line breaks, quoted or not, into *parts*; in each
  part runs of spaces and tabs become one space.
- A pattern's `*` stands for any text, also none; everything else stands for itself, and case counts. ` *` at the end
  also matches nothing at all: `rm *` matches `rm`. There is no other special character and no regular expression.
- An **allow** pattern has to match a part as it was written.
- A **deny** or **hold** pattern is also tried against the whole line, against parts of the line without quotes and
  backslashes, without the directory of the program (`/bin/rm`), and after words that only start another
  program (`sudo -u root rm`, `sh -c "rm x"`, `A=1 rm`).
- A part's verdict is the strictest rule that matches it (deny, then hold, then allow), else the group's default;
  a line's verdict is the strictest of its parts, and of all groups that hold this person and this machine.

This compares text. What a shell makes of it (variables, base64, scripts, an interactive shell) it cannot know: NOTE.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from relay.domain.errors import Invalid
from relay.domain.names import check_drawable

MAX_RULES = 50
"""Of one group."""
MAX_PATTERN_CHARS = 200
MAX_NOTE_CHARS = 200
MAX_PARTS = 100
"""A line of more parts is not judged: wherever a rule might stop it, it is denied."""
MAX_STARTED_WORDS = 8
"""So many words after one that only starts another program are looked at."""

NOTE = (
    "Rules compare the text of commands sent over the API. They do not see what is typed in an interactive shell, and "
    "a person who means to can say the same in other words (variables, base64 to sh, a script file). They guard "
    "against mistakes; against people, use the machine role and the rights of the Linux user."
)

_CUTS = str.maketrans(dict.fromkeys(";&|()`<>\r", "\n"))
_QUOTES = str.maketrans(dict.fromkeys("'\"\\", ""))
_STARTERS = frozenset(
    {"sudo", "doas", "su", "pkexec", "env", "nohup", "nice", "ionice", "time", "timeout", "xargs", "exec", "command"}
    | {"builtin", "eval", "setsid", "stdbuf", "watch", "busybox", "chroot", "unshare", "parallel", "find", "sh", "bash"}
    | {"dash", "ash", "zsh", "ksh", "fish", "{", "}", "!", "if", "then", "elif", "else", "while", "until", "do", "$"}
)
"""Words after which another program's name may stand."""


class RuleAction(StrEnum):
    """What becomes of a command."""

    ALLOW = "allow"
    HOLD = "hold"
    DENY = "deny"


_STRICTNESS = {RuleAction.ALLOW: 0, RuleAction.HOLD: 1, RuleAction.DENY: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRule:
    """One line of a group's rules."""

    id: str
    action: RuleAction
    pattern: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandPolicy:
    """The rules of one group, and what holds where none of them matches."""

    group_id: str
    rules: Sequence[CommandRule] = ()
    default: RuleAction = RuleAction.ALLOW

    @property
    def stops_nothing(self) -> bool:
        """Whether every command passes."""
        return self.default is RuleAction.ALLOW and all(rule.action is RuleAction.ALLOW for rule in self.rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of one command line, and which rule of which group said so; no rule means the group's default."""

    action: RuleAction
    group_id: str = ""
    rule: CommandRule | None = None


ALLOWED = Verdict(action=RuleAction.ALLOW)


def judge(command: str, policies: Iterable[CommandPolicy]) -> Verdict:
    """The strictest verdict of all policies. Takes time linear in the command for each rule, whatever the pattern."""
    told = [policy for policy in policies if not policy.stops_nothing]
    if not told:
        return ALLOWED
    parts = _parts(command)
    if len(parts) > MAX_PARTS:
        return Verdict(action=RuleAction.DENY, group_id=told[0].group_id)
    shown = [(part, _guises(part)) for part in parts]
    whole = (_squeezed(command), *_loose_parts(command))
    return _strictest(each for policy in told for each in _verdicts(policy, shown, whole))


def check_pattern(pattern: str) -> str:
    """A pattern that can match something, with its spaces made single. Raises Invalid."""
    squeezed = _squeezed(pattern)
    if not squeezed:
        raise Invalid("pattern is required")
    if len(squeezed) > MAX_PATTERN_CHARS:
        raise Invalid(f"pattern must be at most {MAX_PATTERN_CHARS} characters")
    return check_drawable(squeezed, field="pattern")


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text is what the pattern says: its pieces between the stars, searched from left to right."""
    if pattern.endswith(" *") and text == pattern[:-2]:
        return True
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    last = rest.pop()
    end = len(text) - len(last)
    if not text.startswith(first) or not text.endswith(last) or end < len(first):
        return False
    at = len(first)
    for piece in rest:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _verdicts(
    policy: CommandPolicy, shown: Sequence[tuple[str, Sequence[str]]], whole: Sequence[str]
) -> Iterator[Verdict]:
    strict = [rule for rule in policy.rules if rule.action is not RuleAction.ALLOW]
    yield from _matching(policy, strict, whole)
    for part, guises in shown:
        found = [*_matching(policy, strict, guises), *_matching(policy, policy.rules, (part,))]
        yield _strictest(found) if found else Verdict(action=policy.default, group_id=policy.group_id)


def _matching(policy: CommandPolicy, rules: Iterable[CommandRule], texts: Sequence[str]) -> Iterator[Verdict]:
    for rule in rules:
        if any(matches(rule.pattern, text) for text in texts):
            yield Verdict(action=rule.action, group_id=policy.group_id, rule=rule)


def _strictest(verdicts: Iterable[Verdict]) -> Verdict:
    return max(verdicts, key=lambda verdict: _STRICTNESS[verdict.action], default=ALLOWED)


def _parts(command: str) -> list[str]:
    """Each different part once, in order."""
    squeezed = (_squeezed(part) for part in command.translate(_CUTS).split("\n"))
    return list(dict.fromkeys(part for part in squeezed if part))


def _loose_parts(command: str) -> list[str]:
    """The guises of parts of the line as it is when a backslash at the end of a line joins it to the next."""
    if "\\\n" not in command:
        return []
    joined = _parts(command.replace("\\\n", ""))[:MAX_PARTS]
    return [guise for part in joined for guise in (part, *_guises(part))]


def _guises(part: str) -> list[str]:
    """A part in the other forms in which its program starts too."""
    words = part.translate(_QUOTES).split()
    found = [_from_word(words, 0)]
    starters = [at for at, word in enumerate(words) if _program(word) in _STARTERS or _is_assignment(word)]
    for at in starters[:MAX_STARTED_WORDS]:
        ends = min(len(words), at + 1 + MAX_STARTED_WORDS)
        found += [_from_word(words, start) for start in range(at + 1, ends)]
    return list(dict.fromkeys(each for each in found if each))


def _from_word(words: Sequence[str], start: int) -> str:
    return " ".join((_program(words[start]), *words[start + 1 :])) if words[start:] else ""


def _program(word: str) -> str:
    return word.rstrip("/").rpartition("/")[2] or word


def _is_assignment(word: str) -> bool:
    name, equals, _ = word.partition("=")
    return bool(equals) and name.isidentifier()


def _squeezed(text: str) -> str:
    return " ".join(text.split())
