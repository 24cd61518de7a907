/* SPDX-License-Identifier: MIT
 *
 * base_error_test.c - the texts of errors, and the messages that travel with
 * them.
 */
#include "check.h"
#include <limits.h>
#include <pthread.h>

/* ---- texts ----------------------------------------------------------- */

TEST(zero_and_more_are_success)
{
    CHECK_STR_EQ(cede_strerror(0), "success");
    CHECK_STR_EQ(cede_strerror(1), "success");
    CHECK_STR_EQ(cede_strerror(INT_MAX), "success");
}

TEST(each_own_error_has_a_text_of_its_own)
{
    for (int a = CEDE_ETLS; a <= CEDE_EXIT; a++) {
        CHECK(cede_strerror(a)[0]);
        CHECK(strcmp(cede_strerror(a), "success") != 0);
        for (int b = CEDE_ETLS; b < a; b++)
            CHECK(strcmp(cede_strerror(a), cede_strerror(b)) != 0);
    }
}

TEST(errno_values_have_texts)
{
    CHECK(strcmp(cede_strerror(-ENOENT), cede_strerror(-EINVAL)) != 0);
    CHECK(cede_strerror(-ETIMEDOUT)[0]);
}

TEST(any_number_has_a_text)
{
    for (int err = 0; err > -5000; err--)
        CHECK(cede_strerror(err) != NULL);
    CHECK(cede_strerror(INT_MIN) != NULL);
}

static void *text_of_enoent(void *arg)
{
    (void)arg;
    (void)cede_strerror(-EINVAL);
    return (void *)(uintptr_t)cede_strerror(-ENOENT);
}

TEST(a_text_is_the_same_for_all_threads_and_stays)
{
    const char *here = cede_strerror(-ENOENT);
    char copy[128];
    snprintf(copy, sizeof copy, "%s", here);
    (void)cede_strerror(-EPERM);
    (void)cede_strerror(-123456);
    CHECK_STR_EQ(here, copy);
    pthread_t t;
    void *there;
    CHECK(pthread_create(&t, NULL, text_of_enoent, NULL) == 0);
    CHECK(pthread_join(t, &there) == 0);
    CHECK_STR_EQ(here, copy);
    CHECK(there == here);
}

/* ---- messages -------------------------------------------------------- */

TEST(before_any_failure_the_message_is_empty)
{
    CHECK_STR_EQ(cede_message(), "");
}

TEST(fail_returns_its_code_always)
{
    CHECK_EQ(cede_fail(-EINVAL, "bad"), -EINVAL);
    CHECK_EQ(cede_fail(CEDE_ESHORT, "short"), CEDE_ESHORT);
    CHECK_EQ(cede_fail(0, "fine"), 0);
    CHECK_EQ(cede_fail(3, "fine"), 3);
}

TEST(fail_formats_its_message)
{
    (void)cede_fail(-EINVAL, "column %d of %s", 7, "table");
    CHECK_STR_EQ(cede_message(), "column 7 of table");
}

TEST(a_message_replaces_the_last_one)
{
    (void)cede_fail(-EINVAL, "a long first message");
    (void)cede_fail(-EIO, "second");
    CHECK_STR_EQ(cede_message(), "second");
}

TEST(a_message_may_quote_the_last_one)
{
    (void)cede_fail(-EINVAL, "inner");
    (void)cede_fail(-EINVAL, "outer: %s", cede_message());
    CHECK_STR_EQ(cede_message(), "outer: inner");
}

TEST(a_message_of_a_thousand_bytes_arrives_whole)
{
    char text[1001];
    memset(text, 'x', 1000);
    text[1000] = '\0';
    (void)cede_fail(-EINVAL, "%s", text);
    CHECK_STR_EQ(cede_message(), text);
}

TEST(fail_and_strerror_and_message_preserve_errno)
{
    errno = 77;
    (void)cede_fail(-EINVAL, "text %s", "here");
    (void)cede_strerror(-EIO);
    (void)cede_message();
    CHECK_EQ(errno, 77);
}

static void *fails_elsewhere(void *arg)
{
    (void)arg;
    return (void *)(intptr_t)cede_fail(-EIO, "of the other thread");
}

TEST(each_thread_has_its_own_message)
{
    (void)cede_fail(-EINVAL, "mine");
    pthread_t t;
    CHECK(pthread_create(&t, NULL, fails_elsewhere, NULL) == 0);
    CHECK(pthread_join(t, NULL) == 0);
    CHECK_STR_EQ(cede_message(), "mine");
}

static int body_fails_with_text(cede_gen *self, void *arg)
{
    (void)self;
    return cede_fail(-EIO, "block %d", *(int *)arg);
}

