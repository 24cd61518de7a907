/* SPDX-License-Identifier: MIT
 *
 * pool_conformance.h - what every kind of pool promises.
 *
 *     #define MAKE_POOL cede_threads
 *     #include "pool_conformance.h"
 *     #include "pool_map.h"
 *     #include "pool_wait.h"
 *     SUITE("threads_pool")
 *
 * MAKE_POOL(n) makes a pool of n workers.  Jobs are given copies here, and
 * share nothing with the test but files: they may run in another process.
 */
#ifndef CEDE_TESTS_POOL_CONFORMANCE_H
#define CEDE_TESTS_POOL_CONFORMANCE_H

#include "check.h"
#include "gate.h"
#include "tasks.h"
#include "threads.h"

/* ---- jobs ------------------------------------------------------------ */

static int doubles(void *n)
{
    *(int *)n *= 2;
    return *(int *)n;
}

static int fails_with_text(void *n)
{
    return cede_fail(-EIO, "item %d is bad", *(int *)n);
}

static cede_future *submit_int(cede_pool *p, cede_fn *fn, int n)
{
    cede_future *f = cede_submit(p, fn, &n, sizeof n);
    CHECK(f != NULL);
    return f;
}

static int await_and_free(cede_future *f)
{
    int rc = cede_await(f);
    cede_future_free(f);
    return rc;
}

/* A worker that is kept busy. */
struct busy {
    struct gate gate;
    cede_future *job;
    cede_pool *pool;
    int met;
};

static struct busy keep_busy(cede_pool *p)
{
    struct busy b = {.gate = new_gate(), .pool = p};
    b.job = cede_submit(p, waits_at_gate, &b.gate, sizeof b.gate);
    b.met = meet_at(&b.gate);
    return b;
}

static int let_go(struct busy *b)
{
    open_gate(&b->gate, b->met);
    return await_and_free(b->job);
}

static cede_pool_info look_at(cede_pool *p)
{
    cede_pool_info info;
    CHECK_OK(cede_pool_look(p, &info));
    return info;
}

/* ---- results --------------------------------------------------------- */

static void a_job_answers(void)
{
    cede_pool *p = MAKE_POOL(2);
    CHECK_EQ(await_and_free(submit_int(p, doubles, 21)), 42);
    CHECK_EQ(cede_pool_close(p), 0);
}

TEST(a_jobs_result_comes_back_to_a_plain_thread)
{
    a_job_answers();
}

TASK_TEST(a_jobs_result_comes_back_to_a_task)
{
    a_job_answers();
}

TEST(a_job_works_on_its_copy_which_is_the_futures)
{
    cede_pool *p = MAKE_POOL(1);
    int n = 4;
    cede_future *f = cede_submit(p, doubles, &n, sizeof n);
    CHECK_EQ(cede_await(f), 8);
    CHECK_EQ(*(int *)cede_arg(f), 8);
    CHECK_EQ(n, 4);
    cede_future_free(f);
    CHECK_EQ(cede_pool_close(p), 0);
}

struct large {
    unsigned char bytes[1 << 20];
};

static int adds_one_to_each(void *arg)
{
    struct large *l = arg;
    for (size_t i = 0; i < sizeof l->bytes; i++)
        l->bytes[i]++;
    return 0;
}

TEST(a_copy_may_be_large)
{
    static struct large l;
    for (size_t i = 0; i < sizeof l.bytes; i++)
        l.bytes[i] = (unsigned char)(i % 251);
    cede_pool *p = MAKE_POOL(1);
    cede_future *f = cede_submit(p, adds_one_to_each, &l, sizeof l);
    CHECK_EQ(cede_await(f), 0);
    const struct large *done = cede_arg(f);
    for (size_t i = 0; i < sizeof l.bytes; i++)
        if (done->bytes[i] != (unsigned char)(l.bytes[i] + 1))
            CHECK_EQ(i, sizeof l.bytes);
    cede_future_free(f);
    CHECK_EQ(cede_pool_close(p), 0);
}

