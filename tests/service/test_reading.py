"""Real models read real pages; what they cannot read is a clear 4xx, not a model error."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from local.receipts import receipt
from local.service import Service, maps_paddle

_SEEDS = range(6)


def test_both_versions_read_upright_receipts(v1_1: Service, v1_2: Service) -> None:
    for seed in _SEEDS:
        image, lines = receipt(seed)
        assert v1_1.infer(image).lines == lines
        assert v1_2.infer(image).lines == lines


def test_only_the_classifier_reads_receipts_that_are_upside_down(
    v1_1: Service, v1_2: Service
) -> None:
    for seed in _SEEDS:
        image, lines = receipt(seed, turned=True)
        assert not set(v1_1.infer(image).lines) & set(lines)
        assert v1_2.infer(image).lines == lines


def test_clients_at_the_same_time_get_their_own_answers(v1_2: Service) -> None:
    def read(seeds: range) -> list[bool]:
        client = v1_2.connect()
        pages = [receipt(seed, turned=seed % 2 == 1) for seed in seeds]
        return [client.infer(image).lines == lines for image, lines in pages]

    with ThreadPoolExecutor(4) as clients:
        right = list(clients.map(read, [range(n, n + 40, 4) for n in range(4)]))
    assert right == [[True] * 10] * 4


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"no image", 415, "send one of PNG"),
        (receipt(0)[0][:500], 400, "cut off"),
        (b"", 400, "empty"),
    ],
)
def test_a_page_that_cannot_be_read_is_the_clients_error(
    v1_1: Service, body: bytes, status: int, message: str
) -> None:
    answer = v1_1.infer(body)
    assert (answer.status, answer.headers["X-Model-Version"]) == (status, "v1.1")
    assert message in answer.json["error"]


def test_the_front_is_free_of_paddle(v1_2: Service) -> None:
    assert len(v1_2.workers()) == 2
    assert not maps_paddle(v1_2.front())


def test_metrics_count_the_answers_of_this_version(v1_1: Service) -> None:
    name = 'paddle_model_requests_total{version="v1.1"} '

    def requests() -> float:
        text = v1_1.text("/metrics")
        return float(text.split(name)[1].split()[0])

    before = requests()
    v1_1.infer(receipt(1)[0])
    assert requests() == before + 1
