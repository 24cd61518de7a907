/* SPDX-License-Identifier: MIT
 *
 * sync_test.c - what holds for all that tasks wait in: between runs and with
 * other loops of the thread, when memory goes, and when there are many.
 */
#include "check.h"

#include <stdlib.h>

static cede_event e;
static cede_sem s;
static cede_barrier b = CEDE_BARRIER(2);
static cede_mutex m;
static cede_cond c;

/* ---- between runs ------------------------------------------------------ */

static int waits_for_event(void *arg)
{
    (void)arg;
    int rc = cede_event_wait(&e);
    note("event%d ", rc);
    return 0;
}

static int waits_for_permit(void *arg)
{
    (void)arg;
    int rc = cede_sem_acquire(&s);
    note("permit%d ", rc);
    return 0;
}

static int waits_at_barrier(void *arg)
{
    (void)arg;
    int rc = cede_barrier_wait(&b);
    note("barrier%d ", rc);
    return 0;
}

static int waits_to_be_notified(void *arg)
{
    (void)arg;
    CHECK_EQ(cede_mutex_lock(&m), 0);
    int rc = cede_cond_wait(&c, &m);
    note("notified%d ", rc);
    cede_mutex_unlock(&m);
    return 0;
}

static int starts_all(void *arg)
{
    CHECK_OK(cede_go(NULL, waits_for_event, arg));
    CHECK_OK(cede_go(NULL, waits_for_permit, arg));
    CHECK_OK(cede_go(NULL, waits_at_barrier, arg));
    CHECK_OK(cede_go(NULL, waits_to_be_notified, arg));
    return cede_sleep(0);
}

static int notifies(void *arg)
{
    (void)arg;
    CHECK_EQ(cede_mutex_lock(&m), 0);
    CHECK_EQ(cede_cond_notify(&c, 1), 1);
    cede_mutex_unlock(&m);
    return 0;
}

static int sets_all(void *arg)
{
    cede_event_set(&e);
    CHECK_OK(cede_sem_release(&s));
    CHECK_EQ(cede_barrier_wait(&b), 1);
    return arg ? notifies(NULL) : 0;
}

static int sleeps(void *arg)
{
    (void)arg;
    return cede_sleep(CEDE_MS);
}

static cede_loop *new_loop(void)
{
    cede_loop *l = cede_loop_new(&(cede_options){.poller = "virtual"});
    CHECK(l);
    return l;
}

TEST(between_the_runs_of_its_loop_a_thread_may_grant_what_tasks_wait_for)
{
    cede_loop *l = new_loop();
    CHECK_OK(cede_loop_run(l, starts_all, NULL));
    CHECK_OK(sets_all(NULL));
    CHECK_NOTED("");
    CHECK_OK(cede_loop_run(l, sleeps, NULL));
    CHECK_NOTED("event0 permit0 barrier0 ");
    CHECK_OK(cede_loop_close(l));
}

TEST(a_task_of_another_loop_of_the_thread_may_grant_as_well)
{
    cede_loop *l = new_loop(), *other = new_loop();
    CHECK_OK(cede_loop_run(l, starts_all, NULL));
    CHECK_OK(cede_loop_run(other, sets_all, &e));
    CHECK_NOTED("");
    CHECK_OK(cede_loop_close(other));
    CHECK_OK(cede_loop_run(l, sleeps, NULL));
    CHECK_NOTED("event0 permit0 barrier0 notified0 ");
    CHECK_OK(cede_loop_close(l));
}

static int locks(void *arg)
{
    (void)arg;
    return cede_mutex_lock(&m);
}

static int locks_and_sleeps(void *arg)
{
    CHECK_OK(locks(arg));
    int rc = cede_sleep(CEDE_SEC);
    cede_mutex_unlock(&m);
    return rc;
}

static int starts_an_owner(void *arg)
{
    CHECK_OK(cede_go(NULL, locks_and_sleeps, arg));
    return cede_sleep(0);
}

/* It would wait for somebody who does not run meanwhile. */
TEST(a_mutex_that_another_loop_holds_is_refused)
{
    cede_loop *l = new_loop(), *other = new_loop();
    CHECK_OK(cede_loop_run(l, starts_an_owner, NULL));
    CHECK_ERR(cede_loop_run(other, locks, NULL), -EPERM);
    CHECK_OK(cede_loop_close(other));
    CHECK_OK(cede_loop_close(l));
}

