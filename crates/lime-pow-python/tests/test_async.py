"""asyncio: thousands at once, cancellation, errors."""

import asyncio
import gc
import math
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
        solutions = await asyncio.gather(*(solver.asolve(f"many-{number}", 10) for number in range(2000)))
        for number, solution in enumerate(solutions):
            assert lime_pow.verify(f"many-{number}", solution.nonce, 10)
        assert solver.stats()["solved"] == 2000

    run(main)


def test_the_loop_goes_on():
    async def main():
        solver = lime_pow.Solver(threads=2)
        task = asyncio.create_task(solver.asolve("x", 60))
        for _ in range(20):
            await asyncio.sleep(0.001)
        assert not task.done()
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
        # One that is not refused: about 4 % to be solved in time.
        rate = lime_pow.bench(solver, seconds=0.3)["hashes_per_second"]
        difficulty = round(math.log2(25 * rate * 0.2))
        with pytest.raises(lime_pow.PowTimeoutError, match="timed out"):
            for number in range(20):
                await solver.asolve(f"late-{number}", difficulty, timeout=0.2)
        solution = await solver.asolve("test-challenge-0001", 15, order="lowest", start=1)
        assert solution.nonce == "36073"
        with pytest.raises(lime_pow.SolveError):
            await solver.asolve("x", 20, max_nonce=99)
        with pytest.raises(ValueError):
            await solver.asolve("x", 257)

    run(main)


def test_a_loop_that_is_closed_harms_nobody(capfd):
    solver = lime_pow.Solver(threads=1)

    async def leave():
        asyncio.ensure_future(solver.asolve("x", 60))
        await asyncio.sleep(0)

    for _ in range(20):
        asyncio.run(leave())
    assert run(lambda: solver.asolve("y", 8)).nonce
    assert capfd.readouterr().err == ""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("close", [True, False])
def test_a_loop_that_just_stops_leaves_no_work_behind(close):
    solver = lime_pow.Solver(threads=2)
    loop = asyncio.new_event_loop()

    async def begin():
        asyncio.ensure_future(solver.asolve("x", 60))
        await asyncio.sleep(0.05)

    loop.run_until_complete(begin())
    gc.collect()
    assert solver.stats()["cancelled"] == 0, "the loop holds on to what waits in it"
    if close:
        loop.close()
    else:
        del loop
    begun = time.monotonic()
    while solver.stats()["idle_workers"] < 2:
        gc.collect()
        assert time.monotonic() - begun < 10
        time.sleep(0.01)
    assert solver.stats()["cancelled"] == 1