static void a_failure_comes_back(void)
{
    cede_pool *p = MAKE_POOL(1);
    cede_future *f = submit_int(p, fails_with_text, 3);
    CHECK_ERR(cede_await(f), -EIO);
    CHECK_STR_EQ(cede_message(), "item 3 is bad");
    CHECK_ERR(cede_result(f), -EIO);
    cede_future_free(f);
    CHECK_EQ(await_and_free(submit_int(p, doubles, 1)), 2);
    CHECK_EQ(look_at(p).workers, 1);
    CHECK_EQ(cede_pool_close(p), 0);
}

TEST(a_job_that_fails_brings_its_message_and_fails_alone)
{
    a_failure_comes_back();
}

TASK_TEST(a_job_that_fails_brings_its_message_to_a_task)
{
    a_failure_comes_back();
}

static int fails_within(void *n)
{
    return fails_with_text(n) < 0 ? 0 : 1;
}

static int fails_without_text(void *unused)
{
    (void)unused;
    return -EIO;
}

TEST(a_message_of_one_job_is_not_that_of_the_next)
{
    cede_pool *p = MAKE_POOL(1);
    CHECK_EQ(await_and_free(submit_int(p, fails_within, 3)), 0);
    cede_future *f = submit_int(p, fails_without_text, 4);
    CHECK_ERR(cede_await(f), -EIO);
    CHECK_STR_EQ(cede_message(), "");
    cede_future_free(f);
    CHECK_EQ(cede_pool_close(p), 0);
}

TEST(a_failure_that_nobody_reads_is_reported_once)
{
    listen_to_hook();
    cede_pool *p = MAKE_POOL(1);
    cede_future_free(submit_int(p, fails_with_text, 3));
    cede_future *f = submit_int(p, fails_with_text, 4);
    CHECK_EQ(cede_pool_close(p), 0);
    CHECK_EQ(hooked.count, 1);
    CHECK_STR_EQ(hooked.message, "item 3 is bad");
    cede_future_free(f);
    CHECK_EQ(hooked.count, 2);
    CHECK(strstr(hooked.what, "nobody read the failure of a job"));
}

TEST(a_job_whose_future_is_given_back_goes_on)
{
    cede_pool *p = MAKE_POOL(1);
    struct busy b = keep_busy(p);
    struct gate second = new_gate();
    cede_future_free(cede_submit(p, waits_at_gate, &second, sizeof second));
    CHECK_EQ(let_go(&b), 7);
    open_gate(&second, meet_at(&second)); /* it is there */
    CHECK_EQ(cede_pool_close(p), 0);
}

/* ---- states ---------------------------------------------------------- */

TEST(a_job_is_queued_then_running_then_done)
{
    cede_pool *p = MAKE_POOL(1);
    struct busy b = keep_busy(p);
    cede_future *queued = submit_int(p, doubles, 1);
    CHECK(cede_running(b.job));
    CHECK(!cede_done(b.job));
    CHECK_ERR(cede_result(b.job), -EAGAIN);
    CHECK(!cede_running(queued));
    CHECK(!cede_done(queued));
    CHECK_EQ(look_at(p).queued, 1);
    CHECK_EQ(let_go(&b), 7);
    CHECK_EQ(cede_await(queued), 2);
    CHECK(!cede_running(queued));
    CHECK(cede_done(queued));
    cede_future_free(queued);
    CHECK_EQ(look_at(p).queued, 0);
    CHECK_EQ(look_at(p).begun, 2);
    CHECK_EQ(cede_pool_close(p), 0);
}

