"""Ways by a service of maps: what OSRM's HTTP says is what is driven, and where it says nothing, straight lines are."""

import itertools
import json
import math
import random
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.routing.distances import matrices
from analytics.routing.sectors import sectors
from connectors import maps
from connectors.maps import StreetWays
from core.tables import new_id
from domain.logistics import solving
from domain.logistics.kinds import LeftOut, StopOutcome
from domain.logistics.schemas import StopView, ToPlan, TourOf
from tests.properties import examples

LINES = partial(matrices, detour=1.35, speed_kmh=22)
CARACAS = (10.4880, -66.8792)
MORNING = datetime(2030, 5, 6, 12, tzinfo=UTC)
MOST_PLACES = 100
"""`--max-table-size` of a server of OSRM."""

Answer = tuple[int, object]
"""A status, and what is said: JSON, or bytes as they are."""


class FakeOsrm(ThreadingHTTPServer):
    """The table service: ways are east and north in a straight corner, and some places cannot be reached."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Table)
        self.asked: list[int] = []
        self.spoil: Callable[[dict[str, object]], Answer] | None = None
        self.island: tuple[float, float] | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"


def way(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres by the streets of the fake, which go north and east only."""
    return 111_000.0 * (abs(one[0] - other[0]) + abs(one[1] - other[1]))


class _Table(BaseHTTPRequestHandler):
    server: FakeOsrm

    def do_GET(self) -> None:
        """Answer as osrm-routed does."""
        status, said = self._answer()
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json; charset=UTF-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self) -> Answer:
        asked = urlsplit(self.path)
        found = re.fullmatch(r"/table/v1/driving/([-0-9.,;]+)", unquote(asked.path))
        query = parse_qs(asked.query)
        if found is None or query.get("annotations") != ["duration,distance"]:
            return 400, {"code": "InvalidQuery", "message": "Query string malformed"}
        pairs = [tuple(map(float, each.split(","))) for each in found[1].split(";")]
        places = [(latitude, longitude) for longitude, latitude in pairs]
        self.server.asked.append(len(places))
        if len(places) > MOST_PLACES:
            return 400, {"code": "TooBig", "message": "Too many table coordinates"}
        sources, targets = ([places[int(each)] for each in query[name][0].split(";")] for name in ("sources", "destinations"))
        distances = [[self._way(one, other) for other in targets] for one in sources]
        durations = [[None if each is None else each / 10 for each in row] for row in distances]
        table: dict[str, object] = {"code": "Ok", "distances": distances, "durations": durations}
        return self.server.spoil(table) if self.server.spoil else (200, table)

    def _way(self, one: tuple[float, float], other: tuple[float, float]) -> float | None:
        return None if one != other and self.server.island in (one, other) else way(one, other)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def osrm() -> Iterator[FakeOsrm]:
    with FakeOsrm() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def spread(count: int) -> list[tuple[float, float]]:
    drawn = random.Random(1)
    return [(round(CARACAS[0] + drawn.gauss(0, 0.05), 6), round(CARACAS[1] + drawn.gauss(0, 0.05), 6)) for _ in range(count)]


def asked(url: str, places: Sequence[tuple[float, float]]) -> tuple[object, object, bool]:
    with StreetWays(url, LINES) as ways:
        metres, seconds = ways(places)
        return metres, seconds, ways.is_by_map


def test_all_ways_are_those_of_the_map_and_no_question_is_larger_than_it_takes(osrm: FakeOsrm) -> None:
    places = spread(120)
    metres, seconds, is_by_map = asked(osrm.url + "/", places)
    assert is_by_map
    assert metres == [[math.ceil(way(one, other)) for other in places] for one in places]
    assert seconds == [[math.ceil(way(one, other) / 10) for other in places] for one in places]
    assert len(osrm.asked) == 9
    assert max(osrm.asked) == MOST_PLACES


def test_where_no_street_leads_the_straight_line_counts(osrm: FakeOsrm) -> None:
    places = spread(4)
    osrm.island = places[2]
    metres, seconds, is_by_map = asked(osrm.url, places)
    far, long = LINES(places)
    assert is_by_map
    assert isinstance(metres, list)
    assert isinstance(seconds, list)
    assert (metres[0][2], metres[2][3], seconds[2][1]) == (far[0][2], far[2][3], long[2][1])
    assert metres[0][1] == math.ceil(way(places[0], places[1])) != far[0][1]