TEST(a_main_task_that_ends_without_unlocking_is_reported_too)
{
    listen_to_hook();
    CHECK_OK(cede_run(locks, NULL));
    CHECK_EQ(hooked.count, 1);
    CHECK_STR_EQ(hooked.task, "locks");
    CHECK_ERR(cede_run(locks, NULL), CEDE_EBROKEN);
}

/* ---- memory that goes -------------------------------------------------- */

/* Who was granted has no more to do with what it waited in. */
struct things {
    cede_event e;
    cede_sem s;
    cede_barrier b;
    cede_mutex m;
    cede_cond c;
} * things;

static int waits_for_their_event(void *t)
{
    return cede_event_wait(&((struct things *)t)->e);
}

static int waits_for_their_permit(void *t)
{
    return cede_sem_acquire(&((struct things *)t)->s);
}

static int waits_at_their_barrier(void *t)
{
    int rc = cede_barrier_wait(&((struct things *)t)->b);
    return rc < 0 ? rc : 0;
}

static int waits_for_their_mutex(void *t)
{
    int rc = cede_mutex_lock(&((struct things *)t)->m);
    CHECK_ERR(rc, CEDE_EBROKEN);
    return 0;
}

static int owns_their_mutex(void *t)
{
    CHECK_EQ(cede_mutex_lock(&((struct things *)t)->m), 0);
    return cede_sleep(CEDE_MS);
}

static struct things *new_things(void)
{
    struct things *t = calloc(1, sizeof *t);
    CHECK(t);
    t->b = (cede_barrier)CEDE_BARRIER(2);
    return t;
}

TASK_TEST(who_was_granted_does_not_look_at_it_again)
{
    listen_to_hook();
    struct things *t = new_things();
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, waits_for_their_event, t));
    CHECK_OK(cede_go(&g, waits_for_their_permit, t));
    CHECK_OK(cede_go(&g, waits_at_their_barrier, t));
    cede_future *owner = cede_spawn(&g, owns_their_mutex, t);
    CHECK_OK(cede_go(&g, waits_for_their_mutex, t));
    CHECK_OK(cede_await(owner)); /* granted, the same turn */
    cede_event_set(&t->e);
    CHECK_OK(cede_sem_release(&t->s));
    CHECK_EQ(cede_barrier_wait(&t->b), 1);
    memset(t, 0x5a, sizeof *t);
    free(t);
    CHECK_OK(cede_join(&g));
}

static int waits_in_their_condition(void *t)
{
    cede_mutex *mutex = &((struct things *)t)->m;
    CHECK_EQ(cede_mutex_lock(mutex), 0);
    int rc = cede_cond_wait(&((struct things *)t)->c, mutex);
    cede_mutex_unlock(mutex);
    return rc;
}

TASK_TEST(a_condition_may_go_as_soon_as_all_are_notified)
{
    struct things *t = new_things();
    CEDE_GROUP(g);
    for (int i = 0; i < 3; i++)
        CHECK_OK(cede_go(&g, waits_in_their_condition, t));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_mutex_lock(&t->m), 0);
    CHECK_EQ(cede_cond_notify(&t->c, SIZE_MAX), 3);
    memset(&t->c, 0x5a, sizeof t->c);
    cede_mutex_unlock(&t->m);
    CHECK_OK(cede_join(&g));
    free(t);
}

/* ---- owners ------------------------------------------------------------ */

static cede_mutex chain[103];
static int ends_at;

/* Each holds one and waits for the next one's. */
static int holds_one(void *mutex)
{
    cede_mutex *mine = mutex;
    CHECK_EQ(cede_mutex_lock(mine), 0);
    CEDE_TRY(cede_sleep(CEDE_MS * (&chain[103] - mine)));
    int rc = mine == &chain[ends_at] ? cede_sleep(CEDE_SEC)
                                     : cede_mutex_lock(mine + 1);
    if (rc == 0 && mine != &chain[ends_at])
        cede_mutex_unlock(mine + 1);
    cede_mutex_unlock(mine);
    return rc;
}

