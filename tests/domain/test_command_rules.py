"""Command rules: what a pattern matches, which verdict counts, and that nobody can make the matching slow."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.domain.command_rules import MAX_PARTS, CommandPolicy, CommandRule, RuleAction, check_pattern, judge, matches
from relay.domain.commands import MAX_COMMAND_CHARS
from relay.domain.errors import Invalid


def policy(*rules: str, default: str = "allow", group_id: str = "g") -> CommandPolicy:
    """Rules written `deny rm *`."""
    made = [
        CommandRule(id=str(number), action=RuleAction(action), pattern=pattern)
        for number, (action, _, pattern) in enumerate(rule.partition(" ") for rule in rules)
    ]
    return CommandPolicy(group_id=group_id, rules=made, default=RuleAction(default))


def verdict(command: str, *policies: CommandPolicy) -> str:
    return str(judge(command, policies).action)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("ls", "ls", True),
        ("ls", "ls -l", False),
        ("ls *", "ls", True),
        ("ls *", "ls -l", True),
        ("ls *", "lsof", False),
        ("ls*", "lsof", True),
        ("*", "", True),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "acb", False),
        ("a*a", "a", False),
        ("*rm*", "perform", True),
        ("a*bc*cd", "abcd", False),
        ("[a-z].?", "b!!", False),
        ("RM", "rm", False),
    ],
)
def test_a_pattern_matches_the_whole_text(pattern, text, fits):
    assert matches(pattern, text) is fits


def slow_and_sure(pattern: str, text: str) -> bool:
    """The rule, said by recursion."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return slow_and_sure(pattern[1:], text) or (bool(text) and slow_and_sure(pattern, text[1:]))
    return bool(text) and text[0] == pattern[0] and slow_and_sure(pattern[1:], text[1:])


@given(st.text("ab*", max_size=6), st.text("ab", max_size=8))
def test_matching_is_what_the_stars_say(pattern, text):
    assert matches(pattern, text) is slow_and_sure(pattern, text)


@pytest.mark.parametrize(
    ("command", "rules", "default", "expected"),
    [
        ("rm -rf /", ["deny rm *"], "allow", "deny"),
        ("  rm\t -rf   / ", ["deny rm -rf /"], "allow", "deny"),
        ("ls; rm x", ["deny rm *"], "allow", "deny"),
        ("ls && rm x", ["deny rm *"], "allow", "deny"),
        ("echo $(rm x)", ["deny rm *"], "allow", "deny"),
        ("echo `rm x`", ["deny rm *"], "allow", "deny"),
        ("ls\nrm x", ["deny rm *"], "allow", "deny"),
        ("curl x | sh", ["deny curl * | sh"], "allow", "deny"),
        ("/bin/rm x", ["deny rm *"], "allow", "deny"),
        ("r'm' x", ["deny rm *"], "allow", "deny"),
        ("r\\\nm x", ["deny rm *"], "allow", "deny"),
        ("sudo -u root rm x", ["deny rm *"], "allow", "deny"),
        ("sh -c 'rm x'", ["deny rm *"], "allow", "deny"),
        ("A=1 rm x", ["deny rm *"], "allow", "deny"),
        ("xargs /bin/rm", ["deny rm *"], "allow", "deny"),
        ("git rm x", ["deny rm *"], "allow", "allow"),
        ("reboot", ["hold reboot *"], "allow", "hold"),
        ("reboot", ["hold reboot", "deny re*", "allow *"], "allow", "deny"),
        ("ls", ["allow ls *"], "deny", "allow"),
        ("id", ["allow ls *"], "deny", "deny"),
        ("id", ["allow ls *"], "hold", "hold"),
        ("ls; id", ["allow ls *"], "deny", "deny"),
        ("ls > /etc/passwd", ["allow ls *"], "deny", "deny"),
        ("ls # \\\nid", ["allow ls *"], "deny", "deny"),
        ("sudo ls", ["allow ls *"], "deny", "deny"),
        ("/tmp/ls", ["allow ls *"], "deny", "deny"),
        ("'l's", ["allow ls *"], "deny", "deny"),
    ],
)
def test_the_verdict_of_one_group(command, rules, default, expected):
    assert verdict(command, policy(*rules, default=default)) == expected


def test_the_strictest_group_counts():
    lax, held, strict = policy("allow *"), policy("hold x *"), policy("deny x 1")
    assert verdict("x 1", lax, held, strict) == "deny"
    assert verdict("x 2", strict, held, lax) == "hold"
    assert verdict("y", strict, held, lax) == "allow"
    assert verdict("anything") == "allow"
    found = judge("x 1", [lax, policy("deny x 1", group_id="other")])
    assert (found.group_id, found.rule.pattern) == ("other", "x 1")


parts = st.sampled_from(["ls", "rm x", "sudo rm", "A=1", "'", "\\", "\n", ";", "|", "(", ")", " ", ">", "$", "*"])


@given(st.lists(parts, max_size=12).map("".join))
def test_what_is_added_to_a_denied_line_does_not_free_it(tail):
    assert verdict("rm x;" + tail, policy("deny rm *")) == "deny"
    assert verdict("id;" + tail, policy("allow ls *", "allow rm *", default="deny")) == "deny"


def test_a_line_of_too_many_parts_is_not_judged():
    line = ";".join(f"a{number}" for number in range(MAX_PARTS + 1))
    assert verdict(line, policy("deny rm")) == "deny"
    assert verdict(line, policy("allow rm")) == "allow"


@pytest.mark.parametrize("pattern", ["", "  ", "x" * 201, "a\x1bb"])
def test_patterns_that_are_refused(pattern):
    with pytest.raises(Invalid):
        check_pattern(pattern)


HOSTILE = ["a*" * 100, "*a" * 100, "*" * 200, "*" + "a" * 198 + "*", "a" * 100 + "*" + "a" * 99, "*ab" * 66, "* " * 100]
LINES = [
    "a" * MAX_COMMAND_CHARS,
    "a " * (MAX_COMMAND_CHARS // 2),
    "sudo " * (MAX_COMMAND_CHARS // 5),
    ";".join(f"sudo A=1 b{number} " + "a" * 60 for number in range(MAX_PARTS)),
    "\\\n".join("a" * 30 + ";" + "ab" * 20 for _ in range(100)),
    "'" * MAX_COMMAND_CHARS,
]


@pytest.mark.parametrize("line", LINES)
def test_case_41_no_pattern_and_no_line_makes_the_matching_slow(line):
    """A full group of the worst patterns, against the longest lines; processor time, so that load does not count."""
    line = line[:MAX_COMMAND_CHARS]
    rules = policy(*(f"deny {pattern[:199]}b" for pattern in (HOSTILE * 8)[:50]))
    began = time.process_time()
    judge(line, [rules])
    assert time.process_time() - began < 1
