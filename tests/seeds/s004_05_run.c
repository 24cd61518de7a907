/* SPDX-License-Identifier: MIT
 *
 * S004-5 - what a run promises: its main's result or failure, a loop of its own
 * that is closed when it is over, no run inside of a run, an end for whatever
 * was left over, and the same in any thread; and a loop that outlasts its runs.
 *
 * What main leaves behind is ended in the order in which it was owned: first
 * the tasks of its group, then the generator, whose clean-up may wait.
 */
#include "seed.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static int returns(void *arg)
{
    return (int)*(long *)arg;
}

static int raises(void *arg)
{
    return cede_fail(SEED_KEY_ERROR, "%s", (char *)arg);
}

static void results(long value, char *error)
{
    printf("value: %d\n", cede_run(returns, &value));
    int rc = cede_run(raises, error);
    printf("raised: ");
    seed_repr_error(SEED_RUN, rc);
    putchar('\n');
}

/* ---- debug runs -------------------------------------------------------- */

static int fails(void)
{
    CEDE_TRY(-EIO);
    return 0;
}

/* Only debug runs know where a failure without a message passed by. */
static int is_debug(void *loop)
{
    char text[400];
    *(cede_loop **)loop = cede_loop_current();
    cede_loop_keep(cede_loop_current()); /* so that they can be told apart */
    cede_explain(fails(), text, sizeof text);
    return strstr(text, __FILE__) != NULL;
}

static void debug_runs(void)
{
    cede_loop *loop[2];
    int usual = cede_run(is_debug, &loop[0]);
    int debug =
        cede_run_with(&(cede_options){.debug = true}, is_debug, &loop[1]);
    printf("debug: %s %s\n", seed_bool(usual), seed_bool(debug));
    printf("new loop each time: %s closed at end: %s %s\n",
           seed_bool(loop[0] != loop[1]),
           seed_bool(cede_loop_is_closed(loop[0])),
           seed_bool(cede_loop_is_closed(loop[1])));
    cede_loop_drop(loop[0]);
    cede_loop_drop(loop[1]);
}

/* ---- nesting ----------------------------------------------------------- */

static int nests(void *arg)
{
    int rc = cede_run(returns, arg);
    printf("nested: %s\n", seed_translate(SEED_RUN, rc).text);
    return cede_sleep(0); /* this run goes on unharmed */
}

static void nesting(long value)
{
    if (cede_run(nests, &value) == 0)
        printf(
            "outside: %s\n",
            seed_translate(SEED_OUTSIDE, cede_go(NULL, returns, &value)).text);
}

/* ---- what is left over ------------------------------------------------- */

static seed_log ended;

static int numbers(cede_gen *self, void *arg)
{
    (void)arg;
    int rc = 0;
    for (int i = 1; i <= 2 && rc >= 0; i++)
        rc = cede_yield(self, &i);
    if (cede_sleep(0) == 0)
        seed_log_add(&ended, seed_text("asyncgen finalized"));
    return rc;
}

static int hangs(void *arg)
{
    (void)arg;
    int rc = cede_sleep(100 * CEDE_SEC);
    if (rc == -ECANCELED)
        seed_log_add(&ended, seed_text("hanging cancelled"));
    return rc;
}

static void close_generator(void *g)
{
    cede_gen_close(g);
}

static int leaves(void *arg)
{
    cede_gen *kept = cede_gen_of(int, numbers, NULL);
    CEDE_DEFER(close_generator, kept);
    CEDE_GROUP(left);
    int first;
    CEDE_TRY(cede_next(kept, &first));
    CEDE_TRY(cede_go(&left, hangs, NULL));
    CEDE_TRY(cede_sleep(0));
    printf("%s ", (char *)arg);
    return 0;
}

static void leftovers(char *done)
{
    if (cede_run(leaves, done) < 0)
        return;
    seed_log_print(&ended);
    putchar('\n');
    seed_log_free(&ended);
}

/* ---- another thread ---------------------------------------------------- */

struct elsewhere {
    long value;
    int result;
};

static void *run_elsewhere(void *arg)
{
    struct elsewhere *e = arg;
    e->result = cede_run(returns, &e->value);
    return NULL;
}

static int another_thread(long value)
{
    struct elsewhere e = {.value = value};
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_elsewhere, &e) != 0)
        return 1;
    pthread_join(thread, NULL);
    printf("in another thread: [%d]\n", e.result);
    return 0;
}

/* ---- a loop that stays ------------------------------------------------ */

struct visit {
    long value;
    cede_loop *loop; /* out */
};

static int visits(void *arg)
{
    struct visit *v = arg;
    v->loop = cede_loop_current();
    return (int)v->value;
}

static int two_runs(long value)
{
    struct visit a = {.value = value}, b = a;
    cede_loop *l = cede_loop_new(NULL);
    int first = cede_loop_run(l, visits, &a);
    int second = cede_loop_run(l, visits, &b);
    printf("%d %d %s\n", first, second, seed_bool(a.loop == l && b.loop == l));
    return cede_loop_close(l);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 3, "VALUE ERROR DONE");
    long value = seed_long(argv[1]);
    results(value, argv[2]);
    debug_runs();
    nesting(value);
    leftovers(argv[3]);
    return another_thread(value) || two_runs(value) < 0;
}
