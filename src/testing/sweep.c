/* SPDX-License-Identifier: MIT
 *
 * sweep.c - a function again and again: with every seed, cancelled at every
 * moment, with every allocation refused.
 *
 * The last two go step by step: the round before told that there is another
 * moment, or allocation.  The first rounds have none, and make what is made
 * once and kept.
 */
#include "base/memory.h"
#include "ctx/ration.h"
#include "task/task.h"
#include "testing/left.h"
#include "testing/round.h"
#include "testing/watch.h"

#include <cede/testing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 5 }; /* leaks must show so often */

struct sweep {
    const char *name;     /* of fn, for reports */
    const char *variable; /* in the environment, of which round */
    cede_fn *fn;
    void *arg;
    cede_sweep found;
    struct cd_watch watch;
    uint64_t at;    /* this round's seed, moment, allocation; 0: none */
    uint64_t only;  /* the one that the environment asks for; 0: all */
    uint64_t seed;  /* of all rounds, from the environment; 0: none */
    uint64_t count; /* moments so far */
    struct cd_scope *scope;
    bool counting; /* fn runs */
    bool reached;  /* there was such a moment, or allocation */
};

/* ---- what is right ----------------------------------------------------- */

/* Few, as a library that may be opened late has little thread-local memory. */
static _Thread_local struct {
    int errors[4];
    unsigned n;
} expected;

int cede_sweep_expect(const int *errors, size_t n)
{
    if (n > sizeof expected.errors / sizeof *expected.errors || (n && !errors))
        return cede_fail(-EINVAL, "cede_sweep_expect: at most 4 errors");
    if (n)
        memcpy(expected.errors, errors, n * sizeof *errors);
    expected.n = (unsigned)n;
    return 0;
}

static bool is_right(int rc)
{
    for (size_t i = 0; i < expected.n; i++)
        if (expected.errors[i] == rc)
            return true;
    return rc >= 0;
}

/* ---- reports ----------------------------------------------------------- */

/* "CEDE_SEED=3 CEDE_CANCEL=5": what to set for this round alone. */
static const char *describe(const struct sweep *s, char *buf, size_t size)
{
    uint64_t seed = s->watch.seed ? s->watch.seed : s->seed;
    int n = 0;
    buf[0] = '\0';
    if (seed)
        n = snprintf(buf, size, "CEDE_SEED=%llu ", (unsigned long long)seed);
    if (!s->watch.seed && s->at)
        n += snprintf(buf + n, size - (size_t)n, "%s=%llu ", s->variable,
                      (unsigned long long)s->at);
    if (n == 0)
        return "nothing done to it";
    buf[n - 1] = '\0';
    return buf;
}

static int failed(struct sweep *s, int rc, const char *text)
{
    char round[100];
    s->found.at = s->at;
    return cede_fail_from(rc, rc, "'%s' with %s: %s", s->name,
                          describe(s, round, sizeof round), text);
}

static int failed_itself(struct sweep *s, int rc)
{
    const struct cd_message *m = cd_message_of(cd_current(), rc);
    char text[400];
    snprintf(text, sizeof text, "%s%s%s", cede_strerror(rc), m ? ": " : "",
             m ? cd_message_text(m) : "");
    return failed(s, rc, text);
}

static int left_behind(struct sweep *s, const struct cd_left *more)
{
    char what[300], text[400];
    cd_left_describe(more, what, sizeof what);
    snprintf(text, sizeof text, "left behind, each time: %s", what);
    return failed(s, -ENOTEMPTY, text);
}

/* ---- rounds ------------------------------------------------------------ */

static int play(struct sweep *s)
{
    char round[100];
    s->found.rounds++;
    s->count = 0;
    s->reached = false;
    char line[CD_ROUND_LINE];
    cd_round_enter(line, describe(s, round, sizeof round), s->name);
    int rc = cd_watch_run(&s->watch);
    cd_round_leave();
    if (!is_right(rc))
        return failed_itself(s, rc);
    cd_message_drop(cd_current());
    return 0;
}

/* The round of s->at, again if it leaves something behind. */
static int play_cleanly(struct sweep *s)
{
    struct cd_left before, each = {SIZE_MAX, SIZE_MAX, SIZE_MAX};
    for (int i = 0; i < TRIES; i++) {
        cd_left_measure(&before);
        int rc = play(s);
        if (rc < 0 || !cd_left_more(&each, &before))
            return rc;
    }
    return left_behind(s, &each);
}

/* Round after round until there is no such moment; or the one that the
 * environment asks for. */
static int play_steps(struct sweep *s)
{
    int rc = play_cleanly(s);
    s->at = s->only ? s->only : 1;
    s->reached = true;
    for (; rc == 0 && s->reached; s->at++) {
        rc = play_cleanly(s);
        if (s->only)
            break;
    }
    return rc;
}

