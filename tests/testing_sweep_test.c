/* SPDX-License-Identifier: MIT
 *
 * testing_sweep_test.c - the kit proves itself: what a function does wrong
 * when it is cancelled, or gets no memory, is found where it happens.
 */
#include "check.h"
#include <cede/testing.h>
#include <fcntl.h>

/* Can anybody tell how much of the heap is used? */
#if defined(__GLIBC__)
#define HEAP_IS_MEASURED (SANITIZED || !ON_VALGRIND)
#else
#define HEAP_IS_MEASURED SANITIZED
#endif

static bool says(const char *text)
{
    if (!strstr(cede_message(), text))
        printf("not said: '%s' in '%s'\n", text, cede_message());
    return strstr(cede_message(), text) != NULL;
}

/* ---- what is right ----------------------------------------------------- */

static int waits_3_times(void *unused)
{
    (void)unused;
    for (int i = 0; i < 3; i++)
        CEDE_TRY(cede_sleep(CEDE_SEC));
    return 0;
}

/* Each sleep begins, ends with the jump of the clock, and is gone on from. */
TEST(every_moment_of_a_function_is_tried)
{
    cede_sweep s;
    CHECK_OK(cede_sweep_cancels(waits_3_times, NULL, &s));
    CHECK(s.rounds >= 1 + 3 * 3 + 1); /* more where the heap has to settle */
    CHECK_EQ(s.at, 0);
    CHECK_EQ(s.rc, 0);
}

/* After how many of its calls it noticed, and whether it was after one that
 * had not been cancelled. */
static struct {
    bool cut_short[4], after[4];
} seen;

static int notices(void *unused)
{
    (void)unused;
    for (int i = 0; i < 3; i++) {
        int rc = cede_sleep(i * CEDE_SEC);
        if (rc == 0 && cede_cancelled())
            seen.after[i] = true;
        else if (rc == -ECANCELED)
            seen.cut_short[i] = true;
        CEDE_TRY(rc);
    }
    return 0;
}

TEST(every_wait_is_cancelled_before_it_ends_and_once_it_was_granted)
{
    CHECK_OK(cede_sweep_cancels(notices, NULL, NULL));
    for (int i = 0; i < 3; i++) {
        CHECK(seen.cut_short[i]);
        CHECK(seen.after[i]);
    }
}

static int allocates(void *unused)
{
    (void)unused;
    CEDE_GROUP(g);
    cede_go(&g, waits_3_times, NULL);
    CEDE_TRY(cede_join(&g));
    cede_queue *q = cede_queue_new(1, 1);
    int rc = cede_put(q, "");
    cede_queue_free(q);
    return rc;
}

TEST(every_allocation_of_a_function_is_refused_once)
{
    cede_sweep s;
    CHECK_OK(cede_sweep_allocations(allocates, NULL, &s));
    /* A group, a stack, a queue and its ring; what failed has a message. */
    CHECK(s.rounds >= 1 + 4 + 1);
    CHECK_OK(cede_test_run(allocates, NULL)); /* and none afterwards */
}

/* ---- what is wrong when cancelled -------------------------------------- */

/* What the bugs below lose, so that leak checkers do not find it too. */
static void *lost[100];
static int nlost;

static void *lose(void *it)
{
    return lost[nlost++] = it;
}

static int leaks_memory(void *unused)
{
    (void)unused;
    void *memory = lose(malloc(1000));
    CEDE_TRY(cede_sleep(CEDE_SEC));
    free(memory);
    nlost--;
    return 0;
}

TEST(memory_that_a_cancel_leaves_behind_is_found)
{
    cede_sweep s;
    int rc = cede_sweep_cancels(leaks_memory, NULL, &s);
    CHECK_ERR(rc, HEAP_IS_MEASURED ? -ENOTEMPTY : 0);
    if (!HEAP_IS_MEASURED)
        return;
    CHECK_EQ(s.at, 1);
    CHECK(says("'leaks_memory' with CEDE_CANCEL=1: left behind"));
    CHECK(says("bytes of memory"));
    while (nlost > 0)
        free(lost[--nlost]);
}

static int numbers(cede_gen *self, void *unused)
{
    (void)unused;
    for (int i = 0;; i++)
        CEDE_TRY(cede_yield(self, &i));
}

static int leaks_a_generator(void *unused)
{
    (void)unused;
    int x;
    cede_gen *g = lose(cede_gen_of(int, numbers, NULL));
    CEDE_TRY(cede_next(g, &x));
    CEDE_TRY(cede_sleep(CEDE_SEC));
    nlost--;
    return cede_gen_close(g);
}

TEST(a_generator_that_a_cancel_leaves_open_is_found)
{
    cede_sweep s;
    CHECK_ERR(cede_sweep_cancels(leaks_a_generator, NULL, &s), -ENOTEMPTY);
    CHECK_EQ(s.at, 1);
    CHECK(says("1 stacks"));
    CHECK(says("numbers"));
    while (nlost > 0)
        cede_gen_close(lost[--nlost]);
}

static int leaks_a_descriptor(void *unused)
{
    (void)unused;
    CEDE_TRY(cede_sleep(CEDE_SEC));
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CEDE_TRY(cede_sleep(CEDE_SEC));
    close(fd);
    return 0;
}

