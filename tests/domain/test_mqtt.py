"""Readings over MQTT: each is stored once, whoever dies in between, and what is published while nobody is here comes later."""

import asyncio
import json
import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from iotcore import Broker
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import text
from typer.testing import CliRunner

from app.cli.commands import build
from app.cli.mqtt import BrokerOpen, taking
from connectors.mqtt import messages
from connectors.mqtt.bridge import Bridge, BrokerAway
from core.embedded import processes
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.machines import intake
from domain.machines.kinds import Verdict
from tests.factories.plant import START, Plant, open_plant

BEGIN = int(START.timestamp() * 1000)


@pytest.mark.parametrize(
    ("topic", "payload", "wanted"),
    [
        ("nexova/shop/MILL-3/temperature", b"71.5", {"machine": "MILL-3", "sensor": "temperature", "at": 9, "value": 71.5}),
        ("nexova/shop/M/t", b'{"at": 5, "value": 1}', {"machine": "M", "sensor": "t", "at": 5, "value": 1}),
        ("nexova/shop/M", b'{"at": 5, "values": {"t": 1}}', {"machine": "M", "at": 5, "values": {"t": 1}}),
        ("nexova/shop/M/t", b'{"machine": "OTHER", "at": 5}', {"machine": "M", "sensor": "t", "at": 5}),
        ("nexova/shop/M/t", b"\xff", {"machine": "M", "sensor": "t", "said": "\ufffd"}),
        ("nexova/shop/M", b"5", {"machine": "M", "said": 5}),
    ],
)
def test_a_topic_and_its_payload_are_a_reading(topic: str, payload: bytes, wanted: object) -> None:
    assert messages.read(topic, payload, 9) == messages.Addressed("shop", wanted)


@pytest.mark.parametrize("topic", ["other/shop/M/t", "nexova/shop", "nexova//M/t", "nexova/shop/M/t/x", "spBv1.0/g/DDATA/n"])
def test_a_topic_of_another_form_is_none_of_ours(topic: str) -> None:
    assert messages.read(topic, b"1", 9) is None


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def port() -> Iterator[int]:
    """Where the broker of the box listens."""
    free = _free()
    broker = Broker(port=free, listen="127.0.0.1")
    broker.start()
    yield free
    broker.stop()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[int]:
    """Where a broker listens that is not ours."""
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("mosquitto is not installed: `apt-get install mosquitto`, as .ci/run does where it can")
    free = _free()
    settings = tmp_path / "mosquitto.conf"
    settings.write_text(f"listener {free} 127.0.0.1\nallow_anonymous true\n")
    with processes.open_log(tmp_path / "mosquitto.log") as output:
        broker = processes.spawn(
            [program, "-c", str(settings)], prepare=processes.die_with_parent(signal.SIGKILL), environment={}, output=output
        )
        try:
            yield free
        finally:
            broker.kill()
            broker.wait()


@pytest.fixture
async def plant(workspace: WorkspaceView) -> Plant:
    return await open_plant(workspace.id)


class Door:
    """The real door; while it is shut, nothing can be stored."""

    def __init__(self, plant: Plant) -> None:
        self.plant, self.is_shut, self.changed = plant, False, asyncio.Condition()

    async def take(self, slug: str, items: Sequence[object]) -> None:
        assert slug == "shop"
        if self.is_shut:
            raise OSError("away")
        async with open_work(self.plant.principal) as work:
            await intake.take(work, items)
        async with self.changed:
            self.changed.notify_all()

    async def stored(self) -> int:
        async with open_work(self.plant.principal) as work:
            return await work.session.scalar(text("SELECT count(*) FROM readings")) or 0

    async def wait_for(self, count: int) -> None:
        async with asyncio.timeout(60), self.changed:
            while await self.stored() < count:
                await self.changed.wait()


async def reached(port: int) -> None:
    """Wait until a broker listens."""
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return