static int begin(struct sweep *s, const char *name, const char *variable,
                 cede_fn *fn, void *arg)
{
    if (!fn)
        return cede_fail(-EINVAL, "a sweep without a function");
    cd_thread_ready();
    *s = (struct sweep){.name = name,
                        .variable = variable,
                        .fn = fn,
                        .arg = arg,
                        .watch = {.fn = fn, .arg = arg, .name = name}};
    if (cd_me.loop)
        return cede_fail(-EBUSY, "a sweep inside of a run");
    if (cd_guide_number("CEDE_SEED", &s->seed) < 0 ||
        cd_guide_number(variable, &s->only) < 0)
        return -EINVAL;
    cd_message_drop(cd_current());
    cd_rounds_begin();
    return 0;
}

static int end(struct sweep *s, int rc, cede_sweep *out)
{
    cd_rounds_end();
    s->found.rc = rc;
    if (out)
        *out = s->found;
    return rc;
}

/* ---- seeds ------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static size_t count_distinct(uint64_t *hashes, size_t n)
{
    size_t distinct = n > 0;
    qsort(hashes, n, sizeof *hashes, by_value);
    for (size_t i = 1; i < n; i++)
        distinct += hashes[i] != hashes[i - 1];
    return distinct;
}

static int play_seed(struct sweep *s, uint64_t seed, uint64_t *hash)
{
    s->at = s->watch.seed = seed;
    cd_me.schedule = 0;
    int rc = play(s);
    *hash = cd_me.schedule;
    return rc;
}

int cede_sweep_seeds_named_(const char *name, size_t n, cede_fn *fn, void *arg,
                            cede_sweep *out)
{
    struct sweep s;
    int rc = begin(&s, name, "CEDE_SEED", fn, arg);
    if (rc < 0)
        return rc;
    uint64_t *hashes = calloc(n ? n : 1, sizeof *hashes);
    if (!hashes)
        rc = -ENOMEM;
    for (size_t i = 0; rc == 0 && i < n && s.found.rounds < (s.only ? 1 : n);
         i++)
        rc = play_seed(&s, s.only ? s.only : i + 1, &hashes[i]);
    if (hashes)
        s.found.distinct = count_distinct(hashes, s.found.rounds);
    free(hashes);
    return end(&s, rc, out);
}

/* ---- cancels ----------------------------------------------------------- */

static void count_moment(struct cd_guide *g)
{
    struct sweep *s = g->ctx;
    if (!s->counting || ++s->count != s->at)
        return;
    s->reached = true;
    cd_scope_cancel(s->scope, "a sweep cancelled it");
}

static int run_cancelled(void *arg)
{
    struct sweep *s = arg;
    cede_scope scope;
    cede_enter(&scope, CEDE_NEVER);
    s->scope = scope.impl_;
    s->counting = true;
    int rc = s->fn(s->arg);
    s->counting = false;
    return cede_leave(&scope, rc);
}

int cede_sweep_cancels_named_(const char *name, cede_fn *fn, void *arg,
                              cede_sweep *out)
{
    struct sweep s;
    int rc = begin(&s, name, "CEDE_CANCEL", fn, arg);
    if (rc < 0)
        return rc;
    s.watch.fn = run_cancelled;
    s.watch.arg = s.watch.ctx = &s;
    s.watch.moment = count_moment;
    return end(&s, play_steps(&s), out);
}

/* ---- allocations ------------------------------------------------------- */

static int run_refused(void *arg)
{
    struct sweep *s = arg;
    cd_refuse_in = s->at;
    int rc = s->fn(s->arg);
    s->reached = s->at && cd_refuse_in == 0;
    cd_refuse_in = 0;
    return rc == -ENOMEM && s->reached ? 0 : rc;
}

int cede_sweep_allocations_named_(const char *name, cede_fn *fn, void *arg,
                                  cede_sweep *out)
{
    struct sweep s;
    int rc = begin(&s, name, "CEDE_ALLOCATION", fn, arg);
    if (rc < 0)
        return rc;
    s.watch.fn = run_refused;
    s.watch.arg = &s;
    struct cd_ration ration;
    cd_ration_begin(&ration);
    rc = play_steps(&s);
    cd_ration_end();
    return end(&s, rc, out);
}

int(cede_sweep_seeds)(size_t n, cede_fn *fn, void *arg, cede_sweep *out)
{
    return cede_sweep_seeds_named_("fn\0", n, fn, arg, out);
}

int(cede_sweep_cancels)(cede_fn *fn, void *arg, cede_sweep *out)
{
    return cede_sweep_cancels_named_("fn\0", fn, arg, out);
}

int(cede_sweep_allocations)(cede_fn *fn, void *arg, cede_sweep *out)
{
    return cede_sweep_allocations_named_("fn\0", fn, arg, out);
}