/* The answer for who holds the last of a chain of n, and locks the first. */
static int closes_circle(int n)
{
    CEDE_GROUP(g);
    ends_at = n - 1;
    CHECK_EQ(cede_mutex_lock(&chain[n - 1]), 0);
    for (int i = 0; i < n - 1; i++)
        CHECK_OK(cede_go(&g, holds_one, &chain[i]));
    CHECK_OK(cede_sleep(CEDE_SEC / 2));
    int rc = cede_mutex_trylock(&chain[0]);
    CHECK_ERR(rc, -EAGAIN);
    cede_scope scope;
    cede_enter(&scope, cede_in(CEDE_SEC));
    rc = cede_leave(&scope, cede_mutex_lock(&chain[0]));
    if (rc == 0)
        cede_mutex_unlock(&chain[0]);
    cede_mutex_unlock(&chain[n - 1]);
    CHECK_OK(cede_join(&g));
    return rc;
}

VIRTUAL_TEST(a_circle_is_noticed_if_it_has_at_most_100_others)
{
    CHECK_ERR(closes_circle(2), -EDEADLK);
    CHECK_ERR(closes_circle(101), -EDEADLK);
    CHECK_ERR(closes_circle(102), -ETIMEDOUT);
}

static int sleeps_holding_two(void *arg)
{
    (void)arg;
    CHECK_EQ(cede_mutex_lock(&m), 0);
    CHECK_EQ(cede_mutex_lock(&chain[0]), 0);
    int rc = cede_cond_wait(&c, &m);
    cede_mutex_unlock(&chain[0]);
    cede_mutex_unlock(&m);
    return rc;
}

/* Who waits in a condition does not wait for its mutex, yet. */
TASK_TEST(a_condition_closes_no_circle_before_it_is_notified)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sleeps_holding_two, NULL));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_mutex_lock(&m), 0);
    cede_scope scope;
    cede_enter(&scope, cede_in(CEDE_MS));
    CHECK_ERR(cede_leave(&scope, cede_mutex_lock(&chain[0])), -ETIMEDOUT);
    CHECK_EQ(cede_cond_notify(&c, 1), 1);
    CHECK_ERR(cede_mutex_lock(&chain[0]), -EDEADLK);
    cede_mutex_unlock(&m);
    CHECK_OK(cede_join(&g));
}

static bool is_dumped(const char *line)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    cede_dump(out);
    fclose(out);
    bool is = strstr(text, line);
    free(text);
    return is;
}

TASK_TEST(a_dump_tells_who_waits_to_be_notified_from_who_waits_for_the_mutex)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, waits_to_be_notified, NULL));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_mutex_lock(&m), 0);
    CHECK(is_dumped("condition, "));
    CHECK(!is_dumped("held by"));
    CHECK_EQ(cede_cond_notify(&c, 1), 1);
    CHECK(is_dumped("mutex lock, held by "));
    CHECK(!is_dumped("condition"));
    cede_mutex_unlock(&m);
    CHECK_OK(cede_join(&g));
}

/* ---- many -------------------------------------------------------------- */

static int waits_quietly(void *waiting)
{
    CHECK_EQ(cede_mutex_lock(&m), 0);
    ++*(int *)waiting;
    int rc = cede_cond_wait(&c, &m);
    cede_mutex_unlock(&m);
    return rc;
}

/* None of it looks at all who wait. */
TASK_TEST(many_are_cancelled_and_notified_in_one_turn)
{
    int n = many(20000);
    cede_future **f = calloc((size_t)n, sizeof *f);
    for (int round = 0; round < 2; round++) {
        int waiting = 0;
        CEDE_GROUP(g);
        CHECK_EQ(cede_mutex_lock(&m), 0);
        for (int i = 0; i < n; i++)
            f[i] = cede_spawn(&g, waits_quietly, &waiting);
        cede_mutex_unlock(&m);
        while (waiting < n)
            CHECK_OK(cede_sleep(0));
        CHECK_EQ(cede_mutex_lock(&m), 0);
        for (int i = n - 1; i >= 0; i -= 2)
            CHECK_OK(cede_cancel(f[i]));
        CHECK_EQ(cede_cond_notify(&c, SIZE_MAX), n / 2);
        cede_mutex_unlock(&m);
        CHECK_OK(cede_join(&g));
    }
    free(f);
}

SUITE("sync")