TEST(a_message_travels_from_the_body_to_the_consumer)
{
    cede_gen *g = cede_gen_of(int, body_fails_with_text, &(int){12});
    CHECK_ERR(cede_next(g, NULL), -EIO);
    CHECK_STR_EQ(cede_message(), "block 12");
    (void)cede_gen_close(g);
}

TEST(a_message_outlives_the_generator_it_came_from)
{
    cede_gen *g = cede_gen_of(int, body_fails_with_text, &(int){12});
    CHECK_ERR(cede_next(g, NULL), -EIO);
    (void)cede_gen_close(g);
    CHECK_STR_EQ(cede_message(), "block 12");
}

static int body_fails_silently(cede_gen *self, void *arg)
{
    (void)self;
    (void)arg;
    return -EIO;
}

TEST(a_failure_without_a_message_empties_it)
{
    (void)cede_fail(-EINVAL, "old");
    cede_gen *g = cede_gen_of(int, body_fails_silently, NULL);
    CHECK_ERR(cede_next(g, NULL), -EIO);
    CHECK_STR_EQ(cede_message(), "");
    (void)cede_gen_close(g);
}

static int body_fails_otherwise(cede_gen *self, void *arg)
{
    (void)self;
    (void)cede_fail(-EINVAL, "handled");
    return *(int *)arg;
}

TEST(a_message_travels_with_its_own_code_only)
{
    cede_gen *g = cede_gen_of(int, body_fails_otherwise, &(int){-EIO});
    CHECK_ERR(cede_next(g, NULL), -EIO);
    CHECK_STR_EQ(cede_message(), "");
    (void)cede_gen_close(g);
}

static int body_handles_a_failure(cede_gen *self, void *arg)
{
    (void)arg;
    (void)cede_fail(-EINVAL, "handled in the body");
    int rc = cede_yield(self, &(int){1});
    CHECK_STR_EQ(cede_message(), "handled in the body");
    return rc;
}

TEST(a_message_handled_in_the_body_stays_there)
{
    (void)cede_fail(-EIO, "of the consumer");
    cede_gen *g = cede_gen_of(int, body_handles_a_failure, NULL);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_STR_EQ(cede_message(), "of the consumer");
    CHECK_EQ(cede_next(g, NULL), 0);
    (void)cede_gen_close(g);
}

static int task_fails(void *arg)
{
    return cede_fail(-EPROTO, "peer %d", *(int *)arg);
}

TASK_TEST(a_message_travels_from_a_task_to_its_joiner)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, task_fails, &(int){3}));
    CHECK_ERR(cede_join(&g), -EPROTO);
    CHECK_STR_EQ(cede_message(), "peer 3");
}

static int awaits_a_failure(void *arg)
{
    CHECK_ERR(cede_await(*(cede_future **)arg), -EPROTO);
    CHECK_STR_EQ(cede_message(), "peer 4");
    return 0;
}

TASK_TEST(a_message_travels_to_all_who_await)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(NULL, task_fails, &(int){4});
    listen_to_hook();
    CHECK_OK(cede_go(&g, awaits_a_failure, &f));
    CHECK_OK(cede_go(&g, awaits_a_failure, &f));
    CHECK_ERR(cede_await(f), -EPROTO);
    CHECK_STR_EQ(cede_message(), "peer 4");
    CHECK_OK(cede_join(&g));
    cede_future_free(f);
}

TEST(a_message_travels_from_the_main_task_out_of_run)
{
    CHECK_ERR(cede_run(task_fails, &(int){5}), -EPROTO);
    CHECK_STR_EQ(cede_message(), "peer 5");
}

static int own_message_survives(void *arg)
{
    (void)cede_fail(-EIO, "task %d", *(int *)arg);
    CHECK_OK(cede_sleep(0));
    char want[32];
    snprintf(want, sizeof want, "task %d", *(int *)arg);
    CHECK_STR_EQ(cede_message(), want);
    return 0;
}

TASK_TEST(each_task_has_its_own_message)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, own_message_survives, &(int){1}));
    CHECK_OK(cede_go(&g, own_message_survives, &(int){2}));
    CHECK_OK(cede_join(&g));
}

TASK_TEST(a_message_of_another_code_is_not_the_one_asked_for)
{
    CHECK_STR_EQ(cede_message_of(-EIO), "");
    cede_fail(-EIO, "broken");
    CHECK_STR_EQ(cede_message_of(-EIO), "broken");
    CHECK_STR_EQ(cede_message_of(-EPIPE), "");
}

SUITE("base_error")
