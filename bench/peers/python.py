# SPDX-License-Identifier: MIT
#
# python.py - python.py SUBJECT: generators, context managers and thread pools
# (python), greenlets (greenlet), tasks and queues (asyncio; uvloop, the same on
# another loop).
import asyncio
import collections
import concurrent.futures
import contextlib
import os
import sys
import threading
import time

RING = 64
PLACES = 128
IN_FLIGHT = 1000
WORKERS = 4


def require(holds):
    if not holds:
        raise SystemExit("wrong sum")


# ---- generators ------------------------------------------------------------


def count(n):
    for i in range(n):
        yield i


def gen_next(n):
    total = 0
    for x in count(n):
        total += x
    require(total == n * (n - 1) // 2)


def yield_below(depth, i):
    if depth > 0:
        yield from yield_below(depth - 1, i)
    else:
        yield i


def gen_next_d4(n):
    def below():
        for i in range(n):
            yield from yield_below(4, i)

    require(sum(1 for _ in below()) == n)


def gen_send(n):
    def echo():
        x = 0
        while True:
            x = yield x

    g = echo()
    next(g)
    total = 0
    for i in range(n):
        total += g.send(i)
    require(total == n * (n - 1) // 2)


def gen_pipeline(n):
    items = n // 3

    def mapped(before):
        for x in before:
            yield 2 * x + 1

    def filtered(before):
        for x in before:
            if x >= 0:
                yield x

    total = 0
    for x in filtered(mapped(count(items))):
        total += x
    require(total == items * items)


def forever():
    i = 0
    while True:
        yield i
        i += 1


def delegate(levels):
    def level(left):
        yield from level(left - 1) if left > 1 else forever()

    chain = level(levels)

    def run(n):
        for _ in range(n):
            next(chain)

    return run


# ---- context managers ------------------------------------------------------


class Manager:
    def __enter__(self):
        self.entered = True

    def __exit__(self, *error):
        self.entered = False


def with_manager(n):
    manager = Manager()
    for _ in range(n):
        with manager:
            pass


@contextlib.contextmanager
def manager_of_generator():
    yield 1


def with_gen(n):
    for _ in range(n):
        with manager_of_generator():
            pass


# ---- thread pools ----------------------------------------------------------

# Started by the first job, in a process that needs it.
pool = concurrent.futures.ThreadPoolExecutor(WORKERS)
took = []  # how long each operation of the last run was, in ns


def one():
    return 1


def thread_ping(n):
    took.clear()
    for _ in range(n):
        began = time.monotonic_ns()
        pool.submit(one).result()
        took.append(time.monotonic_ns() - began)


def thread_inflight(n):
    jobs = collections.deque()
    total = 0
    for _ in range(n):
        if len(jobs) == IN_FLIGHT:
            total += jobs.popleft().result()
        jobs.append(pool.submit(one))
    require(total + sum(job.result() for job in jobs) == n)


async def ping_from_task(n):
    took.clear()
    loop = asyncio.get_running_loop()
    for _ in range(n):
        began = time.monotonic_ns()
        await loop.run_in_executor(pool, one)
        took.append(time.monotonic_ns() - began)


# ---- which concurrency -----------------------------------------------------

# The works and the models of models.c; each runs in a new process.
STEPS = 700000  # take about as long as those of models.c


def compute():
    x = 1
    for _ in range(STEPS):
        x = x * 636413622384679 + 1442695040888 & 0xFFFFFFFFFFFF


def block(seconds):
    return lambda: time.sleep(seconds)


def wait(seconds):
    return lambda: asyncio.sleep(seconds)


def in_task(job):
    async def task():
        job()

    return task


def every(n, job):
    async def main():
        await asyncio.gather(*(job() for _ in range(n)))

    return lambda _: asyncio.run(main())


def offload(job):
    return lambda: asyncio.to_thread(job)


def in_sequence(n, job):
    return lambda _: [job() for _ in range(n)]


def in_pool(n, job, threads):
    def run(_):
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            for future in [pool.submit(job) for _ in range(n)]:
                future.result()

    return run


def in_threads_of_their_own(n, job):
    def run(_):
        threads = [threading.Thread(target=job) for _ in range(n)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return run


def models(name, n, job, task, threads):
    return {
        f"{name}_sequence": in_sequence(n, job),
        f"{name}_tasks": every(n, task),
        f"{name}_blocked": every(n, in_task(job)),
        f"{name}_offload": every(n, offload(job)),
        f"{name}_threads": in_pool(n, job, threads),
        f"{name}_each": in_threads_of_their_own(n, job),
    }


CORES = len(os.sched_getaffinity(0))
BY_MODEL = {
    **models("io_8", 8, block(0.1), wait(0.1), 8),
    **models("io_1000", 1000, block(0.01), wait(0.01), 8),
    **models("cpu_8", 8, compute, in_task(compute), CORES),
    **models("empty_10k", 10000, one, in_task(one), CORES),
}

# ---- tasks -----------------------------------------------------------------


async def sleep_below(depth):
    if depth > 0:
        await sleep_below(depth - 1)
    else:
        await asyncio.sleep(0)


def task_yield(depth):
    async def body(n):
        for _ in range(n):
            await sleep_below(depth)

    async def run(n):
        await asyncio.gather(*(body(n // RING) for _ in range(RING)))

    return run


async def agen_next(n):
    async def count(n):
        for i in range(n):
            await asyncio.sleep(0)
            yield i

    async def consume(n):
        total = 0
        async for x in count(n):
            total += x
        require(total == n * (n - 1) // 2)

    await asyncio.gather(*(consume(n // RING) for _ in range(RING)))


async def nothing():
    pass


def spawn_join(batch):
    async def run(n):
        for _ in range(0, n, batch):
            tasks = [asyncio.create_task(nothing()) for _ in range(batch)]
            for task in tasks:
                await task

    return run


async def gather(n):
    for _ in range(n):
        await asyncio.gather(nothing(), nothing(), nothing())


def group(batch):
    async def run(n):
        for _ in range(0, n, batch):
            async with asyncio.TaskGroup() as tasks:
                for _ in range(batch):
                    tasks.create_task(nothing())

    return run


async def timeout_scope(n):
    for _ in range(n):
        async with asyncio.timeout(3600):
            pass


def sleep(batch, spread):
    """Delays spread over so many microseconds."""

    async def run(n):
        for _ in range(0, n, batch):
            await asyncio.gather(
                *(asyncio.sleep(i * 7919 % spread / 1e6) for i in range(batch))
            )

    return run


async def queue_pingpong(n):
    there, back = asyncio.Queue(1), asyncio.Queue(1)

    async def pong():
        for _ in range(n):
            await back.put(await there.get())

    task = asyncio.create_task(pong())
    total = 0
    for i in range(n):
        await there.put(i)
        total += await back.get()
    await task
    require(total == n * (n - 1) // 2)


async def queue_128(n):
    queue = asyncio.Queue(PLACES)

    async def produce():
        for i in range(n):
            await queue.put(i)

    task = asyncio.create_task(produce())
    total = 0
    for _ in range(n):
        total += await queue.get()
    await task
    require(total == n * (n - 1) // 2)


async def mutex_uncontended(n):
    mutex = asyncio.Lock()
    for _ in range(n):
        await mutex.acquire()
        mutex.release()


async def both(n, side):
    """Two tasks do so many of the n together."""
    other = asyncio.create_task(side(1, n // 2))
    await side(0, n // 2)
    await other


async def event_wake(n):
    events = asyncio.Event(), asyncio.Event()
    events[0].set()

    async def side(mine, n):
        for _ in range(n):
            await events[mine].wait()
            events[mine].clear()
            events[not mine].set()

    await both(n, side)


async def sem_handoff(n):
    sems = asyncio.Semaphore(1), asyncio.Semaphore(0)

    async def side(mine, n):
        for _ in range(n):
            await sems[mine].acquire()
            sems[not mine].release()

    await both(n, side)


async def park(n):
    never = asyncio.Event()
    tasks = [asyncio.create_task(never.wait()) for _ in range(n)]
    await asyncio.sleep(0)
    hold()
    never.set()
    for task in tasks:
        await task


# ---- greenlets -------------------------------------------------------------


def greenlet_next(n):
    from greenlet import getcurrent, greenlet

    consumer = getcurrent()

    def body():
        for i in range(n):
            consumer.switch(i)

    producer = greenlet(body)
    total = 0
    for _ in range(n):
        total += producer.switch()
    producer.switch()
    require(total == n * (n - 1) // 2)


def greenlet_yield(depth):
    def below(depth, hub):
        if depth > 0:
            below(depth - 1, hub)
        else:
            hub.switch()

    def run(n):
        from greenlet import getcurrent, greenlet

        hub = getcurrent()

        def body():
            for _ in range(n // RING):
                below(depth, hub)

        ring = [greenlet(body) for _ in range(RING)]
        for _ in range(n // RING + 1):
            for task in ring:
                task.switch()

    return run


# ---- serving ---------------------------------------------------------------

sys.setrecursionlimit(5000)
BY_PYTHON = {
    "gen_next": gen_next,
    "gen_next_in_task": gen_next,
    "gen_next_d4": gen_next_d4,
    "gen_send": gen_send,
    "gen_pipeline_3": gen_pipeline,
    "delegate_1": delegate(1),
    "delegate_1k": delegate(1000),
    "with_gen": with_gen,
    "with_manager": with_manager,
    "thread_ping": thread_ping,
    "thread_ping_2": thread_ping,
    "thread_inflight_1000": thread_inflight,
    "thread_inflight_1000_2": thread_inflight,
}
BY_GREENLET = {
    "gen_next": greenlet_next,
    "task_yield_d0": greenlet_yield(0),
    "task_yield_d4": greenlet_yield(4),
    "task_yield_d8": greenlet_yield(8),
}
BY_ASYNCIO = {
    "task_yield_d0": task_yield(0),
    "task_yield_d4": task_yield(4),
    "task_yield_d8": task_yield(8),
    "agen_next": agen_next,
    "spawn_join": spawn_join(1),
    "spawn_join_1k": spawn_join(1000),
    "spawn_join_10k": spawn_join(10000),
    "gather_3": gather,
    "sleep_1k": sleep(1000, 2000),
    "queue_pingpong": queue_pingpong,
    "queue_128": queue_128,
    "mutex_uncontended": mutex_uncontended,
    "event_wake": event_wake,
    "sem_handoff": sem_handoff,
    "parked_1k": park,
    "parked_100k": park,
    "thread_ping": ping_from_task,
    "thread_ping_2": ping_from_task,
}
# New in Python 3.11.
if hasattr(asyncio, "TaskGroup"):
    BY_ASYNCIO["group_10k"] = group(10000)
    BY_ASYNCIO["timeout_scope"] = timeout_scope

holds = False


def say(text):
    print(text, flush=True)


def hold():
    global holds
    if holds:
        holds = False
        say("ok")
        sys.stdin.readline()


def percentiles():
    if not took:
        return "no"
    took.sort()
    last = len(took) - 1
    ranks = (last // 2, last * 99 // 100, last * 999 // 1000)
    return "ok " + " ".join(str(took[rank]) for rank in ranks)


def serve(figures, call):
    global holds
    for line in iter(sys.stdin.readline, ""):
        verb, name, n = line.split()
        holds = verb == "hold"
        if verb == "late":
            say(percentiles())
        elif name in figures:
            call(figures[name], int(n))
            say("ok")
        else:
            say("no")


def on_loop(loop):
    return lambda figure, n: loop.run_until_complete(figure(n))


if sys.argv[1] == "python":
    serve({**BY_PYTHON, **BY_MODEL}, lambda figure, n: figure(n))
elif sys.argv[1] == "greenlet":
    serve(BY_GREENLET, lambda figure, n: figure(n))
elif sys.argv[1] == "asyncio":
    serve(BY_ASYNCIO, on_loop(asyncio.new_event_loop()))
else:
    import uvloop

    serve(BY_ASYNCIO, on_loop(uvloop.new_event_loop()))
