/* SPDX-License-Identifier: MIT
 *
 * stream_close_test.c - how streams end, and what becomes of those who wait in
 * them.
 */
#include "streams.h"
#include <fcntl.h>
#include <pthread.h>

static void closes_a(void)
{
    CHECK_OK(cede_stream_close(a));
    a = NULL;
}

/* ---- close ------------------------------------------------------------- */

STREAM_TEST(close_sends_what_is_gathered_and_ends)
{
    char text[8];
    CHECK_EQ(cede_write(a, "bye", 3), 3);
    closes_a();
    hears(b, "bye");
    CHECK_EQ(cede_read(b, text, sizeof text), 0);
}

static size_t wrote;

static int writes_on(void *unused)
{
    char text[1000] = "";
    (void)unused;
    for (wrote = 0;; wrote += sizeof text)
        CEDE_TRY(cede_write(a, text, sizeof text));
}

/* As much as goes out without waiting, and a block that is gathered. */
static void fill_up(void)
{
    CEDE_GROUP(g);
    starts(&g, writes_on, NULL);
    for (size_t before = SIZE_MAX; before != wrote;) {
        before = wrote;
        CHECK_OK(cede_sleep(20 * CEDE_MS));
    }
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
}

STREAM_TEST(close_waits_for_a_slow_peer_but_not_for_long)
{
    fill_up();
    CHECK_OK(cede_stream_linger(a, 200 * CEDE_MS));
    cede_time begun = cede_clock();
    CHECK_ERR(cede_stream_close(a), -ETIMEDOUT);
    a = NULL;
    cede_time took = cede_clock() - begun;
    CHECK(took >= 200 * CEDE_MS && took < CEDE_SEC);
}

static int closes(void *unused)
{
    (void)unused;
    int rc = cede_stream_close(a);
    a = NULL;
    return rc;
}

/* How many come until the end, or what else there is. */
static int counts(void *count)
{
    char text[4000];
    int rc;
    while ((rc = cede_read(b, text, sizeof text)) > 0)
        *(size_t *)count += (size_t)rc;
    return rc;
}

STREAM_TEST(close_waits_until_the_peer_has_read_enough)
{
    size_t count = 0;
    fill_up();
    CHECK_OK(cede_stream_linger(a, 500 * CEDE_MS));
    CEDE_GROUP(g);
    cede_future *f = starts(&g, closes, NULL);
    CHECK(!cede_done(f));
    CHECK_OK(counts(&count));
    CHECK_EQ(count, wrote);
    CHECK_OK(cede_join(&g));
    if (kind == MEMORY)
        CHECK_OK(cede_sleep(600 * CEDE_MS)); /* its time comes to nothing */
}

STREAM_TEST(close_flushes_in_a_cancelled_scope_too)
{
    size_t count = 0;
    fill_up();
    CEDE_GROUP(g);
    cede_future *f = starts(&g, closes, NULL);
    CHECK_OK(cede_cancel(f));
    CHECK_OK(cede_sleep(0));
    CHECK(!cede_done(f));
    CHECK_OK(counts(&count));
    CHECK_EQ(count, wrote);
    CHECK_OK(cede_await(f));
}

STREAM_TEST(what_close_drops_ends_in_a_reset)
{
    size_t count = 0;
    fill_up();
    CHECK_OK(cede_stream_linger(a, 0));
    CHECK_ERR(cede_stream_close(a), -ETIMEDOUT);
    a = NULL;
    int rc = counts(&count);
    CHECK(count < wrote);
    if (kind != UNIX)
        CHECK_ERR(rc, -ECONNRESET);
}

STREAM_TEST(a_linger_is_no_less_than_no_time)
{
    CHECK_ERR(cede_stream_linger(a, -1), -EINVAL);
    CHECK_OK(cede_stream_linger(a, CEDE_NEVER));
    CHECK_EQ(cede_write(a, "x", 1), 1);
    closes_a();
    hears(b, "x");
}

STREAM_TEST(close_may_wait_for_ever)
{
    size_t count = 0;
    fill_up();
    CHECK_OK(cede_stream_linger(a, CEDE_NEVER));
    CEDE_GROUP(g);
    cede_future *f = starts(&g, closes, NULL);
    CHECK_OK(cede_sleep(20 * CEDE_MS));
    CHECK(!cede_done(f));
    CHECK_OK(counts(&count));
    CHECK_EQ(count, wrote);
    CHECK_OK(cede_await(f));
}

/* ---- abort ------------------------------------------------------------- */

STREAM_TEST(abort_does_not_send_and_the_peer_knows)
{
    char text[8];
    CHECK_EQ(cede_write(a, "bye", 3), 3);
    CHECK_OK(cede_stream_abort(a));
    a = NULL;
    CHECK(cede_read(b, text, sizeof text) == (kind == UNIX ? 0 : -ECONNRESET));
}

