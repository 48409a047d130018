"""When requests are sent, what counts as right, and what the numbers say."""

from __future__ import annotations

import http.server
import itertools
import json
import math
import threading
from collections.abc import Iterator

import pytest

from bench.load.apis import APIS
from bench.load.arrivals import poisson
from bench.load.connection import Connection, NoAnswerError
from bench.load.generate import Generator, Request
from bench.load.judge import against_reference, against_truth, agrees, similarity, through
from bench.load.report import Reply, Report, dump, parse, percentile, shown


def _answer(text: str = "TEA", score: float = 0.98, left: float = 3.0) -> bytes:
    box = [[left, 0.0], [40.0, 0.0], [40.0, 20.0], [left, 20.0]]
    return json.dumps({"lines": [{"text": text, "score": score, "box": box}]}).encode()


def _reply(due: float, ended: float, status: str = "200", right: bool | None = True) -> Reply:
    return Reply(0, due, due, ended, status, "v1.1", right)


class _Pages(http.server.BaseHTTPRequestHandler):
    """Answers with what it was sent; closes, stays silent or refuses when told to."""

    protocol_version = "HTTP/1.1"
    port: int
    connections: set[tuple[str, int]]

    def do_POST(self) -> None:
        type(self).connections.add(self.client_address)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body == b"hang up":
            self.close_connection = True
            return
        self.send_response(503 if body == b"busy" else 200)
        self.send_header("X-Model-Version", "v1.1")
        self.send_header("Content-Length", str(len(body)))
        if body == b"close":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def pages() -> Iterator[type[_Pages]]:
    handler: type[_Pages] = type("Handler", (_Pages,), {"connections": set()})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        handler.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield handler
        server.shutdown()
        thread.join()


@pytest.fixture
def port(pages: type[_Pages]) -> int:
    return pages.port


def _generator(port: int, *bodies: bytes) -> Generator:
    requests = [Request("/infer", "image/png", body) for body in bodies]
    return Generator("127.0.0.1", port, requests, lambda page, _, body: body == bodies[page])


def test_arrivals_of_a_seed_are_always_the_same_and_keep_the_rate() -> None:
    arrivals = list(poisson(50, 100, seed=1))
    assert arrivals == list(poisson(50, 100, seed=1)) != list(poisson(50, 100, seed=2))
    assert arrivals == sorted(arrivals)
    assert arrivals[0] > 0
    assert arrivals[-1] < 100
    assert len(arrivals) == pytest.approx(5000, rel=0.05)


def test_arrivals_come_in_bursts() -> None:
    arrivals = list(poisson(10, 1000, seed=1))
    gaps = [after - before for before, after in itertools.pairwise(arrivals)]
    # Exponential: the deviation of gaps is as large as their mean.
    mean = sum(gaps) / len(gaps)
    deviation = math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / len(gaps))
    assert deviation == pytest.approx(mean, rel=0.05)


def test_answers_agree_whose_scores_and_corners_differ_by_rounding() -> None:
    assert agrees(_answer(), _answer())
    assert agrees(_answer(score=0.9804, left=4.0), _answer())


@pytest.mark.parametrize(
    "other",
    [
        _answer(text="TEN"),
        _answer(score=0.9),
        _answer(left=9.0),
        b'{"lines": []}',
        b'{"error": "no"}',
        b'{"lines": [{"text": "TEA"}]}',
        b"[]",
        b"\xff",
        b"",
    ],
)
def test_answers_differ_by_a_letter_a_score_a_place_or_a_line(other: bytes) -> None:
    assert not agrees(other, _answer())


@pytest.mark.parametrize(
    ("read", "truth", "expected"),
    [
        (["TEA 1.20"], ["TEA1.20"], 1.0),
        (["TEA", "PIE"], ["TEAPIE"], 1.0),
        (["TEN"], ["TEA"], 2 / 3),
        ([], ["TEA"], 0.0),
        (["TEA"], [], 0.0),
        ([], [], 1.0),
        (["合计金额12"], ["合汁金额12"], 5 / 6),
    ],
)
def test_similarity_is_the_share_of_letters_that_are_right(
    read: list[str], truth: list[str], expected: float
) -> None:
    assert similarity(read, truth) == pytest.approx(expected)


def test_each_version_is_held_to_what_it_says_alone() -> None:
    judge = against_reference({"v1.1": [b'{"lines": []}'], "v1.2": [_answer()]})
    assert judge(0, "v1.1", b'{"lines": []}')
    assert judge(0, "v1.2", _answer())
    assert not judge(0, "v1.1", _answer())
    assert not judge(0, "v1.3", _answer())
    assert not judge(0, None, _answer())


