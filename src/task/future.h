/* SPDX-License-Identifier: MIT
 *
 * future.h - the inside of futures: who waits for them, and who keeps them.
 *
 * There are two kinds.  A task's future belongs to the thread of its loop,
 * takes no lock, and is resolved by the task's end; other threads post
 * requests to that loop.  A promise belongs to nobody: what is in it is read
 * and written under its lock, so any thread may await, watch and resolve it;
 * its result can be read without once it is done, if it is pinned until then.
 *
 * Whoever wants to know when a future is done has a watch in its list, in
 * order of registering: a task or thread that awaits, a callback, one of
 * several that a task waits for.  All are told while the future is held; a
 * watch of another thread's loop is told there, by a work item, and pins the
 * future until then.  Telling calls no code of the user's.
 */
#ifndef CD_TASK_FUTURE_H
#define CD_TASK_FUTURE_H

#include "task/task.h"

#include <pthread.h>

/* Linked: in the list of a future that is not done.  Told once: then it was
 * unlinked before, and result and message can be read. */
struct cd_watch {
    void (*tell)(struct cd_watch *w, cede_future *f);
    struct cd_list node;
};

/* One that is told on its own loop, whichever thread resolves. */
struct cd_far_watch {
    struct cd_watch watch;
    cede_future *future;
    struct cd_loop *loop;
    struct cd_work work; /* how the news gets there */
};

/* Of a task's future all but done, asked, read, pins, asks, result and
 * message belong to the loop's thread; of a promise the lock guards it.
 * `site` and `name` are constants and stay after the task. */
struct cede_future {
    struct cd_loop *loop; /* borrowed; NULL: a promise */
    struct cd_run *run;   /* gone once loop->over */
    struct cd_task *task; /* while there is one: not before it gets its stack
                             (see task.c), nor when it is over */
    struct cd_list watches;
    struct cd_list node; /* in the group's futures, unless given back */
    void *arg;
    const char *name, *site;    /* see CEDE_NAMED_ */
    struct cd_message *message; /* owned */
    int result;
    atomic_bool done;     /* released after result, acquired before it */
    atomic_bool asked;    /* somebody awaited, read, waited or registered */
    atomic_bool read;     /* somebody got the result, or always will */
    bool cancelled_early; /* before there was a task */
    bool given_back;
    atomic_uint pins;    /* who else needs it, and CD_ABANDONED */
    atomic_uint asks;    /* what other threads want of its loop, on its way */
    struct cd_work work; /* that way; later, how it is freed */
};

/* Beside the number of pins: given back and done, so that the last to unpin
 * frees it. */
enum { CD_ABANDONED = 1u << 31 };

/* What somebody promises who has more to do with it than to resolve it: it is
 * part of a struct of his.  Functions that are NULL: as any promise. */
struct cd_promise_type {
    const char *kind; /* for reports, such as "job" */
    bool own;         /* nobody else may resolve it, and it is pinned until it
                         is: see cd_promise_keep */
    bool held;        /* who waits for it may leave only if it is cancelled */
    /* What cede_cancel does and answers; nothing is held. */
    int (*cancel)(cede_future *f);
    bool (*running)(const cede_future *f);
    /* This thread is about to sleep until it is resolved: let a moment pass in
     * which it may be.  Nothing is held. */
    void (*linger)(const cede_future *f);
    /* It was resolved, and is pinned for this call. */
    void (*resolved)(cede_future *f);
    /* Nobody will ever resolve it here: this is the child of a fork. */
    bool (*stranded)(const cede_future *f);
    /* Only what this thread runs just now could resolve it. */
    bool (*from_here)(const cede_future *f);
    /* Nobody needs it any more: what is around the promise ends, the memory
     * goes.  cd_promise_end(f) has been called. */
    void (*destroy)(cede_future *f);
};

struct cd_promise {
    cede_future future; /* its loop is NULL */
    pthread_mutex_t lock;
    const struct cd_promise_type *type; /* NULL: a promise and nothing else */
    atomic_int held; /* ever, of an `own` one: enum cd_held */
};

/* Whoever resolves one that was never held need not lock it, if he is the only
 * one who may.  Then it is sealed before it is done, and whoever holds it next
 * sees to it that it is done. */
enum cd_held { CD_NEVER_HELD, CD_HELD, CD_SEALED };

void cd_promise_init(struct cd_promise *p, const struct cd_promise_type *type,
                     const char *name, const char *site);

/* ---- for all ----------------------------------------------------------- */

static inline struct cd_promise *cd_promise_of(cede_future *f)
{
    return cd_container(f, struct cd_promise, future);
}