/* ---- who waits in it --------------------------------------------------- */

static int reads(void *unused)
{
    (void)unused;
    char text[8];
    return cede_read(a, text, sizeof text);
}

/* A task whose failure is nobody's business. */
static cede_future *goes(cede_fn *fn)
{
    cede_future *f = cede_spawn(NULL, fn, NULL);
    CHECK(f != NULL);
    CHECK_OK(cede_sleep(0));
    return f;
}

static void answered(cede_future *f, int want)
{
    CHECK_ERR(cede_await(f), want);
    cede_future_free(f);
}

STREAM_TEST(close_wakes_who_reads_and_who_writes)
{
    cede_future *reader = goes(reads);
    cede_future *writer = goes(writes_a_lot);
    closes_a();
    answered(reader, CEDE_ECLOSED);
    answered(writer, CEDE_ECLOSED);
    size_t count = 0;
    if (kind != UNIX) /* who was writing has not ended: it was cut */
        CHECK_ERR(counts(&count), -ECONNRESET);
}

STREAM_TEST(abort_wakes_who_reads_and_who_writes)
{
    cede_future *reader = goes(reads);
    cede_future *writer = goes(writes_a_lot);
    CHECK_OK(cede_stream_abort(a));
    a = NULL;
    answered(reader, CEDE_ECLOSED);
    answered(writer, CEDE_ECLOSED);
}

TASK_TEST(who_was_granted_something_in_a_stream_that_is_closed_has_nothing)
{
    kind = MEMORY;
    connect_streams(0);
    cede_future *reader = goes(reads);
    says(b, "x");
    closes_a();
    answered(reader, CEDE_ECLOSED);
    close_both();
}

STREAM_TEST(an_abort_ends_the_waiting_of_a_close)
{
    size_t count = 0;
    fill_up();
    cede_stream *s = a;
    cede_future *f = goes(closes);
    CHECK_OK(cede_stream_close(s));
    CHECK_OK(cede_sleep(0));
    CHECK(!cede_done(f));
    CHECK_OK(cede_stream_abort(s));
    answered(f, CEDE_ECLOSED);
    CHECK(counts(&count) == (kind == UNIX ? 0 : -ECONNRESET));
}

static int flushes(void *unused)
{
    (void)unused;
    return cede_flush(a);
}

STREAM_TEST(what_a_writer_who_is_sent_away_waited_for_is_sent_by_close)
{
    size_t count = 0;
    fill_up();
    cede_future *writer = goes(flushes);
    cede_future *closer = goes(closes);
    answered(writer, CEDE_ECLOSED);
    CHECK_OK(counts(&count));
    CHECK_EQ(count, wrote);
    answered(closer, 0);
}

/* ---- where it is called ------------------------------------------------ */

TEST(nobody_closes_nothing)
{
    CHECK_ERR(cede_stream_close(NULL), -ENOMEM);
    CHECK_ERR(cede_stream_abort(NULL), -ENOMEM);
    CHECK_ERR(cede_stream_linger(NULL, 0), -ENOMEM);
    CHECK_ERR(cede_stream_limit(NULL, 1), -ENOMEM);
    CHECK_ERR(cede_stream_keep(NULL, 0), -ENOMEM);
    CHECK_ERR(cede_stream_look(NULL, &(cede_stream_info){0}), -ENOMEM);
    CHECK_ERR(cede_read(NULL, NULL, 0), -ENOMEM);
    CHECK_ERR(cede_write(NULL, NULL, 0), -ENOMEM);
    CHECK_ERR(cede_stream_end(NULL), -ENOMEM);
    CHECK_ERR(cede_stream_peer(NULL, &(cede_address){0}), -ENOMEM);
    CHECK_EQ(cede_stream_buffered(NULL), 0);
    CHECK_EQ(cede_stream_taken(NULL), 0);
    CHECK_EQ(cede_stream_fd(NULL), -1);
}

static int makes_a_pair(void *unused)
{
    (void)unused;
    return cede_stream_pair(&a, &b, 0);
}

TEST(streams_are_made_in_a_run)
{
    CHECK_ERR(makes_a_pair(NULL), -EPERM);
    CHECK(a == NULL && b == NULL);
    CHECK_ERR(cede_stream_open(0, 0, &a), -EPERM);
}

TEST(streams_can_be_closed_when_their_run_is_over)
{
    CHECK_OK(cede_run(makes_a_pair, NULL));
    char text[1];
    CHECK_ERR(cede_read(a, text, 1), -EPERM);
    CHECK_OK(cede_stream_close(a));
    CHECK_OK(cede_stream_abort(b));
}

static int sockets[2];

/* One that was waited in, and one that has never been. */
static int leaves_streams(void *unused)
{
    (void)unused;
    kind = UNIX;
    make_sockets(sockets);
    CEDE_TRY(cede_stream_open(sockets[0], sockets[0], &a));
    CEDE_TRY(cede_stream_open(sockets[1], sockets[1], &b));
    fill_up();
    return cede_write(b, "x", 1);
}

