/* SPDX-License-Identifier: MIT
 *
 * S004-6 and S004-7 - gathering: results in the order of the calls, whatever
 * order they end in; the first failure at once while the others go on, or every
 * outcome in its place; and what cancelling does.
 *
 * Python's gather is three functions: cede_gather ends all that it began,
 * cede_gather_all keeps every outcome, cede_gather_futures waits for tasks that
 * belong to somebody else, here to the background of the run.
 */
#include "seed.h"

#include <stdio.h>

struct child {
    double delay; /* units */
    seed_value value;
    int error;     /* what it fails with, and says its value; 0: it does not */
    seed_log *log; /* of those that ended; NULL: none */
    int runs;      /* how often it was run */
};

static cede_time unit;

static int child(void *arg)
{
    struct child *c = arg;
    c->runs++;
    CEDE_TRY(cede_sleep((cede_time)(c->delay * (double)unit)));
    if (c->log)
        seed_log_add(c->log, c->value);
    if (c->error)
        return cede_fail(c->error, "%s", c->value.as.text);
    return 0;
}

static struct child *new_child(double delay, seed_value value, seed_log *log)
{
    static struct child children[40];
    static size_t used;
    struct child *c = &children[used++ % 40];
    *c = (struct child){.delay = delay, .value = value, .log = log};
    return c;
}

static struct child *new_failure(double delay, int error, const char *text,
                                 seed_log *log)
{
    struct child *c = new_child(delay, seed_text(text), log);
    c->error = error;
    return c;
}

/* The value of a child that answered rc, or what it failed with. */
static void print_outcome(struct child *c, int rc)
{
    if (rc == 0) {
        seed_repr(c->value);
        return;
    }
    seed_exception e = seed_translate(SEED_AWAIT, rc);
    printf("%s('%s')", e.name, rc == c->error ? c->value.as.text : e.text);
}

static void print_outcomes(struct child **c, const int *results, size_t n)
{
    putchar('[');
    for (size_t i = 0; i < n; i++) {
        printf("%s", i > 0 ? ", " : "");
        print_outcome(c[i], results[i]);
    }
    putchar(']');
}

static void print_cancelled(cede_future *const *f, size_t n)
{
    putchar('[');
    for (size_t i = 0; i < n; i++)
        printf("%s%s", i > 0 ? ", " : "",
               seed_bool(cede_result(f[i]) == -ECANCELED));
    putchar(']');
}

static void free_all(cede_future **f, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cede_future_free(f[i]);
}

/* ---- gathering calls --------------------------------------------------- */

struct program {
    const char *const *values;
    const double *delays;
    size_t n;
    char *same, *slow, *first, *second, *wrong;
};

enum { MOST = 8 };

static int in_order(const struct program *p)
{
    struct child *c[MOST];
    cede_call calls[MOST];
    int results[MOST];
    seed_log log = {0};
    for (size_t i = 0; i < p->n; i++) {
        c[i] = new_child(p->delays[i], seed_text(p->values[i]), &log);
        calls[i] = (cede_call){child, c[i]};
    }
    CEDE_TRY(cede_gather(calls, p->n, results));
    print_outcomes(c, results, p->n);
    printf(" completion order ");
    seed_log_print(&log);
    seed_log_free(&log);
    CEDE_TRY(cede_gather(NULL, 0, NULL));
    printf("\n[] empty gather\n");
    return 0;
}

static int every_outcome(const struct program *p)
{
    struct child *c[] = {
        new_child(1, seed_int(1), NULL),
        new_failure(0, SEED_VALUE_ERROR, p->wrong, NULL),
        new_child(2, seed_int(3), NULL),
    };
    int results[3];
    CEDE_TRY(cede_gather_all(
        CEDE_CALLS({child, c[0]}, {child, c[1]}, {child, c[2]}), results));
    print_outcomes(c, results, 3);
    putchar('\n');
    return 0;
}

static int gathers(void *results)
{
    cede_call calls[3];
    for (int i = 0; i < 3; i++)
        calls[i] = (cede_call){child, new_child(1000, seed_int(i), NULL)};
    return cede_gather(calls, 3, results);
}

