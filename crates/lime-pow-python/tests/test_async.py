"""asyncio: thousands at once, cancellation, errors."""

import asyncio
import time

import lime_pow
import pytest


def run(main):
    async def bounded():
        return await asyncio.wait_for(main(), 60)

    return asyncio.run(bounded())


def test_thousands_at_once():
    async def main():
        solver = lime_pow.Solver(threads=2)
        solutions = await asyncio.gather(*(solver.asolve(f"many {number}", 10) for number in range(2000)))
        for number, solution in enumerate(solutions):
            assert lime_pow.verify(f"many {number}", solution.nonce, 10)
        assert solver.stats()["solved"] == 2000

    run(main)


def test_the_loop_goes_on():
    async def main():
        solver = lime_pow.Solver(threads=2)
        task = asyncio.create_task(solver.asolve("x", 60))
        ticks = 0
        begun = time.monotonic()
        while time.monotonic() - begun < 0.2:
            await asyncio.sleep(0.001)
            ticks += 1
        assert ticks > 20 and not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main)


def test_cancelling_the_task_stops_the_threads():
    async def main():
        solver = lime_pow.Solver(threads=2)
        tasks = [asyncio.create_task(solver.asolve("x", 60)) for _ in range(100)]
        await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        begun = time.monotonic()
        while solver.stats()["idle_workers"] < 2:
            assert time.monotonic() - begun < 5
            await asyncio.sleep(0.001)
        assert solver.stats()["cancelled"] == 100
        # The pool is free for others.
        assert lime_pow.verify("y", (await solver.asolve("y", 10)).nonce, 10)

    run(main)


def test_a_timeout_of_asyncio_and_one_of_ours():
    async def main():
        solver = lime_pow.Solver(threads=1)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(solver.asolve("x", 60), 0.05)
        with pytest.raises(lime_pow.PowTimeoutError):
            await solver.asolve("x", 60, timeout=0.05)
        with pytest.raises(lime_pow.SolveError):
            await solver.asolve("x", 20, max_nonce=99)
        with pytest.raises(ValueError):
            await solver.asolve("x", 257)

    run(main)


def test_a_loop_that_is_closed_harms_nobody():
    solver = lime_pow.Solver(threads=1)

    async def leave():
        asyncio.ensure_future(solver.asolve("x", 60))
        await asyncio.sleep(0)

    for _ in range(20):
        asyncio.run(leave())
    assert run(lambda: solver.asolve("y", 8)).nonce
