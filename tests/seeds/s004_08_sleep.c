/* SPDX-License-Identifier: MIT
 *
 * S004-8 and S004-18 - sleep with a result; sleep of nothing lets every other
 * task run once; sleep holds up nobody but the task that sleeps.
 */
#include "seed.h"

#include <stdio.h>

enum { MOST = 16 };

struct program {
    seed_value results[3];
    double delays[3];
    const char *const *names;
    size_t names_n;
    long rounds;
    double length, slack;
    const double *order;
    size_t order_n;
};

/* ---- results ----------------------------------------------------------- */

static int results(const struct program *p)
{
    for (int i = 0; i < 3; i++) {
        cede_time delay = (cede_time)(p->delays[i] * 1e9);
        cede_future *f = cede_after(delay, i); /* its place in the table */
        int rc = cede_await(f);
        cede_future_free(f);
        CEDE_TRY(rc);
        seed_print(p->results[rc]);
        putchar(i < 2 ? ' ' : '\n');
    }
    return 0;
}

/* ---- taking turns ------------------------------------------------------ */

struct writer {
    const char *name;
    long rounds;
    seed_log *log;
    char texts[16][24];
};

static int writes(void *arg)
{
    struct writer *w = arg;
    for (long i = 0; i < w->rounds; i++) {
        snprintf(w->texts[i], sizeof w->texts[i], "%s%ld", w->name, i);
        seed_log_add(w->log, seed_text(w->texts[i]));
        CEDE_TRY(cede_sleep(0));
    }
    return 0;
}

static int turns(const struct program *p)
{
    static struct writer writer[MOST];
    cede_call calls[MOST];
    seed_log log = {0};
    for (size_t i = 0; i < p->names_n; i++) {
        writer[i] = (struct writer){
            .name = p->names[i], .rounds = p->rounds, .log = &log};
        calls[i] = (cede_call){writes, &writer[i]};
    }
    int rc = cede_gather(calls, p->names_n, NULL);
    seed_log_print(&log);
    putchar('\n');
    seed_log_free(&log);
    return rc;
}

/* ---- only the task ----------------------------------------------------- */

static int sleeps(void *seconds)
{
    return cede_sleep(seed_time(*(double *)seconds));
}

static int only_the_task(struct program *p)
{
    cede_time start = cede_clock();
    CEDE_TRY(cede_gather(CEDE_CALLS({sleeps, &p->length}, {sleeps, &p->length}),
                         NULL));
    double took = seed_seconds(cede_clock() - start);
    printf("suspends only the task: %s\n",
           seed_bool(took >= p->length && took <= p->length + p->slack));
    return 0;
}

/* ---- sorting ----------------------------------------------------------- */

struct sleeper {
    double length;
    seed_log *woken;
};

static int sleep_then_add(void *arg)
{
    struct sleeper *s = arg;
    CEDE_TRY(cede_sleep(seed_time(s->length)));
    seed_log_add(s->woken, seed_float(s->length));
    return 0;
}

static int sleep_sort(const struct program *p)
{
    struct sleeper sleeper[MOST];
    cede_call calls[MOST];
    seed_log woken = {0};
    for (size_t i = 0; i < p->order_n; i++) {
        sleeper[i] = (struct sleeper){p->order[i], &woken};
        calls[i] = (cede_call){sleep_then_add, &sleeper[i]};
    }
    int rc = cede_gather(calls, p->order_n, NULL);
    printf("sleep sort: ");
    seed_log_print(&woken);
    putchar('\n');
    seed_log_free(&woken);
    return rc;
}

static int amain(void *arg)
{
    struct program *p = arg;
    CEDE_TRY(results(p));
    CEDE_TRY(turns(p));
    CEDE_TRY(only_the_task(p));
    return sleep_sort(p);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 10,
               "--clock virtual|real SECONDS RESULT RESULT-AT-ONCE RESULT-LATE "
               "NAMES ROUNDS LENGTH ORDER [SLACK]");
    struct program p = {
        .delays = {seed_double(argv[3]), 0, -1},
        .results = {seed_parse(argv[4]), seed_parse(argv[5]),
                    seed_parse(argv[6])},
        .rounds = seed_long(argv[8]),
        .length = seed_double(argv[9]),
        .slack = argc > 11 ? seed_double(argv[11]) : 0,
    };
    p.names = seed_texts(argv[7], &p.names_n);
    p.order = seed_doubles(argv[10], &p.order_n);
    if (p.names_n > MOST || p.order_n > MOST || p.rounds > 16)
        seed_refuse("more than 16", argv[7]);
    return seed_run(argv, amain, &p) < 0;
}