def test_an_answer_without_a_version_is_held_to_the_only_one() -> None:
    judge = against_reference({"v1.1": [_answer()]})
    assert judge(0, None, _answer())
    assert not judge(0, "v1.2", _answer())


def test_without_a_reference_the_text_of_the_page_decides() -> None:
    judge = against_truth([["TEA", "PIE"]], least=0.5)
    assert judge(0, "v1.1", _answer("TEA"))
    assert not judge(0, "v1.1", _answer("T"))
    assert not judge(0, "v1.1", b"no JSON")


def test_answers_of_another_server_are_translated_first() -> None:
    page = {
        "rec_texts": ["PIE", "TEA"],
        "rec_scores": [0.9, 0.8],
        "rec_polys": [[[0, 9]] * 4, [[0, 0]] * 4],
        "textline_orientation_angles": [1, 1],
    }
    body = json.dumps({"result": {"ocrResults": [{"prunedResult": page}]}}).encode()
    judge = through(APIS["paddlex"].answer, against_truth([["TEA", "PIE"]], least=1.0))
    assert judge(0, None, body)
    assert not judge(0, None, b'{"errorCode": 500}')


def test_percentiles_are_values_that_occurred() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert [percentile(values, q) for q in (0, 0.2, 0.5, 0.9, 1)] == [1, 1, 3, 5, 5]
    assert percentile(list(map(float, range(1, 101))), 0.99) == 99
    assert math.isnan(percentile([], 0.5))


def test_latency_counts_from_when_the_request_was_due() -> None:
    assert Reply(0, 1.0, 3.0, 4.0, "200", None, True).latency == 3.0


def test_goodput_has_right_answers_that_came_in_time() -> None:
    replies = [
        _reply(0, 1),
        _reply(1, 2, right=False),
        _reply(2, 3, "503", None),
        _reply(3, 12),  # after the load was over
        _reply(4, 5),
    ]
    report = Report(10.0, replies)
    assert report.goodput == pytest.approx(0.2)
    assert report.goodput_since(4.0) == pytest.approx(1 / 6)
    assert (report.right, report.wrong) == (3, 1)
    assert report.statuses == {"200": 4, "503": 1}


def test_a_report_survives_the_way_between_processes() -> None:
    report = Report(10.0, [_reply(0, 1), _reply(2, 3, "NoAnswer", None)])
    assert parse(dump(report)) == report


def test_a_report_shows_each_version() -> None:
    other = Reply(0, 0.0, 0.0, 0.25, "200", "v1.2", True)
    text = shown(Report(10.0, [_reply(0, 0.5), _reply(0, 1.5), other]))
    first, second = text.splitlines()[1:3]
    assert first.split() == ["v1.1", "2", "500.0", "1500.0", "1500.0", "1500.0"]
    assert second.split() == ["v1.2", "1", "250.0", "250.0", "250.0", "250.0"]


def test_a_connection_is_kept_until_the_server_closes_it(pages: type[_Pages]) -> None:
    connection = Connection("127.0.0.1", pages.port)
    opened = []
    for body in (b"a", b"b" * 300_000, b"close", b"c"):
        response = connection.post("/infer", "image/png", body)
        assert (response.status, response.version, response.body) == (200, "v1.1", body)
        opened.append(len(pages.connections))
    assert opened == [1, 1, 1, 2]
    connection.close()


def test_no_answer_is_one_failure_and_no_second_attempt(port: int) -> None:
    connection = Connection("127.0.0.1", port)
    with pytest.raises(NoAnswerError, match="ConnectionResetError"):
        connection.post("/infer", "image/png", b"hang up")
    assert connection.post("/infer", "image/png", b"a").status == 200
    connection.close()


def test_closed_clients_share_the_requests(port: int) -> None:
    report = _generator(port, b"a", b"busy", b"c").closed(clients=4, requests=30)
    assert report.statuses == {"200": 20, "503": 10}
    assert (report.right, report.wrong) == (20, 0)
    assert [sum(reply.page == page for reply in report.replies) for page in range(3)] == [10] * 3


def test_nobody_there_is_counted_and_ends() -> None:
    report = _generator(1, b"a").closed(clients=2, requests=4)
    assert report.statuses == {"ConnectionRefusedError": 4}
    assert report.answered == []


def test_open_load_sends_what_is_due_when_it_is_due(port: int) -> None:
    arrivals = list(poisson(200, 0.5, seed=1))
    report = _generator(port, b"a", b"b").open(iter(arrivals), 0.5)
    assert [reply.due for reply in report.replies] == arrivals
    assert all(reply.sent >= reply.due for reply in report.replies)
    assert report.right == len(arrivals)
