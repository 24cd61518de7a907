/* SPDX-License-Identifier: MIT
 *
 * managers_test.c - managers that close, suppress and lock: what they take is
 * given back, and a failure to give back is not lost.
 */
#include "check.h"
#include <pthread.h>

/* ---- closing --------------------------------------------------------- */

static int close_answers(void *rc)
{
    note("close ");
    return *(int *)rc < 0 ? cede_fail(*(int *)rc, "cannot close") : *(int *)rc;
}

TEST(closing_closes_and_leaves_the_outcome_alone)
{
    int rc;
    cede_closing c = {close_answers, &(int){3}};
    cede_using (rc, &cede_manager_closing, &c)
        rc = 5;
    CHECK_EQ(rc, 5);
    cede_using (rc, &cede_manager_closing, &c)
        rc = -EIO;
    CHECK_ERR(rc, -EIO);
    CHECK_NOTED("close close ");
}

TEST(closing_with_no_function_skips_the_block)
{
    int rc;
    cede_closing c = {0};
    cede_using (rc, &cede_manager_closing, &c)
        note("never");
    CHECK_ERR(rc, -EINVAL);
    CHECK_STR_EQ(cede_message(), "cede_closing without a function");
    CHECK_NOTED("");
}

TEST(a_failure_to_close_is_the_outcome_of_a_block_that_went_well)
{
    int rc;
    cede_closing c = {close_answers, &(int){-EPIPE}};
    cede_using (rc, &cede_manager_closing, &c)
        rc = 5;
    CHECK_ERR(rc, -EPIPE);
    CHECK_STR_EQ(cede_message(), "cannot close");
}

TEST(a_failure_to_close_after_a_failure_goes_to_the_hook)
{
    int rc;
    listen_to_hook();
    cede_closing c = {close_answers, &(int){-EPIPE}};
    cede_using (rc, &cede_manager_closing, &c)
        rc = cede_fail(-EIO, "bad block");
    CHECK_ERR(rc, -EIO);
    CHECK_STR_EQ(cede_message(), "bad block");
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EPIPE);
    CHECK_STR_EQ(hooked.message, "cannot close");
    CHECK_STR_EQ(hooked.what, "closing failed after its block");
}

static int fails_to_close(cede_gen *self, void *arg)
{
    (void)self;
    (void)arg;
    int rc;
    cede_closing c = {close_answers, &(int){-EPIPE}};
    cede_using (rc, &cede_manager_closing, &c)
        rc = -EIO;
    return rc;
}

static int closes_a_generator(void *unused)
{
    (void)unused;
    cede_gen *g = cede_gen_of(int, fails_to_close, NULL);
    CHECK_ERR(cede_next(g, NULL), -EIO);
    CHECK_STR_EQ(hooked.task, cede_task_name());
    CHECK(strcmp(hooked.task, "fails_to_close") != 0);
    CHECK_ERR(cede_gen_close(g), -EIO);
    return 0;
}

TEST(the_hook_is_told_the_task_a_failure_to_close_happened_in)
{
    listen_to_hook();
    CHECK_EQ(cede_run(closes_a_generator, NULL), 0);
    CHECK_EQ(hooked.count, 1);
    closes_a_generator(NULL);
    CHECK_EQ(hooked.count, 2);
    CHECK_STR_EQ(hooked.task, "");
}

/* ---- suppressing ----------------------------------------------------- */

TEST(listed_codes_are_suppressed_and_no_others)
{
    int rc;
    static const int codes[] = {-ENOENT, -EEXIST};
    cede_suppression s = {codes, 2};
    for (int i = 0; i < 2; i++) {
        cede_using (rc, &cede_manager_suppress, &s)
            rc = codes[i];
        CHECK_EQ(rc, 0);
    }
    cede_using (rc, &cede_manager_suppress, CEDE_SUPPRESS(-ENOENT, -EEXIST))
        rc = -EIO;
    CHECK_ERR(rc, -EIO);
    cede_using (rc, &cede_manager_suppress, CEDE_SUPPRESS(3))
        rc = 3;
    CHECK_EQ(rc, 3);
}

TEST(one_suppression_serves_nested_blocks)
{
    int rc;
    cede_suppression s = {(const int[]){-EIO}, 1};
    cede_using (rc, &cede_manager_suppress, &s) {
        cede_using (rc, &cede_manager_suppress, &s)
            rc = -EIO;
        CHECK_EQ(rc, 0);
        rc = -EIO;
    }
    CHECK_EQ(rc, 0);
}

/* ---- a mutex --------------------------------------------------------- */

TEST(a_mutex_is_locked_in_the_block_and_free_after_it)
{
    int rc;
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    cede_using (rc, &cede_manager_pthread_mutex, &m) {
        CHECK_EQ(pthread_mutex_trylock(&m), EBUSY);
        rc = -EIO;
    }
    CHECK_ERR(rc, -EIO);
    CHECK_EQ(pthread_mutex_trylock(&m), 0);
}

static void make_mutex(pthread_mutex_t *m, int type, int robust)
{
    pthread_mutexattr_t attr;
    CHECK_EQ(pthread_mutexattr_init(&attr), 0);
    CHECK_EQ(pthread_mutexattr_settype(&attr, type), 0);
    CHECK_EQ(pthread_mutexattr_setrobust(&attr, robust), 0);
    CHECK_EQ(pthread_mutex_init(m, &attr), 0);
}

TEST(what_locking_answers_is_enters_failure)
{
    int rc;
    pthread_mutex_t m;
    make_mutex(&m, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED);
    CHECK_EQ(pthread_mutex_lock(&m), 0);
    cede_using (rc, &cede_manager_pthread_mutex, &m)
        note("never");
    CHECK_ERR(rc, -EDEADLK);
    CHECK_NOTED("");
}

TEST(what_unlocking_answers_is_the_outcome)
{
    if (SANITIZED)
        return; /* ThreadSanitizer takes the misuse for a mistake */
    int rc;
    pthread_mutex_t m;
    make_mutex(&m, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED);
    cede_using (rc, &cede_manager_pthread_mutex, &m)
        CHECK_EQ(pthread_mutex_unlock(&m), 0);
    CHECK_ERR(rc, -EPERM);
}

static void *dies_holding(void *mutex)
{
    CHECK_EQ(pthread_mutex_lock(mutex), 0);
    return NULL;
}

TEST(a_mutex_whose_owner_died_is_refused_and_not_kept)
{
    int rc;
    pthread_t t;
    pthread_mutex_t m;
    make_mutex(&m, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST);
    CHECK_EQ(pthread_create(&t, NULL, dies_holding, &m), 0);
    CHECK_EQ(pthread_join(t, NULL), 0);
    cede_using (rc, &cede_manager_pthread_mutex, &m)
        note("never");
    CHECK_ERR(rc, -EOWNERDEAD);
    CHECK_EQ(pthread_mutex_trylock(&m), ENOTRECOVERABLE);
}

SUITE("managers")
