/* SPDX-License-Identifier: MIT
 *
 * threads.c - a loop on each of several threads.
 *
 * The threads meet twice.  First at a gate: it opens when all loops are there,
 * and so nobody can send work to one that is not; it stays shut when a thread
 * or a loop could not be made, and then none of the mains runs.  Then each
 * main, having ended, waits for the others inside of its own task, so that its
 * loop goes on to serve them; the last one wakes all.  The rest is as in
 * cede_run, on each thread for itself.
 *
 * What a team shares is a lock that is taken at these two moments, and never
 * by what runs in between.
 */
#define _GNU_SOURCE /* pthread_setname_np */
#include "task/threads.h"
#include "base/cpus.h"
#include "base/memory.h"
#include "task/future.h"
#include "task/loop.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 1024 };

/* One of the threads.  The two works are posted once at most, to its loop,
 * which is closed before the team is freed. */
struct cd_member {
    struct cd_team *team;
    struct cede_loop *loop;   /* kept; NULL: could not be made.  Set before the
                                 gate opens, and constant from then on */
    struct cd_locals *locals; /* that its main begins with */
    struct cd_work cancel, wake;
    struct cd_wait *wait; /* its main is over, and waits for the others */
    bool began;           /* its main did */
    pthread_t thread;
};

struct cd_team {
    const cede_options *options;
    const char *name; /* see CEDE_NAMED_ */
    cede_fn *fn;
    void *arg;
    pthread_mutex_t lock; /* from here on, but for the members */
    pthread_cond_t changed;
    enum { SHUT, OPEN, REFUSED } gate;
    unsigned arrived;           /* at the gate */
    unsigned running;           /* mains that are not over */
    int rc;                     /* the first failure; 0: none */
    struct cd_message *message; /* its; owned */
    const char *why; /* the mains are cancelled; NULL: they are not */
    unsigned n;
    struct cd_member member[];
};

static unsigned index_of(const struct cd_member *m)
{
    return (unsigned)(m - m->team->member);
}

/* ---- the end of mains -------------------------------------------------- */

static void run_cancel(struct cd_work *w)
{
    struct cd_member *m = cd_container(w, struct cd_member, cancel);
    struct cd_run *run = &m->loop->run;
    if (run->main.live > 0)
        cd_scope_cancel(&run->main.scope, m->team->why);
}

static void cancel_all(struct cd_team *team, const char *why)
{
    pthread_mutex_lock(&team->lock);
    bool before = team->why != NULL;
    if (!before)
        team->why = why;
    pthread_mutex_unlock(&team->lock);
    for (unsigned i = 0; !before && i < team->n; i++)
        (void)cd_loop_post(&team->member[i].loop->loop,
                           &team->member[i].cancel);
}

void cd_threads_interrupt(void)
{
    if (cd_me.member)
        cancel_all(cd_me.member->team, "SIGINT came");
}

static void run_wake(struct cd_work *w)
{
    struct cd_member *m = cd_container(w, struct cd_member, wake);
    if (m->wait)
        cd_wait_grant(m->wait, 0);
}

static void wake_all(struct cd_team *team)
{
    for (unsigned i = 0; i < team->n; i++)
        (void)cd_loop_post(&team->member[i].loop->loop, &team->member[i].wake);
}

/* Under the lock: rc is the first failure, with what is known of it here. */
static bool fail_first(struct cd_team *team, int rc)
{
    if (rc >= 0 || team->rc < 0)
        return false;
    team->rc = rc;
    team->message = cd_message_take(cd_current(), rc);
    return true;
}

/* A main's second failure is nobody's result. */
static void report(int rc)
{
    if (rc < 0 && rc != -ECANCELED)
        cd_report("a main of cede_run_threads failed after another one had",
                  cd_task_running(), rc, cd_message_of(cd_current(), rc));
}

/* A main is over, or could not be started. */
static void main_over(struct cd_team *team, int rc)
{
    pthread_mutex_lock(&team->lock);
    bool first = fail_first(team, rc);
    bool last = --team->running == 0;
    pthread_mutex_unlock(&team->lock);
    if (first)
        cancel_all(team, "the main of another thread failed");
    else
        report(rc);
    if (last)
        wake_all(team);
}

/* What the first thread's loop answers is what they all do. */
static int take_result(struct cd_team *team)
{
    cd_message_set(cd_current(), team->message);
    team->message = NULL;
    return team->rc;
}