TEST(sockets_can_be_closed_when_their_run_is_over)
{
    CHECK_OK(cede_run(leaves_streams, NULL));
    char text[1];
    CHECK_EQ(read(sockets[0], text, 1), 1); /* sent at the end, at the latest */
    CHECK_EQ(text[0], 'x');
    CHECK_ERR(cede_stream_close(a), -ETIMEDOUT); /* could not send all */
    CHECK_OK(cede_stream_close(b));
    CHECK_EQ(fcntl(sockets[0], F_GETFD), -1);
    CHECK_EQ(fcntl(sockets[1], F_GETFD), -1);
}

static int makes_sockets(void *unused)
{
    (void)unused;
    kind = UNIX;
    make_sockets(sockets);
    return cede_stream_open(sockets[0], sockets[0], &a);
}

static int writes_in_a_step(void *unused)
{
    (void)unused;
    CEDE_TRY(makes_sockets(NULL));
    CEDE_TRY(cede_write(a, "x", 1));
    return cede_sleep(CEDE_NEVER);
}

/* Who runs the loop a turn at a time may take its time for the next one. */
TEST(nothing_stays_gathered_when_a_step_of_a_foreign_loop_is_over)
{
    char text[8];
    cede_loop *l = cede_loop_new(NULL);
    cede_future *f = cede_loop_spawn_on(l, writes_in_a_step, NULL);
    for (int i = 0; !a; i++)
        CHECK_OK(cede_loop_step(l));
    CHECK_EQ(recv(sockets[1], text, sizeof text, MSG_DONTWAIT), 1);
    CHECK_OK(cede_loop_close(l));
    cede_future_free(f);
    CHECK_OK(cede_stream_close(a));
    close(sockets[1]);
}

static int closes_in_a_callback(void *unused)
{
    (void)unused;
    int rc = cede_stream_close(a);
    a = NULL;
    return rc == -ETIMEDOUT ? 0 : -EINVAL;
}

STREAM_TEST(a_callback_does_not_wait_to_close)
{
    fill_up();
    listen_to_hook();
    CHECK_OK(cede_loop_call_soon(cede_loop_current(), closes_in_a_callback,
                                 NULL, NULL));
    CHECK_OK(cede_sleep(0));
    CHECK(a == NULL);
    CHECK_EQ(hooked.count, 0);
}

static void *tries_elsewhere(void *unused)
{
    char text[1];
    (void)unused;
    CHECK_ERR(cede_stream_close(a), -EPERM);
    CHECK_ERR(cede_stream_abort(a), -EPERM);
    CHECK_ERR(cede_read(a, text, 1), -EPERM);
    CHECK_ERR(cede_write(a, text, 1), -EPERM);
    return NULL;
}

static int reads_a(void *unused)
{
    (void)unused;
    char text[1];
    return cede_read(a, text, 1);
}

static void *runs_elsewhere(void *unused)
{
    (void)unused;
    CHECK_ERR(cede_run(reads_a, NULL), -EPERM);
    return NULL;
}

STREAM_TEST(other_threads_are_refused)
{
    pthread_t thread;
    pthread_create(&thread, NULL, tries_elsewhere, NULL);
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, runs_elsewhere, NULL);
    pthread_join(thread, NULL);
    says(a, "x");
    hears(b, "x");
}

/* In the child: 0 if all was as it should be. */
static int closes_in_child(void)
{
    char text[1];
    int fd = cede_stream_fd(a);
    if (cede_read(a, text, 1) != -EPERM || cede_stream_close(a) != 0)
        return 1;
    return fd >= 0 && fcntl(fd, F_GETFD) >= 0 ? 2 : 0;
}

STREAM_TEST(in_the_child_of_a_fork_the_descriptor_alone_is_closed)
{
    CEDE_GROUP(g);
    starts(&g, reads, NULL);
    CHECK_EQ(cede_write(a, "once", 4), 4);
    pid_t child = fork();
    if (child == 0)
        _exit(closes_in_child());
    int status;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
    CHECK_OK(cede_flush(a));
    says(b, "x");
    CHECK_EQ(cede_join(&g), 0);
    hears(b, "once");
    closes_a();
    char text[8];
    CHECK_EQ(cede_read(b, text, sizeof text), 0);
}

STREAM_TEST(an_abort_in_the_child_of_a_fork_resets_nothing)
{
    char text[8];
    pid_t child = fork();
    if (child == 0)
        _exit(cede_stream_abort(a) != 0);
    int status;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
    CHECK_EQ(cede_write(a, "bye", 3), 3);
    closes_a();
    hears(b, "bye");
    CHECK_EQ(cede_read(b, text, sizeof text), 0);
}

SUITE("stream_close")