@asynccontextmanager
async def bridged(port: int, door: Door) -> AsyncIterator[None]:
    bridge = Bridge(f"mqtt://127.0.0.1:{port}", ["shop"], door.take, identifier="test-bridge")
    async with bridge.connected():
        task = asyncio.create_task(bridge.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def publish(port: int, numbers: range) -> None:
    """Publish readings as a device does, and wait until the broker has them."""

    def send() -> None:
        client = Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", port)
        client.loop_start()
        for number in numbers:
            body = json.dumps({"at": BEGIN + number * 1000, "value": 70.0})
            client.publish("nexova/shop/MILL-3/temperature", body, qos=1).wait_for_publish(30)
        client.disconnect()
        client.loop_stop()

    await asyncio.to_thread(send)


@pytest.mark.parametrize("broker", ["port", "mosquitto"])
async def test_each_reading_is_stored_once_though_the_bridge_goes_and_the_door_is_shut(
    broker: str, request: pytest.FixtureRequest, plant: Plant
) -> None:
    door, port = Door(plant), request.getfixturevalue(broker)
    await reached(port)
    # Given a bridge that takes what is published
    async with bridged(port, door):
        await publish(port, range(50))
        await door.wait_for(50)
    # When devices publish while it is away, and it comes back to a door that is shut
    await publish(port, range(50, 100))
    door.is_shut = True
    async with bridged(port, door):
        await publish(port, range(100, 120))
    # Then nothing was acknowledged that is not stored: all of it comes, once
    door.is_shut = False
    async with bridged(port, door):
        await publish(port, range(110, 130))
        await door.wait_for(130)
    assert await door.stored() == 130
    async with open_work(plant.principal) as work:
        counted = await work.session.scalar(text("SELECT sum(count) FROM reading_rollups WHERE level = 'day'"))
        assert (counted, (await intake.quarantined(work)).counts) == (130, {})


async def test_what_makes_no_sense_is_quarantined_and_keeps_nobody_waiting(port: int, plant: Plant) -> None:
    door = Door(plant)

    def send() -> None:
        client = Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", port)
        client.loop_start()
        for topic, body in (
            ("nexova/shop/MILL-3/temperature", "hot"),
            ("nexova/shop/x/y/z/w", "1"),
            ("nexova/shop/MILL-3/power", "5"),
        ):
            client.publish(topic, body, qos=1).wait_for_publish(30)
        client.disconnect()
        client.loop_stop()

    async with bridged(port, door):
        await asyncio.to_thread(send)
        await door.wait_for(1)
    async with open_work(plant.principal) as work:
        assert (await intake.quarantined(work)).counts == {Verdict.MALFORMED: 1}


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "mqtt://", "mqtt://127.0.0.1:1"])
async def test_a_broker_that_is_none_is_told_in_a_sentence(url: str) -> None:
    async def take(slug: str, items: Sequence[object]) -> None:
        raise AssertionError("nothing comes")

    with pytest.raises(BrokerAway):
        async with Bridge(url, ["shop"], take).connected():
            pass


@pytest.mark.parametrize("listen", ["0.0.0.0", "192.168.1.7", "::", "localhost", ""])
def test_a_broker_that_knows_no_passwords_is_open_to_no_other_machine(listen: str) -> None:
    done = CliRunner().invoke(build("mqtt"), ["mqtt", "-w", "shop", "--listen", listen])
    assert isinstance(done.exception, BrokerOpen)
    assert repr(listen) in str(done.exception)
    assert "--url" in str(done.exception)


async def test_messages_that_bring_too_much_together_are_taken_apart_and_one_alone_is_quarantined(plant: Plant) -> None:
    take = taking({"shop": plant.principal})
    many = {f"s{number}": 1.0 for number in range(intake.MOST_ITEMS // 2)}
    whole = [{"machine": "MILL-3", "at": BEGIN + second * 1000, "values": {"temperature": 70.0}} for second in range(4)]
    # Given messages of which any two are more than one intake takes, and one that is so alone
    large = [{"machine": "MILL-3", "at": BEGIN, "values": many | {"last": 1.0}} for _ in range(2)]
    endless = {"machine": "MILL-3", "at": BEGIN, "values": {f"e{number}": 1.0 for number in range(intake.MOST_ITEMS + 1)}}
    await take("shop", [*whole[:2], *large, endless, *whole[2:]])
    # Then all others are stored, and it is kept as words
    async with open_work(plant.principal) as work:
        assert await work.session.scalar(text("SELECT count(*) FROM readings")) == 4
        assert (await intake.quarantined(work)).counts[Verdict.MALFORMED] == 1
