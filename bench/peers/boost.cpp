/* SPDX-License-Identifier: MIT
 *
 * boost.cpp - Boost.Coroutine2 for generators, Boost.Fiber for tasks.
 *
 * Fibers get their stacks from a pool, the fastest that Boost offers.
 */
#include "serve.h"

#include <boost/coroutine2/all.hpp>
#include <boost/fiber/all.hpp>
#include <cstdint>
#include <vector>

namespace fibers = boost::fibers;
using coroutine = boost::coroutines2::coroutine<int64_t>;

enum { RING = 64, STACK = 65536, PLACES = 128 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* ---- generators ------------------------------------------------------ */

static void next(long n)
{
    coroutine::pull_type source([n](coroutine::push_type &sink) {
        for (int64_t i = 0; i < n; i++)
            sink(i);
    });
    int64_t sum = 0;
    for (; source; source())
        sum += source.get();
    require(sum == int64_t(n) * (n - 1) / 2);
}

static volatile int64_t least = 0;

static void pipeline(long n)
{
    coroutine::pull_type source([](coroutine::push_type &sink) {
        for (int64_t i = 0;; i++)
            sink(i);
    });
    coroutine::pull_type map([&source](coroutine::push_type &sink) {
        for (; source; source())
            sink(2 * source.get() + 1);
    });
    coroutine::pull_type filter([&map](coroutine::push_type &sink) {
        for (; map; map())
            if (map.get() >= least)
                sink(map.get());
    });
    int64_t sum = 0, items = n / 3;
    for (long i = 0; i < items; i++, filter())
        sum += filter.get();
    require(sum == items * items);
}

/* ---- tasks ----------------------------------------------------------- */

static fibers::pooled_fixedsize_stack &pool()
{
    static fibers::pooled_fixedsize_stack stacks(STACK);
    return stacks;
}

template <typename F> static fibers::fiber start(F fn)
{
    return fibers::fiber(std::allocator_arg, pool(), fn);
}

static __attribute__((noinline)) void yield_below(int depth)
{
    if (depth > 0)
        yield_below(depth - 1);
    else
        boost::this_fiber::yield();
    __asm__ volatile("");
}

template <int depth> static void yield(long n)
{
    std::vector<fibers::fiber> ring;
    for (int i = 0; i < RING; i++)
        ring.push_back(start([n] {
            for (long turn = 0; turn < n / RING; turn++)
                yield_below(depth);
        }));
    for (auto &fiber : ring)
        fiber.join();
}

template <long batch> static void spawn(long n)
{
    std::vector<fibers::fiber> all(batch);
    for (long done = 0; done < n; done += batch) {
        for (auto &fiber : all)
            fiber = start([] {});
        for (auto &fiber : all)
            fiber.join();
    }
}

/* ---- channels -------------------------------------------------------- */

using channel = fibers::buffered_channel<int64_t>;

static void pingpong(long n)
{
    channel there(2), back(2); /* two is the least it takes: one place */
    auto other = start([&] {
        int64_t x;
        while (there.pop(x) == fibers::channel_op_status::success)
            back.push(x);
    });
    int64_t sum = 0, x = 0;
    for (int64_t i = 0; i < n; i++) {
        there.push(i);
        back.pop(x);
        sum += x;
    }
    there.close();
    other.join();
    require(sum == int64_t(n) * (n - 1) / 2);
}

static void stream(long n)
{
    channel items(PLACES);
    auto producer = start([&] {
        for (int64_t i = 0; i < n; i++)
            items.push(i);
        items.close();
    });
    int64_t sum = 0, x;
    while (items.pop(x) == fibers::channel_op_status::success)
        sum += x;
    producer.join();
    require(sum == int64_t(n) * (n - 1) / 2);
}

static const serve_figure figures[] = {
    {"gen_next", next},
    {"gen_next_in_task", next},
    {"gen_pipeline_3", pipeline},
    {"task_yield_d0", yield<0>},
    {"task_yield_d4", yield<4>},
    {"task_yield_d8", yield<8>},
    {"spawn_join", spawn<1>},
    {"spawn_join_1k", spawn<1000>},
    {"spawn_join_10k", spawn<10000>},
    {"queue_pingpong", pingpong},
    {"queue_128", stream},
    {"queue_shared", stream},
    {nullptr, nullptr},
};

int main()
{
    return serve(figures);
}