SPOILT: dict[str, Callable[[dict[str, object]], Answer]] = {
    "refused": lambda _: (400, {"code": "TooBig", "message": "Too many table coordinates"}),
    "broken": lambda table: (500, table),
    "elsewhere": lambda _: (302, b""),
    "no_json": lambda _: (200, b"<html>"),
    "no_table": lambda table: (200, table | {"code": "NoTable"}),
    "no_distances": lambda table: (200, {name: table[name] for name in ("code", "durations")}),
    "fewer_rows": lambda table: (200, table | {"distances": [[1.0]]}),
    "backwards": lambda table: (200, table | {"durations": [[-1.0] * 5] * 5}),
    "huge": lambda table: (200, json.dumps(table).encode() + b" " * maps.MOST_BYTES),
    "endless": lambda table: (200, json.dumps(table | {"durations": [[math.inf] * 5] * 5}).encode()),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_service_that_talks_nonsense_leaves_straight_lines_and_it_is_told(
    osrm: FakeOsrm, spoil: Callable[[dict[str, object]], Answer]
) -> None:
    osrm.spoil = spoil
    assert asked(osrm.url, spread(5)) == (*LINES(spread(5)), False)


def test_the_way_from_a_place_to_itself_is_none_whatever_is_said_of_it(osrm: FakeOsrm) -> None:
    osrm.spoil = lambda table: (200, table | {"distances": [[7.0] * 6] * 6, "durations": [[7.0] * 6] * 6})
    with StreetWays(osrm.url, LINES) as ways:
        found = solving.plan(day([10] * 5, [100]), ways)
        assert ways.is_by_map
    assert [len(tour.stops) for tour in found.tours] == [5]


def test_the_ways_of_a_plan_have_so_much_time_together_and_what_is_late_comes_from_straight_lines(
    osrm: FakeOsrm, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A clock by which each look at it is a second later
    monkeypatch.setattr(maps, "time", SimpleNamespace(monotonic=itertools.count().__next__))
    with StreetWays(osrm.url, LINES) as ways:
        said = [ways(spread(3)) for _ in range(40)]
    assert not ways.is_by_map
    assert said[0] != LINES(spread(3)) == said[-1]
    assert len(osrm.asked) < maps.SECONDS


def test_a_service_that_is_away_leaves_straight_lines_and_none_is_asked_that_is_not_named(osrm: FakeOsrm) -> None:
    assert asked("http://127.0.0.1:1", spread(5)) == (*LINES(spread(5)), False)
    assert asked("", spread(5)) == (*LINES(spread(5)), False)
    assert osrm.asked == []


@given(st.lists(st.tuples(st.floats(10, 11), st.floats(-67, -66)), max_size=40), st.integers(1, 12))
@examples(50)
def test_sectors_hold_every_place_once_and_are_as_few_as_can_be(places: list[tuple[float, float]], most: int) -> None:
    groups = sectors(CARACAS, places, most)
    assert sorted(each for group in groups for each in group) == list(range(len(places)))
    assert len(groups) == max(1, math.ceil(len(places) / most))
    assert max(map(len, groups)) <= most


def test_neighbours_stay_together() -> None:
    # Two streets, north and south, told of in turns
    places = [(CARACAS[0] + (-1) ** number * 0.05, CARACAS[1] + number / 10_000) for number in range(20)]
    assert sorted(sorted(group) for group in sectors(CARACAS, places, 10)) == [[*range(0, 20, 2)], [*range(1, 20, 2)]]


def day(kilograms: Sequence[int], capacities: Sequence[int]) -> ToPlan:
    """Stops all around the store, one for each weight, and a vehicle for each capacity."""
    plan_id, store_id = new_id(), new_id()
    stops = tuple(
        StopView(
            id=new_id(),
            store_id=store_id,
            plan_id=plan_id,
            route_id=None,
            position=None,
            order_id=new_id(),
            transfer_id=None,
            latitude=latitude,
            longitude=longitude,
            weight_kg=Decimal(weight),
            is_weight_known=True,
            service_minutes=5,
            opens_at=None,
            closes_at=None,
            arrives_at=None,
            left_out=None,
            outcome=StopOutcome.OPEN,
            reason=None,
            settled_at=None,
        )
        for weight, (latitude, longitude) in zip(kilograms, spread(len(kilograms)), strict=True)
    )
    until = MORNING + timedelta(hours=10)
    tours = tuple(TourOf(new_id(), Decimal(size), None, MORNING, until) for size in capacities)
    return ToPlan(plan_id, 1, MORNING - timedelta(hours=12), CARACAS, tours, stops)


def test_a_day_of_many_stops_is_cut_and_every_stop_is_brought_once_or_has_its_reason() -> None:
    # Given more stops than are solved at once; one fits only the large van, wherever it lies, and one fits none
    wanted = day([*[10] * 10, 90, *[10] * 10, 500], [100, 60, 60, 60])
    found = solving.plan(wanted, LINES, most_together=8)
    weights = {stop.id: int(stop.weight_kg) for stop in wanted.stops}
    brought = [placed.stop_id for tour in found.tours for placed in tour.stops]
    # Then nothing is brought twice or forgotten, no vehicle goes twice, and none carries more than it can
    assert found.parts == 3
    assert sorted([*brought, *found.left_out]) == sorted(weights)
    assert len({tour.vehicle_id for tour in found.tours}) == len(found.tours)
    room = {tour.vehicle_id: tour.capacity_kg or 0 for tour in wanted.tours}
    assert all(sum(weights[each.stop_id] for each in tour.stops) <= room[tour.vehicle_id] for tour in found.tours)
    # And the reasons are those of the whole day, not of its part
    reasons = {weights[id]: why for id, why in found.left_out.items()}
    assert reasons[500] is LeftOut.TOO_HEAVY
    assert {why for weight, why in reasons.items() if weight != 500} <= {LeftOut.NO_ROOM}
    assert len(brought) >= 18


def test_a_small_day_is_one_part() -> None:
    assert solving.plan(day([10] * 5, [100]), LINES).parts == 1
