"""The attack checklist: number → what is attacked, and, where a case cannot be tried yet, why not.

A case is tried by every test whose name contains its number (`test_case_07_…`), wherever it stands; the index test
holds that each has one. What of a case comes with a later part of the product stands in `waits`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One line of the list. `waits` names what is not there yet; `is_whole` that nothing of the case is."""

    number: int
    title: str
    waits: str = ""
    waits_whole: bool = False


SSH = "the SSH door is not built"
FILES = "file transfer is not built"
RECORDINGS = "recordings and their replay are not built"

CASES = (
    Case(1, "Cross-site WebSocket on every route"),
    Case(2, "Every WebSocket without login, with wrong sub-protocol, agent's token, another organization's token"),
    Case(3, "Terminal ticket: one use, bound, not in logs or Referer", "there are no tickets: tokens are tried"),
    Case(4, "Logout, disable, role loss, grant end, key revoke, suspend: live shell and command die in time", SSH),
    Case(5, "JWT: none, HS/RS, kid, aud, iss, expired, refresh as access, step-1 token, tenant claim swapped"),
    Case(6, "Refresh reuse kills the family; two refreshes in a race"),
    Case(7, "Cross-tenant matrix: all routes and sockets, all principals", RECORDINGS),
    Case(8, "The same with principals that lack a user id"),
    Case(9, "Path tricks"),
    Case(10, "A role with zero rights against everything"),
    Case(11, "Mass assignment"),
    Case(12, "Key of a removed or demoted member is capped at once"),
    Case(13, "Kill, list, take up, read of sessions: each verb separately denied", "freeze and observe are not built"),
    Case(14, "Privilege by label"),
    Case(15, "Forged forwarding headers against lock-out, rules, audit"),
    Case(16, "Loopback trust through a reverse proxy"),
    Case(17, "User enumeration by body, status, timing, lock-out"),
    Case(18, "Brute force of passwords, codes, recovery codes"),
    Case(19, "OIDC: state, nonce, PKCE, issuer mix-up, tid, unverified e-mail, open redirect, error text"),
    Case(20, "Second factor skipped"),
    Case(21, "First-admin and setup routes after first use and in a race; Host poisoning of links"),
    Case(22, "SSH key offered but not signed, certificates", SSH, True),
    Case(23, "SSH login names", SSH, True),
    Case(24, "Forwarding to loopback, metadata, other tenants", "forwarding is not built", True),
    Case(25, "Bytes before SSH authentication", SSH, True),
    Case(26, "Traversal, absolute, symlink, NUL in paths", FILES),
    Case(27, "File names as XSS, header injection, bidi", FILES),
    Case(28, "Escape sequences in lists, exports, log and refusals", RECORDINGS),
    Case(29, "Observer sends input: no byte reaches the PTY", RECORDINGS),
    Case(30, "Stored XSS from hostname, tags, issue and fix text; CSP"),
    Case(31, "Log and export injection"),
    Case(32, "CSRF with cookies, text/plain JSON, reflected CORS"),
    Case(33, "SSRF: OIDC issuer, syslog", "webhooks and S3 are not built"),
    Case(34, "Installer: quotes and substitutions in name and Host"),
    Case(35, "Enrolment: expired, used, revoked, wrong tenant, many on one code, cloned key"),
    Case(36, "Hostile agent"),
    Case(37, "Hostile network: pin, downgrade, secrets in ps and /proc", "agent updates are not built"),
    Case(38, "Command injection, environment, TERM, login user"),
    Case(39, "Evasion of the command log and of command rules"),
    Case(40, "Audit rows edited, deleted, reordered, cut, restored from old"),
    Case(41, "DoS: slow readers, giant frames, idle sockets, patterns, hash flood, deep JSON"),
    Case(42, "Races: approve and revoke, grant end, two openings, double delete"),
    Case(43, "Data at rest: hashed tokens, no secret in log or crash text, no default password, file modes"),
)