/* ---- a main ------------------------------------------------------------ */

/* Its function has returned as it must not: the task's own end says so. */
static bool ended_badly(const struct cd_task *t)
{
    return !t || t->scope != &t->root;
}

/* What it has failed to do does not wait for the other threads. */
static void settle(struct cd_task *t)
{
    cd_coro_end(&t->co);
    if (t->mutexes)
        cd_task_left_mutexes(t);
}

static int stopped(const struct cd_member *m, int rc)
{
    if (rc == -ECANCELED && m->loop->told_main)
        return cede_fail(-EINTR,
                         "the main task of thread %u was cancelled by "
                         "cede_loop_stop",
                         index_of(m));
    return rc;
}

static int member_main(void *arg)
{
    struct cd_member *m = arg;
    m->began = true;
    int rc = m->team->fn(m->team->arg);
    if (ended_badly(cd_me.task))
        return rc;
    settle(cd_me.task);
    struct cd_wait w = {.abort = cd_wait_refuse};
    m->wait = &w;
    main_over(m->team, stopped(m, rc));
    cd_wait_in(&w, NULL, "the mains of other threads");
    m->wait = NULL;
    return index_of(m) == 0 ? take_result(m->team) : 0;
}

static int run_loop(struct cd_member *m)
{
    struct cede_loop *l = m->loop;
    struct cd_start main = {.name = m->team->name,
                            .site = m->team->name,
                            .fn = member_main,
                            .arg = m};
    struct cd_thread before = cd_loop_enter(l);
    int rc = cd_loop_run_main(l, &main, true);
    if (!m->began)
        main_over(m->team, rc);
    cd_loop_end(l, &before);
    return rc;
}

/* ---- the gate ---------------------------------------------------------- */

/* rc: what became of m's loop.  true: the mains are to run. */
static bool pass_gate(struct cd_member *m, int rc)
{
    struct cd_team *team = m->team;
    pthread_mutex_lock(&team->lock);
    (void)fail_first(team, rc);
    team->arrived++;
    pthread_cond_broadcast(&team->changed);
    while (team->gate == SHUT)
        pthread_cond_wait(&team->changed, &team->lock);
    bool open = team->gate == OPEN;
    pthread_mutex_unlock(&team->lock);
    return open;
}

/* By the first thread: wait for so many others. */
static void decide(struct cd_team *team, unsigned others, int rc)
{
    pthread_mutex_lock(&team->lock);
    (void)fail_first(team, rc);
    while (team->arrived < others)
        pthread_cond_wait(&team->changed, &team->lock);
    team->gate = team->rc < 0 ? REFUSED : OPEN;
    pthread_cond_broadcast(&team->changed);
    pthread_mutex_unlock(&team->lock);
}

static int make_loop(struct cd_member *m)
{
    int rc = cd_loop_make(m->team->options, cd_me.probe, &m->loop);
    if (rc == 0)
        cede_loop_keep(m->loop);
    return rc;
}

static void *thread_main(void *arg)
{
    struct cd_member *m = arg;
    char name[16];
    snprintf(name, sizeof name, "cede-%u", index_of(m));
    (void)pthread_setname_np(pthread_self(), name);
    cd_thread_ready();
    cd_me.member = m;
    (void)cd_locals_swap(m->locals);
    if (pass_gate(m, make_loop(m)))
        (void)run_loop(m);
    else
        (void)cede_loop_close(m->loop);
    cd_locals_drop(cd_locals_swap(NULL));
    return NULL;
}

static int start(struct cd_member *m)
{
    int rc = cd_locals_copy(&m->locals);
    if (rc < 0)
        return rc;
    int saved = errno;
    rc = -pthread_create(&m->thread, NULL, thread_main, m);
    cd_errno_restore(saved);
    if (rc < 0) {
        cd_locals_drop(m->locals);
        return cede_fail(rc, "thread %u of cede_run_threads cannot be made",
                         index_of(m));
    }
    return 0;
}

/* Start the other threads; how many, and in *rc why there are no more. */
static unsigned start_others(struct cd_team *team, int *rc)
{
    unsigned others = 0;
    while (*rc == 0 && others < team->n - 1) {
        *rc = start(&team->member[others + 1]);
        others += *rc == 0;
    }
    return others;
}