TEST(only_a_job_that_has_not_begun_can_be_cancelled)
{
    cede_pool *p = MAKE_POOL(1);
    struct busy b = keep_busy(p);
    cede_future *queued = submit_int(p, doubles, 1);
    CHECK_EQ(cede_cancel(queued), 0);
    CHECK(cede_done(queued));
    CHECK_ERR(cede_result(queued), -ECANCELED);
    CHECK_ERR(cede_cancel(queued), -EALREADY);
    CHECK_ERR(cede_cancel(b.job), -EBUSY);
    CHECK(cede_running(b.job));
    cede_future_free(queued);
    CHECK_EQ(let_go(&b), 7);
    CHECK_EQ(cede_pool_close(p), 0);
}

TEST(a_cancelled_job_never_begins)
{
    cede_pool *p = MAKE_POOL(1);
    struct busy b = keep_busy(p);
    for (int i = 0; i < 10; i++) {
        cede_future *f = submit_int(p, doubles, i);
        CHECK_EQ(cede_cancel(f), 0);
        cede_future_free(f);
    }
    CHECK_EQ(let_go(&b), 7);
    CHECK_EQ(await_and_free(submit_int(p, doubles, 1)), 2);
    CHECK_EQ(look_at(p).begun, 2);
    CHECK_EQ(cede_pool_close(p), 0);
}

TEST(a_job_is_resolved_by_its_end_alone)
{
    cede_pool *p = MAKE_POOL(1);
    struct busy b = keep_busy(p);
    CHECK_ERR(cede_resolve(b.job, 1), -EINVAL);
    CHECK_EQ(let_go(&b), 7);
    CHECK_EQ(cede_pool_close(p), 0);
}

/* ---- order and workers ----------------------------------------------- */

struct entry {
    char path[64];
    char letter;
};

