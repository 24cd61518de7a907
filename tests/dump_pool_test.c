/* SPDX-License-Identifier: MIT
 *
 * dump_pool_test.c - what a dump says of tasks that wait for jobs.
 */
#include "check.h"
#include <semaphore.h>

static sem_t there, go;

static int compress(void *unused)
{
    (void)unused;
    sem_post(&there);
    sem_wait(&go);
    return 7;
}

static int offloads(void *unused)
{
    return cede_offload(compress, unused);
}

static int awaits(void *f)
{
    return cede_await(f);
}

static int closes(void *p)
{
    return cede_pool_close(p);
}

static const char *dumped(void)
{
    static char text[8192];
    FILE *f = fmemopen(text, sizeof text, "w");
    cede_dump(f);
    fclose(f);
    return text;
}

#define CHECK_SAYS(text, what)                                                 \
    do {                                                                       \
        if (!strstr((text), (what)))                                           \
            check_fail_(__FILE__, __LINE__, "\"%s\" is not in: %s", (what),    \
                        (text));                                               \
    } while (0)

static void open_all(void)
{
    CHECK(sem_init(&there, 0, 0) == 0);
    CHECK(sem_init(&go, 0, 0) == 0);
}

TASK_TEST(a_dump_says_which_job_is_awaited_and_where_it_runs)
{
    open_all();
    const cede_pool_options o = {.workers = 1, .name = "zip"};
    cede_pool *p = cede_threads_with(&o);
    cede_future *fs[] = {cede_submit(p, compress, NULL, 0),
                         cede_submit(p, compress, NULL, 0)};
    CEDE_GROUP(g);
    for (int i = 0; i < 2; i++)
        CHECK_OK(cede_go(&g, awaits, fs[i]));
    sem_wait(&there);
    CHECK_OK(cede_sleep(0));
    const char *text = dumped();
    CHECK_SAYS(text, "await of job compress (tests/dump_pool_test.c");
    CHECK_SAYS(text, "), which runs on zip-1, ");
    CHECK_SAYS(text, "), which is queued, ");
    sem_post(&go);
    sem_post(&go);
    CHECK_EQ(cede_join(&g), 0);
    cede_future_free(fs[0]);
    cede_future_free(fs[1]);
    CHECK_EQ(cede_pool_close(p), 0);
}

TASK_TEST(a_dump_says_what_is_offloaded)
{
    open_all();
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, offloads, NULL));
    CHECK_OK(cede_sleep(0));
    sem_wait(&there);
    const char *text = dumped();
    CHECK_SAYS(text, "offload of job compress (tests/dump_pool_test.c");
    CHECK_SAYS(text, "), which runs on cede-1, ");
    sem_post(&go);
    CHECK_EQ(cede_join(&g), 0);
}

TASK_TEST(a_dump_says_that_a_pools_end_is_awaited)
{
    open_all();
    cede_pool *p = cede_threads(1);
    cede_future *f = cede_submit(p, compress, NULL, 0);
    sem_wait(&there);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, closes, p));
    CHECK_OK(cede_sleep(0));
    CHECK_SAYS(dumped(), "await of pool's end, ");
    sem_post(&go);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_EQ(cede_result(f), 7);
    cede_future_free(f);
}

SUITE("dump_pool")
