/* SPDX-License-Identifier: MIT
 *
 * S000-15 - an event loop is a consumer: of callbacks, batch by batch.
 */
#include "seed.h"

#include <stdio.h>

static struct {
    cede_loop *loop;
    seed_log log;
    long last;          /* the event that stops the loop */
    const char *follow; /* what the first callback registers */
} it;

/* ---- events that make the next one ------------------------------------- */

static int consume(void *arg)
{
    long n = (long)(intptr_t)arg;
    seed_log_add(&it.log, seed_int(n));
    if (n >= it.last)
        return cede_loop_stop(it.loop);
    return cede_loop_call_soon(it.loop, consume, (void *)(intptr_t)(n + 1),
                               NULL);
}

static int chain(void)
{
    CEDE_TRY(cede_loop_call_soon(it.loop, consume, (void *)1, NULL));
    CEDE_TRY(cede_loop_run_forever(it.loop));
    seed_log_print(&it.log);
    puts("");
    return 0;
}

/* ---- batches ----------------------------------------------------------- */

static int say(void *name)
{
    seed_log_add(&it.log, seed_text(name));
    return 0;
}

static int say_and_stop(void *name)
{
    (void)say(name);
    CEDE_TRY(
        cede_loop_call_soon(it.loop, say, (void *)(uintptr_t)it.follow, NULL));
    return cede_loop_stop(it.loop);
}

static int nothing(void *arg)
{
    (void)arg;
    return cede_sleep(0);
}

static int batches(const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        CEDE_TRY(cede_loop_call_soon(it.loop, i == 0 ? say_and_stop : say,
                                     (void *)(uintptr_t)names[i], NULL));
    CEDE_TRY(cede_loop_run_forever(it.loop));
    seed_log_print(&it.log);
    puts("");
    CEDE_TRY(cede_loop_run(it.loop, nothing, NULL));
    seed_log_print(&it.log);
    puts("");
    return 0;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 3, "EVENTS NAME,... FOLLOWER");
    size_t n;
    const char *const *names = seed_texts(argv[2], &n);
    it.last = seed_long(argv[1]);
    it.follow = argv[3];
    it.loop = cede_loop_new(NULL);
    int rc = chain();
    seed_log_free(&it.log);
    it.log = (seed_log){0};
    if (rc >= 0)
        rc = batches(names, n);
    seed_log_free(&it.log);
    return cede_loop_close(it.loop) < 0 || rc < 0;
}
