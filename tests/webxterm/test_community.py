"""Issues, fixes and likes over the API: shapes, texts, filters, who may what, and counts that stay true under races."""

import trio

from tests.drivers import running_relay
from tests.webxterm.house import Client

PATH = "/api/community/issues"
SUMMARY = {
    "id", "title", "status", "author_id", "author_username", "fix_count", "tags", "machine_id", "accepted_fix_id",
    "created_at", "updated_at",
}  # fmt: skip
FIX = {
    "fix_id", "issue_id", "content", "author_id", "author_username", "likes", "liked_by_me", "accepted", "created_at",
}  # fmt: skip


async def issue_of(client: Client, title: str = "Disk full", **more) -> dict:
    answer = await client.post(PATH, {"title": title, "description": "df says 100%", **more})
    assert answer.status == 201, answer.text
    return answer.body["issue"]


async def fix_of(client: Client, issue: dict, content: str = "rm -rf /var/log/old") -> dict:
    answer = await client.post(f"{PATH}/{issue['id']}/fixes", {"content": content})
    assert answer.status == 201, answer.text
    return answer.body["fix"]


async def fixes(client: Client, issue: dict) -> list[dict]:
    answer = await client.get(f"{PATH}/{issue['id']}/fixes")
    return answer.body["fixes"]