/* Have its fields to oneself, for a moment in which nobody is waited for. */
static inline void cd_future_hold(cede_future *f)
{
    if (f->loop)
        return;
    struct cd_promise *p = cd_promise_of(f);
    pthread_mutex_lock(&p->lock);
    int never = CD_NEVER_HELD;
    if (p->type && p->type->own &&
        !atomic_compare_exchange_strong(&p->held, &never, CD_HELD) &&
        never == CD_SEALED)
        atomic_store_explicit(&f->done, true, memory_order_release);
}

static inline void cd_future_release(cede_future *f)
{
    if (!f->loop)
        pthread_mutex_unlock(&cd_promise_of(f)->lock);
}

static inline void cd_future_ask(const cede_future *f)
{
    cede_future *asked = (cede_future *)(uintptr_t)f;
    atomic_store_explicit(&asked->asked, true, memory_order_relaxed);
}

/* Whoever was told the result is to blame if the failure gets lost. */
static inline void cd_future_read(const cede_future *f)
{
    cede_future *read = (cede_future *)(uintptr_t)f;
    atomic_store_explicit(&read->read, true, memory_order_relaxed);
}

static inline bool cd_future_failed(const cede_future *f)
{
    return f->result < 0;
}

void cd_future_init(cede_future *f, const char *name, const char *site);

/* While it is held: it is done, and everybody is told.  From the last of that
 * on, who holds it must not touch it but for releasing it, or has it pinned. */
void cd_future_complete(cede_future *f, int rc,
                        const struct cd_message *message);

/* Nobody frees it until it is unpinned, whoever gives it back. */
static inline void cd_future_pin(cede_future *f)
{
    atomic_fetch_add(&f->pins, 1);
}

void cd_future_unpin(cede_future *f);

/* Report its failure unless somebody has read it, or did so before. */
void cd_future_report(cede_future *f);

/* In a debug run: report that nobody has ever asked for it, once. */
void cd_future_report_unasked(cede_future *f);

/* What the awaiter's own coroutine is told; the message is taken. */
int cd_future_told(int rc, struct cd_message *message);
/* The same of one that is done. */
int cd_future_answer(cede_future *f);

/* Await f, which is not of t's loop; t NULL: outside of tasks. */
int cd_await_other(struct cd_task *t, cede_future *f);

/* Block this thread until f is done, or for so long (-ETIMEDOUT), whether it
 * runs a loop or not. */
int cd_await_blocking(cede_future *f, cede_time delay);

/* Have w run on the loop of a task's future, which stays until w has unpinned
 * it.  Any thread.  0 or CEDE_ECLOSED. */
int cd_future_request(cede_future *f, struct cd_work *w);

/* Have w->work run on its loop, which unpins f. While f is held.  false: the
 * loop is over, but f is pinned all the same. */
bool cd_far_watch_send(struct cd_far_watch *w, cede_future *f);

/* Stand among those who are told when f is done; false: it is done already.
 * And leave them; false: the news is on its way, or was told.  f is not held.
 */
bool cd_watch_begin(struct cd_watch *w, cede_future *f);
bool cd_watch_end(struct cd_watch *w, cede_future *f);

/* ---- promises ---------------------------------------------------------- */

/* 0, or -EALREADY. */
int cd_promise_resolve(cede_future *f, int rc,
                       const struct cd_message *message);

static inline const struct cd_promise_type *
cd_promise_type(const cede_future *f)
{
    return cd_container(f, const struct cd_promise, future)->type;
}

/* The end of one of the owner's: it is done, and not pinned any more. */
void cd_promise_keep(cede_future *f, int rc, const struct cd_message *message);

/* The same, by the only one who may resolve it. */
void cd_promise_keep_alone(cede_future *f, int rc,
                           const struct cd_message *message);

/* cede_cancel of a promise. */
int cd_promise_cancel(cede_future *f);

/* 0; or, with a message, -EPERM: nobody will ever resolve it here. */
int cd_promise_stranded(const cede_future *f);
/* The same of why waiting is no use: also -EDEADLK, who would wait for it is
 * who should resolve it. */
int cd_promise_hopeless(const cede_future *f);

void cd_promise_destroy(cede_future *f);

/* What cede_after has promised, and the run cannot keep any more. */
void cd_afters_end(struct cd_run *run);

/* ---- callbacks --------------------------------------------------------- */

/* Run what was told on this thread, which runs no loop; nothing is held. */
void cd_callbacks_run(void);

/* Whoever has something to do first: from here on they are not run, until he
 * has asked whether there are any, and runs them. */
void cd_callbacks_put_off(void);
bool cd_callbacks_due(void);

#endif
