"""Slots: memory that two processes see, and that no exit can leave behind."""

from __future__ import annotations

import multiprocessing

from service.workers.slots import Memory, Slots


def _shout(memory: Memory, slot: int) -> None:
    memory.mark(slot, begun=True)
    block = memory.block(slot)
    block[:3] = bytes(block[:3]).upper()


def test_a_spawned_process_sees_and_changes_the_same_bytes() -> None:
    slots = Slots(count=3, size=10)
    slot = slots.take()
    assert slot is not None
    slots.memory.block(slot)[:3] = b"abc"
    process = multiprocessing.get_context("spawn").Process(target=_shout, args=(slots.memory, slot))
    process.start()
    process.join()
    assert bytes(slots.memory.block(slot)[:3]) == b"ABC"
    assert [slots.memory.begun(each) for each in range(3)] == [each == slot for each in range(3)]


def test_slots_do_not_overlap_and_have_their_size() -> None:
    slots = Slots(count=2, size=4)
    first, second = slots.memory.block(0), slots.memory.block(1)
    first[:] = b"aaaa"
    second[:] = b"bbbb"
    assert (bytes(first), bytes(second)) == (b"aaaa", b"bbbb")


def test_each_slot_has_one_owner() -> None:
    slots = Slots(count=2, size=1)
    taken = {slots.take(), slots.take()}
    assert taken == {0, 1}
    assert slots.take() is None
    assert slots.taken() == 2
    slots.give_back(1)
    assert slots.take() == 1
