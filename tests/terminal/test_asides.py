"""What is shown beside a shell's output: bounded for each viewer, in order, and never waited for."""

import trio
from trio.testing import wait_all_tasks_blocked

from relay.api.sockets_dialects import Binary, FairleadV1, Json, Raw
from relay.domain.commands import MAX_SHOWN_BYTES, kept_output, shown_output
from relay.terminal.asides import Asides, AsidesDropped, CommandOutput, CommandStarted
from relay.terminal.ending import SHELL_EXITED
from relay.terminal.viewer import TAKEN_OVER, Ended, Output
from tests.terminal.house import house


def output(text: str = "x", number: int = 0) -> CommandOutput:
    return CommandOutput(command_id=str(number), command="ls", output=text, exit_code=0)


def test_in_order_until_there_is_no_room_and_then_a_word_in_their_place():
    asides = Asides()
    long = [output("x" * 65_000, number) for number in range(6)]
    for each in long:
        asides.add(each)
    asides.add(CommandStarted(command_id="small", command="ls"))
    taken = [asides.take() for _ in range(7)]
    small = CommandStarted(command_id="small", command="ls")
    assert taken == [*long[:4], AsidesDropped(count=2), small, None]
    asides.add(long[0])
    assert (asides.take(), asides.take()) == (long[0], None)


def test_many_small_ones_are_bounded_too():
    asides = Asides()
    for number in range(5_000):
        asides.add(CommandStarted(command_id=str(number), command=""))
    taken = []
    while (aside := asides.take()) is not None:
        taken.append(aside)
    assert len(taken) == 1025
    assert taken[-1] == AsidesDropped(count=5_000 - 1024)


async def test_a_viewer_that_does_not_read_is_shown_the_first_and_told_of_the_rest():
    async with house() as here:
        agent, _ = await here.connect()
        session = await here.open()
        viewer = session.attach()
        for number in range(9):
            viewer.show(output("x" * 65_000, number))
        agent.emit(b"output")
        shown = [await viewer.receive(1 << 16) for _ in range(6)]
        assert [each.command_id for each in shown[:4]] == ["0", "1", "2", "3"]
        assert shown[4:] == [AsidesDropped(count=5), Output(offset=0, payload=b"output")]


async def test_a_viewer_that_waits_is_woken_and_one_that_was_sent_away_is_shown_nothing():
    async with house() as here:
        await here.connect()
        session = await here.open()
        viewer = session.attach()
        received = []

        async def wait() -> None:
            received.append(await viewer.receive(1 << 16))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await wait_all_tasks_blocked()
            viewer.show(output("shown"))
        assert received == [output("shown")]
        session.attach()
        viewer.show(output("late"))
        assert (await viewer.receive(1 << 16)) == Ended(reason=TAKEN_OVER)
        session.close("over", SHELL_EXITED)


def test_output_is_stdout_then_stderr_and_bounded():
    assert shown_output(b"", b"", truncated=False) == ""
    assert shown_output(b"a", b"b", truncated=False) == "a\nb"
    assert shown_output(b"a\n", b"b", truncated=False) == "a\nb"
    assert shown_output(b"a", b"", truncated=True) == "a\n[fairlead: the rest of the output was cut]\n"
    assert shown_output(b"", b"", truncated=False, word="gone") == "[fairlead: gone]\n"
    whole = shown_output(b"x" * MAX_SHOWN_BYTES, b"", truncated=False)
    assert whole == "x" * MAX_SHOWN_BYTES
    assert shown_output(b"x" * MAX_SHOWN_BYTES, b"y", truncated=False).endswith(
        "x\n[fairlead: the rest of the output was cut]\n"
    )
    assert kept_output(b"x" * MAX_SHOWN_BYTES) == (whole, True)
    assert kept_output(b"x" * MAX_SHOWN_BYTES + b"y") == (whole, False)


def test_each_dialect_says_what_was_dropped():
    dropped = AsidesDropped(count=3)
    words = "3 messages about commands were left out: this terminal was not reading"
    assert list(Raw().shows(dropped)) == [f"[fairlead: {words}]\r\n"]
    assert list(Binary().shows(dropped)) == [f"[fairlead: {words}]\r\n".encode()]
    assert list(Json().shows(dropped)) == [f'{{"type":"output","output":"[fairlead: {words}]\\r\\n"}}']
    assert list(FairleadV1().shows(dropped)) == [f'{{"type":"info","message":"{words}"}}']


def test_a_command_without_output_moves_no_cursor():
    for dialect in (Raw(), Binary(), Json()):
        assert list(dialect.shows(output(""))) == []
    (message,) = FairleadV1().shows(output(""))
    assert '"output":""' in message


def test_a_character_that_arrives_in_parts_stays_whole_around_an_aside():
    raw = Raw()
    whole = "ü".encode()
    said = [*raw.shows(Output(offset=0, payload=whole[:1])), *raw.shows(output("aside\r\n"))]
    said += raw.shows(Output(offset=1, payload=whole[1:]))
    assert said == ["aside\r\n", "ü"]


def test_line_starts_are_known_in_every_plain_dialect():
    for dialect in (Raw(), Binary()):
        said = []
        for item in (Output(offset=0, payload=b"a\r\n"), output("b"), Output(offset=3, payload=b"$ "), output("c")):
            said += [each if isinstance(each, str) else each.decode() for each in dialect.shows(item)]
        assert "".join(said) == "a\r\nb\r\n$ \r\nc\r\n"
