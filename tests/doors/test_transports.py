"""What a server gives when the wait for it is cancelled."""

from __future__ import annotations

import asyncio

import pytest

from demijohn.doors.transports import Inbox


def run(scenario):
    """Run a scenario with an inbox, and with the list of the futures that its server gave."""

    async def main():
        given = []

        def receive():
            given.append(asyncio.get_running_loop().create_future())
            return given[-1]

        return await scenario(Inbox(receive), given)

    return asyncio.run(main())


async def give_up(inbox):
    """Wait for an event, and stop before it comes."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await inbox.take()


def test_an_event_that_comes_when_nobody_waits_is_kept():
    """The server is asked once, and whoever waits next gets what it gave."""

    async def scenario(inbox, given):
        await give_up(inbox)
        await give_up(inbox)
        given[0].set_result("kept")
        return await inbox.take(), len(given)

    assert run(scenario) == ("kept", 1)


def test_an_error_is_raised_once():
    """After an error the server is asked again."""

    async def scenario(inbox, given):
        await give_up(inbox)
        given[0].set_exception(ConnectionError())
        with pytest.raises(ConnectionError):
            await inbox.take()
        await give_up(inbox)
        return len(given)

    assert run(scenario) == 2


def test_closing_lets_go():
    """The server's future is cancelled at the end, when nobody waits for it any more."""

    async def scenario(inbox, given):
        await give_up(inbox)
        inbox.close()
        task = asyncio.create_task(inbox.take())
        await asyncio.sleep(0)
        inbox.close()
        was_kept = not given[1].cancelled()
        task.cancel()
        await asyncio.wait([task])
        return given[0].cancelled(), was_kept, given[1].cancelled()

    assert run(scenario) == (True, True, True)