async def test_an_issue_is_written_read_changed_and_deleted(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        issue = await issue_of(
            bob, tags=["disk", "disk", "logs"], status="closed", author_id="x", fix_count=9, accepted_fix_id="x",
            tenant_id="",
        )  # fmt: skip
        assert set(issue) == SUMMARY | {"description", "tenant_id"}
        assert (issue["status"], issue["author_username"], issue["author_id"]) == ("open", "bob", bob.actor.user_id)
        assert (issue["tags"], issue["fix_count"], issue["accepted_fix_id"]) == (["disk", "logs"], 0, None)
        one = f"{PATH}/{issue['id']}"
        assert (await ada.get(one)).body == {"issue": issue}
        here.clock.advance(5)
        change = {"title": "Disk is full", "status": "in_progress", "tags": [], "author_id": ada.actor.user_id}
        changed = (await bob.put(one, change)).body["issue"]
        assert (changed["title"], changed["status"], changed["tags"]) == ("Disk is full", "in_progress", [])
        assert (changed["author_id"], changed["description"]) == (bob.actor.user_id, "df says 100%")
        assert changed["updated_at"] > issue["updated_at"]
        gone = await ada.delete(one)
        assert (gone.status, gone.body) == (200, {"message": "Issue deleted"})
        missing = await ada.get(one)
        assert (missing.status, missing.error) == (404, "Issue not found")
        assert (await ada.delete(one)).status == 404


async def test_what_is_refused(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        hidden = (await here.machine(ada)).machine
        for body, status, text in (
            ({"description": "x"}, 400, "title is required"),
            ({"title": "x"}, 400, "description is required"),
            ({"title": "x" * 201, "description": "x"}, 400, "title must be at most 200 characters"),
            ({"title": "x", "description": "x" * 20_001}, 400, "description must be at most 20000 characters"),
            ({"title": "x", "description": "x", "tags": ["t"] * 11}, 400, "tags must have at most 10 entries"),
            ({"title": "x", "description": "x", "tags": ["t" * 33]}, 400,
             "every entry of tags must be at most 32 characters"),
            ({"title": "x", "description": "x", "machine_id": "0123456789ab"}, 404, "Machine not found"),
            ({"title": "x", "description": "x", "machine_id": hidden.agent_id}, 404, "Machine not found"),
            ({"title": "x", "description": "x", "machine_id": hidden.id}, 404, "Machine not found"),
        ):  # fmt: skip
            answer = await bob.post(PATH, body)
            assert (answer.status, answer.error) == (status, text), body
        issue = await issue_of(ada, machine_id=hidden.agent_id)
        assert issue["machine_id"] == hidden.agent_id
        one = f"{PATH}/{issue['id']}"
        for answer, status, text in (
            (await bob.put(one, {"title": "x"}), 403, "Not authorized to update this issue"),
            (await bob.delete(one), 403, "Not authorized to delete this issue"),
            (await ada.put(one, {"status": "done"}), 400, "status must be open, in_progress, resolved or closed"),
            (await ada.get(PATH, status="done"), 400, "status must be open, in_progress, resolved or closed"),
            (await ada.get(f"{PATH}/xyz"), 400, "Invalid issue ID"),
            (await ada.post(f"{one}/fixes", {"content": " "}), 400, "content is required"),
            (await ada.post(f"{one}/fixes/xyz/like"), 400, "Invalid fix ID"),
            (await ada.post(f"{one}/fixes/{'0' * 24}/like"), 404, "Fix not found"),
        ):
            assert (answer.status, answer.error) == (status, text)
        assert (await ada.put(one, {"machine_id": ""})).body["issue"]["machine_id"] == ""


async def test_a_list_is_filtered_searched_and_paged(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        first = await issue_of(ada, "Nginx 502", tags=["web"])
        here.clock.advance(1)
        await issue_of(bob, "Disk full", tags=["disk"])
        here.clock.advance(1)
        await issue_of(bob, "Backup fails", tags=["disk", "web"])
        await ada.put(f"{PATH}/{first['id']}", {"status": "closed"})
        whole = (await ada.get(PATH)).body
        assert set(whole["issues"][0]) == SUMMARY
        for query, titles in (
            ({}, ["Backup fails", "Disk full", "Nginx 502"]),
            ({"status": "closed"}, ["Nginx 502"]),
            ({"tag": "disk"}, ["Backup fails", "Disk full"]),
            ({"q": "NGINX"}, ["Nginx 502"]),
            ({"q": "says 100%", "tag": "web", "status": "open"}, ["Backup fails"]),
            ({"q": ".*"}, []),
            ({"author_id": ada.actor.user_id}, ["Nginx 502"]),
            ({"page": 2, "limit": 2}, ["Nginx 502"]),
        ):
            answer = await ada.get(PATH, **query)
            assert [each["title"] for each in answer.body["issues"]] == titles, query
        assert (answer.body["total"], answer.body["total_pages"]) == (3, 2)


async def test_fixes_are_liked_and_ordered(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        issue = await issue_of(ada)
        old, new = await fix_of(bob, issue, "old"), await fix_of(bob, issue, "new")
        assert set(old) == FIX
        assert (old["likes"], old["accepted"], old["liked_by_me"]) == (0, False, False)
        like = f"{PATH}/{issue['id']}/fixes/{new['fix_id']}/like"
        for _ in range(2):
            answer = await ada.post(like)
            assert (answer.status, answer.body) == (200, {"message": "Fix liked"})
        seen = await fixes(ada, issue)
        assert [(each["content"], each["likes"], each["liked_by_me"]) for each in seen] == [
            ("new", 1, True), ("old", 0, False),
        ]  # fmt: skip
        assert not (await fixes(bob, issue))[0]["liked_by_me"]
        for _ in range(2):
            answer = await ada.delete(like)
            assert (answer.status, answer.body) == (200, {"message": "Like removed"})
        assert [each["content"] for each in await fixes(ada, issue)] == ["old", "new"]
        assert (await ada.get(f"{PATH}/{issue['id']}")).body["issue"]["fix_count"] == 2
        page = (await ada.get(f"{PATH}/{issue['id']}/fixes", page=2, limit=1)).body
        assert ([each["content"] for each in page["fixes"]], page["total"]) == (["new"], 2)


async def test_case_42_likes_at_the_same_moment_count_once(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        issue = await issue_of(ada)
        fix = await fix_of(ada, issue)
        like = f"{PATH}/{issue['id']}/fixes/{fix['fix_id']}/like"
        for ask in (ada.post, ada.delete):
            statuses = []

            async def press(ask=ask, statuses=statuses) -> None:
                statuses.append((await ask(like)).status)

            async with trio.open_nursery() as nursery:
                for _ in range(8):
                    nursery.start_soon(press)
            assert statuses == [200] * 8
            likes = await here.services.database.collection("likes").count({"fix_id": fix["fix_id"]})
            assert (await fixes(ada, issue))[0]["likes"] == likes == (1 if ask == ada.post else 0)


async def test_one_fix_is_accepted_and_the_issue_is_resolved(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob, carol = await here.user(ada, "bob"), await here.user(ada, "carol")
        issue = await issue_of(bob)
        first, second = await fix_of(carol, issue, "first"), await fix_of(carol, issue, "second")
        path = f"{PATH}/{issue['id']}/fixes"
        refused = await carol.post(f"{path}/{first['fix_id']}/accept")
        assert (refused.status, refused.error) == (403, "Only issue author can mark fixes as accepted")
        accepted = await bob.post(f"{path}/{first['fix_id']}/accept")
        assert (accepted.status, accepted.body) == (200, {"message": "Fix accepted"})
        assert (await ada.post(f"{path}/{second['fix_id']}/accept")).status == 200
        seen = await fixes(bob, issue)
        assert [(each["content"], each["accepted"]) for each in seen] == [("second", True), ("first", False)]
        now = (await bob.get(f"{PATH}/{issue['id']}")).body["issue"]
        assert (now["status"], now["accepted_fix_id"]) == ("resolved", second["fix_id"])


async def test_a_fix_of_another_issue_is_not_found(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        one, other = await issue_of(ada, "one"), await issue_of(ada, "other")
        fix = await fix_of(ada, one)
        path = f"{PATH}/{other['id']}/fixes/{fix['fix_id']}"
        for answer in (
            await ada.post(f"{path}/like"),
            await ada.delete(f"{path}/like"),
            await ada.post(f"{path}/accept"),
        ):
            assert (answer.status, answer.error) == (404, "Fix not found")
        assert (await ada.get(f"{PATH}/{other['id']}")).body["issue"]["status"] == "open"


async def test_a_deleted_issue_takes_fixes_and_likes_with_it(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        kept, gone = await issue_of(ada, "kept"), await issue_of(ada, "gone")
        for issue in (kept, gone):
            fix = await fix_of(ada, issue)
            await ada.post(f"{PATH}/{issue['id']}/fixes/{fix['fix_id']}/like")
        assert (await ada.delete(f"{PATH}/{gone['id']}")).status == 200
        for name in ("fixes", "likes"):
            left = await here.services.database.collection(name).find({"tenant_id": "acme"})
            assert {each["issue_id"] for each in left} == {kept["id"]}


async def test_an_issue_has_a_bounded_number_of_fixes(tmp_path, monkeypatch):
    monkeypatch.setattr("relay.services.fixes.MAX_FIXES", 2)
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        issue = await issue_of(ada)
        for _ in range(2):
            await fix_of(ada, issue)
        full = await ada.post(f"{PATH}/{issue['id']}/fixes", {"content": "x"})
        assert (full.status, full.error) == (409, "An issue has at most 2 fixes")
        assert (await ada.get(f"{PATH}/{issue['id']}")).body["issue"]["fix_count"] == 2


async def test_nobody_floods_the_community(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        bob = await here.user(ada, "bob")
        for _ in range(120):
            await issue_of(bob)
        assert (await bob.post(PATH, {"title": "x", "description": "x"})).status == 429
        await issue_of(ada)