static int writes_its_letter(void *arg)
{
    const struct entry *e = arg;
    int fd = open(e->path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t n = write(fd, &e->letter, 1);
    close(fd);
    return n == 1 ? 0 : -EIO;
}

TEST(jobs_begin_in_the_order_of_submitting)
{
    char text[16] = "";
    struct entry e;
    snprintf(e.path, sizeof e.path, "/tmp/cede-order-XXXXXX");
    int fd = mkstemp(e.path);
    cede_pool *p = MAKE_POOL(1);
    struct busy b = keep_busy(p);
    for (e.letter = 'a'; e.letter <= 'j'; e.letter++)
        cede_future_free(cede_submit(p, writes_its_letter, &e, sizeof e));
    CHECK_EQ(let_go(&b), 7);
    CHECK_EQ(cede_pool_close(p), 0);
    CHECK_EQ(read(fd, text, sizeof text - 1), 10);
    CHECK_STR_EQ(text, "abcdefghij");
    close(fd);
    unlink(e.path);
}

TEST(an_idle_worker_takes_the_next_job_before_another_is_started)
{
    cede_pool *p = MAKE_POOL(4);
    for (int i = 0; i < rounds(300); i++)
        CHECK_EQ(await_and_free(submit_int(p, doubles, i)), 2 * i);
    CHECK_EQ(look_at(p).workers, 1);
    CHECK_EQ(cede_pool_close(p), 0);
}

TASK_TEST(so_it_does_for_a_task)
{
    cede_pool *p = MAKE_POOL(4);
    for (int i = 0; i < rounds(300); i++)
        CHECK_EQ(await_and_free(submit_int(p, doubles, i)), 2 * i);
    CHECK_EQ(look_at(p).workers, 1);
    CHECK_EQ(cede_pool_close(p), 0);
}

TEST(workers_are_started_as_they_are_needed_and_never_too_many)
{
    enum { MOST = 4, JOBS = 15 * MOST };
    cede_pool *p = MAKE_POOL(MOST);
    struct busy b[MOST];
    cede_future *fs[JOBS];
    CHECK_EQ(look_at(p).workers, 0);
    for (unsigned i = 0; i < MOST; i++) {
        CHECK_EQ(look_at(p).workers, i);
        b[i] = keep_busy(p);
    }
    for (int i = 0; i < JOBS; i++)
        fs[i] = submit_int(p, doubles, i);
    CHECK_EQ(look_at(p).workers, MOST);
    CHECK_EQ(look_at(p).queued, JOBS);
    for (int i = 0; i < MOST; i++)
        CHECK_EQ(let_go(&b[i]), 7);
    for (int i = 0; i < JOBS; i++)
        CHECK_EQ(await_and_free(fs[i]), 2 * i);
    CHECK_EQ(look_at(p).workers, MOST);
    CHECK_EQ(cede_pool_close(p), 0);
}

TEST(jobs_submitted_one_after_the_other_run_at_once)
{
    enum { N = 3 };
    cede_pool *p = MAKE_POOL(N);
    for (int round = 0; round < rounds(100); round++) {
        struct gate gates[N];
        cede_future *fs[N];
        for (int i = 0; i < N; i++)
            gates[i] = new_gate();
        for (int i = 0; i < N; i++)
            fs[i] = cede_submit(p, waits_at_gate, &gates[i], sizeof gates[i]);
        int met[N];
        for (int i = N; i-- > 0;)
            met[i] = meet_at(&gates[i]); /* they are all there */
        for (int i = 0; i < N; i++)
            open_gate(&gates[i], met[i]);
        for (int i = 0; i < N; i++)
            CHECK_EQ(await_and_free(fs[i]), 7);
    }
    CHECK_EQ(cede_pool_close(p), 0);
}

TEST(one_job_that_blocks_does_not_hold_up_the_others)
{
    cede_pool *p = MAKE_POOL(2);
    struct busy b = keep_busy(p);
    for (int i = 0; i < 50; i++)
        CHECK_EQ(await_and_free(submit_int(p, doubles, i)), 2 * i);
    CHECK_EQ(let_go(&b), 7);
    CHECK_EQ(cede_pool_close(p), 0);
}

/* ---- refusals -------------------------------------------------------- */

TEST(a_job_without_a_function_or_a_pool_has_failed)
{
    cede_pool *p = MAKE_POOL(1);
    CHECK_ERR(await_and_free(cede_submit(p, NULL, NULL, 0)), -EINVAL);
    CHECK_ERR(await_and_free(cede_submit(NULL, doubles, "1234", 4)), -ENOMEM);
    CHECK_ERR(cede_pool_close(NULL), -ENOMEM);
    CHECK_ERR(cede_pool_cancel(NULL), -ENOMEM);
    CHECK_ERR(cede_pool_shut(NULL), -ENOMEM);
    CHECK_ERR(cede_pool_look(NULL, NULL), -ENOMEM);
    CHECK_EQ(cede_pool_close(p), 0);
}

TEST(a_pool_that_is_shut_runs_what_it_has_and_takes_no_more)
{
    cede_pool *p = MAKE_POOL(1);
    struct busy b = keep_busy(p);
    cede_future *queued = submit_int(p, doubles, 1);
    CHECK_EQ(cede_pool_shut(p), 0);
    CHECK_EQ(cede_pool_shut(p), 0);
    cede_future *late = submit_int(p, doubles, 2);
    CHECK(cede_done(late));
    CHECK_ERR(await_and_free(late), CEDE_ECLOSED);
    CHECK(strstr(cede_message(), "is shut"));
    CHECK_EQ(let_go(&b), 7);
    CHECK_EQ(await_and_free(queued), 2);
    CHECK_EQ(cede_pool_close(p), 0);
}

/* ---- closing --------------------------------------------------------- */

TEST(a_pool_that_nobody_used_can_be_closed)
{
    CHECK_EQ(cede_pool_close(MAKE_POOL(0)), 0);
    CHECK_EQ(cede_pool_cancel(MAKE_POOL(3)), 0);
    cede_pool *p = MAKE_POOL(1);
    CHECK_EQ(cede_pool_shut(p), 0);
    CHECK_EQ(cede_pool_shut(p), 0);
    CHECK_EQ(cede_pool_close(p), 0);
}

static void closing_runs_the_queue(void)
{
    enum { JOBS = 40 };
    cede_pool *p = MAKE_POOL(2);
    cede_future *fs[JOBS];
    for (int i = 0; i < JOBS; i++)
        fs[i] = submit_int(p, doubles, i);
    CHECK_EQ(cede_pool_close(p), 0);
    for (int i = 0; i < JOBS; i++) {
        CHECK(cede_done(fs[i]));
        CHECK_EQ(await_and_free(fs[i]), 2 * i);
    }
}

TEST(closing_runs_all_jobs_whose_futures_stay)
{
    closing_runs_the_queue();
}

TASK_TEST(closing_in_a_task_runs_all_jobs)
{
    closing_runs_the_queue();
}

/* When the queue has been dropped. */
static void *opens_later(void *arg)
{
    struct busy *b = arg;
    while (look_at(b->pool).queued > 0)
        usleep(100);
    open_gate(&b->gate, b->met);
    return NULL;
}

static void cancelling_drops_the_queue(void)
{
    enum { JOBS = 40 };
    cede_pool *p = MAKE_POOL(1);
    struct busy b = keep_busy(p);
    cede_future *fs[JOBS];
    for (int i = 0; i < JOBS; i++)
        fs[i] = submit_int(p, doubles, i);
    pthread_t t = in_thread(opens_later, &b);
    CHECK_EQ(cede_pool_cancel(p), 0);
    CHECK_EQ(ends_with(t), 0);
    CHECK_EQ(await_and_free(b.job), 7);
    for (int i = 0; i < JOBS; i++)
        CHECK_ERR(await_and_free(fs[i]), -ECANCELED);
}

TEST(cancelling_a_pool_cancels_what_has_not_begun_and_waits_for_the_rest)
{
    cancelling_drops_the_queue();
}

TASK_TEST(so_it_does_in_a_task)
{
    cancelling_drops_the_queue();
}

static int closes(void *p)
{
    return cede_pool_close(p);
}

static int notes(void *text)
{
    note("%s", (char *)text);
    return 0;
}

TASK_TEST(a_task_that_closes_does_not_block_its_loop)
{
    cede_pool *p = MAKE_POOL(1);
    struct busy b = keep_busy(p);
    CEDE_GROUP(g);
    cede_future *closer = cede_spawn(&g, closes, p);
    cede_go(&g, notes, "others run");
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_sleep(0));
    CHECK(!cede_done(closer));
    CHECK_NOTED("others run");
    CHECK_EQ(let_go(&b), 7);
    CHECK_EQ(cede_await(closer), 0);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(a_closer_that_is_cancelled_cancels_the_queue_and_waits_on)
{
    cede_pool *p = MAKE_POOL(1);
    struct busy b = keep_busy(p);
    cede_future *queued = submit_int(p, doubles, 1);
    CEDE_GROUP(g);
    cede_future *closer = cede_spawn(&g, closes, p);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_cancel(closer), 0);
    CHECK_ERR(await_and_free(queued), -ECANCELED);
    CHECK_OK(cede_sleep(0));
    CHECK(!cede_done(closer));
    CHECK_EQ(let_go(&b), 7);
    CHECK_ERR(cede_await(closer), -ECANCELED);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(closing_in_a_cancelled_scope_cancels_the_queue)
{
    cede_pool *p = MAKE_POOL(1);
    struct busy b = keep_busy(p);
    cede_future *queued = submit_int(p, doubles, 1);
    pthread_t t = in_thread(opens_later, &b);
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_ERR(cede_pool_close(p), -ECANCELED);
    CHECK_ERR(cede_leave(&s, 0), 0);
    CHECK_EQ(ends_with(t), 0);
    CHECK_EQ(await_and_free(b.job), 7);
    CHECK_ERR(await_and_free(queued), -ECANCELED);
}

#endif
