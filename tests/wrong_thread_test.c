/* SPDX-License-Identifier: MIT
 *
 * wrong_thread_test.c - what belongs to one loop, used on another thread:
 * aborts by name, on a plain thread as on one that runs a loop of its own.
 */
#include "check.h"
#include "tasks.h"
#include <pthread.h>

static int zero;

/* What the main task has, and what another thread does with it. */
static struct {
    cede_group *group;
    cede_scope *scope;
    cede_queue *queue;
    cede_fn *misuse;
} used;

static int misuses_in_a_task(void *arg)
{
    return used.misuse(arg);
}

static void *on_a_plain_thread(void *arg)
{
    (void)arg;
    (void)used.misuse(NULL);
    return NULL;
}

static void *on_a_thread_with_a_loop(void *arg)
{
    (void)cede_run(misuses_in_a_task, arg);
    return NULL;
}

static int gets(void *arg)
{
    int item;
    (void)arg;
    return cede_get(used.queue, &item);
}

static int owner(void *arg)
{
    void *(*const *thread)(void *) = arg;
    pthread_t t;
    CEDE_GROUP(workers);
    CEDE_SCOPE(limit, CEDE_NEVER);
    used.group = &workers;
    used.scope = &limit;
    used.queue = cede_queue_new(sizeof(int), 1);
    CHECK_OK(cede_go(&workers, gets, NULL));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(pthread_create(&t, NULL, *thread, NULL), 0);
    CHECK_EQ(pthread_join(t, NULL), 0);
    return 0;
}

static void run_owner(void *arg)
{
    (void)cede_run(owner, arg);
}

#define CHECK_MISUSE(fn, ...)                                                  \
    do {                                                                       \
        void *(*threads_[])(void *) = {on_a_plain_thread,                      \
                                       on_a_thread_with_a_loop};               \
        used.misuse = (fn);                                                    \
        CHECK_ABORTS(run_owner, &threads_[0], __VA_ARGS__);                    \
        CHECK_ABORTS(run_owner, &threads_[1], __VA_ARGS__);                    \
    } while (0)

/* ---- groups ---------------------------------------------------------- */

static int goes(void *arg)
{
    (void)arg;
    return cede_go(used.group, returns, &zero);
}

static int spawns(void *arg)
{
    (void)arg;
    return cede_spawn(used.group, returns, &zero) ? 0 : -ENOMEM;
}

TEST(a_child_started_in_a_group_of_another_thread_aborts_by_name)
{
    CHECK_MISUSE(goes, "task 'returns' started in group 'workers' of another",
                 "cede_loop_spawn_on");
    CHECK_MISUSE(spawns, "task 'returns' started in group 'workers' of");
}

static int starts_in_a_task(void *arg)
{
    return cede_start(used.group, returns, arg);
}

/* On a plain thread it is refused: it would have to wait. */
TEST(a_start_in_a_group_of_another_thread_aborts_by_name)
{
    void *(*thread)(void *) = on_a_thread_with_a_loop;
    used.misuse = starts_in_a_task;
    CHECK_ABORTS(run_owner, &thread,
                 "task 'returns' started in group 'workers' of another");
}

static int joins(void *arg)
{
    (void)arg;
    return cede_join(used.group);
}

static int cancels_the_group(void *arg)
{
    (void)arg;
    cede_group_cancel(used.group);
    return 0;
}

TEST(a_group_of_another_thread_joined_or_cancelled_aborts_by_name)
{
    CHECK_MISUSE(joins, "joins group 'workers', entered at ", "task 'owner'");
    CHECK_MISUSE(cancels_the_group, "group 'workers' cancelled on another");
}

/* ---- scopes ---------------------------------------------------------- */

static int cancels_the_scope(void *arg)
{
    (void)arg;
    cede_scope_cancel(used.scope);
    return 0;
}

static int moves_the_deadline(void *arg)
{
    (void)arg;
    cede_scope_deadline(used.scope, 0);
    return 0;
}

static int raises_the_shield(void *arg)
{
    (void)arg;
    cede_scope_shield(used.scope, true);
    return 0;
}

static int leaves(void *arg)
{
    (void)arg;
    return cede_leave(used.scope, 0);
}

TEST(a_scope_of_another_thread_aborts_by_name)
{
    CHECK_MISUSE(cancels_the_scope, "cede_scope_cancel of scope 'limit', ",
                 "in task 'owner' of another thread");
    CHECK_MISUSE(moves_the_deadline, "cede_scope_deadline of scope 'limit', ",
                 "in task 'owner' of another thread");
    CHECK_MISUSE(raises_the_shield, "cede_scope_shield of scope 'limit', ",
                 "in task 'owner' of another thread");
    CHECK_MISUSE(leaves, "leaves scope 'limit', ", "in task 'owner'");
}

/* ---- queues ---------------------------------------------------------- */

static int puts_an_item(void *arg)
{
    (void)arg;
    return cede_put(used.queue, &zero);
}

static int puts_at_once(void *arg)
{
    (void)arg;
    return cede_try_put(used.queue, &zero);
}

static int closes_the_queue(void *arg)
{
    (void)arg;
    cede_queue_close(used.queue);
    return 0;
}

TEST(a_queue_in_which_a_task_of_another_thread_waits_aborts_by_name)
{
    void *(*thread)(void *) = on_a_thread_with_a_loop;
    used.misuse = puts_an_item;
    CHECK_ABORTS(run_owner, &thread, "used by two threads", "task 'gets'");
    CHECK_MISUSE(puts_at_once, "used by two threads", "task 'gets'");
    CHECK_MISUSE(puts_at_once, "cede_queue_new_shared");
    CHECK_MISUSE(closes_the_queue, "used by two threads", "task 'gets'");
}

SUITE("wrong_thread")
