/* SPDX-License-Identifier: MIT
 *
 * S004-10 - generators whose bodies wait: Python's asynchronous generators are
 * generators stepped in a task.
 */
#include "seed.h"

#include <stdio.h>

struct ticker {
    long n;
    cede_time pause;
    const char *error; /* what is thrown in carries it */
};

/* Hand out the numbers from 0 to n - 1; anything sent is told. */
static int ticks(cede_gen *self, struct ticker *t)
{
    for (long i = 0; i < t->n; i++) {
        CEDE_TRY(cede_sleep(t->pause));
        seed_value number = seed_int(i), got;
        int rc = cede_exchange(self, &number, &got);
        CEDE_TRY(rc);
        if (rc > 0) {
            printf("received ");
            seed_print(got);
            putchar('\n');
        }
    }
    return 0;
}

static int ticker(cede_gen *self, void *arg)
{
    struct ticker *t = arg;
    int rc = ticks(self, t);
    if (rc == SEED_VALUE_ERROR) {
        char text[80];
        snprintf(text, sizeof text, "handled %s", cede_message());
        seed_value handled = seed_text(text);
        rc = cede_yield(self, &handled);
    }
    int waited = cede_sleep(0);
    puts("finalized");
    return rc < 0 ? rc : waited;
}

static cede_gen *new_ticker(struct ticker *t)
{
    return cede_gen_new(ticker, t, sizeof(seed_value), sizeof(seed_value));
}

/* ---- for and comprehension --------------------------------------------- */

static int loops(struct ticker few)
{
    cede_each (seed_value, x, new_ticker(&few)) {
        seed_print(x);
        putchar('\n');
    }
    CEDE_TRY(cede_each_error());

    seed_log doubles = {0};
    cede_each (seed_value, x, new_ticker(&few))
        if (x.as.integer != 0)
            seed_log_add(&doubles, seed_int(x.as.integer * 2));
    int rc = cede_each_error();
    seed_log_print(&doubles);
    putchar('\n');
    seed_log_free(&doubles);
    return rc;
}

/* ---- by hand ----------------------------------------------------------- */

static int operations(struct ticker many, seed_value sent)
{
    cede_gen *t = new_ticker(&many);
    seed_value first, second, third, none;
    CEDE_TRY(cede_next(t, &first));
    CEDE_TRY(cede_send(t, &sent, &second));
    CEDE_TRY(
        cede_throw(t, cede_fail(SEED_VALUE_ERROR, "%s", many.error), &third));
    seed_print(first);
    putchar(' ');
    seed_print(second);
    putchar(' ');
    seed_print(third);
    putchar('\n');
    if (cede_next(t, &none) == 0)
        puts("StopAsyncIteration");
    return cede_gen_close(t);
}

static int closing(struct ticker many, seed_value instead)
{
    cede_gen *t = new_ticker(&many);
    seed_value x;
    CEDE_TRY(cede_next(t, &x));
    CEDE_TRY(cede_gen_stop(t));
    seed_print(cede_next(t, &x) > 0 ? x : instead);
    putchar('\n');
    return cede_gen_close(t);
}

/* ---- two at once ------------------------------------------------------- */

struct asker {
    cede_gen *of;
    seed_value got;
    char why[80]; /* of its failure: a message does not outlive its task */
};

static int ask(void *arg)
{
    struct asker *a = arg;
    int rc = cede_next(a->of, &a->got);
    if (rc < 0)
        snprintf(a->why, sizeof a->why, "%s",
                 seed_translate(SEED_ANEXT, rc).text);
    return rc;
}

static int two_at_once(struct ticker many)
{
    cede_gen *t = new_ticker(&many);
    seed_value x;
    int rc = cede_send(t, &(seed_value){.kind = SEED_INT}, &x);
    if (rc < 0)
        seed_print_error(SEED_ASEND, rc);
    CEDE_TRY(cede_next(t, &x));

    struct asker asker[2] = {{.of = t}, {.of = t}};
    int results[2];
    CEDE_TRY(cede_gather_all(CEDE_CALLS({ask, &asker[0]}, {ask, &asker[1]}),
                             results));
    seed_log answers = {0}, whys = {0};
    for (int i = 0; i < 2; i++) {
        seed_log_add(
            &answers,
            results[i] > 0
                ? asker[i].got
                : seed_text(seed_translate(SEED_ANEXT, results[i]).name));
        if (results[i] < 0)
            seed_log_add(&whys, seed_text(asker[i].why));
    }
    seed_log_print(&answers);
    putchar(' ');
    seed_log_print(&whys);
    putchar('\n');
    seed_log_free(&answers);
    seed_log_free(&whys);
    return cede_gen_close(t);
}

struct program {
    struct ticker few, many;
    seed_value sent, instead;
};

static int amain(void *arg)
{
    struct program *p = arg;
    CEDE_TRY(loops(p->few));
    CEDE_TRY(operations(p->many, p->sent));
    CEDE_TRY(closing(p->many, p->instead));
    return two_at_once(p->many);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 8,
               "--clock virtual|real SECONDS FEW MANY SENT ERROR INSTEAD");
    cede_time pause = seed_time(seed_double(argv[3]));
    struct program p = {
        .few = {.n = seed_long(argv[4]), .pause = pause},
        .many = {.n = seed_long(argv[5]), .pause = pause, .error = argv[7]},
        .sent = seed_parse(argv[6]),
        .instead = seed_parse(argv[8])};
    if (p.many.n < 3)
        seed_refuse("fewer than 3", argv[5]);
    return seed_run(argv, amain, &p) < 0;
}