static void join(struct cd_team *team, unsigned others)
{
    for (unsigned i = 1; i <= others; i++)
        (void)pthread_join(team->member[i].thread, NULL);
}

/* ---- the team ---------------------------------------------------------- */

static struct cd_team *new_team(const cede_options *o, unsigned n,
                                const char *name, cede_fn *fn, void *arg)
{
    struct cd_team *team = cd_zalloc(sizeof *team + n * sizeof team->member[0]);
    if (!team)
        return NULL;
    team->options = o;
    team->name = name;
    team->fn = fn;
    team->arg = arg;
    team->n = team->running = n;
    pthread_mutex_init(&team->lock, NULL);
    pthread_cond_init(&team->changed, NULL);
    for (unsigned i = 0; i < n; i++)
        team->member[i] = (struct cd_member){
            .team = team, .cancel.run = run_cancel, .wake.run = run_wake};
    return team;
}

static void free_team(struct cd_team *team)
{
    for (unsigned i = 0; i < team->n; i++)
        cede_loop_drop(team->member[i].loop);
    pthread_cond_destroy(&team->changed);
    pthread_mutex_destroy(&team->lock);
    free(team);
}

/* Before any main can run, which may be on another thread. */
static void watch_interrupt(const struct cd_member *me)
{
    if (me->loop && !me->loop->no_sigint)
        cd_interrupt_watch(&me->loop->run);
}

/* No main runs. */
static int give_up(struct cd_member *me)
{
    int rc = take_result(me->team);
    if (me->loop) {
        rc = cd_interrupt_leave(&me->loop->run, rc);
        (void)cede_loop_close(me->loop);
    }
    return rc;
}

/* The first thread's part. */
static int run_team(struct cd_team *team)
{
    struct cd_member *me = &team->member[0], *before = cd_me.member;
    cd_me.member = me;
    int rc = make_loop(me);
    watch_interrupt(me);
    unsigned others = start_others(team, &rc);
    decide(team, others, rc);
    rc = team->gate == OPEN ? run_loop(me) : give_up(me);
    if (team->gate == OPEN && !me->began)
        rc = take_result(team);
    join(team, others);
    cd_me.member = before;
    return rc;
}

/* As many as there are CPUs for. */
static unsigned usual(void)
{
    unsigned n = cd_cpus();
    return n < MOST ? n : MOST;
}

static int check(unsigned n, cede_fn *fn)
{
    if (cd_me.loop)
        return cede_fail(-EBUSY, "cede_run_threads inside of a run: this "
                                 "thread runs a loop already");
    if (n > MOST)
        return cede_fail(-EINVAL,
                         "cede_run_threads: %u threads; %d are the "
                         "most",
                         n, MOST);
    return fn ? 0 : cede_fail(-EINVAL, "cede_run_threads has no function");
}

int cede_run_threads_named_(const cede_options *o, unsigned n, const char *name,
                            cede_fn *fn, void *arg)
{
    cd_thread_ready();
    int rc = check(n, fn);
    if (rc < 0)
        return rc;
    struct cd_team *team = new_team(o, n ? n : usual(), name, fn, arg);
    if (!team)
        return -ENOMEM;
    rc = run_team(team);
    const struct cede_loop *first = team->member[0].loop;
    bool interrupted = first && first->run.interrupted;
    free_team(team);
    cd_interrupt_again(interrupted);
    return rc;
}

int(cede_run_threads)(unsigned n, cede_fn *fn, void *arg)
{
    return cede_run_threads_named_(NULL, n, "main\0", fn, arg);
}

int cede_run_threads_with(const cede_options *o, unsigned n, cede_fn *fn,
                          void *arg)
{
    return cede_run_threads_named_(o, n, "main\0", fn, arg);
}

/* ---- where we are ------------------------------------------------------ */

unsigned cede_thread_index(void)
{
    return cd_me.member ? index_of(cd_me.member) : 0;
}

unsigned cede_thread_count(void)
{
    return cd_me.member ? cd_me.member->team->n : 1;
}

cede_loop *cede_thread_loop(unsigned i)
{
    const struct cd_member *m = cd_me.member;
    if (!m)
        return i == 0 ? cede_loop_current() : NULL;
    return i < m->team->n ? m->team->member[i].loop : NULL;
}