TEST(a_descriptor_that_a_cancel_leaves_open_is_found)
{
    cede_sweep s;
    CHECK_ERR(cede_sweep_cancels(leaks_a_descriptor, NULL, &s), -ENOTEMPTY);
    CHECK_EQ(s.at, 3); /* at 1 and 2 nothing is open yet */
    CHECK(says("CEDE_CANCEL=3"));
    CHECK(says("1 descriptors"));
}

static int takes_it_for_a_failure(void *unused)
{
    int rc = waits_3_times(unused);
    return rc == -ECANCELED ? cede_fail(-EIO, "no answer") : rc;
}

TEST(a_cancel_that_becomes_another_failure_is_found)
{
    cede_sweep s;
    CHECK_ERR(cede_sweep_cancels(takes_it_for_a_failure, NULL, &s), -EIO);
    CHECK_EQ(s.at, 1);
    CHECK(says("CEDE_CANCEL=1"));
    CHECK(says("no answer"));
    const int right[] = {-EIO};
    CHECK_OK(cede_sweep_expect(right, 1));
    CHECK_OK(cede_sweep_cancels(takes_it_for_a_failure, NULL, &s));
    CHECK_OK(cede_sweep_expect(NULL, 0));
    CHECK_ERR(cede_sweep_cancels(takes_it_for_a_failure, NULL, &s), -EIO);
}

TEST(the_environment_names_a_moment)
{
    cede_sweep s;
    setenv("CEDE_CANCEL", "2", 1);
    CHECK_ERR(cede_sweep_cancels(takes_it_for_a_failure, NULL, &s), -EIO);
    CHECK_EQ(s.at, 2);
}

static int says_so_without_a_cancel(void *unused)
{
    (void)unused;
    return -ECANCELED;
}

TEST(being_cancelled_without_a_cancel_is_a_failure)
{
    cede_sweep s;
    CHECK_ERR(cede_sweep_cancels(says_so_without_a_cancel, NULL, &s),
              -ECANCELED);
    CHECK_EQ(s.at, 0);
    CHECK(says("with nothing done to it"));
}

static int keeps_more_each_round(void *kept)
{
    CEDE_TRY(cede_sleep(0));
    void **at = kept;
    while (*at)
        at++;
    if (at < (void **)kept + 3)
        *at = malloc(100);
    return 0;
}

TEST(memory_that_is_made_a_few_times_and_kept_is_no_leak)
{
    void *kept[4] = {NULL};
    CHECK_OK(cede_sweep_cancels(keeps_more_each_round, kept, NULL));
    for (int i = 0; i < 4; i++)
        free(kept[i]);
}

/* ---- what is wrong without memory -------------------------------------- */

static int takes_null_for_empty(void *unused)
{
    (void)unused;
    cede_queue *q = cede_queue_new(1, 1);
    if (!q)
        return cede_fail(-ENOENT, "the queue is empty");
    cede_queue_free(q);
    return 0;
}

TEST(a_lack_of_memory_that_becomes_another_failure_is_found)
{
    cede_sweep s;
    CHECK_ERR(cede_sweep_allocations(takes_null_for_empty, NULL, &s), -ENOENT);
    CHECK_EQ(s.at, 1);
    CHECK(says("CEDE_ALLOCATION=1"));
    setenv("CEDE_ALLOCATION", "2", 1);
    CHECK_ERR(cede_sweep_allocations(takes_null_for_empty, NULL, &s), -ENOENT);
    CHECK_EQ(s.at, 2);
}

static int child(void *unused)
{
    (void)unused;
    return 0;
}

static int leaks_when_there_is_no_stack(void *unused)
{
    (void)unused;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, child, NULL));
    CEDE_TRY(cede_join(&g));
    close(fd);
    return 0;
}

TEST(what_is_left_behind_without_a_stack_is_found)
{
    cede_sweep s;
    CHECK_ERR(cede_sweep_allocations(leaks_when_there_is_no_stack, NULL, &s),
              -ENOTEMPTY);
    CHECK(says("1 descriptors"));
}

/* ---- misuse ------------------------------------------------------------ */

static int sweeps(void *unused)
{
    (void)unused;
    CHECK_ERR(cede_sweep_seeds(1, child, NULL, NULL), -EBUSY);
    CHECK_ERR(cede_sweep_cancels(child, NULL, NULL), -EBUSY);
    CHECK_ERR(cede_sweep_allocations(child, NULL, NULL), -EBUSY);
    CHECK_ERR(cede_test_run(child, NULL), -EBUSY);
    return 7;
}

TEST(no_sweep_inside_of_a_run)
{
    CHECK_EQ(cede_run(sweeps, NULL), 7);
    CHECK_EQ(cede_test_run(sweeps, NULL), 7);
}

TEST(at_most_4_failures_are_right)
{
    int errors[5] = {0};
    CHECK_OK(cede_sweep_expect(errors, 4));
    CHECK_ERR(cede_sweep_expect(errors, 5), -EINVAL);
    CHECK_ERR(cede_sweep_expect(NULL, 1), -EINVAL);
}

SUITE("testing_sweep")