static int cancel_gather(void)
{
    int results[3];
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, gathers, results);
    CEDE_TRY(cede_sleep(unit)); /* the calls are under way */
    cede_cancel(f);
    if (cede_await(f) != -ECANCELED)
        return -EPROTO;
    printf("gather cancelled -> [");
    for (int i = 0; i < 3; i++)
        printf("%s%s", i > 0 ? ", " : "", seed_bool(results[i] == -ECANCELED));
    puts("]");
    return cede_join(&g);
}

/* ---- gathering tasks --------------------------------------------------- */

static cede_future *start(struct child *c)
{
    return cede_spawn(NULL, child, c);
}

static int twice_the_same(const struct program *p)
{
    struct child *c = new_child(0, seed_text(p->same), NULL);
    cede_future *f = start(c), *both[] = {f, f};
    CEDE_TRY(cede_gather_futures(both, 2));
    print_outcomes((struct child *[]){c, c},
                   (int[]){cede_result(both[0]), cede_result(both[1])}, 2);
    printf(" same coroutine twice runs %s\n", c->runs == 1 ? "once" : "again");
    cede_future_free(f);
    return 0;
}

static int first_failure(const struct program *p)
{
    struct child *slow = new_child(5, seed_text(p->slow), NULL);
    cede_future *f[] = {
        start(slow),
        start(new_failure(1, SEED_VALUE_ERROR, p->first, NULL)),
        start(new_failure(2, SEED_KEY_ERROR, p->second, NULL)),
    };
    cede_time begin = cede_clock();
    int rc = cede_gather_futures(f, 3);
    printf("propagated ");
    seed_repr_error(SEED_AWAIT, rc);
    printf(" early: %s slow done: %s\n",
           seed_bool(cede_clock() - begin < 4 * unit),
           seed_bool(cede_done(f[0])));
    CEDE_TRY(cede_await(f[0]));
    printf("others continue: ");
    seed_print(slow->value);
    putchar('\n');
    free_all(f, 3);
    return 0;
}

static int cancel_child(void)
{
    struct child *c[3];
    cede_future *f[3];
    for (int i = 0; i < 3; i++)
        f[i] = start(c[i] = new_child(5, seed_int(i), NULL));
    CEDE_TRY(cede_sleep(0));
    cede_cancel(f[1]);
    int rc = cede_gather_futures(f, 3);
    printf("child cancelled -> gather raises %s, siblings: ",
           seed_translate(SEED_AWAIT, rc).name);
    print_cancelled(f, 3);
    printf(" gather.cancelled() %s\n", seed_bool(cede_cancelled()));
    print_outcomes((struct child *[]){c[0], c[2]},
                   (int[]){cede_await(f[0]), cede_await(f[2])}, 2);
    putchar('\n');
    free_all(f, 3);
    return 0;
}

static int keep_a_cancel(void)
{
    struct child *c[2];
    cede_future *f[2];
    for (int i = 0; i < 2; i++)
        f[i] = start(c[i] = new_child(2, seed_int(i), NULL));
    CEDE_TRY(cede_sleep(0));
    cede_cancel(f[1]);
    CEDE_TRY(cede_wait(f, 2, CEDE_ALL));
    print_outcomes(c, (int[]){cede_result(f[0]), cede_result(f[1])}, 2);
    putchar('\n');
    free_all(f, 2);
    return 0;
}

static int amain(void *arg)
{
    struct program *p = arg;
    CEDE_TRY(in_order(p));
    CEDE_TRY(twice_the_same(p));
    CEDE_TRY(first_failure(p));
    CEDE_TRY(every_outcome(p));
    CEDE_TRY(cancel_gather());
    CEDE_TRY(cancel_child());
    return keep_a_cancel();
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 10,
               "--clock virtual|real UNIT VALUES DELAYS SAME SLOW FIRST SECOND "
               "WRONG");
    unit = seed_time(seed_double(argv[3]));
    struct program p = {.same = argv[6],
                        .slow = argv[7],
                        .first = argv[8],
                        .second = argv[9],
                        .wrong = argv[10]};
    size_t delays;
    p.values = seed_texts(argv[4], &p.n);
    p.delays = seed_doubles(argv[5], &delays);
    if (p.n > MOST || delays != p.n)
        seed_refuse("not as many delays as values, or more than 8", argv[5]);
    return seed_run(argv, amain, &p) < 0;
}
